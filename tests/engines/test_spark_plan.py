"""A plan that Spark would refuse, or compute otherwise, is refused when it is made; nothing of it needs Spark."""

import re
import subprocess
import sys

import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.engines.spark.java_patterns import java_pattern
from hqd_index.engines.spark.spark_plan import parsed_plan, spark_sql, tables_of
from hqd_index.engines.spark.spark_settings import SparkSettings
from hqd_index.errors import SetupError
from hqd_index.study.records import StudyFile

SCHEMA = {"t": {"id": "BIGINT", "x": "VARCHAR", "m": "DECIMAL(28,8)", "d": "DOUBLE", "l": "VARCHAR[]"}, "s": {"k": "BIGINT"}}


@pytest.mark.parametrize(
    "plan",
    [
        "SELECT * FROM t POSITIONAL JOIN s",
        "SELECT hash(x) FROM t",
        "SELECT m * m FROM t",  # 56 digits
        "SELECT x = id FROM t",  # Spark casts the text
        "SELECT CASE WHEN id > 1 THEN x ELSE id END FROM t",
        "SELECT list(x) FROM t",  # Spark's list leaves NULL out
        "SELECT x LIKE 'a\\_b' FROM t",
        "SELECT regexp_matches(x, 'a(?=b)') FROM t",
        "SELECT regexp_matches(x, id || 'a') FROM t",
        "SELECT id FROM t UNION ALL BY NAME SELECT k FROM s",
        "SELECT count(DISTINCT (id, x)) FROM t",
        "SELECT * FROM t TABLESAMPLE 10%",
        "SELECT COLUMNS('m.*') FROM t",
        "SELECT ntile(3) OVER (ORDER BY id) FROM t",
        "SELECT unknown_column FROM t",
    ],
)
def test_what_has_no_equal_on_spark_is_refused_with_its_text(plan: str):
    with pytest.raises(SetupError, match="engine: spark has no equal"):
        spark_sql(plan, SCHEMA)


def test_traps_of_a_plain_transpile_are_written_out():
    sql = spark_sql(
        "SELECT sum(d ORDER BY id), TRY_CAST(x AS DOUBLE), len(l), m / 3, CAST(m AS BIGINT), list_has_any(l, ['a']) "
        "FROM t GROUP BY ALL ORDER BY ALL",
        SCHEMA,
    )
    assert "SUM(`t`.`d`)" in sql and "RLIKE" in sql and "SIZE(" in sql and "ROUND(`t`.`m`, 0)" in sql and "ARRAYS_OVERLAP" in sql
    assert "CAST(`t`.`m` AS DOUBLE) / CAST(3 AS DOUBLE)" in sql


def test_a_name_of_a_common_table_is_no_relation():
    with open_engine() as engine:
        engine.query("SELECT 1 AS id", "t")
        assert engine.names() == ["t"]

    assert tables_of(parsed_plan("WITH a AS (SELECT * FROM t) SELECT * FROM a JOIN s ON true")) == {"t", "s"}


@pytest.mark.parametrize(
    ("pattern", "text", "is_match"),
    [("a$", "a\n", False), (r"^\s$", "\v", False), ("[[a]", "[", True), ("[a&&b]", "&", True), (r"^.$", "\r", True)],
)
def test_patterns_of_java_match_what_those_of_the_embedded_engine_do(pattern: str, text: str, is_match: bool):
    with open_engine() as engine:
        engine.scan(pd.DataFrame({"x": [text]}), "t")
        found = engine.collect(f"SELECT regexp_matches(x, '{pattern}') AS v FROM t")["v"][0]
    assert found == is_match
    java = (
        java_pattern(pattern).removeprefix("(?d)").replace(r"\z", r"\Z")
    )  # Python's \Z is Java's \z; its dot leaves out \n alone
    assert bool(re.search(java, text)) == is_match


def test_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    settings = SparkSettings("yarn", {"spark.hadoop.fs.s3a.secret.key": "env:HQD_TEST_KEY"})
    with pytest.raises(SetupError, match="HQD_TEST_KEY is not set"):
        settings.resolved_conf()
    monkeypatch.setenv("HQD_TEST_KEY", "k")
    assert settings.resolved_conf() == {"spark.hadoop.fs.s3a.secret.key": "k"}


def test_pyspark_is_imported_by_nobody_who_does_not_ask():
    study = StudyFile.model_validate(
        {"version": 1, "name": "a", "label": {"zh": "甲", "en": "a"}, "years": [2012, 2013], "engine": "spark"}
    )
    with open_engine(study) as engine:  # a session starts with the first large relation
        engine.query("SELECT 1 AS id", "t")
        assert engine.collect("SELECT * FROM t")["id"].tolist() == [1]
    code = "import sys, hqd_index.cli, hqd_index.engines.spark.spark_engine; assert not any('pyspark' in m for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
