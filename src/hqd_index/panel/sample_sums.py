"""Sums over all firms and over those never recognised, in one pass: groups are cut by sample, and the parts added up."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import sqlglot
from sqlglot import exp

from ..engines import Engine, quoted

ADDED_UP = {exp.Sum: "sum", exp.Count: "sum", exp.Max: "max", exp.Min: "min"}
"""Aggregates that are had from those of parts of the rows, and how."""


def is_additive(aggregate: str) -> bool:
    """Whether an aggregate formula is had from its aggregates over parts of the rows, to the last digit."""
    return all(_is_additive(node) for node in sqlglot.parse_one(aggregate, dialect="duckdb").find_all(exp.AggFunc))


def sums_of_samples(
    engine: Engine, rows: str, recognised: str, aggregates: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """unit, year and the additive `aggregates` (name -> SQL) over all rows with a unit, and over those not `recognised`."""
    part_names: dict[str, str] = {}
    totals = ", ".join(f"{_total(sql, part_names)} AS {quoted(name)}" for name, sql in aggregates.items())
    part_list = ", ".join(f"{sql} AS {name}" for sql, name in part_names.items())
    parts = engine.query(
        f"SELECT unit, year, {recognised} AS is_recognised, {part_list} FROM {rows} WHERE unit IS NOT NULL GROUP BY ALL"
    )
    queries = [
        f"SELECT unit, year, {totals} FROM {parts} WHERE {condition} GROUP BY unit, year ORDER BY unit, year"
        for condition in ("true", "NOT is_recognised")
    ]
    all_firms, never_recognised = map(engine.collect, queries)
    engine.drop([parts])
    return all_firms, never_recognised


def _is_additive(node: exp.Expression) -> bool:
    return type(node) in ADDED_UP and not isinstance(node.this, exp.Distinct | exp.Order)


def _total(aggregate: str, part_names: dict[str, str]) -> str:
    """The formula over columns of parts; `part_names` (SQL of an aggregate -> column) takes those that it adds."""
    tree = sqlglot.parse_one(aggregate, dialect="duckdb")
    for node in list(tree.find_all(exp.AggFunc)):
        part = node.parent if isinstance(node.parent, exp.Filter) else node
        name = part_names.setdefault(part.sql(dialect="duckdb"), f"part_{len(part_names)}")
        total = exp.func(ADDED_UP[type(node)], exp.column(name))
        tree = total if part is tree else tree
        if part is not tree:
            part.replace(total)
    return tree.sql(dialect="duckdb")
