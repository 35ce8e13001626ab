"""One canonical table from raw files to clean rows: read, parse, judge, and account for every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

import pandas as pd

from ..engines import Engine
from .cells.column_reading import ParsedSource
from .cells.repairs import converted_cells, counted_repairs
from .layout.joined_sources import combined_sources, findings_by_raw_row
from .layout.row_ids import without_rows
from .layout.sheet_texts import SheetTexts
from .layout.text_columns import FILE_SPAN, Sheet
from .layout.year_free_rows import unused_shared_rows, used_with_shared
from .read.delimited_text import OPEN_QUOTE
from .read.raw_files import RawFile
from .records.clean_table import CleanTable, quarantined_share
from .records.physical_rows import physical_rows
from .records.row_ledger import (
    OUT_OF_SCOPE_OUTCOME,
    QUARANTINED_OUTCOME,
    READ_STAGE,
    VALIDATE_STAGE,
    RowBalance,
    check_balance,
    check_sums,
)
from .rules.anomalies import PrintedNumbers, table_anomalies
from .rules.cross_row_rules import check_single_values, cross_row_findings
from .rules.duplicate_rows import duplicate_findings
from .rules.firm_identity import FirmRows, IndustryRows, with_one_id_per_firm, with_one_industry
from .rules.interpolation import interpolation_findings
from .rules.key_rules import blank_key_findings, year_end_findings
from .rules.lost_zeros import lost_zero_notices
from .rules.merged_divisions import with_merged_divisions
from .rules.near_equal_names import near_equal_name_notices
from .rules.row_rules import violation_findings
from .rules.rule_catalogue import joined_findings, rule_findings
from .rules.scope_filters import OUT_COLUMNS, first_reasons, scope_filter_rows
from .rules.stored_findings import printed_key, row_warnings
from .rules.table_rules import broken_rules, followed_rows, table_rules
from .table_sources import file_list_of, parsed_sources
from .table_step import TableStep

OPEN_QUOTE_TEXT = '" ...'  # a quote that is never closed, or closed in the middle of a cell
ONE_AT_A_TIME = 20_000_000
"""Rows from which passes over a table wait for each other: with little memory they cost a tenth more side by side."""


def read_table(table_step: TableStep, files: Mapping[str, Sequence[RawFile]], first_file_number: int) -> CleanTable:
    """The table from the files of its sources (source id -> files), which are numbered from `first_file_number`.

    Raises DataError for a file, or a mix of rows, that is refused; CheckError (exit 4) where the books do not balance.
    """
    engine = table_step.engine
    sheets, sources = parsed_sources(table_step, files, first_file_number)
    file_list = file_list_of(sheets)
    out_of_scope = first_reasons(
        [_rows_set_aside(sheets), *(source.out_of_scope for source in sources), *scope_filter_rows(table_step, files, sources)]
    )
    combined_source = combined_sources(
        [_source_in_scope(source, out_of_scope, table_step) for source in sources], table_step.table.key, file_list, engine
    )
    valid_rows = _valid_rows(table_step, combined_source, file_list)
    industry_rows = _with_firm_industry(table_step, valid_rows.firms.rows, ", ".join(file_list["file"]))
    clean_rows = industry_rows.rows
    marks = [mark for source_id in files for mark in table_step.study.sources.sources[source_id].missing]
    printed_numbers = PrintedNumbers(
        combined_source.shifts,
        tuple(dict.fromkeys(marks)),
        _file_names(sheets),
        combined_source.text_rows,
        combined_source.typed_rows,
        combined_source.sheet_texts,
    )
    with engine.second_connection() as notice_engine, ThreadPoolExecutor(max_workers=1) as pool:
        anomalies = pool.submit(table_anomalies, table_step.name, clean_rows, table_step.table, notice_engine, printed_numbers)
        row_count = sum(sheet.cells.rows for sheet in sheets)
        if row_count >= ONE_AT_A_TIME:
            anomalies.exception()  # waits; a fault is raised where the result is asked for
        removed_rows = pd.concat(
            [out_of_scope, valid_rows.firms.twins, _quarantined_rows(valid_rows.findings)], ignore_index=True
        )
        removed_rows = findings_by_raw_row(removed_rows, combined_source.members, engine)
        used_rows = _used_raw_rows(clean_rows, combined_source, engine)
        used_rows = used_with_shared(used_rows, clean_rows, combined_source.shared, engine)
        other_rows = engine.scan(removed_rows[["rid"]].astype("int64"))
        accounted_rows = engine.view(f"SELECT rid FROM {used_rows} UNION ALL SELECT rid FROM {other_rows}")
        unused_rows = unused_shared_rows(accounted_rows, combined_source.shared, engine)
        removed_rows = pd.concat([removed_rows, unused_rows], ignore_index=True)
        row_balance = RowBalance(_incoming_rows(table_step, sheets), used_rows, removed_rows, row_count)
        _check_row_balance(table_step, combined_source, clean_rows, row_balance)
        source_repairs = [repairs for source in sources for repairs in source.repairs]
        repairs = counted_repairs(source_repairs, removed_rows["rid"], engine)
        conversions = converted_cells(source_repairs, repairs, removed_rows["rid"], engine)
        rules, came_from = table_rules(table_step, clean_rows, "warning", "info"), None
        if clean_rows == valid_rows.firms.rows:  # no firm was put into another industry
            came_from = followed_rows(table_step, valid_rows.with_faults, valid_rows.findings["rid"], row_count)
        warnings = row_warnings(combined_source, *rules, printed_key(table_step.table), engine, came_from)
        interpolated = interpolation_findings(clean_rows, combined_source.text_rows, table_step.table, engine)
    notices = list(dict.fromkeys(notice for sheet in sheets for notice in (*sheet.cells.notices, *sheet.header.notices)))
    for key_notices in (lost_zero_notices, near_equal_name_notices):
        notices += key_notices(clean_rows, table_step.table.key, ", ".join(file_list["file"]), engine)
    notices += [*combined_source.notices, *valid_rows.firms.notices, *industry_rows.notices, *anomalies.result().notices]
    return CleanTable(
        name=table_step.name,
        table=table_step.table,
        clean_rows=clean_rows,
        text_rows=combined_source.text_rows,
        findings=joined_findings([_ragged_findings(sheets), valid_rows.findings, warnings.frame, interpolated]),
        removed_rows=physical_rows(removed_rows, used_rows, sheets, engine),
        files=file_list,
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
        firms=industry_rows.firms,
        converted_cells=conversions,
    )


@dataclass(frozen=True)
class ValidRows:
    """The rows that break no rule, under one id per firm, and the findings of the others, whose cells `faulty_texts` has."""

    firms: FirmRows
    findings: pd.DataFrame
    with_faults: str
    faulty_texts: SheetTexts | None


def _valid_rows(table_step: TableStep, combined_source: ParsedSource, file_list: pd.DataFrame) -> ValidRows:
    """The rows in scope judged by row rules, by rules across rows and by the key; DataError where statements are mixed."""
    engine, scope, location = table_step.engine, combined_source.typed_rows, ", ".join(file_list["file"])
    check_single_values(scope, location, engine)
    violations, rules = broken_rules(table_step, scope)
    faulty_rids = [combined_source.findings["rid"], violations["rid"]]
    sound_rows = without_rows(scope, pd.concat(faulty_rids), engine)
    later_findings = [cross_row_findings(table_step.name, sound_rows, combined_source.text_rows, engine)]
    valid_rows = without_rows(scope, pd.concat([*faulty_rids, later_findings[0]["rid"]]), engine)
    firms = _identified_firms(table_step, valid_rows, location)
    if table_step.table.key:
        all_rows = scope if firms.rows == valid_rows else ""
        later_findings.append(_duplicates(table_step, firms.rows, all_rows, combined_source, file_list))
    faulty_rids += [findings["rid"] for findings in later_findings]
    sheet_texts = combined_source.sheet_texts and combined_source.sheet_texts.copy_of_rows(
        pd.concat(faulty_rids).unique(), engine
    )
    errors = violation_findings(violations, rules, combined_source.text_rows, engine, sheet_texts)
    findings = joined_findings([combined_source.findings, errors, *later_findings])
    rows = scope if firms.rows == valid_rows else firms.rows  # one exclusion alone: the engine guesses sizes from their number
    return ValidRows(replace(firms, rows=without_rows(rows, findings["rid"], engine)), findings, rows, sheet_texts)


def _record_count(table_step: TableStep, sheets: Sequence[Sheet]) -> int:
    """The records that came in, with the rows that hold none."""
    record_cells = [sheet.cells for sheet in sheets if sheet.cells.record_rows is not None]
    plain_row_count = sum(sheet.cells.rows for sheet in sheets if sheet.cells.record_rows is None)
    return (
        plain_row_count
        + sum(table_step.engine.count(sheet_cells.table) for sheet_cells in record_cells)
        + sum(len(sheet.cells.excluded_rows) for sheet in sheets)
    )


def _identified_firms(table_step: TableStep, typed_rows: str, location: str) -> FirmRows:
    """Firm rows under one id per firm; the rows of other tables as they are."""
    if table_step.name == "firms" and "firm_id" in table_step.table.key:
        return with_one_id_per_firm(typed_rows, location, table_step.engine)
    return FirmRows(typed_rows, pd.DataFrame(columns=OUT_COLUMNS), ())


def _with_firm_industry(table_step: TableStep, typed_rows: str, location: str) -> IndustryRows:
    """Firm rows in the industry that the study's choice gives them."""
    if table_step.name != "firms":
        return IndustryRows(typed_rows, None, ())
    return with_one_industry(typed_rows, table_step.study.sources.firm_industry, location, table_step.engine)


def _source_in_scope(source: ParsedSource, out_of_scope: pd.DataFrame, table_step: TableStep) -> ParsedSource:
    """The source without its rows out of scope, which must not meet others by key; blank keys and statement dates judged."""
    text_rows, typed_rows = (
        without_rows(row_table, out_of_scope["rid"], table_step.engine) for row_table in (source.text_rows, source.typed_rows)
    )
    findings = joined_findings(
        [source.findings, blank_key_findings(table_step, text_rows), year_end_findings(table_step, typed_rows, text_rows)]
    )
    scoped_source = replace(
        source, text_rows=text_rows, typed_rows=typed_rows, findings=findings[~findings["rid"].isin(out_of_scope["rid"])]
    )
    return with_merged_divisions(scoped_source, table_step)


def _duplicates(
    table_step: TableStep, typed_rows: str, all_rows: str, combined_source: ParsedSource, files: pd.DataFrame
) -> pd.DataFrame:
    text_rows, key, shifts = combined_source.text_rows, table_step.table.key, combined_source.shifts
    return duplicate_findings(typed_rows, text_rows, key, files, table_step.engine, shifts=shifts, all_rows=all_rows)


def _file_names(sheets: Sequence[Sheet]) -> dict[int, str]:
    return {sheet.sheet_number: sheet.cells.file for sheet in sheets}


def _rows_set_aside(sheets: Sequence[Sheet]) -> pd.DataFrame:
    rows = [
        (
            sheet.sheet_number * FILE_SPAN + excluded_row.row,
            READ_STAGE,
            QUARANTINED_OUTCOME if excluded_row.rule else OUT_OF_SCOPE_OUTCOME,
            excluded_row.rule or excluded_row.reason,
        )
        for sheet in sheets
        for excluded_row in sheet.cells.excluded_rows
    ]
    return pd.DataFrame(rows, columns=OUT_COLUMNS)


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
    excluded_rows = table_step.engine.scan(_rows_set_aside(sheets)[["rid"]].astype("int64"))
    return table_step.engine.view(" UNION ALL ".join([*cells, f"SELECT rid FROM {excluded_rows}"]))


def _used_raw_rows(clean_rows: str, combined_source: ParsedSource, engine: Engine) -> str:
    """A view of the raw row ids behind the clean rows."""
    if combined_source.members is None:
        return clean_rows
    members = f"LEFT JOIN {combined_source.members} AS m USING (rid)"
    return engine.view(f"SELECT coalesce(m.member, c.rid) AS rid FROM {clean_rows} AS c {members}")


def _check_row_balance(table_step: TableStep, combined_source: ParsedSource, clean_rows: str, row_balance: RowBalance) -> None:
    engine = table_step.engine
    check_balance(row_balance, engine, table_step.name)
    columns = engine.types(combined_source.typed_rows)
    money = [
        column_name for column_name, column in table_step.table.columns.items() if column.dtype == "number" and not column.share
    ]
    additive = [column_name for column_name in money if column_name in columns]
    check_sums(combined_source.typed_rows, clean_rows, row_balance.removed_rows, additive, engine, table_step.name)
