"""The tables of the dynamics: contracts, what is refused and told, groups, and repeatability."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.index.dynamics.convergence import variation
from hqd_index.index.dynamics.dynamics_tables import dynamics, units_by_density
from hqd_index.index.dynamics.markov_chains import homogeneity, quartile_cuts, state_of_values, transitions
from hqd_index.index.dynamics.moran import moran, row_standardised, weight_matrix
from hqd_index.index.index_tables import build_index
from hqd_index.study.records import Dynamics
from hqd_index.tables import check

from .small import names, panel, study

EXACT = 1e-12
UNITS, YEARS = [f"C{n}" for n in range(13, 44)], list(range(2015, 2021))
TREE = {"top": {"quality": ["x", "y"], "safety": ["z", "w"]}}
TABLES = {"dynamics", "coupling", "obstacles", "distribution", "transitions", "lisa", "not_made"}


def made(weighting=None, *, links=True, drop=(), choices=None, **options):
    rng = np.random.default_rng(11)
    sheet = {leaf: list(rng.gamma(5, size=len(UNITS) * len(YEARS))) for leaf in "xyzw"}
    values = panel(sheet, units=UNITS, years=YEARS)
    for unit, year in drop:
        values.loc[(values["unit"] == unit) & (values["year"] == year), ["x", "z"]] = np.nan
    design = study(TREE, levels=["indicators", "parts"], weighting=weighting)
    if choices:
        design = design.model_copy(update={"study": design.study.model_copy(update={"dynamics": Dynamics(**choices)})})
    index = build_index(design, values, names(UNITS))
    return index, dynamics(design, index, wiring() if links else None, 5, panel=values, **options)


def wiring():
    rng = np.random.default_rng(12)
    pairs = pd.DataFrame([(a, b) for a in UNITS for b in UNITS if a != b], columns=["from_unit", "to_unit"])
    return pairs.assign(upstream=rng.random(len(pairs)) ** 4)


@pytest.fixture(scope="module")
def whole():
    return made()


def test_all_tables_keep_their_contracts(whole):
    _, tables = whole
    assert set(tables) == TABLES
    assert all(len(check(name, frame)) for name, frame in tables.items() if name != "not_made")
    assert tables["not_made"].empty


def test_tables_hold_what_the_functions_say(whole):
    index, tables = whole
    scores = index.arrays_by_sample["all"].scores["top"]
    facts = (
        tables["dynamics"].query("node == 'top'").set_index(["item", "year", "variant", "group", "other", "quantity"])["value"]
    )
    for t, year in enumerate(YEARS):
        assert facts["sigma", year, "", "", "", "cv"] == variation(scores)[t]
    w = row_standardised(weight_matrix(wiring(), UNITS).matrix)
    assert facts["moran", 2020, "", "", "", "i"] == pytest.approx(moran(scores[-1:], w).i[0], abs=EXACT)
    both = np.stack([index.arrays_by_sample["all"].scores[node] for node in ("quality", "safety")])
    one = tables["coupling"].query("unit == 'C13' and year == 2015 and method == 'classic'").iloc[0]
    u1, u2 = both[:, 0, 0]
    assert one["degree"] == pytest.approx(np.sqrt(2 * np.sqrt(u1 * u2) / (u1 + u2) * (u1 + u2) / 2), abs=EXACT)
    assert facts["coupling", 2015, "all", "all", "", "n"] == 31
    state = state_of_values(scores, quartile_cuts(scores))
    test = homogeneity(np.concatenate([transitions(state[:4], YEARS[:4]), transitions(state[3:], YEARS[3:])]))
    assert facts["markov", None, "two_halves", "", "", "chi2"] == pytest.approx(test.chi2, rel=EXACT)
    parts = [facts["dagum", 2020, "technology", "", "", part] for part in ("within", "between", "transvariation")]
    assert sum(parts) == pytest.approx(facts["dagum", 2020, "technology", "", "", "gini"], abs=EXACT)


def test_what_study_yaml_adds_to_the_dynamics(whole):
    """Theil's parts, scores over time, coefficients of coupling and links of economic distance; all else stays."""
    plain = whole[1]
    choices = {"theil": True, "coupling": {"quality": 0.6, "safety": 0.4}, "time_degree": 0.3}
    _, added = made(choices={**choices, "links": {"kind": "nested", "by": "x"}})
    facts = added["dynamics"].set_index(["item", "node", "year", "variant", "group", "quantity"])["value"]
    parts = [facts["theil", "top", 2020, "technology", "", part] for part in ("within", "between")]
    assert sum(parts) == pytest.approx(facts["theil", "top", 2020, "technology", "", "theil"], abs=EXACT)
    scores = whole[0].arrays_by_sample["all"].scores["top"]
    weights = [facts["time_weighted", "top", year, "degree_0.3", "", "weight"] for year in YEARS]
    assert facts["time_weighted", "top", None, "degree_0.3", "C13", "score"] == pytest.approx(100 * np.dot(weights, scores[:, 0]))
    both = added["coupling"].query("unit == 'C13' and year == 2015").set_index("method")
    u1, u2 = (whole[0].arrays_by_sample["all"].scores[node][0, 0] for node in ("quality", "safety"))
    assert both["development"].tolist() == pytest.approx([0.6 * u1 + 0.4 * u2] * 2)
    assert both["coupling"].tolist() == plain["coupling"].query("unit == 'C13' and year == 2015")["coupling"].tolist()
    other_items = "item not in ['theil', 'time_weighted', 'coupling', 'moran', 'markov', 'spatial_markov']"
    kept = [tables["dynamics"].query(other_items) for tables in (plain, added)]
    pd.testing.assert_frame_equal(kept[0].reset_index(drop=True), kept[1].reset_index(drop=True))
    one, other = (
        tables["dynamics"].query("item == 'moran' and quantity == 'i'")["value"].to_numpy() for tables in (plain, added)
    )
    assert len(one) == len(other) and not np.isclose(one, other).all()


def test_transitions_of_each_row_sum_to_one(whole):
    _, tables = whole
    moves = tables["transitions"]
    sums = moves.groupby(["chain", "node", "lag_state", "from_state"])["probability"].sum(min_count=1).dropna()
    assert sums.to_numpy() == pytest.approx(np.ones(len(sums)), abs=EXACT)
    counts = moves.groupby(["node", "chain"])["count"].sum()
    assert (counts == 31 * 5).all()  # conditional chains split the same moves


def test_the_curve_is_a_density_on_the_scale_of_scores(whole):
    """The trapezoid sum of each curve is 1 but for the 0.2 % beyond three bandwidths."""
    _, tables = whole
    for _, curve in tables["distribution"].groupby(["node", "year"]):
        assert np.trapezoid(curve["density"], curve["score"]) == pytest.approx(1, abs=3e-3)
        assert curve["score"].max() > 20


def test_without_links_the_spatial_tables_say_why():
    _, tables = made(links=False)
    missing = tables["not_made"]
    assert set(missing["table"]) == {"dynamics", "lisa", "transitions"}
    assert missing["mend_en"].str.contains("io_links").any() and missing["reason_zh"].str.len().min() > 0
    assert tables["lisa"].empty and set(tables["transitions"]["chain"]) == {"markov"}


def test_scores_without_bounds_are_refused_by_name():
    """z-scores are negative: no coupling, no obstacles, no Gini, no logarithm; Markov, kernel and Moran remain."""
    _, tables = made({"normalise": {"method": "zscore"}})
    told = tables["not_made"].groupby("table")["reason_en"].apply(" ".join)
    assert "coupling" in told["coupling"] and "obstacle" in told["obstacles"]
    assert "Dagum" in told["dynamics"] and "beta" in told["dynamics"]
    assert tables["coupling"].empty and tables["obstacles"].empty
    assert len(tables["lisa"]) == 31 * 6 * 3 and len(tables["distribution"])


def test_scores_too_thin_to_rank_are_left_out():
    _, tables = made({"coverage": {"min_children": 1, "rank_from": 0.6}}, drop=[("C20", 2018)])
    moves = tables["transitions"].query("chain == 'markov' and node == 'top'")
    assert moves["count"].sum() == 31 * 5 - 2  # the move into 2018 and the one out of it
    rows = tables["dynamics"].query("item == 'moran' and node == 'top' and quantity == 'n'").set_index("year")["value"]
    assert rows[2018] == 30 and rows[2019] == 31
    noted = tables["dynamics"].query("item == 'moran' and node == 'top' and year == 2018 and quantity == 'i'")
    assert "C20" in noted["note_en"].item()


def test_a_unit_without_links_is_named():
    links = wiring()
    links.loc[links["to_unit"] == "C42", "upstream"] = 0.0
    design = study(TREE, levels=["indicators", "parts"])
    rng = np.random.default_rng(1)
    rows = panel({leaf: list(rng.random(62)) for leaf in "xyzw"}, units=UNITS, years=[2015, 2016])
    tables = dynamics(design, build_index(design, rows, names(UNITS)), links, 1)
    assert tables["not_made"]["reason_en"].str.contains("without any link: C42").sum() == 2


def test_coordination_by_density_is_described_with_its_caution():
    index, _ = made()
    scores = index.scores.query("sample == 'all' and node == 'top'")
    density = scores[["unit", "year"]].assign(density=scores["score"])
    _, tables = made(density=density)
    rows = tables["dynamics"].query("item == 'coupling' and variant == 'density' and quantity == 'degree_classic'")
    degree = rows.pivot(index="year", columns="group", values="value")
    assert (degree["density_high"] > degree["density_low"]).all()
    assert rows["note_en"].str.contains("description only").all()


def test_density_groups_split_at_the_median_of_the_year():
    density = pd.DataFrame({"unit": list("abcd"), "year": 2020, "density": [0.0, 0, 3, np.nan]})
    assert units_by_density(density)["group"].tolist() == ["density_low", "density_low", "density_high"]


def test_the_same_seed_gives_the_same_tables(whole):
    _, again = made()
    for name, frame in whole[1].items():
        pd.testing.assert_frame_equal(frame, again[name], check_exact=True)


def test_own_groups_take_part():
    own = {unit: "one" if n % 2 else "two" for n, unit in enumerate(UNITS)}
    _, tables = made(study_groups=own)
    assert {"technology", "factor", "own"} == set(tables["dynamics"].query("item == 'dagum'")["variant"])
