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
from ..wording import wording
from .published_panel_columns import INDEX, SHARE_SUM, linked_column, sample_flag
from .regression_columns import MEDIATOR_PREFIX

FIXED = {
    linked_column(UPSTREAM, "direct"): wording("exports.linked.upstream_direct"),
    linked_column(DOWNSTREAM, "direct"): wording("exports.linked.downstream_direct"),
    linked_column(UPSTREAM, "complete"): wording("exports.linked.upstream_complete"),
    linked_column(DOWNSTREAM, "complete"): wording("exports.linked.downstream_complete"),
    TREND: wording("exports.trend"),
    Z: wording("exports.instrument"),
    SHARE_SUM: wording("exports.share_sum"),
    "splittable": wording("exports.splittable"),
    "splittable_lo": wording("exports.splittable_leave_out"),
}


def derived_labels(results: Results) -> dict[str, Bilingual]:
    """column -> label, of every such column that the study could have."""
    study = results.study
    labels = FIXED | dict(_moderators(results))
    for group, label in GROUPS.items():
        for node in ("splittable", results.tree.root):
            labels[f"{node}_{group}"] = Bilingual(f"{results.name(node).zh}：{label.zh}", f"{results.name(node).en}, {label.en}")
    for id, scenario in study.scenarios.items():
        labels[f"{INDEX}{id}"] = wording("exports.scenario_index", scenario=Bilingual(scenario.label.zh, scenario.label.en))
    for id, mediator in study.regressions.mediators.items():
        labels[f"{MEDIATOR_PREFIX}{id}"] = Bilingual(mediator.label.zh, mediator.label.en)
    for choice in study.regressions.specifications:
        if choice.density is not None and (measure := column_labels(results, "density").get(choice.density.measure)):
            lag = choice.density.lag
            labels[f"{choice.density.measure}_lag{lag}"] = wording("exports.lagged", name=measure, lag=lag)
        labels[sample_flag(choice.id)] = wording(
            "exports.specification_rows", specification=Bilingual(choice.label.zh, choice.label.en)
        )
    return {variable(column): label for column, label in labels.items()}


def _moderators(results: Results) -> Iterator[tuple[str, Bilingual]]:
    """Base-year values, and their products with the density."""
    paths = results.table("paths")
    names = [*results.study.regressions.moderators, *(f"path_{path}" for path in (paths["path"].unique() if len(paths) else ()))]
    for name in names:
        label = moderator_label(results, name)
        if label is not None:
            yield f"{BASE}{name}", label
            yield f"{INTERACTION_PREFIX}{name}", wording("estimates.interaction", moderator=label)
