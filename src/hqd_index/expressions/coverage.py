"""How much of its rows a formula rests on: the rows used, and the part of its denominator that they carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from .complete_rows import Term, conjunction, filter_condition, filtered, is_present, required_conditions, terms
from .grammar import AGGREGATES, Expression
from .row_nodes import ROW
from .scope import Scope, as_double
from .sum_nodes import SUMS

ADDITIVE_NODES = (exp.Add, exp.Paren, exp.Nullif, exp.Literal)
SCALES = (exp.Mul, exp.Div)


@dataclass(frozen=True)
class TermCoverage:
    """SQL aggregates of a term: rows used, rows there are, the denominator over rows used and over rows that have it.

    `used_condition` is the SQL condition of a row used. Both denominators are NULL where none is additive.
    """

    used_condition: str
    rows_used: str
    rows: str
    denominator_used: str
    denominator: str


def coverage_terms(
    expr: Expression, types: Mapping[str, str], *, key: Sequence[str], dialect: str = "duckdb"
) -> tuple[TermCoverage, ...]:
    """What to count for the coverage of a formula, term by term."""
    scope = Scope(types, ROW | SUMS, key=key, location=expr.location, lags_are_columns=True)
    return tuple(_term_coverage(term, scope, dialect) for term in terms(expr.tree))


def _term_coverage(term: Term, scope: Scope, dialect: str) -> TermCoverage:
    completeness = term.completeness
    condition = filter_condition(term.aggregates[0]) if term.is_alone else None
    used_condition = (
        conjunction([condition_part for condition_part in (completeness, condition) if condition_part is not None]) or exp.true()
    )
    rows: exp.Expression = exp.Count(this=exp.Star())
    candidates = rows.copy()
    if condition is not None:
        condition_or_null = exp.or_(condition.copy(), exp.Is(this=exp.Paren(this=condition.copy()), expression=exp.Null()))
        candidates = filtered(rows, condition_or_null)
    denominator = _additive_denominator(term)
    condition_part = None if denominator is None else _share_of_complete_rows(denominator, term)

    def sql(node: exp.Expression) -> str:
        return as_double(scope.numeric_node(node)).sql(dialect=dialect)

    return TermCoverage(
        used_condition=scope.of_type(used_condition, "flag").sql(dialect=dialect),
        rows_used=sql(filtered(rows, used_condition)),
        rows=sql(candidates),
        denominator_used="CAST(NULL AS DOUBLE)" if condition_part is None else sql(condition_part),
        denominator="CAST(NULL AS DOUBLE)" if denominator is None else sql(denominator),
    )


def _additive_denominator(term: Term) -> exp.Expression | None:
    """A ratio's denominator over all rows where it is present; None where it is no plain sum or count."""
    node = term.denominator
    if node is None or node.find(exp.Sub) is not None or not _is_additive(node):
        return None
    completeness = conjunction(is_present(condition) for condition in required_conditions(node))
    return _replace_nodes(node, lambda aggregate: aggregate.copy() if completeness is None else filtered(aggregate, completeness))


def _share_of_complete_rows(denominator: exp.Expression, term: Term) -> exp.Expression:
    return _replace_nodes(denominator, term.restricted)


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
    inner = [aggregate for aggregate in tree.find_all(*AGGREGATES) if not aggregate.find_ancestor(*AGGREGATES)]
    for function in inner:
        aggregate = function.parent if isinstance(function.parent, exp.Filter) else function
        aggregate.replace(replace(aggregate))
    return tree.this
