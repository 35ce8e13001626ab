"""The methods section, second half: how firm the ranks are, the further estimates, and the list of works it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from ...methods import FAMILIES
from ..number_format import integer, percent
from ..results import Results
from .optional_estimates import named_instrument_blocks, optional_blocks
from .prose_blocks import Block, list_item, prose_block

METHOD_WORKS: dict[str, str] = {
    "OECD-JRC 2008": "OECD, JRC. Handbook on Constructing Composite Indicators: Methodology and User Guide. "
    "OECD Publishing, 2008.",
    "Shannon 1948": "Shannon C E. A Mathematical Theory of Communication. Bell System Technical Journal, 1948, 27(3): 379-423.",
    "Diakoulaki": "Diakoulaki D, Mavrotas G, Papayannakis L. Determining Objective Weights in Multiple Criteria Problems: "
    "The CRITIC Method. Computers & Operations Research, 1995, 22(7): 763-770.",
    "Saaty 1980": "Saaty T L. The Analytic Hierarchy Process. New York: McGraw-Hill, 1980.",
    "Hwang and Yoon 1981": "Hwang C L, Yoon K. Multiple Attribute Decision Making: Methods and Applications. "
    "Berlin: Springer, 1981.",
}
"""Full references of method sources, by what the source begins with; others are printed as the method gives them."""
STUDIED_PAPER = (
    "锁箭， 李霞. 专精特新中小企业驱动制造业高质量发展：内在逻辑、实现路径与政策建议[J]. 技术经济， 2024, 43(9): 85-94. "
    "DOI 10.12404/j.issn.1002-980X.J24030412"
)
TABLE_WORKS: dict[str, tuple[str, ...]] = {
    "regressions": (
        "Cameron A C, Gelbach J B, Miller D L. Bootstrap-Based Improvements for Inference with Clustered Errors. "
        "Review of Economics and Statistics, 2008, 90(3): 414-427.",
        "MacKinnon J G, Nielsen M Ø, Webb M D. Cluster-Robust Inference: A Guide to Empirical Practice. Journal of "
        "Econometrics, 2023, 232(2): 272-299.",
    ),
    "hypotheses": (
        "Romano J P, Wolf M. Exact and Approximate Stepdown Methods for Multiple Hypothesis Testing. Journal of the American "
        "Statistical Association, 2005, 100(469): 94-108.",
        "Bloom H S. Minimum Detectable Effects. Evaluation Review, 1995, 19(5): 547-556.",
        "Schuirmann D J. A Comparison of the Two One-Sided Tests Procedure and the Power Approach for Assessing the Equivalence "
        "of Average Bioavailability. Journal of Pharmacokinetics and Biopharmaceutics, 1987, 15(6): 657-680.",
        "Hoenig J M, Heisey D M. The Abuse of Power: The Pervasive Fallacy of Power Calculations for Data Analysis. The American "
        "Statistician, 2001, 55(1): 19-24.",
        "Wolfers J. Did Unilateral Divorce Laws Raise Divorce Rates? A Reconciliation and New Results. American Economic Review, "
        "2006, 96(5): 1802-1820.",
        "Rambachan A, Roth J. A More Credible Approach to Parallel Trends. Review of Economic Studies, 2023, 90(5): 2555-2591.",
    ),
    "mediators": (
        "江艇. 因果推断经验研究中的中介效应与调节效应[J]. 中国工业经济， 2022(5): 100-120.",
        "Gelbach J B. When Do Covariates Matter? And Which Ones, and How Much? Journal of Labor Economics, 2016, 34(2): 509-543.",
    ),
    "oaxaca": (
        "Jann B. The Blinder-Oaxaca Decomposition for Linear Regression Models. Stata Journal, 2008, 8(4): 453-479.",
        "Fortin N M. The Gender Wage Gap among Young Adults in the United States: The Importance of Money versus People. "
        "Journal of Human Resources, 2008, 43(4): 884-918.",
    ),
    "endogeneity": (
        "Borusyak K, Hull P, Jaravel X. Quasi-Experimental Shift-Share Research Designs. Review of Economic Studies, 2022, "
        "89(1): 181-213.",
        "Montiel Olea J L, Pflueger C. A Robust Test for Weak Instruments. Journal of Business & Economic Statistics, 2013, "
        "31(3): 358-369.",
    ),
    "event_study": (
        "Callaway B, Sant'Anna P H C. Difference-in-Differences with Multiple Time Periods. Journal of Econometrics, 2021, "
        "225(2): 200-230.",
        "Borusyak K, Jaravel X, Spiess J. Revisiting Event-Study Designs: Robust and Efficient Estimation. Review of Economic "
        "Studies, 2024, 91(6): 3253-3285.",
    ),
    "trend_bounds": (
        "Andrews I, Roth J, Pakes A. Inference for Linear Conditional Moment Inequalities. Review of Economic Studies, 2023, "
        "90(6): 2763-2791.",
    ),
    "balance": ("Hainmueller J. Entropy Balancing for Causal Effects. Political Analysis, 2012, 20(1): 25-46.",),
    "thresholds": (
        "Hansen B E. Threshold Effects in Non-Dynamic Panels: Estimation, Testing, and Inference. Journal of Econometrics, 1999, "
        "93(2): 345-368.",
    ),
    "multiverse": (
        "Simonsohn U, Simmons J P, Nelson L D. Specification Curve Analysis. Nature Human Behaviour, 2020, 4: 1208-1214.",
    ),
    "sensitivity": (
        "Saltelli A, Annoni P, Azzini I, et al. Variance Based Sensitivity Analysis of Model Output. Computer Physics "
        "Communications, 2010, 181(2): 259-270.",
    ),
}
"""Table -> the works that its numbers rest on; cited where the table was made."""


def robustness_blocks(results: Results) -> Iterator[Block]:
    """How ranks were varied: scenarios, draws of designs, weights and firms, and what of it matters."""
    study, uncertainty = results.study, results.study.uncertainty
    labels = [scenario.label for scenario in study.scenarios.values()]
    if labels and results.has("scenarios"):
        yield prose_block(
            f"同一数据另按 {len(labels)} 种算法重算："
            + "、".join(label.zh for label in labels)
            + "。各算法下的名次与发布名次并列给出。",
            f"The same data are scored in {len(labels)} other ways: " + "; ".join(label.en for label in labels) + ". Their ranks "
            "are shown next to the published ones.",
        )
    if uncertainty is None or not results.has("ranks"):
        return
    low, high = (percent(interval_end, 0) for interval_end in uncertainty.interval)
    yield prose_block(
        f"名次区间来自 {integer(uncertainty.draws)} 次随机抽样：每次同时更换算法的备选项、剔除一项指标或分维度、"
        "扰动权重，并在单位内"
        f"重抽企业（{integer(uncertainty.firms.draws)} 套）；区间取名次的 {low} 至 {high} 分位。"
        "两个单位的先后只有在绝大多数抽样中不变时才算能分出。",
        f"Rank intervals come from {integer(uncertainty.draws)} draws, each of which varies the design, leaves out an "
        "indicator or "
        f"part, draws weights and draws firms again within units ({integer(uncertainty.firms.draws)} sets); they span the "
        f"{low} to {high} quantiles of the rank. Two units are distinguishable only where their order holds in nearly all draws.",
    )
    if results.has("sensitivity"):
        yield prose_block(
            "哪个选择最影响名次，用名次平均变动的 Sobol 总效应指数衡量，区间为自助法。",
            "Which choice moves the ranks most is measured by total Sobol indices of the mean shift of ranks, with bootstrap "
            "intervals.",
        )


def further_estimate_blocks(results: Results) -> Iterator[Block]:
    """Estimates beside the headline: instrument, events of firms, falls and recovery, specification curve."""
    if _has_shift_share(results):
        yield list_item(
            "工具变量：移动份额设计，以各单位基期的构成加权各地区（或其他分组）的认定冲击；报告第一阶段、"
            "有效 F 与 Anderson-Rubin 区间，有效 F 低时只解读后者。",
            "Instrument: a shift-share design that weighs recognition shocks of regions (or other groups) by each unit's "
            "base-year composition; first stage, effective F and Anderson-Rubin intervals are given, "
            "and only the latter are read where the F is small.",
        )
    yield from named_instrument_blocks(results)
    if results.has("mediators"):
        yield _mediator_item(results)
    if results.has("oaxaca"):
        yield list_item(
            "高低密度单位的差距：按首次认定以来密度均值的中位数分组，以含分组变量的合并回归作二重分解（Blinder-Oaxaca），只作描述。",
            "Gap between dense and sparse units: groups at the median of mean density since the first recognition, a twofold "
            "Blinder-Oaxaca decomposition with pooled coefficients that hold the group; a description only.",
        )
    if results.has("event_study"):
        yield _event_study_item(results)
        yield from optional_blocks(results)
    if results.has("resilience"):
        yield list_item(
            "韧性：冲击当年的跌幅与恢复所需年数，对冲击前的密度、暴露程度及其交互回归。",
            "Resilience: the fall in a shock and the years to recover, on density before it, exposure, and their interaction.",
        )
    if results.has("multiverse"):
        yield list_item(
            "设定曲线：运行前声明的指数算法与回归设定两两组合，逐一估计并按系数排序；联合检验置换密度的时间路径。",
            "Specification curve: every declared design of the index with every declared specification, estimated and sorted; "
            "the joint test permutes the paths of density.",
        )


def _has_shift_share(results: Results) -> bool:
    rows = results.table("endogeneity")
    return len(rows) > 0 and bool((rows["method"] == "shift_share").any())


def _mediator_item(results: Results) -> Block:
    """Which mediators, and how their part is found."""
    labels = [mediator.label for mediator in results.study.regressions.mediators.values()]
    return list_item(
        f"机制变量（{'、'.join(label.zh for label in labels)}）均在指数之外，取当年值：估计上年密度对它们的影响"
        "（江艇 2022），并按 Gelbach（2016）把加入它们前后密度系数之差精确分到各变量；后者是核算，不是因果中介。",
        f"Mediators ({'; '.join(label.en for label in labels)}) lie outside the index and are of its own year: the effect of "
        "last year's density on them is estimated (Jiang 2022), and the change of the density's coefficient as they enter is "
        "split exactly (Gelbach 2016), which is accounting and no causal mediation.",
    )


def _event_study_item(results: Results) -> Block:
    """The event, its window and the estimators."""
    years_before, years_after = results.study.regressions.events.window if results.study.regressions.events else (-4, 3)
    return list_item(
        f"企业事件研究：以首次认定为事件，认定前 {-years_before} 年至后 {years_after} 年；"
        "估计量对处理效应随时间和批次变化稳健，"
        "双向固定效应只作对照。结果变量为企业指标，不是指数。",
        f"Firm event study around the first recognition, {-years_before} years before to {years_after} after; the "
        "estimators allow "
        "effects to differ by cohort and time, two-way effects are shown for comparison. "
        "Outcomes are those of firms, never the index.",
    )


def reference_blocks(results: Results) -> Iterator[Block]:
    """Works the used methods rest on, numbered."""
    weighting = results.study.weighting
    chosen_methods = [("impute", weighting.impute), ("treat", weighting.treat), ("normalise", weighting.normalise)]
    chosen_methods += [("weight", choice) for choice in weighting.weight.values()]
    chosen_methods += [("aggregate", choice) for choice in weighting.aggregate.values()]
    sources = {FAMILIES[family][choice.method].source for family, choice in chosen_methods if choice.method in FAMILIES[family]}
    reference_list = [
        STUDIED_PAPER,
        *sorted({_full_reference(source) for source in sources if source != "-"} | {METHOD_WORKS["OECD-JRC 2008"]}),
    ]
    for table, works in TABLE_WORKS.items():
        reference_list += works if results.has(table) else ()
    for k, work in enumerate(reference_list, 1):
        yield prose_block(f"[{k}] {work}", f"[{k}] {work}", block_type="work")


def _full_reference(source: str) -> str:
    """The full reference of a method's source."""
    return next(
        (reference_text for source_prefix, reference_text in METHOD_WORKS.items() if source.startswith(source_prefix)),
        f"{source}.",
    )
