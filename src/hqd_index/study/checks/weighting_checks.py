"""weighting.yaml against the tree: that every choice applies somewhere, resolves for its children and fits its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from ...errors import ConfigError
from ...methods.choice import BoundChoice, refuse_sign
from ..choices import FLAT_TREE_KEY, family_choice, leaf_choice, yearly_choices
from ..indicator_tree import Tree, listed_leaves, tree_of
from ..records import Study
from ..study_findings import Finding, unknown_name
from ..yaml_document import Place

COLUMN_PARTS = ("impute", "treat", "normalise")


def check(study: Study) -> Iterator[Finding]:
    """Faults of weighting.yaml; the tree itself must be sound."""
    tree = tree_of(study.indicators)
    yield from _level_findings(study, tree)
    yield from _flat_tree_findings(study, tree)
    yield from _overrides(study, tree)
    yield from _families(study, tree)
    yield from _column_findings(study, tree)
    yield from _signs(study, tree)
    yield from _windows(study, tree)
    yield from _coverage(study, tree)
    yield from _cautions(study, tree)


def _level_findings(study: Study, tree: Tree) -> Iterator[Finding]:
    for method_role in ("weight", "aggregate"):
        levels = [*tree.levels, FLAT_TREE_KEY] if method_role == "weight" else tree.levels
        for level in getattr(study.weighting, method_role):
            if level not in levels:
                yield unknown_name(("weighting", method_role, level), ("level", "层级"), level, levels)


def _flat_tree_findings(study: Study, tree: Tree) -> Iterator[Finding]:
    """Weights of all leaves at once leave no room for weights of nodes, nor for aggregation that is not a weighted sum."""
    weighting = study.weighting
    if FLAT_TREE_KEY not in weighting.weight:
        return
    other_weights: list[Place] = [("weighting", "weight", level) for level in weighting.weight if level != FLAT_TREE_KEY]
    other_weights += [("weighting", "branches", node, "weight") for node, choices in weighting.branches.items() if choices.weight]
    for yaml_path in other_weights:
        yield Finding(
            yaml_path,
            f"{FLAT_TREE_KEY} weighs all indicators together and excludes every other key of weight; remove one of them",
            f"{FLAT_TREE_KEY} 对全部指标一起赋权,不能与 weight 的其他键并用;请去掉其一",
        )
    for node in tree.inner:
        choice, yaml_path = family_choice(weighting, tree, node, "aggregate")
        if choice.method != "arithmetic":
            yield Finding(yaml_path, f"{FLAT_TREE_KEY} needs arithmetic aggregation everywhere, not {choice.method}",
                          f"{FLAT_TREE_KEY} 要求各层均用 arithmetic 合成,此处为 {choice.method}")  # fmt: skip


def _overrides(study: Study, tree: Tree) -> Iterator[Finding]:
    weighting = study.weighting
    for node, choices in weighting.branches.items():
        path: Place = ("weighting", "branches", node)
        if node not in tree.inner:
            yield _no_branch_finding(path, node, tree)
            continue
        for method_role in COLUMN_PARTS:
            if getattr(choices, method_role) and tree.children(tree.children(node)[0]):
                yield Finding((*path, method_role), f"{method_role} acts on indicators, and the children of {node} are nodes; "
                              "write it for a branch that holds indicators",
                              f"{method_role} 作用于指标,而 {node} 的下级不是指标;请写在直接包含指标的分支下")  # fmt: skip
    all_leaves = listed_leaves(study.indicators.tree)
    for leaf in weighting.indicators:
        if leaf not in all_leaves:
            yield unknown_name(("weighting", "indicators", leaf), ("indicator", "指标"), leaf, all_leaves)


def _no_branch_finding(path: Place, node: str, tree: Tree) -> Finding:
    if node in tree.order:
        return Finding(path, f"{node} is an indicator; write it under indicators:", f"{node} 是指标;请写在 indicators: 下")
    return unknown_name(path, ("node", "节点"), node, tree.inner)


def _families(study: Study, tree: Tree) -> Iterator[Finding]:
    flat_choice = study.weighting.weight.get(FLAT_TREE_KEY)
    if flat_choice is not None:
        yield from _share_findings(("weighting", "weight", FLAT_TREE_KEY), flat_choice, tree.leaves(tree.root), tree.order)
    for node in tree.inner:
        children = tree.children(node)
        for method_role in ("aggregate",) if flat_choice else ("weight", "aggregate"):
            choice, yaml_path = family_choice(study.weighting, tree, node, method_role)
            family_members = children if yaml_path[1] == "branches" else _same_level(tree, children[0])
            yield from _share_findings(yaml_path, choice, children, family_members)


def _same_level(tree: Tree, node: str) -> list[str]:
    return [other_node for other_node in tree.order if tree.level(other_node) == tree.level(node)]


def _share_findings(
    yaml_path: Place, choice: BoundChoice, children: Sequence[str], child_names: Collection[str]
) -> Iterator[Finding]:
    """What keeps a choice from becoming a function of these children."""
    given_shares = [option for option in choice.options.values() if isinstance(option, dict) and choice.method == "given"]
    for shares in given_shares:
        unknown_names = [child_name for child_name in shares if child_name not in child_names]
        children_without_share = [child for child in children if child not in shares]
        if unknown_names or children_without_share:
            en = [f"no such child: {', '.join(unknown_names)}"] * bool(unknown_names) + [
                f"without a share: {', '.join(children_without_share)}"
            ] * bool(children_without_share)
            zh = [f"没有这样的下级:{'、'.join(unknown_names)}"] * bool(unknown_names)
            zh += [f"缺少份额:{'、'.join(children_without_share)}"] * bool(children_without_share)
            yield Finding(yaml_path, f"{'; '.join(en)}. The children are {', '.join(children)}",
                          f"{';'.join(zh)}。下级为 {'、'.join(children)}")  # fmt: skip
            return
    yield from _errors_of_call(yaml_path, children, lambda: choice.for_children(children, valid_ids=child_names))


def _errors_of_call(yaml_path: Place, children: Sequence[str], call: Callable[[], object]) -> Iterator[Finding]:
    try:
        call()
    except ConfigError as fault:
        name_list = ", ".join(children[:8]) + (", ..." if len(children) > 8 else "")
        yield Finding(yaml_path, f"{fault.en} (children: {name_list})", f"{fault.zh}(下级:{name_list})")


def _column_findings(study: Study, tree: Tree) -> Iterator[Finding]:
    leaves = tree.leaves(tree.root)
    for method_role in COLUMN_PARTS:
        leaves_by_choice: dict[tuple[Place, BoundChoice], list[str]] = {}
        for leaf in leaves:
            choice, yaml_path = leaf_choice(study, tree, leaf, method_role)
            leaves_by_choice.setdefault((yaml_path, choice), []).append(leaf)
        for (yaml_path, choice), children in leaves_by_choice.items():
            yield from _share_findings(yaml_path, choice, children, leaves)


def _signs(study: Study, tree: Tree) -> Iterator[Finding]:
    """Values as normalised have the sign that each weight and aggregate above them needs."""
    flat_choice = study.weighting.weight.get(FLAT_TREE_KEY)
    for node in tree.inner:
        for method_role in ("weight", "aggregate"):
            choice, yaml_path = family_choice(study.weighting, tree, node, method_role)
            if method_role == "weight" and flat_choice is not None:
                choice, yaml_path = flat_choice, ("weighting", "weight", FLAT_TREE_KEY)
            yield from _sign(study, tree, tree.leaves(node), choice, yaml_path)


def _sign(study: Study, tree: Tree, leaves: Sequence[str], choice: BoundChoice, yaml_path: Place) -> Iterator[Finding]:
    leaves_by_choice: dict[BoundChoice, list[str]] = {}
    for leaf in leaves:
        leaves_by_choice.setdefault(leaf_choice(study, tree, leaf, "normalise")[0], []).append(leaf)
    for normalise, children in leaves_by_choice.items():
        yield from _errors_of_call(yaml_path, children, lambda n=normalise: refuse_sign(n, choice))  # type: ignore[misc]


def _windows(study: Study, tree: Tree) -> Iterator[Finding]:
    """A window of years is in order and touches the study."""
    choices_and_paths = [leaf_choice(study, tree, leaf, "normalise") for leaf in tree.leaves(tree.root)]
    choices_and_paths += [family_choice(study.weighting, tree, node, "weight") for node in tree.inner]
    choices_and_paths += [
        (choice, ("weighting", "weight", FLAT_TREE_KEY)) for choice in [study.weighting.weight.get(FLAT_TREE_KEY)] if choice
    ]
    first_year, last_year = study.study.years
    for choice, yaml_path in {yaml_path: (choice, yaml_path) for choice, yaml_path in choices_and_paths}.values():
        years = choice.over
        if isinstance(years, tuple) and not (years[0] <= years[1] and years[0] <= last_year and years[1] >= first_year):
            yield Finding(yaml_path, f"over: [{years[0]}, {years[1]}] holds no year of the study ({first_year}-{last_year})",
                          f"over: [{years[0]}, {years[1]}] 与研究年份 {first_year}-{last_year} 没有重合")  # fmt: skip


def _cautions(study: Study, tree: Tree) -> Iterator[Finding]:
    """What to mind about choices that are allowed."""
    flat_choice = study.weighting.weight.get(FLAT_TREE_KEY)
    choices_and_paths: list[tuple[BoundChoice, Place]] = (
        [(flat_choice, ("weighting", "weight", FLAT_TREE_KEY))] if flat_choice is not None else []
    )
    choices_and_paths += [family_choice(study.weighting, tree, node, "weight") for node in tree.inner if flat_choice is None]
    for choice, yaml_path in {yaml_path: (choice, yaml_path) for choice, yaml_path in choices_and_paths}.values():
        for en, zh in choice.cautions:
            yield Finding(yaml_path, en, zh, notice=True)
    for method, yaml_path in yearly_choices(study, tree):
        yield Finding(yaml_path, f"{method} over each_year takes the common trend out: scores do not compare between years, "
                      "and no regression is run on them; write over: all_years for that",
                      f"{method} 逐年计算(over: each_year)会消除共同趋势:得分不可跨年比较,也不作回归的被解释变量;"
                      "如需比较或回归,请写 over: all_years", notice=True)  # fmt: skip


def _coverage(study: Study, tree: Tree) -> Iterator[Finding]:
    """A branch with fewer indicators than `min_children` would never have a score."""
    min_children = study.weighting.coverage.min_children
    for node in tree.inner:
        child_count = len(tree.children(node))
        if child_count < min_children and not tree.children(tree.children(node)[0]):
            yield Finding(
                ("weighting", "coverage"),
                f"{node} has {child_count} indicator(s), fewer than min_children {min_children}: "
                f"it would never have a score; add indicators or write min_children: {child_count}",
                f"{node} 只有 {child_count} 个指标,少于 min_children {min_children},将永远没有得分;"
                f"请增加指标或写 min_children: {child_count}",
            )
