"""Hypotheses as lines that open: what was asked, the estimate, the verdict and its grade; beneath, the whole sentence."""

from __future__ import annotations

from dataclasses import dataclass

from ..bilingual import Bilingual
from ..grids.model_grids import sentences_of, statement
from ..number_format import number
from ..regression_labels import sample_heading
from ..results import Results
from ..verdict_words import GRADES, verdict_label

LEVELS = {"supported": "high", "opposite_sign": "low", "negligible": "middle", "inconclusive": "none"}


@dataclass(frozen=True)
class VerdictLine:
    """One row of `hypotheses`; `level` colours its verdict."""

    hypothesis: str
    statement: Bilingual
    sample: Bilingual
    estimate: str
    verdict: Bilingual
    level: str
    grade: Bilingual
    sentence: Bilingual


def verdict_lines(results: Results) -> list[VerdictLine]:
    """A line for each row of `hypotheses`, in its order."""
    grid = sentences_of(results)
    texts = [row[1] for row in grid.rows] if grid is not None else []
    return [
        VerdictLine(
            record["hypothesis"],
            statement(results, record),
            sample_heading(results, record["sample"], record["outcome"]),
            f"{number(record['estimate_sd'], 3)} [{number(record['ci_low'], 3)}, {number(record['ci_high'], 3)}]",
            verdict_label(record["verdict"]),
            LEVELS[record["verdict"]],
            GRADES[record["grade"]],
            text,
        )
        for record, text in zip(results.table("hypotheses").to_dict("records"), texts, strict=True)
    ]
