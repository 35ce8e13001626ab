"""Clean rows are valid, firms are recognised as the published numbers say, and the formulas of the configs are those meant."""

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from hqd_index.demo import Demo, generate
from hqd_index.demo.effects import LEAVES
from hqd_index.demo.recognition import NATIONAL, RECOGNISED
from hqd_index.intake.codes import divisions, provinces, uscc_valid
from tests.demo.measured import KEY

STAFF_SHARE, CERTIFIED = 28.7, 67.1  # concept.md section 8, little giants
SPREAD_OVER_SEEDS = 3.0  # points; sd over seeds 1-20 is about 1


@pytest.mark.parametrize("seed", [1, 17])
def test_clean_rows_break_no_rule(seed):
    f = generate(seed).firms
    shares = f[["main_product_rev_share", "top5_supplier_share", "top5_customer_share"]]
    counts = f[["inv_patents_valid", "utility_patents", "patents_total", "coapplied_patents", "trademarks_valid"]]
    held = {
        "E01": ~f.duplicated(["firm_id", "year"]),
        "E02": f.rd_staff <= f.employees,
        "E03": f.overseas_rev <= f.revenue,
        "E04": f.inventory + f.receivables <= f.total_assets,
        "E05": f.total_assets == f.total_liab + f.equity,
        "E06": (counts >= 0).all(axis=1),
        "E13": ((shares >= 0) & (shares <= 100)).all(axis=1),
        "E15": (f.niche_years >= 0) & (f.niche_years <= f.year - f.found_year) & (f.niche_years <= 80),
        "C02": f.revenue.between(1e6, 5e12) & f.cogs.between(0, 1.5 * f.revenue) & f.employees.between(1, 800_000),
        "C02 parts": (f[["inventory", "receivables", "fixed_assets"]].le(f.total_assets, axis=0)).all(axis=1),
        "C02 signs": (f[["rd_exp", "digital_invest", "gov_subsidy", "overseas_rev", "inventory", "receivables"]] >= 0).all(
            axis=1
        ),
        "profit": f.net_profit.abs() < 5 * f.revenue,
        "joint": f.coapplied_patents <= f.patents_total,
        "W03": f.rd_exp <= 0.6 * f.revenue,
        "W06": f.total_liab.between(0.02 * f.total_assets, f.total_assets),
    }
    broken = {rule: int((~holds).sum()) for rule, holds in held.items() if not holds.all()}
    assert not broken
    steps = np.log(
        f.sort_values(["firm_id", "year"]).groupby("firm_id")[["revenue", "employees"]].shift(-1) / f[["revenue", "employees"]]
    )
    assert steps["revenue"].abs().max() < 1.5
    assert steps["employees"].abs().max() < 1


def test_ids_and_names_identify(demo):
    firms = demo.firms.drop_duplicates("firm_id")
    assert len(firms) == firms["firm_name"].nunique() == 6000
    assert all(map(uscc_valid, firms["firm_id"]))
    assert set(firms["province_code"]) <= set(provinces()["code"])


def test_four_percent_are_recognised_in_every_industry_alike(demo):
    firms = demo.firms.drop_duplicates("firm_id")
    assert firms["srdi_any"].sum() == 240
    by_industry = firms.groupby("industry_code")["srdi_any"].agg(["sum", "size"])
    assert (by_industry["sum"] - 0.04 * by_industry["size"]).abs().max() < 1
    assert demo.firms[~demo.firms["srdi_any"]].groupby(KEY).size().min() >= 10


def test_status_follows_the_list(demo):
    """Three years from recognition, three more after a passed review, until a revocation: from the list by firm name order."""
    records = demo.srdi_list[(demo.srdi_list["level"] == NATIONAL) & demo.srdi_list["matched"]]
    year = records["announce_date"].str[:4].astype(int)
    recognised = records["status"] == RECOGNISED
    valid = demo.firms[demo.firms["srdi_valid"]].groupby("year").size()
    new, passed = year[recognised].value_counts(), year[records["status"] == "复核通过"].value_counts()
    revoked = year[records["status"] == "撤销"].value_counts()
    for at in range(2019, 2025):
        in_force = sum(new.get(y, 0) for y in range(at - 2, at + 1)) + sum(passed.get(y, 0) for y in range(at - 2, at + 1))
        assert valid[at] == in_force - revoked.get(at, 0)


def test_batches_keep_the_published_proportions(demo):
    published = np.array([248, 1584, 2930, 4357, 3671, 3012])
    records = demo.srdi_list[(demo.srdi_list["level"] == NATIONAL) & (demo.srdi_list["status"] == RECOGNISED)]
    mine = records[records["matched"]]["batch"].astype(int).value_counts().sort_index().to_numpy()
    assert np.abs(mine - 240 * published / published.sum()).max() < 1
    assert demo.batches["recognised"].tolist() == records["batch"].astype(int).value_counts().sort_index().tolist()


def test_recognised_firms_look_as_the_facts_say(demo):
    valid = demo.firms[demo.firms["srdi_valid"] & (demo.firms["year"] >= 2021)]
    staff = valid["rd_staff"] / valid["employees"]
    assert 100 * staff.mean() == pytest.approx(STAFF_SHARE, abs=SPREAD_OVER_SEEDS)
    assert (staff > 0.5).mean() == pytest.approx(0.10, abs=0.03)
    assert 100 * valid["certified_intl"].mean() == pytest.approx(CERTIFIED, abs=SPREAD_OVER_SEEDS)
    assert valid["largecust_direct"].mean() > 0.9
    assert (valid["digital_invest"] > 0).mean() > 0.94


def test_industry_values_are_plausible(demo, everyone):
    """Ranges of data.md section 2 for national division-years."""
    values, i = everyone, demo.industry
    assert values["inn1"].between(0.1, 5).all()
    assert values["upg3"].between(0.02, 2.5).all()
    assert values["smo2"].between(15, 150).all()
    assert (100 * i["total_liab"] / i["total_assets"]).between(35, 75).all()
    coverage = demo.firms.groupby(KEY)["revenue"].sum() / 1e8 / i.set_index(KEY)["revenue"]
    assert (coverage < 0.2).groupby("industry_code").all().sum() == 1


def test_input_output_table_adds_up(demo):
    """Domestic sales of an industry are its output; every cell is positive."""
    domestic = demo.io[demo.io["origin"] == "domestic"].groupby(["year", "from_code"])["value"].sum()
    output = demo.industry.set_index(["year", "industry_code"])["gross_output"] * 1e4
    assert (demo.io["value"] > 0).all()
    assert (domestic / output.rename_axis(domestic.index.names) - 1).abs().max() < 0.001  # IO01


def test_configs_score_these_indicators_in_these_directions(root):
    scored = YAML(typ="safe").load((root / "configs" / "indicators.yaml").read_text(encoding="utf-8"))["indicators"]
    assert {id: spec["direction"] for id, spec in scored.items()} == {leaf.id: leaf.sign for leaf in LEAVES}
    assert {id for id, spec in scored.items() if spec["table"] == "firms"} == {leaf.id for leaf in LEAVES if leaf.own}


def test_divisions_are_those_of_the_standard(demo: Demo):
    assert pd.unique(demo.industry["industry_code"]).tolist() == divisions()["code"].tolist()
