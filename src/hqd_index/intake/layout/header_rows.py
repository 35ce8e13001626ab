"""Which row is the header, and which of its labels are which canonical columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...canonical import CanonicalTable
from ...errors import DataError
from ...study.records import Source
from ...study.vendor_presets import of_preset, unverified
from ..meaning.glyphs import normalised_label
from ..meaning.unit_choice import PrintedUnits
from ..meaning.unit_labels import (
    is_printed_unit,
    is_weak,
    label_and_unit,
    unit_label,
    units_below,
    units_in_cell,
    units_in_preamble,
)
from ..meaning.units import exponent, unit_of
from ..read.sheet_cells import SheetCells
from ..records.intake_notice import Notice
from .two_row_headers import column_letters, is_second_label_row, joined_labels

SEARCHED_ROWS = 40
YUAN_SIGN = "¥"  # as number formats print it, of any magnitude
SUB_HEADERS = 3
MERGED_HEADER = (
    "; where the header is two rows of merged cells, write its full names in one row, or `header_row:` with the lower one",
    ";若表头是两行合并单元格,请把完整列名写在一行,或用 `header_row:` 指明下一行的行号",
)


@dataclass(frozen=True)
class HeaderMap:
    """Canonical column -> position in the sheet and units printed around it; labels that are not used; notices."""

    positions: dict[str, int]
    printed_units: dict[str, PrintedUnits]
    unused_labels: tuple[str, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class Layout:
    """Which row the header is (from 1), its labels, how many rows below are labels too, units they and the lines above name."""

    row: int
    labels: tuple[str, ...]
    label_rows: int
    units: tuple[tuple[int, str], ...] = ()
    units_above_header: tuple[str, ...] = ()


def known_labels(source: Source, table: CanonicalTable) -> dict[str, str]:
    """Normalised label -> canonical column; a study's aliases come before built-in names and labels."""
    canonical_labels = {
        normalised_label(wording): column_id for column_id, column in table.columns.items() for wording in (column.zh, column.en)
    }
    names = {normalised_label(column_name): column_name for column_name in table.columns}
    aliases = {normalised_label(label): column_name for label, column_name in source.aliases.items()}
    without_units = {normalised_label(label_and_unit(label)[0]): column_name for label, column_name in source.aliases.items()}
    return {**canonical_labels, **without_units, **names, **aliases, **reshape_labels(source)}


def reshape_labels(source: Source) -> dict[str, str]:
    """Normalised label -> `reshape:label` of the columns that a long source is folded by."""
    if source.reshape is None:
        return {}
    reshape_labels = (source.reshape.names, source.reshape.values, source.reshape.units)
    return {normalised_label(reshape_label): f"reshape:{reshape_label}" for reshape_label in reshape_labels if reshape_label}


def header_row_index(sheet_rows: Sequence[Sequence[str]], column_by_label: Mapping[str, str], table: CanonicalTable) -> int:
    """The place of the row with the most known labels, else of the first row that is not blank."""
    known_counts = [sum(canonical_name(label, column_by_label, table) is not None for label in row) for row in sheet_rows]
    if any(known_counts):
        return known_counts.index(max(known_counts))
    return next((row_index for row_index, row in enumerate(sheet_rows) if any(label.strip() for label in row)), 0)


def canonical_name(label: str, column_by_label: Mapping[str, str], table: CanonicalTable) -> str | None:
    """The canonical column of a label, with or without the unit it prints.

    What may be a unit or part of the name (医生数/万人, GDP/人) is a unit only where the column is measured in it.
    """
    exact_match = column_by_label.get(normalised_label(label)) if label.strip() else None
    if exact_match is not None or not label.strip():
        return exact_match
    parsed_label = unit_label(label)
    name = column_by_label.get(normalised_label(parsed_label.name)) if parsed_label.units else None
    column = table.columns.get(name or "")
    if column is None or not (parsed_label.has_slash or all(is_weak(unit) for unit in parsed_label.units)):
        return name
    unit_converts = any(exponent(unit, column.unit) is not None for unit in parsed_label.units)
    return name if unit_converts or not (parsed_label.has_slash or column.unit) else None


SHEET_FACTS = frozenset(
    [
        "单位",
        "频率",
        "指标id",
        "指标代码",
        "来源",
        "数据来源",
        "更新时间",
        "时间区间",
        "起止时间",
        "frequency",
        "source",
        "indicatorid",
        "lastupdated",
    ]
)


def label_rows_below(sheet_rows: Sequence[Sequence[str]], number_columns: Sequence[int]) -> int:
    """How many rows right below the header are labels or units.

    A row of units has nothing but units over the number columns; a row of labels has two number cells or more, or stands right
    above a row of units, and no digit but in a unit. A data row whose numbers are all unreadable still has its code or year.
    """
    label_rows = 0
    for row_index, row in enumerate(sheet_rows[: SUB_HEADERS + 5]):
        next_row = sheet_rows[row_index + 1] if row_index + 1 < len(sheet_rows) else ()
        if (
            _is_description_row(row)
            or _says_unit(row)
            or (label_rows < SUB_HEADERS and _is_label_row(row, next_row, number_columns))
        ):
            label_rows += 1
        else:
            break
    return label_rows


def _is_label_row(row: Sequence[str], next_row: Sequence[str], number_columns: Sequence[int]) -> bool:
    filled_cells = _filled_cells(row, number_columns)
    if _is_unit_row(row, number_columns) or _is_no_unit_row(row):
        return True
    if _is_no_unit_row(next_row) and not any(_has_digit(cell) for cell in row):
        return True
    if not filled_cells or any(_has_digit(cell) for cell in row):
        return False
    return len(filled_cells) > 1 or _is_unit_row(next_row, number_columns)


def _filled_cells(row: Sequence[str], column_indices: Sequence[int]) -> list[str]:
    return [row[column_index].strip() for column_index in column_indices if column_index < len(row) and row[column_index].strip()]


def _is_unit_row(row: Sequence[str], number_columns: Sequence[int]) -> bool:
    """Whether number columns hold units and nothing else, and no other cell a digit."""
    filled_cells = _filled_cells(row, number_columns)
    units = [cell for cell in filled_cells if units_in_cell(cell)]
    only_units = all(units_in_cell(cell) or normalised_label(cell) in NO_UNIT for cell in filled_cells)
    return (
        bool(units)
        and only_units
        and not any(_has_digit(cell) for column_index, cell in enumerate(row) if column_index not in number_columns)
    )


def _is_no_unit_row(row: Sequence[str]) -> bool:
    """Whether every filled cell is how vendors say that a column has no unit (没有单位), or a unit."""
    cells = [cell for cell in row if cell.strip()]
    no_unit_flags = [normalised_label(cell) in NO_UNIT_PHRASES for cell in cells]
    return any(no_unit_flags) and all(has_no_unit or units_in_cell(cell) for has_no_unit, cell in zip(no_unit_flags, cells))


NO_UNIT_PHRASES = frozenset(("没有单位", "无单位", "nounit"))
NO_UNIT = frozenset(("没有单位", "无单位", "-", "—", "无", "nounit", "none", "--", "/"))


def _is_description_row(row: Sequence[str]) -> bool:
    """A row of a database below its header: 单位, 频率, 来源 ... in front, and something for the columns."""
    first_label = normalised_label(row[0]) if row else ""
    return first_label.rstrip(":") in SHEET_FACTS and any(cell.strip() for cell in row[1:])


def _says_unit(row: Sequence[str]) -> bool:
    """Whether the only filled cell of a row says the unit of the whole table: 单位：万元."""
    nonempty_cells = [cell for cell in row if cell.strip()]
    return len(nonempty_cells) == 1 and bool(units_below(nonempty_cells[0]))


def _has_digit(cell: str) -> bool:
    return any(character.isdigit() for character in cell) and not is_printed_unit(cell)


def header_layout(sheet_rows: Sequence[Sequence[str]], source: Source, table: CanonicalTable, location: str) -> Layout:
    """Header row, labels and label rows below it; DataError S02 when there is nothing under the header."""
    column_by_label = known_labels(source, table)
    row_index = header_row_index(sheet_rows, column_by_label, table) if source.header_row == "auto" else source.header_row - 1
    if row_index >= len(sheet_rows) or not any(label.strip() for label in sheet_rows[row_index]):
        raise no_rows(location)
    second_rows, labels = _second_rows_and_labels(sheet_rows, row_index, column_by_label, table)
    numbers = {column_name for column_name, column in table.columns.items() if column.dtype in ("number", "integer")}
    numbers |= {f"reshape:{source.reshape.values}"} if source.reshape else set()
    number_columns = [
        column_index for column_index, label in enumerate(labels) if canonical_name(label, column_by_label, table) in numbers
    ]
    label_rows = second_rows + label_rows_below(sheet_rows[row_index + 1 + second_rows :], number_columns)
    unit_rows = sheet_rows[row_index + 1 : row_index + 1 + label_rows]
    printed_units = [
        (column_index, unit)
        for unit_row in unit_rows
        if not _says_unit(unit_row)
        for column_index, cell in enumerate(unit_row)
        for unit in units_in_cell(cell)
    ]
    preamble_units = units_in_preamble([*sheet_rows[:row_index], *filter(_says_unit, unit_rows)])
    return Layout(row_index + 1, labels, label_rows, tuple(printed_units), preamble_units)


def _second_rows_and_labels(
    sheet_rows: Sequence[Sequence[str]], row_index: int, column_by_label: Mapping[str, str], table: CanonicalTable
) -> tuple[int, tuple[str, ...]]:
    """How many rows below go on with the header, and its labels; a column without one has its letters if an alias does."""

    def is_known(label: str) -> bool:
        return canonical_name(label, column_by_label, table) is not None

    row_above = sheet_rows[row_index - 1] if row_index else ()
    rows_below = sheet_rows[row_index + 1 : row_index + 1 + SUB_HEADERS]
    second_rows = next(
        (count for count, row in enumerate(rows_below) if not is_second_label_row(sheet_rows[row_index], row, is_known)),
        len(rows_below),
    )
    labels = joined_labels(sheet_rows[row_index], row_above, rows_below[:second_rows], is_known)
    return second_rows, tuple(label or _column_letter_label(index, column_by_label) for index, label in enumerate(labels))


def _column_letter_label(column_index: int, column_by_label: Mapping[str, str]) -> str:
    """The letters of a column without a label where an alias names it by them, else ''."""
    letters = column_letters(column_index)
    return letters if normalised_label(letters) in column_by_label else ""


def no_rows(location: str) -> DataError:
    """S02: nothing to read."""
    return DataError(
        "0 rows under the header; fill the file, or mark the source `optional: true` and remove it",
        zh="表头之下 0 行;请补充数据,或把该数据源写成 `optional: true` 并移走文件",
        location=location,
        rule="S02",
    )


def map_labels(cells: SheetCells, source: Source, table: CanonicalTable) -> HeaderMap:
    """Positions of canonical columns and the units printed around them; DataError S05 for a label twice."""
    labels, location = cells.labels, cells.file
    _refuse_repeated_labels(labels, location)
    column_by_label = known_labels(source, table)
    positions: dict[str, int] = {}
    unused_labels: list[str] = []
    for column_index, label in enumerate(labels):
        column_name = canonical_name(label, column_by_label, table)
        if column_name is None:
            unused_labels.append(label)
        elif column_name not in positions or of_preset(source, labels[positions[column_name]], column_name):
            positions[column_name] = column_index
        elif not of_preset(source, label, column_name):
            raise _repeated_column(f"{labels[positions[column_name]]!r} / {label!r} -> {column_name}", location)
    printed_units = {column: _printed_units(labels[index], index, cells) for column, index in positions.items()}
    unused_names = tuple(label for label in unused_labels if label.strip())
    notices = (*_unused_label_notices(unused_names, location), *_unverified_notices(source, labels, positions))
    return HeaderMap(positions, printed_units, unused_names, notices)


def _unverified_notices(source: Source, labels: Sequence[str], positions: Mapping[str, int]) -> tuple[Notice, ...]:
    """S07 for items that the preset of the source reads without having been compared with the vendor's list."""
    unverified_columns = unverified(
        source, {labels[column_index]: column_name for column_name, column_index in positions.items()}
    )
    if not unverified_columns:
        return ()
    location = f"sources.yaml {source.path}"
    en = f"read by preset {source.preset}, to be verified: " + ", ".join(
        f"{label} as {column_name}" for label, column_name, _ in unverified_columns
    )
    zh = f"按预设 {source.preset} 读取,待核对:" + "、".join(
        f"{label} → {column_name}({source_field})" for label, column_name, source_field in unverified_columns
    )
    return (Notice("S07", location, en, zh),)


def _printed_units(label: str, column_index: int, cells: SheetCells) -> PrintedUnits:
    parsed_label = unit_label(label)
    units_below = tuple(unit for column, unit in cells.units if column == column_index)
    return PrintedUnits(
        parsed_label.units,
        _without_signs(units_below, parsed_label.units, cells.units_above_header),
        cells.units_above_header,
        parsed_label.unread_words,
    )


def _without_signs(units: Sequence[str], label: Sequence[str], preamble_units: Sequence[str]) -> tuple[str, ...]:
    """Without the sign of a currency that a number format prints, where the sheet says the unit in words."""
    has_stated_unit = any(unit_of(unit) is not None for unit in (*label, *preamble_units)) or len(units) > 1
    return tuple(unit for unit in units if not (has_stated_unit and unit == YUAN_SIGN))


def _refuse_repeated_labels(labels: Sequence[str], location: str) -> None:
    counts = Counter(normalised_label(label) for label in labels if label.strip())
    repeated_labels = [label for label in labels if label.strip() and counts[normalised_label(label)] > 1]
    if repeated_labels:
        raise _repeated_column(", ".join(repr(label) for label in dict.fromkeys(repeated_labels)), location, MERGED_HEADER)


def _repeated_column(labels: str, location: str, mend: tuple[str, str] = ("", "")) -> DataError:
    return DataError(
        f"the header names a column twice: {labels}; rename or delete one of them{mend[0]}",
        zh=f"表头有重复列:{labels};请改名或删除其中一列{mend[1]}",
        location=location,
        rule="S05",
    )


def _unused_label_notices(labels: Sequence[str], location: str) -> tuple[Notice, ...]:
    unused_labels = [label for label in labels if label.strip()]
    if not unused_labels:
        return ()
    label_list = ", ".join(unused_labels[:20]) + (" ..." if len(unused_labels) > 20 else "")
    return (
        Notice(
            "S07", location, f"{len(unused_labels)} columns not used: {label_list}", f"{len(unused_labels)} 列未采用:{label_list}"
        ),
    )
