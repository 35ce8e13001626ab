"""Words of verdicts, sizes, splits, grades and cautions, as zh/en pairs: every output takes them from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from .bilingual import BLANK_TEXT, Bilingual
from .number_format import number


@dataclass(frozen=True)
class VerdictText:
    """A verdict's name, what it means in one sentence, and what it says of {unit}."""

    label: Bilingual
    meaning: Bilingual
    conclusion: Bilingual


VERDICTS: dict[str, VerdictText] = {
    "supported": VerdictText(
        label=Bilingual("得到支持", "supported"),
        meaning=Bilingual(
            "在设定的显著性水平上，估计值与预期同号且不为零。",
            "At the stated level the estimate differs from zero and has the predicted sign.",
        ),
        conclusion=Bilingual("密度高的{unit}指数更高", "{unit} with more SRDI density have a higher index"),
    ),
    "opposite_sign": VerdictText(
        label=Bilingual("方向相反", "opposite sign"),
        meaning=Bilingual(
            "在设定的显著性水平上，估计值不为零，但与预期符号相反。",
            "At the stated level the estimate differs from zero, with the sign opposite to the prediction.",
        ),
        conclusion=Bilingual("密度高的{unit}指数更低", "{unit} with more SRDI density have a lower index"),
    ),
    "negligible": VerdictText(
        label=Bilingual("效应可忽略", "negligible"),
        meaning=Bilingual(
            "估计值与零没有显著差异，且 90% 区间完全落在最小关注效应之内：有意义的效应可以排除。",
            "The estimate does not differ from zero, and its 90% interval lies within the smallest effect of interest: an effect "
            "that matters is ruled out.",
        ),
        conclusion=Bilingual(
            "密度高的{unit}与密度低的{unit}指数相差可忽略", "{unit} with more SRDI density have an index that differs negligibly"
        ),
    ),
    "inconclusive": VerdictText(
        label=Bilingual("不能判断", "inconclusive"),
        meaning=Bilingual(
            "数据既不能表明有效应，也不能排除有意义的效应。",
            "The data neither show an effect nor rule out one that matters.",
        ),
        conclusion=Bilingual(
            "不能判断密度高的{unit}指数是否更高", "{unit} with more SRDI density may or may not have a higher index"
        ),
    ),
}

SIZES: dict[str, Bilingual] = {
    "matters": Bilingual("大小有意义", "of a size that matters"),
    "too_small": Bilingual("确有效应，但过小而没有意义", "shown, but too small to matter"),
    "size_open": Bilingual("大小未定", "size open"),
}

SPLITS: dict[str, Bilingual] = {
    "spillover_supported": Bilingual("外溢得到支持", "spillover supported"),
    "spillover_opposite": Bilingual("外溢方向相反", "spillover of the opposite sign"),
    "composition_only": Bilingual("只见构成效应", "composition only"),
    "spillover_open": Bilingual("外溢不能判断", "spillover open"),
}

GRADES: dict[str, Bilingual] = {
    "credible": Bilingual("较可信的证据", "credible evidence"),
    "suggestive": Bilingual("提示性证据", "suggestive evidence"),
    "description": Bilingual("描述性关联", "descriptive association"),
}

LACKS: dict[str, Bilingual] = {
    "significance": Bilingual("p ≤ α", "p ≤ α"),
    "years_before": Bilingual("首次认定之前至少三年", "three years before the first recognition"),
    "pre_trend": Bilingual("认定之前没有趋势差异", "no trend before recognition"),
    "exposure_trend": Bilingual("扣除趋势后的 90% 区间不含零", "a 90% interval net of trend that excludes zero"),
    "no_groups": Bilingual("单位分组（组×年份固定效应）", "groups of units (group x year effects)"),
    "group_year": Bilingual("组×年份固定效应下同号且 p ≤ 0.10", "the same sign and p ≤ 0.10 with group x year effects"),
    "spillover": Bilingual("外溢得到支持", "a supported spillover"),
    "movable": Bilingual("至少九成单位的密度路径可以置换", "nine tenths of units with a density path to permute"),
    "randomisation": Bilingual("随机化推断 p ≤ α", "randomisation inference p ≤ α"),
    "one_cluster": Bilingual("剔除任何一个单位判定都不变", "the same verdict without any one unit"),
}

ADDITIONS: dict[str, Bilingual] = {
    "fragile": Bilingual(
        "结论不稳健（换一种推断方法或剔除一个单位即改变）", "fragile (another inference method, or dropping one unit, changes it)"
    ),
    "too_wide": Bilingual("这些数据不能表明效应可忽略", "these data cannot show an effect to be negligible"),
    "pre_trend_up": Bilingual(
        "认定之前，后来密度高的单位已在上升：正的估计可能由此而来，负的则部分被掩盖",
        "units with more density later were already rising before recognition, which can produce a positive estimate and hides "
        "part of a negative one",
    ),
    "pre_trend_down": Bilingual(
        "认定之前，后来密度高的单位已在下降：负的估计可能由此而来，正的则部分被掩盖",
        "units with more density later were already falling before recognition, which can produce a negative estimate and hides "
        "part of a positive one",
    ),
    "partly_split": Bilingual(
        "部分分维度大半由行业表计算，专精特新企业自身无法剔除",
        "some sub-dimensions rest mostly on industry tables, from which recognised firms cannot be taken out",
    ),
    "firm_level": Bilingual(
        "以企业—年份的组内标准差计，数值天然较小，不可与指数层面的估计比较大小",
        "in within standard deviations of firm-years, small by nature and not comparable in size with estimates on the index",
    ),
    "few_clusters": Bilingual(
        "聚类太少，任何结果都达不到设定的显著性水平", "too few clusters for any result to reach the stated level"
    ),
    "uneven_clusters": Bilingual(
        "密度的变动只来自少数几个单位，标准误、p 值与区间均不可靠",
        "the variation of density comes from very few units, so standard errors, p-values and intervals are unreliable",
    ),
}

INDUSTRIES, UNITS = Bilingual("行业", "Industries"), Bilingual("单位", "Units")


def conclusion(record: Mapping[Any, Any], *, by_industry: bool) -> Bilingual:
    """What the headline comes to, with its grade: how a sentence on it begins."""
    text, grade = VERDICTS[record["verdict"]].conclusion, GRADES[record["grade"]]
    unit = INDUSTRIES if by_industry else UNITS
    return Bilingual(f"{text.zh.format(unit=unit.zh)}（{grade.zh}）", f"{text.en.format(unit=unit.en)} ({grade.en})")


def judged_text(record: Mapping[Any, Any]) -> Bilingual:
    """Verdict with its size and split, then grade, what the next grade lacks and the breakdown multiple."""
    return _joined_labels([verdict_text(record), grade_text(record), *_breakdown(record)])


def verdict_text(record: Mapping[Any, Any]) -> Bilingual:
    """The verdict with its size and split in brackets."""
    label = verdict_label(record["verdict"])
    qualifiers = [
        labels_of_values[record[field_name]]
        for field_name, labels_of_values in (("size", SIZES), ("split", SPLITS))
        if _is_given(record.get(field_name))
    ]
    return _with_qualifiers(label, _joined_labels(qualifiers)) if qualifiers else label


def grade_text(record: Mapping[Any, Any]) -> Bilingual:
    """The grade, in brackets what the next higher one lacks."""
    label, missing_conditions = GRADES[record["grade"]], lacks_text(record.get("grade_lacks"))
    return (
        _with_qualifiers(label, Bilingual(f"缺：{missing_conditions.zh}", f"lacking: {missing_conditions.en}"))
        if missing_conditions.zh
        else label
    )


def _breakdown(record: Mapping[Any, Any]) -> list[Bilingual]:
    breakdown_multiple = record.get("breakdown")
    if breakdown_multiple is None or pd.isna(breakdown_multiple):
        return []
    value = number(breakdown_multiple, 2)
    return [Bilingual(f"临界倍数 {value}", f"breakdown multiple {value}")]


def _is_given(cell_value: Any) -> bool:
    return isinstance(cell_value, str) and bool(cell_value.strip())


def _with_qualifiers(label: Bilingual, qualifiers: Bilingual) -> Bilingual:
    return Bilingual(f"{label.zh}（{qualifiers.zh}）", f"{label.en} ({qualifiers.en})")


def _joined_labels(labels_to_join: list[Bilingual]) -> Bilingual:
    return Bilingual("；".join(label.zh for label in labels_to_join), "; ".join(label.en for label in labels_to_join))


def verdict_label(verdict_key: str) -> Bilingual:
    """The verdict's name; raises KeyError where it is not a verdict."""
    return VERDICTS[verdict_key].label


def verdict_meaning(verdict_key: str) -> Bilingual:
    """What a verdict means, in one sentence; raises KeyError where it is not a verdict."""
    return VERDICTS[verdict_key].meaning


def lacks_text(condition_list: Any) -> Bilingual:
    """Conditions that a higher grade lacks, joined; empty where there are none. Raises KeyError for an unknown one."""
    return _word_list(condition_list, LACKS)


def caution_text(caution_list: Any) -> Bilingual:
    """The cautions beside a verdict, joined; empty where there are none. Raises KeyError for an unknown caution."""
    return _word_list(caution_list, ADDITIONS)


def _word_list(key_list: Any, label_by_key: Mapping[str, Bilingual]) -> Bilingual:
    if not _is_given(key_list):
        return BLANK_TEXT
    texts = [label_by_key[label_key] for label_key in key_list.split(";")]
    return Bilingual("、".join(wording.zh for wording in texts), "; ".join(wording.en for wording in texts))
