"""A quick run: the numbers of a whole run, no library it has no use for, and `latest` left alone; outputs as the study wants."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hqd_index.index.index_tables import _skewness
from hqd_index.models.kernels import reference_distributions as reference
from hqd_index.starter import write_starter

from .small import hqd, write_changes

UNUSED = ("scipy.stats", "statsmodels", "sklearn", "networkx", "altair", "vl_convert", "docx", "xlsxwriter", "jinja2")
"""Libraries that neither scores nor the headline need."""
LINK = re.compile(r'href="([^"#:]+)"')


def write_study(folder: Path) -> None:
    """The starter study with official counts of SRDI firms, so that it has a density and a headline regression."""
    write_starter(folder)
    stream, years = np.random.default_rng(2), range(2012, 2020)
    data = pd.DataFrame([(f"C{code}", year) for code in range(13, 23) for year in years], columns=["industry_code", "year"])
    data["n_firms"], data["n_srdi_national"] = stream.integers(900, 1000, len(data)), stream.integers(1, 90, len(data))
    for name in ("rd_exp", "revenue", "energy_use", "newprod_rev"):
        data[name] = stream.uniform(1, 9, len(data)).round(3)
    data.to_csv(folder / "data" / "raw" / "industry.csv", index=False)
    label = "label: {zh: 一, en: one}"
    files = {
        "study": f"name: small\n{label}\nyears: [2012, 2019]\nlanguage: en\noutputs: []\n",
        "sources": "sources:\n  industry: {path: industry.csv, table: industry, constants: {industry_version: '2017'}}\n",
        "indicators": "levels: [indicators]\ntree: {index: [rd, energy, new]}\nindicators:\n"
        f"  rd: {{table: industry, formula: 100 * sum(rd_exp) / sum(revenue), {label}}}\n"
        f"  energy: {{table: industry, formula: sum(energy_use) / sum(revenue), direction: -1, {label}}}\n"
        f"  new: {{table: industry, formula: sum(newprod_rev) / sum(revenue), {label}}}\n",
        "weighting": "weight: {indicators: {method: entropy}}\naggregate: {indicators: {method: arithmetic}}\n",
        "regressions": "density: {measure: count, levels: [national], lag: 1}\ninference: {draws: 199}\n"
        f"specifications:\n  - {{id: pooled, {label}, fixed_effects: []}}\n  - {{id: twfe, {label}, headline: true}}\n",
        "uncertainty": "draws: 0\n",
    }
    for name, text in files.items():
        (folder / "configs" / f"{name}.yaml").write_text(f"version: 1\n{text}", "utf-8")


def arguments(folder: Path, *more: str) -> list[str]:
    places = {"--study": folder / "configs", "--data": folder / "data" / "raw", "--out": folder / "out"}
    return ["run", *(part for option, path in places.items() for part in (option, str(path))), *more]


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("quick") / "study"
    write_study(folder)
    return folder


def tables(folder: Path, name: str) -> list[pd.DataFrame]:
    paths = [folder / "out" / "small" / run / "tables" / f"{name}.csv" for run in ("quick", "latest")]
    return [pd.read_csv(path, dtype=str) for path in paths]


def test_a_quick_run_gives_the_numbers_of_a_whole_one(study, capsys):
    assert hqd(capsys, *arguments(study)).code == 0
    latest = (study / "out" / "small" / "latest").resolve()
    said = hqd(capsys, *arguments(study, "--quick"))
    assert said.code == 0 and "headline twfe: density" in said.said and "hqd run adds" in said.said
    assert (study / "out" / "small" / "latest").resolve() == latest, "a quick run publishes beside latest"
    for name in ("scores", "indicators", "density"):
        pd.testing.assert_frame_equal(*tables(study, name))
    quick, whole = tables(study, "weights")
    pd.testing.assert_frame_equal(quick, whole.query("scenario == 'base'").reset_index(drop=True))
    quick, whole = tables(study, "regressions")
    rows = whole.query("spec == 'twfe'").merge(quick[["spec", "sample", "outcome", "term"]]).reindex(columns=quick.columns)
    assert len(quick) and set(quick["spec"]) == {"twfe"}
    pd.testing.assert_frame_equal(quick, rows)
    again = hqd(capsys, *arguments(study, "--quick"))
    assert "every stage is up to date" in again.said
    changed = hqd(capsys, *arguments(study, "--quick", "--set", "weighting.weight.indicators={method: equal}"))
    assert "[quick_scores] up to date" not in changed.said and "[panel] up to date" in changed.said


def test_a_quick_run_imports_and_starts_nothing_it_does_not_need(study, tmp_path):
    code = f"""
import sys
from hqd_index.workers import worker_pool
def refused(*arguments, **options): raise AssertionError("a process was started")
worker_pool._Worker.__init__ = worker_pool.ForkServer.__init__ = refused
from hqd_index import cli
cli.main(sys.argv[1:])
print("imported:", [name for name in {UNUSED!r} if name in sys.modules])
"""
    command = [sys.executable, "-c", code, *arguments(study, "--quick", "--out", str(tmp_path))]
    environment = os.environ | {"HYPOTHESIS_NO_PLUGINS": "1"}  # pandera imports hypothesis where tests have it, and that pytest
    said = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert said.returncode == 0 and "imported: []" in said.stdout, said.stdout + said.stderr


def test_outputs_that_are_not_wanted_are_named_and_never_linked(study, capsys, tmp_path):
    study = shutil.copytree(study, tmp_path / "study", symlinks=True)
    assert hqd(capsys, *arguments(study)).code == 0
    write_changes(study / "configs", ["study.outputs=[page]"])
    said = hqd(capsys, *arguments(study))
    folder = study / "out" / "small" / "latest"
    assert {path.name for path in folder.iterdir()} == {
        "report.html", "quarantine.xlsx", "README.md", "summary.txt", "config.json", "manifest.json", "tables"
    }  # fmt: skip
    assert "[index] up to date" in said.said, "outputs decide no number"
    page, readme = ((folder / name).read_text("utf-8") for name in ("report.html", "README.md"))
    broken = [name for name in LINK.findall(page) if not (folder / name).exists()]
    assert not broken and "paper/" not in page
    assert "results.xlsx" in said.said and "not made" in said.said and "results.xlsx (" not in readme
    named = {name for name in re.findall(r"^- `([^`]+)`:", readme, re.M) if not name.endswith(".csv")}
    assert named == {"report.html", "quarantine.xlsx", "config.json", "manifest.json"}
    write_changes(study / "configs", ["study.outputs=[workbook, figures]"])
    said = hqd(capsys, *arguments(study))
    assert not (folder / "report.html").exists() and (folder / "figures" / "ranking.svg").exists()
    assert "report.html" not in said.said.replace("the page report.html", ""), "what is not there is not pointed to"


def test_an_output_that_does_not_exist_is_refused(study, capsys):
    said = hqd(capsys, *arguments(study, "--set", "study.outputs=[pages]"))
    assert said.code == 2 and "page" in said.said


@pytest.mark.parametrize("df", [0, 1, 3, 30, 311])
def test_tails_and_quantiles_are_those_of_scipy_stats(df):
    for x in (0.0, 0.3, 1.0, 2.5, 40.0, np.inf, np.nan):
        same = [
            (reference.normal_tail(x), stats.norm.sf(x)),
            (reference.t_tail(x, df), stats.t.sf(x, df)),
            (reference.f_tail(x, 3, df), stats.f.sf(x, 3, df)),
            (reference.chi2_tail(x, df + 1), stats.chi2.sf(x, df + 1)),
        ]
        assert all(np.array_equal(ours, theirs, equal_nan=True) for ours, theirs in same), (x, same)
    for p in (0.5, 0.95, 0.975):
        assert reference.normal_quantile(p) == stats.norm.ppf(p)
        assert np.array_equal(reference.t_quantile(p, df), stats.t.ppf(p, df), equal_nan=True)
        assert np.array_equal(reference.f_quantile(p, 2, df), stats.f.ppf(p, 2, df), equal_nan=True)
    assert reference.f_tail(-1e-17, 2, 5) == reference.chi2_tail(-1e-17, 2) == 1.0


def test_skewness_is_that_of_scipy_stats():
    for seed in range(20):
        values = np.random.default_rng(seed).lognormal(size=5 + 17 * seed)
        assert _skewness(values) == float(stats.skew(values))
