"""Files that are one source: the same columns in several files or sheets, found again by one path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.header_years import year_of
from ..intake.meaning.unit_labels import label_and_unit
from .found_tables import FoundTable
from .table_roles import UsedTable

YEAR_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


@dataclass(frozen=True)
class SourceGroup:
    """Tables read as one source: the path from the data root, the sheet ('' where there is one), what the sheets' names are.

    `year`: the year its file name says, where no column does.
    """

    tables: tuple[UsedTable, ...]
    path: str
    sheet: str = ""
    sheet_is: str = ""
    year: str = ""

    @property
    def first(self) -> UsedTable:
        return self.tables[0]


def source_groups(tables: Sequence[UsedTable], root: Path) -> list[SourceGroup]:
    """The tables by what they hold, each group under one path where one fits its files and no other."""
    grouped: dict[tuple[object, ...], list[UsedTable]] = {}
    for used in tables:
        grouped.setdefault(_signature(used), []).append(used)
    return [group for alike in grouped.values() for group in _groups(alike, root)]


def _signature(used: UsedTable) -> tuple[object, ...]:
    """What two tables must share to be one source: role, layout and the names of their columns, units and years left out."""
    labels = frozenset(
        normalised_label(column.name) for column in used.table.columns if column.label and not year_of(column.label)
    )
    title = sheet_title(used.table)[0] if used.layout == "years" else ""
    return (used.role, used.layout, used.preset, labels, used.year is not None, title)


def sheet_title(table: FoundTable) -> tuple[str, str]:
    """What the one measure of a sheet of years is, from the lines above or the name of sheet or file, and its unit."""
    unit = next((column.unit for column in table.of_kind("number") if column.unit), "")
    for text in table.preamble:
        head, mark, name = text.replace("：", ":").partition(":")
        if mark and head.strip() in ("指标", "指标名称", "Indicator", "indicator"):
            plain, printed = label_and_unit(name.strip())
            return plain, printed or unit
    return label_and_unit(table.preview.sheet or Path(table.preview.file).stem)[0], unit


def _groups(alike: Sequence[UsedTable], root: Path) -> list[SourceGroup]:
    files = list(dict.fromkeys(used.table.preview.path for used in alike))
    if len(alike) == 1:
        return [_alone(alike[0], root)]
    dated = alike[0].year is not None or alike[0].layout in ("years", "bands", "years_of_measures")
    if len(files) == 1:
        sheets = [used.table.preview.sheet for used in alike]
        inside = all(used.table.preview.inside for used in alike)
        if not inside and dated:
            return [SourceGroup(tuple(alike), _relative(files[0], root), "*")]
        if not inside and all(year_of(sheet) for sheet in sheets):
            return [SourceGroup(tuple(alike), _relative(files[0], root), "*", "year")]
        return [_alone(used, root) for used in alike]
    pattern = common_pattern(files, root) if dated and len(files) == len(alike) else ""
    return [SourceGroup(tuple(alike), pattern)] if pattern else [_alone(used, root) for used in alike]


def _alone(used: UsedTable, root: Path) -> SourceGroup:
    preview = used.table.preview
    path, sheet = _relative(preview.path, root), preview.sheet
    if preview.inside:
        member, _, sheet = sheet.partition("/")
        path = f"{path}/{member}"
    found = YEAR_IN_NAME.search(preview.path.stem) or YEAR_IN_NAME.search(preview.sheet)
    return SourceGroup((used,), path, sheet, year=found[1] if found and used.year is None else "")


def _relative(path: Path, root: Path) -> str:
    return path.resolve().relative_to(root).as_posix()


def common_pattern(files: Sequence[Path], root: Path) -> str:
    """A path with one * that fits these files of a folder and no other, or ''."""
    names = [path.name for path in files]
    if len({path.parent for path in files}) > 1:
        return ""
    start = _shared_start(names)
    end = _shared_start([name[len(start) :][::-1] for name in names])[::-1]
    pattern, folder = f"{start}*{end}", files[0].parent
    if any(mark in start + end for mark in "*?[]") or {path.name for path in folder.glob(pattern)} != set(names):
        return ""
    return pattern if folder.resolve() == root else f"{_relative(folder, root)}/{pattern}"


def _shared_start(texts: Sequence[str]) -> str:
    """The marks that all texts begin with."""
    shared = takewhile(lambda marks: len(set(marks)) == 1, zip(*texts))
    return "".join(marks[0] for marks in shared)
