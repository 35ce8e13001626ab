"""Each node of a plan that Spark computes otherwise, as the Spark SQL that gives the embedded engine's result."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from .java_patterns import java_pattern
from .number_texts import day_of_text, double_text, fragment, number_literal, number_of_text, text_literal
from .plan_error import plan_error
from .plan_types import NUMBERS, Type, alternatives, common_kind, decimal_size, kind_of, sum_size

MAX_PRECISION = 38
WHOLE_DOUBLE = "9.0e15D"
"""Beyond it every DOUBLE is whole."""
FINE_DOUBLE = "1.0e7D"
"""Below it a DOUBLE tells eight decimals apart."""


def _refused(node: exp.Expression, reason: str = "") -> Exception:
    snippet = node.sql(dialect="duckdb")[:120]
    return plan_error(f"`{snippet}`{reason and ' '}{reason}", f" `{snippet}` ")


def _call(name: str, *arguments: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def _as_double(node: exp.Expression) -> exp.Expression:
    return node.copy() if kind_of(node) == "double" else exp.cast(node.copy(), "double")


# operators


def _quotient(node: exp.Expression) -> exp.Expression:
    """A quotient of doubles; the divisor 0 is a fault on Spark."""
    return exp.Div(this=_as_double(node.this), expression=_as_double(node.expression), typed=False, safe=False)


def _whole_quotient(node: exp.Expression) -> exp.Expression:
    if {kind_of(node.this), kind_of(node.expression)} != {"integer"}:
        raise _refused(node)
    return node


def _sum_of_two(node: exp.Expression) -> exp.Expression:
    """A sum or difference whose digits all fit; Spark would drop decimals in silence."""
    if kind_of(node) == "":
        raise _refused(node)
    if kind_of(node) != "decimal":
        return node
    first, second = decimal_size(node.this), decimal_size(node.expression)
    if first is None or second is None:
        raise _refused(node)
    precision, scale = sum_size(first, second)
    if precision <= MAX_PRECISION:
        return node
    sql_type = f"DECIMAL({MAX_PRECISION - 1}, {scale})"
    return type(node)(this=exp.cast(node.this.copy(), sql_type), expression=exp.cast(node.expression.copy(), sql_type))


def _product(node: exp.Expression) -> exp.Expression:
    if kind_of(node) != "decimal":
        return node
    first, second = decimal_size(node.this), decimal_size(node.expression)
    if first is None or second is None or first[0] + second[0] + 1 > MAX_PRECISION:
        raise _refused(node, "as a product of decimals")
    return node


def _comparison(node: exp.Expression) -> exp.Expression:
    """A comparison of like with like; a number in quotes beside a number is one."""
    for side, partner in (("this", "expression"), ("expression", "this")):
        if node.args[side].is_string and kind_of(node.args[partner]) in NUMBERS:
            node.set(side, number_literal(node.args[side]))
    kinds = {kind_of(node.this), kind_of(node.expression)} - {"null"}
    if "" in kinds or (len(kinds) > 1 and not kinds <= NUMBERS):
        raise _refused(node)
    return node


def _joined_texts(node: exp.Expression) -> exp.Expression:
    if not {kind_of(node.this), kind_of(node.expression)} <= {"text", "null"}:
        raise _refused(node)
    return node


def _branches(node: exp.Expression) -> exp.Expression:
    if not common_kind(alternatives(node)):
        raise _refused(node)
    return node


def _pattern_match(node: exp.Expression) -> exp.Expression:
    if not node.expression.is_string or "\\" in node.expression.name:
        raise _refused(node)
    return node


# casts


def _cast(node: exp.Expression) -> exp.Expression:
    target, kind, is_safe = node.args["to"], kind_of(node.this), isinstance(node, exp.TryCast)
    if not kind:
        raise _refused(node)
    if kind == "null":
        return exp.Cast(this=node.this.copy(), to=target.copy())
    if target.this in exp.DataType.TEXT_TYPES:
        if kind == "list":
            raise _refused(node)
        return double_text(node.this) if kind == "double" else exp.cast(node.this.copy(), "text")
    if target.this == Type.DATE:
        if kind in ("date", "time"):
            return node
        return day_of_text(node.this, is_safe=is_safe)
    if target.this == Type.BOOLEAN:
        return node
    if kind == "text":
        return number_of_text(node.this, target, is_safe=is_safe)
    return _number_cast(node, target, kind)


def _number_cast(node: exp.Expression, target: exp.DataType, kind: str) -> exp.Expression:
    """Whole numbers of others are rounded, not cut: halves of decimals away from zero, of doubles to even."""
    if kind not in (*NUMBERS, "flag"):
        raise _refused(node)
    if target.this in exp.DataType.INTEGER_TYPES and kind in ("decimal", "double"):
        rounded = fragment("round(_0, 0)" if kind == "decimal" else "rint(_0)", node.this)
        return type(node)(this=rounded, to=target.copy(), **({"safe": True} if isinstance(node, exp.TryCast) else {}))
    if target.this not in (*exp.DataType.INTEGER_TYPES, Type.DECIMAL, Type.DOUBLE):
        raise _refused(node)
    return node


# numbers


def _truncated(node: exp.Expression) -> exp.Expression:
    if kind_of(node.this) == "integer":
        return node.this.copy()
    cut = "CASE WHEN _0 < 0 THEN ceil(_0) ELSE floor(_0) END"
    return _whole(node.this, cut)


def _floor_or_ceiling(node: exp.Expression) -> exp.Expression:
    return _whole(node.this, f"{'floor' if isinstance(node, exp.Floor) else 'ceil'}(_0)")


def _whole(value: exp.Expression, sql: str) -> exp.Expression:
    """A whole number of the value's own type; Spark makes a BIGINT of a DOUBLE."""
    if kind_of(value) != "double":
        return fragment(sql, value)
    return fragment(f"CASE WHEN abs(_0) < {WHOLE_DOUBLE} THEN CAST({sql} AS DOUBLE) ELSE _0 END", value)


def _is_finite(node: exp.Expression) -> exp.Expression:
    value = node.expressions[0]
    return fragment("(NOT isnan(_0)) AND abs(_0) <> CAST('Infinity' AS DOUBLE)", _as_double(value))


def _logarithm(node: exp.Expression) -> exp.Expression:
    """The logarithm to the base 2, which is NULL on Spark where there is none."""
    if not (isinstance(node.this, exp.Literal) and node.this.name == "2" and node.expression):
        raise _refused(node)
    return _call("LOG2", node.expression)


def _is_not_a_number(node: exp.Expression) -> exp.Expression:
    return fragment("CASE WHEN _0 IS NOT NULL THEN isnan(_0) END", _as_double(node.this))


# texts


def _full_match(node: exp.Expression) -> exp.Expression:
    return _match(node, r"\A(?:{})\z")


def _partial_match(node: exp.Expression) -> exp.Expression:
    return _match(node, "{}")


def _match(node: exp.Expression, frame: str) -> exp.Expression:
    if not node.expression.is_string or node.args.get("flag"):
        raise _refused(node)
    flags, body = "(?d)", java_pattern(node.expression.name).removeprefix("(?d)")
    return fragment("_0 RLIKE _1", node.this, text_literal(flags + frame.replace("{}", body)))


def _replaced(node: exp.Expression) -> exp.Expression:
    """The first match replaced, which Spark does by a pattern that takes what is before it, too."""
    pattern, replacement = node.expression, node.args["replacement"]
    if not (pattern.is_string and replacement.is_string) or set("\\$") & set(replacement.name) or "(" in pattern.name:
        raise _refused(node)
    body = java_pattern(pattern.name).removeprefix("(?d)")
    if not node.args.get("single_replace"):
        return _call("REGEXP_REPLACE", node.this, text_literal("(?d)" + body), text_literal(replacement.name))
    if body.startswith("^"):
        return _call("REGEXP_REPLACE", node.this, text_literal(r"(?d)\A" + body[1:]), text_literal(replacement.name))
    first_match = text_literal(rf"(?d)\A((?s:.*?))(?:{body})")
    return _call("REGEXP_REPLACE", node.this, first_match, text_literal("$1" + replacement.name))


def _code_point(node: exp.Expression) -> exp.Expression:
    return fragment("CASE WHEN _0 = '' THEN -1 ELSE ascii(_0) END", node.this)


def _character(node: exp.Expression) -> exp.Expression:
    code = node.expressions[0]
    if not (isinstance(code, exp.Literal) and code.name.isdigit() and int(code.name) < 0x80):
        raise _refused(node)
    return text_literal(chr(int(code.name)))


def _length(node: exp.Expression) -> exp.Expression:
    kind = kind_of(node.this)
    if kind == "list":
        return fragment("CASE WHEN _0 IS NULL THEN NULL ELSE size(_0) END", node.this)
    if kind != "text":
        raise _refused(node)
    return node


def _split(node: exp.Expression) -> exp.Expression:
    if not node.expression.is_string or "\\E" in node.expression.name:
        raise _refused(node)
    return _call("SPLIT", node.this, text_literal(f"\\Q{node.expression.name}\\E"))


# aggregates and windows


def _sum(node: exp.Expression) -> exp.Expression:
    """Sums of decimals are exact in any order; those of doubles follow none on Spark."""
    return type(node)(this=node.this.this.copy()) if isinstance(node.this, exp.Order) else node


def _median(node: exp.Expression) -> exp.Expression:
    """The middle as a double; that of decimals keeps their scale and is cut to it where it lies halfway between two numbers."""
    middle = _call("PERCENTILE", _as_double(node.this), exp.Literal.number("0.5"))
    if kind_of(node.this) in ("double", "integer"):
        return middle
    size = decimal_size(node.this)
    if kind_of(node.this) != "decimal" or size is None or isinstance(node.parent, exp.Filter | exp.Window):
        raise _refused(node)
    grid = exp.Literal.number(f"1e{size[1]}")
    cut = f"CASE WHEN abs(_0) < {FINE_DOUBLE} THEN round(_0 * _1 - 0.25D) / _1 ELSE _0 END"
    return exp.cast(fragment(cut, middle, exp.cast(grid, "double")), f"DECIMAL({size[0]}, {size[1]})")


def _quantile(node: exp.Expression) -> exp.Expression:
    if kind_of(node.this) != "double":
        raise _refused(node, "of decimals")
    return _call("PERCENTILE", _as_double(node.this), node.expression)


def _least_by(node: exp.Expression) -> exp.Expression:
    """The value where another is least or greatest, of the rows that have both."""
    if isinstance(node.parent, exp.Filter | exp.Window) or node.args.get("count"):
        raise _refused(node)
    name = "min_by" if isinstance(node, exp.ArgMin) else "max_by"
    present = fragment("_0 IS NOT NULL AND _1 IS NOT NULL", node.this, node.expression)
    return exp.Filter(this=_call(name, node.this, node.expression), expression=exp.Where(this=present))


def _filter(node: exp.Expression) -> exp.Expression:
    """A filtered aggregate over a window has its filter in its argument; a list of nothing is NULL."""
    if isinstance(node.this, exp.ArrayAgg):
        return _list_or_null(node.this, node.expression.this)
    if not isinstance(node.parent, exp.Window):
        return node
    if not isinstance(node.this, exp.Min | exp.Max | exp.Sum | exp.Count) or isinstance(node.this.this, exp.Star | exp.Distinct):
        raise _refused(node)
    chosen = exp.Case(ifs=[exp.If(this=node.expression.this.copy(), true=node.this.this.copy())])
    return type(node.this)(this=chosen)


def _list(node: exp.Expression) -> exp.Expression:
    return node if isinstance(node.parent, exp.Filter) else _list_or_null(node, exp.true())


def _list_or_null(node: exp.Expression, condition: exp.Expression) -> exp.Expression:
    """Spark's list has no NULL in it: the same is a list of distinct values, or of cells that are there."""
    parent = node.parent.parent if isinstance(node.parent, exp.Filter) else node.parent
    is_there = exp.Is(this=node.this, expression=exp.null()).not_()
    is_same = isinstance(parent, exp.ArrayDistinct) or is_there in condition.flatten()
    if not is_same or isinstance(node.this, exp.Order | exp.Distinct):
        raise _refused(node)
    return fragment("CASE WHEN count_if(_1) > 0 THEN collect_list(_0) FILTER (WHERE _1) END", node.this, condition)


def _element(node: exp.Expression) -> exp.Expression:
    (position,) = node.expressions
    if not (isinstance(position, exp.Literal) and position.name.isdigit()):
        raise _refused(node)
    index = int(position.name) + (0 if node.args.get("offset") == 1 else 1)
    return _call("try_element_at", node.this, exp.Literal.number(index))


def _count(node: exp.Expression) -> exp.Expression:
    if isinstance(node.this, exp.Distinct) and len(node.this.expressions) != 1:
        raise _refused(node)
    return node


REWRITES: dict[type[exp.Expression], Callable[[exp.Expression], exp.Expression]] = {
    exp.Div: _quotient,
    exp.IntDiv: _whole_quotient,
    exp.Add: _sum_of_two,
    exp.Sub: _sum_of_two,
    exp.Mul: _product,
    exp.EQ: _comparison,
    exp.NEQ: _comparison,
    exp.GT: _comparison,
    exp.GTE: _comparison,
    exp.LT: _comparison,
    exp.LTE: _comparison,
    exp.NullSafeEQ: _comparison,
    exp.NullSafeNEQ: _comparison,
    exp.DPipe: _joined_texts,
    exp.Case: _branches,
    exp.Coalesce: _branches,
    exp.Like: _pattern_match,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.IsNan: _is_not_a_number,
    exp.Log: _logarithm,
    exp.Trunc: _truncated,
    exp.Floor: _floor_or_ceiling,
    exp.Ceil: _floor_or_ceiling,
    exp.RegexpFullMatch: _full_match,
    exp.RegexpLike: _partial_match,
    exp.RegexpReplace: _replaced,
    exp.Unicode: _code_point,
    exp.Chr: _character,
    exp.Length: _length,
    exp.Split: _split,
    exp.Sum: _sum,
    exp.StddevSamp: _sum,
    exp.Variance: _sum,
    exp.Median: _median,
    exp.PercentileCont: _quantile,
    exp.ArgMin: _least_by,
    exp.ArgMax: _least_by,
    exp.Filter: _filter,
    exp.ArrayAgg: _list,
    exp.Bracket: _element,
    exp.ArrayOverlaps: lambda node: _call("ARRAYS_OVERLAP", node.this, node.expression),
    exp.Count: _count,
}
CALLS: dict[str, Callable[[exp.Expression], exp.Expression]] = {"ISFINITE": _is_finite}
"""Functions that the grammar knows by name alone."""
