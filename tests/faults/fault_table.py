"""F01 to F74 and M01 to M30: what is done to the small study, and what must come of it, or the tests that hold the case."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from .small_firms import Rows, SmallStudy, as_csv, clean_rows

Change = Callable[[SmallStudy], object]
SCALE = 1e4
BOMB = "<!DOCTYPE a [<!ENTITY a 'x'>" + "".join(f"<!ENTITY a{n} '{'&a;' * 10}'>" for n in range(9)) + "]>"


@dataclass(frozen=True)
class Fault:
    """A case; a row of a file counts as a spreadsheet shows it (the header is row 1)."""

    id: str
    change: Change
    code: int = 0
    words: tuple[str, ...] = ()
    quarantined: tuple[tuple[str, int], ...] = ()
    """(rule, row) of every error that is listed."""
    out_of_scope: int = 0
    options: tuple[str, ...] = ()
    same_scores: bool = False
    """Whether the scores are those of the clean study."""


def firms(change: Callable[[Rows], object], encoding: str = "utf-8") -> Change:
    """The table of firms with its rows changed."""

    def apply(study: SmallStudy) -> None:
        rows = clean_rows()
        change(rows)
        study.write(rows, encoding)

    return apply


def cell(row: int, column: int, text: str) -> Change:
    return firms(lambda rows: rows[row - 1].__setitem__(column, text))


def column(place: int, change: Callable[[list[str]], str]) -> Change:
    """Every cell of a column below the header."""
    return firms(lambda rows: [row.__setitem__(place, change(row)) for row in rows[1:]])


def edit(name: str, old: str, new: str) -> Change:
    return lambda study: study.edit(name, old, new)


def both(*changes: Change) -> Change:
    return lambda study: [change(study) for change in changes]


def option(line: str) -> Change:
    """A further setting of the source."""
    return edit("sources", "    table: firms\n", f"    table: firms\n    {line}\n")


def raw(change: Callable[[bytes], bytes]) -> Change:
    """The bytes of the file changed."""
    return lambda study: (study.data / "firms.csv").write_bytes(change(as_csv(clean_rows())))


def book(change: Callable[[openpyxl.worksheet.worksheet.Worksheet], object]) -> Change:
    """The table of firms as a workbook with a cell changed."""

    def apply(study: SmallStudy) -> None:
        study.edit("sources", "path: firms.csv", "path: firms.xlsx")
        workbook = openpyxl.Workbook()
        for row in clean_rows():
            workbook.active.append(row)
        change(workbook.active)
        workbook.save(study.data / "firms.xlsx")

    return apply


def member(name: str, content: bytes) -> Change:
    """A further part of the workbook."""

    def apply(study: SmallStudy) -> None:
        book(lambda sheet: None)(study)
        with zipfile.ZipFile(study.data / "firms.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)

    return apply


def link_outside(study: SmallStudy) -> None:
    (study.folder / "secret.csv").write_bytes(as_csv(clean_rows()))
    (study.data / "firms.csv").unlink()
    (study.data / "firms.csv").symlink_to(study.folder / "secret.csv")


def misspelt(study: SmallStudy) -> None:
    (study.data / "firms.csv").rename(study.data / "frims.csv")


def packed_and_cut(study: SmallStudy) -> None:
    study.edit("sources", "path: firms.csv", "path: firms.csv.gz")
    content = gzip.compress(as_csv(clean_rows()))
    (study.data / "firms.csv.gz").write_bytes(content[: len(content) // 2])


def workbook_named_csv(study: SmallStudy) -> None:
    book(lambda sheet: None)(study)
    study.edit("sources", "path: firms.xlsx", "path: firms.csv")
    (study.data / "firms.xlsx").replace(study.data / "firms.csv")


def twin(change: str = "") -> Change:
    """The second row once more at the end, with another revenue when `change` says so."""
    return firms(lambda rows: rows.append([*rows[1][:4], change or rows[1][4], *rows[1][5:]]))


def dated(rows: Rows) -> None:
    for place, row in enumerate(rows):
        row.append("披露日期" if place == 0 else "2020-04-30")
    rows.append([*rows[1][:4], "999", *rows[1][5:9], "2020-08-30"])


def far_cell(study: SmallStudy) -> None:
    book(lambda sheet: sheet.__setitem__("XFD1048576", 1))(study)


def error_behind_formats(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
    sheet["F3"].value = None
    sheet["F3"].number_format = "0.00"
    sheet["G3"] = "#N/A"
    sheet["G3"].data_type = "e"


def all_constant(rows: Rows) -> None:
    for row in rows[1:]:
        row[4:9] = ["100", "5", "50", "5", "80"]


def scaled(place: int, year: str) -> Change:
    def change(rows: Rows) -> None:
        for row in rows[1:]:
            row[place] = f"{float(row[place]) * SCALE:.4f}" if row[2] == year else row[place]

    return firms(change)


LAST = 166
HOSTILE = "\"><svg onload=x>{{7*7}}</script>'; DROP TABLE t1; --\u202e\u2028"
YAML_BOMB = "a: &a [x, x]\n" + "".join(f"a{n}: &a{n} [*a, *a, *a]\n" for n in range(9))

FAULTS: tuple[Fault, ...] = (
    Fault("F01", misspelt, 2, ("S01", "sources.yaml:", "frims.csv")),
    Fault("F02", firms(lambda rows: rows.__delitem__(slice(1, None))), 3, ("S02", "firms.csv", "0 行")),
    Fault("F03", firms(lambda rows: None, "gb18030"), 0, ("S03", "gb18030"), same_scores=True),
    Fault("F04", raw(lambda text: text.replace("企业5,".encode(), b"\xff\xfe\xff,", 1)), 3, ("S03", "firms.csv", "22")),
    Fault("F05", firms(lambda rows: None, "utf-8-sig"), same_scores=True),
    Fault("F06", firms(lambda rows: rows[4].append("x")), quarantined=(("S04", 5),)),
    Fault("F06", firms(lambda rows: [row.append("") for row in rows[1:]]), 3, ("S04", "10 个字段", "表头是 9 个")),
    Fault("F07", firms(lambda rows: rows[4].pop()), quarantined=(("S04", 5),)),
    Fault("F08", cell(1, 5, "营业收入(万元)"), 3, ("S05", "营业收入", "改名")),
    Fault("F09", cell(1, 4, "营收入"), 3, ("S06", "revenue", "营收入", "aliases")),
    Fault("F10", firms(lambda rows: [row.append("备注") for row in rows]), 0, ("S07", "备注"), same_scores=True),
    Fault("F11", firms(lambda rows: [row.reverse() for row in rows]), same_scores=True),
    Fault("F12", scaled(5, "2020"), 0, ("W04", "rd_exp", "10000")),
    Fault("F12", scaled(5, "2020"), 3, ("W04", "rd_exp"), options=("--strict",)),
    Fault("F13", book(lambda sheet: sheet.__setitem__("E3", "=1+1")), 3, ("S08", "!E3", "重新计算")),
    Fault("F14", member("xl/media/a.bin", bytes(30 << 20)), 3, ("S09", "firms.xlsx", "100:1")),
    Fault("F15", member("xl/comments9.xml", f'<?xml version="1.0"?>{BOMB}<a>&a8;</a>'.encode()), 3, ("S09", "xl/comments9.xml")),
    Fault("F16", workbook_named_csv, 0, ("S10", "xlsx"), same_scores=True),
    Fault("F16", raw(lambda text: bytes(range(256)) * 40), 3, ("S10", "firms.csv")),
    Fault("F19", link_outside, 2, ("S12", "firms.csv")),
    Fault("F20", cell(3, 4, "1,234"), quarantined=(("C08", 3),)),
    Fault("F20", cell(3, 4, "1234万"), quarantined=(("C08", 3),)),
    Fault("F20", cell(3, 4, "不详"), quarantined=(("C09", 3),)),
    Fault("F20", cell(3, 4, "１２３"), quarantined=(("C08", 3),)),
    Fault("F21", column(1, lambda row: {"企业1": "NA", "企业2": "null"}.get(row[1], row[1])), same_scores=True),
    Fault("F22", column(0, lambda row: {"000001": "013", "000002": "1E5"}.get(row[0], row[0])), same_scores=True),
    Fault("F23", cell(3, 0, "9.11101E+17"), quarantined=(("C06", 3),)),
    Fault("F24", cell(3, 5, "-1"), quarantined=(("C02", 3),)),
    Fault("F24", cell(3, 8, "180"), quarantined=(("E13", 3),)),
    Fault("F24", cell(3, 2, "3021"), quarantined=(("C02", 3),)),
    Fault("F25", twin(), quarantined=(("E01", LAST + 1),), same_scores=True),
    Fault("F25", twin("999"), quarantined=(("E01", 2), ("E01", LAST + 1))),
    Fault("F26", cell(3, 0, ""), quarantined=(("C04", 3),)),
    Fault("F27", cell(3, 4, "inf"), quarantined=(("C05", 3),)),
    Fault("F28", firms(lambda rows: rows[2].__setitem__(slice(4, 9), ["-1", "inf", "3", "9", "180"])),
          quarantined=(("C02", 3), ("C05", 3), ("E02", 3), ("E13", 3))),
    Fault("F29", column(4, lambda row: "x"), 3, ("S13", "165 行", "100.0%")),
    Fault("F30", firms(lambda rows: [row.__setitem__(4, "x") for row in rows[1:10]]), 3, ("S13", "5.5%", "5.0%")),
    Fault("F31", edit("weighting", "aggregate:", "agregate:"), 2, ("weighting.yaml:3:1", "agregate", "aggregate")),
    Fault("F32", edit("study", "seed: 1", "seed: 1\nname: small"), 2, ("study.yaml:7:1", "第一次在第 2 行")),
    Fault("F33", edit("study", "seed: 1", "seed：1"), 2, ("study.yaml:6:1", "全角冒号")),
    Fault("F34", edit("weighting", "{method: entropy}", "{method: given, shares: {rd: 0.5, staff: 0.3, focus: 0.18}}"), 2,
          ("weighting.yaml:", "0.98", "normalize")),
    Fault("F35", edit("weighting", "{method: entropy}", "{method: given, shares: {rd: .nan, staff: 0.5, focus: 0.5}}"), 2,
          ("weighting.yaml:", "数值")),
    Fault("F36", edit("weighting", "{method: entropy}", "{method: given, shares: {rd: 0.5, stuff: 0.3, focus: 0.2}}"), 2,
          ("weighting.yaml:", "stuff", "staff")),
    Fault("F37", lambda study: (study.configs / "rules.yaml").write_text(f"version: 1\n{YAML_BOMB}"), 2, ("rules.yaml:", "锚点")),
    Fault("F37", lambda study: (study.configs / "rules.yaml").write_text("x" * 10**6), 2, ("rules.yaml", "262,144")),
    Fault("F37", lambda study: (study.configs / "rules.yaml").write_text("a: " + "[" * 5000), 2, ("rules.yaml:", "20 层")),
    Fault("F38", edit("study", "name: small", "name: !!python/object/apply:os.system [touch canary]"), 2,
          ("study.yaml:2:7", "标签")),
    Fault("F39", edit("sources", "firms.csv", "../../secret.csv"), 2, ("sources.yaml:", "数据文件夹之外")),
    Fault("F39", edit("sources", "firms.csv", "C:/secret.csv"), 2, ("sources.yaml:", "数据文件夹之外")),
    Fault("F40", edit("indicators", "avg(main_product_rev_share)", "sum(revenue); copy (select 1) to 'canary'"), 2,
          ("indicators.yaml:",)),
    Fault("F40", edit("indicators", "avg(main_product_rev_share)", "avg(read_text('/etc/hostname'))"), 2, ("indicators.yaml:",)),
    Fault("F41", lambda study: _scenario(study, "weighting.wieght.indicators"), 2, ("wieght", "weight")),
    Fault("F42", edit("study", "version: 1", "version: 0"), 2, ("study.yaml:1:1", "版本为 0")),
    Fault("F43", both(column(8, lambda row: "80"), edit("weighting", "aggregate:", "coverage: {min_children: 2}\naggregate:")), 0,
          ("I-CONST", "focus")),
    Fault("F43", column(8, lambda row: "80"), 3, ("I-CONST", "focus"), options=("--strict",)),
    Fault("F45", firms(lambda rows: rows.__setitem__(slice(None), [row for row in rows if row[2:4] != ["2018", "C39"]]))),
    Fault("F53", column(1, lambda row: HOSTILE if row[1] == "企业2" else row[1]), same_scores=True),
    Fault("F55", raw(lambda text: text.replace("企业5,".encode(), '"企业5,'.encode(), 1)), quarantined=(("S04", 22),)),
    Fault("F56", book(error_behind_formats), quarantined=(("C09", 3),)),
    Fault("F58", far_cell, 3, ("S09", "firms.xlsx")),
    Fault("F59", packed_and_cut, 3, ("S08", "firms.csv.gz", "损坏")),
    Fault("F60", member("xl/media/logo.svg", f"<!--{' ' * 100_000}-->{BOMB}<svg>&a8;</svg>".encode()), 3, ("S09", "logo.svg")),
    Fault("F61", cell(3, 0, "NaN"), quarantined=(("C04", 3),)),
    Fault("F62", both(cell(3, 4, "1234①"), option("parse_separators: true")), quarantined=(("C01", 3),)),
    Fault("F63", column(5, lambda row: f"{float(row[5]) / (SCALE if row[2] == '2018' else 1):.6f}"), 0,
          ("W04", "rd_exp", "2018")),
    Fault("F71", cell(1, 5, "研发投入(百万美元)"), 3, ("W11", "美元")),
    Fault("F72", firms(all_constant), 3, ("index",)),
    Fault("M01", firms(lambda rows: None, "utf-16"), 0, ("S03", "utf-16"), same_scores=True),
    Fault("M04", both(column(0, lambda row: row[0].lstrip("0")), option("pad: {firm_id: 6}")), same_scores=True),
    Fault("M06", cell(3, 4, "1.2亿元"), quarantined=(("C08", 3),)),
    Fault("M06", both(cell(2, 4, "0.0109125亿元"), option("parse_units: true")), 0, ("C08",)),
    Fault("M07", cell(3, 4, "1,234"), quarantined=(("C08", 3),)),
    Fault("M07", both(cell(3, 4, "1,234"), option("parse_separators: true")), 0, ("C08",)),
    Fault("M08", cell(3, 4, "—")),
    Fault("M08", cell(3, 4, "不详"), quarantined=(("C09", 3),)),
    Fault("M09", both(cell(3, 5, "0"), option("zero_is_missing: [rd_exp]")), 0, ("C09", "rd_exp")),
    Fault("M11", firms(lambda rows: rows.extend([["合计", *[""] * 3, "9", "9", "9", "9", ""], ["资料来源:虚构", *[""] * 8]])),
          out_of_scope=2, same_scores=True),
    Fault("M13", firms(dated), quarantined=(("E01", 2),)),
    Fault("M14", twin(), quarantined=(("E01", LAST + 1),), same_scores=True),
    Fault("M15", firms(lambda rows: [row.append("报表类型" if k == 0 else "AB"[k % 2]) for k, row in enumerate(rows)]), 3,
          ("E08", "out_of_scope")),
    Fault("M21", edit("sources", "    constants: {industry_version: '2017'}\n", ""), 3, ("S06", "industry_version")),
    Fault("M22", scaled(5, "2018"), 0, ("W04", "rd_exp", "10000")),
    Fault("M23", cell(3, 0, "911101081234567000"), quarantined=(("C06", 3),)),
    Fault("M24", firms(lambda rows: [row.__setitem__(2, "报表日期" if k == 0 else f"{row[2]}-{'01-01' if k == 2 else '12-31'}")
                                     for k, row in enumerate(rows)]), 0, out_of_scope=1),
    Fault("M27", firms(lambda rows: rows.append([*rows[1][:4], f"{float(rows[1][4]):.0f}", *rows[1][5:]])),
          quarantined=(("E01", LAST + 1),), same_scores=True),
    Fault("M28", cell(3, 4, "-999"), quarantined=(("C02", 3),)),
    Fault("M28", both(cell(3, 4, "-999"), option("missing: ['', '-999']"))),
)  # fmt: skip


def _scenario(study: SmallStudy, path: str) -> Path:
    target = study.configs / "scenarios" / "other.yaml"
    target.parent.mkdir()
    target.write_text(f"label: {{zh: 另, en: other}}\nchanges:\n  {path}: {{method: equal}}\n", "utf-8")
    return target


HELD: dict[str, tuple[str, ...]] = {
    "F17": ("tests/test_faults.py::test_what_the_system_refuses_is_told_with_its_code",),
    "F18": ("tests/intake/test_read.py::test_a_file_that_changes_meanwhile_is_told",),
    "F44": ("tests/index/test_degenerate.py::test_such_a_study_runs_whole_and_silently_loses_nothing",),
    "F46": ("tests/models/test_estimable.py::test_what_is_not_identified_says_why",),
    "F47": ("tests/test_faults.py::test_what_the_system_refuses_is_told_with_its_code",),
    "F48": ("tests/index/test_competition_rank.py::test_ties_share_the_better_place",
            "tests/report/test_browser.py::test_ranks_are_those_of_the_csv",
            "tests/report/test_report.py::test_workbook_reads_back"),
    "F49": ("tests/test_pipeline.py::test_row_and_column_order_hash_seed_and_processes_change_no_byte",),
    "F50": ("tests/faults/test_killed_runs.py::test_killed_at_any_moment_latest_stays_whole",
            "tests/test_faults.py::test_what_the_system_refuses_is_told_with_its_code",
            "tests/test_crash.py::test_no_room_on_the_disk_is_told"),
    "F57": ("tests/attack/test_reading_limits.py::test_f57_formatted_blanks_take_no_time",),
    "F64": ("tests/test_runs.py::test_of_four_at_once_on_a_stale_lock_one_runs_and_names_itself",),
    "F65": ("tests/test_runs.py::test_killed_while_a_broken_run_is_replaced_latest_never_dangles",),
    "F66": ("tests/test_runs.py::test_a_stage_whose_process_is_killed_is_named_and_no_bug",),
    "F67": ("tests/test_runs.py::test_an_interrupt_while_importing_is_no_traceback",),
    "F68": ("tests/report/test_browser.py::test_ids_that_any_object_of_a_script_has_are_ids_like_others",),
    "F69": ("tests/attack/test_let_in.py::test_every_csv_of_the_replication_files_is_neutral",),
    "F74": ("tests/intake/test_optional_columns.py::test_tables_without_optional_columns_are_read",),
    "M02": ("tests/intake/test_read.py::test_old_stata_strings_are_decoded",),
    "M03": ("tests/intake/test_read.py::test_vendor_header_of_three_rows",),
    "M05": ("tests/intake/test_faults.py::test_statement_dates_give_the_year_and_leave_openings_out",),
    "M10": ("tests/intake/test_codes.py::test_industry_texts",),
    "M12": ("tests/intake/test_codes.py::test_province_texts_are_exact",
            "tests/intake/test_codes.py::test_a_slip_is_only_suggested"),
    "M16": ("tests/intake/test_mess.py::test_firms_are_told_apart_by_their_credit_code",),
    "M17": ("tests/intake/test_mess.py::test_firms_are_told_apart_by_their_credit_code",),
    "M18": ("tests/intake/test_srdi.py::test_names_match_only_when_certain",),
    "M19": ("tests/intake/test_mess.py::test_a_subsidiary_on_the_list_counts_as_the_study_says",),
    "M20": ("tests/intake/test_mess.py::test_what_must_not_be_added_up_stops",),
    "M25": ("tests/intake/test_rules.py::test_a_row_breaks_the_rule_until_it_is_mended",),
    "M26": ("tests/intake/test_mess.py::test_what_must_not_be_added_up_stops",),
    "M29": ("tests/intake/test_mess.py::test_interpolated_cells_are_flagged_and_kept",),
    "M30": ("tests/intake/test_srdi.py::test_a_publicised_list_taken_for_the_recognised_one_is_told",),
}  # fmt: skip
"""Cases that no change of a raw file makes, or that need another table than firms: the tests that hold them."""
HERE = ("F51", "F52", "F54", "F70", "F73")
"""Cases of a lock, the cache, published files and the command line: tests of their own beside the table."""
