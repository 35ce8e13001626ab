"""Labels of the columns that the exported panel has for single regressions."""

from __future__ import annotations

from collections.abc import Iterator

from ...models.kernels.exposure_trend import TREND
from ...models.kernels.moderation import BASE, INTERACTION_PREFIX
from ...models.kernels.shift_share import Z
from ...models.kernels.slx import DOWNSTREAM, UPSTREAM
from ...tables import variable
from ..bilingual import Bilingual
from ..grids.published_grids import column_labels
from ..regression_labels import moderator_label
from ..results import Results
from ..sentences import GROUPS
from .published_panel_columns import INDEX, SHARE_SUM, linked_column, sample_flag
from .regression_columns import MEDIATOR_PREFIX

FIXED = {
    linked_column(UPSTREAM, "direct"): Bilingual("供应行业的密度（直接）", "density of suppliers, direct"),
    linked_column(DOWNSTREAM, "direct"): Bilingual("客户行业的密度（直接）", "density of customers, direct"),
    linked_column(UPSTREAM, "complete"): Bilingual("供应行业的密度（完全）", "density of suppliers, complete"),
    linked_column(DOWNSTREAM, "complete"): Bilingual("客户行业的密度（完全）", "density of customers, complete"),
    TREND: Bilingual("后来密度均值 × 年份", "mean later density x year"),
    Z: Bilingual("份额移动工具变量", "shift-share instrument"),
    SHARE_SUM: Bilingual("份额之和", "sum of shares"),
    "splittable": Bilingual("可拆分部分", "splittable part"),
    "splittable_lo": Bilingual("可拆分部分（剔除专精特新）", "splittable part, leave-out"),
}


def derived_labels(results: Results) -> dict[str, Bilingual]:
    """column -> label, of every such column that the study could have."""
    study = results.study
    labels = FIXED | dict(_moderators(results))
    for group, label in GROUPS.items():
        for node in ("splittable", results.tree.root):
            labels[f"{node}_{group}"] = Bilingual(f"{results.name(node).zh}：{label.zh}", f"{results.name(node).en}, {label.en}")
    for id, scenario in study.scenarios.items():
        labels[f"{INDEX}{id}"] = Bilingual(f"指数：{scenario.label.zh}", f"index: {scenario.label.en}")
    for id, mediator in study.regressions.mediators.items():
        labels[f"{MEDIATOR_PREFIX}{id}"] = Bilingual(mediator.label.zh, mediator.label.en)
    for choice in study.regressions.specifications:
        if choice.density is not None and (measure := column_labels(results, "density").get(choice.density.measure)):
            lag = choice.density.lag
            labels[f"{choice.density.measure}_lag{lag}"] = Bilingual(f"{measure.zh}（滞后 {lag} 年）", f"{measure.en}, lag {lag}")
        labels[sample_flag(choice.id)] = Bilingual(f"回归样本：{choice.label.zh}", f"row of: {choice.label.en}")
    return {variable(column): label for column, label in labels.items()}


def _moderators(results: Results) -> Iterator[tuple[str, Bilingual]]:
    """Base-year values, and their products with the density."""
    paths = results.table("paths")
    names = [*results.study.regressions.moderators, *(f"path_{path}" for path in (paths["path"].unique() if len(paths) else ()))]
    for name in names:
        label = moderator_label(results, name)
        if label is not None:
            yield f"{BASE}{name}", label
            yield f"{INTERACTION_PREFIX}{name}", Bilingual(f"密度 × {label.zh}", f"density x {label.en}")
