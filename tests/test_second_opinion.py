"""`hqd verify` re-estimates published regressions with statsmodels: it agrees where nothing was changed, and sees a change."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import CheckError
from hqd_index.models.kernels.exposure_trend import exposure_trend
from hqd_index.models.kernels.specification import Specification, estimate
from hqd_index.upkeep.second_opinion import BOUND, FIRM_ROWS, GOAL, NO_COLUMN, OTHER_SAMPLE, second_opinion

UNITS, YEARS = 23, range(2011, 2022)
CHANGE = 100 * BOUND
"""Relative: more than the bound, less than any table shows."""
ROW = {"sample": "all", "outcome": "hqd", "controls": "size", "density": "count_valid_national", "lag": 1, "note": ""}


def panel() -> pd.DataFrame:
    """Unit-years with a fifth of them missing, some units alone in their group of a year, weights, `used` on all."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame([(f"U{unit:02d}", unit % 4, year) for unit in range(UNITS) for year in YEARS])
    frame.columns = ["unit", "group_id", "year"]
    frame[["density_lag", "size_lag", "noise"]] = rng.normal(size=(len(frame), 3))
    frame["base_revenue"] = frame["unit"].map(dict(zip(frame["unit"].unique(), rng.uniform(1, 9, UNITS))))
    frame["hqd"] = 0.3 * frame["density_lag"] - 0.1 * frame["size_lag"] + frame["group_id"] + 0.05 * frame["noise"]
    return frame[rng.random(len(frame)) < 0.8].assign(used=1).reset_index(drop=True)


def published(frame: pd.DataFrame, spec: str, effects: tuple[str, ...], **facts: str) -> list[dict[str, object]]:
    """Rows of `regressions` as the program's own estimator makes them."""
    data = frame.assign(group_year=frame["group_id"].astype(str) + " " + frame["year"].astype(str))
    if "subset" in facts:
        data = data[data["year"] >= int(facts["subset"][:4])]
    weights = facts.get("note", "").removeprefix("weights: ") or None
    found = estimate(data, Specification(spec, ("hqd",), "density_lag", ("size_lag",), effects, weights=weights), draws=9)
    common = ROW | {"spec": spec, "subset": "", "fixed_effects": "+".join(effects)} | facts
    counts = {"n_obs": found.sums.n, "n_clusters": found.sums.g}
    values = zip(("density", "size"), found.coefficient[:, 0], found.se_cv1[:, 0])
    return [common | counts | {"term": term, "estimate": b, "se_cv1": se} for term, b, se in values]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    frame = panel()
    rows = published(frame, "plain", ()) + published(frame, "twfe", ("unit", "year"))
    rows += published(frame, "group_year", ("unit", "group_year"))
    rows += published(frame, "late", ("unit", "year"), subset="2014-2021")
    rows += published(frame, "weighted", ("unit", "year"), note="weights: base_revenue")
    for folder in ("tables", "stata"):
        (tmp_path / folder).mkdir()
    write(tmp_path, pd.DataFrame(rows))
    frame.to_csv(tmp_path / "stata" / "panel.csv", index=False)
    config = {"regressions": {"density": {"measure": "count", "lag": 1}, "specifications": []}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


def write(run: Path, rows: pd.DataFrame) -> None:
    rows.to_csv(run / "tables" / "regressions.csv", index=False)


def read(run: Path) -> pd.DataFrame:
    return pd.read_csv(run / "tables" / "regressions.csv", keep_default_na=False)


def test_effects_weights_and_subsets_agree(run: Path) -> None:
    comparison = second_opinion(run)
    assert comparison is not None and comparison.rows == 10 and not comparison.skip_counts
    assert comparison.difference < GOAL
    zh, en = comparison.line
    assert "10 行回归" in zh and en.startswith("10 rows")


@pytest.mark.parametrize("column", ["estimate", "se_cv1"])
def test_a_changed_number_is_named(run: Path, column: str) -> None:
    rows = read(run)
    rows.loc[3, column] *= 1 + CHANGE
    write(run, rows)
    with pytest.raises(CheckError, match="twfe, all, hqd, size: statsmodels differs"):
        second_opinion(run)


def test_a_unit_without_rows_since_the_first_density_has_no_trend(run: Path) -> None:
    """U00 leaves, and with it a year in which only U01 is beside it."""
    frame = panel().query("(unit != 'U00' or year < 2016) and (year > 2011 or unit in ('U00', 'U01'))").reset_index(drop=True)
    frame["density_lag"] = frame["density_lag"].abs().where(frame["year"] >= 2016, 0.0)
    headline = estimate(frame, Specification("twfe", ("hqd",), "density_lag", ("size_lag",), ("unit", "year")), draws=9)
    trended = exposure_trend(frame.loc[headline.rows], headline.spec, draws=9)
    sums = trended.estimate.sums
    assert (sums.g, frame["unit"].nunique()) == (UNITS - 1, UNITS) and sums.n < len(headline.rows) - (
        frame["unit"] == "U00"
    ).sum()
    common = ROW | {
        "spec": "twfe_exposure_trend",
        "subset": "",
        "fixed_effects": "unit+year",
        "n_obs": sums.n,
        "n_clusters": sums.g,
    }
    terms = [term.removesuffix("_lag") for term in trended.estimate.terms]
    columns = zip(terms, trended.estimate.coefficient[:, 0], trended.estimate.se_cv1[:, 0])
    write(run, pd.DataFrame([common | {"term": term, "estimate": b, "se_cv1": se} for term, b, se in columns]))
    frame.to_csv(run / "stata" / "panel.csv", index=False)
    comparison = second_opinion(run)
    assert comparison is not None and comparison.rows == 3 and comparison.difference < GOAL


def test_what_cannot_be_compared_is_counted_by_reason(run: Path) -> None:
    rows = read(run)
    rows.loc[rows["spec"] == "plain", "fixed_effects"] = "firm+year"
    rows.loc[rows["spec"] == "twfe", "outcome"] = "elsewhere"
    rows.loc[rows["spec"] == "late", "n_obs"] += 1
    write(run, rows)
    comparison = second_opinion(run)
    assert comparison is not None and comparison.rows == 4
    assert comparison.skip_counts == {FIRM_ROWS: 2, NO_COLUMN: 2, OTHER_SAMPLE: 2}
    assert all(reason[1] in comparison.line[1] for reason in comparison.skip_counts)


def test_a_run_without_regressions_has_no_second_opinion(run: Path) -> None:
    write(run, read(run).iloc[:0])
    assert second_opinion(run) is None
