"""One canonical table from raw files to clean rows: read, parse, judge, and account for every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pandas as pd

from ..study.records import Source
from .cells.column_reading import ParsedSource
from .cells.typed_columns import parse_source
from .layout.header_rows import map_labels, require_columns, required_columns
from .layout.joined_sources import by_raw_row, combined_sources, without_rows
from .layout.long_tables import LongSource, parse_long
from .layout.text_columns import FILE_SPAN, Sheet
from .read.raw_files import RawFile
from .read.reader import SheetRequest
from .read.readers import read_sheet
from .records.clean_table import CleanTable
from .records.intake_notice import Notice
from .records.row_ledger import OUT_OF_SCOPE, QUARANTINED, READ, VALIDATE, Books, check_balance, check_sums
from .rules.anomalies import anomaly_notices
from .rules.cross_row_rules import cross_row_findings, refuse_mixed_values
from .rules.duplicate_rows import duplicate_findings
from .rules.firm_identity import FirmRows, with_one_id_per_firm, with_one_industry
from .rules.interpolation import interpolation_findings
from .rules.key_rules import blank_key_findings, year_end_findings
from .rules.row_rules import bound_rules, row_rule_findings, rules_of_severity, with_all_columns
from .rules.rule_catalogue import joined_findings, rule_findings
from .rules.scope_filters import OUT_COLUMNS, first_reasons, scope_filter_rows, study_filter_rows
from .table_step import TableStep


def read_table(step: TableStep, files: Mapping[str, Sequence[RawFile]], first: int) -> CleanTable:
    """The table from the files of its sources (source id -> files), which are numbered from `first`."""
    engine = step.engine
    sheets, parsed = _parsed_sources(step, files, first)
    listed = _file_list(sheets)
    aside = first_reasons(
        [_rows_set_aside(sheets), *(one.out_of_scope for one in parsed), *scope_filter_rows(step, files, parsed)]
    )
    whole = combined_sources([_with_key_findings(one, aside, step) for one in parsed], step.table.key, listed, engine)
    scope = without_rows(whole.typed, aside["rid"], engine)
    where = ", ".join(listed["file"])
    refuse_mixed_values(scope, where, engine)
    found = joined_findings([whole.findings, *_row_findings(step, scope, whole.text, "error")])
    found = joined_findings([found, cross_row_findings(step.name, without_rows(scope, found["rid"], engine), whole.text, engine)])
    firms = _identified_firms(step, without_rows(scope, found["rid"], engine), where)
    if step.table.key:
        found = joined_findings([found, duplicate_findings(firms.rows, whole.text, step.table.key, listed, engine)])
    clean, jumps = _with_firm_industry(step, without_rows(firms.rows, found["rid"], engine), where)
    with engine.beside() as own, ThreadPoolExecutor(max_workers=1) as pool:
        odd = pool.submit(anomaly_notices, step.name, clean, step.table, own)
        out = by_raw_row(pd.concat([aside, firms.twins, _quarantined_rows(found)], ignore_index=True), whole.members, engine)
        _check_books(step, sheets, whole, clean, out)
        doubtful = [
            *_row_findings(step, clean, whole.text, "warning", "info"),
            interpolation_findings(clean, whole.text, step.table, engine),
        ]
    found = joined_findings([_ragged_findings(sheets), found, *doubtful])
    told = [notice for sheet in sheets for notice in (*sheet.cells.notices, *sheet.header.notices)]
    told += [*whole.notices, *firms.notices, *jumps, *odd.result()]
    rows_in = {sheet.number: len(sheet.cells.set_aside) + sheet.cells.rows for sheet in sheets}
    return CleanTable(step.name, step.table, clean, whole.text, found, out, listed, rows_in, tuple(sheets), tuple(told))


def _identified_firms(step: TableStep, rows: str, where: str) -> FirmRows:
    """Firm rows under one id per firm; the rows of other tables as they are."""
    if step.name == "firms" and "firm_id" in step.table.key:
        return with_one_id_per_firm(rows, where, step.engine)
    return FirmRows(rows, pd.DataFrame(columns=OUT_COLUMNS), ())


def _with_firm_industry(step: TableStep, rows: str, where: str) -> tuple[str, tuple[Notice, ...]]:
    """Firm rows in the industry that the study's choice gives them."""
    if step.name != "firms":
        return rows, ()
    return with_one_industry(rows, step.study.sources.firm_industry, where, step.engine)


def _parsed_sources(
    step: TableStep, files: Mapping[str, Sequence[RawFile]], first: int
) -> tuple[list[Sheet], list[ParsedSource]]:
    sheets: list[Sheet] = []
    parsed: list[ParsedSource] = []
    for source_id, mine in files.items():
        source = step.study.sources.sources[source_id]
        read_now = [_sheet(file, source, step, first + len(sheets) + place) for place, file in enumerate(mine)]
        sheets += read_now
        where = f"sources.yaml sources.{source_id}"
        parsed.append(_with_year(_parsed_source(step, read_now, source_id, where), step))
    held = {name for one in parsed for name in step.engine.types(one.typed)}
    labels = [label for sheet in sheets for label in sheet.cells.labels]
    sources = [step.study.sources.sources[source_id] for source_id in files]
    require_columns(sorted(step.needed - held), sources, step.table, labels, ", ".join(sheet.cells.file for sheet in sheets))
    return sheets, parsed


def _parsed_source(step: TableStep, sheets: list[Sheet], source_id: str, where: str) -> ParsedSource:
    source = step.study.sources.sources[source_id]
    if source.reshape is None:
        return parse_source(sheets, source, step.table, step.exact, step.engine, where)
    limits = step.study.rules.ranges.get(step.name, {})
    shape = LongSource(source.reshape, source, step.table, step.exact, limits, _file_list(sheets), step.engine, where)
    return parse_long(sheets, shape, lambda rows: list(study_filter_rows(step, source_id, rows)))


def _with_key_findings(one: ParsedSource, aside: pd.DataFrame, step: TableStep) -> ParsedSource:
    """The source with blank keys and statement dates judged; rows out of scope have no findings."""
    found = joined_findings([one.findings, blank_key_findings(step, one.text), year_end_findings(step, one.typed, one.text)])
    return replace(one, findings=found[~found["rid"].isin(aside["rid"])])


def _sheet(file: RawFile, source: Source, step: TableStep, number: int) -> Sheet:
    cells = read_sheet(SheetRequest(file, source, step.table, step.engine))
    headed = map_labels(cells.labels, dict(cells.units), source, step.table, file.name)
    missing = required_columns(source, step.table, headed.positions, step.needed if step.single else ())
    require_columns(missing, [source], step.table, cells.labels, file.name)
    return Sheet(number, cells, headed)


def _with_year(parsed: ParsedSource, step: TableStep) -> ParsedSource:
    """The year of the statement date where a source gives no year of its own."""
    held = step.engine.types(parsed.typed)
    if "year" in held or "statement_date" not in held:
        return parsed
    year = "year(y.statement_date)"
    typed = step.engine.query(f"SELECT y.*, CAST({year} AS DECIMAL(28,8)) AS year FROM {parsed.typed} AS y")
    text = step.engine.query(
        f"SELECT t.*, CAST({year} AS VARCHAR) AS year FROM {parsed.text} AS t JOIN {parsed.typed} AS y USING (rid)"
    )
    return ParsedSource(text, typed, parsed.findings, parsed.out_of_scope, parsed.notices, parsed.members)


def _file_list(sheets: Sequence[Sheet]) -> pd.DataFrame:
    rows = [(sheet.number, sheet.cells.file, sheet.cells.sheet, sheet.cells.digest) for sheet in sheets]
    return pd.DataFrame(rows, columns=["number", "file", "sheet", "digest"])


def _rows_set_aside(sheets: Sequence[Sheet]) -> pd.DataFrame:
    rows = [
        (sheet.number * FILE_SPAN + row.row, READ, QUARANTINED if row.rule else OUT_OF_SCOPE, row.rule or row.reason)
        for sheet in sheets
        for row in sheet.cells.set_aside
    ]
    return pd.DataFrame(rows, columns=OUT_COLUMNS)


def _ragged_findings(sheets: Sequence[Sheet]) -> pd.DataFrame:
    parts = []
    for sheet in sheets:
        broken = [row for row in sheet.cells.set_aside if row.rule]
        values = [f"{row.reason} / {len(sheet.cells.labels)}" for row in broken]
        rids = [sheet.number * FILE_SPAN + row.row for row in broken]
        parts.append(rule_findings(pd.DataFrame({"rid": rids, "column": "", "value": values}), "S04"))
    return joined_findings(parts)


def _row_findings(step: TableStep, rows: str, text: str, *severities: str) -> list[pd.DataFrame]:
    whole = with_all_columns(rows, step.table, step.exact, step.engine)
    judged = rules_of_severity(bound_rules(step.study, step.name, step.table, step.engine.types(whole)), *severities)
    return [row_rule_findings(text, whole, judged, step.engine)]


def _quarantined_rows(found: pd.DataFrame) -> pd.DataFrame:
    """One line per quarantined row, its rules joined."""
    if found.empty:
        return pd.DataFrame(columns=OUT_COLUMNS)
    rules = found.groupby("rid")["rule"].agg(lambda ids: "+".join(sorted(set(ids))))
    return pd.DataFrame({"rid": rules.index, "stage": VALIDATE, "outcome": QUARANTINED, "reason": rules.to_numpy()})


def _check_books(step: TableStep, sheets: Sequence[Sheet], whole: ParsedSource, clean: str, out: pd.DataFrame) -> None:
    engine = step.engine
    cells = [f"SELECT {sheet.number * FILE_SPAN} + row AS rid FROM {sheet.cells.table}" for sheet in sheets]
    aside = engine.scan(_rows_set_aside(sheets)[["rid"]].astype("int64"))
    came = engine.view(" UNION ALL ".join([*cells, f"SELECT rid FROM {aside}"]))
    used = clean
    if whole.members:
        used = engine.view(
            f"SELECT coalesce(m.member, c.rid) AS rid FROM {clean} AS c LEFT JOIN {whole.members} AS m USING (rid)"
        )
    check_balance(Books(came, used, out), engine, step.name)
    held = engine.types(whole.typed)
    money = [name for name, column in step.table.columns.items() if column.dtype == "number" and not column.share]
    additive = [name for name in money if name in held]
    check_sums(whole.typed, clean, out, additive, engine, step.name)
