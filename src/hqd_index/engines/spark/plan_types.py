"""The types of a plan's values as the embedded engine has them: what a cast or a quotient means hangs on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.typing.duckdb import EXPRESSION_METADATA

Type = exp.DataType.Type
KINDS = {
    "text": {Type.VARCHAR, Type.TEXT, Type.CHAR}, "integer": {*exp.DataType.INTEGER_TYPES, Type.INT128},
    "decimal": {Type.DECIMAL}, "double": {Type.DOUBLE, Type.FLOAT},
    "flag": {Type.BOOLEAN}, "date": {Type.DATE}, "time": {Type.TIMESTAMP},
    "list": {Type.ARRAY, Type.LIST}, "null": {Type.NULL},
}  # fmt: skip
NOTHING = ("VOID", '"NULL"')
"""Types of a column that holds no value at all, as Spark and the embedded engine name them."""
NUMBERS = frozenset({"integer", "decimal", "double"})


def _of_argument(self: Any, node: Any) -> Any:
    return self._annotate_by_args(node, "this")


METADATA = {
    **EXPRESSION_METADATA,
    exp.Median: {"annotator": _of_argument},
    exp.Trunc: {"annotator": _of_argument},
    exp.Lag: {"annotator": _of_argument},
    exp.FirstValue: {"annotator": _of_argument},
    exp.ArgMin: {"annotator": _of_argument},
    exp.ArgMax: {"annotator": _of_argument},
    exp.ArraySort: {"annotator": _of_argument},
    exp.ArrayDistinct: {"annotator": _of_argument},
    exp.ArrayFilter: {"annotator": _of_argument},
    exp.PercentileCont: {"returns": Type.DOUBLE},
    exp.SplitPart: {"returns": Type.VARCHAR},
    exp.RegexpReplace: {"returns": Type.VARCHAR},
    exp.Explode: {"returns": Type.VARCHAR},
}


def with_types(tree: exp.Expression, schema: dict[str, dict[str, str]], dialect: str) -> exp.Expression:
    """The tree, each node with its type."""
    return annotate_types(tree, schema=schema, expression_metadata=METADATA, dialect=dialect)


def kind_of(node: exp.Expression) -> str:
    """text, integer, decimal, double, flag, date, time, list or null; '' where nobody knows."""
    if isinstance(node, exp.Null) or (node.type is not None and node.type.sql() in NOTHING):
        return "null"
    if isinstance(node, exp.Div | exp.Ln | exp.Log | exp.Exp | exp.Sqrt | exp.Pow | exp.Avg | exp.StddevSamp | exp.Variance):
        return "double"
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        return common_kind([node.this, node.expression])
    if isinstance(node, exp.Literal) and not node.is_string:
        return "double" if "e" in node.name.lower() else "decimal" if "." in node.name else "integer"
    known_type = node.type.this if node.type is not None else None
    return next((kind for kind, types in KINDS.items() if known_type in types), "") or _kind_of_parts(node)


def _kind_of_parts(node: exp.Expression) -> str:
    if isinstance(node, exp.Paren | exp.Neg | exp.Abs | exp.Filter | exp.Order | exp.Window | exp.IgnoreNulls):
        return kind_of(node.this)
    if isinstance(node, exp.Coalesce | exp.Case):
        return common_kind(alternatives(node))
    return ""


def alternatives(node: exp.Expression) -> list[exp.Expression]:
    """The values of which a CASE or COALESCE gives one."""
    if isinstance(node, exp.Coalesce):
        return [node.this, *node.expressions]
    default = node.args.get("default")
    return [branch.args["true"] for branch in node.args["ifs"]] + ([default] if default is not None else [])


def common_kind(nodes: Sequence[exp.Expression]) -> str:
    """The kind that takes all: the widest number, or the one there is; '' where they do not fit together."""
    distinct_kinds = set(map(kind_of, nodes)) - {"null"}
    if not distinct_kinds:
        return "null"
    if distinct_kinds <= NUMBERS:
        return max(distinct_kinds, key=("integer", "decimal", "double").index)
    return distinct_kinds.pop() if len(distinct_kinds) == 1 else ""


def decimal_size(node: exp.Expression) -> tuple[int, int] | None:
    """(precision, scale) of an exact number on Spark; None where nobody knows."""
    if isinstance(node, exp.Paren | exp.Filter | exp.Abs | exp.Neg | exp.Min | exp.Max | exp.Nullif):
        return decimal_size(node.this)
    if isinstance(node, exp.Literal) and not node.is_string and "e" not in node.name.lower():
        digits, _, fraction = node.name.partition(".")
        return max(len(digits.lstrip("0")) + len(fraction), 1), len(fraction)
    if kind_of(node) == "integer":
        return 20, 0
    if isinstance(node, exp.Sum):
        size = decimal_size(node.this)
        return None if size is None else (38, size[1])
    if isinstance(node, exp.Add | exp.Sub):
        first, second = decimal_size(node.this), decimal_size(node.expression)
        return None if first is None or second is None else sum_size(first, second)
    parameters = node.type.expressions if node.type is not None and kind_of(node) == "decimal" else []
    return (int(parameters[0].name), int(parameters[1].name)) if len(parameters) == 2 else None


def sum_size(first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int]:
    """(precision, scale) of a sum of two exact numbers."""
    scale = max(first[1], second[1])
    return max(first[0] - first[1], second[0] - second[1]) + scale + 1, scale
