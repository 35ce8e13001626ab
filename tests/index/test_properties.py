"""Properties of the whole index, on panels and designs that hypothesis picks."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from hqd_index.errors import EstimationError
from hqd_index.index.build import compute
from hqd_index.index.index_tables import build_index
from hqd_index.index.scoring_plan import scoring_plan

from .small import names, panel, study

EXACT = 1e-8
"""On a 0-100 scale; hypothesis picks cells up to 1e4 apart, whose min-max loses four digits of sixteen."""

TREE = {"top": {"left": ["x", "y"], "right": ["z", "w"]}}
LEVELS = ["indicators", "parts"]
UNITS, YEARS = list("abcde"), [2020, 2021]
LEAVES = ["x", "y", "z", "w"]

# cells on a grid of 1/16: exact in binary, so that a scaled or shifted column has the same ties as the column itself
cell = st.integers(0, 400).map(lambda k: k / 16)
column = st.lists(cell, min_size=10, max_size=10)
sheets = st.fixed_dictionaries(dict.fromkeys(LEAVES, column))
weights = st.sampled_from(["equal", "entropy", "critic", "std"])
means = st.sampled_from(["arithmetic", "geometric"])
signs = st.sampled_from([1, -1])


def design(weight="equal", mean="arithmetic", directions=None, tree=TREE, **more):
    weighting = {
        "weight": {"indicators": {"method": weight}, "parts": {"method": "equal"}},
        "aggregate": {"indicators": {"method": mean}, "parts": {"method": "arithmetic"}},
        "coverage": {"min_children": 1, "rank_from": 0},
    }
    return study(tree, levels=LEVELS, weighting=weighting | more, directions=directions)


def index_of(declared, sheet, units):
    try:
        return build_index(declared, panel(sheet, units=units, years=YEARS), names(sorted(units)))
    except EstimationError:  # a family without any value that varies has no score, which tests of their own hold
        reject()


def scores(declared, sheet, units=UNITS):
    index = index_of(declared, sheet, units)
    return index.scores.set_index(["node", "year", "unit"]).sort_index()


@settings(max_examples=25, deadline=None)
@given(sheets, weights, means, st.sampled_from([0.25, 8.0]), st.integers(-64, 64), signs)
def test_units_of_measurement_do_not_matter_under_minmax(sheet, weight, mean, factor, shift, sign):
    """A power of two and a shift on the grid are exact; a negative factor with the direction turned is another unit too."""
    one = scores(design(weight, mean), sheet)["score"]
    scaled = sheet | {"x": [sign * factor * value + shift for value in sheet["x"]]}
    other = scores(design(weight, mean, directions={"x": sign}), scaled)["score"]
    assert other.to_numpy() == pytest.approx(one.to_numpy(), abs=EXACT, nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(sheets, weights, st.sampled_from(LEAVES), st.integers(0, 9), st.floats(0.01, 50), signs)
def test_raising_a_positive_indicator_never_lowers_a_score(sheet, weight, leaf, place, rise, sign):
    """Bounds and weights held at those of the sheet, as leave-out holds them."""
    declared = design(weight, directions={leaf: sign})
    made = scoring_plan(declared, YEARS, [""] * len(UNITS))
    values = np.stack([np.array(sheet[leaf]).reshape(2, 5) for leaf in made.leaves], axis=-1)
    base = compute(made, values)
    raised = values.copy()
    raised[place // 5, place % 5, made.leaves.index(leaf)] += sign * rise
    other = compute(made, raised, base=base)
    for node in ("left", "right", "top"):
        change = np.nan_to_num(other.scores[node] - base.scores[node])
        assert change.min() >= -EXACT / 100
        assert np.count_nonzero(np.abs(change) > EXACT / 100) <= 1


@settings(max_examples=25, deadline=None)
@given(sheets, weights, means, st.permutations(range(5)), st.permutations(LEAVES))
def test_permuting_units_and_indicators_permutes_results(sheet, weight, mean, order, leaves):
    one = scores(design(weight, mean), sheet)
    places = [year * 5 + unit for year, unit in product(range(2), order)]
    moved = {leaf: [sheet[leaf][place] for place in places] for leaf in leaves}
    other = scores(design(weight, mean), moved, units=[UNITS[unit] for unit in order])
    pd.testing.assert_frame_equal(one[["score", "rank"]], other[["score", "rank"]], check_exact=True)
    tree = {"top": {part: [leaf for leaf in leaves if leaf in inside] for part, inside in TREE["top"].items()}}
    turned = scores(design(weight, mean, tree=tree), sheet)
    assert turned["score"].to_numpy() == pytest.approx(one["score"].to_numpy(), abs=EXACT, nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(sheets, weights, means, cell)
def test_dropping_a_constant_indicator_changes_no_rank(sheet, weight, mean, value):
    with_it = scores(design(weight, mean), sheet | {"y": [value] * 10})
    tree = {"top": {"left": ["x"], "right": ["z", "w"]}}
    without = scores(design(weight, mean, tree=tree), {leaf: sheet[leaf] for leaf in "xzw"})
    pd.testing.assert_series_equal(with_it["rank"], without["rank"])
    assert with_it["score"].to_numpy() == pytest.approx(without["score"].to_numpy(), abs=EXACT, nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(sheets, st.sampled_from(["equal", "entropy", "critic", "std", "cv", "gini"]))
def test_shares_sum_to_one_and_scores_stay_on_the_scale(sheet, weight):
    declared = design(weight)
    index = index_of(declared, sheet, UNITS)
    families = index.weights.groupby("parent")["share_local"].agg(["min", "sum"])
    varies = [max(sheet[leaf]) > min(sheet[leaf]) for leaf in LEAVES]
    for part, present in {"left": any(varies[:2]), "right": any(varies[2:])}.items():
        assert families.loc[part, "min"] >= 0 and families.loc[part, "sum"] == pytest.approx(float(present))
    known = index.scores["score"].dropna()
    assert known.between(-EXACT, 100 + EXACT).all()
    assert index.weights["entropy"].dropna().between(0, 1).all()
