"""What a sheet seems to be: its header rows, the columns below, and what the cells of each are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ..intake.layout.header_rows import label_rows_below
from ..intake.meaning.dates import calendar_date, year
from ..intake.meaning.glyphs import half_width, normalised_label
from ..intake.meaning.header_years import year_of
from ..intake.meaning.identifiers import WITH_EXCHANGE
from ..intake.meaning.industries import industry
from ..intake.meaning.notes import is_marked, is_worded
from ..intake.meaning.numbers import MARKS, PLAIN, diagnose, has_decimal_commas
from ..intake.meaning.official_codes import province
from ..intake.meaning.unit_labels import is_weak, unit_label, units_above, units_in
from ..intake.read.previews import SheetPreview
from .known_words import key_columns, list_columns, totals

Kind = Literal["number", "year", "date", "text", "empty"]
Meaning = Literal["", "province", "industry", "stock_code"]
PEEK = 40
MOSTLY = 0.8
LOOKED_AT = 400  # distinct texts of a column that decide what it is
PRESUMED = ("", "—", "-", "…", "..", "*", "NA")  # the marks of missing values that need no word


@dataclass(frozen=True)
class FoundColumn:
    """A column: its place, label, name without the unit, unit printed around it, kind, and its cells in the rows of data.

    `marks`: texts for something missing; `conversions`: what its cells need to be numbers (separators, units, decimal).
    """

    place: int
    label: str
    name: str
    unit: str
    kind: Kind
    cells: tuple[str, ...]
    meaning: Meaning = ""
    marks: tuple[str, ...] = ()
    conversions: frozenset[str] = frozenset()
    also: str = ""  # the longer label of a Stata file, or the second header row, without its unit

    @property
    def key(self) -> str:
        """The key or context column its label names, else ''."""
        for text in (self.label, self.name, self.also):
            if text and (found := key_columns().get(normalised_label(text))):
                return found
        return ""

    @property
    def title(self) -> str:
        """What a person calls it: the longer label where the other is a code or a short name."""
        return self.also if self.also and self.label.isascii() else self.name

    @cached_property
    def filled(self) -> int:
        return sum(1 for cell in self.cells if cell and cell not in self.marks)

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(cell for cell in self.cells if cell and cell not in self.marks))


@dataclass(frozen=True)
class FoundTable:
    """A sheet with its header understood as far as the cells tell. `years_across`: its value columns are years.

    `bands`: measures over years in two header rows; `preamble`: what the lines above the header say.
    """

    preview: SheetPreview
    header_row: int
    label_rows: int
    columns: tuple[FoundColumn, ...]
    rows: int
    notes: int = 0
    years_across: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    preamble: tuple[str, ...] = ()
    second_labels: tuple[str, ...] = field(default=())

    @property
    def location(self) -> str:
        """The file, with its sheet where it has several."""
        return f"{self.preview.file} [{self.preview.sheet}]" if self.preview.sheet else self.preview.file

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(column.label for column in self.columns if column.label)

    def column(self, key: str) -> FoundColumn | None:
        """The first column whose label names a key."""
        return next((column for column in self.columns if column.key == key), None)

    def of_kind(self, *kinds: Kind) -> list[FoundColumn]:
        return [column for column in self.columns if column.kind in kinds]


def found_table(preview: SheetPreview) -> FoundTable | None:
    """The table of a sheet; None where no row can be its header."""
    head = preview.header_texts or preview.rows[:PEEK]
    place = _header_place(preview.rows, head)
    if place is None:
        return None
    bands = _bands(head, place)
    labels_place = place + 1 if bands else place
    labels = _filled_up(head[labels_place], preview.rows)
    above = units_above([list(row) for row in preview.rows[:place]])
    below = labels_place + 1
    numeric = _number_places(preview.rows[below:], len(labels))
    label_rows = label_rows_below([list(row) for row in preview.rows[below : below + PEEK]], numeric)
    data, notes = _data_rows(preview.rows[below + label_rows :], numeric)
    second = _second_labels(preview, below, label_rows, labels)
    columns = []
    for at, label in enumerate(labels):
        printed = [unit for row in preview.rows[below : below + label_rows] if at < len(row) for unit in units_in(row[at])]
        printed += [unit for place, unit in preview.format_units if place == at]
        also = preview.long_labels[at] if at < len(preview.long_labels) else second.get(at, "")
        cells = tuple(row[at] if at < len(row) else "" for row in data)
        columns.append(found_column(at, label, cells, printed, above, also))
    years = _years_across(columns) if not bands else ()
    preamble = tuple(cell for row in preview.rows[:place] for cell in row if cell)
    return FoundTable(preview, place + 1, label_rows, tuple(columns), len(data), notes, years, bands, preamble)


def found_column(
    place: int, label: str, cells: tuple[str, ...], printed: Sequence[str], above: Sequence[str], also: str = ""
) -> FoundColumn:
    """A column by its label, its cells and the units printed around it."""
    parts = unit_label(label)
    spoken = unit_label(also) if also else parts
    units = [*parts.units, *printed, *(spoken.units if also else ())]
    known = [text for text in dict.fromkeys(cells) if text][:LOOKED_AT]
    by_label = next(
        (found for text in (label, parts.name, spoken.name) if (found := key_columns().get(normalised_label(text)))), ""
    )
    kind, marks, conversions = _kind(known, by_label, units[0] if units else "")
    unit = units[0] if units else (above[0] if above and kind == "number" else "")
    if not units and kind == "number" and known and known[-1].endswith(("%", "％")):
        unit = "%"
    if not parts.units and units and is_weak(units[0]) and not printed:
        unit = ""
    meaning = _meaning(known, by_label) if kind == "text" or by_label in ("industry_code", "province_code") else ""
    if meaning and kind == "number":
        kind = "text"
    name = parts.name if parts.units else label
    return FoundColumn(place, label, name, unit, kind, cells, meaning, marks, conversions, spoken.name if also else "")


def _header_place(rows: Sequence[Sequence[str]], head: Sequence[Sequence[str]]) -> int | None:
    """The first row that names columns: as wide as the rows below it, no number in it but years, something beneath."""
    widths = [sum(1 for cell in row if cell) for row in rows if any(row)]
    if not widths:
        return None
    usual = max(Counter(widths).items(), key=lambda pair: (pair[1] * pair[0], pair[0]))[0]
    least = 1 if usual == 1 else max(2, -(-usual // 2))
    for place, row in enumerate(head):
        filled = [cell for cell in row if cell]
        if (
            len(filled) < least
            or (usual > 1 and len(set(filled)) < 2)
            or any(_is_number(cell) and not year_of(cell) for cell in filled)
        ):
            continue
        if usual > 1 and sum(1 for cell in filled if year_of(cell)) == len(filled):
            continue
        if usual == 1 and not (normalised_label(filled[0]) in key_columns() or normalised_label(filled[0]) in list_columns()):
            continue
        if any(any(cell for cell in other) for other in rows[place + 1 :]):
            return place
    return None


def _bands(head: Sequence[Sequence[str]], place: int) -> tuple[str, ...]:
    """The measures of a header row that stands over a row of years."""
    if place + 1 >= len(head):
        return ()
    upper, lower = head[place], head[place + 1]
    years = [at for at, label in enumerate(lower) if year_of(label)]
    measures = list(dict.fromkeys(upper[at] for at in years if at < len(upper) and upper[at] and not year_of(upper[at])))
    several = len({year_of(lower[at]) for at in years}) < len(years)
    return tuple(measures) if len(years) > 2 and len(measures) > 1 and several else ()


def _filled_up(labels: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    width = max(len(labels), *(len(row) for row in rows[:PEEK]), 0)
    return [*labels, *[""] * (width - len(labels))]


def _number_places(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns most of whose cells are numbers, looking past the first rows."""
    places = []
    for at in range(width):
        cells = [row[at] for row in rows[:LOOKED_AT] if at < len(row) and row[at]]
        later = cells[len(cells) // 5 :] if len(cells) > 5 else cells
        marks = [cell for cell in later if half_width(cell).lower() in MARKS]
        numbers = [cell for cell in later if _is_number(cell) or diagnose(cell, "").proposed]
        if numbers and len(numbers) >= 0.5 * (len(later) - len(marks)):
            places.append(at)
    return places


def _data_rows(rows: Sequence[Sequence[str]], numeric: Sequence[int]) -> tuple[list[Sequence[str]], int]:
    """The rows that hold data, and how many others hold a note."""
    data, notes = [], 0
    for row in rows:
        filled = [cell for cell in row if cell]
        if not filled:
            continue
        values = any(at < len(row) and (_is_number(row[at]) or diagnose(row[at], "").proposed) for at in numeric)
        if not values and (is_worded(filled[0]) or (numeric and len(filled) == 1) or (len(filled) == 1 and is_marked(filled[0]))):
            notes += 1
        else:
            data.append(row)
    return data, notes


def _second_labels(preview: SheetPreview, below: int, label_rows: int, labels: Sequence[str]) -> dict[int, str]:
    """What a row of labels under the header says of each column: the Chinese names below item codes."""
    rows = preview.rows[below : below + label_rows]
    if not rows:
        return {}
    return {at: cell for at, cell in enumerate(rows[0]) if cell and not units_in(cell) and at < len(labels)}


def _years_across(columns: Sequence[FoundColumn]) -> tuple[str, ...]:
    """The labels that are years, where two or more value columns have different ones."""
    years = [column.label for column in columns if column.label and year_of(column.label)]
    return tuple(years) if len(years) >= 2 and len({year_of(label) for label in years}) == len(years) else ()


def _kind(known: Sequence[str], by_label: str, unit: str) -> tuple[Kind, tuple[str, ...], frozenset[str]]:
    """What the texts of a column are, the marks among them, and what must be allowed for them to be numbers."""
    marks = tuple(text for text in known if half_width(text).strip().lower() in MARKS)
    real = [text for text in known if text not in marks and text not in totals()]
    if not real:
        return "empty", marks, frozenset()
    if by_label in ("firm_id", "uscc", "firm_name", "province_code", "city_code", "industry_code", "statement_type"):
        return "text", (), frozenset()
    if by_label in ("year", "statement_date") or _all_years(real):
        if _share(real, lambda text: year(text).value is not None) >= MOSTLY and by_label != "statement_date":
            return "year", marks, frozenset()
        if _share(real, lambda text: calendar_date(text).value is not None) >= MOSTLY:
            return "date", marks, frozenset()
    if any(text[0] == "0" and text.isdigit() and len(text) > 1 for text in real) and len(real) > 1:
        return "text", (), frozenset()
    if WITH_EXCHANGE.fullmatch(real[0]) or _share(real, lambda text: len(text) == 18 and text.isalnum()) >= MOSTLY:
        return "text", (), frozenset()
    commas = has_decimal_commas(real)
    spoken = unit or ("%" if real[0].endswith(("%", "％")) else "元")
    readings = {text: diagnose(text, spoken, comma_decimal=commas) for text in real if not _is_number(text)}
    numbers = len(real) - sum(1 for reading in readings.values() if not reading.proposed)
    if numbers >= MOSTLY * len(real):
        return "number", marks, frozenset(reading.conversion for reading in readings.values() if reading.conversion)
    if _share(real, lambda text: len(text) > 7 and calendar_date(text).value is not None) >= MOSTLY:
        return "date", marks, frozenset()
    return "text", (), frozenset()


def _all_years(texts: Sequence[str]) -> bool:
    """Whether all texts are years of our time, some of them written as people write years or in more than one row."""
    return all(len(text) >= 4 and year_of(text) is not None for text in texts)


def _meaning(texts: Sequence[str], by_label: str) -> Meaning:
    real = [text for text in texts if text not in totals()]
    if not real or by_label in ("firm_id", "firm_name", "uscc"):
        return ""
    if _share(real, lambda text: _is_province(text, coded=by_label == "province_code")) >= MOSTLY:
        return "province"
    named = by_label == "industry_code"
    if _share(real, lambda text: (named or not text.isdigit()) and industry(text, "2017").scope not in ("none",)) >= MOSTLY:
        return "industry" if named or len(real) > 2 else ""
    if by_label != "province_code" and _share(real, lambda text: WITH_EXCHANGE.fullmatch(text) is not None) >= MOSTLY:
        return "stock_code"
    return ""


def _is_province(text: str, *, coded: bool) -> bool:
    """Whether a text is a province; digits only where the label says so, and no code of a city."""
    if text.isdigit():
        return coded and (len(text) == 2 or text.endswith("0000")) and province(text).code is not None
    return province(text).code is not None


def _share(texts: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(1 for text in texts if test(text)) / len(texts)


def _is_number(text: str) -> bool:
    return PLAIN.fullmatch(half_width(text).strip()) is not None
