"""Rules that look at several rows of a table: status over time, shares of one focal firm, kinds of statement."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ...engines import Engine, literal, quoted
from ...errors import DataError
from .rule_catalogue import joined_findings, rule_findings

FOCAL = "CASE WHEN focal = 'supplier' THEN supplier_id ELSE customer_id END, year, focal"


@dataclass(frozen=True)
class CrossRow:
    """A rule whose broken rows a query gives (`rid` from `{rows}`); it needs `columns` and shows the first."""

    table: str
    columns: tuple[str, ...]
    sql: str


CROSS_ROW: dict[str, CrossRow] = {
    "E11": CrossRow(
        "firms",
        ("srdi_ever", "firm_id", "year"),
        """SELECT rid FROM (SELECT rid, srdi_ever, bool_or(srdi_ever) OVER (PARTITION BY firm_id ORDER BY year
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM {rows}) WHERE before AND NOT srdi_ever""",
    ),
    "LK02": CrossRow(
        "links",
        ("share", "supplier_id", "customer_id", "year", "focal"),
        f"SELECT rid FROM (SELECT rid, sum(share) OVER (PARTITION BY {FOCAL}) AS whole FROM {{rows}}) WHERE whole > 100.5",
    ),
    "LK03": CrossRow(
        "links",
        ("share", "rank", "supplier_id", "customer_id", "year", "focal"),
        f"""SELECT rid FROM (SELECT rid, share, max(share) OVER (PARTITION BY {FOCAL} ORDER BY rank DESC
        RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS below FROM {{rows}} WHERE rank IS NOT NULL) WHERE share < below""",
    ),
}


def cross_row_findings(table_name: str, typed_rows: str, text_rows: str, engine: Engine) -> pd.DataFrame:
    """Findings of the rules of a table over several of its rows."""
    columns = set(engine.types(typed_rows))
    findings = []
    for rule, cross_rule in CROSS_ROW.items():
        if cross_rule.table != table_name or not set(cross_rule.columns) <= columns:
            continue
        column = cross_rule.columns[0]
        cells_sql = f'SELECT rid, {literal(column)} AS "column", {quoted(column)} AS "value" FROM {text_rows}'
        broken_rows = cross_rule.sql.format(rows=typed_rows)
        findings.append(rule_findings(engine.collect(f"{cells_sql} WHERE rid IN ({broken_rows}) ORDER BY rid"), rule))
    return joined_findings(findings)


# column that must have one value in a table: rule, what the values are (zh, en)
SINGLE_VALUE_COLUMNS = {
    "statement_type": ("E08", "合并报表与母公司报表", "consolidated and parent statements"),
    "address_type": ("M20", "注册地与经营地两种地址口径", "registered and operating addresses"),
    "scope": ("M26", "不同统计口径的行(如规模以上与大中型)", "rows of different scopes (above scale, large and medium)"),
}


def check_single_values(typed_rows: str, location: str, engine: Engine) -> None:
    """DataError E08, M20 or M26 when a table mixes statements, addresses or scopes that must not be added up."""
    columns = engine.types(typed_rows)
    for column, (rule, zh, en) in SINGLE_VALUE_COLUMNS.items():
        if column not in columns:
            continue
        value_counts = engine.collect(
            f"SELECT {column} AS kind, count(*) AS n FROM {typed_rows} GROUP BY 1 HAVING kind IS NOT NULL ORDER BY 1"
        )
        if len(value_counts) < 2:
            continue
        count_text = ", ".join(
            f"{distinct_value} {row_count}" for distinct_value, row_count in value_counts.itertuples(index=False)
        )
        example_setting = (
            f"out_of_scope: [{{when: \"{column} = '{value_counts['kind'].iloc[-1]}'\", reason: {{zh: ..., en: ...}}}}]"
        )
        raise DataError(
            f"{en} appear together ({count_text}); choose one, e.g. {example_setting}",
            zh=f"{zh}混在一起({count_text});请选定一种,例如 {example_setting}",
            location=location,
            rule=rule,
        )
