"""What to mind about the scores a sound study will have: lost where one value is missing, off the scale of 0-100, few firms."""

from __future__ import annotations

from collections.abc import Iterator

from ..choices import leaf_choice
from ..indicator_tree import Tree, tree_of
from ..records import Study
from ..study_findings import Finding
from ..yaml_document import Place

LIST_LIMIT = 6
UNBOUNDED = ("rank", "borda", "zscore", "robust")
"""Normalisations whose values do not lie in [0, 1], so that scores do not lie in 0-100."""


def check(study: Study) -> Iterator[Finding]:
    """Notices only; the tree must be sound."""
    tree = tree_of(study.indicators)
    yield from _scarce_families(study, tree)
    yield from cautions(study)


def cautions(study: Study) -> Iterator[Finding]:
    """What a run repeats on the terminal: the scale of the scores, and few firms behind a value."""
    yield from _unbounded_findings(study, tree_of(study.indicators))
    yield from _few_firms(study)


def _scarce_families(study: Study, tree: Tree) -> Iterator[Finding]:
    """Families that have just as many indicators as a score needs."""
    needed_count = study.weighting.coverage.min_children
    families = [
        node for node in tree.inner if len(tree.children(node)) == needed_count > 1 and not tree.children(tree.children(node)[0])
    ]
    if families:
        listed_families, ellipsis = ", ".join(families[:LIST_LIMIT]), " ..." if len(families) > LIST_LIMIT else ""
        en = f"{needed_count} indicators and min_children {needed_count}: one missing value removes the score"
        zh = f"只有 {needed_count} 个指标而 min_children 为 {needed_count}:缺一个值就没有得分"
        yield Finding(
            ("weighting", "coverage"),
            f"{listed_families}{ellipsis}: {en}; `coverage: {{min_children: 1}}` keeps it",
            f"{listed_families}{ellipsis}:{zh};如需保留得分,请写 `coverage: {{min_children: 1}}`",
            notice=True,
        )


def _unbounded_findings(study: Study, tree: Tree) -> Iterator[Finding]:
    methods: dict[str, Place] = {}
    for leaf in tree.leaves(tree.root):
        choice, choice_path = leaf_choice(study, tree, leaf, "normalise")
        if choice.method in UNBOUNDED:
            methods.setdefault(choice.method, choice_path)
    for method, choice_path in methods.items():
        yield Finding(choice_path, f"{method} does not give values between 0 and 1: scores are not on 0-100; prank or minmax are",
                      f"{method} 的结果不在 0 与 1 之间:得分不限于 0–100;如需 0–100,请用 prank 或 minmax",
                      notice=True)  # fmt: skip


def _few_firms(study: Study) -> Iterator[Finding]:
    """A study that lowers `min_firms` below its default while indicators come from firms."""
    default = type(study.study).model_fields["min_firms"].default
    from_firms = any(leaf.table == "firms" for leaf in study.indicators.indicators.values())
    if study.study.min_firms < default and from_firms and "firm_id" not in study.study.unit.by:
        yield Finding(
            ("study", "min_firms"),
            f"below {default} firms a value rests on few of them: the rank ranges of firm draws (data_low, data_high) are too "
            "narrow, and no confidence interval",
            f"低于 {default} 家时,取值只依赖少数企业:企业重抽样的名次范围(data_low、data_high)偏窄,且不是置信区间",
            notice=True,
        )
