"""The indicators are what the data-generating process says, and the truth is what truth.json says."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.demo import Demo, generate
from hqd_index.demo.effects import FIRM_LEAVES, LEAF, LEAVES, UNAFFECTED_LEAVES
from hqd_index.demo.sectors import CODES, YEARS
from hqd_index.errors import ConfigError
from tests.demo.measured import KEY, slope, standardised_truth, within

# Sums of money are rounded to 50 yuan on 1e8 and more; table columns to six digits or to thousand dollars on 1e5 and more.
MONEY = 1e-4
PRODUCTS = 1e-6  # flows are rounded to a dollar on 1e7 and more, inputs of a firm to 50 yuan on 1e7 and more
BY_PRODUCT = ("adv1", "brd3", "cmp4", "upg1", "upg5")
OWN_TOLERANCE = 0.06  # five standard errors: own noise is 0.05 sd of noise, own effects are 0.1-0.25 sd, 372 cells
TRUTH_TOLERANCE = 0.02  # asked for at seed 1


def table(values: np.ndarray) -> pd.Series:
    return pd.Series(values.ravel(), index=pd.MultiIndex.from_product([CODES, YEARS], names=KEY))


def half_unit(demo: Demo, leaf: str, sample: str) -> pd.Series | float:
    """How much an indicator can miss its target by for its numerator being whole."""
    rows = demo.firms if sample == "all" else demo.firms[~demo.firms["srdi_any"]]
    sums = rows.groupby(KEY)[["employees", "revenue", "patents_total"]].sum()
    unit = {
        "inn2": 100 / sums["employees"],
        "inn3": 1e4 / sums["employees"],
        "inn5": 100 / sums["patents_total"],
        "brd1": 1e8 / sums["revenue"],
        "brd2": 100 / rows.groupby(KEY).size(),
        "cmp1": 1 / demo.industry.set_index(KEY)["n_subclass_total"],
        "brd4": 100 / demo.trade.set_index(KEY)["exports_usd"],
        "smo3": 0.01 / rows.groupby(KEY).size(),
        "inn2_pub": 0.01 / demo.industry.set_index(KEY)["employees_avg"],
        "inn3_pub": 1 / demo.industry.set_index(KEY)["employees_avg"],
    }.get(leaf, 0.0)
    return 0.5001 * unit


def counted(values: pd.Series, leaf: str) -> pd.Series:
    """An indicator as its target counts it: some from their first year on."""
    first = values.groupby("industry_code").transform("first")
    return values - first if LEAF[leaf].anchored else values


def exactness(leaf: str) -> float:
    return PRODUCTS if leaf in BY_PRODUCT else MONEY


@pytest.mark.parametrize("leaf", [leaf.id for leaf in LEAVES])
def test_leave_out_hits_its_target(demo, others, leaf):
    missed = (counted(others[leaf], leaf) - table(demo.targets.leave_out[leaf])).abs()
    assert (missed <= half_unit(demo, leaf, "leave_out") + exactness(leaf)).all(), missed.max()


@pytest.mark.parametrize("leaf", [leaf.id for leaf in LEAVES])
def test_all_stands_above_leave_out_by_the_gap_and_a_constant_of_the_industry(demo, everyone, others, leaf):
    gap = everyone[leaf] - others[leaf] - table(demo.targets.gap[leaf])
    premium = gap.groupby("industry_code").mean()
    missed = (gap - premium).abs()
    slack = half_unit(demo, leaf, "all") + half_unit(demo, leaf, "leave_out")
    # the mean over years carries rounding too, hence twice the slack
    assert (missed <= 2 * slack + exactness(leaf)).all(), missed.max()
    if leaf not in FIRM_LEAVES:
        assert (gap == 0).all()


def test_targets_are_linear_in_lagged_density(demo):
    density = demo.density["density_lag"].to_numpy().reshape(len(CODES), len(YEARS))
    for leaf in LEAVES:
        rest = demo.targets.smooth[leaf.id] - demo.truth["spill"][leaf.id] * density
        two_way = rest - rest.mean(axis=1, keepdims=True) - rest.mean(axis=0) + rest.mean()
        assert np.abs(two_way).max() < 1e-9 * np.abs(rest).max(), leaf.id


@pytest.mark.parametrize("leaf", ["inn1", "inn2", "upg1", "adv4", "adv5", "smo1", "smo2"])
def test_own_effect_is_recovered_from_the_difference_of_the_samples(demo, everyone, others, leaf):
    difference = everyone[leaf] - others[leaf]
    found = slope(difference, demo.density.set_index(KEY)["density_lag"])
    assert found == pytest.approx(demo.truth["own"][leaf], rel=3 * OWN_TOLERANCE if leaf[:3] == "smo" else OWN_TOLERANCE)


def test_standardised_truth_at_seed_1(demo, everyone):
    own, spill = demo.truth["own"], demo.truth["spill"]
    assert standardised_truth(demo, everyone, own) == pytest.approx(0.2, abs=TRUTH_TOLERANCE)
    assert standardised_truth(demo, everyone, spill) == pytest.approx(0.1, abs=TRUTH_TOLERANCE)
    both = {leaf: own[leaf] + spill[leaf] for leaf in own}
    assert standardised_truth(demo, everyone, both) == pytest.approx(0.3, abs=TRUTH_TOLERANCE)


def test_truth_names_every_indicator_and_says_what_density_does_not_move(demo, everyone, others):
    own, spill = demo.truth["own"], demo.truth["spill"]
    assert set(own) == set(spill) == set(everyone.columns)
    assert {leaf for leaf in spill if spill[leaf] == 0} == set(UNAFFECTED_LEAVES)
    assert {leaf for leaf in own if own[leaf] != 0} == set(FIRM_LEAVES)
    for leaf in UNAFFECTED_LEAVES:
        assert (everyone[leaf].dropna() == others[leaf].dropna()).all()


def test_density_is_that_of_the_firms(demo):
    rows = demo.firms.groupby(KEY)["srdi_valid"].agg(["sum", "size"])
    shown = demo.density.set_index(KEY)
    pd.testing.assert_series_equal(1000 * rows["sum"] / rows["size"], shown["density"], check_names=False)
    lagged = shown["density"].groupby("industry_code").shift().fillna(0.0)
    pd.testing.assert_series_equal(lagged, shown["density_lag"], check_names=False)


def test_density_varies_within_every_industry_alike(demo):
    moves = within(demo.density.set_index(KEY)["density_lag"])
    leverage = (moves**2).sum(axis=1) / (moves**2).sum()
    assert leverage.max() < 0.15  # 1/31 if quite even; inference by industry needs no few to carry it all


def test_no_spillover_means_none():
    alone = generate(2, own_effect=0.2, spillover=0.0)
    assert set(alone.truth["spill"].values()) == {0.0}
    assert alone.truth["own"]["inn1"] > 0 > alone.truth["own"]["smo2"]


@pytest.mark.parametrize(
    "asked", [{"firms": 200}, {"own_effect": -0.1}, {"own_effect": 0.5, "spillover": 0.4}, {"own_effect": 0.55, "spillover": 0.0}]
)
def test_an_economy_that_cannot_exist_is_refused(asked):
    with pytest.raises(ConfigError):
        generate(1, **asked)
