"""Names of the ids that stand in key columns (estimators, quantities, sources ...), in both languages."""

from __future__ import annotations

from typing import Any

from .bilingual import Pair
from .results import Results
from .sentences import SAMPLES

KEYS: dict[str, dict[str, Pair]] = {
    "estimator": {
        "callaway_santanna": Pair("Callaway-Sant'Anna", "Callaway-Sant'Anna"),
        "did2s": Pair("两阶段（Gardner）", "two-stage (Gardner)"),
        "imputation": Pair("插补法（BJS）", "imputation (BJS)"),
        "sun_abraham": Pair("Sun-Abraham", "Sun-Abraham"),
        "bacon": Pair("Goodman-Bacon 分解", "Goodman-Bacon decomposition"),
        "dcdh": Pair("状态变换者（dCDH）", "switchers (dCDH)"),
        "twfe": Pair("双向固定效应（仅对照）", "two-way effects (for comparison)"),
    },
    "method": {
        "shift_share": Pair("移动份额工具变量", "shift-share instrument"),
        "oster": Pair("Oster δ", "Oster's delta"),
        "omitted_variable": Pair("遗漏变量敏感性", "omitted variables"),
        "classic": Pair("经典", "classic"),
        "corrected": Pair("修正", "corrected"),
    },
    "source": {
        "all": Pair("三者同时", "all three"),
        "data": Pair("企业重抽样", "firms drawn again"),
        "design": Pair("换算法", "designs"),
        "weights": Pair("权重扰动", "weights drawn"),
    },
    "sample": SAMPLES,
    "kind": {"design": Pair("指数算法", "design of the index"), "specification": Pair("回归设定", "specification")},
    "choice": {
        "normalise": Pair("标准化", "normalisation"),
        "impute": Pair("缺失值处理", "missing values"),
        "treat": Pair("异常值处理", "outliers"),
        "leave_out": Pair("剔除一项指标或分维度", "one indicator or part left out"),
        "controls": Pair("控制变量", "controls"),
        "density": Pair("密度口径", "measure of density"),
        "effects": Pair("固定效应", "fixed effects"),
        "lag": Pair("滞后年数", "lag"),
        "years": Pair("样本年份", "years"),
        "status": Pair("身份口径", "status"),
    },
    "term": {
        "density": Pair("专精特新密度", "SRDI density"),
        "density_before": Pair("冲击前的专精特新密度", "SRDI density before the shock"),
        "density_x_exposure": Pair("密度 × 冲击暴露", "density x exposure"),
        "exposure": Pair("冲击暴露", "exposure to the shock"),
        "year": Pair("年份构成", "mix of years"),
        "upstream": Pair("上游行业密度", "density of suppliers"),
        "downstream": Pair("下游行业密度", "density of buyers"),
    },
    "mediator": {},
    "outcome": {
        "fall": Pair("冲击当年的跌幅", "fall in the shock"),
        "recovery": Pair("恢复所需年数", "years to recover"),
        "ln_productivity": Pair("劳动生产率（对数）", "labour productivity (log)"),
        "overseas_share": Pair("境外收入占比（%）", "overseas revenue share (%)"),
        "rd_intensity": Pair("研发强度（%）", "R&D intensity (%)"),
    },
    "apart": {"True": Pair("能区分", "told apart"), "False": Pair("不能区分", "not told apart")},
    "chokepoint": {"1": Pair("是", "yes"), "0": Pair("否", "no")},
    "severity": {"error": Pair("错误", "error"), "warning": Pair("警告", "warning"), "info": Pair("提示", "info")},
    "stage": {"read": Pair("读入", "read"), "validate": Pair("校验", "validate"), "scope": Pair("范围", "scope")},
    "flag": {"low": Pair("不足 20%", "below 20%"), "nan": Pair("", ""), "<NA>": Pair("", "")},
    "quantity": {
        "effect": Pair("效应", "effect"),
        "coefficient": Pair("双向固定效应系数", "two-way coefficient"),
        "effect_treated_never": Pair("效应：认定者对从未认定者", "effect: recognised against never"),
        "effect_earlier_later_control": Pair("效应：先认定者对尚未认定者", "effect: earlier against later"),
        "effect_later_earlier_control": Pair("效应：后认定者对已认定者", "effect: later against earlier"),
        "weight_treated_never": Pair("权重：认定者对从未认定者", "weight: recognised against never"),
        "weight_earlier_later_control": Pair("权重：先认定者对尚未认定者", "weight: earlier against later"),
        "weight_later_earlier_control": Pair("权重：后认定者对已认定者", "weight: later against earlier"),
        "delta": Pair("δ（使系数归零所需的选择强度）", "delta: selection that would bring it to zero"),
        "partial_r2": Pair("密度的偏 R²", "partial R2 of density"),
        "robustness_value": Pair("稳健值", "robustness value"),
        "plus_sd": Pair("密度提高 1 个标准差：指数变动", "one SD more density: change of the index"),
        "plus_sd_chokepoint_units": Pair("其中只提高卡脖子行业：指数变动", "only where chokepoints are: change of the index"),
        "plus_sd_recognitions": Pair("为此需新认定的企业数", "recognitions that takes"),
        "plus_sd_with_links": Pair("密度提高 1 个标准差，含产业链外溢", "one SD more density, with links"),
        "per_100": Pair("每新认定 100 家：指数变动", "per 100 recognitions: change of the index"),
        "per_100_with_links": Pair("每新认定 100 家，含产业链外溢", "per 100 recognitions, with links"),
        "overall": Pair("总体平均效应", "overall effect"),
        "pre_trend_f": Pair("事前趋势联合检验 F", "joint F of pre-trends"),
        "draws": Pair("抽样次数", "draws"),
        "mean_shift": Pair("名次平均变动（位）", "mean shift of ranks (places)"),
        "mean_width": Pair("名次区间平均宽度（位）", "mean width of rank intervals (places)"),
        "ranked": Pair("有排名的单位数", "units ranked"),
        "stable_pairs": Pair("能分出先后的单位对（占比）", "pairs that can be told apart (share)"),
        "declared": Pair("组合总数", "combinations declared"),
        "run": Pair("实际估计的组合", "combinations run"),
        "designs": Pair("指数算法数", "designs"),
        "distinct_designs": Pair("互不相同的算法数", "distinct designs"),
        "specifications": Pair("回归设定数", "specifications"),
        "median": Pair("系数中位数（标准差）", "median coefficient (SDs)"),
        "positive": Pair("系数为正的占比", "share positive"),
        "significant": Pair("显著的占比（CV3）", "share significant (CV3)"),
        "significant_cv1": Pair("显著的占比（CV1）", "share significant (CV1)"),
        "significant_positive": Pair("显著为正的占比", "share significant and positive"),
        "not_estimable": Pair("无法估计的组合", "not estimable"),
        "joint_p_median": Pair("联合检验 p（中位数）", "joint p (median)"),
        "joint_p_significant": Pair("联合检验 p（显著占比）", "joint p (share significant)"),
        "variance_share": Pair("占系数方差的份额", "share of the variance of the coefficient"),
        "estimate": Pair("工具变量估计", "IV estimate"),
        "ols": Pair("最小二乘估计", "OLS estimate"),
        "first_stage": Pair("第一阶段系数", "first-stage coefficient"),
        "first_stage_f": Pair("第一阶段 F", "first-stage F"),
        "effective_f": Pair("有效 F", "effective F"),
        "effective_shocks": Pair("有效冲击数", "effective number of shocks"),
        "kp_lm_p": Pair("识别不足检验 p（KP LM）", "underidentification p (KP LM)"),
        "ar_p": Pair("Anderson-Rubin p", "Anderson-Rubin p"),
        "ar_low": Pair("Anderson-Rubin 95% 下限", "Anderson-Rubin 95% low"),
        "ar_high": Pair("Anderson-Rubin 95% 上限", "Anderson-Rubin 95% high"),
        "akm0_low": Pair("AKM0 95% 下限", "AKM0 95% low"),
        "akm0_high": Pair("AKM0 95% 上限", "AKM0 95% high"),
        "se_akm": Pair("暴露稳健标准误（AKM）", "exposure-robust SE (AKM)"),
        "se_cv1": Pair("标准误 CV1", "SE CV1"),
        "tf_critical": Pair("tF 临界值", "tF critical value"),
        "density_change": Pair("密度变化", "change of density"),
        "index_change": Pair("指数变化", "change of the index"),
        "explained_change": Pair("密度对应的指数变化", "change that goes with density"),
        "share": Pair("占指数变化的份额", "share of the change"),
        "share_spillover": Pair("其中外溢", "of which spillover"),
        "share_composition": Pair("其中构成", "of which composition"),
        "explained_with_links": Pair("含关联行业的对应变化", "change that goes with density, links counted"),
        "share_with_links": Pair("含关联行业的份额", "share, links counted"),
        "effect_sd": Pair("全部企业的效应（标准差）", "effect on all firms (SDs)"),
        "effect_spillover": Pair("外溢效应", "spillover"),
        "effect_spillover_sd": Pair("外溢效应（标准差）", "spillover (SDs)"),
        "effect_composition": Pair("构成效应", "composition"),
        "effect_composition_sd": Pair("构成效应（标准差）", "composition (SDs)"),
        "splittable_effect": Pair("可拆分部分的效应", "effect on the splittable part"),
        "splittable_effect_sd": Pair("可拆分部分的效应（标准差）", "effect on the splittable part (SDs)"),
        "splittable_effect_spillover": Pair("可拆分部分：外溢", "splittable part: spillover"),
        "splittable_effect_spillover_sd": Pair("可拆分部分：外溢（标准差）", "splittable part: spillover (SDs)"),
        "splittable_effect_composition": Pair("可拆分部分：构成", "splittable part: composition"),
        "splittable_effect_composition_sd": Pair("可拆分部分：构成（标准差）", "splittable part: composition (SDs)"),
        "gap": Pair("高低密度单位的差距", "gap between dense and sparse units"),
        "explained": Pair("控制变量对应的部分", "part that goes with the controls"),
        "unexplained": Pair("其余部分", "the rest"),
        "part": Pair("其中", "of which"),
        "base": Pair("密度系数：不含机制变量", "coefficient of density without mediators"),
        "full": Pair("密度系数：含机制变量", "coefficient of density with mediators"),
        "change": Pair("两者之差", "difference of the two"),
        "actual": Pair("实际路径", "actual path"),
        "counterfactual": Pair("密度停在起始年的路径", "path with density held at its first year"),
    },
}
TRUTH = {"True": Pair("是", "yes"), "False": Pair("否", "no")}
NODES = ("node", "parent", "outcome", "variable", "indicator")
"""Columns whose ids may be nodes of the tree."""
FRONTS = {
    "fraction_": (Pair("占系数的份额：", "share of the coefficient: "), "node"),
    "r2_": (Pair("方差解释份额：", "share of variance: "), "control"),
    "rotemberg_": (Pair("Rotemberg 权重，第", "Rotemberg weight, no. "), "plain"),
    "rank:": (Pair("名次：", "rank: "), "unit"),
}


def said(results: Results, column: str, value: object) -> Pair:
    """The name of an id in a key column; the id itself where nothing names it."""
    text = str(value)
    asked = results.study.regressions
    own: dict[str, dict[str, Any]] = {
        "outcome": {**asked.events.outcomes, **asked.mediators},
        "mediator": {**asked.mediators},
        "term": {**asked.controls},
    }
    if text in own.get(column, {}):
        label = own[column][text].label
        return Pair(label.zh, label.en)
    if text in KEYS.get(column, {}):
        return KEYS[column][text]
    if column in NODES and (text in results.tree.order or text == "splittable"):
        return results.name(text)
    if column == "spec":
        label = next((spec.label for spec in results.study.regressions.specifications if spec.id == text), None)
        return Pair(label.zh, label.en) if label else Pair(text, text)
    if column in ("unit", "other") and text in set(results.units["unit"]):
        name = results.unit_name(text)
        return Pair(f"{text} {name.zh}", f"{text} {name.en}")
    if text in TRUTH:
        return TRUTH[text]
    for front, (told, kind) in FRONTS.items():
        if text.startswith(front):
            rest = _rest(results, kind, text.removeprefix(front))
            return Pair(told.zh + rest.zh, told.en + rest.en)
    return Pair(text, text)


def _rest(results: Results, kind: str, text: str) -> Pair:
    """The name of what follows the front of a key."""
    control = results.study.regressions.controls.get(text)
    if kind == "node":
        return results.name(text)
    if kind == "unit":
        return results.unit_name(text)
    if control is not None:
        return Pair(control.label.zh, control.label.en)
    return KEYS["term"].get(text, Pair(text, text))


def effect_names(results: Results) -> dict[str, Pair]:
    """Fixed effects by the names of regressions.yaml, as tables call them."""
    whose = Pair("行业组", "Industry group") if results.study.study.unit.by == ("industry_code",) else Pair("组", "Group")
    return {
        "unit": Pair("个体固定效应", "Unit effects"),
        "year": Pair("年份固定效应", "Year effects"),
        "group_year": Pair(f"{whose.zh}×年份固定效应", f"{whose.en} x year effects"),
    }
