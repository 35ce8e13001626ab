"""What a quick run says at its end: the ranking, the headline estimate, where the tables are, and what makes the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ..study.records import Study
from .bilingual import Bilingual
from .key_findings import indicators_left_out, leading_units
from .results import Results
from .sentences import SYNTHETIC_NOTICE
from .wording import wording


def quick_summary_lines(
    study: Study, tables: Mapping[str, pd.DataFrame], reasons: Sequence[pd.DataFrame], folder: Path
) -> list[str]:
    """The lines, in the study's language; `reasons` are the rows of not_made of each stage."""
    results = Results(study, dict(tables) | {"not_made": pd.concat(reasons)} if reasons else tables, {})
    findings = (indicators_left_out(results), leading_units(results))
    lines = [
        *([SYNTHETIC_NOTICE] if study.study.synthetic else []),
        wording("terminal.place.tables", path=folder),
        *(finding.text for finding in findings if finding is not None),
        _headline_line(results),
        wording("terminal.quick.rest"),
    ]
    return [line.of(study.study.language) for line in lines]


def _headline_line(results: Results) -> Bilingual:
    """Density's estimate on the whole index over all firms with its interval and p, or why there is none."""
    rows = results.table("regressions")
    rows = rows[(rows["sample"] == "all") & (rows["outcome"] == results.tree.root) & (rows["term"] == "density")]
    if rows.empty:
        reason = results.absence_reason("regressions")
        if not results.study.regressions.specifications:
            reason = wording("terminal.quick.no_specification")
        return wording("terminal.quick.no_headline", reason=reason)
    row = rows.iloc[0]
    places = {"spec": row["spec"], "estimate": row["estimate"], "low": row["ci_low"], "high": row["ci_high"], "p": row["p_wild"]}
    return wording("terminal.quick.headline", **places)
