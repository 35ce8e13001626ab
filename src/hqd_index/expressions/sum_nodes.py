"""The aggregates as SQL: sums of DECIMAL stay DECIMAL, so that row order changes no bit.

Sums of DOUBLE follow the key; those of products and quotients of DECIMAL are taken on a decimal grid, which costs a fifth of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from .row_nodes import finite_or_null, ratio
from .scope import Scope, TypedNode


def _filtered_rows(tree: exp.Expression, scope: Scope) -> exp.Expression:
    if scope.condition is None:
        return tree
    return exp.Filter(this=tree, expression=exp.Where(this=scope.condition.copy()))


def _filter(node: exp.Expression, scope: Scope) -> TypedNode:
    condition = scope.of_type(node.expression.this, "flag")
    return replace(scope, condition=condition).typed_node(node.this)


def _ordered_by_key(tree: exp.Expression, scope: Scope) -> exp.Expression:
    order_keys = [exp.Ordered(this=exp.column(key_column, quoted=True)) for key_column in scope.key]
    return exp.Order(this=tree, expressions=order_keys) if order_keys else tree


GRID = "decimal(38, 26)"
"""Of numbers up to 1: a million million of them add up, each to 26 decimals, ten more than a double has."""


def _is_of_decimals(node: exp.Expression, scope: Scope) -> bool:
    columns = {column.name for column in node.find_all(exp.Column)}
    return bool(columns) and all(scope.types.get(column) in ("decimal", "integer", "flag") for column in columns)


def _sum_on_grid(value: exp.Expression, scope: Scope, scales: dict[str, str]) -> TypedNode:
    """The sum of the values over their scale, each rounded to the grid, times the scale: the power of two above the largest."""
    sql = value.sql(dialect="duckdb")
    name = f"scale: {sql}"
    scales[name] = f"coalesce(pow(2, ceil(log2(nullif(max(abs({sql})), 0)))), 1)"
    scale = exp.column(name, quoted=True)
    total = _filtered_rows(exp.Sum(this=exp.cast(ratio(value, scale), GRID)), scope)
    return TypedNode(exp.Mul(this=exp.cast(total, "double"), expression=exp.Max(this=scale.copy())), "double")


def _sum(node: exp.Expression, scope: Scope) -> TypedNode:
    value = scope.numeric_node(node.this)
    if value.type == "double" and scope.scales is not None and _is_of_decimals(node.this, scope):
        return _sum_on_grid(value.tree, scope, scope.scales)
    sum_argument = _ordered_by_key(value.tree, scope) if value.type == "double" else value.tree
    total = _filtered_rows(exp.Sum(this=sum_argument), scope)
    return TypedNode(total if value.type == "double" else exp.cast(total, "double"), "double")


def _avg(node: exp.Expression, scope: Scope) -> TypedNode:
    cells = _filtered_rows(exp.Count(this=scope.numeric_node(node.this).tree), scope)
    return TypedNode(ratio(_sum(node, scope).tree, exp.Nullif(this=cells, expression=exp.Literal.number(0))), "double")


def _spread_aggregate(node: exp.Expression, scope: Scope) -> TypedNode:
    """Sample standard deviation and variance, taken in key order."""
    return finite_or_null(_filtered_rows(type(node)(this=_ordered_by_key(scope.double_tree(node.this), scope)), scope))


def _extreme_aggregate(node: exp.Expression, scope: Scope) -> TypedNode:
    value = scope.typed_node(node.this)
    return TypedNode(_filtered_rows(type(node)(this=value.tree), scope), value.type)


def _quantile(node: exp.Expression, scope: Scope) -> TypedNode:
    level = {"expression": node.expression.copy()} if isinstance(node, exp.PercentileCont) else {}
    return TypedNode(_filtered_rows(type(node)(this=scope.double_tree(node.this), **level), scope), "double")


def _count(node: exp.Expression, scope: Scope) -> TypedNode:
    if isinstance(node.this, exp.Star):
        counted_value: exp.Expression = exp.Star()
    elif isinstance(node.this, exp.Distinct):
        counted_value = exp.Distinct(expressions=[scope.typed_node(node.this.expressions[0]).tree])
    else:
        counted_value = scope.typed_node(node.this).tree
    return TypedNode(_filtered_rows(exp.Count(this=counted_value), scope), "integer")


SUMS: dict[type[exp.Expression], Callable[[exp.Expression, Scope], TypedNode]] = {
    exp.Filter: _filter,
    exp.Sum: _sum,
    exp.Avg: _avg,
    exp.StddevSamp: _spread_aggregate,
    exp.Variance: _spread_aggregate,
    exp.Min: _extreme_aggregate,
    exp.Max: _extreme_aggregate,
    exp.Median: _quantile,
    exp.PercentileCont: _quantile,
    exp.Count: _count,
}
