"""How sure the ranks are: the data, the design and the weights apart and together, and which choice moves ranks most."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConfigError
from ...study.records import Study
from .design_draws import DrawSource
from .draw_tables import FirmDraws, random_stream, source_of
from .factor_sensitivity import sensitivity
from .index_designs import Designs, designs_of, looped_methods
from .leave_one_out import left_out_table
from .rank_acceptability import NO_RANK, mean_shift, mean_shifts, rank_shares, rank_values
from .rank_confidence import interval_sets, rank_sets
from .rank_spreads import RankDraws, rank_draws, ranking
from .splittable_designs import scores_by_design, splittable_scores
from .unit_pairs import PairShares, compares_all, pair_notices, pair_shares

__all__ = ["FirmDraws", "pair_notices", "random_stream", "uncertainty"]

Array = NDArray[np.float64]
MAX_LOOPED_DRAWS = 200
"""Firm draws up to which a method that works through them one by one is allowed (design 5.1)."""


def uncertainty(study: Study, panel: pd.DataFrame, unit_names: pd.DataFrame, firms: FirmDraws | None) -> dict[str, pd.DataFrame]:
    """The tables of uncertainty by name, from ranks and neighbours to uncertainty_summary and design_scores.

    A unit-year without a published rank (too little coverage) has none in any draw. ConfigError when an alternative fits no
    combination, or when a method that works through draws one by one meets more than `LOOPED` firm draws.
    """
    designs = designs_of(study)
    _check_looped_methods(designs, firms)
    source = source_of(study, designs, panel[panel["sample"] == "all"], unit_names, firms)
    draws_of_ranks = rank_draws(study, designs, source)
    last_year, interval = draws_of_ranks.last_year_index, study.uncertainty.interval
    pairs, base = pair_shares(study, draws_of_ranks), draws_of_ranks.base[last_year]
    design_ranks = rank_values(draws_of_ranks.spreads["design"].latest_ranks)
    return {
        "ranks": _ranks(study, draws_of_ranks, unit_names),
        "neighbours": _neighbours(draws_of_ranks, unit_names, interval),
        "uncertainty": _rank_spread_rows(draws_of_ranks),
        "acceptability": _acceptability(draws_of_ranks, pairs),
        "pairs": _pair_rows(draws_of_ranks, pairs, interval),
        "sensitivity": sensitivity(study, designs, source, base, last_year),
        "designs": _designs(designs, base, design_ranks),
        "left_out": left_out_table(study, designs, source.units, source.years[last_year], base, design_ranks),
        "uncertainty_summary": _summary(draws_of_ranks, pairs),
        "design_scores": _design_scores(draws_of_ranks),
        "splittable_scores": splittable_scores(study, designs, source, panel),
    }


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


def _ranks(study: Study, draws_of_ranks: RankDraws, unit_names: pd.DataFrame) -> pd.DataFrame:
    """Each published rank with its interval over all draws and per source, its extremes over designs, its confidence sets."""
    spreads = draws_of_ranks.spreads
    columns = {"rank": draws_of_ranks.base, "low": spreads["all"].low, "high": spreads["all"].high}
    for source_name in ("data", "design", "weights"):
        if source_name in spreads:
            columns |= {f"{source_name}_low": spreads[source_name].low, f"{source_name}_high": spreads[source_name].high}
    columns |= {"best_design": spreads["design"].best_ranks, "worst_design": spreads["design"].worst_ranks}
    if "data" in draws_of_ranks.scores:
        columns |= _rank_sets(draws_of_ranks, by_pairs=compares_all(study, len(draws_of_ranks.source.units)))
    frame = _grid(draws_of_ranks.source).assign(
        **{source_name: column_values.ravel() for source_name, column_values in columns.items()}
    )
    return frame.merge(unit_names[["unit", "unit_zh", "unit_en"]], on="unit", how="left", validate="many_to_one")


def _rank_sets(draws_of_ranks: RankDraws, *, by_pairs: bool) -> dict[str, Array]:
    """Rank confidence sets of each year from the firm draws, marginal and over all units at once."""
    firm_draws, sets = draws_of_ranks.scores["data"], rank_sets if by_pairs else interval_sets
    sets_by_year = [sets(scores, firm_draws[:, t]) for t, scores in enumerate(draws_of_ranks.published_scores)]

    def stacked_attribute(attribute: str) -> Array:
        return np.stack([getattr(year_sets, attribute) for year_sets in sets_by_year])

    return {
        "set_low": stacked_attribute("low"),
        "set_high": stacked_attribute("high"),
        "set_all_low": stacked_attribute("simultaneous_low"),
        "set_all_high": stacked_attribute("simultaneous_high"),
    }


def _neighbours(draws_of_ranks: RankDraws, labels_of_units: pd.DataFrame, interval: tuple[float, float]) -> pd.DataFrame:
    """Units next to each other in a year's ranking: how often the upper one stays above, and whether that is nearly always."""
    frames_of_blocks = []
    for t, year in enumerate(draws_of_ranks.source.years):
        ranking_order, share = ranking(draws_of_ranks.base[t]), draws_of_ranks.neighbour_shares[t]
        units = np.array(draws_of_ranks.source.units, dtype=object)
        neighbour_columns = {
            "year": year,
            "place": np.arange(1, len(ranking_order)),
            "unit": units[ranking_order[:-1]],
            "other": units[ranking_order[1:]],
        }
        neighbour_columns |= {
            "rank": draws_of_ranks.base[t, ranking_order[:-1]],
            "other_rank": draws_of_ranks.base[t, ranking_order[1:]],
            "share": share,
        }
        frames_of_blocks.append(pd.DataFrame(neighbour_columns | {"apart": _is_distinct(share, interval)}))
    neighbour_table = pd.concat(frames_of_blocks, ignore_index=True)
    unit_names = labels_of_units.set_index("unit")
    for pair_member, language in ((pair_member, language) for pair_member in ("unit", "other") for language in ("zh", "en")):
        neighbour_table[f"{pair_member}_{language}"] = neighbour_table[pair_member].map(unit_names[f"unit_{language}"])
    return neighbour_table


def _is_distinct(share: Array, interval: tuple[float, float]) -> NDArray[np.bool_]:
    """Whether one of two units is above the other in nearly every draw; never where no draw ranks both."""
    return np.asarray((share <= interval[0]) | (share >= interval[1]))


def _rank_spread_rows(draws_of_ranks: RankDraws) -> pd.DataFrame:
    """source, unit, year, quantity (low, median, high, mean_shift, top_k: the share of draws among the first k), value."""
    frames_of_blocks = []
    for name, spread in draws_of_ranks.spreads.items():
        quantities = {"low": spread.low, "median": spread.median, "high": spread.high, "mean_shift": spread.mean_shift}
        quantities |= {f"top_{k}": share for k, share in spread.among_first.items()}
        for quantity, quantity_values in quantities.items():
            frames_of_blocks.append(
                _grid(draws_of_ranks.source).assign(source=name, quantity=quantity, value=quantity_values.ravel())
            )
    return pd.concat(frames_of_blocks, ignore_index=True)


def _acceptability(draws_of_ranks: RankDraws, pairs: PairShares) -> pd.DataFrame:
    """Share of draws in which a unit takes a rank, last year; ranks never taken are left out."""
    shares = rank_shares(draws_of_ranks.spreads["all"].latest_ranks, pairs.units)
    units, year = np.array(draws_of_ranks.source.units, dtype=object), draws_of_ranks.source.years[draws_of_ranks.last_year_index]
    return pd.DataFrame({"unit": units[shares.units], "year": year, "rank": shares.ranks, "share": shares.shares})


def _pair_rows(draws_of_ranks: RankDraws, pairs: PairShares, interval: tuple[float, float]) -> pd.DataFrame:
    """P(unit above other) over all draws, last year; `apart` where one of the two is above in nearly every draw."""
    units, year = np.array(draws_of_ranks.source.units, dtype=object), draws_of_ranks.source.years[draws_of_ranks.last_year_index]
    columns = {"unit": units[pairs.unit], "other": units[pairs.rival], "year": year, "share": pairs.share}
    return pd.DataFrame(columns | {"apart": _is_distinct(pairs.share, interval)})


def _designs(designs: Designs, base_ranks: Array, latest_ranks: Array) -> pd.DataFrame:
    """Each declared combination: what differs, and how far it moves the ranks of the last year."""
    shift = mean_shift(latest_ranks, base_ranks)
    rows = [
        {
            "design": design_number,
            "label": designs.label(design_number),
            "mean_shift": shift[design_number],
            "max_shift": _largest_shift(design_ranks, base_ranks),
        }
        | {"spearman": _spearman(design_ranks, base_ranks)}
        for design_number, design_ranks in enumerate(latest_ranks)
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


def _summary(draws_of_ranks: RankDraws, pairs: PairShares) -> pd.DataFrame:
    """Per source, last year: draws, pairs never reversed, mean shift, mean width of the interval, share of ranks drawn.

    `random_pairs`, where not all pairs are compared: how many random ones the share of those never reversed rests on.
    """
    rows = []
    last_year = draws_of_ranks.last_year_index
    base = draws_of_ranks.base[last_year]
    for name, spread in draws_of_ranks.spreads.items():
        low, high = spread.low[last_year], spread.high[last_year]
        has_interval = ~np.isnan(low)
        row_facts = {"draws": float(len(spread.latest_ranks)), "stable_pairs": pairs.stable[name]}
        if pairs.sample_size:
            row_facts["random_pairs"] = float(pairs.sample_size)
        if has_interval.any():
            row_facts |= {
                "mean_shift": float(np.nanmean(mean_shifts(spread.latest_ranks, base))),
                "mean_width": float((high - low)[has_interval].mean()),
            }
            row_facts["ranked"] = float(1 - (spread.latest_ranks[:, ~np.isnan(base)] == NO_RANK).mean())
        rows += [
            {"source": name, "year": draws_of_ranks.source.years[last_year], "quantity": quantity, "value": summary_value}
            for quantity, summary_value in row_facts.items()
        ]
    return pd.DataFrame(rows)


def _design_scores(draws_of_ranks: RankDraws) -> pd.DataFrame:
    """unit, year and a column of scores for each declared combination: what the multiverse of regressions runs on."""
    return scores_by_design(_grid(draws_of_ranks.source), enumerate(draws_of_ranks.scores["design"]))
