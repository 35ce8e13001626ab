"""The rows that each aggregate of a formula sees: a ratio's parts see its complete rows, so that a hole is never a zero.

A ratio is a quotient with an aggregate in its denominator, nested quotients and products with it included; terms joined by + or
- are ratios of their own unless they share a denominator. A row is complete when every column outside coalesce, `is null`,
count(column) and filter conditions is present, an operand that divides or takes a logarithm is defined, and no filter condition
is NULL. count(*) counts complete rows, but all rows beside a count(column). A lone sum with a blank is NULL; avg, min, max,
quantiles and spreads alone use the rows present.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from sqlglot import exp

from .grammar import AGGREGATES

UNDEFINED_AT = (exp.Div, exp.Ln, exp.Sqrt, exp.Pow, exp.Exp, exp.Cast)
"""Nodes whose value can be NULL although every column is there: a row without a defined value is a hole as well."""
CHOICES = (exp.Case, exp.If, exp.Nullif, exp.Coalesce)
"""Nodes whose NULL is meant."""


@dataclass(frozen=True)
class Term:
    """Aggregates whose rows are judged together, each with its filter: those of a ratio, or one alone.

    `completeness` is NULL-free SQL of a complete row, None where every row is complete; `denominator` is a ratio's outermost.
    """

    aggregates: tuple[exp.Expression, ...]
    completeness: exp.Expression | None
    denominator: exp.Expression | None = None

    @property
    def is_alone(self) -> bool:
        """Whether it is one aggregate outside every ratio."""
        return self.denominator is None

    def restricted(self, aggregate: exp.Expression) -> exp.Expression:
        """A copy of the aggregate, of this term or its denominator, over the complete rows alone."""
        counts_all = _is_count_of_rows(aggregate) and any(_is_count_of_column(candidate) for candidate in self.aggregates)
        if self.is_alone or counts_all or self.completeness is None:
            return aggregate.copy()
        return filtered(aggregate, self.completeness)


def with_complete_rows(
    tree: exp.Expression, *, partial_sum: bool = False, complete_columns: Collection[str] = frozenset()
) -> exp.Expression:
    """A copy of an aggregate formula's tree in which each aggregate sees the rows it may; `partial_sum`: lone sums take any.

    Nothing is asked of `complete_columns`, which have a value in every row.
    """
    tree = tree.copy()
    for term in terms(tree, complete_columns):
        for aggregate in term.aggregates:
            restricted_term = term.restricted(aggregate)
            if term.is_alone and not partial_sum and isinstance(_function(aggregate), exp.Sum):
                restricted_term = _sum_without_gaps(restricted_term, _lone_sum_gap(aggregate, complete_columns))
            if aggregate is tree:
                tree = restricted_term
            else:
                aggregate.replace(restricted_term)
    return tree


def terms(tree: exp.Expression, complete_columns: Collection[str] = frozenset()) -> list[Term]:
    """The terms of an aggregate formula, in the order they are written; `complete_columns` have a value in every row."""
    return list(_terms(tree, complete_columns))


def aggregate_nodes(node: exp.Expression) -> Iterator[exp.Expression]:
    """The aggregates below a node, each with its filter."""
    if isinstance(node, exp.Filter) or type(node) in AGGREGATES:
        yield node
        return
    for child in node.iter_expressions():
        yield from aggregate_nodes(child)


def filtered(aggregate: exp.Expression, condition: exp.Expression) -> exp.Expression:
    """A copy of an aggregate over the rows of its own filter that meet a further condition."""
    own_condition = filter_condition(aggregate)
    joint_condition = condition.copy() if own_condition is None else exp.and_(own_condition.copy(), condition.copy())
    return exp.Filter(this=_function(aggregate).copy(), expression=exp.Where(this=joint_condition))


def filter_condition(aggregate: exp.Expression) -> exp.Expression | None:
    """The condition of an aggregate's filter."""
    return aggregate.expression.this if isinstance(aggregate, exp.Filter) else None


def is_present(node: exp.Expression) -> exp.Expression:
    """The condition that a value is not NULL."""
    return exp.Not(this=exp.Is(this=_parenthesised(node), expression=exp.Null()))


def required_conditions(node: exp.Expression) -> Iterator[exp.Expression]:
    """What must be present below a node for a row to be complete; filter conditions are among it."""
    if isinstance(node, exp.Filter):
        yield from required_conditions(node.this)
        yield node.expression.this
    elif isinstance(node, exp.Is | exp.Count):
        return
    elif isinstance(node, exp.Coalesce):
        yield from (filter_node.expression.this for filter_node in node.find_all(exp.Filter))
        if node.find(*AGGREGATES) is None:
            yield node
    elif isinstance(node, exp.Column | exp.Lag):
        yield node
    else:
        if type(node) in AGGREGATES and node.find(*UNDEFINED_AT) and not node.find(*CHOICES):
            yield node.this
        null_tested = _null_tested_columns(node) if isinstance(node, exp.Case | exp.If) else set()
        child_conditions = [
            child_condition for child in node.iter_expressions() for child_condition in required_conditions(child)
        ]
        yield from (child_condition for child_condition in child_conditions if child_condition.sql() not in null_tested)


def _null_tested_columns(choice: exp.Expression) -> set[str]:
    """What the conditions of a CASE ask to be NULL or not: the formula itself says what its absence means."""
    return {test.this.sql() for test in choice.find_all(exp.Is)}


def _completeness(node: exp.Expression, complete_columns: Collection[str]) -> exp.Expression | None:
    """The condition of a complete row, without those columns that are in every row."""
    required = required_conditions(node)
    return conjunction(
        is_present(condition)
        for condition in required
        if not (isinstance(condition, exp.Column) and condition.name in complete_columns)
    )


def conjunction(conditions: Iterable[exp.Expression]) -> exp.Expression | None:
    """The conditions joined by AND, each once; None without any."""
    distinct_conditions = {condition.sql(): condition for condition in conditions}
    return (
        reduce(
            lambda joint_condition, next_condition: exp.and_(joint_condition, next_condition.copy()), distinct_conditions.values()
        )
        if distinct_conditions
        else None
    )


def _terms(node: exp.Expression, complete_columns: Collection[str]) -> Iterator[Term]:
    if isinstance(node, exp.Filter) or type(node) in AGGREGATES:
        yield Term((node,), _completeness(node, complete_columns))
    elif _is_one_ratio(node):
        yield Term(tuple(aggregate_nodes(node)), _completeness(node, complete_columns), _denominator(node))
    else:
        for child in node.iter_expressions():
            yield from _terms(child, complete_columns)


def _is_one_ratio(node: exp.Expression) -> bool:
    """A quotient over an aggregate; a product or a choice that joins such a quotient with other aggregates."""
    if isinstance(node, exp.Div) and _is_summed(node.expression):
        return True
    joins_sums = isinstance(node, exp.Mul | exp.Case | exp.If) and sum(map(_is_summed, node.iter_expressions())) > 1
    return joins_sums and any(_is_summed(quotient.expression) for quotient in node.find_all(exp.Div))


def _denominator(node: exp.Expression) -> exp.Expression:
    """The denominator of the outermost quotient of a ratio."""
    return next(quotient.expression for quotient in node.find_all(exp.Div) if _is_summed(quotient.expression))


def _is_summed(node: exp.Expression) -> bool:
    return node.find(*AGGREGATES) is not None


def _function(aggregate: exp.Expression) -> exp.Expression:
    return aggregate.this if isinstance(aggregate, exp.Filter) else aggregate


def _is_count_of_rows(aggregate: exp.Expression) -> bool:
    function = _function(aggregate)
    return isinstance(function, exp.Count) and isinstance(function.this, exp.Star)


def _is_count_of_column(aggregate: exp.Expression) -> bool:
    return isinstance(_function(aggregate), exp.Count) and not _is_count_of_rows(aggregate)


def _lone_sum_gap(aggregate: exp.Expression, complete_columns: Collection[str]) -> exp.Expression | None:
    """The condition of a row that may be missing from a lone sum; None where no row can be."""
    if aggregate.find_ancestor(exp.Coalesce) is not None:
        return None
    condition = filter_condition(aggregate)
    completeness = _completeness(_function(aggregate), complete_columns)
    gap = None if completeness is None else exp.Not(this=_parenthesised(completeness))
    if condition is None:
        return gap
    is_unknown = exp.Is(this=_parenthesised(condition), expression=exp.Null())
    return is_unknown if gap is None else exp.or_(is_unknown, exp.and_(condition.copy(), gap))


def _sum_without_gaps(sum_node: exp.Expression, gap: exp.Expression | None) -> exp.Expression:
    """The sum, NULL where a row may be missing from it."""
    if gap is None:
        return sum_node
    gap_count = exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=gap))
    no_gaps = exp.EQ(this=gap_count, expression=exp.Literal.number(0))
    return exp.Case(ifs=[exp.If(this=no_gaps, true=sum_node)])


def _parenthesised(node: exp.Expression) -> exp.Expression:
    is_simple = isinstance(node, exp.Column | exp.Lag | exp.Coalesce)
    return node.copy() if is_simple else exp.Paren(this=node.copy())
