"""The stage as a whole: industries of the study, years between tables, reasons for what is missing, contracts of its tables."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.canonical import CANONICAL
from hqd_index.engines import open_engine
from hqd_index.errors import ConfigError, DataError
from hqd_index.links import links
from hqd_index.links import network as net
from hqd_index.study.records import Study
from hqd_index.tables import check

from .tables import china_42, two_sectors
from .test_iotable import rows
from .test_trade import FLOWS, INCOMES, WALK, random_flows

L = {"zh": "一", "en": "one"}
SECTORS_42 = {"06": ["C13", "C14", "C15", "C16"], "18": ["C36", "C37"], "20": ["C39"], "31": ["I63", "I64", "I65"]}


def study(years=(2016, 2022), **changed):
    return Study.model_validate(
        {
            "study": {"version": 1, "name": "small", "label": L, "years": list(years)},
            "sources": {"version": 1, "sources": {}},
            "rules": {"version": 1},
            "columns": {"version": 1, "links": changed},
            "indicators": {"version": 1, "levels": ["indicators"], "tree": {"x": ["a"]}, "indicators": {}},
            "weighting": {"version": 1, "weight": {"indicators": {"method": "equal"}}, "aggregate": {}},
            "regressions": {"version": 1},
        }
    )


def made(frames, settings):
    with open_engine() as engine:
        return links(settings, engine, {name: engine.scan(frame) for name, frame in frames.items()})


def walk(system, pairs):
    return pd.DataFrame([(system, a, "gbt4754", b, w) for a, b, w in pairs],
                        columns=["from_system", "from_code", "to_system", "to_code", "weight"])  # fmt: skip


@pytest.fixture(scope="module")
def china(shared):
    """The tables of 2018 and 2020 in GB/T divisions where SECTORS_42 has them; other sectors keep their code."""
    frame = pd.concat([china_42(shared, 2018), china_42(shared, 2020)], ignore_index=True)
    pairs = [
        (code, to, 1 / len(targets))
        for code in sorted(set(frame["from_code"]))
        for targets in [SECTORS_42.get(code, [f"S{code}"])]
        for to in targets
    ]
    firms = pd.DataFrame({"industry_code": ["C13", "C16", "C36", "C37", "C39"], "firm_id": list("abcde"), "year": 2018})
    tables = {"io": frame, "crosswalks": walk("io42", pairs), "firms": firms}
    return made(tables, study(io_system="io42"))


def test_columns_are_those_of_the_canonical_table(china):
    assert list(china["linkages"].columns) == list(CANONICAL["linkages"].columns)
    for name in ("linkages", "network", "io_links", "main_inputs", "extraction", "chokepoints", "not_made"):
        check(name, china[name])


def test_only_industries_of_the_study_and_no_year_beyond_the_last_table(china):
    rows = china["linkages"]
    assert sorted(set(rows["industry_code"])) == ["C13", "C16", "C36", "C37", "C39"]
    assert rows.groupby("year")["io_year"].unique().map(list).to_dict() == {2018: [2018], 2019: [2018], 2020: [2020]}
    assert set(rows.loc[rows["industry_code"] == "C16", "io_sector"]) == {"06"}


def test_divisions_of_one_sector_share_its_ratios(china):
    rows = china["linkages"].set_index(["industry_code", "year"])
    for column in ("imported_input_share", "dva_export_share", "upstreamness", "digital_input"):
        assert rows.loc[("C36", 2018), column] == pytest.approx(rows.loc[("C37", 2018), column], rel=1e-9)
        assert rows.loc[("C36", 2019), column] == rows.loc[("C36", 2018), column]
        assert rows.loc[("C36", 2020), column] != rows.loc[("C36", 2018), column]


def test_own_row_of_the_electronics_industry_is_left_out(china):
    """Electronics use much of themselves; without that they use less of digital sectors than instruments would need."""
    nodes = china["network"].set_index(["sector", "year"])["digital_input"]
    assert 0 < nodes[("C39", 2018)] < 0.2


def test_weights_are_of_the_first_table_and_fixed(china):
    assert set(china["io_links"]["year"]) == {2018}
    assert len(china["io_links"]) == 5 * 4


def test_what_is_missing_is_said(china):
    assert china["linkages"]["nrca"].isna().all()
    assert set(china["not_made"]["table"]) == {"chokepoints", "expert_links", "firm_links"}


def test_base_year_takes_the_latest_table_not_after_it():
    tables = pd.concat([rows().assign(year=year) for year in (2015, 2018, 2020)])
    found = {base: set(made({"io": tables}, study(base_year=base))["io_links"]["year"]) for base in (2012, 2017, 2020)}
    assert found == {2012: {2015}, 2017: {2015}, 2020: {2020}}
    assert set(made({"io": tables}, study())["io_links"]["year"]) == {2018}  # the first of the study's years


def test_whole_trade_part():
    flows = pd.concat([FLOWS.assign(year=year) for year in (2019, 2020)])
    pairs = list(WALK.itertuples(index=False, name=None))
    tables = {"trade_hs6": flows, "crosswalks": walk("HS17", pairs[:-1]), "countries": INCOMES.assign(year=2019)}
    tables["io"] = rows().replace({"a": "C13", "b": "C14"})
    out = made(tables, study(home="A"))
    for name, frame in out.items():
        if name not in ("export_shares", "chain_names"):
            check(name, frame)
    shares = out["export_shares"].set_index(["industry_code", "year"])["world_share"]
    assert shares.to_dict() == {("C13", 2019): 0.4, ("C13", 2020): 0.4, ("C14", 2019): 0.0, ("C14", 2020): 0.0}  # WORLD
    found = out["linkages"].set_index(["industry_code", "year"])
    assert found.loc[("C13", 2020), "chokepoint_share"] == pytest.approx(80)
    assert np.isnan(found.loc[("C13", 2019), "chokepoint_share"])  # one year is no history
    assert found.loc[("C13", 2020), "imported_input_share"] == pytest.approx(net.imported_input_share(two_sectors())[0])
    listed = out["chokepoints"].set_index(["hs6", "year"])
    assert listed.loc[("000002", 2020), "industries"] == "C13+C14"
    assert listed.loc[("000003", 2020), "chokepoint"] == 1
    reasons = out["not_made"].set_index("table")["reason_en"]
    assert reasons.str.contains("1 HS6 products .15.09% of imports, 6.25% of exports.").any()  # 8 of 53, 2 of 32
    assert reasons.str.contains("BEC").any()


def test_years_before_the_study_are_history_only():
    flows = pd.concat([FLOWS.assign(year=year) for year in (2018, 2019, 2020)])
    tables = {"trade_hs6": flows, "crosswalks": walk("HS17", list(WALK.itertuples(index=False, name=None)))}
    out = made(tables, study(years=(2019, 2020), home="A"))
    assert out["linkages"].set_index(["industry_code", "year"])["chokepoint_share"].to_dict() == pytest.approx(
        {("C13", 2019): 80, ("C13", 2020): 80, ("C14", 2019): 100, ("C14", 2020): 100}
    )
    assert set(out["chokepoints"]["year"]) == {2019, 2020}


def test_inputs_only_where_kinds_are_known():
    pairs = list(WALK.itertuples(index=False, name=None))
    kinds = walk("HS17", [("000001", "consumption", 1.0), ("000002", "capital", 1.0), ("000003", "intermediate", 1.0)])
    kinds["to_system"] = "bec"
    crosswalks = pd.concat([walk("HS17", pairs), kinds])
    found = made({"trade_hs6": FLOWS, "crosswalks": crosswalks}, study(home="A"))
    hhi = found["linkages"].set_index("industry_code")["import_source_hhi"]
    assert hhi.to_numpy() == pytest.approx([0.625, (20 * 0.625 + 8) / 28])
    assert not found["not_made"]["reason_en"].str.contains("BEC").any()


def test_industries_do_not_depend_on_each_other():
    """Restricting the study's industries changes no industry's value, comparative advantage included."""
    walked = walk("HS17", [(f"{p:06d}", f"C{13 + p % 4}", 1.0) for p in range(30)])
    tables = {"trade_hs6": random_flows(4), "crosswalks": walked}
    whole = made(tables, study(home="1"))["linkages"]
    firms = pd.DataFrame({"industry_code": ["C14"], "firm_id": ["a"], "year": [2020]})
    part = made(tables | {"firms": firms}, study(home="1"))["linkages"]
    assert set(part["industry_code"]) == {"C14"}
    pd.testing.assert_frame_equal(part, whole[whole["industry_code"] == "C14"].reset_index(drop=True))


def test_faults_are_named():
    with pytest.raises(ConfigError, match="linkages"):
        made({"linkages": INCOMES}, study())
    with pytest.raises(DataError, match=r"XW03.*HS17"):
        made({"trade_hs6": FLOWS, "crosswalks": walk("HS12", [("000001", "C13", 1.0)])}, study(home="A"))
    with pytest.raises(DataError, match=r"XW03.*io42"):
        made({"io": rows(), "crosswalks": walk("HS12", [("000001", "C13", 1.0)])}, study(io_system="io42"))


def test_nothing_to_read_gives_empty_tables():
    out = made({}, study())
    assert all(out[name].empty for name in ("linkages", "network", "io_links", "extraction", "chokepoints"))
    names = {"network", "io_links", "main_inputs", "extraction", "chokepoints", "expert_links", "firm_links"}
    assert set(out["not_made"]["table"]) == names
