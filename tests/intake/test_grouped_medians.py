"""Medians within brackets are the engine's own, and first digits from numbers are those of texts."""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import Engine
from hqd_index.engines.duckdb import DuckDBEngine
from hqd_index.engines.spark.spark_plan import spark_sql
from hqd_index.intake.layout.text_columns import FILE_SPAN
from hqd_index.intake.rules import grouped_medians
from hqd_index.intake.rules.chosen_numbers import FIRM_CHECKS, first_digit, row_counts
from hqd_index.intake.rules.grouped_medians import MeasuredRows, medians_by_file, medians_by_year

TYPES = {"whole": "BIGINT", "cents": "DECIMAL(18,2)", "fine": "DECIMAL(28,8)", "double": "DOUBLE"}
ROWS = 6001  # of a year: odd
FIRST_YEAR = 2000
MISLEADING = {2010: 1e9, 2011: 1.0}
"""What the sample sees of a year."""
STEP = grouped_medians.SAMPLE_STEPS[0]


def shapes() -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    position = np.arange(ROWS)
    skewed = np.exp(random.normal(8, 3, ROWS))
    return {
        "skewed": skewed,
        "even": skewed[1:],
        "sorted": np.sort(skewed),
        "descending": -np.sort(-skewed),
        "ties": random.integers(1, 4, ROWS).astype(float),
        "two values": np.where(position % 2, 3.0, 7.0)[1:],
        "one value": np.full(ROWS, 12.34),
        "mostly nothing": np.where(position % 7, np.nan, skewed),
        "zeros and negatives": np.where(position % 3, skewed, -skewed) * (position % 5 > 0),
        "no positive": -skewed,
        "sample above the median": skewed,
        "sample below the median": skewed,
        "few": np.array([3.01, 4.02, 9.0, 2.0, 1.0, 3.02]),
        "too few": np.array([5.0, 6.0, 7.0, 8.0]),
    }


def firm_years() -> pd.DataFrame:
    """A year of each shape in two files, and rows without a year; the samples of two years are far from their medians."""
    frames = [pd.DataFrame({"year": float(FIRST_YEAR + k), "x": values}) for k, values in enumerate(shapes().values())]
    table = pd.concat([*frames, pd.DataFrame({"year": np.nan, "x": [1.0] * 9})], ignore_index=True)
    numbers = np.arange(len(table))
    table["rid"] = np.where(table["year"] < FIRST_YEAR + 6, 1, 2 + numbers % 2) * FILE_SPAN + numbers
    for year, value in MISLEADING.items():
        table.loc[(table["year"] == year) & (table["rid"] % STEP == 0), "x"] = value
    return table


@pytest.fixture
def rows(engine: Engine) -> str:
    casts = {"whole": "round(x)", "cents": "round(x, 2)", "fine": "x", "double": "x"}
    columns = ", ".join(f"CAST({casts[name]} AS {sql_type}) AS {name}" for name, sql_type in TYPES.items())
    return engine.query(f"SELECT rid, year, {columns} FROM {engine.scan(firm_years())} ORDER BY rid")


def measured(rows: str, engine: Engine) -> MeasuredRows:
    return MeasuredRows(rows, engine.count(rows), list(TYPES), engine)


def test_medians_within_brackets_are_the_engines(rows: str, engine: Engine, monkeypatch: pytest.MonkeyPatch):
    by_year, by_file = medians_by_year(measured(rows, engine)), medians_by_file(measured(rows, engine))
    monkeypatch.setattr(grouped_medians, "LARGE_ROWS", 0)
    monkeypatch.setattr(grouped_medians, "CELLS_INSIDE", 10_000)  # a column or two at once
    monkeypatch.setattr(grouped_medians, "_engine_medians", None)
    assert medians_by_year(measured(rows, engine)) == by_year
    assert list(medians_by_year(measured(rows, engine))) == list(TYPES)
    for batch_rows in (grouped_medians.BATCH_ROWS, 1000):
        monkeypatch.setattr(grouped_medians, "BATCH_ROWS", batch_rows)
        assert medians_by_file(measured(rows, engine)) == by_file


def test_medians_are_of_positive_cells_where_there_are_five(rows: str, engine: Engine):
    by_year = medians_by_year(measured(rows, engine))["double"]
    positive = firm_years().query("x > 0").groupby("year")["x"].apply(list)
    assert by_year == {year: statistics.median(values) for year, values in positive.items() if len(values) >= 5}


def test_brackets_hold_most_medians(rows: str, engine: Engine, monkeypatch: pytest.MonkeyPatch):
    """All cells of a year are looked at where its sample is small or misleads, else nothing is won."""
    bracketed_years, other_years = [], []
    cells_inside, medians_of_groups = grouped_medians._cells_inside, grouped_medians._medians_of_groups

    def inside(keys: list[str], measured: MeasuredRows, groups: pd.DataFrame, brackets: dict[str, pd.DataFrame]) -> pd.DataFrame:
        bracketed_years.extend(set(brackets[column]["year"]) for column in measured.columns)
        return cells_inside(keys, measured, groups, brackets)

    def of_groups(keys: list[str], measured: MeasuredRows, column: str, groups: pd.DataFrame) -> pd.DataFrame:
        other_years.append(set(groups["year"]))
        return medians_of_groups(keys, measured, column, groups)

    monkeypatch.setattr(grouped_medians, "_cells_inside", inside)
    monkeypatch.setattr(grouped_medians, "_medians_of_groups", of_groups)
    monkeypatch.setattr(grouped_medians, "LARGE_ROWS", 0)
    medians_by_year(measured(rows, engine))
    years = {name: FIRST_YEAR + k for k, name in enumerate(shapes())}
    small_samples = {years[name] for name in ("mostly nothing", "no positive", "few", "too few")}
    assert bracketed_years == [set(years.values()) - small_samples] * len(TYPES)
    assert other_years == [small_samples | MISLEADING.keys()] * len(TYPES)


@pytest.mark.parametrize(
    ("low", "high", "is_inside"), [(5, 6, True), (1, 10, True), (6, 7, False), (4, 5, False), (1, 4, False), (7, 10, False)]
)
def test_a_bracket_with_one_of_two_middle_values_misses(engine: Engine, low: float, high: float, is_inside: bool):
    """The median of 1 to 10 is 5.5."""
    rows = MeasuredRows(engine.scan(pd.DataFrame({"year": 2020, "x": np.arange(1.0, 11.0)})), 10, ["x"], engine)
    brackets = pd.DataFrame({"year": [2020], "low": [low], "high": [high]})
    cells = grouped_medians._cells_inside(["year"], rows, brackets[["year"]], {"x": brackets})
    medians = grouped_medians._middle_cells(["year"], 0, cells)
    assert medians.to_dict("records") == [{"year": 2020, "cell_count": 10, "median": 5.5}] * is_inside


def test_medians_and_counts_are_plans_of_spark(rows: str, engine: Engine, monkeypatch: pytest.MonkeyPatch):
    types = {rows: engine.sql_types(rows)}
    plans: list[str] = []
    scan, collect = DuckDBEngine.scan, DuckDBEngine.collect

    def scanned(self: DuckDBEngine, source: pd.DataFrame) -> str:
        name = scan(self, source)
        types[name] = self.sql_types(name)
        return name

    def collected(self: DuckDBEngine, plan: str) -> pd.DataFrame:
        plans.append(spark_sql(plan, types))
        return collect(self, plan)

    monkeypatch.setattr(DuckDBEngine, "scan", scanned)
    monkeypatch.setattr(DuckDBEngine, "collect", collected)
    monkeypatch.setattr(grouped_medians, "LARGE_ROWS", 0)
    medians_by_year(measured(rows, engine))
    names = {"revenue": "cents", "rd_exp": "fine", "employees": "whole", "rd_staff": "whole"}
    firms = engine.query("SELECT " + ", ".join(f"{old} AS {new}" for new, old in names.items()) + f" FROM {rows}")
    types[firms] = engine.sql_types(firms)
    row_counts(firms, FIRM_CHECKS, engine)
    assert len(plans) > len(TYPES) + 2


def numbers() -> list[float]:
    powers = [10.0**k for k in range(-8, 21)]
    beside = [np.nextafter(first * power, side) for power in powers for first in range(1, 10) for side in (0, np.inf)]
    random = np.random.default_rng(3)
    cents = np.round(np.exp(random.normal(6, 6, 3000)), 2)
    return [
        *powers,
        *(first * power for power in powers for first in range(1, 10)),
        *beside,
        *cents,
        *np.floor(cents),
        9e15,
        1e22,
    ]


@pytest.mark.parametrize("sql_type", ["DOUBLE", "DECIMAL(28,8)", "DECIMAL(18,2)", "BIGINT"])
def test_first_digits_from_numbers_are_those_of_texts(engine: Engine, sql_type: str):
    rows = engine.scan(pd.DataFrame({"x": numbers()}))
    rows = engine.query(f"SELECT TRY_CAST(x AS {sql_type}) AS x FROM {rows}")
    text = "substr(regexp_replace(CAST(CAST(x AS DOUBLE) AS VARCHAR), '^[0.]+', ''), 1, 1)"
    digits = engine.collect(f"SELECT chr({first_digit('x')}) AS digit, {text} AS expected FROM {rows} WHERE x > 0")
    assert len(digits) > 1000
    assert digits["digit"].tolist() == digits["expected"].tolist()
