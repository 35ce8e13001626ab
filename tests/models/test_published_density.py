"""A study of one tidy table: recognised firms come as counts by unit, and the regressions run on them."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.errors import Faults
from hqd_index.panel import build_panel
from hqd_index.study.study_folder import load_study

from ..small import hqd

UNITS, YEARS, EFFECT, NOISE = 25, range(2015, 2021), 0.02, 0.05
STUDY = (
    "version: 1\nname: tidy\nlabel: {zh: 整理表, en: Tidy}\nunit: {by: [area], names: code}\nyears: [2015, 2020]\nlanguage: en\n"
    "outputs: []\n"
)
COLUMN = '      {name}: {{dtype: number, unit: "", label: {{zh: {name}, en: {name}}}}}\n'
SOURCES = (
    "version: 1\nsources:\n  areas: {path: areas.csv, table: areas}\ntables:\n  areas:\n    key: [area, year]\n    columns:\n"
)
INDICATORS = """version: 1
levels: [indicators, dimensions]
tree: {top: {left: [a, b], right: [c, d]}}
indicators:
"""
LEAF = "  {name}: {{table: areas, formula: sum({name}), label: {{zh: {name}, en: {name}}}}}\n"
WEIGHTING = """version: 1
normalise: {method: goalposts, low: {a: 0, b: 0, c: 0, d: 0}, high: {a: 10, b: 10, c: 10, d: 10}}
weight: {indicators: {method: equal}, dimensions: {method: equal}}
aggregate: {indicators: {method: arithmetic}, dimensions: {method: arithmetic}}
"""
GIVEN = "density_source: {table: areas, n_srdi: sum(recognised), n_firms: sum(firms)}\n"
REGRESSIONS = """version: 1
specifications: [{id: twfe, label: {zh: 双向, en: Two-way}, headline: true}]
inference: {draws: 199}
"""


def areas() -> pd.DataFrame:
    """Leaves on 0-10 that rise by 10 x EFFECT x last year's density: the score/100 rises by EFFECT."""
    random = np.random.default_rng(5)
    grid = pd.MultiIndex.from_product([[f"u{k:02d}" for k in range(UNITS)], YEARS], names=["area", "year"]).to_frame(index=False)
    firms = np.repeat(random.integers(500, 2000, UNITS), len(YEARS))
    joined = np.repeat(random.integers(2016, 2021, UNITS), len(YEARS))
    grid = grid.assign(firms=firms, recognised=np.where(grid["year"] >= joined, (grid["year"] - joined + 1) * firms // 200, 0))
    density = 1000 * grid["recognised"] / grid["firms"]
    before = density.groupby(grid["area"]).shift(1, fill_value=0)
    level = np.repeat(random.uniform(2, 4, UNITS), len(YEARS))
    leaves = {leaf: level + 10 * EFFECT * before + NOISE * random.standard_normal(len(grid)) for leaf in "abcd"}
    return grid.assign(**leaves)


@pytest.fixture
def tidy(tmp_path):
    """Writes the study with a density source of these words, and gives the arguments of a run."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "raw").mkdir()
    areas().to_csv(tmp_path / "raw" / "areas.csv", index=False)
    columns = "".join(COLUMN.format(name=name) for name in ("firms", "recognised", *"abcd"))
    leaves = "".join(LEAF.format(name=name) for name in "abcd")
    files = {"study": STUDY, "sources": SOURCES + columns, "indicators": INDICATORS + leaves, "weighting": WEIGHTING,
             "uncertainty": "version: 1\ndraws: 0\n"}  # fmt: skip

    def write(given: str) -> list[str]:
        for name, text in (files | {"regressions": REGRESSIONS + given}).items():
            (tmp_path / "configs" / f"{name}.yaml").write_text(text, "utf-8")
        return ["--study", str(tmp_path / "configs"), "--data", str(tmp_path / "raw"), "--out", str(tmp_path / "out")]

    return write


@pytest.fixture
def tables(tmp_path):
    return tmp_path / "out" / "tidy" / "latest" / "tables"


def test_counts_by_unit_recover_a_known_effect(tidy, tables, capsys):
    ended = hqd(capsys, "run", *tidy(GIVEN))
    assert ended.code == 0, ended.said
    density = pd.read_csv(tables / "density.csv")
    given = areas().sort_values(["area", "year"])
    assert density["count"].to_numpy() == pytest.approx((1000 * given["recognised"] / given["firms"]).to_numpy(), rel=1e-12)
    assert density["ihs"].to_numpy() == pytest.approx(np.arcsinh(given["recognised"]).to_numpy(), rel=1e-12)
    rows = pd.read_csv(tables / "regressions.csv").query("spec == 'twfe' and outcome == 'top' and term == 'density'")
    assert len(rows) == 1 and rows["estimate"].item() == pytest.approx(EFFECT, abs=4 * rows["se_cv3"].item())
    assert rows["se_cv3"].item() < EFFECT / 10
    assert rows["n_clusters"].item() == UNITS


def test_without_any_density_the_reason_names_the_way_without_firms(tidy, tables, capsys):
    assert hqd(capsys, "run", *tidy("")).code == 0
    reasons = pd.read_csv(tables / "not_made.csv").query("table == 'regressions'")
    assert reasons["mend_en"].str.contains("density_source in regressions.yaml").any()
    assert reasons["mend_zh"].str.contains("density_source").any()


def test_a_density_as_published_and_shares_as_they_are(tidy, tmp_path):
    tidy("density_source: {table: areas, count: avg(recognised), revenue: avg(firms)}\n")
    study = load_study(tmp_path / "configs").study
    rows = pd.DataFrame({"area": ["x", "x"], "year": [2015, 2016], "recognised": [4.0, None], "firms": [7.0, 9.0],
                         "a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0})  # fmt: skip
    with open_engine() as engine:
        density = build_panel(study, engine, {"areas": engine.scan(rows)}).density
    assert density["density"].tolist()[0] == 4 and np.isnan(density["density"][1])
    assert density["density_lag"].tolist()[1] == 4 and density["revenue"].tolist() == [7, 9]
    assert density[["n_srdi", "ihs", "employment"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("density_source: {table: areas, n_srdi: sum(recognised)}\n", "write count, or n_srdi and n_firms there"),
        ("density_source: {table: area, n_srdi: sum(recognised), n_firms: sum(firms)}\n", "did you mean 'areas'?"),
        ("density_source: {table: areas, n_srdi: sum(recognized), n_firms: sum(firms)}\n", "unknown column 'recognized'"),
        ("density_source: {table: areas, n_srdi: sum(a), n_firms: sum(firms)}\n", "a is a column of the treatment"),
        (f"{GIVEN}density: {{measure: revenue}}\n", "gives no revenue; write revenue there, or take a measure that it gives"),
    ],
)
def test_faults_of_a_density_source(tidy, tmp_path, given, words):
    tidy(given)
    with pytest.raises(Faults) as raised:
        load_study(tmp_path / "configs")
    assert any(words in fault.en for fault in raised.value.faults), [fault.en for fault in raised.value.faults]
