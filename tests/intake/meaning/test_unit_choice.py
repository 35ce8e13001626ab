"""Which unit a column is read with, and what must be said of a printed unit that was not used (W11)."""

from __future__ import annotations

import pytest

from hqd_index.intake.meaning.unit_choice import ERROR, WARNING, PrintedUnits, UnitChoice, chosen_unit, differing_units


def choice(canonical: str, declared: str | None = None, **printed: tuple[str, ...]) -> UnitChoice:
    return chosen_unit("x", canonical, declared, PrintedUnits(**printed))


@pytest.mark.parametrize(
    ("canonical", "declared", "printed", "unit", "shift"),
    [
        ("亿元", None, {"label": ("万元",)}, "万元", -4),
        ("亿元", None, {"row": ("万元",)}, "万元", -4),
        ("亿元", None, {"above_header": ("万元",)}, "万元", -4),
        ("亿元", None, {"label": ("元",), "above_header": ("万元",)}, "元", -8),
        ("亿元", "元", {"label": ("万元",)}, "元", -8),
        ("亿元", None, {}, "亿元", 0),
        ("万人", None, {"above_header": ("亿元", "人")}, "人", -4),
        ("家", None, {"above_header": ("亿元",)}, "家", 0),
        ("%", None, {"above_header": ("万元",)}, "%", 0),
        ("亿元", None, {"label": ("万",)}, "万", -4),
        ("元", None, {"label": ("千亿元",)}, "千亿元", 11),
        ("", None, {"label": ("万元",)}, "万元", 0),
        ("亿元", None, {"label": ("万元",), "row": ("万元人民币",)}, "万元", -4),
        ("", None, {"above_header": ("万元",)}, "万元", 0),
        ("", None, {"above_header": ("万元", "人")}, "", 0),
        ("亿元", None, {"above_header": ("人",)}, "亿元", 0),
        ("亿元", None, {"below": ("亿元",)}, "亿元", 0),
        ("亿元", None, {"above_header": ("万元",), "between": ("万元", "人"), "below": ("万元",)}, "万元", -4),
        ("亿元", "万元", {"between": ("亿元",)}, "万元", -4),
        ("亿元", None, {"above_header": ("万元",), "below": ("人民币",), "between": ("人民币",)}, "万元", -4),
    ],
)
def test_the_study_then_the_label_then_the_lines_above(canonical, declared, printed, unit, shift):
    chosen = choice(canonical, declared, **printed)
    assert (chosen.unit, chosen.power_of_ten) == (unit, shift)
    assert all(message.severity == WARNING for message in chosen.messages)


@pytest.mark.parametrize(
    ("canonical", "printed", "severity", "parts"),
    [
        ("亿元", {"label": ("万美元",)}, ERROR, ("万美元", "亿元")),
        ("亿元", {"above_header": ("万美元",)}, ERROR, ("万美元", "亿元")),
        ("亿元", {"label": ("元", "万元")}, ERROR, ("元", "万元")),
        ("亿元", {"label": ("万元",), "row": ("亿元",)}, ERROR, ("万元", "亿元")),
        ("亿元", {"unread_words": ("人民币",)}, ERROR, ("人民币", "units: {x: 亿元}")),
        ("人", {"unread_words": ("万人",)}, ERROR, ("万人",)),
        ("%", {"unread_words": ("万元",)}, WARNING, ("万元",)),
        ("指数", {"label": ("万元",)}, WARNING, ("万元", "指数")),
        ("亿元", {"label": ("年",)}, WARNING, ("年",)),
        ("亿元", {"below": ("万元",)}, ERROR, ("万元",)),
        ("万人", {"below": ("人",)}, ERROR, ("units: {x: 人}",)),
        ("人", {"above_header": ("万人",), "between": ("人",)}, ERROR, ("万人", "人")),
        ("亿元", {"above_header": ("万元", "人"), "between": ("亿元",)}, ERROR, ("万元", "亿元", "units: {x: 万元}")),
        ("亿元", {"label": ("万元",), "between": ("亿元",)}, ERROR, ("万元", "亿元")),
        ("", {"label": ("万元",), "between": ("亿元",)}, ERROR, ("万元", "亿元")),
        ("亿元", {"above_header": ("亿元",), "below": ("万元",)}, ERROR, ("亿元", "万元")),
        ("亿元", {"label": ("亿元",), "below": ("万元",)}, WARNING, ("亿元", "万元")),
        ("亿元", {"label": ("万元",), "above_header": ("亿元",)}, WARNING, ("万元", "亿元")),
        ("亿元", {"above_header": ("亿元",), "in_names": ("万元",)}, WARNING, ("亿元", "万元")),
        ("%", {"below": ("‰",)}, WARNING, ("‰",)),
        ("亿元", {"above_header": ("本表资料",)}, ERROR, ("本表资料",)),
        ("", {"label": ("亿元",)}, WARNING, ("亿元", "unit: 亿元")),
    ],
)
def test_a_printed_unit_that_is_not_used_is_said(canonical, printed, severity, parts):
    *_, message = choice(canonical, **printed).messages
    assert message.severity == severity
    assert all(part in message.en for part in parts) and all(part in message.zh for part in parts)


def test_the_study_ends_the_matter():
    (message,) = choice("亿元", "亿元", label=("万美元",)).messages
    assert message.severity == WARNING and "万美元" in message.zh
    assert choice("亿元", "亿元", unread_words=("人民币",)).messages == ()


def test_sheets_that_differ():
    """A column without a unit cannot hold two; a sheet that prints none beside others that do stops money and is told else."""
    wan, yi, none = (
        UnitChoice(unit, 0, is_printed=printed) for unit, printed in (("万元", True), ("亿元", True), ("亿元", False))
    )
    (stop,) = differing_units("x", "", {"a": wan, "b": yi})
    assert stop.severity == ERROR and "a: 万元" in stop.en
    (silent,) = differing_units("x", "亿元", {"a": wan, "b": none})
    assert silent.severity == ERROR and "b" in silent.zh and "units: {x: 万元}" in silent.en
    shares = {"a": UnitChoice("‰", -1, is_printed=True), "b": UnitChoice("%", 0)}
    assert [message.severity for message in differing_units("x", "%", shares)] == [WARNING]
    assert differing_units("x", "亿元", {"a": wan, "b": yi}) == []
    (alike,) = differing_units("x", "亿元", {"a": yi, "b": none})
    assert alike.severity == WARNING and "no unit is printed in b, read as 亿元" in alike.en
    persons = {place: UnitChoice("人", 0, is_printed=printed) for place, printed in (("a", True), ("b", False))}
    assert differing_units("x", "人", persons) == []
    (stop,) = differing_units("x", "人", persons | {"c": UnitChoice("万人", 4, is_printed=True)})
    assert stop.severity == ERROR and "no unit is printed in b" in stop.en
