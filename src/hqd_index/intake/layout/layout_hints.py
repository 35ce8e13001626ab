"""Layouts that are recognised though nobody declared them, each with the lines of sources.yaml that would read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...canonical import CanonicalTable
from ...errors import DataError
from ...study.records import Source
from ..meaning.glyphs import normalised_label
from ..meaning.header_years import year_of
from ..meaning.official_codes import province
from ..meaning.unit_labels import label_and_unit
from .header_rows import canonical_name, known_labels
from .spread_sheets import Rows

ENOUGH = 2  # labels of one kind that make a layout
REGIONS = 3


@dataclass(frozen=True)
class Hint:
    """What a sheet seems to be, and the lines under its source that would read it."""

    en: str
    zh: str
    lines: tuple[str, ...]


def with_layout_hint(fault: DataError, rows: Rows, source: Source, table: CanonicalTable) -> DataError:
    """The refusal with the layout that is recognised in the first rows of the sheet, or as it was when none is."""
    hint = layout_hint(rows, source, table) if source.reshape is None else None
    if hint is None:
        return fault
    lines = "\n".join(f"      {line}" for line in hint.lines)
    return DataError(
        f"{fault.en}\n  {hint.en}; write under this source in sources.yaml:\n{lines}",
        zh=f"{fault.zh}\n  {hint.zh};请在 sources.yaml 该数据源下写:\n{lines}",
        location=fault.location or "",
        rule=fault.rule or "S06",
    )


def layout_hint(rows: Rows, source: Source, table: CanonicalTable) -> Hint | None:
    """The layout that the first rows of a sheet show, the most telling first."""
    known = known_labels(source, table)
    for recognise in (_two_header_rows, _side_by_side, _turned, _years_across):
        hint = recognise(rows, known, table)
        if hint:
            return hint
    return _regions_across(rows, table) or _measures_in_rows(rows, known, table)


def _years_in(row: Sequence[str]) -> list[int]:
    return [place for place, label in enumerate(row) if year_of(label)]


def _two_header_rows(rows: Rows, known: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    """Measures over years."""
    for upper, lower in pairwise(rows):
        years = _years_in(lower)
        over = [upper[place].strip() for place in years if place < len(upper) and upper[place].strip()]
        measures = list(dict.fromkeys(label for label in over if not year_of(label)))
        if len(years) > ENOUGH and len(measures) >= ENOUGH and len({year_of(lower[place]) for place in years}) < len(years):
            return Hint("two header rows, measures over years", "两行表头:上为指标,下为年份",
                        ("reshape:", "  across: [measure, year]", f"  columns: {_columns(measures, known, table)}"))  # fmt: skip
    return None


def _years_across(rows: Rows, known: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    for row in rows:
        years = _years_in(row)
        if len(years) < ENOUGH or len({year_of(row[place]) for place in years}) < len(years):
            continue
        below = [line for line in rows[rows.index(row) + 1 :] if any(cell.strip() for cell in line)]
        named = _measure_column(row, below, known, table)
        if named is not None:
            measures = list(dict.fromkeys(line[named].strip() for line in below if named < len(line) and line[named].strip()))
            return Hint("years as columns and measures in rows", "年份为列、指标为行",
                        ("reshape:", "  across: [year]", f"  names: {row[named].strip() or '?'}",
                         f"  columns: {_columns(measures, known, table)}"))  # fmt: skip
        return Hint("years as columns", "年份为列", ("reshape:", "  across: [year]", f"  value: {_only_number(table)}"))
    return None


def _measure_column(row: Sequence[str], below: Rows, known: Mapping[str, str], table: CanonicalTable) -> int | None:
    """The column whose cells name number columns."""
    for place, label in enumerate(row):
        if year_of(label):
            continue
        names = {canonical_name(line[place], known, table) for line in below if place < len(line)}
        if len([name for name in names if name in _numbers(table)]) >= ENOUGH:
            return place
    return None


def _regions_across(rows: Rows, table: CanonicalTable) -> Hint | None:
    if "province_code" not in table.key:
        return None
    for row in rows:
        if sum(province(label).code is not None for label in row if label.strip()) >= REGIONS:
            return Hint("regions as columns", "地区为列",
                        ("reshape:", "  across: [province_code]", f"  value: {_only_number(table)}"))  # fmt: skip
    return None


def _side_by_side(rows: Rows, known: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    for row in rows:
        names = [normalised_label(label_and_unit(label)[0]) for label in row]
        while names and not names[-1]:
            names.pop()
        for parts in (2, 3, 4):
            width, rest = divmod(len(names), parts)
            repeated = not rest and width > 1 and all(names[:width] == names[k * width : (k + 1) * width] for k in range(parts))
            if repeated and any(canonical_name(label, known, table) for label in row[:width]):
                return Hint(f"a list in {parts} blocks side by side", f"名单分 {parts} 栏并列排印",
                            ("reshape: {side_by_side: true}",))  # fmt: skip
    return None


def _turned(rows: Rows, known: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    """Labels of the table, its key among them, stand in the first column."""
    labels = {canonical_name(row[0], known, table) for row in rows if row and row[0].strip()} - {None}
    first = next((row for row in rows if any(cell.strip() for cell in row)), ())
    across = {canonical_name(cell, known, table) for cell in first} - {None}
    if len(labels) > ENOUGH and set(table.key) & labels and len(labels) > len(across):
        return Hint("rows and columns are exchanged", "行列互换", ("reshape: {transpose: true}",))
    return None


def _measures_in_rows(rows: Rows, known: Mapping[str, str], table: CanonicalTable) -> Hint | None:
    """A long table: one column names the measures, one holds the values."""
    header = next((row for row in rows if sum(bool(cell.strip()) for cell in row) > ENOUGH), None)
    if header is None:
        return None
    below = [row for row in rows[rows.index(header) + 1 :] if any(cell.strip() for cell in row)]
    named = _measure_column(header, below, known, table)
    value = next((label.strip() for label in header if normalised_label(label) in VALUE_WORDS), None)
    if named is None or value is None:
        return None
    measures = list(dict.fromkeys(row[named].strip() for row in below if named < len(row) and row[named].strip()))
    return Hint("measures in rows", "指标为行",
                ("reshape:", f"  names: {header[named].strip()}", f"  values: {value}",
                 f"  columns: {_columns(measures, known, table)}"))  # fmt: skip


VALUE_WORDS = {"数值", "值", "value", "values", "指标值", "数据", "obsvalue"}


def _columns(measures: Sequence[str], known: Mapping[str, str], table: CanonicalTable) -> str:
    """{营业收入: revenue, ...}: a measure that is known under its own name, `?` for the others."""
    pairs = []
    for measure in measures[:12]:
        name = canonical_name(measure, known, table)
        pairs.append(f"{label_and_unit(measure)[0]}: {name if name in _numbers(table) else '?'}")
    return "{" + ", ".join(pairs) + "}"


def _numbers(table: CanonicalTable) -> list[str]:
    return [name for name, column in table.columns.items() if column.dtype in ("number", "integer") and name not in table.key]


def _only_number(table: CanonicalTable) -> str:
    numbers = _numbers(table)
    return numbers[0] if len(numbers) == 1 else "?"
