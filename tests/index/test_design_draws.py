"""Every draw is what it claims: a design built by itself, a panel with firms drawn, weights from their distribution."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hqd_index.index.index_tables import build_index
from hqd_index.index.uncertainty.design_draws import NO_FIRM_DRAW, dirichlet, root_scores
from hqd_index.index.uncertainty.draw_tables import FirmDraws, source_of, table_of, tables_by_source
from hqd_index.index.uncertainty.index_designs import designs_of

from .small import names, panel, study

EXACT = 1e-9
"""On a 0-100 scale: sums of a few hundred products in another order, geometric means among them."""
MANY = 40_000
NOISE = 5
"""Standard errors of a mean over MANY draws: beyond these with probability 6e-7."""

TREE = {"top": {"left": ["x", "y"], "right": ["z", "w", "v"], "last": ["p", "q"]}}
LEVELS = ["indicators", "parts"]
UNITS, YEARS = list("abcdefg"), [2020, 2021, 2022]
FLAT = {"weight": {"leaves": {"method": "entropy"}}}
GIVEN = {"left": {"weight": {"method": "given", "shares": {"x": 0.3, "y": 0.7}}}}


def rows(seed=0, gaps=()):
    stream = np.random.default_rng(seed)
    values = {leaf: np.exp(stream.normal(size=len(UNITS) * len(YEARS))) for leaf in "xyzwvpq"}
    for leaf, place in gaps:
        values[leaf][place] = np.nan
    return panel({leaf: column.tolist() for leaf, column in values.items()}, units=UNITS, years=YEARS)


def by_level(leaves, parts="equal", aggregate="arithmetic", **more):
    aggregates = {"indicators": {"method": "arithmetic"}, "parts": {"method": aggregate}}
    return {"weight": {"indicators": leaves, "parts": {"method": parts}}, "aggregate": aggregates} | more


WEIGHTINGS = {
    "entropy": by_level({"method": "entropy"}),
    "entropy at both levels": by_level({"method": "entropy"}, "entropy"),
    "each year": by_level({"method": "entropy", "over": "each_year"}, "critic"),
    "geometric above": by_level({"method": "critic"}, aggregate="geometric"),
    "geometric below": by_level({"method": "equal"}) | {"aggregate": {"indicators": {"method": "geometric"}}},
    "topsis": by_level({"method": "equal"}, aggregate="topsis"),
    "mpi in a branch": by_level({"method": "std"}, branches={"left": {"aggregate": {"method": "mpi"}}}),
    "flat": FLAT,
    "given in a branch": by_level({"method": "equal"}, branches=GIVEN),
    "one leaf by ranks": by_level({"method": "equal"}, indicators={"w": {"normalise": {"method": "rank"}}}),
    "each unit its own": by_level({"method": "bod"}),
}
GAPS = {"complete": (), "scattered": (("x", 3), ("z", 4), ("w", 4), ("q", 11)), "empty leaf": tuple(("v", k) for k in range(21))}


def sources(weighting, values, *, alternatives=None, leave_out=(), firms=None, weights=None):
    settings = {"alternatives": alternatives or {}, "leave_out": list(leave_out), "weights": weights}
    settings["draws"] = len(UNITS) * 5
    declared = study(TREE, levels=LEVELS, weighting=weighting, uncertainty=settings)
    designs = designs_of(declared)
    return declared, designs, source_of(declared, designs, values, names(UNITS), firms)


def built(design, values):
    """The root's scores (T, U) of the index built by itself."""
    table = build_index(design, values, names(UNITS)).scores.query("node == 'top'")
    return table.pivot(index="year", columns="unit", values="score").to_numpy()


NO_SCORE = ("each unit its own", "scattered")  # benefit of the doubt gives no score to a row with a gap


@pytest.mark.parametrize(("weighting", "gaps"), sorted({(w, g) for w in WEIGHTINGS for g in GAPS} - {NO_SCORE}))
def test_each_design_is_the_index_built_by_itself(weighting, gaps):
    values = rows(gaps=GAPS[gaps])
    _, designs, source = sources(WEIGHTINGS[weighting], values, alternatives={"weighting.coverage": [{"min_children": 1}]})
    for scores, number in zip(root_scores(source, table_of([1, 0], NO_FIRM_DRAW, NO_FIRM_DRAW)), (1, 0)):
        expected = built(designs.study_of_design(number), values)
        assert np.isfinite(expected).sum() >= 0.8 * expected.size
        assert scores == pytest.approx(expected, abs=EXACT, nan_ok=True)


@pytest.mark.parametrize("gaps", ["complete", "scattered", "empty leaf"])
@pytest.mark.parametrize("weighting", ["entropy at both levels", "geometric above", "topsis", "flat"])
def test_leaving_a_node_out_is_the_index_of_the_tree_without_it(weighting, gaps):
    """Gaps lie in one family, where the tree without w asks for one child of two as the whole asks for two of three."""
    values = rows(gaps=(("z", 4), ("w", 9)) if gaps == "scattered" else GAPS[gaps])
    _, designs, source = sources(WEIGHTINGS[weighting], values, leave_out=LEVELS)
    without = dict(zip(designs.factors[0].labels, range(len(designs.factors[0]))))
    for node, tree in {
        "w": {"top": TREE["top"] | {"right": ["z", "v"]}},
        "last": {"top": {key: TREE["top"][key] for key in ("left", "right")}},
    }.items():
        pruned = study(tree, levels=LEVELS, weighting=WEIGHTINGS[weighting] | {"coverage": {"min_children": 1}})
        scores = root_scores(source, table_of([without[node]], NO_FIRM_DRAW, NO_FIRM_DRAW))[0]
        assert np.isfinite(scores).all()
        assert scores == pytest.approx(built(pruned, values), abs=EXACT)


def test_given_shares_of_what_is_left_out_go_to_the_rest_in_proportion():
    shares = {"z": 0.2, "w": 0.5, "v": 0.3}
    given = by_level({"method": "equal"}, branches={"right": {"weight": {"method": "given", "shares": shares}}})
    _, designs, source = sources(given, rows(), leave_out=["indicators"])
    out = designs.factors[0].labels.index("w")
    scores = root_scores(source, table_of([out], NO_FIRM_DRAW, NO_FIRM_DRAW))[0]
    rest = {"right": {"weight": {"method": "given", "shares": {"z": 0.4, "v": 0.6}}}}
    tree = {"top": TREE["top"] | {"right": ["z", "v"]}}
    pruned = study(tree, levels=LEVELS, weighting=by_level({"method": "equal"}, branches=rest))
    assert scores == pytest.approx(built(pruned, rows()), abs=EXACT)


def test_whoever_has_a_score_keeps_one_when_an_indicator_is_left_out():
    """Right needs two of three; unit 4 of the first year has z and v missing once w alone would be too few."""
    values = rows(gaps=(("z", 4),))
    _, designs, source = sources(WEIGHTINGS["entropy"], values, leave_out=["indicators"])
    scores = root_scores(source, table_of(np.arange(len(designs.combinations)), NO_FIRM_DRAW, NO_FIRM_DRAW))
    assert np.isfinite(scores).all()


def firm_draws(count=3):
    """Draws of x and w on the panel's axes."""
    stream = np.random.default_rng(9)
    return FirmDraws(np.exp(stream.normal(size=(count, len(YEARS), len(UNITS), 2))), tuple(YEARS), tuple(UNITS), ("x", "w"))


@pytest.mark.parametrize("gaps", ["complete", "scattered"])
@pytest.mark.parametrize("weighting", ["entropy at both levels", "each year", "geometric above", "flat"])
def test_a_firm_draw_is_the_index_of_the_panel_with_its_values(weighting, gaps):
    values, firms = rows(gaps=GAPS[gaps]), firm_draws()
    declared, _, source = sources(WEIGHTINGS[weighting], values, firms=firms)
    for scores, draw in zip(
        root_scores(source, table_of([0, 0, 0, 0], np.array([2, 0, NO_FIRM_DRAW, 1]), NO_FIRM_DRAW)), (2, 0, NO_FIRM_DRAW, 1)
    ):
        drawn = values.copy()
        if draw != NO_FIRM_DRAW:
            for k, leaf in enumerate(firms.indicators):
                drawn[leaf] = np.where(values[leaf].isna(), np.nan, firms.values[draw, :, :, k].ravel())
        assert scores == pytest.approx(built(declared, drawn), abs=EXACT, nan_ok=True)


def test_weight_draws_are_weighted_sums_with_shares_from_gamma_quantiles():
    """Left, right and last are equal; x and y have shares from the entropy of the data (from the published weights)."""
    values = rows()
    declared, _, source = sources(WEIGHTINGS["entropy"], values, weights={"concentration": 30})
    index = build_index(declared, values, names(UNITS))
    own = index.weights.set_index("node")["share_local"]
    expected = np.zeros((2, len(YEARS), len(UNITS)))
    for draw in range(2):
        uniform = dict(zip(source.nodes, source.uniform[draw]))
        gamma = {node: stats.gamma.ppf(uniform[node], 30 * own[node]) for node in own.index}
        for part, leaves in TREE["top"].items():
            share = gamma[part] / sum(gamma[other] for other in TREE["top"])
            for leaf in leaves:
                inside = gamma[leaf] / sum(gamma[other] for other in leaves)
                cells = index.indicators.query("indicator == @leaf")["normalised"].to_numpy()
                expected[draw] += 100 * share * inside * cells.reshape(len(YEARS), len(UNITS))
    got = root_scores(source, table_of([0, 0], NO_FIRM_DRAW, np.arange(2)))
    assert got == pytest.approx(expected, abs=1e-7)  # two gamma quantile functions agree to 1e-9 relative


def test_flat_weights_are_drawn_together():
    """Leaves weighed as one family are drawn as one: their shares in the whole have the Dirichlet's variance."""
    values = rows()
    declared, _, source = sources({"weight": {"leaves": {"method": "equal"}}}, values, weights={"concentration": 40})
    wide = replace(source, uniform=np.random.default_rng(2).random((MANY // 10, len(source.nodes))))
    scores = root_scores(wide, table_of(np.zeros(MANY // 10), NO_FIRM_DRAW, np.arange(MANY // 10)), year=0)[:, 0]
    z = build_index(declared, values, names(UNITS)).indicators.query("year == 2020")
    z = z.pivot(index="unit", columns="indicator", values="normalised").to_numpy()
    variance = 1e4 * (z**2).mean(axis=1) / 41 - 1e4 * z.mean(axis=1) ** 2 / 41  # of sum w z with equal means: Var / (kappa + 1)
    assert scores.var(axis=0) == pytest.approx(variance, rel=NOISE * np.sqrt(3 / len(scores)))


@pytest.mark.parametrize("concentration", [2.0, 20.0, 100.0])
def test_dirichlet_moments(concentration):
    """Mean w, variance w (1 - w) / (kappa + 1), covariance -w_i w_j / (kappa + 1) (closed form)."""
    base = np.array([0.5, 0.3, 0.2, 0.0])
    drawn = dirichlet(base, np.random.default_rng(3).random((MANY, 4)), concentration)
    variance = base * (1 - base) / (concentration + 1)
    assert (drawn[:, 3] == 0).all() and drawn.sum(axis=1) == pytest.approx(np.ones(MANY), abs=1e-12)
    assert (np.abs(drawn.mean(axis=0) - base) <= NOISE * np.sqrt(variance / MANY)).all()
    assert drawn.var(axis=0) == pytest.approx(variance, rel=0.05, abs=1e-15)
    assert np.cov(drawn.T)[0, 1] == pytest.approx(-0.15 / (concentration + 1), rel=0.05)


def test_families_drawn_together_are_as_if_drawn_apart():
    base, uniform = np.array([0.5, 0.3, 0.2, 0.1, 0.9]), np.random.default_rng(6).random((100, 5))
    together = dirichlet(base, uniform, 20.0, family_starts=[0, 3])
    apart = [dirichlet(base[part], uniform[:, part], 20.0) for part in (slice(3), slice(3, 5))]
    assert np.array_equal(together, np.concatenate(apart, axis=1))


def test_flat_dirichlet_is_uniform_on_the_simplex():
    """Each of three shares has density 2 (1 - x); uniform numbers divided by their sum fail this by far."""
    uniform = np.random.default_rng(4).random((MANY, 3))
    drawn = dirichlet(np.full(3, 1 / 3), uniform, None)
    assert stats.kstest(drawn[:, 0], stats.beta(1, 2).cdf).pvalue > 1e-4
    assert (drawn > 0.5).any(axis=1).mean() == pytest.approx(3 / 4, abs=NOISE * np.sqrt(3 / 16 / MANY))
    naive = uniform / uniform.sum(axis=1, keepdims=True)
    assert stats.kstest(naive[:, 0], stats.beta(1, 2).cdf).pvalue < 1e-12


@pytest.mark.parametrize("weighting", ["entropy", "each year", "geometric above", "topsis"])
def test_one_year_alone_is_that_year_of_all(weighting):
    settings = {"leave_out": LEVELS, "firms": firm_draws(), "weights": {"concentration": 50}}
    _, designs, source = sources(WEIGHTINGS[weighting], rows(), **settings)
    count = 30
    table = table_of(np.arange(count) % len(designs.combinations), np.arange(count) % 3, np.arange(count))
    assert root_scores(source, table, year=1)[:, 0] == pytest.approx(root_scores(source, table)[:, 1], abs=EXACT)


def test_sources_of_draws():
    """Each design once, each firm draw once, each weight draw once; in `all` every design comes up about equally often."""
    declared, designs, source = sources(WEIGHTINGS["entropy"], rows(), leave_out=["parts"], firms=firm_draws(), weights={})
    tables = tables_by_source(declared, designs, source)
    assert tables["design"].design.tolist() == list(range(4)) and (tables["design"].firms == NO_FIRM_DRAW).all()
    assert tables["data"].firms.tolist() == [0, 1, 2] and (tables["data"].weights == NO_FIRM_DRAW).all()
    assert tables["weights"].weights.tolist() == list(range(35)) and (tables["weights"].design == 0).all()
    assert set(tables["all"].firms) == {0, 1, 2} and sorted(tables["all"].weights) == list(range(35))
    assert stats.chisquare(np.bincount(tables["all"].design, minlength=4)).pvalue > 1e-3


def test_a_cell_missing_in_the_panel_stays_missing_in_its_draws():
    values = rows(gaps=(("x", 3),))
    _, _, source = sources(WEIGHTINGS["entropy"], values, firms=firm_draws())
    x = source.values[:, source.leaves.index("x")]
    assert np.isnan(x[:, 0, 3]).all() and np.isnan(x).sum() == 4
    assert x[1, 2, 4] == firm_draws().values[1, 2, 4, 0] and pd.notna(x[-1, 0, 0])
