"""Run by .venv-spark's python in an empty folder: the small study from a table of a catalogue, and from a csv by DuckDB.

Prints one line of JSON: what is asked -> what differs ('' where nothing does).
"""

import io
import json
import sys
from pathlib import Path

import pandas as pd

from hqd_index.engines.spark.spark_session import spark_session
from hqd_index.engines.spark.spark_settings import SparkSettings
from tests.faults.small_firms import SmallStudy, as_csv, clean_rows, write_small_study

NAMES = ["firm_id", "firm_name", "year", "industry_code", "revenue", "rd_exp", "employees", "rd_staff", "main_product_rev_share"]
TABLES = ("scores", "weights", "indicators")
UNITS = "    units: {revenue: 万元, rd_exp: 万元}\n    where: {year: {min: 2016, max: 2020}}\n"
RELATIVE = 1e-9


def rows() -> list[list[str]]:
    """The small study's rows with one that breaks a rule and one of a year that `where` leaves out."""
    _, *body = clean_rows()
    body[10][7] = "999"
    return [NAMES, *body, [*body[0][:2], "1999", *body[0][3:]]]


def write_table(conf: dict[str, str]) -> None:
    """The rows as stats.firms, in three files, of typed columns and one that is no column of the study."""
    frame = pd.read_csv(io.StringIO(as_csv(rows()).decode()), dtype={"firm_id": str, "main_product_rev_share": float})
    session = spark_session(SparkSettings("local[2]", conf))
    session.sql("CREATE DATABASE stats")
    columns = (
        "firm_id string, firm_name string, year int, industry_code string, revenue double, rd_exp double, employees bigint, "
    )
    content = session.createDataFrame(frame.values.tolist(), columns + "rd_staff bigint, main_product_rev_share double")
    content.selectExpr("*", "map('a', 1) AS other").repartition(3, "firm_id").write.saveAsTable("stats.firms")


def by_spark(folder: Path) -> SmallStudy:
    study = write_small_study(folder)
    conf = {"spark.sql.warehouse.dir": str(folder / "warehouse"), "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"}
    write_table(conf)
    (study.data / "firms.csv").unlink()
    study.edit("sources", "path: firms.csv", "path: spark:stats.firms")
    study.edit("sources", "    aliases: {企业代码: firm_id}\n", UNITS)
    study.edit(
        "study", "language: zh\n", f"language: en\nengine: spark\nspark: {{master: 'local[2]', conf: {json.dumps(conf)}}}\n"
    )
    return study


def by_duckdb(folder: Path) -> SmallStudy:
    study = write_small_study(folder)
    study.write([row for row in rows() if row[2] != "1999"])
    study.edit("sources", "    aliases: {企业代码: firm_id}\n", UNITS.partition("    where")[0])
    study.edit("study", "language: zh", "language: en")
    return study


def difference(first: pd.DataFrame, second: pd.DataFrame) -> str:
    """The largest relative difference of cells above RELATIVE, or what else differs."""
    if first.shape != second.shape:
        return f"{first.shape} {second.shape}"
    for column in first.columns.difference(["file", "digest"]):
        texts = first[column].ne(second[column])
        numbers = [pd.to_numeric(frame.loc[texts, column], errors="coerce") for frame in (first, second)]
        if not ((numbers[0] - numbers[1]).abs() <= RELATIVE * numbers[1].abs()).all():
            return f"{column}: {first.loc[texts, column].tolist()[:3]} {second.loc[texts, column].tolist()[:3]}"
    return ""


def main() -> None:
    spark, embedded = by_spark(Path("spark").resolve()), by_duckdb(Path("duckdb").resolve())
    asked = {}
    for study in (spark, embedded):
        code, text = study.run("--quick", "--processes", "1")
        if code:
            raise SystemExit(f"{study.folder.name} ended with {code}: {text}")
    asked |= {name: difference(spark.table(name), embedded.table(name)) for name in TABLES}
    quarantine = [set(study.table("quarantine")["key"]) for study in (spark, embedded)]
    asked["quarantine"] = "" if quarantine[0] == quarantine[1] and len(quarantine[0]) == 1 else str(quarantine)
    manifest = json.loads((spark.home / "quick" / "manifest.json").read_text("utf-8"))["databases"]["spark:stats.firms"]
    is_said = "`year` >= '2016'" in manifest["query"] and "other" not in manifest["query"] and manifest["rows"] == 165
    asked["origin"] = "" if is_said else str(manifest)
    again = spark.run("--quick", "--processes", "1")[1]
    asked["the same rows are the same run"] = "" if "up to date" in again else again
    spark.edit("sources", "spark:stats.firms", "spark:stats.firm")
    code, text = spark.run("--quick", "--processes", "1")
    asked["a table that is not there"] = "" if code == 2 and "did you mean 'firms'?" in text else text
    print(json.dumps(asked, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
