"""The page's opening and its tiers: short, true of the tables, and as sure as the draws allow."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from hqd_index.report.closing_lines import _commands_to_try
from hqd_index.report.exports.readme import write_readme
from hqd_index.report.page.html_page import page
from hqd_index.report.page.opening import MAX_SENTENCE, confidence, opening
from hqd_index.report.page.pairwise_order import pairwise_order
from hqd_index.report.page.rank_tiers import rank_tiers
from hqd_index.report.page.unit_sheets import STRONG, WEAK, indicator_lines, unit_sheets
from hqd_index.report.results import Results
from hqd_index.report.workbook.results_workbook import write_workbook
from hqd_index.tables import of_rows

from .conftest import MANIFEST, UNITS, YEARS, study


def with_draws(tables: dict[str, pd.DataFrame], share: float) -> Results:
    """The invented run with ranks drawn: the first is above the second with `share`, above the fourth and later in all draws."""
    order = Results(study(), tables, MANIFEST).ranking(YEARS[-1]).dropna(subset=["rank"])["unit"].tolist()
    pairs = [
        {"unit": a, "other": b, "year": YEARS[-1], "share": 0.99 if j - i > 2 else share, "apart": j - i > 2 or share >= 0.95}
        for i, a in enumerate(order)
        for j, b in enumerate(order)
        if i < j
    ]
    neighbours = [
        {**pair, "place": k + 1}
        for k, pair in enumerate(p for p in pairs if order.index(p["other"]) == order.index(p["unit"]) + 1)
    ]
    ranks = [{"unit": unit, "year": YEARS[-1], "low": max(1, k - 1), "high": k + 3} for k, unit in enumerate(order)]
    summary = [{"source": "all", "quantity": "draws", "value": 500.0}]
    drawn = {"pairs": pairs, "neighbours": neighbours, "ranks": ranks, "uncertainty_summary": summary}
    return Results(study(), tables | {name: of_rows(name, rows) for name, rows in drawn.items()}, MANIFEST)


@pytest.mark.parametrize(("share", "level"), [(0.96, "high"), (0.95, "high"), (0.8, "middle"), (0.79, "low"), (0.2, "low")])
def test_the_first_sentence_is_as_sure_as_the_draws(tables: dict[str, pd.DataFrame], share: float, level: str) -> None:
    leaders = opening(with_draws(tables, share))[0]
    assert leaders.level == confidence(share) == level
    assert ("分不出" in leaders.text.zh) == (level == "low") and f"{share:.2f}" in [value for _, value in leaders.facts]


def test_sentences_are_short_and_say_what_is_not_known(tables: dict[str, pd.DataFrame], results: Results) -> None:
    long_names = tables["scores"].assign(unit_zh=tables["scores"]["unit"] + "计算机、通信和其他电子设备以及仪器仪表制造业")
    for shown in (results, with_draws(tables, 0.5), Results(study(), tables | {"scores": long_names}, MANIFEST)):
        for item in opening(shown):
            assert 0 < len(item.text.zh) <= MAX_SENTENCE and item.text.en and item.sources and item.findings, item.text
    assert opening(results)[0].chip.zh == "未检验"
    unsure = tables["hypotheses"].assign(verdict="inconclusive", split=None)
    link = opening(Results(study(), tables | {"hypotheses": unsure}, MANIFEST))[1]
    assert link.chip.zh == "不能判断" and link.text.zh.startswith("不能判断")
    unjudged = opening(Results(study(), tables | {"hypotheses": of_rows("hypotheses", [])}, MANIFEST))[1]
    estimates = tables["regressions"].query("outcome == 'hqd' and sample == 'all' and term == 'density'")["estimate_sd"]
    assert "没有结论" in unjudged.text.zh and len(unjudged.text.zh) <= MAX_SENTENCE
    assert unjudged.facts[0][1] in {f"{estimate:.3f}" for estimate in estimates} and len(unjudged.facts) == 3
    untried = opening(Results(study(), tables | {name: of_rows(name, []) for name in ("hypotheses", "regressions")}, MANIFEST))[1]
    assert "没有估计" in untried.text.zh and not untried.facts
    first, second = results.ranking(YEARS[-1])["unit"][:2]
    tied = tables["scores"].copy()
    root = (tied["node"] == "hqd") & (tied["year"] == YEARS[-1]) & (tied["sample"] == "all")
    tied.loc[root & tied["unit"].isin([first, second]), "rank"] = 1
    leaders = opening(Results(study(), tables | {"scores": tied}, MANIFEST))[0]
    assert "并列" in leaders.text.zh and all(UNITS[unit][0][:5] in leaders.text.zh for unit in (first, second))


def test_a_tier_holds_what_cannot_be_told_from_its_first(tables: dict[str, pd.DataFrame]) -> None:
    """Distinct from three places on: tiers of three; with every neighbour distinct each unit is one of its own."""
    shown = rank_tiers(with_draws(tables, 0.5))
    assert shown is not None and {len(tier.places) for tier in shown.tiers[:-1]} == {3}
    sheets = unit_sheets(with_draws(tables, 0.5), None, shown)
    tiers = {place.unit: tier.number for tier in shown.tiers for place in tier.places}
    assert {sheet.unit: sheet.tier.en for sheet in sheets if sheet.tier} == {
        unit: f"tier {number} of {len(shown.tiers)}" for unit, number in tiers.items()
    }
    assert "90%" in shown.rule.zh and "500" in shown.rule.en
    alone = rank_tiers(with_draws(tables, 0.97))
    assert alone is not None and {len(tier.places) for tier in alone.tiers} == {1}
    assert rank_tiers(Results(study(), tables, MANIFEST)) is None


def test_the_order_of_two_units_is_that_of_the_table(tables: dict[str, pd.DataFrame]) -> None:
    """Each pair once, the unit that more draws have above first, told apart as the table says; a pair always tied is not."""
    results = with_draws(tables, 0.4)
    rows = results.table("pairs")
    reversed_rows = rows.rename(columns={"unit": "other", "other": "unit"}).assign(share=1 - rows["share"])
    tied = rows.index[:1]
    rows.loc[tied, ["share", "apart"]] = reversed_rows.loc[tied, ["share", "apart"]] = [0.0, True]
    results = replace(results, tables={**results.tables, "pairs": pd.concat([rows, reversed_rows], ignore_index=True)})
    units = list(UNITS)
    order = pairwise_order(results, units, rank_tiers(results))
    assert order["year"] == YEARS[-1] and sum(map(len, order["pairs"].values())) == len(rows)
    for unit, other, share, apart in rows[["unit", "other", "share", "apart"]].iloc[1:].itertuples(index=False):
        first, second = (unit, other) if share > 0.5 else (other, unit)
        shown = order["pairs"][str(units.index(first))][str(units.index(second))]
        assert shown == [pytest.approx(max(share, 1 - share)), apart]
    first_unit, first_other = (units.index(rows[column].iloc[0]) for column in ("unit", "other"))
    pairs = order["pairs"]
    shown = pairs.get(str(first_unit), {}).get(str(first_other)) or pairs[str(first_other)][str(first_unit)]
    assert shown == [0.0, False]
    assert list(pairwise_order(Results(study(), tables, MANIFEST), units, None)) == ["texts"]


def test_indicators_of_a_sheet_are_the_table(results: Results) -> None:
    """Raw value and rank of each indicator, the higher normalised value first, whatever its direction."""
    rows = results.table("indicators")
    rows = rows[(rows["sample"] == "all") & (rows["year"] == YEARS[-1])].set_index(["unit", "indicator"])
    for unit, lines in indicator_lines(results, YEARS[-1]).items():
        for line in lines:
            peers = rows.xs(line.leaf, level="indicator")
            peers = peers["normalised"][peers["raw"].notna()].dropna()
            assert line.ranked_count == len(peers)
            better = None if unit not in peers.index else int((peers > peers[unit]).sum()) + 1
            assert line.rank == better, (unit, line)
            quarter = -(-len(peers) // 4)
            expected = "" if better is None else STRONG if better <= quarter else WEAK if better > len(peers) - quarter else ""
            assert line.mark == expected


def test_a_run_of_a_scenario_says_so_wherever_it_has_a_title(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    scenario = {"id": "equal", "zh": "等权", "en": "Equal weights"}
    results = Results(study(), tables, {**MANIFEST, "scenario": scenario})
    text = page(results, None, {}, [])
    assert "<title>演示（情景：等权）</title>" in text and 'data-title-en="Demo (scenario: Equal weights)"' in text
    assert re.search(r"<h1>.*演示（情景：等权）.*</h1>", text)
    assert write_readme(results, tmp_path).read_text("utf-8").startswith("# 演示（情景：等权）")
    book = openpyxl.load_workbook(write_workbook(results, tmp_path / "results.xlsx"))
    assert book["封面"]["A1"].value == book.properties.title == "演示（情景：等权）"


@pytest.mark.parametrize(
    ("share", "chip"), [(0.43, "样本占官方收入 43%"), (0.002, "样本占官方收入 不足 1%"), (0.0, "指标数据 100% 有值")]
)
def test_the_chip_of_the_data_says_of_what_the_share_is(tables: dict[str, pd.DataFrame], share: float, chip: str) -> None:
    """Firms without revenue are no share of it."""
    coverage = tables["coverage"].assign(share_revenue=share)
    complete = tables["scores"].assign(coverage=1.0)
    results = Results(study(), tables | {"coverage": coverage, "scores": complete}, MANIFEST)
    assert opening(results)[2].chip.zh == chip


def test_readme_has_a_line_for_each_reason_of_empty_tables(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    text = write_readme(Results(study(), tables, MANIFEST), tmp_path).read_text("utf-8")
    zh, en = text.split("\n---\n")
    assert zh.count("`event_study.csv`") == en.count("`event_study.csv`") == 1
    (line,) = [line for line in zh.splitlines() if "`event_study.csv`" in line]
    assert line.startswith("- 本次运行没有这类数据：") and "`balance.csv` 协变量平衡" in line and "（0 行）" not in line


def test_the_last_line_names_the_leading_unit(tables: dict[str, pd.DataFrame]) -> None:
    """As explain takes it in either language; its code where another unit has the same name."""
    results = Results(study(), tables, MANIFEST)
    leader = str(results.ranking(YEARS[-1])["unit"].iloc[0])
    (line,) = _commands_to_try(study(), results)
    assert UNITS[leader][0] in line.zh and UNITS[leader][1] in line.en and leader not in line.zh
    scores = tables["scores"].assign(unit_zh="同名", unit_en="Same")
    (line,) = _commands_to_try(study(), Results(study(), tables | {"scores": scores}, MANIFEST))
    assert f"hqd explain {leader} {YEARS[-1]}" in line.zh
