"""One sheet per unit: profile, trend beside the median, every indicator, firms and modes, suppliers and customers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ..bilingual import Bilingual
from ..disclosure import WITHHELD
from ..grids.grid import bilingual_names
from ..key_labels import key_label
from ..label_catalogue import unit_name
from ..number_format import integer, is_missing, number, percent
from ..results import Results
from ..weight_lab import WeightLab
from ..wording import wording
from .rank_tiers import RankTiers, tier_text
from .unit_profiles import QUARTER, Profile, profiles

STRONG, WEAK = "◆", "◇"
LABELS_OF_NO_MODE = ("mixed", "unclassified")
PARTNERS = 3
"""Suppliers and customers named at most."""
TREND_SIZE = (320.0, 110.0)
TREND_MARGINS = (34.0, 34.0, 10.0, 18.0)
"""Of the trend's plot: left, right, top, bottom."""


@dataclass(frozen=True)
class IndicatorLine:
    """An indicator of a unit in the latest year: raw value as text, rank among the units with a value, ◆ or ◇."""

    leaf: str
    raw: str
    rank: int | None
    ranked_count: int
    mark: str


@dataclass(frozen=True)
class Trend:
    """Points of a unit's index and of the median, and the texts of the unit's first and last score."""

    line: str
    median: str
    ends: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True)
class UnitSheet:
    """What the page shows of one unit; a number is empty where too few firms are behind it."""

    profile: Profile
    rank_interval: str
    tier: Bilingual | None
    trend: Trend | None
    indicators: tuple[IndicatorLine, ...]
    firms: tuple[tuple[Bilingual, Bilingual], ...]
    suppliers: tuple[Bilingual, ...]
    customers: tuple[Bilingual, ...]

    @property
    def unit(self) -> str:
        return self.profile.unit

    @property
    def has_withheld_counts(self) -> bool:
        """Whether a number of firms is withheld because another would follow from the total."""
        return any(count == wording("page.sheet.withheld") for _, count in self.firms)


@dataclass(frozen=True)
class TrendScale:
    """The scale that all trends share: years, the ends of the score, the median by year."""

    years: tuple[int, ...]
    low: float
    high: float
    median: Mapping[int, float]

    def point(self, year: int, score: float) -> tuple[float, float]:
        margin_left, margin_right, top, bottom = TREND_MARGINS
        x = margin_left + (TREND_SIZE[0] - margin_left - margin_right) * (year - self.years[0]) / max(
            1, self.years[-1] - self.years[0]
        )
        y = top + (TREND_SIZE[1] - top - bottom) * (self.high - score) / ((self.high - self.low) or 1)
        return round(x, 1), round(y, 1)

    def path(self, scores: Mapping[int, float]) -> str:
        points = [self.point(year, scores[year]) for year in self.years if year in scores and not is_missing(scores[year])]
        return " ".join(f"{x:g},{y:g}" for x, y in points)


def unit_sheets(results: Results, lab: WeightLab | None, tiers: RankTiers | None = None) -> list[UnitSheet]:
    """One sheet per unit, in the order of their codes; empty without scores."""
    every_profile = profiles(results, lab)
    if not every_profile:
        return []
    year = results.years[-1]
    indicators, firms = indicator_lines(results, year), _firms_by_unit(results)
    scale, scores = trend_scale(results), _scores_by_unit(results)
    suppliers, customers = _partners(results)
    ranks = results.table("ranks")
    ranks = ranks[ranks["year"] == year].set_index("unit") if len(ranks) else ranks
    return [
        UnitSheet(
            profile,
            _rank_interval(ranks, profile.unit),
            tier_text(tiers, profile.unit),
            _trend(scale, scores.get(profile.unit, {})),
            indicators.get(profile.unit, ()),
            firms.get(profile.unit, ()),
            suppliers.get(profile.unit, ()),
            customers.get(profile.unit, ()),
        )
        for profile in every_profile
    ]


def _rank_interval(ranks: pd.DataFrame, unit: str) -> str:
    if unit not in ranks.index or is_missing(ranks["low"][unit]):
        return ""
    return f"{integer(ranks['low'][unit])}–{integer(ranks['high'][unit])}"


def indicator_lines(results: Results, year: int) -> dict[str, tuple[IndicatorLine, ...]]:
    """Unit -> its indicators in the order of the tree; the first quarter of ranks is strong, the last weak."""
    rows = results.table("indicators")
    rows = (
        rows[(rows["sample"] == "all") & (rows["year"] == year) & rows["indicator"].isin(results.leaves)] if len(rows) else rows
    )
    if rows.empty:
        return {}
    rows = rows[["unit", "indicator", "raw", "normalised"]].copy()
    rows["shown"] = rows["normalised"].where(rows["raw"].notna())
    by_leaf = rows.groupby("indicator")["shown"]
    rows["rank"], rows["of"] = by_leaf.rank(ascending=False, method="min"), by_leaf.transform("count")
    order = {leaf: place for place, leaf in enumerate(results.leaves)}
    rows = rows.assign(place=rows["indicator"].map(order)).sort_values(["unit", "place"])
    lines: dict[str, list[IndicatorLine]] = {}
    columns = rows[["unit", "indicator", "raw", "rank", "of"]].astype({"raw": float, "rank": float, "of": int})
    for unit, leaf, raw, rank, count in columns.itertuples(index=False):
        line = IndicatorLine(leaf, raw_text(raw), None if is_missing(rank) else int(rank), count, _mark(rank, count))
        lines.setdefault(unit, []).append(line)
    return {unit: tuple(unit_lines) for unit, unit_lines in lines.items()}


def _mark(rank: float, count: int) -> str:
    quarter = math.ceil(QUARTER * count)
    return (
        "" if is_missing(rank) or count < 1 / QUARTER else STRONG if rank <= quarter else WEAK if rank > count - quarter else ""
    )


def raw_text(raw: float) -> str:
    """A raw value with about four digits."""
    size = 0.0 if is_missing(raw) else abs(raw)
    return number(raw, 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3)


def _scores_by_unit(results: Results) -> dict[str, dict[int, float]]:
    rows = results.scores[results.scores["node"] == results.tree.root].dropna(subset=["score"])
    scores: dict[str, dict[int, float]] = {}
    for unit, year, score in zip(rows["unit"], rows["year"].astype(int), rows["score"].astype(float)):
        scores.setdefault(unit, {})[year] = score
    return scores


def trend_scale(results: Results) -> TrendScale | None:
    """The scale of all trends; None for a single year."""
    if len(results.years) < 2:
        return None
    rows = results.scores[results.scores["node"] == results.tree.root].dropna(subset=["score"])
    median = rows.groupby(rows["year"].astype(int))["score"].median()
    medians = {int(str(year)): float(score) for year, score in median.items()}
    return TrendScale(tuple(results.years), float(rows["score"].min()), float(rows["score"].max()), medians)


def _trend(scale: TrendScale | None, scores: Mapping[int, float]) -> Trend | None:
    if scale is None or len(scores) < 2:
        return None
    ends = tuple((*scale.point(year, scores[year]), number(scores[year], 1)) for year in (min(scores), max(scores)))
    return Trend(scale.path(scores), scale.path(scale.median), ends)


def _firms_by_unit(results: Results) -> dict[str, tuple[tuple[Bilingual, Bilingual], ...]]:
    """Unit -> SRDI firms, their density and the firms of each mode, latest year of either table."""
    firms: dict[str, list[tuple[Bilingual, Bilingual]]] = {}
    for record in _latest(results.table("density")).to_dict("records"):
        firms[record["unit"]] = [
            (wording(f"page.sheet.{name}"), Bilingual(text, text))
            for name, text in (
                ("srdi_firms", integer(record["n_srdi"])),
                ("sample_firms", integer(record["n_firms"])),
                ("density", number(record["density"], 1)),
            )
        ]
    rows = results.table("mode_densities")
    rows = _latest(rows[rows["version"] == "base"]) if len(rows) else rows
    labels = results.study.modes.labels if len(rows) else None
    for record in rows.to_dict("records"):
        label = getattr(labels, record["mode"], None) or key_label(results, "mode", record["mode"])
        if record.get("flag") == WITHHELD:
            count = wording("page.sheet.withheld")
        elif is_missing(record["n_srdi"]):
            count = wording("page.sheet.few_firms", smallest=results.study.study.publish.min_cell)
        elif record["n_srdi"] == 0 and record["mode"] in LABELS_OF_NO_MODE:
            continue
        else:
            count = _with_revenue_share(integer(record["n_srdi"]), record["share"])
        firms.setdefault(record["unit"], []).append((Bilingual(label.zh, label.en), count))
    return {unit: tuple(lines) for unit, lines in firms.items()}


def _with_revenue_share(count: str, share: object) -> Bilingual:
    """A number of firms, with their share of the revenue of the unit's SRDI firms where they have one."""
    if count == "0" or is_missing(share):
        return Bilingual(count, count)
    return wording("page.sheet.firms_of_mode", count=count, share=percent(share, 0))


def _latest(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["year"] == rows["year"].max()] if len(rows) else rows


Partners = dict[str, tuple[Bilingual, ...]]


def _partners(results: Results) -> tuple[Partners, Partners]:
    """Unit -> its largest suppliers, and the units that it supplies most, each with its share of the buyer's inputs."""
    rows = _latest(results.table("main_inputs"))
    if rows.empty:
        return {}, {}
    rows = rows.dropna(subset=["share"]).sort_values("share", ascending=False)
    suppliers = {str(unit): _shares(group, "supplier") for unit, group in rows.groupby("sector")}
    customers = {str(unit): _shares(group, "sector") for unit, group in rows.groupby("supplier")}
    return suppliers, customers


def _shares(rows: pd.DataFrame, column: str) -> tuple[Bilingual, ...]:
    first_rows = rows.head(PARTNERS)
    names = bilingual_names(first_rows[f"{column}_zh"], first_rows[f"{column}_en"])  # those beyond manufacturing too
    partners = zip(names, map(percent, first_rows["share"]))
    return tuple(Bilingual(f"{name.zh} {share}", f"{name.en} {share}") for name, share in partners)


def units_of_measure(results: Results) -> dict[str, Bilingual]:
    """Leaf -> its unit of measure."""
    return {leaf: unit_name(results.study.indicators.indicators[leaf].unit) for leaf in results.leaves}


def columns_of(lines: Sequence[IndicatorLine]) -> list[Sequence[IndicatorLine]]:
    """The lines in two halves, side by side on a wide page."""
    half = math.ceil(len(lines) / 2)
    return [lines[:half], lines[half:]] if len(lines) > 1 else [lines]


def share_of_marks(lines: Sequence[IndicatorLine]) -> tuple[int, int]:
    """How many indicators are strong and how many weak."""
    return sum(line.mark == STRONG for line in lines), sum(line.mark == WEAK for line in lines)
