"""Values of firms that add up to given totals: firms are in contiguous blocks, years in columns."""

from __future__ import annotations

import numpy as np

from ..errors import ConfigError
from .random_streams import Floats, Ints

MAX_ROUNDS = 60  # of filling; each closes at least one firm at its cap, and few reach it


def block_sums(firm_values: Floats, block_starts: Ints) -> Floats:
    """Sum over the firms of each block, per year: (firms, years) -> (blocks, years)."""
    return np.add.reduceat(firm_values, block_starts, axis=0)


def block_of(block_starts: Ints, firms: int) -> Ints:
    """The block of each firm."""
    return np.searchsorted(block_starts, np.arange(firms), side="right") - 1


def spread(block_totals: Floats, initial_values: Floats, caps: Floats, block_starts: Ints) -> Floats:
    """Values proportional to `initial_values`, none above its cap, that sum to `block_totals` per block and year.

    What a capped firm cannot take goes to the others in proportion. A block without any base is filled in proportion to caps.
    ConfigError when a total is negative or above the sum of caps: the demo asked for cannot exist.
    """
    block_numbers = block_of(block_starts, len(initial_values))
    _check_bounds(block_totals, block_sums(caps, block_starts))
    is_empty_block = block_sums(initial_values, block_starts) <= 0
    initial_values = np.where(is_empty_block[block_numbers], caps, np.minimum(initial_values, caps * 1e9))
    spread_values = np.zeros_like(initial_values)
    is_at_cap = caps <= 0
    for _ in range(MAX_ROUNDS):
        free_values = np.where(is_at_cap, 0.0, initial_values)
        remaining_totals = block_totals - block_sums(np.where(is_at_cap, caps, 0.0), block_starts)
        free_room = block_sums(free_values, block_starts)
        rate = np.divide(remaining_totals, free_room, out=np.zeros_like(remaining_totals), where=free_room > 0)
        spread_values = np.where(is_at_cap, caps, free_values * rate[block_numbers])
        exceeds_cap = spread_values > caps
        if not exceeds_cap.any():
            return spread_values
        is_at_cap |= exceeds_cap
    return np.minimum(spread_values, caps)


def _check_bounds(block_totals: Floats, upper_bounds: Floats) -> None:
    if (block_totals < 0).any() or (block_totals > upper_bounds * (1 + 1e-12)).any():
        raise ConfigError(
            "the demo's firms cannot show effects this large: use more firms (6000), smaller effects, or another seed",
            zh="演示企业无法呈现如此大的效应:请增加企业数(6000)、减小效应,或换一个随机种子",
        )


def rounded_block_values(exact_values: Floats, block_starts: Ints) -> Floats:
    """Whole numbers within 1 of `exact_values` whose block sums are the rounded block sums (rounding of running sums)."""
    running_sums = np.cumsum(exact_values, axis=0)
    sum_before_block = np.vstack([np.zeros((1, exact_values.shape[1])), running_sums[:-1]])[block_starts]
    block_numbers = block_of(block_starts, len(exact_values))
    rounded_sums = np.floor(running_sums - sum_before_block[block_numbers] + 0.5)
    is_block_start = np.zeros(len(exact_values), dtype=bool)
    is_block_start[block_starts] = True
    previous_cumulative = np.vstack([np.zeros((1, exact_values.shape[1])), rounded_sums[:-1]])
    return rounded_sums - np.where(is_block_start[:, None], 0.0, previous_cumulative)


def highest_in_blocks(block_counts: Floats, propensity: Floats, block_starts: Ints) -> Floats:
    """1 for the `block_counts` firms of highest propensity in each block and year, else 0; -inf never counts."""
    block_numbers = block_of(block_starts, len(propensity))
    flags = np.zeros_like(propensity)
    for year in range(propensity.shape[1]):
        descending_order = np.lexsort((-propensity[:, year], block_numbers))
        rank = np.empty(len(descending_order), dtype=np.int64)
        rank[descending_order] = np.arange(len(descending_order))
        flags[:, year] = (rank - block_starts[block_numbers] < block_counts[block_numbers, year]) & np.isfinite(
            propensity[:, year]
        )
    return flags
