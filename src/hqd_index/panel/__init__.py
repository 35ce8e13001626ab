"""Unit-years from firm-years and industry tables."""

from .build import Panel, aggregated, build_panel, descriptives, leaves_needed
from .density import densities, lagged
from .derive import COLUMN_FUNCTIONS, chain, derive
from .units import unit_names

__all__ = [
    "COLUMN_FUNCTIONS", "Panel", "aggregated", "build_panel", "chain", "densities", "derive", "descriptives", "lagged",
    "leaves_needed", "unit_names",
]  # fmt: skip
