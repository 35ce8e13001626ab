"""The same files scored by province, by province and industry, and by groups of firms: unit and time come from the config."""

import pandas as pd
import pytest

from .small import DemoRun, Place, run

QUALITY = "quality: {innovation: [inn1, inn2, inn3], brand: [brd1, brd2]}"
SAFETY = "safety: {advantage: [adv4, adv5], smoothness: [smo1, smo2, smo3]}"
FIRMS_ONLY = f"{{hqd: {{{QUALITY}, {SAFETY}}}}}"
CHANGES = [
    "indicators.profile=null",
    "indicators.profiles={}",
    f"indicators.tree={FIRMS_ONLY}",
    "indicators.nodes={}",
    "regressions.controls={}",
    "uncertainty.draws=0",
    "uncertainty.alternatives={}",
    "study.outputs=[page]",
]


@pytest.fixture
def here(demo_run: DemoRun, tmp_path) -> Place:
    """The files as the shared run has read them: intake is the same for every unit."""
    copy = demo_run.place.copy_cache(tmp_path)
    for scenario in (copy.configs / "scenarios").glob("*.yaml"):
        scenario.unlink()
    return copy


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unit", "fewest", "example"),
    [
        ("{by: [province_code], names: gbt2260, groups: region}", 25, "浙江"),
        ("{by: [ownership], names: code, groups: {table: firms, column: ownership}}", 3, "private"),
        ("{by: [province_code, ownership], names: gbt2260, groups: region}", 40, "浙江·private"),
    ],
    ids=["province", "ownership", "province x ownership"],
)
def test_other_units_run_whole(here, capsys, unit, fewest, example):
    ended = run(capsys, here.change(f"study.unit={unit}", "study.min_firms=3", *CHANGES))
    assert ended.code == 0, ended.said
    scores = here.table("scores").query("sample == 'all' and node == 'hqd'")
    ranked = scores.groupby("year")["rank"].count()
    assert ranked.min() >= fewest * 0.5 and scores["unit"].nunique() >= fewest
    assert scores["unit_zh"].str.contains(example).any()
    assert {"density"} <= set(here.table("density").columns)
    if unit.startswith("{by: [province_code],"):
        pd.testing.assert_series_equal(*rd_intensity(here), check_names=False, check_index_type=False, rtol=1e-9)


def rd_intensity(here: Place) -> tuple[pd.Series, pd.Series]:
    """R&D intensity of provinces as published, and from the clean rows apart from the panel's code."""
    import duckdb

    clean = next((here.out / ".cache" / "intake").glob("*/clean_firms.parquet"))
    firms = duckdb.sql(f"SELECT province_code, year, CAST(rd_exp AS DOUBLE) r, CAST(revenue AS DOUBLE) v FROM '{clean}'").df()
    sums = firms.groupby(["province_code", "year"])[["r", "v"]].sum()
    cells = here.table("indicators").query("sample == 'all' and indicator == 'inn1'")
    cells = cells.assign(unit=cells["unit"].astype(str)).set_index(["unit", "year"])["raw"].dropna()
    return cells, (100 * sums["r"] / sums["v"]).loc[cells.index]
