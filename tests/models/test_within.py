"""The within transform against dummy-variable least squares, and what it drops."""

from __future__ import annotations

import numpy as np
import pytest

from hqd_index.models.kernels import within as module
from hqd_index.models.kernels.within import independent_columns, nested, repeated_rows, within

ROUNDING = 1e-10  # residuals of order one, condition numbers below 1e4


def by_dummies(values: np.ndarray, effects: list[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Residuals of weighted least squares on all dummies."""
    dummies = np.concatenate([np.eye(e.max() + 1)[e] for e in effects], axis=1)
    root = np.sqrt(weights)[:, None]
    return values - dummies @ np.linalg.lstsq(root * dummies, root * values, rcond=None)[0]


@pytest.fixture
def unbalanced() -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(3)
    unit, year = np.repeat(np.arange(25), 9), np.tile(np.arange(9), 25)
    keep = rng.random(225) < 0.7
    third = rng.integers(0, 6, 225)
    effects = [np.unique(e[keep], return_inverse=True)[1] for e in (unit, year, third)]
    return rng.normal(size=(keep.sum(), 3)), effects, rng.uniform(0.2, 3, keep.sum())


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("direct", [2_000, 0])
def test_equals_dummies(unbalanced, count: int, weighted: bool, direct: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values, effects, weights = unbalanced
    weights = weights if weighted else np.ones(len(values))
    monkeypatch.setattr(module, "DIRECT_LEVELS", direct)  # 0: by conjugate gradients
    found = within(values, effects[:count], weights=weights if weighted else None)
    assert np.abs(found - by_dummies(values, effects[:count], weights)).max() < ROUNDING


def test_two_components_are_no_trouble() -> None:
    """Two blocks of units that share no year: the system of the effects is singular twice over."""
    unit, year = np.repeat(np.arange(4), 3), np.array([0, 1, 2] * 2 + [3, 4, 5] * 2)
    values = np.random.default_rng(0).normal(size=(12, 1))
    assert np.abs(within(values, [unit, year]) - by_dummies(values, [unit, year], np.ones(12))).max() < ROUNDING


def test_singletons_fall_in_a_chain() -> None:
    """Row 4 is alone in its unit; without it row 3 is alone in its year."""
    unit, year = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 2, 2])
    assert repeated_rows([unit, year]).tolist() == [False, False, False, False, False]
    unit, year = np.array([0, 0, 1, 1, 1, 2]), np.array([0, 1, 0, 1, 2, 2])
    assert repeated_rows([unit, year]).tolist() == [True, True, True, True, False, False]


def test_nesting_is_of_levels_not_of_names() -> None:
    firm, industry, year = np.array([0, 0, 1, 2]), np.array([0, 0, 0, 1]), np.array([0, 1, 0, 1])
    assert nested(firm, industry) and not nested(industry, firm) and not nested(year, industry)


def test_the_later_of_two_collinear_columns_goes() -> None:
    x = np.random.default_rng(1).normal(size=(50, 3))
    columns = np.column_stack([x[:, 0], x[:, 1], x[:, 0] - 1e6 * x[:, 1], x[:, 2], np.zeros(50)])
    assert independent_columns(columns, np.ones(5)) == [0, 1, 3]
