"""Modes of firms by hand: scores, the label state machine step by step, memberships, densities, and what the data lack."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import Engine, open_engine
from hqd_index.firms import modes
from hqd_index.firms.mode_scores import firm_scores
from hqd_index.firms.mode_tables import mode_tables
from hqd_index.firms.modes import FIRST_MODE, MIXED_STATE, SECOND_MODE, UNCLASSIFIED_STATE
from hqd_index.study.records import Label, ModeAxes, ModeAxis, ModeItem, ModePath, ModePaths, Modes, PathIndicator, Sources
from hqd_index.study.srdi_levels import level_bits
from hqd_index.tables import check

from ..models.known_panels import study

NAME = Label(zh="名", en="name")
NAN = float("nan")
F, S, M, U = FIRST_MODE, SECOND_MODE, MIXED_STATE, UNCLASSIFIED_STATE
CLOSE = 1e-12
"""Arithmetic of a few doubles."""

# a by year, and the label after each: dead band 0.25, hysteresis 0.50
PATHS = [
    ([0.25, 0.24, -0.49, -0.50], [F, F, F, S]),  # reached at the dead band; kept inside; kept below, turned at the hysteresis
    ([0.24, -0.25, 0.30, 0.50], [M, S, S, F]),  # mixed takes either sign at the dead band; then only beyond the hysteresis
    ([0.0, 0.0, -0.26, 0.0], [M, M, S, S]),
    ([NAN, 0.30, NAN, NAN], [U, F, F, U]),  # a label outlives its score by one year
    ([0.60, NAN, -0.40, -0.60], [F, F, F, S]),  # after one year without score the old label still binds
    ([0.60, NAN, NAN, -0.30], [F, F, U, S]),  # after two it does not: the dead band decides again
    ([0.10, NAN, NAN, NAN], [M, M, U, U]),  # mixed is kept like a label
    ([NAN, NAN, 0.10, -0.24], [U, U, M, M]),
]


@pytest.mark.parametrize(("a", "wanted"), PATHS)
def test_every_transition_of_the_label(a: list[float], wanted: list[int]) -> None:
    assert modes.axis_labels(np.array([a]), dead_band=0.25, hysteresis=0.50)[0].tolist() == wanted


def test_firms_do_not_touch_each_other_and_zero_bands_work() -> None:
    a = np.array([path for path, _ in PATHS])
    assert modes.axis_labels(a, dead_band=0.25, hysteresis=0.5).tolist() == [wanted for _, wanted in PATHS]
    assert modes.axis_labels(np.array([[0.1, -0.1, 0.0]]), dead_band=0.0, hysteresis=0.0)[0].tolist() == [F, S, S]


def test_absolute_rule_asks_for_one_strength_and_not_the_other() -> None:
    one, two = np.array([0.7, 0.7, 0.1, 0.1, NAN]), np.array([0.1, 0.7, 0.7, 0.1, 0.7])
    assert modes.absolute_labels(one, two, (0.7, 0.5)).tolist() == [F, M, S, M, U]


def test_standardised_by_hand_in_groups_and_base_years() -> None:
    """Base rows 1, 2, 3 of group 0: mean 2, SD 1; group 1 has two base rows only and stays unknown."""
    values = pd.DataFrame({"x": [1.0, 2.0, 3.0, 7.0, 5.0, 6.0, 9.0]})
    groups, base = np.array([0, 0, 0, 0, 1, 1, 1]), np.array([True, True, True, False, True, True, False])
    z = modes.standardise(values, groups, base)["x"]
    assert z[:4].tolist() == [-1.0, 0.0, 1.0, 5.0] and z[4:].isna().all()


def test_winsor_is_within_cells_and_leaves_flags_alone() -> None:
    values = pd.DataFrame({"x": [*range(101), 5.0], "flag": [1.0] + [0.0] * 101})
    cells = np.array([0] * 101 + [1])
    drawn = modes.winsorise(values, cells, 0.01)
    assert drawn["x"].tolist() == [1.0, *range(1, 100), 99.0, 5.0] and drawn["flag"].sum() == 1


def test_score_turns_signs_and_counts_items() -> None:
    items = pd.DataFrame({"a": [1.0, 1.0, NAN], "b": [3.0, NAN, NAN], "c": [2.0, 2.0, 2.0]})
    found = modes.mean_score(items, {"a": 1, "b": 1, "c": -1}, 2)
    assert found[:2].tolist() == pytest.approx([2 / 3, -0.5]) and np.isnan(found[2])


def test_rolling_mean_runs_over_calendar_years() -> None:
    found = modes.rolling_mean(np.array([[1.0, NAN, 4.0, 7.0, 1.0]]), 3)
    assert found[0].tolist() == pytest.approx([1.0, NAN, 2.5, 5.5, 4.0], nan_ok=True)


def test_axis_is_in_base_year_sds() -> None:
    first, second = np.array([[1.0, 4.0], [3.0, 0.0], [5.0, 2.0]]), np.zeros((3, 2))
    found = modes.axis_strengths(first, second, np.array([True, False]))
    assert found[:, 1].tolist() == pytest.approx([2.0, 0.0, 1.0])  # SD of 1, 3, 5 is 2
    assert np.isnan(modes.axis_strengths(second, second, np.array([True, False]))).all()


def test_memberships_add_up_and_modes_need_both_labels() -> None:
    p = modes.soft_membership(np.array([0.0, 0.5, -1.0]), 0.5)
    assert p.tolist() == pytest.approx([0.5, 1 / (1 + exp(-1)), 1 / (1 + exp(2))], abs=CLOSE)
    parts = modes.memberships(p, p[::-1])
    assert sum(parts.values()).tolist() == pytest.approx([1.0] * 3, abs=CLOSE)
    assert parts["tech_efficiency"][1] == pytest.approx(p[1] * (1 - p[1]))
    one, two = np.array([F, F, S, M, U]), np.array([F, S, S, F, M])
    assert modes.mode_of(one, two).tolist() == ["tech_safety", "tech_efficiency", "market_efficiency", "mixed", "unclassified"]
    level = np.array([1.0, -1.0, 0.0, -2.0, NAN])
    assert modes.axis_name(one, ("tech", "market"), level).tolist() == ["tech", "tech", "market", "mixed_weak", "unclassified"]
    assert modes.quadrant(level, np.ones(5)).tolist() == ["strong_strong", "weak_strong", "strong_strong", "weak_strong", ""]
    assert modes.diversity([0.5, 0.5, 0.0]) == pytest.approx(log(2)) and modes.diversity([1.0]) == 0


# firm-years through the tables

ITEMS = {
    "rd": ModeItem(formula="rd_exp", label=NAME), "staff": ModeItem(formula="rd_staff", label=NAME),
    "marks": ModeItem(formula="trademarks_valid", label=NAME), "abroad": ModeItem(formula="overseas_rev", label=NAME),
    "ties": ModeItem(formula="largecust_direct", label=NAME),
    "central": ModeItem(table="linkages", formula="betweenness", label=NAME),
    "dependent": ModeItem(table="linkages", formula="imported_input_share", fixed=2016, label=NAME),
    "turnover": ModeItem(formula="cogs", label=NAME), "energy": ModeItem(formula="energy_use", label=NAME),
    "gone": ModeItem(formula="market_share", label=NAME),
}  # fmt: skip
SAID = Modes(
    items=ITEMS,
    axes=ModeAxes(
        tech=ModeAxis(items=("rd", "staff")), market=ModeAxis(items=("marks", "abroad", "gone")),
        safety=ModeAxis(items=("ties", "central"), shown_only=("dependent",), norm="pooled"),
        efficiency=ModeAxis(items=("turnover", "-energy")),
    ),
    paths=ModePaths(
        focus=ModePath(label=NAME, indicators={
            "niche": PathIndicator(of=("ties",), label=NAME), "gone": PathIndicator(of=("gone",), label=NAME),
            "cover": PathIndicator(of=("ties",), measure="coverage", within="subclass_code", label=NAME),
        }),
        capability=ModePath(label=NAME, indicators={
            "tech": PathIndicator(of=("tech",), measure="change", label=NAME),
            "front": PathIndicator(of=("rd",), measure="frontier", weight=3.0, label=NAME),
        }),
        integration=ModePath(label=NAME, indicators={"links": PathIndicator(of=("gone",), label=NAME)}),
    ),
)  # fmt: skip
YEARS = range(2013, 2021)
NUMBERS = ("rd_exp", "rd_staff", "trademarks_valid", "overseas_rev", "cogs", "energy_use", "revenue")


def asked(said: Modes = SAID):
    plain = study()
    years = plain.study.model_copy(update={"years": (2013, 2020)})
    return plain.model_copy(update={"modes": said, "study": years, "sources": Sources(version=1, sources={})})


def world() -> tuple[pd.DataFrame, pd.DataFrame]:
    """40 firms of two industries; those whose number is a multiple of 3 are recognised in 2019 and lose it in no year."""
    rng = np.random.default_rng(1)
    rows = [(f"f{i:02d}", y, f"C{13 + i % 2}", f"s{i % 4}", i % 5 < 2) for i in range(40) for y in YEARS]
    firms = pd.DataFrame(rows, columns=["firm_id", "year", "industry_code", "subclass_code", "largecust_direct"])
    for name in NUMBERS:
        firms[name] = rng.lognormal(size=len(firms))
    chosen = firms["firm_id"].str[1:].astype(int) % 3 == 0
    on = chosen & (firms["year"] >= 2019)
    firms["srdi_levels_valid"] = firms["srdi_levels_to_date"] = on.astype(int) * level_bits(["national"])
    firms["srdi_levels_ever"] = chosen.astype(int) * level_bits(["national"])
    keys = [(code, y) for code in ("C13", "C14") for y in YEARS]
    links = pd.DataFrame(keys, columns=["industry_code", "year"])
    links["betweenness"] = links["industry_code"].eq("C14") * 0.1 + (links["year"] - 2013) * 0.01
    links["imported_input_share"] = (links["year"] - 2000.0) * (1 + links["industry_code"].eq("C14"))
    return firms, links


NO_LINKS = pd.DataFrame(columns=["from_unit", "to_unit", "downstream"])


def tables_of(engine: Engine, firms: pd.DataFrame, links: pd.DataFrame) -> dict[str, str]:
    return {"firms": engine.scan(firms), "linkages": engine.scan(links)}


def test_scores_of_a_firm_year_from_its_own_cells() -> None:
    """Score, axis and label of one firm worked again from the raw numbers, without winsor."""
    firms, links = world()
    said = SAID.model_copy(update={"norm": SAID.norm.model_copy(update={"winsor": 0.0})})
    engine = open_engine()
    found = firm_scores(asked(said), engine, tables_of(engine, firms, links)).rows.set_index(["firm_id", "year"])
    own = firms[firms["industry_code"] == "C13"]
    base = own[own["year"].between(2016, 2018)]

    def z(column: str, year: int) -> float:
        x = own.set_index(["firm_id", "year"])[column]["f06", year]
        return (x - base[column].mean()) / base[column].std()

    tech = {y: (z("rd_exp", y) + z("rd_staff", y)) / 2 for y in YEARS}
    assert found.loc[("f06", 2020), "raw_tech"] == pytest.approx(tech[2020], abs=1e-9)
    assert found.loc[("f06", 2020), "tech"] == pytest.approx((tech[2018] + tech[2019] + tech[2020]) / 3, abs=1e-9)
    assert found.loc[("f06", 2020), "raw_efficiency"] == pytest.approx((z("cogs", 2020) - z("energy_use", 2020)) / 2, abs=1e-9)
    apart = found["tech"] - found["market"]
    sd = apart[apart.index.get_level_values("year").isin([2016, 2017, 2018])].std()
    assert found.loc[("f06", 2020), "a1"] == pytest.approx(
        (found.loc[("f06", 2020), "tech"] - found.loc[("f06", 2020), "market"]) / sd
    )


def test_what_feeds_h4_is_fixed_and_without_ingredients_of_the_index() -> None:
    """base_*: no change by year; the safety axis has no import dependence, which the modes shown have; fixed is fixed."""
    firms, links = world()
    engine = open_engine()
    found = firm_scores(asked(), engine, tables_of(engine, firms, links)).rows
    assert (found.groupby("firm_id")[["base_a1", "base_a2"]].nunique() == 1).all(axis=None)
    assert found.groupby("industry_code")["dependent"].unique().map(list).to_dict() == {"C13": [16.0], "C14": [32.0]}
    other = links.assign(imported_input_share=links["imported_input_share"] * links["industry_code"].eq("C13"))
    again = firm_scores(asked(), engine, tables_of(engine, firms, other)).rows
    assert np.array_equal(again["base_a2"], found["base_a2"]) and not np.allclose(again["a2"], found["a2"])
    late = firms.assign(rd_exp=firms["rd_exp"] * np.where(firms["year"] > 2018, 100.0, 1.0))
    moved = firm_scores(asked(), engine, tables_of(engine, late, links)).rows
    assert np.array_equal(moved["base_a1"], found["base_a1"]) and not np.allclose(moved["a1"], found["a1"])


def test_tables_meet_their_contracts_add_up_and_name_what_is_lacking() -> None:
    firms, links = world()
    firms.loc[(firms["firm_id"] == "f06") & (firms["year"] == 2020), "rd_exp"] = np.nan  # the label stays, without a score
    engine = open_engine()
    made = mode_tables(asked(), engine, tables_of(engine, firms, links), NO_LINKS)
    density = check("mode_densities", made["mode_densities"])
    assert set(check("modes", made["modes"])["firm_id"]) == {f"f{i:02d}" for i in range(0, 40, 3)}
    counted = firms.assign(on=firms["srdi_levels_valid"] != 0).groupby(["industry_code", "year"])["on"]
    whole = 1000 * counted.mean()
    for version, rows in density.groupby("version"):
        sums = rows.groupby(["unit", "year"])[["density", "soft", "share"]].sum()
        assert sums["density"].to_numpy() == pytest.approx(whole.to_numpy(), abs=1e-9), version
        assert sums["soft"].to_numpy() == pytest.approx(whole.to_numpy(), abs=1e-9), version
        assert sums["share"][whole.to_numpy() > 0].to_numpy() == pytest.approx(1.0)
    kept = made["modes"].set_index(["firm_id", "year"]).loc[("f06", 2020)]
    assert kept["mode"] != "unclassified" and np.isnan(kept["p_tech"])
    told = made["not_made"].groupby("table")["reason_en"].apply(" ".join)
    assert "market_share" in told["modes"] and "path integration" in told["paths"] and "focus.gone" in told["paths"]


def test_few_firms_have_no_shares_and_no_path_index() -> None:
    firms, links = world()
    engine = open_engine()
    made = mode_tables(asked(SAID.model_copy(update={"min_srdi": 8})), engine, tables_of(engine, firms, links), NO_LINKS)
    density = made["mode_densities"]
    assert density["share"].isna().all() and density["diversity"].isna().all() and not density["dominant"].any()
    assert set(density.loc[density["year"] == 2019, "flag"]) == {"suppressed"}
    assert made["paths"].empty and "too few SRDI firms" in " ".join(made["not_made"]["reason_en"])


def test_dominant_and_diversity_by_hand() -> None:
    firms, links = world()
    engine = open_engine()
    rows = mode_tables(asked(), engine, tables_of(engine, firms, links), NO_LINKS)
    density, firm = rows["mode_densities"].query("version == 'shown' and unit == 'C13' and year == 2020"), rows["modes"]
    mine = firm[(firm["unit"] == "C13") & (firm["year"] == 2020) & (firm["mode"] != "unclassified")]
    sold = firms.set_index(["firm_id", "year"])["revenue"].reindex(pd.MultiIndex.from_frame(mine[["firm_id", "year"]]))
    shares = sold.groupby(mine["mode"].to_numpy()).sum() / sold.sum()
    found = density.set_index("mode")
    assert found.loc[shares.index, "share"].to_numpy() == pytest.approx(shares.to_numpy())
    assert found["diversity"].iloc[0] == pytest.approx(-sum(p * log(p) for p in shares))
    leads = {mode for mode, p in shares.items() if p > 0.4 and mode != "mixed"}
    assert set(found.index[found["dominant"]]) == leads


def test_paths_by_hand() -> None:
    """Mean, coverage, change, frontier of unit C13 in 2020, and the index as the weighted mean of z."""
    firms, links = world()
    engine = open_engine()
    listed = tables_of(engine, firms, links)
    made = mode_tables(asked(), engine, listed, NO_LINKS)
    paths = check("paths", made["paths"]).set_index(["path", "indicator", "unit", "year"])
    rows = firm_scores(asked(), engine, listed).rows
    here = rows[(rows["unit"] == "C13") & (rows["year"] == 2020)]
    mine = here[here["in_force"]]
    assert paths["value"]["focus", "niche", "C13", 2020] == pytest.approx(mine["ties"].mean())
    flagged = here[here["ties"] == 1]
    covered = flagged.groupby("subclass_code")["in_force"].any().mean()
    assert paths["value"]["focus", "cover", "C13", 2020] == pytest.approx(covered)
    before = rows[rows["year"] == 2017].set_index("firm_id")["raw_tech"].reindex(mine["firm_id"])
    gain = (mine["raw_tech"].to_numpy() - before.to_numpy()).mean()
    assert paths["value"]["capability", "tech", "C13", 2020] == pytest.approx(gain)
    ahead = here["rd"].quantile(0.9)
    assert paths["value"]["capability", "front", "C13", 2020] == pytest.approx((mine["rd"] - ahead).mean())
    z = [paths["z"]["capability", name, "C13", 2020] for name in ("tech", "front")]
    assert paths["value"]["capability", "index", "C13", 2020] == pytest.approx((z[0] + 3 * z[1]) / 4)
    values = [paths["value"]["focus", "niche", u, y] for u in ("C13", "C14") for y in (2019, 2020)]
    sd = sqrt(sum((v - np.mean(values)) ** 2 for v in values) / 3)
    if sd > 0:
        assert paths["z"]["focus", "niche", "C13", 2020] == pytest.approx((mine["ties"].mean() - np.mean(values)) / sd)


def test_without_links_of_firms_integration_falls_back_on_the_network() -> None:
    """sum_j b_ij HHI_j by hand."""
    firms, links = world()
    engine = open_engine()
    io = pd.DataFrame({"from_unit": ["C13", "C14"], "to_unit": ["C14", "C13"], "downstream": [0.3, 0.2]})
    paths = mode_tables(asked(), engine, tables_of(engine, firms, links), io)["paths"].query("path == 'integration'")
    sold = firms[(firms["industry_code"] == "C14") & (firms["year"] == 2020)]["revenue"]
    hhi = ((sold / sold.sum()) ** 2).sum()
    row = paths.query("indicator == 'io_fallback' and unit == 'C13' and year == 2020").iloc[0]
    assert row["value"] == pytest.approx(0.3 * hhi) and set(paths["flag"]) == {"io_fallback"}


@pytest.mark.parametrize(
    ("said", "drop", "text"),
    [(Modes(), None, "no items"), (SAID, "srdi_levels_valid", "no SRDI status"), (SAID, "revenue", "no column revenue")],
)
def test_why_there_are_no_modes(said: Modes, drop: str | None, text: str) -> None:
    firms, links = world()
    engine = open_engine()
    kept = firms.drop(columns=drop) if drop else firms
    made = mode_tables(asked(said), engine, tables_of(engine, kept, links), NO_LINKS)
    assert made["modes"].empty and made["mode_densities"].empty and text in made["not_made"]["reason_en"].iloc[0]


def test_the_order_of_rows_changes_nothing() -> None:
    firms, links = world()
    engine = open_engine()
    one = mode_tables(asked(), engine, tables_of(engine, firms, links), NO_LINKS)
    two = mode_tables(
        asked(), engine, tables_of(engine, firms.sample(frac=1, random_state=3), links.sample(frac=1, random_state=4)), NO_LINKS
    )
    for name in ("modes", "mode_densities", "paths"):
        pd.testing.assert_frame_equal(one[name], two[name], check_exact=True)
