"""The unit of each number column in each sheet of a source, and what was printed and not used (W11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...canonical import CanonicalTable
from ...errors import ConfigError, DataError
from ...study.records import Source
from ..layout.text_columns import Sheet
from ..meaning.unit_choice import ERROR, PrintedUnits, UnitChoice, UnitMessage, chosen_unit, differing_units
from ..meaning.units import exponent
from ..records.intake_notice import Notice

CONFLICT, UNUSED = "W04", "W11"
NOTHING_PRINTED = PrintedUnits()
UnitsInNotes = Mapping[int, tuple[str, ...]]
NO_NOTES: UnitsInNotes = {}


@dataclass(frozen=True)
class ColumnUnits:
    """Column -> sheet number -> the unit its numbers are printed in, and the power of ten that leads to the column's."""

    choices: Mapping[str, Mapping[int, UnitChoice]]

    def shifts(self, name: str) -> dict[int, int]:
        """The power of ten by sheet."""
        return {number: choice.shift for number, choice in self.choices.get(name, {}).items()}

    def unit(self, name: str, number: int) -> str:
        """The unit a column is read with in a sheet."""
        return self.choices[name][number].unit


def column_units(
    sheets: Sequence[Sheet],
    source: Source,
    table: CanonicalTable,
    present: Sequence[str],
    location: str,
    below: UnitsInNotes = NO_NOTES,
) -> tuple[ColumnUnits, list[Notice]]:
    """Each sheet's own units; DataError W11 (exit 3) for what was printed on a column of money or counts and not used.

    `below`: the units that the notes of each sheet say.
    """
    numeric = [name for name in present if table.columns[name].dtype in ("number", "integer")]
    for name in numeric:
        _refuse_inconvertible(name, source.units.get(name), table.columns[name].unit, location)
    choices: dict[str, dict[int, UnitChoice]] = {}
    messages: list[tuple[str, str, UnitMessage]] = []
    for name in numeric:
        unit, declared = table.columns[name].unit, source.units.get(name)
        sheet_choices = {sheet.number: chosen_unit(name, unit, declared, _printed_units(sheet, name, below)) for sheet in sheets}
        choices[name] = sheet_choices
        rule = CONFLICT if declared else UNUSED
        messages += [(rule, _place_of(sheet), message) for sheet in sheets for message in sheet_choices[sheet.number].messages]
        places = {_place_of(sheet): sheet_choices[sheet.number] for sheet in sheets if name in sheet.header.positions}
        messages += [(UNUSED, location, message) for message in ([] if declared else differing_units(name, unit, places))]
    raise_stopping(messages)
    return ColumnUnits(choices), unit_notices(messages)


def _printed_units(sheet: Sheet, name: str, below: UnitsInNotes) -> PrintedUnits:
    """What is printed around a column; a unit above a table is none of its years."""
    if name == "year" or name not in sheet.header.printed:
        return NOTHING_PRINTED
    return replace(sheet.header.printed[name], below=below.get(sheet.number, ()))


def _place_of(sheet: Sheet) -> str:
    return f"{sheet.cells.file} [{sheet.cells.sheet}]" if sheet.cells.sheet else sheet.cells.file


def _refuse_inconvertible(name: str, declared: str | None, canonical: str, location: str) -> None:
    if declared is None or not canonical or exponent(declared, canonical) is not None:
        return
    raise ConfigError(
        f"{name}: no conversion from {declared!r} to {canonical!r}; write a unit that differs by a power of ten",
        zh=f"{name}:无法从 {declared!r} 换算到 {canonical!r};请写只差 10 的幂的单位",
        location=f"{location}.units",
    )


def raise_stopping(messages: Sequence[tuple[str, str, UnitMessage]]) -> None:
    """All that must stop the run, in one message."""
    stopping = [(place, message) for _, place, message in messages if message.severity == ERROR]
    if not stopping:
        return
    place = ", ".join(dict.fromkeys(place for place, _ in stopping))
    en, zh = (sep.join(dict.fromkeys(texts)) for sep, texts in (
        ("; ", [message.en for _, message in stopping]), (";", [message.zh for _, message in stopping]),
    ))  # fmt: skip
    raise DataError(en, zh=zh, location=place, rule=UNUSED)


def unit_notices(messages: Sequence[tuple[str, str, UnitMessage]]) -> list[Notice]:
    """One notice per message, whatever the number of sheets that print it."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for rule, place, message in messages:
        places.setdefault((rule, message.en, message.zh), []).append(place)
    return [Notice(rule, ", ".join(dict.fromkeys(listed)), en, zh) for (rule, en, zh), listed in places.items()]
