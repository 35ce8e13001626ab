"""Tiers of units whose order cannot be told, with the interval of each rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..bilingual import Bilingual
from ..grids.uncertainty_text import interval_level
from ..number_format import integer, percent
from ..results import Results
from ..unit_ends import ENDS, is_many
from ..wording import wording


@dataclass(frozen=True)
class RankPlace:
    """A unit of a tier: its published rank and the interval of its ranks."""

    unit: str
    name: Bilingual
    score: float
    rank: int
    low: float
    high: float


@dataclass(frozen=True)
class RankTiers:
    """Tiers in order of the ranking, what they are, and how many units are ranked."""

    tiers: tuple[tuple[RankPlace, ...], ...]
    rule: Bilingual
    summary: Bilingual
    ranked_count: int

    def across(self, rank: float) -> str:
        """Where a rank is between the ends of the scale, in percent."""
        return f"{2 + 96 * (rank - 1) / max(1, self.ranked_count - 1):.2f}%"


def rank_tiers(results: Results) -> RankTiers | None:
    """Tiers of the latest year; None where ranks were not drawn.

    A tier begins with the first unit that can be told from the first of the tier before; where the tables have near pairs
    only (units are many), with the first that can be told from its neighbour.
    """
    ranks, draws = results.table("ranks"), _draws(results)
    if ranks.empty or not results.years or draws is None:
        return None
    year = results.years[-1]
    ranking = results.ranking(year).dropna(subset=["rank"])
    intervals = ranks[ranks["year"] == year].set_index("unit")[["low", "high"]].astype(float).dropna()
    places = [
        RankPlace(unit, results.unit_name(unit), float(score), int(rank), intervals["low"][unit], intervals["high"][unit])
        for unit, score, rank in zip(ranking["unit"], ranking["score"], ranking["rank"])
        if unit in intervals.index
    ]
    if not places:
        return None
    by_leader = not is_many(len(places)) and results.has("pairs")
    tiers = _tiers(places, _distinct_pairs(results, "pairs" if by_leader else "neighbours", year), by_leader=by_leader)
    places_of = {"draws": integer(draws), "share": percent(results.study.uncertainty.interval[1], 0)}
    rule = wording("page.tiers.rule" if by_leader else "page.tiers.neighbour_rule", level=interval_level(results), **places_of)
    summary = wording("page.tiers.summary" if len(tiers) > 1 else "page.tiers.one", units=str(len(places)), tiers=str(len(tiers)))
    return RankTiers(_ends(tiers) if is_many(len(places)) else tiers, rule, summary, len(places))


def _draws(results: Results) -> float | None:
    rows = results.table("uncertainty_summary")
    rows = rows[(rows["source"] == "all") & (rows["quantity"] == "draws")] if len(rows) else rows
    return float(rows["value"].iloc[0]) if len(rows) else None


def _distinct_pairs(results: Results, table: str, year: int) -> set[frozenset[str]]:
    rows = results.table(table)
    rows = rows[(rows["year"] == year) & rows["apart"].astype(bool)] if len(rows) else rows
    return {frozenset(pair) for pair in zip(rows["unit"], rows["other"])} if len(rows) else set()


def _tiers(places: Sequence[RankPlace], distinct: set[frozenset[str]], *, by_leader: bool) -> tuple[tuple[RankPlace, ...], ...]:
    tiers: list[list[RankPlace]] = []
    for place in places:
        if not tiers or frozenset((tiers[-1][0 if by_leader else -1].unit, place.unit)) in distinct:
            tiers.append([])
        tiers[-1].append(place)
    return tuple(map(tuple, tiers))


def _ends(tiers: tuple[tuple[RankPlace, ...], ...]) -> tuple[tuple[RankPlace, ...], ...]:
    """The tiers with the first and the last units only."""
    units = [place.unit for tier in tiers for place in tier]
    end_units = {*units[:ENDS], *units[-ENDS:]}
    shortened = (tuple(place for place in tier if place.unit in end_units) for tier in tiers)
    return tuple(tier for tier in shortened if tier)
