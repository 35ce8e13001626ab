"""Scaling to totals, by hand."""

import numpy as np
import pytest

from hqd_index.demo.spread import highest_in_blocks, rounded_block_values, spread
from hqd_index.errors import ConfigError

STARTS = np.array([0, 3])


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_what_a_capped_firm_cannot_take_goes_to_the_others():
    """Block 1: 10 over 1:2:7 with the last capped at 5 leaves 5 over 1:2. Block 2: 6 over 1:1."""
    got = spread(column(10, 6), column(1, 2, 7, 1, 1), column(9, 9, 5, 9, 9), STARTS)
    np.testing.assert_allclose(got, column(5 / 3, 10 / 3, 5, 3, 3))


def test_a_block_without_base_fills_in_proportion_to_caps():
    np.testing.assert_allclose(spread(column(6, 0), column(0, 0, 0, 1, 1), column(4, 8, 0, 1, 1), STARTS), column(2, 4, 0, 0, 0))


@pytest.mark.parametrize("total", [-1, 24])
def test_a_total_that_caps_do_not_allow_is_refused(total):
    with pytest.raises(ConfigError):
        spread(column(total, 1), column(1, 1, 1, 1, 1), column(9, 9, 5, 9, 9), STARTS)


def test_whole_numbers_keep_the_rounded_sum_of_each_block():
    """Running sums 1.4, 2.8, 4.2 round to 1, 3, 4; then 0.5, 1.2 to 1, 1 (halves go up)."""
    np.testing.assert_array_equal(rounded_block_values(column(1.4, 1.4, 1.4, 0.5, 0.7), STARTS), column(1, 2, 1, 1, 0))


def test_highest_counts_the_firms_of_highest_propensity():
    got = highest_in_blocks(column(2, 3), column(0.3, -np.inf, 0.1, 0.2, 0.9), STARTS)
    np.testing.assert_array_equal(got, column(1, 0, 1, 1, 1))
