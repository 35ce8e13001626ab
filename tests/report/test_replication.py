"""Files for Stata and R: what Stata refuses is nowhere in the do-file, and R prints the published numbers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from hqd_index import cli
from hqd_index.report.exports.firm_export import firm_rows
from hqd_index.report.results import Results
from hqd_index.study.varied_study import vary

from ..small import QUICK, ROOT, DemoRun, Place, only_run
from .conftest import MANIFEST
from .stata_commands import ENTRIES, REFUSALS, Session, command_of, commands, refusals

SAME = 1e-8
"""Relative: two ways of arithmetic in double precision; what was seen is below 1e-10."""
SIMULATED = "p_wild"
RUNS = [*(pytest.param(name, marks=pytest.mark.slow) for name in ("demo", "holes")), "us_firms"]
LOCALES = ("C", "C.UTF-8", "zh_CN.UTF-8")


def published(study: Path, data: Path, out: Path, *sets: str) -> Path:
    """The folder of a run."""
    options = [part for change in (*sets, "study.outputs=[exports]") for part in ("--set", change)]
    cli.main(["run", "--study", str(study), "--data", str(data), "--out", str(out), *options])
    return only_run(next(out.glob("[!.]*/")))


@pytest.fixture(scope="module")
def demo(demo_run: DemoRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In a place whose name has a space and Chinese letters."""
    return demo_run.place.copy_run(tmp_path_factory.mktemp("结果 run")).latest


@pytest.fixture(scope="module")
def holes(demo_files: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with rows of the yearbook missing, a division without firms in the year before recognition, other samples.

    Singletons, rows of one specification only, shares that do not add up to one; a headline with a density and years of its own.
    """
    folder = tmp_path_factory.mktemp("holes")
    demo_files.copy(folder)
    drop_yearbook_rows(folder / "raw" / "synthetic_industry_yearbook.xlsx", every=29)
    drop_firms(folder / "raw" / "synthetic_firms_2017_2020.csv", "C38", 2018)
    return published(
        ROOT / "configs", folder / "raw", folder / "out", *QUICK, f"regressions.specifications={json.dumps(SPECIFICATIONS)}"
    )


SPECIFICATIONS = [
    {"id": "headline", "label": {"zh": "h", "en": "h"}, "controls": "none", "density": {"measure": "revenue", "lag": 2},
     "years": [2014, 2023], "drop_units": ["C16"], "drop_years": [2020], "headline": True},
    {"id": "weighted", "label": {"zh": "w", "en": "w"}, "controls": "all", "fixed_effects": ["unit", "group_year"],
     "weights": "revenue", "outcomes": ["hqd"]},
    {"id": "years_only", "label": {"zh": "y", "en": "y"}, "controls": ["ln_wage"], "fixed_effects": ["year"]},
]  # fmt: skip


def drop_yearbook_rows(path: Path, every: int) -> None:
    book = load_workbook(path)
    for sheet in book:
        for row in range(sheet.max_row - 5, 8, -every):
            sheet.delete_rows(row)
    book.save(path)


def drop_firms(path: Path, division: str, year: int) -> None:
    """Rows of a division, under its code or its name."""
    rows = pd.read_csv(path, encoding="gb18030", dtype=str, keep_default_na=False)
    is_division = rows["行业代码"].str.contains(f"^{division}|^{division[1:]}|电气机械")
    rows[~(is_division & rows["会计年度"].str.startswith(str(year)))].to_csv(path, index=False, encoding="gb18030")


@pytest.fixture(scope="module")
def us_firms(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """A real study with 16 units; 9,999 draws enumerate the sign vectors of the 13 in its long difference."""
    study, name = ROOT / "tests" / "studies", "us_firms_innovation"
    out = tmp_path_factory.mktemp("us firms")
    return published(study / name, shared / "data" / name, out, "uncertainty.draws=0", "regressions.inference.draws=9999")


def session(stata: Path) -> Session:
    files = {path.name: pd.read_stata(path, convert_categoricals=False) for path in stata.glob("*.dta")}
    return Session(files["panel.dta"], files)


# Stata


def test_every_refusal_is_written_with_its_source_and_recognised() -> None:
    """The list and its functions are the same set; each function refuses its own example and no other does at its last line."""
    assert set(ENTRIES) == set(REFUSALS)
    example = pd.DataFrame({"unit_id": [1, 1, 2], "year": [1, 2, 1], "text": ["a", "a", "b"], "firm_id": [1, 1, 2]})
    example = example.assign(y=1.0, x=2.0, z=3.0, x1=1.0, x2=2.0, w=1.0, g=[2, 2, 0], first=[2.0, 2.0, None], late=[9, 9, 0])
    example = pd.concat([example.assign(thousand=k) for k in range(1000)]).drop_duplicates(["thousand", "unit_id", "year"])
    for entry, facts in ENTRIES.items():
        assert facts["source"] and facts["refuses"]
        lines = [line.replace("LONG", f"regress y {'x ' * 150_000}") for line in facts["refused"]]
        found = list(refusals(map(command_of, lines), Session(example, {"panel.dta": example})))
        assert (entry, lines[-1]) in found, entry


@pytest.mark.parametrize("name", RUNS)
def test_no_command_is_refused(name: str, request: pytest.FixtureRequest) -> None:
    stata: Path = request.getfixturevalue(name) / "stata"
    script = (stata / "baseline.do").read_text("utf-8")
    found = list(refusals(commands(script), session(stata)))
    counts = Counter(command.name for command in commands(script))
    print(f"refused: {len(found)} of {counts.total()} commands, {dict(counts)}")
    assert not found
    assert counts["boottest"] >= counts["reghdfe"] > 0 and counts["esttab"] == 1
    if name == "demo":
        assert counts["reghdfe"] > 150 and counts["ivreghdfe"] == 2 and counts["csdid"] == 3


@pytest.mark.slow
def test_labels_of_the_stata_files_fit(demo: Path) -> None:
    for path in (demo / "stata").glob("*.dta"):
        with pd.io.stata.StataReader(path) as reader:
            labels, label = reader.variable_labels(), reader.data_label
            assert len(label) <= 80 and all(0 < len(text) <= 80 for text in labels.values())
            assert not [name for name, text in labels.items() if name == text]


@pytest.mark.parametrize("firm_names", [False, True])
@pytest.mark.parametrize("allowed", [False, True])
def test_rows_and_names_of_firms_need_a_permission_each(results: Results, allowed: bool, firm_names: bool) -> None:
    changed = vary(results.study, {"study.publish": {"firm_rows": allowed, "firm_names": firm_names}})
    years = pd.DataFrame(
        {"unit": ["b", "a", "a"], "year": [2019, 2019, 2020], "cell": ["x", "x", "y"], "first": [2020, None, None]}
    )
    rows = firm_rows(Results(changed, {**results.tables, "firm_years": years}, MANIFEST))
    assert rows.empty == (not allowed)
    if allowed:
        assert rows["firm_id"].tolist() == [2, 1, 1] and rows["cell_id"].tolist() == [1, 1, 2]
        assert ("firm" in rows) == firm_names and not {"unit", "cell"} & set(rows)


def test_scripts_say_why_firms_are_left_out(us_firms: Path) -> None:
    assert not (us_firms / "stata" / "firms.csv").exists() and not (us_firms / "stata" / "firms.dta").exists()
    for script in (us_firms / "stata" / "baseline.do", us_firms / "r" / "baseline.R"):
        assert re.search(r"[#*] No event study of firms", script.read_text("utf-8"))


# R


def run_r(run: Path, out: Path, locale: str = "C") -> None:
    """The script's results in a file, one row a value."""
    if not shutil.which("Rscript"):
        pytest.skip(
            "R (Rscript) is not installed; Debian: r-base-core r-cran-sandwich r-cran-lmtest r-cran-clubsandwich r-cran-haven"
        )
    command = ["Rscript", "--vanilla", str(run / "r" / "baseline.R"), str(out)]
    ended = subprocess.run(
        command, cwd=out.parent, env={"LC_ALL": locale, "PATH": "/usr/bin:/bin"}, capture_output=True, timeout=600
    )
    assert ended.returncode == 0, ended.stderr.decode()
    print(ended.stdout.decode().split("Compared with")[-1])


@pytest.fixture(scope="module")
def r_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Folder of a run -> what R prints of it, computed once."""

    @cache
    def computed(run: Path) -> Path:
        out = tmp_path_factory.mktemp("r") / "results.csv"
        run_r(run, out)
        return out

    return computed


def r_results(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, keep_default_na=False, na_values={"value": "", "published": ""})


def largest(rows: pd.DataFrame) -> float:
    scale = rows["published"].abs().where(rows["published"] != 0, 1.0)
    return float(((rows["value"] - rows["published"]).abs() / scale).max())


@pytest.mark.parametrize("name", RUNS)
def test_r_equals_the_published_tables(name: str, request: pytest.FixtureRequest, r_file: Callable[[Path], Path]) -> None:
    run: Path = request.getfixturevalue(name)
    results = r_results(r_file(run))
    rows = results[results["table"] == "regressions"]
    regressions = pd.read_csv(run / "tables" / "regressions.csv")
    for quantity in ("estimate", "se_cv1", "se_cv3"):
        of_quantity = rows[(rows["quantity"] == quantity) & rows["value"].notna()]
        assert len(of_quantity) == regressions[quantity].notna().sum() and of_quantity["published"].notna().all()
        assert largest(of_quantity) <= SAME, quantity
    p = rows[rows["quantity"] == SIMULATED]
    assert len(p) == regressions["p_wild"].notna().sum()
    difference, exact = (p["value"] - p["published"]).abs(), p["tolerance"] < SAME
    assert exact.any() and (difference[exact] == 0).all()  # the same draws, or all sign vectors
    assert (difference <= p["tolerance"]).mean() > 0.99 and difference.max() < 0.2  # draws of its own: five Monte Carlo errors
    for table in ("endogeneity", "event_study", "stats", "sandwich", "lmtest", "clubSandwich", "haven"):
        others = results[results["table"] == table]
        assert others["published"].notna().all() and (others.empty or largest(others) <= SAME), table


@pytest.mark.slow
def test_r_covers_instrument_events_links_and_packages(demo: Path, r_file: Callable[[Path], Path]) -> None:
    """What the demo publishes is what R was asked for: nothing is skipped in silence."""
    results = r_results(r_file(demo))
    events = pd.read_csv(demo / "tables" / "event_study.csv").query("estimator == 'twfe' and (se.isna() or se > 0)")
    assert (results["table"] == "event_study").sum() == events["estimate"].notna().sum() + events["se"].notna().sum()
    assert set(results[results["table"] == "endogeneity"]["quantity"]) >= {"estimate", "se_cv1", "first_stage_f", "ar_p"}
    assert {"twfe_slx_direct", "twfe_slx_complete", "twfe_long_difference", "firms_rd_intensity"} <= set(results["spec"])
    assert {"sandwich", "lmtest", "clubSandwich", "haven"} <= set(results["table"])


def locales() -> Iterator[str]:
    listed = (
        subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.lower().replace("-", "")
        if shutil.which("locale")
        else ""
    )
    yield from (name for name in LOCALES[1:] if name.lower().replace("-", "") in listed)


@pytest.mark.parametrize("locale", list(locales()))
def test_r_prints_the_same_in_every_locale(us_firms: Path, r_file: Callable[[Path], Path], tmp_path: Path, locale: str) -> None:
    again = tmp_path / "第 二.csv"
    run_r(us_firms, again, locale)
    assert r_file(us_firms).read_bytes() == again.read_bytes()
