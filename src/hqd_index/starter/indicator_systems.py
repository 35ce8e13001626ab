"""Trees of indicators that come with the data: the table every Chinese paper prints, COINr's iMeta, a COIN Tool workbook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.unit_labels import unit_label
from .found_tables import FoundColumn, FoundTable

FIRST = re.compile(r"一级(指标|维度)?|目标层|准则层|维度(层)?|系统层|总目标|一级|dimension|pillar|first[- ]?level", re.IGNORECASE)
SECOND = re.compile(
    r"二级(指标|维度)?|子维度|要素层|分项指标|子系统|状态层|二级|sub-?dimension|sub-?pillar|second[- ]?level", re.IGNORECASE
)
THIRD = re.compile(
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
MOST_LEAVES = 400
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

    Every path begins at the root. `kind`: system (a table of a paper), coinr or coin_tool.
    """

    location: str
    kind: str
    leaves: tuple[Leaf, ...]
    node_names: dict[str, str]
    node_weights: dict[str, float]
    levels: tuple[str, ...]


def system_of_table(table: FoundTable) -> IndicatorSystem | None:
    """The system that a table with columns 一级指标 ... 单位 属性 权重 prints, or None where it is no such table."""
    if table.years_across or table.rows > MOST_LEAVES:
        return None
    upper = [column for column in table.columns if _is(column, FIRST)]
    middle = [column for column in table.columns if _is(column, SECOND)]
    third = [column for column in table.columns if _is(column, THIRD)]
    described = any(_is(column, pattern) for column in table.columns for pattern in (UNIT, DIRECTION, WEIGHT, FORMULA))
    if not (upper or middle) or not (third or (upper and middle)) or not (described or (third and (upper or middle))):
        return None
    leaf = (third or middle)[0]
    above = [column for column in [*upper[:1], *middle[:1]] if column is not leaf]
    if any(column.kind == "number" for column in above) or not above:
        return None
    return _paper_system(table, leaf, above)


def _is(column: FoundColumn, pattern: re.Pattern[str]) -> bool:
    return pattern.fullmatch(normalised_label(column.label)) is not None


def _paper_system(table: FoundTable, leaf: FoundColumn, above: Sequence[FoundColumn]) -> IndicatorSystem:
    facts = {
        name: next((column.cells for column in table.columns if _is(column, pattern)), ())
        for name, pattern in (("unit", UNIT), ("direction", DIRECTION), ("weight", WEIGHT), ("formula", FORMULA))
    }
    paths = list(zip(*(_filled_down(column.cells) for column in above)))
    leaves, names = [], {ROOT: "总指数"}
    for row, cell in enumerate(leaf.cells):
        name, unit_said = _name_and_unit(cell)
        if not name:
            continue
        path = (ROOT, *("/".join(paths[row][: depth + 1]) for depth in range(len(above))))
        names |= dict(zip(path[1:], paths[row]))
        said = {key: cells[row] if row < len(cells) else "" for key, cells in facts.items()}
        direction = _direction(said["direction"])
        leaves.append(
            Leaf(name, path, said["unit"] or unit_said, direction, said["direction"], _number(said["weight"]), said["formula"])
        )
    levels = (LEVELS[0], LEVELS[2]) if len(above) == 1 else LEVELS
    return IndicatorSystem(table.location, "system", tuple(leaves), names, {}, levels)


def _filled_down(cells: Sequence[str]) -> list[str]:
    """Merged or repeated names of nodes: a blank takes the name above."""
    filled: list[str] = []
    last = ""
    for cell in cells:
        last = re.sub(r"\s+", "", cell) if re.search(r"[\u4e00-\u9fff]", cell) else cell or last
        if not cell:
            last = filled[-1] if filled else ""
        filled.append(last)
    return filled


def _name_and_unit(cell: str) -> tuple[str, str]:
    """The name of an indicator and the unit in brackets after it; numbers like X1 or 1. before it go."""
    plain = re.sub(r"^(?:[A-Za-z]{1,2}\d{1,3}|\(?\d{1,3}\)?[.、)])\s*(?=[\u4e00-\u9fffA-Za-z])", "", cell.strip())
    parts = unit_label(plain)
    return (parts.name, parts.units[0]) if parts.units else (plain, "")


def _direction(text: str) -> int:
    plain = normalised_label(text)
    return 1 if POSITIVE.fullmatch(plain) else -1 if NEGATIVE.fullmatch(plain) else 0


def _number(text: str) -> float | None:
    plain = text.strip()
    try:
        return float(plain.rstrip("%％")) / (100 if plain.endswith(("%", "％")) else 1)
    except ValueError:
        return None


def is_coinr_meta(table: FoundTable) -> bool:
    """Whether a table is COINr's iMeta."""
    return {normalised_label(label) for label in table.labels} >= COINR_META


def is_coinr_data(table: FoundTable) -> bool:
    """Whether a table is COINr's iData."""
    return "ucode" in {normalised_label(label) for label in table.labels}


def coinr_system(table: FoundTable) -> IndicatorSystem:
    """The tree, directions, weights and denominators of an iMeta table."""
    by_label = {normalised_label(column.label): column.cells for column in table.columns}
    rows = [{label: cells[row] for label, cells in by_label.items()} for row in range(table.rows)]
    kept = [row for row in rows if row["type"].lower() in ("indicator", "aggregate")]
    parents = {row["icode"]: row["parent"] for row in kept}
    names = {row["icode"]: row.get("iname") or row["icode"] for row in kept}
    weights = {row["icode"]: weight for row in kept if (weight := _number(row.get("weight", ""))) is not None}
    leaves = [_coinr_leaf(row, parents, names, weights) for row in kept if row["type"].lower() == "indicator"]
    depth = max((len(leaf.path) for leaf in leaves), default=1)
    levels = ("indicators", *("pillars", "subindexes", "superindexes", "topindexes")[: depth - 1])
    upper = {code: weight for code, weight in weights.items() if code not in {leaf.code for leaf in leaves}}
    return IndicatorSystem(
        table.location, "coinr", tuple(leaves), {code: names.get(code, code) for code in _nodes(leaves)}, upper, levels
    )


def _coinr_leaf(
    row: Mapping[str, str], parents: Mapping[str, str], names: Mapping[str, str], weights: Mapping[str, float]
) -> Leaf:
    path: list[str] = []
    code, node = row["icode"], row["parent"]
    while node and node not in path:
        path.insert(0, node)
        node = parents.get(node, "")
    direction = -1 if (_number(row.get("direction", "")) or 1) < 0 else 1
    unit, denominator = row.get("unit", ""), row.get("denominator", "")
    return Leaf(names[code], tuple(path), unit, direction, "", weights.get(code), "", code, denominator)


def _nodes(leaves: Sequence[Leaf]) -> list[str]:
    return list(dict.fromkeys(node for leaf in leaves for node in leaf.path))
