"""Chinese sentences of tables are punctuated as a journal's; code, formulas, numbers and English stay."""

from __future__ import annotations

import pytest

from hqd_index.chinese_punctuation import journal_punctuation
from hqd_index.report.disclosure import publishable_results
from hqd_index.report.results import Results
from hqd_index.tables import of_rows

from .conftest import MANIFEST, study

SENTENCES = {
    "卡点:集中度 0.45(阈值 0.4),来源日本 65%": "卡点：集中度 0.45（阈值 0.4），来源日本 65%",
    "指数(95% 区间)为 0.71 (0.65-0.77)。": "指数（95% 区间）为 0.71（0.65-0.77）。",
    "含(嵌套(甲)和乙)的": "含（嵌套（甲）和乙）的",
    "共 1,204 行,ln(1 + x) 的系数": "共 1,204 行，ln(1 + x) 的系数",
    "写 hypotheses: {sesoi: 0.10, alpha: 0.05}": "写 hypotheses: {sesoi: 0.10, alpha: 0.05}",
    "请写 `coverage: {甲: 1},乙`;或改": "请写 `coverage: {甲: 1},乙`；或改",
    "标准化到 [0, 1](如 minmax)": "标准化到 [0, 1]（如 minmax）",
    "只读区间,不读系数 / weak: read, (see) it": "只读区间，不读系数 / weak: read, (see) it",
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_marks_beside_chinese_are_full_width(sentence: str) -> None:
    assert journal_punctuation(sentence) == SENTENCES[sentence] == journal_punctuation(SENTENCES[sentence])


def test_readers_see_them_so_and_names_as_the_study_has_them() -> None:
    row = {"node_zh": "产业链完整(补链)", "evidence_zh": "短板:NRCA -2.79(低于 0)", "evidence_en": "weak: NRCA -2.79"}
    tables = {"priority": of_rows("priority", [{**row, "n_srdi": 5}, {"node_zh": "乙", "n_srdi": 5}])}
    shown = publishable_results(Results(study(), tables, MANIFEST)).table("priority")
    assert shown["evidence_zh"].iloc[0] == "短板：NRCA -2.79（低于 0）" and shown["evidence_zh"].isna().tolist() == [False, True]
    assert shown.iloc[0][["node_zh", "evidence_en"]].tolist() == [row["node_zh"], row["evidence_en"]]
