"""Unit-years from firm-years and industry tables."""

from .density import densities, lagged_values
from .firm_bootstrap import PanelDraws, firm_draws, panel_draws
from .indicator_coverage import indicator_coverage
from .quoted_figures import facts
from .unit_keys import unit_names
from .unit_leaders import leader_marks, leader_panel
from .unit_year_aggregates import aggregate_columns
from .unit_year_panel import Panel, build_panel, descriptives, leaves_needed, small_sample_notice

__all__ = [
    "Panel", "PanelDraws", "aggregate_columns", "build_panel", "densities", "descriptives", "facts", "firm_draws",
    "indicator_coverage", "lagged_values", "leader_marks", "leader_panel", "leaves_needed", "panel_draws", "small_sample_notice",
    "unit_names",
]  # fmt: skip
