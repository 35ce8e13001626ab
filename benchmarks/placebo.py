"""Randomisation inference with 1,000 draws on a 31 x 12 panel with two effects: processor time against two rivals.

The rivals: pyfixest's fast algorithm, `fit.ritest("x", reps=1000, type="randomization-c", choose_algorithm="fast")`, compiled
before it is timed; and the vectorised numpy of 20 lines that a user would write for a balanced panel, `by_numpy` below. The
program and the numpy lines deal whole paths out again and compare t by CV1; pyfixest draws rows with replacement and compares
coefficients (with t it refits, 100 times slower). t of every draw is compared with numpy's, coefficient and t of the data with
pyfixest's.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf
from numpy.typing import NDArray
from processor_time import least_seconds, verdict

from hqd_index.models.kernels.inference import random_stream
from hqd_index.models.kernels.randomisation import Randomisation, permutations, randomisation
from hqd_index.models.kernels.specification import Specification

GOAL, PYFIXEST_GOAL, DRAWS, TIMES = 1.0, 10.0, 1_000, 15
UNITS, YEARS = 31, 12
SAME = 1e-8
Array = NDArray[np.float64]


def panel() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = UNITS * YEARS
    data = pd.DataFrame({"unit": np.repeat(np.arange(UNITS), YEARS), "year": np.tile(np.arange(YEARS), UNITS)})
    data["x"], data["c1"], data["c2"] = rng.normal(size=(3, n))
    data["y"] = 0.05 * data["x"] + 0.2 * data["c1"] + rng.normal(size=n)
    return data


def by_numpy(data: pd.DataFrame, orders: NDArray[np.intp]) -> Array:
    """t without small-sample factor of the data and of each order of the units (B, units): rows by unit and year, no gaps."""
    dummies = [pd.get_dummies(data[effect], dtype=float).to_numpy() for effect in ("unit", "year")]
    basis = np.linalg.qr(np.column_stack([dummies[0], dummies[1][:, 1:], data[["c1", "c2"]].to_numpy()]))[0]
    y = data["y"].to_numpy()
    y = y - basis @ (basis.T @ y)
    paths = data["x"].to_numpy().reshape(UNITS, YEARS)
    x = paths[np.vstack([np.arange(UNITS), orders])].reshape(-1, UNITS * YEARS)
    x -= (x @ basis) @ basis.T
    size = np.einsum("bn,bn->b", x, x)
    b = x @ y / size
    scores = (x * (y - b[:, None] * x)).reshape(-1, UNITS, YEARS).sum(axis=2)
    return np.asarray(b * size / np.sqrt((scores**2).sum(axis=1)))


def by_numpy_p(data: pd.DataFrame, seed: int) -> float:
    orders = np.random.default_rng(seed).permuted(np.tile(np.arange(UNITS), (DRAWS, 1)), axis=1)
    t = by_numpy(data, orders)
    return float((1 + (np.abs(t[1:]) >= np.abs(t[0])).sum()) / (DRAWS + 1))


def differences(data: pd.DataFrame, spec: Specification, fit: pf.Feols) -> dict[str, float]:
    """Largest relative differences: t of data and draws from numpy's, coefficient and t of the data from pyfixest's."""
    ours: Randomisation = randomisation(data, spec, draws=DRAWS, seed=0)
    units = list(range(UNITS))
    orders = permutations([units], units, DRAWS, random_stream(0, "randomisation", spec.id))  # type: ignore[list-item, arg-type]
    theirs = by_numpy(data, orders)
    factor = np.sqrt(UNITS / (UNITS - 1) * (UNITS * YEARS - 1) / (UNITS * YEARS - 3 - YEARS))
    return {
        "t, numpy": float(np.abs(np.concatenate([ours.t, ours.t_star[:, 0]]) / theirs - 1).max()),
        "coefficient, pyfixest": float(abs(ours.estimate[0] / fit.coef()["x"] - 1)),
        "t, pyfixest": float(abs(ours.t[0] / factor / fit.tstat()["x"] - 1)),
    }


def main() -> int:
    warnings.simplefilter("ignore")
    sys.path.remove(str(Path(__file__).parent))  # numba would take coverage.py here for the package of that name
    data, spec = panel(), Specification("placebo", ("y",), "x", ("c1", "c2"))
    fit = pf.feols(
        "y ~ x + c1 + c2 | unit + year", data, vcov={"CRV1": "unit"}, ssc=pf.ssc(k_adj=True, k_fixef="nonnested", G_adj=True)
    )
    fit._fixef = "unit+year"  # its fast algorithm splits at "+" alone, and 0.60 writes "unit + year"
    apart = differences(data, spec, fit)
    print("largest relative differences: " + ", ".join(f"{what} {value:.1e}" for what, value in apart.items()))

    def by_pyfixest(reps: int = DRAWS) -> pd.Series:
        return fit.ritest("x", reps=reps, type="randomization-c", choose_algorithm="fast", rng=np.random.default_rng(1))

    by_pyfixest(5)  # compiled here
    seconds, results = least_seconds(
        {
            "ours": lambda: randomisation(data, spec, draws=DRAWS, seed=1).p()[0],
            "numpy": lambda: by_numpy_p(data, 1),
            "pyfixest": by_pyfixest,
        },
        TIMES,
    )
    p = {"ours": results["ours"], "numpy": results["numpy"], "pyfixest": results["pyfixest"]["Pr(>|t|)"]}
    print(", ".join(f"{who} {1e3 * took:.1f} ms (p {p[who]:.3f})" for who, took in seconds.items()))
    if max(apart.values()) > SAME:
        print("results differ: not compared")
    slower = verdict("placebo", seconds["pyfixest"] / seconds["ours"], PYFIXEST_GOAL, "pyfixest's fast ritest")
    slower |= verdict("placebo", seconds["numpy"] / seconds["ours"], GOAL, "20 lines of vectorised numpy")
    return int(max(apart.values()) > SAME) or slower


if __name__ == "__main__":
    sys.exit(main())
