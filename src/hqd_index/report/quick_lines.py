"""What a quick run says at its end: the ranking, the headline estimate, where the tables are, and what makes the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ..study.records import Study
from .bilingual import Bilingual
from .key_findings import indicators_left_out, leading_units
from .number_format import number, p_value
from .results import Results
from .sentences import SYNTHETIC_NOTICE

REST = Bilingual(
    "快速运行：只有得分、名次、权重与主回归；名次区间、稳健性、图、网页与论文由 hqd run 生成",
    "a quick run: scores, ranks, weights and the headline; hqd run adds rank intervals, robustness, figures, page and paper",
)


def quick_summary_lines(
    study: Study, tables: Mapping[str, pd.DataFrame], reasons: Sequence[pd.DataFrame], folder: Path
) -> list[str]:
    """The lines, in the study's language; `reasons` are the rows of not_made of each stage."""
    results = Results(study, dict(tables) | {"not_made": pd.concat(reasons)} if reasons else tables, {})
    findings = (indicators_left_out(results), leading_units(results))
    lines = [
        *([SYNTHETIC_NOTICE] if study.study.synthetic else []),
        Bilingual(f"结果表 {folder}", f"tables    {folder}"),
        *(finding.text for finding in findings if finding is not None),
        _headline_line(results),
        REST,
    ]
    return [line.of(study.study.language) for line in lines]


def _headline_line(results: Results) -> Bilingual:
    """Density's estimate on the whole index over all firms with its interval and p, or why there is none."""
    rows = results.table("regressions")
    rows = rows[(rows["sample"] == "all") & (rows["outcome"] == results.tree.root) & (rows["term"] == "density")]
    if rows.empty:
        reason = results.absence_reason("regressions")
        if not results.study.regressions.specifications:
            reason = Bilingual("regressions.yaml 没有回归设定", "regressions.yaml lists no specification")
        return Bilingual(f"主回归未生成：{reason.zh}", f"No headline: {reason.en}")
    row = rows.iloc[0]
    value, interval = number(row["estimate"], 4), f"[{number(row['ci_low'], 4)}, {number(row['ci_high'], 4)}]"
    p = p_value(row["p_wild"])
    return Bilingual(
        f"主回归 {row['spec']}：密度系数 {value}，95% 区间 {interval}（CV3），自助法 p = {p}",
        f"headline {row['spec']}: density {value}, 95% interval {interval} (CV3), bootstrap p = {p}",
    )
