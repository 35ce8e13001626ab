"""Coupling coordination by hand, where the literature goes wrong, and its degenerate cases."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.index.dynamics.coupling import LEVELS, classic, corrected_coupling, group_means, level

EXACT = 1e-12


def test_two_systems_by_hand():
    """U = .3, .6: C = 2 sqrt(.18) / .9, T = .45; corrected C = sqrt((1 - .3) .3 / .6) = .5916."""
    u = np.array([0.3, 0.6])
    one, other = classic(u), corrected_coupling(u)
    assert one.coupling == pytest.approx(2 * np.sqrt(0.18) / 0.9, abs=EXACT)
    assert one.degree == pytest.approx(np.sqrt(one.coupling * 0.45), abs=EXACT)
    assert other.coupling == pytest.approx(np.sqrt(0.35), abs=EXACT)
    assert other.coupling != pytest.approx(np.sqrt(0.7 * 0.18 / 0.6), abs=0.1)  # .46: the ratio outside the product


def test_three_systems_by_hand():
    """U = .2, .4, .8: distances .2, .6, .4; ratios 1/4, 1/2 to the power 1/2."""
    u = np.array([0.2, 0.4, 0.8])
    assert classic(u).coupling == pytest.approx(3 * 0.064 ** (1 / 3) / 1.4, abs=EXACT)
    assert corrected_coupling(u).coupling == pytest.approx(np.sqrt((1 - 1.2 / 3) * np.sqrt(1 / 8)), abs=EXACT)


def test_classic_cannot_tell_low_from_high():
    """Why the corrected form stands beside it: C is 1 whenever systems are equal, however low."""
    assert classic(np.array([0.01, 0.01])).coupling == pytest.approx(1, abs=EXACT)
    spread = classic(np.array([[0.3, 0.6], [0.4, 0.5]])).coupling
    assert spread.min() > 0.94


@pytest.mark.parametrize("method", [classic, corrected_coupling])
def test_degenerate_systems(method):
    found = method(np.array([[0.0, 0.0], [0.0, 0.5], [np.nan, 0.5], [1.0, 1.0]]))
    assert np.isnan(found.coupling[0]) and found.degree[0] == 0
    assert found.coupling[1] == 0 and found.degree[1] == 0
    assert np.isnan(found.degree[2])
    assert found.coupling[3] == pytest.approx(1, abs=EXACT) and found.degree[3] == pytest.approx(1, abs=EXACT)


@pytest.mark.parametrize("method", [classic, corrected_coupling])
@pytest.mark.parametrize("systems", [[-0.1, 0.5], [0.5, 1.01], [50.0, 60.0]])
def test_scores_outside_the_unit_are_refused(method, systems):
    with pytest.raises(EstimationError, match="between 0 and 1"):
        method(np.array(systems))


def test_one_system_is_refused():
    with pytest.raises(EstimationError):
        classic(np.array([[0.5]]))


def test_levels_are_tenths_closed_below():
    degrees = np.array([0.0, 0.0999, 1 - 0.9, 0.3, 0.1 + 0.2, 0.7, 0.89999, 0.9, 1.0])
    assert level(degrees).tolist() == [0, 0, 1, 3, 3, 7, 8, 9, 9]
    assert np.isnan(level(np.array([np.nan]))).all()
    assert [LEVELS[i].zh for i in (0, 4, 9)] == ["极度失调", "濒临失调", "优质协调"]


def test_group_means_leave_out_units_without_a_degree():
    keys = {"unit": ["a", "b", "c"], "year": 2020, "method": "classic"}
    table = pd.DataFrame(keys | {"degree": [0.2, 0.4, np.nan], "coupling": [0.5, 0.7, np.nan]})
    members = pd.DataFrame({"unit": ["a", "b", "c"], "group": ["x", "x", "x"]})
    found = group_means(table, {"own": members}).iloc[0]
    assert (found["n"], found["degree"], found["coupling"]) == (2, pytest.approx(0.3), pytest.approx(0.6))
