"""What stands out in one unit: strengths and weaknesses by a written rule, trend, obstacles, and what would move it most."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ..bilingual import Bilingual
from ..key_findings import Finding
from ..number_format import integer, number
from ..results import Results
from ..weight_lab import WeightLab, scores
from ..wording import listing, wording

QUARTER = 0.25
MAX_LISTED = 3
"""Strengths, weaknesses, obstacles and levers named at most."""

RULE = wording("page.profile.rule")


@dataclass(frozen=True)
class NodePlacement:
    """A unit's position on one node: score, rank and how many are ranked."""

    node: str
    score: float
    rank: float
    ranked_count: int

    @property
    def strong(self) -> bool:
        return self.rank <= math.ceil(QUARTER * self.ranked_count)

    @property
    def weak(self) -> bool:
        return self.rank > self.ranked_count - math.ceil(QUARTER * self.ranked_count)


@dataclass(frozen=True)
class Profile:
    """A unit in the latest year: its places, and sentences about it."""

    unit: str
    name: Bilingual
    overall: NodePlacement | None
    parts: tuple[NodePlacement, ...]
    sentences: tuple[Finding, ...]


@dataclass(frozen=True)
class Levers:
    """Points the index gains when one leaf alone rises to the year's upper quartile: (n, m), NaN where it cannot."""

    units: tuple[str, ...]
    leaves: tuple[str, ...]
    gains: np.ndarray

    @cached_property
    def by_unit(self) -> dict[str, list[tuple[str, float]]]:
        """unit -> (leaf, gain), the largest first."""
        gains_by_unit = {}
        for unit, row in zip(self.units, self.gains):
            leaf_gains = [(leaf, float(gain)) for leaf, gain in zip(self.leaves, row) if gain > 0]
            gains_by_unit[unit] = sorted(leaf_gains, key=lambda leaf_and_gain: (-leaf_and_gain[1], leaf_and_gain[0]))
        return gains_by_unit


def profiles(results: Results, weight_lab_data: WeightLab | None) -> list[Profile]:
    """One profile per unit, in code order; empty without scores."""
    if not results.years:
        return []
    year = results.years[-1]
    rows = results.scores[results.scores["year"] == year]
    placements, rank_gain = _placements_by_unit(rows), results.change(year, results.years[0])
    gains = levers(weight_lab_data, year).by_unit if weight_lab_data and year in weight_lab_data.years else {}
    obstacles = _obstacles_by_unit(results, year)
    first_ranking = results.ranking(results.years[0])
    first_scores, unit_profiles = dict(zip(first_ranking["unit"], first_ranking["score"])), []
    for unit in results.units["unit"]:
        unit_places = placements.get(unit, {})
        part_placements = tuple(unit_places[node] for node in results.parts if node in unit_places)
        root_place = unit_places.get(results.tree.root)
        sentences = (
            _score_and_rank(results, root_place, rank_gain.get(unit), first_scores.get(unit)),
            _strengths_and_weaknesses(results, part_placements),
            _main_obstacles(results, obstacles.get(unit)),
            _largest_levers(results, gains.get(unit, [])),
        )
        unit_profiles.append(
            Profile(
                unit, results.unit_name(unit), root_place, part_placements, tuple(sentence for sentence in sentences if sentence)
            )
        )
    return unit_profiles


def _placements_by_unit(score_rows: pd.DataFrame) -> Mapping[str, dict[str, NodePlacement]]:
    """unit -> node -> place, for ranked scores."""
    placements: dict[str, dict[str, NodePlacement]] = {}
    for record in score_rows.dropna(subset=["score", "rank"]).to_dict("records"):
        placement = NodePlacement(record["node"], float(record["score"]), float(record["rank"]), int(record["ranked_of"]))
        placements.setdefault(record["unit"], {})[record["node"]] = placement
    return placements


def levers(weight_lab_data: WeightLab, year: int) -> Levers:
    """Gains under the published design: every leaf in turn set to its upper quartile where it is below."""
    design, leaf_values = weight_lab_data.designs[0], weight_lab_data.values[weight_lab_data.years.index(year)]
    shares = design.weights(year)
    current_scores = scores(design, weight_lab_data.leaves, leaf_values, shares)[0][design.tree.root]
    gain_matrix = np.full(leaf_values.shape, np.nan)
    for j in range(leaf_values.shape[1]):
        known_values = leaf_values[~np.isnan(leaf_values[:, j]), j]
        if len(known_values) == 0:
            continue
        values_after_raise = leaf_values.copy()
        values_after_raise[:, j] = np.fmax(leaf_values[:, j], np.quantile(known_values, 1 - QUARTER))
        values_after_raise[np.isnan(leaf_values[:, j]), j] = np.nan
        gain_matrix[:, j] = 100 * (
            scores(design, weight_lab_data.leaves, values_after_raise, shares)[0][design.tree.root] - current_scores
        )
    return Levers(weight_lab_data.units, weight_lab_data.leaves, gain_matrix)


def _score_and_rank(
    results: Results, placement: NodePlacement | None, rank_gain: float | None, first_score: float | None
) -> Finding | None:
    """Score and rank, and how both moved since the first year."""
    year, first_year = results.years[-1], results.years[0]
    if placement is None:
        sentence = wording("page.profile.unranked", year=year)
        return Finding(sentence, ("scores",))
    place = wording("page.profile.place", year=year, score=placement.score, rank=placement.rank, of=placement.ranked_count)
    if first_year == year or first_score is None or rank_gain is None or pd.isna(rank_gain) or pd.isna(first_score):
        return Finding(wording("page.profile.place.alone", place=place), ("scores",))
    gain = number(placement.score - float(first_score), 1)
    sign = "" if gain.startswith("−") else "+"
    arrow = f"▲{integer(rank_gain)}" if rank_gain > 0 else f"▼{integer(-rank_gain)}"
    shift = wording("page.profile.shift", arrow=arrow) if rank_gain else wording("page.profile.shift.none")
    sentence = wording("page.profile.place.since", place=place, since=first_year, gain=f"{sign}{gain}", shift=shift)
    return Finding(sentence, ("scores",))


def _strengths_and_weaknesses(results: Results, part_placements: tuple[NodePlacement, ...]) -> Finding | None:
    """Strengths and weaknesses among the parts, by the written rule."""
    strong_placements = sorted((p for p in part_placements if p.strong), key=lambda p: p.rank)[:MAX_LISTED]
    weak_placements = sorted((p for p in part_placements if p.weak), key=lambda p: -p.rank)[:MAX_LISTED]
    if not part_placements:
        return None
    sentence = wording(
        "page.profile.parts",
        strengths=_placement_list(results, strong_placements) or wording("page.profile.no_strength"),
        weaknesses=_placement_list(results, weak_placements) or wording("page.profile.no_weakness"),
    )
    return Finding(sentence, ("scores",))


def _placement_list(results: Results, placements: list[NodePlacement]) -> Bilingual | None:
    named_ranks = [wording("page.profile.part", name=results.name(place.node), rank=place.rank) for place in placements]
    return listing(named_ranks) if named_ranks else None


def _obstacles_by_unit(results: Results, year: int) -> dict[str, pd.DataFrame]:
    """unit -> its leaves with an obstacle degree in a year, the largest first."""
    rows = results.table("obstacles")
    if rows.empty:
        return {}
    rows = rows[(rows["year"] == year) & rows["node"].isin(results.leaves)].dropna(subset=["degree"])
    return {
        str(unit): unit_rows for unit, unit_rows in rows.sort_values(["degree", "node"], ascending=[False, True]).groupby("unit")
    }


def _main_obstacles(results: Results, unit_rows: pd.DataFrame | None) -> Finding | None:
    """The leaves that hold the unit back most, from the obstacle degrees."""
    if unit_rows is None:
        return None
    unit_rows = unit_rows.head(MAX_LISTED)
    degrees = zip(unit_rows["node"], unit_rows["degree"])
    obstacles = [wording("page.profile.obstacle", name=results.name(node), degree=degree) for node, degree in degrees]
    return Finding(wording("page.profile.obstacles", obstacles=listing(obstacles)), ("obstacles",))


def _largest_levers(results: Results, gains: list[tuple[str, float]]) -> Finding | None:
    """The leaves whose rise to the upper quartile would lift the index most."""
    if not gains:
        return None
    named_gains = [wording("page.profile.lever", name=results.name(leaf), gain=gain) for leaf, gain in gains[:MAX_LISTED]]
    return Finding(wording("page.profile.levers", levers=listing(named_gains)), ("indicators", "weights"))
