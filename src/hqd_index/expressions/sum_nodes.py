"""The aggregates as SQL: sums of DECIMAL stay DECIMAL, sums of DOUBLE follow the key, so that row order changes no bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from .row_nodes import finite, ratio
from .scope import Scope, Typed


def _kept_rows(tree: exp.Expression, scope: Scope) -> exp.Expression:
    if scope.condition is None:
        return tree
    return exp.Filter(this=tree, expression=exp.Where(this=scope.condition.copy()))


def _filter(node: exp.Expression, scope: Scope) -> Typed:
    condition = scope.of_type(node.expression.this, "flag")
    return replace(scope, condition=condition).emit(node.this)


def _in_key_order(tree: exp.Expression, scope: Scope) -> exp.Expression:
    ordered = [exp.Ordered(this=exp.column(name, quoted=True)) for name in scope.key]
    return exp.Order(this=tree, expressions=ordered) if ordered else tree


def _sum(node: exp.Expression, scope: Scope) -> Typed:
    value = scope.number(node.this)
    inside = _in_key_order(value.tree, scope) if value.type == "double" else value.tree
    total = _kept_rows(exp.Sum(this=inside), scope)
    return Typed(total if value.type == "double" else exp.cast(total, "double"), "double")


def _avg(node: exp.Expression, scope: Scope) -> Typed:
    cells = _kept_rows(exp.Count(this=scope.number(node.this).tree), scope)
    return Typed(ratio(_sum(node, scope).tree, exp.Nullif(this=cells, expression=exp.Literal.number(0))), "double")


def _spread(node: exp.Expression, scope: Scope) -> Typed:
    """Sample standard deviation and variance, taken in key order."""
    return finite(_kept_rows(type(node)(this=_in_key_order(scope.double(node.this), scope)), scope))


def _extreme(node: exp.Expression, scope: Scope) -> Typed:
    value = scope.emit(node.this)
    return Typed(_kept_rows(type(node)(this=value.tree), scope), value.type)


def _quantile(node: exp.Expression, scope: Scope) -> Typed:
    level = {"expression": node.expression.copy()} if isinstance(node, exp.PercentileCont) else {}
    return Typed(_kept_rows(type(node)(this=scope.double(node.this), **level), scope), "double")


def _count(node: exp.Expression, scope: Scope) -> Typed:
    if isinstance(node.this, exp.Star):
        counted_value: exp.Expression = exp.Star()
    elif isinstance(node.this, exp.Distinct):
        counted_value = exp.Distinct(expressions=[scope.emit(node.this.expressions[0]).tree])
    else:
        counted_value = scope.emit(node.this).tree
    return Typed(_kept_rows(exp.Count(this=counted_value), scope), "integer")


SUMS: dict[type[exp.Expression], Callable[[exp.Expression, Scope], Typed]] = {
    exp.Filter: _filter, exp.Sum: _sum, exp.Avg: _avg, exp.StddevSamp: _spread, exp.Variance: _spread, exp.Min: _extreme,
    exp.Max: _extreme, exp.Median: _quantile, exp.PercentileCont: _quantile, exp.Count: _count,
}  # fmt: skip
