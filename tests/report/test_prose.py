"""Prose speaks of what ran: flat and two-level trees, no firms, no scenarios, English; the same over four real studies' files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from docx import Document

from hqd_index import method_table
from hqd_index.index.index_tables import build_index
from hqd_index.report.key_findings import main_findings, rank_uncertainty
from hqd_index.report.paper.citations import method_mark
from hqd_index.report.paper.methods_section import methods_section
from hqd_index.report.paper.paper_tables import PaperTable, paper_tables
from hqd_index.report.paper.word import write_tables
from hqd_index.report.results import Results
from hqd_index.report.wording import wordings
from hqd_index.study.records import Study
from hqd_index.study.records.uncertainty_yaml import Uncertainty
from hqd_index.study.varied_study import vary
from hqd_index.tables import conform

from .conftest import LEAVES, MANIFEST, TREE, names, panel, study

Texts = Mapping[str, str]
"""Language -> all prose of a run."""
DIGITS = {"一": 1, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
COUNTED = re.compile(r"([一两三四五六七八九十]|\d+ )个(维度|分维度|指标)")
LEVELS_ZH = {"维度": "dimensions", "分维度": "subdimensions", "指标": "indicators"}
LOG_WORDS = re.compile(r"\w+\.(?:csv|yaml|xlsx|md)\b|\b[a-z]+_[a-z_]+\b|\b\w+ = \{|隔离|tidy|srdi_list")
"""File names, ids and words of a log, which no journal prints."""
HAN = re.compile(r"[\u4e00-\u9fff]")
SUMMARY = {"draws": 200.0, "mean_shift": 1.3, "mean_width": 3.4}


def level_counts(results: Results) -> Counter[str]:
    """How many nodes the run's own tree has at each level."""
    tree = results.tree
    return Counter("indicators" if not tree.children(node) else tree.level(node) for node in tree.order if node != tree.root)


def prose_faults(results: Results, texts: Texts) -> list[str]:
    """What the prose says that the run's tree, tables and language do not bear out."""
    faults, counts = [], level_counts(results)
    for number, level in COUNTED.findall(texts["zh"].partition("（见表1）")[0]):
        count = DIGITS.get(number) or int(number)
        if counts[LEVELS_ZH[level]] != count:
            faults.append(f"{number}个{level}: the tree has {counts[LEVELS_ZH[level]]}")
    summary = results.table("uncertainty_summary")
    firms_drawn = len(summary) > 0 and (summary["source"] == "data").any()
    if not firms_drawn and ("重抽企业" in texts["zh"] or "draws firms" in texts["en"]):
        faults.append("firms drawn again, of which there are none")
    if not results.has("scenarios") and re.search("其他方案|另按|other ways|other designs", texts["zh"] + texts["en"]):
        faults.append("other designs, of which none ran")
    if not results.has("regressions") and re.search("控制变量|自助法得到，重复|sandwich|jackknife", texts["zh"] + texts["en"]):
        faults.append("regressions, of which none ran")
    faults += [f"a word of a log: {word}" for word in LOG_WORDS.findall(texts["zh"] + texts["en"])]
    return faults


def methods_texts(results: Results) -> Texts:
    blocks = [block for block in methods_section(results) if block.block_type not in ("work", "formula")]
    return {language: "\n".join(block.text.of(language) for block in blocks) for language in ("zh", "en")}


def results_of(chosen: Study, tables: Mapping[str, pd.DataFrame]) -> Results:
    built = build_index(chosen, panel(), names())
    summary = [{"source": source, "quantity": name, "value": value, "year": 2022} for source in ("all", "design", "weights")
               for name, value in SUMMARY.items()]  # fmt: skip
    ranks = pd.DataFrame([{"unit": "C13", "year": 2022, "rank": 1, "low": 1, "high": 3}])
    own = {"scores": built.scores, "weights": built.weights, "indicators": built.indicators}
    made = {name: conform(name, frame) for name, frame in own.items()}
    return Results(chosen, {**tables, **made, "uncertainty_summary": pd.DataFrame(summary), "ranks": ranks}, MANIFEST)


FLAT = {"indicators.tree": {"hqd": LEAVES}, "indicators.levels": ["indicators"]}
TWO = {"indicators.tree": {"hqd": {node: [leaf for leaves in parts.values() for leaf in leaves]
                                   for node, parts in TREE["hqd"].items()}},
       "indicators.levels": ["indicators", "dimensions"]}  # fmt: skip
EQUAL, MEAN = {"method": "equal"}, {"method": "arithmetic"}
FLAT |= {"weighting.weight": {"indicators": EQUAL}, "weighting.aggregate": {"indicators": MEAN}}
TWO |= {"weighting.weight": {"indicators": EQUAL, "dimensions": EQUAL}}
TWO |= {"weighting.aggregate": {"indicators": MEAN, "dimensions": MEAN}}
WITHOUT_FIRMS = ("density", "regressions", "channels", "contribution", "hypotheses", "coverage", "sample_flow", "scenarios")
CASES = {"flat": FLAT, "two levels": TWO, "no firms": {}, "no scenarios": {}, "English": {"study.language": "en"}}


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest, tables: dict[str, pd.DataFrame]) -> Results:
    changes = CASES[request.param] | ({"scenarios": {}} if request.param != "English" else {})
    chosen = vary(study(), changes).model_copy(update={"uncertainty": Uncertainty()})
    absent = WITHOUT_FIRMS if request.param in ("flat", "two levels", "no firms") else ("scenarios",)
    kept_tables = tables if request.param == "English" else {name: tables[name] for name in tables if name not in absent}
    return results_of(chosen, kept_tables)


def test_methods_speak_of_what_ran(case: Results) -> None:
    texts = methods_texts(case)
    assert not prose_faults(case, texts)
    own_words = case.study.study.label.zh
    assert not HAN.search(texts["en"].replace(own_words, "")) and not re.search(r"^[ -~]{20,}$", texts["zh"], re.MULTILINE)


def test_tables_hold_no_leaf_as_a_dimension_and_no_stub(case: Results, tmp_path: Path) -> None:
    """Nodes without a score of their own are no lines of statistics; what is missing is one sentence, not a stub each."""
    made = {table.id: table for table in paper_tables(case) if isinstance(table, PaperTable)}
    numbers = [table.number for table in made.values()]
    assert numbers == list(range(1, len(numbers) + 1))
    system = made["system"] if "system" in made else made[next(iter(made))]
    leaf_names = {case.name(leaf).zh for leaf in case.leaves}
    width = len(case.tree.levels) - 1
    assert not [cell for line in system.body for cell in line[:width] if getattr(cell, "zh", cell) in leaf_names]
    text = "\n".join(p.text for p in Document(str(write_tables(paper_tables(case), tmp_path / "t.docx", "zh", "x"))).paragraphs)
    assert text.count("本研究没有相应的数据或设定") <= 1 and "本次未生成" not in text
    assert all(case.tree.children(node) for node in case.dimensions)


def test_findings_speak_of_what_ran(case: Results) -> None:
    texts = [finding.text for finding in [*main_findings(case), rank_uncertainty(case)] if finding is not None]
    assert not any("企业）中" in text.zh for text in texts)
    assert not any(HAN.search(text.en.replace(case.study.study.label.zh, "")) for text in texts)


def test_a_wrong_sentence_is_noticed(case: Results) -> None:
    """A count of another tree, firms drawn again, a file's name: each is found."""
    texts = dict(methods_texts(case))
    wrong = {"zh": "指标体系由八个维度、99 个指标构成（见表1）。重抽企业，见 coverage.csv。" + texts["zh"], "en": texts["en"]}
    assert len(prose_faults(case, wrong)) >= 4


def test_every_method_cites_a_work_of_the_list() -> None:
    """None is printed as its source stands in the method; a source without a year is no work."""
    sources = method_table()["source"]
    marks = {source: method_mark(source) for source in sources}
    assert sum(map(bool, marks.values())) > 30
    works = wordings("references.work")
    assert not [source for source, mark in marks.items() if mark and mark[2:-1] not in works]
