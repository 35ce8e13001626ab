"""The three parts of the workbook, told apart by the colour of their tabs: what to read, tables for a paper, the appendix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..outline import OUTLINE, Exhibit

Part = Literal["read", "paper", "appendix"]
TAB_COLOURS: dict[Part, str] = {"read": "#B7410E", "paper": "#0B5E8A", "appendix": "#8A949E"}
READ = ("ranking", "unit_sheet", "live_weights", "charts")
PAPER = (
    "weights", "descriptives", "panel", "scenarios", "regressions", "hypotheses", "sentences", "channels", "contribution",
    "mediators", "oaxaca", "endogeneity", "event_study", "trend_bounds", "balance", "thresholds", "resilience",
    "multiverse_summary", "sample_flow",
)  # fmt: skip


def part_of(exhibit_id: str) -> Part:
    """The part that a sheet belongs to."""
    return "read" if exhibit_id in READ else "paper" if exhibit_id in PAPER else "appendix"


def sheet_order() -> Sequence[Exhibit]:
    """Everything with a sheet, part by part: the first two in the order named here, the appendix as in the outline."""
    by_id = {exhibit.id: exhibit for exhibit in OUTLINE if exhibit.sheet is not None}
    appendix = [exhibit for id, exhibit in by_id.items() if part_of(id) == "appendix"]
    return [*(by_id[id] for id in (*READ, *PAPER)), *appendix]
