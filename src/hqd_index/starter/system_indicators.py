"""Indicators and tree of a system that came with the data, over the columns that its indicators name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process

from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.units import exponent
from ..study.indicator_tree import PANEL_KEYS
from ..study.records import Label
from .indicator_systems import IndicatorSystem, Leaf
from .known_words import proposed_direction
from .proposal import Proposal, ProposedColumn, ProposedTable
from .proposed_indicators import ProposedIndicator, ProposedTree
from .proposed_names import Names, column_name, slug

SIMILARITY_CUTOFF = 88  # of 100: names this alike are taken for the same, and said to be


def system_tree(system: IndicatorSystem, proposal: Proposal, unit_keys: Sequence[str]) -> ProposedTree:
    """The tree of a system over the columns that its indicators name; an indicator without data is said to be missing."""
    columns = [
        (table, column) for table in proposal.tables.values() for column in table.columns.values() if column.dtype == "number"
    ]
    column_matches = _column_matches(system, columns, proposal)
    used_names = Names(["index", *PANEL_KEYS])
    proposed_tree = ProposedTree(levels=system.levels)
    node_ids: dict[str, str] = {}
    root = system.leaves[0].path[0]
    for leaf in system.leaves:
        if leaf not in column_matches:
            continue
        indicator = _leaf_indicator(leaf, column_matches[leaf], used_names, unit_keys, columns, proposal)
        proposed_tree.indicators.append(indicator)
        path = [_node_id(node, root, system, node_ids, used_names) for node in leaf.path]
        for node, id in zip(leaf.path, path):
            node_name = system.node_names.get(node, node)
            proposed_tree.nodes.setdefault(id, Label(zh=node_name, en=node_name))
        _insert_leaf(proposed_tree.tree, path, indicator.id)
    proposed_tree.smallest_family = min((len(family) for family in _families(proposed_tree.tree)), default=2)
    _system_weights(system, proposed_tree, node_ids)
    return proposed_tree


def _node_id(node: str, root: str, system: IndicatorSystem, ids: dict[str, str], used_names: Names) -> str:
    if node not in ids:
        if node == root:
            ids[node] = "index"
        else:
            candidate_id = column_name(node) if system.system_type != "system" else slug(system.node_names.get(node, ""))
            ids[node] = used_names.unused_name(candidate_id, number_prefix="d")
    return ids[node]


def _insert_leaf(tree: dict[str, object], path: Sequence[str], leaf: str) -> None:
    subtree: dict[str, object] = tree
    for node in path[:-1]:
        subtree = subtree.setdefault(node, {})  # type: ignore[assignment]
    leaves = subtree.setdefault(path[-1], [])
    leaves.append(leaf)  # type: ignore[attr-defined]


def _families(tree: object) -> list[list[str]]:
    if isinstance(tree, list):
        return [tree]
    assert isinstance(tree, dict)
    return [family for subtree in tree.values() for family in _families(subtree)]


TableColumn = tuple[ProposedTable, ProposedColumn]


def _column_matches(system: IndicatorSystem, columns: Sequence[TableColumn], proposal: Proposal) -> dict[Leaf, TableColumn | str]:
    """The column (or, for a formula of two columns, the formula's text) behind each leaf; the others are listed as missing."""
    namesakes = _columns_by_label(columns)
    columns_by_label = {label: label_columns[0] for label, label_columns in namesakes.items()}
    column_matches: dict[Leaf, TableColumn | str] = {}
    for leaf in system.leaves:
        location = f"{system.location}: {leaf.name}"
        exact_match = columns_by_label.get(normalised_label(leaf.code)) if leaf.code else None
        exact_match = exact_match or columns_by_label.get(normalised_label(leaf.name))
        if exact_match:
            column_matches[leaf] = exact_match
        elif (ratio := _ratio(leaf, namesakes)) is not None:
            column_matches[leaf] = ratio
        elif similar_label := process.extractOne(
            normalised_label(leaf.name), list(columns_by_label), scorer=fuzz.ratio, score_cutoff=SIMILARITY_CUTOFF
        ):
            column_matches[leaf] = columns_by_label[similar_label[0]]
            label = columns_by_label[similar_label[0]][1].label
            proposal.add_guess(
                location,
                f"指标“{leaf.name}”取数据列“{label}”(名称相近)",
                f"indicator {leaf.name!r} takes column {label!r} (alike)",
            )
        else:
            closest_label = process.extractOne(
                normalised_label(leaf.name), list(columns_by_label), scorer=fuzz.WRatio, score_cutoff=50
            )
            hint = f";最接近的是“{columns_by_label[closest_label[0]][1].label}”" if closest_label else ""
            hint_en = f"; nearest: {columns_by_label[closest_label[0]][1].label!r}" if closest_label else ""
            formula, formula_en = _formula_gap(leaf)
            proposal.add_gap(
                location,
                f"{formula}数据中没有名为“{leaf.name}”的列{hint}",
                f"{formula_en}no column of the data is called {leaf.name!r}{hint_en}",
            )
    return column_matches


def _formula_gap(leaf: Leaf) -> tuple[str, str]:
    """What is to be said of a formula that is no ratio of two columns."""
    if not leaf.formula_text.strip():
        return "", ""
    formula = leaf.formula_text.strip()
    return (
        f"计算方法“{formula}”不是同一张表两列之比(如 研发投入/营业收入),未采用;",
        f"the formula {formula!r} is no ratio of two columns of one sheet (such as R&D/revenue), so it is not used; ",
    )


def _columns_by_label(columns: Sequence[TableColumn]) -> dict[str, list[TableColumn]]:
    """The columns of each label or name, one a table: firms and industries both have a revenue."""
    namesakes: dict[str, list[TableColumn]] = {}
    for table, column in columns:
        sheet_column = column.sheet_column
        sheet_wordings = (sheet_column.label, sheet_column.name, sheet_column.long_label) if sheet_column else ()
        for label in {normalised_label(wording): None for wording in (column.label, column.name, *sheet_wordings) if wording}:
            label_columns = namesakes.setdefault(label, [])
            if all(table is not other_table for other_table, _ in label_columns):
                label_columns.append((table, column))
    return namesakes


def _ratio(leaf: Leaf, namesakes: Mapping[str, Sequence[TableColumn]]) -> str | None:
    """The formula of 'A/B' or 'A÷B×100%' where both are columns of one table, the first that has both."""
    operands = re.split(r"\s*[/÷／]\s*", re.sub(r"[×x*]\s*100\s*[%％]?\s*$", "", leaf.formula_text.strip(), flags=re.IGNORECASE))
    if len(operands) != 2:
        return None
    numerators, denominators = (namesakes.get(normalised_label(operand.strip("()（） ")), ()) for operand in operands)
    factor = "100 * " if "%" in leaf.unit else ""
    for table, numerator in numerators:
        for other_table, denominator in denominators:
            if table is other_table:
                return f"{table.name}|{factor}sum({numerator.name}) / sum({denominator.name})"
    return None


def _leaf_indicator(
    leaf: Leaf,
    column_match: TableColumn | str,
    used_names: Names,
    unit_keys: Sequence[str],
    columns: Sequence[TableColumn],
    proposal: Proposal,
) -> ProposedIndicator:
    direction, comment = _direction(leaf, proposal)
    label = Label(zh=leaf.name, en=leaf.name)
    candidate_id = column_name(leaf.code) if leaf.code else column_name(leaf.name)
    if isinstance(column_match, str):
        table, formula = column_match.split("|")
        note = Label(zh="公式由“计算方法”一列得出", en="the formula is from the table's column of formulas")
        return ProposedIndicator(
            used_names.unused_name(candidate_id), table, formula, leaf.unit, direction, label, comment or note, leaf.weight
        )
    matched_table, column = column_match
    formula, unit, unit_comment = _formula(leaf, column_match, unit_keys, columns)
    return ProposedIndicator(
        used_names.unused_name(candidate_id or column.name),
        matched_table.name,
        formula,
        unit,
        direction,
        label,
        unit_comment or comment,
        leaf.weight,
    )


def _direction(leaf: Leaf, proposal: Proposal) -> tuple[int, Label | None]:
    """The direction of a leaf, and what is to be said of one that is proposed."""
    if leaf.direction:
        return leaf.direction, None
    direction = proposed_direction(leaf.name)
    direction_quote = f"(表中写“{leaf.direction_text}”)" if leaf.direction_text else ""
    if leaf.direction_text:
        proposal.add_guess(f"{leaf.name}", f"属性“{leaf.direction_text}”无法识别,暂按{'正向' if direction > 0 else '负向'}",
                       f"direction {leaf.direction_text!r} is not understood")  # fmt: skip
    return direction, Label(zh=f"提议方向{direction_quote}", en="direction is proposed")


def _formula(
    leaf: Leaf, column_match: TableColumn, unit_keys: Sequence[str], columns: Sequence[TableColumn]
) -> tuple[str, str, Label | None]:
    """Formula and unit of a leaf that a column holds, and what is to be said of a unit that is converted."""
    matched_table, column = column_match
    is_unit_table = set(matched_table.key) <= {*unit_keys, "year"}
    formula = f"{'sum' if is_unit_table else 'avg'}({column.name})"
    unit = leaf.unit or column.unit
    denominators = [
        other_column
        for other_table, other_column in columns
        if other_column.sheet_column and other_column.sheet_column.label == leaf.denominator and other_table is matched_table
    ]
    if leaf.denominator and denominators:
        return f"sum({column.name}) / sum({denominators[0].name})", f"{unit} / {leaf.denominator}".strip(" /"), None
    if not leaf.denominator and leaf.unit and column.unit and (unit_exponent := exponent(column.unit, leaf.unit)):
        comment = Label(
            zh=f"数据单位 {column.unit},体系单位 {leaf.unit}", en=f"the data are in {column.unit}, the system says {leaf.unit}"
        )
        return f"{formula} {'*' if unit_exponent > 0 else '/'} 1{'0' * abs(unit_exponent)}", unit, comment
    return formula, unit, None


def _system_weights(system: IndicatorSystem, proposed_tree: ProposedTree, ids: Mapping[str, str]) -> None:
    """The weights a system prints: local ones by level where each family sums to 1 (or has codes), else of the leaves in all."""
    weights = {indicator.id: indicator.weight for indicator in proposed_tree.indicators}
    if not weights or any(weight is None for weight in weights.values()):
        return
    weights_by_id = {id: float(weight or 0) for id, weight in weights.items()}
    if system.system_type == "system":
        proposed_tree.flat_weights = weights_by_id
        proposed_tree.weights_comment = Label(
            zh="表中印出的权重;数据缺少的指标已略去,故按比例调整为合计 1",
            en="weights as printed, scaled to 1 over those there are",
        )
        return
    if len(set(weights_by_id.values())) == 1 and len(set(system.node_weights.values())) <= 1:
        proposed_tree.all_equal = True
        return
    proposed_tree.weights["indicators"] = weights_by_id
    for level, nodes in zip(system.levels[1:], _nodes_by_level(proposed_tree.tree, len(system.levels))):
        proposed_tree.weights[level] = {
            id: next((node_weight for node, node_weight in system.node_weights.items() if ids.get(node) == id), 1.0)
            for id in nodes
        }
    proposed_tree.weights_comment = Label(zh="权重取自原文件", en="weights are those of the file")


def _nodes_by_level(tree: Mapping[str, object], levels: int) -> list[list[str]]:
    """Node ids from just above the leaves up to just below the root."""
    nodes_by_depth: list[list[str]] = []
    level_nodes: list[tuple[str, object]] = list(tree.items())
    while level_nodes:
        subtree = [
            (id, child_tree) for _, children in level_nodes if isinstance(children, dict) for id, child_tree in children.items()
        ]
        if subtree:
            nodes_by_depth.append([id for id, _ in subtree])
        level_nodes = subtree
    return nodes_by_depth[::-1][: levels - 1]
