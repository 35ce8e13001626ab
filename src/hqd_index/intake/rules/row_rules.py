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
    """A rule bound to a table: its SQL (true, false, or NULL = undecided), the columns a finding shows, its texts.

    `sql_in_order`: the SQL of one that looks at the row before, where the rows are known to come in the order of their key.
    """

    name: str
    rule: str
    severity: str
    sql: str
    columns: tuple[str, ...]
    text: Label
    mend: Label
    sql_in_order: str = ""


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
        sql_in_order = ""
        if is_one_row and expression.uses_lag:
            sql_in_order = row_sql(expression, column_types, partition=partition_columns, is_one_row=True, is_in_order=True)
        columns, name = rule.columns or tuple(sorted(expression.columns)), f"{rule.id}#{rule_index}"
        rules.append(BoundRule(name, rule.id, rule.severity, sql, columns, rule.text, rule.mend, sql_in_order))
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


@dataclass(frozen=True)
class TableRows:
    """The rows of a table as they came (a relation), its key, and which of them were taken out."""

    rows: str
    key: Sequence[str]
    removed_rids: pd.Series


def rule_flags(typed_rows: str, rules: Sequence[BoundRule], engine: Engine, came_from: TableRows | None = None) -> pd.DataFrame:
    """rid and one flag per rule (False where it is broken) for the rows that break any; undecided counts as true.

    `came_from`: what `typed_rows` are left of; rules that look at the row before are cheaper where it is in the order of its key.
    """
    if not rules:
        return pd.DataFrame({"rid": pd.Series(dtype="int64")})
    if came_from is not None and any(rule.sql_in_order for rule in rules):
        flags = _flags_in_order(typed_rows, rules, engine, came_from)
        if flags is not None:
            return flags
    flags_sql, all_hold_sql = _flags_sql({rule.name: rule.sql for rule in rules})
    return engine.collect(f"SELECT * FROM (SELECT rid, {flags_sql} FROM {typed_rows}) WHERE NOT ({all_hold_sql}) ORDER BY rid")


def _flags_in_order(typed_rows: str, rules: Sequence[BoundRule], engine: Engine, came_from: TableRows) -> pd.DataFrame | None:
    """The flags of rows that come in the order of their key, as most files have them; None where they do not.

    The engine follows them one by one only as they came. So units of which a row was taken out are judged apart.
    """
    units = [column for column in came_from.key if column != "year"]
    rows = engine.rows_in_order(came_from.rows, [*units, "year"])
    if rows is None:
        return None
    unit_list = ", ".join(map(quoted, units))
    same_unit = " AND ".join(f"g.{quoted(unit)} = f.{quoted(unit)}" for unit in units)
    removed = engine.scan(pd.DataFrame({"rid": came_from.removed_rids.astype("int64")}))
    gaps = f"rid IN (SELECT rid FROM {removed})" if len(came_from.removed_rids) else "false"
    gap_units = engine.query(f"SELECT DISTINCT {unit_list} FROM {came_from.rows} WHERE {gaps}")
    flags_sql, all_hold_sql = _flags_sql({rule.name: rule.sql_in_order or rule.sql for rule in rules})
    judged_rows = f"SELECT rid, {unit_list}, {flags_sql}, coalesce(is_next OR is_same, false) AS in_order FROM {rows}"
    flags = engine.collect(
        f"""SELECT f.* EXCLUDE ({unit_list}), g.{quoted(units[0])} IS NOT NULL AS has_gap FROM (
            SELECT * FROM ({judged_rows}) WHERE NOT (in_order AND {all_hold_sql})) AS f
        LEFT JOIN {gap_units} AS g ON {same_unit}"""
    )
    if (~flags.pop("in_order")).sum() > 1:  # the first row comes after none
        return None
    flags = flags[~flags.pop("has_gap") & ~flags[[rule.name for rule in rules]].all(axis=1)]
    if came_from.removed_rids.empty:
        return flags.sort_values("rid", ignore_index=True)
    rows_apart = engine.view(f"SELECT f.* FROM {typed_rows} AS f SEMI JOIN {gap_units} AS g ON {same_unit}")
    return pd.concat([flags, rule_flags(rows_apart, rules, engine)]).sort_values("rid", ignore_index=True)


def _flags_sql(rule_sql: Mapping[str, str]) -> tuple[str, str]:
    """The flags of the rules, and whether all of them hold."""
    flags = ", ".join(f"coalesce({sql}, true) AS {quoted(name)}" for name, sql in rule_sql.items())
    return flags, " AND ".join(map(quoted, rule_sql))


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
    return pd.DataFrame({"rid": flags["rid"].to_numpy()[rows], "name": pd.Categorical.from_codes(rule_places, pd.Index(names))})


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


def rules_of_severity(rules: Sequence[BoundRule], *severities: str) -> list[BoundRule]:
    """The rules of the given severities, in their order."""
    return [rule for rule in rules if rule.severity in severities]
