"""The survey of a text file against Python's own decoding and counting, whatever the pieces it is read in."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hqd_index.errors import DataError
from hqd_index.intake.read import text_encoding
from hqd_index.intake.read.text_encoding import first_bad_line, survey_text, wide_encoding

PIECES = st.lists(st.sampled_from(["a", ",", '"', "\n", "\r", "\r\n", "中", "é", "𠮷", "\r\r\n"]), max_size=30).map("".join)
CHINESE = "企业名称,年份,营业收入\n甲公司,二零二零,一百二十三\n" * 3


def surveyed(folder: Path, content: bytes, piece: int, declared: str = "auto") -> text_encoding.TextSurvey:
    path = folder / "a.csv"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_encoding, "CHUNK_BYTES", piece)
        return survey_text(path, declared, "a.csv")


def lines_of(text: str) -> int:
    return len(list(io.StringIO(text, newline=None)))


@given(text=PIECES, piece=st.sampled_from([1, 2, 3, 7, 1 << 20]), encoding=st.sampled_from(["utf-8", "utf-16", "gb18030"]))
def test_lines_and_quotes_are_those_of_the_text(
    tmp_path_factory: pytest.TempPathFactory, text: str, piece: int, encoding: str
) -> None:
    declared = "auto" if encoding == "utf-8" else encoding
    found = surveyed(tmp_path_factory.mktemp("survey"), text.encode(encoding), piece, declared)
    assert (found.encoding, found.has_quotes, found.lines) == (encoding, '"' in text, lines_of(text))


@pytest.mark.parametrize("piece", [5, 1 << 20])
@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (CHINESE.encode("utf-8"), "utf-8"),
        (CHINESE.encode("gb18030"), "gb18030"),
        (b"name,year\n" * 3 + CHINESE.encode("gb18030"), "gb18030"),
        (CHINESE.encode("utf-8") + b"\xff\xff,1\n" * 9, "utf-8"),
        ("中文,五\n".encode() + b"\xb9\xfa,1\n", "gb18030"),  # 6 bytes beyond one per character: not plainly UTF-8
        (CHINESE.encode("utf-16"), "utf-16"),
        ("id,year\n1,2020\n".encode("utf-16-le"), "utf-16-le"),
        ("id,year\n1,2020\n".encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_the_encoding_of_a_text(tmp_path: Path, content: bytes, encoding: str, piece: int) -> None:
    assert surveyed(tmp_path, content, piece).encoding == encoding


@pytest.mark.parametrize(
    "content",
    ["nom,annee\nSociété générale,2020\nCrédit à l'été,2021\n".encode("latin-1"), "臺灣積體電路製造,2020\n".encode("big5")],
)
def test_letters_of_europe_and_characters_of_big5_are_not_taken_for_gb18030(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match="neither UTF-8 nor"):
        surveyed(tmp_path, content, 1 << 20)
    assert surveyed(tmp_path, content, 1 << 20, "gb18030").encoding == "gb18030"


def test_three_rare_characters_among_ten_are_gb18030_and_four_are_not(tmp_path: Path) -> None:
    """The second byte of 丂 is 0x40, below those of the usual characters."""
    usual, rare = "国".encode("gb18030"), "丂".encode("gb18030")
    assert surveyed(tmp_path, usual * 7 + rare * 3, 1 << 20).encoding == "gb18030"
    with pytest.raises(DataError):
        surveyed(tmp_path, usual * 6 + rare * 4, 1 << 20)


@pytest.mark.parametrize(("content", "line"), [(b"a\nb\nc\x00\n", 3), (b"\x00", 1), (b"a,b\n" * 9 + b"\x00\x00", 10)])
@pytest.mark.parametrize("piece", [2, 1 << 20])
def test_a_nul_is_at_its_line(tmp_path: Path, content: bytes, line: int, piece: int) -> None:
    with pytest.raises(DataError) as caught:
        surveyed(tmp_path, content, piece, "utf-8")
    assert (caught.value.rule, caught.value.location) == ("S03", f"a.csv:{line}")


@pytest.mark.parametrize("piece", [1, 4, 1 << 20])
def test_the_first_byte_that_is_no_text_is_at_its_line(tmp_path: Path, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_encoding, "CHUNK_BYTES", piece)
    (tmp_path / "a.csv").write_bytes("甲\n乙\n".encode() + b"\xb9\xfa\n")
    assert first_bad_line(tmp_path / "a.csv", "utf-8") == 3
    (tmp_path / "a.csv").write_bytes("甲\n乙".encode()[:-1])
    assert first_bad_line(tmp_path / "a.csv", "utf-8") == 2
    (tmp_path / "a.csv").write_bytes("甲\n".encode())
    assert first_bad_line(tmp_path / "a.csv", "utf-8") is None


@pytest.mark.parametrize("piece", [10, 64])
def test_a_line_beyond_the_limit_is_refused(tmp_path: Path, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_encoding, "MAX_LINE", 100)
    for content in (b"a\n" + b"x" * 101, b"x" * 101, b"a\rb\n" * 40 + b"x" * 170 + b"\n"):
        with pytest.raises(DataError) as caught:
            surveyed(tmp_path, content, piece)
        assert caught.value.rule == "S09"
    assert surveyed(tmp_path, (b"x" * 90 + b"\n") * 5 + (b"y" * 90 + b"\r") * 5, piece).lines == 10


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"a\x00b\x00c\x00d\x00", "utf-16-le"), (b"\x00a\x00b\x00c\x00d", "utf-16-be"), (b"a\x00b\x00c\x00", None),
        (b"abcdefgh", None), (b"\x00" * 8, None), (b"\x00\x00b\x00c\x00d\x00", None),
        (b"a\x00b\x00cdefghijkl", None),
        ("甲a乙b丙cde".encode("utf-16-le"), "utf-16-le"),
    ],
)  # fmt: skip
def test_nuls_at_every_other_place_are_utf_16(content: bytes, encoding: str | None) -> None:
    assert wide_encoding(content) == encoding


@pytest.mark.parametrize("rows_before", [3, 20_000])
def test_two_exports_in_two_encodings_are_refused(tmp_path: Path, rows_before: int):
    """The rows in UTF-8 would be read as other Chinese characters, and as units of their own."""
    first, second = ("江苏,2020,9\n浙江,2020,8\n" * rows_before, "江苏,2021,9\n广东,2021,8\n" * rows_before)
    path = tmp_path / "a.csv"
    path.write_bytes(("地区,年份,收入\n" + first).encode("gb18030") + second.encode())
    with pytest.raises(DataError) as caught:
        survey_text(path, "auto", "a.csv")
    assert caught.value.rule == "S03" and f"第 {2 * rows_before + 2} 行是 UTF-8" in caught.value.text("zh")
    path.write_bytes(("地区,年份,收入\n" + first + second).encode("gb18030"))
    assert survey_text(path, "auto", "a.csv").encoding == "gb18030"
    assert survey_text(path, "gb18030", "a.csv").encoding == "gb18030"
