"""An indicator's raw value: its formula with every aggregate in it, and the raw rows that were summed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from ..engines import Engine, literal, quoted
from ..errors import SetupError
from ..expressions import aggregate_sql, parse
from ..expressions.grammar import Expression
from ..expressions.parts import exact_aggregates
from ..intake.records.row_members import COLUMN_SEPARATOR, row_places
from ..intake.study_intake import REPAIRS
from ..panel.density import ever_sql
from ..panel.unit_keys import unit_sql, with_unit
from ..panel.unit_year_aggregates import aggregate_rows, parsed_aggregate
from ..study.column_facts import row_key
from ..study.records import Derived, Indicator, Study

ExactNumber = Decimal | int | float | None


@dataclass(frozen=True)
class Aggregate:
    """One aggregate of a formula as it is written, and its value as stored (a sum of decimals is exact)."""

    text: str
    value: ExactNumber


@dataclass(frozen=True)
class ComputedColumn:
    """A column of columns.yaml that a formula reads: its own formula or function."""

    column: str
    text: str
    lagged: bool
    by_function: bool


@dataclass(frozen=True)
class RawValue:
    """A raw value: formula, aggregates, computed columns, and `cells`: file, sheet, row, role, column, value of each row.

    `text` of a cell is what it prints where its number is another; `scaled` has an example of each column whose unit was
    converted (column, as printed, as read). `role` is `year`, or `earlier` for the row of the year before that a lag reads.
    `is_withheld`: the formula has a value, but too few never-recognised firms are left (study.yaml min_firms). `traced` is False
    where the table's rows are themselves computed from other tables.
    """

    table: str
    formula: str
    unit: str
    value: float
    is_withheld: bool
    traced: bool
    aggregates: tuple[Aggregate, ...]
    computed: tuple[ComputedColumn, ...]
    cells: pd.DataFrame
    scaled: tuple[tuple[str, str, str], ...] = ()


CELL = "cell:"
"""Prefixed to a column's name while its cells are read, so that a column may be called `value`."""
CELLS = ("file", "sheet", "row", "role", "column", "value", "text")


def raw_values(
    study: Study,
    engine: Engine,
    stored_paths: Mapping[str, Path],
    leaves: Sequence[str],
    unit: str,
    year: int,
    *,
    sample: str,
    intake_paths: Mapping[str, Path],
) -> dict[str, RawValue]:
    """The raw value of each leaf in a unit-year, from the tables that the panel was made of.

    `intake_paths` are the tables of intake: `row_files` numbers the files and sheets of row ids, `row_members` names the raw row
    of each cell of rows that several raw rows made, `cell_texts` the texts of converted cells, `repairs` the columns whose unit
    was converted. SetupError where an earlier version of the program made them.
    """
    files = engine.collect(engine.scan(intake_paths["row_files"])) if "row_files" in intake_paths else pd.DataFrame()
    if "file" not in files:
        raise SetupError(
            "an earlier version of the program made the run; run hqd run again",
            zh="该运行由较早版本的程序生成;请重新执行 hqd run",
            location=str(next(iter(intake_paths.values())).parent),
        )
    indicators = {leaf: study.indicators.indicators[leaf] for leaf in leaves}
    table_names = {leaf.table for leaf in indicators.values()}
    tables = {
        table_name: engine.scan(stored_paths[f"ready_{table_name}"], f"ready_{table_name}") for table_name in sorted(table_names)
    }
    raw_value_by_leaf = {}
    members, texts = (engine.scan(intake_paths[name]) if name in intake_paths else None for name in ("row_members", "cell_texts"))
    repairs = engine.collect(engine.scan(intake_paths["repairs"]))
    for leaf, indicator in indicators.items():
        reading = RawValueReading(study, engine, indicator, tables[indicator.table], unit, year, sample, members, texts, repairs)
        raw_value_by_leaf[leaf] = reading.raw(files)
    return raw_value_by_leaf


@dataclass(frozen=True)
class RawValueReading:
    """One indicator read from its table in one unit-year."""

    study: Study
    engine: Engine
    indicator: Indicator
    table: str
    unit: str
    year: int
    sample: str
    members: str | None = None
    texts: str | None = None
    repairs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(REPAIRS)))

    def raw(self, files: pd.DataFrame) -> RawValue:
        """The raw value with all behind it; `files`: number, file, sheet."""
        types = self.engine.types(self.table) | {"unit": "text"}
        expr = parsed_aggregate(self.indicator, types, location=self.indicator.table)
        column_steps = computed_columns(self.study, self.indicator.table, expr)
        is_traced = "rid" in types
        rows = (
            self._cells(expr, types, any(computed_column.lagged for computed_column in column_steps))
            if is_traced
            else pd.DataFrame(columns=["rid"])
        )
        value, aggregates = self._values(expr, types)
        located_cells = cells_with_location(rows, files)
        return RawValue(
            table=self.indicator.table,
            formula=" ".join(self.indicator.formula.split()),
            unit=self.indicator.unit,
            value=value,
            is_withheld=self._withheld_value(),
            traced=is_traced,
            aggregates=aggregates,
            computed=column_steps,
            cells=located_cells,
            scaled=scaled_columns(located_cells, self.repairs),
        )

    @property
    def _sample_condition(self) -> str:
        """The condition of the sample; a table other than firms is the same in both."""
        leaves_out = self.sample == "leave_out" and self.indicator.table == "firms"
        return f"NOT {ever_sql(self.study)}" if leaves_out else "true"

    @property
    def _unit_year_condition(self) -> str:
        return (
            f'{unit_sql(self.study.study.unit.by)} = {literal(self.unit)} AND "year" = {self.year} AND {self._sample_condition}'
        )

    def _values(self, expr: Expression, types: Mapping[str, str]) -> tuple[float, tuple[Aggregate, ...]]:
        """The formula's value, and each aggregate's, computed as the panel computes them."""
        key = [key_column for key_column in row_key(self.study, self.indicator.table) if key_column in types] or ["unit", "year"]
        rows_with_unit = with_unit(self.study, self.engine, self.indicator.table, self.table)
        rows = aggregate_rows(f"(SELECT * FROM {rows_with_unit} WHERE {self._sample_condition})", [expr], types, key)
        texts = exact_aggregates(expr, types, key=key)
        select_items = [aggregate_sql(expr, types, key=key), *(f"CAST({sql} AS VARCHAR)" for _, sql in texts)]
        columns = ", ".join(f"{sql} AS v{select_index}" for select_index, sql in enumerate(select_items))
        result_row = self.engine.collect(
            f'SELECT {columns} FROM {rows} WHERE unit = {literal(self.unit)} AND "year" = {self.year}'
        ).iloc[0]
        numbers = [_finite_number(result_row[f"v{select_index}"]) for select_index in range(1, len(select_items))]
        raw_value = float("nan") if pd.isna(result_row["v0"]) else float(result_row["v0"])
        return raw_value, tuple(
            Aggregate(formula_text, result_number) for (formula_text, _), result_number in zip(texts, numbers)
        )

    def _withheld_value(self) -> bool:
        """Whether the rule of min_firms empties this cell in both samples (design 5.6)."""
        if self.indicator.table != "firms" or "srdi_levels_ever" not in self.engine.types(self.table):
            return False
        condition = f'{unit_sql(self.study.study.unit.by)} = {literal(self.unit)} AND "year" = {self.year}'
        sql = f"SELECT count(DISTINCT firm_id) AS n FROM {self.table} WHERE {condition} AND NOT {ever_sql(self.study)}"
        return int(self.engine.collect(sql)["n"].iloc[0]) < self.study.study.min_firms

    def _cells(self, expr: Expression, types: Mapping[str, str], uses_lag: bool) -> pd.DataFrame:
        """rid, role, column, value (text) of every row in the unit-year, and of the rows before them that a lag reads."""
        source_columns = sources(self.study, self.indicator.table, expr, types)
        cell_columns = ", ".join(
            f"CAST({quoted(source_column)} AS VARCHAR) AS {quoted(f'{CELL}{source_column}')}" for source_column in source_columns
        )
        select_clause = ", ".join(select_list for select_list in ("rid", cell_columns) if select_list)
        row_sets = [
            self.engine.collect(f"SELECT {select_clause} FROM {self.table} WHERE {self._unit_year_condition}").assign(role="year")
        ]
        if uses_lag or expr.uses_lag:
            row_sets.append(self._earlier_rows(select_clause, types).assign(role="earlier"))
        rows = pd.concat(row_sets, ignore_index=True)
        if not source_columns:
            return rows.assign(column="", value=None, text=None)
        long_rows = rows.melt(id_vars=["rid", "role"], var_name="column", value_name="value")
        return self._with_texts(self._with_members(long_rows.assign(column=long_rows["column"].str.removeprefix(CELL))))

    def _with_members(self, cells: pd.DataFrame) -> pd.DataFrame:
        """The cells with the id of the raw row that holds each, where their row was made of several."""
        if self.members is None or cells.empty:
            return cells
        members = self.engine.collect(
            f"""SELECT "column", rid, member FROM {self.members} WHERE "table" = {literal(self.indicator.table)}
                AND rid IN ({_id_list(cells)})"""
        ).astype({"member": "Int64"})  # a float would lose its last digits
        members = members.assign(column=members["column"].str.split(COLUMN_SEPARATOR)).explode("column")
        cells = cells.merge(members, on=["rid", "column"], how="left", validate="many_to_one")
        return cells.assign(rid=cells.pop("member").fillna(cells["rid"]).astype("int64"))

    def _with_texts(self, cells: pd.DataFrame) -> pd.DataFrame:
        """The cells with the text of each whose number is not the one it prints."""
        if self.texts is None or cells.empty:
            return cells.assign(text=None)
        texts = self.engine.collect(
            f"""SELECT DISTINCT ON (rid, "column") rid, "column", text FROM {self.texts}
                WHERE "table" = {literal(self.indicator.table)} AND rid IN ({_id_list(cells)}) ORDER BY ALL"""
        )
        return cells.merge(texts, on=["rid", "column"], how="left", validate="many_to_one")

    def _earlier_rows(self, select_clause: str, types: Mapping[str, str]) -> pd.DataFrame:
        key_columns = [
            quoted(key_column)
            for key_column in row_key(self.study, self.indicator.table)
            if key_column != "year" and key_column in types
        ]
        rows = f"SELECT {', '.join(key_columns)} FROM {self.table} WHERE {self._unit_year_condition}"
        sql = f'SELECT {select_clause} FROM (SELECT * FROM {self.table} WHERE "year" = {self.year - 1}) SEMI JOIN ({rows})'
        return self.engine.collect(f"{sql} USING ({', '.join(key_columns)})")


def _finite_number(cell_text: Any) -> ExactNumber:
    if cell_text is None or cell_text is pd.NA or cell_text != cell_text:
        return None
    value = Decimal(str(cell_text))
    return int(value) if value == value.to_integral_value() and "." not in str(cell_text) else value


def computed_columns(study: Study, table: str, expr: Expression) -> tuple[ComputedColumn, ...]:
    """The columns of columns.yaml that a formula reads, with those that they read in turn."""
    derived_columns = study.columns.tables.get(table, {})
    derived_by_name: dict[str, Derived] = {}
    open_columns = sorted(expr.columns & derived_columns.keys())
    while open_columns:
        column = open_columns.pop(0)
        derived_by_name[column] = derived_columns[column]
        open_columns += sorted((_columns_read(derived_columns[column]) & derived_columns.keys()) - derived_by_name.keys())
    return tuple(_computed_column(column, derived_column) for column, derived_column in derived_by_name.items())


def _columns_read(derived_column: Derived) -> frozenset[str]:
    """Columns that a computed column is computed from."""
    if derived_column.formula is None:
        return frozenset(str(option_value) for option_value in derived_column.options.values() if isinstance(option_value, str))
    return parse(derived_column.formula, columns=None, aggregate=False).columns


def _computed_column(column: str, derived_column: Derived) -> ComputedColumn:
    if derived_column.formula is None:
        options = ", ".join(f"{option_name}: {option_value}" for option_name, option_value in derived_column.options.items())
        return ComputedColumn(column, f"{derived_column.function}({options})", False, True)
    uses_lag = parse(derived_column.formula, columns=None, aggregate=False).uses_lag
    return ComputedColumn(column, " ".join(derived_column.formula.split()), uses_lag, False)


def sources(study: Study, table: str, expr: Expression, types: Mapping[str, str]) -> list[str]:
    """The columns behind a formula that are in raw files."""
    derived_columns = study.columns.tables.get(table, {})
    raw_columns, open_columns = set[str](), set(expr.columns)
    while open_columns:
        column = open_columns.pop()
        if column in derived_columns:
            open_columns |= set(_columns_read(derived_columns[column])) - raw_columns - {column}
        elif column in types and column not in ("year", "unit"):
            raw_columns.add(column)
    return sorted(raw_columns)


def _id_list(cells: pd.DataFrame) -> str:
    """The row ids of cells, as SQL lists them."""
    return ", ".join(map(str, cells["rid"].unique()))


def cells_with_location(cells: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    """The cells with file, sheet and row in place of the row id, in that order."""
    if cells.empty:
        return pd.DataFrame(columns=list(CELLS))
    located_cells = pd.concat([cells, row_places(cells["rid"], files)], axis=1)
    return located_cells.sort_values(
        ["role", "file", "sheet", "row", "column"], ascending=[False, *[True] * 4], ignore_index=True
    )[list(CELLS)]


def scaled_columns(cells: pd.DataFrame, repairs: pd.DataFrame) -> tuple[tuple[str, str, str], ...]:
    """(column, example as printed, the same as read) of the columns of the cells whose unit was converted in their file."""
    conversions = repairs[repairs["kind"] == "unit"].merge(cells[["file", "sheet", "column"]].drop_duplicates())
    return tuple(conversions[["column", "example_before", "example_after"]].itertuples(index=False, name=None))
