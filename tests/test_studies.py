"""Three real studies, each a config folder like a user's, run on the data beside the project."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest
from ruamel.yaml import YAML

from hqd_index.api import build_index
from hqd_index.api.frame_index import LEVELS

from .report.printed_numbers import all_numbers, published
from .report.test_one_number import FEWEST_MEANINGS, derived, disagreements, read_results
from .report.test_prose import methods_texts, prose_faults
from .small import ROOT, Ended, hqd, only_run

yaml = YAML(typ="safe")

ANCHOR = 1e-9
"""COINr's reference is written with 15 significant digits; scores are on 0-100."""
SAME = 1e-12
"""Points of a score of 100: the same arithmetic on values that were written and read in full."""
NATIONAL = 1e-4
"""Relative: the yearbook prints provinces and the national total rounded in their own units."""


class Run:
    """A study's published tables."""

    def __init__(self, ended: Ended, folder) -> None:
        self.ended, self.folder = ended, folder

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / "tables" / f"{name}.csv", dtype={"unit": str})


@pytest.fixture(scope="module")
def run(shared, tmp_path_factory, request):
    """A study run once for all its tests."""
    runs: dict[str, Run] = {}

    def once(name: str, capsys) -> Run:
        if name not in runs:
            out = tmp_path_factory.mktemp(name)
            location = [
                "--study",
                str(ROOT / "tests" / "studies" / name),
                "--data",
                str(shared / "data" / name),
                "--out",
                str(out),
            ]
            tables_alone = () if name == "us_firms_innovation" else ("--set", "study.outputs=[]")
            ended = hqd(capsys, "run", *location, "--set", "uncertainty.draws=0", *tables_alone)
            assert ended.code == 0, ended.said
            runs[name] = Run(ended, only_run(out / name))
        return runs[name]

    return once


def reference(shared, name: str) -> pd.DataFrame:
    return pd.read_csv(shared / "reference" / "coinr_asem" / f"{name}.csv").set_index("uCode")


def test_asem_agrees_with_coinr_stage_by_stage(run, shared, capsys):
    study = run("asem", capsys)
    cells = study.table("indicators")
    for step, name, scale in (
        ("raw", "dset_Denominated", None),
        ("treated", "dset_Treated", None),
        ("normalised", "dset_Normalised", 100),
    ):
        ours = cells.pivot(index="unit", columns="indicator", values=step)
        theirs = reference(shared, name)[ours.columns]
        gap = (100 * ours - theirs).abs() if scale else (ours / theirs - 1).where(theirs != 0, ours - theirs).abs()
        assert gap.max().max() <= ANCHOR, (name, gap.max().idxmax())
        assert (ours.isna() == theirs.isna()).all().all()
    scores = study.table("scores").pivot(index="unit", columns="node", values="score")
    assert (scores - reference(shared, "dset_Aggregated")[scores.columns]).abs().max().max() <= ANCHOR
    assert len(scores.columns) == 11


def test_asem_ranks_are_the_published_ones(run, shared, capsys):
    ranks = run("asem", capsys).table("scores").query("node == 'Index'").set_index("unit")["rank"]
    theirs = reference(shared, "results_ranks")["Index"]
    assert (ranks.loc[theirs.index] == theirs).all()


def test_asem_has_no_density_and_says_so(run, capsys):
    reasons = run("asem", capsys).table("not_made")
    assert "regressions" in set(reasons["table"]) and reasons["mend_en"].str.len().min() > 0


def test_us_firms_make_an_index_and_a_baseline(run, capsys):
    study = run("us_firms_innovation", capsys)
    scores = study.table("scores").query("sample == 'all' and node == 'quality'")
    assert scores.groupby("year")["unit"].nunique().eq(16).all() and scores["year"].nunique() == 9
    ledger = study.table("ledger").query("stage == 'validate'")
    assert ledger["rows_in"].item() == 6208 and ledger["used"].item() == 3342
    base = study.table("regressions").query("spec == 'twfe' and sample == 'all' and outcome == 'quality' and term == 'density'")
    both = study.table("scores").query("node == 'quality'").pivot(index=["unit", "year"], columns="sample", values="score")
    lagged = both.dropna().query("year > 1991")  # a unit-year counts when both samples have a score and density a year before
    assert base["n_obs"].item() == len(lagged) and base["n_clusters"].item() == 16
    assert base["estimate"].notna().item()


def test_us_density_and_an_indicator_by_plain_pandas(run, shared, capsys):
    """The rule of sources.yaml and one formula computed apart from the pipeline."""
    study = run("us_firms_innovation", capsys)
    raw = pd.read_csv(shared / "data" / "us_firms_innovation" / "sandwich_InstInnovation.csv")
    density = study.table("density").set_index(["unit", "year"])
    raw["small"] = (raw["employment"] < 1) & (raw["randd"] > 0.2 * raw["sales"])
    by_hand = 1000 * raw.groupby([raw["industry"].astype(str), "year"])["small"].mean()
    assert density["count"].to_numpy() == pytest.approx(by_hand.loc[density.index].to_numpy(), rel=1e-12)
    cells = study.table("indicators").query("sample == 'all' and indicator == 'inn_pat'").set_index(["unit", "year"])["raw"]
    sums = raw.groupby([raw["industry"].astype(str), "year"])[["patents", "sales"]].sum()
    assert cells.to_numpy() == pytest.approx((1000 * sums["patents"] / sums["sales"]).loc[cells.index].to_numpy(), rel=1e-9)


def test_yearbook_scores_31_provinces_and_loses_no_row(run, capsys):
    study = run("cn_st_yearbook", capsys)
    scores = study.table("scores").query("node == 'development'")
    assert scores.groupby("year")["unit"].nunique().to_dict() == dict.fromkeys(range(2018, 2024), 31)
    assert scores["score"].notna().all()
    ledger = study.table("ledger")
    assert (ledger["rows_in"] == ledger[["used", "quarantined", "out_of_scope"]].sum(axis=1)).all()
    assert ledger["rows_in"].max() == 21727


def test_yearbook_sets_aside_the_second_of_each_pair_only(run, capsys):
    """Every spelling inside the years of the study finds its region; 尔部地区 stands in 2014 only, outside them."""
    study = run("cn_st_yearbook", capsys)
    assert set(study.table("quarantine")["rule"]) == {"E01"}
    assert "研究期以外的年份" in study.table("ledger")["reason"].iloc[-1]


def test_yearbook_provinces_add_up_to_the_national_total(run, shared, capsys, record_property):
    """Rows of 全国 are out of scope, not lost: four series add up to them; the gap of the others is reported."""
    study = run("cn_st_yearbook", capsys)
    columns = yaml.load((ROOT / "tests" / "studies" / "cn_st_yearbook" / "sources.yaml").read_text("utf-8"))
    named = columns["sources"]["yearbook"]["reshape"]["columns"]
    cache = next(parent / ".cache" for parent in study.folder.parents if (parent / ".cache").is_dir())
    clean = next((cache / "intake").glob("*/clean_provinces.parquet"))
    ours = duckdb.sql(f"SELECT * FROM '{clean}'").df().groupby("year").sum(numeric_only=True, min_count=1)
    raw = pd.read_csv(shared / "data" / "cn_st_yearbook" / "long_all.csv.gz")
    nation = raw[(raw["province_raw"].str.replace(r"\s", "", regex=True) == "全国") & raw["year"].between(2018, 2023)]
    gaps = {}
    for variable, column in named.items():
        total = nation[nation["variables"] == variable].groupby("year")["value"].max()
        gaps[variable] = float((ours[column].loc[total.index] / total - 1).abs().max())
    record_property("gap of provinces to the national total", gaps)
    for variable in ("v4_cy_scjy_qys", "v4_cy_scjy_zyyw", "v4_zh_nbzc_hj", "v4_ztr_jf_RD"):
        assert gaps[variable] <= NATIONAL, (variable, gaps[variable])
    assert 0.003 <= gaps["v4_cg_zlsyx_hj"] <= 0.06  # patents of regions outside the 31 (data/README.md)


@pytest.mark.parametrize("name", ["asem", "cn_st_yearbook", "us_firms_innovation"])
def test_an_index_from_a_frame_is_that_of_the_study(run, shared, capsys, name):
    """The published raw values, the study's own tree and weighting: build_index gives its scores back."""
    study, configs = run(name, capsys), ROOT / "tests" / "studies" / name
    indicators, design = (yaml.load((configs / f"{part}.yaml").read_text("utf-8")) for part in ("indicators", "weighting"))
    cells = study.table("indicators").query("sample == 'all'")
    frame = cells.pivot(index=["unit", "year"], columns="indicator", values="raw").reset_index()
    regions = pd.read_csv(shared / "data" / "asem" / "ASEM_iData.csv").set_index("uCode")["EurAsia_group"]
    frame = frame.assign(region=frame["unit"].map(regions) if name == "asem" else "")
    directions = {id: leaf["direction"] for id, leaf in indicators["indicators"].items() if "direction" in leaf}
    result = build_index(
        frame,
        indicators["tree"],
        design,
        directions=directions,
        levels=indicators.get("levels", LEVELS[3]),
        year="year",
        group="region",
    )
    ours = result.scores.set_index(["unit", "year", "node"])[["score", "rank"]]
    theirs = study.table("scores").query("sample == 'all'").set_index(["unit", "year", "node"])[["score", "rank"]]
    gap = (ours - theirs.reindex(ours.index)).abs().max()
    assert len(ours) == len(theirs) and (ours.notna() == theirs.reindex(ours.index).notna()).all().all()
    assert gap["score"] <= SAME and gap["rank"] == 0


def test_a_real_study_prints_one_number_for_one_meaning(run, capsys):
    study = run("us_firms_innovation", capsys)
    results = read_results(ROOT / "tests" / "studies" / "us_firms_innovation", study.folder)
    printed, values = all_numbers(results, study.folder, study.ended.said), derived(published(study.folder, results), results)
    assert not disagreements(printed, values)
    assert len({number.meaning for number in printed}) >= FEWEST_MEANINGS


@pytest.mark.parametrize("name", ["asem", "cn_st_yearbook", "us_firms_innovation"])
def test_methods_of_a_real_study_speak_of_what_ran(run, capsys, name):
    study = run(name, capsys)
    results = read_results(ROOT / "tests" / "studies" / name, study.folder)
    assert not prose_faults(results, methods_texts(results))
