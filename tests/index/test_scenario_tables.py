"""Scenarios beside the base, by hand."""

import numpy as np
import pytest
from scipy import stats

from hqd_index.index.index_tables import build_index
from hqd_index.index.scenario_tables import scenarios
from hqd_index.tables import check

from .small import names, panel, study

TREE = {"top": ["x", "y", "z"]}
UNITS = list("abcd")
# min-max cells a (1, 0, .5), b (.6, .6, 1), c (0, 1, 0), d (.3, .2, .2): means .5, .733, .333, .233
SHEET = {"x": [10.0, 6, 0, 3], "y": [0.0, 6, 10, 2], "z": [5.0, 10, 0, 2]}
LABEL = {"zh": "一", "en": "one"}
ONLY = {
    leaf: {"weighting.weight.indicators": {"method": "given", "shares": {k: float(k == leaf) for k in "xyz"}}} for leaf in "xy"
}


def compared(changes, sheet=SHEET, years=(2020,)):
    declared = study(TREE, levels=["indicators"], scenarios={id: {"label": LABEL, "changes": c} for id, c in changes.items()})
    rows = panel(sheet, units=UNITS, years=list(years))
    return scenarios(declared, rows, names(UNITS), build_index(declared, rows, names(UNITS)))


def test_ranks_shifts_and_agreement_by_hand():
    """Base 2 1 3 4; x alone 1 2 4 3, one place each: rho = 1 - 6 x 4 / 60 = .6, two of six pairs turned: tau = 1 / 3.

    y alone 4 2 1 3: shifts 2, 1, 2, 1, rho = 1 - 6 x 10 / 60 = 0, and three of six pairs turned: tau = 0.
    """
    found = compared(ONLY)
    by_x = found.scenarios.query("scenario == 'x'").set_index("unit")
    assert by_x["rank"].to_dict() == {"a": 1, "b": 2, "c": 4, "d": 3}
    assert by_x["shift"].to_dict() == {"a": 1, "b": -1, "c": -1, "d": 1}
    told = found.agreement.set_index("scenario")
    assert told.loc["x", ["mean_shift", "max_shift", "spearman", "kendall"]].tolist() == pytest.approx([1, 1, 0.6, 1 / 3])
    assert told.loc["y", ["mean_shift", "max_shift", "spearman", "kendall"]].tolist() == pytest.approx([1.5, 2, 0, 0])
    ranges = found.ranges.set_index("unit")
    assert ranges[["base_rank", "best", "worst", "mean", "scenarios"]].loc["a"].tolist() == [2, 1, 4, 2.5, 2]
    check("scenario_agreement", found.agreement)
    check("scenario_ranges", found.ranges)


def test_another_root_is_compared_with_the_root():
    found = compared({"other": {"indicators.tree": {"whole": ["x", "y", "z"]}}})
    assert found.scenarios["shift"].eq(0).all() and found.agreement["spearman"].tolist() == pytest.approx([1])
    assert found.ranges["scenarios"].tolist() == [1, 1, 1, 1]


def test_kendall_has_ties_as_tau_b():
    tied = {"x": [1.0, 1, 0, 2], "y": [3.0, 1, 1, 1], "z": [0.0, 2, 1, 5]}
    rows = compared({"x": ONLY["x"]}, tied).scenarios
    tau = compared({"x": ONLY["x"]}, tied).agreement["kendall"].item()
    assert tau == pytest.approx(stats.kendalltau(rows["rank"], rows["base_rank"], variant="b").statistic)
    assert rows["rank"].duplicated().any()


def test_too_few_ranked_units_have_no_correlation():
    sheet = {leaf: [values[0], np.nan, values[2], np.nan, *values] for leaf, values in SHEET.items()}
    told = compared(ONLY, sheet, (2020, 2021)).agreement.set_index(["scenario", "year"])
    assert told.loc[("x", 2020), "ranked"] == 2 and np.isnan(told.loc[("x", 2020), "kendall"])
    assert np.isfinite(told.loc[("x", 2021), "kendall"])


def test_no_scenario_gives_headers():
    found = compared({})
    assert check("scenario_agreement", found.agreement).empty and check("scenario_ranges", found.ranges).empty
    assert check("scenarios", found.scenarios).empty
