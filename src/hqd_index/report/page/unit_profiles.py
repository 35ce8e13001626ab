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
from ..number_format import number, whole
from ..results import Results
from ..weight_lab import Lab, scores

QUARTER = 0.25
TOLD = 3
"""Strengths, weaknesses, obstacles and levers named at most."""

RULE = Bilingual(
    "规则：在有排名的单位中位列前四分之一为强项，后四分之一为弱项；“提升空间”是把该指标提高到同年各单位的上四分位、"
    "其他不变时指数的升幅。",
    "Rule: a strength ranks in the best quarter of the units, a weakness in the last; a lever is what the index gains when "
    "that indicator alone rises to the year's upper quartile.",
)


@dataclass(frozen=True)
class Place:
    """A unit's position on one node: score, rank and how many are ranked."""

    node: str
    score: float
    rank: float
    of: int

    @property
    def strong(self) -> bool:
        return self.rank <= math.ceil(QUARTER * self.of)

    @property
    def weak(self) -> bool:
        return self.rank > self.of - math.ceil(QUARTER * self.of)


@dataclass(frozen=True)
class Profile:
    """A unit in the latest year: where it stands, and sentences about it."""

    unit: str
    name: Bilingual
    whole: Place | None
    parts: tuple[Place, ...]
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
        found = {}
        for unit, row in zip(self.units, self.gains):
            pairs = [(leaf, float(gain)) for leaf, gain in zip(self.leaves, row) if gain > 0]
            found[unit] = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
        return found


def profiles(results: Results, lab: Lab | None) -> list[Profile]:
    """One profile per unit, in code order; empty without scores."""
    if not results.years:
        return []
    year = results.years[-1]
    rows = results.scores[results.scores["year"] == year]
    places, won = _places(rows), results.change(year, results.years[0])
    gains = levers(lab, year).by_unit if lab and year in lab.years else {}
    hindered = _obstacles(results, year)
    made = []
    for unit in results.units["unit"]:
        mine = places.get(unit, {})
        own = tuple(mine[node] for node in results.parts if node in mine)
        top = mine.get(results.tree.root)
        told = (
            _standing(results, unit, top, won.get(unit)),
            _extremes(results, own),
            _hindrance(results, hindered.get(unit)),
            _lever(results, gains.get(unit, [])),
        )
        made.append(Profile(unit, results.unit_name(unit), top, own, tuple(sentence for sentence in told if sentence)))
    return made


def _places(rows: pd.DataFrame) -> Mapping[str, dict[str, Place]]:
    """unit -> node -> place, for ranked scores."""
    found: dict[str, dict[str, Place]] = {}
    for record in rows.dropna(subset=["score", "rank"]).to_dict("records"):
        place = Place(record["node"], float(record["score"]), float(record["rank"]), int(record["ranked_of"]))
        found.setdefault(record["unit"], {})[record["node"]] = place
    return found


def levers(lab: Lab, year: int) -> Levers:
    """Gains under the published design: every leaf in turn set to its upper quartile where it is below."""
    design, values = lab.designs[0], lab.values[lab.years.index(year)]
    shares = design.weights(year)
    now = scores(design, lab.leaves, values, shares)[0][design.tree.root]
    gains = np.full(values.shape, np.nan)
    for j in range(values.shape[1]):
        known = values[~np.isnan(values[:, j]), j]
        if len(known) == 0:
            continue
        raised = values.copy()
        raised[:, j] = np.fmax(values[:, j], np.quantile(known, 1 - QUARTER))
        raised[np.isnan(values[:, j]), j] = np.nan
        gains[:, j] = 100 * (scores(design, lab.leaves, raised, shares)[0][design.tree.root] - now)
    return Levers(lab.units, lab.leaves, gains)


def _standing(results: Results, unit: str, place: Place | None, moved: float | None) -> Finding | None:
    """Score and rank, and how both moved since the first year."""
    year, first = results.years[-1], results.years[0]
    if place is None:
        text = Bilingual(f"{year} 年缺少足够的指标，没有排名。", f"Not ranked in {year}: too few indicators.")
        return Finding(text, ("scores",))
    zh = f"{year} 年指数 {number(place.score, 1)}，在 {place.of} 个单位中列第 {whole(place.rank)}"
    en = f"Index {number(place.score, 1)} in {year}, rank {whole(place.rank)} of {place.of}"
    then = results.ranking(first)
    before = next(iter(then.loc[then["unit"] == unit, "score"]), None)
    if first == year or before is None or moved is None or pd.isna(moved) or pd.isna(before):
        return Finding(Bilingual(f"{zh}。", f"{en}."), ("scores",))
    gain = number(place.score - float(before), 1)
    sign = "" if gain.startswith("−") else "+"
    places = f"▲{whole(moved)}" if moved > 0 else f"▼{whole(-moved)}" if moved < 0 else "–"
    zh, en = (
        f"{zh}；自 {first} 年以来指数 {sign}{gain}，名次 {places}。",
        f"{en}; since {first} the index moved by {sign}{gain}, the rank by {places}.",
    )
    return Finding(Bilingual(zh, en), ("scores",))


def _extremes(results: Results, parts: tuple[Place, ...]) -> Finding | None:
    """Strengths and weaknesses among the parts, by the written rule."""
    strong = sorted((p for p in parts if p.strong), key=lambda p: p.rank)[:TOLD]
    weak = sorted((p for p in parts if p.weak), key=lambda p: -p.rank)[:TOLD]
    if not parts:
        return None
    good, bad = _listed(results, strong), _listed(results, weak)
    zh = f"强项：{good.zh or '没有位列前四分之一的分维度'}；弱项：{bad.zh or '没有位列后四分之一的分维度'}。"
    en = f"Strengths: {good.en or 'no part in the best quarter'}; weaknesses: {bad.en or 'no part in the last quarter'}."
    return Finding(Bilingual(zh, en), ("scores",))


def _listed(results: Results, places: list[Place]) -> Bilingual:
    names = [(results.name(place.node), whole(place.rank)) for place in places]
    return Bilingual(
        "、".join(f"{name.zh}（第 {rank}）" for name, rank in names), ", ".join(f"{name.en} ({rank})" for name, rank in names)
    )


def _obstacles(results: Results, year: int) -> dict[str, pd.DataFrame]:
    """unit -> its leaves with an obstacle degree in a year, the largest first."""
    rows = results.table("obstacles")
    if rows.empty:
        return {}
    rows = rows[(rows["year"] == year) & rows["node"].isin(results.leaves)].dropna(subset=["degree"])
    return {str(unit): mine for unit, mine in rows.sort_values(["degree", "node"], ascending=[False, True]).groupby("unit")}


def _hindrance(results: Results, mine: pd.DataFrame | None) -> Finding | None:
    """The leaves that hold the unit back most, from the obstacle degrees."""
    if mine is None:
        return None
    mine = mine.head(TOLD)
    told = [(results.name(node), f"{number(100 * degree, 1)}%") for node, degree in zip(mine["node"], mine["degree"])]
    zh = "、".join(f"{name.zh}（{share}）" for name, share in told)
    en = ", ".join(f"{name.en} ({share})" for name, share in told)
    return Finding(Bilingual(f"主要障碍（障碍度）：{zh}。", f"Main obstacles (obstacle degree): {en}."), ("obstacles",))


def _lever(results: Results, gains: list[tuple[str, float]]) -> Finding | None:
    """The leaves whose rise to the upper quartile would lift the index most."""
    if not gains:
        return None
    told = [(results.name(leaf), number(gain, 2)) for leaf, gain in gains[:TOLD]]
    zh = "、".join(f"{name.zh}（+{gain}）" for name, gain in told)
    en = ", ".join(f"{name.en} (+{gain})" for name, gain in told)
    return Finding(Bilingual(f"提升空间最大：{zh}。", f"Largest levers: {en}."), ("indicators", "weights"))
