"""Layouts that are recognised though nobody declared them, each with the lines of sources.yaml that would read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...canonical import CanonicalTable
from ...errors import DataError
from ...study.records import Source
from ..meaning.glyphs import normalised_label
from ..meaning.header_years import measure_and_year, year_of
from ..meaning.official_codes import province
from ..meaning.unit_labels import label_and_unit
from .header_rows import canonical_name, known_labels
from .matrix_layout import is_matrix_table, matrix_in, matrix_lines
from .spread_sheets import Rows
from .table_blocks import block_lines, blocks_beside

MIN_LABELS = 2  # labels of one kind that make a layout
REGIONS = 3


@dataclass(frozen=True)
class Hint:
    """What a sheet seems to be, and the lines under its source that would read it."""

    en: str
    zh: str
    lines: tuple[str, ...]


def with_layout_hint(fault: DataError, sheet_rows: Rows, source: Source, table: CanonicalTable) -> DataError:
    """The refusal with the layout that is recognised in the first rows of the sheet, or as it was when none is."""
    hint = layout_hint(sheet_rows, source, table) if source.reshape is None else None
    if hint is None:
        return fault
    lines = "\n".join(f"      {hint_line}" for hint_line in hint.lines)
    return DataError(
        f"{fault.en}\n  {hint.en}; write under this source in sources.yaml:\n{lines}",
        zh=f"{fault.zh}\n  {hint.zh};请在 sources.yaml 该数据源下写:\n{lines}",
        location=fault.location or "",
        rule=fault.rule or "S06",
    )


def layout_hint(sheet_rows: Rows, source: Source, table: CanonicalTable) -> Hint | None:
    """The layout that the first rows of a sheet show, the most telling first."""
    canonical_names = known_labels(source, table)
    for recognise in (
        _matrix_hint,
        _two_header_rows_hint,
        _side_by_side_hint,
        _blocks_hint,
        _transposed_hint,
        _years_across_hint,
        _measures_of_years_hint,
    ):
        hint = recognise(sheet_rows, canonical_names, table)
        if hint:
            return hint
    return _regions_across(sheet_rows, table) or _measures_in_rows_hint(sheet_rows, canonical_names, table)


def _years_in(sheet_row: Sequence[str]) -> list[int]:
    return [column_index for column_index, label in enumerate(sheet_row) if year_of(label)]


def _two_header_rows_hint(sheet_rows: Rows, canonical_names: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    """Measures over years."""
    for upper_row, lower_row in pairwise(sheet_rows):
        years = _years_in(lower_row)
        labels_above = [
            upper_row[column_index].strip()
            for column_index in years
            if column_index < len(upper_row) and upper_row[column_index].strip()
        ]
        measures = list(dict.fromkeys(label for label in labels_above if not year_of(label)))
        if (
            len(years) > MIN_LABELS
            and len(measures) >= MIN_LABELS
            and len({year_of(lower_row[column_index]) for column_index in years}) < len(years)
        ):
            return Hint(
                "two header rows, measures over years",
                "两行表头:上为指标,下为年份",
                ("reshape:", "  across: [measure, year]", f"  columns: {_reshape_mapping(measures, canonical_names, table)}"),
            )
    return None


def _measures_of_years_hint(sheet_rows: Rows, canonical_names: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    """A measure and a year in each label: GDP2019, GDP2020."""
    for sheet_row in sheet_rows:
        measures_and_years = [pair for label in sheet_row if (pair := measure_and_year(label))]
        measures = list(dict.fromkeys(measure for measure, _ in measures_and_years))
        if len(measures) < len(set(measures_and_years)):
            return Hint(
                "a measure and a year in each label",
                "每个列名含指标与年份",
                ("reshape:", "  across: [measure, year]", f"  columns: {_reshape_mapping(measures, canonical_names, table)}"),
            )
    return None


def _years_across_hint(sheet_rows: Rows, canonical_names: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    for sheet_row in sheet_rows:
        years = _years_in(sheet_row)
        if len(years) < MIN_LABELS or len({year_of(sheet_row[column_index]) for column_index in years}) < len(years):
            continue
        if _is_headed(sheet_rows[: sheet_rows.index(sheet_row)], years):
            continue
        rows_below = [
            row_below for row_below in sheet_rows[sheet_rows.index(sheet_row) + 1 :] if any(cell.strip() for cell in row_below)
        ]
        measure_column = _measure_column(sheet_row, rows_below, canonical_names, table)
        if measure_column is not None:
            measures = list(
                dict.fromkeys(
                    row_below[measure_column].strip()
                    for row_below in rows_below
                    if measure_column < len(row_below) and row_below[measure_column].strip()
                )
            )
            return Hint("years as columns and measures in rows", "年份为列、指标为行",
                        ("reshape:", "  across: [year]", f"  names: {sheet_row[measure_column].strip() or '?'}",
                         f"  columns: {_reshape_mapping(measures, canonical_names, table)}"))  # fmt: skip
        return Hint("years as columns", "年份为列", ("reshape:", "  across: [year]", f"  value: {_only_number_column(table)}"))
    return None


def _is_headed(rows_above: Rows, columns: Sequence[int]) -> bool:
    """True where a row above labels two of the columns: the years are then cells (the year, the founding year), no header."""
    return any(
        sum(column_index < len(row_above) and bool(row_above[column_index].strip()) for column_index in columns) >= MIN_LABELS
        for row_above in rows_above
    )


def _measure_column(
    sheet_row: Sequence[str], rows_below: Rows, canonical_names: Mapping[str, str], table: CanonicalTable
) -> int | None:
    """The column whose cells name number columns."""
    for column_index, label in enumerate(sheet_row):
        if year_of(label):
            continue
        measured_columns = {
            canonical_name(row_below[column_index], canonical_names, table)
            for row_below in rows_below
            if column_index < len(row_below)
        }
        if (
            len([measured_column for measured_column in measured_columns if measured_column in _number_columns(table)])
            >= MIN_LABELS
        ):
            return column_index
    return None


def _regions_across(sheet_rows: Rows, table: CanonicalTable) -> Hint | None:
    if "province_code" not in table.key:
        return None
    for sheet_row in sheet_rows:
        if sum(province(label).code is not None for label in sheet_row if label.strip()) >= REGIONS:
            return Hint("regions as columns", "地区为列",
                        ("reshape:", "  across: [province_code]", f"  value: {_only_number_column(table)}"))  # fmt: skip
    return None


def _side_by_side_hint(sheet_rows: Rows, canonical_names: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    for sheet_row in sheet_rows:
        labels = [normalised_label(label_and_unit(label)[0]) for label in sheet_row]
        while labels and not labels[-1]:
            labels.pop()
        if (
            "" in labels[next((column_index for column_index, label_name in enumerate(labels) if label_name), 0) :]
        ):  # parted by blank columns
            labels = [label_name for label_name in labels if label_name]
        for block_count in (2, 3, 4):
            block_width, remainder = divmod(len(labels), block_count)
            is_repeated = (
                not remainder
                and block_width > 1
                and all(
                    labels[:block_width] == labels[block_index * block_width : (block_index + 1) * block_width]
                    for block_index in range(block_count)
                )
            )
            if is_repeated and any(canonical_name(label, canonical_names, table) for label in sheet_row[:block_width]):
                return Hint(f"a list in {block_count} blocks side by side", f"名单分 {block_count} 栏并列排印",
                            ("reshape: {side_by_side: true}",))  # fmt: skip
    return None


def _blocks_hint(sheet_rows: Rows, canonical_names: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    """Tables with different columns beside each other, parted by a blank column."""
    blocks = blocks_beside(sheet_rows)
    if not blocks or not any(canonical_name(label, canonical_names, table) for sheet_row in sheet_rows for label in sheet_row):
        return None
    en = "several tables beside each other, each a source with its own block"
    return Hint(en, "多张表并列,各写一个数据源和各自的 block", block_lines(blocks))


def _matrix_hint(sheet_rows: Rows, canonical_names: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    matrix = matrix_in(sheet_rows) if is_matrix_table(table) else None
    if matrix is None:
        return None
    lines = matrix_lines(matrix, canonical_names, table, _only_number_column(table))
    return Hint("an input-output matrix", "投入产出矩阵", lines)


def _transposed_hint(sheet_rows: Rows, canonical_names: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    """Labels of the table, its key among them, are in the first column."""
    labels = {
        canonical_name(sheet_row[0], canonical_names, table) for sheet_row in sheet_rows if sheet_row and sheet_row[0].strip()
    } - {None}
    first_row = next((sheet_row for sheet_row in sheet_rows if any(cell.strip() for cell in sheet_row)), ())
    header_names = {canonical_name(cell, canonical_names, table) for cell in first_row} - {None}
    if len(labels) > MIN_LABELS and set(table.key) & labels and len(labels) > len(header_names):
        return Hint("rows and columns are exchanged", "行列互换", ("reshape: {transpose: true}",))
    return None


def _measures_in_rows_hint(sheet_rows: Rows, canonical_names: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    """A long table: one column names the measures, one holds the values."""
    header = next((sheet_row for sheet_row in sheet_rows if sum(bool(cell.strip()) for cell in sheet_row) > MIN_LABELS), None)
    if header is None:
        return None
    rows_below = [
        sheet_row for sheet_row in sheet_rows[sheet_rows.index(header) + 1 :] if any(cell.strip() for cell in sheet_row)
    ]
    measure_column = _measure_column(header, rows_below, canonical_names, table)
    value_label = next((label.strip() for label in header if normalised_label(label) in VALUE_WORDS), None)
    if measure_column is None or value_label is None:
        return None
    measures = list(
        dict.fromkeys(
            sheet_row[measure_column].strip()
            for sheet_row in rows_below
            if measure_column < len(sheet_row) and sheet_row[measure_column].strip()
        )
    )
    return Hint("measures in rows", "指标为行",
                ("reshape:", f"  names: {header[measure_column].strip()}", f"  values: {value_label}",
                 f"  columns: {_reshape_mapping(measures, canonical_names, table)}"))  # fmt: skip


VALUE_WORDS = {"数值", "值", "value", "values", "指标值", "数据", "obsvalue"}


def _reshape_mapping(measures: Sequence[str], canonical_names: Mapping[str, str], table: CanonicalTable) -> str:
    """{营业收入: revenue, ...}: a measure that is known under its own name, `?` for the others."""
    label_and_column = []
    for measure in measures[:12]:
        column_name = canonical_name(measure, canonical_names, table)
        label_and_column.append(f"{label_and_unit(measure)[0]}: {column_name if column_name in _number_columns(table) else '?'}")
    return "{" + ", ".join(label_and_column) + "}"


def _number_columns(table: CanonicalTable) -> list[str]:
    return [
        column_name
        for column_name, column in table.columns.items()
        if column.dtype in ("number", "integer") and column_name not in table.key
    ]


def _only_number_column(table: CanonicalTable) -> str:
    numbers = _number_columns(table)
    return numbers[0] if len(numbers) == 1 else "?"
