"""The page of configuration: every key of a study's files, functions of columns.yaml, the formula language, units."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from cells import code, code_list, default, grid, heading, says, texts, type_name

from hqd_index.expressions.grammar import FUNCTIONS
from hqd_index.intake.meaning.unit_words import BASE_UNITS
from hqd_index.study.column_facts import FUNCTION_OPTIONS
from hqd_index.study.records import Label, Record, Scenario
from hqd_index.study.study_folder import PARTS


def configs_page(language: str) -> list[str]:
    """Every key of every file of a study, with type, default and meaning."""
    say = says("configs", language)
    lines = [f"# {say('title')}", "", say("intro")]
    files: dict[str, type[Record]] = {**PARTS, "scenario": Scenario}
    for name, model in files.items():
        lines += heading(2, "scenarios/*.yaml" if name == "scenario" else f"{name}.yaml", name)
        lines += grid(say("keys"), keys(model, language))
    rows = [[code(name), say(name), code_list(needed), code_list(o for o in allowed if o not in needed)]
            for name, (needed, allowed) in FUNCTION_OPTIONS.items()]  # fmt: skip
    lines += [*heading(2, say("functions"), "functions"), *grid(say("function_heads"), rows)]
    lines += [*heading(2, say("formulas"), "formulas"), "", say("formulas_intro"), "", code_list(FUNCTIONS)]
    return [*lines, *heading(2, say("units"), "units"), "", say("units_intro"), "", *_units()]


def keys(model: type[Record], language: str, prefix: str = "") -> Iterator[list[str]]:
    """Place, type, default and meaning of each key of a record, those of the records below it after it."""
    meanings = texts("keys").get(model.__name__, {})
    for name, info in model.model_fields.items():
        inner, suffix = record_below(info.annotation)
        value = info.get_default(call_default_factory=True)
        meaning = meanings.get(name, {}).get(language, "")
        value_text = "" if inner else type_name(info.rebuild_annotation(), language)
        yield [code(prefix + name + suffix), value_text, "" if isinstance(value, Record) else default(value, language), meaning]
        if inner:
            yield from keys(inner, language, prefix + name + suffix + ".")


def record_below(annotation: Any) -> tuple[type[Record] | None, str]:
    """The record that a key holds, and how its place is written: itself, `.<name>` in a mapping, `[]` in a list."""
    for part in _members(annotation):
        if isinstance(part, type) and issubclass(part, Record) and part is not Label:
            return part, ""
        origin, arguments = get_origin(part), get_args(part)
        if origin in (dict, tuple):
            inner, deeper = record_below(arguments[1] if origin is dict else arguments[0])
            if inner:
                return inner, (".<name>" if origin is dict else "[]") + deeper
    return None, ""


def _members(annotation: Any) -> list[Any]:
    """The types of a union, or the one."""
    if get_origin(annotation) in (Union, UnionType):
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return _members(get_args(annotation)[0]) if get_origin(annotation) is Annotated else [annotation]


def _units() -> list[str]:
    """One line per quantity with the units that convert into each other."""
    words_by_measure: dict[str, list[str]] = {}
    for unit, (measured, _) in BASE_UNITS.items():
        words_by_measure.setdefault(measured, []).append(unit)
    return [f"- {code_list(units)}" for units in words_by_measure.values()]
