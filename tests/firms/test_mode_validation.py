"""Groupings held to scikit-learn, agreement by hand, and the table of a panel whose modes are known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from hqd_index.firms.mode_clusters import adjusted_rand, k_means, mixture
from hqd_index.firms.mode_tables import banded_densities
from hqd_index.firms.mode_validation import SCORES, mode_validation
from hqd_index.firms.modes import MODES
from hqd_index.tables import check

from .test_modes import asked

EXACT = 1e-12
WITHIN = 1e-3  # both stop where the mean log likelihood moves by less than their tolerance


def points(seed: int, apart: float = 1.5, firms: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """Firms of four modes in four scores, and their modes: on each axis the two scores are pulled apart."""
    rng = np.random.default_rng(seed)
    mode = rng.integers(0, 4, firms)
    first, second = np.where(mode % 2 == 0, 1, -1), np.where(mode < 2, 1, -1)
    centres = np.stack([first, -first, second, -second], axis=1) * apart / 2
    return centres + rng.normal(size=(firms, 4)), mode


def test_agreement_is_scikit_learns():
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 4, 200), rng.integers(0, 3, 200)
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second), abs=EXACT)
    assert adjusted_rand(first, (first + 1) % 4) == 1 and np.isnan(adjusted_rand(first[:1], second[:1]))


@pytest.mark.parametrize("apart", [0.5, 2.0])
def test_groupings_are_no_worse_than_scikit_learns(apart):
    x, _ = points(5, apart)
    mine = k_means(x, 4, np.random.default_rng(1))
    theirs = KMeans(4, n_init=10, random_state=1).fit(x)
    inertia = sum(((x[mine == k] - x[mine == k].mean(axis=0)) ** 2).sum() for k in range(4))
    assert inertia <= theirs.inertia_ * 1.01
    made = mixture(x, mine, 4)
    start = GaussianMixture(4, random_state=1, max_iter=500, tol=1e-6, means_init=[x[mine == k].mean(axis=0) for k in range(4)])
    best = start.fit(x)
    assert made.log_likelihood / len(x) >= best.score(x) - (WITHIN if apart > 1 else 0.05)
    single = GaussianMixture(1).fit(x)
    one = mixture(x, np.zeros(len(x), dtype=np.intp), 1)
    assert one.log_likelihood == pytest.approx(single.score(x) * len(x), abs=1e-6)
    assert one.bic == pytest.approx(single.bic(x), abs=1e-6)


def table(apart: float, *, moved: bool = False) -> pd.DataFrame:
    """Table `modes` of two years, all firms in one industry; with `moved` the first mode becomes the second in 2020."""
    x, mode = points(2, apart)
    later = np.where(mode == 0, 1, mode) if moved else mode
    frames = [
        pd.DataFrame(dict(zip(SCORES, x.T))).assign(
            firm_id=[f"f{k}" for k in range(len(x))], year=year, unit="C39", in_force=True, mode=np.array(MODES)[labels]
        )
        for year, labels in ((2019, mode), (2020, later))
    ]
    return pd.concat(frames)


def test_planted_groups_agree_and_noise_does_not():
    clear, cloud = (mode_validation(asked(), table(apart)).set_index("quantity")["value"] for apart in (5.0, 0.0))
    assert clear["agreement_kmeans"] > 0.95 and clear["agreement_mixture"] > 0.95 and clear["classes"] == 4
    assert abs(cloud["agreement_kmeans"]) < 0.05 and cloud["classes"] == 1


def test_transitions_and_shares_by_hand():
    rows = check("mode_validation", mode_validation(asked(), table(5.0, moved=True)))
    moves = rows[rows["quantity"] == "transition"].set_index(["mode", "mode_to"])["value"]
    assert moves[MODES[0], MODES[1]] == 1 and moves[MODES[1], MODES[1]] == 1 and moves[MODES[0], MODES[0]] == 0
    shares = rows[rows["quantity"] == "industry_share"].set_index("mode")
    assert shares["value"].sum() == pytest.approx(1) and set(shares["n"]) == {240}
    few = mode_validation(asked(), table(5.0).head(30))
    assert "agreement_kmeans" not in set(few["quantity"])


def test_bands_count_every_firm_in_force_once():
    """Strengths 0.1, 0.4 and 2 on the first axis, one unknown: bands of 0, .25, .5 and 1 label 3, 2, 1 and 1 of four."""
    rows = pd.DataFrame({"unit": "C39", "year": 2020, "in_force": True, "base_a1": [0.1, -0.4, 2, np.nan]})
    made = banded_densities(rows.assign(base_a2=[2, 3, -2, np.nan]))
    assert made.groupby("dead_band")["soft"].sum().tolist() == [1000] * 4
    labelled = made[made["mode"].isin(MODES)].groupby("dead_band")["soft"].sum()
    assert labelled.tolist() == [750, 500, 250, 250]
    wide = made[made["dead_band"] == 1.0].set_index("mode")["soft"]
    assert wide["tech_efficiency"] == 250
