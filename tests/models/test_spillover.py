"""Linked density by hand, recovery of a known spillover, and its part in the own coefficient when it is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models.kernels.slx import exposure, slx
from hqd_index.models.kernels.specification import Specification, estimate

SPEC = Specification("io", ("y",), "density_lag")


def links(units: int, seed: int = 0) -> pd.DataFrame:
    """Sparse random shares of inputs and sales among units."""
    rng = np.random.default_rng(seed)
    flows = rng.exponential(size=(units, units)) * (rng.random((units, units)) < 0.3)
    np.fill_diagonal(flows, 0.0)
    up, down = flows / np.maximum(flows.sum(axis=0), 1e-9), flows / np.maximum(flows.sum(axis=1, keepdims=True), 1e-9)
    names = [f"u{i:02d}" for i in range(units)]
    keys = {"year": 2017, "from_unit": np.repeat(names, units), "to_unit": np.tile(names, units)}
    table = pd.DataFrame(keys | {"upstream": up.ravel(), "downstream": down.ravel(), "leontief": 1.5 * up.ravel(), "ghosh": 0.0})
    return table[table["from_unit"] != table["to_unit"]]


def panel(table: pd.DataFrame, seed: int, *, own: float = 0.3, up: float = 1.5) -> pd.DataFrame:
    units, years = sorted(table["from_unit"].unique()), range(2015, 2025)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(len(units), len(years))).cumsum(axis=1)
    data = pd.DataFrame({"unit": np.repeat(units, 10), "year": np.tile(list(years), len(units)), "density_lag": x.ravel()})
    data = data.merge(exposure(table, data, "density_lag"), on=["unit", "year"])
    data["y"] = own * data["density_lag"] + up * data["upstream"] + rng.normal(0, 0.5, size=len(data))
    return data.drop(columns=["upstream", "downstream"])


def test_exposure_by_hand() -> None:
    """a sells to b (a quarter of b's inputs, all of a's sales) and c sells to b; b's suppliers have 2 and 4, a's customer 3."""
    table = pd.DataFrame(
        [(2017, "a", "b", 0.25, 1.0, 0.5, 2.0), (2017, "c", "b", 0.75, 0.5, 0.8, 0.7), (2017, "c", "x", 1.0, 0.5, 1.0, 1.0)],
        columns=["year", "from_unit", "to_unit", "upstream", "downstream", "leontief", "ghosh"],
    )
    data = pd.DataFrame({"unit": ["a", "b", "c"], "year": 2020, "d": [2.0, 3.0, 4.0]})
    direct = exposure(table, data, "d").set_index("unit")
    assert direct["upstream"].to_dict() == {"a": 0.0, "b": 0.25 * 2 + 0.75 * 4, "c": 0.0}
    assert direct["downstream"].to_dict() == {"a": 3.0, "b": 0.0, "c": 1.5}
    complete = exposure(table, data, "d", rounds="complete").set_index("unit")
    assert complete.loc["b", "upstream"] == 0.5 * 2 + 0.8 * 4 and complete.loc["a", "downstream"] == 6.0
    with pytest.raises(EstimationError, match="input-output"):
        exposure(table, data.assign(unit="z").head(1), "d")


def test_spillover_is_recovered_and_missed_when_left_out() -> None:
    """Own .3 and upstream 1.5 inside their intervals; without linked density the effect of +1 everywhere falls short by 1.5."""
    table = links(31)
    data = panel(table, 1)
    found = slx(data, SPEC, table, draws=999)
    for term, truth in (("density_lag", 0.3), ("upstream", 1.5), ("downstream", 0.0)):
        k = found.term(term)
        assert found.estimate.low[k, 0] < truth < found.estimate.high[k, 0]
    assert found.p_wild[found.term("upstream"), 0] < 0.01 < found.p_wild[found.term("downstream"), 0]
    plain = estimate(data, SPEC, draws=99)
    whole = found.estimate.coefficient[0, 0] + found.estimate.coefficient[1, 0]
    assert abs(whole - 1.8) < 0.3 and abs(plain.coefficient[0, 0] - 0.3) < 0.3


def test_no_spillover_is_not_invented() -> None:
    table = links(31)
    found = [slx(panel(table, seed, up=0.0), SPEC, table, draws=199).p_wild[1, 0] for seed in range(40)]
    assert np.mean(np.array(found) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 40)
