"""Shipped rules against independent predicates, row by row, on random rows and on rows at and beside each limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isinf, log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hqd_index.canonical import CANONICAL
from hqd_index.engines import Engine
from hqd_index.intake.rules.cross_row_rules import CROSS_ROW, cross_row_findings
from hqd_index.intake.rules.row_rules import TableRows, bound_rules, rule_flags, rule_violations, with_all_columns
from hqd_index.intake.rules.rule_catalogue import RULES
from hqd_index.study.records import Study
from hqd_index.study.study_folder import load_study

from ..small import mentions

Row = Mapping[str, Any]
Verdict = bool | None


@pytest.fixture(scope="module")
def shipped(root: Path) -> Study:
    return load_study(root / "configs").study


def le(left: Any, right: Any) -> Verdict:
    return None if left is None or right is None else left <= right


def both(*verdicts: Verdict) -> Verdict:
    """Three-valued AND, as in SQL."""
    if any(one is False for one in verdicts):
        return False
    return None if any(one is None for one in verdicts) else True


def either(*verdicts: Verdict) -> Verdict:
    if any(verdicts):
        return True
    return None if any(one is None for one in verdicts) else False


def times(factor: str, value: Any) -> Any:
    return None if value is None else Decimal(factor) * value


def identity(row: Row) -> Verdict:
    if None in (row["total_assets"], row["total_liab"], row["equity"]):
        return None
    return abs(row["total_assets"] - row["total_liab"] - row["equity"]) <= Decimal("0.005") * row["total_assets"]


def within(row: Row, names: tuple[str, ...], low: int, high: int | None) -> Verdict:
    return both(*(both(le(low, row[name]), True if high is None else le(row[name], high)) for name in names))


COUNTS = (
    "inv_patents_apply", "inv_patents_grant", "inv_patents_valid", "utility_patents", "patents_total", "coapplied_patents",
    "trademarks_valid",
)  # fmt: skip
SHARES = ("main_product_rev_share", "market_share", "top5_supplier_share", "top5_customer_share")


def sum_of(row: Row, *names: str) -> Any:
    return None if any(row[name] is None for name in names) else sum(row[name] for name in names)


def same_sign_profit(row: Row) -> Verdict:
    if row["net_profit"] is None or row["revenue"] is None:
        return None
    return abs(row["net_profit"]) < 5 * row["revenue"]


PREDICATES: dict[str, Callable[[Row], Verdict]] = {
    "E02": lambda row: le(row["rd_staff"], row["employees"]),
    "E03": lambda row: le(row["overseas_rev"], times("1.001", row["revenue"])),
    "E04": lambda row: le(sum_of(row, "inventory", "receivables"), row["total_assets"]),
    "E05": identity,
    "E06": lambda row: within(row, COUNTS, 0, None),
    "E13": lambda row: within(row, SHARES, 0, 100),
    "E15": lambda row: le(
        row["niche_years"], None if None in (row["year"], row["found_year"]) else row["year"] - row["found_year"]
    ),
    "C02a": lambda row: le(row["cogs"], times("1.5", row["revenue"])),
    "C02b": same_sign_profit,
    "C02c": lambda row: le(row["rd_capitalised"], row["rd_exp"]),
    "C02d": lambda row: both(
        le(row["found_year"], row["year"]), le(row["found_year"], row["listed_year"]), le(row["listed_year"], row["year"])
    ),
    "E14": lambda row: either(
        None if None in (row["year"], row["srdi_first_year"]) else row["year"] != row["srdi_first_year"],
        le(70, row["main_product_rev_share"]),
    ),
    "W03": lambda row: le(row["rd_exp"], times("0.6", row["revenue"])),
    "W06": lambda row: both(
        le(times("0.02", row["total_assets"]), row["total_liab"]), le(row["total_liab"], row["total_assets"])
    ),
}
# at a limit, one step inside, one step outside, zero, negative and missing
VALUES = [None, Decimal(0), Decimal(-1), Decimal(1), Decimal(100), Decimal("100.00000001"), Decimal("99.99999999"), Decimal(150),
          Decimal("60.5"), Decimal("0.5"), Decimal(2), Decimal("100.1"), Decimal("100.10000001")]  # fmt: skip
YEARS = [None, Decimal(2000), Decimal(2015), Decimal(2020), Decimal(2021)]


def random_rows(rng: np.random.Generator, count: int) -> list[dict[str, Any]]:
    columns = CANONICAL["firms"].columns
    numeric = [name for name, column in columns.items() if column.dtype in ("number", "integer")]
    rows = []
    for place in range(count):
        row: dict[str, Any] = {name: VALUES[rng.integers(len(VALUES))] for name in numeric}
        row |= {name: YEARS[rng.integers(len(YEARS))] for name in ("year", "found_year", "listed_year", "srdi_first_year")}
        rows.append(row | {"rid": place, "firm_id": str(place)})
    return rows


def as_table(rows: list[dict[str, Any]], engine: Engine) -> str:
    text = pd.DataFrame(rows).astype(object).map(lambda cell: None if cell is None else str(cell))
    loaded = engine.scan(text)
    casts = [f"CAST({name} AS DECIMAL(28,8)) AS {name}" for name in text.columns if name not in ("rid", "firm_id")]
    return engine.query(f"SELECT CAST(rid AS BIGINT) AS rid, firm_id, {', '.join(casts)} FROM {loaded}")


def test_verdicts_are_those_of_the_predicates(shipped: Study, engine: Engine):
    rows = random_rows(np.random.default_rng(20240101), 3000)
    table = CANONICAL["firms"]
    whole = with_all_columns(as_table(rows, engine), table, "decimal", engine)
    judged = [rule for rule in bound_rules(shipped, "firms", table, engine.types(whole)) if rule.rule in PREDICATES]
    assert {rule.rule for rule in judged} == set(PREDICATES)
    broken = rule_violations(rule_flags(whole, judged, engine), judged)
    got = {(int(rid), name.partition("#")[0]) for rid, name in broken.itertuples(index=False)}
    wanted = {(row["rid"], rule) for row in rows for rule, holds in PREDICATES.items() if holds(row) is False}
    assert got == wanted
    seen = {rule: {holds(row) for row in rows} for rule, holds in PREDICATES.items()}
    assert all(verdicts == {True, False, None} for verdicts in seen.values())


LOOKING_BACK = {"W01", "W02", "W05"}
"""Rules about the rows of the years before."""


def test_warnings_look_back_one_calendar_year(shipped: Study, engine: Engine):
    """|ln(5/1)| = 1.61 > 1.5 (W01) and > 1 (W02) over one year, not over a gap; W05: the fourth equal year is the first."""
    series = {"A": {2018: 1, 2019: 5}, "B": {2018: 1, 2020: 5}, "C": dict.fromkeys(range(2015, 2020), 7), "D": {2018: 1, 2019: 4}}
    rows = [
        {"rid": place, "firm_id": firm, "year": year, "revenue": Decimal(value), "employees": Decimal(value)}
        for place, (firm, year, value) in enumerate((f, y, v) for f, years in series.items() for y, v in years.items())
    ]
    table = CANONICAL["firms"]
    whole = with_all_columns(as_table(rows, engine), table, "decimal", engine)
    judged = [rule for rule in bound_rules(shipped, "firms", table, engine.types(whole)) if rule.rule in LOOKING_BACK]
    broken = rule_violations(rule_flags(whole, judged, engine), judged)
    got = {(rows[int(rid)]["firm_id"], rows[int(rid)]["year"], name[:3]) for rid, name in broken.itertuples(index=False)}
    assert log(5) > 1.5 > log(4) > 1
    assert got == {("A", 2019, "W01"), ("A", 2019, "W02"), ("D", 2019, "W02"), ("C", 2018, "W05"), ("C", 2019, "W05")}


@pytest.mark.parametrize("order", ["in order", "some rows late", "backwards"])
def test_a_row_before_is_the_same_however_the_rows_come(
    shipped: Study, engine: Engine, order: str, monkeypatch: pytest.MonkeyPatch
):
    """Rows in the order of their key are followed one by one, also where some between them were taken out."""
    monkeypatch.setattr("hqd_index.engines.duckdb.FIRST_ROWS", 10)
    rng, ends = np.random.default_rng(11), {"revenue": 60, "employees": 9}
    rows = [
        {"firm_id": firm, "year": year} | {column: Decimal(int(rng.integers(1, end))) for column, end in ends.items()}
        for place, firm in enumerate("ABCDEFGH")
        for year in range(2012 + 6 * (place % 2), 2018 + 6 * (place % 2))  # the first year of one follows the last of another
    ]
    places = range(12, len(rows) - 1, 7) if order == "some rows late" else ()
    for place in places:
        rows[place], rows[place + 1] = rows[place + 1], rows[place]
    rows = rows[::-1] if order == "backwards" else rows
    rows = [row | {"rid": place} for place, row in enumerate(rows)]
    removed = pd.Series([0, 17, 30, 31, 45])
    table = CANONICAL["firms"]
    whole = with_all_columns(as_table(rows, engine), table, "decimal", engine)
    left = engine.view(f"SELECT * FROM {whole} WHERE rid NOT IN (0, 17, 30, 31, 45)")
    rules = bound_rules(shipped, "firms", table, engine.types(whole), has_unique_keys=True)
    judged = [rule for rule in rules if rule.rule in {"W01", "W02", "W05"}]
    assert [bool(rule.sql_in_order) for rule in judged].count(True) >= 2
    followed = rule_flags(left, judged, engine, TableRows(whole, table.key, removed))
    pd.testing.assert_frame_equal(followed, rule_flags(left, judged, engine))
    assert 10 < len(followed) < 40 and not set(followed["rid"]) & set(removed)


# a row that breaks the rule, and the cells that mend it
BROKEN: dict[str, tuple[Row, Row]] = {
    "E10": ({"srdi_level": "national", "srdi_first_year": 2020, "srdi_batch": 3}, {"srdi_batch": 2}),
    "E12": ({"srdi_valid": True, "srdi_ever": False}, {"srdi_ever": True}),
    "E03a": ({"newprod_rev": 1.1, "revenue": 1}, {"newprod_rev": 1}),
    "E04a": ({"inventory": 3, "receivables": 2, "finished_goods": 4, "total_assets": 6}, {"finished_goods": 3}),
    "E13a": ({"capacity_util": 101}, {"capacity_util": 100}),
    "W03a": ({"rd_exp": 0.11, "revenue": 1}, {"rd_exp": 0.1}),
    "W06a": ({"total_liab": 1, "total_assets": 10}, {"total_liab": 2}),
    "TR04": ({"proc_exports_usd": 1.1, "exports_usd": 1}, {"proc_exports_usd": 1}),
    "TR02": ({"hs6": "10121"}, {"hs6": "010121"}),
    "TR03": ({"value": 0}, {"value": 0.1}),
    "IO03": ({"use": "intermediate", "value": -1}, {"use": "final"}),
    "LK01": ({"supplier_id": "A", "customer_id": "A"}, {"customer_id": "B"}),
    "SL03": ({"valid_from": "2024-01-01", "valid_to": "2023-12-31"}, {"valid_to": "2024-01-01"}),
    "SL04": ({"name": None, "uscc": None}, {"name": "甲"}),
}
SQL_TYPES = {"number": "DECIMAL(28,8)", "integer": "DECIMAL(28,8)", "flag": "BOOLEAN", "date": "DATE", "text": "VARCHAR"}


def test_every_shipped_rule_has_a_row_that_breaks_it(shipped: Study):
    ids, tested = {rule.id for rule in shipped.rules.rules}, {*PREDICATES, *BROKEN, *LOOKING_BACK}
    untested = ids - tested
    assert not tested - ids, f"not in configs/rules.yaml: {sorted(tested - ids)}"
    assert not untested, f"no row in BROKEN and no predicate in PREDICATES for {sorted(untested)}"


@pytest.mark.parametrize("id", BROKEN)
def test_a_row_breaks_the_rule_until_it_is_mended(shipped: Study, engine: Engine, id: str):
    broken, mended = BROKEN[id]
    rule = next(rule for rule in shipped.rules.rules if rule.id == id)
    table, rows = CANONICAL[rule.table], [broken, {**broken, **mended}]
    text = pd.DataFrame([{name: None if cell is None else str(cell) for name, cell in row.items()} for row in rows])
    casts = [f"CAST({name} AS {SQL_TYPES[table.columns[name].dtype]}) AS {name}" for name in text.columns]
    typed = engine.query(f"SELECT CAST(rid AS BIGINT) AS rid, {', '.join(casts)} FROM {engine.scan(text.assign(rid=['0', '1']))}")
    whole = with_all_columns(typed, table, "decimal", engine)
    judged = [bound for bound in bound_rules(shipped, rule.table, table, engine.types(whole)) if bound.rule == id]
    assert rule_violations(rule_flags(whole, judged, engine), judged)["rid"].tolist() == [0]


def linked(*shares: float) -> dict[str, Any]:
    """Customers of one supplier by rank."""
    count = len(shares)
    ranks = range(1, count + 1)
    return {"supplier_id": "A", "customer_id": [f"B{n}" for n in ranks], "year": 2020, "focal": "supplier", "rank": ranks,
            "share": shares}  # fmt: skip


@pytest.mark.parametrize(
    ("id", "rows", "broken"),
    [
        ("E11", {"firm_id": ["A", "A", "A", "B"], "year": [2019, 2020, 2021, 2020], "srdi_ever": [True, False, True, False]},
         [1]),
        ("LK02", linked(60.0, 40.5), []), ("LK02", linked(60.0, 40.6), [0, 1]),
        ("LK03", linked(30.0, 30.0, 10.0), []), ("LK03", linked(30.0, 20.0, 25.0), [1]),
    ],
)  # fmt: skip
def test_rules_over_several_rows(engine: Engine, id: str, rows: dict[str, Any], broken: list[int]):
    frame = pd.DataFrame(rows)
    table = engine.scan(frame.assign(rid=range(len(frame))))
    found = cross_row_findings(CROSS_ROW[id].table, table, table, engine)
    assert found.loc[found["rule"] == id, "rid"].tolist() == broken


def test_every_rule_of_the_code_is_broken_in_some_test(root: Path):
    untested = set(RULES) - mentions((root / "tests").rglob("*.py"))
    assert not untested, f"no test names the rule that it expects of: {sorted(untested)}"


def test_every_shipped_rule_binds_and_has_both_texts(shipped: Study, engine: Engine):
    for name in {rule.table for rule in shipped.rules.rules} | set(shipped.rules.ranges):
        table = CANONICAL[name]
        blank = engine.query("SELECT CAST(1 AS BIGINT) AS rid")
        whole = with_all_columns(blank, table, "decimal", engine)
        judged = bound_rules(shipped, name, table, engine.types(whole))
        broken = rule_violations(rule_flags(whole, judged, engine), judged)
        assert judged and set(broken["name"].str[:4]) <= {"SL04"}  # all missing, all undecided; SL04 is about presence
    for rule in shipped.rules.rules:
        assert all((rule.text.zh, rule.text.en, rule.mend.zh, rule.mend.en))
        assert rule.text.en.isascii()


def test_ranges_name_numbers_that_exist(shipped: Study):
    for name, ranges in shipped.rules.ranges.items():
        for column, (low, high) in ranges.items():
            assert CANONICAL[name].columns[column].dtype in ("number", "integer")
            assert (low is None or not isinf(low)) and (low is None or high is None or low < high)


def test_ids_built_into_the_code_are_not_taken_by_the_config(shipped: Study):
    """One id says one thing; E06 stands in both: fractions are found while parsing, negatives by the rule."""
    assert {rule.id for rule in shipped.rules.rules} & set(RULES) == {"E06"}
