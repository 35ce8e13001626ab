"""Normalisation by hand."""

import numpy as np
import pytest

from hqd_index.errors import ConfigError, EstimationError
from hqd_index.methods.choice import Choice, bind
from hqd_index.methods.normalise import (
    borda,
    dist2ref,
    dist2targ,
    fracmax,
    goalposts,
    minmax,
    moderate,
    prank,
    rank,
    robust,
    zscore,
)

UP, DOWN = np.array([1.0]), np.array([-1.0])
EXACT = 1e-12


def column(*cells: float) -> np.ndarray:
    return np.array(cells, dtype=float)[:, None]


def flat(values: np.ndarray) -> list[float]:
    return values.ravel().tolist()


def test_minmax_both_ways_with_a_base_window() -> None:
    base = column(10, 20, 30)
    later = column(5, 15, 40)
    assert flat(minmax(base, reference=base, direction=UP)) == [0, 0.5, 1]
    assert flat(minmax(base, reference=base, direction=DOWN)) == [1, 0.5, 0]
    assert flat(minmax(later, reference=base, direction=UP)) == [-0.25, 0.25, 1.5]
    assert flat(minmax(later, reference=base, direction=UP, clip=True)) == [0, 0.25, 1]
    assert flat(minmax(later, reference=base, direction=DOWN, to=(2, 100), clip=True)) == pytest.approx([1, 0.755, 0.02])


def test_ends_of_a_scale_may_be_written_in_any_unit() -> None:
    """The upper end is 1 (published as 100), so that [1, 100] and [0.01, 1] are one choice; so is the mean of a z-score."""
    values = column(10, 20, 30)
    for to in ((1, 100), (0.01, 1), (10, 1000)):
        assert flat(minmax(values, reference=values, direction=UP, to=to)) == pytest.approx([0.01, 0.505, 1])
    assert flat(minmax(values, reference=values, direction=UP, to=(0, 100))) == [0, 0.5, 1]
    with pytest.raises(ConfigError, match="must end above 0"):
        bind(Choice(method="minmax", to=[-100, -1]), "normalise").for_children(["a"])  # type: ignore[call-arg]


def test_minmax_ends_are_exact() -> None:
    values = np.random.default_rng(1).random((50, 200)) * np.pi
    scaled = minmax(values, reference=values, direction=np.tile([1.0, -1.0], 100))
    assert (scaled.min(axis=0) == 0).all()
    assert (scaled.max(axis=0) == 1).all()


def test_nearly_constant_columns_are_constant() -> None:
    """Relative to the column: rounding noise on 1e6 does not become a ranking, and small numbers that vary are scored."""
    noise = column(1e6, 1e6 + 1e-7, 1e6)
    for function in (minmax, zscore, rank, robust):
        assert np.isnan(function(noise, reference=noise, direction=UP)).all()
    for small in (column(1e-9, 2e-9, 3e-9), column(1e-13, 2e-13, 3e-13)):
        assert flat(minmax(small, reference=small, direction=UP)) == pytest.approx([0, 0.5, 1])


def test_zscore_divisors() -> None:
    values = column(1, 2, 3)
    assert flat(zscore(values, reference=values, direction=UP)) == pytest.approx([-np.sqrt(1.5), 0, np.sqrt(1.5)])
    assert flat(zscore(values, reference=values, direction=DOWN, ddof=1, mean=100, sd=10)) == pytest.approx([1.1, 1, 0.9])


def test_ranks_with_ties() -> None:
    values = column(20, 10, 20, 30, np.nan)
    assert flat(rank(values, reference=values, direction=UP)) == pytest.approx([2.5, 1, 2.5, 4, np.nan], nan_ok=True)
    assert flat(rank(values, reference=values, direction=UP, ties="min")) == pytest.approx([2, 1, 2, 4, np.nan], nan_ok=True)
    assert flat(rank(values, reference=values, direction=DOWN, ties="min"))[:4] == [2, 4, 2, 1]
    assert flat(prank(values, reference=values, direction=UP))[:4] == pytest.approx([0.5, 0, 0.5, 1])
    assert flat(borda(values, reference=values, direction=UP))[:4] == [1.5, 0, 1.5, 3]


def test_ranks_against_other_rows_are_the_places_among_them() -> None:
    base = column(10, 20, 30)
    assert flat(rank(column(5, 20, 25, 99), reference=base, direction=UP, ties="min")) == [1, 2, 3, 4]
    assert flat(rank(column(5, 20, 25, 99), reference=base, direction=UP)) == [0.5, 2, 2.5, 3.5]
    assert (
        flat(rank(base.copy(), reference=base, direction=UP)) == flat(rank(base[::-1].copy(), reference=base, direction=UP))[::-1]
    )


def test_distances() -> None:
    values = column(0, 2, 10)
    assert flat(dist2ref(values, reference=values, direction=UP)) == [0, 0.5, 2.5]  # mean 4
    assert flat(dist2ref(values, reference=values, direction=UP, at="median", cap=True)) == [0, 1, 1]
    assert flat(dist2ref(values, reference=values, direction=DOWN)) == pytest.approx([10 / 6, 8 / 6, 0])
    targets = np.array([8.0])
    assert flat(dist2targ(values, reference=values, direction=UP, targets=targets)) == [0, 0.25, 1.25]
    assert flat(dist2targ(values, reference=values, direction=DOWN, targets=targets)) == [5, 4, 0]
    assert np.isnan(dist2targ(values, reference=values, direction=UP, targets=np.array([-1.0]))).all()
    assert flat(fracmax(values, reference=values, direction=UP)) == [0, 0.2, 1]
    assert flat(fracmax(values, reference=values, direction=DOWN)) == [1, 0.8, 0]
    with pytest.raises(EstimationError, match="inn1: fracmax"):
        bind(Choice(method="fracmax"), "normalise").for_children(["inn1"])(values - 1, reference=values, direction=UP)


def test_goalposts_and_bands() -> None:
    values = column(70, 80, 85, 90)
    posts = {"low": np.array([75.0]), "high": np.array([85.0])}
    assert flat(goalposts(values, reference=values, direction=UP, **posts)) == [0, 0.5, 1, 1]
    assert flat(goalposts(values, reference=values, direction=DOWN, **posts)) == [1, 0.5, 0, 0]
    assert flat(moderate(values, reference=values, band=(79, 83))) == pytest.approx([0, 1, 1 - 2 / 9, 1 - 7 / 9])
    assert np.isnan(moderate(values, reference=values, band=(0, 100))).all()
    with pytest.raises(ConfigError, match="low 3 must be below high 2"):
        bind(Choice(method="goalposts", low={"a": 3}, high={"a": 2}), "normalise").for_children(["a"])  # type: ignore[call-arg]


def test_robust_by_hand() -> None:
    values = column(1, 2, 3, 4, 100)
    assert flat(robust(values, reference=values, direction=UP))[-1] == pytest.approx(97 / 1.4826)
    idle = column(1, 1, 1, 1, 100)  # MAD 0
    assert np.isnan(robust(idle, reference=idle, direction=UP)).all()
