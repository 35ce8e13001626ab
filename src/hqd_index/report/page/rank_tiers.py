"""Tiers of units whose order cannot be told, with the interval of each rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
class Tier:
    """A tier by its number from the top; of many units, those of its places that the page lists."""

    number: int
    places: tuple[RankPlace, ...]


@dataclass(frozen=True)
class Gap:
    """Ranks that the page leaves out of many: the unit listed next, whether its tier begins with it, and what is left out."""

    next_unit: str
    begins_tier: bool
    text: Bilingual


@dataclass(frozen=True)
class RankTiers:
    """Tiers in order of the ranking, what they are, how many units are ranked, the gap of many, and every unit's tier."""

    tiers: tuple[Tier, ...]
    rule: Bilingual
    summary: Bilingual
    ranked_count: int
    gap: Gap | None
    number_by_unit: Mapping[str, int]
    count: int

    def across(self, rank: float) -> str:
        """Where a rank is between the ends of the scale, in percent."""
        return f"{2 + 96 * (rank - 1) / max(1, self.ranked_count - 1):.2f}%"


def rank_tiers(results: Results) -> RankTiers | None:
    """Tiers of the latest year; None where ranks were not drawn.

    A tier begins with the first unit that can be told from the first of the tier before; where the tables have near pairs
    only (units are many), with the first that can be told from its neighbour.
    """
    ranks, draws = results.table("ranks"), draws_behind_ranks(results)
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
    every_tier = _tiers(places, _distinct_pairs(results, "pairs" if by_leader else "neighbours", year), by_leader=by_leader)
    places_of = {"draws": integer(draws), "share": percent(results.study.uncertainty.interval[1], 0)}
    rule = wording("page.tiers.rule" if by_leader else "page.tiers.neighbour_rule", level=interval_level(results), **places_of)
    key = "page.tiers.summary" if len(every_tier) > 1 else "page.tiers.one"
    summary = wording(key, units=str(len(places)), tiers=str(len(every_tier)))
    tiers = _ends(every_tier) if is_many(len(places)) else every_tier
    number_by_unit = {place.unit: tier.number for tier in every_tier for place in tier.places}
    return RankTiers(tiers, rule, summary, len(places), _gap(every_tier), number_by_unit, len(every_tier))


def draws_behind_ranks(results: Results) -> float | None:
    """How many draws the intervals of ranks rest on; None without any."""
    rows = results.table("uncertainty_summary")
    rows = rows[(rows["source"] == "all") & (rows["quantity"] == "draws")] if len(rows) else rows
    return float(rows["value"].iloc[0]) if len(rows) else None


def _distinct_pairs(results: Results, table: str, year: int) -> set[frozenset[str]]:
    rows = results.table(table)
    rows = rows[(rows["year"] == year) & rows["apart"].astype(bool)] if len(rows) else rows
    return {frozenset(pair) for pair in zip(rows["unit"], rows["other"])} if len(rows) else set()


def _tiers(places: Sequence[RankPlace], distinct: set[frozenset[str]], *, by_leader: bool) -> tuple[Tier, ...]:
    tiers: list[list[RankPlace]] = []
    for place in places:
        if not tiers or frozenset((tiers[-1][0 if by_leader else -1].unit, place.unit)) in distinct:
            tiers.append([])
        tiers[-1].append(place)
    return tuple(Tier(number, tuple(tier)) for number, tier in enumerate(tiers, start=1))


def _ends(tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
    """The tiers, by their own numbers, with the first and the last units only."""
    units = [place.unit for tier in tiers for place in tier.places]
    end_units = {*units[:ENDS], *units[-ENDS:]}
    shortened = (Tier(tier.number, tuple(place for place in tier.places if place.unit in end_units)) for tier in tiers)
    return tuple(tier for tier in shortened if tier.places)


def _gap(tiers: tuple[Tier, ...]) -> Gap | None:
    """What lies between the ends of many units; None where every unit is listed."""
    places = [place for tier in tiers for place in tier.places]
    if not is_many(len(places)):
        return None
    omitted, following = places[ENDS:-ENDS], places[-ENDS]
    text = wording("page.tiers.gap", count=len(omitted), first=omitted[0].rank, last=omitted[-1].rank)
    return Gap(following.unit, any(tier.places[0] == following for tier in tiers), text)


def tier_text(tiers: RankTiers | None, unit: str) -> Bilingual | None:
    """The tier of a unit among all; None where it has none."""
    if tiers is None or unit not in tiers.number_by_unit:
        return None
    if tiers.count == 1:
        return wording("page.sheet.tier.single")
    return wording("page.sheet.tier", number=tiers.number_by_unit[unit], tiers=tiers.count)
