"""An aggregate formula taken apart: the row values it sums up, and what it does with the sums.

So that firms can be drawn again thousands of times: the row values are computed once, each draw only weighs them anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from .complete_rows import terms, with_complete_rows
from .grammar import AGGREGATES, Expression
from .row_nodes import ROW
from .scope import Scope
from .sum_nodes import SUMS

LINEAR = {exp.Sum: "sum", exp.Count: "count", exp.Avg: "avg"}
ORDER_AGGREGATES = {exp.Min: "min", exp.Max: "max", exp.Median: "quantile", exp.PercentileCont: "quantile"}
SPREAD = {exp.StddevSamp: "sd", exp.Variance: "var"}
AGGREGATE_KINDS: Mapping[type[exp.Expression], str] = LINEAR | ORDER_AGGREGATES | SPREAD


@dataclass(frozen=True)
class AggregatePart:
    """One aggregate of a formula: its kind, the SQL (DOUBLE, NULL = not counted) of the row value, and a quantile's level."""

    name: str
    aggregate_kind: str
    row: str
    level: float = 0.5


@dataclass(frozen=True)
class AggregateParts:
    """The aggregates of a formula, and the SQL of the whole over columns that hold their results."""

    parts: tuple[AggregatePart, ...]
    combination: str


def split_aggregates(
    expr: Expression, types: Mapping[str, str], *, key: Sequence[str] = (), prefix: str = "part", dialect: str = "duckdb"
) -> AggregateParts:
    """The parts of an aggregate formula, named `prefix`_0, 1 ...

    count(distinct ...) counts rows, as a firm has one row in a unit-year.
    """
    scope = Scope(types, ROW, key=key, location=expr.location, lags_are_columns=True)
    tree = with_complete_rows(expr.tree, partial_sum=expr.partial_sum)
    aggregate_parts: list[AggregatePart] = []
    tops = [node for node in tree.find_all(*AGGREGATES) if not node.find_ancestor(*AGGREGATES)]
    for node in tops:
        outer_node = node.parent if isinstance(node.parent, exp.Filter) else node
        condition = outer_node.expression.this if isinstance(outer_node, exp.Filter) else None
        aggregate_part = _aggregate_part(node, condition, scope, f"{prefix}_{len(aggregate_parts)}", dialect)
        aggregate_parts.append(aggregate_part)
        column = exp.column(aggregate_part.name)
        if outer_node is tree:
            tree = column
        else:
            outer_node.replace(column)
    results = {aggregate_part.name: "double" for aggregate_part in aggregate_parts}
    combination = replace(scope, types=results).double_tree(tree).sql(dialect=dialect)
    return AggregateParts(tuple(aggregate_parts), combination)


def exact_aggregates(
    expr: Expression, types: Mapping[str, str], *, key: Sequence[str], dialect: str = "duckdb"
) -> tuple[tuple[str, str], ...]:
    """(text, SQL) of each aggregate in a formula over the rows it sees, once each; a sum of DECIMAL is left DECIMAL."""
    scope = Scope(types, ROW | SUMS, key=key, location=expr.location, lags_are_columns=True)
    aggregates = [(node, term.restricted(node)) for term in terms(expr.tree) for node in term.aggregates]
    return tuple(
        {
            _node_sql(node): scope.typed_node(restricted_node).tree.sql(dialect=dialect) for node, restricted_node in aggregates
        }.items()
    )


def _node_sql(node: exp.Expression) -> str:
    """An aggregate as a person would write it."""
    if isinstance(node, exp.Filter):
        return f"{_node_sql(node.this)} filter (where {node.expression.this.sql(normalize_functions='lower')})"
    return node.sql(normalize_functions="lower")


def _aggregate_part(
    node: exp.Expression, condition: exp.Expression | None, scope: Scope, aggregate_name: str, dialect: str
) -> AggregatePart:
    is_count = isinstance(node, exp.Count)
    value_node = (
        exp.Literal.number("1.0") if is_count and isinstance(node.this, exp.Star | exp.Distinct) else scope.double_tree(node.this)
    )
    if is_count and not isinstance(node.this, exp.Star | exp.Distinct):
        value_node = exp.Case(ifs=[exp.If(this=value_node.copy().is_(exp.null()).not_(), true=exp.Literal.number("1.0"))])
    if condition is not None:
        value_node = exp.Case(ifs=[exp.If(this=scope.of_type(condition, "flag"), true=value_node)])
    level = float(node.expression.this) if isinstance(node, exp.PercentileCont) else 0.5
    return AggregatePart(aggregate_name, AGGREGATE_KINDS[type(node)], exp.cast(value_node, "double").sql(dialect=dialect), level)
