"""Firm-years to unit-years: both samples, density, lags, and the rule on small leave-out cells."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.errors import DataError
from hqd_index.firms.derived_columns import chain, derive
from hqd_index.intake.srdi.status_columns import status_by_criterion
from hqd_index.panel import build_panel, densities, descriptives, lagged_values
from hqd_index.panel.unit_keys import with_unit
from hqd_index.study.records import Study
from hqd_index.tables import check

L = {"zh": "一", "en": "one"}


def study(**parts) -> Study:
    base = {
        "study": {
            "version": 1,
            "name": "small",
            "label": L,
            "unit": {"by": ["ind"], "names": "code"},
            "years": [2019, 2021],
            "min_firms": 1,
        },
        "sources": {
            "version": 1,
            "sources": {},
            "tables": {"firms": {"key": ["firm_id", "year"]}, "industry": {"key": ["ind", "year"]}},
        },
        "rules": {"version": 1},
        "columns": {"version": 1},
        "indicators": {
            "version": 1,
            "levels": ["indicators"],
            "tree": {"top": ["rd", "mean_size", "gap"]},
            "indicators": {
                "rd": {"table": "firms", "formula": "100 * sum(rd_exp) / sum(revenue)", "label": L},
                "mean_size": {"table": "firms", "formula": "avg(revenue)", "label": L},
                "gap": {"table": "industry", "formula": "sum((stock + lag(stock)) / 2)", "label": L},
            },
        },
        "weighting": {"version": 1, "weight": {"indicators": {"method": "equal"}}, "aggregate": {}},
        "regressions": {"version": 1, "density": {"levels": ["criteria"], "lag": 1}},
    }
    return Study.model_validate(base | parts)


FIRMS = pd.DataFrame(
    {
        "firm_id": ["a", "a", "a", "b", "b", "b", "c", "c"],
        "year": [2019, 2020, 2021, 2019, 2020, 2021, 2019, 2021],
        "ind": ["X"] * 8,
        "revenue": [100.0, 110, 120, 300, 310, 320, 600, 620],
        "rd_exp": [10.0, 22, 12, 3, 3.1, 3.2, 6, 6.2],
    }
)
INDUSTRY = pd.DataFrame({"ind": ["X"] * 3, "year": [2019, 2020, 2021], "stock": [10.0, 20, 40]})


@pytest.fixture
def tables():
    with open_engine() as engine:
        yield engine, {"firms": engine.scan(FIRMS), "industry": engine.scan(INDUSTRY)}


def judged(engine, tables, min_firms=1):
    criteria = {"criteria": "rd_exp / revenue > 0.15", "label": L}
    made = study(
        sources={
            "version": 1,
            "sources": {},
            "status": criteria,
            "tables": {"firms": {"key": ["firm_id", "year"]}, "industry": {"key": ["ind", "year"]}},
        }
    )
    made = made.model_copy(update={"study": made.study.model_copy(update={"min_firms": min_firms})})
    return made, status_by_criterion(made, engine, tables)


def test_both_samples_by_hand(tables):
    """Firm a meets the rule in 2020 only, so it is out of leave_out in every year."""
    engine, raw = tables
    made, ready = judged(engine, raw)
    values = build_panel(made, engine, ready).values.set_index(["sample", "year"])
    assert values.loc[("all", 2019), "rd"] == pytest.approx(100 * 19 / 1000)
    assert values.loc[("leave_out", 2019), "rd"] == pytest.approx(100 * 9 / 900)
    assert values.loc[("all", 2020), "mean_size"] == pytest.approx(210)
    assert values.loc[("leave_out", 2020), "n_firms"] == 1
    assert values.loc[("all", 2020), "gap"] == values.loc[("leave_out", 2020), "gap"] == 15


def test_lag_without_the_year_before_is_missing(tables):
    engine, raw = tables
    made, ready = judged(engine, raw)
    values = build_panel(made, engine, ready).values
    assert values.query("year == 2019")["gap"].isna().all()


def test_descriptives_by_hand(tables):
    """The gap is missing, 15 and 30: mean 22.5, standard deviation 15 / sqrt 2; mean size 1000 / 3, 210 and 1060 / 3."""
    engine, raw = tables
    made, ready = judged(engine, raw)
    table = check("descriptives", descriptives(made, build_panel(made, engine, ready))).set_index(["sample", "variable"])
    gap = table.loc[("leave_out", "gap"), ["n", "mean", "sd", "min", "median", "max"]]
    assert gap.tolist() == [2, 22.5, pytest.approx(15 / np.sqrt(2)), 15, 22.5, 30]
    assert table.loc[("all", "mean_size"), ["mean", "median"]].tolist() == [pytest.approx(2690 / 9), pytest.approx(1000 / 3)]


def test_units_with_few_firms_left_are_missing_in_both_samples(tables):
    engine, raw = tables
    made, ready = judged(engine, raw, min_firms=2)
    values = build_panel(made, engine, ready).values.set_index(["sample", "year"])
    assert np.isnan(values.loc[("all", 2020), "rd"]) and np.isnan(values.loc[("leave_out", 2020), "rd"])
    assert values.loc[("all", 2020), "gap"] == 15
    assert not np.isnan(values.loc[("all", 2021), "rd"])


def test_density_counts_status_in_force_and_lags_by_calendar_year(tables):
    engine, raw = tables
    made, ready = judged(engine, raw)
    density = build_panel(made, engine, ready).density.set_index("year")
    assert density["count"].tolist() == [0, pytest.approx(1000 / 2), 0]
    assert density.loc[2020, "revenue"] == pytest.approx(100 * 110 / 420)
    assert density["density_lag"].tolist()[1:] == [0, pytest.approx(500)] and np.isnan(density.loc[2019, "density_lag"])


def test_lag_skips_no_year():
    frame = pd.DataFrame({"unit": ["u", "u"], "year": [2019, 2021], "v": [1.0, 2.0]})
    assert lagged_values(frame, "v", 1).isna().all()


def test_chain_is_a_running_product_from_the_base_year():
    """110 then 120 (previous year = 100): 100, 110, 132; base 2020 -> 90.909.., 100, 120."""
    frame = pd.DataFrame({"industry_code": "X", "year": [2019, 2020, 2021], "ppi": [105.0, 110, 120]})
    assert chain(frame, base=2019).tolist() == pytest.approx([100, 110, 132])
    assert chain(frame, base=2020).tolist() == pytest.approx([100 / 1.1, 100, 120])
    with pytest.raises(DataError, match="base year 2000"):
        chain(frame, base=2000)


def test_derived_columns_build_on_each_other(tables):
    engine, raw = tables
    columns = {"firms": {"real": {"formula": "revenue / 10", "label": L}, "ln_real": {"formula": "ln(real)", "label": L}}}
    out = derive(study(columns={"version": 1, "tables": columns}), engine, raw)
    assert engine.collect(out["firms"])["ln_real"].tolist() == pytest.approx(np.log(FIRMS["revenue"] / 10).tolist())


def test_density_from_official_counts_where_firms_carry_no_status():
    """3 of 60 official firms recognised: 50 per thousand; revenue 5 of 50: 10%; employment is not known, so missing."""
    counts = pd.DataFrame(
        {"ind": ["X"], "year": [2020], "n_firms": [60], "n_srdi_national": [3], "revenue": [50.0], "srdi_revenue": [5.0]}
    )
    made = study(regressions={"version": 1, "density": {"levels": ["national"], "lag": 1}})
    with open_engine() as engine:
        ready = {"industry": with_unit(made, engine, "industry", engine.scan(counts))}
        density = densities(made, engine, ready)
    assert density["count"].item() == 50 and density["revenue"].item() == 10 and np.isnan(density["employment"].item())


def test_a_share_without_its_column_is_missing_not_zero(tables):
    engine, raw = tables
    made, ready = judged(engine, raw)
    assert build_panel(made, engine, ready).density["employment"].isna().all()
