"""The methods section on optional estimates: instruments, thresholds, balancing, bounds on trends, dynamic status."""

from __future__ import annotations

from collections.abc import Iterator

from ..bilingual import split_bilingual
from ..number_format import number, percent
from ..results import Results
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
