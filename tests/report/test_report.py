"""What the outputs promise: same bytes for the same input, every absence explained, nothing in the data that runs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import get_args

import openpyxl
import pandas as pd
import pytest

from hqd_index.report.closing_lines import summary
from hqd_index.report.disclosure import publishable_results
from hqd_index.report.figures.drawings import Drawing
from hqd_index.report.grids.index_grids import indicators
from hqd_index.report.key_findings import composition_split, headline_finding, main_findings, multiverse_finding
from hqd_index.report.outputs import write_report, write_workbooks
from hqd_index.report.page.html_page import page, script_safe_json
from hqd_index.report.paper.paper_tables import paper_tables
from hqd_index.report.results import Results
from hqd_index.report.verdict_words import ADDITIONS, GRADES, MEANINGS, SIZES, SPLITS, VERDICTS
from hqd_index.report.weight_lab import weight_lab
from hqd_index.report.workbook.results_workbook import write_workbook

from .conftest import EFFECTS, MANIFEST, UNITS, YEARS, drawn, study

SAME = 1e-9
"""Points on the 0-100 scale: sums of a dozen products in double precision differ by about 1e-13."""
HOSTILE = [
    "<script>alert(1)</script>",
    "</script>",
    '"><svg onload=alert(1)>',
    "=cmd|' /C calc'!A0",
    "{{7*7}}",
    "\u202edrow",
    "a\u2028b",
    "'; DROP TABLE x",
]


LIVE_SHEETS = ("权重试算", "试算过程", "单位一页", "单位一页的数据")


def whole_page(results: Results, drawings: dict[str, Drawing]) -> str:
    return page(results, weight_lab(results), drawings, paper_tables(results))


def write_all(tables: dict[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Both publishing stages, as in a run."""
    return [*write_workbooks(study(), tables, MANIFEST, folder), *write_report(study(), tables, MANIFEST, folder)]


@pytest.fixture(scope="module")
def written(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write_all(tables, folder)
    return folder


def test_same_input_same_bytes(written: Path, tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    for path in write_all(tables, tmp_path):
        again = written / path.relative_to(tmp_path)
        if path.suffix == ".pdf":  # holds the order of an internal table; compared by text (design 5.10)
            continue
        assert again.read_bytes() == path.read_bytes(), path.name


def test_an_empty_run_explains_itself(tmp_path: Path) -> None:
    missing = pd.DataFrame(
        [("regressions", "没有密度", "no density", "提供名单", "give a list")],
        columns=["table", "reason_zh", "reason_en", "mend_zh", "mend_en"],
    )
    write_report(study(), {"not_made": missing}, {}, tmp_path)
    html = (tmp_path / "report.html").read_text("utf-8")
    assert "没有密度；提供名单" in html and "no density; give a list" in html
    assert "scores.csv" in html
    assert any("没有密度" in line for line in summary(study(), {"not_made": missing}, {}, tmp_path))


@pytest.mark.parametrize("key", list(VERDICTS))
def test_each_verdict_is_said_in_full(key: str, tables: dict[str, pd.DataFrame], drawings: dict[str, Drawing]) -> None:
    """No effect and the opposite sign are printed where support would be: same place, own words."""
    rows = tables["hypotheses"].assign(verdict=key)
    results = Results(study(), {**tables, "hypotheses": rows}, MANIFEST)
    said = headline_finding(results)
    assert said is not None and VERDICTS[key].zh in said.text.zh and VERDICTS[key].en in said.text.en
    html = whole_page(results, drawings)
    assert f'<span class="verdict"><span class="zh" lang="zh">{VERDICTS[key].zh}' in html and MEANINGS[key].en in html


def test_every_key_of_the_rule_has_words() -> None:
    from hqd_index.models.kernels import verdicts

    for keys, words in ((verdicts.Verdict, VERDICTS), (verdicts.Size, SIZES), (verdicts.Split, SPLITS), (verdicts.Grade, GRADES)):
        assert set(get_args(keys)) == set(words)
    assert {"fragile", "few_clusters", "uneven_clusters", "too_wide", "pre_trend_up", "pre_trend_down"} <= set(ADDITIONS)


@pytest.mark.parametrize("grade", list(GRADES))
def test_the_headline_begins_with_its_grade_in_words(grade: str, tables: dict[str, pd.DataFrame]) -> None:
    rows = tables["hypotheses"].assign(grade=grade)
    finding = headline_finding(Results(study(), {**tables, "hypotheses": rows}, MANIFEST))
    assert finding is not None
    assert finding.text.zh.startswith(f"密度高的行业指数更高（{GRADES[grade].zh}）")
    assert finding.text.en.startswith(f"Industries with more SRDI density have a higher index ({GRADES[grade].en})")
    assert "spillover open" in finding.text.en and "0.430" in finding.text.en


def test_findings_quote_the_tables(results: Results) -> None:
    said = " ".join(finding.text.en for finding in main_findings(results))
    top = results.ranking(YEARS[-1]).iloc[0]
    assert f"{top['unit_en']} ({top['score']:.1f})" in said
    assert "0.300 SD" in said and f"{EFFECTS['_spillover']:.3f}" in said and f"{EFFECTS['_composition']:.3f}" in said
    assert (
        "1,610 rows read = 1,553 used + 20 quarantined (1.24% of those read) + 37 out of scope" in said
    )  # the invented ledger, added by hand
    assert all(finding.sources for finding in main_findings(results))


def test_the_multiverse_says_what_ran_and_what_counts(results: Results) -> None:
    """10 declared, 2 not estimable, so 8 ran; a design in the same order as another counts once, so 6 are in the shares."""
    facts = {"declared": 10.0, "not_estimable": 2.0, "run": 6.0, "positive": 1.0, "significant": 0.5, "median": 0.2}
    columns = {"sample": "all", "outcome": "hqd", "kind": "", "choice": "", "note": ""}  # "" in a run, NaN from a CSV
    rows = pd.DataFrame({"quantity": list(facts), "value": list(facts.values())}).assign(**columns)
    made = multiverse_finding(Results(results.study, {"multiverse_summary": rows}, {}))
    assert made and "of 10 specifications declared 8 ran (6 with designs of the same order counted once): " in made.text.en
    assert made == multiverse_finding(Results(results.study, {"multiverse_summary": rows.assign(kind=float("nan"))}, {}))
    rows.loc[rows["quantity"] == "run", "value"] = 8.0
    wild = rows.iloc[:1].assign(quantity="significant_wild", value=0.25)
    both = pd.concat([rows, pd.concat([rows, wild]).assign(sample="leave_out", outcome="splittable")])
    made = multiverse_finding(Results(results.study, {"multiverse_summary": both}, {}))
    assert made and "On the index of all firms, of 10 specifications declared 8 ran: median" in made.text.en
    assert "50.0% significant (CV3)" in made.text.en and "firms never recognised, of 10" in made.text.en
    assert "25.0% significant (wild cluster bootstrap)" in made.text.en


def test_a_part_is_split_where_the_whole_cannot_be(tables: dict[str, pd.DataFrame]) -> None:
    """Where too little of the index comes from firms, the split is that of the splittable part, in words and in the figure."""
    renamed = tables["contribution"]["quantity"].str.replace(r"^effect", "splittable_effect", regex=True)
    results = Results(study(), {**tables, "contribution": tables["contribution"].assign(quantity=renamed)}, MANIFEST)
    said = composition_split(results)
    assert said is not None and "so only the part made of them is split" in said.text.en and "0.110" in said.text.en
    assert "可拆分部分，全部企业" in drawn(results)["split"].bilingual_svg


def test_stack_adds_up_to_the_score(results: Results) -> None:
    for year in results.years:
        total = results.stacked_parts(year).groupby("unit")["part"].sum()
        scores = results.ranking(year).set_index("unit")["score"].dropna()
        assert (total.reindex(scores.index) - scores).abs().max() < SAME


def test_small_cells_are_withheld(results: Results) -> None:
    """C42 has two firms, fewer than publish.min_cell = 3."""
    grid = indicators(publishable_results(results))
    assert grid is not None
    rows = grid.rows
    assert all(value != value for row in rows if row[0] == "C42" for value in row[3:])
    assert all(value == value for row in rows if row[0] == "C13" for value in row[3:])


def test_policy_knows_only_our_script_and_style(results: Results, drawings: dict[str, Drawing]) -> None:
    html = whole_page(results, drawings)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.S)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy[1]
    assert " style=" not in html and " onclick=" not in html and "http://" not in html.replace("http://www.w3.org/", "")


def test_hostile_text_stays_text(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    units = {unit: HOSTILE[k % len(HOSTILE)] + unit for k, unit in enumerate(UNITS)}
    scores = tables["scores"].assign(unit_zh=tables["scores"]["unit"].map(units), unit_en=tables["scores"]["unit"].map(units))
    quarantine = tables["quarantine"].assign(value=[HOSTILE[k % len(HOSTILE)] for k in range(len(tables["quarantine"]))])
    changed = {**tables, "scores": scores, "quarantine": quarantine}
    write_all(changed, tmp_path)
    html = (tmp_path / "report.html").read_text("utf-8")
    assert html.count("<script") == 2 and "<svg onload" not in html and "{{7*7}}" in html
    for name in ("results.xlsx", "quarantine.xlsx"):
        sheets = [sheet for sheet in openpyxl.load_workbook(tmp_path / name) if sheet.title not in LIVE_SHEETS]
        cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
        assert not [cell.coordinate for cell in cells if cell.data_type == "f"], name
        assert any(isinstance(cell.value, str) and cell.value.startswith("=cmd") for cell in cells), name


def test_embedded_json_cannot_leave_its_element() -> None:
    text = script_safe_json({"a": "</script><!--", "b": "\u2028&"})
    assert not set("<>&\u2028") & set(text) and json.loads(text) == {"a": "</script><!--", "b": "\u2028&"}


def test_workbook_reads_back(written: Path, results: Results) -> None:
    book = openpyxl.load_workbook(written / "results.xlsx")
    assert book.sheetnames[0] == "封面" and "未生成" not in book.sheetnames
    page_ = book["排名"]
    ranking = results.ranking(YEARS[-1])
    assert [page_.cell(4 + i, 2).value for i in range(len(ranking))] == list(ranking["unit"])
    assert [page_.cell(4 + i, 4).value for i in range(len(ranking) - 1)] == pytest.approx(
        list(ranking["score"].dropna()), abs=SAME
    )
    assert page_.freeze_panes == "D4" and page_.auto_filter.ref and not page_.merged_cells.ranges


def test_workbook_in_english(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    write_workbook(Results(study(language="en"), tables, MANIFEST), tmp_path / "results.xlsx")
    book = openpyxl.load_workbook(tmp_path / "results.xlsx")
    assert book.sheetnames[:2] == ["Cover", "Ranking"] and book["Ranking"]["C4"].value.isascii()


def test_quarantine_workbook_holds_every_finding(written: Path, tables: dict[str, pd.DataFrame]) -> None:
    book = openpyxl.load_workbook(written / "quarantine.xlsx")
    lines = book["逐行明细"]
    assert lines.max_row - 1 == len(tables["quarantine"])
    assert lines.cell(2, 7).fill.fgColor.rgb == "FFFDE9E7" and lines.cell(2, 6).fill.fgColor.rgb != "FFFDE9E7"
    raw = book["原始行"]
    marked = [cell.value for row in raw.iter_rows() for cell in row if cell.fill.fgColor.rgb == "FFFDE9E7"]
    assert set(marked) == {"Z99"} and raw.max_row - 1 == len(tables["raw_rows"])


def test_closing_lines(tables: dict[str, pd.DataFrame]) -> None:
    lines = summary(study(language="en"), tables, {}, Path("data/processed/invented/latest"))
    assert len(lines) <= 10 and "report.html" in lines[0] and "results.xlsx" in lines[1]
    assert any("20 of 1,610 rows read are quarantined (1.24%)" in line for line in lines)
    outside = int(tables["ledger"]["out_of_scope"].sum())
    assert outside and any(line.startswith(f"{outside} of 1,610") and line.endswith("tables/ledger.csv") for line in lines)
    assert any("supported" in line and "[0.140, 0.460]" in line for line in lines)
    commands = re.fullmatch(r"other weights: hqd run (.*); a score taken apart: hqd explain (.+) (\d{4})", lines[-1])
    assert commands and commands[1].startswith(("--scenario ", "--set ")) and "<" not in commands[1]
    scores = tables["scores"]
    assert commands[2].strip('"') in set(scores["unit_en"]) and int(commands[3]) == scores["year"].max()
