"""Weightings against closed forms, worked examples, published tables and other implementations."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import ConfigError, EstimationError
from hqd_index.methods.choice import Choice, bind
from hqd_index.methods.column_statistics import correlation
from hqd_index.methods.shares import bounded_shares
from hqd_index.methods.weight import WEIGHT, cilos, critic, entropy, equal, evenness, given_shares
from hqd_index.methods.weight_ahp import ahp, consistency
from hqd_index.methods.weight_combined import combine
from hqd_index.methods.weight_components import factor, factor_notes, independence, pca, scatter, varimax
from hqd_index.methods.weight_optimised import bod, bod_multipliers, importances, target

EXACT = 1e-12
SOLVED = 1e-3  # SLSQP on an objective that is flat at its minimum
SAMPLED = 0.03  # loadings estimated from 4,000 rows
ATTITUDE = (
    43, 51, 30, 39, 61, 92, 45, 63, 64, 51, 54, 63, 73, 47, 71, 70, 68, 69, 76, 86, 48, 61, 63, 45, 47, 54, 84, 35,
    81, 78, 56, 66, 71, 83, 47, 43, 55, 49, 44, 54, 49, 34, 58, 67, 42, 56, 66, 68, 35, 71, 75, 50, 55, 70, 66, 41,
    72, 82, 72, 67, 71, 83, 31, 67, 61, 45, 47, 62, 80, 41, 64, 53, 53, 58, 58, 67, 34, 67, 60, 47, 39, 59, 74, 41,
    69, 62, 57, 42, 55, 63, 25, 68, 83, 83, 45, 59, 77, 35, 77, 77, 54, 72, 79, 77, 46, 81, 90, 50, 72, 60, 54, 36,
    74, 85, 64, 69, 79, 79, 63, 65, 60, 65, 75, 55, 80, 60, 65, 70, 46, 57, 75, 85, 46, 50, 58, 68, 54, 64, 78, 52,
    50, 40, 33, 34, 43, 64, 33, 64, 61, 52, 62, 66, 80, 41, 53, 66, 52, 50, 63, 80, 37, 40, 37, 42, 58, 50, 57, 49,
    63, 54, 42, 48, 66, 75, 33, 66, 77, 66, 63, 88, 76, 72, 78, 75, 58, 74, 80, 78, 49, 48, 57, 44, 45, 51, 83, 38,
    85, 85, 71, 71, 77, 74, 55, 82, 82, 39, 59, 64, 78, 39,
)  # fmt: skip
SAATY = np.array([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])


def crossed(*correlations: float) -> np.ndarray:
    """Rows whose columns 0-1, 2-3, ... have exactly the given correlations and are otherwise uncorrelated."""
    noise = np.random.default_rng(6).normal(size=(50, 2 * len(correlations)))
    basis = np.linalg.qr(noise - noise.mean(axis=0))[0]
    matrix = np.eye(2 * len(correlations))
    for k, r in enumerate(correlations):
        matrix[2 * k, 2 * k + 1] = matrix[2 * k + 1, 2 * k] = r
    return basis @ np.linalg.cholesky(matrix).T


def test_evenness_in_closed_form() -> None:
    """Even column: 1; two of four cells alike: ln 2 / ln 4; one cell carries all: 0; a gap counts N_j = 3."""
    gap = np.nan
    values = np.array([[2.0, 1, 5, 1, gap], [2, 1, 0, gap, 0], [2, 0, 0, 1, 0], [2, 0, 0, 1, 0]])
    assert np.allclose(evenness(values)[0, :4], [1, 0.5, 0, 1], atol=EXACT)
    assert np.isnan(evenness(values)[0, 4])
    assert np.allclose(entropy(values), [[0, 1 / 3, 2 / 3, 0, 0]], atol=EXACT)


def test_evenness_does_not_leave_its_bounds_by_rounding() -> None:
    for rows in range(3, 200):
        even = evenness(np.full((rows, 3), [0.1, 0.3, 1e-7]))
        assert (even <= 1).all()
        assert np.allclose(even, 1, atol=EXACT)


def test_the_shift_mixes_in_an_even_part() -> None:
    """With c = .1 the cells 0, 1, 1 become .1, 1, 1."""
    values = np.array([[0.0, 0.0], [1.0, 0.5], [1.0, 1.0]])
    shifted = np.array([[0.1, 0.1], [1.0, 0.55], [1.0, 1.0]])
    assert np.allclose(entropy(values, shift=0.1), entropy(shifted), atol=EXACT)


def test_entropy_without_any_difference_is_equal() -> None:
    assert np.allclose(entropy(np.full((5, 4), 0.3)), 0.25, atol=EXACT)
    assert np.allclose(entropy(np.full((5, 4), np.nan)), 0)


def test_entropy_over_blocks_is_entropy_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).random((300, 3))
    values[::7, 1] = np.nan
    whole = entropy(values)
    monkeypatch.setattr("hqd_index.methods.weight.ROWS_AT_ONCE", 32)
    assert np.allclose(entropy(values), whole, atol=EXACT)


def test_an_empty_column_leaves_its_share_to_the_others() -> None:
    """Equal: a half each; given .5, .2, .3 without the last: 5/7 and 2/7."""
    values = np.array([[1.0, 2.0, np.nan], [3.0, 1.0, np.nan]])
    assert equal(values).tolist() == [[0.5, 0.5, 0]]
    assert np.allclose(given_shares(values, shares=np.array([0.5, 0.2, 0.3])), [[5 / 7, 2 / 7, 0]], atol=EXACT)


def test_critic_published() -> None:
    """Tus and Aytac Adali 2019, Opsearch 56(2), table of CRITIC weights, printed to 3 decimals."""
    table = np.array(
        [[5000, 3, 3, 4, 3, 2], [680, 5, 3, 2, 2, 1], [2000, 3, 2, 3, 4, 3], [600, 4, 3, 1, 2, 2], [800, 2, 4, 3, 3, 4]]
    )
    scaled = (table - table.min(axis=0)) / (table.max(axis=0) - table.min(axis=0))
    assert np.allclose(critic(scaled), [[0.157, 0.249, 0.168, 0.121, 0.154, 0.151]], atol=5e-4)


def test_critic_with_a_twin_and_a_constant() -> None:
    """Perfectly correlated twins share what conflict there is; a constant takes no part and spoils nothing."""
    x, y = np.array([0.0, 0.5, 1.0]), np.array([0.5, 1.0, 0.0])  # r = -1/2, equal spread
    shares = critic(np.column_stack([x, x, y, np.ones(3)]))[0]
    assert np.allclose(shares, [0.25, 0.25, 0.5, 0], atol=EXACT)
    assert np.allclose(critic(np.column_stack([x, x])), 0.5, atol=EXACT)


def test_correlation_over_common_cells_as_pandas_has_it() -> None:
    values = np.random.default_rng(8).normal(size=(40, 5)) + 1e3
    values[np.random.default_rng(9).random(values.shape) < 0.3] = np.nan
    values[:38, 4] = np.nan
    expected = pd.DataFrame(values).corr(min_periods=3).to_numpy()
    assert np.allclose(correlation(values), expected, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("entropy", "entropy_weighting"),
        ("std", "std_weighting"),
        ("cv", "coeff_var_weighting"),
        ("gini", "gini_weighting"),
        ("critic", "critic_weighting"),
    ],
)
def test_equal_to_another_implementation(ours: str, theirs: str) -> None:
    pyrepo = pytest.importorskip("pyrepo_mcda.weighting_methods")
    values = np.random.default_rng(5).random((40, 6)) ** [1, 2, 3, 1, 1, 1]
    if ours == "critic":
        values = (values - values.min(axis=0)) / (values.max(axis=0) - values.min(axis=0))
    assert np.allclose(WEIGHT[ours].function(values)[0], getattr(pyrepo, theirs)(values), atol=EXACT)


def test_entropy_equal_to_scikit_criteria() -> None:
    weighters = pytest.importorskip("skcriteria.preprocessing.weighters")
    values = np.random.default_rng(5).random((500, 6)) ** 3
    assert np.allclose(entropy(values)[0], weighters.entropy_weights(values), atol=EXACT)


def test_ahp_saaty() -> None:
    """The 3x3 of Saaty 1980: weights .637 .258 .105, CR .0332 with RI .58 (.0392 with other tables)."""
    assert np.allclose(ahp(np.ones((4, 3)), matrices=SAATY), [[0.637, 0.258, 0.105]], atol=5e-4)
    test = consistency(SAATY)
    assert test.ratio == pytest.approx(0.0332, abs=5e-5)
    assert test.index == pytest.approx((test.largest_eigenvalue - 3) / 2)


def test_ahp_reads_its_matrix_by_the_names_of_the_children() -> None:
    written = {"node": {"order": ["a", "b", "c"], "upper": [[3, 5], [3]]}, "other": {"order": ["d", "e"], "upper": [[4]]}}
    call = bind(Choice(method="ahp", matrices=written), "weight").for_children(["c", "a", "b"])  # type: ignore[call-arg]
    assert np.allclose(call(np.ones((4, 3))), [[0.105, 0.637, 0.258]], atol=5e-4)
    pair = bind(Choice(method="ahp", matrices=written), "weight").for_children(["d", "e"])  # type: ignore[call-arg]
    assert np.allclose(pair(np.ones((4, 2))), [[0.8, 0.2]], atol=EXACT)
    with pytest.raises(ConfigError, match="no matrix has exactly the children a, b"):
        bind(Choice(method="ahp", matrices=written), "weight").for_children(["a", "b"])  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="rows of 2, 1 numbers"):
        bind(Choice(method="ahp", matrices={"n": {"order": ["a", "b", "c"], "upper": [[3, 5]]}}), "weight").for_children(  # type: ignore[call-arg]
            ["a", "b", "c"]
        )


def test_pca_in_closed_form() -> None:
    """Two uncorrelated pairs with r .8 and .5: components of variance 1.8 and 1.5, squared loadings .9 and .75."""
    assert np.allclose(pca(crossed(0.8, 0.5)), [np.array([0.9, 0.9, 0.75, 0.75]) / 3.3], atol=1e-9)
    assert np.allclose(pca(crossed(0.8, 0.0)), [0.5, 0.5, 0, 0], atol=1e-9)  # the others' components have variance 1
    assert np.allclose(pca(crossed(0.8), components="first"), 0.5, atol=1e-9)


def test_pca_names_what_runs_against_the_rest() -> None:
    values = np.column_stack([crossed(0.8), -crossed(0.8)[:, 0] + 0.01 * crossed(0.8)[:, 1]])
    call = bind(Choice(method="pca", components="first"), "weight").for_children(["a", "b", "c"])  # type: ignore[call-arg]
    with pytest.raises(EstimationError, match="c: runs against"):
        call(values)


def planar(loadings: np.ndarray) -> np.ndarray:
    """Varimax by rotating two columns at a time in closed form, as Kaiser 1958 does."""
    lengths = np.linalg.norm(loadings, axis=1, keepdims=True)
    turned = loadings / lengths
    for _ in range(500):
        for i, j in combinations(range(turned.shape[1]), 2):
            x, y = turned[:, i], turned[:, j]
            u, v = x * x - y * y, 2 * x * y
            top, below = 2 * (u @ v - u.sum() * v.sum() / len(u)), u @ u - v @ v - (u.sum() ** 2 - v.sum() ** 2) / len(u)
            angle = np.arctan2(top, below) / 4
            turned[:, i], turned[:, j] = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return turned * lengths


def test_what_new_weightings_refuse_is_named() -> None:
    """No sign is made positive, no logarithm of 0 taken, no 1 / R of an indicator alone."""
    x = crossed(0.8, 0.0)
    against = np.column_stack([x[:, 0], x[:, 1], -x[:, 0] + 0.1 * x[:, 2]])
    for method, values, message in (
        ("pca_spss", against, "c: has a negative coefficient"),
        ("independence", x[:, :3], "c: goes with no other"),
        ("independence", x[:4], "4 complete rows for 4"),
        ("merec", unit_columns(x), "a, b, c, d: merec needs values above 0"),
    ):
        call = bind(Choice(method=method), "weight").for_children(["a", "b", "c", "d"][: values.shape[1]])  # type: ignore[call-arg]
        with pytest.raises(EstimationError, match=message):
            call(values)


def unit_columns(values: np.ndarray) -> np.ndarray:
    return (values - values.min(axis=0)) / (values.max(axis=0) - values.min(axis=0))


def test_an_indicator_that_follows_from_others_is_the_least_independent() -> None:
    x = np.random.default_rng(3).normal(size=(40, 3))
    w = independence(np.column_stack([x, x[:, 0] + x[:, 1]]))[0]
    assert np.allclose(w[[0, 1, 3]], w.min())  # R = 1 for the three that are bound together


def test_losses_by_hand_and_where_they_say_nothing() -> None:
    """Best rows (2, 1) and (1, 4): a loses 1/2 at b's best, b 3/4 at a's: q ~ (3/4, 1/2); tied best rows share."""
    assert np.allclose(cilos(np.array([[2.0, 1], [1, 4], [1, 1]])), [[0.6, 0.4]], atol=EXACT)
    ties = np.array([[2.0, 1], [2, 3], [1, 4]])  # a's best rows lack 3/4 and 1/4 of b, on the mean 1/2; b's lacks 1/2 of a
    assert np.allclose(cilos(ties), 0.5, atol=EXACT)
    assert np.allclose(cilos(np.array([[2.0, 2], [1, 1], [0, 0.5]])), 0.5, atol=EXACT)  # one row best in all: nothing is lost
    with pytest.raises(EstimationError, match="do not determine"):  # neither of the first two ever loses
        cilos(np.array([[4.0, 4, 5], [4, 4, 1], [1, 2, 0]]))


def test_varimax_ends_where_rotations_of_pairs_end() -> None:
    rng = np.random.default_rng(3)
    pattern = np.kron(np.eye(3), np.ones((3, 1))) + 0.2 * rng.normal(size=(9, 3))
    mixed = pattern @ np.linalg.qr(rng.normal(size=(3, 3)))[0]

    def ordered(table: np.ndarray) -> np.ndarray:
        return (table**2)[:, np.argsort((table**2)[0])]

    assert np.allclose(ordered(varimax(mixed)), ordered(planar(mixed)), atol=EXACT)


def test_factor_recovers_known_loadings() -> None:
    rng = np.random.default_rng(4)
    loadings = np.array([0.9, 0.7, 0.5, 0.8])
    values = rng.normal(size=(4000, 1)) * loadings + rng.normal(size=(4000, 4)) * np.sqrt(1 - loadings**2)
    assert np.allclose(factor(values)[0], loadings**2 / (loadings**2).sum(), atol=SAMPLED)


def test_factor_as_factanal_of_r() -> None:
    """R 4.2.2: s <- apply(factanal(attitude, 2)$loadings[]^2, 1, max); s / sum(s). Chatterjee and Price 1977, 30 departments."""
    found = factor(np.array(ATTITUDE, dtype=float).reshape(30, 7))[0]
    assert np.allclose(found, [0.214386, 0.230212, 0.070261, 0.094835, 0.103501, 0.022063, 0.264742], atol=1e-3)


def test_factor_says_where_the_likelihood_has_no_maximum() -> None:
    rng = np.random.default_rng(8)
    values = rng.normal(size=(40, 3))
    with pytest.raises(EstimationError, match="follow exactly"):
        factor(np.column_stack([values, values.sum(axis=1)]))
    basis = np.linalg.qr(values - values.mean(axis=0))[0]
    heywood = basis @ np.linalg.cholesky(np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])).T  # loading^2 = .64 / .5 > 1
    assert {note.quantity: note.flag for note in factor_notes(heywood)}["heywood"] == "I-HEYWOOD"


def test_scatter_of_years_together_is_the_sum_over_years() -> None:
    values = np.random.default_rng(7).random((12, 10, 3)) @ np.array([[1, 0.5, 0.3], [0, 1, 0.4], [0, 0, 1]])
    z = (values - values.mean(axis=(0, 1))) / values.std(axis=(0, 1))
    summed = sum(year.T @ year for year in z)
    leading = np.abs(np.linalg.eigh(summed)[1][:, -1])
    assert np.allclose(scatter(values.reshape(-1, 3))[0], leading / leading.sum(), atol=EXACT)


@pytest.mark.parametrize("seed", range(4))
def test_scatter_with_conflicting_columns_finds_the_best_corner(seed: int) -> None:
    """The optimum under w >= 0 is the leading eigenvector of some subset of columns: try them all."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(60, 2)) @ rng.normal(size=(2, 5)) + rng.normal(size=(60, 5))
    spread = np.corrcoef(values.T)
    best = 0.0
    for size in range(1, 6):
        for subset in combinations(range(5), size):
            eigenvalues, vectors = np.linalg.eigh(spread[np.ix_(subset, subset)])
            if (vectors[:, -1] >= 0).all() or (vectors[:, -1] <= 0).all():
                best = max(best, eigenvalues[-1])
    w = scatter(values)[0]
    assert w @ spread @ w / (w @ w) == pytest.approx(best, rel=1e-9)


def test_bod_by_hand() -> None:
    """Frontier w1 <= 1, w2 <= 1 from the two pure units: (.4, .2) scores .6 with w = (1, 1); a zero unit scores 0."""
    values = np.array([[1.0, 0], [0, 1], [0.4, 0.2], [0, 0], [np.nan, 0.5]])
    scores = (np.nan_to_num(values) * bod_multipliers(values)).sum(axis=-1)
    assert np.allclose(scores, [1, 1, 0.6, 0, 0], atol=1e-9)
    shares = bod(values)
    assert np.allclose(shares[2:4], 0.5, atol=1e-9)
    assert (shares[4] == 0).all()
    # (1, 0) with w2 / (w1 + w2) >= .4: w = (1, 2/3)
    assert np.allclose(bod(values[:3], floor=0.4)[0], [0.6, 0.4], atol=1e-9)


def test_bod_chooses_among_equals_whatever_the_order() -> None:
    """(1, 1) alone on the frontier scores 1 with any w1 + w2 = 1: the shortest is (.5, .5)."""
    values = np.array([[1.0, 1.0], [0.5, 0.2]])
    assert np.allclose(bod(values)[0], 0.5, atol=1e-9)


def test_target_of_uncorrelated_columns_in_closed_form() -> None:
    """Without correlation s_j is w_j^2 var_j / sum, so targets tau are met by w_j = sqrt(tau_j) / sd_j."""
    sd, tau = np.array([1.0, 2.0, 4.0, 1.0]), np.array([0.4, 0.3, 0.2, 0.1])
    values = crossed(0.0, 0.0) * sd
    expected = np.sqrt(tau) / sd
    assert np.allclose(target(values, targets=tau)[0], expected / expected.sum(), atol=SOLVED)


def test_importance_as_a_correlation_ratio_sees_a_bend() -> None:
    x = np.linspace(-1, 1, 41)
    rows = np.column_stack([x, x**2])
    assert importances(rows, x**2, "correlation")[0] == pytest.approx(0, abs=EXACT)
    assert importances(rows, x**2, "ratio") == pytest.approx([1, 1])


def test_combinations_by_hand() -> None:
    w1, w2 = np.array([[0.5, 0.3, 0.2]]), np.array([[0.2, 0.3, 0.5]])
    rows = np.ones((3, 3))

    def joined(by: str, first: np.ndarray = w1, second: np.ndarray = w2, mix: tuple[float, ...] | None = None) -> np.ndarray:
        return combine(rows, of=(lambda _: first, lambda _: second), by=by, mix=mix)[0]  # type: ignore[arg-type]

    assert np.allclose(joined("product"), np.array([0.1, 0.09, 0.1]) / 0.29, atol=EXACT)
    assert np.allclose(joined("mean", mix=(0.25, 0.75)), [0.275, 0.3, 0.425], atol=EXACT)
    roots = np.sqrt([0.1, 0.09, 0.1])
    assert np.allclose(joined("discrimination"), roots / roots.sum(), atol=EXACT)
    assert np.allclose(joined("game"), [0.35, 0.3, 0.35], atol=EXACT)
    # [.52 1/3; 1/3 1/3] alpha = [.52; 1/3] has alpha = (1, 0)
    assert np.allclose(joined("game", np.array([[0.6, 0.4, 0]]), np.full((1, 3), 1 / 3)), [0.6, 0.4, 0], atol=1e-9)
    assert np.allclose(joined("game", w1, w1), w1[0], atol=EXACT)
    even = np.full((1, 3), 0.25)  # exactly singular
    assert np.allclose(joined("game", even, even), 1 / 3, atol=EXACT)


def test_floor_and_cap_by_hand() -> None:
    """(.7 .2 .1) capped at .5 spreads .2 as 2:1; with floor .2 the rest falls to .2 as well."""
    shares, usable = np.array([[0.7, 0.2, 0.1]]), np.ones((1, 3), dtype=bool)
    assert np.allclose(bounded_shares(shares, usable, floor=0, cap=0.5), [[0.5, 1 / 3, 1 / 6]], atol=1e-9)
    assert np.allclose(bounded_shares(shares, usable, floor=0.2, cap=1), [[0.6, 0.2, 0.2]], atol=1e-9)
    alone = np.array([[1.0, 0, 0]])
    assert np.allclose(bounded_shares(alone, usable, floor=0, cap=0.5), [[0.5, 0.25, 0.25]], atol=1e-9)
    with pytest.raises(EstimationError, match="too few columns"):
        bounded_shares(alone, np.array([[True, False, False]]), floor=0, cap=0.5)
