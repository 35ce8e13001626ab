"""Optional estimates in the paper: the methods section on each, and their lines among the robustness checks."""

from __future__ import annotations

from collections.abc import Iterator

from ..bilingual import Bilingual, split_bilingual
from ..number_format import integer, number, percent
from ..results import Results
from ..sentences import SAMPLES
from .estimate_layout import POINTS, Cell, p_in_brackets
from .prose_blocks import Block, formula_block, list_item


def _estimators(results: Results) -> set[str]:
    """Estimators that event_study holds."""
    rows = results.table("event_study")
    return set(rows["estimator"]) if len(rows) else set()


def named_instrument_blocks(results: Results) -> Iterator[Block]:
    """Each instrument with the author's argument, and the threshold model, where they were estimated."""
    rows = results.table("endogeneity")
    methods = set(rows["method"]) if len(rows) else set()
    instruments = {name: choice for name, choice in results.study.regressions.instruments.items() if f"iv_{name}" in methods}
    if instruments:
        yield formula_block("dens_{it} = π z_{it} + X_{it} γ + μ_i + λ_t + v_{it};  F_eff = π̂' π̂ / tr(V̂_π),  z'z = I")
        yield list_item(
            "自选工具变量：报告第一阶段、有效 F（Montiel Olea 与 Pflueger 2013）及其临界值、Anderson-Rubin 区间与 tF 临界值；"
            "有效 F 低于临界值时只读 Anderson-Rubin 区间。",
            "Named instruments: first stage, effective F (Montiel Olea and Pflueger 2013) with its critical value, "
            "Anderson-Rubin set and tF critical value; where the effective F is below its critical value only the set is read.",
        )
    for instrument in instruments.values():
        argument = split_bilingual(instrument.exclusion)
        label = instrument.label
        yield list_item(f"{label.zh}，排他性（作者）：{argument.zh}", f"{label.en}, exclusion as argued: {argument.en}")
    if results.has("thresholds"):
        yield formula_block("y_{it} = β_1 dens_{it} 1(q_{it} ≤ γ) + β_2 dens_{it} 1(q_{it} > γ) + X_{it} θ + μ_i + λ_t + ε_{it}")
        labels = [variable.label for variable in results.study.regressions.thresholds.values()]
        yield list_item(
            f"门槛回归（Hansen 1999）：门槛变量为{'、'.join(label.zh for label in labels)}；γ 使残差平方和最小，"
            "置信域为 LR(γ) ≤ −2 ln(1 − √0.95)，单一区间的 F 检验用自助法，只估计一个门槛。",
            f"Threshold regression (Hansen 1999) in {', '.join(label.en for label in labels)}: γ has the least sum of squares, "
            "its region is LR(γ) ≤ −2 ln(1 − √0.95), F of one regime is bootstrapped; one threshold is estimated.",
        )


def optional_blocks(results: Results) -> Iterator[Block]:
    """What was asked of the firm event study beside its five estimators."""
    events, estimators = results.study.regressions.events, _estimators(results)
    if events.instrument and "iv" in estimators:
        argument = split_bilingual(events.instrument.exclusion)
        yield list_item(
            f"企业身份的工具变量为{events.instrument.label.zh}（2SLS，企业与单位-年份固定效应，按企业聚类）。排他性（作者）：{argument.zh}",
            f"The status of firms is instrumented by {events.instrument.label.en} (2SLS, firm and unit-year effects, clustered "
            f"by firm). Exclusion as argued: {argument.en}",
        )
    if events.balancing and results.has("balance"):
        labels = [covariate.label for covariate in events.balancing.covariates.values()]
        yield formula_block("ATT(g, t) = Ȳ_t − Ȳ_{g−1} − Σ_{i∈C} w_i (Y_{it} − Y_{i,g−1}),  Σ w_i x_i = x̄_g")
        yield list_item(
            f"熵平衡（Hainmueller 2012）与 PSM-DID："
            f"协变量（{'、'.join(label.zh for label in labels)}）取认定前一年，"
            f"对照为从未认定者；匹配在同一队列内进行，卡尺 {number(events.balancing.caliper, 2)} 个标准差。"
            "平衡与重叠见相应的表与图。",
            f"Entropy balancing (Hainmueller 2012) and PSM-DID on {', '.join(label.en for label in labels)} of the year before "
            f"recognition, controls never recognised; matching within cohorts, caliper {number(events.balancing.caliper, 2)} SD. "
            "Balance and overlap are shown in a table and a figure.",
        )
    if events.trend_bounds and results.has("trend_bounds"):
        level = percent(results.study.regressions.inference.level, 0)
        yield formula_block("|δ_{t+1} − δ_t| ≤ M̄ · max_{s<0} |δ_{s+1} − δ_s|;  |(δ_{t+1} − δ_t) − (δ_t − δ_{t−1})| ≤ M")
        yield list_item(
            f"平行趋势不成立时的 {level} 稳健区间与临界值（Rambachan 与 Roth 2023）："
            "相对幅度用条件与最不利混合检验，平滑性用固定长度区间。",
            f"Robust {level} intervals and breakdown values when trends are not parallel (Rambachan and Roth 2023): conditional "
            "least-favourable hybrid test for relative magnitudes, intervals of fixed length for smoothness.",
        )
    if events.dynamic and "dcdh_dynamic" in estimators:
        yield formula_block(
            "DID_ℓ = (1/N_ℓ) Σ_g S_g [Y_{g,F−1+ℓ} − Y_{g,F−1} − mean_{g': F' > F−1+ℓ}(Y_{g',F−1+ℓ} − Y_{g',F−1})]"
        )
        yield list_item(
            "身份可以终止时的动态效应（de Chaisemartin 与 D'Haultfœuille 2024）：自首次变动起整条身份路径的效应，"
            "总效应按处于新身份的年数平均。",
            "Dynamic effects of a status that can end (de Chaisemartin and D'Haultfœuille 2024): effects of the whole path of "
            "status since its first change; the total is per year in the new status.",
        )


OPTIONAL_NOTE = Bilingual(
    "工具变量行的区间与 p 值为 Anderson-Rubin，有效 F 低于临界值时不列 2SLS 系数；"
    "门槛行按 CV3，只在拒绝单一区间时列出。二者不进入设定曲线：其系数不是密度的最小二乘系数。",
    "Lines of instruments have the Anderson-Rubin interval and p, and no 2SLS coefficient where the effective F is below its "
    "critical value; lines of thresholds have CV3 and are there only where one regime is rejected. Neither is in the "
    "specification curve: they are no least-squares coefficients of density.",
)


def robustness_lines(results: Results, digits: int) -> Iterator[tuple[Cell, ...]]:
    """Lines of a listing: the index on density by each named instrument, then below and above each threshold."""
    yield from _instrument_lines(results, digits)
    yield from _threshold_lines(results, digits)


def _instrument_lines(results: Results, digits: int) -> Iterator[tuple[Cell, ...]]:
    rows = results.table("endogeneity")
    for name, instrument in results.study.regressions.instruments.items() if len(rows) else ():
        label = Bilingual(f"工具变量：{instrument.label.zh}", f"instrument: {instrument.label.en}")
        for sample, sample_name in SAMPLES.items():
            of_sample = rows[(rows["method"] == f"iv_{name}") & (rows["sample"] == sample)]
            value = dict(zip(of_sample["quantity"], of_sample["value"].astype(float)))
            if not value:
                continue
            is_strong = value["effective_f"] >= value["effective_f_critical"]
            estimate = number(POINTS * value["estimate"], digits) if is_strong else ""
            interval = _interval(value["ar_low"], value["ar_high"], digits)
            yield label, sample_name, estimate, "", interval, p_in_brackets(value["ar_p"]).strip("[]"), ""


def _threshold_lines(results: Results, digits: int) -> Iterator[tuple[Cell, ...]]:
    rows, alpha = results.table("thresholds"), 1 - results.study.regressions.inference.level
    for name, variable in results.study.regressions.thresholds.items() if len(rows) else ():
        for sample, sample_name in SAMPLES.items():
            of_sample = rows[(rows["variable"] == name) & (rows["sample"] == sample) & rows["at"].isna()]
            quantities = {str(row["quantity"]): row for row in of_sample.to_dict("records")}
            if not quantities or float(quantities["f"]["p"]) > alpha:
                continue
            for quantity, zh, en in (("density_below", "低于", "below"), ("density_above", "高于", "above")):
                if quantity in quantities:
                    row = quantities[quantity]
                    label = Bilingual(f"{variable.label.zh}{zh}门槛", f"{variable.label.en} {en} its threshold")
                    estimate, interval = POINTS * row["estimate"], _interval(row["ci_low"], row["ci_high"], digits)
                    p = p_in_brackets(row["p"]).strip("[]")
                    yield label, sample_name, number(estimate, digits), "", interval, p, integer(row["n_obs"])


def _interval(low: float, high: float, digits: int) -> str:
    return f"[{number(POINTS * low, digits)}, {number(POINTS * high, digits)}]"
