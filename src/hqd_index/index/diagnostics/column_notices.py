"""What the terminal says about the indicators' columns: those with holes, those left out of the index."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

LISTED_NODES = 6
GAPS = ("I-GAPS", "I-GAPS-STATUS", "I-GAPS-SUM")
DROPPED_FLAGS = ("I-CONST", "I-EMPTY")


def column_notices(diagnostics: pd.DataFrame, language: str) -> list[str]:
    """One line on indicators with low or uneven coverage, one on each that carries no weight."""
    english = language == "en"
    name, note = ("node_en", "note_en") if english else ("node_zh", "note_zh")
    flagged_rows = diagnostics[
        diagnostics["flag"].isin((*GAPS, *DROPPED_FLAGS)) & diagnostics["item"].isin(("coverage", "column"))
    ]
    dropped_columns = flagged_rows[flagged_rows["flag"].isin(DROPPED_FLAGS)]
    lines = [
        f"[{flag_code}] {node} {label}: {note_text}"
        for flag_code, node, label, note_text in dropped_columns[["flag", "node", name, note]].to_numpy()
    ]
    return [*_gap_lines(diagnostics, flagged_rows[flagged_rows["flag"].isin(GAPS)], english=english), *lines]


def _gap_lines(diagnostics: pd.DataFrame, gaps: pd.DataFrame, *, english: bool) -> list[str]:
    if gaps.empty:
        return []
    nodes = list(dict.fromkeys(gaps["node"]))
    rows = diagnostics[diagnostics["item"] == "coverage"]
    values = {(node, quantity): float(coverage) for node, quantity, coverage in rows[["node", "quantity", "value"]].to_numpy()}
    nodes.sort(key=lambda node: (values[node, "coverage"], node))
    lowest_coverage_texts = [_coverage_text(node, values, english=english) for node in nodes[:LISTED_NODES]]
    coverage_list = "; ".join(lowest_coverage_texts) + (" ..." if len(nodes) > LISTED_NODES else "")
    uneven_count = int((gaps["flag"] == GAPS[1]).sum())
    if english:
        subject = "indicator rests" if len(nodes) == 1 else "indicators rest"
        gap_line = f"{len(nodes)} {subject} on incomplete data (coverage below 80%, or sums with blanks, in some unit-years"
        gap_line += f"; SRDI firms and others more than 10 points apart in {uneven_count}" if uneven_count else ""
        return [f"[I-GAPS] {gap_line}): {coverage_list}. Incomplete rows are left out, blanks are no zeros; see diagnostics.csv"]
    gap_line = f"{len(nodes)} 个指标的数据不全(部分单元的覆盖率低于 80%,或单独的求和有缺失"
    gap_line += f";其中 {uneven_count} 个指标专精特新企业与其他企业相差 10 个百分点以上" if uneven_count else ""
    return [f"[I-GAPS] {gap_line}):{coverage_list}。不完整的行不计入,空格不当作零;详见 diagnostics.csv"]


def _coverage_text(node: str, coverage_by_leaf: Mapping[tuple[str, str], float], *, english: bool) -> str:
    text = f"{node} {coverage_by_leaf[node, 'coverage']:.0%}"
    if (node, "coverage_srdi") not in coverage_by_leaf:
        return text
    srdi, coverage_others = coverage_by_leaf[node, "coverage_srdi"], coverage_by_leaf[node, "coverage_others"]
    pair = f"SRDI {srdi:.0%}, others {coverage_others:.0%}" if english else f"专精特新 {srdi:.0%},其他 {coverage_others:.0%}"
    return f"{text} ({pair})" if english else f"{text}({pair})"
