"""What a sheet seems to be: its header rows, the columns below, and what the cells of each are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..intake.layout.header_rows import label_rows_below
from ..intake.layout.two_row_headers import labels_of_groups, labels_of_items
from ..intake.meaning.dates import calendar_date, read_year
from ..intake.meaning.glyphs import half_width, normalised_label
from ..intake.meaning.header_years import measure_and_year, year_of
from ..intake.meaning.identifiers import CODE_WITH_EXCHANGE
from ..intake.meaning.industries import industry
from ..intake.meaning.notes import is_marked, is_worded
from ..intake.meaning.numbers import PLAIN_NUMBER, diagnose, has_decimal_commas, is_mark, says_missing
from ..intake.meaning.official_codes import is_macro_region, province
from ..intake.meaning.unit_labels import is_weak, unit_label, units_in_cell, units_in_preamble
from ..intake.read.previews import SheetPreview
from .known_words import key_columns, list_columns, totals, unit_above_for

CellKind = Literal["number", "year", "date", "text", "empty"]
CodeMeaning = Literal["", "province", "industry", "stock_code"]
HEADER_SEARCH_ROWS = 40
MAJORITY = 0.8
SAMPLED_CELLS = 400  # distinct texts of a column that decide what it is
DEFAULT_MISSING_MARKS = ("", "—", "-", "…", "..", "*", "NA")  # the marks of missing values that need no word


@dataclass(frozen=True)
class SheetColumn:
    """A column: its place, label, name without the unit, unit printed around it, kind, and its cells in the rows of data.

    `marks`: texts for something missing; `conversions`: what its cells need to be numbers (separators, units, decimal).
    """

    column_index: int
    label: str
    name: str
    unit: str
    cell_kind: CellKind
    cells: tuple[str, ...]
    code_meaning: CodeMeaning = ""
    marks: tuple[str, ...] = ()
    conversions: frozenset[str] = frozenset()
    long_label: str = ""  # the longer label of a Stata file, or the second header row, without its unit

    @property
    def key(self) -> str:
        """The key or context column its label names, else ''."""
        for label in (self.label, self.name, self.long_label):
            if label and (canonical_name := key_columns().get(normalised_label(label))):
                return canonical_name
        return ""

    @property
    def title(self) -> str:
        """What a person calls it: the longer label where the other is a code or a short name."""
        return self.long_label if self.long_label and self.label.isascii() else self.name

    @cached_property
    def value_count(self) -> int:
        return sum(1 for cell in self.cells if cell and cell not in self.marks)

    @cached_property
    def distinct_values(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(cell for cell in self.cells if cell and cell not in self.marks))


@dataclass(frozen=True)
class SheetTable:
    """A sheet with its header understood as far as the cells tell. `years_across`: its value columns are years.

    `bands`: measures over years in two header rows, or with years in one label each.
    `preamble`: what the lines above the header say. `rows_below`: every row below the header, as the ledger of a run counts them.
    """

    preview: SheetPreview
    header_row: int
    label_rows: int
    columns: tuple[SheetColumn, ...]
    rows: int
    notes: int = 0
    years_across: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    preamble: tuple[str, ...] = ()
    rows_below: int = 0

    @property
    def location(self) -> str:
        """The file, with its sheet where it has several."""
        return f"{self.preview.file} [{self.preview.sheet}]" if self.preview.sheet else self.preview.file

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(column.label for column in self.columns if column.label)

    def column(self, column_key: str) -> SheetColumn | None:
        """The first column whose label names a key."""
        return next((column for column in self.columns if column.key == column_key), None)

    def columns_of_kind(self, *cell_kinds: CellKind) -> list[SheetColumn]:
        return [column for column in self.columns if column.cell_kind in cell_kinds]


def sheet_table(preview: SheetPreview) -> SheetTable | None:
    """The table of a sheet; None where no row can be its header."""
    leading_rows = preview.header_texts or preview.rows[:HEADER_SEARCH_ROWS]
    header_index = _header_row_index(preview.rows, leading_rows)
    if header_index is None:
        return None
    bands = _bands(leading_rows, header_index)
    label_index = header_index + 1 if bands else header_index
    labels = _padded_labels(leading_rows[label_index], preview.rows)
    if bands:
        labels = _labels_beside_bands(labels, leading_rows[header_index])
    units_above_header = units_in_preamble([list(sheet_row) for sheet_row in preview.rows[:header_index]])
    first_row_below = label_index + 1
    numeric_columns = _numeric_column_indices(preview.rows[first_row_below:], len(labels))
    label_rows = label_rows_below(
        [list(sheet_row) for sheet_row in preview.rows[first_row_below : first_row_below + HEADER_SEARCH_ROWS]], numeric_columns
    )
    data_rows, notes = _data_rows(preview.rows[first_row_below + label_rows :], numeric_columns)
    rows_of_labels = preview.rows[first_row_below : first_row_below + label_rows]
    second_labels = labels_of_items(rows_of_labels, len(labels))
    labels = labels_of_groups(labels, rows_of_labels)
    columns = []
    for column_index, label in enumerate(labels):
        printed_units = [
            unit
            for sheet_row in rows_of_labels
            if column_index < len(sheet_row)
            for unit in units_in_cell(sheet_row[column_index])
        ]
        printed_units += [unit for unit_column, unit in preview.format_units if unit_column == column_index]
        long_label = (
            preview.long_labels[column_index] if column_index < len(preview.long_labels) else second_labels.get(column_index, "")
        )
        column_cells = tuple(sheet_row[column_index] if column_index < len(sheet_row) else "" for sheet_row in data_rows)
        columns.append(sheet_column(column_index, label, column_cells, printed_units, units_above_header, long_label))
    years = _years_across(columns) if not bands else ()
    bands = bands or (() if years else _measures_of_years(columns))
    preamble = tuple(cell for sheet_row in preview.rows[:header_index] for cell in sheet_row if cell)
    shape = preview, header_index + 1, label_rows, tuple(columns), len(data_rows), notes
    return SheetTable(*shape, years, bands, preamble, len(preview.rows) - first_row_below)


def sheet_column(
    column_index: int,
    label: str,
    column_cells: tuple[str, ...],
    printed_units: Sequence[str],
    unit_above_header: Sequence[str],
    long_label: str = "",
) -> SheetColumn:
    """A column by its label, its cells and the units printed around it."""
    label_parts = unit_label(label)
    long_label_parts = unit_label(long_label) if long_label else label_parts
    units = [*label_parts.units, *printed_units, *(long_label_parts.units if long_label else ())]
    sample_cells = [cell for cell in dict.fromkeys(column_cells) if cell][:SAMPLED_CELLS]
    key_by_label = next(
        (
            canonical_name
            for wording in (label, label_parts.name, long_label_parts.name)
            if (canonical_name := key_columns().get(normalised_label(wording)))
        ),
        "",
    )
    cell_kind, marks, conversions = _cell_kind(sample_cells, key_by_label, units[0] if units else "")
    unit = units[0] if units else (unit_above_for(label, unit_above_header) if cell_kind == "number" else "")
    if not units and cell_kind == "number" and sample_cells and sample_cells[-1].endswith(("%", "％")):
        unit = "%"
    if not label_parts.units and units and is_weak(units[0]) and not printed_units:
        unit = ""
    code_meaning = (
        _code_meaning(sample_cells, key_by_label)
        if cell_kind == "text" or key_by_label in ("industry_code", "province_code")
        else ""
    )
    if code_meaning and cell_kind == "number":
        cell_kind = "text"
    name = label_parts.name if label_parts.units else label
    return SheetColumn(
        column_index,
        label,
        name,
        unit,
        cell_kind,
        column_cells,
        code_meaning,
        marks,
        conversions,
        long_label_parts.name if long_label else "",
    )


def _header_row_index(sheet_rows: Sequence[Sequence[str]], leading_rows: Sequence[Sequence[str]]) -> int | None:
    """The first row that names columns: as wide as the rows below it, no number in it but years, something beneath."""
    row_widths = [sum(1 for cell in sheet_row if cell) for sheet_row in sheet_rows if any(sheet_row)]
    if not row_widths:
        return None
    usual_width = max(Counter(row_widths).items(), key=lambda width_count: (width_count[1] * width_count[0], width_count[0]))[0]
    min_width = 1 if usual_width == 1 else max(2, -(-usual_width // 2))
    for row_index, sheet_row in enumerate(leading_rows):
        nonempty_cells = [cell for cell in sheet_row if cell]
        if (
            len(nonempty_cells) < min_width
            or (usual_width > 1 and len(set(nonempty_cells)) < 2)
            or any(_is_number(cell) and not year_of(cell) for cell in nonempty_cells)
        ):
            continue
        if usual_width > 1 and sum(1 for cell in nonempty_cells if year_of(cell)) == len(nonempty_cells):
            continue
        if usual_width == 1 and not (
            normalised_label(nonempty_cells[0]) in key_columns() or normalised_label(nonempty_cells[0]) in list_columns()
        ):
            continue
        if any(any(cell for cell in later_row) for later_row in sheet_rows[row_index + 1 :]):
            return row_index
    return None


def _bands(leading_rows: Sequence[Sequence[str]], header_index: int) -> tuple[str, ...]:
    """The measures of a header row above a row of years."""
    if header_index + 1 >= len(leading_rows):
        return ()
    upper_labels, lower_labels = leading_rows[header_index], leading_rows[header_index + 1]
    years = [column_index for column_index, label in enumerate(lower_labels) if year_of(label)]
    measures = list(
        dict.fromkeys(
            upper_labels[column_index]
            for column_index in years
            if column_index < len(upper_labels) and upper_labels[column_index] and not year_of(upper_labels[column_index])
        )
    )
    repeats_years = len({year_of(lower_labels[column_index]) for column_index in years}) < len(years)
    return tuple(measures) if len(years) > 2 and len(measures) > 1 and repeats_years else ()


def _labels_beside_bands(labels: Sequence[str], upper_labels: Sequence[str]) -> list[str]:
    """The lower header row with the labels of the upper one where it has none, to the left of the years."""
    first_year = next((column_index for column_index, label in enumerate(labels) if year_of(label)), 0)
    return [
        upper_labels[column_index] if not label and column_index < min(first_year, len(upper_labels)) else label
        for column_index, label in enumerate(labels)
    ]


def _measures_of_years(columns: Sequence[SheetColumn]) -> tuple[str, ...]:
    """The measures of labels that hold a measure and a year each, where one of them has two years and no column has the year."""
    if any(column.key in ("year", "statement_date") for column in columns):
        return ()
    pairs = [
        pair for column in columns if column.cell_kind in ("number", "year", "empty") and (pair := measure_and_year(column.label))
    ]
    measures = tuple(dict.fromkeys(measure for measure, _ in pairs))
    return measures if len(measures) < len(set(pairs)) else ()


def _padded_labels(labels: Sequence[str], sheet_rows: Sequence[Sequence[str]]) -> list[str]:
    column_count = max(len(labels), *(len(sheet_row) for sheet_row in sheet_rows[:HEADER_SEARCH_ROWS]), 0)
    return [*labels, *[""] * (column_count - len(labels))]


def _numeric_column_indices(sheet_rows: Sequence[Sequence[str]], column_count: int) -> list[int]:
    """The columns most of whose cells are numbers, looking past the first rows."""
    numeric_columns = []
    for column_index in range(column_count):
        sampled_cells = [
            sheet_row[column_index]
            for sheet_row in sheet_rows[:SAMPLED_CELLS]
            if column_index < len(sheet_row) and sheet_row[column_index]
        ]
        later_cells = sampled_cells[len(sampled_cells) // 5 :] if len(sampled_cells) > 5 else sampled_cells
        marks = [cell for cell in later_cells if is_mark(cell)]
        number_cells = [cell for cell in later_cells if _is_number(cell) or diagnose(cell, "").proposed_number]
        if number_cells and len(number_cells) >= 0.5 * (len(later_cells) - len(marks)):
            numeric_columns.append(column_index)
    return numeric_columns


def _data_rows(sheet_rows: Sequence[Sequence[str]], numeric_columns: Sequence[int]) -> tuple[list[Sequence[str]], int]:
    """The rows that hold data, and how many others hold a note."""
    data_rows, notes = [], 0
    for sheet_row in sheet_rows:
        nonempty_cells = [cell for cell in sheet_row if cell]
        if not nonempty_cells:
            continue
        has_numbers = any(
            column_index < len(sheet_row)
            and (_is_number(sheet_row[column_index]) or diagnose(sheet_row[column_index], "").proposed_number)
            for column_index in numeric_columns
        )
        if not has_numbers and (
            is_worded(nonempty_cells[0])
            or (numeric_columns and len(nonempty_cells) == 1)
            or (len(nonempty_cells) == 1 and is_marked(nonempty_cells[0]))
        ):
            notes += 1
        else:
            data_rows.append(sheet_row)
    return data_rows, notes


def _years_across(columns: Sequence[SheetColumn]) -> tuple[str, ...]:
    """The labels that are years, where two or more value columns have different ones."""
    years = [column.label for column in columns if column.label and year_of(column.label)]
    return tuple(years) if len(years) >= 2 and len({year_of(label) for label in years}) == len(years) else ()


def _cell_kind(sample_cells: Sequence[str], key_by_label: str, unit: str) -> tuple[CellKind, tuple[str, ...], frozenset[str]]:
    """What the texts of a column are, the marks among them, and what must be allowed for them to be numbers."""
    marks = tuple(cell for cell in sample_cells if is_mark(cell) or says_missing(cell))
    present_cells = [cell for cell in sample_cells if cell not in marks and cell not in totals()]
    if not present_cells:
        return "empty", marks, frozenset()
    if key_by_label in ("firm_id", "uscc", "firm_name", "province_code", "city_code", "industry_code", "statement_type"):
        return "text", (), frozenset()
    if key_by_label in ("year", "statement_date") or (not unit and _all_years(present_cells)):
        if (
            _share_of_cells(present_cells, lambda cell: read_year(cell).value is not None) >= MAJORITY
            and key_by_label != "statement_date"
        ):
            return "year", marks, frozenset()
        if _share_of_cells(present_cells, lambda cell: calendar_date(cell).value is not None) >= MAJORITY:
            return "date", marks, frozenset()
    if key_by_label == "year":
        return "year", marks, frozenset()  # what is no year there is refused when it is read
    if any(cell[0] == "0" and cell.isdigit() and len(cell) > 1 for cell in present_cells) and len(present_cells) > 1:
        return "text", (), frozenset()
    if (
        CODE_WITH_EXCHANGE.fullmatch(present_cells[0])
        or _share_of_cells(present_cells, lambda cell: len(cell) == 18 and cell.isalnum()) >= MAJORITY
    ):
        return "text", (), frozenset()
    commas = has_decimal_commas(present_cells)
    assumed_unit = unit or ("%" if present_cells[0].endswith(("%", "％")) else "元")
    unusual_cells = [cell for cell in present_cells if not PLAIN_NUMBER.fullmatch(cell)]
    diagnoses = {cell: diagnose(cell, assumed_unit, comma_decimal=commas) for cell in unusual_cells}
    numbers = len(present_cells) - sum(1 for diagnosis in diagnoses.values() if not diagnosis.proposed_number)
    if numbers >= MAJORITY * len(present_cells):
        return "number", marks, frozenset(diagnosis.conversion for diagnosis in diagnoses.values() if diagnosis.conversion)
    if _share_of_cells(present_cells, lambda cell: len(cell) > 7 and calendar_date(cell).value is not None) >= MAJORITY:
        return "date", marks, frozenset()
    return "text", (), frozenset()


def _all_years(labels: Sequence[str]) -> bool:
    """Whether all texts are years of our time, some of them written as people write years or in more than one row."""
    return all(len(label) >= 4 and year_of(label) is not None for label in labels)


def _code_meaning(sample_cells: Sequence[str], key_by_label: str) -> CodeMeaning:
    present_cells = [cell for cell in sample_cells if cell not in totals() and not is_macro_region(cell)]
    if not present_cells or key_by_label in ("firm_id", "firm_name", "uscc"):
        return ""
    if _share_of_cells(present_cells, lambda cell: _is_province(cell, allows_codes=key_by_label == "province_code")) >= MAJORITY:
        return "province"
    is_industry_label = key_by_label == "industry_code"
    if (
        _share_of_cells(
            present_cells,
            lambda cell: (is_industry_label or not cell.isdigit()) and industry(cell, "2017").scope not in ("none",),
        )
        >= MAJORITY
    ):
        return "industry" if is_industry_label or len(present_cells) > 2 else ""
    if (
        key_by_label != "province_code"
        and _share_of_cells(present_cells, lambda cell: CODE_WITH_EXCHANGE.fullmatch(cell) is not None) >= MAJORITY
    ):
        return "stock_code"
    return ""


def _is_province(cell: str, *, allows_codes: bool) -> bool:
    """Whether a text is a province; digits only where the label says so, and no code of a city."""
    if cell.isdigit():
        return allows_codes and (len(cell) == 2 or cell.endswith("0000")) and province(cell).code is not None
    return province(cell).code is not None


def _share_of_cells(column_cells: Sequence[str], predicate: Callable[[str], bool]) -> float:
    return sum(1 for cell in column_cells if predicate(cell)) / len(column_cells)


def _is_number(cell: str) -> bool:
    return PLAIN_NUMBER.fullmatch(half_width(cell).strip()) is not None
