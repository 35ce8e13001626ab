"""The workbook: three parts by colour, a sentence on every sheet, pages of few columns, one unit looked up by formula."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import column_index_from_string

from hqd_index.engines import open_engine
from hqd_index.intake.rules.rule_catalogue import EXPECTATIONS, RULES
from hqd_index.pipeline import listed_findings
from hqd_index.report.bilingual import Bilingual
from hqd_index.report.disclosure import publishable_results
from hqd_index.report.grids.data_grids import rules
from hqd_index.report.grids.grid import Column, Grid
from hqd_index.report.outline import SHEETS
from hqd_index.report.results import Results
from hqd_index.report.table_notes import note_text
from hqd_index.report.weight_lab import weight_lab
from hqd_index.report.wording import wordings
from hqd_index.report.workbook.print_layout import PAGE_COLUMNS, SMALLEST_SCALE, page_columns, print_scale
from hqd_index.report.workbook.quarantine_workbook import write_quarantine
from hqd_index.report.workbook.results_workbook import write_workbook
from hqd_index.report.workbook.sheet_format import CellStyles, fill_sheet, open_book
from hqd_index.report.workbook.sheet_parts import TAB_COLOURS, part_of, sheet_order

from .conftest import MANIFEST, study
from .test_weight_lab import SHEET, _computed


@pytest.fixture(scope="module")
def book(results: Results, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("book") / "results.xlsx"
    return openpyxl.load_workbook(write_workbook(results, path, weight_lab(results)))


def test_parts_follow_one_another_and_every_sheet_has_its_sentence(book: openpyxl.Workbook) -> None:
    colours = [sheet.sheet_properties.tabColor.rgb[-6:] for sheet in book]
    order = [colour.removeprefix("#") for colour in TAB_COLOURS.values()]
    assert [order.index(colour) for colour in colours] == sorted(order.index(colour) for colour in colours)
    assert book.sheetnames[:4] == ["封面", "排名", "单位一页", "权重试算"]
    cover = book["封面"]
    links = {cell.value: cover.cell(cell.row, 2).value for cell in cover["A"] if cell.hyperlink}
    assert list(links) == book.sheetnames[1:] and all(sentence.endswith("。") for sentence in links.values())
    assert set(wordings("workbook.about")) == {*SHEETS, "working", "unit_data"}
    assert len(sheet_order()) == len(SHEETS) and part_of("ranking") == "read"


def test_a_wide_table_is_printed_on_pages_of_few_columns(book: openpyxl.Workbook) -> None:
    assert page_columns([10] * 25, 2) == [10, 18] and page_columns([10] * 10, 2) == []
    assert page_columns([40, 60, 50, 60], 1) == [3], "type stays readable"
    assert print_scale([10] * 25, 2, [10, 18]) == 100 and print_scale([40, 60, 60], 1, []) == 73
    assert print_scale([10] * 5, 1, [], 600) == 81 and print_scale([10] * 5, 1, [], 6000) == 100, "a page more, or smaller type"
    split_sheets = [sheet for sheet in book if sheet.col_breaks.brk]
    assert split_sheets
    for sheet in split_sheets:
        starts = [page_break.id for page_break in sheet.col_breaks.brk]
        key_columns = column_index_from_string(sheet.print_title_cols.split(":")[1].strip("$"))
        counts = [starts[0], *(key_columns + end - start for start, end in pairwise([*starts, sheet.max_column]))]
        assert max(counts) <= PAGE_COLUMNS, sheet.title
        assert (sheet.page_setup.scale or 100) >= SMALLEST_SCALE, sheet.title


def test_a_long_sheet_prints_its_first_rows_and_says_so(results: Results, tmp_path: Path) -> None:
    """Of 101 records 40 are printed, with the file that holds the rest; of 100 all are."""
    for count in (100, 101):
        workbook = open_book(tmp_path / f"{count}.xlsx", "", "")
        columns = (Column(Bilingual("年", "Year"), "year"),)
        grid = Grid(Bilingual("表", "Table"), columns, tuple((2000 + k,) for k in range(count)), ("scores",))
        fill_sheet(workbook.add_worksheet("Sheet"), CellStyles(workbook), grid, "en")
        workbook.close()
        sheet = openpyxl.load_workbook(tmp_path / f"{count}.xlsx")["Sheet"]
        foot = sheet.oddFooter.left.text
        assert (sheet.print_area or "").endswith("$A$43") == (count > 100)
        assert ("First 40 of 101 rows; all in tables/scores.csv" in foot) == (count > 100)


def test_of_many_warnings_the_first_are_listed_and_all_are_counted(
    tables: dict[str, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = tables["quarantine"]
    warnings = errors[errors["rule"] == "E09"].assign(rule="W21", severity="warning")
    whole_list = pd.concat([errors, warnings, warnings.head(3)], ignore_index=True)
    monkeypatch.setattr(listed_findings, "LISTED_WARNINGS", 5)
    with open_engine() as engine:
        first = listed_findings.listed_findings(engine.scan(whole_list), engine)
    whole_results, results = (Results(study(), tables | lists, MANIFEST) for lists in ({"quarantine": whole_list}, first))
    books = []
    for results_of_list in (whole_results, results):
        path = tmp_path / "quarantine.xlsx"
        rows, counts = results_of_list.table("quarantine"), results_of_list.finding_counts
        write_quarantine(study(), rows, tables["raw_rows"], path, counts=counts)
        books.append(openpyxl.load_workbook(path).worksheets)
    assert [book[1].max_row - 1 for book in books] == [len(whole_list), len(errors) + 5]
    summaries = [list(book[0].iter_rows(min_row=3, values_only=True)) for book in books]
    assert summaries[0] == summaries[1] and summaries[1][-1][3:5] == (len(warnings) + 3, len(warnings))
    assert [bool(book[0]["A2"].value) for book in books] == [False, True]
    assert rules(results).rows == rules(whole_results).rows
    assert rules(results).note != rules(whole_results).note


@pytest.mark.slow
def test_the_sheet_of_one_unit_computes_what_the_engine_computed(results: Results, tmp_path: Path) -> None:
    """Unit and year are chosen in the file, LibreOffice looks everything up, values and ranks are those of the tables."""
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice (soffice) is not installed")
    write_workbook(results, tmp_path / "results.xlsx", weight_lab(results))
    edited = openpyxl.load_workbook(tmp_path / "results.xlsx")
    unit, year = "C34", results.years[1]
    edited["单位一页"]["B4"], edited["单位一页"]["B5"] = f"{unit} {results.unit_name(unit).zh}", year
    edited.save(tmp_path / "edited.xlsx")
    sheet = _computed(tmp_path)["单位一页"]
    lines = {row[0].value: [cell.value for cell in row[1:8]] for row in sheet.iter_rows(min_row=6) if row[0].value}
    scores = results.scores[results.scores["year"] == year]
    for node in results.inner:
        of_node = scores[scores["node"] == node].set_index("unit")
        value, _, median, rank, of, *_ = lines[results.name(node).zh]
        assert abs(value - of_node.loc[unit, "score"]) < SHEET and abs(median - of_node["score"].median()) < SHEET, node
        assert (rank, of) == (of_node.loc[unit, "rank"], of_node["rank"].notna().sum()), node
    indicators = results.table("indicators").query("sample == 'all' and year == @year")
    for leaf in results.leaves:
        of_leaf = indicators[indicators["indicator"] == leaf].set_index("unit")
        value, _, median, rank, _, normalised, mark = lines[results.name(leaf).zh]
        for shown, expected in ((value, of_leaf.loc[unit, "raw"]), (median, of_leaf["raw"].median())):
            assert shown == "—" if pd.isna(expected) else abs(shown - expected) < SHEET, leaf
        own = of_leaf.loc[unit, "normalised"]
        better = int((of_leaf["normalised"] > own + 1e-9).sum())
        assert (normalised, rank) == ("—", "—") if np.isnan(own) else abs(normalised - own) < SHEET and rank == better + 1, leaf
        assert mark in ("◆", "◇", None, "")
    assert abs(lines[year][0] - scores.query("node == @results.tree.root and unit == @unit")["score"].item()) < SHEET


def test_notes_are_in_the_language_of_the_reader() -> None:
    mixed = "accounting (Gelbach 2016), no causal mediation; fraction suppressed: estimate below its standard error"
    assert note_text(mixed) == Bilingual("核算分解（Gelbach 2016），不是因果中介；占比不列：估计值小于其标准误", mixed)
    assert note_text("130000: own estimate 0.25").zh == "130000：单独估计 0.25"
    assert note_text("年份效应 / year effects") == Bilingual("年份效应", "year effects")
    assert note_text("nothing known") == Bilingual("nothing known", "nothing known")


def test_what_is_expected_is_not_what_is_wrong() -> None:
    assert not [rule for rule, expectation in EXPECTATIONS.items() if expectation == RULES[rule].text]
    denial = re.compile("不是|超出|未知|无法|丢失|混在|重复")
    assert not [rule for rule, expectation in EXPECTATIONS.items() if denial.search(expectation.zh)]


def test_the_whatif_of_a_suppressed_unit_shows_no_rank() -> None:
    columns = {"rank_new": 3.0, "rank_best": 2.0, "rank_worst": 5.0, "score_new": 50.0}
    rows = pd.DataFrame([{"unit": unit, "n_srdi": count, **columns} for unit, count in (("C13", 1), ("C14", 9))])
    shown = publishable_results(Results(study(), {"whatif": rows}, MANIFEST)).table("whatif").set_index("unit")
    assert shown.loc["C13", list(columns)].isna().all() and shown.loc["C14", list(columns)].notna().all()
