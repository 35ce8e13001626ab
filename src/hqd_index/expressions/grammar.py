"""A formula's text -> a tree in which every node, every argument and every column is known; nothing else ever runs."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

from ..errors import ConfigError, unknown

MAX_LENGTH = 2000
MAX_DEPTH = 100
MAX_LAG = 10

BINARY_ARGUMENTS = ("this", "expression")
AGGREGATES: dict[type[exp.Expression], tuple[str, ...]] = {
    exp.Sum: ("this",), exp.Avg: ("this",), exp.Min: ("this",), exp.Max: ("this",), exp.Count: ("this", "big_int"),
    exp.Median: ("this",), exp.PercentileCont: BINARY_ARGUMENTS, exp.StddevSamp: ("this",), exp.Variance: ("this",),
}  # fmt: skip
# node -> the arguments it may carry; an argument that is set and not named here is refused with its node
ALLOWED_NODES: dict[type[exp.Expression], tuple[str, ...]] = AGGREGATES | {
    exp.Column: ("this",),
    exp.Identifier: ("this", "quoted"),
    exp.Literal: ("this", "is_string"),
    exp.Null: (),
    exp.Boolean: ("this",),
    exp.Star: (),
    exp.Paren: ("this",),
    exp.Neg: ("this",),
    exp.Add: BINARY_ARGUMENTS,
    exp.Sub: BINARY_ARGUMENTS,
    exp.Mul: BINARY_ARGUMENTS,
    exp.Div: (*BINARY_ARGUMENTS, "typed", "safe"),
    exp.Pow: BINARY_ARGUMENTS,
    exp.EQ: BINARY_ARGUMENTS,
    exp.NEQ: BINARY_ARGUMENTS,
    exp.GT: BINARY_ARGUMENTS,
    exp.GTE: BINARY_ARGUMENTS,
    exp.LT: BINARY_ARGUMENTS,
    exp.LTE: BINARY_ARGUMENTS,
    exp.And: BINARY_ARGUMENTS,
    exp.Or: BINARY_ARGUMENTS,
    exp.Not: ("this",),
    exp.Is: BINARY_ARGUMENTS,
    exp.In: ("this", "expressions"),
    exp.Between: ("this", "low", "high"),
    exp.Like: BINARY_ARGUMENTS,
    exp.RegexpLike: BINARY_ARGUMENTS,
    exp.Case: ("ifs", "default"),
    exp.If: ("this", "true", "false"),
    exp.Coalesce: ("this", "expressions"),
    exp.Nullif: BINARY_ARGUMENTS,
    exp.Greatest: ("this", "expressions", "ignore_nulls"),
    exp.Least: ("this", "expressions", "ignore_nulls"),
    exp.Abs: ("this",),
    exp.Ln: ("this",),
    exp.Exp: ("this",),
    exp.Sqrt: ("this",),
    exp.Round: ("this", "decimals"),
    exp.Floor: ("this",),
    exp.Ceil: ("this",),
    exp.Length: ("this",),
    exp.Substring: ("this", "start", "length"),
    exp.Year: ("this",),
    exp.Month: ("this",),
    exp.Day: ("this",),
    exp.Cast: ("this", "to"),
    exp.DataType: ("this",),
    exp.Filter: BINARY_ARGUMENTS,
    exp.Where: ("this",),
    exp.Distinct: ("expressions",),
    exp.Lag: ("this", "offset"),
}
CASTS = {
    exp.DataType.Type.DOUBLE: "double", exp.DataType.Type.INT: "integer", exp.DataType.Type.BIGINT: "integer",
    exp.DataType.Type.TEXT: "text", exp.DataType.Type.VARCHAR: "text", exp.DataType.Type.DATE: "date",
}  # fmt: skip
FUNCTIONS = (
    "sum", "avg", "min", "max", "count", "median", "quantile_cont", "stddev_samp", "var_samp", "lag", "abs", "ln", "exp",
    "sqrt", "power", "round", "floor", "ceil", "greatest", "least", "coalesce", "nullif", "if", "case", "cast", "length",
    "substr", "regexp_matches", "year", "month", "day",
)  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """A checked formula; `columns` are those it names, `where` the place it was written at.

    `partial_sum`: a sum alone takes the rows present where some are blank.
    """

    text: str
    tree: exp.Expression
    columns: frozenset[str]
    aggregate: bool
    uses_lag: bool
    location: str = ""
    partial_sum: bool = False

    @property
    def uses_quantile(self) -> bool:
        """Whether an aggregate holds every value of its group."""
        return self.tree.find(exp.Median, exp.PercentileCont) is not None


def parse(
    formula_text: str, *, columns: Collection[str] | None, aggregate: bool, location: str = "", partial_sum: bool = False
) -> Expression:
    """The checked tree of one expression; ConfigError for anything outside the language. `columns=None`: any name."""
    tree = _parsed_tree(str(formula_text), location)
    for node in _syntax_nodes(tree, location):
        _check_node(node, location)
        if isinstance(node, exp.Column):
            _check_column(node, columns, location)
    _check_aggregation(tree, aggregate, location)
    names = frozenset(column.name for column in tree.find_all(exp.Column))
    return Expression(str(formula_text), tree, names, aggregate, tree.find(exp.Lag) is not None, location, partial_sum)


def raise_formula_error(location: str, en: str, zh: str) -> NoReturn:
    """Raise the ConfigError of a formula."""
    raise ConfigError(en, zh=zh, location=location)


def snippet(node: exp.Expression) -> str:
    """The part of a formula a message shows."""
    formula_text = node.sql(dialect="duckdb", comments=False)
    return formula_text if len(formula_text) <= 60 else formula_text[:57] + "..."


def _parsed_tree(formula_text: str, location: str) -> exp.Expression:
    if len(formula_text) > MAX_LENGTH:
        raise_formula_error(
            location,
            f"formula of {len(formula_text)} characters; at most {MAX_LENGTH}. Split it with columns.yaml",
            f"公式长 {len(formula_text)} 个字符,上限 {MAX_LENGTH};请用 columns.yaml 拆成几列",
        )
    try:
        _check_tokens(formula_text, location)
        tree = sqlglot.parse_one(formula_text, read="duckdb", into=exp.Condition)
    except (
        SqlglotError,
        RecursionError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:  # its own slips, too
        reason = "nested too deeply" if isinstance(error, RecursionError) else "it does not read as one expression"
        reason_zh = "嵌套过深" if isinstance(error, RecursionError) else "不是一个完整的表达式"
        wide_sign = _full_width(formula_text)
        suggestion = f"; write {wide_sign[0]!r} as {wide_sign[1]!r}" if wide_sign else ""
        hint_zh = f";请把 {wide_sign[0]!r} 改为半角 {wide_sign[1]!r}" if wide_sign else ";请检查括号、引号和运算符"
        raise_formula_error(
            location,
            f"not a formula: {formula_text[:80]!r}: {reason}{suggestion}",
            f"不是公式:{formula_text[:80]!r}:{reason_zh}{hint_zh}",
        )
    return tree


EMPTY_ARGUMENTS = (("(", ","), (",", ","), (",", ")"))
"""Signs with nothing between them, which the parser would pass over: if(a, , 2) is not if(a, 2)."""


def _check_tokens(formula_text: str, location: str) -> None:
    depth, previous_text = 0, ""
    for token in sqlglot.tokenize(formula_text, read="duckdb"):
        if token.comments or token.token_type is TokenType.SEMICOLON:
            raise_formula_error(location, f"comments and ';' are not allowed in a formula: {formula_text[:80]!r}",
                   f"公式里不能有注释或分号:{formula_text[:80]!r}")  # fmt: skip
        if (previous_text, token.text) in EMPTY_ARGUMENTS and token.token_type in (TokenType.COMMA, TokenType.R_PAREN):
            raise_formula_error(location, f"a comma with nothing on one side: {formula_text[:80]!r}; write the argument or "
                   "delete the comma", f"逗号一侧缺少内容:{formula_text[:80]!r};请补上参数或删去逗号")  # fmt: skip
        previous_text = "" if token.token_type == TokenType.STRING else token.text
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth > MAX_DEPTH // 2:
            raise RecursionError
    if "--" in formula_text or "/*" in formula_text:
        raise_formula_error(
            location,
            f"'--' and '/*' are not allowed in a formula: {formula_text[:80]!r}",
            f"公式里不能有 -- 或 /*:{formula_text[:80]!r}",
        )


def _full_width(formula_text: str) -> tuple[str, str] | None:
    """The first full-width sign of a formula and what was meant."""
    signs = {"\u2018": "'", "\u2019": "'", "\u201c": "'", "\u201d": "'", "≥": ">=", "≤": "<=", "≠": "<>", "×": "*", "÷": "/"}
    for character in formula_text:
        ascii_sign = signs.get(character) or unicodedata.normalize("NFKC", character)
        if character != ascii_sign and ascii_sign.isascii():
            return character, ascii_sign
    return None


def _syntax_nodes(tree: exp.Expression, location: str) -> Iterator[exp.Expression]:
    stack = [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise_formula_error(location, f"formula nested deeper than {MAX_DEPTH}; split it with columns.yaml",
                   f"公式嵌套超过 {MAX_DEPTH} 层;请用 columns.yaml 拆成几列")  # fmt: skip
        yield node
        stack.extend((child, depth + 1) for child in node.iter_expressions())


def _check_node(node: exp.Expression, location: str) -> None:
    if isinstance(node, exp.Anonymous):
        en, zh = unknown("function", str(node.this), FUNCTIONS, kind_zh="函数")
        raise_formula_error(location, en, zh)
    allowed_arguments = ALLOWED_NODES.get(type(node))
    extra_args = [
        argument_name
        for argument_name, argument_node in node.args.items()
        if argument_node not in (None, False, []) and argument_name not in (allowed_arguments or ())
    ]
    shape_test = SHAPES.get(type(node))
    if allowed_arguments is None or extra_args or (shape_test is not None and not shape_test(node)):
        function_names = ", ".join(FUNCTIONS)
        raise_formula_error(
            location,
            f"not allowed in a formula: {snippet(node)}; use arithmetic, comparisons, and/or/not, in, between, "
            f"like, is null and {function_names}",
            f"公式里不能用:{snippet(node)};可用四则运算、比较、and/or/not、in、between、like、is null 和 {function_names}",
        )


def _is_literal(node: object, *, string: bool) -> bool:
    return isinstance(node, exp.Literal) and node.is_string == string


def _integer_between(node: object, low: int, high: int) -> bool:
    return node is None or (
        isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit() and low <= int(node.name) <= high
    )


def _is_readable(literal: exp.Literal) -> bool:
    """Whether a literal is a text or a finite number; the parser takes 0.e and 1e400 for numbers, too."""
    if literal.is_string:
        return True
    try:
        return math.isfinite(float(literal.name))
    except ValueError:
        return False


def _unit_interval(node: object) -> bool:
    return isinstance(node, exp.Literal) and _is_literal(node, string=False) and _is_readable(node) and 0 <= float(node.name) <= 1


def _exponent(node: object) -> bool:
    return _is_literal(node.this if isinstance(node, exp.Neg) else node, string=False)


SHAPES = {
    exp.Literal: _is_readable,
    exp.Count: lambda n: n.this is not None and not isinstance(n.this, exp.Null),
    exp.Star: lambda n: isinstance(n.parent, exp.Count),
    exp.Distinct: lambda n: isinstance(n.parent, exp.Count) and len(n.expressions) == 1,
    exp.Filter: lambda n: type(n.this) in AGGREGATES and isinstance(n.expression, exp.Where),
    exp.Where: lambda n: isinstance(n.parent, exp.Filter),
    exp.Lag: lambda n: _integer_between(n.args.get("offset"), 1, MAX_LAG),
    exp.Is: lambda n: isinstance(n.expression, exp.Null | exp.Boolean),
    exp.In: lambda n: bool(n.expressions),
    exp.PercentileCont: lambda n: _unit_interval(n.expression),
    exp.Pow: lambda n: _exponent(n.expression),
    exp.Round: lambda n: _integer_between(n.args.get("decimals"), 0, 8),
    exp.Substring: lambda n: (
        n.args.get("start") is not None and all(_integer_between(n.args.get(a), 0, 1000) for a in ("start", "length"))
    ),
    exp.Like: lambda n: _is_literal(n.expression, string=True),
    exp.RegexpLike: lambda n: _is_literal(n.expression, string=True),
    exp.DataType: lambda n: n.this in CASTS,
    exp.Identifier: lambda n: isinstance(n.parent, exp.Column),
}


def _check_column(node: exp.Column, columns: Collection[str] | None, location: str) -> None:
    if columns is not None and node.name not in columns:
        wide_sign = _full_width(node.name)
        if wide_sign:
            raise_formula_error(
                location,
                f"{node.name!r}: write {wide_sign[0]!r} as {wide_sign[1]!r}",
                f"{node.name!r}:请把 {wide_sign[0]!r} 改为半角 {wide_sign[1]!r}",
            )
        en, zh = unknown("column", node.name, columns, kind_zh="列")
        raise_formula_error(location, en, zh)


def _check_aggregation(tree: exp.Expression, aggregate: bool, location: str) -> None:
    aggregate_types = tuple(AGGREGATES)
    aggregates = list(tree.find_all(*aggregate_types))
    if aggregates and not aggregate:
        raise_formula_error(
            location,
            f"{snippet(aggregates[0])} sums over rows; this formula is worked out row by row: no sum, avg, ...",
            f"{snippet(aggregates[0])} 是汇总函数;此处的公式逐行计算,请不要用 sum、avg 等",
        )
    for node in tree.find_all(*aggregate_types, exp.Lag):
        enclosing_aggregate = (
            node.find_ancestor(exp.Lag) if isinstance(node, exp.Lag) else node.find_ancestor(*aggregate_types, exp.Lag, exp.Where)
        )
        if enclosing_aggregate is not None:
            raise_formula_error(
                location,
                f"{snippet(node)} cannot be used inside {snippet(enclosing_aggregate)}; for two years back write lag(x, 2)",
                f"{snippet(node)} 不能写在 {snippet(enclosing_aggregate)} 里面;若要前两年的值请写 lag(x, 2)",
            )
    if aggregate:
        _check_all_summed(tree, aggregates, location)


def _check_all_summed(tree: exp.Expression, aggregates: list[exp.Expression], location: str) -> None:
    if not aggregates:
        raise_formula_error(location, f"{snippet(tree)} sums nothing; an indicator needs sum(...), avg(...), count(*) ...",
               f"{snippet(tree)} 没有汇总;指标公式需要 sum(...)、avg(...)、count(*) 等")  # fmt: skip
    for column in tree.find_all(exp.Column):
        if column.find_ancestor(*AGGREGATES, exp.Filter) is None:
            raise_formula_error(location, f"column {column.name} is outside sum, avg, ...; write for example sum({column.name})",
                   f"列 {column.name} 没有放在汇总函数里;例如请写 sum({column.name})")  # fmt: skip
