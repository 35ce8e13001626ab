"""One canonical table from raw files to clean rows: read, parse, judge, and account for every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pandas as pd

from ..study.records import Source
from .cells.column_reading import Parsed
from .cells.typed_columns import parse
from .layout.header_rows import map_labels, require, required_columns
from .layout.joined_sources import combined, expanded, without
from .layout.long_tables import LongShape, parse_long
from .layout.text_columns import FILE_SPAN, Sheet
from .read.raw_files import RawFile
from .read.reader import SheetRequest
from .read.readers import read_sheet
from .records.clean_table import TableRead
from .records.intake_notice import Notice
from .records.row_ledger import OUT_OF_SCOPE, QUARANTINED, READ, VALIDATE, Books, balance, balance_sums
from .rules.anomalies import suspicions
from .rules.cross_row_rules import cross_row, one_kind
from .rules.duplicate_rows import duplicates
from .rules.firm_identity import Firms, one_id_per_firm, one_industry
from .rules.interpolation import interpolated
from .rules.key_rules import blank_keys, not_year_end
from .rules.row_rules import bound, broken_rules, completed, of_severity
from .rules.rule_catalogue import finding, joined
from .rules.scope_filters import OUT_COLUMNS, filtered, out_of_scope, study_filters
from .table_step import Step


def read_table(step: Step, files: Mapping[str, Sequence[RawFile]], first: int) -> TableRead:
    """The table from the files of its sources (source id -> files), which are numbered from `first`."""
    engine = step.engine
    sheets, parsed = _parsed(step, files, first)
    listed = _files(sheets)
    aside = out_of_scope([_set_aside(sheets), *(one.aside for one in parsed), *filtered(step, files, parsed)])
    whole = combined([_scoped(one, aside, step) for one in parsed], step.table.key, listed, engine)
    scope = without(whole.typed, aside["rid"], engine)
    where = ", ".join(listed["file"])
    one_kind(scope, where, engine)
    found = joined([whole.findings, *_judged(step, scope, whole.text, "error")])
    found = joined([found, cross_row(step.name, without(scope, found["rid"], engine), whole.text, engine)])
    firms = _identified(step, without(scope, found["rid"], engine), where)
    if step.table.key:
        found = joined([found, duplicates(firms.rows, whole.text, step.table.key, listed, engine)])
    clean, jumps = _settled(step, without(firms.rows, found["rid"], engine), where)
    with engine.beside() as own, ThreadPoolExecutor(max_workers=1) as pool:
        odd = pool.submit(suspicions, step.name, clean, step.table, own)
        out = expanded(pd.concat([aside, firms.twins, _quarantined(found)], ignore_index=True), whole.members, engine)
        _check_books(step, sheets, whole, clean, out)
        doubtful = [*_judged(step, clean, whole.text, "warning", "info"), interpolated(clean, whole.text, step.table, engine)]
    found = joined([_ragged(sheets), found, *doubtful])
    told = [notice for sheet in sheets for notice in (*sheet.cells.notices, *sheet.headed.notices)]
    told += [*whole.notices, *firms.notices, *jumps, *odd.result()]
    rows_in = {sheet.number: len(sheet.cells.set_aside) + sheet.cells.rows for sheet in sheets}
    return TableRead(step.name, step.table, clean, whole.text, found, out, listed, rows_in, tuple(sheets), tuple(told))


def _identified(step: Step, rows: str, where: str) -> Firms:
    """Firm rows under one id per firm; the rows of other tables as they are."""
    if step.name == "firms" and "firm_id" in step.table.key:
        return one_id_per_firm(rows, where, step.engine)
    return Firms(rows, pd.DataFrame(columns=OUT_COLUMNS), ())


def _settled(step: Step, rows: str, where: str) -> tuple[str, tuple[Notice, ...]]:
    """Firm rows in the industry that the study's choice gives them."""
    if step.name != "firms":
        return rows, ()
    return one_industry(rows, step.study.sources.firm_industry, where, step.engine)


def _parsed(step: Step, files: Mapping[str, Sequence[RawFile]], first: int) -> tuple[list[Sheet], list[Parsed]]:
    sheets: list[Sheet] = []
    parsed: list[Parsed] = []
    for source_id, mine in files.items():
        source = step.study.sources.sources[source_id]
        read_now = [_sheet(file, source, step, first + len(sheets) + place) for place, file in enumerate(mine)]
        sheets += read_now
        where = f"sources.yaml sources.{source_id}"
        parsed.append(_with_year(_parse(step, read_now, source_id, where), step))
    held = {name for one in parsed for name in step.engine.types(one.typed)}
    labels = [label for sheet in sheets for label in sheet.cells.labels]
    sources = [step.study.sources.sources[source_id] for source_id in files]
    require(sorted(step.needed - held), sources, step.table, labels, ", ".join(sheet.cells.file for sheet in sheets))
    return sheets, parsed


def _parse(step: Step, sheets: list[Sheet], source_id: str, where: str) -> Parsed:
    source = step.study.sources.sources[source_id]
    if source.reshape is None:
        return parse(sheets, source, step.table, step.exact, step.engine, where)
    limits = step.study.rules.ranges.get(step.name, {})
    shape = LongShape(source.reshape, source, step.table, step.exact, limits, _files(sheets), step.engine, where)
    return parse_long(sheets, shape, lambda rows: list(study_filters(step, source_id, rows)))


def _scoped(one: Parsed, aside: pd.DataFrame, step: Step) -> Parsed:
    """The source with blank keys and statement dates judged; rows out of scope have no findings."""
    found = joined([one.findings, blank_keys(step, one.text), not_year_end(step, one.typed, one.text)])
    return replace(one, findings=found[~found["rid"].isin(aside["rid"])])


def _sheet(file: RawFile, source: Source, step: Step, number: int) -> Sheet:
    cells = read_sheet(SheetRequest(file, source, step.table, step.engine))
    headed = map_labels(cells.labels, dict(cells.units), source, step.table, file.name)
    missing = required_columns(source, step.table, headed.positions, step.needed if step.single else ())
    require(missing, [source], step.table, cells.labels, file.name)
    return Sheet(number, cells, headed)


def _with_year(parsed: Parsed, step: Step) -> Parsed:
    """The year of the statement date where a source gives no year of its own."""
    held = step.engine.types(parsed.typed)
    if "year" in held or "statement_date" not in held:
        return parsed
    year = "year(y.statement_date)"
    typed = step.engine.query(f"SELECT y.*, CAST({year} AS DECIMAL(28,8)) AS year FROM {parsed.typed} AS y")
    text = step.engine.query(
        f"SELECT t.*, CAST({year} AS VARCHAR) AS year FROM {parsed.text} AS t JOIN {parsed.typed} AS y USING (rid)"
    )
    return Parsed(text, typed, parsed.findings, parsed.aside, parsed.notices, parsed.members)


def _files(sheets: Sequence[Sheet]) -> pd.DataFrame:
    rows = [(sheet.number, sheet.cells.file, sheet.cells.sheet, sheet.cells.digest) for sheet in sheets]
    return pd.DataFrame(rows, columns=["number", "file", "sheet", "digest"])


def _set_aside(sheets: Sequence[Sheet]) -> pd.DataFrame:
    rows = [
        (sheet.number * FILE_SPAN + row.row, READ, QUARANTINED if row.rule else OUT_OF_SCOPE, row.rule or row.reason)
        for sheet in sheets
        for row in sheet.cells.set_aside
    ]
    return pd.DataFrame(rows, columns=OUT_COLUMNS)


def _ragged(sheets: Sequence[Sheet]) -> pd.DataFrame:
    parts = []
    for sheet in sheets:
        broken = [row for row in sheet.cells.set_aside if row.rule]
        values = [f"{row.reason} / {len(sheet.cells.labels)}" for row in broken]
        rids = [sheet.number * FILE_SPAN + row.row for row in broken]
        parts.append(finding(pd.DataFrame({"rid": rids, "column": "", "value": values}), "S04"))
    return joined(parts)


def _judged(step: Step, rows: str, text: str, *severities: str) -> list[pd.DataFrame]:
    whole = completed(rows, step.table, step.exact, step.engine)
    judged = of_severity(bound(step.study, step.name, step.table, step.engine.types(whole)), *severities)
    return [broken_rules(text, whole, judged, step.engine)]


def _quarantined(found: pd.DataFrame) -> pd.DataFrame:
    """One line per quarantined row, its rules joined."""
    if found.empty:
        return pd.DataFrame(columns=OUT_COLUMNS)
    rules = found.groupby("rid")["rule"].agg(lambda ids: "+".join(sorted(set(ids))))
    return pd.DataFrame({"rid": rules.index, "stage": VALIDATE, "outcome": QUARANTINED, "reason": rules.to_numpy()})


def _check_books(step: Step, sheets: Sequence[Sheet], whole: Parsed, clean: str, out: pd.DataFrame) -> None:
    engine = step.engine
    cells = [f"SELECT {sheet.number * FILE_SPAN} + row AS rid FROM {sheet.cells.table}" for sheet in sheets]
    aside = engine.scan(_set_aside(sheets)[["rid"]].astype("int64"))
    came = engine.view(" UNION ALL ".join([*cells, f"SELECT rid FROM {aside}"]))
    used = clean
    if whole.members:
        used = engine.view(
            f"SELECT coalesce(m.member, c.rid) AS rid FROM {clean} AS c LEFT JOIN {whole.members} AS m USING (rid)"
        )
    balance(Books(came, used, out), engine, step.name)
    held = engine.types(whole.typed)
    money = [name for name, column in step.table.columns.items() if column.dtype == "number" and not column.share]
    additive = [name for name in money if name in held]
    balance_sums(whole.typed, clean, out, additive, engine, step.name)
