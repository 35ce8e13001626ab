"""One canonical table from raw files to clean rows: read, parse, judge, and account for every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pandas as pd

from ..engines.duckdb import Engine
from ..errors import DataError
from ..study.records import Source
from .cells.column_reading import ParsedSource
from .cells.repairs import counted_repairs
from .cells.typed_columns import parse_source, with_year
from .layout.header_rows import PEEK, MissingColumns, map_labels, require_columns, required_columns
from .layout.joined_sources import by_raw_row, combined_sources, without_rows
from .layout.layout_hints import with_layout_hint
from .layout.long_tables import LongSource, parse_long
from .layout.note_rows import with_notes
from .layout.spread_sheets import tidy_source
from .layout.text_columns import FILE_SPAN, Sheet
from .layout.unit_columns import with_unit_column
from .read.delimited_text import OPEN_QUOTE
from .read.raw_files import RawFile
from .read.reader import SheetRequest
from .read.readers import read_sheets
from .read.sheet_cells import SheetCells, first_rows
from .records.clean_table import CleanTable, quarantined_share
from .records.intake_notice import Notice
from .records.physical_rows import physical_rows
from .records.row_ledger import OUT_OF_SCOPE, QUARANTINED, READ, VALIDATE, Books, check_balance, check_sums
from .rules.anomalies import table_anomalies
from .rules.cross_row_rules import cross_row_findings, refuse_mixed_values
from .rules.duplicate_rows import duplicate_findings
from .rules.firm_identity import FirmRows, with_one_id_per_firm, with_one_industry
from .rules.interpolation import interpolation_findings
from .rules.key_rules import blank_key_findings, year_end_findings
from .rules.merged_divisions import with_merged_divisions
from .rules.row_rules import bound_rules, row_rule_findings, rules_of_severity, with_all_columns
from .rules.rule_catalogue import joined_findings, rule_findings
from .rules.scope_filters import OUT_COLUMNS, first_reasons, opening_rows, scope_filter_rows, study_filter_rows
from .table_step import TableStep

QUOTED = '" ...'  # a quote that is never closed, or closed in the middle of a cell


def read_table(step: TableStep, files: Mapping[str, Sequence[RawFile]], first: int) -> CleanTable:
    """The table from the files of its sources (source id -> files), which are numbered from `first`.

    Raises DataError for a file, or a mix of rows, that is refused; CheckError (exit 4) where the books do not balance.
    """
    engine = step.engine
    sheets, sources = _parsed_sources(step, files, first)
    file_list = _file_list(sheets)
    out_of_scope = first_reasons(
        [_rows_set_aside(sheets), *(source.out_of_scope for source in sources), *scope_filter_rows(step, files, sources)]
    )
    combined = combined_sources([_in_scope(source, out_of_scope, step) for source in sources], step.table.key, file_list, engine)
    valid = _valid_rows(step, combined, file_list)
    clean, industry_notices = _with_firm_industry(step, valid.firms.rows, ", ".join(file_list["file"]))
    with engine.second_connection() as notice_engine, ThreadPoolExecutor(max_workers=1) as pool:
        anomalies = pool.submit(table_anomalies, step.name, clean, step.table, notice_engine, _file_names(sheets))
        removed = pd.concat([out_of_scope, valid.firms.twins, _quarantined_rows(valid.findings)], ignore_index=True)
        removed = by_raw_row(removed, combined.members, engine)
        used = _used_rows(clean, combined, engine)
        _check_books(step, combined, clean, Books(_incoming_rows(step, sheets), used, removed))
        repairs = counted_repairs([repairs for source in sources for repairs in source.repairs], used, engine)
        warnings = [
            *_row_findings(step, clean, combined.text, "warning", "info"),
            interpolation_findings(clean, combined.text, step.table, engine),
        ]
    notices = list(dict.fromkeys(notice for sheet in sheets for notice in (*sheet.cells.notices, *sheet.header.notices)))
    notices += [*combined.notices, *valid.firms.notices, *industry_notices, *anomalies.result().notices]
    return CleanTable(
        name=step.name,
        table=step.table,
        clean=clean,
        text=combined.text,
        findings=joined_findings([_ragged_findings(sheets), valid.findings, *warnings]),
        removed=physical_rows(removed, used, sheets, engine),
        files=file_list,
        rows_in={sheet.number: len(sheet.cells.excluded_rows) + sheet.cells.rows for sheet in sheets},
        sheets=tuple(sheets),
        notices=tuple(notices),
        repairs=repairs,
        quarantined_share=quarantined_share(removed, _record_count(step, sheets)),
        medians=anomalies.result().medians,
    )


@dataclass(frozen=True)
class ValidRows:
    """The rows that break no rule, under one id per firm, and the findings of the others."""

    firms: FirmRows
    findings: pd.DataFrame


def _valid_rows(step: TableStep, combined: ParsedSource, file_list: pd.DataFrame) -> ValidRows:
    """The rows in scope judged by row rules, by rules across rows and by the key; DataError where statements are mixed."""
    engine, scope, location = step.engine, combined.typed, ", ".join(file_list["file"])
    refuse_mixed_values(scope, location, engine)
    findings = joined_findings([combined.findings, *_row_findings(step, scope, combined.text, "error")])
    sound = without_rows(scope, findings["rid"], engine)
    findings = joined_findings([findings, cross_row_findings(step.name, sound, combined.text, engine)])
    firms = _identified_firms(step, without_rows(scope, findings["rid"], engine), location)
    if step.table.key:
        findings = joined_findings([findings, _duplicates(step, firms.rows, combined, file_list)])
    return ValidRows(replace(firms, rows=without_rows(firms.rows, findings["rid"], engine)), findings)


def _record_count(step: TableStep, sheets: Sequence[Sheet]) -> int:
    """The records that came in, with the rows that hold none."""
    spread = [sheet.cells for sheet in sheets if sheet.cells.record_rows is not None]
    plain = sum(sheet.cells.rows for sheet in sheets if sheet.cells.record_rows is None)
    return (
        plain + sum(step.engine.count(cells.table) for cells in spread) + sum(len(sheet.cells.excluded_rows) for sheet in sheets)
    )


def _identified_firms(step: TableStep, rows: str, location: str) -> FirmRows:
    """Firm rows under one id per firm; the rows of other tables as they are."""
    if step.name == "firms" and "firm_id" in step.table.key:
        return with_one_id_per_firm(rows, location, step.engine)
    return FirmRows(rows, pd.DataFrame(columns=OUT_COLUMNS), ())


def _with_firm_industry(step: TableStep, rows: str, location: str) -> tuple[str, tuple[Notice, ...]]:
    """Firm rows in the industry that the study's choice gives them."""
    if step.name != "firms":
        return rows, ()
    return with_one_industry(rows, step.study.sources.firm_industry, location, step.engine)


def _parsed_sources(
    step: TableStep, files: Mapping[str, Sequence[RawFile]], first: int
) -> tuple[list[Sheet], list[ParsedSource]]:
    sheets: list[Sheet] = []
    parsed: list[ParsedSource] = []
    for source_id, source_files in files.items():
        as_written = step.study.sources.sources[source_id]
        cells = [cells for file in source_files for cells in read_sheets(SheetRequest(file, as_written, step.table, step.engine))]
        if step.first_rows is not None:
            cells = [first_rows(sheet, step.first_rows, step.engine) for sheet in cells]
        source = tidy_source(as_written)
        source_sheets = [_sheet(sheet, source, step, first + len(sheets) + place) for place, sheet in enumerate(cells)]
        location = f"sources.yaml sources.{source_id}"
        parsed_source = with_year(_parsed_source(step, source_sheets, source_id, location), step.engine)
        parsed.append(
            replace(
                parsed_source, repairs=tuple(replace(repairs, layout=as_written.reshape) for repairs in parsed_source.repairs)
            )
        )
        sheets += [with_notes(sheet, parsed[-1].notes) for sheet in source_sheets]
    known_columns = {name for source_rows in parsed for name in step.engine.types(source_rows.typed)}
    unused_labels = [label for sheet in sheets for label in sheet.header.unused]
    sources = [step.study.sources.sources[source_id] for source_id in files]
    missing = MissingColumns(sorted(step.needed - known_columns), sources, unused_labels)
    require_columns(missing, step.table, ", ".join(sheet.cells.file for sheet in sheets))
    return sheets, parsed


def _parsed_source(step: TableStep, sheets: list[Sheet], source_id: str, location: str) -> ParsedSource:
    source = tidy_source(step.study.sources.sources[source_id])
    if source.reshape is None:
        return parse_source(sheets, source, step.table, step.exact, step.engine, location)
    limits = step.study.rules.ranges.get(step.name, {})
    shape = LongSource(source.reshape, source, step.table, step.exact, limits, _file_list(sheets), step.engine, location)
    return parse_long(sheets, shape, lambda rows: [*opening_rows(step, rows), *study_filter_rows(step, source_id, rows)])


def _in_scope(source: ParsedSource, out_of_scope: pd.DataFrame, step: TableStep) -> ParsedSource:
    """The source without its rows out of scope, which must not meet others by key; blank keys and statement dates judged."""
    text, typed = (without_rows(rows, out_of_scope["rid"], step.engine) for rows in (source.text, source.typed))
    findings = joined_findings([source.findings, blank_key_findings(step, text), year_end_findings(step, typed, text)])
    scoped = replace(source, text=text, typed=typed, findings=findings[~findings["rid"].isin(out_of_scope["rid"])])
    return with_merged_divisions(scoped, step)


def _sheet(cells: SheetCells, source: Source, step: TableStep, number: int) -> Sheet:
    try:
        cells = with_unit_column(cells, source, step.table, step.engine)
        header = map_labels(cells, source, step.table)
        missing = required_columns(source, step.table, header.positions, step.needed if step.single else ())
        require_columns(MissingColumns(missing, [source], header.unused), step.table, cells.file)
    except DataError as fault:
        raise with_layout_hint(fault, _first_rows(cells, step.engine), source, step.table) from None
    return Sheet(number, cells, header)


def _first_rows(cells: SheetCells, engine: Engine) -> Sequence[Sequence[str]]:
    """The first rows of a sheet as they are printed."""
    if cells.leading_rows:
        return cells.leading_rows
    rows = engine.collect(f"SELECT * EXCLUDE (row) FROM {cells.table} ORDER BY row LIMIT {PEEK}")
    return [cells.labels, *rows.itertuples(index=False, name=None)]


def _duplicates(step: TableStep, rows: str, combined: ParsedSource, files: pd.DataFrame) -> pd.DataFrame:
    return duplicate_findings(rows, combined.text, step.table.key, files, step.engine, shifts=combined.shifts)


def _file_names(sheets: Sequence[Sheet]) -> dict[int, str]:
    return {sheet.number: sheet.cells.file for sheet in sheets}


def _file_list(sheets: Sequence[Sheet]) -> pd.DataFrame:
    rows = [(sheet.number, sheet.cells.file, sheet.cells.sheet, sheet.cells.digest) for sheet in sheets]
    return pd.DataFrame(rows, columns=["number", "file", "sheet", "digest"])


def _rows_set_aside(sheets: Sequence[Sheet]) -> pd.DataFrame:
    rows = [
        (sheet.number * FILE_SPAN + row.row, READ, QUARANTINED if row.rule else OUT_OF_SCOPE, row.rule or row.reason)
        for sheet in sheets
        for row in sheet.cells.excluded_rows
    ]
    return pd.DataFrame(rows, columns=OUT_COLUMNS)


def _ragged_findings(sheets: Sequence[Sheet]) -> pd.DataFrame:
    parts = []
    for sheet in sheets:
        ragged_rows = [row for row in sheet.cells.excluded_rows if row.rule]
        values = [QUOTED if row.reason == OPEN_QUOTE else f"{row.reason} / {len(sheet.cells.labels)}" for row in ragged_rows]
        rids = [sheet.number * FILE_SPAN + row.row for row in ragged_rows]
        parts.append(rule_findings(pd.DataFrame({"rid": rids, "column": "", "value": values}), "S04"))
    return joined_findings(parts)


def _row_findings(step: TableStep, rows: str, text: str, *severities: str) -> list[pd.DataFrame]:
    complete_rows = with_all_columns(rows, step.table, step.exact, step.engine)
    rules = rules_of_severity(bound_rules(step.study, step.name, step.table, step.engine.types(complete_rows)), *severities)
    return [row_rule_findings(text, complete_rows, rules, step.engine)]


def _quarantined_rows(findings: pd.DataFrame) -> pd.DataFrame:
    """One line per quarantined row, its rules joined."""
    if findings.empty:
        return pd.DataFrame(columns=OUT_COLUMNS)
    rules = findings.groupby("rid")["rule"].agg(lambda ids: "+".join(sorted(set(ids))))
    return pd.DataFrame({"rid": rules.index, "stage": VALIDATE, "outcome": QUARANTINED, "reason": rules.to_numpy()})


def _incoming_rows(step: TableStep, sheets: Sequence[Sheet]) -> str:
    """A view of the ids of all records and of the rows that hold none."""
    cells = [f"SELECT {sheet.number * FILE_SPAN} + row AS rid FROM {sheet.cells.table}" for sheet in sheets]
    set_aside = step.engine.scan(_rows_set_aside(sheets)[["rid"]].astype("int64"))
    return step.engine.view(" UNION ALL ".join([*cells, f"SELECT rid FROM {set_aside}"]))


def _used_rows(clean: str, combined: ParsedSource, engine: Engine) -> str:
    """A view of the raw row ids behind the clean rows."""
    if combined.members is None:
        return clean
    members = f"LEFT JOIN {combined.members} AS m USING (rid)"
    return engine.view(f"SELECT coalesce(m.member, c.rid) AS rid FROM {clean} AS c {members}")


def _check_books(step: TableStep, combined: ParsedSource, clean: str, books: Books) -> None:
    engine = step.engine
    check_balance(books, engine, step.name)
    columns = engine.types(combined.typed)
    money = [name for name, column in step.table.columns.items() if column.dtype == "number" and not column.share]
    additive = [name for name in money if name in columns]
    check_sums(combined.typed, clean, books.removed, additive, engine, step.name)
