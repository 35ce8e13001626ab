"""The formula language: what it refuses, what its SQL computes, and that no bit depends on row order or threads."""

from __future__ import annotations

import contextlib
import random
import statistics
import struct
import time
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from hqd_index.errors import ConfigError
from hqd_index.expressions import aggregate_sql, lag_columns, parse, row_sql, scale_columns, type_of
from hqd_index.expressions.parts import split_aggregates

TYPES = {
    "firm_id": "text", "year": "integer", "revenue": "decimal", "rd_exp": "decimal", "employees": "integer",
    "rd_staff": "integer", "certified_intl": "flag", "disclose_date": "date", "industry_code": "text", "ratio": "double",
    "use": "text", "origin": "text", "营业收入": "decimal",
}  # fmt: skip
ROUNDING = 1e-12  # a handful of double operations on values of size 1 to 1e4

HOSTILE_AGGREGATES = [
    "sum(revenue); drop table f", "(select max(x) from secret)", "read_csv('/some/file')", "sum(salary)", "sum(revenue)/",
    "revenue", "sum(sum(revenue))", "sum(revenue) over ()", "sum(f.revenue)", "getenv('HOME')", "sum(revenue) -- c",
    "sum(pg_sleep(10))", "sum(revenue), 1", "sum(revenue) as x", "list(revenue)",
    "max(revenue) filter (where industry_code in (select 1))", "sum(columns(*))", "'x'", "sum(REVENUE)", "sum(销售额)",
    "sum(revenue);", "sum(revenue) /* c */", "sum(revenue order by random())", "sum(distinct revenue)", "count()",
    "max(revenue, 3)", "quantile_cont(revenue, 0.e)", "sum(revenue) * 1.e", "sum(revenue) * 1e400",
    "count(revenue, year)", "quantile_cont(revenue, [0.1, 0.9])", "quantile_cont(revenue, 1.5)",
    "sum(revenue) filter (where sum(revenue) > 1)", "lag(sum(revenue))", "lag(revenue) + sum(revenue)", "*", "", "   ",
    "quantile_cont(, 0.9)", "sum(revenue,)", "count(,1)", "sum(if(certified_intl, , 2))", "sum(coalesce(revenue, , 1))",
    "sum(revenue) + revenue", "any_value(revenue)", "first(revenue)", "sum(#1)", "sum($1)", "sum(revenue) in read_csv('a')",
    "sum(revenue) = any(select 1)", "(from secret)", "(values (1))", "sum(x'41')", "sum(revenue) qualify 1", "count(*) from f",
]  # fmt: skip
HOSTILE_ROWS = [
    "sum(revenue) > 1", "lag(lag(revenue))", "lag(revenue, 99)", "lag(revenue, 1, 0)", "lag(revenue) over ()",
    "exists(select 1)", "revenue in (select 1)", "revenue in industry_code", "copy f to 'x'", "attach 'x'", "install httpfs",
    "pragma x", "set x = 1", "insert into f values (1)", "current_date", "now()", "random()", "current_user", "unnest(revenue)",
    "cast(revenue as int[])", "cast(revenue as struct(a int))", "revenue[1]", "{'a': revenue}", "revenue -> 1",
    "coalesce(revenue,)", "if(certified_intl, , 2) > 1", "revenue in (,1)", "revenue in (1,)", "greatest(,1) > 0",
    "revenue{: 1} > 0", "{: 1}",
    "industry_code collate nocase", "industry_code like 'a' escape 'b'", "regexp_matches(industry_code, employees)",
    "power(revenue, employees)", "round(revenue, employees)", "revenue between symmetric 2 and 1", "revenue ≥ 1",
    "revenue，1", "revenue // 2", "revenue & 1", "(" * 200 + "revenue" + ")" * 200, "+".join(["revenue"] * 240),
    "not " * 400 + "certified_intl", "revenue" + " " * 2000, "glob('*')", "case revenue when 1 then 2 end", "\x00", "'",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE_AGGREGATES)
def test_refuses_in_an_indicator(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, columns=TYPES, aggregate=True, location="configs/indicators.yaml:3:5")
    assert caught.value.exit_code == 2
    assert caught.value.location == "configs/indicators.yaml:3:5"
    assert caught.value.zh != caught.value.en


@pytest.mark.parametrize("text", HOSTILE_ROWS)
def test_refuses_in_a_rule(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text, columns=TYPES, aggregate=False)


def test_a_canary_file_never_appears_and_the_longest_formula_is_quick(tmp_path: Path) -> None:
    canary = tmp_path / "canary.csv"
    started = time.process_time()
    for text in (f"copy (select 1) to '{canary}'", "(" * 2000, "-(" * 900 + "1" + ")" * 900, "ln(" * 45 + "revenue" + ")" * 45):
        with contextlib.suppress(ConfigError):
            row_sql(parse(text, columns=TYPES, aggregate=False), TYPES, partition=["firm_id"])
    assert not canary.exists()
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    ("text", "aggregate", "english", "chinese"),
    [
        ("sum(revenu)", True, "did you mean 'revenue'?", "您是不是想写 'revenue'?"),
        ("summ(revenue)", True, "did you mean 'sum'?", "您是不是想写 'sum'?"),
        ("revenue", True, "sum(...)", "sum(...)"),
        ("1 + sum(revenue) * employees", True, "sum(employees)", "sum(employees)"),
        ("revenue >= 1,0)", False, "not a formula", "不是公式"),
        ("sum(revenue)/sum（employees）", True, "'（' as '('", "'（' 改为半角 '('"),
        ("lag(lag(revenue))", False, "lag(x, 2)", "lag(x, 2)"),
    ],
)
def test_messages_say_the_mend(text: str, aggregate: bool, english: str, chinese: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, columns=TYPES, aggregate=aggregate)
    assert english in caught.value.en
    assert chinese in caught.value.zh


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("industry_code = 36", "in quotes"),
        ("industry_code + 1 > 0", "a number is needed"),
        ("revenue and certified_intl", "a condition is needed"),
        ("disclose_date > '2020-02-30'", "is no date"),
        ("case when revenue > 0 then 1 else 'a' end > 0", "cannot be compared"),
        ("regexp_matches(industry_code, '(')", "pattern"),
        ("regexp_matches(industry_code, '(?=a)')", "pattern"),
        ("year(revenue) > 1", "a date is needed"),
    ],
)
def test_types_that_do_not_fit_are_refused_before_any_data(text: str, fact: str) -> None:
    with pytest.raises(ConfigError, match=fact):
        type_of(parse(text, columns=TYPES, aggregate=False), TYPES)


def test_type_of_follows_the_widest_number() -> None:
    kinds = {
        "revenue + employees": "decimal", "revenue * 2": "double", "employees + 1": "integer", "revenue > 1": "flag",
        "coalesce(ratio, revenue)": "double", "substr(firm_id, 1, 2)": "text", "year(disclose_date)": "integer",
        "case when year > 1 then revenue else 0 end": "decimal", "lag(certified_intl)": "flag",
    }  # fmt: skip
    assert {text: type_of(parse(text, columns=TYPES, aggregate=False), TYPES) for text in kinds} == kinds
    assert type_of(parse("count(*)", columns=TYPES, aggregate=True), TYPES) == "double"


def table(rows: list[tuple[object, ...]]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE f (firm_id VARCHAR, year INTEGER, revenue DECIMAL(28,8), rd_exp DECIMAL(28,8), employees INTEGER, "
        "certified_intl BOOLEAN, ratio DOUBLE, industry_code VARCHAR, disclose_date DATE)"
    )
    connection.executemany("INSERT INTO f VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return connection


FIRMS = [
    ("a", 2015, "100", "3", 10, True, 0.5, "C13", "2016-04-30"),
    ("a", 2016, "200", None, 20, False, 0.25, "C13", "2017-04-30"),
    ("a", 2018, "0", "1", 0, None, None, "C14", None),
    ("b", 2016, "50.5", "-1", 5, True, 2.0, "C36", "2017-05-01"),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rd_exp / revenue", [0.03, None, None, -1 / 50.5]),
        ("employees / 3", [10 / 3, 20 / 3, 0.0, 5 / 3]),
        ("lag(revenue)", [None, Decimal(100), None, None]),
        ("lag(revenue, 2)", [None, None, Decimal(200), None]),
        ("ln(rd_exp)", [1.0986122886681098, None, 0.0, None]),
        ("sqrt(rd_exp)", [1.7320508075688772, None, 1.0, None]),
        ("power(revenue, -1)", [0.01, 0.005, None, 1 / 50.5]),
        ("exp(1000 * employees)", [None, None, 1.0, None]),
        ("rd_exp <= revenue", [True, None, False, True]),
        ("industry_code in ('C13', 'C36') and not certified_intl", [False, True, False, False]),
        ("disclose_date <= '2017-04-30'", [True, True, None, False]),
        ("regexp_matches(industry_code, '^C1[0-9]$')", [True, True, True, False]),
        ("if(certified_intl, revenue, 0)", [Decimal(100), Decimal(0), Decimal(0), Decimal("50.5")]),
        ("(revenue + coalesce(lag(revenue), revenue)) / 2", [100.0, 150.0, 0.0, 50.5]),
        ("abs(ln(revenue) - ln(lag(revenue))) > 0.5", [None, True, None, None]),
        ("2 - (3 - 1) * -employees", [22.0, 42.0, 2.0, 12.0]),
        ("revenue = 100 is null", [False, False, False, False]),
        ("abs(-(employees - 2147483658)) > 0", [True, True, True, True]),
        ("greatest(rd_exp, employees)", [Decimal(10), Decimal(20), Decimal(1), Decimal(5)]),
        ("least(revenue, rd_exp)", [Decimal(3), Decimal(200), Decimal(0), Decimal(-1)]),
        ("substring(industry_code, 2)", ["13", "13", "14", "36"]),
        ("substring(industry_code, 1, 2)", ["C1", "C1", "C1", "C3"]),
        ("case when revenue > 60 then 1 end", [1, 1, None, None]),
        ("industry_code in (',', 'C13', '(')", [True, True, False, False]),
        ("cast(employees as text)", ["10", "20", "0", "5"]),
        ("cast(industry_code as double)", [None, None, None, None]),
        ("cast(substring(industry_code, 2) as integer)", [13, 13, 14, 36]),
    ],
)
@pytest.mark.parametrize("is_one_row", [False, True])
def test_row_formulas_worked_by_hand(text: str, expected: list[object], is_one_row: bool) -> None:
    sql = row_sql(parse(text, columns=TYPES, aggregate=False), TYPES, partition=["firm_id"], is_one_row=is_one_row)
    values = [row[0] for row in table(FIRMS).sql(f"SELECT {sql} FROM f ORDER BY firm_id, year").fetchall()]
    assert values == [pytest.approx(e, rel=ROUNDING) if isinstance(e, float) else e for e in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100 * sum(rd_exp) / sum(revenue)", 100 * 3 / 150.5),
        ("sum(employees) / count(distinct firm_id)", 35 / 2),
        ("100 * count(*) filter (where certified_intl) / count(*)", 100 * 2 / 3),
        ("avg(certified_intl)", 2 / 3),
        ("avg(rd_exp)", 1.0),
        ("avg(rd_exp) filter (where year = 2016)", -1.0),
        ("sum(rd_exp) filter (where year = 1999)", None),
        ("sum(rd_exp) / sum(revenue - revenue)", None),
        ("median(revenue)", 75.25),
        ("quantile_cont(revenue, 0.9)", 170.0),
        ("stddev_samp(revenue)", statistics.stdev([100, 200, 0, 50.5])),
        ("var_samp(ratio)", statistics.variance([0.5, 0.25, 2.0])),
        ("sum(revenue * employees) / sum(employees)", (1000 + 4000 + 252.5) / 35),
        ("sum(revenue * revenue) / (sum(revenue) * sum(revenue))", (1e4 + 4e4 + 50.5**2) / 350.5**2),
        ("min(revenue) + max(employees)", 20.0),
        ("stddev_samp(revenue) filter (where year = 2015)", None),
        ("sum(coalesce(rd_exp, ratio, 0)) / sum(employees)", 3.25 / 35),
        ("sum(coalesce(nullif(employees, 20), rd_exp)) / sum(revenue)", 15 / 150.5),
        ("sum(coalesce(rd_exp, ratio)) / sum(employees)", 3.25 / 35),
        ("quantile_cont(revenue, 0) + quantile_cont(revenue, 1)", 200.0),
    ],
)
def test_aggregates_worked_by_hand(text: str, expected: float | None) -> None:
    sql = aggregate_sql(parse(text, columns=TYPES, aggregate=True), TYPES, key=["firm_id", "year"])
    ((value,),) = table(FIRMS).sql(f"SELECT {sql} FROM f").fetchall()
    assert value == (pytest.approx(expected, rel=ROUNDING) if expected is not None else None)


@pytest.mark.parametrize(
    ("text", "sql_type"),
    [
        ("sum(revenue)", "DOUBLE"), ("max(employees)", "DOUBLE"), ("count(*)", "DOUBLE"), ("min(revenue)", "DOUBLE"),
        ("max(disclose_date)", "DATE"), ("min(industry_code)", "VARCHAR"), ("sum(revenue) > 3", "BOOLEAN"),
    ],
)  # fmt: skip
def test_a_number_comes_out_as_a_double_and_nothing_else_does(text: str, sql_type: str) -> None:
    sql = aggregate_sql(parse(text, columns=TYPES, aggregate=True), TYPES, key=["firm_id", "year"])
    assert table(FIRMS).sql(f"SELECT typeof({sql}) FROM f").fetchall() == [(sql_type,)]


def test_sums_of_doubles_are_ordered_and_of_decimals_on_a_grid() -> None:
    """A column that is a double in the data has no scale of its own; a quotient of decimals has."""
    for text, count in (("sum(revenue / employees)", 1), ("sum(revenue * ratio)", 0), ("sum(ratio)", 0), ("sum(revenue)", 0)):
        assert len(scale_columns(parse(text, columns=TYPES, aggregate=True), TYPES)) == count


def test_parts_of_a_formula_have_their_kind_and_level() -> None:
    text = "median(revenue) + quantile_cont(revenue, 0.9) + min(revenue) + count(revenue) + stddev_samp(revenue)"
    parts = split_aggregates(parse(text, columns=TYPES, aggregate=True), TYPES, key=["firm_id", "year"]).parts
    found = sorted((part.aggregate_kind, part.level) for part in parts if not part.row.startswith("CAST(CASE"))
    assert found == [("min", 0.5), ("quantile", 0.5), ("quantile", 0.9), ("sd", 0.5)]


def test_lag_inside_an_aggregate_is_read_from_the_query_below() -> None:
    expr = parse("sum(employees) / (sum(revenue + lag(revenue)) / 2)", columns=TYPES, aggregate=True)
    lags = lag_columns(expr, TYPES, partition=["firm_id"])
    below = ", ".join(f'{sql} AS "{name}"' for name, sql in lags.items())
    sql = aggregate_sql(expr, TYPES, key=["firm_id", "year"])
    rows = table(FIRMS).sql(f"SELECT year, {sql} FROM (SELECT *, {below} FROM f) GROUP BY year ORDER BY year").fetchall()
    assert rows == [(2015, None), (2016, pytest.approx(20 / 150, rel=ROUNDING)), (2018, None)]


EXACT = [
    "sum(revenue)", "avg(revenue)", "sum(rd_exp) / sum(revenue)", "sum(revenue * revenue)", "sum(ratio)", "avg(ratio)",
    "stddev_samp(revenue)", "var_samp(ratio)", "median(revenue)", "quantile_cont(ratio, 0.37)", "sum(ln(revenue))",
    "sum(ratio * revenue) filter (where certified_intl) / sum(revenue)",
]  # fmt: skip


def test_shuffled_rows_and_thread_counts_change_no_bit() -> None:
    draw = random.Random(7)
    rows = [
        (f"f{i:05d}", 2012 + i % 5, Decimal(draw.randrange(1, 10**15)).scaleb(-4), Decimal(draw.randrange(10**13)).scaleb(-2),
         draw.randrange(1, 5000), draw.random() < 0.3, draw.lognormvariate(0, 4), "C13", None)
        for i in range(20_000)
    ]  # fmt: skip
    names = ["firm_id", "year", "revenue", "rd_exp", "employees", "certified_intl", "ratio", "industry_code", "disclose_date"]
    frame = pd.DataFrame(rows, columns=names)
    select = ", ".join(aggregate_sql(parse(t, columns=TYPES, aggregate=True), TYPES, key=["firm_id", "year"]) for t in EXACT)
    seen = set()
    for shuffle, threads in [(0, 1), (1, 1), (2, 4), (3, 2), (4, 4)]:
        connection = duckdb.connect(config={"threads": threads})
        connection.register("shuffled", frame.sample(frac=1, random_state=shuffle))
        money = "revenue::DECIMAL(28,8) AS revenue, rd_exp::DECIMAL(28,8) AS rd_exp"
        connection.execute(f"CREATE TABLE f AS SELECT * REPLACE ({money}) FROM shuffled")
        result = connection.sql(f"SELECT year, {select} FROM f GROUP BY year ORDER BY year").fetchall()
        seen.add(b"".join(struct.pack("d", value) for row in result for value in row))
    assert len(seen) == 1


EDGES = {
    "revenue": ["0", "-1.5", "99999999999999999999.99999999", "-99999999999999999999.99999999", "0.00000001", None],
    "employees": [0, 1, -5, 2147483647, -2147483648, None], "ratio": [0.0, -1.0, 1e18, 1e-18, None],
    "certified_intl": [True, False, None], "industry_code": ["", "C13", "'", "业", None], "disclose_date": ["2020-02-29", None],
}  # fmt: skip
ATOMS = ["revenue", "employees", "ratio", "year", "0", "2.5", "1e5", "12345678901234567890", "null"]
SHAPES = [
    "{} + {}", "{} - {}", "{} * {}", "{} / {}", "-({}) + certified_intl", "ln({})", "exp({})", "sqrt({})",
    "power({}, -2)", "power({}, 0.5)",
    "abs({})", "round({}, 3)", "floor({})", "coalesce({}, {})", "greatest({}, {})", "nullif({}, {})", "lag(revenue) + {}",
    "case when {} > {} then {} else {} end", "if({} in ({}, 1), {}, {})", "cast({} as integer)", "length(industry_code) + {}",
    "if({} between {} and {} or certified_intl, {}, 0)", "if(regexp_matches(industry_code, '^C'), {}, year(disclose_date))",
]  # fmt: skip


def random_formula(draw: random.Random, depth: int) -> str:
    shape = draw.choice(SHAPES) if depth else "{}"
    parts = [random_formula(draw, depth - 1) if depth else draw.choice(ATOMS) for _ in range(shape.count("{}"))]
    return "(" + shape.format(*parts) + ")" if depth else parts[0]


def test_what_is_accepted_never_fails_on_data() -> None:
    draw = random.Random(11)
    edges = [[draw.choice(EDGES[name]) for name in EDGES] for _ in range(40)]
    rows = [(f"f{i % 4}", 2010 + i // 4, r, "1", e, c, x, code, day) for i, (r, e, x, c, code, day) in enumerate(edges)]
    connection = table(rows)
    for number in range(120):
        text = random_formula(draw, 1 + number % 3)
        sql = row_sql(parse(text, columns=TYPES, aggregate=False), TYPES, partition=["firm_id"])
        assert len(connection.sql(f"SELECT {sql} FROM f").fetchall()) == len(rows), text
        if "lag" not in text:
            whole = parse(f"sum{text} + stddev_samp{text} * avg{text}", columns=TYPES, aggregate=True)
            sql = aggregate_sql(whole, TYPES, key=["firm_id", "year"])
            assert len(connection.sql(f"SELECT {sql} FROM f GROUP BY year").fetchall()) == len({row[1] for row in rows}), text


def test_dialects_keep_the_decided_meaning() -> None:
    expr = parse("quantile_cont(revenue, 0.9) + sum(rd_exp) / sum(revenue)", columns=TYPES, aggregate=True)
    sql = aggregate_sql(expr, TYPES, key=["firm_id"], dialect="postgres")
    assert "WITHIN GROUP" in sql and "NULLIF" in sql and "DOUBLE PRECISION" in sql


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("revenue" + " " * 1993, True), ("revenue" + " " * 1994, False),
        ("+".join(["year"] * 99), True), ("+".join(["year"] * 100), False),  # 98 sums above a column above its name
    ],
    ids=["2000 signs", "2001 signs", "100 levels", "101 levels"],
)  # fmt: skip
def test_a_formula_has_2000_signs_and_100_levels_at_most(text: str, is_read: bool) -> None:
    with contextlib.nullcontext() if is_read else pytest.raises(ConfigError):
        parse(text, columns=TYPES, aggregate=False)


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("(" * 40 + "revenue" + ")" * 40, "", ""), ("(" * 60 + "revenue" + ")" * 60, "nested too deeply", "嵌套过深"),
        ("revenue >", "does not read as one expression", "不是一个完整的表达式"),
        ("greatest(revenue,)", "a comma with nothing on one side", "逗号一侧缺少内容"),
    ],
)  # fmt: skip
def test_what_is_no_formula_says_whether_it_is_too_deep_or_unfinished(text: str, en: str, zh: str) -> None:
    if not en:
        assert parse(text, columns=TYPES, aggregate=False)
        return
    with pytest.raises(ConfigError) as refusal:
        parse(text, columns=TYPES, aggregate=False)
    assert en in refusal.value.en and zh in refusal.value.zh


@pytest.mark.parametrize(("years", "is_read"), [(1, True), (10, True), (11, False), (0, False)])
def test_a_lag_reaches_back_ten_years_at_most(years: int, is_read: bool) -> None:
    with contextlib.nullcontext() if is_read else pytest.raises(ConfigError):
        parse(f"lag(revenue, {years}) > 0", columns=TYPES, aggregate=False)


def test_every_name_of_a_column_is_quoted_in_sql() -> None:
    """A column may be called what is a word of SQL, and upper case is not lower case."""
    tree = parse("coalesce(use, origin)", columns=TYPES, aggregate=False)
    assert row_sql(tree, TYPES, partition=["firm_id"]).count('"') == 4
