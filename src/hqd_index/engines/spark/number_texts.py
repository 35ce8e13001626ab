"""Numbers as texts and texts as numbers on Spark, character by character as the embedded engine has them.

Spark alone reads `5d` as 5 and writes 1e16 as 1.0E16. The one text read otherwise is `+-1`, which the embedded engine takes for a
DOUBLE and which intake refuses before either engine casts it.
"""

from __future__ import annotations

import re
from functools import lru_cache

import sqlglot
from sqlglot import exp

from .plan_error import plan_error

DIGITS = r"[0-9]+(?:_[0-9]+)*"
NUMBER = rf"(?:{DIGITS}\.?(?:{DIGITS})?|\.{DIGITS})(?:[eE][-+]?[0-9]+)?"
BLANK = r"[ \t\n\x0b\f\r]*"
PLAIN_NUMBER = rf"\A{BLANK}[-+]?{NUMBER}{BLANK}\z"
SPECIAL_NUMBER = rf"\A{BLANK}[-+]?(?i:inf|infinity|nan){BLANK}\z"
HEXADECIMAL = rf"\A{BLANK}[-+]?0[xXbB]"
DAY = r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z"
LARGEST_PLAIN = "1e16D"
SMALLEST_PLAIN = "1e-4D"


@lru_cache
def _template(sql: str) -> exp.Expression:
    return sqlglot.parse_one(sql, dialect="spark")


def fragment(sql: str, *operands: exp.Expression) -> exp.Expression:
    """A piece of Spark SQL with the operands in the places of `_0`, `_1` ..."""
    tree = exp.Paren(this=_template(sql).copy())
    for column in list(tree.find_all(exp.Column)):
        if not column.table and column.name[1:].isdigit() and column.name.startswith("_"):
            column.replace(operands[int(column.name[1:])].copy())
    return tree


def text_literal(content: str) -> exp.Expression:
    """A text as a node."""
    return exp.Literal.string(content)


def number_literal(text: exp.Expression) -> exp.Expression:
    """A number that is written in quotes, as one without."""
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text.name):
        raise plan_error(f"the number {text.name!r}", f"数值 {text.name!r}")
    number: exp.Expression = exp.Literal.number(text.name.removeprefix("-"))
    return exp.Neg(this=number) if text.name.startswith("-") else number


def double_text(value: exp.Expression) -> exp.Expression:
    """A DOUBLE as text: the shortest digits, plain between 1e-4 and 1e16."""
    mantissa = r"regexp_replace(split_part(CAST(_0 AS STRING), 'E', 1), '[.]0$', '')"
    exponent = "split_part(CAST(_0 AS STRING), 'E', 2)"
    digits = f"CAST(abs(CAST({exponent} AS INT)) AS STRING)"
    scientific = (
        f"concat({mantissa}, 'e', CASE WHEN {exponent} LIKE '-%' THEN '-' ELSE '+' END, "
        f"CASE WHEN length({digits}) < 2 THEN '0' ELSE '' END, {digits})"
    )
    plain_digits = "regexp_replace(CAST(CAST(CAST(_0 AS STRING) AS DECIMAL(38,21)) AS STRING), '0+$', '')"
    plain = f"CASE WHEN {plain_digits} LIKE '%.' THEN concat({plain_digits}, '0') ELSE {plain_digits} END"
    return fragment(
        "CASE WHEN isnan(_0) THEN 'nan' WHEN _0 = CAST('Infinity' AS DOUBLE) THEN 'inf' "
        "WHEN _0 = CAST('-Infinity' AS DOUBLE) THEN '-inf' "
        f"WHEN _0 = 0 OR (abs(_0) >= {SMALLEST_PLAIN} AND abs(_0) < {LARGEST_PLAIN}) THEN {plain} ELSE {scientific} END",
        value,
    )


def number_of_text(text: exp.Expression, target: exp.DataType, *, is_safe: bool) -> exp.Expression:
    """The number in a text; what is none is NULL when safe, a fault otherwise."""
    plain_text = fragment("trim(BOTH _1 FROM replace(_0, '_', ''))", text, text_literal(" \t\n\x0b\f\r"))
    kind = target.this
    if kind == exp.DataType.Type.DOUBLE:
        special = "CASE WHEN _0 RLIKE _3 THEN try_cast(lower(_2) AS DOUBLE) END"
        number = fragment(
            f"CASE WHEN _0 RLIKE _1 THEN try_cast(_2 AS DOUBLE) ELSE {special} END",
            text, text_literal(PLAIN_NUMBER), plain_text, text_literal(SPECIAL_NUMBER),
        )  # fmt: skip
    elif kind == exp.DataType.Type.DECIMAL:
        number = _when_plain(text, exp.TryCast(this=plain_text, to=target.copy(), safe=True))
    elif kind in exp.DataType.INTEGER_TYPES:
        rounded = fragment("round(try_cast(_0 AS DECIMAL(38,10)), 0)", plain_text)
        number = _when_plain(text, exp.TryCast(this=rounded, to=target.copy(), safe=True))
        number = fragment(
            "CASE WHEN _0 RLIKE _1 THEN raise_error('hexadecimal') ELSE _2 END", text, text_literal(HEXADECIMAL), number
        )
    else:
        raise plan_error(f"a cast of text to {target.sql()}", f"文本到 {target.sql()} 的转换")
    return number if is_safe else _or_fault(text, number)


def day_of_text(text: exp.Expression, *, is_safe: bool) -> exp.Expression:
    """The day that a text of the form 2024-12-31 names."""
    day = fragment("CASE WHEN _0 RLIKE _1 THEN try_cast(_0 AS DATE) END", text, text_literal(DAY))
    return day if is_safe else _or_fault(text, day)


def _when_plain(text: exp.Expression, number: exp.Expression) -> exp.Expression:
    return fragment("CASE WHEN _0 RLIKE _1 THEN _2 END", text, text_literal(PLAIN_NUMBER), number)


def _or_fault(text: exp.Expression, value: exp.Expression) -> exp.Expression:
    return fragment(
        "CASE WHEN _0 IS NULL THEN NULL ELSE coalesce(_1, raise_error(concat('no such value: ', _0))) END", text, value
    )
