"""The index against a sheet worked by hand, and its behaviour where data are missing or degenerate."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.index.index_tables import build_index

from .small import names, panel, study

EXACT = 1e-12
"""On a 0-100 scale: a few roundings of numbers below 100."""

UNITS = ["a", "b", "c"]
TREE = {"top": {"left": ["x", "y"], "right": ["z", "w"]}}
LEVELS = ["indicators", "parts"]

# By hand: x = 0, 5, 10 -> 0, .5, 1; y (less is better) = 4, 2, 0 -> 0, .5, 1; z = 1, 3, 2 -> 0, 1, .5; w = 8, 8, 9 -> 0, 0, 1
SHEET = {"x": [0.0, 5, 10], "y": [4.0, 2, 0], "z": [1.0, 3, 2], "w": [8.0, 8, 9]}


def built(weighting=None, sheet=SHEET):
    design = study(TREE, levels=LEVELS, weighting=weighting, directions={"y": -1})
    units = ["a", "b", "c", "d"][: len(sheet["x"])]
    return build_index(design, panel(sheet, units=units, years=[2020]), names(units))


def score(index, node, unit="a", sample="all", year=2020):
    rows = index.scores
    at = (rows["node"] == node) & (rows["unit"] == unit) & (rows["sample"] == sample) & (rows["year"] == year)
    return rows.loc[at, "score"].item()


def test_equal_weights_by_hand():
    index = built()
    assert [score(index, "left", u) for u in UNITS] == pytest.approx([0, 50, 100], abs=EXACT)
    assert [score(index, "right", u) for u in UNITS] == pytest.approx([0, 50, 75], abs=EXACT)
    assert [score(index, "top", u) for u in UNITS] == pytest.approx([0, 50, 87.5], abs=EXACT)
    top = index.scores.query("node == 'top'").set_index("unit")
    assert top["rank"].to_dict() == {"a": 3, "b": 2, "c": 1}


def test_entropy_weights_by_hand():
    """z: p = (0, 2/3, 1/3); w: p = (0, 0, 1) so e = 0, d = 1 (closed form)."""
    index = built({"weight": {"indicators": {"method": "entropy"}, "parts": {"method": "equal"}}})
    e_z = -(2 / 3 * np.log(2 / 3) + 1 / 3 * np.log(1 / 3)) / np.log(3)
    share_z = (1 - e_z) / (2 - e_z)
    table = index.weights.set_index("node")
    assert table.loc["z", "entropy"] == pytest.approx(e_z, abs=EXACT)
    assert table.loc["z", "share_local"] == pytest.approx(share_z, abs=EXACT)
    assert table.loc["w", "note"] == "I-SPIKE"
    assert table.loc["z", "share_global"] == pytest.approx(share_z / 2, abs=EXACT)
    assert score(index, "right", "b") == pytest.approx(100 * share_z, abs=EXACT)


def test_shares_sum_to_one_per_family_and_effective_shares_to_one():
    index = built({"weight": {"indicators": {"method": "entropy"}, "parts": {"method": "entropy"}}})
    assert index.weights.groupby("parent")["share_local"].sum().tolist() == pytest.approx([1, 1, 1], abs=EXACT)
    leaves = index.weights[index.weights["level"] == "indicators"]
    assert leaves["effective"].sum() == pytest.approx(1, abs=1e-9)


def test_flat_weights_carry_up_the_tree():
    """With flat equal weights of 4 leaves the score is their plain mean."""
    index = built({"weight": {"leaves": {"method": "equal"}}})
    assert [score(index, "top", u) for u in UNITS] == pytest.approx([0, 50, 87.5], abs=EXACT)
    three = study({"top": {"left": ["x"], "right": ["z", "w", "y"]}}, levels=LEVELS, directions={"y": -1},
                  weighting={"weight": {"leaves": {"method": "equal"}}, "coverage": {"min_children": 1}})  # fmt: skip
    index = build_index(three, panel(SHEET, units=UNITS, years=[2020]), names(UNITS))
    assert score(index, "top", "c") == pytest.approx(100 * (1 + 0.5 + 1 + 1) / 4, abs=EXACT)
    assert index.weights.set_index("node").loc["left", "share_local"] == pytest.approx(1 / 4, abs=EXACT)


def test_a_missing_cell_hands_its_weight_on_and_lowers_coverage():
    sheet = {"x": [np.nan, 0, 5, 10], "y": [4.0, 2, 0, 0], "z": [1.0, 3, 2, 2], "w": [1.0, 2, 3, 3]}
    index = built({"coverage": {"min_children": 1, "rank_from": 0.8}}, sheet)
    assert score(index, "left", "a") == pytest.approx(0, abs=EXACT)  # y alone
    top = index.scores.query("node == 'top'").set_index("unit")
    assert top.loc["a", "coverage"] == pytest.approx(0.75, abs=EXACT)
    assert pd.isna(top.loc["a", "rank"]) and top.loc["a", "flag"] == "low_coverage"
    assert top.loc["b", "ranked_of"] == 3


def test_too_few_children_make_no_score():
    sheet = {"x": [np.nan, 0, 5, 10], "y": [4.0, 2, 0, 0], "z": [1.0, 3, 2, 2], "w": [1.0, 2, 3, 3]}
    index = built({"coverage": {"min_children": 2}}, sheet)
    assert np.isnan(score(index, "left", "a")) and np.isnan(score(index, "top", "a"))
    assert index.scores.query("unit == 'a' and node == 'left'")["flag"].item() == "too_few_children"


def test_a_constant_column_is_removed_not_spread():
    index = built({"coverage": {"min_children": 1}}, SHEET | {"w": [7.0, 7, 7]})
    assert [score(index, "right", u) for u in UNITS] == pytest.approx([0, 100, 50], abs=EXACT)
    assert index.weights.set_index("node").loc["w", "note"] == "I-CONST"


def test_leave_out_keeps_bounds_and_weights_of_the_whole():
    """The leave-out panel is scored on the scale of `all`: values above its maximum exceed 100."""
    design = study(
        TREE,
        levels=LEVELS,
        directions={"y": -1},
        weighting={"weight": {"indicators": {"method": "entropy"}, "parts": {"method": "equal"}}},
    )
    whole = panel(SHEET, units=UNITS, years=[2020])
    left = panel({k: [v + 1 for v in values] for k, values in SHEET.items()}, units=UNITS, years=[2020], sample="leave_out")
    index = build_index(design, pd.concat([whole, left]), names(UNITS))
    shift_left = -100 * (
        1 / 10 * index.weights.set_index("node").loc["x", "share_local"]
        - 1 / 4 * index.weights.set_index("node").loc["y", "share_local"]
    )
    difference = score(index, "left", "b") - score(index, "left", "b", sample="leave_out")
    assert difference == pytest.approx(shift_left, abs=1e-10)


def test_each_year_and_windows_use_their_rows():
    sheet = {k: v + [10 * x + 1 for x in v] for k, v in SHEET.items()}
    rows = panel(sheet, units=UNITS, years=[2020, 2021])
    each = study(TREE, levels=LEVELS, directions={"y": -1}, weighting={"normalise": {"method": "minmax", "over": "each_year"}})
    index = build_index(each, rows, names(UNITS))
    assert score(index, "top", "c", year=2021) == pytest.approx(score(index, "top", "c", year=2020), abs=EXACT)
    base = study(TREE, levels=LEVELS, directions={"y": -1}, weighting={"normalise": {"method": "minmax", "over": [2020, 2020]}})
    assert score(build_index(base, rows, names(UNITS)), "left", "c", year=2020) == pytest.approx(100, abs=EXACT)
    assert score(build_index(base, rows, names(UNITS)), "left", "c", year=2021) > 100


@pytest.mark.parametrize("to", [[1, 100], [0.01, 1]])
def test_geometric_scores_on_1_to_100_stay_there(to):
    """The worst of all cells scores 1, the best 100; (1, 50.5) within a part has the mean sqrt(50.5)."""
    means = {"indicators": {"method": "geometric"}, "parts": {"method": "geometric"}}
    sheet = {"x": [0.0, 0, 10], "y": [4.0, 2, 0], "z": [1.0, 2, 3], "w": [1.0, 2, 3]}
    index = built({"normalise": {"method": "minmax", "to": to}, "aggregate": means}, sheet)
    assert [score(index, "left", u) for u in UNITS] == pytest.approx([1, np.sqrt(50.5), 100], abs=EXACT)
    assert index.scores["score"].between(1 - EXACT, 100 + EXACT).all()
    assert index.scores["flag"].eq("").all()


def test_row_order_changes_nothing():
    rows = panel(SHEET, units=UNITS, years=[2020])
    design = study(TREE, levels=LEVELS, directions={"y": -1})
    one, other = (build_index(design, frame, names(UNITS)) for frame in (rows, rows.iloc[::-1]))
    pd.testing.assert_frame_equal(one.scores, other.scores, check_exact=True)
