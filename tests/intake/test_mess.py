"""Real-world mess that needs several rows or tables to see (domain reference, section 5), and what tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hqd_index.canonical import CANONICAL
from hqd_index.demo.registry import credit_codes
from hqd_index.engines import Engine
from hqd_index.errors import HqdError
from hqd_index.intake import Intake, intake
from hqd_index.intake.rules import missing_codes
from hqd_index.intake.rules.anomalies import PrintedNumbers, table_anomalies
from hqd_index.intake.rules.interpolation import interior_of_straight_lines

from .conftest import FIRMS, build

ONE, OTHER, THIRD = (str(code) for code in credit_codes(np.random.default_rng(1), ["330000"] * 3))
FIRM_HEAD = "证券代码,企业名称,年份,统一社会信用代码,行业代码,营业收入"
FIRM_ALIASES = {"证券代码": "firm_id", "统一社会信用代码": "uscc"}
INDUSTRY = {"path": "industry.csv", "table": "industry", "constants": {"industry_version": "2017"}}
OPEN = {"gates": {"max_quarantine_share": 1.0}}


def taken(folder: Path, engine: Engine, sources: dict[str, Any], files: dict[str, list[str]], **more: Any) -> Intake:
    for name, lines in files.items():
        (folder / "data" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return intake(build(sources, OPEN, **more), engine, folder / "data", folder / "configs")


@dataclass(frozen=True)
class Case:
    """Firm-years `id,name,year,code,industry,revenue`; what stays, as (firm_id, year, industry, revenue); what is told."""

    id: str
    rows: list[str]
    stays: list[tuple[str, int, str, float]]
    told: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    aside: int = 0
    options: dict[str, Any] = field(default_factory=dict)


JUMP = [f"000001,甲,{year},{ONE},{code},1" for year, code in ((2018, "C13"), (2019, "C39"), (2020, "C39"))]
CASES = [
    Case(
        "M16 A and B shares are one firm",
        [f"200001,甲B,2019,{ONE},C35,7", f"000001,甲,2020,{ONE},C35,8", f"200001,甲B,2020,{ONE},C35,8"],
        [("000001", 2019, "C35", 7), ("000001", 2020, "C35", 8)], ("M16",), ("000001 = 200001",), aside=1,
    ),
    Case(
        "M16 a code that is none joins nobody",
        ["000001,甲,2020,无,C35,1", "000002,乙,2020,无,C35,2"], [("000001", 2020, "C35", 1), ("000002", 2020, "C35", 2)],
    ),
    Case(
        "M17 a renamed firm is the same firm",
        [f"000001,甲,2019,{ONE},C35,1", f"000001,乙,2020,{ONE},C35,2"],
        [("000001", 2019, "C35", 1), ("000001", 2020, "C35", 2)],
    ),
    Case(
        "M17 a reused code is a new firm",
        [f"000001,甲,2018,{ONE},C35,1", "000001,甲,2019,,C35,2", f"000001,乙,2020,{OTHER},C35,3", "000001,乙,2021,,C35,4"],
        [("000001", 2018, "C35", 1), ("000001", 2019, "C35", 2), ("000001#2", 2020, "C35", 3), ("000001#2", 2021, "C35", 4)],
        ("M17",), ("000001#2 (2020)",),
    ),
    Case("M17 an industry jump is told", JUMP, [("000001", y, c, 1) for y, c in ((2018, "C13"), (2019, "C39"), (2020, "C39"))],
         ("M17",), ("1 家企业的行业前后不同", "firm_industry")),
    Case("M17 first industry", JUMP, [("000001", y, "C13", 1) for y in (2018, 2019, 2020)], ("M17",),
         options={"firm_industry": "first"}),
    Case("M17 most frequent industry", JUMP, [("000001", y, "C39", 1) for y in (2018, 2019, 2020)], ("M17",),
         options={"firm_industry": "modal"}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_firms_are_told_apart_by_their_credit_code(case: Case, folder: Path, engine: Engine):
    source = {**FIRMS, "aliases": FIRM_ALIASES, "missing": ["", "无"]}
    got = taken(folder, engine, {"firms": source}, {"firms.csv": [FIRM_HEAD, *case.rows]}, **case.options)
    rows = engine.collect(f"SELECT firm_id, year, industry_code, revenue FROM {got.tables['firms']} ORDER BY ALL")
    assert list(rows.itertuples(index=False, name=None)) == case.stays
    assert tuple(notice.rule for notice in got.notices) == case.told
    assert all(part in " ".join(notice.zh for notice in got.notices) for part in case.parts)
    ledger = got.frames["ledger"]
    assert ledger["out_of_scope"].sum() == case.aside and ledger["quarantined"].sum() == 0
    assert ledger["used"].iloc[-1] == len(case.stays)


@pytest.mark.parametrize(
    ("rule", "source", "lines", "parts"),
    [
        (
            "M20",
            FIRMS,
            ["企业代码,年份,行业代码,营业收入,地址口径", "1,2020,C35,1,注册地", "2,2020,C35,1,经营地"],
            ("registered 1",),
        ),
        ("M26", INDUSTRY, ["行业代码,年份,营业收入,统计口径", "C13,2020,9,规模以上", "C14,2020,5,大中型"], ("large_medium 1",)),
    ],
    ids=["M20 two kinds of address", "M26 two scopes"],
)
def test_what_must_not_be_added_up_stops(folder: Path, engine: Engine, rule, source, lines, parts):
    with pytest.raises(HqdError) as caught:
        taken(folder, engine, {"a": source}, {source["path"]: lines})
    assert (caught.value.rule, caught.value.exit_code) == (rule, 3)
    assert all(part in caught.value.zh for part in (*parts, "out_of_scope")) and source["path"] in caught.value.text("zh")


LIST = {"path": "list.csv", "table": "srdi_list"}
SUBSIDIARIES = {"path": "owned.csv", "table": "subsidiaries"}
LIST_HEAD = "企业名称,统一社会信用代码,省份代码,层级,批次,公告日期,记录类型"


def with_list(folder: Path, engine: Engine, files: dict[str, list[str]], **settings: Any) -> Intake:
    (folder / "configs" / "srdi_batches.csv").write_text("batch,year,recognised,source\n1,2019,2\n", encoding="utf-8")
    firms = [FIRM_HEAD, *[f"000001,甲,{year},{ONE},C35,1" for year in range(2018, 2024)], f"000002,乙,2018,{OTHER},C35,1"]
    sources = {"firms": {**FIRMS, "aliases": FIRM_ALIASES}, "list": LIST}
    sources |= {"owned": SUBSIDIARIES} if "owned.csv" in files else {}
    return taken(folder, engine, sources, {"firms.csv": firms, **files}, srdi_list=settings, study={"years": [2018, 2020]})


@pytest.mark.parametrize(
    ("definition", "term", "valid", "ever"),
    [
        ("parent_only", ",", [], []),
        ("parent_or_subsidiary", ",", [2019, 2020, 2021], [2019, 2020, 2021, 2022, 2023]),
        ("parent_or_subsidiary", "2020,", [2020, 2021], [2020, 2021, 2022, 2023]),
        ("parent_or_subsidiary", ",2019", [2019], [2019, 2020, 2021, 2022, 2023]),
        ("parent_or_subsidiary", "2010,2018", [], []),
    ],
)
def test_a_subsidiary_on_the_list_counts_as_the_study_says(folder: Path, engine: Engine, definition, term, valid, ever):
    """M19: recognised in 2019 for three years; both counts are told whichever is used."""
    files = {
        "list.csv": [LIST_HEAD, f"子,{THIRD},330000,国家级,1,2019-06-01,认定", f"乙,{OTHER},330000,国家级,1,2019-06-01,认定"],
        "owned.csv": ["母公司代码,子公司名称,子公司统一社会信用代码,自哪年起为子公司,至哪年止", f"000001,子,{THIRD},{term}"],
    }
    got = with_list(folder, engine, files, subsidiaries=definition)
    rows = engine.collect(f"SELECT year, srdi_valid, srdi_ever FROM {got.tables['firms']} WHERE firm_id = '000001' ORDER BY year")
    assert rows.loc[rows["srdi_valid"], "year"].tolist() == valid
    assert rows.loc[rows["srdi_ever"], "year"].tolist() == ever
    told = [notice.zh for notice in got.notices if notice.rule == "M19"]
    with_subsidiary = 2 if term in (",", "2020,") else 1
    assert len(told) == 1 and f"只计本企业 1 家,连同子公司 {with_subsidiary} 家" in told[0] and definition in told[0]


LISTED = [LIST_HEAD, f"甲,{ONE},浙江省,国家级,1,2019-06-01,认定"]


def test_a_list_that_is_a_sample_is_compared_with_no_totals(folder: Path, engine: Engine):
    """One of the two firms of batch 1: SL01 and W09 unless the list says that it is a sample."""
    assert {n.rule for n in with_list(folder, engine, {"list.csv": LISTED}).notices} >= {"SL01", "W09"}
    assert not {n.rule for n in with_list(folder, engine, {"list.csv": LISTED}, sample=True).notices} & {"SL01", "W09", "W10"}


def test_batch_totals_are_optional(folder: Path, engine: Engine):
    firms = [FIRM_HEAD, f"000001,甲,2019,{ONE},C35,1"]
    sources = {"firms": {**FIRMS, "aliases": FIRM_ALIASES}, "list": LIST}
    result = taken(folder, engine, sources, {"firms.csv": firms, "list.csv": LISTED}, srdi_list={})
    assert not {notice.rule for notice in result.notices} & {"SL01", "W09"}


@pytest.mark.parametrize(("count", "told"), [("1", False), ("2", True)])
def test_provinces_of_the_list_are_compared_with_published_counts(folder: Path, engine: Engine, count, told):
    """W10: one of the two firms of batch 1 is in Zhejiang; published are `count` of two."""
    (folder / "configs" / "by_province.csv").write_text(
        f"province,first_batch,last_batch,recognised,source\n浙江,1,1,{count},公告\n", encoding="utf-8"
    )
    records = [f"甲,{ONE},浙江省,国家级,1,2019-06-01,认定", f"乙,{OTHER},江苏,国家级,1,2019-06-01,认定"]
    got = with_list(folder, engine, {"list.csv": [LIST_HEAD, *records]}, provinces="by_province.csv")
    found = [notice.zh for notice in got.notices if notice.rule == "W10"]
    assert len(found) == told and (not told or all(part in found[0] for part in ("浙江", "50.0%", "100.0%")))


@pytest.mark.parametrize(
    ("name", "text", "parts"),
    [
        ("by_provinces.csv", "", ("by_province.csv", "by_provinces.csv", "first_batch")),
        ("by_province.csv", "province,first_batch,last_batch,recognised\n浙汀,1,1,1\n", ("第 2 行", "recognised")),
        ("srdi_batches.csv", "batch,recognised\n1,二\n", ("第 2 行", "整数")),
    ],
)
def test_a_file_of_counts_that_cannot_be_read_is_told(folder: Path, engine: Engine, name, text, parts):
    (folder / "data" / name).write_text(text, encoding="utf-8")
    settings = {"batches": name} if name == "srdi_batches.csv" else {"provinces": "by_province.csv"}
    if name == "srdi_batches.csv":
        settings = {"batches": "bad.csv"}
        (folder / "data" / name).rename(folder / "data" / "bad.csv")
    records = [f"甲,{ONE},浙江省,国家级,1,2019-06-01,认定"]
    with pytest.raises(HqdError) as caught:
        with_list(folder, engine, {"list.csv": [LIST_HEAD, *records]}, **settings)
    assert caught.value.exit_code == 2 and all(part in caught.value.text("zh") for part in parts), caught.value.text("zh")


YEARS = np.arange(2012, 2020)
BENT = [1.0, 2.0, 4.0, 4.5, 5.0, 5.5, 6.0, 9.0]


@pytest.mark.parametrize(
    ("values", "years", "inside"),
    [
        (BENT, YEARS, [3, 4, 5]),
        ([1.0, 2.0, 4.0, 4.5, 5.0, 5.5, 7.0, 9.0], YEARS, []),
        ([3.0] * 8, YEARS, []),
        (BENT, np.where(YEARS > 2015, YEARS + 1, YEARS), []),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.9, 0.7, 0.1], YEARS, [1, 2, 3]),
        ([1.0, 2.0], YEARS[:2], []),
    ],
    ids=["five on a line", "only two interior", "constant is another matter", "a gap in the years", "decimals", "too short"],
)
def test_stretches_on_a_line(values, years, inside):
    found = interior_of_straight_lines(np.array(values), np.array(["a"] * len(values)), years)
    assert np.flatnonzero(found).tolist() == inside


def test_interpolated_cells_are_flagged_and_kept(folder: Path, engine: Engine):
    lines = ["行业代码,年份,营业收入"] + [f"C13,{year},{value}" for year, value in zip(YEARS, BENT)]
    lines += [f"C14,{year},{7 * (year % 3)}" for year in YEARS]
    got = taken(folder, engine, {"industry": INDUSTRY}, {"industry.csv": lines})
    found = got.frames["quarantine"]
    assert found[["rule", "severity", "row", "column", "value"]].to_numpy().tolist() == [
        ["M29", "warning", row, "revenue", value] for row, value in ((5, "4.5"), (6, "5.0"), (7, "5.5"))
    ]
    assert engine.count(got.tables["industry"]) == len(lines) - 1


def odd(engine: Engine, name: str, rule: str, **columns: Any) -> list[str]:
    """What is noticed of a table, all by the one rule."""
    rows = engine.scan(pd.DataFrame(columns))
    printed_numbers = PrintedNumbers({}, ("",), {}, "", rows, None)
    notices = table_anomalies(name, rows, CANONICAL[name], engine, printed_numbers).notices
    assert {notice.rule for notice in notices} <= {rule}
    return [notice.zh for notice in notices]


CODED = {
    "-99 once": ([10.0, 20.5, -99, 12.0, 13.0], "-99"),
    "9999 in a year": ([10.0, 20.5, 9999.0, 9999.0, 13.0], "9999.0"),
    "losses": ([10.0, -3.5, -99.0, 12.0, 13.0], ""),
    "no gap": ([9000.0, 8000.5, 9999.0, 12.0, 13.0], ""),
}


@pytest.mark.parametrize("case", CODED)
@pytest.mark.parametrize(("power", "first_rows"), [(0, 100_000), (0, 2), (-4, 100_000)])
def test_codes_for_missing_are_told_as_printed_and_kept(
    folder: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, case: str, power: int, first_rows: int
):
    """Printed in 万元 or in 亿元; a column in which losses occur, or that goes up to the code, has none. No unit is claimed.

    A code behind the first rows, which are looked at alone first, is found as well.
    """
    monkeypatch.setattr(missing_codes, "FIRST_ROWS", first_rows)
    numbers, code = CODED[case]
    label = "营业收入(亿元)" if power == 0 else "营业收入(万元)"
    lines = [f"行业代码,年份,{label}"] + [f"C{k},{y},{n}" for y in (2019, 2020) for k, n in zip(range(13, 18), numbers)]
    got = taken(folder, engine, {"industry": INDUSTRY}, {"industry.csv": lines})
    notices = [notice for notice in got.notices if notice.rule in ("C09", "W04")]
    assert [notice.rule for notice in notices] == ["C09"] * bool(code)
    assert all(f'{code}"]' in notice.zh and "单位" not in notice.zh for notice in notices)
    assert engine.count(got.tables["industry"]) == len(lines) - 1


def test_first_digits_that_no_growth_gives_are_told(engine: Engine):
    """Powers of 1.01 have Benford's first digits (ln 1.01 is no fraction of ln 10); 1 to 9 equally often have not."""
    assert odd(engine, "firms", "W07", revenue=1e6 * 1.01 ** np.arange(2000)) == []
    even = odd(engine, "firms", "W07", revenue=1e6 * (1 + np.arange(1800) % 9))
    assert len(even) == 1 and "Benford" in even[0]


@pytest.mark.parametrize(("below", "noticed"), [(10, 1), (40, 0)])
def test_ratios_just_above_a_cut_off_are_told(engine: Engine, below: int, noticed: int):
    """40 firm-years at 3.05%, and a quarter of that, or as many, at 2.95%."""
    spending = np.array([3.05] * 40 + [2.95] * below)
    assert len(odd(engine, "firms", "W08", revenue=np.full(len(spending), 100.0), rd_exp=spending)) == noticed


def test_staff_shares_on_the_policy_steps_are_told(engine: Engine):
    """W08: 40 of 1,000 firm-years at exactly 30%; the others nowhere near a heap."""
    employees = np.full(1000, 100)
    staff = np.array([30] * 40 + [11 + n % 17 for n in range(960)])
    told = odd(engine, "firms", "W08", employees=employees, rd_staff=staff)
    assert len(told) == 1 and "30%" in told[0] and "40" in told[0]
    assert odd(engine, "firms", "W08", employees=employees, rd_staff=np.where(staff == 30, 31, staff)) == []


@pytest.mark.parametrize(("missing", "told"), [(2016, 1), (2012, 0)], ids=["a gap inside", "a later beginning"])
def test_a_gap_in_a_price_chain_is_told(engine: Engine, missing: int, told: int):
    rows = [(code, year) for code in ("C13", "C14") for year in range(2012, 2020) if (code, year) != ("C13", missing)]
    frame = pd.DataFrame(rows, columns=["industry_code", "year"])
    found = odd(engine, "industry", "DF01", industry_code=frame["industry_code"], year=frame["year"], ppi=100 + frame.index % 5)
    assert len(found) == told and all("C13" in one and "C14" not in one for one in found)
