"""All tables of a study: located, read, judged by the gate, given back with ledger and quarantine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ..canonical import CANONICAL
from ..engines.duckdb import Engine, literal, quoted
from ..errors import ConfigError, DataError, Faults, HqdError
from ..study.records import SrdiList, Study
from .layout.text_columns import FILE_SPAN
from .read.raw_files import RawFile, locate, refuse_changed
from .records.intake_notice import Notice
from .records.row_ledger import QUARANTINED, ledger
from .records.sample_flow import coverage, sample_flow
from .srdi.province_shares import WHERE, province_notices, published
from .srdi.srdi_status import UNMATCHED_COLUMNS, Status, batch_totals, beside, from_columns, from_list, list_notices
from .study_columns import exactness, needed_columns, table_of
from .table_intake import Step, TableRead, read_table

QUARANTINE = [
    "rule",
    "severity",
    "file",
    "sheet",
    "row",
    "key",
    "column",
    "value",
    "expected_zh",
    "expected_en",
    "mend_zh",
    "mend_en",
]
RAW_ROWS = ["file", "sheet", "row", "cells"]
TABLES_AT_ONCE = 2


@dataclass(frozen=True)
class Intake:
    """Clean tables by canonical name (engine names), frames to publish, quarantined rows as read, and notices."""

    tables: dict[str, str]
    frames: dict[str, pd.DataFrame]
    raw_rows: pd.DataFrame
    notices: tuple[Notice, ...]


class GateError(DataError):
    """The data did not pass the gate; `intake` holds what is needed to write the quarantine file."""

    def __init__(self, intake: Intake, en: str, *, zh: str, where: str, rule: str) -> None:
        super().__init__(en, zh=zh, where=where, rule=rule)
        self.intake = intake


def intake(study: Study, engine: Engine, data_root: Path, config_root: Path) -> Intake:
    """Every table of the study, clean; DataError (exit 3) when a file or the gate refuses, CheckError (4) on unbalanced books."""
    before = engine.names()
    files = _located(study, data_root, config_root)
    read = _read_all(study, files, engine)
    refuse_changed([file for mine in files.values() for file in mine])
    tables = {one.name: _clean(one, engine) for one in read}
    with engine.beside() as own, ThreadPoolExecutor(max_workers=1) as pool:
        status = pool.submit(_status, study, read, tables, own, (config_root, data_root))
        result = _result(study, read, tables, engine)
        _gate(study, read, result)
    result = _with_status(result, status.result())
    engine.keep_only({*before, *result.tables.values()})
    return result


def _located(study: Study, data_root: Path, config_root: Path) -> dict[str, list[RawFile]]:
    """The files of each source; all that are missing are told at once, with the line that names them."""
    files: dict[str, list[RawFile]] = {}
    faults: list[HqdError] = []
    for source_id, source in study.sources.sources.items():
        try:
            files[source_id] = locate(source, data_root, f"{_line(config_root, source.path)} sources.{source_id}.path")
        except HqdError as fault:
            faults.append(fault)
    if faults and not any(path.is_file() for path in data_root.rglob("*")):
        raise _no_data(data_root)
    _raise(faults)
    return files


def _no_data(folder: Path) -> ConfigError:
    """One fault for the whole folder instead of one for each source."""
    what, what_zh = ("is empty", "是空的") if folder.is_dir() else ("does not exist", "不存在")
    return ConfigError(
        f"the data folder {what}; put the files of sources.yaml there, or name another folder with --data "
        "(`hqd demo` writes synthetic files for the demo study)",
        zh=f"数据文件夹{what_zh};请把 sources.yaml 中的文件放进去,或用 --data 指定别的文件夹"
        "(`hqd demo` 可为演示研究生成合成数据)",
        where=str(folder),
        rule="S01",
    )


def _line(config_root: Path, path: str) -> str:
    """'sources.yaml:12' where the path is written, or the file alone."""
    config = config_root / "sources.yaml"
    lines = config.read_text("utf-8").splitlines() if config.is_file() else []
    found = [number for number, line in enumerate(lines, 1) if line.lstrip().startswith("path:") and path in line]
    return f"sources.yaml:{found[0]}" if found else "sources.yaml"


def _read_all(study: Study, files: Mapping[str, Sequence[RawFile]], engine: Engine) -> list[TableRead]:
    """The tables in the order of their sources, read two at a time; the files that cannot be read are told at once."""
    with ThreadPoolExecutor(max_workers=TABLES_AT_ONCE) as pool:
        begun = [pool.submit(_read_one, *job, engine) for job in _jobs(study, files, engine)]
    faults = [fault for job in begun if isinstance(fault := job.exception(), HqdError)]
    _raise(faults)
    return [job.result() for job in begun]


def _jobs(
    study: Study, files: Mapping[str, Sequence[RawFile]], engine: Engine
) -> Iterator[tuple[Step, dict[str, Sequence[RawFile]], int]]:
    """Each table of the study with its files by source and the number of the first."""
    first = 1
    for name in dict.fromkeys(source.table for source in study.sources.sources.values()):
        mine = {key: files[key] for key, source in study.sources.sources.items() if source.table == name and files[key]}
        if mine:
            table = table_of(study, name)
            needed = needed_columns(study, name, table)
            yield Step(study, name, table, exactness(study, table), engine, needed, single=len(mine) == 1), mine, first
        first += sum(len(some) for some in mine.values())


def _read_one(step: Step, files: Mapping[str, Sequence[RawFile]], first: int, engine: Engine) -> TableRead:
    with engine.beside() as own:
        return read_table(replace(step, engine=own), files, first)


def _raise(faults: Sequence[HqdError]) -> None:
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Faults(faults)


def _result(study: Study, read: Sequence[TableRead], tables: dict[str, str], engine: Engine) -> Intake:
    frames = {
        "ledger": pd.concat([ledger(one.files, one.rows_in, one.out) for one in read], ignore_index=True),
        "quarantine": pd.concat([_quarantine(one, engine) for one in read], ignore_index=True),
        "sample_flow": sample_flow(study, read, engine),
        "coverage": coverage(study, tables, engine),
        "srdi_unmatched": pd.DataFrame(columns=UNMATCHED_COLUMNS),
    }
    raw_rows = pd.concat([_raw_rows(one, engine) for one in read], ignore_index=True)
    return Intake(tables, frames, raw_rows, tuple(notice for one in read for notice in one.notices))


def _status(
    study: Study, read: Sequence[TableRead], tables: Mapping[str, str], engine: Engine, folders: Sequence[Path]
) -> Status | None:
    """The firm table with SRDI status: from the list where there is one, else from its own columns."""
    if "firms" not in tables:
        return None
    if "srdi_list" not in tables:
        return Status(from_columns(tables["firms"], engine), pd.DataFrame(columns=UNMATCHED_COLUMNS), ())
    settings = study.sources.srdi_list or SrdiList()
    records = _records(next(one for one in read if one.name == "srdi_list"), engine)
    owned = engine.collect(f"SELECT * FROM {tables['subsidiaries']}") if "subsidiaries" in tables else None
    if owned is not None:
        owned = owned.reindex(columns=list(CANONICAL["subsidiaries"].columns))
    status = from_list(tables["firms"], records, settings, study.study.years[1], engine, owned)
    where = ", ".join(records["file"].unique())
    told = (*status.notices, *list_notices(records, batch_totals(settings.batches, folders), settings, where))
    if settings.provinces:
        told += tuple(_spread(records, settings, settings.provinces, folders, where))
    return replace(status, notices=told)


def _with_status(result: Intake, status: Status | None) -> Intake:
    if status is None:
        return result
    tables, frames = result.tables | {"firms": status.firms}, result.frames | {"srdi_unmatched": status.unmatched}
    return Intake(tables, frames, result.raw_rows, (*result.notices, *status.notices))


def _spread(records: pd.DataFrame, settings: SrdiList, name: str, folders: Sequence[Path], where: str) -> list[Notice]:
    """W10 for the provinces of the national records."""
    counts = published(beside(name, folders, WHERE, "province, first_batch, last_batch, recognised, source"))
    national = records[records["level"].isin(settings.national_levels)].reindex(columns=["batch", "status", "province_code"])
    return province_notices(national, counts, batch_totals(settings.batches, folders), where)


def _records(one: TableRead, engine: Engine) -> pd.DataFrame:
    """The clean recognition list with file, sheet and row of each record."""
    rows = engine.collect(f"SELECT * FROM {one.clean} ORDER BY rid")
    placed = rows.assign(number=rows["rid"] // FILE_SPAN, row=rows["rid"] % FILE_SPAN)
    return placed.merge(one.files[["number", "file", "sheet"]], on="number", validate="many_to_one")


def _clean(one: TableRead, engine: Engine) -> str:
    """Published types (whole numbers as INTEGER) and the row id as text: digest, sheet, row."""
    columns = []
    for name in engine.types(one.clean):
        column = one.table.columns.get(name)
        cell = f"y.{quoted(name)}"
        if name != "rid":
            columns.append(f"CAST({cell} AS INTEGER) AS {quoted(name)}" if column and column.dtype == "integer" else cell)
    files = engine.scan(one.files.assign(prefix=_prefixes(one.files))[["number", "prefix"]])
    row_id = f"f.prefix || CAST(y.rid % {FILE_SPAN} AS VARCHAR) AS row_id"
    sql = f"SELECT {', '.join([*columns, row_id])} FROM {one.clean} AS y JOIN {files} AS f ON f.number = y.rid // {FILE_SPAN}"
    order = f" ORDER BY {', '.join(f'y.{quoted(name)}' for name in one.table.key)}" if one.table.key else ""
    make = engine.view if one.name == "firms" else engine.query  # the firm table is made with its status
    return make(sql + order, f"clean_{one.name}")


def _prefixes(files: pd.DataFrame) -> pd.Series:
    """digest:sheet: of each file; a file that stands twice in the folder gets its number too."""
    twice = files.groupby(["digest", "sheet"]).cumcount()
    suffix = twice.map(lambda n: f"({n + 1})" if n else "")
    return files["digest"].str[:12] + suffix + ":" + files["sheet"] + ":"


def _quarantine(one: TableRead, engine: Engine) -> pd.DataFrame:
    found = one.findings
    if found.empty:
        return pd.DataFrame(columns=QUARANTINE)
    listed = found.assign(number=found["rid"] // FILE_SPAN, row=found["rid"] % FILE_SPAN)
    listed = listed.merge(one.files[["number", "file", "sheet"]], on="number", how="left", validate="many_to_one")
    listed = listed.merge(_keys(one, found["rid"], engine), on="rid", how="left", validate="many_to_one")
    listed["key"] = listed["key"].fillna("")
    return listed.sort_values(["file", "sheet", "row", "rule", "column"], kind="stable", ignore_index=True)[QUARANTINE]


def _keys(one: TableRead, rids: pd.Series, engine: Engine) -> pd.DataFrame:
    held = engine.types(one.text)
    key = [quoted(name) for name in one.table.key or tuple(one.table.columns)[:2] if name in held]
    wanted = engine.scan(pd.DataFrame({"rid": rids.drop_duplicates().astype("int64")}))
    shown = f"concat_ws({literal(' | ')}, {', '.join(key)})"
    return engine.collect(f"SELECT rid, {shown} AS key FROM {one.text} WHERE rid IN (SELECT rid FROM {wanted})")


def _raw_rows(one: TableRead, engine: Engine) -> pd.DataFrame:
    """file, sheet, row and the cells of quarantined rows, whole, as JSON text of label -> cell."""
    gone = one.out[one.out["outcome"] == QUARANTINED]
    parts = [pd.DataFrame(columns=RAW_ROWS)]
    for sheet in one.sheets:
        rows = (gone.loc[gone["rid"] // FILE_SPAN == sheet.number, "rid"] % FILE_SPAN).astype("int64")
        if rows.empty:
            continue
        wanted = engine.scan(pd.DataFrame({"row": rows}))
        cells = engine.collect(f"SELECT * FROM {sheet.cells.table} WHERE row IN (SELECT row FROM {wanted}) ORDER BY row")
        labels = list(sheet.cells.labels)
        lines = [(row[0], _json(dict(zip(labels, row[1:])))) for row in cells.itertuples(index=False)]
        lines += [(row.row, _json(list(row.cells))) for row in sheet.cells.set_aside if row.rule]
        parts.append(pd.DataFrame(sorted(lines), columns=["row", "cells"]).assign(file=sheet.cells.file, sheet=sheet.cells.sheet))
    return pd.concat(parts, ignore_index=True)[RAW_ROWS]


def _json(cells: object) -> str:
    return json.dumps(cells, ensure_ascii=False)


def _gate(study: Study, read: Sequence[TableRead], result: Intake) -> None:
    gates = study.rules.gates
    for one in read:
        share, limit = one.quarantined_share, gates.max_quarantine_share
        if share == 0 or (share <= limit and gates.on_error == "quarantine"):
            continue
        bad = int((one.out["outcome"] == QUARANTINED).sum())
        where = ", ".join(one.files["file"])
        raise GateError(
            result,
            f"{bad} rows of table {one.name} do not pass ({share:.1%}; limit {limit:.1%}); mend those that quarantine.xlsx lists",
            zh=f"表 {one.name} 有 {bad} 行未通过校验({share:.1%},上限 {limit:.1%});请按 quarantine.xlsx 逐行改正",
            where=where,
            rule="S13",
        )
