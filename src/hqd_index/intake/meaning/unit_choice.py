"""Which unit the numbers of a column are read with in one sheet, and what must be said when a printed unit was not used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .unit_labels import is_weak
from .units import exponent, unit_of

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class PrintedUnits:
    """What a sheet prints around one column: in its label, in a row below it, above the table, in notes below the table.

    `words` of the label, and lines of `above` that are no unit, hold a word of a unit that was not read.
    """

    label: tuple[str, ...] = ()
    row: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitMessage:
    """A message in both languages, and whether the run must stop for it."""

    severity: str
    en: str
    zh: str


@dataclass(frozen=True)
class UnitChoice:
    """The unit the numbers are read with, the power of ten that leads to the column's unit, and what must be said.

    `printed`: whether the unit came from the sheet (else from the study, or it is the column's own).
    """

    unit: str
    shift: int
    printed: bool = False
    messages: tuple[UnitMessage, ...] = field(default=())


def chosen_unit(name: str, canonical: str, declared: str | None, printed: PrintedUnits) -> UnitChoice:
    """The study's word, else the label and the row of units, else the lines above the table, else the column's own unit.

    A printed unit that leads nowhere, two that disagree, and unit words that were not used are said (W11): they stop columns
    of money and of counts. `declared` must be convertible to `canonical`.
    """
    beside = tuple(dict.fromkeys((*printed.label, *printed.row)))
    if declared is not None:
        return UnitChoice(declared, exponent(declared, canonical) or 0, messages=_contradicted(name, declared, beside))
    if not canonical:
        return _of_an_open_column(name, beside, [unit for unit in printed.above if unit_of(unit) is not None])
    fitting = [unit for unit in beside if exponent(unit, canonical) is not None]
    if fitting:
        return _agreed(name, canonical, fitting)
    if inconvertible := [unit for unit in beside if not is_weak(unit)]:
        return UnitChoice(canonical, 0, messages=(_inconvertible(name, canonical, inconvertible[0]),))
    fitting = [unit for unit in printed.above if exponent(unit, canonical) is not None]
    if fitting:
        return _agreed(name, canonical, fitting)
    if _is_money(canonical) and (foreign := [unit for unit in printed.above if _is_money(unit)]):
        return UnitChoice(canonical, 0, messages=(_inconvertible(name, canonical, foreign[0]),))
    if below := [unit for unit in printed.below if exponent(unit, canonical) not in (None, 0)]:
        return UnitChoice(canonical, 0, messages=(_unused(name, canonical, below, ERROR if _stops(canonical) else WARNING),))
    if _is_money(canonical) and (lines := [line for line in printed.above if unit_of(line) is None]):
        return UnitChoice(canonical, 0, messages=(_unused(name, canonical, lines, ERROR),))
    if unused_words := (*(unit for unit in beside if not unit.isascii() or len(unit) > 1), *printed.words):
        severity = ERROR if _stops(canonical) and printed.words else WARNING
        return UnitChoice(canonical, 0, messages=(_unused(name, canonical, unused_words, severity),))
    return UnitChoice(canonical, 0)


def differing_units(name: str, canonical: str, choices: Mapping[str, UnitChoice]) -> list[UnitMessage]:
    """What must be said of one column over the sheets of a source (place -> choice).

    A column without a unit of its own cannot hold two units; what a sheet without one holds must be said.
    """
    printed = {place: choice.unit for place, choice in choices.items() if choice.printed}
    silent = [place for place, choice in choices.items() if not choice.printed]
    if not printed:
        return []
    units = list(dict.fromkeys(printed.values()))
    if not canonical:
        if len({unit_of(unit) for unit in units}) > 1:
            listed = ", ".join(f"{place}: {unit}" for place, unit in printed.items())
            en = f"{name} has no unit in `tables`, and its files print several ({listed})"
            zh = f"{name} 在 `tables` 中没有单位,而各文件印的单位不同({listed})"
            return [UnitMessage(ERROR, f"{en}; {_write_tables(name, 'en')}", f"{zh};{_write_tables(name, 'zh')}")]
        return []
    if silent and any(exponent(unit, canonical) != 0 for unit in units):
        listed, elsewhere = ", ".join(silent[:5]), ", ".join(units)
        en = f"{name}: no unit is printed in {listed}, read as {canonical}; other files print {elsewhere}"
        zh = f"{name}:{listed} 未印单位,按 {canonical} 读取;其他文件印的是 {elsewhere}"
        if not _stops(canonical):
            return [UnitMessage(WARNING, en, zh)]
        return [UnitMessage(ERROR, f"{en}; {_write_units(name, units[0], 'en')}", f"{zh};{_write_units(name, units[0], 'zh')}")]
    return []


def _is_money(unit: str) -> bool:
    unit_known = unit_of(unit)
    return unit_known is not None and unit_known.money


def _stops(canonical: str) -> bool:
    unit_known = unit_of(canonical)
    return unit_known is not None and (unit_known.money or unit_known.counted)


def _of_an_open_column(name: str, beside: Sequence[str], above: Sequence[str]) -> UnitChoice:
    """A column for which the study states no unit keeps its numbers as printed."""
    units = [unit for unit in beside if not is_weak(unit)] or list(above if len(above) == 1 else ())
    if not units:
        return UnitChoice("", 0)
    if len({unit_of(unit) for unit in units}) > 1:
        return UnitChoice("", 0, messages=(_disagreeing(name, units),))
    unit = units[0]
    en = f"{name}: {unit} is printed, and `tables` states no unit: the numbers are kept as printed"
    zh = f"{name}:印有单位 {unit},而 `tables` 未写单位:数值按原样保留"
    mend, mend_zh = f"write `unit: {unit}` at {name} in `tables`", f"请在 `tables` 的 {name} 处写 `unit: {unit}`"
    return UnitChoice(unit, 0, printed=True, messages=(UnitMessage(WARNING, f"{en}; {mend}", f"{zh};{mend_zh}"),))


def _agreed(name: str, canonical: str, units: Sequence[str]) -> UnitChoice:
    shifts = {exponent(unit, canonical) for unit in units}
    if len(shifts) > 1:
        return UnitChoice(canonical, 0, messages=(_disagreeing(name, units),))
    return UnitChoice(units[0], exponent(units[0], canonical) or 0, printed=True)


def _contradicted(name: str, declared: str, beside: Sequence[str]) -> tuple[UnitMessage, ...]:
    foreign = [unit for unit in beside if not is_weak(unit) and exponent(unit, declared) != 0]
    if not foreign:
        return ()
    return (UnitMessage(WARNING, f"{name}: the file says {foreign[0]}, sources.yaml says {declared}; {declared} is used",
                   f"{name}:文件写 {foreign[0]},sources.yaml 写 {declared};按 {declared} 读取"),)  # fmt: skip


def _inconvertible(name: str, canonical: str, unit: str) -> UnitMessage:
    unit_known = unit_of(canonical) is not None
    en = f"{name}: the printed unit {unit} cannot be converted to {canonical}, the column's"
    zh = f"{name}:印的单位 {unit} 无法换算为该列的单位 {canonical}"
    if not unit_known:
        return UnitMessage(WARNING, f"{en}; the numbers are kept as printed", f"{zh};数值按原样保留")
    return UnitMessage(ERROR, f"{en}; {_write_units(name, canonical, 'en')}", f"{zh};{_write_units(name, canonical, 'zh')}")


def _disagreeing(name: str, units: Sequence[str]) -> UnitMessage:
    listed = ", ".join(units)
    return UnitMessage(ERROR, f"{name}: the file prints several units ({listed}); {_write_units(name, units[0], 'en')}",
                  f"{name}:文件印了几个不同的单位({listed});{_write_units(name, units[0], 'zh')}")  # fmt: skip


def _unused(name: str, canonical: str, words: Sequence[str], severity: str) -> UnitMessage:
    listed = ", ".join(words)
    likely = next((word for word in words if not is_weak(word) and exponent(word, canonical) is not None), canonical)
    return UnitMessage(severity, f"{name}: a unit is printed ({listed}) and was not used; {_write_units(name, likely, 'en')}",
                  f"{name}:印有单位({listed})而未采用;{_write_units(name, likely, 'zh')}")  # fmt: skip


def _write_units(name: str, unit: str, language: str) -> str:
    if language == "en":
        return f"say what the numbers are in sources.yaml, e.g. `units: {{{name}: {unit}}}`"
    return f"请在 sources.yaml 中写明数值的单位,例如 `units: {{{name}: {unit}}}`"


def _write_tables(name: str, language: str) -> str:
    return f"write one at {name}, and each file is converted" if language == "en" else f"请给 {name} 写一个单位,各文件即自动换算"
