"""Flags and priority of chain nodes, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.lists.chain_flags import all_rules, any_rule
from hqd_index.lists.priority import contradictions, priority
from hqd_index.tables import check

from .frames import UNITS, density, frames, linkages, products, study

EXACT = 1e-12


def rows_2020(tables, **lists):
    made, absences = priority(study(**lists), frames(**tables))
    rows = check("priority", made)
    return rows[rows["year"] == 2020].set_index("node"), {absence.reason[1] for absence in absences}


def test_priority_by_hand():
    """C39: ranks of HHI 4/4, of dependence 4/4, of control risk 1/1 (C26: 1/1, tie 1.5/2 each); 1 of 3 SRDI firms.

    Control risk is known of C26 and C39, equal: rank 1.5 of 2. Vulnerability of C39 (1 + 1 + 0.75)/3; centrality 3/4.
    """
    rows, absences = rows_2020({"linkages": linkages(), "density": density([0, 3, 2, 1]), "chokepoints": products()})
    assert rows.loc["C39", "vulnerability"] == pytest.approx((1 + 1 + 0.75) / 3, abs=EXACT)
    assert rows.loc["C39", "priority"] == pytest.approx((1 + 1 + 0.75) / 3 * 0.75 * (1 - 1 / 3), abs=EXACT)
    assert rows.loc["C13", "vulnerability"] == pytest.approx((0.25 + 0.25) / 2, abs=EXACT)
    assert rows.loc["C13", "missing_en"] == "share of countries of control risk"
    assert rows.loc["C17", "priority"] == 0  # three of three
    assert rows.loc[list(UNITS), "rank"].tolist() == [3, 4, 2, 1] and not absences


def test_flags_by_hand():
    rows, _ = rows_2020({"linkages": linkages(), "density": density([0, 0, 0, 0]), "chokepoints": products()})
    assert rows.loc["C39", ["chokepoint", "gap", "weak"]].tolist() == [1, 1, 0]  # self-sufficiency 0.25
    assert rows.loc["C26", ["chokepoint", "gap", "weak"]].tolist() == [0, 0, 1]  # NRCA -0.5, the most central
    assert rows.loc["C13", ["gap", "weak"]].tolist() == [0, 0]  # a disadvantage, not central
    assert rows["strong"].isna().sum() == 2 and rows.loc["C13", "strong"] == 0  # no world shares: open where NRCA is high
    assert "self-sufficiency 0.25 (below 0.3)" in rows.loc["C39", "evidence_en"]
    assert rows.loc["C39", "evidence_zh"].startswith("卡点:卡脖子产品 390001 光刻胶")
    assert "(1 种产品中 1 种)" in rows.loc["C39", "evidence_zh"]  # no share of imports in these linkages
    assert "最大来源日本 70%" in rows.loc["390001", "evidence_zh"] and "source Japan" in rows.loc["390001", "evidence_en"]
    assert rows.loc["390001", "node_en"] == "HS 390001 photoresist (Industry C39)" and "260001" not in rows.index


def test_the_chokepoint_flag_has_its_weight():
    """Two products of C26, one flagged; a quarter of its imports."""
    goods = pd.concat([products(), products().query("hs6 == '260001'").assign(hs6="260002", chokepoint=1.0)])
    tables = {"linkages": linkages(chokepoint_share=25.0), "density": density([0, 0, 0, 0]), "chokepoints": goods}
    row = rows_2020(tables)[0].loc["C26"]
    assert (row["n_chokepoints"], row["n_products"], row["chokepoint_import_share"]) == (1, 2, 0.25)
    assert "products 260002 (1 of 2, 25.0% of the industry's imports)" in row["evidence_en"]


def test_a_missing_factor_lists_the_node_without_priority():
    rows, absences = rows_2020({"density": density([1, 1, 1, 1], n_firms=2)})
    assert rows["priority"].isna().all() and rows["gap"].eq(1).all() and len(rows) == 4
    assert any("betweenness" in reason for reason in absences) and any("source concentration" in reason for reason in absences)


def test_an_unknown_number_of_srdi_firms_is_no_coverage_of_zero():
    one_unknown = density([0, 3, 2, 1]).query("unit != 'C26'")
    rows, _ = rows_2020({"linkages": linkages(), "density": one_unknown, "chokepoints": products()})
    assert np.isnan(rows.loc["C26", "priority"]) and np.isnan(rows.loc["C26", "srdi_coverage"])
    assert rows.loc[["C13", "C17", "C39"], "priority"].notna().all()


def test_blockage_by_z_or_by_rising_days():
    """z of days 90 among 30, 30, 30, 90 is 1.5 SD (n - 1) on the bad side: not beyond 1.5; above P75 and rising twice it is."""
    days = pd.concat([
        pd.DataFrame({"sample": "all", "indicator": "smo2", "unit": UNITS, "year": year, "raw": [30.0, 30.0, 30.0, last]})
        for year, last in ((2018, 70.0), (2019, 80.0), (2020, 90.0))
    ])  # fmt: skip
    tables = {"linkages": linkages(), "density": density([0, 0, 0, 0]), "indicators": days}
    assert rows_2020(tables)[0]["blockage"].tolist() == [0, 0, 0, 1]
    falling = tables | {"indicators": days.assign(raw=days["raw"].where(days["year"] != 2019, 95.0))}
    assert rows_2020(falling)[0]["blockage"].tolist() == [0, 0, 0, 0]
    assert rows_2020(falling, flags={"blockage_z": -1.49})[0]["blockage"].tolist() == [0, 0, 0, 1]


def test_stability_counts_neighbouring_thresholds():
    """C26's product misses rule A by 0.02: at 0.8 and 0.9 x 0.4 it would be a chokepoint."""
    tables = {"linkages": linkages(), "density": density([0, 0, 0, 0]), "chokepoints": products()}
    before, _ = rows_2020(tables)
    rows, _ = rows_2020(tables | {"chokepoints": products(hhi_import=[0.6, 0.1] * 3)})
    decided = 12 + 8 + 8 + 8  # chokepoint, gap, weak, strong; blockage is open without its indicators
    assert before.loc["C26", "stability"] == pytest.approx(1 - 2 / decided, abs=EXACT)
    assert rows.loc["C26", "stability"] == 1
    assert before.loc["390001", "stability"] == 1


def test_a_chokepoint_that_is_strong_is_a_contradiction():
    shares = pd.DataFrame({"industry_code": UNITS, "year": 2020, "world_share": [0.1, 0.1, 0.1, 0.3]})
    tables = {"linkages": linkages(), "density": density([0, 0, 0, 0]), "chokepoints": products(), "export_shares": shares}
    rows, _ = rows_2020(tables)
    assert rows.index[rows["contradiction"]].tolist() == ["C39"] and rows.loc["C39", "strong"] == 1
    assert "C39" in contradictions(rows.reset_index(), "en")[0] and "C39" in contradictions(rows.reset_index(), "zh")[0]


def test_nothing_at_all_is_a_reason():
    made, absences = priority(study(), frames())
    assert made.empty and [absence.table for absence in absences] == ["priority"]


def test_verdicts_of_three_values():
    yes, no, open_ = (pd.Series([value]) for value in (1.0, 0.0, np.nan))
    assert any_rule(open_, yes).item() == 1 and np.isnan(any_rule(open_, no).item()) and any_rule(no, no).item() == 0
    assert all_rules(open_, no).item() == 0 and np.isnan(all_rules(open_, yes).item()) and all_rules(yes, yes).item() == 1
