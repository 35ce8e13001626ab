"""Trees of indicators that come with the data: the table every Chinese paper prints, COINr's iMeta, a COIN Tool workbook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.unit_labels import unit_label
from .sheet_tables import SheetColumn, SheetTable

FIRST_LEVEL_HEADER = re.compile(
    r"一级(指标|维度)?|目标层|准则层|维度(层)?|系统层|总目标|一级|dimension|pillar|first[- ]?level", re.IGNORECASE
)
SECOND_LEVEL_HEADER = re.compile(
    r"二级(指标|维度)?|子维度|要素层|分项指标|子系统|状态层|二级|sub-?dimension|sub-?pillar|second[- ]?level", re.IGNORECASE
)
THIRD_LEVEL_HEADER = re.compile(
    r"三级(指标)?|具体指标|基础指标|测度指标|衡量指标|代表指标|指标层|指标名称|指标|变量层|indicators?|third[- ]?level|measures?",
    re.IGNORECASE,
)
UNIT = re.compile(r"(计量)?单位|units?", re.IGNORECASE)
DIRECTION = re.compile(r"(指标)?(属性|方向|性质|类型|趋向|作用方向|极性)|正负(向|性)?|direction|polarity|sign", re.IGNORECASE)
WEIGHT = re.compile(r"(综合|组合|熵值?|指标|最终)?权重(系数|值)?(\(%\))?|weights?", re.IGNORECASE)
FORMULA = re.compile(
    r"(指标)?(计算|测算|衡量|测度|度量)(方法|方式|公式|说明)?|指标(说明|解释|含义|定义)|定义|formula|definition", re.IGNORECASE
)
POSITIVE = re.compile(r"正(向|指标|\(\+\)|效?)?(指标)?|\+|1|效益型|positive|增益型", re.IGNORECASE)
NEGATIVE = re.compile(r"[负逆反](向|指标|\(-\))?(指标)?|-|－|−|—|-1|成本型|negative", re.IGNORECASE)
MAX_LEAVES = 400
ROOT = "index"
LEVELS = ("indicators", "subdimensions", "dimensions")
COINR_META = {"icode", "parent", "level", "type"}


@dataclass(frozen=True)
class Leaf:
    """An indicator of a system: its name, the nodes above it from the root, what the table says of it.

    `code` names its column of the data where the system has codes; `direction` 0: not said; `denominator` is a code too.
    """

    name: str
    path: tuple[str, ...]
    unit: str = ""
    direction: int = 0
    direction_text: str = ""
    weight: float | None = None
    formula_text: str = ""
    code: str = ""
    denominator: str = ""


@dataclass(frozen=True)
class IndicatorSystem:
    """A tree of indicators: its leaves, names of its nodes, weights of nodes among siblings, level names from the leaves up.

    Every path begins at the root. `system_type`: system (a table of a paper), coinr or coin_tool.
    """

    location: str
    system_type: str
    leaves: tuple[Leaf, ...]
    node_names: dict[str, str]
    node_weights: dict[str, float]
    levels: tuple[str, ...]


def system_of_table(sheet_table: SheetTable) -> IndicatorSystem | None:
    """The system that a table with columns 一级指标 ... 单位 属性 权重 prints, or None where it is no such table."""
    if sheet_table.years_across or sheet_table.rows > MAX_LEAVES:
        return None
    first_level_columns = [column for column in sheet_table.columns if _label_matches(column, FIRST_LEVEL_HEADER)]
    second_level_columns = [column for column in sheet_table.columns if _label_matches(column, SECOND_LEVEL_HEADER)]
    third_level_columns = [column for column in sheet_table.columns if _label_matches(column, THIRD_LEVEL_HEADER)]
    has_description = any(
        _label_matches(column, pattern) for column in sheet_table.columns for pattern in (UNIT, DIRECTION, WEIGHT, FORMULA)
    )
    if (
        not (first_level_columns or second_level_columns)
        or not (third_level_columns or (first_level_columns and second_level_columns))
        or not (has_description or (third_level_columns and (first_level_columns or second_level_columns)))
    ):
        return None
    leaf = (third_level_columns or second_level_columns)[0]
    parent_columns = [column for column in [*first_level_columns[:1], *second_level_columns[:1]] if column is not leaf]
    if any(column.cell_kind == "number" for column in parent_columns) or not parent_columns:
        return None
    return _paper_system(sheet_table, leaf, parent_columns)


def _label_matches(column: SheetColumn, pattern: re.Pattern[str]) -> bool:
    return pattern.fullmatch(normalised_label(column.label)) is not None


def _paper_system(sheet_table: SheetTable, leaf: SheetColumn, parent_columns: Sequence[SheetColumn]) -> IndicatorSystem:
    description_cells = {
        attribute: next((column.cells for column in sheet_table.columns if _label_matches(column, pattern)), ())
        for attribute, pattern in (("unit", UNIT), ("direction", DIRECTION), ("weight", WEIGHT), ("formula", FORMULA))
    }
    paths = list(zip(*(_cells_filled_down(column.cells) for column in parent_columns)))
    leaves, names = [], {ROOT: "总指数"}
    for row, cell in enumerate(leaf.cells):
        attribute, printed_unit = _name_and_unit(cell)
        if not attribute:
            continue
        path = (ROOT, *("/".join(paths[row][: depth + 1]) for depth in range(len(parent_columns))))
        names |= dict(zip(path[1:], paths[row]))
        description = {
            attribute_name: attribute_cells[row] if row < len(attribute_cells) else ""
            for attribute_name, attribute_cells in description_cells.items()
        }
        direction = _direction(description["direction"])
        leaves.append(
            Leaf(
                attribute,
                path,
                description["unit"] or printed_unit,
                direction,
                description["direction"],
                _parsed_number(description["weight"]),
                description["formula"],
            )
        )
    levels = (LEVELS[0], LEVELS[2]) if len(parent_columns) == 1 else LEVELS
    return IndicatorSystem(sheet_table.location, "system", tuple(leaves), names, {}, levels)


def _cells_filled_down(node_cells: Sequence[str]) -> list[str]:
    """Merged or repeated names of nodes: a blank takes the name above."""
    filled_cells: list[str] = []
    last_cell = ""
    for cell in node_cells:
        last_cell = re.sub(r"\s+", "", cell) if re.search(r"[\u4e00-\u9fff]", cell) else cell or last_cell
        if not cell:
            last_cell = filled_cells[-1] if filled_cells else ""
        filled_cells.append(last_cell)
    return filled_cells


def _name_and_unit(cell: str) -> tuple[str, str]:
    """The name of an indicator and the unit in brackets after it; numbers like X1 or 1. before it go."""
    name_without_number = re.sub(r"^(?:[A-Za-z]{1,2}\d{1,3}|\(?\d{1,3}\)?[.、)])\s*(?=[\u4e00-\u9fffA-Za-z])", "", cell.strip())
    label_parts = unit_label(name_without_number)
    return (label_parts.name, label_parts.units[0]) if label_parts.units else (name_without_number, "")


def _direction(cell: str) -> int:
    normalised_cell = normalised_label(cell)
    return 1 if POSITIVE.fullmatch(normalised_cell) else -1 if NEGATIVE.fullmatch(normalised_cell) else 0


def _parsed_number(cell: str) -> float | None:
    stripped_cell = cell.strip()
    try:
        return float(stripped_cell.rstrip("%％")) / (100 if stripped_cell.endswith(("%", "％")) else 1)
    except ValueError:
        return None


def is_coinr_meta(sheet_table: SheetTable) -> bool:
    """Whether a table is COINr's iMeta."""
    return {normalised_label(label) for label in sheet_table.labels} >= COINR_META


def is_coinr_data(sheet_table: SheetTable) -> bool:
    """Whether a table is COINr's iData."""
    return "ucode" in {normalised_label(label) for label in sheet_table.labels}


def coinr_system(sheet_table: SheetTable) -> IndicatorSystem:
    """The tree, directions, weights and denominators of an iMeta table."""
    cells_by_label = {normalised_label(column.label): column.cells for column in sheet_table.columns}
    rows = [
        {label: label_cells[row_index] for label, label_cells in cells_by_label.items()} for row_index in range(sheet_table.rows)
    ]
    node_rows = [row_index for row_index in rows if row_index["type"].lower() in ("indicator", "aggregate")]
    parents = {row_index["icode"]: row_index["parent"] for row_index in node_rows}
    names = {row_index["icode"]: row_index.get("iname") or row_index["icode"] for row_index in node_rows}
    weights = {
        row_index["icode"]: weight
        for row_index in node_rows
        if (weight := _parsed_number(row_index.get("weight", ""))) is not None
    }
    leaves = [
        _coinr_leaf(row_index, parents, names, weights) for row_index in node_rows if row_index["type"].lower() == "indicator"
    ]
    depth = max((len(leaf.path) for leaf in leaves), default=1)
    levels = ("indicators", *("pillars", "subindexes", "superindexes", "topindexes")[: depth - 1])
    aggregate_weights = {code: weight for code, weight in weights.items() if code not in {leaf.code for leaf in leaves}}
    return IndicatorSystem(
        sheet_table.location,
        "coinr",
        tuple(leaves),
        {code: names.get(code, code) for code in _inner_nodes(leaves)},
        aggregate_weights,
        levels,
    )


def _coinr_leaf(
    meta_row: Mapping[str, str], parents: Mapping[str, str], node_names: Mapping[str, str], weights: Mapping[str, float]
) -> Leaf:
    path: list[str] = []
    code, node = meta_row["icode"], meta_row["parent"]
    while node and node not in path:
        path.insert(0, node)
        node = parents.get(node, "")
    direction = -1 if (_parsed_number(meta_row.get("direction", "")) or 1) < 0 else 1
    unit, denominator = meta_row.get("unit", ""), meta_row.get("denominator", "")
    return Leaf(node_names[code], tuple(path), unit, direction, "", weights.get(code), "", code, denominator)


def _inner_nodes(leaves: Sequence[Leaf]) -> list[str]:
    return list(dict.fromkeys(node for leaf in leaves for node in leaf.path))
