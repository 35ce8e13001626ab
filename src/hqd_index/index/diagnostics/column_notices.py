"""What the terminal says about the indicators' columns: those with holes, those left out of the index."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

LISTED = 6
GAPS = ("I-GAPS", "I-GAPS-STATUS", "I-GAPS-SUM")
DROPPED = ("I-CONST", "I-EMPTY")


def column_notices(diagnostics: pd.DataFrame, language: str) -> list[str]:
    """One line on indicators with low or uneven coverage, one on each that carries no weight."""
    english = language == "en"
    name, note = ("node_en", "note_en") if english else ("node_zh", "note_zh")
    flagged = diagnostics[diagnostics["flag"].isin((*GAPS, *DROPPED)) & diagnostics["item"].isin(("coverage", "column"))]
    dropped_columns = flagged[flagged["flag"].isin(DROPPED)]
    lines = [
        f"[{flag}] {node} {label}: {text}" for flag, node, label, text in dropped_columns[["flag", "node", name, note]].to_numpy()
    ]
    return [*_gap_lines(diagnostics, flagged[flagged["flag"].isin(GAPS)], english=english), *lines]


def _gap_lines(diagnostics: pd.DataFrame, gaps: pd.DataFrame, *, english: bool) -> list[str]:
    if gaps.empty:
        return []
    nodes = list(dict.fromkeys(gaps["node"]))
    rows = diagnostics[diagnostics["item"] == "coverage"]
    values = {(node, quantity): float(value) for node, quantity, value in rows[["node", "quantity", "value"]].to_numpy()}
    nodes.sort(key=lambda node: (values[node, "coverage"], node))
    thinnest = [_coverage_text(node, values, english=english) for node in nodes[:LISTED]]
    listed = "; ".join(thinnest) + (" ..." if len(nodes) > LISTED else "")
    uneven = int((gaps["flag"] == GAPS[1]).sum())
    if english:
        text = f"{len(nodes)} indicators rest on incomplete data (coverage below 80%, or sums with blanks, in some unit-years"
        text += f"; {uneven} differ by SRDI status by more than 10 points" if uneven else ""
        return [f"[I-GAPS] {text}): {listed}. Incomplete rows are left out, blanks are no zeros; see diagnostics.csv"]
    text = f"{len(nodes)} 个指标的数据不全(部分单元的覆盖率低于 80%,或单独的求和有缺失"
    text += f";其中 {uneven} 个指标专精特新企业与其他企业相差 10 个百分点以上" if uneven else ""
    return [f"[I-GAPS] {text}):{listed}。不完整的行不计入,空格不当作零;详见 diagnostics.csv"]


def _coverage_text(node: str, values: Mapping[tuple[str, str], float], *, english: bool) -> str:
    text = f"{node} {values[node, 'coverage']:.0%}"
    if (node, "coverage_srdi") not in values:
        return text
    srdi, coverage_others = values[node, "coverage_srdi"], values[node, "coverage_others"]
    pair = f"SRDI {srdi:.0%}, others {coverage_others:.0%}" if english else f"专精特新 {srdi:.0%},其他 {coverage_others:.0%}"
    return f"{text} ({pair})" if english else f"{text}({pair})"
