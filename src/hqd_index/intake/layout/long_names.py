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

    raw: str
    canonical: str
    units: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def name_readings(texts: Sequence[str], columns: Mapping[str, str]) -> list[NameReading]:
    """The names among the texts that stand for a column: as listed, else without blanks and case, else without a unit."""
    normalised = {normalised_label(raw): canonical for raw, canonical in columns.items()}
    without_unit = {normalised_label(unit_label(raw).name): canonical for raw, canonical in columns.items()}
    readings = []
    for text in texts:
        parts = unit_label(text)
        canonical = columns.get(text) or normalised.get(normalised_label(text))
        if canonical is None and parts.units:
            canonical = normalised.get(normalised_label(parts.name)) or without_unit.get(normalised_label(parts.name))
        if canonical is not None:
            readings.append(NameReading(text, canonical, parts.units, parts.words))
    return readings


def row_unit(name: str, canonical: str, label: str, labels: Mapping[str, int], printed: PrintedUnits) -> UnitChoice:
    """The unit of the cells whose row carries a label: the label itself where it leads to the column's unit.

    A label that leads nowhere, or none, takes the one unit that the other cells of the column carry (`labels` counts them); it
    stops where they carry several. Without any label that fits, what is printed around name and values decides, and a label of
    money or counts that fits nowhere stops.
    """
    fitting = {text: cells for text, cells in labels.items() if text and (not canonical or exponent(text, canonical) is not None)}
    if label in fitting:
        return UnitChoice(label, exponent(label, canonical) or 0 if canonical else 0, printed=True)
    if len({exponent(text, canonical) if canonical else text for text in fitting}) > 1:
        return UnitChoice(canonical, 0, messages=(_ambiguous(name, label, list(fitting)),))
    if fitting:
        commonest = max(fitting, key=lambda text: (fitting[text], text))
        return UnitChoice(commonest, exponent(commonest, canonical) or 0 if canonical else 0, printed=True)
    return chosen_unit(name, canonical, None, replace(printed, row=(label,)) if is_printed_unit(label) else printed)


def _ambiguous(name: str, label: str, fitting: Sequence[str]) -> UnitMessage:
    listed, shown = ", ".join(fitting), label or "-"
    mend = f"units: {{{name}: {fitting[0]}}}"
    return UnitMessage(
        ERROR,
        f"{name}: rows labelled {shown} stand beside rows in {listed}; mend the label, or write `{mend}` if all are in one unit",
        f"{name}:单位标注为 {shown} 的行与标注为 {listed} 的行并存;请改正标注,若单位相同可写 `{mend}`",
    )
