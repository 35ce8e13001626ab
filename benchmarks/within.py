"""Two-way effects on 1.5 million firm-years with 300,000 firms: within transform and regression, against pyfixest."""

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

from hqd_index.models.kernels.clusters import consecutive_codes, non_singletons
from hqd_index.models.kernels.within import within

GOAL, FIRMS, ROWS, YEARS = 1.0, 300_000, 1_500_000, 13
TIMES = 3
SAME = 1e-6  # their effects come from an iteration that stops at 1e-8


def panel() -> pd.DataFrame:
    """Unbalanced: each firm is seen in about 5 of 13 years."""
    rng = np.random.default_rng(5)
    cells = np.sort(rng.choice(FIRMS * YEARS, size=ROWS, replace=False))
    data = pd.DataFrame({"firm": cells // YEARS, "year": cells % YEARS})
    data["x"], data["c"] = rng.normal(size=(2, ROWS)) + 0.3 * rng.normal(size=(2, FIRMS))[:, data["firm"]]
    data["y"] = 0.5 * data["x"] - 0.2 * data["c"] + rng.normal(size=FIRMS)[data["firm"]] + rng.normal(size=ROWS)
    return data


def ours(data: pd.DataFrame) -> np.ndarray:
    codes = [consecutive_codes(data[e].to_numpy()) for e in ("firm", "year")]
    kept = non_singletons(codes, len(data))
    codes = [consecutive_codes(c[kept]) for c in codes]
    left = within(data.loc[kept, ["y", "x", "c"]].to_numpy(), codes)
    return np.linalg.solve(left[:, 1:].T @ left[:, 1:], left[:, 1:].T @ left[:, 0])


def main() -> int:
    warnings.simplefilter("ignore")
    data = panel()
    pf.feols("y ~ x + c | firm + year", data.head(5_000), vcov="iid")  # compilation
    best, other = np.inf, np.inf
    for _ in range(TIMES):
        start = time.perf_counter()
        b = ours(data)
        best = min(best, time.perf_counter() - start)
        start = time.perf_counter()
        fit = pf.feols("y ~ x + c | firm + year", data, vcov="iid", lean=True, store_data=False, copy_data=False)
        other = min(other, time.perf_counter() - start)
    apart = float(np.abs(b / fit.coef().to_numpy() - 1).max())
    print(f"ours {best:.2f} s, pyfixest {other:.2f} s; largest relative difference of coefficients {apart:.1e}")
    ratio, equal = other / best, apart < SAME
    print(f"within: ratio {ratio:.2f} (goal {GOAL:.0f}) against pyfixest: {'PASS' if equal and ratio >= GOAL else 'SHORT'}")
    return 0 if equal and ratio >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
