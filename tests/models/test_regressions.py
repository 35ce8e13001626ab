"""A study's tables from data whose truth is known, and the cases in which a table cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models import ModelInputs, regressions
from hqd_index.models.analyses.headline_tables import ANALYSES
from hqd_index.models.analyses.policy import Baseline, linked_policy_items, policy_items
from hqd_index.models.composite import composite
from hqd_index.models.estimation_sample import estimation_sample
from hqd_index.models.headline import Headline
from hqd_index.models.kernels.multiple_testing import holm
from hqd_index.models.kernels.slx import slx
from hqd_index.models.kernels.specification import Specification, estimate
from hqd_index.models.model_results import ModelResults, headline_choice
from hqd_index.study.records import Control, Hypotheses, Label, SpecificationChoice
from hqd_index.tables import TABLES, check

from .known_panels import SIX, TAU, index_panel, io_links, study, weights

Only = Callable[..., None]

EXACT = 1e-10  # identities of least squares
NAME = Label(zh="名", en="name")


def inputs(links: pd.DataFrame) -> ModelInputs:
    """Links, 10 firms more in each unit than in the one before, and products of C13 and C20 that are chokepoints."""
    firms = pd.DataFrame({"unit": [f"C{13 + u}" for u in range(31)], "year": 2024, "n_firms": range(50, 360, 10), "density": 1.0})
    goods = [(2023, 1, "C30"), (2024, 1, "C13+C20"), (2024, 1, "C99"), (2024, 0, "C14"), (2024, None, "C15")]
    return ModelInputs(
        weights=weights(),
        io_links=links,
        density=firms,
        chokepoints=pd.DataFrame(goods, columns=["year", "chokepoint", "industries"]),
    )


@pytest.fixture(scope="module")
def results() -> ModelResults:
    return regressions(index_panel(), study(), inputs(io_links()))


def row(frame: pd.DataFrame, **location: object) -> pd.Series:
    found = frame[np.logical_and.reduce([frame[c] == v for c, v in location.items()])]
    assert len(found) == 1
    return found.iloc[0]


def test_tables_meet_their_contract(results: ModelResults) -> None:
    for name, frame in results.frames.items():
        checked = check(name, frame)
        assert list(checked.columns) == list(TABLES[name].columns)
    # the study lists no mediator, no firms are given for the instrument, and what H4, H5, H6b and H8 rest on is not there
    missing = results.frames["not_made"]
    assert set(missing["table"]) == {"mediators", "endogeneity", "hypotheses"}
    reasons = missing.loc[missing["table"] == "hypotheses", "reason_en"]
    assert set(reasons.str.split(":").str[0]) == {"H4", "H5", "H6b", "H8"}


def test_every_analysis_keeps_to_its_tables(results: ModelResults) -> None:
    """What an analysis gives rows to is declared beside it, in tables that have a contract."""
    sample = estimation_sample(index_panel(), composite(weights()), study())
    choice = headline_choice(study())
    assert choice is not None
    headline = Headline(sample, results.estimates[choice.id], choice, study(), inputs(io_links()))
    for name, analysis in ANALYSES.items():
        declared = {*analysis.tables, *analysis.further_tables, "not_made"}
        assert declared <= set(TABLES), name
        try:
            assert set(analysis.function(headline)) <= declared, name
        except EstimationError:
            continue


ANSWERS = {
    "channels": "test_regressions.py::test_parts_add_up",
    "variance_shares": "test_regressions.py::test_what_a_referee_asks_stands_beside_the_estimate",
    "accounting": "test_regressions.py::test_accounting_is_beta_times_the_changes",
    "effects": "test_regressions.py::test_composition_and_spillover_add_up",
    "policy": "test_regressions.py::test_policy_simulation_is_beta_times_the_rise",
    "oaxaca": "test_oaxaca.py::test_every_gap_of_a_study_is_explained_plus_unexplained",
    "mediators": "test_mediators.py::test_tables_of_a_study",
    "trends": "test_regressions.py::test_the_net_estimate_does_not_see_a_trend_and_the_breakdown_multiple_does",
    "robustness": "test_regressions.py::test_what_a_referee_asks_stands_beside_the_estimate",
    "placebo": "test_randomisation.py::test_each_draw_is_a_refit_on_permuted_paths",
    "earlier_trends": "test_regressions.py::test_pre_trend_is_seen_when_there_is_one",
    "hypotheses": "test_regressions.py::test_each_verdict_is_reached",
    "direct_spillover": "test_regressions.py::test_links_without_effect_show_none",
    "complete_spillover": "test_spillover.py::test_spillover_is_recovered_and_missed_when_left_out",
    "long_difference": "test_study_tables.py::test_endogeneity_table_and_long_difference",
    "omitted_variables": "test_second_tier.py::test_robustness_value_is_the_published_one",
    "instrument": "test_study_tables.py::test_endogeneity_table_and_long_difference",
    "named_instruments": "../methods/test_reference.py::test_known_answers_with_figures",
    "thresholds": "../methods/test_reference.py::test_known_answers_with_figures",
    "dead_bands": "test_theory.py::test_dead_bands_say_what_h4_says_of_densities_by_label",
    "moderation": "test_regressions.py::test_moderator_finds_where_the_effect_is",
    "modes": "test_theory.py::test_h4_is_found_where_modes_act_as_predicted",
    "paths": "test_theory.py::test_h5_each_path_is_found_on_its_channel",
    "leader_indices": "test_theory.py::test_h6b_tells_leaders_from_others",
    "leader_outcomes": "test_theory.py::test_h6b_tells_leaders_from_others",
    "moderators": "test_theory.py::test_h8_speaks_of_the_moderators_that_are_named",
}
"""Analysis -> the test whose known answer its numbers meet."""


def test_every_analysis_has_a_known_answer() -> None:
    without_answer, without_row = set(ANALYSES) - set(ANSWERS), set(ANSWERS) - set(ANALYSES)
    assert not without_answer, f"say in ANSWERS which test knows the numbers of {sorted(without_answer)}"
    assert not without_row, f"no row of ANALYSES makes {sorted(without_row)}"
    for id in ANSWERS.values():
        file, _, test = id.partition("::")
        assert f"def {test}(" in (Path(__file__).parent / file).read_text("utf-8"), id


def test_truth_is_inside_the_intervals(results: ModelResults) -> None:
    """hqd moves by the mean of the six tau; on leave_out 80% of each leaf weight keeps 40% of it."""
    frame = results.frames["regressions"].query("spec == 'twfe' and term == 'density'")
    truth = np.mean(list(TAU.values()))
    for sample, factor in (("all", 1.0), ("leave_out", 0.8 * 0.4 + 0.2)):
        found = row(frame, sample=sample, outcome="hqd")
        assert found["ci_low"] < factor * truth < found["ci_high"]
        assert abs(found["estimate"] - factor * truth) < 4 * found["se_cv3"]


def test_parts_add_up(results: ModelResults) -> None:
    channels = results.frames["channels"]
    for sample in ("all", "leave_out"):
        whole = row(results.frames["regressions"], spec="twfe", sample=sample, outcome="hqd", term="density")["estimate"]
        mine = channels.query("sample == @sample and parent == 'hqd'").set_index("node")
        for nodes in (list(SIX), [s for subs in SIX.values() for s in subs], [n for n in mine.index if n[-1].isdigit()]):
            assert mine.loc[nodes, "part"].sum() == pytest.approx(whole, abs=EXACT)
            assert mine.loc[nodes, "fraction"].sum() == pytest.approx(1.0, abs=EXACT)
    assert channels["gap"].abs().max() <= EXACT
    brand = channels.query("sample == 'all' and parent == 'brand'")
    assert brand["share_local"].tolist() == [0.5, 0.3, 0.2]


def test_composition_and_spillover_add_up(results: ModelResults) -> None:
    totals = results.frames["contribution"].query("unit == 'total' and sample == 'all'").set_index("quantity")["value"]
    for prefix in ("", "splittable_"):
        parts = totals[f"{prefix}effect_composition"] + totals[f"{prefix}effect_spillover"]
        assert parts == pytest.approx(totals[f"{prefix}effect"], abs=EXACT)
    share = 0.8  # of the weight can be split: the rest has no composition
    assert totals["effect_composition"] == pytest.approx(share * totals["splittable_effect_composition"], abs=EXACT)


def test_accounting_is_beta_times_the_changes(only: Only) -> None:
    """Density rises by a known amount in every unit; the share of the change is beta times its ratio to the index's change."""
    only("accounting", "effects")
    data = index_panel(3, concentrated=True, scale=5.0)
    found = regressions(data, study(), ModelInputs(weights=weights()))
    frame = found.frames["contribution"].query("item == 'A' and sample == 'all'").set_index(["unit", "quantity"])
    assert set(frame["from_year"].dropna()) == {2019}  # the ramp starts in 2020
    beta = frame.loc[("total", "effect"), "value"]
    ends = data.query("sample == 'all' and year in (2019, 2024)").pivot(
        index="unit", columns="year", values=["density_lag", "hqd"]
    )
    x, y = (ends[c][2024] - ends[c][2019] for c in ("density_lag", "hqd"))
    assert frame.loc[("total", "share"), "value"] == pytest.approx(beta * x.mean() / y.mean())
    one = frame.loc[("C20", "share")]
    assert one["value"] == pytest.approx(beta * x["C20"] / y["C20"]) or abs(y["C20"]) < 0.02
    parts = frame.loc[("total", "share_composition"), "value"] + frame.loc[("total", "share_spillover"), "value"]
    assert parts == pytest.approx(frame.loc[("total", "share"), "value"], abs=EXACT)
    path = found.frames["contribution"].query("item == 'B' and sample == 'all' and unit == 'total' and to_year == 2024")
    gone = path.set_index("quantity")["value"]
    assert gone["actual"] - gone["counterfactual"] == pytest.approx(beta * x.mean())


def test_policy_simulation_is_beta_times_the_rise(results: ModelResults, only: Only) -> None:
    """One SD in C13 (50 firms) and C20 (120); 100 recognitions are 1e5/170 per 1,000 there, or 1e5/50 in C13 alone."""
    only("policy")
    rows = results.frames["contribution"].query("item == 'G' and sample == 'all'").set_index(["unit", "quantity"])
    beta = row(results.frames["regressions"], spec="twfe", sample="all", outcome="hqd", term="density")["estimate"]
    sd = row(results.frames["regression_diagnostics"], spec="twfe", quantity="sd_within")["value"]
    for unit, name, rise in (
        ("total", "plus_sd", 2 * sd / 31), ("total", "plus_sd_chokepoint_units", sd),
        ("total", "per_100", 2 * 1e5 / 170 / 31), ("C13", "per_100", 1e5 / 50 / 31), ("C43", "per_100", 1e5 / 350 / 31),
    ):  # fmt: skip
        found = rows.loc[(unit, name)]
        assert found["value"] == pytest.approx(beta * rise) and found["ci_low"] < found["value"] < found["ci_high"]
    assert rows.loc[("total", "plus_sd_recognitions"), "value"] == pytest.approx(sd * (50 + 120) / 1000)
    assert rows.loc[("C13", "per_100"), "measure"].endswith("beyond the densities observed")
    linked = results.frames["regressions"].query("spec == 'twfe_slx_direct' and sample == 'all' and outcome == 'hqd'")
    b = linked.set_index("term")["estimate"]
    mine = io_links().query("from_unit == 'C13'")["upstream"].sum(), io_links().query("to_unit == 'C13'")["downstream"].sum()
    assert "every unit" not in rows.loc[("total", "plus_sd_chokepoint_units"), "measure"]
    assert not rows["measure"].str.contains("negative once").any()
    whole = (b["density"] + b["upstream"] * mine[0] + b["downstream"] * mine[1]) * 1e5 / 50 / 31
    assert rows.loc[("C13", "per_100_with_links"), "value"] == pytest.approx(whole)
    bare = regressions(index_panel(), study(), ModelInputs(weights=weights(), density=inputs(io_links()).density))
    assert "no unit of the study holds a chokepoint" in missing(bare, "contribution")


def test_a_policy_simulation_in_trouble_says_so(results: ModelResults) -> None:
    """Every unit holds a chokepoint product: no narrower than all; links whose coefficient turns the sum negative are named."""
    panel = index_panel().query("sample == 'all'")
    spec = Specification("g", ("hqd",), "density_lag", ("size",))
    everyone = tuple(sorted(panel["unit"].unique()))
    firms = pd.Series(100.0, index=everyone)
    start = Baseline(firms, firms * 0, everyone, 2024, 1e9)
    items = {item.quantity: item for item in policy_items(estimate(panel, spec, draws=99), start, "hqd", level=0.95)}
    assert "every unit holds" in items["plus_sd_chokepoint_units"].measure and "every unit" not in items["plus_sd"].measure
    spillover = slx(panel, spec, io_links(), draws=99)
    upstream = spillover.term("upstream")
    turned = spillover.estimate.coefficient.copy()
    turned[upstream] = -10 * np.abs(turned).max()
    bent = replace(spillover, estimate=replace(spillover.estimate, coefficient=turned))
    assert any("negative once links" in item.measure for item in linked_policy_items(bent, start, io_links(), "hqd", width=2.0))
    straight = linked_policy_items(spillover, start, io_links(), "hqd", width=2.0)
    assert all(("negative once links" in item.measure) == (item.value < 0) for item in straight)


@pytest.mark.parametrize(
    ("options", "sample", "expected"),
    [
        ({"own": 0.0, "scale": 2}, "all", "supported"),
        ({"own": 0.0, "scale": -2}, "all", "opposite_sign"),
        ({"own": 0.0, "scale": 0, "units": 60}, "all", "negligible"),
        ({"own": 0.0, "scale": 0, "units": 8}, "all", "inconclusive"),
        ({"own": 1.2, "scale": 2}, "leave_out", "negligible"),
    ],
)
def test_each_verdict_is_reached(options: dict[str, float], sample: str, expected: str, only: Only) -> None:
    only("hypotheses")
    asked = study(hypotheses=Hypotheses(sesoi=0.20, alpha=0.05))
    found = regressions(index_panel(1, **options), asked, ModelInputs(weights=weights())).frames["hypotheses"]
    assert row(found, hypothesis="H1", sample=sample)["verdict"] == expected


def test_splits_and_additions_are_reached(only: Only) -> None:
    """Own effect only: what never-recognised firms show depends on s. p = .04 by chance: some industries carry the verdict."""
    only("hypotheses")
    for sesoi, expected in ((0.25, "composition_only"), (0.10, "spillover_open")):
        asked = study(hypotheses=Hypotheses(sesoi=sesoi, alpha=0.05))
        own = regressions(index_panel(1, own=1.25, scale=2), asked, ModelInputs(weights=weights()))
        h1 = row(own.frames["hypotheses"], hypothesis="H1", sample="all")
        assert (h1["verdict"], h1["split"]) == ("supported", expected)
    chance = regressions(index_panel(2, own=0.0, scale=0, units=60), study(), ModelInputs(weights=weights()))
    assert "fragile" in row(chance.frames["hypotheses"], hypothesis="H1", sample="all")["additions"]
    notes = chance.frames["regression_diagnostics"].query("quantity == 'verdict_without' and outcome == 'hqd'")["note"]
    assert notes.str.match(r"H1: \w+ without C\d+").all() and len(notes) > 0


def test_rows_are_the_same_in_every_column(only: Only) -> None:
    """A control with gaps takes its rows from the column without controls too; a gap in a leaf takes the row from all."""
    only()
    data = index_panel()
    data.loc[data["year"] == 2015, "size"] = np.nan
    data.loc[(data["unit"] == "C20") & (data["year"] == 2020) & (data["sample"] == "leave_out"), "z_brand1"] = np.nan
    found = regressions(data, study(), ModelInputs(weights=weights()))
    frame = found.frames["regressions"]
    assert set(frame.loc[frame["spec"].isin(["effects", "twfe"]), "n_obs"]) == {31 * 11 - 1}
    rows = found.frames["regression_diagnostics"].query("quantity == 'rows_incomplete'")["value"]
    assert set(rows) == {32}


def test_row_order_does_not_matter(results: ModelResults) -> None:
    shuffled = index_panel().sample(frac=1, random_state=1)
    again = regressions(shuffled, study(), inputs(io_links().sample(frac=1, random_state=2)))
    for name in results.frames:
        left, right = (check(name, r.frames[name]) for r in (results, again))
        pd.testing.assert_frame_equal(left, right, check_exact=True)


def missing(found: ModelResults, table: str) -> str:
    return " | ".join(found.frames["not_made"].query("table == @table")["reason_en"])


def test_what_cannot_be_made_says_why(only: Only) -> None:
    only("channels", "hypotheses")
    data, w = index_panel(), weights()
    none = regressions(data.drop(columns=["density", "density_lag"]), study(), ModelInputs(weights=w))
    assert "no SRDI density" in missing(none, "regressions") and none.frames["regressions"].empty
    assert none.frames["not_made"][["mend_zh", "mend_en"]].notna().all().all()
    one_year = regressions(data[data["year"] == 2020], study(), ModelInputs(weights=w))
    assert "alone in a fixed effect" in missing(one_year, "channels")
    constant = regressions(data.assign(density_lag=1.0), study(), ModelInputs(weights=w))
    assert "density_lag is 1 in every row; nothing to estimate" in missing(constant, "hypotheses")
    nobody = regressions(data.assign(density_lag=0.0), study(), ModelInputs(weights=w))
    assert "density_lag is 0 in every row: no firm counts as recognised" in missing(nobody, "hypotheses")
    common = regressions(data.assign(density_lag=data["year"] * 1.0), study(), ModelInputs(weights=w))
    assert "does not vary" in missing(common, "regressions")
    one_unit = regressions(data[data["unit"] == "C13"], study(), ModelInputs(weights=w))
    assert "one fixed effect" in missing(one_unit, "regressions") or "alone in a fixed effect" in missing(one_unit, "regressions")
    assert "no smallest effect" in missing(regressions(data, study(hypotheses=None), ModelInputs(weights=w)), "hypotheses")


def test_three_industries_are_estimated_but_prove_nothing() -> None:
    found = regressions(index_panel(1, units=3, scale=5), study(), ModelInputs(weights=weights()))
    h1 = row(found.frames["hypotheses"], hypothesis="H1", sample="all")
    assert h1["verdict"] == "inconclusive" and "few_clusters" in h1["additions"]


def test_density_in_one_industry_is_cautioned() -> None:
    data = index_panel()
    alone = data.assign(density_lag=data["density_lag"].where(data["unit"] == "C13", 0.0))
    for panel, is_uneven in ((alone, True), (data, False)):
        found = regressions(panel, study(), ModelInputs(weights=weights()))
        assert ("uneven_clusters" in row(found.frames["hypotheses"], hypothesis="H1", sample="all")["additions"]) is is_uneven


def test_collinear_control_is_dropped_by_name_and_constant_outcome_too() -> None:
    data = index_panel()
    data["twice"] = 2 * data["density_lag"] + 5
    for leaf in ("z_brand0", "z_brand1", "z_brand2", "brand"):
        data[leaf] = 0.5
    data["quality"] = data[["innovation", "brand", "upgrading"]].mean(axis=1)
    data["hqd"] = (data["quality"] + data["safety"]) / 2
    controls = {
        "size": Control(table="industry", formula="x", label=NAME),
        "twice": Control(table="industry", formula="x", label=NAME),
    }
    found = regressions(data, study(controls=controls), ModelInputs(weights=weights()))
    dropped = found.frames["regression_diagnostics"].query("quantity == 'dropped_term'")
    assert dropped["note"].tolist() == ["twice"]
    assert "brand is constant" in missing(found, "regressions")
    parts = found.frames["channels"].query("sample == 'all' and parent == 'hqd' and node in ['quality', 'safety']")["part"].sum()
    whole = row(found.frames["regressions"], spec="twfe", sample="all", outcome="hqd", term="density")["estimate"]
    assert parts == pytest.approx(whole, abs=EXACT)


def test_geometric_aggregation_is_not_split() -> None:
    data = index_panel()
    data["hqd"] = np.sqrt(data["quality"] * data["safety"])
    found = regressions(data, study(), ModelInputs(weights=weights()))
    assert "hqd: no weighted sum" in missing(found, "channels")
    assert set(found.frames["channels"]["parent"]) == {"quality", "safety", *TAU}


def test_subset_and_other_density_are_rows_of_their_own(only: Only) -> None:
    only()
    specs = (
        SpecificationChoice(id="twfe", label=NAME, controls="all", headline=True),
        SpecificationChoice(id="late", label=NAME, years=(2016, 2024), drop_units=("C42", "C43"), outcomes=("hqd",)),
    )
    found = regressions(index_panel(), study(specifications=specs), ModelInputs(weights=weights())).frames["regressions"]
    late = found.query("spec == 'late'")
    assert set(late["outcome"]) == {"hqd"} and set(late["n_obs"]) == {29 * 9}
    assert set(late["subset"]) == {"2016-2024; without C42 C43"}


def quantity(found: ModelResults, name: str, sample: str, outcome: str = "hqd") -> float:
    rows = found.frames["regression_diagnostics"].query("quantity == @name and sample == @sample and outcome == @outcome")
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


def test_what_a_referee_asks_stands_beside_the_estimate(results: ModelResults) -> None:
    """An effect is found by permutation too; placebo holds the draws behind it; kernel errors are of the same order."""
    assert quantity(results, "p_randomisation", "all") == 1 / 1000 and quantity(results, "p_randomisation", "leave_out") < 0.05
    drawn = results.frames["placebo"].query("sample == 'all'")
    assert drawn["draw"].tolist() == list(range(1, 1000)) and abs(drawn["estimate_sd"].mean()) < 0.02
    headline = row(results.frames["regressions"], spec="twfe", sample="all", outcome="hqd", term="density")
    assert 0.3 < quantity(results, "se_driscoll_kraay", "all") / headline["se_cv1"] < 3
    items = results.frames["contribution"].query("item == 'C' and sample == 'all'")
    assert items["value"].sum() == pytest.approx(headline["r2_within"]) and set(items["quantity"]) == {"r2_density", "r2_size"}


def test_links_without_effect_show_none(results: ModelResults, only: Only) -> None:
    """H6 on suppliers' density that does nothing; the own effect stays; accounting with links has its interval."""
    only("direct_spillover", "complete_spillover")
    h6 = row(results.frames["hypotheses"], hypothesis="H6", sample="all")
    assert h6["verdict"] in ("negligible", "inconclusive") and h6["spec"] == "twfe_slx_direct"
    own = row(results.frames["regressions"], spec="twfe_slx_direct", sample="all", outcome="hqd", term="density")
    assert own["ci_low"] < np.mean(list(TAU.values())) < own["ci_high"]
    linked = results.frames["contribution"].query("quantity == 'explained_with_links' and sample == 'all'").iloc[0]
    assert linked["ci_low"] < linked["value"] < linked["ci_high"]
    assert "H6" in missing(regressions(index_panel(), study(), ModelInputs(weights=weights())), "hypotheses")


def steepened(calm: pd.DataFrame, trend: float) -> pd.DataFrame:
    """Units that get density later rise by `trend` a year and unit of density to come, before and after."""
    later = calm[calm["year"] >= 2020].groupby("unit")["density_lag"].mean()
    lead = calm["unit"].map(later) * (calm["year"] - 2013) * trend
    nodes = [c for c in calm if c.startswith("z_")] + [*SIX, *TAU, "hqd"]  # type: ignore[attr-defined]
    return calm.assign(**{node: calm[node] + lead for node in nodes})


def test_pre_trend_is_seen_when_there_is_one(only: Only) -> None:
    only("hypotheses", "earlier_trends")
    calm = index_panel(5, concentrated=True)
    for trend, expected in ((0.0, ""), (0.02, "pre_trend_up"), (-0.02, "pre_trend_down")):
        found = regressions(steepened(calm, trend), study(), ModelInputs(weights=weights()))
        additions = row(found.frames["hypotheses"], hypothesis="H1", sample="all")["additions"]
        assert [key for key in additions.split(";") if key.startswith("pre_trend")] == ([expected] if expected else [])
        assert (quantity(found, "pre_trend_p", "all") <= 0.05) == bool(expected)


def test_the_net_estimate_does_not_see_a_trend_and_the_breakdown_multiple_does(only: Only) -> None:
    """The trend moves the headline by kappa x trend and the net estimate not at all; the multiple falls below one."""
    only("hypotheses", "earlier_trends", "trends")
    calm = index_panel(5, concentrated=True)
    found = [regressions(steepened(calm, trend), study(), ModelInputs(weights=weights())) for trend in (0.0, 0.02)]
    net, headline = (
        [row(f.frames["regressions"], spec=spec, sample="all", outcome="hqd", term="density")["estimate"] for f in found]
        for spec in ("twfe_exposure_trend", "twfe")
    )
    assert net[0] == pytest.approx(net[1], abs=EXACT) and headline[1] - headline[0] > 0.01
    assert quantity(found[1], "exposure_trend_vif", "", "") > 1
    assert quantity(found[0], "breakdown", "all") > 5 * quantity(found[1], "breakdown", "all") > 0
    lines = [row(f.frames["hypotheses"], hypothesis="H1", sample="all") for f in found]
    assert [line["grade_lacks"].split(";")[0] for line in lines] != ["pre_trend", "pre_trend"]
    assert lines[1]["grade_lacks"].startswith("pre_trend") and lines[1]["breakdown"] == quantity(found[1], "breakdown", "all")


def test_moderator_finds_where_the_effect_is(only: Only) -> None:
    """The effect is there in half the units only: the interaction holds it all, its Holm p stands in the note."""
    only("moderation")
    data = index_panel(2, own=0.0, scale=0)
    half = data["unit"] >= "C28"
    for node in [c for c in data if c.startswith("z_")] + [*SIX, *TAU, "hqd"]:  # type: ignore[attr-defined]
        data[node] = data[node] + 0.01 * data["density_lag"] * half
    keys = data[data["sample"] == "all"][["unit", "year"]]
    what = keys.assign(late=(keys["unit"] >= "C28") * 1.0, noise=np.tile(np.arange(12.0), 31), constant=1.0)
    what["noise"] = keys["unit"].map({u: i % 7 for i, u in enumerate(sorted(keys["unit"].unique()))}) * 1.0
    controls = {n: Control(table="industry", formula="x", label=NAME) for n in ("late", "noise", "constant", "absent")}
    found = regressions(data, study(moderators=controls), ModelInputs(weights=weights(), moderators=what))
    frame = found.frames["regressions"].query("sample == 'all' and outcome == 'hqd'")
    inter = row(frame, spec="twfe_by_late", term="density_x_late")
    assert inter["ci_low"] < 0.01 < inter["ci_high"] and inter["p_wild"] < 0.01
    assert abs(row(frame, spec="twfe_by_late", term="density")["estimate"]) < 0.002
    other = row(frame, spec="twfe_by_noise", term="density_x_noise")
    assert other["note"] == f"Holm p over 2 moderators: {max(2 * inter['p_wild'], other['p_wild']):.4f}"
    assert "constant: the same for every unit" in missing(found, "regressions")
    assert "absent: no base-year value" in missing(found, "regressions")


def test_holm_by_hand() -> None:
    """.01, .04, .03 -> .03, .06, .06 (Holm 1979); a missing test does not count."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.01, np.nan, 0.9]) == pytest.approx([0.02, np.nan, 0.9], nan_ok=True)


def test_weights_are_base_year_values(only: Only) -> None:
    """Weighted least squares with the value of the year before the first density, whatever comes later."""
    only()
    data = index_panel(3, concentrated=True)
    rng = np.random.default_rng(0)
    size = pd.Series(rng.uniform(1, 5, 31), index=sorted(data["unit"].unique()))
    keys = data[data["sample"] == "all"][["unit", "year"]]
    what = keys.assign(mass=keys["unit"].map(size) + 100.0 * (keys["year"] > 2019))
    specs = (SpecificationChoice(id="w", label=NAME, weights="mass", headline=True),)
    mass = {"mass": Control(table="industry", formula="x", label=NAME)}
    found = regressions(data, study(specifications=specs, moderators=mass), ModelInputs(weights=weights(), moderators=what))
    rows = data[data["sample"] == "all"].assign(mass=lambda d: d["unit"].map(size))
    known = estimate(rows, Specification("w", ("hqd",), "density_lag", weights="mass"), draws=99)
    mine = row(found.frames["regressions"], spec="w", sample="all", outcome="hqd", term="density")
    assert mine["estimate"] == pytest.approx(known.coefficient[0, 0]) and "weights: base_mass" in mine["note"]


def test_the_outcome_of_another_scenario_and_years_left_out(only: Only) -> None:
    """Scores moved by a known multiple of the density move the coefficient by as much; left-out years are not in the sample."""
    only()
    data, moved = index_panel(), 0.01
    whole = data[data["sample"] == "all"]
    other = whole[["unit", "year"]].assign(
        scenario="other", node="hqd", score=100 * (whole["hqd"] + moved * whole["density_lag"])
    )
    spec = {"label": {"zh": "另", "en": "Other"}, "controls": "all"}
    asked = [
        {"id": "other", "scenario": "other"},
        {"id": "short", "drop_years": [2020, 2021]},
        {"id": "none", "scenario": "none"},
    ]
    made = study(draws=199)
    listed = [*made.regressions.specifications, *(SpecificationChoice.model_validate(spec | one) for one in asked)]
    made = made.model_copy(update={"regressions": made.regressions.model_copy(update={"specifications": tuple(listed)})})
    found = regressions(data, made, ModelInputs(weights=weights(), scenarios=other)).frames
    rows = found["regressions"].query("outcome == 'hqd' and term == 'density' and sample == 'all'").set_index("spec")
    own = headline_choice(made).id
    assert rows.loc["other", "estimate"] == pytest.approx(rows.loc[own, "estimate"] + moved, abs=1e-10)
    assert rows.loc["other", "n_obs"] == rows.loc[own, "n_obs"] > rows.loc["short", "n_obs"]
    assert rows.loc["short", "subset"] == "without 2020 2021"
    assert set(found["regressions"].query("spec == 'other'")["sample"]) == {"all"}
    assert found["not_made"]["reason_en" if "reason_en" in found["not_made"] else "reason"].str.contains("scenario none").any()
