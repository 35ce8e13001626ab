"""The table of validation of a panel whose modes are known."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.firms.mode_tables import banded_densities
from hqd_index.firms.mode_validation import SCORES, mode_validation
from hqd_index.firms.modes import MODES
from hqd_index.tables import check

from .test_modes import asked


def points(seed: int, apart: float = 1.5, firms: int = 240) -> tuple[np.ndarray, np.ndarray]:
    """Firms of four modes in four scores, and their modes: on each axis the two scores are pulled apart."""
    rng = np.random.default_rng(seed)
    mode = rng.integers(0, 4, firms)
    first, second = np.where(mode % 2 == 0, 1, -1), np.where(mode < 2, 1, -1)
    centres = np.stack([first, -first, second, -second], axis=1) * apart / 2
    return centres + rng.normal(size=(firms, 4)), mode


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
