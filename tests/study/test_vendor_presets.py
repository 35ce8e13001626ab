"""Presets of vendors: every item names a column there is, the study's own words win, and what is not verified is marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from hqd_index.canonical import CANONICAL
from hqd_index.errors import Faults
from hqd_index.expressions import parse
from hqd_index.study.records import Source
from hqd_index.study.study_folder import load_study
from hqd_index.study.varied_study import vary
from hqd_index.study.vendor_presets import FOLDER, of_preset, preset, unverified, with_preset

Broken = Callable[..., Path]
VENDORS = [name for name in get_args(get_args(Source.model_fields["preset"].annotation)[0]) if name]
TO_VERIFY = {  # domain/data.md: CSMAR items not compared with the vendor's list
    "A003000000", "A001111000", "A001212000", "A001218000", "B001209000", "B001210000", "B001211000", "B001216000", "B002000000",
    "Y0601b", "RDPerson", "RDSpendSum",
}  # fmt: skip
VERIFIED = {
    "A001000000": "total_assets", "A002000000": "total_liab", "B001101000": "revenue", "B001201000": "cogs",
    "A001123000": "inventory", "C001000000": "op_cashflow",
}  # fmt: skip


def test_every_vendor_has_a_file_and_every_file_is_offered():
    assert sorted(VENDORS) == sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", VENDORS)
def test_every_item_names_a_column_and_its_source(name):
    vendor = preset(name)
    tables = ("firms", "industry")
    known = {column for table in tables for column in CANONICAL[table].columns}
    assert {item.column for item in vendor.columns.values()} <= known
    assert {*vendor.values, *vendor.pad} <= known and vendor.source and vendor.label.zh
    for rule in vendor.out_of_scope:
        assert parse(rule.when, columns=CANONICAL["firms"].columns, aggregate=False)
    for column, words in vendor.values.items():
        assert set(words.values()) <= set(CANONICAL["firms"].columns[column].categories)


def test_csmar_holds_the_items_of_the_domain_and_marks_those_to_verify():
    items = preset("csmar").columns
    assert {code: items[code].column for code in VERIFIED} == VERIFIED
    assert not any(items[code].to_verify for code in VERIFIED)
    assert all(items[code].to_verify for code in TO_VERIFY)


def csmar(**said: object) -> Source:
    return with_preset(
        Source.model_validate({"path": "a.csv", "table": "firms", "preset": "csmar", **said}), CANONICAL["firms"].columns
    )


def test_a_preset_brings_labels_dates_types_and_marks():
    source = csmar()
    assert source.aliases["B001101000"] == "revenue" and source.aliases["Accper"] == "statement_date"
    assert source.values["statement_type"]["A"] == "consolidated" and source.pad == {"firm_id": 6}
    assert "NULL" in source.missing and source.out_of_scope[0].when == "statement_type = 'parent'"


def test_what_the_study_says_wins():
    source = csmar(
        aliases={"B001101000": "cogs", "总营收": "revenue"}, missing=["无"], pad={"firm_id": 8},
        values={"statement_type": {"合": "consolidated"}},
        out_of_scope=[{"when": "statement_type = 'consolidated'", "reason": {"zh": "合并", "en": "group"}}],
    )  # fmt: skip
    assert source.aliases["B001101000"] == "cogs" and source.aliases["总营收"] == "revenue"
    assert of_preset(source, "B001201000", "cogs") and not of_preset(source, "B001101000", "cogs")
    assert (
        source.missing == ("无",) and source.pad == {"firm_id": 8} and source.values == {"statement_type": {"合": "consolidated"}}
    )
    assert [rule.when for rule in source.out_of_scope if "statement_type" in rule.when] == ["statement_type = 'consolidated'"]


def test_twice_is_once():
    source = csmar(aliases={"总营收": "revenue"})
    assert with_preset(source, CANONICAL["firms"].columns) == source


def test_labels_not_verified_are_named():
    source = csmar()
    assert unverified(source, {"B001101000": "revenue", "A003000000": "equity"}) == [("A003000000", "equity", "所有者权益合计")]


def test_a_study_loads_with_a_preset_and_varies(broken: Broken):
    folder = broken("sources.yaml", "    path: firms_*.csv\n", "    path: firms_*.csv\n    preset: csmar\n")
    study = load_study(folder).study
    firms = study.sources.sources["firms"]
    assert firms.aliases["Stkcd"] == firms.aliases["证券代码"] == "firm_id"
    assert firms.aliases["A001000000"] == "total_assets" and firms.aliases["营业收入"] == "revenue"
    assert vary(study, {"study.seed": 1}).sources == study.sources


def test_a_wrong_name_gets_the_nearest(broken: Broken):
    with pytest.raises(Faults) as caught:
        load_study(broken("sources.yaml", "    path: firms_*.csv\n", "    path: firms_*.csv\n    preset: cmsar\n"))
    assert "您是不是想写 'csmar'" in caught.value.faults[0].zh
