"""The books of a judged table: where each row went, what was repaired, and what looks odd among the rows used."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter

import pandas as pd

from ..engines import Engine
from .cells.column_reading import ParsedSource
from .cells.repairs import converted_cells, counted_repairs
from .judged_table import JudgedTable, rows_set_aside
from .layout.joined_sources import findings_by_raw_row
from .layout.text_columns import FILE_SPAN, Sheet
from .layout.year_free_rows import unused_shared_rows, used_with_shared
from .read.delimited_text import OPEN_QUOTE
from .read.typed_cells_text import FIRST_ROW
from .records.clean_table import CleanTable, quarantined_share
from .records.input_sums import sums_of_files, sums_of_rows
from .records.physical_rows import physical_rows
from .records.row_ledger import (
    QUARANTINED_OUTCOME,
    VALIDATE_STAGE,
    RowBalance,
    check_balance,
    check_sums,
)
from .rules.anomalies import PrintedNumbers, table_anomalies
from .rules.interpolation import interpolation_findings
from .rules.lost_zeros import lost_zero_notices
from .rules.near_equal_names import near_equal_name_notices
from .rules.row_rules import TableRows
from .rules.rule_catalogue import joined_findings, rule_findings
from .rules.scope_filters import OUT_COLUMNS
from .rules.stored_findings import printed_key, row_warnings
from .rules.table_rules import followed_rows, table_rules
from .table_step import TableStep

OPEN_QUOTE_TEXT = '" ...'  # a quote that is never closed, or closed in the middle of a cell
NO_ROWS = pd.Series(dtype="int64")
ONE_AT_A_TIME = 20_000_000
"""Rows from which passes over a table wait for each other: with little memory they cost a tenth more side by side."""


def clean_table(judged: JudgedTable, stored_rows: str | None = None) -> CleanTable:
    """The judged rows with their books and what looks odd among them; CheckError (exit 4) where the books do not balance.

    `stored_rows`: a relation of the rows that are used, in the order of their key, where they have been stored.
    """
    table_step, sheets, sources, combined_source = judged.table_step, judged.sheets, judged.sources, judged.combined_source
    engine, valid_rows, clean_rows = table_step.engine, judged.valid_rows, stored_rows or judged.rows
    with engine.second_connection() as notice_engine, ThreadPoolExecutor(max_workers=1) as pool:
        printed_numbers = _printed_numbers(judged, stored_rows or judged.combined_source.typed_rows)
        anomalies = pool.submit(table_anomalies, table_step.name, clean_rows, table_step.table, notice_engine, printed_numbers)
        if judged.row_count >= ONE_AT_A_TIME:
            anomalies.exception()  # waits; a fault is raised where the result is asked for
        removed_rows = pd.concat(
            [judged.out_of_scope, valid_rows.firms.twins, _quarantined_rows(valid_rows.findings)], ignore_index=True
        )
        removed_rows = findings_by_raw_row(removed_rows, combined_source.members, engine)
        used_rows = _used_raw_rows(clean_rows, combined_source, engine)
        used_rows = used_with_shared(used_rows, clean_rows, combined_source.shared, engine)
        other_rows = engine.scan(removed_rows[["rid"]].astype("int64"))
        accounted_rows = engine.view(f"SELECT rid FROM {used_rows} UNION ALL SELECT rid FROM {other_rows}")
        unused_rows = unused_shared_rows(accounted_rows, combined_source.shared, engine)
        removed_rows = pd.concat([removed_rows, unused_rows], ignore_index=True)
        incoming_rows, incoming_spans = _incoming_rows(table_step, sheets), _incoming_spans(sheets)
        row_balance = RowBalance(incoming_rows, used_rows, removed_rows, judged.row_count, incoming_spans)
        _check_row_balance(judged, clean_rows, row_balance)
        source_repairs = [repairs for source in sources for repairs in source.repairs]
        repairs = counted_repairs(source_repairs, removed_rows["rid"], engine)
        conversions = converted_cells(source_repairs, repairs, removed_rows["rid"], engine)
        rules = table_rules(table_step, clean_rows, "warning", "info")
        key = printed_key(table_step.table)
        warnings = row_warnings(combined_source, *rules, key, engine, _rows_in_order(judged, stored_rows))
        interpolated = interpolation_findings(clean_rows, combined_source.text_rows, table_step.table, engine)
    notices = list(dict.fromkeys(notice for sheet in sheets for notice in (*sheet.cells.notices, *sheet.header.notices)))
    for key_notices in (lost_zero_notices, near_equal_name_notices):
        notices += key_notices(clean_rows, table_step.table.key, ", ".join(judged.file_list["file"]), engine)
    notices += [*combined_source.notices, *valid_rows.firms.notices, *judged.industry_rows.notices]
    notices += anomalies.result().notices
    return CleanTable(
        name=table_step.name,
        table=table_step.table,
        clean_rows=clean_rows,
        text_rows=combined_source.text_rows,
        findings=joined_findings([_ragged_findings(sheets), valid_rows.findings, warnings.frame, interpolated]),
        removed_rows=physical_rows(removed_rows, used_rows, sheets, engine),
        files=judged.file_list,
        input_row_counts={sheet.sheet_number: len(sheet.cells.excluded_rows) + sheet.cells.rows for sheet in sheets},
        sheets=tuple(sheets),
        notices=tuple(notices),
        repairs=repairs,
        quarantined_share=quarantined_share(removed_rows, _record_count(table_step, sheets)),
        medians=anomalies.result().medians,
        members=combined_source.members,
        column_sources=combined_source.column_sources,
        stored_findings=warnings.stored,
        faulty_texts=valid_rows.faulty_texts,
        firms=judged.industry_rows.firms,
        converted_cells=conversions,
    )


def _printed_numbers(judged: JudgedTable, all_rows: str) -> PrintedNumbers:
    combined_source, sources = judged.combined_source, judged.table_step.study.sources.sources
    marks = [mark for source_id in dict.fromkeys(judged.file_list["source"]) for mark in sources[source_id].missing]
    return PrintedNumbers(
        combined_source.shifts,
        tuple(dict.fromkeys(marks)),
        _file_names(judged.sheets),
        combined_source.text_rows,
        all_rows,
        combined_source.sheet_texts,
    )


def _rows_in_order(judged: JudgedTable, stored_rows: str | None) -> TableRows | None:
    """The rows among which a rule may look at the row before: as they are stored, or as they came, with those taken out."""
    valid_rows = judged.valid_rows
    if stored_rows is not None:
        return followed_rows(judged.table_step, stored_rows, NO_ROWS, judged.row_count)
    if judged.rows != valid_rows.firms.rows:  # a firm was put into another industry
        return None
    return followed_rows(judged.table_step, valid_rows.with_faults, valid_rows.findings["rid"], judged.row_count)


def _record_count(table_step: TableStep, sheets: Sequence[Sheet]) -> int:
    """The records that came in, with the rows that hold none."""
    record_cells = [sheet.cells for sheet in sheets if sheet.cells.record_rows is not None]
    plain_row_count = sum(sheet.cells.rows for sheet in sheets if sheet.cells.record_rows is None)
    return (
        plain_row_count
        + sum(table_step.engine.count(sheet_cells.table) for sheet_cells in record_cells)
        + sum(len(sheet.cells.excluded_rows) for sheet in sheets)
    )


def _file_names(sheets: Sequence[Sheet]) -> dict[int, str]:
    return {sheet.sheet_number: sheet.cells.file for sheet in sheets}


def _ragged_findings(sheets: Sequence[Sheet]) -> pd.DataFrame:
    finding_tables = []
    for sheet in sheets:
        ragged_rows = [excluded_row for excluded_row in sheet.cells.excluded_rows if excluded_row.rule]
        cell_texts = [
            OPEN_QUOTE_TEXT if excluded_row.reason == OPEN_QUOTE else f"{excluded_row.reason} / {len(sheet.cells.labels)}"
            for excluded_row in ragged_rows
        ]
        rids = [sheet.sheet_number * FILE_SPAN + excluded_row.row for excluded_row in ragged_rows]
        finding_tables.append(
            rule_findings(pd.DataFrame({"rid": pd.Series(rids, dtype="int64"), "column": "", "value": cell_texts}), "S04")
        )
    return joined_findings(finding_tables)


def _quarantined_rows(findings: pd.DataFrame) -> pd.DataFrame:
    """One line per quarantined row, its rules joined."""
    broken_rules = sorted(set(zip(findings["rid"], findings["rule"])))
    rows = [
        (rid, VALIDATE_STAGE, QUARANTINED_OUTCOME, "+".join(rule for _, rule in rules))
        for rid, rules in groupby(broken_rules, itemgetter(0))
    ]
    return pd.DataFrame(rows, columns=OUT_COLUMNS)


def _incoming_rows(table_step: TableStep, sheets: Sequence[Sheet]) -> str:
    """A view of the ids of all records and of the rows that hold none."""
    cells = [f"SELECT {sheet.sheet_number * FILE_SPAN} + row AS rid FROM {sheet.cells.table}" for sheet in sheets]
    excluded_rows = table_step.engine.scan(rows_set_aside(sheets)[["rid"]].astype("int64"))
    return table_step.engine.view(" UNION ALL ".join([*cells, f"SELECT rid FROM {excluded_rows}"]))


def _incoming_spans(sheets: Sequence[Sheet]) -> pd.DataFrame | None:
    """Number, first and last of these ids by sheet, where each is the position of a row in its file."""
    if any(sheet.cells.excluded_rows or not (sheet.cells.typed and sheet.cells.typed.stored_rows) for sheet in sheets):
        return None
    spans = [
        (
            sheet.sheet_number,
            rows,
            sheet.sheet_number * FILE_SPAN + FIRST_ROW,
            sheet.sheet_number * FILE_SPAN + FIRST_ROW + rows - 1,
        )
        for sheet in sheets
        if (rows := sheet.cells.rows)
    ]
    return pd.DataFrame(spans, columns=["span", "n", "first", "last"]).set_index("span")


def _used_raw_rows(clean_rows: str, combined_source: ParsedSource, engine: Engine) -> str:
    """A view of the raw row ids behind the clean rows."""
    if combined_source.members is None:
        return clean_rows
    members = f"LEFT JOIN {combined_source.members} AS m USING (rid)"
    return engine.view(f"SELECT coalesce(m.member, c.rid) AS rid FROM {clean_rows} AS c {members}")


def _check_row_balance(judged: JudgedTable, clean_rows: str, row_balance: RowBalance) -> None:
    table_step, combined_source = judged.table_step, judged.combined_source
    engine = table_step.engine
    check_balance(row_balance, engine, table_step.name)
    columns = engine.types(combined_source.typed_rows)
    money = [
        column_name for column_name, column in table_step.table.columns.items() if column.dtype == "number" and not column.share
    ]
    additive = [column_name for column_name in money if column_name in columns]
    removed_rids, sums, sheet_texts = row_balance.removed_rows["rid"].astype("int64"), None, combined_source.sheet_texts
    if sheet_texts and sheet_texts.reading:
        faulty_texts = judged.valid_rows.faulty_texts
        sums = sums_of_files(sheet_texts, additive, combined_source.shifts, removed_rids, faulty_texts, engine)
    sums = sums or sums_of_rows(combined_source.typed_rows, removed_rids, additive, engine)
    check_sums(sums, clean_rows, engine, table_step.name)
