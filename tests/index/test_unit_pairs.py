"""Pairs near each other: what is compared of many units, that it agrees with comparing all, and how it is said."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.index.uncertainty.rank_uncertainty import FirmDraws, uncertainty
from hqd_index.index.uncertainty.unit_pairs import HEAD, PLACES, SAMPLE, near_places, pair_notices

from .small import names, panel, study

UNITS, DRAWS = 120, 300
TREE = {"top": ["x", "y", "z"]}


def tables(pairs: str | None, units: int = UNITS):
    random = np.random.default_rng(4)
    level = random.normal(size=units)
    sheet = {leaf: list(level + 0.3 * random.normal(size=units)) for leaf in "xyz"}
    ids = [f"u{k:03d}" for k in range(units)]
    draws = np.stack([np.array(sheet[leaf]) + 0.2 * random.normal(size=(40, units)) for leaf in "xyz"], axis=-1)
    declared = study(TREE, levels=["indicators"], uncertainty={"draws": DRAWS, "pairs": pairs, "sobol": {"base": 64}})
    return uncertainty(
        declared, panel(sheet, units=ids, years=[2020]), names(ids), FirmDraws(draws[:, None], (2020,), tuple(ids), tuple("xyz"))
    )


@pytest.fixture(scope="module")
def both():
    return tables("all"), tables("near")


def test_near_pairs_are_rows_of_all_pairs(both):
    every, near = (found["pairs"].set_index(["unit", "other"]) for found in both)
    assert near.index.is_unique and near["share"].equals(every.loc[near.index, "share"])
    rank = both[0]["ranks"].set_index("unit")["rank"]
    places = rank.rank(method="first").astype(int)
    gap = places.loc[every.index.get_level_values(0)].to_numpy() - places.loc[every.index.get_level_values(1)].to_numpy()
    head = places.loc[every.index.get_level_values(0)].to_numpy() <= HEAD
    head &= places.loc[every.index.get_level_values(1)].to_numpy() <= HEAD
    expected = every.index[(np.abs(gap) <= PLACES) | head]
    assert set(near.index) == set(expected)


def test_other_tables_agree_whatever_is_compared(both):
    every, near = both
    sets = ["set_low", "set_high", "set_all_low", "set_all_high"]
    pd.testing.assert_frame_equal(every["ranks"].drop(columns=sets), near["ranks"].drop(columns=sets))
    wider = (near["ranks"]["set_all_high"] - near["ranks"]["set_all_low"]).mean()
    assert wider >= (every["ranks"]["set_all_high"] - every["ranks"]["set_all_low"]).mean()
    for name in ("neighbours", "uncertainty", "sensitivity", "designs", "left_out", "design_scores"):
        pd.testing.assert_frame_equal(every[name], near[name])
    units = set(near["acceptability"]["unit"])
    assert len(units) == 2 * HEAD
    listed = every["acceptability"][every["acceptability"]["unit"].isin(units)]
    pd.testing.assert_frame_equal(listed.reset_index(drop=True), near["acceptability"])


def test_the_share_of_stable_pairs_is_that_of_a_random_sample(both):
    every, near = (found["uncertainty_summary"].set_index(["source", "quantity"])["value"] for found in both)
    assert "random_pairs" not in every.index.get_level_values("quantity")
    for source in ("data", "design", "weights", "all"):
        share = every[source, "stable_pairs"]
        assert near[source, "random_pairs"] == SAMPLE
        assert near[source, "stable_pairs"] == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / SAMPLE) + 1e-12)


def test_many_units_compare_near_pairs_unless_asked(both):
    def rows(pairs: str | None, units: int) -> int:
        return len(pair_notices(study(TREE, levels=["indicators"], uncertainty={"pairs": pairs}), units, 7))

    assert [rows(None, 200), rows(None, 201), rows("all", 3000), rows("near", 3)] == [0, 1, 0, 1]
    declared = study(TREE, levels=["indicators"])
    (notice,) = pair_notices(declared, 3000, 7)
    assert notice.startswith("[U-NEAR]") and "pairs: all" in notice and "8,997,000" in notice


@pytest.mark.parametrize("units", [0, 1, 2, 5, 60])
def test_each_near_pair_is_there_once(units):
    first, second = near_places(units)
    assert (first < second).all() and len(set(zip(first.tolist(), second.tolist()))) == len(first)
    assert ((second - first <= PLACES) | (second < HEAD)).all()
    assert len(first) == sum(1 for i in range(units) for j in range(i + 1, units) if j - i <= PLACES or j < HEAD)
