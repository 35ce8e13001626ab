"""Borders of the 31 provinces, counted apart, and Moran's I of a province study without links."""

import numpy as np
import pytest

from hqd_index.index.dynamics.dynamics_tables import dynamics
from hqd_index.index.dynamics.province_borders import PROVINCES, contiguity
from hqd_index.index.index_tables import build_index

from .small import names, panel, study

# how many provinces each borders on, Hainan counted as bordering on Guangdong
NEIGHBOURS = {
    "11": 2, "12": 2, "13": 7, "14": 4, "15": 8, "21": 3, "22": 3, "23": 2, "31": 2, "32": 4, "33": 5, "34": 6, "35": 3,
    "36": 6, "37": 4, "41": 6, "42": 6, "43": 6, "44": 5, "45": 4, "46": 1, "50": 5, "51": 7, "52": 5, "53": 4, "54": 4,
    "61": 8, "62": 6, "63": 4, "64": 3, "65": 3,
}  # fmt: skip


def test_every_province_has_its_neighbours():
    units = sorted(PROVINCES)
    matrix = contiguity(units).matrix
    assert len(units) == 31 and np.array_equal(matrix, matrix.T) and not matrix.diagonal().any()
    assert dict(zip(units, matrix.sum(axis=1).astype(int).tolist())) == NEIGHBOURS
    assert matrix[units.index("46"), units.index("44")] == 1 and matrix[units.index("31"), units.index("34")] == 0


@pytest.mark.parametrize("units", [["C13", "C14"], ["110000", "110100"], ["11", "81"]])
def test_other_units_have_no_borders(units):
    assert contiguity(units) is None


def test_a_province_study_has_a_moran_of_its_own():
    """A score that falls from east to west goes with its neighbours': I near 1 and few orders as far out."""
    units = [f"{code}0000" for code in sorted(PROVINCES)]
    east = {"11", "12", "13", "21", "31", "32", "33", "35", "37", "44", "46"}
    west = {"15", "45", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65"}
    level = [2.0 if unit[:2] in east else 0.0 if unit[:2] in west else 1.0 for unit in units]
    declared = study({"top": ["x", "y"]}, levels=["indicators"])
    index = build_index(declared, panel({"x": level, "y": level}, units=units, years=[2020]), names(units))
    found = dynamics(declared, index, None, 1)
    moran = found["dynamics"].query("item == 'moran'").set_index("quantity")["value"]
    z = np.array(level) - np.mean(level)
    w = contiguity(units).matrix
    w = w / w.sum(axis=1, keepdims=True)
    assert moran["i"] == pytest.approx(z @ w @ z / (z @ z), abs=1e-12) and moran["p"] <= 0.01
    assert "moran" not in set(found["not_made"]["table"])
