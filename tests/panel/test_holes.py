"""A hole is no zero: each exception of the rule worked by hand, an independent pandas implementation, firms drawn, coverage."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.expressions import aggregate_sql, lag_columns, parse
from hqd_index.expressions.parts import exact_aggregates
from hqd_index.panel import aggregate_columns, build_panel, densities, indicator_coverage, unit_year_aggregates
from hqd_index.panel.firm_bootstrap import panel_draws
from hqd_index.study.records import Control, Indicator
from hqd_index.study.srdi_levels import level_bits

from .test_firm_bootstrap import Fixed
from .test_panel import L, study

EXACT = 1e-9
"""Relative: sums of a few dozen doubles in another order."""

# a and c know everything; b has no R&D, d no revenue, e neither status nor R&D
FIRMS = pd.DataFrame(
    {
        "firm_id": list("abcde"),
        "year": 2020,
        "unit": "X",
        "revenue": [100.0, 200, 300, None, 50],
        "rd_exp": [4.0, None, 6, 5, None],
        "staff": [10.0, 20, 30, 40, None],
        "export": [True, False, True, True, None],
    }
)
HAND = {
    "100 * sum(rd_exp) / sum(revenue)": (100 * 10 / 400, 2, 400 / 650 * 4 / 5),
    "avg(rd_exp)": (5.0, 3, 3 / 5),
    "100 * count(*) filter (where export) / count(*)": (75.0, 4, 4 / 5),
    "sum(rd_exp) / count(*)": (5.0, 3, 3 / 5),
    "count(rd_exp) / count(*)": (3 / 5, 5, 1.0),
    "sum(rd_exp) / count(staff)": (5.0, 3, 3 / 5),
    "sum(rd_exp) / sum(staff)": (15 / 80, 3, 80 / 100 * 4 / 5),
    "sum(staff) filter (where export) / sum(revenue) filter (where export)": (40 / 400, 2, 2 / 4),
    "sum(revenue) filter (where export) / sum(revenue)": (400 / 600, 3, 600 / 650 * 4 / 5),
    "sum(coalesce(rd_exp, 0)) / sum(revenue)": (10 / 650, 4, 4 / 5),
    "sum(case when rd_exp is null then 1 else rd_exp end) / sum(revenue)": (12 / 650, 4, 4 / 5),
    "sum(rd_exp)": (None, 3, 3 / 5),
    "coalesce(sum(rd_exp), 0)": (15.0, 3, 3 / 5),
    "sum(rd_exp) filter (where firm_id < 'b')": (4.0, 1, 1.0),
    "sum(revenue) filter (where export)": (None, 2, 2 / 4),
    "sum(rd_exp) / sum(revenue) + sum(staff) / sum(revenue)": (10 / 400 + 60 / 600, 2, 400 / 650 * 4 / 5),
    "(sum(rd_exp) + sum(staff)) / sum(revenue)": (50 / 400, 2, 400 / 650 * 4 / 5),
    "(avg(rd_exp) + avg(staff)) / 2": ((5 + 25) / 2, 3, 3 / 5),
    "sum(rd_exp) / (sum(revenue) / sum(staff))": (10 / (400 / 40), 2, 2 / 5),
    "case when sum(revenue) > 0 then sum(rd_exp) / sum(revenue) end": (10 / 400, 2, 400 / 650 * 4 / 5),
    "ln(sum(revenue)) - ln(sum(staff))": (None, 4, 4 / 5),
    "max(rd_exp) / max(revenue)": (6 / 300, 2, 2 / 5),
    "sum(rd_exp / (staff - 10)) / count(*)": ((6 / 20 + 5 / 30) / 2, 2, 2 / 5),
    "median(rd_exp)": (5.0, 3, 3 / 5),
}


def designed(**formulas):
    """A study whose indicators are these formulas of the firms."""
    indicators = {id: {"table": "firms", "formula": text, "label": L} for id, text in formulas.items()}
    base = study().model_dump()["indicators"] | {"tree": {"top": list(formulas)}, "indicators": indicators}
    return study(
        study=study().model_dump()["study"] | {"unit": {"by": ["unit"], "names": "code"}, "years": [2019, 2022]}, indicators=base
    )


def values_of(rows, formulas):
    made = designed(**{f"i{k}": text for k, text in enumerate(formulas)})
    with open_engine() as engine:
        table = {"firms": engine.scan(rows.assign(ind=rows["unit"]))}
        panel = build_panel(made, engine, table).values
        coverage, _ = indicator_coverage(made, engine, table, panel)
    return panel, coverage


def test_each_exception_by_hand():
    panel, coverage = values_of(FIRMS, HAND)
    cells = coverage.set_index("indicator")
    for k, (text, (value, firms, share)) in enumerate(HAND.items()):
        found = panel[f"i{k}"].item()
        assert (found == pytest.approx(value, rel=EXACT)) if value is not None else np.isnan(found), text
        assert cells.loc[f"i{k}", "n_firms"] == firms, text
        assert cells.loc[f"i{k}", "coverage"] == pytest.approx(share), text


def test_a_lag_that_is_missing_makes_the_row_incomplete():
    """b has no year before: 2021 rests on a alone; 2020 on nobody."""
    rows = pd.DataFrame(
        {"firm_id": ["a", "a", "b"], "year": [2020, 2021, 2021], "unit": "X", "cogs": [8.0, 12, 100], "stock": [2.0, 4, 1]}
    )
    panel, coverage = values_of(rows, ["sum(cogs) / (sum(stock + lag(stock)) / 2)"])
    assert panel.set_index("year")["i0"].to_dict() == {2020: pytest.approx(np.nan, nan_ok=True), 2021: 12 / 3}
    assert coverage.set_index("year")["n_firms"].to_dict() == {2020: 0, 2021: 1}


def test_a_partial_sum_is_declared():
    leaves = {
        "whole": Indicator(table="firms", formula="sum(rd_exp)", label=L),
        "part": Indicator(table="firms", formula="sum(rd_exp)", partial_sum=True, label=L),
        "control": Control(table="firms", formula="sum(rd_exp)", partial_sum=True, label=L),
    }
    with open_engine() as engine:
        values = aggregate_columns(study(), engine, {"firms": engine.scan(FIRMS)}, leaves).iloc[0]
    assert np.isnan(values["whole"]) and values["part"] == values["control"] == 15


def test_explain_shows_the_aggregates_of_complete_rows():
    with open_engine() as engine:
        table = engine.scan(FIRMS)
        types = engine.types(table)
        parts = dict(
            exact_aggregates(parse("100 * sum(rd_exp) / sum(revenue)", columns=types, aggregate=True), types, key=["firm_id"])
        )
        sums = [engine.collect(f"SELECT {sql} AS v FROM {table}")["v"].item() for sql in parts.values()]
    assert list(parts) == ["sum(rd_exp)", "sum(revenue)"] and sums == [10, 400]


def test_density_of_official_counts_leaves_incomplete_rows_out():
    """Two divisions make the unit; the one without a recognised count is in neither part of the share."""
    made = study(
        study=study().model_dump()["study"] | {"unit": {"by": ["ind"], "names": "code"}},
        sources={"version": 1, "sources": {}, "tables": {"industry": {"key": ["code", "year"]}}},
        regressions={"version": 1, "density": {"levels": ["national"], "lag": 1}},
    )
    rows = pd.DataFrame(
        {"code": ["p", "q"], "unit": "X", "year": 2020, "n_firms": [100.0, 900], "n_srdi_national": [5.0, None]}
    ).assign(revenue=[10.0, 20], srdi_revenue=[1.0, None])
    with open_engine() as engine:
        density = densities(made, engine, {"industry": engine.scan(rows)}).iloc[0]
    assert density["count"] == 50 and density["revenue"] == 10 and density["n_firms"] == 1000 and np.isnan(density["n_srdi"])


# an independent implementation: a formula as a function of complete rows

COLUMNS = ("a", "b", "c", "d")
BY_PANDAS = {
    "100 * sum(a) / sum(b)": (("ab", lambda g: 100 * g["a"].sum() / g["b"].sum()),),
    "sum(a * b) / sum(c)": (("abc", lambda g: (g["a"] * g["b"]).sum() / g["c"].sum()),),
    "sum(a) / sum(b) - sum(c) / sum(d)": (
        ("ab", lambda g: g["a"].sum() / g["b"].sum()),
        ("cd", lambda g: -g["c"].sum() / g["d"].sum()),
    ),
    "(sum(a) - sum(b)) / (sum(a) + sum(b))": (("ab", lambda g: (g["a"].sum() - g["b"].sum()) / (g["a"].sum() + g["b"].sum())),),
    "sum(a) / count(*)": (("a", lambda g: g["a"].mean()),),
    "avg(a) / avg(b)": (("ab", lambda g: g["a"].mean() / g["b"].mean()),),
    "avg(a) + max(b)": (("a", lambda g: g["a"].mean()), ("b", lambda g: g["b"].max())),
    "sum(a) filter (where c > 1) / sum(b)": (("abc", lambda g: g.loc[g["c"] > 1, "a"].sum(min_count=1) / g["b"].sum()),),
}


def by_pandas(rows, formula):
    total = 0.0
    for needed, term in BY_PANDAS[formula]:
        complete = rows.dropna(subset=list(needed))
        total += term(complete) if len(complete) else np.nan
    return total


def random_rows(seed):
    stream = np.random.default_rng(seed)
    rows = pd.DataFrame(stream.lognormal(size=(60, 4)), columns=list(COLUMNS)).mask(stream.random((60, 4)) < 0.35)
    return rows.assign(firm_id=[f"f{k:02d}" for k in range(60)], year=2020, unit=np.repeat(list("XYZ"), 20))


@pytest.mark.parametrize("seed", range(5))
def test_random_holes_agree_with_pandas_in_panel_and_draws(seed):
    rows = random_rows(seed)
    leaves = {f"i{k}": Indicator(table="firms", formula=text, label=L) for k, text in enumerate(BY_PANDAS)}
    counts = [np.random.default_rng(seed + u).multinomial(20, np.full(20, 0.05), size=3).astype(float) for u in range(3)]
    with open_engine() as engine:
        table = engine.scan(rows)
        panel = aggregate_columns(study(), engine, {"firms": table}, leaves)
        draws = panel_draws(study(), engine, table, leaves, 3, Fixed(counts))
    for u, (unit, unit_rows) in enumerate(rows.groupby("unit")):
        expected = [by_pandas(unit_rows, text) for text in BY_PANDAS]
        assert panel.set_index("unit").loc[unit, list(leaves)].tolist() == pytest.approx(expected, rel=EXACT, nan_ok=True), unit
        for draw in range(3):
            repeated = unit_rows.loc[unit_rows.index.repeat(counts[u][draw].astype(int))]
            expected = [by_pandas(repeated, text) for text in BY_PANDAS]
            assert draws.values[draw, 0, u].tolist() == pytest.approx(expected, rel=EXACT, nan_ok=True), (unit, draw)


def test_quantiles_of_a_few_years_at_a_time_are_those_of_all(monkeypatch: pytest.MonkeyPatch):
    """Lags reach into the years before the stretch; the years of a stretch are all that is held at once."""
    years = [random_rows(seed).assign(year=2015 + seed) for seed in range(6)]
    formulas = ["median(a)", "sum(a)", "quantile_cont(b, 0.9)", "median(a - lag(a))"]
    leaves = {f"i{k}": Indicator(table="firms", formula=text, label=L) for k, text in enumerate(formulas)}
    with open_engine() as engine:
        table = engine.scan(pd.concat(years))
        whole = aggregate_columns(study(), engine, {"firms": table}, leaves)
        monkeypatch.setattr(unit_year_aggregates, "QUANTILE_BYTES", 3 * 2 * 60 * unit_year_aggregates.VALUE_BYTES)
        row_counts = unit_year_aggregates._row_counts(engine, table)
        assert unit_year_aggregates._year_stretches(row_counts, 3) == [(2015, 2015), (2016, 2017), (2018, 2019), (2020, 2020)]
        pd.testing.assert_frame_equal(aggregate_columns(study(), engine, {"firms": table}, leaves), whole, check_exact=True)


def test_complete_data_are_summed_to_the_same_bits():
    """The filter changes nothing where nothing is missing."""
    rows = random_rows(7).fillna(1.5)
    text = "sum(a * b) / sum(c)"
    with open_engine() as engine:
        table = engine.scan(rows)
        types = engine.types(table)
        expr = parse(text, columns=types, aggregate=True)
        assert not lag_columns(expr, types, partition=["firm_id"])
        new = engine.collect(f"SELECT {aggregate_sql(expr, types, key=['firm_id'])} AS v FROM {table}")["v"].item()
        plain = engine.collect(f"SELECT sum(a * b ORDER BY firm_id) / sum(c ORDER BY firm_id) AS v FROM {table}")["v"].item()
    assert new == plain


def test_coverage_by_status_and_sample():
    """The recognised firm knows everything; half of the others' R&D is missing."""
    rows = FIRMS.assign(revenue=100.0, rd_exp=[4.0, None, 6, 5, None])
    rows["srdi_levels_ever"] = [level_bits(["national"]), 0, 0, 0, 0]
    made = designed(rd="sum(rd_exp) / sum(revenue)")
    made = made.model_copy(
        update={
            "regressions": made.regressions.model_copy(
                update={"density": made.regressions.density.model_copy(update={"levels": ("national",)})}
            )
        }
    )
    with open_engine() as engine:
        table = {"firms": engine.scan(rows.assign(srdi_levels_valid=rows["srdi_levels_ever"]))}
        panel = build_panel(made, engine, table).values
        cells, status = indicator_coverage(made, engine, table, panel)
    by_sample = cells.set_index("sample")
    assert by_sample["n_firms"].to_dict() == {"all": 3, "leave_out": 2}
    assert by_sample["coverage"].to_dict() == {"all": 0.6, "leave_out": 0.5}
    assert status[["coverage", "coverage_srdi", "coverage_others"]].iloc[0].tolist() == [0.6, 1.0, 0.5]
