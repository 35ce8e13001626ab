"""A study with each estimate of the field beside those of the demo, from a raw file to the methods section of its paper."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from docx import Document

from hqd_index.tables import ON_REQUEST

from .small import ROOT, hqd

STUDY = ROOT / "tests" / "studies" / "field_estimates"
EFFECT = 0.3


def raw_file() -> pd.DataFrame:
    """Twenty sectors of twenty-five firms over ten years; certificates come by lot, size and age, and half of them end."""
    rng = np.random.default_rng(3)
    rows = []
    for firm in range(500):
        sector, size, age = f"S{firm % 20:02d}", rng.normal(4, 0.6), rng.integers(2, 15)
        drawn_in = rng.integers(2015, 2020) if rng.random() < 0.5 else 9999
        takes = rng.random() < 1 / (1 + np.exp(-(1.0 + 0.8 * (size - 4))))
        start, length = (drawn_in if takes else 9999), rng.choice([3, 20])
        level = rng.normal(0, 0.3)
        for year in range(2012, 2022):
            certified = int(start <= year < start + length)
            productivity = 2 + level + 0.02 * (year - 2012) + EFFECT * certified + 0.15 * rng.normal()
            staff, finance = np.exp(size), 0.1 * (firm % 20) + 0.05 * (year - 2012) + 0.1 * rng.normal()
            revenue = staff * np.exp(productivity)
            rows.append(
                (f"F{firm:04d}", year, sector, revenue, staff, staff * np.exp(rng.normal(1, 0.2)),
                 revenue * np.exp(rng.normal(-3.5 + 0.2 * certified, 0.2)), rng.poisson(3 + certified), age + year - 2012,
                 int(year >= drawn_in), finance, certified)
            )  # fmt: skip
    columns = [
        "firm_id",
        "year",
        "sector",
        "revenue",
        "staff",
        "capital",
        "rd",
        "patents",
        "age",
        "quota",
        "finance",
        "certified",
    ]
    return pd.DataFrame(rows, columns=columns).round(5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("field_estimates")
    raw_file().to_csv(place / "firms.csv", index=False)
    return place


def test_each_estimate_runs_from_raw_file_to_paper(folder, capsys):
    ended = hqd(capsys, "run", "--study", str(STUDY), "--data", str(folder), "--out", str(folder / "out"))
    assert ended.code == 0, ended.said
    run = folder / "out" / "field_estimates" / "latest"
    names = ("event_study", "endogeneity", "trend_bounds", "event_covariance", "balance", "overlap", "thresholds")
    assert set(names) >= ON_REQUEST
    tables = {name: pd.read_csv(run / "tables" / f"{name}.csv") for name in names}
    overall = tables["event_study"].query("quantity == 'overall'").set_index("estimator")
    asked = overall.loc[["dcdh_dynamic", "entropy_balance", "psm", "iv"]]
    assert ((asked["ci_low"] > 0) & (asked["ci_high"] < 2 * EFFECT)).all(), asked
    effects = tables["event_study"].query("time == 0 and quantity == 'effect'").set_index("estimator")
    first = effects.loc[["dcdh_dynamic", "entropy_balance", "psm"]]
    assert (np.abs(first["estimate"] - EFFECT) < 4 * first["se"]).all() and len(first) == 3
    balance = tables["balance"].set_index(["method", "covariate"])["difference_after"].abs()
    assert balance["entropy_balance"].max() < 1e-6 and balance["psm"].max() < 0.1
    named = tables["endogeneity"].query("method == 'iv_quota_share' and sample == 'all'").set_index("quantity")
    assert named.loc["effective_f", "value"] > named.loc["effective_f_critical", "value"] > 10
    assert "drawn by lot" in named.loc["exclusion", "note"]
    bounds = tables["trend_bounds"].query("quantity == 'interval' and target == 'first'")
    widths = (bounds["ci_high"] - bounds["ci_low"]).groupby([bounds["estimator"], bounds["restriction"]]).apply(list)
    assert all(narrow < wide for narrow, wide in widths)
    assert "moran" in set(pd.read_csv(run / "tables" / "dynamics.csv")["item"])  # by economic distance: the study has no links
    assert {"threshold", "f", "density_below", "density_above"} <= set(tables["thresholds"]["quantity"])
    for language, words in (("en", "which touches nothing else"), ("zh", "名额由抽签决定")):
        prose = "\n".join(paragraph.text for paragraph in Document(str(run / "paper" / f"methods_{language}.docx")).paragraphs)
        assert words.removeprefix("which ") in prose and {"hansen", "hainmueller"} <= set(re.findall(r"\w+", prose.lower()))
    tex = (run / "paper" / "tables_en.tex").read_text("utf-8")
    listing = re.search(r"Robustness.*?\\end\{(?:table|longtable)\}", tex, flags=re.DOTALL)
    lines = [line for line in tex.splitlines() if re.search("instrument: Share of firms drawn|Finance (below|above) its", line)]
    rejected = tables["thresholds"].query("quantity == 'f' and p <= 0.05")
    assert listing and len([line for line in lines if line in listing[0]]) == 2 + 2 * len(rejected), lines
    ends = named.loc[["ar_low", "ar_high"], "value"] * 100
    assert f"[{ends.iloc[0]:.4f}, {ends.iloc[1]:.4f}]".replace("-", "") in lines[0].replace("−", "").replace("-", "").replace(
        "$", ""
    )
    for script, mark in ((run / "stata" / "baseline.do", "*"), (run / "r" / "baseline.R", "#")):
        text = script.read_text("utf-8")
        absent = [line for line in text.splitlines() if line.startswith(f"{mark} Not repeated here")]
        assert len(absent) == 5 and text.count("quota_share_lag") == 2, script
