"""What a formula's names mean, and the typed pieces of SQL its nodes become."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlglot import exp

from .grammar import raise_formula_error, snippet

OPERATORS = (exp.Binary, exp.Neg, exp.Not, exp.Between, exp.In)
NUMBERS = ("integer", "decimal", "double")
TYPE_NAMES = {
    "integer": ("a whole number", "整数"), "decimal": ("a number", "数值"), "double": ("a number", "数值"),
    "text": ("a text", "文本"), "flag": ("a condition", "条件"), "date": ("a date", "日期"), "null": ("empty", "空值"),
}  # fmt: skip


class TypedNode(NamedTuple):
    """A piece of SQL and the type of its value."""

    tree: exp.Expression
    type: str


def as_double(typed_node: TypedNode) -> exp.Expression:
    """The piece as a DOUBLE."""
    return typed_node.tree if typed_node.type == "double" else exp.cast(typed_node.tree, "double")


def common_type(types: Sequence[str]) -> str:
    """The type all can take: the widest number, or the one type there is; '' when there is none."""
    distinct_types = {value_type for value_type in types if value_type != "null"}
    if distinct_types <= set(NUMBERS):
        return max(distinct_types, key=NUMBERS.index, default="null")
    return distinct_types.pop() if len(distinct_types) == 1 else ""


@dataclass(frozen=True)
class Scope:
    """Column types, the row key inexact sums follow, the unit lag stays in, the filter in force, and the node handlers.

    `is_one_row`: a unit has one row in a year; `is_in_order`: the rows come by unit and year. `scales` collects column name ->
    SQL of the scale of each sum on a grid; without it such sums follow the key.
    """

    types: Mapping[str, str]
    handlers: Mapping[type[exp.Expression], Callable[[exp.Expression, Scope], TypedNode]] = field(repr=False)
    key: Sequence[str] = ()
    unit: Sequence[str] = ()
    order: str = "year"
    location: str = ""
    condition: exp.Expression | None = None
    lags_are_columns: bool = False
    is_one_row: bool = False
    is_in_order: bool = False
    scales: dict[str, str] | None = None

    def typed_node(self, node: exp.Expression) -> TypedNode:
        """The SQL of one node; operators are put in parentheses, so that every engine reads what was checked."""
        value = self.handlers[type(node)](node, self)
        return TypedNode(exp.Paren(this=value.tree), value.type) if isinstance(value.tree, OPERATORS) else value

    def numeric_node(self, node: exp.Expression) -> TypedNode:
        """The SQL of a number; a flag counts 1 or 0."""
        value = self.typed_node(node)
        if value.type == "flag":
            return TypedNode(exp.cast(value.tree, "int"), "integer")
        if value.type not in (*NUMBERS, "null"):
            self.mismatch(node, value.type, "double")
        return value

    def double_tree(self, node: exp.Expression) -> exp.Expression:
        """The SQL of a number as DOUBLE."""
        return as_double(self.numeric_node(node))

    def of_type(self, node: exp.Expression, expected_type: str) -> exp.Expression:
        """The SQL of a text, flag or date."""
        value = self.typed_node(node)
        if value.type not in (expected_type, "null"):
            self.mismatch(node, value.type, expected_type)
        return value.tree

    def nodes_of_one_type(self, nodes: Sequence[exp.Expression]) -> tuple[list[exp.Expression], str]:
        """The pieces brought to one type; ConfigError when a text meets a number."""
        operands = [self.typed_node(node) for node in nodes]
        if {operand.type for operand in operands} == {"date", "text"}:
            operands = [self.date_node(node, operand) for node, operand in zip(nodes, operands)]
        value_type = common_type([operand.type for operand in operands])
        if not value_type:
            self._type_mismatch(nodes, operands)
        return [
            as_double(operand_node) if value_type == "double" and operand_node.type != "null" else operand_node.tree
            for operand_node in operands
        ], value_type

    def date_node(self, node: exp.Expression, operand: TypedNode) -> TypedNode:
        """A quoted ISO day as that date; a date as it is."""
        if operand.type == "date":
            return operand
        try:
            datetime.date.fromisoformat(node.name if isinstance(node, exp.Literal) else "")
        except ValueError:
            raise_formula_error(self.location, f"{snippet(node)} is no date; write '2024-12-31'",
                   f"{snippet(node)} 不是日期;请写成 '2024-12-31'")  # fmt: skip
        return TypedNode(exp.cast(operand.tree, "date"), "date")

    def mismatch(self, node: exp.Expression, actual_type: str, expected_type: str) -> None:
        """Raise: the value has one type where another is needed."""
        (en, zh), (needed_en, needed_zh) = TYPE_NAMES[actual_type], TYPE_NAMES[expected_type]
        raise_formula_error(
            self.location, f"{snippet(node)} is {en} where {needed_en} is needed", f"{snippet(node)} 是{zh},此处需要{needed_zh}"
        )

    def _type_mismatch(self, nodes: Sequence[exp.Expression], operands: Sequence[TypedNode]) -> None:
        pairs = itertools.combinations(range(len(operands)), 2)
        first_index, second_index = next(
            type_pair for type_pair in pairs if not common_type([operands[i].type for i in type_pair])
        )
        is_text_compared = "text" in (operands[second_index].type, operands[first_index].type)
        (first_type, first_type_zh), (second_type, second_type_zh) = (
            TYPE_NAMES[operands[first_index].type],
            TYPE_NAMES[operands[second_index].type],
        )
        first_snippet, second_snippet = snippet(nodes[first_index]), snippet(nodes[second_index])
        raise_formula_error(
            self.location,
            f"{first_snippet} is {first_type} and {second_snippet} {second_type}: they cannot be compared"
            + (" (codes are text: write them in quotes)" if is_text_compared else ""),
            f"{first_snippet} 是{first_type_zh},{second_snippet} 是{second_type_zh},不能放在一起比较"
            + ("(代码是文本,请加引号)" if is_text_compared else ""),
        )
