"""How sure the ranks are: the data, the design and the weights apart and together, and which choice moves ranks most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConfigError
from ...study.records import Study
from ..build import compute
from ..competition_rank import competition
from ..index_tables import coverage
from ..unscored_nodes import refuse_unscored
from .design_draws import DrawSource, root_scores
from .draw_tables import FirmDraws, random_stream, source_of, tables_by_source
from .factor_sensitivity import sensitivity
from .index_designs import Designs, designs_of, looped_methods
from .leave_one_out import left_out_table
from .rank_acceptability import (
    Counts,
    among_the_first,
    mean_distance,
    mean_shift,
    order_statistics,
    pairwise_shares,
    rank_counts,
    share_ranked_above,
    stable_pairs,
)
from .rank_confidence import rank_sets
from .splittable_designs import splittable_scores

__all__ = ["FirmDraws", "random_stream", "uncertainty"]

Array = NDArray[np.float64]
TOP_COUNTS = (3, 5, 10)
MAX_LOOPED_DRAWS = 200
"""Firm draws up to which a method that works through them one by one is allowed (design 5.1)."""


@dataclass(frozen=True)
class RankDraws:
    """Published scores and ranks (T, U), and by source the scores and ranks of its draws (draws, T, U)."""

    source: DrawSource
    published_scores: Array
    base: Array
    scores: Mapping[str, Array]
    ranks: Mapping[str, Array]

    @property
    def last_year_index(self) -> int:
        """Position of the last year in which any unit is ranked."""
        years = np.flatnonzero((~np.isnan(self.base)).any(axis=1))
        return int(years[-1]) if len(years) else len(self.base) - 1


def uncertainty(study: Study, panel: pd.DataFrame, names: pd.DataFrame, firms: FirmDraws | None) -> dict[str, pd.DataFrame]:
    """The tables of uncertainty by name, from ranks and neighbours to uncertainty_summary and design_scores.

    A unit-year without a published rank (too little coverage) has none in any draw. ConfigError when an alternative fits no
    combination, or when a method that works through draws one by one meets more than `LOOPED` firm draws.
    """
    designs = designs_of(study)
    _check_looped_methods(designs, firms)
    source = source_of(study, designs, panel[panel["sample"] == "all"], names, firms)
    ranked = rank_draws(study, designs, source)
    interval = study.uncertainty.interval
    counts = {name: rank_counts(ranks) for name, ranks in ranked.ranks.items()}
    shares_above = {name: pairwise_shares(ranks[:, ranked.last_year_index]) for name, ranks in ranked.ranks.items()}
    return {
        "ranks": _ranks(ranked, counts, names, interval),
        "neighbours": _neighbours(ranked, names, interval),
        "uncertainty": _rank_spread_rows(ranked, counts, interval),
        "acceptability": _acceptability(ranked, counts["all"]),
        "pairs": _pair_rows(ranked, shares_above["all"], interval),
        "sensitivity": sensitivity(study, designs, source, ranked.base[ranked.last_year_index], ranked.last_year_index),
        "designs": _designs(designs, ranked),
        "left_out": left_out_table(
            study,
            designs,
            source.units,
            source.years[ranked.last_year_index],
            ranked.base[ranked.last_year_index],
            ranked.ranks["design"][:, ranked.last_year_index],
        ),
        "uncertainty_summary": _summary(ranked, counts, shares_above, interval),
        "design_scores": _design_scores(ranked),
        "splittable_scores": splittable_scores(study, designs, source, panel),
    }


def rank_draws(study: Study, designs: Designs, source: DrawSource) -> RankDraws:
    """Every draw scored and ranked among the unit-years that have a published rank."""
    base = source.plan_of_design(0)
    columns = [source.leaves.index(leaf) for leaf in base.leaves]
    values = np.moveaxis(source.values[-1, columns], 0, -1)
    index_arrays_of_sample = compute(base, values)
    refuse_unscored(base, values, index_arrays_of_sample)
    root = base.tree.root
    covered = coverage(base, index_arrays_of_sample)[root] >= study.weighting.coverage.rank_from
    published_score_array = np.where(covered, 100 * index_arrays_of_sample.scores[root], np.nan)
    scores = {}
    for name, table in tables_by_source(study, designs, source).items():
        scores[name] = root_scores(source, table)
        scores[name][:, np.isnan(published_score_array)] = np.nan
    return RankDraws(
        source,
        published_score_array,
        competition(published_score_array),
        scores,
        {name: competition(draw_scores) for name, draw_scores in scores.items()},
    )


def _check_looped_methods(designs: Designs, firms: FirmDraws | None) -> None:
    if firms is None or len(firms.values) <= MAX_LOOPED_DRAWS:
        return
    looped_method_names = looped_methods(designs)
    if looped_method_names:
        raise ConfigError(
            f"{', '.join(looped_method_names)}: computed draw by draw, too slow for {len(firms.values)} firm draws; "
            f"write firms: {{draws: {MAX_LOOPED_DRAWS}}} or fewer, or choose another method",
            zh=f"{'、'.join(looped_method_names)}:须逐次计算,{len(firms.values)} 次企业重抽样过慢;"
            f"请写 firms: {{draws: {MAX_LOOPED_DRAWS}}} 或更少,或改用其他方法",
            location="uncertainty.yaml",
        )


# tables


def _grid(source: DrawSource) -> pd.DataFrame:
    years, units = source.years, source.units
    return pd.DataFrame({"unit": np.tile(np.array(units, dtype=object), len(years)), "year": np.repeat(years, len(units))})


def _ranks(ranked: RankDraws, counts: Mapping[str, Counts], names: pd.DataFrame, interval: tuple[float, float]) -> pd.DataFrame:
    """Each published rank with its interval over all draws and per source, its extremes over designs, its confidence sets."""
    columns = {"rank": ranked.base}
    columns["low"], columns["high"] = order_statistics(counts["all"], interval)
    for name in ("data", "design", "weights"):
        if name in counts:
            columns[f"{name}_low"], columns[f"{name}_high"] = order_statistics(counts[name], interval)
    columns["best_design"], columns["worst_design"] = order_statistics(counts["design"], (0.0, 1.0))
    if "data" in ranked.scores:
        columns |= _rank_sets(ranked)
    frame = _grid(ranked.source).assign(**{name: values.ravel() for name, values in columns.items()})
    return frame.merge(names[["unit", "unit_zh", "unit_en"]], on="unit", how="left", validate="many_to_one")


def _rank_sets(ranked: RankDraws) -> dict[str, Array]:
    """Rank confidence sets of each year from the firm draws, marginal and over all units at once."""
    firm_draws = ranked.scores["data"]
    sets_by_year = [rank_sets(scores, firm_draws[:, t]) for t, scores in enumerate(ranked.published_scores)]

    def stacked_attribute(attribute: str) -> Array:
        return np.stack([getattr(year_sets, attribute) for year_sets in sets_by_year])

    return {
        "set_low": stacked_attribute("low"),
        "set_high": stacked_attribute("high"),
        "set_all_low": stacked_attribute("simultaneous_low"),
        "set_all_high": stacked_attribute("simultaneous_high"),
    }


def _neighbours(ranked: RankDraws, names: pd.DataFrame, interval: tuple[float, float]) -> pd.DataFrame:
    """Units next to each other in a year's ranking: how often the upper one stays above, and whether that is nearly always."""
    frames_of_blocks = []
    for t, year in enumerate(ranked.source.years):
        ranked_units = np.flatnonzero(~np.isnan(ranked.base[t]))
        order = ranked_units[np.argsort(ranked.base[t, ranked_units], kind="stable")]
        share = share_ranked_above(ranked.ranks["all"][:, t], order[:-1], order[1:])
        units = np.array(ranked.source.units, dtype=object)
        block = {"year": year, "place": np.arange(1, len(order)), "unit": units[order[:-1]], "other": units[order[1:]]}
        block |= {"rank": ranked.base[t, order[:-1]], "other_rank": ranked.base[t, order[1:]], "share": share}
        frames_of_blocks.append(pd.DataFrame(block | {"apart": _is_distinct(share, interval)}))
    frame = pd.concat(frames_of_blocks, ignore_index=True)
    unit_names = names.set_index("unit")
    for side, language in ((side, language) for side in ("unit", "other") for language in ("zh", "en")):
        frame[f"{side}_{language}"] = frame[side].map(unit_names[f"unit_{language}"])
    return frame


def _is_distinct(share: Array, interval: tuple[float, float]) -> NDArray[np.bool_]:
    """Whether one of two units is above the other in nearly every draw; never where no draw ranks both."""
    return np.asarray((share <= interval[0]) | (share >= interval[1]))


def _rank_spread_rows(ranked: RankDraws, counts: Mapping[str, Counts], interval: tuple[float, float]) -> pd.DataFrame:
    """source, unit, year, quantity (low, median, high, mean_shift, top_k: the share of draws among the first k), value."""
    frames_of_blocks = []
    for name, count in counts.items():
        low, median, high = order_statistics(count, (interval[0], 0.5, interval[1]))
        quantities = {"low": low, "median": median, "high": high, "mean_shift": mean_distance(count, ranked.base)}
        quantities |= {f"top_{k}": among_the_first(count, k, len(ranked.ranks[name])) for k in TOP_COUNTS}
        for quantity, values in quantities.items():
            frames_of_blocks.append(_grid(ranked.source).assign(source=name, quantity=quantity, value=values.ravel()))
    return pd.concat(frames_of_blocks, ignore_index=True)


def _acceptability(ranked: RankDraws, counts: Counts) -> pd.DataFrame:
    """Share of draws in which a unit takes a rank, last year; ranks never taken are left out."""
    latest_counts = counts[ranked.last_year_index]
    unit, rank = np.nonzero(latest_counts)
    units, year = np.array(ranked.source.units, dtype=object), ranked.source.years[ranked.last_year_index]
    share = latest_counts[unit, rank] / len(ranked.ranks["all"])
    return pd.DataFrame({"unit": units[unit], "year": year, "rank": rank + 1, "share": share})


def _pair_rows(ranked: RankDraws, shares_above: Array, interval: tuple[float, float]) -> pd.DataFrame:
    """P(unit above other) over all draws, last year; `apart` where one of the two is above in nearly every draw."""
    first_units, second_units = np.nonzero(~(np.isnan(shares_above) | np.eye(len(shares_above), dtype=bool)))
    names, won = np.array(ranked.source.units, dtype=object), shares_above[first_units, second_units]
    year = ranked.source.years[ranked.last_year_index]
    return pd.DataFrame(
        {
            "unit": names[first_units],
            "other": names[second_units],
            "year": year,
            "share": won,
            "apart": _is_distinct(won, interval),
        }
    )


def _designs(designs: Designs, ranked: RankDraws) -> pd.DataFrame:
    """Each declared combination: what differs, and how far it moves the ranks of the last year."""
    base, latest_ranks = ranked.base[ranked.last_year_index], ranked.ranks["design"][:, ranked.last_year_index]
    shift = mean_shift(latest_ranks, base)
    rows = [
        {"design": number, "label": designs.label(number), "mean_shift": shift[number], "max_shift": _largest_shift(row, base)}
        | {"spearman": _spearman(row, base)}
        for number, row in enumerate(latest_ranks)
    ]
    return pd.DataFrame(rows)


def _largest_shift(first_ranks: Array, second_ranks: Array) -> float:
    distances = np.abs(first_ranks - second_ranks)
    return float(np.nanmax(distances)) if not np.isnan(distances).all() else float("nan")


def _spearman(first_ranks: Array, second_ranks: Array) -> float:
    is_comparable = ~(np.isnan(first_ranks) | np.isnan(second_ranks))
    if is_comparable.sum() < 3 or first_ranks[is_comparable].std() == 0 or second_ranks[is_comparable].std() == 0:
        return float("nan")
    return float(np.corrcoef(first_ranks[is_comparable], second_ranks[is_comparable])[0, 1])


def _summary(
    ranked: RankDraws, counts: Mapping[str, Counts], shares_above: Mapping[str, Array], interval: tuple[float, float]
) -> pd.DataFrame:
    """Per source, last year: draws, pairs never reversed, mean shift, mean width of the interval, share of ranks drawn."""
    rows = []
    base = ranked.base[ranked.last_year_index]
    for name, ranks in ranked.ranks.items():
        latest_ranks = ranks[:, ranked.last_year_index]
        low, high = order_statistics(counts[name][ranked.last_year_index], interval)
        has_interval = ~np.isnan(low)
        row_facts = {"draws": float(len(latest_ranks)), "stable_pairs": stable_pairs(shares_above[name])}
        if has_interval.any():
            row_facts |= {
                "mean_shift": float(np.nanmean(mean_shift(latest_ranks, base))),
                "mean_width": float((high - low)[has_interval].mean()),
            }
            row_facts["ranked"] = float(1 - np.isnan(latest_ranks[:, ~np.isnan(base)]).mean())
        rows += [
            {"source": name, "year": ranked.source.years[ranked.last_year_index], "quantity": q, "value": v}
            for q, v in row_facts.items()
        ]
    return pd.DataFrame(rows)


def _design_scores(ranked: RankDraws) -> pd.DataFrame:
    """design, unit, year, score of every declared combination: what the multiverse of regressions runs on."""
    scores, grid = ranked.scores["design"], _grid(ranked.source)
    repeated_grid = pd.concat([grid] * len(scores), ignore_index=True)
    return repeated_grid.assign(design=np.repeat(np.arange(len(scores)), len(grid)), score=scores.reshape(-1))
