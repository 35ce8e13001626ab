"""Code lists against the published trees; editions against the table of splits; check characters by hand."""

from pathlib import Path

import pandas as pd
import pytest

from hqd_index.intake.meaning.identifiers import firm_id, stock_code
from hqd_index.intake.meaning.industries import industry, names_of_one_edition
from hqd_index.intake.meaning.official_codes import divisions, province, provinces, uscc_valid


def test_divisions_are_those_of_the_published_tree(shared: Path):
    tree = pd.read_csv(shared / "data/gbt4754_2017/gbt4754_2017_tree.csv", dtype=str)
    wanted = tree[(tree["level"] == "2") & (tree["parent"] == "C")].set_index("code")["name_zh"]
    assert divisions().set_index("code")["zh"].to_dict() == wanted.to_dict()


def test_names_of_other_editions_lead_to_their_division(shared: Path):
    tree = pd.read_csv(shared / "data/gbt4754_2017/gbt4754_2011_tree.csv", dtype=str)
    named = tree[(tree["level"] == "3") & (tree["parent"] == "C")]
    assert {row.code: industry(row.name_zh, "2011").code for row in named.itertuples()} == {c: c for c in named["code"]}


@pytest.mark.parametrize(
    ("text", "version", "code"),
    [
        ("C35", "2017", "C35"), ("35", "2011", "C35"), ("3511", "2017", "C35"), ("专用设备\n 制造业", "2017", "C35"),
        ("36", "2002", "C35"), ("35", "2002", "C34"), ("30", "2002", "C29"), ("29", "2002", "C29"), ("43", "2002", "C42"),
        ("372", "2002", "C36"), ("371", "2002", "C37"), ("37", "2002", "C36+C37"), ("38", "2002", None), ("415", "2002", "C34"),
        ("44", "2017", "D44"), ("C44", "2017", None),
        ("A01", "2017", "A01"), ("06", "2017", "B06"), ("B12", "2017", "B12"), ("12", "2002", None), ("60", "2017", "G60"),
        ("98", "2017", None), ("97", "2017", "T97"), ("98", "2002", "T98"), ("64", "2002", None), ("B13", "2017", None),
        ("G53", "2002", "G53"), ("G53", "2017", "G53"), ("G59", "2002", "G59"), ("H62", "2002", "H62"),
        ("合计-总计", "2017", "C"), ("工业-全部工业", "2017", "C"), ("制造业-C", "2017", None), ("J-金融业", "2017", "J"),
        ("医药制造业-C27", "2017", "C27"), ("C39-C38", "2017", None), ("医药制造业-纺织业", "2017", None),
        ("Z99", "2017", None), ("C12", "2017", None), ("专用设备", "2017", "C35"), ("设备", "2017", None),
    ],
)  # fmt: skip
def test_industry_texts(text: str, version: str, code: str | None):
    assert industry(text, version).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("浙 江", "330000"), ("浙江省", "330000"), ("Zhejiang", "330000"), ("33", "330000"), ("330100", "330000"),
        ("Shanxi", "140000"), ("Shaanxi", "610000"), ("内蒙古 自治区", "150000"), ("浙汀", None), ("尔部地区", None),
    ],
)  # fmt: skip
def test_province_texts_are_exact(text: str, code: str | None):
    assert province(text).code == code


def test_a_slip_is_only_suggested():
    assert province("浙汀").suggestion == "浙江"


def test_provinces_are_34():
    assert len(provinces()) == 34 and provinces()["short_zh"].is_unique


def test_check_character_by_hand():
    """GB 32100-2015: 31 - sum(value x 3^(k-1)) mod 31; 17 zeros need 0, a single 1 in front needs 30 = Y."""
    assert uscc_valid("0" * 18)
    assert uscc_valid("1" + "0" * 16 + "Y")
    assert not uscc_valid("1" + "0" * 17)
    assert not uscc_valid("O" + "0" * 17)


def test_names_that_tell_an_edition():
    """Of 2002 alone, of the later ones alone, of both: the last tell nothing."""
    cells = ["证券业", "卫生和社会工作", "水上运输业", "无此行业"]
    assert names_of_one_edition(cells, "2002") == ["证券业"]
    assert names_of_one_edition(cells, "2017") == names_of_one_edition(cells, "2011") == ["卫生和社会工作"]


@pytest.mark.parametrize(
    ("cell", "value", "rule"),
    [
        ("000004.SZ", "000004", ""), ("SZ000005", "000005", ""), ("600000.SH", "600000", ""), ("7", "000007", ""),
        ("000000", None, "C03"), ("0", None, "C03"), ("1234567", None, "C06"), ("1.2E+07", None, "C06"), ("abc", None, "C03"),
        ("nan", None, "C04"),
    ],
)  # fmt: skip
def test_stock_codes(cell: str, value: str | None, rule: str):
    found = stock_code(cell)
    assert (found.value, found.rule) == (value, rule)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("000004.SZ", "000004"), ("SZ000005", "000005"), ("7", "7"), ("A-7", "A-7"), ("0" * 18, "0" * 18), ("None", None)],
)
def test_ids_of_any_kind(cell: str, value: str | None):
    assert firm_id(cell).value == value
