"""Grids of the models: coefficients, verdicts, contribution."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from ...models.analyses.leading_firms import OTHER_FIRMS
from ..bilingual import Bilingual
from ..key_labels import key_label
from ..regression_labels import sample_heading, spec_label, term_label
from ..results import Results
from ..sentences import HYPOTHESES, OTHER_FIRMS_STATEMENT, TOTAL, sample_label, verdict_sentence
from ..verdict_words import caution_text, grade_text, verdict_text
from .grid import Grid, parse_columns, text_or_blank

REGRESSIONS = parse_columns("""
设定 | Specification | text | 14
样本 | Sample | text | 18
被解释变量 | Outcome | text | 22
变量 | Term | text | 16
系数 | Estimate | 6 | 12
标准化系数 | In SDs | 4 | 10
标准误 CV1 | SE CV1 | 6 | 11
标准误 CV3 | SE CV3 | 6 | 11
p（CV3） | p (CV3) | 4 | 9
p（自助法） | p (bootstrap) | 4 | 9
95% 下限 | 95% low | 6 | 11
95% 上限 | 95% high | 6 | 11
观测数 | N | int | 8
聚类数 | Clusters | int | 8
组内 R² | Within R2 | 4 | 9
固定效应 | Fixed effects | text | 14
""")
REGRESSION_VALUES = (
    "estimate", "estimate_sd", "se_cv1", "se_cv3", "p_cv3", "p_wild", "ci_low", "ci_high", "n_obs", "n_clusters", "r2_within",
)  # fmt: skip
HYPOTHESIS = parse_columns("""
假设 | Hypothesis | text | 8
内容 | Statement | text | 34
样本 | Sample | text | 18
估计（标准差） | Estimate (SDs) | 3 | 11
95% 下限 | 95% low | 3 | 9
95% 上限 | 95% high | 3 | 9
可排除 | Rules out | 3 | 9
p（自助法） | p (bootstrap) | p | 9
校正后 p | Adjusted p | p | 9
MDE | MDE | 3 | 8
SESOI | SESOI | 2 | 8
样本量 | N | int | 8
聚类数 | G | int | 8
临界倍数 | Breakdown | 2 | 10
判定 | Verdict | text | 24
等级 | Grade | text | 30
提示 | Caution | text | 30
""")
SENTENCE = parse_columns("""
假设 | Hypothesis | text | 8
结论 | Verdict | text | 120
""")
HYPOTHESIS_VALUES = (
    "estimate_sd", "ci_low", "ci_high", "rules_out", "p_wild", "p_adjusted", "mde", "sesoi", "n_obs", "n_clusters", "breakdown",
)  # fmt: skip
CONTRIBUTION = parse_columns("""
项 | Item | text | 18
设定 | Specification | text | 18
样本 | Sample | text | 16
起始年 | From | year | 8
截止年 | To | year | 8
量 | Quantity | text | 34
值 | Value | 4 | 11
95% 下限 | 95% low | 4 | 10
95% 上限 | 95% high | 4 | 10
量纲 | Measure | text | 34
""")


def regressions(results: Results) -> Grid | None:
    """Every coefficient of a density (own, linked, or times a moderator); controls are in regressions.csv."""
    rows = results.table("regressions")
    rows = rows[~rows["term"].isin(results.study.regressions.controls)] if len(rows) else rows
    values = [
        (
            *(
                spec_label(results, record["spec"]),
                sample_label(record["sample"]),
                key_label(results, "outcome", record["outcome"]),
                term_label(results, record["term"]),
            ),
            *[record[column_name] for column_name in REGRESSION_VALUES],
            text_or_blank(record["fixed_effects"]),
        )
        for record in rows.to_dict("records")
    ]
    note = Bilingual(
        "标准误按单位聚类；区间为 CV3 与 t(G−1)；p（自助法）来自施加原假设的 Wild 聚类自助法。被解释变量为得分/100。"
        "控制变量的系数见 regressions.csv，诊断见 regression_diagnostics.csv。",
        "SEs clustered by unit; intervals CV3 with t(G-1); bootstrap p: restricted wild cluster. Outcomes are scores/100. "
        "Coefficients of controls are in regressions.csv, diagnostics in regression_diagnostics.csv.",
    )
    title = Bilingual("专精特新密度的回归结果", "Regressions on SRDI density")
    return Grid(title, REGRESSIONS, tuple(values), ("regressions",), note)


def statement(results: Results, record: Mapping[Hashable, Any]) -> Bilingual:
    """The hypothesis in words; H6b has several lines, so it names its outcome, and other firms beside the leaders."""
    hypothesis, outcome = record["hypothesis"], record["outcome"]
    text = HYPOTHESES.get(hypothesis, results.name(outcome))
    if hypothesis != "H6b":
        return text
    if record["sample"] == OTHER_FIRMS:
        text = OTHER_FIRMS_STATEMENT
    label = results.study.regressions.events.outcomes.get(outcome)
    outcome_name = Bilingual(label.label.zh, label.label.en) if label else results.name(outcome)
    return Bilingual(f"{text.zh}（{outcome_name.zh}）", f"{text.en} ({outcome_name.en})")


def _sample(results: Results, record: Mapping[Hashable, Any]) -> Bilingual:
    return sample_heading(results, record["sample"], record["outcome"])


def hypotheses(results: Results) -> Grid | None:
    """One line per hypothesis and sample, with the verdict."""
    values = [
        (
            record["hypothesis"],
            statement(results, record),
            _sample(results, record),
            *[record[column_name] for column_name in HYPOTHESIS_VALUES],
            verdict_text(record),
            grade_text(record),
            caution_text(record["additions"]),
        )
        for record in results.table("hypotheses").to_dict("records")
    ]
    note = Bilingual(
        "SESOI：运行前设定的最小关注效应。p > α 时，90% 区间完全落在 ±SESOI 之内为“效应可忽略”，"
        "否则为“不能判断”，后者不等于没有效应。"
        "“可排除”为 90% 区间绝对值较大的一端。MDE（检验力 80% 时能发现的最小效应）只供规划研究，不参与判定。",
        "SESOI: smallest effect of interest, set before the run. With p above alpha the verdict is 'negligible' where the 90% "
        "interval lies within ±SESOI, else 'inconclusive', which is not evidence of no effect. 'Rules out' is the larger "
        "absolute end of that interval. The MDE (smallest effect found with 80% power) is for planning and decides nothing.",
    )
    return Grid(Bilingual("假设检验", "Hypotheses"), HYPOTHESIS, tuple(values), ("hypotheses",), note)


def sentences_of(results: Results) -> Grid | None:
    """Each line of the hypotheses as a sentence to paste, with the cautions that hold for it."""
    values = [
        (record["hypothesis"], verdict_sentence(record, statement(results, record), _sample(results, record)))
        for record in results.table("hypotheses").to_dict("records")
    ]
    return Grid(Bilingual("可直接引用的结论", "Verdicts in sentences"), SENTENCE, tuple(values), ("hypotheses",))


def contribution(results: Results) -> Grid | None:
    """The contribution menu for all units together."""
    rows = results.table("contribution")
    rows = rows[rows["unit"].isna() | (rows["unit"] == TOTAL)] if len(rows) else rows
    values = [
        (
            ITEM_LABELS[record["item"]],
            spec_label(results, record["spec"]),
            sample_label(record["sample"]),
            record["from_year"],
            record["to_year"],
            key_label(results, "quantity", record["quantity"]),
            *(record[column_name] for column_name in ("value", "ci_low", "ci_high")),
            _measure_label(record["measure"]),
        )
        for record in rows.to_dict("records")
    ]
    note = Bilingual(
        "这里只列全部单位合计；各单位的数值见 contribution.csv。年份固定效应吸收共同变动（缺失截距），份额只在该假定下成立。",
        "All units together; each unit's figures are in contribution.csv. Year effects absorb common movements (missing "
        "intercept): shares hold under that assumption.",
    )
    return Grid(Bilingual("专精特新的贡献", "Contribution of SRDI firms"), CONTRIBUTION, tuple(values), ("contribution",), note)


def _measure_label(measure_text: str) -> Bilingual:
    """What a figure of `contribution` is measured in; a remark that is no known measure is shown as the models wrote it."""
    for remark, label in MEASURE_REMARKS.items():
        if measure_text.endswith(f"; {remark}"):
            label_without_remark = _measure_label(measure_text.removesuffix(f"; {remark}"))
            return Bilingual(f"{label_without_remark.zh}；{label.zh}", f"{label_without_remark.en}; {label.en}")
    measure = MEASURES.get(measure_text)
    if measure is not None:
        return measure
    change_limit = measure_text.removeprefix(SMALL_CHANGE_PREFIX)
    return (
        Bilingual(f"占变化的份额；变化小于 {change_limit}，不列", measure_text)
        if change_limit != measure_text
        else Bilingual(measure_text, measure_text)
    )


SMALL_CHANGE_PREFIX = "share of change; not shown, |change| < "
ITEM_LABELS = {
    "A": Bilingual("A 贡献核算", "A accounting"),
    "B": Bilingual("B 反事实路径", "B counterfactual path"),
    "C": Bilingual("C 方差分解", "C shares of variance"),
    "D": Bilingual("D 渠道分解", "D channels"),
    "E": Bilingual("E 质量与安全", "E quality and safety"),
    "F": Bilingual("F 企业层面分解", "F decomposition over firms"),
    "G": Bilingual("G 政策模拟", "G policy simulation"),
}
MEASURE_REMARKS = {
    remark: Bilingual(zh, remark)
    for remark, zh in (
        ("every unit holds a chokepoint product: no narrower than plus_sd", "所有单位都含卡脖子产品，与 plus_sd 范围相同"),
        ("negative once links are counted: they outweigh a positive own effect", "计入产业链后为负：链上效应超过为正的自身效应"),
    )
}
MEASURES = {
    "density": Bilingual("密度", "density"),
    "score/100": Bilingual("得分/100", "score/100"),
    "share of change": Bilingual("占变化的份额", "share of change"),
    "score/100 per unit of density": Bilingual("得分/100，每单位密度", "score/100 per unit of density"),
    "points of the score per SD of density": Bilingual("得分点，每标准差密度", "points per SD of density"),
    "share of variance": Bilingual("占方差的份额", "share of variance"),
    "share of the coefficient": Bilingual("占系数的份额", "share of the coefficient"),
    "fraction suppressed: estimate below its standard error": Bilingual(
        "份额不列：估计值小于其标准误", "fraction suppressed: estimate below its standard error"
    ),
    "score/100, linear": Bilingual("得分/100，线性外推", "score/100, linear"),
    "score/100, linear; beyond the densities observed": Bilingual(
        "得分/100，线性外推，超出观测到的密度", "score/100, linear; beyond the densities observed"
    ),
    "firms": Bilingual("企业数", "firms"),
}
