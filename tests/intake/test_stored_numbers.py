"""A number that a file stores as one is read as its text would be, to the last digit."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.canonical import CANONICAL
from hqd_index.engines import Engine, open_engine
from hqd_index.intake.cells.column_reading import ColumnReading, NumberType
from hqd_index.intake.cells.column_units import ColumnUnits
from hqd_index.intake.cells.repairs import _is_rounded, _too_many_decimals
from hqd_index.intake.meaning.unit_choice import UnitChoice
from hqd_index.intake.read.typed_cells_text import (
    CENTS_TYPE,
    EXACT_CENTS,
    SHORT_NUMBER,
    _is_in_cents,
    number_facts,
    number_text_sql,
)
from hqd_index.study.records import Source

POWERS = (0, 3, 4, 8)
LARGEST_WITHOUT_EXPONENT = 1e15


@pytest.fixture(scope="module")
def numbers() -> pd.DataFrame:
    """Doubles of all sizes with 0 to 12 decimals, thick around the sizes where decimals and doubles are equally dense."""
    random = np.random.default_rng(3)
    sizes = np.concatenate([10 ** random.uniform(-9, 17, 30_000), 2.0**26 + random.normal(0, 2e6, 9_000)])
    sizes = np.concatenate([sizes, 2.0**46 + random.normal(0, 3e12, 9_000)]) * random.choice([-1, 1], 48_000)
    rounded = [round(float(size), int(decimals)) for size, decimals in zip(sizes, random.integers(0, 13, len(sizes)))]
    return pd.DataFrame({"rid": range(len(rounded) + 3), "n": [*rounded, 0.0, -0.0, np.inf]})


def column_reading(engine: Engine, number_type: NumberType, power: int, *, is_short: bool = False) -> ColumnReading:
    units = ColumnUnits({"revenue": {1: UnitChoice("", power)}})
    source = Source.model_validate({"path": "a.parquet", "table": "firms"})
    return ColumnReading(
        source,
        CANONICAL["firms"],
        number_type,
        ("revenue",),
        units,
        engine,
        {"revenue": "double"},
        short_numbers=frozenset(["revenue"] if is_short else []),
    )


@pytest.mark.parametrize(
    ("number_type", "power", "is_short"),
    [*(("decimal", power, False) for power in POWERS), ("double", 0, False), ("decimal", 0, True), ("decimal", 4, True)],
)
def test_a_stored_number_is_what_its_text_says(
    numbers: pd.DataFrame, number_type: NumberType, power: int, *, is_short: bool
) -> None:
    with open_engine() as engine:
        reading = column_reading(engine, number_type, power, is_short=is_short)
        assert reading.is_stored("revenue")
        rows = engine.scan(numbers[numbers["n"].abs() <= SHORT_NUMBER] if is_short else numbers)
        stored_sql = reading.stored_number_sql("revenue", "t.n")
        by_text = reading.number_sql("revenue", f"NULLIF({number_text_sql('t.n', 'double')}, '')", "t.rid")
        differences = engine.collect(
            f"SELECT n, a, b FROM (SELECT n, {stored_sql} AS a, {by_text} AS b FROM {rows} AS t) WHERE a IS DISTINCT FROM b"
        )
    assert differences.empty


def test_short_numbers_are_those_of_columns_without_a_large_one() -> None:
    columns = {"n0": [SHORT_NUMBER, 0.125], "n1": [-SHORT_NUMBER - 2, 0.125], "n2": [np.nan, 1.0], "n3": [np.inf, 1.0]}
    with open_engine() as engine:
        facts = number_facts(engine.scan(pd.DataFrame(columns)), dict.fromkeys(range(4), "double"), engine)
    assert facts.short == {0, 2}


def test_doubles_that_are_taken_for_cents_are_cents_exactly(numbers: pd.DataFrame) -> None:
    cents = pd.DataFrame({"n": (np.random.default_rng(5).integers(-(10**14), 10**14, 20_000) / 100)})
    with open_engine() as engine:
        is_cents = f"coalesce({_is_in_cents('n')} AND abs(n) < {EXACT_CENTS}, false)"
        comes_back = f"CAST(TRY_CAST(n AS {CENTS_TYPE}) AS DOUBLE) = n"
        assert engine.collect(
            f"SELECT n FROM {engine.scan(numbers)} WHERE {is_cents} AND NOT coalesce({comes_back}, false)"
        ).empty
        assert engine.collect(f"SELECT n FROM {engine.scan(cents)} WHERE NOT {is_cents}").empty


def test_a_number_with_more_decimals_than_a_table_has_is_never_overlooked(numbers: pd.DataFrame) -> None:
    with open_engine() as engine:
        rows = engine.scan(numbers[numbers["n"].abs() < LARGEST_WITHOUT_EXPONENT])
        too_many = _too_many_decimals(number_text_sql("n", "double"))
        overlooked = engine.collect(f"SELECT n FROM {rows} WHERE {too_many} AND NOT ({_is_rounded('n', 'double')})")
    assert overlooked.empty


def test_powers_that_divide_and_doubles_that_are_scaled_are_read_as_text() -> None:
    with open_engine() as engine:
        assert not column_reading(engine, "decimal", -1).is_stored("revenue")
        assert not column_reading(engine, "double", 4).is_stored("revenue")


@pytest.mark.parametrize(("column_name", "sql_type"), [("revenue", "DOUBLE"), ("employees", "DECIMAL(28,8)")])
def test_whole_numbers_stay_exact_where_numbers_are_doubles(column_name: str, sql_type: str) -> None:
    with open_engine() as engine:
        units = ColumnUnits({column_name: {1: UnitChoice("", 0)}})
        source = Source.model_validate({"path": "a.parquet", "table": "firms"})
        reading = ColumnReading(source, CANONICAL["firms"], "double", (column_name,), units, engine, {column_name: "double"})
        rows = engine.scan(pd.DataFrame({"n": [12.0, 1e9]}))
        sql = reading.stored_number_sql(column_name, "t.n")
        found = engine.collect(f"SELECT DISTINCT typeof({sql}) AS name FROM {rows} AS t")["name"].tolist()
    assert found == [sql_type]
