"""Names of variables in a long table, in the forms that `columns` need not list: other brackets, blanks, a unit behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..meaning.glyphs import normalised_label
from ..meaning.unit_choice import ERROR, PrintedUnits, UnitChoice, UnitMessage, chosen_unit
from ..meaning.unit_labels import is_printed_unit, unit_label
from ..meaning.units import exponent


@dataclass(frozen=True)
class NameReading:
    """A name as printed, the canonical column it stands for, and the units it prints itself."""

    printed_name: str
    canonical_name: str
    units: tuple[str, ...] = ()
    unread_words: tuple[str, ...] = ()


def name_readings(printed_names: Sequence[str], columns: Mapping[str, str]) -> list[NameReading]:
    """The names among the texts that stand for a column: as listed, else without blanks and case, else without a unit."""
    names_by_label = {normalised_label(printed_name): canonical_name for printed_name, canonical_name in columns.items()}
    names_without_unit = {
        normalised_label(unit_label(printed_name).name): canonical_name for printed_name, canonical_name in columns.items()
    }
    parsed_names = []
    for printed_label in printed_names:
        parsed_label = unit_label(printed_label)
        canonical_name = columns.get(printed_label) or names_by_label.get(normalised_label(printed_label))
        if canonical_name is None and parsed_label.units:
            canonical_name = names_by_label.get(normalised_label(parsed_label.name)) or names_without_unit.get(
                normalised_label(parsed_label.name)
            )
        if canonical_name is not None:
            parsed_names.append(NameReading(printed_label, canonical_name, parsed_label.units, parsed_label.unread_words))
    return parsed_names


def row_unit(
    column_name: str, canonical_unit: str, label: str, labels: Mapping[str, int], printed_units: PrintedUnits
) -> UnitChoice:
    """The unit of the cells whose row carries a label: the label itself where it leads to the column's unit.

    A label that leads nowhere, or none, takes the one unit that the other cells of the column carry (`labels` counts them); it
    stops where they carry several. Without any label that fits, what is printed around name and values decides, and a label of
    money or counts that fits nowhere stops.
    """
    convertible_labels = {
        unit_label_text: cell_total
        for unit_label_text, cell_total in labels.items()
        if unit_label_text and (not canonical_unit or exponent(unit_label_text, canonical_unit) is not None)
    }
    if label in convertible_labels:
        return UnitChoice(label, exponent(label, canonical_unit) or 0 if canonical_unit else 0, is_printed=True)
    if (
        len(
            {
                exponent(unit_label_text, canonical_unit) if canonical_unit else unit_label_text
                for unit_label_text in convertible_labels
            }
        )
        > 1
    ):
        return UnitChoice(canonical_unit, 0, messages=(_ambiguous_unit(column_name, label, list(convertible_labels)),))
    if convertible_labels:
        most_frequent_label = max(
            convertible_labels, key=lambda unit_label_text: (convertible_labels[unit_label_text], unit_label_text)
        )
        return UnitChoice(
            most_frequent_label, exponent(most_frequent_label, canonical_unit) or 0 if canonical_unit else 0, is_printed=True
        )
    return chosen_unit(
        column_name, canonical_unit, None, replace(printed_units, row=(label,)) if is_printed_unit(label) else printed_units
    )


def _ambiguous_unit(column_name: str, label: str, convertible_labels: Sequence[str]) -> UnitMessage:
    label_list, displayed_label = ", ".join(convertible_labels), label or "-"
    mend = f"units: {{{column_name}: {convertible_labels[0]}}}"
    return UnitMessage(
        ERROR,
        f"{column_name}: some rows are labelled {displayed_label}, others {label_list}; correct the label, or write "
        f"`{mend}` if all are in one unit",
        f"{column_name}:单位标注为 {displayed_label} 的行与标注为 {label_list} 的行并存;请改正标注,若单位相同可写 `{mend}`",
    )
