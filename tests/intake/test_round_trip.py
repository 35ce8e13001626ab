"""Random tables written in every format, layout and spelling of units that is claimed are read back equal, or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from hqd_index.engines import Engine, open_engine
from hqd_index.errors import HqdError
from hqd_index.intake import Intake, intake
from hqd_index.intake.read.sheet_cells import BLANKS

from ..small import examples
from .conftest import build
from .file_writers import WRITERS

pytest.importorskip("pyreadstat")
pytest.importorskip("arro3.io")

MARKS = "甲乙丙丁戊己庚辛é àZz09.,;|'\"()（）%#=+-@<>&\n\t\r"
UNITS = {
    "": 0, "(元)": 0, "（万元）": 4, "(万元)": 4, "(单位：万元)": 4, "[万元]": 4, "_万元": 4, "（亿元）": 8,
    " (千元)": 3, "（百万元）": 6,
}  # fmt: skip
COLUMNS = {
    "id": {"dtype": "text", "label": {"zh": "代码", "en": "id"}},
    "name": {"dtype": "text", "label": {"zh": "名称", "en": "name"}},
    "x": {"dtype": "number", "unit": "元", "label": {"zh": "收入", "en": "x"}},
    "d": {"dtype": "date", "label": {"zh": "日期", "en": "d"}},
}  # fmt: skip
TABLES = {"t": {"key": ["id", "year"], "columns": COLUMNS}}


@dataclass(frozen=True)
class Row:
    """A row of the table as it is meant; `x` in the unit of its header."""

    id: str
    year: int
    name: str
    x: Decimal | None
    d: date | None


@dataclass(frozen=True)
class Written:
    """A sheet, what sources.yaml says of it, and the columns that it holds."""

    table: list[list[Any]]
    source: dict[str, Any]
    columns: tuple[str, ...]


texts = st.text(MARKS, max_size=12).map(lambda text: text.strip(BLANKS))
ids = st.tuples(
    st.sampled_from("甲乙丙ABé"), st.text(MARKS.replace("\n", "").replace("\t", "").replace("\r", ""), max_size=6)
).map(lambda parts: "".join(parts).strip(BLANKS))
numbers = st.decimals(-(10**9), 10**9, places=3) | st.integers(-(10**9), 10**9).map(Decimal)
dates = st.dates(date(1990, 1, 1), date(2030, 12, 31))
rows = st.lists(
    st.builds(Row, ids, st.integers(2015, 2018), texts, st.none() | numbers, st.none() | dates), min_size=2, max_size=9,
    unique_by=lambda row: (row.id, row.year),
).filter(lambda rows: any(row.x is not None for row in rows) and any(row.d is not None for row in rows))  # fmt: skip


def number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def plain(rows: list[Row], unit: str) -> Written:
    table = [["代码", "年份", "名称", f"收入{unit}", "日期"]]
    return Written(table + [[row.id, row.year, row.name, number(row.x), row.d] for row in rows], {}, ("name", "x", "d"))


def years_across(rows: list[Row], unit: str) -> Written:
    years = sorted({row.year for row in rows} | {2015, 2016})
    values = {(row.id, row.year): number(row.x) for row in rows}
    lines = [[id, *(values.get((id, year)) for year in years)] for id in dict.fromkeys(row.id for row in rows)]
    table = [["代码", *(f"{year}年{unit}" for year in years)], *lines]
    return Written(table, {"reshape": {"across": ["year"], "value": "x"}}, ("x",))


def two_lists(rows: list[Row], unit: str) -> Written:
    half = (len(rows) + 1) // 2
    cells = [[row.id, row.year, number(row.x)] for row in rows]
    lines = [left + right for left, right in zip(cells[:half], [*cells[half:], *[[None] * 3] * (2 * half - len(rows))])]
    return Written([["代码", "年份", f"收入{unit}"] * 2, *lines], {"reshape": {"side_by_side": True}}, ("x",))


def turned(rows: list[Row], unit: str) -> Written:
    lines = [["代码", *(row.id for row in rows)], ["年份", *(str(row.year) for row in rows)]]
    lines.append([f"收入{unit}", *("" if row.x is None else str(row.x) for row in rows)])
    return Written(lines, {"reshape": {"transpose": True}}, ("x",))


LAYOUTS: dict[str, Callable[[list[Row], str], Written]] = {
    "plain": plain, "years across": years_across, "two lists": two_lists, "turned": turned,
}  # fmt: skip
REPEATED_LABELS = ("csv", "utf-", "gb18030", "tabs", "semicolons", "xlsx", "ods", "another")
"""Formats that may hold a label twice: those without a type for each column."""


def read(folder: Path, name: str, source: dict[str, Any], engine: Engine) -> Intake:
    study = build({"a": {"path": name, "table": "t", **source}}, {"gates": {"max_quarantine_share": 1.0}}, tables=TABLES)
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": "sum(x)"})
    study = study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
    return intake(study, engine, folder, folder)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=rows, case=st.sampled_from(sorted(WRITERS)), layout=st.sampled_from(sorted(LAYOUTS)), unit=st.sampled_from(sorted(UNITS))
)
def test_what_is_written_is_read_back_equal_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], case: str, layout: str, unit: str
):
    if layout in ("two lists", "turned") and not case.startswith(REPEATED_LABELS):
        layout = "plain"
    if unit and layout == "years across":
        unit = f"({unit.strip(' _()（）[]').removeprefix('单位：')})"
    written = LAYOUTS[layout](rows, unit)
    folder = tmp_path_factory.mktemp("trip")
    _, name, write = WRITERS[case]
    write(folder / name, written.table)
    with open_engine() as engine:
        try:
            result = read(folder, name, written.source, engine)
        except HqdError as fault:
            event(f"refused: {fault.rule}")
            assert fault.exit_code == 3 and fault.rule in ("S04", "S06"), fault.text("en")
            return
        frame = engine.collect(f"SELECT * REPLACE (CAST(x AS VARCHAR) AS x) FROM {result.tables['t']}")
    shift = UNITS[unit] if unit in UNITS else {"元": 0, "万元": 4, "亿元": 8, "千元": 3, "百万元": 6}[unit.strip("()")]
    expected = {(row.id, row.year): row for row in rows}
    got = {(line["id"], int(line["year"])): line for line in frame.to_dict("records")}
    for key, line in got.items():
        if key not in expected:  # a cell of the matrix that no row gave
            assert layout == "years across" and _missing(line["x"])
            continue
        for column in written.columns:
            _compare(line.get(column), getattr(expected[key], column), shift, column)
    lost = expected.keys() - got.keys()
    event("read whole" if not lost else "rows refused")
    ledger = result.frames["ledger"]
    assert (ledger["rows_in"] == ledger["used"] + ledger["quarantined"] + ledger["out_of_scope"]).all()
    if lost:
        told = result.frames["quarantine"].query("severity == 'error'")
        assert len(told) or all(expected[key].x is None for key in lost), lost


def _missing(cell: Any) -> bool:
    return cell is None or cell != cell or str(cell) in ("", "NaT", "<NA>")


def _compare(cell: Any, meant: Any, shift: int, column: str) -> None:
    if meant is None or meant == "":
        assert _missing(cell)
    elif isinstance(meant, Decimal):
        assert not _missing(cell) and float(cell) == pytest.approx(float(meant.scaleb(shift)), rel=1e-12), (column, meant)
    elif isinstance(meant, date):
        assert str(cell)[:10] == meant.isoformat()
    else:
        assert _one_line_end(str(cell)) == _one_line_end(meant)


def _one_line_end(text: str) -> str:
    """Text formats do not tell the ends of lines inside a cell apart."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
