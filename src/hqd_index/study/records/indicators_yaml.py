"""indicators.yaml: indicators, the tree over them, and what may not enter the index."""

from __future__ import annotations

from typing import Any, Literal

from .record import Label, Name, Record, Slug, Version


class Band(Record):
    """A moderate indicator: best inside [low, high]."""

    band: tuple[float, float]


class Indicator(Record):
    """One leaf: an aggregate expression over ONE table."""

    table: Name
    formula: str
    unit: str = ""
    direction: Literal[1, -1] | Band = 1
    kind: Literal["input", "output", "structure"] = "output"
    nominal_growth: bool = False
    label: Label
    source: str = ""


class Indicators(Record):
    """indicators.yaml: levels from the leaves up, the tree as data, profiles, and what may not enter the index."""

    version: Version
    levels: tuple[Slug, ...] = ("indicators", "subdimensions", "dimensions")
    tree: dict[Name, Any]
    nodes: dict[Name, Label] = {}
    profile: Slug | None = None
    profiles: dict[Slug, tuple[Name, ...]] = {}
    scale: tuple[Name, ...] = ("revenue", "employees", "employees_avg", "total_assets", "n_firms")
    treatment: tuple[Name, ...] = (
        "srdi_ever", "srdi_valid", "srdi_level", "srdi_batch", "srdi_first_year", "n_srdi_national", "n_srdi_provincial",
        "srdi_revenue", "srdi_employees",
    )  # fmt: skip
    indicators: dict[Name, Indicator]
