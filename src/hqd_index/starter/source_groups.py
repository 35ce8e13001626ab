"""Files that are one source: the same columns in several files or sheets, found again by one path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.header_years import year_of
from ..intake.meaning.unit_labels import label_and_unit, units_in_preamble
from .sheet_tables import SheetTable
from .table_roles import ClassifiedTable

TITLE_NUMBER = re.compile(r"^\s*(?:表\s*)?[\dⅠ-Ⅻ]+(?:[-.－—_]\d+)*\s*|^\s*(?:附?表|续表)\s*[一二三四五六七八九十\d]*\s*")
YEAR_IN_TITLE = re.compile(r"(?<![\d.-])((?:19|20)\d{2})(?!\d|\s*年?\s*(?:不变|可比|价|基期|[=＝]|[-~—至到]\s*\d))")
YEAR_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")


@dataclass(frozen=True)
class SourceGroup:
    """Tables read as one source: the path from the data root, the sheet ('' where there is one), what the sheets' names are.

    `year`: the year its file name, or the title above the table, says where no column does.
    """

    tables: tuple[ClassifiedTable, ...]
    path: str
    sheet: str = ""
    sheet_meaning: str = ""
    year: str = ""
    year_origin: str = ""  # file | title

    @property
    def first(self) -> ClassifiedTable:
        return self.tables[0]


def source_groups(tables: Sequence[ClassifiedTable], root: Path) -> list[SourceGroup]:
    """The tables by what they hold, each group under one path where one fits its files and no other."""
    tables_by_signature: dict[tuple[object, ...], list[ClassifiedTable]] = {}
    for table in tables:
        tables_by_signature.setdefault(_signature(table), []).append(table)
    return [group for similar_tables in tables_by_signature.values() for group in _table_groups(similar_tables, root)]


def _signature(table: ClassifiedTable) -> tuple[object, ...]:
    """What two tables must share to be one source: role, layout and the names of their columns, units and years left out."""
    labels = frozenset(
        normalised_label(column.name) for column in table.table.columns if column.label and not year_of(column.label)
    )
    title = sheet_title(table.table)[0] if table.layout == "years" else ""
    return (table.role, table.layout, table.preset, labels, table.year is not None, title)


def sheet_title(table: SheetTable) -> tuple[str, str]:
    """What the one measure of a sheet of years is, from the lines above or the name of sheet or file, and its unit."""
    unit = next((column.unit for column in table.columns_of_kind("number") if column.unit), "")
    for preamble_line in table.preamble:
        prefix, colon, measure_name = preamble_line.replace("：", ":").partition(":")
        if colon and prefix.strip() in ("指标", "指标名称", "Indicator", "indicator"):
            plain_label, printed_unit = label_and_unit(measure_name.strip())
            return plain_label, printed_unit or unit
    title = _printed_title(table) or table.preview.sheet or Path(table.preview.file).stem
    name, printed_unit = label_and_unit(title)
    return name, printed_unit or unit


def _printed_title(table: SheetTable) -> str:
    """The line above the header that is a title in Chinese, without its number; ''."""
    for line in table.preamble:
        title = TITLE_NUMBER.sub("", line).strip()
        is_unit_line = bool(units_in_preamble([[line]])) and "单位" in line
        if len(re.findall(r"[\u4e00-\u9fff]", title)) > 1 and not is_unit_line and not re.search("[:：]|续表", title):
            return title
    return ""


def _table_groups(similar_tables: Sequence[ClassifiedTable], root: Path) -> list[SourceGroup]:
    files = list(dict.fromkeys(table.table.preview.path for table in similar_tables))
    if len(similar_tables) == 1:
        return [_single_table_group(similar_tables[0], root)]
    has_years = similar_tables[0].year is not None or similar_tables[0].layout in ("years", "bands", "years_of_measures")
    if len(files) == 1:
        sheets = [table.table.preview.sheet for table in similar_tables]
        in_archives = all(table.table.preview.in_archive for table in similar_tables)
        pattern = _pattern_of(sheets)
        if not in_archives and has_years:
            return [SourceGroup(tuple(similar_tables), _relative_path(files[0], root), pattern)]
        if not in_archives and all(year_of(sheet) for sheet in sheets):
            return [SourceGroup(tuple(similar_tables), _relative_path(files[0], root), pattern, "year")]
        members = [table.table.preview.member for table in similar_tables]
        if in_archives and has_years and sheets == members:
            return [SourceGroup(tuple(similar_tables), f"{_relative_path(files[0], root)}/{_pattern_of(members)}")]
        return [_single_table_group(table, root) for table in similar_tables]
    pattern = common_pattern(files, root) if has_years and len(files) == len(similar_tables) else ""
    return (
        [SourceGroup(tuple(similar_tables), pattern)]
        if pattern
        else [_single_table_group(table, root) for table in similar_tables]
    )


def _pattern_of(names: Sequence[str]) -> str:
    """What the names begin and end with around one *, so that a sheet of another kind (说明) is none of them."""
    prefix = _common_prefix(names)
    suffix = _common_prefix([name[len(prefix) :][::-1] for name in names])[::-1]
    return "*" if any(wildcard in prefix + suffix for wildcard in "*?[]") else f"{prefix}*{suffix}"


def _single_table_group(table: ClassifiedTable, root: Path) -> SourceGroup:
    preview = table.table.preview
    path, sheet = _relative_path(preview.path, root), preview.sheet
    if preview.in_archive:
        path, sheet = f"{path}/{preview.member}", sheet.removeprefix(preview.member).removeprefix("/")
    year_match = YEAR_IN_NAME.search(preview.path.stem) or YEAR_IN_NAME.search(preview.sheet)
    title_years = {year for line in table.table.preamble for year in YEAR_IN_TITLE.findall(line)}
    year_text = year_match[1] if year_match else next(iter(title_years)) if len(title_years) == 1 else ""
    origin = "file" if year_match else "title" if year_text else ""
    return SourceGroup((table,), path, sheet, year=year_text if table.year is None else "", year_origin=origin)


def _relative_path(path: Path, root: Path) -> str:
    return path.resolve().relative_to(root).as_posix()


def common_pattern(paths: Sequence[Path], root: Path) -> str:
    """A path with one * that fits these files of a folder and no other, or ''."""
    names = [path.name for path in paths]
    if len({path.parent for path in paths}) > 1:
        return ""
    prefix = _common_prefix(names)
    suffix = _common_prefix([path_name[len(prefix) :][::-1] for path_name in names])[::-1]
    pattern, folder = f"{prefix}*{suffix}", paths[0].parent
    if any(wildcard in prefix + suffix for wildcard in "*?[]") or {path.name for path in folder.glob(pattern)} != set(names):
        return ""
    return pattern if folder.resolve() == root else f"{_relative_path(folder, root)}/{pattern}"


def _common_prefix(texts: Sequence[str]) -> str:
    """The marks that all texts begin with."""
    common_marks = takewhile(lambda marks: len(set(marks)) == 1, zip(*texts))
    return "".join(marks[0] for marks in common_marks)
