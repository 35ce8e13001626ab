"""10,000 index designs times 24 specifications with CV1 on a 31 x 12 panel: processor time against vectorised numpy.

The rival is `by_numpy` below, which a user would write for a balanced panel: effects taken out by means once for each set of
effects, then for each specification the coefficient and CV1 error of all designs by matrix products, in blocks of 512 designs
that stay in the processor's cache. The program makes CV3 errors too, and takes panels with gaps. Estimates and errors of all
240,000 combinations are compared, and the first 24 with statsmodels.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from itertools import product

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from processor_time import least_seconds, verdict

from hqd_index.models.kernels.specification import Specification
from hqd_index.models.multiverse.specification_curve import Curve, Scores, Universe, multiverse

GOAL, DESIGNS, TIMES, BLOCK = 1.0, 10_000, 3, 512
UNITS, YEARS = 31, 12
SAME = 1e-8
Array = NDArray[np.float64]


def world() -> tuple[Scores, list[Universe]]:
    """Random designs; specifications: 4 densities x 3 sets of controls x unit or two-way effects."""
    rng = np.random.default_rng(1)
    keys = pd.DataFrame(
        {"unit": np.repeat([f"C{13 + i}" for i in range(UNITS)], YEARS), "year": np.tile(range(2013, 2025), UNITS)}
    )
    data = keys.assign(**{c: rng.normal(size=len(keys)) for c in ("cnt", "rev", "emp", "ihs", "c1", "c2", "c3", "c4")})
    values = rng.normal(size=(len(keys), DESIGNS)) + data[["cnt"]].to_numpy() * rng.normal(0.1, 0.1, DESIGNS)
    controls: dict[str, tuple[str, ...]] = {"none": (), "base": ("c1", "c2"), "full": ("c1", "c2", "c3", "c4")}
    effects = {"unit": ("unit",), "two": ("unit", "year")}
    universes = [
        Universe(Specification(f"{d}_{c}_{e}", (), d, controls[c], effects[e]), {"density": d, "controls": c, "effects": e}, data)
        for d, c, e in product(("cnt", "rev", "emp", "ihs"), controls, effects)
    ]
    return Scores(keys, values, pd.DataFrame(index=range(DESIGNS))), universes


def within(values: Array, effects: tuple[str, ...]) -> Array:
    """`values` (n, m), rows by unit and year, less means of units and, if asked, of years."""
    grid = values.reshape(UNITS, YEARS, -1)
    grid = grid - grid.mean(axis=1, keepdims=True)
    if "year" in effects:
        grid = grid - grid.mean(axis=0, keepdims=True)
    return np.asarray(grid.reshape(values.shape))


def by_numpy(scores: Scores, universes: list[Universe]) -> tuple[Array, Array]:
    """Estimates and CV1 errors in SDs within the effects, (S, D) each."""
    estimates, errors = np.empty((2, len(universes), DESIGNS))
    regressors = [within(u.data[list(u.spec.regressors)].to_numpy(), u.spec.fixed_effects) for u in universes]
    n = UNITS * YEARS
    for start in range(0, DESIGNS, BLOCK):
        at = slice(start, start + BLOCK)
        outcomes = {effects: within(scores.values[:, at], effects) for effects in {u.spec.fixed_effects for u in universes}}
        spreads = {effects: y.std(axis=0) for effects, y in outcomes.items()}
        for s, (u, x) in enumerate(zip(universes, regressors)):
            y, scale = outcomes[u.spec.fixed_effects], x[:, 0].std() / spreads[u.spec.fixed_effects]
            inverse = np.linalg.inv(x.T @ x)
            beta = inverse @ (x.T @ y)
            influence = x @ inverse[0]
            sums = (influence[:, None] * (y - x @ beta)).reshape(UNITS, YEARS, -1).sum(axis=1)
            k = x.shape[1] + (YEARS if "year" in u.spec.fixed_effects else 1)
            factor = UNITS / (UNITS - 1) * (n - 1) / (n - k)
            estimates[s, at], errors[s, at] = beta[0] * scale, np.sqrt(factor * (sums**2).sum(axis=0)) * scale
    return estimates, errors


def by_statsmodels(scores: Scores, universes: list[Universe]) -> Array:
    """t of the first design in each specification, the unit dummies not counted in the factor."""
    codes, t = pd.factorize(scores.keys["unit"])[0], []
    for u in universes:
        dummies = [pd.get_dummies(scores.keys[e].astype(str), drop_first=True, dtype=float) for e in u.spec.fixed_effects]
        design = np.column_stack([u.data[list(u.spec.regressors)].to_numpy(), np.ones(len(codes)), *dummies])
        fit = sm.OLS(scores.values[:, 0], design).fit(cov_type="cluster", cov_kwds={"groups": codes})
        n, k = design.shape
        t.append(fit.params[0] / fit.bse[0] * np.sqrt((n - (k - UNITS + 1)) / (n - k)))
    return np.array(t)


def differences(curve: Curve, theirs: tuple[Array, Array], t: Array) -> dict[str, float]:
    """Largest differences: estimates in SDs, errors and t relative to their size."""
    return {
        "estimates": float(np.abs(curve.estimate - theirs[0]).max()),
        "CV1 errors": float(np.abs(curve.se_cv1 / theirs[1] - 1).max()),
        "t, statsmodels": float(np.abs((curve.estimate / curve.se_cv1)[:, 0] / t - 1).max()),
    }


def main() -> int:
    scores, universes = world()
    seconds, results = least_seconds(
        {"ours": lambda: multiverse(scores, universes), "numpy": lambda: by_numpy(scores, universes)}, TIMES
    )
    apart = differences(results["ours"], results["numpy"], by_statsmodels(scores, universes))
    print("largest differences: " + ", ".join(f"{what} {value:.1e}" for what, value in apart.items()))
    fits = DESIGNS * len(universes)
    print(f"{fits:,} estimates: ours with CV1 and CV3 {seconds['ours']:.2f} s, numpy with CV1 {seconds['numpy']:.2f} s")
    if max(apart.values()) > SAME:
        print("results differ: times are not compared")
        return 1
    return verdict("multiverse", seconds["numpy"] / seconds["ours"], GOAL, "vectorised numpy with CV1")


if __name__ == "__main__":
    sys.exit(main())
