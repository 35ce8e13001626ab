"""Ranks of every draw, one source of uncertainty after another, and what is kept of each: the draws themselves are let go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...study.records import Study
from ..build import compute
from ..competition_rank import competition
from ..index_tables import coverage
from ..unscored_nodes import refuse_unscored
from .design_draws import DrawSource, DrawTable, score_blocks
from .draw_tables import tables_by_source
from .index_designs import Designs
from .rank_acceptability import (
    Positions,
    Ranks,
    among_the_first,
    mean_distance,
    order_statistics,
    rank_dtype,
    rank_numbers,
    share_ranked_above,
)

Array = NDArray[np.float64]
TOP_COUNTS = (3, 5, 10)
SOURCES_WITH_SCORES = ("data", "design")  # few draws, whose scores are wanted too


@dataclass(frozen=True)
class RankSpread:
    """What the draws of a source show, (T, U) each; `latest` are all ranks of the last year, (draws, U)."""

    low: Array
    median: Array
    high: Array
    best_ranks: Array
    worst_ranks: Array
    mean_shift: Array
    among_first: Mapping[int, Array]
    latest_ranks: Ranks


@dataclass(frozen=True)
class RankDraws:
    """Published scores and ranks (T, U), what the draws of each source show, the scores of some, (draws, T, U).

    `neighbour_shares` by year: the share of all draws in which a unit is above the next of the published ranking.
    """

    source: DrawSource
    published_scores: Array
    base: Array
    spreads: Mapping[str, RankSpread]
    scores: Mapping[str, Array]
    neighbour_shares: tuple[Array, ...]

    @property
    def last_year_index(self) -> int:
        """Position of the last year in which any unit is ranked."""
        return last_ranked_year(self.base)


def last_ranked_year(base_ranks: Array) -> int:
    """Position of the last year in which any unit is ranked; the last of all where none is."""
    years = np.flatnonzero((~np.isnan(base_ranks)).any(axis=1))
    return int(years[-1]) if len(years) else len(base_ranks) - 1


def ranking(base_ranks: Array) -> Positions:
    """The ranked units of a year, (U,) published ranks, the first first."""
    ranked_units = np.flatnonzero(~np.isnan(base_ranks))
    return ranked_units[np.argsort(base_ranks[ranked_units], kind="stable")]


def rank_draws(study: Study, designs: Designs, source: DrawSource) -> RankDraws:
    """Every draw scored and ranked among the unit-years that have a published rank."""
    published_scores = _published_scores(study, source)
    base_ranks = competition(published_scores)
    spreads, scores, neighbour_shares = {}, {}, tuple[Array, ...]()
    for source_name, table in tables_by_source(study, designs, source).items():
        draws, ranks = _draws(source, table, published_scores, with_scores=source_name in SOURCES_WITH_SCORES)
        if draws is not None:
            scores[source_name] = draws
        spreads[source_name] = _spread(ranks, base_ranks, study.uncertainty.interval)
        if source_name == "all":
            neighbour_shares = tuple(_neighbour_shares(ranks, base_ranks))
    return RankDraws(source, published_scores, base_ranks, spreads, scores, neighbour_shares)


def _published_scores(study: Study, source: DrawSource) -> Array:
    """Scores 0-100 (T, U) of the study's own design, NaN where too little is there to be ranked."""
    design = source.plan_of_design(0)
    columns = [source.leaves.index(leaf) for leaf in design.leaves]
    values = np.moveaxis(source.values[-1, columns], 0, -1)
    arrays = compute(design, values)
    refuse_unscored(design, values, arrays)
    is_covered = coverage(design, arrays)[design.tree.root] >= study.weighting.coverage.rank_from
    return np.where(is_covered, 100 * arrays.scores[design.tree.root], np.nan)


def _draws(source: DrawSource, table: DrawTable, published_scores: Array, *, with_scores: bool) -> tuple[Array | None, Ranks]:
    """Scores (where they are asked for) and ranks (draws, T, U) of a table of draws, block by block."""
    shape = (len(table), *published_scores.shape)
    scores = np.empty(shape) if with_scores else None
    ranks = np.empty(shape, dtype=rank_dtype(shape[-1]))
    is_unranked = np.isnan(published_scores)
    for positions, block in score_blocks(source, table):
        block[:, is_unranked] = np.nan
        ranks[positions] = rank_numbers(block)
        if scores is not None:
            scores[positions] = block
    return scores, ranks


def _spread(ranks: Ranks, base_ranks: Array, interval: tuple[float, float]) -> RankSpread:
    """Year by year, as sorting takes as much memory again."""
    years = [order_statistics(ranks[:, t], (interval[0], 0.5, interval[1], 0.0, 1.0)) for t in range(len(base_ranks))]
    low, median, high, best_ranks, worst_ranks = (np.stack([year[k] for year in years]) for k in range(5))
    return RankSpread(
        low, median, high, best_ranks, worst_ranks,
        np.stack([mean_distance(ranks[:, t], base_ranks[t]) for t in range(len(base_ranks))]),
        {k: np.stack([among_the_first(ranks[:, t], k) for t in range(len(base_ranks))]) for k in TOP_COUNTS},
        ranks[:, last_ranked_year(base_ranks)].copy(),
    )  # fmt: skip


def _neighbour_shares(ranks: Ranks, base_ranks: Array) -> Iterator[Array]:
    """Of each year, how often a unit is above the next of the published ranking, (units - 1,)."""
    for t, year_base in enumerate(base_ranks):
        order = ranking(year_base)
        yield share_ranked_above(ranks[:, t], order[:-1], order[1:])
