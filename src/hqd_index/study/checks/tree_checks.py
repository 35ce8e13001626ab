"""The tree, its labels and profiles: that every leaf is an indicator and every branch keeps one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..indicator_tree import PANEL_KEYS
from ..records import Band, Indicators, Study
from ..study_findings import Finding, unknown_name
from ..yaml_document import Place

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
TREE = ("indicators", "tree")


def check(study: Study) -> Iterator[Finding]:
    """Faults of indicators.yaml in itself."""
    indicators = study.indicators
    if len(set(indicators.levels)) != len(indicators.levels) or not indicators.levels:
        yield Finding(("indicators", "levels"), "levels must be named, each once", "levels 不能为空,且名称不能重复")
        return
    if len(indicators.tree) != 1:
        roots = ", ".join(indicators.tree) or "-"
        yield Finding(TREE, f"one root is needed, found {roots}", f"tree 只能有一个根节点,现有 {roots}")
        return
    shape = list(
        _shape(indicators, (*TREE, next(iter(indicators.tree))), next(iter(indicators.tree.values())), len(indicators.levels))
    )
    yield from shape
    if not shape:
        yield from _node_findings(indicators)
        yield from _profiles(indicators)
    yield from _bands(indicators)
    for name in indicators.indicators.keys() & set(PANEL_KEYS):
        yield Finding(
            ("indicators", "indicators", name),
            f"{name!r} is a column of the program's own; give the indicator another id",
            f"{name!r} 是程序自用的列名;请给该指标换一个 id",
        )


def _shape(indicators: Indicators, path: Place, subtree: Any, depth: int) -> Iterator[Finding]:
    """Every branch is as deep as there are levels: mappings down to lists of leaves."""
    if isinstance(subtree, Mapping) and subtree and depth > 1:
        for branch_name, child_tree in subtree.items():
            if not IDENTIFIER.fullmatch(str(branch_name)):
                yield Finding(
                    (*path, branch_name),
                    f"{branch_name!r} is no id; use letters, digits and _",
                    f"{branch_name!r} 不能作标识;请用字母、数字和下划线",
                )
            yield from _shape(indicators, (*path, branch_name), child_tree, depth - 1)
    elif not (isinstance(subtree, list | tuple) and subtree and depth == 1 and all(isinstance(leaf, str) for leaf in subtree)):
        levels = ", ".join(reversed(indicators.levels[:depth]))
        expected_form, expected_form_zh = (
            ("a list of indicator ids", "指标 id 的列表") if depth == 1 else ("a mapping of nodes", "下级节点的映射")
        )
        yield Finding(path, f"{expected_form} is needed here: below {path[-1]} are the levels {levels}",
                      f"此处应为{expected_form_zh}:{path[-1]} 以下各层为 {levels}")  # fmt: skip


def _node_places(subtree: Any, path: Place) -> Iterator[tuple[str, Place, bool]]:
    """(id, path, whether it is a leaf) of every node below."""
    if isinstance(subtree, Mapping):
        for node_name, child_tree in subtree.items():
            yield str(node_name), (*path, node_name), False
            yield from _node_places(child_tree, (*path, node_name))
    else:
        for leaf_index, leaf in enumerate(subtree):
            yield leaf, (*path, leaf_index), True


def _node_findings(indicators: Indicators) -> Iterator[Finding]:
    path_by_name: dict[str, Place] = {}
    leaves = set()
    for node_name, path, is_leaf in _node_places(indicators.tree, TREE):
        if node_name in path_by_name:
            first_place = ".".join(str(path_step) for path_step in path_by_name[node_name][2:])
            yield Finding(
                path,
                f"{node_name!r} appears twice in the tree (also at {first_place})",
                f"{node_name!r} 在树中出现两次(另见 {first_place})",
            )
        elif is_leaf and node_name not in indicators.indicators:
            yield unknown_name(path, ("indicator", "指标"), node_name, indicators.indicators)
        elif not is_leaf and node_name in indicators.indicators:
            yield Finding(
                path, f"{node_name!r} is the id of an indicator; a node needs another", f"{node_name!r} 已是指标 id;节点请另取名"
            )
        path_by_name.setdefault(node_name, path)
        leaves |= {node_name} if is_leaf else set()
    for node_name in indicators.nodes.keys() - path_by_name.keys():
        yield unknown_name(("indicators", "nodes", node_name), ("node", "节点"), node_name, path_by_name)
    for node_name in [node_name for node_name in path_by_name if node_name not in leaves and node_name not in indicators.nodes]:
        yield Finding(path_by_name[node_name], f"node {node_name!r} has no label under nodes:; its id is shown instead",
                      f"节点 {node_name!r} 在 nodes: 下没有名称,将直接显示 id", notice=True)  # fmt: skip
    for node_name in [node_name for node_name in indicators.indicators if node_name not in leaves]:
        yield Finding(
            ("indicators", "indicators", node_name),
            f"indicator {node_name!r} is in no branch of the tree; it is not scored",
            f"指标 {node_name!r} 不在树的任何分支中,不参与评分",
            notice=True,
        )


def _profiles(indicators: Indicators) -> Iterator[Finding]:
    leaves = {profile_name for profile_name, _, is_leaf in _node_places(indicators.tree, TREE) if is_leaf}
    for profile, profile_leaves in indicators.profiles.items():
        for leaf_index, leaf in enumerate(profile_leaves):
            if leaf not in leaves:
                yield unknown_name(("indicators", "profiles", profile, leaf_index), ("leaf", "树中指标"), leaf, leaves)
    name_list = {leaf for profile_leaves in indicators.profiles.values() for leaf in profile_leaves}
    for leaf in sorted(leaves - name_list) if indicators.profile else ():
        yield Finding(("indicators", "profiles"), f"indicator {leaf!r} is in no profile; no profile scores it",
                      f"指标 {leaf!r} 不在任何 profile 中,不参与评分", notice=True)  # fmt: skip
    if indicators.profile is None:
        return
    if indicators.profile not in indicators.profiles:
        yield unknown_name(("indicators", "profile"), ("profile", "profile"), indicators.profile, indicators.profiles)
        return
    active_leaves = set(indicators.profiles[indicators.profile])
    for profile_name, path, is_leaf in _node_places(indicators.tree, TREE):
        subtree = indicators.tree if is_leaf else _subtree(indicators.tree, path[2:])
        if not is_leaf and not active_leaves & {leaf for leaf, _, is_leaf_node in _node_places(subtree, path) if is_leaf_node}:
            profile = indicators.profile
            yield Finding(
                path,
                f"profile {profile!r} leaves {profile_name!r} without an indicator; add one or leave the branch out",
                f"profile {profile!r} 之下 {profile_name!r} 没有任何指标;请补一个指标或去掉该分支",
            )


def _subtree(tree: Mapping[str, Any], path: Place) -> Any:
    subtree: Any = tree
    for path_step in path:
        subtree = subtree[path_step]
    return subtree


def _bands(indicators: Indicators) -> Iterator[Finding]:
    for name, leaf in indicators.indicators.items():
        if isinstance(leaf.direction, Band) and leaf.direction.band[0] > leaf.direction.band[1]:
            lower, upper = (f"{limit:g}" for limit in leaf.direction.band)
            path = ("indicators", "indicators", name, "direction")
            yield Finding(path, f"band [{lower}, {upper}] is empty; write [{upper}, {lower}]",
                          f"区间 [{lower}, {upper}] 上下限颠倒;请写成 [{upper}, {lower}]")  # fmt: skip
