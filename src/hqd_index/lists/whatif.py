"""Table `whatif`: what the estimate says of a unit with other SRDI firms: index, rank, coverage; beyond the data, nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..study.indicator_tree import tree_of
from ..study.records import Study
from ..tables import conform, empty
from .absences import Absence
from .chain_nodes import units_are_industries

PER_FIRMS = 1000.0
RANK_TIE = 1e-9
READINGS = {
    "description": ("据描述性关联的算术推算,不是预测", "arithmetic on an association, not a forecast"),
    "suggestive": ("据提示性估计的推算,须待证实", "from a suggestive estimate, to be confirmed"),
    "credible": ("据较可信估计的推算", "from a credible estimate"),
}
Refusal = tuple[str, str]
NODE_FACTORS = ("vulnerability", "centrality", "priority", "target")


@dataclass(frozen=True)
class Effect:
    """Points of the index (score x 100 scale) per unit of density: estimate, 95% interval, grade; and the densities behind it."""

    slope: float
    low: float
    high: float
    grade: str
    lag: int
    densities: tuple[float, float]


def whatif(study: Study, frames: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, list[Absence]]:
    """A row for each unit and action in the latest year; a refused one keeps its row and says why."""
    effect = headline_effect(study, frames)
    if effect is None:
        return empty("whatif"), [NO_ESTIMATE]
    units = unit_rows(study, frames)
    if units.empty:
        return empty("whatif"), [NO_SCORES]
    rows = [_row(study, effect, units, unit, action) for unit in units.to_dict("records") for action in actions(study, units)]
    return conform("whatif", pd.DataFrame(rows, columns=list(empty("whatif").columns))), []


def headline_effect(study: Study, frames: Mapping[str, pd.DataFrame]) -> Effect | None:
    """The headline's coefficient of density on the index of all firms; None where it was not estimated."""
    root = tree_of(study.indicators).root
    headline = next((spec for spec in study.regressions.specifications if spec.headline), None)
    rows = frames["regressions"]
    if headline is None or rows.empty:
        return None
    rows = rows[
        (rows["spec"] == headline.id) & (rows["sample"] == "all") & (rows["outcome"] == root) & (rows["term"] == "density")
    ]
    rows = rows.dropna(subset=["estimate", "ci_low", "ci_high"])
    if rows.empty:
        return None
    verdicts = frames["hypotheses"]
    graded = verdicts[(verdicts["hypothesis"] == "H1") & (verdicts["spec"] == headline.id) & (verdicts["sample"] == "all")]
    observed = frames["density"]["density_lag"].astype(float)
    estimate = rows.iloc[0]
    return Effect(
        slope=100 * float(estimate["estimate"]),
        low=100 * float(estimate["ci_low"]),
        high=100 * float(estimate["ci_high"]),
        grade=str(graded["grade"].iloc[0]) if len(graded) else "description",
        lag=study.regressions.density.lag,
        densities=(float(observed.min()), float(observed.max())),
    )


def unit_rows(study: Study, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """unit, names, year, score, rank, density, n_firms, n_srdi of the latest scored year, priority where units are nodes."""
    root = tree_of(study.indicators).root
    scores = frames["scores"]
    scores = scores[(scores["sample"] == "all") & (scores["node"] == root)].dropna(subset=["score"])
    scores = scores[scores["year"] == scores["year"].max()]
    rows = scores[["unit", "unit_zh", "unit_en", "year", "score", "rank"]].merge(
        frames["density"][["unit", "year", "n_firms", "n_srdi", "density"]], on=["unit", "year"], validate="one_to_one"
    )
    nodes = frames["priority"]
    nodes = nodes[nodes["kind"] == "industry"] if units_are_industries(study) else nodes.iloc[:0]
    factors = nodes[["node", "year", *NODE_FACTORS]].rename(columns={"node": "unit"})
    factors = factors.astype({"unit": "str", "year": "int64"} | dict.fromkeys(NODE_FACTORS, "float64"))
    return rows.dropna(subset=["density"]).merge(factors, on=["unit", "year"], how="left", validate="one_to_one")


def actions(study: Study, units: pd.DataFrame) -> Iterator[tuple[str, str, str, float]]:
    """(id, Chinese, English, amount): firms added or removed, and densities to be reached."""
    if study.regressions.density.measure in ("count", "ihs"):
        for step in study.lists.whatif.firms:
            verb = ("增加", "add") if step > 0 else ("减少", "remove")
            firms = "firm" if abs(step) == 1 else "firms"
            yield f"firms:{step:+d}", f"{verb[0]} {abs(step)} 家", f"{verb[1]} {abs(step)} {firms}", float(step)
    for percentile in study.lists.whatif.percentiles:
        density = float(np.percentile(units["density"].astype(float), percentile))
        yield f"density:p{percentile:g}", f"密度达到 P{percentile:g}", f"density at P{percentile:g}", density


def new_density(study: Study, unit: Mapping[Any, Any], action: str, amount: float) -> float:
    """Density after an action: n firms more per 1,000, their inverse sine, or the density named."""
    if action.startswith("density"):
        return amount
    if study.regressions.density.measure == "ihs":
        return float(np.arcsinh(unit["n_srdi"] + amount))
    return float(unit["density"]) + PER_FIRMS * amount / float(unit["n_firms"])


def new_count(unit: Mapping[Any, Any], action: str, amount: float) -> float:
    """SRDI firms after an action; NaN where only a density is named."""
    return float(unit["n_srdi"]) + amount if action.startswith("firms") else np.nan


def refusal(effect: Effect, density: float, count: float) -> Refusal | None:
    """Why nothing can be said: fewer than no firms, or a density that no unit-year behind the estimate had."""
    low, high = effect.densities
    if np.isnan(density):
        return "企业数未知", "the number of firms is not known"
    if count < 0:
        return "专精特新企业没有这么多", "there are not so many SRDI firms"
    if not low - RANK_TIE <= density <= high + RANK_TIE:
        return (
            f"密度 {density:.2f} 超出估计所据的范围 {low:.2f}–{high:.2f},不外推",
            f"density {density:.2f} lies outside the {low:.2f} to {high:.2f} behind the estimate: not extrapolated",
        )
    return None


def rank_at(units: pd.DataFrame, unit: str, score: float) -> int:
    """Place of a unit with that score among the others as they are; ties share the better place."""
    above = units["score"].to_numpy(dtype=float) > score + RANK_TIE
    return 1 + int((above & (units["unit"].to_numpy() != unit)).sum())


def _row(
    study: Study, effect: Effect, units: pd.DataFrame, unit: Mapping[Any, Any], action: tuple[str, str, str, float]
) -> dict[str, Any]:
    id, zh, en, amount = action
    density, count = new_density(study, unit, id, amount), new_count(unit, id, amount)
    refused = refusal(effect, density, count)
    row: dict[str, Any] = {column: unit[column] for column in ("unit", "unit_zh", "unit_en", "year", "score", "rank", "density")}
    row |= {"action": id, "action_zh": zh, "action_en": en, "density_new": density, "effect_year": unit["year"] + effect.lag}
    row |= {"grade": effect.grade, "priority": unit["priority"], "n_srdi": unit["n_srdi"]}
    row["reading_zh"], row["reading_en"] = READINGS[effect.grade] if refused is None else refused
    row["refused"] = refused is not None
    if refused is not None:
        return row
    change = density - float(unit["density"])
    ends = sorted((effect.low * change, effect.high * change))
    row |= {"score_new": unit["score"] + effect.slope * change, "low": unit["score"] + ends[0], "high": unit["score"] + ends[1]}
    for column, score in (("rank_new", "score_new"), ("rank_best", "high"), ("rank_worst", "low")):
        row[column] = rank_at(units, unit["unit"], row[score])
    if not np.isnan(count) and not np.isnan(unit["target"]):
        row["priority_new"] = unit["vulnerability"] * unit["centrality"] * (1 - min(1.0, count / unit["target"]))
    return row


NO_ESTIMATE = Absence(
    "whatif",
    ("没有主回归的估计", "the headline was not estimated"),
    ("在 regressions.yaml 写带 headline: true 的设定", "write a specification with headline: true in regressions.yaml"),
)
NO_SCORES = Absence(
    "whatif",
    ("最新年份没有既有得分又有密度的单元", "no unit has both a score and a density in the latest year"),
    ("提供企业表与名单,或 density_source", "give firms and a recognition list, or density_source"),
)
