"""What is summed for both samples at once is what each sample gives by itself, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import Engine, open_engine
from hqd_index.panel import aggregate_columns, sample_sums, unit_year_panel
from hqd_index.panel.sample_sums import is_additive
from hqd_index.study.records import Indicator, Study
from hqd_index.study.srdi_levels import level_bits

from .test_panel import study

L = {"zh": "一", "en": "one"}
FORMULAS = {
    "ratio": "100 * sum(rd_exp) / sum(revenue)",
    "product": "sum(rd_exp * revenue) / sum(revenue)",
    "mean": "avg(revenue)",
    "extremes": "max(revenue) - min(rd_exp)",
    "share": "100 * count(*) filter (where staff > 2) / count(*)",
    "large": "sum(revenue) filter (where staff > 3)",
    "present": "count(rd_exp)",
    "growth": "sum(revenue - lag(revenue)) / sum(lag(revenue))",
    "kinds": "count(distinct staff)",
    "middle": "median(revenue)",
    "spread": "stddev_samp(revenue)",
}
ADDITIVE = ["n_firms", "ratio", "product", "mean", "extremes", "share", "large", "present", "growth"]


def firms() -> pd.DataFrame:
    """Firms of four units in three years with missing cells; all of W are recognised, none of X, and a firm has no unit."""
    random = np.random.default_rng(2)
    rows = pd.DataFrame([(f"f{k:03d}", year) for k in range(90) for year in (2019, 2020, 2021)], columns=["firm_id", "year"])
    number = rows["firm_id"].str[1:].astype(int)
    rows["ind"] = number.mod(4).map({0: "W", 1: "X", 2: "Y", 3: "Z"}).where(number > 0)
    is_recognised = (rows["ind"] == "W") | (number % 5 == 0) & (rows["ind"] != "X")
    rows["srdi_levels_ever"] = is_recognised.astype(int) * level_bits(["criteria"])
    rows["srdi_levels_valid"] = rows["srdi_levels_to_date"] = rows["srdi_levels_ever"]
    for name, share in (("revenue", 0.1), ("rd_exp", 0.4), ("staff", 0.2)):
        rows[name] = np.exp(random.normal(3, 3, len(rows))).round(2)
        rows.loc[random.random(len(rows)) < share, name] = np.nan
    rows["staff"] = (rows["staff"] % 7).round()
    return rows


def tables(engine: Engine) -> dict[str, str]:
    cells = "CAST(revenue AS DECIMAL(18,2)) AS revenue, CAST(rd_exp AS DECIMAL(18,2)) AS rd_exp, CAST(staff AS INTEGER) AS staff"
    rows = engine.query(f"SELECT * REPLACE ({cells}) FROM {engine.scan(firms())}")
    return {"firms": engine.query(f"SELECT *, ind AS unit FROM {rows}")}


def sample_study() -> tuple[Study, dict[str, Indicator]]:
    leaves = {id: {"table": "firms", "formula": formula, "label": L} for id, formula in FORMULAS.items()}
    indicators = {"version": 1, "levels": ["indicators"], "tree": {"top": list(leaves)}, "indicators": leaves}
    asked = study(indicators=indicators)
    return asked, dict(asked.indicators.indicators)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def test_sums_of_both_samples_are_those_of_each(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    asked, leaves = sample_study()
    relations = tables(engine)
    aggregates: list[str] = []
    monkeypatch.setattr(
        unit_year_panel,
        "sums_of_samples",
        lambda engine, rows, recognised, sums: (
            aggregates.extend(sums) or sample_sums.sums_of_samples(engine, rows, recognised, sums)
        ),
    )
    panels = unit_year_panel._firm_panels(asked, engine, relations, leaves)
    assert aggregates == ADDITIVE
    never_recognised = engine.query(f"SELECT * FROM {relations['firms']} WHERE srdi_levels_ever = 0")
    formulas = unit_year_panel._firm_formulas(asked, leaves)
    for sample, rows in (("all", relations["firms"]), ("leave_out", never_recognised)):
        alone = aggregate_columns(asked, engine, {"firms": rows}, formulas)
        assert panels[sample] is not None and len(alone) == {"all": 12, "leave_out": 9}[sample]
        pd.testing.assert_frame_equal(panels[sample], alone, check_exact=True)


@pytest.mark.parametrize(
    "aggregate", ["count(DISTINCT x)", "sum(x ORDER BY y)", "median(x)", "1 + stddev_samp(x)", "sum(x) / quantile_cont(x, 0.9)"]
)
def test_aggregates_that_do_not_add_up_are_taken_by_sample(aggregate: str):
    assert not is_additive(aggregate)
