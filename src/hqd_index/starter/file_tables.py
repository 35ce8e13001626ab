"""The tables of the files named, each with its role, the trees of indicators among them, and what could not be used."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..engines import open_engine
from ..errors import ConfigError, HqdError, closest
from ..intake.read.previews import SheetPreview, sheet_previews
from ..study.hidden_files import is_hidden
from ..study.records import Label
from .builtin_tables import builtin_table
from .coin_tool import coin_tool
from .indicator_systems import IndicatorSystem, coinr_system, is_coinr_meta, system_of_table
from .sheet_tables import SheetTable, sheet_table
from .table_roles import ClassifiedTable, classified_table

DESCRIPTION = re.compile(r"\[DES\]|\bDES\b.*\.txt")  # what CSMAR packs beside its data


@dataclass
class FileTables:
    """Tables with their roles, systems, and (place, reason) of files and sheets that could not be used."""

    tables: list[ClassifiedTable] = field(default_factory=list)
    systems: list[IndicatorSystem] = field(default_factory=list)
    unused_files: list[tuple[str, Label]] = field(default_factory=list)


def expanded_files(files: Sequence[Path]) -> list[Path]:
    """The files named: patterns and folders taken apart, hidden files left out; ConfigError for what is not there."""
    paths: list[Path] = []
    for path in files:
        if path.is_dir():
            paths += sorted(
                child_path for child_path in path.iterdir() if child_path.is_file() and not is_hidden(child_path.name)
            )
        elif path.is_file():
            paths.append(path)
        elif matching_paths := sorted(Path(match) for match in glob.glob(str(path)) if Path(match).is_file()):  # noqa: PTH207
            paths += matching_paths
        else:
            raise _no_such_file(path)
    if not paths:
        raise ConfigError("no file is named after --from", zh="--from 之后没有文件", location="hqd init")
    return list(dict.fromkeys(paths))


def _no_such_file(path: Path) -> ConfigError:
    names = [sibling_path.name for sibling_path in path.parent.iterdir()] if path.parent.is_dir() else []
    closest_name = closest(path.name, names)
    return ConfigError(
        "there is no such file; " + (f"did you mean {closest_name!r}?" if closest_name else "check its path"),
        zh="没有这个文件;" + (f"您是不是想写 {closest_name!r}?" if closest_name else "请检查路径"),
        location=str(path),
    )


def file_tables(paths: Sequence[Path], root: Path) -> FileTables:
    """What the files hold; one that no reader can read is listed with the reader's reason."""
    collection, tables = FileTables(), []
    with open_engine() as engine:
        for path in paths:
            relative_path = path.resolve().relative_to(root).as_posix()
            try:
                previews = sheet_previews(path, relative_path, engine)
            except HqdError as fault:
                collection.unused_files.append((relative_path, Label(zh=fault.zh, en=fault.en)))
                continue
            workbook = coin_tool(previews)
            if workbook is not None:
                data_table, system = workbook
                collection.tables.append(ClassifiedTable(data_table, "coin_tool", units=(data_table.columns[1],)))
                collection.systems.append(system)
            else:
                tables += _sheet_tables(previews, collection)
    has_coinr_meta = any(is_coinr_meta(data_table) for data_table in tables)
    has_flows = any(builtin_table(data_table) == "trade_hs6" for data_table in tables)
    classified_tables = [
        classified_table(data_table, has_coinr_meta=has_coinr_meta, has_flows=has_flows) for data_table in tables
    ]
    if not any(data_table.role == "firms" and not data_table.has_no_years for data_table in classified_tables):
        reason = Label(zh="企业表没有年份,也没有别的企业表有", en="a table of firms without years, and no other has them")
        classified_tables = [
            replace(data_table, role="none", reason=reason) if data_table.has_no_years else data_table
            for data_table in classified_tables
        ]
    collection.tables += classified_tables
    collection.systems += [coinr_system(data_table.table) for data_table in classified_tables if data_table.role == "coinr_meta"]
    collection.systems += [
        indicator_system
        for data_table in classified_tables
        if data_table.role == "system" and (indicator_system := system_of_table(data_table.table))
    ]
    collection.unused_files += [
        (data_table.table.location, data_table.reason) for data_table in classified_tables if data_table.reason is not None
    ]
    return collection


def _sheet_tables(previews: Sequence[SheetPreview], collection: FileTables) -> list[SheetTable]:
    tables = []
    for preview in previews:
        location = f"{preview.file} [{preview.sheet}]" if preview.sheet else preview.file
        if DESCRIPTION.search(location):
            collection.unused_files.append((location, Label(zh="字段说明,不是数据", en="describes the columns; no data")))
            continue
        parsed_table = sheet_table(preview)
        if parsed_table is None:
            collection.unused_files.append((location, Label(zh="找不到表头行,未用", en="no row could be its header; not used")))
            continue
        tables.append(parsed_table)
        if not preview.is_complete:
            size_notice = Label(zh="文件很大,只看了前 20 万行", en="large: only the first 200,000 rows were looked at")
            collection.unused_files.append((location, size_notice))
    return tables
