"""Chokepoint rules on a table made by hand, year by year."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.links.chokepoints import chokepoint_verdicts, industry_codes, lasting_verdicts, with_centrality
from hqd_index.study.records import Chokepoint

GEODEP = Chokepoint()


def product(**changed):
    """A product just inside every rule, with the given changes."""
    row = {"year": 2020, "hs6": "000001", "imports": 101.0, "exports": 100.0, "hhi_import": 0.41, "hhi_world": 0.41,
           "control_risk_share": np.nan, "extra_bloc_share": 1.0}  # fmt: skip
    return pd.DataFrame([row | changed])


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({}, (True, True, True)),
        ({"hhi_import": 0.40}, (False, True, True)),  # above, not at, the threshold
        ({"hhi_world": 0.40}, (True, False, True)),
        ({"imports": 100.0}, (True, True, False)),
        ({"exports": 0.0, "imports": 0.001}, (True, True, True)),  # nothing sold: the ratio is 9999
        ({"imports": 0.0, "exports": 0.0, "hhi_import": np.nan}, (False, True, False)),
    ],
)
def test_yearly_rules(changed, rules):
    found = chokepoint_verdicts(product(**changed), GEODEP).iloc[0]
    assert (found["rule_a"], found["rule_b"], found["rule_c"]) == rules
    assert found["chokepoint_raw"] == all(rules)


def test_ratio_without_exports_and_without_imports():
    assert chokepoint_verdicts(product(exports=0.0), GEODEP)["import_export_ratio"].item() == 9999
    assert np.isnan(chokepoint_verdicts(product(imports=0.0), GEODEP)["import_export_ratio"].item())


def test_eu_variant_asks_for_the_bloc_instead_of_the_world():
    rule = Chokepoint(variant="eu2021")
    assert chokepoint_verdicts(product(hhi_world=0.1), rule)["chokepoint_raw"].item()
    assert not chokepoint_verdicts(product(extra_bloc_share=0.5), rule)["chokepoint_raw"].item()


def test_control_risk_share_reaches_its_threshold():
    assert chokepoint_verdicts(product(control_risk_share=0.5), GEODEP)["rule_e"].item()
    assert not chokepoint_verdicts(product(control_risk_share=0.49), GEODEP)["rule_e"].item()
    assert not chokepoint_verdicts(product(), GEODEP)["rule_e"].item()  # no list, no verdict


def history(pattern, years=None, hs6="000001"):
    years = years or range(2018, 2018 + len(pattern))
    return pd.DataFrame({"year": list(years), "hs6": hs6, "chokepoint_raw": [mark == "1" for mark in pattern]})


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("10101", [np.nan, 0, 1, 0, 1]),
        ("11000", [np.nan, 1, 1, 0, 0]),
        ("01110", [np.nan, 0, 1, 1, 1]),
        ("1", [np.nan]),
    ],
)
def test_two_of_three_years(pattern, expected):
    assert lasting_verdicts(history(pattern), GEODEP).to_numpy() == pytest.approx(np.array(expected), nan_ok=True)


def test_years_are_calendar_years():
    """Not traded in 2020: the year counts as not holding. No data at all for 2020: the window holds two years only."""
    other = history("0000", hs6="000002")
    part = history("111", years=[2018, 2019, 2021])
    both = pd.concat([part, other], ignore_index=True)
    assert lasting_verdicts(both, GEODEP).iloc[:3].to_numpy() == pytest.approx([np.nan, 1, 1], nan_ok=True)
    gap = history("101", years=[2018, 2019, 2021])
    assert lasting_verdicts(gap, GEODEP).to_numpy() == pytest.approx([np.nan, 0, 0], nan_ok=True)
    late = history("11", years=[2018, 2022])
    assert np.isnan(lasting_verdicts(late, GEODEP)).all()


def test_one_year_window_is_the_yearly_rule():
    assert lasting_verdicts(history("101"), Chokepoint(window=1, min_years=1)).tolist() == [1, 0, 1]


def test_more_years_than_the_window_are_refused():
    with pytest.raises(ValueError, match="min_years"):
        Chokepoint(window=2, min_years=3)


def test_centrality_of_the_most_central_industry():
    """Betweenness 0, 1, 2, 3, 4: the 75th percentile is 3; a product of C13 and C16 counts as C16."""
    between = pd.DataFrame({"industry_code": [f"C{k}" for k in range(13, 18)], "year": 2020, "betweenness": np.arange(5.0)})
    walk = pd.DataFrame({"from_code": ["000001", "000001", "000002"], "to_code": ["C13", "C16", "C15"], "weight": [0.5, 0.5, 1]})
    goods = pd.concat([product(), product(hs6="000002"), product(hs6="000003"), product(year=2021)], ignore_index=True)
    found = with_centrality(goods, walk, between, GEODEP)
    assert found["centrality"].to_numpy() == pytest.approx([3, 2, np.nan, np.nan], nan_ok=True)
    assert found["rule_f"].tolist() == [True, False, False, False]
    assert industry_codes(walk).to_dict() == {"000001": "C13+C16", "000002": "C15"}
