"""Tables of uncertainty: ranks by hand on a few units, the same bytes in any row order, and what happens at the edges."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import ConfigError, EstimationError
from hqd_index.index.index_tables import build_index
from hqd_index.index.uncertainty.factor_sensitivity import _with_notes
from hqd_index.index.uncertainty.rank_uncertainty import FirmDraws, random_stream, uncertainty
from hqd_index.tables import TABLES, check

from .small import names, panel, study

TREE = {"top": ["x", "y", "z"]}
LEVELS = ["indicators"]
UNITS = list("abcd")
# z-scores aside, min-max cells: a (1, 0, .5), b (.6, .6, 1), c (0, 1, 0), d (.3, .2, .2)
SHEET = {"x": [10.0, 6, 0, 3], "y": [0.0, 6, 10, 2], "z": [5.0, 10, 0, 2]}


def tables(sheet=SHEET, *, units=UNITS, years=(2020,), seed=1, weighting=None, firms=None, rows=None, **settings):
    declared = study(TREE, levels=LEVELS, weighting=weighting, uncertainty=settings, seed=seed)
    values = panel(sheet, units=list(units), years=list(years)) if rows is None else rows
    return uncertainty(declared, values, names(sorted(values["unit"].unique())), firms)


def drawn(sheet=SHEET, draws=20, spread=0.5, seed=7):
    random = np.random.default_rng(seed)
    values = np.stack([np.array(sheet[leaf])[None] + spread * random.normal(size=(draws, 4)) for leaf in ("x", "y")], axis=-1)
    return FirmDraws(values[:, None], (2020,), tuple(UNITS), ("x", "y"))


def test_designs_by_hand():
    """Base means .5, .733, .333, .233; without x .25 .8 .5 .2; without y .75 .8 0 .25; without z .5 .6 .5 .25 (a ties with c)."""
    found = tables(leave_out=["indicators"], weights=None)
    ranks = found["ranks"].set_index("unit")
    assert ranks["rank"].to_dict() == {"a": 2, "b": 1, "c": 3, "d": 4}
    assert ranks["best_design"].to_dict() == {"a": 2, "b": 1, "c": 2, "d": 3}
    assert ranks["worst_design"].to_dict() == {"a": 3, "b": 1, "c": 4, "d": 4}
    designs = found["designs"].set_index("label")
    assert designs["mean_shift"].to_dict() == {"base": 0, "leave_out=x": 0.5, "leave_out=y": 0.5, "leave_out=z": 0.25}
    scores = found["design_scores"].set_index("unit")
    assert scores.loc["d", "2"] == pytest.approx(25, abs=1e-9) and scores.loc["a", "3"] == pytest.approx(50, abs=1e-9)


def test_neighbours_by_hand():
    """b is first in every design; a is above c but for the draws without x, or without z where they tie."""
    found = tables(leave_out=["indicators"], weights=None, draws=4000)
    near = found["neighbours"].set_index("place")
    assert near["unit"].tolist() == ["b", "a", "c"] and near["other"].tolist() == ["a", "c", "d"]
    assert near.loc[1, "share"] == 1 and near.loc[1, "apart"]
    assert near.loc[2, "share"] == pytest.approx(0.5, abs=5 * np.sqrt(0.25 / 4000)) and not near.loc[2, "apart"]
    pairs = found["pairs"].set_index(["unit", "other"])["share"]
    assert pairs["c", "a"] == pytest.approx(0.25, abs=5 * np.sqrt(3 / 16 / 4000))
    taken = found["acceptability"].set_index(["unit", "rank"])["share"]
    assert taken["b", 1] == 1 and taken["a", 3] == pytest.approx(pairs["c", "a"])


def test_published_ranks_are_those_of_the_scores_table():
    """A unit too thinly covered to be ranked there has no rank, no interval and no place among the others here either."""
    sheet = {"x": [10.0, 6, 0, 3], "y": [np.nan, 6, 10, 2], "z": [5.0, 10, 0, 2]}
    weighting = {"coverage": {"min_children": 1, "rank_from": 0.8}}
    declared = study(TREE, levels=LEVELS, weighting=weighting)
    values = panel(sheet, units=UNITS, years=[2020])
    scores = build_index(declared, values, names(UNITS)).scores.query("node == 'top'").set_index("unit")["rank"]
    found = uncertainty(declared, values, names(UNITS), None)
    ranks = found["ranks"].set_index("unit")
    assert np.isnan(scores["a"]) and ranks["rank"].equals(scores)
    assert ranks.loc["a", ["low", "high", "best_design", "weights_low"]].isna().all()
    assert ranks["worst_design"].max() == 3
    assert "a" not in set(found["pairs"]["unit"]) | set(found["neighbours"]["unit"]) | set(found["acceptability"]["unit"])


def test_rank_sets_and_intervals_hold_the_published_rank():
    found = tables(firms=drawn(), leave_out=["indicators"])
    ranks = found["ranks"]
    for low, high in (("set_low", "set_high"), ("set_all_low", "set_all_high")):
        assert ((ranks[low] <= ranks["rank"]) & (ranks["rank"] <= ranks[high])).all()
    assert ((ranks["set_all_low"] <= ranks["set_low"]) & (ranks["set_high"] <= ranks["set_all_high"])).all()
    assert set(found["uncertainty"]["source"]) == {"data", "design", "weights", "all"}
    assert set(found["uncertainty_summary"]["source"]) == {"data", "design", "weights", "all"}


def test_every_table_keeps_its_contract():
    found = tables(firms=drawn(), leave_out=["indicators"], alternatives={"weighting.normalise": [{"method": "zscore"}]})
    for name, frame in found.items():
        if name in TABLES:
            assert len(check(name, frame)) == len(frame), name


def test_row_order_changes_no_byte_and_the_seed_changes_numbers():
    rows = panel(SHEET, units=UNITS, years=[2020])
    settings = {"firms": drawn(), "leave_out": ["indicators"]}
    one, other = tables(rows=rows, **settings), tables(rows=rows.sample(frac=1, random_state=3), **settings)
    for name in one:
        pd.testing.assert_frame_equal(one[name], other[name], check_exact=True)
    reseeded = tables(rows=rows, seed=2, **settings)
    assert not one["pairs"]["share"].equals(reseeded["pairs"]["share"])
    assert one["designs"].equals(reseeded["designs"])  # nothing random in the designs themselves


def test_streams_differ_by_purpose_and_seed():
    first = [random_stream(study(TREE, levels=LEVELS, seed=seed), name).random() for seed in (1, 2) for name in ("a", "b")]
    assert len(set(first)) == 4


def test_sensitivity_finds_the_only_choice_that_matters():
    """One unit leads by far on x alone: taking logs changes ranks, equal shares given instead of found change nothing."""
    sheet = {"x": [100.0, 3, 2, 1], "y": [1.0, 5, 6, 7], "z": [5.0, 5.1, 5.2, 6]}
    same = {"method": "given", "shares": {"x": 1 / 3, "y": 1 / 3, "z": 1 / 3}}
    alternatives = {"weighting.treat": [{"method": "log"}], "weighting.weight.indicators": [same]}
    found = tables(sheet, alternatives=alternatives, weights=None, leave_out=[], weighting={})["sensitivity"]
    shift = found[found["output"] == "mean_shift"].set_index("factor")
    assert shift["total"].to_dict() == pytest.approx({"treat": 1, "weight.indicators": 0}, abs=1e-9)
    assert shift["place"].to_dict() == {"treat": 1, "weight.indicators": 2}
    assert shift.loc["treat", "factor_en"] == "treatment of outliers"
    still = found[found["total"].isna()]
    assert set(still["note_en"]) == {"the rank never changes"}
    said = "the choice that moves ranks most is treatment of outliers: total index (95% interval) 1.00 ("
    assert shift.loc["treat", "note_en"].startswith(said)
    assert shift.loc["weight.indicators", "note_en"] == ""


def test_ranks_without_each_node_are_those_of_a_tree_without_it():
    found = tables(leave_out=["indicators"])["left_out"]
    assert set(found["node"]) <= {"x", "y", "z"} and len(found) == 4 * found["node"].nunique()
    smaller = study({"top": ["x", "z"]}, levels=LEVELS)
    scores = build_index(smaller, panel({k: SHEET[k] for k in "xz"}, units=UNITS, years=[2020]), names(UNITS)).scores
    alone = scores.query("node == 'top'").set_index("unit")["rank"]
    without = found.query("node == 'y'").set_index("unit")
    assert without["rank"].to_dict() == alone.to_dict()
    assert without["shift"].equals(without["base_rank"] - without["rank"])


def test_being_among_the_first_is_counted_over_the_draws():
    found = tables(leave_out=["indicators"])
    top = found["uncertainty"].query("source == 'all' and quantity == 'top_3'").set_index("unit")["value"]
    taken = found["acceptability"].query("rank <= 3").groupby("unit")["share"].sum()
    assert top.to_dict() == pytest.approx(taken.reindex(top.index).fillna(0).to_dict(), abs=1e-12)


def test_a_method_that_the_data_refuse_is_told_with_its_design():
    with pytest.raises(EstimationError, match="design treat=log: x, y, z: log needs"):
        tables(alternatives={"weighting.treat": [{"method": "log"}]}, leave_out=[])


def test_an_output_that_some_design_does_not_rank_has_no_index():
    """Without x, c has one cell of two: no score; its own rank has no index, the mean shift has."""
    sheet = {"x": [10.0, 6, 0, 3], "y": [0.0, 6, np.nan, 2], "z": [5.0, 10, np.nan, 2]}
    weighting = {"coverage": {"min_children": 1, "rank_from": 0}}
    found = tables(sheet, weighting=weighting, leave_out=["indicators"])["sensitivity"]
    told = found.set_index("output")["note_en"]
    assert set(told["rank:c"]) == {"some design gives no rank"}
    assert found.set_index("output").loc["mean_shift", "total"].notna().all()


def test_slow_methods_are_refused_by_name_above_200_firm_draws():
    slow = {"weight": {"indicators": {"method": "pca"}}}
    assert tables(weighting=slow, firms=drawn(draws=5), leave_out=[])["ranks"]["rank"].notna().all()
    with pytest.raises(ConfigError, match=r"weight pca: computed draw by draw.*firms: \{draws: 200\}"):
        tables(weighting=slow, firms=drawn(draws=201), leave_out=[])
    assert len(tables(firms=drawn(draws=201), leave_out=[])["ranks"]) == 4


@pytest.mark.parametrize("column", [[10.0], [np.nan] * 4, [1.0] * 4])
def test_studies_without_any_score_end_in_a_sentence(column):
    """One unit (nothing to normalise by), nothing but gaps, nothing but constants."""
    with pytest.raises(EstimationError, match="has no score"):
        tables(dict.fromkeys(SHEET, column), units=UNITS[: len(column)], leave_out=["indicators"])


def test_the_last_year_is_the_last_that_is_ranked():
    sheet = {leaf: values + [np.nan] * 4 for leaf, values in SHEET.items()}
    found = tables(sheet, years=(2020, 2021), leave_out=["indicators"])
    assert {*found["pairs"]["year"], *found["acceptability"]["year"], *found["uncertainty_summary"]["year"]} == {2020}


def test_only_base_without_any_source():
    found = tables(weights=None, leave_out=[])
    assert found["ranks"]["low"].equals(found["ranks"]["rank"]) and found["sensitivity"].empty
    assert found["uncertainty_summary"].set_index(["source", "quantity"]).loc[("all", "stable_pairs"), "value"] == 1


def test_a_negative_first_order_index_within_its_interval_is_explained():
    low, high = [-0.02, -0.5, 0.4], [0.01, -0.1, 0.6]
    frame = pd.DataFrame(
        {"output": "rank:a", "factor_zh": "甲", "factor_en": "one", "first": low, "first_high": high, "place": 2}
    )
    told = _with_notes(frame.assign(total=0.5, total_low=0.1, total_high=0.9), [], {"rank:a"})["note_en"]
    assert told.str.startswith("a first-order index below 0").tolist() == [True, False, False]


def test_splittable_designs_by_hand():
    """x and y come from firms: on firms never recognised, in the bounds of all, .8 and .4 make 60; without x 40, without z 60."""
    declared = study(TREE, levels=LEVELS, uncertainty={"leave_out": ["indicators"], "weights": None})
    leaves = declared.indicators.indicators
    firms = {leaf: leaves[leaf].model_copy(update={"table": "firms"}) for leaf in ("x", "y")}
    indicators = declared.indicators.model_copy(update={"indicators": leaves | firms})
    declared = declared.model_copy(update={"indicators": indicators})
    never = panel({"x": [8.0] * 4, "y": [4.0] * 4, "z": SHEET["z"]}, units=UNITS, years=[2020], sample="leave_out")
    every = panel(SHEET, units=UNITS, years=[2020])
    found = uncertainty(declared, pd.concat([every, never]), names(UNITS), None)
    labels = found["designs"].set_index("design")["label"]
    scores = found["splittable_scores"].drop(columns=["unit", "year"]).agg(["min", "max"]).T.set_axis(labels, axis=0)
    known = {"base": 60.0, "leave_out=x": 40.0, "leave_out=y": 80.0, "leave_out=z": 60.0}
    assert scores["min"].to_dict() == pytest.approx(known) and scores["max"].to_dict() == pytest.approx(known)
    assert uncertainty(declared, every, names(UNITS), None)["splittable_scores"].empty
