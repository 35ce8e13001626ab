"""F74: any optional column of any built-in table absent, each in turn: the table is read, and what needs it does without."""

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
COMPUTED = {"linkages"}
USCC = "91110108123456789"
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


def table_lines(table: str, without: str | None, only: Collection[str] | None = None) -> list[str]:
    columns = {
        name: column for name, column in CANONICAL[table].columns.items() if name != without and (only is None or name in only)
    }
    return [",".join(columns), *[",".join(cell(name, column, row) for name, column in columns.items()) for row in range(3)]]


def optional() -> Iterator[tuple[str, str]]:
    for table, schema in CANONICAL.items():
        for name, column in schema.columns.items():
            needed = name in schema.key or column.required or (table == "firms" and name in FIRMS_NEEDED)
            if table not in COMPUTED and not needed and name != "industry_version":
                yield table, name


def read(folder: Path, engine: Engine, table: str, without: str | None) -> Intake:
    """The table as a study has it beside its firms; those have few columns where another lacks one that they have no part in."""
    few = None if without is None or table == "srdi_list" else FEW_OF_FIRMS
    sources: dict[str, Any] = {"firms": {"path": "firms.csv", "table": "firms"}, table: {"path": f"{table}.csv", "table": table}}
    for name in sources:
        lines = table_lines(name, without) if name == table else table_lines(name, None, few)
        (folder / "data" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return intake(build(sources, OPEN, study={"years": [2019, 2021]}), engine, folder / "data", folder / "configs")


@pytest.mark.parametrize("table", [name for name in CANONICAL if name not in COMPUTED])
def test_every_table_is_read_whole(folder: Path, engine: Engine, table: str):
    result = read(folder, engine, table, None)
    assert engine.count(result.tables[table]) > 0


@pytest.mark.parametrize(("table", "column"), list(optional()), ids=lambda name: name)
def test_a_table_without_an_optional_column_is_read(folder: Path, engine: Engine, table: str, column: str):
    """Same rows as with it: nothing is quarantined for the lack of a column."""
    result = read(folder, engine, table, column)
    ledger = result.frames["ledger"]
    assert ledger.loc[ledger["file"] == f"{table}.csv", "quarantined"].sum() == 0
    assert engine.count(result.tables[table]) > 0
    if column in engine.types(result.tables[table]) and not column.startswith("srdi_"):
        assert engine.collect(f"SELECT {column} FROM {result.tables[table]}")[column].isna().all()
