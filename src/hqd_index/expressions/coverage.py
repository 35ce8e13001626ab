"""How much of its rows a formula rests on: the rows used, and the part of its denominator that they carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from .complete_rows import (
    Term,
    aggregate_nodes,
    conjunction,
    filter_condition,
    filtered,
    is_present,
    required_conditions,
    terms,
)
from .grammar import AGGREGATES, Expression
from .row_nodes import ROW
from .scope import Scope, as_double
from .sum_nodes import SUMS

ADDITIVE_NODES = (exp.Add, exp.Paren, exp.Nullif, exp.Literal)
SCALES = (exp.Mul, exp.Div)
ROWS = exp.Count(this=exp.Star())


@dataclass(frozen=True)
class TermCoverage:
    """SQL aggregates of a term: rows used and rows in scope, the denominator over rows used and over rows that have it.

    In scope is a row that a filter lets in or may let in. `used_condition` is the SQL condition of a row used;
    `denominator_rows` of the `denominator_scope` rows that the denominator may sum have one. NULL where none is additive.
    """

    used_condition: str
    rows_used: str
    rows: str
    denominator_used: str
    denominator: str
    denominator_rows: str
    denominator_scope: str


def coverage_terms(
    expr: Expression, types: Mapping[str, str], *, key: Sequence[str], dialect: str = "duckdb"
) -> tuple[TermCoverage, ...]:
    """What to count for the coverage of a formula, term by term."""
    scope = Scope(types, ROW | SUMS, key=key, location=expr.location, lags_are_columns=True)
    return tuple(_term_coverage(term, scope, dialect) for term in terms(expr.tree))


def _term_coverage(term: Term, scope: Scope, dialect: str) -> TermCoverage:
    filters = _joint_filter(term.aggregates)
    used_condition = conjunction([part for part in (term.completeness, filters) if part is not None]) or exp.true()

    def sql(node: exp.Expression | None) -> str:
        return "CAST(NULL AS DOUBLE)" if node is None else as_double(scope.numeric_node(node)).sql(dialect=dialect)

    denominator = _additive_denominator(term)
    denominator_used = denominator_rows = denominator_scope = total = None
    if denominator is not None:
        completeness = conjunction(is_present(condition) for condition in required_conditions(denominator))
        denominator_filters = _joint_filter(tuple(aggregate_nodes(denominator)))
        denominator_used = _replace_nodes(denominator, term.restricted)
        total = _replace_nodes(denominator, lambda aggregate: _filtered(aggregate, completeness))
        denominator_rows = _filtered(_filtered(ROWS, denominator_filters), completeness)
        denominator_scope = _filtered(ROWS, _or_unknown(denominator_filters))
    return TermCoverage(
        used_condition=scope.of_type(used_condition, "flag").sql(dialect=dialect),
        rows_used=sql(_filtered(ROWS, used_condition)),
        rows=sql(_filtered(ROWS, _or_unknown(filters))),
        denominator_used=sql(denominator_used),
        denominator=sql(total),
        denominator_rows=sql(denominator_rows),
        denominator_scope=sql(denominator_scope),
    )


def _joint_filter(filtered_aggregates: Sequence[exp.Expression]) -> exp.Expression | None:
    """The condition under which at least one aggregate sees a row; None where one has no filter."""
    conditions = [filter_condition(aggregate) for aggregate in filtered_aggregates]
    distinct_conditions = {condition.sql(): condition for condition in conditions if condition is not None}
    return exp.or_(*distinct_conditions.values()) if conditions and None not in conditions else None


def _or_unknown(condition: exp.Expression | None) -> exp.Expression | None:
    """The condition, or nobody knows."""
    return condition and exp.or_(condition.copy(), exp.Is(this=exp.Paren(this=condition.copy()), expression=exp.Null()))


def _filtered(aggregate: exp.Expression, condition: exp.Expression | None) -> exp.Expression:
    return aggregate.copy() if condition is None else filtered(aggregate, condition)


def _additive_denominator(term: Term) -> exp.Expression | None:
    """A ratio's denominator; None where it is no plain sum or count."""
    node = term.denominator
    return None if node is None or node.find(exp.Sub) is not None or not _is_additive(node) else node


def _is_additive(node: exp.Expression) -> bool:
    """Sums and counts of rows, added up and scaled by numbers."""
    if isinstance(node, exp.Filter):
        return _is_additive(node.this)
    if isinstance(node, exp.Sum):
        return True
    if isinstance(node, exp.Count):
        return isinstance(node.this, exp.Star)
    if isinstance(node, SCALES) and all(operand.find(*AGGREGATES) for operand in (node.this, node.expression)):
        return False
    return isinstance(node, ADDITIVE_NODES + SCALES) and all(map(_is_additive, node.iter_expressions()))


def _replace_nodes(node: exp.Expression, replace: Callable[[exp.Expression], exp.Expression]) -> exp.Expression:
    """A copy in which every aggregate, with its filter, is changed."""
    tree = exp.Paren(this=node.copy())
    inner_nodes = [aggregate for aggregate in tree.find_all(*AGGREGATES) if not aggregate.find_ancestor(*AGGREGATES)]
    for function in inner_nodes:
        aggregate = function.parent if isinstance(function.parent, exp.Filter) else function
        aggregate.replace(replace(aggregate))
    return tree.this
