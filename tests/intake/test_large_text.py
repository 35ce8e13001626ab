"""A large text is read as a small one, to the character: whatever its cells, lines, encoding, and the blocks it is read in."""

from __future__ import annotations

import io
import re
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hqd_index.engines import open_engine
from hqd_index.intake import Intake, intake
from hqd_index.intake.read.delimited_text import RecordShape, write_plain_records
from hqd_index.intake.read.large_text import stored_text, text_blocks
from hqd_index.intake.read.large_text.plain_lines import LineFiles, write_plain_lines
from hqd_index.intake.read.large_text.text_blocks import gb18030_to_utf8, utf8_blocks
from hqd_index.intake.read.typed_cells_text import STORED_KINDS, TEXT_PATTERNS, TEXT_TYPES, number_text_sql

from .conftest import FIRMS, Builder

CHARACTERS = ["a", "7", ",", "\n", "\r", "\r\n", " ", "中", "丂", "é", "𠮷", "\u3000", "一丁"]  # 丂: 0x8140, half of it is @
PIECES = st.lists(st.sampled_from(CHARACTERS), max_size=40).map("".join)
LINES = st.lists(
    st.sampled_from(["1,2,3", "1, 2,3", "中,,\u3000x", "", "注:一", "1,2", "1,2,3,4", ",,"]), min_size=2, max_size=12
)
COLUMNS = {  # one way of printing in each, or several, or what is no plain number
    "revenue": ["2000000", "3000000.5", "4000000.25", "5000000", "6000000.1", "7000000"],
    "cogs": ["1.0", "2.5", "3.25", "", "100000000.0", "0.0"],
    "rd_exp": ["1.00", "2.50", "3.25", "0.00", "9999999999999.99", ""],
    "total_assets": ["1.5", "2.50", "3", "4.0", "5", "6"],
    "total_liab": ["0.1", "0.30000000000000004", "1e3", "123456789.123456789", "-0.0", "12"],
    "equity": ["1.123456789", "2.5", "3.0", "4.125", "-5.75", "0.1"],
    "inventory": ["1 234.5", "不详", "--", "NA", "12万元", "(3)"],
    "receivables": ["1_0", "+-1", "inf", "nan", "1e400", "0x1F"],
    "fixed_assets": ["", "", "", "", "", ""],
    "employees": ["10", "20", "30", "40.0", "50", "60"],
    "rd_staff": ["1", "2", "-3", "4", "", "1000000000000000"],
    "patents_total": ["01", "2", "+3", "4", "5", "6"],
    "overseas_rev": [" 1.5", "2.5 ", "3.5", "4.5", "5.5", "6.5"],
    "gov_subsidy": ["70000000000000.01", "1.25", "2.25", "3.25", "4.25", "5.25"],
    "digital_invest": [".5", "5.", "0.5", "1", "2", "1.239"],
}
COLUMN_GROUPS = [list(COLUMNS)[first::5] for first in range(5)]
"""Three in a file: enough to be told apart, and few enough that a row refused for one still shows the others."""
WHOLE_PARTS = ["", "0", "00", "01", "1", "10", "12345", "123456789", "9007199254741", "9999999999999", "99999999999999", "1e3"]
FRACTIONS = [
    "", ".", ".0", ".00", ".5", ".50", ".05", ".25", ".1234", ".0001", ".00001", ".123456", ".1234567",
    ".0123456789", ".01234567891", ".0001234567891", ".00012345678912", ".1e2",
]  # fmt: skip
HALF_A_HUNDREDTH = 0.005
REST_OF_TEXT = [",,", "", "注:数据来自年报", "000009,2020"]


@given(text=PIECES)
def test_gb18030_becomes_the_utf8_of_its_characters(text: str):
    content = text.encode("gb18030")
    assert gb18030_to_utf8(content) == text.encode()
    assert gb18030_to_utf8(b"x" * 9999 + content) == b"x" * 9999 + text.encode()


@pytest.mark.parametrize("content", [b"a,\xb9", b"a,\xb9,1", b"\xff\xff", b"x" * 999 + b"\x80\x80"])
def test_bytes_that_are_no_gb18030_are_refused(content: bytes):
    with pytest.raises(UnicodeDecodeError):
        gb18030_to_utf8(content)


@given(text=PIECES, encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]), size=st.sampled_from([1, 2, 5, 1 << 20]))
def test_blocks_hold_the_lines_of_the_text(tmp_path_factory: pytest.TempPathFactory, text: str, encoding: str, size: int):
    path = tmp_path_factory.mktemp("blocks") / "a.csv"
    path.write_bytes(text.encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_blocks, "BLOCK_BYTES", size)
        blocks = list(utf8_blocks(path, encoding.removesuffix("-sig")))
    expected = io.StringIO(text, newline=None).read()
    assert b"".join(blocks).decode() == (expected if expected.endswith("\n") or not expected else expected + "\n")
    assert all(block.endswith(b"\n") for block in blocks)


@given(lines=LINES, header_lines=st.integers(1, 2), size=st.integers(1, 12))
def test_lines_are_counted_and_set_aside_as_records_are(lines: list[str], header_lines: int, size: int):
    shape, text, plain = RecordShape(",", 3, header_lines), "".join(f"{line}\n" for line in lines), io.StringIO()
    records = write_plain_records(io.StringIO(text), plain, shape, "a.csv")
    written_lines = io.BytesIO()
    blocks = ["".join(f"{line}\n" for line in lines[start : start + size]).encode() for start in range(0, len(lines), size)]
    counts = write_plain_lines(blocks, LineFiles(written_lines, io.BytesIO(), 9), shape, "a.csv")
    assert counts == records
    excluded = {excluded_row.row for excluded_row in counts.excluded_rows}
    text_rows = written_lines.getvalue().decode().splitlines()
    assert all(text_row.count(",") == shape.field_count - 1 for text_row in text_rows)
    written = enumerate(text_rows, header_lines + 1)
    assert [f"{row},{line}" for row, line in written if row not in excluded] == plain.getvalue().splitlines()


@pytest.mark.parametrize("kind", TEXT_PATTERNS)
def test_a_number_gives_back_each_plain_text_of_its_kind(kind: str):
    texts = ["".join(parts) for parts in product(["", "-", "+"], WHOLE_PARTS, FRACTIONS)]
    plain_texts = [text for text in texts if re.fullmatch(TEXT_PATTERNS[kind], text)]
    number = f"CAST(text AS {TEXT_TYPES[STORED_KINDS[kind]]})"
    with open_engine() as engine:
        rows = engine.scan(pd.DataFrame({"text": plain_texts}))
        other_texts = engine.collect(f"SELECT text FROM {rows} WHERE {number_text_sql(number, kind)} <> text")
    assert len(plain_texts) >= len(WHOLE_PARTS) - 2
    assert other_texts["text"].tolist() == []


def read(study: Builder, folder: Path, *, is_large: bool) -> tuple[Intake, dict[str, pd.DataFrame]]:
    """What intake makes of the files, its tables as frames."""
    rules = {"gates": {"max_quarantine_share": 1.0}}
    with pytest.MonkeyPatch.context() as patch, open_engine() as engine:
        patch.setattr(stored_text, "LARGE_TEXT", 0 if is_large else 1 << 40)
        result = intake(study({"firms": {**FIRMS, "path": "firms*.csv"}}, rules), engine, folder / "data", folder / "configs")
        return result, {name: engine.collect(table) for name, table in result.tables.items()}


def write_firms(path: Path, columns: dict[str, list[str]], first_number: int, quote: str = "") -> None:
    rows = [
        [f"{first_number + place:06d}", "2020", f"{quote}C35{quote}", *cells]
        for place, cells in enumerate(zip(*columns.values()))
    ]
    lines = [["firm_id", "year", "industry_code", *columns], *rows]
    text = "\n".join([*(",".join(cells) for cells in lines), *REST_OF_TEXT])
    path.write_bytes(text.encode("gb18030"))


@pytest.mark.parametrize("names", COLUMN_GROUPS, ids=" ".join)
@pytest.mark.parametrize("quote", ["", '"'])
def test_cells_of_a_large_text_are_those_of_a_small_one(study: Builder, folder: Path, names: list[str], quote: str):
    """Whichever way a column is printed, and in another way in a second file: cells, findings, repairs, notices, counts."""
    columns = {"revenue": COLUMNS["revenue"], "total_assets": COLUMNS["revenue"]} | {name: COLUMNS[name] for name in names}
    write_firms(folder / "data" / "firms_1.csv", columns, 1, quote)
    write_firms(folder / "data" / "firms_2.csv", columns | dict.fromkeys(names, COLUMNS["revenue"]), 11)
    (large, large_tables), (small, small_tables) = (read(study, folder, is_large=is_large) for is_large in (True, False))
    for name, table in small_tables.items():
        pd.testing.assert_frame_equal(large_tables[name], table, check_dtype=False, check_exact=True)
    for name, frame in small.frames.items():
        pd.testing.assert_frame_equal(large.frames[name], frame, check_dtype=False, check_exact=True)
    pd.testing.assert_frame_equal(large.raw_rows, small.raw_rows, check_dtype=False)
    assert large.notices == small.notices
    for column_name, medians in small.medians["firms"].items():  # of hundredths the engine halves no half
        assert large.medians["firms"][column_name] == pytest.approx(medians, abs=HALF_A_HUNDREDTH)


def test_a_guess_from_some_rows_that_others_belie_is_mended(study: Builder, folder: Path):
    """The rows looked at first hold whole numbers; a later one has decimals, another none that a number gives back."""
    count = 3000
    columns = {"revenue": ["2000000"] * count, "cogs": ["5"] * count}
    columns["revenue"][-5], columns["cogs"][-6] = "2000000.75", "5.50e1"
    write_firms(folder / "data" / "firms.csv", columns, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored_text, "SAMPLE_BYTES", 100)
        _, tables = read(study, folder, is_large=True)
    assert tables["firms"]["revenue"].iloc[[-6, -5]].tolist() == [2000000, 2000000.75]
    assert tables["firms"]["cogs"].iloc[[-6, -5]].tolist() == [55, 5]
