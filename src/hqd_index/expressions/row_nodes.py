"""The nodes of a row formula as SQL: products, quotients and functions are DOUBLE; what is undefined is NULL."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from ..errors import ConfigError, unknown
from .grammar import CASTS, raise_formula_error
from .scope import Scope, TypedNode, as_double, common_type


def _column(node: exp.Expression, scope: Scope) -> TypedNode:
    if node.name not in scope.types:
        en, zh = unknown("column", node.name, scope.types, kind_zh="列")
        raise ConfigError(en, zh=zh, location=scope.location)
    return TypedNode(exp.column(node.name, quoted=True), scope.types[node.name])


def _literal_node(node: exp.Expression, scope: Scope) -> TypedNode:
    if node.is_string:
        return TypedNode(exp.Literal.string(node.name), "text")
    integer_digits, _, fraction = node.name.partition(".")
    if node.name.isdigit() and len(integer_digits) <= 18:
        return TypedNode(exp.Literal.number(node.name), "integer")
    if "e" in node.name.lower() or len(integer_digits) > 18 or len(fraction) > 8:
        return TypedNode(exp.cast(exp.Literal.number(node.name), "double"), "double")
    return TypedNode(exp.Literal.number(node.name), "decimal")


def _same_type(node: exp.Expression, scope: Scope) -> TypedNode:
    """Neg, Abs, Floor, Ceil: the type of what is inside; the least integer has no opposite of its own width."""
    value = scope.numeric_node(node.this)
    operand = exp.cast(value.tree, "bigint") if value.type == "integer" else value.tree
    return TypedNode(type(node)(this=operand), value.type)


def _sum_or_difference(node: exp.Expression, scope: Scope) -> TypedNode:
    first_operand, second_operand = scope.numeric_node(node.this), scope.numeric_node(node.expression)
    value_type = common_type((first_operand.type, second_operand.type))
    if value_type == "integer":
        first_operand = TypedNode(exp.cast(first_operand.tree, "bigint"), "integer")
    if value_type == "double":
        first_operand, second_operand = (
            TypedNode(as_double(first_operand), value_type),
            TypedNode(as_double(second_operand), value_type),
        )
    return TypedNode(type(node)(this=first_operand.tree, expression=second_operand.tree), value_type)


def _product(node: exp.Expression, scope: Scope) -> TypedNode:
    return TypedNode(exp.Mul(this=scope.double_tree(node.this), expression=scope.double_tree(node.expression)), "double")


def _quotient(node: exp.Expression, scope: Scope) -> TypedNode:
    divisor = exp.Nullif(this=scope.double_tree(node.expression), expression=exp.Literal.number(0))
    return TypedNode(ratio(scope.double_tree(node.this), divisor), "double")


def ratio(numerator: exp.Expression, divisor: exp.Expression) -> exp.Expression:
    """A division of doubles on every engine."""
    return exp.Div(this=numerator, expression=divisor, typed=False, safe=False)


def finite_or_null(tree: exp.Expression) -> TypedNode:
    """A double, NULL where it is no number or overflows."""
    for non_number in ("NaN", "Infinity", "-Infinity"):
        tree = exp.Nullif(this=tree, expression=exp.cast(exp.Literal.string(non_number), "double"))
    return TypedNode(tree, "double")


def _logarithm(node: exp.Expression, scope: Scope) -> TypedNode:
    zero = exp.Literal.number(0)
    nonnegative = exp.Greatest(this=scope.double_tree(node.this), expressions=[zero], ignore_nulls=True)
    return TypedNode(exp.Ln(this=exp.Nullif(this=nonnegative, expression=zero.copy())), "double")


def _real_function(node: exp.Expression, scope: Scope) -> TypedNode:
    return finite_or_null(type(node)(this=scope.double_tree(node.this)))


def _power(node: exp.Expression, scope: Scope) -> TypedNode:
    return finite_or_null(exp.Pow(this=scope.double_tree(node.this), expression=scope.double_tree(node.expression)))


def _rounding(node: exp.Expression, scope: Scope) -> TypedNode:
    value = scope.numeric_node(node.this)
    return TypedNode(exp.Round(this=value.tree, decimals=node.args.get("decimals") or exp.Literal.number(0)), value.type)


def _comparison(node: exp.Expression, scope: Scope) -> TypedNode:
    (first_operand, second_operand), _ = scope.nodes_of_one_type([node.this, node.expression])
    return TypedNode(type(node)(this=first_operand, expression=second_operand), "flag")


def _logical_connective(node: exp.Expression, scope: Scope) -> TypedNode:
    first_operand, second_operand = (scope.of_type(operand, "flag") for operand in (node.this, node.expression))
    return TypedNode(type(node)(this=first_operand, expression=second_operand), "flag")


def _negation(node: exp.Expression, scope: Scope) -> TypedNode:
    return TypedNode(exp.Not(this=scope.of_type(node.this, "flag")), "flag")


def _is_test(node: exp.Expression, scope: Scope) -> TypedNode:
    flag_node = scope.typed_node(node.this).tree
    if isinstance(node.expression, exp.Boolean):
        flag_node = scope.of_type(node.this, "flag")
    return TypedNode(exp.Is(this=flag_node, expression=node.expression.copy()), "flag")


def _list_membership(node: exp.Expression, scope: Scope) -> TypedNode:
    trees, _ = scope.nodes_of_one_type([node.this, *node.expressions])
    return TypedNode(exp.In(this=trees[0], expressions=trees[1:]), "flag")


def _between_bounds(node: exp.Expression, scope: Scope) -> TypedNode:
    (value, low, high), _ = scope.nodes_of_one_type([node.this, node.args["low"], node.args["high"]])
    return TypedNode(exp.Between(this=value, low=low, high=high), "flag")


def _pattern_match(node: exp.Expression, scope: Scope) -> TypedNode:
    return TypedNode(exp.Like(this=scope.of_type(node.this, "text"), expression=node.expression.copy()), "flag")


def _regular_expression(node: exp.Expression, scope: Scope) -> TypedNode:
    pattern = node.expression.name
    try:
        re.compile(pattern)
        is_valid = not re.search(r"\(\?|\\[1-9]", pattern)
    except (re.error, OverflowError):
        is_valid = False
    if not is_valid:
        raise_formula_error(scope.location, f"pattern {pattern!r} does not read; look-around and back references are not allowed",
               f"正则表达式 {pattern!r} 无法识别;不允许环视和反向引用")  # fmt: skip
    return TypedNode(exp.RegexpLike(this=scope.of_type(node.this, "text"), expression=node.expression.copy()), "flag")


def _case_when(node: exp.Expression, scope: Scope) -> TypedNode:
    branches = [node] if isinstance(node, exp.If) else node.args["ifs"]
    default_branch = node.args.get("false") if isinstance(node, exp.If) else node.args.get("default")
    trees, value_type = scope.nodes_of_one_type(
        [when_branch.args["true"] for when_branch in branches] + ([default_branch] if default_branch else [])
    )
    ifs = [exp.If(this=scope.of_type(when_branch.this, "flag"), true=tree) for when_branch, tree in zip(branches, trees)]
    return TypedNode(exp.Case(ifs=ifs, default=trees[-1] if default_branch else None), value_type)


def _common_type_call(node: exp.Expression, scope: Scope) -> TypedNode:
    """Coalesce, Greatest, Least."""
    trees, value_type = scope.nodes_of_one_type([node.this, *node.expressions])
    null_option = {"ignore_nulls": True} if isinstance(node, exp.Greatest | exp.Least) else {}
    return TypedNode(type(node)(this=trees[0], expressions=trees[1:], **null_option), value_type)


def _nullif(node: exp.Expression, scope: Scope) -> TypedNode:
    (first_operand, second_operand), value_type = scope.nodes_of_one_type([node.this, node.expression])
    return TypedNode(exp.Nullif(this=first_operand, expression=second_operand), value_type)


def _length(node: exp.Expression, scope: Scope) -> TypedNode:
    return TypedNode(exp.Length(this=scope.of_type(node.this, "text")), "integer")


def _substring_of(node: exp.Expression, scope: Scope) -> TypedNode:
    position_arguments = {
        argument_name: node.args[argument_name].copy() for argument_name in ("start", "length") if node.args.get(argument_name)
    }
    return TypedNode(exp.Substring(this=scope.of_type(node.this, "text"), **position_arguments), "text")


def _date_part(node: exp.Expression, scope: Scope) -> TypedNode:
    return TypedNode(type(node)(this=scope.of_type(node.this, "date")), "integer")


def _type_cast(node: exp.Expression, scope: Scope) -> TypedNode:
    value_type = CASTS[node.args["to"].this]
    value = scope.typed_node(node.this)
    if value_type == "date":
        return scope.date_node(node.this, value)
    sql_type = {"double": "double", "integer": "bigint", "text": "varchar"}[value_type]
    is_safe_cast = value_type == "text" or (value_type == "double" and value.type != "text")
    cast_node = exp.Cast if is_safe_cast else exp.TryCast
    return TypedNode(cast_node(this=value.tree, to=exp.DataType.build(sql_type)), value_type)


def lag_name(node: exp.Expression) -> str:
    """The column a lag(...) of an aggregate formula is read from."""
    offset = node.args.get("offset")
    return f"lag{offset.name if offset else 1}: {node.this.sql(dialect='duckdb')}"


def _lagged_value(node: exp.Expression, scope: Scope) -> TypedNode:
    value = scope.typed_node(node.this)
    if scope.lags_are_columns:
        return TypedNode(exp.column(lag_name(node), quoted=True), value.type)
    years = (node.args.get("offset") or exp.Literal.number(1)).name
    if scope.is_one_row and years == "1":
        return TypedNode(_value_of_row_before(value.tree, scope), value.type)
    window_bounds = {end: exp.Literal.number(years) for end in ("start", "end")} | {
        "start_side": "PRECEDING",
        "end_side": "PRECEDING",
    }
    window = _unit_window(exp.FirstValue(this=value.tree), scope)
    window.set("spec", exp.WindowSpec(kind="RANGE", **window_bounds))
    return TypedNode(window, value.type)


def _value_of_row_before(value: exp.Expression, scope: Scope) -> exp.Expression:
    """The value of the row before in the same unit where that is of the year before."""
    year = exp.column(scope.order, quoted=True)
    last_year = exp.Sub(this=year.copy(), expression=exp.Literal.number(1))
    follows = exp.EQ(this=_before(year, scope), expression=last_year)
    for name in scope.unit if scope.is_in_order else ():
        unit = exp.column(name, quoted=True)
        follows = exp.And(this=exp.EQ(this=_before(unit, scope), expression=unit.copy()), expression=follows)
    return exp.Case(ifs=[exp.If(this=follows, true=_before(value, scope))])


def _before(value: exp.Expression, scope: Scope) -> exp.Window:
    """The value of the row before: of any unit where the rows come in order, else in the same unit."""
    lagged_value = exp.Lag(this=value.copy())
    return exp.Window(this=lagged_value) if scope.is_in_order else _unit_window(lagged_value, scope)


def _unit_window(function: exp.Expression, scope: Scope) -> exp.Window:
    """A window function over the years of a unit."""
    return exp.Window(
        this=function,
        partition_by=[exp.column(unit_column, quoted=True) for unit_column in scope.unit],
        order=exp.Order(expressions=[exp.Ordered(this=exp.column(scope.order, quoted=True))]),
    )


ROW: dict[type[exp.Expression], Callable[[exp.Expression, Scope], TypedNode]] = {
    exp.Column: _column,
    exp.Literal: _literal_node,
    exp.Paren: lambda node, scope: scope.typed_node(node.this),
    exp.Null: lambda node, scope: TypedNode(exp.Null(), "null"),
    exp.Boolean: lambda node, scope: TypedNode(node.copy(), "flag"),
    exp.Neg: _same_type,
    exp.Abs: _same_type,
    exp.Floor: _same_type,
    exp.Ceil: _same_type,
    exp.Add: _sum_or_difference,
    exp.Sub: _sum_or_difference,
    exp.Mul: _product,
    exp.Div: _quotient,
    exp.Pow: _power,
    exp.Ln: _logarithm,
    exp.Exp: _real_function,
    exp.Sqrt: _real_function,
    exp.Round: _rounding,
    exp.EQ: _comparison,
    exp.NEQ: _comparison,
    exp.GT: _comparison,
    exp.GTE: _comparison,
    exp.LT: _comparison,
    exp.LTE: _comparison,
    exp.And: _logical_connective,
    exp.Or: _logical_connective,
    exp.Not: _negation,
    exp.Is: _is_test,
    exp.In: _list_membership,
    exp.Between: _between_bounds,
    exp.Like: _pattern_match,
    exp.RegexpLike: _regular_expression,
    exp.Case: _case_when,
    exp.If: _case_when,
    exp.Coalesce: _common_type_call,
    exp.Greatest: _common_type_call,
    exp.Least: _common_type_call,
    exp.Nullif: _nullif,
    exp.Length: _length,
    exp.Substring: _substring_of,
    exp.Year: _date_part,
    exp.Month: _date_part,
    exp.Day: _date_part,
    exp.Cast: _type_cast,
    exp.Lag: _lagged_value,
}
