"""How much of its rows a formula rests on: the rows used, and the part of its denominator that they carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from .complete_rows import Term, all_of, filter_condition, filtered, needed, present, terms
from .grammar import AGGREGATES, Expression
from .row_nodes import ROW
from .scope import Scope, as_double
from .sum_nodes import SUMS

SUMS_UP = (exp.Add, exp.Paren, exp.Nullif, exp.Literal)
SCALES = (exp.Mul, exp.Div)


@dataclass(frozen=True)
class TermCoverage:
    """SQL aggregates of a term: rows used, rows there are, the denominator over rows used and over rows that have it.

    `used` is the SQL condition of a row used. Both denominators are NULL where none is additive.
    """

    used: str
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
    complete = term.complete
    condition = filter_condition(term.aggregates[0]) if term.alone else None
    used = all_of([part for part in (complete, condition) if part is not None]) or exp.true()
    rows: exp.Expression = exp.Count(this=exp.Star())
    candidates = rows.copy()
    if condition is not None:
        either = exp.or_(condition.copy(), exp.Is(this=exp.Paren(this=condition.copy()), expression=exp.Null()))
        candidates = filtered(rows, either)
    whole = _additive_denominator(term)
    part = None if whole is None else _over_complete_rows(whole, term)

    def sql(node: exp.Expression) -> str:
        return as_double(scope.number(node)).sql(dialect=dialect)

    return TermCoverage(
        used=scope.of_type(used, "flag").sql(dialect=dialect),
        rows_used=sql(filtered(rows, used)),
        rows=sql(candidates),
        denominator_used="CAST(NULL AS DOUBLE)" if part is None else sql(part),
        denominator="CAST(NULL AS DOUBLE)" if whole is None else sql(whole),
    )


def _additive_denominator(term: Term) -> exp.Expression | None:
    """A ratio's denominator over all rows where it is present; None where it is no plain sum or count."""
    node = term.denominator
    if node is None or node.find(exp.Sub) is not None or not _is_additive(node):
        return None
    complete = all_of(present(part) for part in needed(node))
    return _replaced(node, lambda aggregate: aggregate.copy() if complete is None else filtered(aggregate, complete))


def _over_complete_rows(whole: exp.Expression, term: Term) -> exp.Expression:
    return _replaced(whole, term.seen_by)


def _is_additive(node: exp.Expression) -> bool:
    """Sums and counts of rows, added up and scaled by numbers."""
    if isinstance(node, exp.Filter):
        return _is_additive(node.this)
    if isinstance(node, exp.Sum):
        return True
    if isinstance(node, exp.Count):
        return isinstance(node.this, exp.Star)
    if isinstance(node, SCALES) and all(side.find(*AGGREGATES) for side in (node.this, node.expression)):
        return False
    return isinstance(node, SUMS_UP + SCALES) and all(map(_is_additive, node.iter_expressions()))


def _replaced(node: exp.Expression, change: Callable[[exp.Expression], exp.Expression]) -> exp.Expression:
    """A copy in which every aggregate, with its filter, is changed."""
    tree = exp.Paren(this=node.copy())
    inner = [aggregate for aggregate in tree.find_all(*AGGREGATES) if not aggregate.find_ancestor(*AGGREGATES)]
    for function in inner:
        aggregate = function.parent if isinstance(function.parent, exp.Filter) else function
        aggregate.replace(change(aggregate))
    return tree.this
