"""Clean rows are valid, firms are recognised as the published numbers say, and the formulas of the configs are those meant."""

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from hqd_index.demo import Demo, generate
from hqd_index.demo.effects import LEAVES, UNAFFECTED_LEAVES
from hqd_index.demo.recognition import NATIONAL, RECOGNISED
from hqd_index.intake.meaning.official_codes import divisions, provinces, uscc_valid
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
        "C02 inputs": (f[["fixed_assets", "intermediate_inputs", "payroll"]] > 0).all(axis=1),
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
    assert steps["revenue"].abs().max() < 1.5  # type: ignore[attr-defined]
    assert steps["employees"].abs().max() < 1  # type: ignore[attr-defined]


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
    """Domestic sales of an industry are its output; every cell is positive; services make more than they buy."""
    made = demo.io[demo.io["origin"] == "domestic"].groupby(["from_code", "year"])["value"].sum()
    output = demo.industry.set_index(KEY)["gross_output"] * 1e4
    assert (demo.io["value"] > 0).all()
    assert (made[output.index] / output - 1).abs().max() < 0.001  # IO01
    bought = demo.io[demo.io["use"] == "intermediate"].groupby(["to_code", "year"])["value"].sum()
    assert (bought < made.reindex(bought.index)).all()


def test_flows_between_countries_are_those_of_the_customs(demo):
    """By industry and year the home country's flows add up to the customs table; keys are unique; history goes back to 2010."""
    flows, customs = demo.world.hs6, demo.trade.set_index(KEY)
    division = "C" + flows["hs6"].str[:2]
    for side, column in (("exporter", "exports_usd"), ("importer", "imports_usd")):
        home = flows[(flows[side] == "CHN") & (flows["year"] >= 2012)]
        sums = home.groupby([division, "year"])["value"].sum().rename_axis(KEY)
        np.testing.assert_allclose(sums, customs.loc[sums.index, column], atol=0.05)  # a hundred flows rounded to a dollar
    assert not flows.duplicated(["year", "exporter", "importer", "hs6"]).any()
    assert (flows["value"] > 0).all() and (flows["hs6"].str.len() == 6).all() and flows["year"].min() == 2010
    assert 0 < flows["quantity"].isna().mean() < 0.03
    assert set(flows["exporter"]) == set(demo.world.countries["country"])
    assert set(flows["hs6"]) == set(demo.world.crosswalks["from_code"])


def test_one_product_of_each_industry_is_a_chokepoint(demo, everyone):
    bought = demo.world.hs6.query("importer == 'CHN' and year == 2020")
    share = bought["value"] / bought.groupby("hs6")["value"].transform("sum")
    hhi = (share**2).groupby(bought["hs6"]).sum()
    scarce = demo.world.hs6.query("exporter == 'CHN'")["hs6"].unique()
    assert hhi[scarce].max() < 0.4 < hhi.drop(scarce).min()
    assert everyone["cmp5"].between(1, 25).all()


def test_configs_score_these_indicators_in_these_directions(root):
    said = YAML(typ="safe").load((root / "configs" / "indicators.yaml").read_text(encoding="utf-8"))
    scored = said["indicators"]
    moved = {id: spec["direction"] for id, spec in scored.items() if id not in UNAFFECTED_LEAVES}
    assert moved == {leaf.id: leaf.sign for leaf in LEAVES}
    assert set(scored) - set(moved) == set(UNAFFECTED_LEAVES)
    assert {id for id, spec in scored.items() if spec["table"] == "firms"} == {leaf.id for leaf in LEAVES if leaf.own_weight}


def test_profiles_are_those_of_the_indicator_system(root):
    """Whole core (15), published tables (21), and of the full list of 29 all but three that the demo has no data for."""
    said = YAML(typ="safe").load((root / "configs" / "indicators.yaml").read_text(encoding="utf-8"))
    profiles = {name: set(chosen) for name, chosen in said["profiles"].items()}
    core = "inn1 inn2 inn3 brd1 brd2 brd4 upg1 upg3 cmp1 cmp2 cmp3 adv1 adv4 smo1 smo2"
    public = "inn1 inn2 inn3 inn4 brd3 brd4 upg2 upg3 upg4 upg5 cmp2 cmp3 cmp4 cmp5 adv1 adv2 adv4 adv5 smo1 smo2 smo5"
    full = [*(f"inn{n}" for n in range(1, 6)), *(f"brd{n}" for n in range(1, 5)), *(f"upg{n}" for n in range(1, 6)),
            *(f"cmp{n}" for n in range(1, 6)), "adv1", "adv2", "adv4", "adv5", "smo1", "smo2", "smo3"]  # fmt: skip
    assert profiles["core"] == set(core.split())
    assert {id.split("_")[0] for id in profiles["public"]} == set(public.split()) and len(profiles["public"]) == 21
    assert profiles["default"] == set(full) >= profiles["core"]
    assert said["profile"] == "default"
    assert not {id for id in profiles["public"] if said["indicators"][id]["table"] == "firms"}


def test_divisions_are_those_of_the_standard(demo: Demo):
    assert pd.unique(demo.industry["industry_code"]).tolist() == divisions()["code"].tolist()
