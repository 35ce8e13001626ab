"""A fault or a remark at an entry of a study, before its place in a file is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ..errors import ConfigError, unknown
from ..expressions import TYPE_NAMES, Expression, parse, type_of
from .column_facts import FORMULAS, Columns, column_types
from .yaml_document import Place

KINDS = {
    "number": ("double", "decimal", "integer", "null"),
    "flag": ("flag", "null"),
    "any": ("double", "decimal", "integer", "text", "flag", "date"),
}
NEEDED_VALUES = {"number": ("a number", "数值"), "flag": ("a condition", "条件"), "any": ("a value", "值")}


@dataclass(frozen=True)
class Finding:
    """What is wrong at a path of the study, and how to mend it; a notice does not stop."""

    path: Place
    en: str
    zh: str
    notice: bool = field(default=False, kw_only=True)


def unknown_name(path: Place, noun: tuple[str, str], typed_name: str, known_names: Collection[str]) -> Finding:
    """A name that does not exist, with did-you-mean."""
    en, zh = unknown(noun[0], typed_name, known_names, kind_zh=noun[1])
    return Finding(path, en, zh)


def bound_formula(
    path: Place,
    formula_text: str,
    columns: Columns,
    *,
    aggregate: bool,
    needed_type: str,
    elsewhere: Mapping[str, Columns] | None = None,
) -> tuple[Expression | None, list[Finding]]:
    """The formula bound to its table's columns, or what is wrong with it; `wanted` is number, flag or any."""
    try:
        expression = _parsed_formula(formula_text, aggregate)
        unknown_columns = sorted(expression.columns - set(columns))
        if unknown_columns:
            return None, [_unknown_column(path, column_name, columns, elsewhere or {}) for column_name in unknown_columns]
        formula_type = _formula_type(formula_text, aggregate, tuple(column_types(columns).items()))
    except ConfigError as fault:
        return None, [Finding(path, fault.en, fault.zh)]
    if formula_type not in KINDS[needed_type]:
        (type_name, type_name_zh), (en, zh) = TYPE_NAMES[formula_type], NEEDED_VALUES[needed_type]
        return None, [
            Finding(
                path,
                f"{formula_text!r} gives {type_name} where {en} is needed",
                f"{formula_text!r} 的结果是{type_name_zh},应为{zh}",
            )
        ]
    return expression, []


@lru_cache(maxsize=FORMULAS)
def _parsed_formula(formula_text: str, aggregate: bool) -> Expression:
    """A formula read; scenarios check the same ones again and again."""
    return parse(formula_text, columns=None, aggregate=aggregate)


@lru_cache(maxsize=FORMULAS)
def _formula_type(formula_text: str, aggregate: bool, columns: tuple[tuple[str, str], ...]) -> str:
    return type_of(_parsed_formula(formula_text, aggregate), dict(columns))


def _unknown_column(path: Place, column_name: str, columns: Columns, elsewhere: Mapping[str, Columns]) -> Finding:
    owners = [table for table, columns_there in elsewhere.items() if column_name in columns_there]
    if owners:
        name_list = ", ".join(owners)
        return Finding(
            path,
            f"column {column_name!r} is in table {name_list}, not in this one; name that table or another column",
            f"列 {column_name!r} 在数据表 {name_list} 中,不在本表;请改用该表,或换用本表的列",
        )
    return unknown_name(path, ("column", "列"), column_name, columns)
