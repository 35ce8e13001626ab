"""Obstacle degree by hand and its degenerate cases."""

import numpy as np
import pytest

from hqd_index.errors import EstimationError
from hqd_index.index.frames import build_index
from hqd_index.index.obstacle import obstacle, obstacles_table
from hqd_index.index.scored import Refusals, scored

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
    """Equal weights, a has z = 0 on y and w and 1/2 on x: y and w hold back 2/5 each, x and z the rest."""
    tree, units = {"top": {"left": ["x", "y"], "right": ["z", "w"]}}, ["a", "b", "c"]
    sheet = {"x": [5.0, 0, 10], "y": [0.0, 5, 10], "z": [10.0, 5, 0], "w": [0.0, 5, 10]}
    design = study(tree, levels=["indicators", "parts"])
    index = build_index(design, panel(sheet, units=units, years=[2020]), names(units))
    refusals = Refusals()
    found = obstacles_table(index, scored(design, index), refusals).set_index(["unit", "node"])
    assert not refusals.rows
    assert found.loc["a", "degree"].to_dict() == pytest.approx(
        {"x": 0.2, "y": 0.4, "z": 0, "w": 0.4, "left": 0.6, "right": 0.4}, abs=EXACT
    )
    assert found.loc[("a", "w"), "place"] == 1 and found.loc[("a", "y"), "place"] == 2
    assert found.loc[("a", "left"), "place"] == 1
    assert found.loc[("a", "x"), "coverage"] == 1
