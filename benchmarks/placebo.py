"""Randomisation inference with 1,000 draws on a 31 x 12 panel with two effects, against pyfixest's ritest in the same run."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.pop(0)  # this folder: numba would take coverage.py here for the package of that name

import time
import warnings

import numpy as np
import pandas as pd
import pyfixest as pf

from hqd_index.models.kernels.randomisation import randomisation
from hqd_index.models.kernels.specification import Specification

GOAL, DRAWS, TIMES = 300.0, 1_000, 5
THEIRS = 100  # their draws (of rows, not of paths) are timed on fewer and extrapolated
UNITS, YEARS = 31, 12


def panel() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = UNITS * YEARS
    data = pd.DataFrame({"unit": np.repeat(np.arange(UNITS), YEARS), "year": np.tile(np.arange(YEARS), UNITS)})
    data["x"], data["c1"], data["c2"] = rng.normal(size=(3, n))
    data["y"] = 0.05 * data["x"] + 0.2 * data["c1"] + rng.normal(size=n)
    return data


def main() -> int:
    warnings.simplefilter("ignore")
    data = panel()
    spec = Specification("placebo", ("y",), "x", ("c1", "c2"))
    best = np.inf
    for seed in range(TIMES):
        start = time.perf_counter()
        p = float(randomisation(data, spec, draws=DRAWS, seed=seed).p()[0])
        best = min(best, time.perf_counter() - start)
    fit = pf.feols("y ~ x + c1 + c2 | unit + year", data, vcov={"CRV1": "unit"})
    fit.ritest("x", reps=5, type="randomization-t", choose_algorithm="slow", rng=np.random.default_rng(0))
    start = time.perf_counter()
    q = fit.ritest("x", reps=THEIRS, type="randomization-t", choose_algorithm="slow", rng=np.random.default_rng(1))
    other = (time.perf_counter() - start) * DRAWS / THEIRS
    print(f"ours {best * 1e3:.1f} ms (p {p:.3f}); ritest {other:.1f} s for as many draws (p {float(q['Pr(>|t|)']):.3f})")
    ratio = other / best
    print(f"placebo: ratio {ratio:.0f} (goal {GOAL:.0f}) against pyfixest ritest: {'PASS' if ratio >= GOAL else 'SHORT'}")
    return 0 if ratio >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
