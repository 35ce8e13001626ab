"""F74: any optional column of any built-in table absent, each beside any other: the table is read, what needs it does without."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from hqd_index.canonical import CANONICAL, Column
from hqd_index.engines import Engine
from hqd_index.intake import Intake, intake

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


def absences() -> Iterator[tuple[str, list[str]]]:
    """Few sets of columns of each table: all of them, and for any two one set with the first of them and without the other."""
    for table in TABLES:
        names = optional(table)
        halves = [
            [name for place, name in enumerate(names) if place >> digit & 1 == value]
            for digit in range(max(len(names) - 1, 0).bit_length())
            for value in (0, 1)
        ]
        for absent in [names, *halves]:
            kept = {other for one, other in EITHER if {one, other} <= set(absent)} if table == "srdi_list" else ()
            yield table, [name for name in absent if name not in kept]


def read(folder: Path, engine: Engine, table: str, without: Collection[str] = ()) -> Intake:
    """The table as a study has it beside its firms, which have few columns."""
    sources: dict[str, Any] = {"firms": {"path": "firms.csv", "table": "firms"}, table: {"path": f"{table}.csv", "table": table}}
    for name in sources:
        lines = table_lines(name, without) if name == table else table_lines(name, only=FEW_OF_FIRMS)
        (folder / "data" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return intake(build(sources, OPEN, study={"years": [2019, 2021]}), engine, folder / "data", folder / "configs")


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_read_whole(folder: Path, engine: Engine, table: str):
    result = read(folder, engine, table)
    assert engine.count(result.tables[table]) > 0


@pytest.mark.parametrize(("table", "absent"), list(absences()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_table_without_optional_columns_is_read(folder: Path, engine: Engine, table: str, absent: list[str]):
    """Same rows as with them: nothing is quarantined for the lack of a column."""
    result = read(folder, engine, table, absent)
    ledger = result.frames["ledger"]
    assert ledger.loc[ledger["file"] == f"{table}.csv", "quarantined"].sum() == 0, absent
    assert engine.count(result.tables[table]) > 0
    known = engine.types(result.tables[table])
    lacking = [column for column in absent if column in known and not column.startswith("srdi_")]
    if lacking:
        assert engine.collect(f"SELECT {', '.join(lacking)} FROM {result.tables[table]}").isna().all(axis=None)
