"""H4, H5, H6b, H8 on panels in which each is true, and in which each is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hqd_index.models import ModelInputs
from hqd_index.models.analyses.leading_firms import leader_firms
from hqd_index.models.analyses.mode_matrix import MODES, PREDICTED_NODES, mode_columns, mode_matrix, predicted_contrast
from hqd_index.models.composite import composite
from hqd_index.models.estimation_sample import estimation_sample
from hqd_index.models.kernels.specification import Specification
from hqd_index.models.model_results import regressions
from hqd_index.study.records import Control, Hypotheses, Modes
from hqd_index.tables import check

from .known_panels import LEAF_WEIGHTS, NAME, SIX, index_panel, study, weights

SUBS = tuple(sub for subs in SIX.values() for sub in subs)
STRONG = 0.03  # effect per within-SD or so on a leaf whose noise is 0.03: far beyond what any draw of the noise can hide
RULE = Hypotheses(sesoi=0.10, alpha=0.05)


@pytest.fixture(autouse=True)
def analyses_of_the_theory(only: Callable[..., None]) -> None:
    only("hypotheses", "modes", "paths", "leader_indices", "leader_outcomes", "moderators")


def asked(*, hypotheses: Hypotheses = RULE, **more: object):
    return study(draws=399, hypotheses=hypotheses, **more).model_copy(update={"modes": Modes()})


def plain(seed: int) -> pd.DataFrame:
    """Both samples without any effect of the density."""
    return index_panel(seed, scale=0.0)


def moved(data: pd.DataFrame, node: str, by: np.ndarray) -> pd.DataFrame:
    """`by` (a value per row of one sample) added to the leaves of a sub-dimension in both samples, and nodes added up again."""
    out = data.copy()
    for i in range(3):
        out[f"z_{node}{i}"] += np.tile(by, 2)
    for dimension, subs in SIX.items():
        for sub in subs:
            out[sub] = sum(w * out[f"z_{sub}{i}"] for i, w in enumerate(LEAF_WEIGHTS))
        out[dimension] = sum(out[sub] for sub in subs) / 3
    return out.assign(hqd=0.5 * out["quality"] + 0.5 * out["safety"])


def one(data: pd.DataFrame) -> pd.DataFrame:
    return data[data["sample"] == "all"].reset_index(drop=True)


def lines(data: pd.DataFrame, inputs: ModelInputs, said=None, **more: object) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    found = regressions(data, said or asked(), replace(inputs, weights=weights(), **more)).frames
    return check("hypotheses", found["hypotheses"]).set_index(["hypothesis", "sample", "spec"]), found


# H4


def mode_densities(data: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Densities of the four modes a year before, as `mode_densities` holds them, and each as a column of the panel."""
    rng, rows = np.random.default_rng(seed), one(data)[["unit", "year"]]
    size = (rows["unit"].nunique(), rows["year"].nunique())
    columns = {mode: rng.normal(size=size).cumsum(axis=1).ravel() for mode in MODES}
    past = rows.assign(year=rows["year"] - 1, version="base")
    return pd.concat([past.assign(mode=mode, soft=x) for mode, x in columns.items()], ignore_index=True), columns


def h4(cells: list[tuple[str, str]], seed: int = 1) -> tuple[pd.Series, dict[str, pd.DataFrame]]:
    data = plain(seed)
    densities, columns = mode_densities(data, seed + 100)
    for mode, node in cells:
        data = moved(data, node, STRONG * columns[mode])
    table, found = lines(data, ModelInputs(mode_densities=densities))
    return table.loc[("H4", "leave_out", "twfe_modes")], found


PREDICTED_CELLS = [(mode, node) for mode, nodes in PREDICTED_NODES.items() for node in nodes]
OTHERS = [(mode, node) for mode in MODES for node in SUBS if node not in PREDICTED_NODES[mode]]


def test_h4_is_found_where_modes_act_as_predicted() -> None:
    row, found = h4(PREDICTED_CELLS)
    assert row["verdict"] == "supported" and row["ci_low"] > 0.1
    matrix = check("mode_matrix", found["mode_matrix"])
    assert len(matrix) == 24 and matrix["predicted"].sum() == 7
    weak = matrix.loc[matrix["predicted"], "ci_low"].min()
    assert weak > 0, "each cell that has an effect shows it"
    assert row["estimate_sd"] == pytest.approx(
        matrix.loc[matrix["predicted"], "estimate_sd"].mean() - matrix.loc[~matrix["predicted"], "estimate_sd"].mean()
    )
    quantity = found["regression_diagnostics"].query("spec == 'twfe_modes'").set_index("quantity")["value"]
    assert quantity["h4_equal_modes_p_wild"] <= 0.05 and quantity["h4_predicted_against_rest_p_wild"] == row["p_wild"]


def test_h4_is_turned_round_where_they_act_elsewhere_and_not_found_where_all_act_alike() -> None:
    row, _ = h4(OTHERS)
    assert row["verdict"] == "inconclusive" and row["ci_high"] < 0, "a Wald test is supported or inconclusive"
    row, _ = h4(PREDICTED_CELLS + OTHERS)
    assert row["verdict"] == "inconclusive"
    assert abs(row["estimate_sd"]) < 0.1


def test_dead_bands_say_what_h4_says_of_densities_by_label(only: Callable[..., None]) -> None:
    """One band holds the densities that move the outcomes, one holds noise; a band without a mode has no row."""
    only("hypotheses", "modes", "dead_bands")
    data = plain(1)
    (true, columns), (noise, _) = mode_densities(data, 101), mode_densities(data, 202)
    for mode, node in PREDICTED_CELLS:
        data = moved(data, node, STRONG * columns[mode])
    empty = true.assign(soft=true["soft"].where(true["mode"] != "tech_safety", 0.0))
    banded = pd.concat([part.assign(dead_band=band) for band, part in ((0.25, true), (0.5, noise), (1.0, empty))])
    verdicts, found = lines(data, ModelInputs(mode_densities=true, banded_densities=banded))
    rows = check("mode_dead_bands", found["mode_dead_bands"]).set_index("dead_band")
    assert rows.index.tolist() == [0.25, 0.5]
    assert rows.loc[0.25, "estimate_sd"] == pytest.approx(verdicts.loc[("H4", "leave_out", "twfe_modes"), "estimate_sd"])
    assert rows.loc[0.25, "p_wild"] <= 0.05 and abs(rows.loc[0.5, "estimate_sd"]) < 0.5 * rows.loc[0.25, "estimate_sd"]


def test_h4_without_effects_errs_no_more_than_it_may() -> None:
    """12 seeds: at 5% at most 3 rejections (4 or more have probability .002)."""
    rejected = 0
    for seed in range(12):
        data = plain(seed)
        wide = estimation_sample(data, composite(weights()), asked())
        densities, spec = mode_densities(data, seed + 100)[0], Specification("s", (), "density_lag", ("size",))
        made = mode_matrix(wide, wide.frame, spec, densities, 1, draws=399, weights="rademacher", seed=seed, level=0.95)
        rejected += made.predicted_contrast.p_wild <= 0.05
    assert rejected <= 3


def test_h4_contrast_by_hand_and_densities_by_calendar_year() -> None:
    terms = (*(f"mode_{mode}" for mode in MODES), "size")
    r = predicted_contrast(terms, SUBS)[0]
    assert r[r > 0].tolist() == pytest.approx([1 / 7] * 7) and r[r < 0].tolist() == pytest.approx([-1 / 17] * 17)
    assert not r[4].any() and r[0, SUBS.index("completeness")] > 0 and r[1, SUBS.index("smoothness")] > 0
    rows = [("base", "C13", 2018, "tech_safety", 2.0), ("shown", "C13", 2018, "tech_safety", 9.0)]
    found = mode_columns(pd.DataFrame(rows, columns=["version", "unit", "year", "mode", "soft"]), 2)
    assert found.to_dict("records") == [{"unit": "C13", "year": 2020, "mode_tech_safety": 2.0}]


def test_h4_is_refused_where_it_would_be_a_tautology_or_a_mode_is_absent() -> None:
    data = plain(1)
    densities, _ = mode_densities(data, 5)

    def told(data: pd.DataFrame, densities: pd.DataFrame) -> str:
        found = lines(data, ModelInputs(mode_densities=densities))[1]
        return " ".join(found["not_made"].query("table == 'hypotheses'")["reason_en"])

    assert "H4: no leave-out index" in told(data[data["sample"] == "all"], densities)
    still = densities.assign(soft=densities["soft"].where(densities["mode"] != "market_safety", 1.0))
    assert "H4: market_safety: no variation" in told(data, still)
    assert "H4: no densities of modes" in told(data, densities.iloc[:0])


# H5 and H8


def paths_of(data: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """One index per unit and path, the same in three years, and its standardised value on the rows of the panel."""
    rng, rows = np.random.default_rng(seed), one(data)
    units, tables, columns = sorted(rows["unit"].unique()), [], {}
    for path in ("focus", "capability", "integration"):
        value = pd.Series(rng.normal(size=len(units)), index=units)
        keys = pd.MultiIndex.from_product([units, (2019, 2020, 2021)], names=["unit", "year"]).to_frame(index=False)
        tables.append(keys.assign(path=path, indicator="index", value=keys["unit"].map(value)))
        columns[path] = rows["unit"].map((value - value.mean()) / value.std(ddof=0)).to_numpy()
    return pd.concat(tables, ignore_index=True), columns


CHANNELS = {"focus": ("completeness", "advantage"), "capability": ("innovation", "brand"), "integration": ("smoothness",)}


def with_paths(acting: dict[str, tuple[str, ...]], strength: float) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Verdicts where density acts on the nodes in proportion to the path index."""
    data = plain(2)
    paths, p = paths_of(data, 7)
    x = one(data)["density_lag"].to_numpy()
    for path, nodes in acting.items():
        for node in nodes:
            data = moved(data, node, strength * x * p[path])
    return lines(data, ModelInputs(paths=paths))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_h5_each_path_is_found_on_its_channel(sign: float) -> None:
    table, found = with_paths(CHANNELS, sign * STRONG)
    wanted = "supported" if sign > 0 else "opposite_sign"
    for hypothesis, path in (("H5a", "focus"), ("H5b", "capability"), ("H5c", "integration")):
        row = table.loc[(hypothesis, "leave_out", f"twfe_by_path_{path}")]
        assert row["verdict"] == wanted, hypothesis
        assert row["p_adjusted"] >= row["p_wild"]
    assert "density_x_path_focus" in set(found["regressions"].query("spec == 'twfe_by_path_focus'")["term"])


def test_h5_integration_is_found_in_the_spillover_on_the_leave_out_index_alone() -> None:
    table, _ = with_paths({"integration": SUBS}, STRONG)
    assert table.loc[("H5d", "leave_out", "twfe_by_path_integration"), "verdict"] == "supported"
    assert "H5d" not in table.xs("all", level="sample").index


def test_h5_without_interaction_is_not_found() -> None:
    data = plain(3)
    paths, _ = paths_of(data, 8)
    x = one(data)["density_lag"].to_numpy()
    for node in SUBS:
        data = moved(data, node, STRONG * x)  # the density itself acts; the paths do not change it
    table, _ = lines(data, ModelInputs(paths=paths))
    rows = table[table.index.get_level_values("hypothesis").str.startswith("H5")]
    assert len(rows) == 7 and set(rows["verdict"]) <= {"negligible", "inconclusive"}


def moderator(data: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    rows = one(data)
    value = pd.Series(np.random.default_rng(9).normal(size=rows["unit"].nunique()), index=sorted(rows["unit"].unique()))
    basic = rows["unit"].map(value)
    return rows[["unit", "year"]].assign(basic=basic), ((basic - value.mean()) / value.std(ddof=0)).to_numpy()


@pytest.mark.parametrize(("strength", "wanted"), [(0.6, {"supported"}), (0.0, {"negligible", "inconclusive"})])
def test_h8_speaks_of_the_moderators_that_are_named(strength: float, wanted: set[str]) -> None:
    data = plain(4)
    frame, p = moderator(data)
    x = one(data)["density_lag"].to_numpy()
    for node in SUBS:
        data = moved(data, node, strength * STRONG * x * p)
    control = Control(table="industry", formula="sum(revenue)", label=NAME)
    named = Hypotheses(sesoi=0.10, alpha=0.05, moderators=("basic",))
    table, found = lines(data, ModelInputs(), asked(hypotheses=named, moderators={"basic": control}), moderators=frame)
    assert set(table.loc["H8"]["verdict"]) == wanted if strength else set(table.loc["H8"]["verdict"]) <= wanted
    assert set(table.loc["H8"].index.get_level_values("sample")) == {"all", "leave_out"}
    assert not found["not_made"]["reason_en"].str.contains("H8").any()


def test_what_is_not_given_is_named() -> None:
    data = plain(4)
    frame, _ = moderator(data)
    control = Control(table="industry", formula="sum(revenue)", label=NAME)
    missing = lines(data, ModelInputs(), asked(moderators={"basic": control}), moderators=frame)[1]["not_made"]["reason_en"]
    for reason in ("H5: no path index", "H6b", "H8: no moderator is named"):
        assert missing.str.contains(reason).any()


# H6b


def leaders(data: pd.DataFrame, tau: float, seed: int) -> ModelInputs:
    """Leaf scores of leaders, which move by tau per unit of density, and of others, which do not; two firms of each per unit."""
    rng, rows = np.random.default_rng(seed), one(data)
    x = rows["density_lag"].to_numpy()
    scores, firms = [], []
    for sample, effect in (("leaders", tau), ("others", 0.0)):
        for leaf in (f"{sub}{i}" for sub in SUBS for i in range(3)):
            score = 0.4 + effect * x + 0.03 * rng.normal(size=len(x))
            scores.append(rows[["unit", "year"]].assign(sample=sample, node=leaf, score=score))
        for number in range(2):
            made = rows[["unit", "year"]].assign(firm=[f"{sample}{number}{u}" for u in rows["unit"]], sample=sample)
            firms.append(made.assign(sales=10 * number + 30 * effect * x + rng.normal(size=len(x))))
    return ModelInputs(leader_scores=pd.concat(scores), leader_firms=pd.concat(firms, ignore_index=True))


def test_h6b_tells_leaders_from_others() -> None:
    data = plain(5)
    table, found = lines(data, leaders(data, STRONG, 11))
    for sample, spec in (("leaders", "twfe_leaders"), ("leaders", "firms_sales")):
        assert table.loc[("H6b", sample, spec), "verdict"] == "supported", spec
    for sample, spec in (("others", "twfe_others"), ("others", "firms_sales")):
        assert table.loc[("H6b", sample, spec), "verdict"] in ("negligible", "inconclusive"), spec
    assert "firm_level" in table.loc[("H6b", "leaders", "firms_sales"), "additions"]
    rows = found["regressions"].query("spec == 'firms_sales' and sample == 'leaders' and term == 'density'").iloc[0]
    assert rows["ci_low"] < 30 * STRONG < rows["ci_high"] and rows["n_obs"] == 2 * 31 * 12
    part = found["regressions"].query("spec == 'twfe_leaders' and term == 'density'").iloc[0]
    assert part["outcome"] == "splittable" and part["ci_low"] < STRONG < part["ci_high"]


def test_h6b_harm_to_leaders_is_told_as_well() -> None:
    data = plain(6)
    table, _ = lines(data, leaders(data, -STRONG, 12))
    assert table.loc[("H6b", "leaders", "twfe_leaders"), "verdict"] == "opposite_sign"


def test_leader_firms_are_never_recognised_and_keep_their_industry() -> None:
    years = pd.DataFrame(
        {
            "unit": ["a", "a", "b", "c"],
            "year": [2018, 2020, 2020, 2020],
            "ever": [False, False, True, False],
            "rd": [1.0, 2, 3, 4],
        }
    )
    marks = pd.DataFrame({"firm_id": ["a", "b", "d"], "unit": "C13", "leader": True, "never": [True, True, False]})
    found = leader_firms(years, marks, ["rd"])
    assert found.to_numpy().tolist() == [["a", "C13", 2018, "leaders", 1.0], ["a", "C13", 2020, "leaders", 2.0]]
