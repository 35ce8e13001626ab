"""Units: the key columns that make one, the years of the study, the names people call them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from ..engines import Engine
from ..study.records import Study
from ..study.unit_schemes import scheme_groups


def unit_sql(key_columns: Sequence[str]) -> str:
    """A unit's id: its key columns joined by '-'."""
    return " || '-' || ".join(f'"{column}"' for column in key_columns)


def with_unit(study: Study, engine: Engine, view_name: str, table: str) -> str:
    """A view of the rows of a table inside the study's years, with a text column `unit`."""
    first_year, last_year = study.study.years
    sql = f'SELECT *, {unit_sql(study.study.unit.by)} AS unit FROM {table} WHERE "year" BETWEEN {first_year} AND {last_year}'
    return engine.view(sql, f"unit_{view_name}")


def unit_names(
    study: Study,
    engine: Engine,
    tables: Mapping[str, str],
    indicator_values: pd.DataFrame,
    official: Mapping[str, tuple[str, str]],
    node_names: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> pd.DataFrame:
    """unit, unit_zh, unit_en, group of every unit in the panel: from official code lists, a table, or the code itself.

    `node_names` are the study's own names of codes (table chain_nodes); they come before the official ones.
    """
    units = sorted(indicator_values["unit"].unique())
    names_from = study.study.unit.names
    if isinstance(names_from, str):
        bilingual_names = [name_of(unit, {**({} if names_from == "code" else official), **node_names}) for unit in units]
        unit_labels = pd.DataFrame(
            {"unit": units, "unit_zh": [zh for zh, _ in bilingual_names], "unit_en": [en for _, en in bilingual_names]}
        )
    else:
        zh = _texts_or_ids(study, engine, tables, names_from.table, names_from.zh, units)
        en = _texts_or_ids(study, engine, tables, names_from.table, names_from.en or names_from.zh, units)
        unit_labels = pd.DataFrame({"unit": units, "unit_zh": zh, "unit_en": en})
    return unit_labels.assign(group=_unit_groups(study, engine, tables, units))


def _unit_groups(study: Study, engine: Engine, tables: Mapping[str, str], units: list[str]) -> list[str]:
    """The group of each unit by an official scheme or a table's column; empty where there is none."""
    unit_config = study.study.unit
    if unit_config.groups is None:
        return [""] * len(units)
    if isinstance(unit_config.groups, str):
        return list(scheme_groups(unit_config.groups, unit_config.by, units).values())
    group_by_unit = _latest_texts(study, engine, tables, unit_config.groups.table, unit_config.groups.column)
    return [group_by_unit.get(unit, "") for unit in units]


def _texts_or_ids(
    study: Study, engine: Engine, tables: Mapping[str, str], table: str, column: str, units: list[str]
) -> list[str]:
    """The text a table gives each unit in its latest year; the unit's id where it gives none."""
    text_by_unit = _latest_texts(study, engine, tables, table, column)
    return [text_by_unit.get(unit, unit) for unit in units]


def _latest_texts(study: Study, engine: Engine, tables: Mapping[str, str], table: str, column: str) -> dict[str, str]:
    """unit -> the text of a column in the latest year that has one."""
    rows = with_unit(study, engine, table, tables[table])
    sql = f'SELECT unit, arg_max("{column}", "year") AS named FROM {rows} WHERE "{column}" IS NOT NULL GROUP BY unit'
    latest_rows = engine.collect(sql)
    return dict(zip(latest_rows["unit"].astype(str), latest_rows["named"].astype(str)))


def name_of(unit: str, official: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """(Chinese, English) name of a unit id made of codes joined by '-'; a code without a name is called by itself."""
    name_parts = [official.get(unit_code, (unit_code, unit_code)) for unit_code in unit.split("-")]
    return "·".join(zh for zh, _ in name_parts), ", ".join(en for _, en in name_parts)
