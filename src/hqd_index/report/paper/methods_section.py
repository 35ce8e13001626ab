"""The methods section of a paper, written from the resolved configuration: prose, formulas and citations in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...methods import FAMILIES
from ...methods.choice import BoundChoice
from ...study.unit_schemes import SCHEME_NAMES
from ..bilingual import BLANK_TEXT, Bilingual, split_bilingual
from ..key_findings import row_accounting
from ..key_labels import effect_names
from ..label_catalogue import LEVEL_LABELS, STEP_LABELS, TABLE_LABELS
from ..number_format import integer, is_missing, number, percent
from ..results import Results
from ..sentences import INTERCEPT_NOTE, MECHANICAL_PART_NOTE, SYNTHETIC_NOTICE
from .dynamics_blocks import dynamics_blocks
from .methods_evidence import further_estimate_blocks, reference_blocks, robustness_blocks
from .prose_blocks import Block, formula_block, list_item, prose_block

MEASURES: dict[str, Bilingual] = {
    "count": Bilingual("每千家企业中有效的专精特新企业数", "recognised firms in force per 1,000 firms"),
    "revenue": Bilingual("专精特新企业营业收入占比（%）", "share of revenue (%)"),
    "employment": Bilingual("专精特新企业从业人员占比（%）", "share of employment (%)"),
    "ihs": Bilingual("专精特新企业数的反双曲正弦", "inverse hyperbolic sine of the number of recognised firms"),
}


def methods_section(results: Results) -> list[Block]:
    """The whole section, in order; parts without data say so."""
    prose_blocks: list[Block] = []
    for title, section in SECTIONS:
        section_blocks = list(section(results))
        if section_blocks:
            prose_blocks += [Block("heading", title), *section_blocks]
    return prose_blocks


def data_blocks(results: Results) -> Iterator[Block]:
    """Units, years, indicators, sources, and where the rows went."""
    study, count = results.study, len(results.leaves)
    years = f"{results.years[0]}–{results.years[-1]}" if results.years else "—"
    n_parts, dim_count = len(results.parts), len(results.dimensions)
    root = results.name(results.tree.root)
    yield prose_block(
        f"以 {len(results.units)} 个单位、{years} 年的面板测度“{root.zh}”。"
        f"指标体系由 {dim_count} 个维度、{n_parts} 个分维度、{count} 个指标构成（表1）；由专精特新认定直接得到的变量不进入指数。",
        f"We measure '{root.en}' for {len(results.units)} units over {years}. The system has {dim_count} dimensions, "
        f"{n_parts} sub-dimensions and {count} indicators (Table 1); no column of the treatment enters the index.",
    )
    origins = [origin for source in study.sources.sources.values() if (origin := source.origin) is not None]
    if origins:
        titles = [split_bilingual(f"{origin.title}") for origin in origins]
        producers = [split_bilingual(origin.producer) for origin in origins]
        zh = dict.fromkeys(f"{title.zh}（{producer.zh}）" for title, producer in zip(titles, producers))
        en = dict.fromkeys(f"{title.en} ({producer.en})" for title, producer in zip(titles, producers))
        yield prose_block("数据来源：" + "；".join(zh) + "。", "Sources: " + "; ".join(en) + ".")
    rows_finding = row_accounting(results)
    if rows_finding is not None:
        yield Block("text", rows_finding.text)
    yield from _sample_flow_items(results)
    if study.study.synthetic:
        yield Block("text", SYNTHETIC_NOTICE)


def _sample_flow_items(results: Results) -> Iterator[Block]:
    """One item per table: every step of the sample with its rows."""
    rows = results.table("sample_flow")
    for table, flow_steps in rows.groupby("table", sort=False) if len(rows) else ():
        zh, en = [], []
        for record in flow_steps.to_dict("records"):
            firms = (
                Bilingual("", "")
                if is_missing(record["firms"])
                else Bilingual(*(f"{integer(record['firms'])}{unit_words}" for unit_words in (" 家企业", " firms")))
            )
            zh.append(f"{record['label_zh']} {integer(record['rows'])}" + (f"（{firms.zh}）" if firms.zh else ""))
            en.append(f"{record['label_en']} {integer(record['rows'])}" + (f" ({firms.en})" if firms.en else ""))
        table_label = TABLE_LABELS.get(str(table), Bilingual(str(table), str(table)))
        yield list_item(f"{table_label.zh}：" + "，".join(zh) + "。", f"{table_label.en}: " + ", ".join(en) + ".")


def construction_blocks(results: Results) -> Iterator[Block]:
    """Impute, treat, normalise, weigh, join, cover: in the order the index is built."""
    weighting = results.study.weighting
    for family, choice in (("impute", weighting.impute), ("treat", weighting.treat)):
        if choice.method != "none":
            yield _step_block(family, choice)
            yield from _formula_blocks(choice)
    yield _step_block("normalise", weighting.normalise)
    yield from _formula_blocks(weighting.normalise)
    for family, choices in (("weight", weighting.weight), ("aggregate", weighting.aggregate)):
        for choice in dict.fromkeys(choices.values()):
            yield _step_block(family, choice, tuple(level for level, level_choice in choices.items() if level_choice == choice))
        yield from _formula_blocks(*choices.values())
    for node, branch_choice in weighting.branches.items():
        node_name = results.name(node)
        branch_choices = {
            family: getattr(branch_choice, family)
            for family in ("weight", "aggregate")
            if getattr(branch_choice, family) is not None
        }
        choice_text = ", ".join(f"{family}={choice.method}" for family, choice in branch_choices.items())
        if choice_text:
            yield prose_block(f"“{node_name.zh}”另行设定：{choice_text}。", f"'{node_name.en}' is set apart: {choice_text}.")
    coverage_rule = weighting.coverage
    yield prose_block(
        f"缺失值不以 0 代替：一个分维度至少要有 {coverage_rule.min_children} "
        "个指标才有得分，缺失指标的权重由同组其他指标按比例承担；"
        f"权重覆盖率低于 {percent(coverage_rule.rank_from, 0)} 的单位不排名。得分乘以 100 公布，先排名后四舍五入，"
        "相差不足 1e-9 视为并列。",
        f"Nothing missing is written as 0: a sub-dimension needs {coverage_rule.min_children} indicators, "
        "the weight of missing ones is taken over "
        f"by the others in proportion, and units with less than {percent(coverage_rule.rank_from, 0)} of the "
        "weight covered are not "
        "ranked. "
        "Scores are 100 times the aggregate, ranked before rounding; within 1e-9 they tie.",
    )


def _step_block(family: str, choice: Any, levels: tuple[str, ...] = ()) -> Block:
    """One sentence: what is done at this step, with its options and source."""
    method = FAMILIES[family][choice.method]
    label = Bilingual(method.label_zh, method.label_en)
    source = f" ({method.source})" if method.source != "-" else ""
    level_labels = [LEVEL_LABELS.get(level, Bilingual(level, level)) for level in levels]
    level_text = (
        Bilingual(f"（{'、'.join(p.zh for p in level_labels)}）", f" ({', '.join(p.en for p in level_labels)})")
        if level_labels
        else BLANK_TEXT
    )
    step_label, options = STEP_LABELS[family], _option_text(choice, method)
    return prose_block(
        f"{step_label.zh}{level_text.zh}：{label.zh}{source}{options.zh}。",
        f"{step_label.en}{level_text.en}: {label.en}{source}{options.en}.",
    )


def _option_text(choice: Any, method: Any) -> Bilingual:
    """Options that differ from what is usual, the years first."""
    defaults = {option_name: parameter.default for option_name, parameter in method.options.items()}
    defaults = {"floor": 0.0, "cap": 1.0, "matrices": choice.options.get("matrices"), **defaults}
    unusual_options = {
        option_name: option_value
        for option_name, option_value in sorted(choice.options.items())
        if option_name not in defaults or not _equals_default(option_value, defaults[option_name])
    }
    years_over = unusual_options.pop("over", None)
    years = {
        "all_years": Bilingual("，统计量取自全部年份", ", statistics over all years"),
        "each_year": Bilingual("，逐年计算", ", year by year"),
    }.get(
        str(years_over),
        Bilingual(f"，统计量取自 {years_over} 年", f", statistics over {years_over}")
        if years_over is not None
        else Bilingual("", ""),
    )
    option_text = "; ".join(
        f"{option_name} = {_value_text(option_value)}" for option_name, option_value in unusual_options.items()
    )
    return Bilingual(
        years.zh + (f"，{option_text}" if option_text else ""), years.en + (f", {option_text}" if option_text else "")
    )


def _equals_default(option_value: Any, default_value: Any) -> bool:
    return bool(option_value == default_value) or (
        isinstance(default_value, tuple | list) and list(option_value) == list(default_value)
    )


def _value_text(option_value: Any) -> str:
    if isinstance(option_value, dict):
        return ", ".join(f"{entry_key} {_value_text(entry_value)}" for entry_key, entry_value in option_value.items())
    return f"{option_value:g}" if isinstance(option_value, float) else str(option_value)


def _formula_blocks(*choices: BoundChoice) -> Iterator[Block]:
    """The formula of each method as it is set, once; those of a combination's parts before its own."""
    formulas = [bound_choice.formula for choice in choices for bound_choice in (*choice.parts, choice)]
    yield from map(formula_block, dict.fromkeys(formulas))


def density_blocks(results: Results) -> Iterator[Block]:
    """What the density is, whose status counts, and its lag."""
    source = results.study.regressions.density_source
    if source is None and results.study.sources.srdi_list is None and results.study.sources.status is None:
        return
    density_choice, measure = results.study.regressions.density, MEASURES[results.study.regressions.density.measure]
    status = results.study.sources.status
    levels = ", ".join(density_choice.levels)
    if source is not None:
        formulas = "; ".join(f"{column_name} = {formula}" for column_name, formula in source.formulas.items())
        yield prose_block(
            f"密度取自已公布的数字（数据表 {source.table}：{formulas}），不由企业逐家计算。",
            f"The density rests on published figures (table {source.table}: {formulas}), not on firms counted one by one.",
        )
    elif status is not None:
        yield prose_block(
            f"没有认定名单，企业身份按规则判定（{status.label.zh}）：{status.criteria}。",
            f"There is no list of recognised firms; status follows a rule ({status.label.en}): {status.criteria}.",
        )
    status_text = (
        Bilingual("年末仍在有效期内", "in force at year-end")
        if density_choice.status == "valid"
        else Bilingual("曾被认定", "ever recognised")
    )
    yield prose_block(
        f"专精特新密度为{measure.zh}，计入级别 {levels}，身份口径为{status_text.zh}；回归中滞后 {density_choice.lag} 年。",
        f"SRDI density is {measure.en}, levels {levels}, status {status_text.en}; regressions lag it by "
        f"{density_choice.lag} year(s).",
    )


def _group_effects_text(results: Results) -> tuple[str, str]:
    """What replaces the year effects where effects are of groups, and what the groups are."""
    groups, name = results.study.study.unit.groups, effect_names(results)["group_year"]
    scheme_name = SCHEME_NAMES[groups] if isinstance(groups, str) else None
    return (
        f"部分设定以{name.zh}代替 λ，使各组有各自的年份效应" + (f"；{scheme_name.zh}。" if scheme_name else "。"),
        f"Some specifications have {name.en.lower()} in place of λ, year effects of each group's own"
        + (f"; {scheme_name.en}." if scheme_name else "."),
    )


def _standard_errors(draws: str) -> Block:
    """Outcome, effects, standard errors and the bootstrap with its draws."""
    return prose_block(
        "被解释变量为得分/100，μ 与 λ 为个体与年份固定效应。标准误按单位聚类：表中圆括号为 CV3（刀切法，"
        "逐个剔除单位并重新估计全部固定效应，"
        f"系数 (G−1)/G），区间用 t(G−1)；方括号为施加原假设的 Wild 聚类自助法 p 值（{draws} 次，单位数少时枚举全部符号）。"
        "tidy 表中另列 CV1，小样本修正为 G/(G−1)·(N−1)/(N−K)，K 不计嵌套于聚类的固定效应。",
        "Outcomes are scores/100; μ and λ are unit and year effects. Standard errors are clustered by unit: "
        "parentheses hold CV3 (jackknife, "
        "all effects re-estimated without each unit, factor (G−1)/G), intervals use t(G−1); "
        "brackets hold the restricted wild cluster bootstrap p "
        f"({draws} draws, all sign vectors where units are few). CV1 is given next to them in the tidy table, "
        "factor G/(G−1)·(N−1)/(N−K), "
        "K without effects nested in the cluster.",
    )


def model_blocks(results: Results) -> Iterator[Block]:
    """The equation, controls, standard errors, bootstrap, and what composition and spillover are."""
    regressions = results.study.regressions
    if not results.has("regressions"):
        reason = results.absence_reason("regressions")
        yield prose_block(f"回归未估计：{reason.zh}", f"No regression was estimated: {reason.en}")
        return
    lag = regressions.density.lag
    lagged_year = f"t−{lag}" if lag else "t"
    yield formula_block(f"y_{{it}} = β · dens_{{i,{lagged_year}}} + X_{{i,{lagged_year}}} γ + μ_i + λ_t + ε_{{it}}")
    controls = [control.label for control in regressions.controls.values()]
    if controls:
        yield prose_block(
            "控制变量（与密度同期滞后）：" + "、".join(label.zh for label in controls) + "；均不是指数的成分。",
            "Controls, lagged like the density: "
            + ", ".join(label.en for label in controls)
            + "; none is an ingredient of the index.",
        )
    yield _standard_errors(integer(regressions.inference.draws))
    if any("group_year" in spec.fixed_effects for spec in regressions.specifications):
        yield prose_block(*_group_effects_text(results))
    yield prose_block(
        "“全部企业”的估计等于外溢（从未被认定的企业构成的指数对密度的反应）加构成（两者之差）。" + MECHANICAL_PART_NOTE.zh,
        "The all-firms estimate equals spillover (the response of an index of firms never recognised) plus composition (the "
        "rest). " + MECHANICAL_PART_NOTE.en,
    )
    yield formula_block("β = Σ_k w_k β_k")
    yield prose_block(
        "指数是各分维度的固定加权和，因此系数可精确分解为各渠道之和（同一样本、同一解释变量），份额允许为负；"
        "|β| 小于其标准误时不报告份额。" + INTERCEPT_NOTE.zh,
        "The index is a fixed weighted sum of its parts, so the coefficient splits exactly into channels on the same rows "
        "and regressors; "
        "shares may be negative and are withheld where |β| is below its standard error. " + INTERCEPT_NOTE.en,
    )


def verdict_rule_blocks(results: Results) -> Iterator[Block]:
    """The verdict rule with the numbers the study fixed."""
    rule = results.study.regressions.hypotheses
    if rule is None or not results.has("hypotheses"):
        return
    alpha, sesoi = number(rule.alpha, 2), number(rule.sesoi, 2)
    yield formula_block("MDE = (t_{1−α/2, G−1} + t_{0.80, G−1}) · SE_{CV3}")
    yield prose_block(
        f"判定规则在运行前固定：α = {alpha}，最小关注效应 SESOI = {sesoi} 个组内标准差。"
        "p ≤ α 且同号为“得到支持”，反号为“方向相反”；p > α 时，90% 区间（CV3，t(G−1)）完全落在 ±SESOI 之内为“效应可忽略”"
        "（两个单侧检验，Schuirmann 1987），否则为“不能判断”。"
        "MDE 只供规划研究，不参与判定（Hoenig 与 Heisey 2001）。六个分维度的检验用 Romano-Wolf 逐步校正。"
        "识别等级：“提示”要求认定之前没有趋势差异，扣除 m_i·(t − t₀) 的趋势后 90% 区间仍不含零，"
        "且组×年份固定效应下同号、p ≤ 0.10；“较可信”还要求外溢得到支持、"
        "随机化推断 p ≤ α、剔除任何一个单位判定不变；其余为“描述”。",
        f"The verdict rule was fixed before the run: α = {alpha}, smallest effect of interest SESOI = {sesoi} within-SDs. "
        "p ≤ α with the predicted sign is 'supported', with the other sign 'opposite sign'; with p > α the verdict is "
        "'negligible' where the 90% interval (CV3, t(G−1)) lies within ±SESOI (two one-sided tests, Schuirmann 1987), else "
        "'inconclusive'. The MDE is for planning and decides nothing (Hoenig & Heisey 2001). The six tests on sub-dimensions "
        "carry Romano-Wolf step-down p values. Grades: 'suggestive' asks for no trend before recognition, a 90% interval that "
        "excludes zero net of a trend m_i·(t − t₀), and the same sign with p ≤ 0.10 under group x year effects; 'credible' also "
        "for a supported spillover, randomisation inference with p ≤ α and the same verdict without any one unit; all else is "
        "'description'.",
    )


def limit_blocks(results: Results) -> Iterator[Block]:
    """What the numbers do not say."""
    methods_used = {choice.method for choice in results.study.weighting.weight.values()}
    if "entropy" in methods_used:
        yield list_item(
            "熵权反映指标的离散程度，不等于重要性；等权与其他赋权的结果并列给出。",
            "Entropy weights reflect spread, not importance; equal and other weights are shown beside them.",
        )
    yield list_item(
        "标准化的上下界取自样本期，增加年份会改变历史得分；固定基期的情景适合连续发布。",
        "Bounds come from the sample years, so adding years revises history; a scenario with base-year bounds suits regular "
        "releases.",
    )
    if results.has("regressions"):
        yield Block("list", INTERCEPT_NOTE)
    shares = results.table("coverage")
    low = int((shares["share_revenue"] < 0.2).sum()) if len(shares) else 0
    if low:
        yield list_item(
            f"样本营业收入不足官方总量 20% 的单位-年有 {low} 个（coverage.csv）。",
            f"In {low} unit-years the sample holds less than 20% of official revenue (coverage.csv).",
        )


SECTIONS = (
    (Bilingual("数据与指标体系", "Data and indicator system"), data_blocks),
    (Bilingual("指数的构造", "Construction of the index"), construction_blocks),
    (Bilingual("分布与演变", "Distribution and dynamics"), dynamics_blocks),
    (Bilingual("专精特新密度", "SRDI density"), density_blocks),
    (Bilingual("计量模型", "Econometric model"), model_blocks),
    (Bilingual("假设与判定", "Hypotheses and verdicts"), verdict_rule_blocks),
    (Bilingual("名次的稳健性", "How firm the ranks are"), robustness_blocks),
    (Bilingual("其他估计", "Further estimates"), further_estimate_blocks),
    (Bilingual("局限", "Limits"), limit_blocks),
    (Bilingual("参考文献", "References"), reference_blocks),
)
