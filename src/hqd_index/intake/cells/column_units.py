"""The unit of each number column in each sheet of a source, and what was printed and not used (W11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import pandas as pd

from ...canonical import CanonicalTable
from ...errors import ConfigError, DataError
from ...study.records import Source
from ..layout.note_rows import UnitsInNotes
from ..layout.text_columns import FILE_SPAN, Sheet
from ..meaning.unit_choice import (
    ERROR,
    PrintedUnits,
    UnitChoice,
    UnitMessage,
    chosen_unit,
    differing_units,
    later_unit_message,
    units_on_another_scale,
)
from ..meaning.unit_labels import unit_label, units_below, units_in_cell
from ..meaning.units import exponent
from ..records.intake_notice import Notice

CONFLICT, UNREAD_WORDS = "W04", "W11"
BRACKETS = "(（[【〔"
NO_PRINTED_UNITS = PrintedUnits()
NO_NOTES: Mapping[int, UnitsInNotes] = {}


@dataclass(frozen=True)
class ColumnUnits:
    """Column -> sheet number -> the unit its numbers are printed in, and the power of ten that leads to the column's."""

    choices: Mapping[str, Mapping[int, UnitChoice]]

    def shifts(self, column_name: str) -> dict[int, int]:
        """The power of ten by sheet."""
        return {sheet_number: choice.power_of_ten for sheet_number, choice in self.choices.get(column_name, {}).items()}

    def unit(self, column_name: str, sheet_number: int) -> str:
        """The unit a column is read with in a sheet."""
        return self.choices[column_name][sheet_number].unit


def column_units(
    sheets: Sequence[Sheet],
    source: Source,
    table: CanonicalTable,
    present_columns: Sequence[str],
    location: str,
    units_in_notes: Mapping[int, UnitsInNotes] = NO_NOTES,
) -> tuple[ColumnUnits, list[Notice]]:
    """Each sheet's own units; DataError W11 (exit 3) for what was printed on a column of money or counts and not used.

    `units_in_notes`: the units that the notes of each sheet say.
    """
    number_columns = [column_name for column_name in present_columns if table.columns[column_name].dtype in ("number", "integer")]
    for column_name in number_columns:
        _check_convertible(column_name, source.units.get(column_name), table.columns[column_name].unit, location)
    choices: dict[str, dict[int, UnitChoice]] = {}
    messages: list[tuple[str, str, UnitMessage]] = []
    for column_name in number_columns:
        unit, declared_unit = table.columns[column_name].unit, source.units.get(column_name)
        sheet_choices = {
            sheet.sheet_number: chosen_unit(column_name, unit, declared_unit, _printed_units(sheet, column_name, units_in_notes))
            for sheet in sheets
        }
        choices[column_name] = sheet_choices
        rule = CONFLICT if declared_unit else UNREAD_WORDS
        messages += [
            (rule, _sheet_location(sheet), message) for sheet in sheets for message in sheet_choices[sheet.sheet_number].messages
        ]
        choices_by_location = {
            _sheet_location(sheet): sheet_choices[sheet.sheet_number] for sheet in sheets if column_name in sheet.header.positions
        }
        messages += [
            (UNREAD_WORDS, location, message)
            for message in ([] if declared_unit else differing_units(column_name, unit, choices_by_location))
        ]
    raise_stopping(messages)
    return ColumnUnits(choices), unit_notices(messages)


def refuse_units_among_cells(
    unread_cells: pd.DataFrame, units: ColumnUnits, source: Source, table: CanonicalTable, sheets: Sequence[Sheet]
) -> None:
    """DataError W11 where a cell of a number column (rid, column, value) says another unit than the numbers are read in.

    From that row on it may hold: 单位:亿元 over the last column of a second part, or a row of units between two parts.
    """
    locations = {sheet.sheet_number: _sheet_location(sheet) for sheet in sheets}
    cells = unread_cells.assign(number=unread_cells["rid"] // FILE_SPAN)[["column", "value", "number"]].drop_duplicates()
    messages = []
    for column, cell, number in cells.itertuples(index=False):
        units_of_table = units_below(str(cell))
        printed_units = units_of_table or units_in_cell(str(cell))
        for column_name in (units.choices if units_of_table else [str(column)]) if printed_units else ():
            choice = units.choices[column_name][int(number)]
            common_unit = table.columns[column_name].unit or choice.unit
            other_units = units_on_another_scale(printed_units, common_unit, choice.power_of_ten)
            if other_units and column_name not in source.units:
                place = f"a cell between the rows ({cell})", f"数据行之间的单元格（{cell}）"
                messages.append(
                    (UNREAD_WORDS, locations[number], later_unit_message(column_name, choice.unit, other_units, place))
                )
    raise_stopping(messages)


def _printed_units(sheet: Sheet, column_name: str, units_in_notes: Mapping[int, UnitsInNotes]) -> PrintedUnits:
    """What is printed around a column; a unit above a table is none of its years."""
    if column_name == "year" or column_name not in sheet.header.printed_units:
        return NO_PRINTED_UNITS
    printed_units = sheet.header.printed_units[column_name]
    notes, names = units_in_notes.get(sheet.sheet_number, UnitsInNotes()), _units_of_names(sheet.cells.file, sheet.cells.sheet)
    return replace(printed_units, below=notes.below, between=notes.between, in_names=names, of_rows=sheet.cells.units_of_rows)


def _units_of_names(file: str, sheet: str) -> tuple[str, ...]:
    """The units in brackets in the names of a sheet and its file: 营业收入(万元).csv."""
    names = (sheet, PurePosixPath(file).stem)
    return tuple(unit for name in names if any(bracket in name for bracket in BRACKETS) for unit in unit_label(name).units)


def _sheet_location(sheet: Sheet) -> str:
    return f"{sheet.cells.file} [{sheet.cells.sheet}]" if sheet.cells.sheet else sheet.cells.file


def _check_convertible(column_name: str, declared_unit: str | None, canonical_unit: str, location: str) -> None:
    if declared_unit is None or not canonical_unit or exponent(declared_unit, canonical_unit) is not None:
        return
    raise ConfigError(
        f"{column_name}: no conversion from {declared_unit!r} to {canonical_unit!r}; write a unit that differs by a power of ten",
        zh=f"{column_name}:无法从 {declared_unit!r} 换算到 {canonical_unit!r};请写只差 10 的幂的单位",
        location=f"{location}.units",
    )


def raise_stopping(messages: Sequence[tuple[str, str, UnitMessage]]) -> None:
    """All that must stop the run, in one message."""
    stopping_messages = [(location, message) for _, location, message in messages if message.severity == ERROR]
    if not stopping_messages:
        return
    location = ", ".join(dict.fromkeys(location for location, _ in stopping_messages))
    en = "; ".join(_merged_sentences([message.en for _, message in stopping_messages], ", "))
    zh = ";".join(_merged_sentences([message.zh for _, message in stopping_messages], "、"))
    raise DataError(en, zh=zh, location=location, rule=UNREAD_WORDS)


def _merged_sentences(sentences: Sequence[str], separator: str) -> list[str]:
    """Sentences `column: fault`; columns that share a fault, as those of a whole table may, in one with the mend of the first."""
    columns_by_fault: dict[str, list[str]] = {}
    fault_of_first: dict[str, str] = {}
    for sentence in dict.fromkeys(sentences):
        column_name, _, fault = sentence.partition(":")
        key = fault.replace(f"{{{column_name}: ", "{: ")
        columns_by_fault.setdefault(key, []).append(column_name)
        fault_of_first.setdefault(key, fault)
    return [f"{separator.join(columns)}:{fault_of_first[key]}" for key, columns in columns_by_fault.items()]


def unit_notices(messages: Sequence[tuple[str, str, UnitMessage]]) -> list[Notice]:
    """One notice per message, whatever the number of sheets that print it."""
    locations_by_message: dict[tuple[str, str, str], list[str]] = {}
    for rule, location, message in messages:
        locations_by_message.setdefault((rule, message.en, message.zh), []).append(location)
    return [
        Notice(rule, ", ".join(dict.fromkeys(locations)), en, zh) for (rule, en, zh), locations in locations_by_message.items()
    ]
