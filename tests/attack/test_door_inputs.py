"""Inputs after real statistical files: each is read as its author meant it, or stops with what was printed and the mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hqd_index.engines.duckdb import Engine
from hqd_index.errors import HqdError
from hqd_index.intake import Intake, intake

from ..intake.conftest import LABEL, build

ALIASES = {"地区": "region", "年份": "year", "产值": "x", "利润": "y"}


def read(folder: Path, files: dict[str, str | bytes], source: dict[str, Any], unit: str = "亿元") -> tuple[Intake, list[Any]]:
    """The intake of a table of regions and years with `x` and `y` in a unit, and its values of `x` in the order of its rows."""
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    columns = {"region": {"dtype": "text", "label": LABEL}}
    columns |= {name: {"dtype": "number", "unit": unit, "label": LABEL} for name in ("x", "y")}
    tables = {"t": {"key": ["region", "year"], "columns": columns}}
    study = build(
        {"a": {"path": "a.*", "table": "t", "aliases": ALIASES, **source}},
        {"gates": {"max_quarantine_share": 0.99}},
        tables=tables,
        study={"unit": {"by": ["region"], "names": "code"}},
    )
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": "sum(x)"})
    study = study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
    with Engine() as engine:
        result = intake(study, engine, folder, folder)
        return result, engine.collect(f"SELECT x FROM {result.tables['t']} ORDER BY year, region")["x"].tolist()


# label of the column, its unit in the study, what 10000 under the label is in it; None: W11 stops the run
LABELS: list[tuple[str, str, float | None]] = [
    ("产值（千元）", "亿元", 0.1), ("产值(1000 yuan)", "亿元", 0.1), ("产值(RMB'000)", "亿元", 0.1), ("产值(K RMB)", "亿元", 0.1),
    ("产值(M RMB)", "亿元", 100), ("产值, 100 million yuan", "亿元", 1e4), ("产值﹝万元﹞", "亿元", 1), ("产值（十亿元）", "亿元", 1e5),
    ("产值_wanyuan", "亿元", 1), ("產值(萬元)", "亿元", 1), ("产值(億圓)", "亿元", 1e4), ("产值（10⁴元）", "亿元", 1),
    ("产值(10^4元)", "亿元", 1), ("产值(1e4元)", "亿元", 1), ("产值(10 000 yuan)", "亿元", 1), ("产值（2015年价，亿元）", "亿元", 1e4),
    ("产值(yuan,10000)", "亿元", None), ("产值(单位:万元,%)", "亿元", None), ("产值（元/人）", "亿元", None),
    ("产值(百万美元)", "亿元", None), ("产值(￥万)", "亿元", None), ("产值（M）", "亿元", None), ("产值 万元／年", "亿元", None),
    ("产值（人•年）", "人年", 1e4), ("产值（万人·年）", "人年", 1e8), ("产值(位)", "人", 1e4), ("产值(10000 persons)", "人", 1e8),
    ("产值（万千瓦·时）", "千瓦时", 1e8), ("产值(TWh)", "亿千瓦时", 1e5), ("产值(亿度)", "亿千瓦时", 1e4),
    ("产值(kt CO₂)", "万吨", 1e3), ("产值(百万吨CO2)", "万吨", 1e6), ("产值（千克标准煤/万元）", "吨标煤/万元", 10),
    ("产值（‰）", "%", 1e3), ("产值（个百分点）", "%", 1e4), ("产值(小数)", "%", 1e6), ("产值（件/百万人）", "件/万人", 100),
    ("产值（元／人）", "万元/人", 1), ("产值（千公顷）", "公顷", 1e7), ("产值（万亩）", "公顷", None), ("产值（亿卢布）", "亿元", None),
    ("产值（上年＝100）", "上年=100", 1e4), ("产值(2015=100)", "上年=100", None),
]  # fmt: skip


@pytest.mark.parametrize(("label", "unit", "value"), LABELS, ids=[label for label, *_ in LABELS])
def test_units_of_a_label(tmp_path: Path, label: str, unit: str, value: float | None):
    files: dict[str, str | bytes] = {"a.csv": f'地区,年份,"{label}"\n甲,2019,10000\n'}
    aliases = {**ALIASES, label: "x"}
    if value is not None:
        assert read(tmp_path, files, {"aliases": aliases}, unit)[1] == [pytest.approx(value)]
        return
    with pytest.raises(HqdError) as caught:
        read(tmp_path, files, {"aliases": aliases}, unit)
    assert (caught.value.rule, caught.value.exit_code) == ("W11", 3)
    assert all("units: {x:" in caught.value.text(language) and "a.csv" in caught.value.text(language) for language in ("zh", "en"))


# lines above the header, lines between header and data, lines below the data, and what 10000 is in 亿元; None: W11
LINES: list[tuple[str, str, str, float | None]] = [
    ("单位 万元", "", "", 1), ("单位：万元（当年价格）", "", "", 1), ("单位：万元  Unit: 10 000 yuan", "", "", 1),
    ("（除特别注明外，金额单位为人民币万元）", "", "", 1), ("金额以万元计", "", "", 1), ("單位：萬元", "", "", 1),
    ("(10 000 yuan)", "", "", 1), ("In millions of RMB", "", "", 100), ("单位：亿元、万人", "", "", 1e4),
    ("表1 各地区产值 单位:万元", "", "", 1), ("单位：元,,单位：万元", "", "", None), ("单位：千美元", "", "", None),
    ("主要指标 万元口径", "", "", None), ("2022年亿元以上商品交易市场", "", "", 1e4),
    ("", "单位：万元", "", 1), ("", ",,（万元）", "", 1), ("", "-,-,万元", "", 1), ("", ",,%", "", None),
    ("", "", "单位：万元", None), ("", "", "注：产值单位为万元", None), ("", "", "注:金额以万元计", None), ("", "", "单位：亿元", 1e4),
    ("", "", "注：规模以上指年主营业务收入2000万元及以上的企业", 1e4),
]  # fmt: skip


@pytest.mark.parametrize(("above", "between", "below", "value"), LINES, ids=[" | ".join(line[:3]) for line in LINES])
def test_units_in_the_lines_around_a_table(tmp_path: Path, above: str, between: str, below: str, value: float | None):
    lines = [above, "地区,年份,产值", between, "甲,2019,10000", below]
    text = "\n".join(line + "," * (2 - line.count(",")) for line in lines if line) + "\n"
    if value is not None:
        assert read(tmp_path, {"a.csv": text}, {})[1] == [pytest.approx(value)]
        return
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {"a.csv": text}, {})
    assert (caught.value.rule, caught.value.exit_code) == ("W11", 3) and "units: {x:" in caught.value.en
    assert read(tmp_path, {"a.csv": text}, {"units": {"x": "万元"}})[1] == [1]


def test_a_column_of_units_holds_for_the_table_or_stops(tmp_path: Path):
    one = "地区,年份,产值,单位\n甲,2019,10000,万元\n乙,2019,20000,万元\n"
    assert read(tmp_path, {"a.csv": one}, {})[1] == [2, 1]
    with pytest.raises(HqdError) as caught:
        read(tmp_path, {"a.csv": one.replace("20000,万元", "2,亿元")}, {})
    assert caught.value.rule == "W11" and all(part in caught.value.zh for part in ("万元", "亿元"))
