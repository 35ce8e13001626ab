"""One canonical table read and judged row by row: which rows are in scope, which break a rule, which are twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ..engines import quoted
from .cells.column_reading import ParsedSource
from .layout.joined_sources import combined_sources
from .layout.row_ids import without_rows
from .layout.sheet_texts import SheetTexts
from .layout.text_columns import FILE_SPAN, Sheet
from .read.raw_files import RawFile
from .records.row_ledger import (
    OUT_OF_SCOPE_OUTCOME,
    QUARANTINED_OUTCOME,
    READ_STAGE,
)
from .rules.cross_row_rules import check_single_values, cross_row_findings
from .rules.duplicate_rows import duplicate_findings
from .rules.firm_identity import FirmRows, IndustryRows, with_one_id_per_firm, with_one_industry
from .rules.key_rules import blank_key_findings, year_end_findings
from .rules.merged_divisions import with_merged_divisions
from .rules.row_rules import violation_findings
from .rules.rule_catalogue import joined_findings
from .rules.scope_filters import OUT_COLUMNS, first_reasons, scope_filter_rows
from .rules.table_rules import broken_rules
from .table_sources import file_list_of, parsed_sources
from .table_step import TableStep


@dataclass(frozen=True)
class ValidRows:
    """The rows that break no rule, under one id per firm, and the findings of the others, whose cells `faulty_texts` has."""

    firms: FirmRows
    findings: pd.DataFrame
    with_faults: str
    faulty_texts: SheetTexts | None


@dataclass(frozen=True)
class KeyCandidates:
    """Relations of rows that may have the same key: typed, as text, and of all rows, in their order, that they are among."""

    typed_rows: str
    text_rows: str
    all_rows: str = ""


@dataclass(frozen=True)
class JudgedTable:
    """A table of which every row is judged: its sheets and sources, the rows out of scope (rid, reason), the valid ones."""

    table_step: TableStep
    sheets: Sequence[Sheet]
    sources: Sequence[ParsedSource]
    combined_source: ParsedSource
    file_list: pd.DataFrame
    out_of_scope: pd.DataFrame
    valid_rows: ValidRows
    industry_rows: IndustryRows

    @property
    def rows(self) -> str:
        """The relation of the rows that are used, as they come."""
        return self.industry_rows.rows

    @property
    def row_count(self) -> int:
        """The rows that were read."""
        return sum(sheet.cells.rows for sheet in self.sheets)


def judged_table(table_step: TableStep, files: Mapping[str, Sequence[RawFile]], first_file_number: int) -> JudgedTable:
    """The table from the files of its sources (source id -> files), which are numbered from `first_file_number`.

    Raises DataError for a file, or a mix of rows, that is refused.
    """
    engine = table_step.engine
    sheets, sources = parsed_sources(table_step, files, first_file_number)
    file_list = file_list_of(sheets)
    out_of_scope = first_reasons(
        [rows_set_aside(sheets), *(source.out_of_scope for source in sources), *scope_filter_rows(table_step, files, sources)]
    )
    combined_source = combined_sources(
        [_source_in_scope(source, out_of_scope, table_step) for source in sources], table_step.table.key, file_list, engine
    )
    valid_rows = _valid_rows(table_step, combined_source, file_list)
    industry_rows = _with_firm_industry(table_step, valid_rows.firms.rows, ", ".join(file_list["file"]))
    return JudgedTable(table_step, sheets, sources, combined_source, file_list, out_of_scope, valid_rows, industry_rows)


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
    faulty_rids.append(later_findings[0]["rid"])
    candidates: KeyCandidates | None = KeyCandidates(
        firms.rows, combined_source.text_rows, scope if firms.rows == valid_rows else ""
    )
    sheet_texts = combined_source.sheet_texts
    if table_step.table.key and candidates and sheet_texts:
        candidates, sheet_texts = _copied_candidates(table_step, candidates, sheet_texts, pd.concat(faulty_rids))
    if table_step.table.key and candidates:
        later_findings.append(_duplicates(table_step, candidates, combined_source.shifts, file_list))
    if sheet_texts and sheet_texts is combined_source.sheet_texts:
        faulty_rids += [findings["rid"] for findings in later_findings[1:]]
        sheet_texts = sheet_texts.copy_of_rows(pd.concat(faulty_rids).unique(), engine)
    errors = violation_findings(violations, rules, combined_source.text_rows, engine, sheet_texts)
    findings = joined_findings([combined_source.findings, errors, *later_findings])
    rows = scope if firms.rows == valid_rows else firms.rows  # one exclusion alone: the engine guesses sizes from their number
    return ValidRows(replace(firms, rows=without_rows(rows, findings["rid"], engine)), findings, rows, sheet_texts)


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
        source,
        text_rows=text_rows,
        typed_rows=typed_rows,
        findings=findings[~findings["rid"].isin(out_of_scope["rid"])],
        sheet_texts=source.sheet_texts and source.sheet_texts.without_rows(out_of_scope["rid"], table_step.engine),
    )
    return with_merged_divisions(scoped_source, table_step)


def _duplicates(
    table_step: TableStep, rows: KeyCandidates, shifts: Mapping[str, Mapping[int, int]], files: pd.DataFrame
) -> pd.DataFrame:
    key, engine = table_step.table.key, table_step.engine
    return duplicate_findings(rows.typed_rows, rows.text_rows, key, files, engine, shifts=shifts, all_rows=rows.all_rows)


def _copied_candidates(
    table_step: TableStep, candidates: KeyCandidates, sheet_texts: SheetTexts, faulty_rids: pd.Series
) -> tuple[KeyCandidates | None, SheetTexts]:
    """The rows whose key others have too, if any, and the cells of these and of faulty rows, copied in one pass.

    All rows, and the sheets as they are, where that does not pay or a firm got another id.
    """
    engine, key, reading = table_step.engine, table_step.table.key, sheet_texts.reading
    if not reading or not candidates.all_rows or not {*key} <= engine.types(reading.plain_rows).keys():
        return candidates, sheet_texts
    keys = ", ".join(map(quoted, key))
    repeated_keys = engine.repeated_keys(reading.plain_rows, key)
    repeated = engine.collect(f"SELECT rid FROM {reading.plain_rows} SEMI JOIN {repeated_keys} USING ({keys})")["rid"]
    if repeated.empty:
        return None, sheet_texts
    copy = sheet_texts.copy_of_rows(pd.concat([faulty_rids, repeated]).unique(), engine)
    rows = copy.read_rows(engine) if copy is not sheet_texts else None
    if rows is None:
        return candidates, sheet_texts
    return KeyCandidates(without_rows(rows[1], faulty_rids, engine), rows[0]), copy


def rows_set_aside(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """rid, stage, outcome and reason of the rows that reading set aside."""
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
