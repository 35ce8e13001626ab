"""What the models stages read: tables of the stages before them, as published."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import pandas as pd


def _no_rows(columns: str) -> pd.DataFrame:
    return pd.DataFrame(columns=columns.split())


@dataclass(frozen=True)
class ModelInputs:
    """Tables by name, empty where the study has none; `weights` those of the study's own design.

    `moderators`, `mediator_values` and `controls` hold one column each beside unit and year; `sources` is item F of the
    contribution as `event_tables` made it; `scenarios` the scores of other designs; `design_scores`,
    `splittable_scores` (the leave-out index of what comes from firms) and `designs` what the uncertainty stage scored, if it
    ran.
    """

    weights: pd.DataFrame = field(default_factory=partial(_no_rows, "node parent share_local year"))
    scores: pd.DataFrame = field(default_factory=partial(_no_rows, "sample unit year node score"))
    indicators: pd.DataFrame = field(default_factory=partial(_no_rows, "sample unit year indicator normalised"))
    density: pd.DataFrame = field(default_factory=partial(_no_rows, "unit year n_firms density"))
    controls: pd.DataFrame = field(default_factory=partial(_no_rows, "unit year"))
    moderators: pd.DataFrame = field(default_factory=partial(_no_rows, "unit year"))
    mediator_values: pd.DataFrame = field(default_factory=partial(_no_rows, "unit year"))
    unit_names: pd.DataFrame = field(default_factory=partial(_no_rows, "unit group"))
    io_links: pd.DataFrame = field(default_factory=partial(_no_rows, "from_unit to_unit upstream downstream leontief ghosh"))
    firm_cells: pd.DataFrame = field(default_factory=partial(_no_rows, "unit shock kind year firms recognised"))
    chokepoints: pd.DataFrame = field(default_factory=partial(_no_rows, "year chokepoint industries"))
    scenarios: pd.DataFrame = field(default_factory=partial(_no_rows, "scenario unit year node score"))
    sources: pd.DataFrame = field(default_factory=partial(_no_rows, "item spec sample unit quantity value"))
    mode_densities: pd.DataFrame = field(default_factory=partial(_no_rows, "version unit year mode soft"))
    banded_densities: pd.DataFrame = field(default_factory=partial(_no_rows, "dead_band unit year mode soft"))
    paths: pd.DataFrame = field(default_factory=partial(_no_rows, "path unit year indicator value"))
    leader_scores: pd.DataFrame = field(default_factory=partial(_no_rows, "sample unit year node score"))
    leader_firms: pd.DataFrame = field(default_factory=partial(_no_rows, "firm unit year sample"))
    design_scores: pd.DataFrame = field(default_factory=partial(_no_rows, "unit year"))
    splittable_scores: pd.DataFrame = field(default_factory=partial(_no_rows, "unit year"))
    designs: pd.DataFrame = field(default_factory=partial(_no_rows, "design label"))
