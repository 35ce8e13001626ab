"""A plan as Spark SQL. Every node is on a list, with the arguments it may carry; what is not is refused when the plan is made.

That a text is accepted proves nothing, so each construct is executed on both engines in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from .node_rewrites import CALLS, REWRITES
from .plan_error import plan_error
from .plan_types import with_types

DIALECT = "duckdb, normalization_strategy=case_sensitive"
BOTH = ("this", "expression")
ONE = ("this",)
MANY = ("this", "expressions")
PLAN_NODES: dict[type[exp.Expression], tuple[str, ...]] = {
    exp.Select: (
        "with_", "expressions", "distinct", "from_", "joins", "where", "group", "having", "qualify", "windows", "order",
        "limit",
    ),
    exp.With: ("expressions",), exp.CTE: ("this", "alias"), exp.Subquery: ("this", "alias", "with_", "order", "limit"),
    exp.Union: ("this", "expression", "distinct", "by_name", "order", "limit", "with_"),
    exp.From: ONE, exp.Table: ("this", "alias"), exp.TableAlias: ONE, exp.Join: ("this", "on", "side", "kind"),
    exp.Where: ONE, exp.Group: ("expressions", "all"), exp.Having: ONE, exp.Qualify: ONE,
    exp.Order: MANY, exp.Ordered: ("this", "desc", "nulls_first"), exp.Limit: BOTH,
    exp.Alias: ("this", "alias"), exp.Column: ("this", "table"), exp.Identifier: ("this", "quoted"), exp.Star: (),
    exp.Literal: ("this", "is_string"), exp.Null: (), exp.Boolean: ONE, exp.Paren: ONE, exp.Var: ONE,
    exp.DataType: ("this", "expressions", "nested", "values"), exp.DataTypeParam: ONE,
    exp.And: BOTH, exp.Or: BOTH, exp.Not: ONE, exp.Is: BOTH, exp.In: ("this", "expressions", "query"),
    exp.Between: ("this", "low", "high"), exp.Like: (*BOTH, "negate"), exp.Exists: ONE,
    exp.EQ: BOTH, exp.NEQ: BOTH, exp.GT: BOTH, exp.GTE: BOTH, exp.LT: BOTH, exp.LTE: BOTH,
    exp.NullSafeEQ: BOTH, exp.NullSafeNEQ: BOTH,
    exp.Add: BOTH, exp.Sub: BOTH, exp.Mul: BOTH, exp.Div: (*BOTH, "typed", "safe"), exp.IntDiv: BOTH, exp.Mod: BOTH, exp.Neg: ONE,
    exp.BitwiseAnd: BOTH, exp.BitwiseOrAgg: ONE,
    exp.Case: ("ifs", "default"), exp.If: ("this", "true", "false"), exp.Coalesce: (*MANY, "is_nvl", "is_null"),
    exp.Nullif: BOTH, exp.Greatest: (*MANY, "ignore_nulls"), exp.Least: (*MANY, "ignore_nulls"),
    exp.Cast: ("this", "to"), exp.TryCast: ("this", "to", "safe"), exp.Abs: ONE, exp.Trunc: ONE, exp.Floor: ONE, exp.Ceil: ONE,
    exp.Round: ("this", "decimals"), exp.Ln: ONE, exp.Exp: ONE, exp.Sqrt: ONE, exp.Pow: BOTH, exp.Log: BOTH,
    exp.IsNan: ONE, exp.IsInf: ONE,
    exp.DPipe: (*BOTH, "safe"), exp.ConcatWs: ("this", "expressions", "safe", "coalesce"), exp.Length: ONE,
    exp.Lower: ONE, exp.Upper: ONE, exp.Trim: (*BOTH, "position"), exp.Substring: ("this", "start", "length"),
    exp.SplitPart: ("this", "delimiter", "part_index"), exp.Split: BOTH, exp.Explode: ONE,
    exp.Replace: ("this", "expression", "replacement"),
    exp.Contains: BOTH, exp.StartsWith: BOTH, exp.EndsWith: BOTH, exp.Unicode: ONE, exp.Chr: ("expressions",),
    exp.RegexpLike: BOTH, exp.RegexpFullMatch: BOTH, exp.RegexpReplace: (*BOTH, "replacement", "single_replace"),
    exp.Year: ONE, exp.Month: ONE, exp.Day: ONE,
    exp.Array: ("expressions",), exp.ArrayAgg: ONE, exp.ArrayContains: BOTH, exp.ArrayOverlaps: BOTH, exp.ArrayDistinct: ONE,
    exp.ArraySort: ("this", "nulls_first"), exp.ArrayFilter: BOTH, exp.Lambda: MANY, exp.Bracket: (*MANY, "offset"),
    exp.Sum: ONE, exp.Avg: ONE, exp.Min: ONE, exp.Max: ONE, exp.Count: ("this", "big_int"), exp.Distinct: ("expressions",),
    exp.Median: ONE, exp.PercentileCont: BOTH, exp.StddevSamp: ONE, exp.Variance: ONE, exp.LogicalOr: ONE, exp.LogicalAnd: ONE,
    exp.CountIf: ONE, exp.ArgMin: BOTH, exp.ArgMax: BOTH, exp.Filter: BOTH,
    exp.Window: ("this", "partition_by", "order", "spec", "over", "alias"), exp.FirstValue: ONE, exp.LastValue: ONE,
    exp.Lag: ("this", "offset"),
    exp.IgnoreNulls: ONE,
    exp.RowNumber: (), exp.WindowSpec: ("kind", "start", "start_side", "end", "end_side"),
}  # fmt: skip


class PlanGenerator(Spark.Generator):
    """Spark SQL of the tree as it is: sqlglot's own rewriting of QUALIFY loses the columns that it is ordered by."""

    TRANSFORMS: ClassVar = {node: text for node, text in Spark.Generator.TRANSFORMS.items() if node is not exp.Select}


JOIN_KINDS = {"", "SEMI", "ANTI", "INNER", "CROSS", "OUTER"}


def tables_of(tree: exp.Expression) -> set[str]:
    """The relations that a plan reads."""
    defined_names = {cte.alias for cte in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table)} - defined_names


def parsed_plan(sql: str | exp.Expression) -> exp.Expression:
    """The tree of a plan."""
    return sqlglot.parse_one(sql, dialect="duckdb") if isinstance(sql, str) else sql.copy()


def spark_sql(plan: str | exp.Expression, schema: Mapping[str, Mapping[str, str]]) -> str:
    """Spark SQL of a plan over relations with columns of these types; SetupError where Spark has no equal."""
    tree = parsed_plan(plan)
    tables = {table: dict(columns) for table, columns in schema.items()}
    try:
        tree = qualify(tree, dialect=DIALECT, schema=tables, quote_identifiers=True)
    except SqlglotError as fault:
        raise plan_error(f"a plan that cannot be resolved ({fault})", f"无法解析的语句({fault})") from fault
    _check_nodes(tree)
    tree = with_types(tree, tables, DIALECT)
    for union in list(tree.find_all(exp.Union)):
        _order_by_name(union)
    return PlanGenerator(dialect="spark").generate(_rewritten(tree))


def _check_nodes(tree: exp.Expression) -> None:
    for node in tree.walk():
        if isinstance(node, exp.Anonymous) and node.name.upper() in CALLS:
            continue
        arguments = PLAN_NODES.get(type(node))
        unknown_arguments = [
            name for name, value in node.args.items() if value not in (None, False, []) and name not in (arguments or ())
        ]
        if arguments is None or unknown_arguments or (isinstance(node, exp.Join) and node.kind not in JOIN_KINDS):
            snippet = f"{type(node).__name__} `{node.sql(dialect='duckdb')[:120]}`"
            raise plan_error(snippet, f" {snippet} ")


def _order_by_name(union: exp.Expression) -> None:
    """The second part's columns put in the order of the first, for what is joined by name."""
    if not union.args.get("by_name"):
        return
    first, second = union.this, union.expression
    columns = {column.alias_or_name: column for column in second.selects}
    if not isinstance(second.unnest(), exp.Select) or set(columns) != {column.alias_or_name for column in first.selects}:
        raise plan_error("UNION BY NAME of unlike columns", "列不同的 UNION BY NAME")
    second.unnest().set("expressions", [columns[column.alias_or_name] for column in first.selects])
    union.set("by_name", False)


def _rewritten(tree: exp.Expression) -> exp.Expression:
    """The tree with each node in Spark's form, from the leaves up."""
    for node in reversed(list(tree.walk(bfs=True))):
        rewrite = REWRITES.get(type(node)) or (CALLS.get(node.name.upper()) if isinstance(node, exp.Anonymous) else None)
        if rewrite is None:
            continue
        replacement = rewrite(node)
        if replacement is node:
            continue
        replacement.type = node.type
        if node is tree:
            tree = replacement
        else:
            node.replace(replacement)
    return tree
