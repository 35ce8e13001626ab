"""Random dirty tables: every row goes one way, sums add up, and order of rows, hash seed and threads change nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hqd_index.engines import Engine, open_engine
from hqd_index.errors import CheckError, HqdError
from hqd_index.intake import Intake, intake
from hqd_index.intake.layout.text_columns import FILE_SPAN
from hqd_index.intake.read.sheet_cells import ROW_SPAN
from hqd_index.intake.records.input_sums import sums_of_rows
from hqd_index.intake.records.row_ledger import MANY_ROWS, RowBalance, check_balance, check_sums

from ..small import examples
from .conftest import build

NO_RIDS = pd.Series(dtype="int64")
HEADER = ["企业代码", "年份", "行业代码", "营业收入", "员工人数", "研发人员"]
RULES = {
    "gates": {"max_quarantine_share": 1.0},
    "ranges": {"firms": {"year": [2000, 2030], "revenue": [0, None]}},
    "rules": [
        {
            "id": "E02", "table": "firms", "check": "rd_staff <= employees",
            "text": {"zh": "甲", "en": "a"}, "mend": {"zh": "甲", "en": "a"},
        }
    ],
}  # fmt: skip
PLACES = Decimal("1e-8")
"""Cells are rounded once, to the eight decimals of the engine's exact type."""
KEYS = st.sampled_from(["000001", "000002", "000003", "", "—", "NA"])
CELLS = st.sampled_from(
    ["1", "2.5", "100", "-3", "", "不详", "1,5", "inf", "１", "3e2", "x", '"', "7 ", "1e-9", "99999999999999999999"]
)
ROW = st.tuples(KEYS, st.sampled_from(["2019", "2020", "2021", "3021", "?"]), st.sampled_from(["C35", "Z9"]), CELLS, CELLS, CELLS)
RAGGED = st.lists(CELLS, min_size=0, max_size=8)
LINES = st.lists(st.one_of(ROW.map(list), ROW.map(list), ROW.map(list), RAGGED), min_size=1, max_size=25)


def written(lines: list[list[str]], folder: Path) -> None:
    text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) + "\n" for line in [HEADER, *lines])
    (folder / "firms.csv").write_text(text, encoding="utf-8")


def read(lines: list[list[str]], threads: int | None = None) -> tuple[Intake, pd.DataFrame] | None:
    """What intake gives; None where it refuses the file as a whole (no row has the header's width)."""
    with tempfile.TemporaryDirectory() as name, open_engine(threads=threads) as engine:
        folder = Path(name)
        written(lines, folder)
        try:
            got = intake(build(rules=RULES), engine, folder, folder)
        except HqdError as fault:
            if fault.rule not in ("S02", "S04", "S13"):
                raise
            return None
        return got, engine.collect(got.tables["firms"])


def number(cell: str) -> Decimal | None:
    try:
        value = Decimal(cell.strip())
    except ArithmeticError:
        return None
    return value if value.is_finite() and cell.isascii() else None


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LINES)
def test_rows_are_partitioned_and_sums_add_up(lines: list[list[str]]):
    made = read(lines)
    if made is None:
        return
    got, clean = made
    ledger = got.frames["ledger"]
    assert ledger["rows_in"].iloc[0] == len(lines)
    assert (ledger["rows_in"] == ledger["used"] + ledger["quarantined"] + ledger["out_of_scope"]).all()
    used = (clean["rid"] % ROW_SPAN).tolist()
    held = got.raw_rows["row"].tolist()
    assert len(set(used)) == len(used) and not set(used) & set(held)
    assert set(got.frames["quarantine"]["row"]) == set(held)
    aside = len(lines) - len(used) - len(held)
    assert aside == ledger["out_of_scope"].sum() >= 0
    assert clean.set_index(["firm_id", "year"]).index.is_unique
    cells = [(number(lines[row - 2][3]) or Decimal(0)).quantize(PLACES, ROUND_HALF_UP) for row in used]
    wanted = sum(cells, Decimal(0))
    assert clean["revenue"].sum() == pytest.approx(float(wanted), rel=1e-12)  # a few doubles: 1e-16 each


def outcome(made: tuple[Intake, pd.DataFrame] | None) -> Any:
    """What must not depend on the order of rows: clean rows and findings without their row numbers."""
    if made is None:
        return None
    got, clean = made
    found = got.frames["quarantine"]
    rows = clean.drop(columns="rid").astype(str).sort_values(list(clean.columns[:2])).to_numpy().tolist()
    return rows, sorted(found[["rule", "key", "column", "value"]].astype(str).to_numpy().tolist())


@settings(max_examples=examples(5), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LINES, st.randoms(use_true_random=False))
def test_row_order_and_threads_change_nothing(lines: list[list[str]], random: Any):
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert outcome(read(lines, threads=1)) == outcome(read(shuffled, threads=3))


SCRIPT = """
import hashlib, sys
from pathlib import Path
from tests.intake.conftest import build
from tests.intake.test_properties import RULES
from hqd_index.engines import Engine, open_engine
from hqd_index.intake import intake
with open_engine() as engine:
    got = intake(build(rules=RULES), engine, Path(sys.argv[1]), Path(sys.argv[1]))
    text = got.frames["quarantine"].to_csv() + got.frames["ledger"].to_csv() + engine.collect(got.tables["firms"]).to_csv()
print(hashlib.sha256(text.encode()).hexdigest())
"""


def test_hash_seed_changes_nothing(tmp_path: Path, root: Path):
    lines = [[f"{n % 9:06d}", "2020", "C35", "1" if n % 2 else "不详", "5", str(n)] for n in range(30)]
    written(lines, tmp_path)
    said = set()
    for seed in ("1", "42"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path)], env=environment, cwd=root, capture_output=True, text=True, check=True
        )
        said.add(done.stdout)
    assert len(said) == 1


def frame(rids: list[int], **more: Any) -> pd.DataFrame:
    return pd.DataFrame({"rid": pd.Series(rids, dtype="int64"), **more})


BROKEN: Mapping[str, tuple[list[int], list[int], list[int]]] = {
    "lost": ([1, 2, 3], [1], [2]),
    "doubled": ([1, 2, 3], [1, 2, 3], [3]),
    "lost and doubled": ([1, 2, 3], [1, 1, 2], []),
    "from nowhere": ([1, 2], [1, 2, 9], []),
    "another in its place": ([1, 2, 3], [1, 2], [4]),
    "used another": ([1, 2, 3], [1, 2, 4], []),
    "used and removed": ([1, 2, 3], [1, 2], [2]),
    "removed twice": ([1, 2, 3], [1], [2, 2]),
    "of another sheet": ([1, 2, 3], [1, 2, FILE_SPAN + 3], []),
    "came twice": ([1, 2, 2, 3], [1, 2], [3, 3]),
    "a gap": ([1, 2, 4], [1, 2, 3], []),
}


@pytest.mark.parametrize("row_count", [0, MANY_ROWS + 1], ids=["grouped", "in order"])
@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_unbalanced_books_are_an_error_of_the_program(
    case: tuple[list[int], list[int], list[int]], row_count: int, engine: Engine
):
    came, used, out = case
    balance = RowBalance(engine.scan(frame(came)), engine.scan(frame(used)), frame(out), row_count)
    with pytest.raises(CheckError) as caught:
        check_balance(balance, engine, "firms")
    assert caught.value.exit_code == 4


def test_many_rows_are_compared_in_their_order_without_grouping_them(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    rows = [FILE_SPAN + 2, FILE_SPAN + 3, FILE_SPAN + 4, 2 * FILE_SPAN + 2]
    balance = RowBalance(engine.scan(frame(rows)), engine.scan(frame([rows[0], *rows[2:]])), frame([rows[1]]), MANY_ROWS + 1)
    collect, queries = engine.collect, []
    monkeypatch.setattr(engine, "collect", lambda query: queries.append(query) or collect(query))
    check_balance(balance, engine, "firms")
    assert queries and not any("GROUP BY rid" in query for query in queries)


def test_a_changed_value_unbalances_the_sums(engine: Engine):
    before = engine.scan(frame([1, 2, 3], revenue=[1.0, 2.0, 4.0]))
    sums = sums_of_rows(before, pd.Series([3]), ["revenue"], engine)
    check_sums(sums, engine.scan(frame([1, 2], revenue=[1.0, 2.0])), engine, "firms")
    with pytest.raises(CheckError):
        check_sums(sums, engine.scan(frame([1, 2], revenue=[1.0, 2.5])), engine, "firms")


def test_the_ledger_names_the_row_and_keeps_no_table(engine: Engine):
    """An id counts files, columns of a sheet laid out across, and rows: the row is what a spreadsheet shows."""
    rid = 3 * FILE_SPAN + 2 * ROW_SPAN + 5
    balance = RowBalance(engine.scan(frame([rid, 2])), engine.scan(frame([2])), frame([]))
    before = engine.names()
    with pytest.raises(CheckError, match=r"row 5 came 1 and went 0 times"):
        check_balance(balance, engine, "firms")
    whole = engine.scan(frame([1, 2, 3], revenue=[1.0, 2.0, 4.0]))
    used = engine.scan(frame([1, 2], revenue=[1.0, 2.0]))
    check_sums(sums_of_rows(whole, pd.Series([3]), ["revenue"], engine), used, engine, "firms")
    assert sorted(engine.names()) == sorted([*before, whole, used])
    empty = engine.scan(frame([], revenue=[]))
    check_sums(sums_of_rows(empty, NO_RIDS, ["revenue"], engine), empty, engine, "firms")


@pytest.mark.parametrize(
    ("total", "change", "balances"), [(1e6, 0.9e-3, True), (1e6, 3e-3, False), (0.0, 1e-9, True), (0.0, 1.5e-9, False)]
)
def test_sums_may_differ_by_rounding_of_their_size(total: float, change: float, balances: bool, engine: Engine):
    before = engine.scan(frame([1, 2], revenue=[total, -total]))
    after = engine.scan(frame([1, 2], revenue=[total, -total + change]))
    sums = sums_of_rows(before, NO_RIDS, ["revenue"], engine)
    if balances:
        check_sums(sums, after, engine, "firms")
    else:
        with pytest.raises(CheckError, match="revenue"):
            check_sums(sums, after, engine, "firms")
