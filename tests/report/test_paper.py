"""Word, LaTeX, Stata and R: the layout journals ask for, and numbers that are those of the tables."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn

from hqd_index.models import ModelInputs, regressions
from hqd_index.models.estimation_data import estimation_data, with_groups
from hqd_index.report.bilingual import Bilingual, formula_pieces
from hqd_index.report.exports.panel_export import panel as stata_panel
from hqd_index.report.exports.replication_files import write_stata
from hqd_index.report.formula_text import formula_in_words
from hqd_index.report.number_format import stars
from hqd_index.report.paper.estimate_layout import regression_table
from hqd_index.report.paper.latex import environment, escape_latex, write_latex
from hqd_index.report.paper.methods_section import methods_section
from hqd_index.report.paper.paper_tables import AbsentTable, PaperTable, paper_tables
from hqd_index.report.paper.word import write_methods, write_tables
from hqd_index.report.results import Results
from hqd_index.study.unit_schemes import scheme_groups
from hqd_index.study.varied_study import vary

from .conftest import MANIFEST, UNITS, YEARS, study

ALIKE = 1e-9
"""Two solvers of the same least squares: coefficients of order 0.001 to about 1e-13; R and Stata print ten digits."""


@pytest.fixture(scope="module")
def found(results: Results) -> dict[str, PaperTable | AbsentTable]:
    return {table.id: table for table in paper_tables(results)}


def test_all_tables_in_order_and_none_silently_missing(found: dict[str, PaperTable | AbsentTable]) -> None:
    numbers = [table.number for table in found.values() if isinstance(table, PaperTable)]
    assert numbers == list(range(1, 8)) and len(found) == 12
    absent = {id for id, table in found.items() if isinstance(table, AbsentTable)}
    assert absent == {"descriptives", "mechanism", "heterogeneity", "mediators", "oaxaca"}
    assert all(table.reason.zh and table.reason.en for table in found.values() if isinstance(table, AbsentTable))


def test_stars_are_those_of_chinese_journals() -> None:
    """1, 5 and 10 per cent, the bounds included."""
    assert [stars(p) for p in (0.01, 0.0101, 0.05, 0.0501, 0.1, 0.1001, float("nan"))] == ["***", "**", "**", "*", "*", "", ""]


def test_baseline_shows_the_published_numbers(found: dict[str, PaperTable | AbsentTable], results: Results) -> None:
    table = found["baseline"]
    assert isinstance(table, PaperTable)
    rows = results.table("regressions")
    row = rows[
        (rows["spec"] == "twfe") & (rows["sample"] == "all") & (rows["outcome"] == "hqd") & (rows["term"] == "density")
    ].iloc[0]
    assert (
        table.body[0][2] == f"{100 * row['estimate']:.4f}**" and table.body[1][2] == "(0.0600)" and table.body[2][2] == "[0.030]"
    )
    assert [cell.zh for cell in table.header[1]] == ["被解释变量", *["制造业高质量发展"] * 2] and "0–100" in table.note.zh
    labels = {str(line[0][0] if isinstance(line[0], tuple) else line[0]): line[1:] for line in table.body}
    assert [cell[0] for cell in labels["控制变量"]] == ["否", "是"] and [cell[0] for cell in labels["年份固定效应"]] == [
        "否",
        "是",
    ]
    assert labels["样本量 N"] == ("60", "60")


def test_three_rules_and_none_upright(results: Results, tmp_path: Path) -> None:
    document = Document(str(write_tables(paper_tables(results), tmp_path / "t.docx", "zh", "x")))
    assert document.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia")) == "宋体"
    assert document.styles["Normal"].font.name == "Times New Roman"
    for table in document.tables:
        drawn = [_borders(row) for row in table.rows]
        assert drawn[0]["top"] == {"12"} and drawn[-1]["bottom"] == {"12"}
        assert {"6"} in [row["bottom"] for row in drawn[:3]]
        assert not any(row["left"] or row["right"] for row in drawn)


def _borders(row: object) -> dict[str, set[str]]:
    """side -> sizes of the rules of a row's cells, in eighths of a point."""
    found: dict[str, set[str]] = {"top": set(), "bottom": set(), "left": set(), "right": set()}
    for cell in row.cells:  # type: ignore[attr-defined]
        for side in found:
            found[side] |= {rule.get(qn("w:sz")) for rule in cell._tc.iter(qn(f"w:{side}")) if rule.get(qn("w:val")) == "single"}
    return found


def test_latex_lines_have_equal_columns(results: Results, tmp_path: Path) -> None:
    for table in paper_tables(results):
        if isinstance(table, AbsentTable):
            continue
        text = environment(table, "en")
        lines = [line for line in text.splitlines() if line.endswith("\\\\")]
        assert {len(re.findall(r"(?<!\\)&", line)) for line in lines} == {len(table.header[0]) - 1}
        plain = text.replace(r"\{", "").replace(r"\}", "")
        assert plain.count("{") == plain.count("}")
    assert escape_latex("100% & a_b #{x}\\") == r"100\% \& a\_b \#\{x\}\textbackslash{}"


@pytest.mark.slow
def test_latex_compiles(results: Results, tmp_path: Path) -> None:
    if not shutil.which("xelatex"):
        pytest.skip("no TeX (xelatex) on this machine")
    path = write_latex(paper_tables(results), tmp_path / "tables.tex", "zh")
    subprocess.run(
        ["xelatex", "-interaction=nonstopmode", "-halt-on-error", path.name], cwd=tmp_path, check=True, capture_output=True
    )


def test_formulas_read_like_formulas() -> None:
    changed = vary(
        study(),
        {
            "indicators.indicators.inn1.formula": "100 * sum(rd_exp) / sum(revenue)",
            "indicators.indicators.inn2.formula": "100 * count(*) filter (where certified_intl) / count(*)",
            "indicators.indicators.brd1.formula": "sum(a * b) / sum(revenue)",
        },
    )
    assert formula_in_words(changed, "inn1").zh == "100 × Σ研发投入 / Σ营业收入"
    assert formula_in_words(changed, "inn2").en == "100 × number [internationally certified] / number"
    assert formula_in_words(changed, "brd1").zh == "Σ(a × b) / Σ营业收入"


def test_pieces_of_a_formula() -> None:
    assert list(formula_pieces("w_j^{a b} = 1")) == [("w", ""), ("j", "sub"), ("a b", "super"), (" = 1", "")]


def test_methods_follow_the_configuration(results: Results, tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    text = " ".join(block.text.zh for block in methods_section(results))
    assert "熵值法" in text and "算术平均" in text and "9,999 次" in text and "α = 0.05" in text and "0.10 个组内标准差" in text
    changes = {"weighting.weight.indicators": {"method": "critic"}, "regressions.inference": {"draws": 999}}
    other = Results(vary(study(), changes), tables, MANIFEST)
    changed = " ".join(block.text.zh for block in methods_section(other))
    assert "CRITIC" in changed and "熵" not in changed and " 999 次" in changed and "9,999" not in changed
    for language in ("zh", "en"):
        document = Document(str(write_methods(methods_section(results), tmp_path / f"{language}.docx", language, "x")))
        text = " ".join(paragraph.text for paragraph in document.paragraphs)
        assert ("计量模型" if language == "zh" else "Econometric model") in text
    english = [block.text.en for block in methods_section(results)]
    assert not [text for text in english if any("\u4e00" <= sign <= "\u9fff" for sign in text.replace("演示", ""))]


def test_stata_file_is_what_stata_takes(results: Results, tmp_path: Path) -> None:
    data, dta = stata_panel(results), write_stata(results, tmp_path)[0]
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,31}", name) for name in data.columns)
    with pd.io.stata.StataReader(dta) as reader:
        labels, values = reader.variable_labels(), reader.value_labels()
    assert labels["hqd"] == "制造业高质量发展" and labels["hqd_lo"] == "制造业高质量发展（剔除专精特新）"
    assert max(map(len, labels.values())) <= 80 and values["unit_id"][1] == "C13 农副食品加工业"
    back = pd.read_stata(dta, convert_categoricals=False)
    assert back["hqd"].to_numpy() == pytest.approx(data["hqd"].to_numpy(), nan_ok=True)


def test_scripts_reproduce_the_regressions(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    """Least squares on stata/panel.csv as the scripts write it gives the coefficients of the models, all firms and leave-out."""
    made = _estimated(tables)
    write_stata(made, tmp_path)
    data = pd.read_csv(tmp_path / "stata" / "panel.csv", encoding="utf-8-sig")
    data = data[data["used"] == 1]
    rows = made.table("regressions")
    data["group_year"] = data["group_id"].astype(str) + " " + data["year"].astype(str)
    cases = {
        "plain": ([], []),
        "twfe": (["unit", "year"], ["leverage_lag"]),
        "grouped": (["unit", "group_year"], ["leverage_lag"]),
    }
    for spec, (effects, controls) in cases.items():
        for sample, ending in (("all", ""), ("leave_out", "_lo")):
            chosen = rows[
                (rows["spec"] == spec) & (rows["sample"] == sample) & (rows["outcome"] == "hqd") & (rows["term"] == "density")
            ]
            row = chosen.iloc[0]
            design = data[["density_lag", *controls]].astype(float).assign(one=1.0)
            dummies = [pd.get_dummies(data[effect], prefix=effect, drop_first=True, dtype=float) for effect in effects]
            x = pd.concat([design, *dummies], axis=1).to_numpy()
            b = np.linalg.lstsq(x, data[f"hqd{ending}"].to_numpy(), rcond=None)[0][0]
            alone = sum((data[effect].map(data[effect].value_counts()) == 1).sum() for effect in effects)
            assert len(data) - alone == row["n_obs"] and b == pytest.approx(row["estimate"], abs=ALIKE)
    script = (tmp_path / "stata" / "baseline.do").read_text("utf-8")
    for factors in ("i.year", "i.group_id#i.year"):
        assert f"reghdfe hqd density_lag leverage_lag {factors} if used == 1, absorb(unit_id) vce(cluster unit_id)" in script
    with pd.io.stata.StataReader(tmp_path / "stata" / "panel.dta") as reader:
        assert reader.value_labels()["group_id"] == {1: "高技术", 2: "低技术", 3: "中高技术", 4: "中低技术"}


def test_group_year_stands_among_the_robustness_checks(tables: dict[str, pd.DataFrame]) -> None:
    """Its column is not one of the baseline table; a table that has it says so in a line of its own."""
    made = _estimated(tables)
    shown = {table.id: table for table in paper_tables(made)}
    assert any("组×年份" in str(line[0]) for line in shown["robustness"].body)
    assert len(shown["baseline"].header[0]) == 3
    block = made.table("regressions").query("spec == 'grouped' and sample == 'all' and outcome == 'hqd'").set_index("term")
    lines = {
        line[0].zh: line[1:]
        for line in regression_table(made, [block], [[Bilingual("x", "x")]])[1]
        if isinstance(line[0], Bilingual)
    }
    assert lines["行业组×年份固定效应"] == (Bilingual("是", "Yes"),) and lines["年份固定效应"] == (Bilingual("否", "No"),)


def _estimated(tables: dict[str, pd.DataFrame]) -> Results:
    """The invented index regressed on a density that differs between units, by the models themselves."""
    draw = np.random.default_rng(2)
    grid = pd.DataFrame([(unit, year) for unit in UNITS for year in YEARS], columns=["unit", "year"])
    density = grid.assign(density=draw.uniform(0, 30, len(grid)), n_firms=50, n_srdi=1)
    controls = grid.assign(leverage=draw.uniform(30, 60, len(grid)))
    grouped = {"id": "grouped", "label": {"zh": "行业组×年份", "en": "Group x year"}, "controls": "all", "outcomes": ["hqd"]}
    given = [one.model_dump(mode="json", exclude_none=True) for one in study().regressions.specifications]
    listed = [*given, grouped | {"fixed_effects": ["unit", "group_year"]}]
    talent = {"table": "firms", "formula": "1", "label": {"zh": "人才", "en": "Talent"}}
    changes = {
        "regressions.inference": {"draws": 99},
        "regressions.specifications": listed,
        "regressions.mediators": {"talent": talent},
        "study.unit.groups": "technology",
    }
    chosen = vary(study(), changes)
    weights = tables["weights"][tables["weights"]["scenario"] == "base"]
    inputs = ModelInputs(weights=weights, mediator_values=grid.assign(talent=draw.normal(size=len(grid))))
    names = pd.DataFrame(scheme_groups("technology", ("industry_code",), list(UNITS)).items(), columns=["unit", "group"])
    data = with_groups(estimation_data(tables["scores"], tables["indicators"], density, controls, chosen), names)
    frames = regressions(data, chosen, inputs).frames
    return Results(chosen, {**tables, **frames, "density": density, "controls": controls, "unit_names": names}, MANIFEST)


@pytest.mark.slow
def test_rendered_by_libreoffice(results: Results, tmp_path: Path) -> None:
    """Word files become pages whose text is all there, in a Chinese face."""
    for tool in ("soffice", "pdftotext", "pdffonts"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    write_tables(paper_tables(results), tmp_path / "tables.docx", "zh", "x")
    write_methods(methods_section(results), tmp_path / "methods.docx", "zh", "方法")
    for name, pages, said in (("tables", range(3, 8), "表3基准回归结果"), ("methods", range(2, 6), "计量模型")):
        command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf", "--outdir"]
        subprocess.run([*command, str(tmp_path), str(tmp_path / f"{name}.docx")], check=True, capture_output=True, timeout=180)
        text = subprocess.run(
            ["pdftotext", "-layout", f"{name}.pdf", "-"], cwd=tmp_path, check=True, capture_output=True
        ).stdout.decode()
        fonts = subprocess.run(["pdffonts", f"{name}.pdf"], cwd=tmp_path, check=True, capture_output=True).stdout.decode()
        assert said in re.sub(r"\s+", "", text) and "\ufffd" not in text and "\u25a1" not in text
        assert text.count("\f") in pages and re.search(r"CJK|Song|Sun|Hei|Ming|Droid", fonts)


def test_mechanism_tells_firm_outcomes_in_their_own_unit(results: Results) -> None:
    """Scores are shown in points, a hundred times the estimate; what a firm does is not, and its note says so."""
    row = {"spec": "firms_wage", "sample": "leaders", "outcome": "wage", "term": "density", "estimate": 0.0123}
    row |= {"estimate_sd": 0.2, "ci_low": 0.001, "ci_high": 0.02, "p_wild": 0.04, "n_obs": 90, "subset": ""}
    rows = pd.concat([results.table("regressions"), pd.DataFrame([row])], ignore_index=True)
    study = vary(
        results.study, {"regressions.events.outcomes": {"wage": {"formula": "1", "label": {"zh": "工资", "en": "Wage"}}}}
    )
    made = {
        table.id: table for table in paper_tables(replace(results, study=study, tables={**results.tables, "regressions": rows}))
    }
    table = made["mechanism"]
    assert isinstance(table, PaperTable) and len(table.body) == 1
    assert table.body[0][0] == Bilingual("工资", "Wage") and table.body[0][2] == "0.0123**"
    assert "0–100" not in table.note.zh and "own unit" in table.note.en


def test_mediators_and_the_gap_are_told_in_points_and_density_on_a_mediator_is_not(tables: dict[str, pd.DataFrame]) -> None:
    made = _estimated(tables)
    found = {table.id: table for table in paper_tables(made) if isinstance(table, PaperTable)}
    for id, label, quantity in (
        ("mediators", Bilingual("人才", "Talent"), "part"),
        ("oaxaca", Bilingual("高低密度单位的差距", "gap between dense and sparse units"), "gap"),
    ):
        rows = made.table(id)
        row = rows[(rows["sample"] == "all") & (rows["outcome"] == "hqd") & (rows["quantity"] == quantity)].iloc[0]
        line = next(line for line in found[id].body if line[0] == label)
        shown = [float(text) for text in re.findall(r"[\d.-]+", str(line[1]).replace("\u2212", "-"))]
        assert shown == [pytest.approx(100 * row[name], abs=5e-4) for name in ("estimate", "se_cv3")]
        assert {len(line) for line in found[id].body} == {len(found[id].header[0])}
    rows = made.table("regressions")
    row = rows[(rows["spec"] == "mechanism") & (rows["term"] == "density")].iloc[0]
    line = found["mechanism"].body[0]
    assert line[0] == Bilingual("人才", "Talent")
    assert float(str(line[2]).rstrip("*").replace("\u2212", "-")) == pytest.approx(row["estimate"], abs=5e-5)
    assert "mediator" in found["mechanism"].note.en and "leaders" not in found["mechanism"].note.en
