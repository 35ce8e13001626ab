"""Scores of many designs: any declared choice, weights drawn around each, firms drawn again; one line of a table each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from ...errors import EstimationError
from ...progress import Counter
from ..build import family_shares, node_scores, node_shares_of_leaf_shares, normalised_leaves, root_score
from ..scoring_plan import Family, ScoringPlan

Array = NDArray[np.float64]
Numbers = NDArray[np.intp]
Bools = NDArray[np.bool_]
NO_FIRM_DRAW = -1
SMALLEST_SHARE = 1e-12  # a share this small is drawn as if it were nothing, and still counts as a share
CACHE = 2 * 1024**2
"""Bytes of leaf values worked on at once, so that they stay in the processor's cache by and large."""
LEAF_MEMORY = 256 * 1024**2
"""Bytes of normalised leaf values, of firm draws, held at once."""


@dataclass(frozen=True)
class DrawSource:
    """What draws are made of: leaf values (B + 1, m, T, U) and uniform numbers (W, nodes) for weights.

    The first B of `values` are those with firms drawn again, the last the data as they are. They lie leaf by leaf, as
    statistics run along a leaf. `plan_of_design` gives a design by its number, `label` what it is called.
    """

    plan_of_design: Callable[[int], ScoringPlan]
    label: Callable[[int], str]
    leaves: tuple[str, ...]
    nodes: tuple[str, ...]
    years: tuple[int, ...]
    units: tuple[str, ...]
    values: Array
    uniform: Array
    concentration: float | None

    @property
    def firm_draws(self) -> int:
        return len(self.values) - 1


@dataclass(frozen=True)
class DrawTable:
    """One draw a row: which design, which firm draw and which weight draw (`NONE`: the data, the weights, as they are)."""

    design: Numbers
    firms: Numbers
    weights: Numbers

    def __len__(self) -> int:
        return len(self.design)

    def rows(self, row_numbers: Numbers) -> DrawTable:
        return DrawTable(self.design[row_numbers], self.firms[row_numbers], self.weights[row_numbers])


def root_scores(source: DrawSource, draw_table: DrawTable, *, year: int | None = None) -> Array:
    """Scores of the root on 0-100 in the order of the table, (draws, T, U), or (draws, 1, U) of the year at one position.

    EstimationError when a method is not defined on the data of a draw; it names the design.
    """
    drawn_scores = np.empty((len(draw_table), len(source.years) if year is None else 1, len(source.units)))
    for positions, scores in score_blocks(source, draw_table, year=year):
        drawn_scores[positions] = scores
    return drawn_scores


def score_blocks(source: DrawSource, draw_table: DrawTable, *, year: int | None = None) -> Iterator[tuple[Numbers, Array]]:
    """The same in blocks of draws, each draw once: positions in the table and their scores."""
    draws_scored = Counter("抽样", "draws", len(draw_table))
    for numbers in _designs_by_scaling(source, draw_table):
        scaled_rows = np.flatnonzero(np.isin(draw_table.design, numbers))
        for firms in _draw_blocks(np.unique(draw_table.firms[scaled_rows]), source.values[0].nbytes, memory=LEAF_MEMORY):
            draw_rows = scaled_rows[np.isin(draw_table.firms[scaled_rows], firms)]
            rows_by_design = {number: draw_rows[draw_table.design[draw_rows] == number] for number in numbers}
            nonempty_rows = {n: draw_rows for n, draw_rows in rows_by_design.items() if len(draw_rows)}
            for block, scores in _scaled_blocks(source, draw_table, nonempty_rows, firms, year):
                yield block, scores
                draws_scored.add(len(block))


def _scaled_blocks(
    source: DrawSource, draw_table: DrawTable, rows_by_design: Mapping[int, Numbers], firms: Numbers, year: int | None
) -> Iterator[tuple[Numbers, Array]]:
    """The blocks of designs that scale leaves alike, in some firm draws."""
    year_slice = slice(None) if year is None else slice(year, year + 1)
    with _naming_design(source, min(rows_by_design)):
        leaves = _leaf_draws(source, source.plan_of_design(min(rows_by_design)), firms)
    positions_by_design = {number: leaves.draw_positions(draw_table.firms[rows]) for number, rows in rows_by_design.items()}
    leaves = _with_shares(source, leaves, positions_by_design)
    for number, design_rows in rows_by_design.items():
        design = source.plan_of_design(number)
        rows = year_slice if all(family.rowwise for family in design.families) else slice(None)
        for block in _draw_blocks(design_rows, leaves.values[0, :, rows].nbytes):
            with _naming_design(source, number):
                scores = _block_scores(source, design, leaves, draw_table.rows(block), rows)
            yield block, 100 * (scores if rows == year_slice else scores[:, year_slice])


@contextmanager
def _naming_design(source: DrawSource, design_number: int) -> Iterator[None]:
    """Puts the design's name before the refusal of a method that is not defined on its data."""
    try:
        yield
    except EstimationError as fault:
        design_label = source.label(design_number)
        raise EstimationError(
            f"design {design_label}: {fault.en}", zh=f"设计 {design_label}:{fault.zh}", location="uncertainty.yaml"
        ) from None


def _designs_by_scaling(source: DrawSource, draw_table: DrawTable) -> list[list[int]]:
    """The designs of a table, those that impute, treat and normalise leaves alike together."""
    groups: dict[Hashable, list[int]] = {}
    for number in np.unique(draw_table.design).tolist():
        groups.setdefault(source.plan_of_design(number).scaling, []).append(number)
    return list(groups.values())


def _draw_blocks(row_numbers: Numbers, bytes_per_draw: int, *, memory: int = CACHE) -> Iterator[Numbers]:
    """Consecutive parts of row numbers, of each of which that many bytes a draw fit the cache (or other memory) together."""
    step = max(1, memory // max(bytes_per_draw, 1))
    return (row_numbers[block_start : block_start + step] for block_start in range(0, len(row_numbers), step))


# leaf values, and the shares that rest on them alone: found once for all designs that scale leaves alike


@dataclass(frozen=True)
class LeafDraws:
    """Normalised leaf values (D, m, T, U) in the firm draws `firms (D,)`, sorted.

    `empty (D, m)`: the leaf has no cell; `gaps (D,)`: some leaf has cells and gaps. `shares`: of families of leaves by their
    key, (D, 1 or T, 1 or U, k), in the draws that some design asks for.
    """

    firms: Numbers
    values: Array
    is_empty: Bools
    gaps: Bools
    shares: Mapping[Hashable, Array] = field(default_factory=dict)

    @cached_property
    def has_no_gaps(self) -> bool:
        """Whether every cell of every leaf is there."""
        return not (self.gaps.any() or self.is_empty.any())

    def draw_positions(self, firms: Numbers) -> Numbers:
        """Positions of firm draws."""
        return np.searchsorted(self.firms, firms)

    def is_complete(self, design: ScoringPlan, draw_numbers: Numbers) -> bool:
        """Whether, in some firm draws, no leaf has gaps unless it is empty, and each family of leaves has enough that are not."""
        families = [family for family in design.families if family.is_leaf_family]
        if self.has_no_gaps:
            return all(len(family.children) >= family.min_children for family in families)
        if self.gaps[draw_numbers].any():
            return False
        is_present = ~self.is_empty[draw_numbers]
        return all((is_present[:, design.leaf_positions(f.children)].sum(axis=1) >= f.min_children).all() for f in families)


def _leaf_draws(source: DrawSource, design: ScoringPlan, firms: Numbers) -> LeafDraws:
    columns = np.array([source.leaves.index(leaf) for leaf in design.leaves])
    normalised_values = np.empty((len(firms), len(columns), *source.values.shape[2:]))
    is_empty, gaps = np.zeros((len(firms), len(columns)), dtype=bool), np.zeros(len(firms), dtype=bool)
    for draw_block in _draw_blocks(np.arange(len(firms)), normalised_values[0].nbytes):
        firm_draws = firms[draw_block]
        raw_values = source.values[firm_draws] if design.leaves == source.leaves else source.values[firm_draws[:, None], columns]
        normalised_values[draw_block] = _leaves_first(normalised_leaves(design, _leaves_last(raw_values))[2])
        is_missing = np.isnan(normalised_values[draw_block])
        if is_missing.any():
            is_empty[draw_block] = is_missing.all(axis=(2, 3))
            gaps[draw_block] = (is_missing.any(axis=(2, 3)) & ~is_empty[draw_block]).any(axis=1)
    return LeafDraws(firms, normalised_values, is_empty, gaps)


def _with_shares(source: DrawSource, leaves: LeafDraws, positions_by_design: Mapping[int, Numbers]) -> LeafDraws:
    """With the shares of every family of leaves, each found once in the draws that designs ask for (positions by design)."""
    designs: dict[Hashable, tuple[int, Family]] = {}
    needed_draws: dict[Hashable, Bools] = {}
    for number, design_rows in positions_by_design.items():
        for family in _weighted_families(source.plan_of_design(number)):
            if family.is_leaf_family:
                designs.setdefault(family.key, (number, family))
                needed_draws.setdefault(family.key, np.zeros(len(leaves.values), dtype=bool))[design_rows] = True
    shares = {}
    for shares_key, (number, family) in designs.items():
        with _naming_design(source, number):
            shares[shares_key] = _family_shares(
                source.plan_of_design(number), family, leaves, np.flatnonzero(needed_draws[shares_key])
            )
    return replace(leaves, shares=shares)


def _weighted_families(design: ScoringPlan) -> tuple[Family, ...]:
    """The families that weigh their children: all, or the leaves together."""
    return (design.flat_family,) if design.flat_family else design.families


def _family_shares(design: ScoringPlan, family: Family, leaves: LeafDraws, draw_numbers: Numbers) -> Array:
    child_positions = design.leaf_positions(family.children)
    frames_of_blocks = list(_draw_blocks(draw_numbers, leaves.values[0, child_positions].nbytes))
    share_blocks = [
        family_shares(family, _leaves_last(leaves.values[b[:, None], child_positions]), design.years) for b in frames_of_blocks
    ]
    shares = np.zeros((len(leaves.values), *share_blocks[0].shape[1:]))
    shares[draw_numbers] = np.concatenate(share_blocks)
    return shares


def _leaves_last(draw_values: Array) -> Array:
    """(draws, m, T, U) seen as (draws, T, U, m)."""
    return np.moveaxis(draw_values, 1, -1)


def _leaves_first(draw_values: Array) -> Array:
    return np.moveaxis(draw_values, -1, 1)


# the draws of one design


def _block_scores(source: DrawSource, design: ScoringPlan, leaves: LeafDraws, draw_table: DrawTable, year_rows: slice) -> Array:
    """(draws, T or fewer, U) root scores, in the years `rows`, of draws that share a design."""
    firm_draws = leaves.draw_positions(draw_table.firms)
    is_complete = leaves.is_complete(design, firm_draws)
    shares = _drawn_shares(source, design, _base_shares(design, leaves, firm_draws, is_complete), draw_table.weights)
    if not is_complete:
        return node_scores(design, _leaves_last(leaves.values[firm_draws]), shares)[1][design.tree.root][:, year_rows]
    if (firm_draws == firm_draws[0]).all():
        firm_draws = firm_draws[:1]
    shares = {node: share[:, year_rows] if share.shape[-3] > 1 else share for node, share in shares.items()}
    return root_score(design, _leaves_last(leaves.values[firm_draws, :, year_rows]), shares, is_complete=leaves.has_no_gaps)


def _base_shares(design: ScoringPlan, leaves: LeafDraws, draw_numbers: Numbers, is_complete: bool) -> dict[str, Array]:
    """The design's own shares by node, (len(at) or 1, T or 1, U or 1, k); of all leaves by the root's name where it is flat."""
    families = _weighted_families(design)
    shares = {family.node: leaves.shares[family.key][draw_numbers] for family in families if family.is_leaf_family}
    if is_complete and not leaves.is_empty[draw_numbers].any():
        shares |= {family.node: family.constant_shares for family in families if family.ignores_values}
    if all(family.node in shares for family in families):
        return shares
    return node_scores(design, _leaves_last(leaves.values[draw_numbers]), shares)[0]


def _drawn_shares(
    source: DrawSource, design: ScoringPlan, base_shares: dict[str, Array], design_numbers: Numbers
) -> dict[str, Array]:
    """Shares by node, drawn around the design's own where a draw of weights is asked for.

    A draw's random numbers go with the child, whatever the design. Leaves weighed together are drawn together.
    """
    families_by_size: dict[tuple[int, ...], list[Family]] = {}
    for family in _weighted_families(design):
        families_by_size.setdefault(base_shares[family.node].shape[1:-1], []).append(family)
    shares = base_shares
    if (design_numbers != NO_FIRM_DRAW).any():
        shares = {
            node: share
            for similar_families in families_by_size.values()
            for node, share in _shares_around_base(source, similar_families, base_shares, design_numbers).items()
        }
    return node_shares_of_leaf_shares(design, shares[design.tree.root]) if design.flat_family else shares


def _shares_around_base(
    source: DrawSource, families: Sequence[Family], own_shares: dict[str, Array], design_numbers: Numbers
) -> dict[str, Array]:
    """Shares by node, drawn in one go for families whose own vary over the same years and units."""
    child_positions = [source.nodes.index(child) for family in families for child in family.children]
    draws = [
        np.broadcast_to(own_shares[family.node], (len(design_numbers), *own_shares[family.node].shape[1:])) for family in families
    ]
    base_shares, starts = np.concatenate(draws, axis=-1), np.cumsum([0, *(len(family.children) for family in families)])[:-1]
    drawn_shares = dirichlet(
        base_shares,
        source.uniform[design_numbers[:, None], child_positions][:, None, None, :],
        source.concentration,
        family_starts=starts,
    )
    shares = np.where((design_numbers != NO_FIRM_DRAW)[:, None, None, None], drawn_shares, base_shares)
    return {family.node: family_share for family, family_share in zip(families, np.split(shares, starts[1:], axis=-1))}


def dirichlet(
    base_shares: Array, uniform: Array, concentration: float | None, *, family_starts: Sequence[int] | Numbers = (0,)
) -> Array:
    """Shares ~ Dirichlet(concentration x base) along the last axis from uniform numbers; flat on the simplex when None.

    Gamma quantiles divided by their sum; a zero share stays zero. Uniform numbers divided by their sum would crowd the
    middle of the simplex and are not offered (index_methods, section 7). With `starts`, each run of shares from one of
    them to the next is a draw of its own.
    """
    if concentration is None:
        gamma = np.where(base_shares > 0, -np.log1p(-uniform), 0.0)
    else:
        gamma = np.where(
            base_shares > 0,
            np.maximum(gammaincinv(np.maximum(concentration * base_shares, SMALLEST_SHARE), uniform), SMALLEST_SHARE),
            0.0,
        )
    sizes = np.diff([*family_starts, gamma.shape[-1]])
    total = np.repeat(np.add.reduceat(gamma, family_starts, axis=-1), sizes, axis=-1)
    return np.divide(gamma, total, out=np.zeros_like(gamma), where=total > 0)
