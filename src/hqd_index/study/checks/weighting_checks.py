"""weighting.yaml against the tree: that every choice applies somewhere, resolves for its children and fits its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from ...errors import ConfigError
from ...methods.choice import BoundChoice, refuse_sign
from ..choices import FLAT, family_choice, leaf_choice, year_by_year
from ..indicator_tree import Tree, listed_leaves, tree_of
from ..records import Study
from ..study_findings import Finding, unknown_name
from ..yaml_document import Place

COLUMN_PARTS = ("impute", "treat", "normalise")


def check(study: Study) -> Iterator[Finding]:
    """Faults of weighting.yaml; the tree itself must be sound."""
    tree = tree_of(study.indicators)
    yield from _levels(study, tree)
    yield from _flat(study, tree)
    yield from _overrides(study, tree)
    yield from _families(study, tree)
    yield from _columns(study, tree)
    yield from _signs(study, tree)
    yield from _windows(study, tree)
    yield from _coverage(study, tree)
    yield from _cautions(study, tree)


def _levels(study: Study, tree: Tree) -> Iterator[Finding]:
    for part in ("weight", "aggregate"):
        levels = [*tree.levels, FLAT] if part == "weight" else tree.levels
        for level in getattr(study.weighting, part):
            if level not in levels:
                yield unknown_name(("weighting", part, level), ("level", "层级"), level, levels)


def _flat(study: Study, tree: Tree) -> Iterator[Finding]:
    """Weights of all leaves at once leave no room for weights of nodes, nor for aggregation that is not a weighted sum."""
    weighting = study.weighting
    if FLAT not in weighting.weight:
        return
    other_weights: list[Place] = [("weighting", "weight", level) for level in weighting.weight if level != FLAT]
    other_weights += [("weighting", "branches", node, "weight") for node, choices in weighting.branches.items() if choices.weight]
    for place in other_weights:
        yield Finding(place, f"{FLAT} weighs all indicators together and excludes every other key of weight; remove one of them",
                      f"{FLAT} 对全部指标一起赋权,不能与 weight 的其他键并用;请去掉其一")  # fmt: skip
    for node in tree.inner:
        choice, place = family_choice(weighting, tree, node, "aggregate")
        if choice.method != "arithmetic":
            yield Finding(place, f"{FLAT} needs arithmetic aggregation everywhere, not {choice.method}",
                          f"{FLAT} 要求各层均用 arithmetic 合成,此处为 {choice.method}")  # fmt: skip


def _overrides(study: Study, tree: Tree) -> Iterator[Finding]:
    weighting = study.weighting
    for node, choices in weighting.branches.items():
        path: Place = ("weighting", "branches", node)
        if node not in tree.inner:
            yield _no_branch(path, node, tree)
            continue
        for part in COLUMN_PARTS:
            if getattr(choices, part) and tree.children(tree.children(node)[0]):
                yield Finding((*path, part), f"{part} acts on indicators, and the children of {node} are nodes; "
                              "write it for a branch that holds indicators",
                              f"{part} 作用于指标,而 {node} 的下级不是指标;请写在直接包含指标的分支下")  # fmt: skip
    all_leaves = listed_leaves(study.indicators.tree)
    for leaf in weighting.indicators:
        if leaf not in all_leaves:
            yield unknown_name(("weighting", "indicators", leaf), ("indicator", "指标"), leaf, all_leaves)


def _no_branch(path: Place, node: str, tree: Tree) -> Finding:
    if node in tree.order:
        return Finding(path, f"{node} is an indicator; write it under indicators:", f"{node} 是指标;请写在 indicators: 下")
    return unknown_name(path, ("node", "节点"), node, tree.inner)


def _families(study: Study, tree: Tree) -> Iterator[Finding]:
    flat = study.weighting.weight.get(FLAT)
    if flat is not None:
        yield from _resolved(("weighting", "weight", FLAT), flat, tree.leaves(tree.root), tree.order)
    for node in tree.inner:
        children = tree.children(node)
        for part in ("aggregate",) if flat else ("weight", "aggregate"):
            choice, place = family_choice(study.weighting, tree, node, part)
            names = children if place[1] == "branches" else _same_level(tree, children[0])
            yield from _resolved(place, choice, children, names)


def _same_level(tree: Tree, node: str) -> list[str]:
    return [peer for peer in tree.order if tree.level(peer) == tree.level(node)]


def _resolved(place: Place, choice: BoundChoice, children: Sequence[str], names: Collection[str]) -> Iterator[Finding]:
    """What keeps a choice from becoming a function of these children."""
    given_shares = [option for option in choice.options.values() if isinstance(option, dict) and choice.method == "given"]
    for shares in given_shares:
        unknown_names = [name for name in shares if name not in names]
        without_share = [child for child in children if child not in shares]
        if unknown_names or without_share:
            en = [f"no such child: {', '.join(unknown_names)}"] * bool(unknown_names) + [
                f"without a share: {', '.join(without_share)}"
            ] * bool(without_share)
            zh = [f"没有这样的下级:{'、'.join(unknown_names)}"] * bool(unknown_names)
            zh += [f"缺少份额:{'、'.join(without_share)}"] * bool(without_share)
            yield Finding(place, f"{'; '.join(en)}. The children are {', '.join(children)}",
                          f"{';'.join(zh)}。下级为 {'、'.join(children)}")  # fmt: skip
            return
    yield from _attempt(place, children, lambda: choice.for_children(children, valid_ids=names))


def _attempt(place: Place, children: Sequence[str], act: Callable[[], object]) -> Iterator[Finding]:
    try:
        act()
    except ConfigError as fault:
        listed = ", ".join(children[:8]) + (", ..." if len(children) > 8 else "")
        yield Finding(place, f"{fault.en} (children: {listed})", f"{fault.zh}(下级:{listed})")


def _columns(study: Study, tree: Tree) -> Iterator[Finding]:
    leaves = tree.leaves(tree.root)
    for part in COLUMN_PARTS:
        leaves_by_choice: dict[tuple[Place, BoundChoice], list[str]] = {}
        for leaf in leaves:
            choice, place = leaf_choice(study, tree, leaf, part)
            leaves_by_choice.setdefault((place, choice), []).append(leaf)
        for (place, choice), children in leaves_by_choice.items():
            yield from _resolved(place, choice, children, leaves)


def _signs(study: Study, tree: Tree) -> Iterator[Finding]:
    """Values as normalised have the sign that each weight and aggregate above them needs."""
    flat = study.weighting.weight.get(FLAT)
    for node in tree.inner:
        for part in ("weight", "aggregate"):
            choice, place = family_choice(study.weighting, tree, node, part)
            if part == "weight" and flat is not None:
                choice, place = flat, ("weighting", "weight", FLAT)
            yield from _sign(study, tree, tree.leaves(node), choice, place)


def _sign(study: Study, tree: Tree, leaves: Sequence[str], choice: BoundChoice, place: Place) -> Iterator[Finding]:
    leaves_by_choice: dict[BoundChoice, list[str]] = {}
    for leaf in leaves:
        leaves_by_choice.setdefault(leaf_choice(study, tree, leaf, "normalise")[0], []).append(leaf)
    for normalise, children in leaves_by_choice.items():
        yield from _attempt(place, children, lambda n=normalise: refuse_sign(n, choice))  # type: ignore[misc]


def _windows(study: Study, tree: Tree) -> Iterator[Finding]:
    """A window of years is in order and touches the study."""
    placed_choices = [leaf_choice(study, tree, leaf, "normalise") for leaf in tree.leaves(tree.root)]
    placed_choices += [family_choice(study.weighting, tree, node, "weight") for node in tree.inner]
    placed_choices += [(choice, ("weighting", "weight", FLAT)) for choice in [study.weighting.weight.get(FLAT)] if choice]
    first, last = study.study.years
    for choice, place in {place: (choice, place) for choice, place in placed_choices}.values():
        years = choice.over
        if isinstance(years, tuple) and not (years[0] <= years[1] and years[0] <= last and years[1] >= first):
            yield Finding(place, f"over: [{years[0]}, {years[1]}] holds no year of the study ({first}-{last})",
                          f"over: [{years[0]}, {years[1]}] 与研究年份 {first}-{last} 没有重合")  # fmt: skip


def _cautions(study: Study, tree: Tree) -> Iterator[Finding]:
    """What to mind about choices that are allowed."""
    flat = study.weighting.weight.get(FLAT)
    placed_choices: list[tuple[BoundChoice, Place]] = [(flat, ("weighting", "weight", FLAT))] if flat is not None else []
    placed_choices += [family_choice(study.weighting, tree, node, "weight") for node in tree.inner if flat is None]
    for choice, place in {place: (choice, place) for choice, place in placed_choices}.values():
        for en, zh in choice.cautions:
            yield Finding(place, en, zh, notice=True)
    for method, place in year_by_year(study, tree):
        yield Finding(place, f"{method} over each_year takes the common trend out: scores do not compare between years, "
                      "and no regression is run on them; write over: all_years for that",
                      f"{method} 逐年计算(over: each_year)会消除共同趋势:得分不可跨年比较,也不作回归的被解释变量;"
                      "如需比较或回归,请写 over: all_years", notice=True)  # fmt: skip


def _coverage(study: Study, tree: Tree) -> Iterator[Finding]:
    """A branch with fewer indicators than `min_children` would never have a score."""
    min_children = study.weighting.coverage.min_children
    for node in tree.inner:
        count = len(tree.children(node))
        if count < min_children and not tree.children(tree.children(node)[0]):
            yield Finding(("weighting", "coverage"), f"{node} has {count} indicator(s), fewer than min_children {min_children}: "
                          f"it would never have a score; add indicators or write min_children: {count}",
                          f"{node} 只有 {count} 个指标,少于 min_children {min_children},将永远没有得分;"
                          f"请增加指标或写 min_children: {count}")  # fmt: skip
