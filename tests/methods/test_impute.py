"""Imputation by hand: what is filled, and what is left alone."""

import numpy as np
import pytest

from hqd_index.methods.impute import carry, group_median, iterative, knn, linear, mean, median

GAP = np.nan
SERIES = np.array([GAP, 1.0, GAP, 3.0, GAP, GAP, GAP, 7.0, GAP])


def one_unit(function, **options: object) -> list[float]:  # type: ignore[no-untyped-def]
    return function(SERIES[None, :, None], **options)[0, :, 0].tolist()


def test_linear_only_inside_short_gaps() -> None:
    assert one_unit(linear, max_gap=2) == pytest.approx([GAP, 1, 2, 3, GAP, GAP, GAP, 7, GAP], nan_ok=True)
    assert one_unit(linear, max_gap=3) == pytest.approx([GAP, 1, 2, 3, 4, 5, 6, 7, GAP], nan_ok=True)


def test_carry_forward_for_so_many_years() -> None:
    assert one_unit(carry, max_gap=1) == pytest.approx([GAP, 1, 1, 3, 3, GAP, GAP, 7, 7], nan_ok=True)
    assert one_unit(carry, max_gap=2) == pytest.approx([GAP, 1, 1, 3, 3, 3, GAP, 7, 7], nan_ok=True)


def test_within_says_what_is_pooled() -> None:
    table = np.array([[1.0, 2.0, GAP], [3.0, 9.0, 10.0], [5.0, GAP, 40.0]])[:, :, None]  # units by years
    gaps = (np.array([0, 2]), np.array([2, 1]), np.array([0, 0]))
    for within, means, medians in (("unit", [1.5, 22.5], [1.5, 22.5]), ("year", [25, 5.5], [25, 5.5]), ("all", [10, 10], [5, 5])):
        assert mean(table, within=within)[gaps] == pytest.approx(means)
        assert median(table, within=within)[gaps] == pytest.approx(medians)


def test_a_group_without_a_value_that_year_stays_empty() -> None:
    table = np.array([[1.0, 4.0], [GAP, 6.0], [GAP, GAP], [2.0, GAP]])[:, :, None]
    filled = group_median(table, groups=np.array(["x", "x", "y", "y"]))[..., 0]
    assert filled[1, 0] == 1
    assert filled[2, 0] == 2
    assert np.isnan(filled[2:, 1]).all()


def test_iterative_finds_a_linear_relation_and_knn_a_twin() -> None:
    x = np.random.default_rng(1).normal(size=(40, 1, 1))
    cube = np.concatenate([x, 3 * x + 5, -x], axis=-1)
    cube[0, 0, 1] = GAP
    assert iterative(cube)[0, 0, 1] == pytest.approx(3 * x[0, 0, 0] + 5, rel=1e-3)
    cube[1, 0] = [x[0, 0, 0], 77.0, -x[0, 0, 0]]
    assert knn(cube, neighbours=1)[0, 0, 1] == pytest.approx(77)
