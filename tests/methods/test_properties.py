"""What must hold for any data."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hqd_index.methods.aggregate import arithmetic
from hqd_index.methods.normalise import minmax
from hqd_index.methods.weight import entropy, evenness

ROUNDING = 1e-9  # min-max of 12 cells of up to 1e6

CELLS = st.floats(-1e6, 1e6, allow_subnormal=False, width=32)
TABLES = arrays(np.float64, (12, 4), elements=CELLS)
UNIT = arrays(np.float64, (12, 4), elements=st.floats(0, 1, width=32))
SIGNS = arrays(np.float64, (4,), elements=st.sampled_from([1.0, -1.0]))


@given(TABLES, st.integers(0, 11), st.integers(0, 3), st.floats(0, 1e5))
def test_raising_a_positive_indicator_never_lowers_a_score(table: np.ndarray, i: int, j: int, rise: float) -> None:
    ones = np.ones(4)
    shares = np.array([[0.4, 0.3, 0.2, 0.1]])
    before = arithmetic(minmax(table, reference=table, direction=ones), shares)
    raised = table.copy()
    raised[i, j] += rise
    after = arithmetic(minmax(raised, reference=table, direction=ones), shares)
    assert np.isnan(before[i]) or after[i] >= before[i] - ROUNDING
    others = np.arange(12) != i
    assert np.array_equal(before[others], after[others], equal_nan=True)


@given(TABLES, SIGNS, arrays(np.float64, (4,), elements=st.sampled_from([0.001, 0.5, 8.0, 1000.0])))
def test_units_of_measurement_do_not_matter_under_minmax(table: np.ndarray, signs: np.ndarray, scale: np.ndarray) -> None:
    table = np.where(np.ptp(table, axis=0) > 1e-3, table, np.arange(48).reshape(12, 4))
    one = minmax(table, reference=table, direction=signs)
    other = minmax(table * scale, reference=table * scale, direction=signs)
    assert np.allclose(one, other, atol=ROUNDING)


@given(UNIT)
def test_evenness_is_a_share(table: np.ndarray) -> None:
    even = evenness(table)
    assert ((even >= 0) & (even <= 1) | np.isnan(even)).all()
    shares = entropy(table)
    assert (shares >= 0).all()
    assert (shares.sum() > 1 - ROUNDING) == (table > 0).any()


@settings(max_examples=50)
@given(UNIT, st.floats(0, 1, width=32))
def test_dropping_a_constant_indicator_moves_no_score(table: np.ndarray, level: float) -> None:
    ones = np.ones(4)
    table[:, 3] = level
    scaled = minmax(table, reference=table, direction=ones)
    with_it = arithmetic(scaled, entropy(scaled))
    without = arithmetic(scaled[:, :3], entropy(scaled[:, :3]))
    assert np.allclose(with_it, without, atol=ROUNDING, equal_nan=True)
