"""The tables of a study read and judged two at a time; firm-years are written once, with the status that the lists give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..engines import Engine, quoted
from ..errors import ConfigError, DataError, Faults, HqdError
from ..progress import Counter
from ..study.records import Study
from .judged_table import JudgedTable, judged_table
from .read.parquet_reader import stored_rows_errors
from .read.raw_files import RawFile
from .records.clean_table import CleanTable, published_sql
from .records.sheet_names import with_distinct_sheets
from .srdi.srdi_status import SrdiStatus
from .srdi.status_columns import LEVEL_SETS, PUBLISHED_STATUS_COLUMNS
from .srdi.study_status import LIST_TABLES, FirmYears, study_status
from .study_columns import exactness, needed_columns, table_of, used_raw_columns
from .table_intake import clean_table
from .table_step import TableStep

TABLES_AT_ONCE = 2
SHEETS = 10_000  # of one table at most; a file may have several
FIRMS = "firms"


@dataclass(frozen=True)
class StudyTables:
    """The clean tables in the order of their sources, and the SRDI status of the firms of a study that has any."""

    tables: list[CleanTable]
    firms: FirmStatus | None = None


@dataclass(frozen=True)
class FirmStatus:
    """A relation of the firm-years as they are published; of their status what else was found, or why there is none."""

    firm_years: str
    status: SrdiStatus | HqdError


@dataclass(frozen=True)
class TableJob:
    """One table to read: its step, its files by source, and the number of the first."""

    table_step: TableStep
    files: Mapping[str, Sequence[RawFile]]
    first_file_number: int


def read_study_tables(
    study: Study, files: Mapping[str, Sequence[RawFile]], engine: Engine, folders: Sequence[Path]
) -> StudyTables:
    """Every table of the study with its books; the files that cannot be read are reported at once.

    `files` by source id; `folders`: where the study keeps its own counts of firms recognised.
    """
    table_jobs = {job.table_step.name: job for job in _table_jobs(study, files, engine)}
    with ThreadPoolExecutor(max_workers=TABLES_AT_ONCE) as pool:
        tables = {name: pool.submit(_clean_table, job) for name, job in table_jobs.items() if name != FIRMS}
        lists = {name: tables[name] for name in LIST_TABLES if name in tables}
        firms = [pool.submit(_clean_firms, job, lists, folders) for name, job in table_jobs.items() if name == FIRMS]
    _raise_faults([job for name in table_jobs for job in ([tables[name]] if name in tables else firms)])
    clean = {name: job.result() for name, job in tables.items()}
    firm_status = None
    for job in firms:
        clean[FIRMS], firm_status = job.result()
    return StudyTables(with_distinct_sheets([clean[name] for name in table_jobs], study.sources.sources), firm_status)


def first_rows_of_tables(
    study: Study, files: Mapping[str, Sequence[RawFile]], engine: Engine, row_count: int
) -> list[CleanTable]:
    """The tables of the first rows of each sheet alone, without status."""
    jobs = [
        replace(job, table_step=replace(job.table_step, first_rows=row_count, is_stored_once=False))
        for job in _table_jobs(study, files, engine)
    ]
    with ThreadPoolExecutor(max_workers=TABLES_AT_ONCE) as pool:
        tables = [pool.submit(_clean_table, job) for job in jobs]
    _raise_faults(tables)
    return with_distinct_sheets([table.result() for table in tables], study.sources.sources)


def _table_jobs(study: Study, files: Mapping[str, Sequence[RawFile]], engine: Engine) -> Iterator[TableJob]:
    """Each table of the study that has files; they are counted as they are read."""
    paths = [file.path for source_files in files.values() for file in source_files]
    files_read = Counter("文件", "files", len(paths), size=sum(path.stat().st_size for path in paths if path.is_file()))
    first_file_number, raw_columns = 1, used_raw_columns(study)
    for name in dict.fromkeys(source.table for source in study.sources.sources.values()):
        table_files = {
            source_id: files[source_id]
            for source_id, source in study.sources.sources.items()
            if source.table == name and files[source_id]
        }
        if table_files:
            canonical_table = table_of(study, name)
            table_step = TableStep(
                study,
                name,
                canonical_table,
                exactness(study, canonical_table),
                engine,
                needed_columns(study, raw_columns, name, canonical_table),
                is_single_source=len(table_files) == 1,
                files_read=files_read,
                is_stored_once=name == FIRMS and len(table_files) == 1,
            )
            yield TableJob(table_step, table_files, first_file_number)
        first_file_number += SHEETS


@contextmanager
def _judged(job: TableJob) -> Iterator[JudgedTable]:
    """The table read and judged, with a connection of its own for the length of the block."""
    raw_table_files = [file for source_files in job.files.values() for file in source_files]
    with job.table_step.engine.second_connection(job.table_step.name) as engine, stored_rows_errors(raw_table_files):
        yield judged_table(replace(job.table_step, engine=engine), job.files, job.first_file_number)


def _clean_table(job: TableJob) -> CleanTable:
    with _judged(job) as judged:
        return clean_table(judged)


def _clean_firms(
    job: TableJob, lists: Mapping[str, Future[CleanTable]], folders: Sequence[Path]
) -> tuple[CleanTable, FirmStatus | None]:
    """The firm table, stored with its status as soon as its rows are judged; no status where a list cannot be read.

    A fault of the status is kept: that of the gate, which says more, may come before it.
    """
    with _judged(job) as judged:
        if any(table.exception() for table in lists.values()):  # waits; the fault of the list is reported
            return clean_table(judged), None
        engine, study = judged.table_step.engine, judged.table_step.study
        rows = engine.view(published_sql(FIRMS, judged.table_step.table, judged.rows, engine), f"clean_{FIRMS}")
        firms = FirmYears(rows, judged.industry_rows.firms, _constants(judged))
        try:
            status = study_status(study, firms, {name: table.result() for name, table in lists.items()}, engine, folders)
        except (ConfigError, DataError) as fault:
            return clean_table(judged), FirmStatus(rows, fault)
        return clean_table(judged, _as_judged(status.firms, judged.rows, engine)), FirmStatus(status.firms, status)


def _constants(judged: JudgedTable) -> dict[str, str]:
    """The texts that a study says of every row, as they are: of columns that are not looked up."""
    columns = judged.table_step.table.columns
    source_ids = list(judged.file_list["source"].unique())
    constants = judged.table_step.study.sources.sources[source_ids[0]].constants if len(source_ids) == 1 else {}
    return {
        name: text
        for name, text in constants.items()
        if name in columns and columns[name].dtype == "text" and not columns[name].code
        if text in (columns[name].categories or (text,))
    }


def _as_judged(stored_firms: str, judged_rows: str, engine: Engine) -> str | None:
    """The stored rows with the columns and types that they were judged in; None where the status took a column's place."""
    judged_types, stored_types = engine.sql_types(judged_rows), engine.sql_types(stored_firms)
    if {*PUBLISHED_STATUS_COLUMNS, *LEVEL_SETS} & judged_types.keys():
        return None
    cells = [
        quoted(name) if stored_types[name] == sql_type else f"CAST({quoted(name)} AS {sql_type}) AS {quoted(name)}"
        for name, sql_type in judged_types.items()
    ]
    return engine.view(f"SELECT {', '.join(cells)} FROM {stored_firms}")


def _raise_faults(jobs: Iterable[Future[CleanTable] | Future[tuple[CleanTable, FirmStatus | None]]]) -> None:
    """The faults of files of all tables at once."""
    raise_faults([fault for job in jobs if isinstance(fault := job.exception(), HqdError)])


def raise_faults(errors: Sequence[HqdError]) -> None:
    """One fault as it is, several together."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise Faults(errors)
