"""Size of the tests where no effect is there: few replications here, many in benchmarks/coverage.py."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hqd_index.models.kernels.specification import Specification, estimate

from .known_panels import density, errors

REPLICATIONS, DRAWS = 200, 199
NOISE = 3 * np.sqrt(0.05 * 0.95 / REPLICATIONS)  # three Monte Carlo standard errors of a 5% test


def rejections(concentrated: bool) -> np.ndarray:
    """Share of 31 x 12 panels with AR(1) errors of .7 in which CV1-t, CV3-t and the bootstrap reject at 5%."""
    spec = Specification("size", ("y",), "x")
    keys = {"unit": np.repeat(np.arange(31), 12), "year": np.tile(np.arange(12), 31)}
    found = []
    for seed in range(REPLICATIONS):
        rng = np.random.default_rng(seed)
        x, y = density(31, 12, rng, concentrated=concentrated), errors(31, 12, rng)
        fit = estimate(pd.DataFrame(keys | {"x": x.ravel(), "y": y.ravel()}), spec, draws=DRAWS, seed=seed)
        found.append([fit.p_cv1[0, 0], fit.p_cv3[0, 0], fit.p_wild[0]])
    return (np.array(found) <= 0.05).mean(axis=0)


def test_even_density_is_sized_right() -> None:
    """DGP-A: all three near 5%."""
    first, third, wild = rejections(concentrated=False)
    assert max(abs(first - 0.055), abs(third - 0.05), abs(wild - 0.05)) <= NOISE


def test_concentrated_density_breaks_cv1_and_not_the_bootstrap() -> None:
    """DGP-A2 (published: CV1-t .28, CV3-t .08, bootstrap .03): the warning against CV1 is earned."""
    first, third, wild = rejections(concentrated=True)
    assert first > 0.10 + NOISE
    assert third <= 0.075 + NOISE
    assert wild <= 0.05 + NOISE
