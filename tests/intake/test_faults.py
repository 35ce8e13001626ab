"""Faults F01-F30 and F53 at the door of intake: injected into a clean sample; exit code, place, mend and ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from hqd_index.engines import Engine
from hqd_index.errors import HqdError
from hqd_index.explain.account_lines import factor_text
from hqd_index.explain.raw_values import RawValueReading
from hqd_index.intake import Intake, intake

from .conftest import FIRMS, build

HEADER = ["企业代码", "企业名称", "年份", "行业代码", "营业收入(万元)", "研发投入(万元)", "员工人数", "主导产品收入占比(%)"]
CLEAN = 40
RULES = {
    "gates": {"max_quarantine_share": 0.06},
    "ranges": {"firms": {"year": [2000, 2030], "revenue": [0, 5e12], "rd_exp": [0, None]}},
    "rules": [
        {
            "id": rule, "table": "firms", "check": check,
            "text": {"zh": f"{rule} 应满足 {check}", "en": check}, "mend": {"zh": "核对", "en": "check"},
            "severity": "error" if rule[0] == "E" else "warning",
        }
        for rule, check in (("E13", "main_product_rev_share between 0 and 100"), ("W03", "rd_exp <= 0.6 * revenue"))
    ],
}  # fmt: skip
Rows = list[list[str]]


def clean_rows(count: int = CLEAN) -> Rows:
    rows = [
        [f"{n:06d}", f"企业{n}", str(2015 + n % 5), "C35", f"{100 + n}.25", f"{n}.5", str(50 + n), "80"] for n in range(count)
    ]
    return [list(HEADER), *rows]


def write(rows: Rows, path: Path, encoding: str = "utf-8") -> None:
    path.write_bytes("".join(",".join(row) + "\n" for row in rows).encode(encoding))


@dataclass(frozen=True)
class Case:
    """What is done to the rows (header is row 0 here, file row 1), and what must come of it."""

    id: str
    spoil: Callable[[Rows], Any]
    code: int = 0
    rules: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    encoding: str = "utf-8"
    source: dict[str, Any] = field(default_factory=dict)


def cell(row: int, column: int, text: str) -> Callable[[Rows], None]:
    """Put a text into a cell; `row` as the spreadsheet shows it."""

    def spoil(rows: Rows) -> None:
        rows[row - 1][column] = text

    return spoil


def added(*rows: list[str]) -> Callable[[Rows], None]:
    return lambda all_rows: all_rows.extend(rows)


def twin(change: str | None) -> Callable[[Rows], None]:
    """The second row once more at the end, with another revenue when `change` says so."""

    def spoil(rows: Rows) -> None:
        copy = list(rows[1])
        copy[4] = change or copy[4]
        rows.append(copy)

    return spoil


def every(column: int, text: str) -> Callable[[Rows], None]:
    def spoil(rows: Rows) -> None:
        for row in rows[1:]:
            row[column] = text

    return spoil


def dated(rows: Rows) -> None:
    for place, row in enumerate(rows):
        row.append("披露日期" if place == 0 else "2020-04-30")
    rows.append([*rows[1][:4], "999", *rows[1][5:8], "2020-08-30"])


def two_bad_cells(rows: Rows) -> None:
    cell(3, 4, "inf")(rows)
    cell(3, 2, "3021")(rows)


LAST = CLEAN + 1
CASES = [
    Case("F02 header only", lambda rows: rows.__delitem__(slice(1, None)), 3, ("S02",), parts=("0 行", "firms.csv")),
    Case("F03 GBK", lambda rows: None, encoding="gb18030"),
    Case("F05 BOM", lambda rows: None, encoding="utf-8-sig"),
    Case("F06 more fields", lambda rows: rows[4].append("x"), rules=("S04",), rows=(5,)),
    Case("F06 every row", lambda rows: [row.append("") for row in rows[1:]], 3, ("S04",), parts=("9 个字段", "表头是 8 个")),
    Case("F07 short", lambda rows: rows[4].pop(), rules=("S04",), rows=(5,)),
    Case("F08 duplicate header", cell(1, 5, "营业收入(万元)"), 3, ("S05",), parts=("营业收入", "改名")),
    Case("F09 required missing", cell(1, 4, "营收入"), 3, ("S06",), parts=("revenue", "营收入", "aliases")),
    Case("F09 key missing", cell(1, 0, "代号"), 3, ("S06",), parts=("firm_id", "企业代码")),
    Case("F10 extra column", lambda rows: [row.append("备注") for row in rows], parts=("S07", "备注")),
    Case("F11 column order", lambda rows: [row.reverse() for row in rows]),
    Case("F25 identical", twin(None), rules=("E01",), rows=(LAST + 1,), parts=("第 2 行", "完全相同")),
    Case("F25 conflicting", twin("999"), rules=("E01", "E01"), rows=(2, LAST + 1), parts=("100.25 / 999",)),
    Case("F25 rounded", twin("100.2"), rules=("E01",), rows=(LAST + 1,), parts=("舍入",)),
    Case("F25 later disclosure", dated, rules=("E01",), rows=(2,), parts=("更晚披露",)),
    Case("F28 several rules", two_bad_cells, rules=("C02", "C05"), rows=(3, 3)),
    Case("F29 all bad", every(4, "x"), 3, ("S13",), parts=("40 行", "100.0%")),
    Case("F30 above the limit", lambda rows: [cell(n, 4, "x")(rows) for n in (3, 4, 5)], 3, ("S13",), parts=("7.5%", "6.0%")),
    Case("M08 own mark", cell(3, 4, "-999"), source={"missing": ["", "-999"]}),
    Case("M11 total row", added(["合计", "", "", "", "9", "9", "9", ""])),
    Case("M11 footnote", added(["资料来源:虚构", *[""] * 7])),
]  # fmt: skip
# a cell of an otherwise clean row: its column, text, the rule that its row breaks, and what is said of it
BAD_CELLS: list[tuple[str, int, str, str, tuple[str, ...]]] = [
    ("F20 separator", 4, '"1,234"', "C08", ("1234",)),
    ("F20 unit", 4, "1234万", "C08", ()),
    ("F20 unit of another size", 4, "1.5亿元", "C08", ("15000",)),
    ("F20 mark", 4, "不详", "C09", ("missing",)),
    ("F20 full width", 4, "１２３", "C08", ("123",)),
    ("F20 text", 4, "约一百", "C01", ()),
    ("F20 date", 4, "2020-12-31", "C07", ()),
    ("F20 fraction of a person", 6, "50.5", "C01", ()),
    ("F21 NA is a name", 1, "NA", "", ()),
    ("F21 null is a name", 1, "null", "", ()),
    ("F22 code 013", 0, "013", "", ()),
    ("F22 code 1E5", 0, "1E5", "", ()),
    ("F23 id as number", 0, "9.11101E+17", "C06", ("文本",)),
    ("F23 lost digits", 0, "911101081234567000", "C06", ()),
    ("F24 negative", 5, "-1", "C02", ()),
    ("F24 share", 7, "180", "E13", ()),
    ("F24 year", 2, "3021", "C02", ()),
    ("F24 industry", 3, "C44", "E09", ()),
    ("F26 blank key", 0, "", "C04", ()),
    ("F26 marked key", 0, "—", "C04", ()),
    ("F27 inf", 4, "inf", "C05", ()),
    ("F27 -Infinity", 4, "-Infinity", "C05", ()),
    ("C4 year as date", 2, "2020-12-31", "", ()),
    ("C4 year as another day", 2, "2020-06-30", "C01", ("2020", "四位年份")),
    ("M04 padding", 0, "1", "", ()),
    ("M08 declared mark", 4, "—", "", ()),
    ("M28 undeclared code", 4, "-999", "C02", ()),
]  # fmt: skip
ROWS_PER_CELL = 20
"""Of which one is spoiled: as few as leave a column what it is."""
ASIDE = {"M11 total row": 1, "M11 footnote": 1}


def run(case: Case, folder: Path, engine: Engine) -> Intake:
    rows = clean_rows()
    case.spoil(rows)
    write(rows, folder / "data" / "firms.csv", case.encoding)
    return intake(build({"firms": {**FIRMS, **case.source}}, RULES), engine, folder / "data", folder / "configs")


def balanced(got: Intake) -> bool:
    ledger = got.frames["ledger"]
    return bool((ledger["rows_in"] == ledger["used"] + ledger["quarantined"] + ledger["out_of_scope"]).all())


def test_bad_cells_cost_their_rows_and_no_other(folder: Path, engine: Engine):
    rows = clean_rows(ROWS_PER_CELL * len(BAD_CELLS))
    places = {ROWS_PER_CELL * (place + 1): bad_cell for place, bad_cell in enumerate(BAD_CELLS)}
    for row, (_, column, text, *_) in places.items():
        cell(row, column, text)(rows)
    write(rows, folder / "data" / "firms.csv")
    got = intake(build({"firms": FIRMS}, RULES), engine, folder / "data", folder / "configs")
    found = got.frames["quarantine"].query("severity == 'error'")
    broken = {row: rule for row, (_, _, _, rule, _) in places.items() if rule}
    assert dict(zip(found["row"], found["rule"], strict=True)) == broken and len(found) == len(broken)
    assert (found["file"] == "firms.csv").all() and (found[["mend_zh", "mend_en"]] != "").all(axis=None)
    told = (found["expected_zh"] + " " + found["mend_zh"]).groupby(found["row"]).sum()
    assert [id for row, (id, *_, parts) in places.items() if not all(part in told[row] for part in parts)] == []
    ledger = got.frames["ledger"]
    assert balanced(got) and ledger["quarantined"].sum() == len(broken) and ledger["out_of_scope"].sum() == 0
    assert engine.count(got.tables["firms"]) == ledger["used"].iloc[-1] == len(rows) - 1 - len(broken)
    assert sorted(got.raw_rows["row"]) == sorted(broken)


@pytest.mark.parametrize("case", [case for case in CASES if case.code == 0], ids=lambda case: case.id)
def test_a_bad_cell_costs_its_row_and_no_other(case: Case, folder: Path, engine: Engine):
    got = run(case, folder, engine)
    found = got.frames["quarantine"].query("severity == 'error'")
    assert (tuple(found["rule"]), tuple(found["row"])) == (case.rules, case.rows)
    assert (found["file"] == "firms.csv").all() and (found[["mend_zh", "mend_en"]] != "").all(axis=None)
    told = " ".join([*found["expected_zh"], *found["mend_zh"], *(notice.text() for notice in got.notices)])
    assert all(part in told for part in case.parts), told
    ledger = got.frames["ledger"]
    assert balanced(got) and ledger["quarantined"].sum() == len(set(case.rows))
    assert ledger["out_of_scope"].sum() == ASIDE.get(case.id, 0)
    assert engine.count(got.tables["firms"]) == ledger["used"].iloc[-1]
    assert sorted(got.raw_rows["row"]) == sorted(set(case.rows))


@pytest.mark.parametrize("case", [case for case in CASES if case.code], ids=lambda case: case.id)
def test_what_cannot_be_read_stops_with_place_and_mend(case: Case, folder: Path, engine: Engine):
    with pytest.raises(HqdError) as caught:
        run(case, folder, engine)
    assert (caught.value.exit_code, caught.value.rule) == (case.code, case.rules[0])
    assert all(part in caught.value.text("zh") for part in case.parts), caught.value.text("zh")
    got = getattr(caught.value, "intake", None)
    if case.rules == ("S13",):
        assert balanced(got) and len(got.frames["quarantine"]) == got.frames["ledger"]["quarantined"].sum()


def test_column_order_changes_nothing(folder: Path, engine: Engine):
    plain = engine.collect(run(Case("", lambda rows: None), folder, engine).tables["firms"])
    turned = engine.collect(run(Case("", lambda rows: [row.reverse() for row in rows]), folder, engine).tables["firms"])
    columns = [name for name in plain.columns if name != "rid"]
    assert plain[columns].equals(turned[columns])


def test_units_are_converted_exactly(folder: Path, engine: Engine):
    table = run(Case("", lambda rows: None), folder, engine).tables["firms"]
    got = engine.collect(f"SELECT CAST(revenue AS VARCHAR) AS revenue FROM {table} ORDER BY firm_id LIMIT 1")
    assert got["revenue"].tolist() == ["1002500.00000000"]


def test_what_config_allows_is_converted_and_listed(folder: Path, engine: Engine):
    def spoil(rows: Rows) -> None:
        for row, text in ((3, '"1,234"'), (4, "１２３"), (5, "1.5亿元")):
            cell(row, 4, text)(rows)

    allowed = {"parse_separators": True, "parse_units": True}
    got = run(Case("", spoil, source=allowed), folder, engine)
    assert got.frames["quarantine"].empty
    rows = engine.collect(
        f"SELECT firm_id, revenue FROM {got.tables['firms']} WHERE firm_id IN ('000001', '000002', '000003') ORDER BY 1"
    )
    assert rows["revenue"].tolist() == [12340000.0, 1230000.0, 150000000.0]
    told = [notice for notice in got.notices if notice.rule == "C08"]
    assert len(told) == 1 and "3" in told[0].zh and "1,234" in told[0].zh


def test_zeros_declared_missing_are_counted(folder: Path, engine: Engine):
    got = run(Case("", lambda rows: cell(3, 5, "0")(rows), source={"zero_is_missing": ["rd_exp"]}), folder, engine)
    assert engine.collect(f"SELECT rd_exp FROM {got.tables['firms']} WHERE firm_id = '000001'")["rd_exp"].isna().all()
    assert any("rd_exp" in notice.zh and "1" in notice.zh for notice in got.notices if notice.rule == "C09")


def test_blanks_declared_zero_are_counted_and_words_for_missing_stay_missing(folder: Path, engine: Engine):
    def spoil(rows):
        cell(3, 5, "")(rows)
        cell(4, 5, "NA")(rows)

    case = Case("", spoil, source={"blank_is_zero": ["rd_exp"], "missing": ["", "NA"]})
    got = run(case, folder, engine)
    assert got.frames["quarantine"].empty
    rows = engine.collect(f"SELECT firm_id, rd_exp FROM {got.tables['firms']} ORDER BY firm_id, year")
    assert rows["rd_exp"].eq(0).sum() == 1 and rows["rd_exp"].isna().sum() == 1
    assert any("rd_exp" in notice.zh and "1" in notice.zh for notice in got.notices if notice.rule == "C09")


def test_codes_are_padded_only_where_declared(folder: Path, engine: Engine):
    got = run(Case("", lambda rows: cell(3, 0, "1")(rows), source={"pad": {"firm_id": 6}}), folder, engine)
    assert engine.collect(got.tables["firms"])["firm_id"].str.len().eq(6).all()


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><svg onload=x>',
        "=cmd|' /C calc'!A0",
        "{{7*7}}",
        "\u202e甲",
        "a\u2028b",
        "'; DROP TABLE t1; --",
    ],
)
def test_hostile_text_stays_text(text: str, folder: Path, engine: Engine):
    quoted = '"' + text.replace('"', '""') + '"'
    got = run(Case("", lambda rows: cell(3, 1, quoted)(rows)), folder, engine)
    assert text in engine.collect(got.tables["firms"])["firm_name"].tolist()
    assert got.frames["quarantine"].empty and balanced(got)


def test_statement_dates_give_the_year_and_leave_openings_out(folder: Path, engine: Engine):
    rows = [["企业代码", "报表日期", "报表类型", "行业代码", "营业收入"]]
    rows += [
        ["000001", "2020-12-31", "A", "C35", "1"],
        ["000001", "2020-01-01", "A", "C35", "1"],
        ["000002", "44196", "A", "C35", "2"],
    ]
    rows += [["000003", "2020-06-30", "A", "C35", "3"]]
    write(rows, folder / "data" / "firms.csv")
    open_gate = {"gates": {"max_quarantine_share": 1.0}}
    got = intake(build(rules=open_gate), engine, folder / "data", folder / "configs")
    clean = engine.collect(got.tables["firms"])
    assert list(zip(clean["firm_id"], clean["year"])) == [("000001", 2020), ("000002", 2020)]
    assert got.frames["ledger"]["out_of_scope"].tolist() == [0, 1]
    assert got.frames["quarantine"][["rule", "row"]].to_numpy().tolist() == [["E07", 5]]


def test_two_kinds_of_statement_stop_and_one_can_be_chosen(folder: Path, engine: Engine):
    rows = [["企业代码", "年份", "报表类型", "行业代码", "营业收入"]]
    rows += [["000001", "2020", "A", "C35", "1"], ["000001", "2020", "B", "C35", "2"]]
    write(rows, folder / "data" / "firms.csv")
    with pytest.raises(HqdError) as caught:
        intake(build(), engine, folder / "data", folder / "configs")
    assert (caught.value.rule, caught.value.exit_code) == ("E08", 3) and "parent 1" in caught.value.zh
    chosen = [{"when": "statement_type = 'parent'", "reason": {"zh": "母公司报表", "en": "parent statement"}}]
    got = intake(build({"firms": {**FIRMS, "out_of_scope": chosen}}), engine, folder / "data", folder / "configs")
    assert engine.collect(got.tables["firms"])["revenue"].tolist() == [1.0]
    assert got.frames["sample_flow"]["label_zh"].tolist()[1] == "剔除:母公司报表"


def test_a_code_without_its_edition_stops(folder: Path, engine: Engine):
    write(clean_rows(), folder / "data" / "firms.csv")
    with pytest.raises(HqdError) as caught:
        intake(build({"firms": {"path": "firms.csv", "table": "firms"}}), engine, folder / "data", folder / "configs")
    assert caught.value.rule == "S06" and "industry_version" in caught.value.zh


def test_a_unit_that_jumps_between_years_is_told(folder: Path, engine: Engine):
    rows = clean_rows()
    for row in rows[1:]:
        if row[2] == "2019":
            row[5] = f"{float(row[5]) * 10000:.1f}"
    write(rows, folder / "data" / "firms.csv")
    quiet = {"gates": {"max_quarantine_share": 1.0}}
    got = intake(build(rules=quiet), engine, folder / "data", folder / "configs")
    told = [notice.zh for notice in got.notices if notice.rule == "W04"]
    assert len(told) == 1 and "rd_exp" in told[0] and "2019" in told[0] and "10000" in told[0]


def test_sources_of_one_table_are_joined_by_key(folder: Path, engine: Engine):
    """Two yearbook tables with different columns make one row per industry-year; each raw row is accounted for."""
    write(
        [["行业", "年份", "营业收入"], ["C13", "2020", "10"], ["C14", "2020", "x"], ["C15", "2020", "5"]],
        folder / "data" / "a.csv",
    )
    write(
        [["行业", "年份", "研发经费"], ["C13", "2020", "20"], ["C14", "2020", "30"], ["C15", "2020", "-1"]],
        folder / "data" / "b.csv",
    )
    common = {"table": "industry", "aliases": {"行业": "industry_code"}, "constants": {"industry_version": "2017"}}
    sources = {"a": {"path": "a.csv", **common}, "b": {"path": "b.csv", **common, "units": {"rd_exp": "万元"}}}
    rules = {"gates": {"max_quarantine_share": 1.0}, "ranges": {"industry": {"rd_exp": [0, None]}}}
    got = intake(build(sources, rules), engine, folder / "data", folder / "configs")
    clean = engine.collect(f"SELECT industry_code, revenue, rd_exp FROM {got.tables['industry']} ORDER BY 1")
    assert clean.fillna(-1).to_numpy().tolist() == [["C13", 10.0, 0.002], ["C14", -1.0, 0.003]]
    ledger = got.frames["ledger"].set_index(["file", "stage"])
    assert ledger["quarantined"].to_dict() == {
        ("a.csv", "read"): 0, ("a.csv", "validate"): 2, ("b.csv", "read"): 0, ("b.csv", "validate"): 1,
    }  # fmt: skip
    assert balanced(got)


def test_the_rows_of_a_joined_value_are_those_of_the_file_that_has_its_column(folder: Path, engine: Engine):
    """Revenue of C13 is in a.csv alone, R&D in b.csv, the region in a register without years; C14 begins in b.csv."""
    data = folder / "data"
    write([["行业", "年份", "营业收入"], ["C13", "2020", "10"]], data / "a.csv")
    write([["行业", "年份", "研发经费"], ["C14", "2020", "30"], ["C13", "2020", "20"]], data / "b.csv")
    write([["行业", "资产"], ["C14", "7"], ["C13", "5"]], data / "c.csv")
    common = {"table": "industry", "constants": {"industry_version": "2017"}}
    by_year = common | {"aliases": {"行业": "industry_code", "资产": "total_assets"}}
    sources = {name: {"path": f"{name}.csv", **by_year} for name in "abc"}
    sources["c"] |= {"every_year": True}
    study = build(sources, {"gates": {"max_quarantine_share": 1.0}}, study={"unit": {"by": ["industry_code"]}})
    result = intake(study, engine, data, folder / "configs")
    files = engine.collect(result.members["row_files"])
    leaf = study.indicators.indicators["one"]
    formula = "sum(rd_exp) / sum(revenue) + sum(total_assets)"
    reading = RawValueReading(
        study, engine, leaf.model_copy(update={"formula": formula}), result.tables["industry"], "C13", 2020, "all",
        result.members["row_members"],
    )  # fmt: skip
    cells = reading.raw(files).cells.set_index("column")
    assert cells[["file", "row"]].to_dict("index") == {
        "revenue": {"file": "a.csv", "row": 2}, "rd_exp": {"file": "b.csv", "row": 3},
        "total_assets": {"file": "c.csv", "row": 3},
    }  # fmt: skip
    later = replace(reading, unit="C14").raw(files).cells.set_index("column")["file"].to_dict()
    assert later["rd_exp"] == "b.csv" and later["total_assets"] == "c.csv"


def test_a_traced_value_has_the_text_of_a_converted_cell_and_the_unit_that_was_converted(folder: Path, engine: Engine):
    """营业收入 in 万元 of a table in 亿元; one cell has its unit in it, one a separator, and the others are as printed."""
    lines = ["行业,年份,营业收入(万元)", "C13,2020,1.2亿元", 'C14,2020,"11,000"', "C15,2020,13000"]
    (folder / "data" / "a.csv").write_text("\n".join(lines) + "\n", "utf-8")
    source = {"table": "industry", "path": "a.csv", "constants": {"industry_version": "2017"}}
    source |= {"aliases": {"行业": "industry_code"}, "parse_units": True, "parse_separators": True}
    study = build({"a": source}, study={"unit": {"by": ["industry_code"]}})
    result = intake(study, engine, folder / "data", folder / "configs")
    files = engine.collect(result.members["row_files"])
    leaf, texts = study.indicators.indicators["one"], {}
    for unit in ("C13", "C14", "C15"):
        reading = RawValueReading(study, engine, leaf, result.tables["industry"], unit, 2020, "all",
                                  texts=result.members["cell_texts"], repairs=result.frames["repairs"])  # fmt: skip
        raw = reading.raw(files)
        texts[unit] = raw.cells["text"].dropna().tolist()
        assert raw.scaled == (("revenue", "11,000 万元", "1.1 亿元"),) and factor_text(*raw.scaled[0][1:]) == " ÷10,000"
    assert texts == {"C13": ["1.2亿元"], "C14": ["11,000"], "C15": []}
