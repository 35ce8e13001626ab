"""Row rules in one SQL pass, judged by pandera: one check per rule on the row-id column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain

import numpy as np
import pandas as pd

from ...canonical import CanonicalTable
from ...engines import Engine, quoted
from ...expressions import parse, row_sql
from ...study.records import Label, Study
from ..cells.column_reading import SQL_TYPES, NumberType
from ..layout.sheet_texts import SheetTexts, printed_rows
from .rule_catalogue import COLUMNS, EXPECTATIONS, RULES, joined_findings, rule_findings

NULLS = {"text": "VARCHAR", "flag": "BOOLEAN", "date": "DATE", "integer": "DECIMAL(28,8)"}


@dataclass(frozen=True)
class BoundRule:
    """A rule bound to a table: its SQL (true, false, or NULL = undecided), the columns a finding shows, its texts."""

    name: str
    rule: str
    severity: str
    sql: str
    columns: tuple[str, ...]
    text: Label
    mend: Label


def bound_rules(
    study: Study, table_name: str, table: CanonicalTable, column_types: Mapping[str, str], *, has_unique_keys: bool = False
) -> list[BoundRule]:
    """Rules and ranges of a table against its types; ConfigError for an expression that cannot be computed."""
    partition_columns = [column for column in table.key if column != "year"]
    rules = [
        _range_rule(column, limits) for column, limits in study.rules.ranges.get(table_name, {}).items() if column in column_types
    ]
    for rule_index, rule in enumerate(rule for rule in study.rules.rules if rule.table == table_name):
        location = f"rules.yaml rules.{rule.id}"
        expression = parse(rule.check, columns=column_types, aggregate=False, location=location)
        is_one_row = has_unique_keys and "year" in table.key
        sql = row_sql(expression, column_types, partition=partition_columns, is_one_row=is_one_row)
        columns = rule.columns or tuple(sorted(expression.columns))
        rules.append(BoundRule(f"{rule.id}#{rule_index}", rule.id, rule.severity, sql, columns, rule.text, rule.mend))
    return rules


def limits_sql(number_sql: str, limits: tuple[float | None, float | None]) -> str:
    """Whether a number lies within [low, high], open where a side is None."""
    lower, upper = limits
    tests = [f"{number_sql} >= {lower!r}"] if lower is not None else []
    tests += [f"{number_sql} <= {upper!r}"] if upper is not None else []
    return " AND ".join(tests) or "true"


def _range_rule(column: str, limits: tuple[float | None, float | None]) -> BoundRule:
    return BoundRule(
        f"C02#{column}", "C02", "error", limits_sql(quoted(column), limits), (column,), _range_text(*limits), RULES["C02"].mend
    )


def _range_text(lower: float | None, upper: float | None) -> Label:
    """The numbers that are allowed, in words."""
    if lower is None and upper is None:
        return EXPECTATIONS["C02"]
    if upper is None:
        return Label(zh=f"不小于 {lower:g} 的数", en=f"a number of {lower:g} or more")
    if lower is None:
        return Label(zh=f"不大于 {upper:g} 的数", en=f"a number of {upper:g} or less")
    return Label(zh=f"{lower:g} 到 {upper:g} 之间的数", en=f"a number between {lower:g} and {upper:g}")


def with_all_columns(typed_rows: str, table: CanonicalTable, number_type: NumberType, engine: Engine) -> str:
    """A view of typed rows with a NULL for every canonical column they lack, so that every rule can be bound."""
    numbers = {**NULLS, "number": SQL_TYPES[number_type]}
    columns = engine.types(typed_rows)
    absent_columns = {column_name: column for column_name, column in table.columns.items() if column_name not in columns}
    nulls = "".join(
        f", CAST(NULL AS {numbers[column.dtype]}) AS {quoted(column_name)}" for column_name, column in absent_columns.items()
    )
    return engine.view(f"SELECT *{nulls} FROM {typed_rows}")


def rule_flags(typed_rows: str, rules: Sequence[BoundRule], engine: Engine) -> pd.DataFrame:
    """rid and one flag per rule (False where it is broken) for the rows that break any; undecided counts as true."""
    if not rules:
        return pd.DataFrame({"rid": pd.Series(dtype="int64")})
    flags = ", ".join(f"coalesce({rule.sql}, true) AS {quoted(rule.name)}" for rule in rules)
    all_hold_sql = " AND ".join(quoted(rule.name) for rule in rules)
    return engine.collect(f"SELECT * FROM (SELECT rid, {flags} FROM {typed_rows}) WHERE NOT ({all_hold_sql}) ORDER BY rid")


def rule_violations(flags: pd.DataFrame, rules: Sequence[BoundRule]) -> pd.DataFrame:
    """rid, name of every rule a row breaks, as pandera judges it: rows in their order, the names of each sorted.

    The checks are called one by one: a schema would report each failure, at fifty times the cost of the verdicts.
    """
    from ...pandera_checks import pa

    names = sorted(rule.name for rule in rules)
    if flags.empty:
        return pd.DataFrame({"rid": pd.Series(dtype="int64"), "name": pd.Series(dtype="str")})
    checks = [pa.Check(lambda ids, rule_name=name: flags.loc[ids.index, rule_name], name=name, ignore_na=False) for name in names]
    verdicts = np.column_stack([check(flags["rid"]).check_output for check in checks])
    rows, rule_places = np.nonzero(~verdicts)
    return pd.DataFrame({"rid": flags["rid"].to_numpy()[rows], "name": pd.array(names, dtype="str")[rule_places]})


def violation_findings(
    violations: pd.DataFrame, rules: Sequence[BoundRule], text_rows: str, engine: Engine, sheet_texts: SheetTexts | None = None
) -> pd.DataFrame:
    """Findings with the cells as they are in the file: one column's text, or 'a=..; b=..' for several."""
    rids_by_rule = dict(list(violations.groupby("name")["rid"]))
    broken_rules = [(rule, printed_columns(rule, engine.types(text_rows))) for rule in rules if rule.name in rids_by_rule]
    if not broken_rules:
        return pd.DataFrame(columns=list(COLUMNS))
    columns = list(dict.fromkeys(chain.from_iterable(columns for _, columns in broken_rules)))
    text_cells = printed_rows(text_rows, sheet_texts, violations["rid"], columns, engine)
    findings = []
    for rule, rule_columns in broken_rules:
        cell_rows = text_cells.loc[text_cells["rid"].isin(rids_by_rule[rule.name]), ["rid", *rule_columns]]
        cells = cell_rows[rule_columns[0]] if len(rule_columns) == 1 else _cells_text(cell_rows, rule_columns)
        cell_rows = pd.DataFrame({"rid": cell_rows["rid"], "column": ", ".join(rule_columns), "value": cells})
        findings.append(rule_findings(cell_rows, rule.rule, expectation=rule.text, remedy=rule.mend, severity=rule.severity))
    return joined_findings(findings)


def printed_columns(rule: BoundRule, text_columns: Mapping[str, str]) -> list[str]:
    """The columns that a rule names; the first of the table where it has none of them."""
    columns = [column_name for column_name in rule.columns if column_name in text_columns]
    return columns or [column_name for column_name in text_columns if column_name != "rid"][:1]


def _cells_text(text_cells: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """'a=..; b=..' of each row."""
    cells = [f"{column_name}=" + text_cells[column_name].fillna("").astype("str") for column_name in columns]
    return reduce(lambda text, cell: text + "; " + cell, cells)


def row_rule_findings(
    text_rows: str, typed_rows: str, rules: Sequence[BoundRule], engine: Engine, sheet_texts: SheetTexts | None = None
) -> pd.DataFrame:
    """Findings of every rule that a row of `typed_rows` breaks."""
    violations = rule_violations(rule_flags(typed_rows, rules, engine), rules)
    return violation_findings(violations, rules, text_rows, engine, sheet_texts)


def rules_of_severity(rules: Sequence[BoundRule], *severities: str) -> list[BoundRule]:
    """The rules of the given severities, in their order."""
    return [rule for rule in rules if rule.severity in severities]
