"""A checked formula -> SQL whose result is the same to the bit under any row order and thread count.

Sums of DECIMAL stay DECIMAL; products, quotients and functions are DOUBLE and are summed on a grid or in key order. NULL: a
quotient by zero, a logarithm or root where there is none, an exponential or power too large.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlglot import exp

from .complete_rows import with_complete_rows
from .grammar import Expression
from .row_nodes import ROW, lag_name
from .scope import NUMBERS, Scope, TypedNode, as_double
from .sum_nodes import SUMS


def row_sql(
    expr: Expression,
    types: Mapping[str, str],
    *,
    partition: Sequence[str],
    order: str = "year",
    is_one_row: bool = False,
    is_in_order: bool = False,
    dialect: str = "duckdb",
) -> str:
    """SQL of a row formula; lag(x) is x of the previous calendar year of the same unit, NULL when that year is absent.

    It takes half the time where it is known that a unit has one row in a year (`is_one_row`), and a sixth where the rows also
    come in the order of unit and year (`is_in_order`): then none is looked for.
    """
    scope = Scope(types, ROW, unit=partition, order=order, location=expr.location, is_one_row=is_one_row, is_in_order=is_in_order)
    return scope.typed_node(expr.tree).tree.sql(dialect=dialect)


def aggregate_sql(
    expr: Expression,
    types: Mapping[str, str],
    *,
    key: Sequence[str],
    on_grid: bool = False,
    complete_columns: Collection[str] = frozenset(),
    dialect: str = "duckdb",
) -> str:
    """SQL of an aggregate formula, a DOUBLE when it is a number. `key` orders the rows where a sum is inexact.

    Each aggregate sees the rows that `complete_rows` gives it. lag(...) is read from the columns that `lag_columns` names, a
    sum `on_grid` takes its scale from those of `scale_columns`; the query that groups must select from them. `complete_columns`,
    with a value in every row, spare the engine the tests of their presence.
    """
    value = _aggregate_node(expr, types, key, {} if on_grid else None, complete_columns)
    tree = as_double(value) if value.type in NUMBERS else value.tree
    return tree.sql(dialect=dialect)


def scale_columns(expr: Expression, types: Mapping[str, str]) -> dict[str, str]:
    """Column name -> SQL (an aggregate over all rows) of the scale of each sum that is taken on a grid."""
    scales: dict[str, str] = {}
    _aggregate_node(expr, types, (), scales)
    return scales


def _aggregate_node(
    expr: Expression,
    types: Mapping[str, str],
    key: Sequence[str],
    scales: dict[str, str] | None,
    complete_columns: Collection[str] = frozenset(),
) -> TypedNode:
    scope = Scope(types, ROW | SUMS, key=key, location=expr.location, lags_are_columns=True, scales=scales)
    return scope.typed_node(with_complete_rows(expr.tree, partial_sum=expr.partial_sum, complete_columns=complete_columns))


def lag_columns(
    expr: Expression, types: Mapping[str, str], *, partition: Sequence[str], order: str = "year", dialect: str = "duckdb"
) -> dict[str, str]:
    """Column name -> SQL of each lag(...) in a formula: to be selected below the query that groups."""
    scope = Scope(types, ROW, unit=partition, order=order, location=expr.location)
    return {lag_name(node): scope.typed_node(node).tree.sql(dialect=dialect) for node in expr.tree.find_all(exp.Lag)}


def type_of(expr: Expression, types: Mapping[str, str]) -> str:
    """decimal, double, integer, text, flag, date or null; ConfigError when the types do not fit together."""
    value = Scope(types, ROW | SUMS, location=expr.location, lags_are_columns=True).typed_node(expr.tree)
    return "double" if expr.aggregate and value.type in NUMBERS else value.type
