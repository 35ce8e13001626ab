"""Nodes without any score: which indicators leave them so, and what would give them one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import EstimationError
from ..methods.column_statistics import FEWEST_CELLS, differ
from .build import IndexArrays
from .scoring_plan import Family, ScoringPlan

LIST_MAX = 6
REASONS = {
    "empty": ("没有数据", "has no value"),
    "few": (f"取值不足 {FEWEST_CELLS} 个", f"has fewer than {FEWEST_CELLS} values"),
    "constant": ("取值恒定", "is constant"),
    "flat": ("在 12 位有效数字内没有差异", "does not vary within 12 digits"),
    "unscaled": ("无法标准化(离散度为 0)", "cannot be normalised (no spread)"),
}


def refuse_unscored(design: ScoringPlan, raw_values: NDArray[np.float64], index_arrays: IndexArrays) -> None:
    """Stops where a node has a score in no unit and year; the lowest such node is named, with its mend."""
    for family in design.families:
        if np.isnan(index_arrays.scores[family.node]).all():
            raise _leaf_family_fault(design, family, raw_values, index_arrays) if family.is_leaf_family else _parent_fault(family)


def absences(design: ScoringPlan, family: Family, raw_values: NDArray[np.float64], index_arrays: IndexArrays) -> dict[str, str]:
    """Leaves of a family that enter no score, with the key of the reason."""
    reasons = {}
    for leaf in family.children:
        leaf_position = design.leaves.index(leaf)
        if np.isnan(index_arrays.normalised[..., leaf_position]).all():
            reasons[leaf] = _reason(raw_values[..., leaf_position], index_arrays.treated[..., leaf_position])
    return reasons


def _reason(raw_values: NDArray[np.float64], treated_values: NDArray[np.float64]) -> str:
    known_values = treated_values[~np.isnan(treated_values)]
    if np.isnan(raw_values).all():
        return "empty"
    if len(known_values) < FEWEST_CELLS:
        return "few"
    if differ(known_values.min(), known_values.max()):
        return "unscaled"
    return "constant" if known_values.min() == known_values.max() else "flat"


def _leaf_family_fault(
    design: ScoringPlan, family: Family, raw_values: NDArray[np.float64], index_arrays: IndexArrays
) -> EstimationError:
    reasons = absences(design, family, raw_values, index_arrays)
    usable_count = len(family.children) - len(reasons)
    if set(reasons.values()) == {"few"} and not usable_count:
        return _unscored(
            family.node,
            en=f"{family.node} has no score: each of its indicators has fewer than {FEWEST_CELLS} values; add units or years",
            zh=f"{family.node} 没有得分:其各指标的取值均不足 {FEWEST_CELLS} 个;请增加单元或年份",
        )
    if not usable_count:
        return _unscored(
            family.node,
            en=f"{_reasons_text(reasons, 'en')}, so {family.node} has no score; "
            f"correct the data or take {family.node} out of the tree",
            zh=f"{_reasons_text(reasons, 'zh')},{family.node} 因此没有得分;请核对数据,或从指标树中去掉 {family.node}",
        )
    mend_en = "add an indicator or write `coverage: {min_children: 1}` in weighting.yaml"
    mend_zh = "请补充指标,或在 weighting.yaml 写 `coverage: {min_children: 1}`"
    needed_count = family.min_children
    if reasons and usable_count < needed_count:
        return _unscored(
            family.node,
            en=f"{_reasons_text(reasons, 'en')}, so {family.node} has no score ({needed_count} indicators are needed); {mend_en}",
            zh=f"{_reasons_text(reasons, 'zh')},{family.node} 因此没有得分(至少需要 {needed_count} 个指标);{mend_zh}",
        )
    return _unscored(
        family.node,
        en=f"{family.node} has no score: in no unit and year can {needed_count} of its indicators be combined; {mend_en}",
        zh=f"{family.node} 没有得分:没有任何单元和年份有 {needed_count} 个可合成的指标;{mend_zh}",
    )


def _parent_fault(family: Family) -> EstimationError:
    children = ", ".join(family.children[:LIST_MAX])
    return _unscored(
        family.node,
        en=f"{family.node} has no score: in no unit and year do all its parts have one ({children}); complete their data",
        zh=f"{family.node} 没有得分:没有任何单元和年份的各部分({children})都有得分;请补齐数据",
    )


def _unscored(node: str, *, en: str, zh: str) -> EstimationError:
    return EstimationError(en, zh=zh, location=f"indicators.yaml: {node}")


def _reasons_text(reasons: Mapping[str, str], language: str) -> str:
    place = 0 if language == "zh" else 1
    leaf_reasons = [f"{leaf} {REASONS[reason][place]}" for leaf, reason in reasons.items()]
    extra = [f"... ({len(leaf_reasons)})"] if len(leaf_reasons) > LIST_MAX else []
    return ("、" if language == "zh" else ", ").join([*leaf_reasons[:LIST_MAX], *extra])
