"""The nodes of a row formula as SQL: products, quotients and functions are DOUBLE; what is undefined is NULL."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from ..errors import ConfigError, unknown
from .grammar import CASTS, refuse
from .scope import Scope, Typed, as_double, common_type


def _column(node: exp.Expression, scope: Scope) -> Typed:
    if node.name not in scope.types:
        en, zh = unknown("column", node.name, scope.types, kind_zh="列")
        raise ConfigError(en, zh=zh, location=scope.location)
    return Typed(exp.column(node.name, quoted=True), scope.types[node.name])


def _literal(node: exp.Expression, scope: Scope) -> Typed:
    if node.is_string:
        return Typed(exp.Literal.string(node.name), "text")
    integer_digits, _, fraction = node.name.partition(".")
    if node.name.isdigit() and len(integer_digits) <= 18:
        return Typed(exp.Literal.number(node.name), "integer")
    if "e" in node.name.lower() or len(integer_digits) > 18 or len(fraction) > 8:
        return Typed(exp.cast(exp.Literal.number(node.name), "double"), "double")
    return Typed(exp.Literal.number(node.name), "decimal")


def _same_type(node: exp.Expression, scope: Scope) -> Typed:
    """Neg, Abs, Floor, Ceil: the type of what is inside; the least integer has no opposite of its own width."""
    value = scope.number(node.this)
    operand = exp.cast(value.tree, "bigint") if value.type == "integer" else value.tree
    return Typed(type(node)(this=operand), value.type)


def _sum_or_difference(node: exp.Expression, scope: Scope) -> Typed:
    first_operand, second_operand = scope.number(node.this), scope.number(node.expression)
    value_type = common_type((first_operand.type, second_operand.type))
    if value_type == "integer":
        first_operand = Typed(exp.cast(first_operand.tree, "bigint"), "integer")
    if value_type == "double":
        first_operand, second_operand = Typed(as_double(first_operand), value_type), Typed(as_double(second_operand), value_type)
    return Typed(type(node)(this=first_operand.tree, expression=second_operand.tree), value_type)


def _product(node: exp.Expression, scope: Scope) -> Typed:
    return Typed(exp.Mul(this=scope.double(node.this), expression=scope.double(node.expression)), "double")


def _quotient(node: exp.Expression, scope: Scope) -> Typed:
    divisor = exp.Nullif(this=scope.double(node.expression), expression=exp.Literal.number(0))
    return Typed(ratio(scope.double(node.this), divisor), "double")


def ratio(numerator: exp.Expression, divisor: exp.Expression) -> exp.Expression:
    """A division of doubles on every engine."""
    return exp.Div(this=numerator, expression=divisor, typed=False, safe=False)


def finite(tree: exp.Expression) -> Typed:
    """A double, NULL where it is no number or overflows."""
    for non_number in ("NaN", "Infinity", "-Infinity"):
        tree = exp.Nullif(this=tree, expression=exp.cast(exp.Literal.string(non_number), "double"))
    return Typed(tree, "double")


def _logarithm(node: exp.Expression, scope: Scope) -> Typed:
    zero = exp.Literal.number(0)
    nonnegative = exp.Greatest(this=scope.double(node.this), expressions=[zero], ignore_nulls=True)
    return Typed(exp.Ln(this=exp.Nullif(this=nonnegative, expression=zero.copy())), "double")


def _real_function(node: exp.Expression, scope: Scope) -> Typed:
    return finite(type(node)(this=scope.double(node.this)))


def _power(node: exp.Expression, scope: Scope) -> Typed:
    return finite(exp.Pow(this=scope.double(node.this), expression=scope.double(node.expression)))


def _rounding(node: exp.Expression, scope: Scope) -> Typed:
    value = scope.number(node.this)
    return Typed(exp.Round(this=value.tree, decimals=node.args.get("decimals") or exp.Literal.number(0)), value.type)


def _comparison(node: exp.Expression, scope: Scope) -> Typed:
    (first_operand, second_operand), _ = scope.alike([node.this, node.expression])
    return Typed(type(node)(this=first_operand, expression=second_operand), "flag")


def _connective(node: exp.Expression, scope: Scope) -> Typed:
    first_operand, second_operand = (scope.of_type(side, "flag") for side in (node.this, node.expression))
    return Typed(type(node)(this=first_operand, expression=second_operand), "flag")


def _negation(node: exp.Expression, scope: Scope) -> Typed:
    return Typed(exp.Not(this=scope.of_type(node.this, "flag")), "flag")


def _is_test(node: exp.Expression, scope: Scope) -> Typed:
    subject = scope.emit(node.this).tree
    if isinstance(node.expression, exp.Boolean):
        subject = scope.of_type(node.this, "flag")
    return Typed(exp.Is(this=subject, expression=node.expression.copy()), "flag")


def _in_list(node: exp.Expression, scope: Scope) -> Typed:
    trees, _ = scope.alike([node.this, *node.expressions])
    return Typed(exp.In(this=trees[0], expressions=trees[1:]), "flag")


def _between_bounds(node: exp.Expression, scope: Scope) -> Typed:
    (value, low, high), _ = scope.alike([node.this, node.args["low"], node.args["high"]])
    return Typed(exp.Between(this=value, low=low, high=high), "flag")


def _like_pattern(node: exp.Expression, scope: Scope) -> Typed:
    return Typed(exp.Like(this=scope.of_type(node.this, "text"), expression=node.expression.copy()), "flag")


def _regular_expression(node: exp.Expression, scope: Scope) -> Typed:
    pattern = node.expression.name
    try:
        re.compile(pattern)
        is_valid = not re.search(r"\(\?|\\[1-9]", pattern)
    except (re.error, OverflowError):
        is_valid = False
    if not is_valid:
        refuse(scope.location, f"pattern {pattern!r} does not read; look-around and back references are not allowed",
               f"正则表达式 {pattern!r} 无法识别;不允许环视和反向引用")  # fmt: skip
    return Typed(exp.RegexpLike(this=scope.of_type(node.this, "text"), expression=node.expression.copy()), "flag")


def _case(node: exp.Expression, scope: Scope) -> Typed:
    branches = [node] if isinstance(node, exp.If) else node.args["ifs"]
    default_branch = node.args.get("false") if isinstance(node, exp.If) else node.args.get("default")
    trees, value_type = scope.alike([branch.args["true"] for branch in branches] + ([default_branch] if default_branch else []))
    ifs = [exp.If(this=scope.of_type(branch.this, "flag"), true=tree) for branch, tree in zip(branches, trees)]
    return Typed(exp.Case(ifs=ifs, default=trees[-1] if default_branch else None), value_type)


def _common_type_call(node: exp.Expression, scope: Scope) -> Typed:
    """Coalesce, Greatest, Least."""
    trees, value_type = scope.alike([node.this, *node.expressions])
    null_option = {"ignore_nulls": True} if isinstance(node, exp.Greatest | exp.Least) else {}
    return Typed(type(node)(this=trees[0], expressions=trees[1:], **null_option), value_type)


def _nullif(node: exp.Expression, scope: Scope) -> Typed:
    (first_operand, second_operand), value_type = scope.alike([node.this, node.expression])
    return Typed(exp.Nullif(this=first_operand, expression=second_operand), value_type)


def _length(node: exp.Expression, scope: Scope) -> Typed:
    return Typed(exp.Length(this=scope.of_type(node.this, "text")), "integer")


def _substring(node: exp.Expression, scope: Scope) -> Typed:
    part = {name: node.args[name].copy() for name in ("start", "length") if node.args.get(name)}
    return Typed(exp.Substring(this=scope.of_type(node.this, "text"), **part), "text")


def _date_part(node: exp.Expression, scope: Scope) -> Typed:
    return Typed(type(node)(this=scope.of_type(node.this, "date")), "integer")


def _cast(node: exp.Expression, scope: Scope) -> Typed:
    value_type = CASTS[node.args["to"].this]
    value = scope.emit(node.this)
    if value_type == "date":
        return scope.dated(node.this, value)
    sql_type = {"double": "double", "integer": "bigint", "text": "varchar"}[value_type]
    cannot_fail = value_type == "text" or (value_type == "double" and value.type != "text")
    cast_class = exp.Cast if cannot_fail else exp.TryCast
    return Typed(cast_class(this=value.tree, to=exp.DataType.build(sql_type)), value_type)


def lag_name(node: exp.Expression) -> str:
    """The column a lag(...) of an aggregate formula is read from."""
    offset = node.args.get("offset")
    return f"lag{offset.name if offset else 1}: {node.this.sql(dialect='duckdb')}"


def _lag(node: exp.Expression, scope: Scope) -> Typed:
    value = scope.emit(node.this)
    if scope.lags_are_columns:
        return Typed(exp.column(lag_name(node), quoted=True), value.type)
    years = (node.args.get("offset") or exp.Literal.number(1)).name
    window_bounds = {end: exp.Literal.number(years) for end in ("start", "end")} | {
        "start_side": "PRECEDING",
        "end_side": "PRECEDING",
    }
    window = exp.Window(
        this=exp.FirstValue(this=value.tree),
        partition_by=[exp.column(name, quoted=True) for name in scope.unit],
        order=exp.Order(expressions=[exp.Ordered(this=exp.column(scope.order, quoted=True))]),
        spec=exp.WindowSpec(kind="RANGE", **window_bounds),
    )
    return Typed(window, value.type)


ROW: dict[type[exp.Expression], Callable[[exp.Expression, Scope], Typed]] = {
    exp.Column: _column, exp.Literal: _literal, exp.Paren: lambda node, scope: scope.emit(node.this),
    exp.Null: lambda node, scope: Typed(exp.Null(), "null"),
    exp.Boolean: lambda node, scope: Typed(node.copy(), "flag"),
    exp.Neg: _same_type, exp.Abs: _same_type, exp.Floor: _same_type, exp.Ceil: _same_type,
    exp.Add: _sum_or_difference, exp.Sub: _sum_or_difference, exp.Mul: _product, exp.Div: _quotient, exp.Pow: _power,
    exp.Ln: _logarithm, exp.Exp: _real_function, exp.Sqrt: _real_function, exp.Round: _rounding,
    exp.EQ: _comparison, exp.NEQ: _comparison, exp.GT: _comparison, exp.GTE: _comparison, exp.LT: _comparison,
    exp.LTE: _comparison, exp.And: _connective, exp.Or: _connective, exp.Not: _negation, exp.Is: _is_test, exp.In: _in_list,
    exp.Between: _between_bounds, exp.Like: _like_pattern, exp.RegexpLike: _regular_expression, exp.Case: _case, exp.If: _case,
    exp.Coalesce: _common_type_call, exp.Greatest: _common_type_call, exp.Least: _common_type_call, exp.Nullif: _nullif,
    exp.Length: _length, exp.Substring: _substring, exp.Year: _date_part, exp.Month: _date_part, exp.Day: _date_part,
    exp.Cast: _cast, exp.Lag: _lag,
}  # fmt: skip
