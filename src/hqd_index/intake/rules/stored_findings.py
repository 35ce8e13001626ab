"""Warnings of row rules: a frame, or, where they are too many for one, a relation of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import pandas as pd

from ...canonical import CanonicalTable
from ...engines import Engine, literal, quoted
from ..cells.column_reading import ParsedSource
from ..layout.sheet_texts import printed_rows_sql
from .row_rules import BoundRule, TableRows, printed_columns, rule_flags, rule_violations, violation_findings
from .rule_catalogue import joined_findings

FRAME_FINDINGS = 200_000
"""So many are a frame at most: a finding takes some 600 bytes there, with its texts, and warnings come by the million."""
RULE_COLUMNS = ("rule", "severity", "column", "expected_zh", "expected_en", "mend_zh", "mend_en")


@dataclass(frozen=True)
class RowWarnings:
    """Findings in a frame; or in a relation, as COLUMNS with `key` (the printed key of the row) and `place` (of the rule)."""

    frame: pd.DataFrame
    stored: str | None = None


def row_warnings(
    source: ParsedSource,
    typed_rows: str,
    rules: Sequence[BoundRule],
    key: Sequence[str],
    engine: Engine,
    came_from: TableRows | None = None,
) -> RowWarnings:
    """What `typed_rows` break of the rules, with the cells as they are in the file."""
    violations = rule_violations(rule_flags(typed_rows, rules, engine, came_from), rules)
    if len(violations) <= FRAME_FINDINGS:
        return RowWarnings(violation_findings(violations, rules, source.text_rows, engine, source.sheet_texts))
    return RowWarnings(joined_findings([]), _stored_findings(violations, rules, source, key, engine))


def _stored_findings(
    violations: pd.DataFrame, rules: Sequence[BoundRule], source: ParsedSource, key: Sequence[str], engine: Engine
) -> str:
    """A file of the findings; their cells are read in one pass."""
    places = {rule.name: place for place, rule in enumerate(rules)}
    broken = engine.scan(pd.DataFrame({"rid": violations["rid"], "place": violations["name"].map(places).astype("int32")}))
    text_columns = engine.types(source.text_rows)
    columns = [printed_columns(rule, text_columns) for rule in rules]
    keys = [column for column in key if column in text_columns]
    names = list(dict.fromkeys(chain(keys, *columns)))
    cells = " ".join(f"WHEN {place} THEN {_cells_sql(columns[place])}" for place in range(len(rules)))
    rule_table = engine.scan(_rule_rows(rules, columns))
    rule_columns = ", ".join(f"r.{quoted(column)}" for column in RULE_COLUMNS)
    with printed_rows_sql(source.text_rows, source.sheet_texts, violations["rid"], names, engine) as printed_rows:
        findings = engine.store(
            f"""SELECT p.rid, r.place, {rule_columns}, CASE r.place {cells} END AS "value", {key_sql(keys, "p.")} AS "key"
            FROM ({printed_rows}) AS p JOIN {broken} AS b ON b.rid = p.rid JOIN {rule_table} AS r ON r.place = b.place""",
            engine.new_name(),
        )
    engine.drop([broken])
    return findings


def _rule_rows(rules: Sequence[BoundRule], columns: Sequence[Sequence[str]]) -> pd.DataFrame:
    rows = [
        (place, rule.rule, rule.severity, ", ".join(columns[place]), rule.text.zh, rule.text.en, rule.mend.zh, rule.mend.en)
        for place, rule in enumerate(rules)
    ]
    return pd.DataFrame(rows, columns=["place", *RULE_COLUMNS]).astype({"place": "int32"})


def _cells_sql(columns: Sequence[str]) -> str:
    """The text of one column's cell, or 'a=..; b=..' of several, as `violation_findings` gives them."""
    if len(columns) == 1:
        return f"p.{quoted(columns[0])}"
    return " || '; ' || ".join(f"{literal(f'{column}=')} || coalesce(p.{quoted(column)}, '')" for column in columns)


def printed_key(table: CanonicalTable) -> tuple[str, ...]:
    """The columns by which a list of findings names a row."""
    return table.key or tuple(table.columns)[:2]


def key_sql(columns: Sequence[str], table: str = "") -> str:
    """The cells of a key as one text."""
    return f"concat_ws({', '.join([literal(' | '), *(f'{table}{quoted(column)}' for column in columns)])})"
