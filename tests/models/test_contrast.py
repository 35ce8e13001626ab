"""Wald tests over terms and outcomes: against the test of one term, statsmodels, and a bootstrap written out in full."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from hqd_index.models.kernels.clusters import leave_one_out, leave_one_out_terms
from hqd_index.models.kernels.contrasts import contrast, contrast_cv3
from hqd_index.models.kernels.inference import cv3
from hqd_index.models.kernels.specification import Specification, sums_of
from hqd_index.models.kernels.wild import wild

CLOSE = 1e-9
"""Two ways to solve the same least squares in double precision."""


def panel(units: int = 12, years: int = 8, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = units * years
    frame = pd.DataFrame({"unit": np.repeat(np.arange(units), years), "year": np.tile(np.arange(years), units)})
    common = rng.normal(size=n)
    for x in ("a", "b", "c"):
        frame[x] = rng.normal(size=n).cumsum() / 5
    for j, y in enumerate(("y", "z")):
        frame[y] = (j + 1) * (0.1 * frame["a"] - 0.2 * frame["b"] + common + rng.normal(size=n)) + frame["unit"]
    return frame


SPEC = Specification("s", ("y", "z"), "a", ("b", "c"))


def stacked(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes in within-SD one under the other, regressors in within-SD and dummies block by block, clusters."""
    sums, *_ = sums_of(frame, SPEC)
    units, years = np.eye(frame["unit"].nunique())[frame["unit"]], np.eye(frame["year"].nunique())[frame["year"]]
    block = np.column_stack([frame[["a", "b", "c"]].to_numpy() / sums.sd_terms, units, years[:, 1:]])
    zero = np.zeros_like(block)
    design = np.block([[block, zero], [zero, block]])
    y = np.concatenate([frame["y"] / sums.sd_outcomes[0], frame["z"] / sums.sd_outcomes[1]])
    return y, design, np.tile(frame["unit"].to_numpy(), 2)


def test_one_cell_is_the_test_of_one_term() -> None:
    """Same draws: the contrast of a single coefficient has the p of `wild`, and its CV3 error in standard deviations."""
    sums, *_ = sums_of(panel(), SPEC)
    for k, j in itertools.product(range(3), range(2)):
        cell = np.zeros((1, 3, 2))
        cell[0, k, j] = 1.0
        found = contrast(sums, cell, rng=np.random.default_rng(5), draws=499)
        alone = wild(sums, rng=np.random.default_rng(5), draws=499, term=k)
        scale = sums.sd_terms[k] / sums.sd_outcomes[j]
        assert found.p_wild == alone.p()[j]
        assert found.value[0] == pytest.approx(alone.estimate[j] * scale) and found.wald == pytest.approx(alone.t()[j] ** 2)
        assert contrast_cv3(sums, cell)[0] == pytest.approx(cv3(sums)[k, j] * scale)


def test_collinear_restrictions_count_once() -> None:
    """The same restriction twice: its scores are collinear in every draw, and the statistic is that of one of them."""
    sums, *_ = sums_of(panel(), SPEC)
    cell = np.zeros((1, 3, 2))
    cell[0, 1, 0] = 1.0
    once, twice = (contrast(sums, r, rng=np.random.default_rng(5), draws=499) for r in (cell, np.concatenate([cell, 2 * cell])))
    assert twice.p_wild == once.p_wild and twice.wald == pytest.approx(once.wald)


@pytest.mark.parametrize("alone", [False, True])
def test_solving_leaves_out_as_eigenvectors_do(alone: bool) -> None:
    """Also where a regressor varies in one unit alone, so that nothing is known of it without that unit."""
    frame = panel()
    if alone:
        frame["b"] = frame["b"].where(frame["unit"] == 3, 0.0)
    sums, *_ = sums_of(frame, SPEC)
    whole = leave_one_out(sums)
    assert np.isnan(whole[3, 1]).all() == alone
    for terms in ([0], [2, 1]):
        assert leave_one_out_terms(sums, terms) == pytest.approx(whole[:, terms], rel=CLOSE, nan_ok=True)


def restriction() -> np.ndarray:
    """Coefficient of a on y equals that of b on z; c on y and c on z are zero."""
    out = np.zeros((3, 3, 2))
    out[0, 0, 0], out[0, 1, 1] = 1.0, -1.0
    out[1, 2, 0] = out[2, 2, 1] = 1.0
    return out


def as_matrix(width: int) -> np.ndarray:
    """The same restriction over the stacked regressors."""
    out = np.zeros((3, 2 * width))
    out[0, 0], out[0, width + 1], out[1, 2], out[2, width + 2] = 1.0, -1.0, 1.0, 1.0
    return out


def test_wald_is_that_of_statsmodels() -> None:
    frame = panel()
    sums, *_ = sums_of(frame, SPEC)
    y, design, groups = stacked(frame)
    fit = sm.OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False, "df_correction": False})
    wanted = fit.wald_test(as_matrix(design.shape[1] // 2), use_f=False, scalar=True)
    found = contrast(sums, restriction(), rng=np.random.default_rng(0), draws=99)
    assert found.wald == pytest.approx(float(wanted.statistic), rel=CLOSE)


def test_bootstrap_is_full_enumeration_written_out() -> None:
    """Six clusters: restricted fit by lstsq, all 64 sign vectors, each refitted and studentised anew."""
    frame = panel(units=6, years=9, seed=3)
    sums, *_ = sums_of(frame, SPEC)
    y, design, groups = stacked(frame)
    matrix = as_matrix(design.shape[1] // 2)
    bread = np.linalg.pinv(design.T @ design)

    def wald(outcome: np.ndarray) -> float:
        b = bread @ design.T @ outcome
        left = outcome - design @ b
        scores = np.stack([matrix @ bread @ (design[groups == g].T @ left[groups == g]) for g in range(6)])
        value = matrix @ b
        return float(value @ np.linalg.solve(scores.T @ scores, value))

    b = bread @ design.T @ y
    b0 = b - bread @ matrix.T @ np.linalg.solve(matrix @ bread @ matrix.T, matrix @ b)
    fitted, left = design @ b0, y - design @ b0
    drawn = [wald(fitted + left * np.array(signs)[groups]) for signs in itertools.product((1.0, -1.0), repeat=6)]
    found = contrast(sums, restriction(), rng=np.random.default_rng(0), draws=999)
    assert found.wald == pytest.approx(wald(y), rel=CLOSE)
    assert found.p_wild == pytest.approx(np.mean(np.array(drawn) > wald(y) * (1 + 1e-9)))
