"""What the page's what-if control works on: the estimate, its range of densities and the units of the latest year."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from ...chinese_punctuation import journal_punctuation
from ...lists.whatif import PER_FIRMS, RANK_TIE, READINGS, Effect, actions, headline_effect, unit_rows
from ..bilingual import Bilingual, visible_text
from ..disclosure import COUNTS, without_small_cells
from ..number_format import is_missing
from ..results import Results

NEEDS = ("scores", "density", "regressions", "hypotheses", "priority")
COUNTED = ("count", "ihs")
"""Measures of density that a number of firms moves."""
NUMBERS = ("score", "rank", "density", "n_firms", "n_srdi", "vulnerability", "centrality", "target", "priority")


@dataclass(frozen=True)
class WhatIfControl:
    """Estimate; units by rank, with an empty density where too few firms are behind it; densities that table whatif names."""

    effect: Effect
    measure: str
    units: pd.DataFrame
    densities: tuple[tuple[Bilingual, float], ...]

    @property
    def counted(self) -> bool:
        return self.measure in COUNTED


def whatif_control(results: Results) -> WhatIfControl | None:
    """The control of a run's own tables; None where nothing was estimated or no unit may be shown."""
    frames = {name: results.table(name) for name in NEEDS}
    effect = headline_effect(results.study, frames)
    if effect is None or frames["scores"].empty:
        return None
    units = unit_rows(results.study, frames)
    if units.empty:
        return None
    densities = tuple(
        (Bilingual(zh, en), amount) for id, zh, en, amount in actions(results.study, units) if id.startswith("density")
    )
    columns = (*COUNTS["whatif"][1], "n_firms")
    shown_units = without_small_cells(units, "n_srdi", columns, results.study.study.publish.min_cell)
    if shown_units["density"].isna().all():
        return None
    measure = results.study.regressions.density.measure
    return WhatIfControl(effect, measure, shown_units.sort_values(["rank", "unit"], ignore_index=True), densities)


def whatif_json(control: WhatIfControl) -> dict[str, Any]:
    """What the script computes from: numbers in full, texts in both languages."""
    zh, en = READINGS[control.effect.grade]
    return {
        "effect": asdict(control.effect),
        "measure": control.measure,
        "per": PER_FIRMS,
        "tie": RANK_TIE,
        "year": int(control.units["year"].iloc[0]),
        "reading": {"zh": journal_punctuation(zh), "en": en},
        "densities": [{"zh": name.zh, "en": name.en, "density": density} for name, density in control.densities],
        "units": [_unit_json(unit) for unit in control.units.to_dict("records")],
    }


def _unit_json(unit: dict[Any, Any]) -> dict[str, Any]:
    numbers = {name: None if is_missing(unit[name]) else float(unit[name]) for name in NUMBERS}
    return {"id": str(unit["unit"]), "zh": visible_text(unit["unit_zh"]), "en": visible_text(unit["unit_en"])} | numbers
