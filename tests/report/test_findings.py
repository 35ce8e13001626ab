"""Every sentence about the results: its numbers, the same in both languages, its tables, and that it is printed somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pandas as pd
import pytest

from hqd_index.report import key_findings
from hqd_index.report.grids import uncertainty_text
from hqd_index.report.results import Results
from hqd_index.tables import TABLES, of_rows

from ..small import mentions
from .conftest import EFFECTS

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
SUMMARY = {"draws": 200.0, "mean_shift": 1.26, "mean_width": 3.4}
MULTIVERSE = {"declared": 10.0, "run": 10.0, "positive": 1.0, "significant": 0.5, "median": 0.2}
GAPS = [{"node": f"n{n}", "node_zh": f"指标{n}", "node_en": f"Indicator {n}", "flag": "I-GAPS-STATUS"} for n in range(3)]
EMPTY = [{"scenario": "base", "node": node, "note": "I-EMPTY"} for node in ("inn1", "brd1")]
CHOICE = {"output": "mean_shift", "place": 1, "note_zh": "赋权影响最大。", "note_en": "weights matter most. The rest less."}

VARIANT = {"scenario": {"id": "equal", "zh": "等权", "en": "Equal weights"}}

# finding -> what it says of the tables given, and of the invented ones where they lack them
QUOTED: dict[str, tuple[str, dict[str, list[dict[str, object]]]]] = {
    "headline_finding": ("0.300 SD of the index (95% interval [0.140, 0.460], bootstrap p = 0.004), supported", {}),
    "composition_split": (f"{EFFECTS['_spillover']:.3f}, 95% interval [0.010, 0.210]: inconclusive", {}),
    "contribution_finding": ("From 2018 to 2022 the rise of SRDI density accounts for 21.0% of the mean change", {}),
    "run_variant": ("This run is of scenario 'Equal weights' (--scenario equal)", {}),
    "leading_units": ("Of 11 units ranked in 2022, first are ", {}),
    "index_movement": ("From 2017 to 2022 the mean index went from ", {}),
    "row_accounting": ("1,610 rows read = 1,553 used + 20 quarantined (1.24% of those read) + 37 out of scope", {}),
    "sample_coverage": ("The sample holds 48.0% of official revenue (median), at least 15.0% (Farm food, 2017); 6 unit", {}),
    "incomplete_data": ("3 indicators rest on incomplete data: Indicator 0, Indicator 1, Indicator 2. In 3",
                        {"diagnostics": GAPS}),
    "indicators_left_out": ("The index is without 2 indicators that have no value at all: ", {"weights": EMPTY}),
    "rank_uncertainty": (
        "Over 200 draws of designs, weights and firms a rank moves by 1.3 places on average, its interval is 3.4 wide; 1 of 2",
        {"uncertainty_summary": [{"source": source, "quantity": name, "value": value} for name, value in SUMMARY.items()
                                 for source in ("all", "data", "design", "weights")],
         "neighbours": [{"year": 2022, "apart": True}, {"year": 2022, "apart": False}, {"year": 2021, "apart": True}]},
    ),
    "multiverse_finding": (
        "On the index of all firms, of 10 specifications declared 10 ran: median 0.200 SDs, 100.0% positive, "
        "50.0% significant (CV3)",
        {"multiverse_summary": [{"sample": "all", "kind": "", "quantity": k, "value": v} for k, v in MULTIVERSE.items()]},
    ),
    "decisive_choice": ("Weights matter most.", {"sensitivity": [CHOICE]}),
}  # fmt: skip


def finding_functions(root: Path) -> set[str]:
    """Functions that make a sentence of the results alone."""
    functions = [
        node
        for path in (root / "src/hqd_index/report").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.returns is not None and ast.unparse(node.returns) == "Finding | None"
    ]
    return {function.name for function in functions if not function.name.startswith("_")}


def test_every_finding_is_quoted_here(root: Path) -> None:
    functions = finding_functions(root)
    assert set(QUOTED) <= functions
    assert functions <= set(QUOTED), f"say in QUOTED what these say of known tables: {sorted(functions - set(QUOTED))}"


def test_every_finding_is_printed_somewhere(root: Path) -> None:
    report = root / "src/hqd_index/report"
    printed = mentions(report.rglob("*.py")) | set(re.findall(r"\w+", (report / "page/page.html.jinja").read_text("utf-8")))
    unprinted = finding_functions(root) - printed
    assert not unprinted, f"neither page.html.jinja nor main_findings prints {sorted(unprinted)}"


@pytest.mark.parametrize("name", QUOTED)
def test_a_finding_has_its_numbers_in_both_languages(results: Results, tables: dict[str, pd.DataFrame], name: str) -> None:
    quoted, rows = QUOTED[name]
    shown = Results(results.study, {**tables, **{table: of_rows(table, lines) for table, lines in rows.items()}}, VARIANT)
    finding = getattr(key_findings, name, None) or getattr(uncertainty_text, name)
    said = finding(shown)
    assert said is not None and quoted in said.text.en, said
    assert CHINESE.search(said.text.zh) and not CHINESE.search(said.text.en), said.text
    assert sorted(NUMBER.findall(said.text.zh)) == sorted(NUMBER.findall(re.sub("[Oo]ne SD", "1 SD", said.text.en))), said.text
    assert set(said.sources) <= set(TABLES) and (said.sources or name == "run_variant")


def literal(node: ast.expr) -> str | None:
    """The fixed text of a string or f-string; None where it is made elsewhere."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return None


def test_every_pair_in_the_code_is_chinese_and_english(root: Path) -> None:
    wrong, pairs = [], 0
    for path in (root / "src/hqd_index").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Bilingual", "Label")):
                continue
            texts = [literal(argument) for argument in [*node.args, *(keyword.value for keyword in node.keywords)]]
            if len(texts) == 2 and None not in texts:
                zh, en = texts
                pairs += 1
                if (CHINESE.search(zh) and not en.strip()) or CHINESE.search(en) or (en.strip() and not zh.strip()):
                    wrong.append(f"{path.name}:{node.lineno} {zh!r} / {en!r}")
    assert pairs > 100 and not wrong, wrong
