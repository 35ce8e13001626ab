"""What the sample is: rows left out step by step, and how much of the official totals the firms make up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ...canonical import CANONICAL
from ...engines import Engine, quoted
from ...study.records import Label, Study
from ..meaning.units import exponent
from .clean_table import CleanTable
from .row_ledger import OUT_OF_SCOPE_OUTCOME, QUARANTINED_OUTCOME
from .scope_reasons import REASONS

LOW_COVERAGE_SHARE = 0.2
LOW_FLAG = "low"
COVERAGE = [
    "unit", "year", "n_firms_matched", "n_firms", "share_firms", "revenue_matched", "revenue", "share_revenue", "flag",
]  # fmt: skip
FLOW = ["step", "table", "label_zh", "label_en", "rows", "firms"]
READ_ROWS_LABEL = Label(zh="读入的行", en="rows read")
QUARANTINED_LABEL = Label(zh="隔离:未通过校验的行", en="quarantined: rows that do not pass")
USED_ROWS_LABEL = Label(zh="采用的行", en="rows used")


def sample_flow(study: Study, clean_tables: Sequence[CleanTable], engine: Engine) -> pd.DataFrame:
    """step, table, label_zh, label_en, rows, firms: rows read, left out by reason, quarantined, used; firms where known."""
    labels = dict(REASONS)
    for source in study.sources.sources.values():
        for choice in source.out_of_scope:
            reason_label = Label(zh=f"剔除:{choice.reason.zh}", en=f"left out: {choice.reason.en}")
            labels[choice.reason[study.study.language]] = reason_label
    lines: list[tuple[str, Label, int, int | None]] = []
    for clean_table in clean_tables:
        lines.append((clean_table.name, READ_ROWS_LABEL, sum(clean_table.input_row_counts.values()), None))
        out_of_scope = clean_table.removed_rows.loc[
            clean_table.removed_rows["outcome"] == OUT_OF_SCOPE_OUTCOME, "reason"
        ].value_counts()
        lines += [(clean_table.name, labels[reason], int(out_of_scope[reason]), None) for reason in sorted(out_of_scope.index)]
        lines.append(
            (clean_table.name, QUARANTINED_LABEL, int((clean_table.removed_rows["outcome"] == QUARANTINED_OUTCOME).sum()), None)
        )
        lines.append((clean_table.name, USED_ROWS_LABEL, engine.count(clean_table.clean_rows), _firm_count(clean_table, engine)))
    rows = [
        (step_number, table_name, label.zh, label.en, row_count, firms)
        for step_number, (table_name, label, row_count, firms) in enumerate(lines, 1)
    ]
    return pd.DataFrame(rows, columns=FLOW).astype({"firms": "Int64"})


def _firm_count(clean_table: CleanTable, engine: Engine) -> int | None:
    if clean_table.firms:
        return engine.count(clean_table.firms)
    if "firm_id" not in engine.types(clean_table.clean_rows):
        return None
    return int(engine.collect(f"SELECT count(DISTINCT firm_id) AS firms FROM {clean_table.clean_rows}")["firms"][0])


def coverage(study: Study, tables: Mapping[str, str], engine: Engine) -> pd.DataFrame:
    """Firms and revenue of the firm table against the official totals of the industry table, by unit and year."""
    unit_keys = [*study.study.unit.by, "year"]
    columns_by_table = {
        table_name: engine.types(tables[table_name]) for table_name in ("firms", "industry") if table_name in tables
    }
    if len(columns_by_table) < 2 or not all(set(unit_keys) <= set(column_types) for column_types in columns_by_table.values()):
        return pd.DataFrame(columns=COVERAGE)
    unit = " || '-' || ".join(quoted(table_name) for table_name in study.study.unit.by)
    matched_firms = engine.view(
        _totals_sql(tables["firms"], unit, "CAST(count(*) AS DOUBLE)", _sum_sql("revenue", columns_by_table["firms"]))
    )
    official_totals = engine.view(
        _totals_sql(
            tables["industry"],
            unit,
            _sum_sql("n_firms", columns_by_table["industry"]),
            _official_revenue_sql(columns_by_table["industry"]),
        )
    )
    rows = engine.collect(
        f"""SELECT unit, year, m.firms AS n_firms_matched, o.firms AS n_firms, m.firms / NULLIF(o.firms, 0) AS share_firms,
        m.revenue AS revenue_matched, o.revenue AS revenue, m.revenue / NULLIF(o.revenue, 0) AS share_revenue
        FROM {matched_firms} AS m LEFT JOIN {official_totals} AS o USING (unit, year) WHERE unit IS NOT NULL
        ORDER BY unit, year"""
    )
    is_low = rows["share_revenue"].fillna(rows["share_firms"]) < LOW_COVERAGE_SHARE
    coverage_flag = is_low.map({True: LOW_FLAG, False: None}).astype(object)
    return rows.assign(flag=coverage_flag).astype({"n_firms_matched": "int64"})[COVERAGE]


def _totals_sql(table: str, unit: str, firms: str, revenue: str) -> str:
    return f"SELECT {unit} AS unit, year, {firms} AS firms, {revenue} AS revenue FROM {quoted(table)} GROUP BY ALL"


def _sum_sql(column: str, columns: Mapping[str, str]) -> str:
    return f"CAST(sum({quoted(column)}) AS DOUBLE)" if column in columns else "CAST(NULL AS DOUBLE)"


def _official_revenue_sql(columns: Mapping[str, str]) -> str:
    units = [CANONICAL[table_name].columns["revenue"].unit for table_name in ("industry", "firms")]
    return f"{_sum_sql('revenue', columns)} * 1e{exponent(*units)}"
