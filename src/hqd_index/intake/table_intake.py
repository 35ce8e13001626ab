"""One canonical table from raw files to clean rows: read, parse, judge, and account for every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pandas as pd

from ..canonical import CanonicalTable, expression_types
from ..engines.duckdb import Engine, literal, quoted
from ..expressions import parse as parse_expression
from ..expressions import row_sql
from ..study.records import Source, Study
from .cells.typed_columns import Exact, Parsed, parse
from .layout.header_rows import map_labels, require, required_columns
from .layout.joined_sources import combined, expanded, without
from .layout.long_tables import LongShape, parse_long
from .layout.text_columns import FILE_SPAN, Sheet
from .read.raw_files import RawFile
from .read.reader import SheetRequest
from .read.readers import read_sheet
from .records.intake_notice import Notice
from .records.row_ledger import OUT_OF_SCOPE, QUARANTINED, READ, VALIDATE, Books, balance, balance_sums
from .rules.anomalies import suspicions
from .rules.cross_row_rules import cross_row, one_kind
from .rules.duplicate_rows import duplicates
from .rules.firm_identity import Firms, one_id_per_firm, one_industry
from .rules.interpolation import interpolated
from .rules.row_rules import bound, broken_rules, completed, of_severity
from .rules.rule_catalogue import finding, joined

OPENING = "opening"
OUT_COLUMNS = ["rid", "stage", "outcome", "reason"]


@dataclass(frozen=True)
class TableRead:
    """A clean table (`rid`, canonical columns), its text twin, findings, rows taken out, and the books of its files."""

    name: str
    table: CanonicalTable
    clean: str
    text: str
    findings: pd.DataFrame
    out: pd.DataFrame
    files: pd.DataFrame
    rows_in: dict[int, int]
    sheets: tuple[Sheet, ...]
    notices: tuple[Notice, ...]

    @property
    def quarantined_share(self) -> float:
        """Quarantined rows over the rows in scope."""
        gone = self.out["outcome"].value_counts()
        scope = sum(self.rows_in.values()) - int(gone.get(OUT_OF_SCOPE, 0))
        return int(gone.get(QUARANTINED, 0)) / scope if scope else 0.0


@dataclass(frozen=True)
class Step:
    """What every step of one table needs."""

    study: Study
    name: str
    table: CanonicalTable
    exact: Exact
    engine: Engine
    needed: frozenset[str]
    single: bool  # one source gives the table, so each of its files must hold what the study computes with


def read_table(step: Step, files: Mapping[str, Sequence[RawFile]], first: int) -> TableRead:
    """The table from the files of its sources (source id -> files), which are numbered from `first`."""
    engine = step.engine
    sheets, parsed = _parsed(step, files, first)
    listed = _files(sheets)
    aside = _out([_set_aside(sheets), *(one.aside for one in parsed), *_filtered(step, files, parsed)])
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
    return parse_long(sheets, shape, lambda rows: list(_filters(step, source_id, rows)))


def _scoped(one: Parsed, aside: pd.DataFrame, step: Step) -> Parsed:
    """The source with blank keys and statement dates judged; rows out of scope have no findings."""
    found = joined([one.findings, _blank_keys(step, one.text), _not_year_end(step, one.typed, one.text)])
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


def _filtered(step: Step, files: Mapping[str, Sequence[RawFile]], parsed: Sequence[Parsed]) -> Iterable[pd.DataFrame]:
    """Rows the study leaves out (rid, stage, reason): opening balances, then its own filters."""
    for source_id, one in zip(files, parsed):
        if "statement_date" in step.engine.types(one.typed):
            opening = "month(statement_date) = 1 AND day(statement_date) = 1"
            yield step.engine.collect(
                f"SELECT rid, '{VALIDATE}' AS stage, '{OPENING}' AS reason FROM {one.typed} WHERE {opening}"
            )
        yield from _filters(step, source_id, completed(one.typed, step.table, step.exact, step.engine))


def _filters(step: Step, source_id: str, rows: str) -> Iterator[pd.DataFrame]:
    """Rows that a filter of the study leaves out; a filter on columns that `rows` lack waits until they are there."""
    types = step.engine.types(rows)
    known = {**expression_types(step.table, step.study.study.unit.by), **types}
    partition = [name for name in step.table.key if name != "year"]
    for place, choice in enumerate(step.study.sources.sources[source_id].out_of_scope):
        where = f"sources.yaml sources.{source_id}.out_of_scope.{place}"
        expression = parse_expression(choice.when, columns=known, aggregate=False, where=where)
        if expression.columns <= set(types):
            reason = literal(choice.reason[step.study.study.language])
            test = row_sql(expression, types, partition=partition)
            yield step.engine.collect(f"SELECT rid, '{VALIDATE}' AS stage, {reason} AS reason FROM {rows} WHERE {test}")


def _out(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One line per row out of scope: the first reason counts."""
    every = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=OUT_COLUMNS)], ignore_index=True)
    every = every.reindex(columns=OUT_COLUMNS).astype(object)
    every = every.assign(stage=every["stage"].fillna(READ), outcome=every["outcome"].fillna(OUT_OF_SCOPE))
    return every.drop_duplicates("rid", ignore_index=True).astype({"rid": "int64"})


def _blank_keys(step: Step, text: str) -> pd.DataFrame:
    held = step.engine.types(text)
    parts = []
    for name in step.table.key:
        blank = f"{quoted(name)} IS NULL" if name in held else "true"
        rows = step.engine.collect(
            f"""SELECT rid, {literal(name)} AS "column", '' AS "value" FROM {text} WHERE {blank} ORDER BY rid"""
        )
        parts.append(finding(rows, "C04"))
    return joined(parts)


def _not_year_end(step: Step, typed: str, text: str) -> pd.DataFrame:
    if "statement_date" not in step.engine.types(typed):
        return joined([])
    rows = step.engine.collect(
        f"""SELECT rid, 'statement_date' AS "column", t.statement_date AS "value" FROM {typed} AS y
        JOIN {text} AS t USING (rid) WHERE month(y.statement_date) <> 12 OR day(y.statement_date) <> 31 ORDER BY rid"""
    )
    return finding(rows, "E07")


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
