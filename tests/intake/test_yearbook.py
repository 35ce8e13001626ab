"""The real yearbook in long form: labels, units, duplicates and reshaping, with every row accounted for."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.intake import Intake, intake
from hqd_index.intake.meaning.official_codes import province

from .conftest import LABEL, build

# read off the page by eye: what the recogniser made of 西藏, 内蒙古, 山西, 江西, 浙江 (shared/data/README.md)
SLIPS = {"两藏": "西藏", "四藏": "西藏", "内蒙占": "内蒙古", "山两": "山西", "江两": "江西", "江四": "江西", "浙汀": "浙江"}
SERIES = {
    "v4_zh_nbzc_hj": ("rd_total", "万元"), "v4_cy_qyzl_fms": ("patents_inv", "件"), "v4_cy_RDhd_qsdl": ("rd_fte", "人年"),
    "v4_cy_scjy_lrze": ("profit", "亿元"), "v4_cg_zlsq_hj": ("granted", "件"), "v4_cg_zlsyx_hj": ("in_force", "件"),
}  # fmt: skip

CONTINUED = 96  # lines that end a quoted cell begun on the line above: the file has that many more lines than rows


@pytest.fixture(scope="module")
def raw(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "data/cn_st_yearbook/long_all.csv.gz", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def read(shared: Path) -> Iterator[tuple[Intake, pd.DataFrame]]:
    columns = {name: {"unit": unit, "label": LABEL} for name, unit in SERIES.values()}
    columns["region"] = {"dtype": "text", "label": LABEL}
    source = {
        "path": "cn_st_yearbook/long_all.csv.gz", "table": "provinces", "aliases": {"province_raw": "province_code"},
        "values": {"province_code": SLIPS}, "missing": ["", "NA"],
        "reshape": {
            "names": "variables", "values": "value", "units": "units",
            "columns": {name: column for name, (column, _) in SERIES.items()},
        },
    }  # fmt: skip
    tables = {"provinces": {"key": ["province_code", "year"], "columns": columns}}
    open_gate = {"gates": {"max_quarantine_share": 1.0}}  # one of the five series stands in two tables: a fifth of the rows
    unit = {"unit": {"by": ["province_code"], "names": "gbt2260"}}
    study = build({"yearbook": source}, open_gate, tables=tables, study=unit)
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": "sum(rd_total)"})
    study = study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
    with open_engine() as engine:
        got = intake(study, engine, shared / "data", shared)
        yield got, engine.collect(got.tables["provinces"])


def test_72_spellings_are_31_provinces_the_country_and_one_that_maps_to_none(raw: pd.DataFrame):
    spellings = raw["province_raw"].unique()
    assert len(spellings) == 72
    closed = {text: "".join(text.split()) for text in spellings}
    codes = {text: province(SLIPS.get(closed[text], closed[text])).code for text in spellings}
    unknown = {closed[text] for text in spellings if codes[text] is None}
    assert unknown == {"全国", "尔部地区"}
    assert len({code for code in codes.values() if code}) == 31


def test_every_row_is_used_quarantined_or_out_of_scope(read: tuple[Intake, pd.DataFrame], raw: pd.DataFrame, shared: Path):
    ledger = read[0].frames["ledger"]
    with gzip.open(shared / "data/cn_st_yearbook/long_all.csv.gz", "rb") as file:
        lines = sum(1 for _ in file)
    assert ledger["rows_in"].iloc[0] == lines - 1 == len(raw) + CONTINUED == 21631 + CONTINUED
    assert (ledger["rows_in"] == ledger["used"] + ledger["quarantined"] + ledger["out_of_scope"]).all()
    country = raw["province_raw"].map(lambda text: "".join(text.split())) == "全国"
    listed = raw["variables"].isin(list(SERIES))
    assert ledger["out_of_scope"].sum() == (country | ~listed).sum() + CONTINUED


def test_unknown_regions_are_quarantined_with_their_row(read: tuple[Intake, pd.DataFrame], raw: pd.DataFrame):
    found = read[0].frames["quarantine"]
    unknown = found[found["rule"] == "C03"]
    wanted = raw.index[raw["province_raw"].str.contains("尔部") & raw["variables"].isin(list(SERIES))] + 2
    assert unknown["row"].tolist() == wanted.tolist()
    assert set(unknown["value"]) == {"尔部地区"}


def test_of_two_values_that_differ_by_rounding_the_finer_one_is_kept(
    read: tuple[Intake, pd.DataFrame], raw: pd.DataFrame, shared: Path
):
    wide = read[1].assign(province=read[1]["province_code"]).set_index(["province", "year"])["rd_total"]
    conflicts = pd.read_csv(shared / "data/cn_st_yearbook/conflicting_duplicates.csv")
    conflicts = conflicts[conflicts["province_fixed"] != "全国"]
    within = kept = 0
    for row in conflicts.itertuples():
        texts = raw.loc[
            (raw["province"].map(lambda text: SLIPS.get(text, text)) == row.province_fixed)
            & (raw["year"] == str(row.year)) & (raw["variables"] == row.variables), "value",
        ]  # fmt: skip
        values = sorted({text.removesuffix(".0") for text in texts}, key=lambda text: len(text.partition(".")[2]))
        coarse, fine = values[0], values[-1]
        step = 0.5 * 10.0 ** -len(coarse.partition(".")[2])
        got = wide.get((province(row.province_fixed).code, row.year))
        if abs(float(fine) - float(coarse)) <= step * (1 + 1e-9):  # both are decimals read as binary
            within += 1
            kept += got == float(fine)
        else:
            assert pd.isna(got)
    assert within == kept > 200


def test_identical_duplicates_keep_the_first(read: tuple[Intake, pd.DataFrame]):
    found = read[0].frames["quarantine"]
    identical = found[(found["rule"] == "E01") & found["expected_zh"].str.contains("完全相同")]
    assert len(identical) > 0
    assert read[1].set_index(["province_code", "year"]).index.is_unique


def test_the_wide_table_is_that_of_an_independent_reshape(read: tuple[Intake, pd.DataFrame], shared: Path):
    """province_year_wide.csv keeps the first of two values; columns without conflicts must agree exactly."""
    wanted = pd.read_csv(shared / "data/cn_st_yearbook/province_year_wide.csv")
    wanted = wanted[wanted["province"] != "全国"].assign(
        province_code=lambda rows: rows["province"].map(lambda p: province(p).code)
    )
    both = read[1].merge(wanted, on=["province_code", "year"], validate="one_to_one")
    assert len(both) == len(read[1])
    for raw_name, (name, _) in SERIES.items():
        if name != "rd_total":
            pd.testing.assert_series_equal(both[name], both[raw_name], check_names=False)
            assert both[name].count() == wanted[raw_name].count() > 0


def test_wrong_unit_labels_are_told_and_not_applied(read: tuple[Intake, pd.DataFrame]):
    told = {notice.zh.partition(":")[0]: notice.zh for notice in read[0].notices if notice.rule == "W04"}
    assert set(told) == {"patents_inv", "rd_fte"}
    assert "万元" in told["patents_inv"] and "件" in told["patents_inv"]
    assert "2020" in told["rd_fte"] and "人年" in told["rd_fte"]
