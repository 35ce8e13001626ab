"""Indicators and tree of a system that came with the data, over the columns that its indicators name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process

from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.units import exponent
from ..study.records import Label
from .indicator_systems import IndicatorSystem, Leaf
from .known_words import proposed_direction
from .proposal import Proposal, ProposedColumn, ProposedTable
from .proposed_indicators import ProposedIndicator, ProposedTree
from .proposed_names import Names, column_name, slug

NEAR = 88  # of 100: names this alike are taken for the same, and said to be


def system_tree(system: IndicatorSystem, proposal: Proposal, by: Sequence[str]) -> ProposedTree:
    """The tree of a system over the columns that its indicators name; an indicator without data is said to be missing."""
    columns = [
        (table, column) for table in proposal.tables.values() for column in table.columns.values() if column.kind == "number"
    ]
    matches = _matches(system, columns, proposal)
    names = Names(["index"])
    made = ProposedTree(levels=system.levels)
    node_ids: dict[str, str] = {}
    root = system.leaves[0].path[0]
    for leaf in system.leaves:
        if leaf not in matches:
            continue
        indicator = _of_leaf(leaf, matches[leaf], names, by, columns, proposal)
        made.indicators.append(indicator)
        path = [_node_id(node, root, system, node_ids, names) for node in leaf.path]
        for node, id in zip(leaf.path, path):
            name = system.node_names.get(node, node)
            made.nodes.setdefault(id, Label(zh=name, en=name))
        _put(made.tree, path, indicator.id)
    made.smallest_family = min((len(family) for family in _families(made.tree)), default=2)
    _system_weights(system, made, node_ids)
    return made


def _node_id(node: str, root: str, system: IndicatorSystem, ids: dict[str, str], names: Names) -> str:
    if node not in ids:
        if node == root:
            ids[node] = "index"
        else:
            wanted = column_name(node) if system.kind != "system" else slug(system.node_names.get(node, ""))
            ids[node] = names.fresh(wanted, numbered="d")
    return ids[node]


def _put(tree: dict[str, object], path: Sequence[str], leaf: str) -> None:
    below: dict[str, object] = tree
    for node in path[:-1]:
        below = below.setdefault(node, {})  # type: ignore[assignment]
    leaves = below.setdefault(path[-1], [])
    leaves.append(leaf)  # type: ignore[attr-defined]


def _families(tree: object) -> list[list[str]]:
    if isinstance(tree, list):
        return [tree]
    assert isinstance(tree, dict)
    return [family for below in tree.values() for family in _families(below)]


Found = tuple[ProposedTable, ProposedColumn]


def _matches(system: IndicatorSystem, columns: Sequence[Found], proposal: Proposal) -> dict[Leaf, Found | str]:
    """The column (or, for a formula of two columns, the formula's text) behind each leaf; the others are listed as missing."""
    by_label: dict[str, Found] = {}
    for table, column in columns:
        found = column.found
        for text in (column.label, column.name, *((found.label, found.name, found.also) if found else ())):
            if text:
                by_label.setdefault(normalised_label(text), (table, column))
    matches: dict[Leaf, Found | str] = {}
    for leaf in system.leaves:
        location = f"{system.location}: {leaf.name}"
        exact = by_label.get(normalised_label(leaf.code)) if leaf.code else None
        exact = exact or by_label.get(normalised_label(leaf.name))
        if exact:
            matches[leaf] = exact
        elif (ratio := _ratio(leaf, by_label)) is not None:
            matches[leaf] = ratio
        elif near := process.extractOne(normalised_label(leaf.name), list(by_label), scorer=fuzz.ratio, score_cutoff=NEAR):
            matches[leaf] = by_label[near[0]]
            label = by_label[near[0]][1].label
            proposal.guess(
                location,
                f"指标“{leaf.name}”取数据列“{label}”(名称相近)",
                f"indicator {leaf.name!r} takes column {label!r} (alike)",
            )
        else:
            nearest = process.extractOne(normalised_label(leaf.name), list(by_label), scorer=fuzz.WRatio, score_cutoff=50)
            hint = f";最接近的是“{by_label[nearest[0]][1].label}”" if nearest else ""
            hint_en = f"; nearest: {by_label[nearest[0]][1].label!r}" if nearest else ""
            proposal.lack(
                location, f"数据中没有名为“{leaf.name}”的列{hint}", f"no column of the data is called {leaf.name!r}{hint_en}"
            )
    return matches


def _ratio(leaf: Leaf, by_label: Mapping[str, Found]) -> str | None:
    """The formula of 'A/B' or 'A÷B×100%' where both are columns of one table."""
    parts = re.split(r"\s*[/÷／]\s*", re.sub(r"[×x*]\s*100\s*[%％]?\s*$", "", leaf.formula_text.strip(), flags=re.IGNORECASE))
    found = [by_label.get(normalised_label(part.strip("()（） "))) for part in parts]
    if len(parts) != 2 or found[0] is None or found[1] is None or found[0][0].name != found[1][0].name:
        return None
    factor = "100 * " if "%" in leaf.unit else ""
    return f"{found[0][0].name}|{factor}sum({found[0][1].name}) / sum({found[1][1].name})"


def _of_leaf(
    leaf: Leaf, match: Found | str, names: Names, by: Sequence[str], columns: Sequence[Found], proposal: Proposal
) -> ProposedIndicator:
    direction = leaf.direction or proposed_direction(leaf.name)
    comment: Label | None = None
    if not leaf.direction:
        said = f"(表中写“{leaf.direction_text}”)" if leaf.direction_text else ""
        comment = Label(zh=f"提议方向{said}", en="direction is proposed")
        if leaf.direction_text:
            proposal.guess(f"{leaf.name}", f"属性“{leaf.direction_text}”无法识别,暂按{'正向' if direction > 0 else '负向'}",
                           f"direction {leaf.direction_text!r} is not understood")  # fmt: skip
    label = Label(zh=leaf.name, en=leaf.name)
    wanted = column_name(leaf.code) if leaf.code else column_name(leaf.name)
    if isinstance(match, str):
        table, formula = match.split("|")
        note = Label(zh="公式由“计算方法”一列得出", en="the formula is from the table's column of formulas")
        return ProposedIndicator(names.fresh(wanted), table, formula, leaf.unit, direction, label, comment or note, leaf.weight)
    table_found, column = match
    single = set(table_found.key) <= {*by, "year"}
    formula = f"{'sum' if single else 'avg'}({column.name})"
    unit = leaf.unit or column.unit
    if leaf.denominator:
        below = next((c for t, c in columns if c.found and c.found.label == leaf.denominator and t is table_found), None)
        if below is not None:
            formula, unit = f"sum({column.name}) / sum({below.name})", f"{unit} / {leaf.denominator}".strip(" /")
    elif leaf.unit and column.unit and (shift := exponent(column.unit, leaf.unit)):
        formula = f"{formula} {'*' if shift > 0 else '/'} 1{'0' * abs(shift)}"
        comment = Label(
            zh=f"数据单位 {column.unit},体系单位 {leaf.unit}", en=f"the data are in {column.unit}, the system says {leaf.unit}"
        )
    return ProposedIndicator(
        names.fresh(wanted or column.name), table_found.name, formula, unit, direction, label, comment, leaf.weight
    )


def _system_weights(system: IndicatorSystem, made: ProposedTree, ids: Mapping[str, str]) -> None:
    """The weights a system prints: local ones by level where each family sums to 1 (or has codes), else of the leaves in all."""
    weights = {indicator.id: indicator.weight for indicator in made.indicators}
    if not weights or any(weight is None for weight in weights.values()):
        return
    given = {id: float(weight or 0) for id, weight in weights.items()}
    if system.kind == "system":
        made.flat_weights = given
        made.weights_comment = Label(
            zh="表中印出的权重;数据缺少的指标已略去,故按比例调整为合计 1",
            en="weights as printed, scaled to 1 over those there are",
        )
        return
    if len(set(given.values())) == 1 and len(set(system.node_weights.values())) <= 1:
        made.all_equal = True
        return
    made.weights["indicators"] = given
    for level, nodes in zip(system.levels[1:], _nodes_by_level(made.tree, len(system.levels))):
        made.weights[level] = {
            id: next((w for node, w in system.node_weights.items() if ids.get(node) == id), 1.0) for id in nodes
        }
    made.weights_comment = Label(zh="权重取自原文件", en="weights are those of the file")


def _nodes_by_level(tree: Mapping[str, object], levels: int) -> list[list[str]]:
    """Node ids from just above the leaves up to just below the root."""
    by_depth: list[list[str]] = []
    current: list[tuple[str, object]] = list(tree.items())
    while current:
        below = [(id, part) for _, inner in current if isinstance(inner, dict) for id, part in inner.items()]
        if below:
            by_depth.append([id for id, _ in below])
        current = below
    return by_depth[::-1][: levels - 1]
