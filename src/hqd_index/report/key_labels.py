"""Names of the ids that stand in key columns (estimators, quantities, sources ...), in both languages."""

from __future__ import annotations

from typing import Any

from .bilingual import Bilingual
from .results import Results
from .sentences import SAMPLES

KEYS: dict[str, dict[str, Bilingual]] = {
    "estimator": {
        "callaway_santanna": Bilingual("Callaway-Sant'Anna", "Callaway-Sant'Anna"),
        "did2s": Bilingual("两阶段（Gardner）", "two-stage (Gardner)"),
        "imputation": Bilingual("插补法（BJS）", "imputation (BJS)"),
        "sun_abraham": Bilingual("Sun-Abraham", "Sun-Abraham"),
        "bacon": Bilingual("Goodman-Bacon 分解", "Goodman-Bacon decomposition"),
        "dcdh": Bilingual("状态变换者（dCDH）", "switchers (dCDH)"),
        "twfe": Bilingual("双向固定效应（仅对照）", "two-way effects (for comparison)"),
    },
    "method": {
        "shift_share": Bilingual("移动份额工具变量", "shift-share instrument"),
        "oster": Bilingual("Oster δ", "Oster's delta"),
        "omitted_variable": Bilingual("遗漏变量敏感性", "omitted variables"),
        "classic": Bilingual("经典", "classic"),
        "corrected": Bilingual("修正", "corrected"),
    },
    "source": {
        "all": Bilingual("三者同时", "all three"),
        "data": Bilingual("企业重抽样", "firms drawn again"),
        "design": Bilingual("换算法", "designs"),
        "weights": Bilingual("权重扰动", "weights drawn"),
    },
    "sample": SAMPLES,
    "kind": {"design": Bilingual("指数算法", "design of the index"), "specification": Bilingual("回归设定", "specification")},
    "choice": {
        "normalise": Bilingual("标准化", "normalisation"),
        "impute": Bilingual("缺失值处理", "missing values"),
        "treat": Bilingual("异常值处理", "outliers"),
        "leave_out": Bilingual("剔除一项指标或分维度", "one indicator or part left out"),
        "controls": Bilingual("控制变量", "controls"),
        "density": Bilingual("密度口径", "measure of density"),
        "effects": Bilingual("固定效应", "fixed effects"),
        "lag": Bilingual("滞后年数", "lag"),
        "years": Bilingual("样本年份", "years"),
        "status": Bilingual("身份口径", "status"),
    },
    "term": {
        "density": Bilingual("专精特新密度", "SRDI density"),
        "density_before": Bilingual("冲击前的专精特新密度", "SRDI density before the shock"),
        "density_x_exposure": Bilingual("密度 × 冲击暴露", "density x exposure"),
        "exposure": Bilingual("冲击暴露", "exposure to the shock"),
        "year": Bilingual("年份构成", "mix of years"),
        "upstream": Bilingual("上游行业密度", "density of suppliers"),
        "downstream": Bilingual("下游行业密度", "density of buyers"),
    },
    "mediator": {},
    "outcome": {
        "fall": Bilingual("冲击当年的跌幅", "fall in the shock"),
        "recovery": Bilingual("恢复所需年数", "years to recover"),
        "ln_productivity": Bilingual("劳动生产率（对数）", "labour productivity (log)"),
        "overseas_share": Bilingual("境外收入占比（%）", "overseas revenue share (%)"),
        "rd_intensity": Bilingual("研发强度（%）", "R&D intensity (%)"),
    },
    "apart": {"True": Bilingual("能区分", "told apart"), "False": Bilingual("不能区分", "not told apart")},
    "chokepoint": {"1": Bilingual("是", "yes"), "0": Bilingual("否", "no")},
    "severity": {"error": Bilingual("错误", "error"), "warning": Bilingual("警告", "warning"), "info": Bilingual("提示", "info")},
    "stage": {"read": Bilingual("读入", "read"), "validate": Bilingual("校验", "validate"), "scope": Bilingual("范围", "scope")},
    "flag": {"low": Bilingual("不足 20%", "below 20%"), "nan": Bilingual("", ""), "<NA>": Bilingual("", "")},
    "quantity": {
        "effect": Bilingual("效应", "effect"),
        "coefficient": Bilingual("双向固定效应系数", "two-way coefficient"),
        "effect_treated_never": Bilingual("效应：认定者对从未认定者", "effect: recognised against never"),
        "effect_earlier_later_control": Bilingual("效应：先认定者对尚未认定者", "effect: earlier against later"),
        "effect_later_earlier_control": Bilingual("效应：后认定者对已认定者", "effect: later against earlier"),
        "weight_treated_never": Bilingual("权重：认定者对从未认定者", "weight: recognised against never"),
        "weight_earlier_later_control": Bilingual("权重：先认定者对尚未认定者", "weight: earlier against later"),
        "weight_later_earlier_control": Bilingual("权重：后认定者对已认定者", "weight: later against earlier"),
        "delta": Bilingual("δ（使系数归零所需的选择强度）", "delta: selection that would bring it to zero"),
        "partial_r2": Bilingual("密度的偏 R²", "partial R2 of density"),
        "robustness_value": Bilingual("稳健值", "robustness value"),
        "plus_sd": Bilingual("密度提高 1 个标准差：指数变动", "one SD more density: change of the index"),
        "plus_sd_chokepoint_units": Bilingual(
            "其中只提高卡脖子行业：指数变动", "only where chokepoints are: change of the index"
        ),
        "plus_sd_recognitions": Bilingual("为此需新认定的企业数", "recognitions that takes"),
        "plus_sd_with_links": Bilingual("密度提高 1 个标准差，含产业链外溢", "one SD more density, with links"),
        "per_100": Bilingual("每新认定 100 家：指数变动", "per 100 recognitions: change of the index"),
        "per_100_with_links": Bilingual("每新认定 100 家，含产业链外溢", "per 100 recognitions, with links"),
        "overall": Bilingual("总体平均效应", "overall effect"),
        "pre_trend_f": Bilingual("事前趋势联合检验 F", "joint F of pre-trends"),
        "draws": Bilingual("抽样次数", "draws"),
        "mean_shift": Bilingual("名次平均变动（位）", "mean shift of ranks (places)"),
        "mean_width": Bilingual("名次区间平均宽度（位）", "mean width of rank intervals (places)"),
        "ranked": Bilingual("有排名的单位数", "units ranked"),
        "stable_pairs": Bilingual("能分出先后的单位对（占比）", "pairs that can be told apart (share)"),
        "declared": Bilingual("组合总数", "combinations declared"),
        "run": Bilingual("实际估计的组合", "combinations run"),
        "designs": Bilingual("指数算法数", "designs"),
        "distinct_designs": Bilingual("互不相同的算法数", "distinct designs"),
        "specifications": Bilingual("回归设定数", "specifications"),
        "median": Bilingual("系数中位数（标准差）", "median coefficient (SDs)"),
        "positive": Bilingual("系数为正的占比", "share positive"),
        "significant": Bilingual("显著的占比（CV3）", "share significant (CV3)"),
        "significant_cv1": Bilingual("显著的占比（CV1）", "share significant (CV1)"),
        "significant_positive": Bilingual("显著为正的占比", "share significant and positive"),
        "not_estimable": Bilingual("无法估计的组合", "not estimable"),
        "joint_p_median": Bilingual("联合检验 p（中位数）", "joint p (median)"),
        "joint_p_significant": Bilingual("联合检验 p（显著占比）", "joint p (share significant)"),
        "variance_share": Bilingual("占系数方差的份额", "share of the variance of the coefficient"),
        "estimate": Bilingual("工具变量估计", "IV estimate"),
        "ols": Bilingual("最小二乘估计", "OLS estimate"),
        "first_stage": Bilingual("第一阶段系数", "first-stage coefficient"),
        "first_stage_f": Bilingual("第一阶段 F", "first-stage F"),
        "effective_f": Bilingual("有效 F", "effective F"),
        "effective_shocks": Bilingual("有效冲击数", "effective number of shocks"),
        "kp_lm_p": Bilingual("识别不足检验 p（KP LM）", "underidentification p (KP LM)"),
        "ar_p": Bilingual("Anderson-Rubin p", "Anderson-Rubin p"),
        "ar_low": Bilingual("Anderson-Rubin 95% 下限", "Anderson-Rubin 95% low"),
        "ar_high": Bilingual("Anderson-Rubin 95% 上限", "Anderson-Rubin 95% high"),
        "akm0_low": Bilingual("AKM0 95% 下限", "AKM0 95% low"),
        "akm0_high": Bilingual("AKM0 95% 上限", "AKM0 95% high"),
        "se_akm": Bilingual("暴露稳健标准误（AKM）", "exposure-robust SE (AKM)"),
        "se_cv1": Bilingual("标准误 CV1", "SE CV1"),
        "tf_critical": Bilingual("tF 临界值", "tF critical value"),
        "density_change": Bilingual("密度变化", "change of density"),
        "index_change": Bilingual("指数变化", "change of the index"),
        "explained_change": Bilingual("密度对应的指数变化", "change that goes with density"),
        "share": Bilingual("占指数变化的份额", "share of the change"),
        "share_spillover": Bilingual("其中外溢", "of which spillover"),
        "share_composition": Bilingual("其中构成", "of which composition"),
        "explained_with_links": Bilingual("含关联行业的对应变化", "change that goes with density, links counted"),
        "share_with_links": Bilingual("含关联行业的份额", "share, links counted"),
        "effect_sd": Bilingual("全部企业的效应（标准差）", "effect on all firms (SDs)"),
        "effect_spillover": Bilingual("外溢效应", "spillover"),
        "effect_spillover_sd": Bilingual("外溢效应（标准差）", "spillover (SDs)"),
        "effect_composition": Bilingual("构成效应", "composition"),
        "effect_composition_sd": Bilingual("构成效应（标准差）", "composition (SDs)"),
        "splittable_effect": Bilingual("可拆分部分的效应", "effect on the splittable part"),
        "splittable_effect_sd": Bilingual("可拆分部分的效应（标准差）", "effect on the splittable part (SDs)"),
        "splittable_effect_spillover": Bilingual("可拆分部分：外溢", "splittable part: spillover"),
        "splittable_effect_spillover_sd": Bilingual("可拆分部分：外溢（标准差）", "splittable part: spillover (SDs)"),
        "splittable_effect_composition": Bilingual("可拆分部分：构成", "splittable part: composition"),
        "splittable_effect_composition_sd": Bilingual("可拆分部分：构成（标准差）", "splittable part: composition (SDs)"),
        "gap": Bilingual("高低密度单位的差距", "gap between dense and sparse units"),
        "explained": Bilingual("控制变量对应的部分", "part that goes with the controls"),
        "unexplained": Bilingual("其余部分", "the rest"),
        "part": Bilingual("其中", "of which"),
        "base": Bilingual("密度系数：不含机制变量", "coefficient of density without mediators"),
        "full": Bilingual("密度系数：含机制变量", "coefficient of density with mediators"),
        "change": Bilingual("两者之差", "difference of the two"),
        "actual": Bilingual("实际路径", "actual path"),
        "counterfactual": Bilingual("密度停在起始年的路径", "path with density held at its first year"),
    },
}
TRUTH = {"True": Bilingual("是", "yes"), "False": Bilingual("否", "no")}
NODES = ("node", "parent", "outcome", "variable", "indicator")
"""Columns whose ids may be nodes of the tree."""
FRONTS = {
    "fraction_": (Bilingual("占系数的份额：", "share of the coefficient: "), "node"),
    "r2_": (Bilingual("方差解释份额：", "share of variance: "), "control"),
    "rotemberg_": (Bilingual("Rotemberg 权重，第", "Rotemberg weight, no. "), "plain"),
    "rank:": (Bilingual("名次：", "rank: "), "unit"),
}


def said(results: Results, column: str, value: object) -> Bilingual:
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
        return Bilingual(label.zh, label.en)
    if text in KEYS.get(column, {}):
        return KEYS[column][text]
    if column in NODES and (text in results.tree.order or text == "splittable"):
        return results.name(text)
    if column == "spec":
        label = next((spec.label for spec in results.study.regressions.specifications if spec.id == text), None)
        return Bilingual(label.zh, label.en) if label else Bilingual(text, text)
    if column in ("unit", "other") and text in set(results.units["unit"]):
        name = results.unit_name(text)
        return Bilingual(f"{text} {name.zh}", f"{text} {name.en}")
    if text in TRUTH:
        return TRUTH[text]
    for front, (told, kind) in FRONTS.items():
        if text.startswith(front):
            rest = _rest(results, kind, text.removeprefix(front))
            return Bilingual(told.zh + rest.zh, told.en + rest.en)
    return Bilingual(text, text)


def _rest(results: Results, kind: str, text: str) -> Bilingual:
    """The name of what follows the front of a key."""
    control = results.study.regressions.controls.get(text)
    if kind == "node":
        return results.name(text)
    if kind == "unit":
        return results.unit_name(text)
    if control is not None:
        return Bilingual(control.label.zh, control.label.en)
    return KEYS["term"].get(text, Bilingual(text, text))


def effect_names(results: Results) -> dict[str, Bilingual]:
    """Fixed effects by the names of regressions.yaml, as tables call them."""
    whose = (
        Bilingual("行业组", "Industry group") if results.study.study.unit.by == ("industry_code",) else Bilingual("组", "Group")
    )
    return {
        "unit": Bilingual("个体固定效应", "Unit effects"),
        "year": Bilingual("年份固定效应", "Year effects"),
        "group_year": Bilingual(f"{whose.zh}×年份固定效应", f"{whose.en} x year effects"),
    }


TABLE_NAMES = {
    "firms": Bilingual("企业", "firms"),
    "industry": Bilingual("行业统计", "industry statistics"),
    "srdi_list": Bilingual("专精特新名单", "SRDI list"),
    "io": Bilingual("投入产出表", "input-output tables"),
    "trade": Bilingual("进出口统计", "trade statistics"),
    "trade_hs6": Bilingual("双边贸易（HS6）", "bilateral trade (HS6)"),
    "crosswalks": Bilingual("代码对照", "crosswalks of codes"),
    "countries": Bilingual("各国收入", "incomes of countries"),
    "deflators": Bilingual("价格指数", "deflators"),
    "patents": Bilingual("专利", "patents"),
    "links": Bilingual("供应关系", "supply links"),
}
LEVELS = {
    "indicators": Bilingual("指标层", "indicators"), "subdimensions": Bilingual("分维度层", "sub-dimensions"),
    "dimensions": Bilingual("维度层", "dimensions"), "leaves": Bilingual("全部指标（扁平）", "all indicators at once"),
}  # fmt: skip
FAMILY = {
    "impute": Bilingual("缺失值处理", "Missing values"),
    "treat": Bilingual("异常值处理", "Outliers"),
    "normalise": Bilingual("标准化", "Normalisation"),
    "weight": Bilingual("赋权", "Weights"),
    "aggregate": Bilingual("合成", "Aggregation"),
}
