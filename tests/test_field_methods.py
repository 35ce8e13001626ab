"""A study that uses each method of the field beside those of the demo, from a raw file to the methods section of its paper."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from docx import Document

from .small import ROOT, hqd

STUDY = ROOT / "tests" / "studies" / "field_methods"
PROVINCES = ("11", "12", "13", "14", "21", "22", "23", "31", "32", "33", "34", "35")
SCENARIOS = {path.stem for path in (STUDY / "scenarios").glob("*.yaml")}


def raw_file() -> pd.DataFrame:
    """Twelve provinces and four years; the indicators of a dimension go together."""
    rng = np.random.default_rng(20)
    rows = pd.DataFrame(
        [(f"{code}0000", year) for code in PROVINCES for year in range(2018, 2022)], columns=["province_code", "year"]
    )
    for names in (("gdp", "rd", "brand"), ("stock", "source", "grid")):
        common = rng.normal(size=len(rows))
        for name in names:
            rows[name] = np.round(np.exp(0.5 * common + 0.4 * rng.normal(size=len(rows))), 4)
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("field_methods")
    raw_file().to_csv(place / "provinces.csv", index=False)
    return place


def test_each_method_runs_from_raw_file_to_paper(folder, capsys):
    ended = hqd(capsys, "run", "--study", str(STUDY), "--data", str(folder), "--out", str(folder / "out"))
    assert ended.code == 0, ended.said
    run = folder / "out" / "field_methods" / "latest"
    tables = {name: pd.read_csv(run / "tables" / f"{name}.csv") for name in ("scenarios", "weights", "dynamics", "designs")}
    scenarios = tables["scenarios"]
    assert len(SCENARIOS) == 10 and set(scenarios["scenario"]) == SCENARIOS and scenarios["score"].notna().all()
    shares = tables["weights"].query("node != 'top'").groupby(["scenario", "parent"])["share_local"].sum()
    assert np.allclose(shares.to_numpy(), 1)
    assert {"theil", "time_weighted", "moran", "coupling"} <= set(tables["dynamics"]["item"])
    labels = " ".join(tables["designs"]["label"])
    methods = ("pca_spss", "independence", "cilos", "idocriw", "z + 0.01", "0.001", "vikor", "grey_topsis", "rsr")
    assert all(method in labels for method in methods)
    for language, words in (("en", "MEREC (removal effects)"), ("zh", "优序图法")):
        prose = "\n".join(paragraph.text for paragraph in Document(str(run / "paper" / f"methods_{language}.docx")).paragraphs)
        assert words in prose and "Σ" in prose and ("theil" in prose.lower()) and ("0.3" in prose)
