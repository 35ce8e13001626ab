"""The tables of the files named, each with its role, the trees of indicators among them, and what could not be used."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..engines.duckdb import Engine
from ..errors import ConfigError, HqdError, closest
from ..intake.read.hidden_files import is_hidden
from ..intake.read.previews import SheetPreview, sheet_previews
from ..study.records import Label
from .coin_tool import coin_tool
from .found_tables import FoundTable, found_table
from .indicator_systems import IndicatorSystem, coinr_system, is_coinr_meta, system_of_table
from .table_roles import UsedTable, used_table

DESCRIPTION = re.compile(r"\[DES\]|\bDES\b.*\.txt")  # what CSMAR packs beside its data


@dataclass
class FileTables:
    """Tables with their roles, systems, and (place, reason) of files and sheets that could not be used."""

    tables: list[UsedTable] = field(default_factory=list)
    systems: list[IndicatorSystem] = field(default_factory=list)
    unused: list[tuple[str, Label]] = field(default_factory=list)


def named_files(files: Sequence[Path]) -> list[Path]:
    """The files named: patterns and folders taken apart, hidden files left out; ConfigError for what is not there."""
    paths: list[Path] = []
    for path in files:
        if path.is_dir():
            paths += sorted(inside for inside in path.iterdir() if inside.is_file() and not is_hidden(inside.name))
        elif path.is_file():
            paths.append(path)
        elif matches := sorted(Path(match) for match in glob.glob(str(path)) if Path(match).is_file()):  # noqa: PTH207
            paths += matches
        else:
            raise _no_such_file(path)
    if not paths:
        raise ConfigError("no file is named after --from", zh="--from 之后没有文件", location="hqd init")
    return list(dict.fromkeys(paths))


def _no_such_file(path: Path) -> ConfigError:
    names = [inside.name for inside in path.parent.iterdir()] if path.parent.is_dir() else []
    nearest = closest(path.name, names)
    return ConfigError(
        "there is no such file; " + (f"did you mean {nearest!r}?" if nearest else "check its path"),
        zh="没有这个文件;" + (f"您是不是想写 {nearest!r}?" if nearest else "请检查路径"),
        location=str(path),
    )


def file_tables(paths: Sequence[Path], root: Path) -> FileTables:
    """What the files hold; one that no reader can read is listed with the reader's reason."""
    result, tables = FileTables(), []
    with Engine() as engine:
        for path in paths:
            name = path.resolve().relative_to(root).as_posix()
            try:
                previews = sheet_previews(path, name, engine)
            except HqdError as fault:
                result.unused.append((name, Label(zh=fault.zh, en=fault.en)))
                continue
            workbook = coin_tool(previews)
            if workbook is not None:
                table, system = workbook
                result.tables.append(UsedTable(table, "coin_tool", units=(table.columns[1],)))
                result.systems.append(system)
            else:
                tables += _sheet_tables(previews, result)
    with_meta = any(is_coinr_meta(table) for table in tables)
    used = [used_table(table, with_meta=with_meta) for table in tables]
    result.tables += used
    result.systems += [coinr_system(table.table) for table in used if table.role == "coinr_meta"]
    result.systems += [found for table in used if table.role == "system" and (found := system_of_table(table.table))]
    result.unused += [(table.table.location, table.reason) for table in used if table.reason is not None]
    return result


def _sheet_tables(previews: Sequence[SheetPreview], result: FileTables) -> list[FoundTable]:
    tables = []
    for preview in previews:
        location = f"{preview.file} [{preview.sheet}]" if preview.sheet else preview.file
        if DESCRIPTION.search(location):
            result.unused.append((location, Label(zh="字段说明,不是数据", en="describes the columns; no data")))
            continue
        table = found_table(preview)
        if table is None:
            result.unused.append((location, Label(zh="找不到表头行,未用", en="no row could be its header; not used")))
            continue
        tables.append(table)
        if not preview.whole:
            text = Label(zh="文件很大,只看了前 20 万行", en="large: only the first 200,000 rows were looked at")
            result.unused.append((location, text))
    return tables
