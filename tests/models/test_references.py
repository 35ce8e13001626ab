"""The eight linear benchmarks of ../shared/reference/econometrics.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hqd_index.models.kernels.specification import Specification, estimate
from hqd_index.models.kernels.wild import wild

COEFFICIENT = 1e-8  # relative; both sides are direct solves in double precision
ERROR = 1e-6  # relative; as the reference file suggests
P = 1e-7  # absolute
REFERENCE_DRAWS = 99_999
INST_DRAWS = 9_999  # enough where the clusters stand in another order than there, hence another stream
ENUMERATED = 13  # the largest number of clusters whose sign vectors are enumerated at 9,999 draws

CASES = {
    "mpdta_twfe": ("lemp", ("post",), ("countyreal", "year")),
    "grunfeld10_fe": ("invest", ("value", "capital"), ("firm",)),
    "grunfeld10_2fe": ("invest", ("value", "capital"), ("firm", "year")),
    "grunfeld11_fe": ("invest", ("value", "capital"), ("firm",)),
    "grunfeld11_2fe": ("invest", ("value", "capital"), ("firm", "year")),
    "empluk_2fe": ("lemp", ("lwage", "lcapital", "loutput"), ("firm", "year")),
    "inst_twfe_a": ("lcites", ("institutions",), ("company", "year")),
    "inst_twfe_b": ("lcites", ("institutions", "lkl", "ls"), ("company", "year")),
}


def benchmark(shared: Path, case: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The data of a case, transformed as its model statement says, and the recomputed answer."""
    entries = json.loads((shared / "reference/econometrics.json").read_text(encoding="utf-8"))["benchmarks"]
    entry = next(e for e in entries if e["id"] == case)
    data = pd.read_csv(shared / entry["data"])
    if case.startswith("mpdta"):
        data["post"] = ((data["first.treat"] > 0) & (data["year"] >= data["first.treat"])).astype(float)
    if case.startswith("grunfeld10"):
        data = data[data["firm"] != "American Steel"]
    if case.startswith("empluk"):
        data = data.assign(**{f"l{c}": np.log(data[c]) for c in ("emp", "wage", "capital", "output")})
    if case.startswith("inst"):
        lkl, ls = np.log(data["capital"] / data["employment"]), np.log(data["sales"])
        data = data.assign(lcites=np.log1p(data["cites"]), lkl=lkl, ls=ls)
    return data, entry["recomputed"]


@pytest.mark.parametrize("case", CASES)
def test_benchmark(shared: Path, case: str) -> None:
    data, expected = benchmark(shared, case)
    outcome, regressors, effects = CASES[case]
    spec = Specification(case, (outcome,), regressors[0], regressors[1:], effects, effects[0])
    found = estimate(data, spec)
    assert (found.sums.n, found.sums.g, found.sums.parameters) == (expected["N"], expected["G"], expected["K"])
    for k, term in enumerate(regressors):
        known = expected["coefficients"][term]
        assert found.coefficient[k, 0] == pytest.approx(known["coef"], rel=COEFFICIENT)
        assert found.se_cv1[k, 0] == pytest.approx(known["se_cv1"], rel=ERROR)
        assert found.se_cv3[k, 0] == pytest.approx(known["se_cv3"], rel=ERROR)
        assert found.p_cv1[k, 0] == pytest.approx(known["p_cv1"], abs=P)
        assert found.p_cv3[k, 0] == pytest.approx(known["p_cv3"], abs=P)
        bootstrap = known["wcr_bootstrap"]
        draws = REFERENCE_DRAWS if found.sums.g > ENUMERATED and not case.startswith("inst") else INST_DRAWS
        p = wild(found.sums, rng=np.random.default_rng(20240101), draws=draws, term=k).p()[0]
        if found.sums.g <= ENUMERATED:
            assert p == bootstrap["exact_enumeration"]["p_strict_gt"]
        elif case.startswith("inst"):
            error = bootstrap["mc_se_of_p"] * np.sqrt(1 + REFERENCE_DRAWS / INST_DRAWS)
            assert p == pytest.approx(bootstrap["p_strict_gt"], abs=4 * error)
        else:  # same generator, same blocks, same order of clusters: the same draws
            assert p == pytest.approx(bootstrap["p_strict_gt"], abs=0.5 / REFERENCE_DRAWS)
