"""The lines for what is not offered run on what a run exports."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from hqd_index.console import methods_lines
from hqd_index.methods.omitted_methods import OMITTED_METHODS, omitted_commands
from hqd_index.models.estimator_catalogue import OMITTED_ESTIMATORS

from ..small import DemoRun
from .stata_commands import Session, commands, new_names, refusals

SCRIPTS = [(id, program) for id, scripts in omitted_commands().items() for program in scripts if program != "stata"]
FOREIGN = ("mmqreg", "utest", "ivreg2h", "xtabond2", "ddml", "reghdfe", "regress")
SPATIAL = {"rho": 0.4, "slope": 1.0, "neighbours": 0.3}
SPATIAL_TOLERANCE = 4 * 0.1 / 20**0.5
"""Four standard errors of the mean of 20 draws, whose spread is 0.1 at most."""


def test_whatever_is_not_offered_has_lines_that_run_and_are_printed() -> None:
    assert {id for id, program in SCRIPTS} == {*OMITTED_METHODS, *OMITTED_ESTIMATORS}
    printed = "\n".join(methods_lines("not_offered", "en"))
    assert all(line in printed for scripts in omitted_commands().values() for line in "\n".join(scripts.values()).splitlines())


def run_python(id: str) -> tuple[dict[str, object], str]:
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(omitted_commands()[id]["python"], id, "exec"), names)
    return names, printed.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize(("id", "program"), SCRIPTS)
def test_lines_run_on_the_files_of_the_demo(
    id: str, program: str, demo_run: DemoRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(demo_run.place.latest)
    if program == "python":
        printed = run_python(id)[1]
    else:
        packages = re.findall(r"library\((\w+)\)", omitted_commands()[id]["r"])
        check = f"quit(status = !all(sapply(c({str(packages)[1:-1]}), requireNamespace, quietly = TRUE)))"
        if not shutil.which("Rscript") or subprocess.run(["Rscript", "--vanilla", "-e", check], check=False).returncode:
            pytest.skip(f"R with {', '.join(packages)} is not installed; Debian: r-base-core r-cran-plm")
        script = tmp_path / "lines.R"
        script.write_text(omitted_commands()[id]["r"], "utf-8")
        printed = subprocess.run(["Rscript", "--vanilla", str(script)], check=True, capture_output=True, text=True).stdout
    assert re.search(r"\d\.\d+", printed) and not re.search(r"\b(nan|NaN|NA|inf)\b", printed), printed


@pytest.mark.slow
def test_stata_lines_are_not_refused_and_their_variables_are_exported(demo_run: DemoRun) -> None:
    panel = pd.read_stata(demo_run.place.latest / "stata" / "panel.dta", convert_categoricals=False)
    for id, scripts in omitted_commands().items():
        text = scripts.get("stata", "").replace('"stata/panel.dta"', '"panel.dta"')
        assert not list(refusals(commands(text), Session(panel, {"panel.dta": panel}))), id
        made = {name for command in commands(text) for name in new_names(command)}
        for command in (command for command in commands(text) if command.name in FOREIGN and command.name != "ddml"):
            words = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"\b(i|L)\.", " ", command.body)))
            assert words - {"if", "missing"} <= {*panel.columns, *made}, (id, command.line)


def test_spatial_durbin_lines_recover_what_made_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """y = 0.4 Wy + x + 0.3 Wx with unit and year effects, 31 units, 12 years, 20 draws."""
    import numpy as np

    monkeypatch.chdir(tmp_path)
    for folder in ("stata", "tables"):
        (tmp_path / folder).mkdir()
    estimates, units, years = [], 31, 12
    for seed in range(20):
        rng = np.random.default_rng(seed)
        w = rng.random((units, units)) * (rng.random((units, units)) < 0.2) * (1 - np.eye(units))
        w[np.arange(units), (np.arange(units) + 1) % units] = 0.5
        rows, x = w / w.sum(axis=1, keepdims=True), rng.normal(size=(units, years))
        noise = 0.5 * rng.normal(size=(units, years)) + rng.normal(size=(units, 1)) + rng.normal(size=years)
        y = np.linalg.solve(
            np.eye(units) - SPATIAL["rho"] * rows, SPATIAL["slope"] * x + SPATIAL["neighbours"] * rows @ x + noise
        )
        keys = {"unit": np.repeat(np.arange(units), years), "year": np.tile(np.arange(years), units)}
        pd.DataFrame(keys | {"hqd": y.ravel(), "density_lag": x.ravel()}).to_csv("stata/panel.csv", index=False)
        i, j = np.nonzero(w)
        pd.DataFrame({"year": 0, "from_unit": i, "to_unit": j, "upstream": w[i, j]}).to_csv("tables/io_links.csv", index=False)
        names, _ = run_python("sdm")
        estimates.append([names["rho"], *names["fit"](names["rho"])])  # type: ignore[operator]
    assert np.abs(np.mean(estimates, axis=0) - [*SPATIAL.values()]).max() < SPATIAL_TOLERANCE
