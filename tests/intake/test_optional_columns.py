"""F74: any optional column of any built-in table absent, each beside any other: the table is read, what needs it does without."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from hqd_index.canonical import CANONICAL, Column
from hqd_index.engines import Engine
from hqd_index.intake import Intake, intake

from ..small import separating_sets
from .conftest import build

OPEN = {"gates": {"max_quarantine_share": 1.0}}
TABLES = [name for name in CANONICAL if name != "linkages"]  # which is computed
USCC = "91110108123456789"
EITHER = (("name", "uscc"), ("batch", "announce_date"))  # of a list
FIRMS_NEEDED = {"revenue", "industry_code"}  # what the small study of these tests computes with
FEW_OF_FIRMS = {  # what other tables are joined to, and compared with
    *FIRMS_NEEDED, "firm_id", "firm_name", "uscc", "year", "industry_version", "province_code", "city_code", "employees",
}  # fmt: skip
TEXTS = {
    "firm_id": "000001", "supplier_id": "000001", "customer_id": "000002", "industry_code": "C39", "industry_version": "2017",
    "province_code": "330000", "city_code": "330100", "uscc": "0" * 18, "hs6": "850440", "hs_rev": "HS17",
}  # fmt: skip


def cell(name: str, column: Column, row: int) -> str:
    """A valid text of a column; rows differ in their year and names."""
    if name == "year" or name.endswith("_year"):
        return str(2019 + row)
    if column.categories:
        return column.categories[-1 if name == "status" else 0]
    if name in TEXTS:
        return TEXTS[name]
    if column.dtype == "date":
        return f"{2019 + row}-12-31"
    return {"flag": "true", "number": "10", "integer": "1"}.get(column.dtype, f"{name}{row}")


def table_lines(table: str, without: Collection[str] = (), only: Collection[str] | None = None) -> list[str]:
    columns = {
        name: column
        for name, column in CANONICAL[table].columns.items()
        if name not in without and (only is None or name in only)
    }
    return [",".join(columns), *[",".join(cell(name, column, row) for name, column in columns.items()) for row in range(3)]]


def optional(table: str) -> list[str]:
    schema = CANONICAL[table]
    needed = {*schema.key, "industry_version", *(FIRMS_NEEDED if table == "firms" else ())}
    return [name for name, column in schema.columns.items() if name not in needed and not column.required]


def absences(table: str) -> list[set[str]]:
    """Few sets of columns: all that are optional, and for any two of them one set with the first and without the other."""
    sets = [set(names) for names in (optional(table), *separating_sets(optional(table)))]
    either = EITHER if table == "srdi_list" else ()
    return [absent - {other for one, other in either if {one, other} <= absent} for absent in sets]


ALONE = ("firms", "subsidiaries")
"""What the other tables are joined to, with all its columns; and what changes the status that a list gives."""


def studies() -> list[dict[str, set[str]]]:
    """Columns to leave out by table: in few studies of all tables beside firms with few columns, or of one table alone."""
    together = zip_longest(*([(table, absent) for absent in absences(table)] for table in TABLES if table not in ALONE))
    return [dict(filter(None, one)) for one in together] + [{table: absent} for table in ALONE for absent in absences(table)]


def read(folder: Path, engine: Engine, without: Mapping[str, Collection[str]]) -> Intake:
    """Tables as a study has them beside its firms, which have few columns unless they are asked for."""
    sources: dict[str, Any] = {name: {"path": f"{name}.csv", "table": name} for name in ("firms", *without)}
    for name in sources:
        lines = table_lines(name, without[name]) if name in without else table_lines(name, only=FEW_OF_FIRMS)
        (folder / "data" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return intake(build(sources, OPEN, study={"years": [2019, 2021]}), engine, folder / "data", folder / "configs")


@pytest.mark.parametrize("tables", [["firms"], [table for table in TABLES if table != "firms"]], ids=["firms", "others"])
def test_every_table_is_read_whole(folder: Path, engine: Engine, tables: list[str]):
    result = read(folder, engine, dict.fromkeys(tables, ()))
    assert [table for table in tables if not engine.count(result.tables[table])] == []


@pytest.mark.parametrize("without", studies(), ids=lambda without: " ".join(without) if len(without) == 1 else "others")
def test_tables_without_optional_columns_are_read(folder: Path, engine: Engine, without: dict[str, list[str]]):
    """Same rows as with them: nothing is quarantined for the lack of a column."""
    result = read(folder, engine, without)
    ledger = result.frames["ledger"].set_index("file")["quarantined"]
    for table, absent in without.items():
        assert ledger[[f"{table}.csv"]].sum() == 0, (table, absent)
        assert engine.count(result.tables[table]) > 0, (table, absent)
        known = engine.types(result.tables[table])
        lacking = [column for column in absent if column in known and not column.startswith("srdi_")]
        if lacking:
            rows = engine.collect(f"SELECT {', '.join(lacking)} FROM {result.tables[table]}")
            assert rows.isna().all(axis=None), (table, absent)
