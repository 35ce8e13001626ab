"""Header rows that spread keys over value columns: which rows they are, and the labels above each value column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...canonical import CanonicalTable
from ...study.records import Reshape, Source
from ..meaning.glyphs import normalised_label
from ..meaning.header_years import measure_and_year, year_of
from ..meaning.unit_labels import label_and_unit
from .header_rows import SEARCHED_ROWS, canonical_name, known_labels

MEASURE = "measure"

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Bands:
    """Header rows over value columns: the first and last, the labels of key columns, and the labels above each value column."""

    first_row: int
    last_row: int
    keys: dict[int, str]
    values: dict[int, tuple[str, ...]]
    unused_labels: tuple[str, ...]


def find_bands(sheet_rows: Rows, source: Source, reshape: Reshape, table: CanonicalTable) -> Bands | None:
    """The header rows that fit `across` best: most value columns, then the first; None when none has two beside a key."""
    best_bands: Bands | None = None
    for first_row in range(min(SEARCHED_ROWS, len(sheet_rows) - len(reshape.across))):
        bands = _bands_at(first_row, sheet_rows, source, reshape, table)
        if bands and bands.keys and len(bands.values) > 1 and (best_bands is None or len(bands.values) > len(best_bands.values)):
            best_bands = bands
    if best_bands is None and set(reshape.across) == {MEASURE, "year"}:
        return _bands_of_joined_labels(sheet_rows, source, reshape, table)
    return best_bands


def _bands_of_joined_labels(sheet_rows: Rows, source: Source, reshape: Reshape, table: CanonicalTable) -> Bands | None:
    """The first header row whose labels hold a measure and a year each: GDP2019, GDP2020."""
    canonical_names = known_labels(source, table)
    for row_index, row in enumerate(sheet_rows[:SEARCHED_ROWS]):
        keys, labels_of_value_column, unused_labels = {}, {}, []
        for column_index, label in enumerate(map(str.strip, row)):
            label_parts = dict(zip((MEASURE, "year"), measure_and_year(label) or ()))
            if label and _is_key(label, canonical_names, reshape, table):
                keys[column_index] = label
            elif label_parts and _band_fits(MEASURE, label_parts[MEASURE], reshape):
                labels_of_value_column[column_index] = tuple(label_parts[dimension] for dimension in reshape.across)
            elif label:
                unused_labels.append(label)
        if keys and len(labels_of_value_column) > 1:
            return Bands(row_index, row_index, keys, labels_of_value_column, tuple(unused_labels))
    return None


def _bands_at(first_row: int, sheet_rows: Rows, source: Source, reshape: Reshape, table: CanonicalTable) -> Bands | None:
    depth = len(reshape.across)
    canonical_names = known_labels(source, table)
    column_count = max(len(row) for row in sheet_rows[first_row : first_row + depth])
    header_cells = [
        [row[column_index].strip() if column_index < len(row) else "" for column_index in range(column_count)]
        for row in sheet_rows[first_row : first_row + depth]
    ]
    keys, labels_of_value_column, unused_labels = {}, {}, []
    carried_labels = [""] * depth
    for column_index in range(column_count):
        column_labels = [band[column_index] for band in header_cells]
        label = next((cell for cell in reversed(column_labels) if cell and _is_key(cell, canonical_names, reshape, table)), None)
        if label is not None:
            keys[column_index], carried_labels = label, [""] * depth
            continue
        carried_labels = [cell or carried_label for cell, carried_label in zip(column_labels, carried_labels)]
        band_matches = [_band_fits(dimension, cell, reshape) for dimension, cell in zip(reshape.across, carried_labels)]
        if column_labels[-1] and all(band_matches):
            labels_of_value_column[column_index] = tuple(carried_labels)
        elif column_labels[-1]:
            unused_labels.append(column_labels[-1])
    return Bands(first_row, first_row + depth - 1, keys, labels_of_value_column, tuple(unused_labels))


def _is_key(label: str, canonical_names: Mapping[str, str], reshape: Reshape, table: CanonicalTable) -> bool:
    dimension = canonical_name(label, canonical_names, table)
    reshape_labels = {normalised_label(wording) for wording in (reshape.names, reshape.units) if wording}
    spread_names = {*reshape.columns.values(), reshape.value, *reshape.across}
    return normalised_label(label) in reshape_labels or (dimension is not None and dimension not in spread_names)


def _band_fits(dimension: str, label: str, reshape: Reshape) -> bool:
    if dimension == "year":
        return year_of(label) is not None
    if dimension == MEASURE:
        known_labels = {normalised_label(wording) for wording in (*reshape.columns, *reshape.skip)}
        return normalised_label(label) in known_labels or normalised_label(label_and_unit(label)[0]) in known_labels
    return bool(label)
