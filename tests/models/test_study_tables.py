"""Firm, shock and multiverse tables of a study: contracts, known truth, and reasons where one cannot be made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hqd_index.demo.fixtures import panel_d
from hqd_index.engines import open_engine
from hqd_index.errors import ConfigError, EstimationError
from hqd_index.models import ModelInputs
from hqd_index.models.analyses.resilience import resilience_rows
from hqd_index.models.firms.firm_cells import firm_cells, policy_exposure
from hqd_index.models.firms.firm_tables import EVENT_ESTIMATORS, firm_rows
from hqd_index.models.firms.firm_years import firm_years
from hqd_index.models.model_results import regressions
from hqd_index.models.model_rows import frames_of
from hqd_index.models.multiverse.multiverse_tables import multiverse_tables, scores_of, universes_of
from hqd_index.study.records import Control, Events, FirmOutcome, Label, Resilience, SpecificationGrid
from hqd_index.study.srdi_levels import level_bits
from hqd_index.tables import check

from .known_panels import index_panel, study, weights

NAME = Label(zh="名", en="name")
OUTCOME = Events(outcomes={"rd": FirmOutcome(formula="100 * rd_exp / revenue", label=NAME)})


def test_firm_years_tell_counted_recognition_only() -> None:
    """a is national from 2019, b provincial only (left out), c never; the formula is evaluated row by row."""
    rows = [(f, y, 100.0, 5.0 if f == "a" else 2.0) for f in "abc" for y in (2018, 2019, 2020)]
    frame = pd.DataFrame(rows, columns=["firm_id", "year", "revenue", "rd_exp"]).assign(industry_code="C13")
    ever = {"a": level_bits(["national"]), "b": level_bits(["provincial"]), "c": 0}
    frame["srdi_levels_ever"] = frame["firm_id"].map(ever)
    late = (frame["year"] >= 2019) & (frame["firm_id"] != "c")
    frame["srdi_levels_to_date"] = [levels if on else 0 for levels, on in zip(frame["srdi_levels_ever"], late)]
    engine = open_engine()
    found = firm_years(study(events=OUTCOME), engine, engine.scan(frame, "firms"))
    assert found["unit"].unique().tolist() == ["a", "c"] and set(found["cell"]) == {"C13-2018", "C13-2019", "C13-2020"}
    assert (
        found.loc[found["unit"] == "a", "first"].tolist() == [2019.0] * 3
        and found.loc[found["unit"] == "c", "first"].isna().all()
    )
    assert found["rd"].tolist() == [5.0] * 3 + [2.0] * 3 and found["size_rd"].tolist() == [100.0] * 6
    with pytest.raises(EstimationError, match="status"):
        firm_years(study(events=OUTCOME), engine, engine.scan(frame.drop(columns="srdi_levels_to_date"), "bare"))
    weighted = Events(outcomes={"rd": FirmOutcome(formula="rd_exp", size="sales", label=NAME)})
    with pytest.raises(ConfigError, match="no column 'sales', by which a mean of firms is weighted; write `size: <column>`"):
        firm_years(study(events=weighted), engine, engine.scan(frame, "firms_again"))


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    data = panel_d(1).data
    cell = "C13-" + data["year"].astype(str)
    return data.assign(unit=data["unit"].astype(str), cell=cell, ever=data["first"].notna(), rd=data["y"], size_rd=1.0)


def test_event_tables_meet_their_contract_and_the_truth(firms: pd.DataFrame) -> None:
    made = frames_of(firm_rows(firms, study(events=OUTCOME)), ("event_study", "contribution"))
    events = check("event_study", made["event_study"])
    check("contribution", made["contribution"])
    assert made["not_made"].empty and set(events["estimator"]) == {*EVENT_ESTIMATORS, "bacon", "dcdh"}
    assert events.loc[events["quantity"].str.startswith("weight_"), "estimate"].sum() == pytest.approx(1.0)
    truth = panel_d(1).truth
    rows = events[(events["quantity"] == "effect") & (events["estimator"] != "twfe") & events["time"].between(0, 3)]
    apart = (rows["estimate"] - [truth[f"effect_{int(t)}"] for t in rows["time"]]).abs() / rows["se"]
    assert (apart < 4).all()
    items = made["contribution"].set_index("quantity")["value"]
    first, last = (firms.loc[firms["year"] == y, "rd"].mean() for y in (2017, 2024))
    assert items[[k for k in items.index if k.endswith(("_srdi", "_other"))]].sum() == pytest.approx(last - first)
    assert items[[k for k in items.index if k.endswith("_mp")]].sum() == pytest.approx(last - first)


def test_an_outcome_without_a_value_is_named_and_costs_no_other(firms: pd.DataFrame) -> None:
    made = frames_of(firm_rows(firms.assign(rd=np.nan), study(events=OUTCOME)), ("event_study", "contribution"))
    assert made["event_study"].empty and set(made["not_made"]["table"]) == {"event_study", "contribution"}
    assert made["not_made"]["reason_en"].str.contains("rd has no value").all()


def test_without_firms_the_reason_is_told() -> None:
    made = frames_of(firm_rows(EstimationError("no firms", zh="无企业"), study()), ("event_study",))
    assert made["event_study"].empty and made["not_made"]["table"].tolist() == ["event_study"]


def test_resilience_table_and_its_reasons() -> None:
    control = Control(table="industry", formula="sum(revenue)", label=NAME)
    asked = study(resilience=Resilience(level=control, exposure=control), draws=199)
    rng = np.random.default_rng(0)
    keys = pd.DataFrame({"unit": np.repeat([f"u{i}" for i in range(20)], 10), "year": np.tile(range(2015, 2025), 20)})
    density = keys.assign(density=rng.uniform(0, 2, 200))
    inputs = keys.assign(level=10 + rng.normal(size=200), exposure=np.repeat(rng.uniform(size=20), 10))
    made = frames_of(resilience_rows(inputs, density, asked), ("resilience",))
    assert set(check("resilience", made["resilience"])["outcome"]) == {"fall", "recovery"} and made["not_made"].empty
    rising = inputs.assign(level=inputs["year"] * 1.0)
    told = frames_of(resilience_rows(rising, density, asked), ("resilience",))
    assert told["resilience"].empty and len(told["not_made"]) == 2
    for case, text in (((inputs, density, study()), "no level"), ((inputs, density.iloc[:0], asked), "no SRDI density")):
        assert text in resilience_rows(*case)["not_made"][0]["reason_en"]


@pytest.fixture(scope="module")
def world() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Design scores (base and one other), designs, data and densities of the known panel."""
    data = index_panel().query("sample == 'all'").reset_index(drop=True)
    keys = data[["unit", "year"]]
    rng = np.random.default_rng(0)
    scores = keys.assign(**{"0": 100 * data["hqd"], "1": 100 * data["hqd"] + rng.normal(0, 2, len(keys))})
    designs = pd.DataFrame({"design": [0, 1], "label": ["base", "weight.indicators=equal, leave_out=brand"]})
    # the lag is taken again from the density of the year before
    density = keys.assign(
        year=keys["year"] - 1, density=data["density_lag"], count=data["density_lag"], revenue=2 * data["density_lag"]
    )
    return scores, designs, data, density.assign(employment=np.nan, ihs=1.0)


def test_multiverse_holds_the_headline_and_counts_what_it_ran(world: tuple[pd.DataFrame, ...]) -> None:
    scores, designs, data, density = world
    asked = study(multiverse=SpecificationGrid(lag=(1,), draws=39))
    mirrored_scores = scores.assign(**{design: -scores[design] for design in ("0", "1")})
    made = multiverse_tables(scores, designs, data, density, asked, splittable_scores=mirrored_scores)
    curves, summaries = check("multiverse", made["multiverse"]), check("multiverse_summary", made["multiverse_summary"])
    mirrored = summaries.query("sample == 'leave_out' and kind == ''").set_index("quantity")["value"]
    curve, summary = curves[curves["sample"] == "all"], summaries[summaries["sample"] == "all"]
    assert set(curve["outcome"]) == {"hqd"} and set(summaries["outcome"]) == {"hqd", "splittable"}
    value = summary[summary["kind"] == ""].set_index("quantity")["value"]
    assert mirrored["median"] == pytest.approx(-value["median"]) and mirrored["positive"] == 1 - value["positive"]
    assert mirrored["significant_wild"] == value["significant_wild"]
    assert value["significant_wild"] == pytest.approx(value["significant"], abs=0.2)
    assert value["declared"] == 2 * 4 * 2 * 2 and value["run"] == 2 * 2 * 2 * 2  # employment is missing, ihs is constant
    assert value["not_estimable"] == value["declared"] - value["run"]
    headline = curve[curve["headline"]].iloc[0]
    known = regressions(index_panel(), study(), ModelInputs(weights=weights())).frames["regressions"]
    same = known.query("spec == 'twfe' and sample == 'all' and outcome == 'hqd' and term == 'density'").iloc[0]
    assert headline["estimate_sd"] == pytest.approx(same["estimate_sd"]) and headline["p_cv3"] == pytest.approx(same["p_cv3"])
    choices = summary[summary["quantity"] == "variance_share"].set_index("choice")["value"]
    assert {"weight.indicators", "leave_out", "density", "controls", "effects"} <= set(choices.index)
    assert choices["density"] == pytest.approx(0.0, abs=1e-9)  # revenue is twice the count: the same in standard deviations


def test_multiverse_without_designs_or_density_says_so(world: tuple[pd.DataFrame, ...]) -> None:
    scores, designs, data, density = world
    none = multiverse_tables(scores.iloc[:0], designs, data, density, study())
    assert none["multiverse"].empty and "no design scores" in none["not_made"]["reason_en"].iloc[0]
    bare = multiverse_tables(scores, designs, data, density.iloc[:0], study())
    assert "no SRDI density" in bare["not_made"]["reason_en"].iloc[0]
    assert scores_of(scores, designs).choices.loc[0].tolist() == ["base", "base"]
    assert len(universes_of(data, density, study())) == 4 * 2 * 2 * 2


def cells(units: list[str], years: range, seed: int = 0) -> pd.DataFrame:
    """Firms by industry and province; recognition spreads at a pace of the province from 2019 on."""
    rng = np.random.default_rng(seed)
    provinces = [f"p{i}" for i in range(12)]
    pace = rng.uniform(0, 0.05, 12)
    rows = []
    for u in units:
        firms = rng.integers(0, 60, 12)
        for y in years:
            known = rng.binomial(firms, np.minimum(1, pace * max(0, y - 2018)))
            rows += [(u, p, "province_code", y, int(n), int(k)) for p, n, k in zip(provinces, firms, known)]
    return pd.DataFrame(rows, columns=["unit", "shock", "kind", "year", "firms", "recognised"])


def test_cells_are_counts_of_firms() -> None:
    """Two industries, two provinces: firms and those in force at a counted level, by hand."""
    frame = pd.DataFrame(
        [("a", 2020, "C13", "11", "national"), ("b", 2020, "C13", "11", None), ("c", 2020, "C14", "12", "provincial")],
        columns=["firm_id", "year", "industry_code", "province_code", "srdi_levels_valid"],
    )
    frame["srdi_levels_valid"] = [0 if pd.isna(level) else level_bits([level]) for level in frame["srdi_levels_valid"]]
    engine = open_engine()
    found = firm_cells(study(), engine, engine.scan(frame, "counted"))
    assert found[["unit", "shock", "firms", "recognised"]].to_numpy().tolist() == [["C13", "11", 2, 1], ["C14", "12", 1, 0]]
    assert firm_cells(study(), engine, engine.scan(frame.drop(columns="province_code"), "one_way")).empty


def test_policy_exposure_by_hand() -> None:
    """Unit a has its 4 firms in p; the other unit's 10 firms in p count 1 recognised in 2020: 1000 x .1 for a in 2021."""
    rows = [("a", "p", 2019, 4, 0), ("b", "p", 2019, 10, 0), ("b", "q", 2019, 5, 0)]
    rows += [("a", "p", 2020, 4, 2), ("b", "p", 2020, 10, 1), ("b", "q", 2020, 5, 0)]
    frame = pd.DataFrame(rows, columns=["unit", "shock", "year", "firms", "recognised"]).assign(kind="province_code")
    made = policy_exposure(frame, base_year=2019, lag=1)
    assert made.units == ("a", "b") and made.years == (2020, 2021)
    raw = {"a": 1.0 * 100 + 0.0, "b": 10 / 15 * 500 + 0.0}  # b: two of a's four in p; nobody else in q
    mean = {"a": (100 + 0) / 2, "b": (500 + 0) / 2}  # of the shocks of p and q, taken out in recentring
    z = dict(zip(made.units, made.instrument()[:, 1]))
    assert z == pytest.approx({u: raw[u] - mean[u] for u in raw})
    with pytest.raises(EstimationError, match="base year"):
        policy_exposure(frame, base_year=2010, lag=1)


def test_endogeneity_table_and_long_difference() -> None:
    data = index_panel(3, concentrated=True, scale=5.0)
    firms = cells(sorted(data["unit"].unique()), range(2012, 2025))
    found = regressions(data, study(draws=199), ModelInputs(weights=weights(), firm_cells=firms)).frames
    table = check("endogeneity", found["endogeneity"])
    here = table[table["sample"] == "all"].set_index("quantity")["value"]
    headline = found["regressions"].query("spec == 'twfe' and sample == 'all' and outcome == 'hqd' and term == 'density'").iloc[0]
    assert here["ols"] == pytest.approx(headline["estimate"]) and here["effective_shocks"] <= 12
    assert here["first_stage_f"] == pytest.approx(here["effective_f"]) and here["ar_low"] < here["estimate"] < here["ar_high"]
    far = found["regressions"].query(
        "spec == 'twfe_long_difference' and sample == 'all' and outcome == 'hqd' and term == 'density'"
    )
    assert set(far["subset"]) == {"2019-2024"} and set(far["n_obs"]) == {31}
    one = data[data["sample"] == "all"].pivot(index="unit", columns="year", values=["density_lag", "hqd", "size"])
    moved = pd.DataFrame({c: one[c][2024] - one[c][2019] for c in ("density_lag", "hqd", "size")})
    design = np.column_stack([moved["density_lag"], moved["size"], np.ones(31)])
    assert far["estimate"].iloc[0] == pytest.approx(np.linalg.lstsq(design, moved["hqd"], rcond=None)[0][0])
    bare = regressions(data, study(draws=199), ModelInputs(weights=weights())).frames
    assert "shift-share" in " ".join(bare["not_made"].query("table == 'endogeneity'")["reason_en"])
