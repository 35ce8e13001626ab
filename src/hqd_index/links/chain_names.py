"""What sectors and nodes of the chain are called: the study's own names first, official names next, the code last."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..engines import Engine

Names = Mapping[str, tuple[str, str]]


SOURCES = (("io", "from_code", "from_zh", "from_en"), ("chain_nodes", "node", "name_zh", "name_en"))
"""Table, its code and its names; a later one corrects an earlier one."""


def study_names(engine: Engine, tables: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Code -> (Chinese, English) from tables io and chain_nodes; a name in one language serves for both."""
    names: dict[str, tuple[str, str]] = {}
    for table, code, *columns in SOURCES:
        if table in tables:
            names |= _names_of_table(engine, tables[table], code, columns)
    return names


def _names_of_table(engine: Engine, table: str, code: str, columns: list[str]) -> dict[str, tuple[str, str]]:
    present = engine.types(table)
    known_columns = [column for column in columns if column in present]
    if not known_columns:
        return {}
    texts = ", ".join(f"max({column}) AS {column}" for column in known_columns)
    rows = engine.collect(f"SELECT {code} AS code, {texts} FROM {table} GROUP BY {code} ORDER BY {code}")
    names = {}
    for record in rows.to_dict("records"):
        zh, en = (record.get(column) if isinstance(record.get(column), str) else None for column in columns)
        if zh or en:
            names[str(record["code"])] = (str(zh or en), str(en or zh))
    return names


def with_names(rows: pd.DataFrame, column: str, names: Names) -> pd.DataFrame:
    """The rows with <column>_zh and <column>_en."""
    pairs = [names.get(code, DIGITAL_SERVICES.get(code, (code, code))) for code in rows[column].astype(object)]
    return rows.assign(**{f"{column}_zh": [zh for zh, _ in pairs], f"{column}_en": [en for _, en in pairs]})


DIGITAL_SERVICES: Names = {
    "I63": ("电信、广播电视和卫星传输服务", "Telecommunications, broadcasting and satellite transmission"),
    "I64": ("互联网和相关服务", "Internet and related services"),
    "I65": ("软件和信息技术服务业", "Software and information technology services"),
}
"""Divisions outside manufacturing that the default of links.digital names (GB/T 4754-2017)."""
