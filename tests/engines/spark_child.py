"""Run by .venv-spark's python: each construct of the firm floor on both engines, on rows with everything that real files hold.

Prints one line of JSON: construct -> what differs ('' where nothing does).
"""

import json
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from hqd_index.engines import open_engine
from hqd_index.engines.spark.spark_engine import SparkEngine
from hqd_index.engines.spark.spark_settings import SparkSettings

RELATIVE = 1e-9
"""What sums of doubles may differ by, which follow no order on Spark."""
TEXTS = """
|  | 1| 1|1 |+1|-1|--1|1.|.|.5|-.5|1e5|1E+5|1e|1.5e2|1_000|1__0|_1|1_|inf|NaN|Infinity|-inf|1d|1f|1L|1e400|1e-400|１|1,5|1 000
5e-9|1e-9|1.123456785|-1.123456785|1.123456775|12345678901234567890123|12345678901234567890.1|00012|0.000000005|合 计|a.b.c|[a]
A&B|😀é|ß|it's|say "x"|back\\slash|C13|c13|true|2020-02-03|2020-2-3"""
DIRTY = [*TEXTS.replace("\n", "|").split("|")[1:], None, "\t1\n", "合　计\v", "a\n", "x|y||"]
DOUBLES = [
    None, 0.0, 1.0, -1.0, 0.1, 1e-4, 1e-5, 1.5e-7, 123456.789, 1e7, 12345678.9, 1e15, 1e16, 1.5e20, 1e100, -2.5e-300, 2e-3,
    2.5, 3.5, -2.5, 0.5, 9007199254740993.0, float("inf"), float("-inf"), 1 / 3, 2 / 3, 1e22,
]  # fmt: skip
TYPED = """
SELECT * REPLACE (CASE WHEN id % 9 = 8 THEN CAST('nan' AS DOUBLE) ELSE d END AS d),
    CAST(sin(id) * 100 AS DECIMAL(28,8)) AS m,
    CAST(CASE WHEN id % 5 > 0 THEN (id % 5) - 2.5 END AS DECIMAL(28,8)) AS n,
    CAST(2000 + id % 9 AS DECIMAL(28,8)) AS y,
    CASE WHEN id % 3 > 0 THEN CAST('2020-01-31' AS DATE) + CAST(id AS INTEGER) END AS day,
    CASE id % 4 WHEN 0 THEN ['a'] WHEN 1 THEN ['b', 'c'] WHEN 2 THEN CAST([] AS VARCHAR[]) END AS l
FROM raw"""


def rows() -> pd.DataFrame:
    size = len(DIRTY) * 2
    order = np.random.default_rng(7).permutation(size)
    frame = pd.DataFrame({"id": np.arange(size)})
    frame["x"] = [DIRTY[k % len(DIRTY)] for k in range(size)]
    frame["d"] = [DOUBLES[k % len(DOUBLES)] for k in range(size)]
    frame["f"] = np.sin(np.arange(size)) * 1e6
    frame["g"] = [None if k % 11 == 0 else "甲乙c"[k % 3] for k in range(size)]
    frame["b"] = pd.array([None if k % 7 == 0 else k % 2 == 0 for k in range(size)], dtype="boolean")
    return frame.iloc[order]


def difference(expected: pd.DataFrame, actual: pd.DataFrame, is_ordered: bool) -> str:
    if list(expected) != list(actual):
        return f"columns {list(expected)} {list(actual)}"
    if len(expected) != len(actual):
        return f"rows {len(expected)} {len(actual)}"
    expected_rows, actual_rows = (
        [[plain(value) for value in row] for row in frame.itertuples(index=False)] for frame in (expected, actual)
    )
    if not is_ordered:
        expected_rows, actual_rows = sorted(expected_rows, key=repr), sorted(actual_rows, key=repr)
    for expected_row, actual_row in zip(expected_rows, actual_rows):
        if not all(map(same, expected_row, actual_row)):
            return f"{expected_row} {actual_row}"
    return ""


def plain(value: object) -> object:
    if isinstance(value, np.ndarray | list):
        return [plain(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return float(value) if isinstance(value, bool | np.bool_ | int | float | np.number) else str(value)


def same(first: object, second: object) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return first == second or math.isclose(first, second, rel_tol=RELATIVE)
    return first == second


def main() -> None:
    frame, small = rows(), pd.DataFrame({"k": [1, 5, 7, 300], "name": ["甲", None, "z", "c"]})
    constructs = YAML(typ="safe").load(Path(__file__).with_name("spark_constructs.yaml"))
    differences = {}
    with tempfile.TemporaryDirectory() as folder, open_engine() as embedded:
        embedded.scan(frame, "raw")
        embedded.query(TYPED, "t")
        nothing = pd.DataFrame({"k": [1, 2], "code": [None, None]})
        embedded.scan(small, "s")
        embedded.scan(nothing, "u")
        embedded.write("t", Path(folder) / "t.parquet")
        settings = SparkSettings("local[2]", {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"})
        with SparkEngine(settings) as spark, spark.second_connection("firms") as cluster:
            numbered = cluster.scan_numbered(Path(folder) / "t.parquet")
            cluster.query(f'SELECT * EXCLUDE ("hqd file row") FROM {numbered}', "t")
            cluster.scan(small, "s")
            cluster.scan(nothing, "u")
            differences["types"] = "" if cluster.types("t") == embedded.types("t") else str(cluster.types("t"))
            numbers = cluster.collect(f'SELECT "hqd file row" AS r, id FROM {numbered}').sort_values("r")["id"].tolist()
            differences["row numbers"] = "" if numbers == frame["id"].tolist() else str(numbers)
            for name, sql in constructs.items():
                is_ordered = "ORDER BY" in sql.rpartition(")")[2]
                try:
                    differences[name] = difference(embedded.collect(sql), cluster.collect(sql), is_ordered)
                except Exception as fault:
                    differences[name] = f"{type(fault).__name__}: {str(fault)[:300]}"
    print(json.dumps(differences, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
