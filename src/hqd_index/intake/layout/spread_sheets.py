"""Sheets whose keys are in header rows, side by side or turned, as records: one per cell, per list or per column."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...canonical import CanonicalTable
from ...errors import DataError
from ...study.records import Reshape, Source
from ..meaning.glyphs import normalised_label
from ..meaning.header_years import year_of
from ..meaning.notes import Candidate, note_rows
from ..meaning.unit_labels import label_and_unit, units_in_preamble
from ..records.intake_notice import Notice
from ..records.scope_reasons import BLANK_ROW, HEADER_ROW, NOTE_ROW
from .header_bands import MEASURE, Bands, Rows, find_bands
from .header_rows import SEARCHED_ROWS, canonical_name, header_layout, known_labels, no_rows
from .table_blocks import second_table

MEASURE_LABEL, VALUE_LABEL, UNIT_LABEL = "hqd measure", "hqd value", "hqd unit"
DEFAULT = "*"
MAJORITY = 0.8


@dataclass(frozen=True)
class Records:
    """Labels and records of a sheet; each record has its row (0-based in the block) and the column it comes from, if one.

    `excluded_rows`: rows that hold none, and why. `is_transposed`: a record is a column, so that every row holds a part of each.
    """

    labels: tuple[str, ...]
    header_row: int
    records: list[tuple[int, int, list[str]]]
    excluded_rows: list[tuple[int, str]] = field(default_factory=list)
    units: tuple[tuple[int, str], ...] = ()
    units_above_header: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    is_transposed: bool = False


def records_of(sheet_rows: Rows, source: Source, table: CanonicalTable, location: str) -> Records:
    """The records of a sheet by the `reshape` of its source; DataError S06 when no header row fits, S02 without records."""
    reshape = source.reshape or Reshape()
    if reshape.transpose:
        records = _transposed_records(sheet_rows, source, table, location)
    elif reshape.side_by_side:
        records = _side_by_side_records(sheet_rows, source, table, location)
    elif reshape.across:
        records = _banded_records(sheet_rows, source, reshape, table, location)
    else:
        records = _plain_records(sheet_rows, source, table, location)
    if not records.records:
        raise no_rows(location)
    return records


def tidy_source(source: Source) -> Source:
    """The source as it is once its sheets are records: what is left to do is to read them, or to make long ones wide."""
    reshape = source.reshape
    if reshape is None or not reshape.spreads:
        return source
    if not reshape.across:
        reset_settings = {"across": (), "side_by_side": False, "transpose": False}
        return source.model_copy(update={"reshape": reshape.model_copy(update=reset_settings) if reshape.names else None})
    if reshape.value is not None:
        aliases = {**source.aliases, VALUE_LABEL: reshape.value}
        return source.model_copy(update={"reshape": None, "aliases": aliases})
    names = MEASURE_LABEL if MEASURE in reshape.across else reshape.names
    long_reshape = Reshape(names=names, values=VALUE_LABEL, columns=reshape.columns, units=reshape.units or UNIT_LABEL,
                   drop_unlisted=reshape.drop_unlisted)  # fmt: skip
    return source.model_copy(update={"reshape": long_reshape})


def _plain_records(sheet_rows: Rows, source: Source, table: CanonicalTable, location: str) -> Records:
    """A block of a sheet that is a table."""
    layout = header_layout(sheet_rows[:SEARCHED_ROWS], source, table, location)
    column_count = max(len(layout.labels), max(map(len, sheet_rows), default=0))
    labels = (*layout.labels, *[""] * (column_count - len(layout.labels)))
    first_data_row = layout.row + layout.label_rows
    repeated_rows = _repeated_headers(sheet_rows, range(layout.row - 1, layout.row))
    records = [
        (row_index, -1, _padded_row(sheet_row, column_count))
        for row_index, sheet_row in enumerate(sheet_rows)
        if row_index >= first_data_row and any(sheet_row) and row_index not in repeated_rows
    ]
    excluded_rows = [(row_index, HEADER_ROW) for row_index in (*range(layout.row, first_data_row), *repeated_rows)]
    excluded_rows += [
        (row_index, BLANK_ROW) for row_index in range(first_data_row, len(sheet_rows)) if not any(sheet_rows[row_index])
    ]
    return Records(labels, layout.row, records, excluded_rows, layout.units, layout.units_above_header)


def _transposed_records(sheet_rows: Rows, source: Source, table: CanonicalTable, location: str) -> Records:
    """A table with a row for each column and a column for each record."""
    column_count = max(map(len, sheet_rows), default=0)
    columns = [
        [sheet_row[column_index] if column_index < len(sheet_row) else "" for sheet_row in sheet_rows]
        for column_index in range(column_count)
    ]
    plain_records = _plain_records(columns, source, table, location)
    first_row = next((row_index for row_index, label in enumerate(plain_records.labels) if label), 0)
    records = [(first_row, column, record_cells) for column, _, record_cells in plain_records.records]
    used_rows = [
        row_index
        for row_index, label in enumerate(plain_records.labels)
        if canonical_name(label, known_labels(source, table), table)
    ]
    excluded_rows = [
        (row_index, BLANK_ROW if not any(sheet_row) else NOTE_ROW)
        for row_index, sheet_row in enumerate(sheet_rows)
        if row_index > first_row and row_index not in used_rows
    ]
    return Records(
        plain_records.labels,
        first_row + 1,
        records,
        excluded_rows,
        plain_records.units,
        plain_records.units_above_header,
        is_transposed=True,
    )


def _side_by_side_records(sheet_rows: Rows, source: Source, table: CanonicalTable, location: str) -> Records:
    """Lists printed next to each other under the same labels, one below the other."""
    layout = header_layout(sheet_rows[:SEARCHED_ROWS], source, table, location)
    names = [normalised_label(label_and_unit(label)[0]) for label in layout.labels]
    first_column = next((row_index for row_index, label_name in enumerate(names) if label_name), 0)
    block_starts = [row_index for row_index, label_name in enumerate(names) if label_name and label_name == names[first_column]]
    if len(block_starts) < 2:
        label = layout.labels[first_column]
        raise _layout_error("side_by_side: true", f"the label {label!r} is not repeated", f"列名 {label!r} 没有重复", location)
    block_width = block_starts[1] - block_starts[0]
    repeated_rows = _repeated_headers(sheet_rows, range(layout.row - 1, layout.row))
    records, excluded_rows = (
        [],
        [(row_index, HEADER_ROW) for row_index in (*range(layout.row, layout.row + layout.label_rows), *repeated_rows)],
    )
    for row_index in range(layout.row + layout.label_rows, len(sheet_rows)):
        if row_index in repeated_rows:
            continue
        sheet_row = sheet_rows[row_index]
        row_blocks = [
            (block_start, _padded_row(sheet_row[block_start : block_start + block_width], block_width))
            for block_start in block_starts
        ]
        nonempty_blocks = [
            (row_index, block_start, record_cells) for block_start, record_cells in row_blocks if any(record_cells)
        ]
        records += nonempty_blocks
        excluded_rows += [] if nonempty_blocks else [(row_index, BLANK_ROW)]
    labels = _padded_row(layout.labels[block_starts[0] : block_starts[0] + block_width], block_width)
    units = tuple(
        (column_index - block_starts[0], unit)
        for column_index, unit in layout.units
        if block_starts[0] <= column_index < block_starts[0] + block_width
    )
    return Records(tuple(labels), layout.row, records, excluded_rows, units, layout.units_above_header)


def _banded_records(sheet_rows: Rows, source: Source, reshape: Reshape, table: CanonicalTable, location: str) -> Records:
    bands = find_bands(sheet_rows, source, reshape, table)
    if bands is None:
        raise _layout_error(f"across: [{', '.join(reshape.across)}]", "no header row holds that", "没有这样的表头行", location)
    skipped_labels = {normalised_label(label) for label in reshape.skip}
    band_labels = {
        column_index: column_labels
        for column_index, column_labels in bands.values.items()
        if not skipped_labels & {normalised_label(label) for label in column_labels}
    }
    extra_names = sorted({dimension for columns in reshape.also.values() for dimension in columns})
    dimensions = [MEASURE_LABEL if dimension == MEASURE else dimension for dimension in reshape.across]
    named_units = reshape.units is not None
    labels = (
        *bands.keys.values(),
        *dimensions,
        *extra_names,
        *([] if named_units or reshape.value else [UNIT_LABEL]),
        VALUE_LABEL,
    )
    values_by_column = {
        column_index: _band_values(column_labels, reshape, extra_names, named_units)
        for column_index, column_labels in band_labels.items()
    }
    excluded_rows = _rows_without_records(sheet_rows, bands)
    _refuse_other_header(sheet_rows, bands, excluded_rows, location)
    records = list(_band_cells(sheet_rows, bands, values_by_column, {row_index for row_index, _ in excluded_rows}))
    unused_labels = [
        *bands.unused_labels,
        *(" / ".join(column_labels) for column_index, column_labels in bands.values.items() if column_index not in band_labels),
    ]
    units = _printed_units(band_labels, len(labels) - 1) if reshape.value else ()
    return Records(
        labels,
        bands.last_row + 1,
        records,
        excluded_rows,
        units,
        units_in_preamble(sheet_rows[: bands.first_row]),
        _unused_label_notice(unused_labels, location),
    )


def _band_cells(
    sheet_rows: Rows, bands: Bands, values_by_column: Mapping[int, Sequence[str]], no_records: Collection[int]
) -> Iterator[tuple[int, int, list[str]]]:
    """Row, column and cells of each record below the header: its keys, the labels above its column, its value."""
    for row_index in range(bands.last_row + 1, len(sheet_rows)):
        if row_index in no_records:
            continue
        sheet_row = sheet_rows[row_index]
        key_cells = [_cell(sheet_row, column_index) for column_index in bands.keys]
        for column_index, band_values in values_by_column.items():
            yield row_index, column_index, [*key_cells, *band_values, _cell(sheet_row, column_index)]


def _cell(sheet_row: Sequence[str], column_index: int) -> str:
    return sheet_row[column_index] if column_index < len(sheet_row) else ""


def _rows_without_records(sheet_rows: Rows, bands: Bands) -> list[tuple[int, str]]:
    """Blank rows, repeated headers and notes; a row with a key and nothing but blanks has missing values."""
    repeated_rows = [
        *_repeated_headers(sheet_rows, range(bands.first_row, bands.last_row + 1)),
        *_translated_header(sheet_rows, bands),
    ]
    rows_below = [row_index for row_index in range(bands.last_row + 1, len(sheet_rows)) if row_index not in repeated_rows]
    nonempty_cells = {row_index: tuple(cell for cell in sheet_rows[row_index] if cell.strip()) for row_index in rows_below}
    rows_with_value = {
        row_index
        for row_index in rows_below
        if any(
            column_index < len(sheet_rows[row_index]) and sheet_rows[row_index][column_index].strip()
            for column_index in bands.values
        )
    }
    candidates = [
        Candidate(row_index, nonempty_cells[row_index], values=False)
        for row_index in rows_below
        if nonempty_cells[row_index] and row_index not in rows_with_value
    ]
    notes = note_rows(candidates, max(rows_with_value, default=0))
    rows_without_key = {
        row_index
        for row_index in rows_below
        if row_index not in rows_with_value
        and not all(_cell_text(sheet_rows[row_index], column_index) for column_index in bands.keys)
    }
    rows_set_aside = [(row_index, HEADER_ROW) for row_index in repeated_rows] + [
        (row_index, BLANK_ROW) for row_index in rows_below if not nonempty_cells[row_index]
    ]
    return rows_set_aside + [
        (row_index, NOTE_ROW)
        for row_index in rows_below
        if nonempty_cells[row_index] and (row_index in notes or row_index in rows_without_key)
    ]


def _translated_header(sheet_rows: Rows, bands: Bands) -> list[int]:
    """The row right below the header that says it in English (Region), above keys in Chinese and without a value."""
    row_index, later_rows = bands.last_row + 1, sheet_rows[bands.last_row + 2 :]
    if row_index >= len(sheet_rows) or any(_cell_text(sheet_rows[row_index], column_index) for column_index in bands.values):
        return []
    keys = {column_index: cell for column_index in bands.keys if (cell := _cell_text(sheet_rows[row_index], column_index))}
    for column_index, cell in keys.items():
        keys_below = [key for sheet_row in later_rows if (key := _cell_text(sheet_row, column_index))]
        chinese_keys = [key for key in (bands.keys[column_index], *keys_below) if not key.isascii()]
        if not cell.isascii() or len(chinese_keys) <= MAJORITY * len(keys_below) or not chinese_keys:
            return []
    return [row_index] if keys else []


def _refuse_other_header(sheet_rows: Rows, bands: Bands, excluded_rows: Sequence[tuple[int, str]], location: str) -> None:
    """DataError S06 for a row below that has the labels of the keys and other labels than the header across."""
    no_records = {row_index for row_index, _ in excluded_rows}
    for row_index in range(bands.last_row + 1, len(sheet_rows)):
        is_header = all(_cell_text(sheet_rows[row_index], column_index) == label for column_index, label in bands.keys.items())
        if is_header and row_index not in no_records:
            raise second_table(location, bands.first_row + 1, row_index + 1, len(sheet_rows[row_index]))


def _cell_text(sheet_row: Sequence[str], column_index: int) -> str:
    return sheet_row[column_index].strip() if column_index < len(sheet_row) else ""


def _repeated_headers(sheet_rows: Rows, header: range) -> list[int]:
    """The rows below the header that print one of its rows again, as a table does on its next page."""
    header_cells = {
        trimmed_cells for row_index in header if sum(map(bool, trimmed_cells := tuple(_trimmed_row(sheet_rows[row_index])))) > 1
    }
    return [
        row_index
        for row_index in range(header.stop, len(sheet_rows))
        if tuple(_trimmed_row(sheet_rows[row_index])) in header_cells
    ]


def _trimmed_row(sheet_row: Sequence[str]) -> list[str]:
    cells = [cell.strip() for cell in sheet_row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _band_values(labels: Sequence[str], reshape: Reshape, extra_names: Sequence[str], named_units: bool) -> list[str]:
    """What a value column adds to each of its records: its place in every dimension, other columns, the unit of its measure."""
    fixed_values = {**reshape.also.get(DEFAULT, {})}
    for label in labels:
        fixed_values |= reshape.also.get(label, reshape.also.get(label_and_unit(label)[0], {}))
    dimension_values = [_dimension(dimension, label, reshape) for dimension, label in zip(reshape.across, labels)]
    unit = next((unit for label in reversed(labels) if (unit := label_and_unit(label)[1])), "")
    return [
        *dimension_values,
        *(fixed_values.get(dimension, "") for dimension in extra_names),
        *([] if named_units or reshape.value else [unit]),
    ]


def _dimension(dimension: str, label: str, reshape: Reshape) -> str:
    if dimension == "year":
        return year_of(label) or label
    is_listed = dimension == MEASURE and label in reshape.columns  # with its unit, as the study wrote it
    return label if is_listed else label_and_unit(label)[0]


def _printed_units(labels_of_value_columns: Mapping[int, Sequence[str]], column_index: int) -> tuple[tuple[int, str], ...]:
    """The units that value columns print; where they differ, reading the values says so."""
    units = {
        unit
        for labels_of_column in labels_of_value_columns.values()
        for label in labels_of_column
        if (unit := label_and_unit(label)[1])
    }
    return tuple((column_index, unit) for unit in sorted(units))


def _padded_row(sheet_row: Sequence[str], column_count: int) -> list[str]:
    return [*sheet_row[:column_count], *[""] * (column_count - len(sheet_row))]


def _unused_label_notice(labels: Sequence[str], location: str) -> tuple[Notice, ...]:
    if not labels:
        return ()
    label_list = ", ".join(labels[:20]) + (" ..." if len(labels) > 20 else "")
    return (Notice("S07", location, f"{len(labels)} columns not used: {label_list}", f"{len(labels)} 列未采用:{label_list}"),)


def _layout_error(setting: str, en: str, zh: str, location: str) -> DataError:
    return DataError(
        f"`reshape: {{{setting}}}` does not fit this sheet: {en}; compare it with the header rows",
        zh=f"`reshape: {{{setting}}}` 与该表不符:{zh};请对照表头行改正",
        location=location,
        rule="S06",
    )


def cropped(sheet_rows: Rows, cell_range: tuple[tuple[int, int], tuple[int, int]] | None) -> list[list[str]]:
    """The rows of a block of a sheet."""
    if cell_range is None:
        return [list(sheet_row) for sheet_row in sheet_rows]
    (first_row, first_column), (last_row, last_column) = cell_range
    return [list(sheet_row[first_column : last_column + 1]) for sheet_row in sheet_rows[first_row : last_row + 1]]
