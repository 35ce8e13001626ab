"""The template: what it offers to fill in, what an office makes of it, and how its faults come back."""

from __future__ import annotations

import contextlib
import hashlib
import io
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from hqd_index import cli
from hqd_index.errors import ConfigError, SetupError
from hqd_index.intake.meaning.official_codes import DIVISIONS
from hqd_index.office import study_of_workbook, write_template
from hqd_index.study.study_folder import load_study

from ..small import hqd
from .filled_workbook import FIRST_ROW, INDUSTRIES, NAMES, YEARS, fill_firms, fill_industries, fill_list, new_workbook, put

RED = "FFFF9C8F"


def saved(workbook, path: Path) -> Path:
    workbook.save(path)
    return path


def scores(workbook: Path, suffix: str = "_研究") -> pd.DataFrame:
    (tables,) = (workbook.parent / (workbook.stem + suffix)).glob("data/processed/*/quick/tables")
    return pd.read_csv(tables / "scores.csv")


def marks(path: Path) -> dict[tuple[str, str], str]:
    """(sheet, cell) -> comment of each red cell; every comment is at a red cell."""
    red = {}
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                assert (cell.comment is not None) == (cell.fill.fgColor.rgb == RED), cell.coordinate
                if cell.comment:
                    red[sheet.title, cell.coordinate] = cell.comment.text
    return red


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_has_sheets_with_units_lists_and_an_example(language, tmp_path):
    path = tmp_path / "填报.xlsx"
    files = write_template(path, language)
    assert [file.suffix for file in files] == [".xlsx", ".bat", ".command"]
    book = openpyxl.load_workbook(path)
    assert len(book.sheetnames) == 6 and book.sheetnames[1:5] == list(NAMES[language])
    for sheet in book.worksheets[1:5]:
        header, example = ([cell.value for cell in sheet[row]] for row in (3, 4))
        assert all(header) and all(cell is not None for cell in example), sheet.title
        assert str(example[0]).startswith(("示例", "Example")) and sheet.data_validations.dataValidation
    lists = [
        check.formula1 for sheet in book.worksheets for check in sheet.data_validations.dataValidation if check.type == "list"
    ]
    options = book.worksheets[-1]
    for formula in lists:
        cells = [row[0].value for row in options[formula.split("!")[1].replace("$", "")]]
        assert len(cells) > 1 and all(cells), formula
    if language == "en":
        assert not any(
            "\u4e00" <= sign <= "\u9fff"
            for sheet in book
            for row in sheet.iter_rows()
            for cell in row
            for sign in str(cell.value)
        )


@pytest.mark.parametrize(("language", "encoding"), [("zh", "gbk"), ("en", "ascii")])
def test_double_click_files_run_the_workbook_of_their_name(language, encoding, tmp_path):
    _, batch, shell = write_template(tmp_path / "填报.xlsx", language)
    lines = batch.read_bytes().decode(encoding)
    assert (
        lines.count("\r\n") == lines.count("\n")
        and "%~dpn0.xlsx" in lines
        and "run --from" in lines
        and "<" not in lines.replace("nul", "")
    )
    assert shell.stat().st_mode & 0o111 and not subprocess.run(["sh", "-n", shell], check=False).returncode
    program = tmp_path / "bin" / "hqd"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    said = subprocess.run(
        [shell], env={"PATH": f"{program.parent}:/usr/bin:/bin"}, input="\n", capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines()[0] == f"run --from {tmp_path}/填报.xlsx --show"


@pytest.fixture(scope="module")
def industries(tmp_path_factory) -> Path:
    """A workbook of industries alone, run."""
    path = tmp_path_factory.mktemp("industries") / "a.xlsx"
    workbook = new_workbook(path)
    fill_industries(workbook)
    before = hashlib.sha256(saved(workbook, path).read_bytes()).hexdigest()
    with contextlib.redirect_stdout(io.StringIO()):
        cli.main(["run", "--quick", "--from", str(path)])  # raises unless it ends well
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    return path


def test_a_workbook_of_industries_alone_is_ranked_by_ratios_and_its_example_is_no_data(industries):
    path = industries
    assert not path.with_name("a_标注.xlsx").exists()
    top = scores(path).query("node == 'index' and year == 2023")
    assert set(top["unit"]) == set(INDUSTRIES)  # the example is of C34
    study = load_study(path.with_name("a_研究") / "configs").study
    assert all(" / " in leaf.formula for leaf in study.indicators.indicators.values())


def test_firms_industries_and_list_in_english_give_regressions(tmp_path, capsys):
    path = tmp_path / "figures.xlsx"
    workbook = new_workbook(path, "en")
    fill_list(workbook, fill_firms(workbook, "en"), "en")
    fill_industries(workbook, "en")
    workbook.save(path)
    said = hqd(capsys, "run", "--quick", "--from", str(path), "--lang", "en")
    assert said.code == 0 and "headline twfe: density" in said.said, said.said
    top = scores(path, "_study").query("node == 'index' and sample == 'leave_out' and year == 2023")
    assert len(top) == len(INDUSTRIES)


def test_what_an_office_does_to_a_sheet_is_read_as_meant(industries, tmp_path, capsys):
    """Headers renamed with another unit, numbers as text, percent cells, industries merged over years, the example deleted."""
    path = tmp_path / "b.xlsx"
    workbook = new_workbook(path)
    fill_industries(workbook)
    sheet, last_row = workbook["行业"], FIRST_ROW + len(INDUSTRIES) * len(YEARS) - 1
    sheet["D3"], sheet["J3"], sheet["N3"] = "主营业务收入（万元）", "R&D经费支出（亿元）", "产能利用率(%)"
    for row in range(FIRST_ROW, last_row + 1):
        sheet.cell(row, 4).value = f"{sheet.cell(row, 4).value * 1e4:,.2f}"
        sheet.cell(row, 14, 0.7 + row / 1000).number_format = "0.00%"
    for first in range(FIRST_ROW, last_row, len(YEARS)):
        for row in range(first + 1, first + len(YEARS)):
            sheet.cell(row, 1).value = None
        sheet.merge_cells(start_row=first, end_row=first + len(YEARS) - 1, start_column=1, end_column=1)
    for column in range(1, 14):
        sheet.cell(4, column).value = None
    workbook.save(path)
    said = hqd(capsys, "run", "--quick", "--from", str(path))
    assert said.code == 0, said.said
    folders = [industries.with_name("a_研究"), tmp_path / "b_研究"]
    tables = [pd.read_csv(next(folder.glob("data/processed/*/quick/tables/indicators.csv"))) for folder in folders]
    values = [pd.Series(table.set_index(["unit", "year", "indicator"])["raw"].sort_index()) for table in tables]
    plain_values, changed_values = values
    names = set(plain_values.index.unique("indicator"))
    assert set(changed_values.index.unique("indicator")) == names | {"capacity_util"}
    for name in sorted(names):
        pd.testing.assert_series_equal(plain_values.xs(name, level=2), changed_values.xs(name, level=2), rtol=1e-6)
    assert changed_values.xs("capacity_util", level=2).between(70, 80).all()


def test_faulty_cells_come_back_marked_in_a_copy(tmp_path, capsys):
    path = tmp_path / "c.xlsx"
    workbook = new_workbook(path)
    sheet = fill_industries(workbook)
    sheet["D7"], sheet["A12"], sheet["B25"] = "约3500", "火星制造业", "去年"
    sheet["A30"], sheet["B30"] = sheet["A29"].value, sheet["B29"].value
    before = saved(workbook, path).read_bytes()
    said = hqd(capsys, "run", "--quick", "--from", str(path))
    copy = tmp_path / "c_标注.xlsx"
    assert said.code == 3 and str(copy) in said.said and path.read_bytes() == before
    red = marks(copy)
    assert set(red) == {("行业", cell) for cell in ("D7", "A12", "B25", "A29", "A30")}
    assert (
        "C01" in red["行业", "D7"]
        and "改成数字" in red["行业", "D7"]
        and "E09" in red["行业", "A12"]
        and "E01" in red["行业", "A30"]
    )
    again = openpyxl.load_workbook(copy)["行业"]
    assert again["D7"].value == "约3500" and again["A12"].number_format == sheet["A12"].number_format
    assert again.data_validations.dataValidation and again.freeze_panes == "B4"
    for cell, mend in (("D7", 3500), ("A12", DIVISIONS[INDUSTRIES[0]][0]), ("B25", 2017), ("B30", 2022)):
        sheet[cell] = mend
    workbook.save(path)
    mended = hqd(capsys, "run", "--quick", "--from", str(path))
    assert mended.code == 0 and not copy.exists(), mended.said


def test_rows_left_out_of_a_run_that_ends_well_are_marked_too(tmp_path, capsys):
    path = tmp_path / "d.xlsx"
    workbook = new_workbook(path)
    fill_industries(workbook)["D7"] = "约3500"
    workbook.save(path)
    said = hqd(capsys, "run", "--quick", "--from", str(path))
    assert said.code == 0 and set(marks(tmp_path / "d_标注.xlsx")) == {("行业", "D7")}


def test_a_workbook_without_figures_is_refused_in_words_of_the_workbook(tmp_path, capsys):
    path = tmp_path / "e.xlsx"
    workbook = new_workbook(path)
    put(workbook["专精特新名单"], [["浙江第一精工有限公司", None, "浙江", "国家级", 4, None, "公告"]])
    workbook.save(path)
    said = hqd(capsys, "run", "--from", str(path))
    assert said.code == ConfigError.exit_code and "e.xlsx: 没有填写可评分的数据" in said.said
    assert len(marks(tmp_path / "e_标注.xlsx")) == 1 and not (tmp_path / "e_研究").exists()
    missing = hqd(capsys, "run", "--from", str(tmp_path / "none.xlsx"), "--lang", "en")
    assert missing.code == ConfigError.exit_code and "there is no such xlsx file" in missing.said


def test_configs_that_a_person_edited_are_kept_and_others_follow_the_workbook(tmp_path):
    path = tmp_path / "f.xlsx"
    workbook = new_workbook(path)
    sheet = fill_industries(workbook)
    workbook.save(path)
    configs = study_of_workbook(path, "zh").configs
    sheet["N3"] = "产能利用率(%)"
    put(sheet, [[None] * 13 + [70 + row / 10] for row in range(72)])
    workbook.save(path)
    study_of_workbook(path, "zh")
    assert "capacity_util" in (configs / "indicators.yaml").read_text("utf-8")
    (configs / "study.yaml").write_text((configs / "study.yaml").read_text("utf-8").replace("zh: f,", "zh: 我的研究,"), "utf-8")
    assert "已被修改" in study_of_workbook(path, "zh").lines[0]
    assert "我的研究" in (configs / "study.yaml").read_text("utf-8")
    (tmp_path / "g_研究").mkdir()
    (tmp_path / "g.xlsx").write_bytes(path.read_bytes())
    with pytest.raises(SetupError, match="not the study of a workbook"):
        study_of_workbook(tmp_path / "g.xlsx", "zh")


def test_a_study_is_called_as_its_workbook(tmp_path):
    """Results of 我市填报.xlsx are in data/processed/我市填报 (they were in my_study), titled 我市填报."""
    path = tmp_path / "2024 我市填报.xlsx"
    workbook = new_workbook(path)
    fill_industries(workbook)
    workbook.save(path)
    text = (study_of_workbook(path, "zh").configs / "study.yaml").read_text("utf-8")
    assert "name: 我市填报 " in text and 'zh: "2024 我市填报"' in text


def test_firms_without_codes_are_known_by_name_and_formulas_take_the_sheet_that_has_both_columns(tmp_path, capsys):
    path = tmp_path / "h.xlsx"
    workbook = new_workbook(path)
    firms = fill_firms(workbook)
    fill_list(workbook, [(name, "") for name, _ in firms])
    fill_industries(workbook)
    for row in workbook["企业"].iter_rows(min_row=FIRST_ROW, min_col=2, max_col=2):
        row[0].value = None
    put(workbook["指标体系"], [["质量", "效益", "利润率", "%", "正向", 0.5, "利润总额/营业收入"],
                           ["质量", "创新", "研发强度", "%", "正向", 0.5, "研发投入/营业收入"],
                           ["安全", "能源", "能耗", "", "负向", 0.2, "能源消费量/研发投入"]])  # fmt: skip
    workbook.save(path)
    said = hqd(capsys, "run", "--quick", "--from", str(path))
    assert said.code == 0 and not (tmp_path / "h_标注.xlsx").exists(), said.said
    assert "计算方法“能源消费量/研发投入”不是同一张表两列之比" in said.said and "名单 23 家" not in said.said
    written = (tmp_path / "h_研究" / "configs" / "indicators.yaml").read_text("utf-8")
    assert 'table: industry, formula: "100 * sum(total_profit) / sum(revenue)"' in written
    assert 'table: firms, formula: "100 * sum(rd_exp) / sum(revenue)"' in written
    (tables,) = (tmp_path / "h_研究").glob("data/processed/*/quick/tables")
    assert pd.read_csv(tables / "srdi_unmatched.csv").empty
    assert pd.read_csv(tables / "density.csv")["density"].max() > 0


@pytest.mark.slow
def test_a_filled_template_runs_to_the_page(tmp_path, capsys):
    path = tmp_path / "填报.xlsx"
    workbook = new_workbook(path)
    fill_list(workbook, fill_firms(workbook))
    fill_industries(workbook)
    put(workbook["指标体系"], [["质量", "效益", "利润率", "%", "正向", 0.3, "利润总额/营业收入"],
                           ["质量", "创新", "研发强度", "%", "正向", 0.5, "研发经费/营业收入"],
                           ["安全", "能源", "能耗强度", "", "负向", 0.2, "能源消费量/营业收入"]])  # fmt: skip
    workbook.save(path)
    said = hqd(capsys, "run", "--from", str(path), "--set", "uncertainty.draws=200", "--set", "uncertainty.sobol={base: 64}")
    assert said.code == 0, said.said
    (page,) = (tmp_path / "填报_研究").glob("data/processed/*/runs/[0-9a-f]*/report.html")
    assert "研发强度" in page.read_text("utf-8")
