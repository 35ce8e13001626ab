"""What each weighting says of itself in the diagnostics: every case that the methods page decides is told."""

import numpy as np
import pytest

from hqd_index.errors import EstimationError
from hqd_index.index.diagnostics.diagnostics_table import diagnostics
from hqd_index.index.index_tables import build_index

from .small import names, panel, study

EXACT = 1e-9
LEAVES = ("x", "y", "z")
UNITS = [f"u{k:02d}" for k in range(12)]
TWINS = {"x": [float(k) for k in range(12)], "y": [2.0 * k for k in range(12)], "z": [float(k % 5) for k in range(12)]}


def told(weight, sheet, years=(2020,)):
    """quantity (with its child) -> (value, flag) of item `weighing`."""
    declared = study({"top": list(LEAVES)}, levels=["indicators"], weighting={"weight": {"indicators": weight}})
    units = UNITS[: len(sheet["x"]) // len(years)]
    index = build_index(declared, panel(sheet, units=units, years=list(years)), names(units))
    rows = diagnostics(declared, index)["diagnostics"].query("item == 'weighing'")
    assert rows["note_zh"].astype(bool).eq(rows["flag"].astype(bool)).all()
    return {
        " ".join(filter(None, key)): (value, flag) for *key, value, flag in rows[["quantity", "other", "value", "flag"]].values
    }


def test_ahp_publishes_its_ratio_and_the_table_it_used():
    found = told({"method": "ahp", "matrices": {"top": {"order": list(LEAVES), "upper": [[3, 5], [3]]}}}, TWINS)
    assert found["random_index"] == (0.58, "")
    assert found["consistency_ratio"][0] == pytest.approx(0.0332, abs=5e-5)
    allowed = {"top": {"order": list(LEAVES), "upper": [[3, 0.2], [3]]}}
    found = told({"method": "ahp", "matrices": allowed, "allow_inconsistent": True}, TWINS)
    assert found["consistency_ratio"][0] > 0.1 and found["consistency_ratio"][1] == "I-CR"


def test_bod_counts_those_it_cannot_tell_apart():
    """Two pure units and one above neither: three stand on the frontier, the fourth row has a gap."""
    sheet = {"x": [1.0, 0, 0, 0.2, np.nan], "y": [0.0, 1, 0, 0.2, 0.5], "z": [0.0, 0, 1, 0.2, 0.5]}
    found = told({"method": "bod"}, sheet)
    assert found["rows_at_1"] == (3, "I-FRONTIER")
    assert found["complete_rows"] == (pytest.approx(0.8), "I-INCOMPLETE")


def test_targets_that_twins_cannot_reach_are_named():
    """x and y are one column, so their importance is one: .6 against .1 cannot be had."""
    found = told({"method": "target", "targets": {"x": 0.6, "y": 0.1, "z": 0.3}}, TWINS)
    assert found["target x"] == (pytest.approx(0.6), "")
    assert found["importance_share x"][0] == pytest.approx(found["importance_share y"][0], abs=EXACT)
    assert found["importance_share x"][1] == found["importance_share y"][1] == "I-TARGET"
    reached = told({"method": "target", "targets": {"x": 0.35, "y": 0.35, "z": 0.3}}, TWINS)
    assert {flag for name, (_, flag) in reached.items() if name.startswith("importance_share")} == {""}


def test_a_negative_part_of_the_game_is_told_with_its_sign():
    """w = (.5 .3 .2), (.2 .3 .5), (.1 .6 .3): alpha = (25, -1, 39) / 54."""
    parts = [
        {"method": "given", "shares": dict(zip(LEAVES, shares))} for shares in ((0.5, 0.3, 0.2), (0.2, 0.3, 0.5), (0.1, 0.6, 0.3))
    ]
    found = told({"method": "combine", "by": "game", "of": parts}, TWINS)
    assert [found[f"alpha_{k}"] for k in (1, 2, 3)] == [
        (pytest.approx(25 / 54), ""), (pytest.approx(-1 / 54), "I-GAME"), (pytest.approx(39 / 54), ""),
    ]  # fmt: skip


def test_a_part_of_a_combination_speaks_too():
    ahp = {"method": "ahp", "matrices": {"top": {"order": list(LEAVES), "upper": [[3, 5], [3]]}}}
    found = told({"method": "combine", "by": "product", "of": [{"method": "entropy"}, ahp]}, TWINS)
    assert found["part_2_ahp_random_index"] == (0.58, "")


def test_components_of_too_few_dimensions_are_told():
    found = told({"method": "pca"}, TWINS)  # x and y are one column
    assert found["rank"] == (2, "I-RANK")
    assert found["components"][0] in (1, 2) and 0 < found["explained"][0] <= 1
    sound = TWINS | {"y": [float(k * k % 7) for k in range(12)]}
    assert told({"method": "pca"}, sound)["rank"] == (3, "")
    with pytest.raises(EstimationError, match="follow exactly from the others"):  # no likelihood
        told({"method": "factor"}, TWINS)


def test_few_rows_and_a_single_year_are_told():
    short = {leaf: column[:9] for leaf, column in TWINS.items()}
    assert told({"method": "entropy"}, short)["rows"] == (9, "I-ROWS")
    assert told({"method": "entropy"}, TWINS)["rows"] == (12, "")
    assert "rows" not in told({"method": "equal"}, short)
    assert told({"method": "scatter"}, TWINS)["years"] == (1, "I-ONE-YEAR")
    assert "years" not in told({"method": "scatter"}, TWINS, years=(2020, 2021, 2022))
    by_year = told({"method": "entropy", "over": "each_year"}, TWINS, years=(2020, 2021, 2022))
    assert by_year["rows_2021"] == (4, "I-ROWS")
