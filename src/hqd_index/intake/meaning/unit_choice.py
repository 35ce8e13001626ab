"""Which unit the numbers of a column are read with in one sheet, and what must be said when a printed unit was not used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .unit_labels import is_weak
from .units import exponent, unit_of

ERROR, WARNING = "error", "warning"
SPLIT_EN = "make it one unit in the file, or give the part in each unit a source of its own with its `units`"
SPLIT_ZH = "请在文件中统一单位,或把各单位的部分分成几个数据源,分别写明 units"


@dataclass(frozen=True)
class PrintedUnits:
    """What a sheet prints around one column: in its label, in a row below it, above the table, in notes below the table.

    `between`: in lines between the rows, from where on it may hold; `in_names`: in brackets in the names of sheet and file;
    `of_rows`: in a column of units, which may differ from row to row.

    `unread_words` of the label, and lines of `above_header` that are no unit, hold a word of a unit that was not read.
    """

    label: tuple[str, ...] = ()
    row: tuple[str, ...] = ()
    above_header: tuple[str, ...] = ()
    unread_words: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    in_names: tuple[str, ...] = ()
    of_rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitMessage:
    """A message in both languages, and whether the run must stop for it."""

    severity: str
    en: str
    zh: str


@dataclass(frozen=True)
class UnitChoice:
    """The unit the numbers are read with, the power of ten that leads to the column's unit, and what must be said.

    `is_printed`: whether the unit came from the sheet (else from the study, or it is the column's own).
    """

    unit: str
    power_of_ten: int
    is_printed: bool = False
    messages: tuple[UnitMessage, ...] = field(default=())


def chosen_unit(column_name: str, canonical_unit: str, declared_unit: str | None, printed_units: PrintedUnits) -> UnitChoice:
    """The study's word, else the label and the row of units, else the lines above the table, else the column's own unit.

    A printed unit that leads nowhere, two that disagree, and unit words that were not used are said (W11): they stop columns
    of money and of counts. `declared_unit` must be convertible to `canonical_unit`.
    """
    choice = _unit_by_precedence(column_name, canonical_unit, declared_unit, printed_units)
    if any(message.severity == ERROR for message in choice.messages):
        return choice
    other_messages = _other_unit_messages(
        column_name, canonical_unit, choice, printed_units, is_declared=declared_unit is not None
    )
    return replace(choice, messages=(*choice.messages, *other_messages))


def _unit_by_precedence(
    column_name: str, canonical_unit: str, declared_unit: str | None, printed_units: PrintedUnits
) -> UnitChoice:
    """The choice by what comes first, whatever the lines after it say."""
    units_beside = tuple(dict.fromkeys((*printed_units.label, *printed_units.row)))
    if declared_unit is not None:
        return UnitChoice(
            declared_unit,
            exponent(declared_unit, canonical_unit) or 0,
            messages=_contradiction_messages(column_name, declared_unit, units_beside),
        )
    if not canonical_unit:
        units_above = [unit for unit in printed_units.above_header if unit_of(unit) is not None]
        if not units_beside and len({unit_of(unit) for unit in printed_units.of_rows}) > 1:
            return UnitChoice("", 0, messages=(_several_units_message(column_name, printed_units.of_rows),))
        return _open_column_unit(column_name, units_beside, units_above)
    convertible_units = [unit for unit in units_beside if exponent(unit, canonical_unit) is not None]
    if convertible_units:
        return _single_unit(column_name, canonical_unit, convertible_units)
    if inconvertible_units := [unit for unit in units_beside if not is_weak(unit)]:
        return UnitChoice(
            canonical_unit, 0, messages=(_inconvertible_message(column_name, canonical_unit, inconvertible_units[0]),)
        )
    convertible_units = [unit for unit in printed_units.above_header if exponent(unit, canonical_unit) is not None]
    if convertible_units:
        return _single_unit(column_name, canonical_unit, convertible_units)
    if _is_money(canonical_unit) and (foreign := [unit for unit in printed_units.above_header if _is_money(unit)]):
        return UnitChoice(canonical_unit, 0, messages=(_inconvertible_message(column_name, canonical_unit, foreign[0]),))
    units_elsewhere = (*printed_units.between, *printed_units.below, *printed_units.in_names)
    if unused_units := units_on_another_scale(units_elsewhere, canonical_unit, 0):
        severity = ERROR if _stops_on_unread_words(canonical_unit) else WARNING
        message = _unread_words_message(column_name, canonical_unit, unused_units, severity, likely_unit=unused_units[0])
        return UnitChoice(canonical_unit, 0, messages=(message,))
    if _is_money(canonical_unit) and (
        unread_lines := [preamble_line for preamble_line in printed_units.above_header if unit_of(preamble_line) is None]
    ):
        return UnitChoice(canonical_unit, 0, messages=(_unread_words_message(column_name, canonical_unit, unread_lines, ERROR),))
    if unused_words := (*(unit for unit in units_beside if not unit.isascii() or len(unit) > 1), *printed_units.unread_words):
        severity = ERROR if _stops_on_unread_words(canonical_unit) and printed_units.unread_words else WARNING
        return UnitChoice(
            canonical_unit, 0, messages=(_unread_words_message(column_name, canonical_unit, unused_words, severity),)
        )
    return UnitChoice(canonical_unit, 0)


def _other_unit_messages(
    column_name: str, canonical_unit: str, choice: UnitChoice, printed_units: PrintedUnits, *, is_declared: bool
) -> list[UnitMessage]:
    """What must be said of other units of the same quantity that are printed away from the one that was chosen.

    A line between the rows may begin a part in another unit: it stops the run unless the study has said the unit. So does a
    note below the table against a line above it. The label of a column is nearer to it than either.
    """
    unit, common_unit = choice.unit, canonical_unit or choice.unit

    def differing(units: Sequence[str]) -> list[str]:
        return units_on_another_scale(units, common_unit, choice.power_of_ten)

    if not unit or not (choice.is_printed or is_declared):
        return []
    between, below = differing(printed_units.between), differing(printed_units.below)
    if is_declared:
        places = [("between the rows", "数据行之间", between), ("below the table", "表下注释", below)]
    elif between:
        return [later_unit_message(column_name, unit, between, ("a line between the rows", "数据行之间有一行"))]
    elif any(exponent(unit_beside, common_unit) is not None for unit_beside in (*printed_units.label, *printed_units.row)):
        above = differing(printed_units.above_header)
        places = [("above the table", "表上方", above), ("below the table", "表下注释", below)]
    elif below:
        return [later_unit_message(column_name, unit, below, ("a note below the table", "表下注释"))]
    else:
        places = []
    places.append(("in the name of the file or sheet", "文件名或工作表名", differing(printed_units.in_names)))
    return [
        UnitMessage(
            WARNING,
            f"{column_name}: {', '.join(units)} is printed {place}; the numbers are read in {unit}",
            f"{column_name}:{place_zh}另印有 {', '.join(units)};按 {unit} 读取",
        )
        for place, place_zh, units in places
        if units
    ]


def units_on_another_scale(units: Sequence[str], common_unit: str, power_of_ten: int) -> list[str]:
    """The units of the same quantity that lead to another power of ten; a currency alone (人民币) says none."""
    return [
        unit
        for unit in dict.fromkeys(units)
        if exponent(unit, common_unit) not in (None, power_of_ten) and not (_is_money(unit) and is_weak(unit))
    ]


def later_unit_message(column_name: str, unit: str, units: Sequence[str], place: tuple[str, str]) -> UnitMessage:
    """The run must stop: another unit than that of the column is printed after it, at a place named in both languages."""
    en = f"{column_name}: {unit} is printed first, and {place[0]} says {', '.join(units)}"
    zh = f"{column_name}:先印的单位是 {unit},而{place[1]}写着 {', '.join(units)}"
    mend = f"; or, if all numbers are in one unit, {_write_units(column_name, unit, 'en')}"
    mend_zh = f";若全部数值同属一个单位,{_write_units(column_name, unit, 'zh')}"
    return UnitMessage(ERROR, f"{en}; {SPLIT_EN}{mend}", f"{zh};{SPLIT_ZH}{mend_zh}")


def differing_units(column_name: str, canonical_unit: str, choices: Mapping[str, UnitChoice]) -> list[UnitMessage]:
    """What must be said of one column over the sheets of a source (place -> choice).

    A column without a unit of its own cannot hold two units; what a sheet without one holds must be said.
    """
    printed_by_place = {sheet_place: choice.unit for sheet_place, choice in choices.items() if choice.is_printed}
    unlabelled_places = [sheet_place for sheet_place, choice in choices.items() if not choice.is_printed]
    if not printed_by_place:
        return []
    units = list(dict.fromkeys(printed_by_place.values()))
    if not canonical_unit:
        if len({unit_of(unit) for unit in units}) > 1:
            place_list = ", ".join(f"{sheet_place}: {unit}" for sheet_place, unit in printed_by_place.items())
            en = f"{column_name} has no unit in `tables`, and its files print several ({place_list})"
            zh = f"{column_name} 在 `tables` 中没有单位,而各文件印的单位不同({place_list})"
            return [UnitMessage(ERROR, f"{en}; {_write_tables(column_name, 'en')}", f"{zh};{_write_tables(column_name, 'zh')}")]
        return []
    if unlabelled_places:
        place_list, unit_list = ", ".join(unlabelled_places[:5]), ", ".join(units)
        en = f"{column_name}: no unit is printed in {place_list}, read as {canonical_unit}; other files print {unit_list}"
        zh = f"{column_name}:{place_list} 未印单位,按 {canonical_unit} 读取;其他文件印的是 {unit_list}"
        is_own_unit = all(exponent(unit, canonical_unit) == 0 for unit in units)
        if is_own_unit and _stops_on_unread_words(canonical_unit) and not _is_money(canonical_unit):
            return []  # counts are printed in their own unit and without one alike, money in several
        if is_own_unit or not _stops_on_unread_words(canonical_unit):
            return [UnitMessage(WARNING, en, zh)]
        if len(units) > 1:
            return [UnitMessage(ERROR, f"{en}; {SPLIT_EN}", f"{zh};{SPLIT_ZH}")]
        return [
            UnitMessage(
                ERROR, f"{en}; {_write_units(column_name, units[0], 'en')}", f"{zh};{_write_units(column_name, units[0], 'zh')}"
            )
        ]
    return []


def _is_money(unit: str) -> bool:
    parsed_unit = unit_of(unit)
    return parsed_unit is not None and parsed_unit.money


def _stops_on_unread_words(canonical_unit: str) -> bool:
    parsed_unit = unit_of(canonical_unit)
    return parsed_unit is not None and (parsed_unit.money or parsed_unit.is_count)


def _open_column_unit(column_name: str, units_beside: Sequence[str], units_above: Sequence[str]) -> UnitChoice:
    """A column for which the study states no unit keeps its numbers as printed."""
    units = [unit for unit in units_beside if not is_weak(unit)] or list(units_above if len(units_above) == 1 else ())
    if not units:
        return UnitChoice("", 0)
    if len({unit_of(unit) for unit in units}) > 1:
        return UnitChoice("", 0, messages=(_several_units_message(column_name, units),))
    unit = units[0]
    en = f"{column_name}: {unit} is printed, and `tables` states no unit: the numbers are kept as printed"
    zh = f"{column_name}:印有单位 {unit},而 `tables` 未写单位:数值按原样保留"
    mend, mend_zh = f"write `unit: {unit}` at {column_name} in `tables`", f"请在 `tables` 的 {column_name} 处写 `unit: {unit}`"
    return UnitChoice(unit, 0, is_printed=True, messages=(UnitMessage(WARNING, f"{en}; {mend}", f"{zh};{mend_zh}"),))


def _single_unit(column_name: str, canonical_unit: str, units: Sequence[str]) -> UnitChoice:
    shifts = {exponent(unit, canonical_unit) for unit in units}
    if len(shifts) > 1:
        return UnitChoice(canonical_unit, 0, messages=(_several_units_message(column_name, units),))
    return UnitChoice(units[0], exponent(units[0], canonical_unit) or 0, is_printed=True)


def _contradiction_messages(column_name: str, declared_unit: str, units_beside: Sequence[str]) -> tuple[UnitMessage, ...]:
    foreign = [unit for unit in units_beside if not is_weak(unit) and exponent(unit, declared_unit) != 0]
    if not foreign:
        return ()
    return (
        UnitMessage(
            WARNING,
            f"{column_name}: the file says {foreign[0]}, sources.yaml says {declared_unit}; {declared_unit} is used",
            f"{column_name}:文件写 {foreign[0]},sources.yaml 写 {declared_unit};按 {declared_unit} 读取",
        ),
    )


def _inconvertible_message(column_name: str, canonical_unit: str, unit: str) -> UnitMessage:
    en = f"{column_name}: the printed unit {unit} cannot be converted to {canonical_unit}, the column's"
    zh = f"{column_name}:印的单位 {unit} 无法换算为该列的单位 {canonical_unit}"
    if unit_of(canonical_unit) is None:
        return UnitMessage(WARNING, f"{en}; the numbers are kept as printed", f"{zh};数值按原样保留")
    mend = (
        f"convert them in the file, or map them to a column of their own in {unit}; if the print is wrong, say so under `units`"
    )
    mend_zh = f"请先在文件中换算,或另设一个以 {unit} 为单位的列;若印的单位有误,请在 units 中注明"
    return UnitMessage(ERROR, f"{en}; {mend}", f"{zh};{mend_zh}")


def _several_units_message(column_name: str, units: Sequence[str]) -> UnitMessage:
    unit_list = ", ".join(units)
    return UnitMessage(ERROR, f"{column_name}: the file prints several units ({unit_list}); {SPLIT_EN}",
                  f"{column_name}:文件印了几个不同的单位({unit_list});{SPLIT_ZH}")  # fmt: skip


def _unread_words_message(
    column_name: str, canonical_unit: str, unread_words: Sequence[str], severity: str, likely_unit: str = ""
) -> UnitMessage:
    word_list = ", ".join(unread_words)
    likely_unit = likely_unit or next(
        (
            unread_word
            for unread_word in unread_words
            if not is_weak(unread_word) and exponent(unread_word, canonical_unit) is not None
        ),
        canonical_unit,
    )
    return UnitMessage(
        severity,
        f"{column_name}: a unit is printed ({word_list}) and was not used; {_write_units(column_name, likely_unit, 'en')}",
        f"{column_name}:印有单位({word_list})而未采用;{_write_units(column_name, likely_unit, 'zh')}",
    )


def _write_units(column_name: str, unit: str, language: str) -> str:
    if language == "en":
        return f"say what the numbers are in sources.yaml, e.g. `units: {{{column_name}: {unit}}}`"
    return f"请在 sources.yaml 中写明数值的单位,例如 `units: {{{column_name}: {unit}}}`"


def _write_tables(column_name: str, language: str) -> str:
    return (
        f"write one at {column_name}, and each file is converted"
        if language == "en"
        else f"请给 {column_name} 写一个单位,各文件即自动换算"
    )
