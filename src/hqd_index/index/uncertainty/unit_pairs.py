"""Which unit is above which, last year: all pairs of a few units; of many those near each other, and a random sample of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...study.records import Study
from .draw_tables import random_stream
from .rank_acceptability import Ranks, pairwise_shares, share_ranked_above, stable_share
from .rank_spreads import RankDraws, ranking

Array = NDArray[np.float64]
Positions = NDArray[np.intp]
MOST_UNITS = 200
"""Units up to which every pair is compared unless uncertainty.yaml says otherwise."""
PLACES = 5
"""Places apart up to which two units are near each other."""
HEAD = 50
"""Units at the head of the ranking of which every pair is compared; and at either end, those with acceptability."""
SAMPLE = 10_000
"""Random pairs: a share of all pairs is known within one percentage point (two standard errors)."""


@dataclass(frozen=True)
class PairShares:
    """Ordered pairs (unit, rival) by position, the share of all draws in which the unit is above, stable pairs by source.

    `sample_size`: the random pairs behind `stable`, 0 where it is all pairs. `units`: those whose acceptability is published.
    """

    units: Positions
    unit: Positions
    rival: Positions
    share: Array
    stable: Mapping[str, float]
    sample_size: int


def compares_all(study: Study, units: int) -> bool:
    """Whether every pair of units is compared."""
    return study.uncertainty.pairs == "all" or (study.uncertainty.pairs is None and units <= MOST_UNITS)


def pair_shares(study: Study, draws_of_ranks: RankDraws) -> PairShares:
    """Pairs of the last ranked year, as uncertainty.pairs asks."""
    latest_ranks = {source_name: spread.latest_ranks for source_name, spread in draws_of_ranks.spreads.items()}
    if compares_all(study, len(draws_of_ranks.source.units)):
        return _all_pairs(latest_ranks)
    return _near_pairs(
        latest_ranks, ranking(draws_of_ranks.base[draws_of_ranks.last_year_index]), random_stream(study, "uncertainty.pairs")
    )


def _all_pairs(latest_ranks: Mapping[str, Ranks]) -> PairShares:
    shares = {source_name: pairwise_shares(ranks) for source_name, ranks in latest_ranks.items()}
    units = len(shares["all"])
    upper_triangle = np.triu_indices(units, k=1)
    unit, rival = np.nonzero(~(np.isnan(shares["all"]) | np.eye(units, dtype=bool)))
    stable_shares = {
        source_name: stable_share(share[upper_triangle], share.T[upper_triangle]) for source_name, share in shares.items()
    }
    return PairShares(np.arange(units), unit, rival, shares["all"][unit, rival], stable_shares, 0)


def _near_pairs(latest_ranks: Mapping[str, Ranks], order: Positions, rng: np.random.Generator) -> PairShares:
    """Pairs up to `PLACES` places apart in the ranking, all pairs of its `HEAD`, and a random sample for the stable ones."""
    upper_places, lower_places = near_places(len(order))
    pairs = np.stack(
        [np.concatenate([order[upper_places], order[lower_places]]), np.concatenate([order[lower_places], order[upper_places]])]
    )
    unit, rival = pairs[:, np.lexsort(pairs[::-1])]
    share = share_ranked_above(latest_ranks["all"], unit, rival)
    is_comparable = ~np.isnan(share)
    sample = _sample(order, rng)
    stable_shares = {
        source_name: stable_share(share_ranked_above(ranks, *sample), share_ranked_above(ranks, *sample[::-1]))
        for source_name, ranks in latest_ranks.items()
    }
    extremes = np.unique(np.concatenate([order[:HEAD], order[-HEAD:]]))
    return PairShares(extremes, unit[is_comparable], rival[is_comparable], share[is_comparable], stable_shares, len(sample[0]))


def near_places(units: int) -> tuple[Positions, Positions]:
    """Places (from 0) of the pairs of a ranking up to `PLACES` apart, and of all pairs among its `HEAD`; each pair once."""
    gaps = range(1, min(PLACES, units - 1) + 1)
    head = np.triu_indices(min(HEAD, units), k=PLACES + 1)
    upper_places = np.concatenate([*(np.arange(units - gap) for gap in gaps), head[0]]).astype(np.intp)
    lower_places = np.concatenate([*(np.arange(gap, units) for gap in gaps), head[1]]).astype(np.intp)
    return upper_places, lower_places


def _sample(order: Positions, rng: np.random.Generator) -> tuple[Positions, Positions]:
    """`SAMPLE` pairs of two different units, with replacement; none where there are no two."""
    if len(order) < 2:
        return order[:0], order[:0]
    first_places = rng.integers(0, len(order), SAMPLE)
    second_places = (first_places + rng.integers(1, len(order), SAMPLE)) % len(order)
    return order[first_places], order[second_places]


def pair_notices(study: Study, units: int, pair_count: int) -> list[str]:
    """One line where not every pair is compared: what is in the tables, and how to have all."""
    if compares_all(study, units):
        return []
    pairs = units * (units - 1)
    if study.study.language == "en":
        return [
            f"[U-NEAR] {units:,} units: pairs.csv has units up to {PLACES} places apart and the first {HEAD} "
            f"({pair_count:,} of {pairs:,} rows), acceptability.csv the first and last {HEAD} units; the share of "
            "distinguishable "
            f"pairs is that of {SAMPLE:,} random pairs, and confidence sets of ranks rest on intervals of single units. "
            "`pairs: all` in uncertainty.yaml compares all, at a cost that grows with units squared"
        ]
    return [f"[U-NEAR] 共 {units:,} 个单元:pairs.csv 只列名次相差不超过 {PLACES} 位的单元和前 {HEAD} 名"
            f"({pair_count:,} / {pairs:,} 行),acceptability.csv 只列首尾各 {HEAD} 名;"
            f"能分出先后的单位对占比按 {SAMPLE:,} 个随机单位对估计,名次置信集由各单元自身的区间得出。"
            "如需全部比较,请在 uncertainty.yaml 写 `pairs: all`,耗时与内存随单元数的平方增长"]  # fmt: skip
