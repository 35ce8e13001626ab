"""Unit-years from firm-years and industry tables."""

from .bootstrap import PanelDraws, firm_draws, panel_draws
from .build import Panel, aggregate_columns, build_panel, descriptives, leaves_needed
from .density import densities, lagged_values
from .derive import COLUMN_FUNCTIONS, chain, derive, lookup
from .facts import facts
from .leaders import leader_marks, leader_panel
from .units import unit_names

__all__ = [
    "COLUMN_FUNCTIONS", "Panel", "PanelDraws", "aggregate_columns", "build_panel", "chain", "densities", "derive",
    "descriptives", "facts", "firm_draws", "lagged_values", "leader_marks", "leader_panel", "leaves_needed", "lookup",
    "panel_draws", "unit_names",
]  # fmt: skip
