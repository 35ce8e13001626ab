"""Obstacle degree by hand and its degenerate cases."""

import numpy as np
import pytest

from hqd_index.errors import EstimationError
from hqd_index.index.dynamics.obstacle_degrees import obstacle, obstacles_table
from hqd_index.index.index_tables import build_index
from hqd_index.index.score_panel import Refusals, score_panel_of

from .small import names, panel, study

EXACT = 1e-12


def test_by_hand():
    """w = .5, .3, .2, z = .2, .5, 1: gaps .40, .15, 0 of .55."""
    found = obstacle(np.array([0.2, 0.5, 1.0]), np.array([0.5, 0.3, 0.2]))
    assert found == pytest.approx([0.40 / 0.55, 0.15 / 0.55, 0], abs=EXACT)


def test_a_missing_cell_leaves_its_part_to_the_others():
    found = obstacle(np.array([0.2, 0.5, np.nan]), np.array([0.5, 0.3, 0.2]))
    assert np.isnan(found[2]) and np.nansum(found) == pytest.approx(1, abs=EXACT)


def test_nothing_left_to_gain_has_no_obstacle():
    assert np.isnan(obstacle(np.ones((1, 3)), np.full(3, 1 / 3))).all()


def test_values_outside_the_unit_are_refused():
    with pytest.raises(EstimationError):
        obstacle(np.array([-0.5, 0.5]), np.array([0.5, 0.5]))


def test_table_sums_up_the_tree_and_breaks_ties_by_id():
    """Weights x, y .375, z, w .125; unit a has gaps .5, 1, 0, 1: .1875, .375, 0, .125 of .6875. In b, z and w tie."""
    tree, units = {"top": {"left": ["x", "y"], "right": ["z", "w"]}}, ["a", "b", "c"]
    sheet = {"x": [5.0, 0, 10], "y": [0.0, 5, 10], "z": [10.0, 5, 0], "w": [0.0, 5, 10]}
    parts = {"method": "given", "shares": {"left": 0.75, "right": 0.25}}
    design = study(
        tree, levels=["indicators", "parts"], weighting={"weight": {"indicators": {"method": "equal"}, "parts": parts}}
    )
    index = build_index(design, panel(sheet, units=units, years=[2020]), names(units))
    refusals = Refusals()
    found = obstacles_table(index, score_panel_of(design, index), refusals).set_index(["unit", "node"])
    assert not refusals.rows
    known = {"x": 3 / 11, "y": 6 / 11, "z": 0, "w": 2 / 11, "left": 9 / 11, "right": 2 / 11}
    assert found.loc["a", "degree"].to_dict() == pytest.approx(known, abs=EXACT)
    assert found.loc["a", "place"].to_dict() == {"x": 2, "y": 1, "z": 4, "w": 3, "left": 1, "right": 2}
    assert found.loc[("b", "w"), "place"] == 3 and found.loc[("b", "z"), "place"] == 4
    assert found.loc[("a", "x"), "coverage"] == 1
