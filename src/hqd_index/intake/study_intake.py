"""All tables of a study: located, read, judged by the gate, given back with ledger and quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from ..engines import Engine
from ..errors import ConfigError, DataError, HqdError
from ..study.records import Study
from .read.raw_files import RawFile, check_files_unchanged, file_names, raw_files
from .records.clean_table import CleanTable, example_cell, published_table
from .records.intake_notice import Notice
from .records.quarantine_tables import quarantine_list, quarantined_raw_rows, stored_quarantine
from .records.row_ledger import QUARANTINED_OUTCOME, ledger_rows
from .records.row_members import cell_texts, row_files, row_members
from .records.sample_flow import coverage, sample_flow
from .rules.key_overlap import table_overlap_notices
from .rules.unit_jumps import Medians
from .server_rows import database_files, database_snapshots
from .srdi.srdi_status import UNMATCHED_COLUMNS, SrdiStatus, unmatched_list
from .study_tables import FIRMS, first_rows_of_tables, raise_faults, read_study_tables

FIRST_ROWS = 1000
WHOLE_FILE_RULES = ("W04", "W07", "W08")  # notices that the first rows cannot support
REPAIRS = ["file", "sheet", "column", "kind", "cells", "example_before", "example_after"]


@dataclass(frozen=True)
class Intake:
    """Clean tables by canonical name (engine names), frames to publish, quarantined rows as read, notices, and medians.

    `medians`: table -> column -> year -> median, which the next run is compared with; `members`: tables of where cells are
    (`row_files`, `row_members`, `cell_texts`, the last two if any);
    `large_lists`: a table to publish that is too large for a frame (engine name). Of it, the frame lacks what is stored.
    """

    tables: dict[str, str]
    frames: dict[str, pd.DataFrame]
    raw_rows: pd.DataFrame
    notices: tuple[Notice, ...]
    medians: Mapping[str, Medians] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    large_lists: Mapping[str, str] = field(default_factory=dict)


class GateError(DataError):
    """The data did not pass the gate; `intake` holds what is needed to write the quarantine file."""

    def __init__(self, intake: Intake, en: str, *, zh: str, location: str, rule: str) -> None:
        super().__init__(en, zh=zh, location=location, rule=rule)
        self.intake = intake


def intake(
    study: Study, engine: Engine, data_root: Path, config_root: Path, snapshots: Mapping[str, Sequence[RawFile]] | None = None
) -> Intake:
    """Every table of the study, clean; DataError (exit 3) when a file or the gate refuses, CheckError (4) on unbalanced books.

    `snapshots` are the files of sources that lie on a server, by source id.
    """
    other_tables = engine.names()
    files = _raw_files(study, data_root, config_root, snapshots or {})
    study_tables = read_study_tables(study, files, engine, (config_root, data_root))
    firms = study_tables.firms
    check_files_unchanged([file for source_files in files.values() for file in source_files])
    tables = {
        table.name: firms.firm_years if firms and table.name == FIRMS else published_table(table, engine)
        for table in study_tables.tables
    }
    study_result = _intake_result(study, study_tables.tables, tables, engine)
    _check_gate(study, study_tables.tables, study_result)
    if firms:
        study_result = _intake_with_status(study_result, firms.status, study_tables.tables)
    large_lists = stored_quarantine(study_tables.tables, study_result.frames["quarantine"], engine)
    study_result = replace(study_result, large_lists=large_lists)
    lasting_tables = (study_result.tables, study_result.members, study_result.large_lists)
    engine.keep_only({*other_tables, *(name for names in lasting_tables for name in names.values())})
    return study_result


def checked_files(study: Study, engine: Engine, data_root: Path, config_root: Path, *, rows: int = FIRST_ROWS) -> Intake:
    """The headers of every file and its first rows, read and judged as `intake` does; without status and coverage.

    Raises what `intake` raises of files that cannot be read, and GateError where too many of the rows looked at do not pass.
    """
    snapshots = database_files(database_snapshots(study, engine.folder / "postgresql", first_rows=rows))
    files = _raw_files(study, data_root, config_root, snapshots)
    tables = first_rows_of_tables(study, files, engine, rows)
    study_result = _intake_result(study, tables, {}, engine)
    study_result = replace(
        study_result,
        tables={clean_table.name: clean_table.clean_rows for clean_table in tables},
        notices=tuple(notice for notice in study_result.notices if notice.rule not in WHOLE_FILE_RULES),
    )
    _check_gate(study, tables, study_result)
    return study_result


def _raw_files(
    study: Study, data_root: Path, config_root: Path, snapshots: Mapping[str, Sequence[RawFile]]
) -> dict[str, list[RawFile]]:
    """The files of each source; all that are missing are reported at once, with the line that names them."""
    files_by_source: dict[str, list[RawFile]] = {}
    errors: list[HqdError] = []
    for source_id, source in study.sources.sources.items():
        if source_id in snapshots:
            files_by_source[source_id] = list(snapshots[source_id])
            continue
        try:
            files_by_source[source_id] = raw_files(
                source, data_root, f"{_line_of_path(config_root, source.path)} sources.{source_id}.path"
            )
        except HqdError as fault:
            errors.append(fault)
    if errors and not file_names(data_root):
        raise _no_data_error(data_root)
    raise_faults(errors)
    return files_by_source


def _no_data_error(folder: Path) -> ConfigError:
    """One fault for the whole folder instead of one for each source."""
    folder_state, folder_state_zh = ("is empty", "是空的") if folder.is_dir() else ("does not exist", "不存在")
    return ConfigError(
        f"the data folder {folder_state}; put the files of sources.yaml there, or name another folder with --data "
        "(`hqd demo` writes synthetic files for the demo study)",
        zh=f"数据文件夹{folder_state_zh};请把 sources.yaml 中的文件放进去,或用 --data 指定别的文件夹"
        "(`hqd demo` 可为演示研究生成合成数据)",
        location=str(folder),
        rule="S01",
    )


def _line_of_path(config_root: Path, path: str) -> str:
    """'sources.yaml:12' where the path is written, or the file alone."""
    config = config_root / "sources.yaml"
    lines = config.read_text("utf-8").splitlines() if config.is_file() else []
    line_numbers = [
        line_number
        for line_number, config_line in enumerate(lines, 1)
        if config_line.lstrip().startswith("path:") and path in config_line
    ]
    return f"sources.yaml:{line_numbers[0]}" if line_numbers else "sources.yaml"


def _intake_result(study: Study, clean_tables: Sequence[CleanTable], tables: dict[str, str], engine: Engine) -> Intake:
    frames = {
        "ledger": pd.concat(
            [
                ledger_rows(clean_table.files, clean_table.input_row_counts, clean_table.removed_rows)
                for clean_table in clean_tables
            ],
            ignore_index=True,
        ),
        "quarantine": pd.concat([quarantine_list(clean_table, engine) for clean_table in clean_tables], ignore_index=True),
        "repairs": pd.concat([_repairs(clean_table) for clean_table in clean_tables], ignore_index=True),
        "sample_flow": sample_flow(study, clean_tables, engine),
        "coverage": coverage(study, tables, engine),
        "srdi_unmatched": pd.DataFrame(columns=UNMATCHED_COLUMNS),
    }
    raw_rows = pd.concat([quarantined_raw_rows(clean_table, engine) for clean_table in clean_tables], ignore_index=True)
    notices = [notice for clean_table in clean_tables for notice in clean_table.notices]
    notices += table_overlap_notices(tables, study.study.unit.by, engine)
    medians = {clean_table.name: clean_table.medians for clean_table in clean_tables}
    members: dict[str, str] = {}
    if tables:
        members = row_files(clean_tables, engine) | row_members(clean_tables, engine) | cell_texts(clean_tables, engine)
    return Intake(tables, frames, raw_rows, tuple(notices), medians, members)


def _repairs(clean_table: CleanTable) -> pd.DataFrame:
    """file, sheet, column, kind, cells, example_before, example_after over the rows used of a table."""
    repairs = clean_table.repairs.merge(
        clean_table.files[["number", "file", "sheet"]], on="number", how="left", validate="many_to_one"
    )
    return repairs[REPAIRS]


def _intake_with_status(study_result: Intake, status: SrdiStatus | HqdError, tables: Sequence[CleanTable]) -> Intake:
    """The records that met no firm and what was noticed of the list; a fault of it is raised here, after those of the gate."""
    if isinstance(status, HqdError):
        raise status
    files = pd.concat([table.files for table in tables])
    frames = study_result.frames | {"srdi_unmatched": unmatched_list(status.unmatched_records, files)}
    return replace(study_result, frames=frames, notices=(*study_result.notices, *status.notices))


def _check_gate(study: Study, clean_tables: Sequence[CleanTable], study_result: Intake) -> None:
    gates = study.rules.gates
    for clean_table in clean_tables:
        share, max_share = clean_table.quarantined_share, gates.max_quarantine_share
        if share == 0 or (share <= max_share and gates.on_error == "quarantine"):
            continue
        quarantined_count = int((clean_table.removed_rows["outcome"] == QUARANTINED_OUTCOME).sum())
        table_name, location = clean_table.name, ", ".join(clean_table.files["file"])
        example_en, example_zh = example_cell(clean_table)
        raise GateError(
            study_result,
            f"{quarantined_count} rows of table {table_name} do not pass ({share:.1%} of rows in scope; limit {max_share:.1%})"
            f"{example_en}; mend those that quarantine.xlsx lists",
            zh=f"表 {table_name} 有 {quarantined_count} 行未通过校验(占范围内 {share:.1%},上限 {max_share:.1%}){example_zh};请按 "
            "quarantine.xlsx 逐行改正",
            location=location,
            rule="S13",
        )


def refuse_empty_tables(study: Study, intake_result: Intake, engine: Engine) -> None:
    """GateError for a table behind an indicator of which no row is used, whatever share may be quarantined (F29)."""
    scored_tables = {leaf.table for leaf in study.indicators.indicators.values()}
    for name in sorted(scored_tables & intake_result.tables.keys()):
        if engine.count(intake_result.tables[name]):
            continue
        source_paths = [source.path for source in study.sources.sources.values() if source.table == name]
        raise GateError(
            intake_result,
            f"no row of table {name} is used; quarantine.xlsx and ledger.csv say why of each row",
            zh=f"表 {name} 没有一行可用;各行的原因见 quarantine.xlsx 与 ledger.csv",
            location=", ".join(dict.fromkeys(source_paths)),
            rule="S13",
        )
