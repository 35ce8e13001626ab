"""What the results say, as zh/en pairs: page, workbook, Word and terminal take their sentences from here and cannot disagree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .bilingual import Bilingual
from .number_format import integer, is_missing, number, p_value
from .verdict_words import caution_text, judged_text, verdict_meaning

HYPOTHESES: dict[str, Bilingual] = {
    "H1": Bilingual("专精特新密度提高制造业高质量发展指数", "SRDI density raises the index"),
    "H2a": Bilingual("专精特新密度提高创新动力", "SRDI density raises innovation"),
    "H2b": Bilingual("专精特新密度提高品牌价值", "SRDI density raises brand"),
    "H2c": Bilingual("专精特新密度推动转型升级", "SRDI density raises upgrading"),
    "H3a": Bilingual("专精特新密度提高产业链完整（补链）", "SRDI density raises completeness"),
    "H3b": Bilingual("专精特新密度提高产业优势（强链）", "SRDI density raises advantage"),
    "H3c": Bilingual("专精特新密度提高产业链畅通（畅链）", "SRDI density raises smoothness"),
    "H4": Bilingual(
        "安全类模式作用于安全分维度，效率类模式作用于质量分维度", "safety modes act on safety, efficiency modes on quality"
    ),
    "H5": Bilingual("三条路径分别加强相应的渠道", "each path strengthens its own channel"),
    "H5a": Bilingual(
        "聚焦关键细分领域加强专精特新密度对安全维度的作用", "key-niche focus strengthens what SRDI density does for safety"
    ),
    "H5b": Bilingual("能力提升加强专精特新密度对质量维度的作用", "capability strengthens what SRDI density does for quality"),
    "H5c": Bilingual(
        "大中小企业融通加强专精特新密度对产业链畅通的作用", "integration strengthens what SRDI density does for smoothness"
    ),
    "H5d": Bilingual(
        "大中小企业融通加强专精特新密度的外溢（剔除专精特新企业的指数）",
        "integration strengthens the spillover of SRDI density (leave-out index)",
    ),
    "H6": Bilingual("上游行业的专精特新密度提高本行业指数", "denser suppliers raise the industry's index"),
    "H6b": Bilingual("专精特新密度带动行业龙头企业", "SRDI density lifts the leading firms"),
    "H8": Bilingual(
        "所列调节变量（如基础研究、营商环境）增强作用",
        "the named moderators (basic research, business environment) strengthen it",
    ),
}

SAMPLES: dict[str, Bilingual] = {
    "all": Bilingual("全部企业", "all firms"),
    "leave_out": Bilingual("剔除专精特新企业", "recognised firms left out"),
}

GROUPS: dict[str, Bilingual] = {
    "leaders": Bilingual(
        "龙头企业（基年收入前 10%，从未被认定）", "leading firms (top tenth by base-year revenue, never recognised)"
    ),
    "others": Bilingual("其他从未被认定的企业", "other never-recognised firms"),
}

INTERCEPT_NOTE = Bilingual(
    "年份固定效应吸收了各单位共同的变动，因此这一数字假定专精特新企业除此之外没有对所有单位共同的影响（缺失截距）。",
    "Year effects absorb what moves all units alike, "
    "so this figure assumes no effect of SRDI firms common to all units (missing intercept).",
)

TOTAL = "total"
MIN_REPRESENTED = 0.2
"""Share of official revenue below which a unit-year is flagged."""

MECHANICAL_PART_NOTE = Bilingual(
    "认定标准（研发强度、市场占有率等）本身就是指数的成分，所以“全部企业”的估计即使没有外溢也会为正；"
    "请与“剔除专精特新企业”的估计一并阅读。",
    "Recognition criteria (R&D ratio, market share ...) are ingredients of the index, "
    "so the all-firms estimate is positive even without spillover; read it beside the leave-out estimate.",
)

SYNTHETIC_NOTICE = Bilingual(
    "本研究使用程序生成的合成数据，结果只用于演示，不代表任何真实行业。",
    "This study runs on synthetic data made by the program: its results are a demonstration and describe no real industry.",
)


def sample_label(sample_key: str) -> Bilingual:
    """The name of a sample or of a group of firms; raises KeyError where it is neither."""
    return (SAMPLES | GROUPS)[sample_key]


QUANTITIES: dict[str, Bilingual] = {
    "H4": Bilingual(
        "预期各格的标准化系数均值减其余各格为", "mean standardised coefficient of the predicted cells less the others"
    ),
    "H5": Bilingual("密度与路径指数的交互项为", "interaction of density with the path index"),
    "H6": Bilingual("上游密度每高 1 个标准差，变动", "change with one SD more density of suppliers"),
    "H8": Bilingual("密度与调节变量的交互项为", "interaction of density with the moderator"),
}
OTHER_FIRMS_STATEMENT = Bilingual("对照：专精特新密度带动其他企业", "for comparison: SRDI density lifts other firms")  # of H6b
DENSITY_EFFECT = Bilingual("密度每高 1 个标准差，变动", "change with one SD more density")


def verdict_sentence(record: Mapping[Any, Any], statement: Bilingual) -> Bilingual:
    """One line of `hypotheses` as a sentence for a paper: what was asked, the numbers, the verdict, what it means, cautions."""
    quantity = DENSITY_EFFECT if record["hypothesis"] == "H6b" else QUANTITIES.get(str(record["hypothesis"])[:2], DENSITY_EFFECT)
    sample_text, meaning_text = sample_label(record["sample"]), verdict_meaning(record["verdict"])
    numbers, verdict, cautions = _statistics_text(record), judged_text(record), caution_text(record["additions"])
    bound = ruled_out(record["rules_out"])
    zh = (
        f"{statement.zh}（{sample_text.zh}）：{quantity.zh} {numbers.zh}，{verdict.zh}。{meaning_text.zh}{bound.zh}（90% 区间）。"
    )
    en = f"{statement.en} ({sample_text.en}): {quantity.en}, {numbers.en}: {verdict.en}. {meaning_text.en} "
    en += f"{bound.en[0].upper()}{bound.en[1:]} (90% interval)."
    return Bilingual(f"{zh}提示：{cautions.zh}。", f"{en} Caution: {cautions.en}.") if cautions.zh else Bilingual(zh, en)


def ruled_out(bound: float) -> Bilingual:
    """Which effects the 90% interval excludes: `bound` is its larger absolute end, missing or infinite where it excludes none."""
    if is_missing(bound) or math.isinf(bound):
        return Bilingual("不能排除任何大小的效应", "no size of effect is ruled out")
    text = number(bound, 3)
    return Bilingual(f"可排除绝对值大于 {text} 的效应", f"effects beyond {text} in absolute value are ruled out")


def interval_text(low: float, high: float) -> Bilingual:
    """`95% interval [low, high]`, or that there is none."""
    if is_missing(low) and is_missing(high):
        return Bilingual("95% 区间无法计算", "no 95% interval")
    text = f"[{number(low, 3)}, {number(high, 3)}]"
    return Bilingual(f"95% 区间 {text}", f"95% interval {text}")


def _statistics_text(record: Mapping[Any, Any]) -> Bilingual:
    """`0.250 SD (95% interval ..., bootstrap p ..., adjusted p ..., N, G, MDE, SESOI)`."""
    value, mde, sesoi = (number(record[k], 3) for k in ("estimate_sd", "mde", "sesoi"))
    interval = interval_text(record["ci_low"], record["ci_high"])
    p, p_adjusted = (_p_equation(record[p_column]) for p_column in ("p_wild", "p_adjusted"))
    n, g = integer(record["n_obs"]), integer(record["n_clusters"])
    return Bilingual(
        f"{value} 个标准差（{interval.zh}，自助法 p {p}，校正后 p {p_adjusted}，N = {n}，G = {g}，MDE {mde}，SESOI {sesoi}）",
        f"{value} SD ({interval.en}, bootstrap p {p}, adjusted p {p_adjusted}, N = {n}, G = {g}, MDE {mde}, SESOI {sesoi})",
    )


def _p_equation(probability: Any) -> str:
    """`= 0.031` or `< 0.001`."""
    text = p_value(probability)
    return text if text.startswith("<") else f"= {text}"
