"""The example of real figures: what it claims of them, and its command."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hqd_index.cli import main
from hqd_index.engines import open_engine
from hqd_index.errors import ConfigError, SetupError
from hqd_index.example_studies import REPOSITORY, write_example
from hqd_index.intake import intake
from hqd_index.intake.read.sheet_cells import ROW_SPAN
from hqd_index.study.study_folder import load_study

from .small import ROOT

FIGURES = REPOSITORY / "provinces" / "data" / "raw" / "yearbook_long.csv"
SLIPS = {"内蒙占": "内蒙古", "江四": "江西", "江两": "江西", "浙汀": "浙江", "四藏": "西藏", "两藏": "西藏", "山两": "山西"}
INDEPENDENT = 1e-12
"""Two programs that add the same doubles in another order."""
REDUNDANT = 0.9
REPORT_2019 = [
    *(
        "广东",
        "北京",
        "江苏",
        "上海",
        "浙江",
        "山东",
        "重庆",
        "湖北",
        "天津",
        "安徽",
        "四川",
        "陕西",
        "湖南",
        "福建",
        "河南",
        "贵州",
    ),
    *("江西", "海南", "辽宁", "河北", "广西", "云南", "宁夏", "青海", "甘肃", "山西", "吉林", "黑龙江", "新疆", "内蒙古", "西藏"),
]
"""Ranks of the China Regional Innovation Capability Report 2019, which rests on data of 2017."""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of a quick run of the example in the folder that the command writes."""
    folder = tmp_path_factory.mktemp("examples") / "provinces"
    write_example("provinces", folder)
    with suppress(SystemExit):
        main(["run", "--quick", "--study", f"{folder}/configs", "--data", f"{folder}/data/raw", "--out", f"{folder}/out"])
    return folder / "out" / "provinces" / "quick" / "tables"


def published(tables: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(tables / f"{name}.csv", dtype={"unit": str})


def test_entropy_weights_are_those_of_a_script_of_its_own(tables: Path) -> None:
    """Min-max over all years, p = x / sum, e = -sum(p ln p) / ln n, w = (1 - e) / sum, from the raw figures."""
    figures = pd.read_csv(FIGURES)
    figures["地区"] = figures["地区"].str.replace(r"\s", "", regex=True).replace(SLIPS)
    figures = figures[figures["地区"].ne("全国") & figures["年份"].ge(2012)].drop_duplicates(["地区", "年份", "变量"])
    wide = figures.pivot(index=["地区", "年份"], columns="变量", values="数值").drop(index="尔部地区", level=0)
    gdp = wide["v4_ztr_jf_RD"] / wide["v4_ztr_qd_RD"] * 100
    columns = {
        "hightech_weight": wide["v4_cy_scjy_zyyw"] / gdp,
        "hightech_size": wide["v4_cy_scjy_zyyw"] / wide["v4_cy_scjy_qys"],
        "hightech_density": wide["v4_cy_scjy_qys"] / gdp,
    }
    values = pd.DataFrame(columns).groupby(level=0, group_keys=False).apply(lambda years: years.interpolate(limit=1))
    scaled = (values - values.min()) / (values.max() - values.min())
    parts = scaled / scaled.sum()
    entropy = -np.where(parts > 0, parts * np.log(parts.where(parts > 0, 1)), 0).sum(axis=0) / np.log(len(parts))
    weights = published(tables, "weights").query("parent == 'hightech'").set_index("node")["share_local"]
    np.testing.assert_allclose(weights[list(columns)], (1 - entropy) / (1 - entropy).sum(), rtol=INDEPENDENT)


def test_no_indicator_repeats_another(tables: Path) -> None:
    raw = (
        published(tables, "indicators").query("sample == 'all'").pivot(index=["unit", "year"], columns="indicator", values="raw")
    )
    correlations = raw.corr().abs().to_numpy()
    assert len(raw.columns) == 12
    assert correlations[~np.eye(12, dtype=bool)].max() < REDUNDANT


def test_the_ranking_is_as_near_to_a_published_one_as_its_page_says(tables: Path) -> None:
    scores = published(tables, "scores").query("node == 'innovation' and year == 2017 and sample == 'all'").set_index("unit_zh")
    correlation = scores["rank"].corr(pd.Series({name: rank for rank, name in enumerate(REPORT_2019, 1)}), method="spearman")
    assert f"秩相关系数为 {correlation:.2f}。" in (REPOSITORY / "provinces" / "README.md").read_text("utf-8")


def test_provinces_add_up_to_the_nation_as_its_page_says() -> None:
    figures = pd.read_csv(FIGURES)
    figures["地区"] = figures["地区"].str.replace(r"\s", "", regex=True)
    figures = figures[figures["年份"].ge(2012)].drop_duplicates(["地区", "年份", "变量"])
    is_nation, is_province = figures["地区"].eq("全国"), ~figures["地区"].isin(["全国", "尔部地区"])
    nation, total = (figures[rows].groupby(["变量", "年份"])["数值"].sum() for rows in (is_nation, is_province))
    gap = (nation / total - 1).dropna().groupby("变量")
    largest, smallest = gap.max(), gap.min()
    assert largest["v4_cy_scjy_qys"] == smallest["v4_cy_scjy_qys"] == 0
    exact = ["v4_cy_scjy_zyyw", "v4_ztr_jf_RD", "v4_zh_nbzc_hj", "v4_zh_nbzc_jcyj", "v6_cz_yszc_hj", "v6_cz_yszc_kxjs"]
    assert gap.apply(lambda series: series.abs().max())[exact].max() < 3e-5
    others = ["v4_cg_zlsq2_fm", "v4_cg_zlsyx_hj", "v4_cg_zlsyx_fm", "v4_cg_jssc_ht", "v4_cg_jssc_je", "v4_cg_jssr_je"]
    assert smallest[others].min() > 0.0055 and largest[others].max() < 0.225


def test_an_example_is_written_into_a_new_folder_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'provinces'"):
        write_example("province", tmp_path / "new")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(SetupError, match="not empty"):
        write_example("provinces", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_each_figure_is_traced_to_the_row_that_prints_it() -> None:
    """A row of the wide table is made of many rows of the long one: a cell leads to its own, not to the first of them."""
    lines = FIGURES.read_text("utf-8-sig").splitlines()
    configs, data = REPOSITORY / "provinces" / "configs", FIGURES.parent
    study = load_study(configs).study
    with open_engine() as engine:
        members = intake(study, engine, data, configs).members["row_members"]
        cells = engine.collect(f"SELECT * FROM {members}").drop_duplicates("column")
    variables = study.sources.sources["yearbook"].reshape
    assert variables is not None
    assert len(cells) == len(variables.columns)
    for column, member in zip(cells["column"], cells["member"]):
        printed_variable = lines[member % ROW_SPAN - 1].split(",")[3]
        assert variables.columns[printed_variable] == column


def test_the_tutorial_quotes_the_run(tables: Path) -> None:
    ledger = pd.read_csv(tables / "ledger.csv")
    scores = published(tables, "scores").query("node == 'innovation' and year == 2023 and sample == 'all'").sort_values("rank")
    first, incoming = ledger.query("stage == 'read'").iloc[0], ledger.query("stage == 'validate'").iloc[0]
    out_of_scope = int(first["out_of_scope"] + incoming["out_of_scope"])
    zh, en = ((ROOT / "docs" / language / "tutorial-provinces.md").read_text("utf-8") for language in ("zh", "en"))
    assert "、".join(scores["unit_zh"][:3]) in zh and scores["unit_zh"].iloc[9] == "江西"
    rows_in, used, quarantined = f"{first['rows_in']:,}", f"{incoming['used']:,}", incoming["quarantined"]
    assert f"有 {rows_in} 行" in zh and f"采用 {used} 行，隔离 {quarantined} 行，范围外 {out_of_scope} 行" in zh
    assert f"{rows_in} rows" in en and f"{used} used, {quarantined} quarantined, {out_of_scope} out of scope" in en
    assert FIGURES.read_text("utf-8-sig").splitlines()[1647].startswith("江西,2023,RDIntense,v4_ztr_qd_RD,RD强度,1.88")
