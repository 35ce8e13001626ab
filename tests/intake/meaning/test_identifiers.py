"""Ids in one canonical form whatever a spreadsheet or vendor made of them; what has none is refused."""

from __future__ import annotations

import pytest

from hqd_index.intake.meaning.identifiers import area_code, credit_code, firm_id, hs6, is_no_id, padded_code, stock_code

STOCK = {
    "000001": ['="000001"', "'000001", "000001.SZ", "SZ000001", "1", "1.0", "000 001", "\t000001", "sz.000001", "000001.XSHE",
               "SZSE.000001", "０００００１", '"000001"', "=1", "000001-SZ", "000001 SZ", "000001\u200b", "深000001", "'000001'",
               "1.SZ", "001.xshe"],
    "600000": ["600000.SH", "sh600000", "600000.SS", "SHSE.600000", "600000.0", " 600000 "], "430047": ["430047.BJ", "bj430047"],
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in STOCK.items() for text in texts])
def test_stock_codes_have_one_form_and_are_counted(code: str, text: str):
    reading = stock_code(text)
    assert (reading.value, reading.rule) == (code, "") and reading.repair


def test_a_stock_code_as_it_should_be_is_no_repair():
    assert stock_code("000001").repair == "" and stock_code("91110108123456789K").rule == "C06"


@pytest.mark.parametrize(
    ("text", "rule"),
    [("1E5", "C06"), ("6.0E5", "C06"), ("0000001", "C06"), ("甲公司", "C03"), ("00700.HK", "C03"), ("-1", "C03"), ("1.5", "C03"),
     ("0", "C03"), ("9.11101E+17", "C06"), ("nan", "C04"), ("NaN", "C04"), ("None", "C04"), ("NULL", "C04"), ("#N/A", "C04")],
)  # fmt: skip
def test_what_is_no_stock_code_is_refused(text: str, rule: str):
    assert (stock_code(text).value, stock_code(text).rule) == (None, rule)


def test_na_is_a_code_of_a_unit():
    assert not is_no_id("NA") and firm_id("NA").value == "NA"
    assert all(is_no_id(text) for text in ("nan", "NaN", "None", "NULL", "<NA>", "N/A"))


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", "1"), ("013", "013"), ("1E5", "1E5"), ("000001.SZ", "000001"), ('="000001"', "000001"), ("客户一", "客户一"), ("1.0",
    "1"),
     ("2594.SZ", "002594"), ("0700.HK", "0700.HK"), ("0.SZ", "0.SZ"), ("甲 公司", "甲 公司"),
     ("000000000000000000", "000000000000000000"), (" 甲 ", "甲")],
)  # fmt: skip
def test_ids_of_any_kind_keep_what_is_theirs(text: str, value: str):
    assert firm_id(text).value == value


@pytest.mark.parametrize(("text", "rule"), [("9.11101E+17", "C06"), ("911101081234567000", "C06"), ("NaN", "C04")])
def test_ids_that_lost_digits(text: str, rule: str):
    assert firm_id(text).rule == rule


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [("0" * 18, "0" * 18, ""), (" " + "0" * 18, "0" * 18, ""), ("'" + "0" * 18, "0" * 18, ""), ("1" + "0" * 16 + "y",
    "1" + "0" * 16 + "Y", ""),
     ("1" + "0" * 17, None, "C06"), ("9.1E+17", None, "C06"), ("123456789012345", None, "C06"), ("无", None, "C03"), ("12345",
     None, "C03")],
)  # fmt: skip
def test_credit_codes(text: str, value: str | None, rule: str):
    """GB 32100-2015: 17 zeros need the check character 0, a single 1 in front of 16 zeros needs Y."""
    assert (credit_code(text).value, credit_code(text).rule) == (value, rule)


@pytest.mark.parametrize(
    ("text", "value"),
    [("10121", "010121"), ("0101.21", "010121"), ("01.01.21", "010121"), ("010121", "010121"), ("010121.0", "010121"),
    ('="010121"', "010121"),
     ("9801", None), ("1", None), ("01012100", None), ("77.01.01", None), ("990101", None), ("1E5", None)],
)  # fmt: skip
def test_products_of_the_harmonised_system(text: str, value: str | None):
    assert hs6(text).value == value and (value is not None or hs6(text).rule in ("C03", "C06"))


@pytest.mark.parametrize(
    ("text", "value"),
    [("11", "110000"), ("1101", "110100"), ("110100", "110100"), ("110100000000", "110100"), ("110100.0", "110100"), ("苏州市",
    "苏州市"),
     ("1", None), ("110101001001", None)],
)  # fmt: skip
def test_area_codes(text: str, value: str | None):
    assert area_code(text).value == value


def test_other_codes_are_padded_to_their_width():
    assert [padded_code(text, 4).value for text in ("1", "0123", "12.0", "C1", "='7'", "12345")] == [
        "0001",
        "0123",
        "0012",
        "C1",
        "0007",
        "12345",
    ]
