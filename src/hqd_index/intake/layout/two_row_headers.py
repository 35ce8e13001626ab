"""Headers in two rows, as merged cells leave them, and columns that no row of the header names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from ...engines import Engine, count_where
from ..meaning.glyphs import normalised_label
from ..meaning.unit_labels import is_printed_unit, units_in_cell
from ..read.sheet_cells import SheetCells
from ..records.intake_notice import Notice

LISTED_COLUMNS = 20
IsKnown = Callable[[str], bool]
"""Whether a label is that of a column."""


def is_second_label_row(labels: Sequence[str], row: Sequence[str], is_known: IsKnown) -> bool:
    """Whether a row below the header goes on with it: known labels and other words, none of them below another known label."""
    cells = {place: cell.strip() for place, cell in enumerate(row) if cell.strip()}
    return any(is_known(cell) for cell in cells.values()) and all(
        not _holds_number(cell) and (place >= len(labels) or cell == labels[place].strip() or not is_known(labels[place]))
        for place, cell in cells.items()
    )


def joined_labels(
    labels: Sequence[str], row_above: Sequence[str], rows_below: Sequence[Sequence[str]], is_known: IsKnown
) -> tuple[str, ...]:
    """The label of each column out of the header row and its neighbours: the lower row names it, the upper one its group.

    A blank takes the label below it, else a known one above it; the name of a group gives way to a known label, and where it
    stands over several columns to any.
    """
    counts = Counter(normalised_label(label) for label in labels if label.strip())
    labels_of_columns = []
    for place, label in enumerate(map(str.strip, labels)):
        lower_label = _lower_label(rows_below, place)
        upper_label = _cell(row_above, place)
        if not label:
            label = lower_label or (upper_label if is_known(upper_label) else "")
        elif lower_label and not is_known(label) and (is_known(lower_label) or counts[normalised_label(label)] > 1):
            label = lower_label
        labels_of_columns.append(label)
    return tuple(labels_of_columns)


def labels_of_groups(labels: Sequence[str], rows_below: Sequence[Sequence[str]]) -> list[str]:
    """The labels of a header nobody has declared yet: those of the lower row, where the upper one names groups of columns.

    A name of a group has blanks beside it, or is repeated, over labels of its own.
    """
    lower_labels = [_lower_label(rows_below, place) for place in range(len(labels))]
    counts = Counter(label.strip() for label in labels)
    has_groups = any(
        lower_label and (not label.strip() or counts[label.strip()] > 1) for label, lower_label in zip(labels, lower_labels)
    )
    return [lower_label or label for label, lower_label in zip(labels, lower_labels)] if has_groups else list(labels)


def labels_of_items(rows_below: Sequence[Sequence[str]], column_count: int) -> dict[int, str]:
    """What a row of labels under the header says of each column: the Chinese names below item codes."""
    row = rows_below[0] if rows_below else ()
    return {place: cell for place, cell in enumerate(row[:column_count]) if cell and not units_in_cell(cell)}


def unlabelled_column_notices(cells: SheetCells, engine: Engine) -> tuple[Notice, ...]:
    """S07 for columns that hold something and have no label: no source can have read them."""
    places = [place for place, label in enumerate(cells.labels) if not label.strip()]
    if not places:
        return ()
    count_sql = ", ".join(f"{count_where(f'''c{place} <> '' ''')} AS n{place}" for place in places)
    counts = engine.collect(f"SELECT {count_sql} FROM {cells.table}").iloc[0]
    letters = [column_letters(place) for place in places if counts[f"n{place}"]]
    if not letters:
        return ()
    column_list = ", ".join(letters[:LISTED_COLUMNS]) + (" ..." if len(letters) > LISTED_COLUMNS else "")
    example = f'aliases: {{"{letters[0]}": ...}}'
    location = f"{cells.file} [{cells.sheet}]" if cells.sheet else cells.file
    en = f"{len(letters)} columns with data have no label, and are not used: {column_list}; label them, or write `{example}`"
    zh = f"{len(letters)} 列有数据而没有列名,未采用:{column_list};请在表头补上列名,或写 `{example}`"
    return (Notice("S07", location, en, zh),)


def column_letters(column_index: int) -> str:
    """How a column without a label is named by its place: '[A]', '[B]' ... '[AA]'."""
    letters, quotient = "", column_index + 1
    while quotient:
        quotient, letter = divmod(quotient - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"[{letters}]"


def _lower_label(rows_below: Sequence[Sequence[str]], place: int) -> str:
    """The first text below a label that is no unit, else ''."""
    return next((cell for row in rows_below if (cell := _cell(row, place)) and not is_printed_unit(cell)), "")


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _holds_number(cell: str) -> bool:
    return any(character.isdigit() for character in cell) and not is_printed_unit(cell)
