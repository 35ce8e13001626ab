"""Weights of economic distance by hand, and what has no value."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.index.dynamics.moran import Weights
from hqd_index.index.dynamics.spatial_weights import economic_links, economic_weights, nested_weights

UNITS = ["110000", "120000", "130000"]


def test_inverse_gaps_by_hand():
    """Levels 1, 2, 4: gaps 1, 3, 2; with borders 1-2 and 2-3 only, their products."""
    levels = np.array([1.0, 2.0, 4.0])
    assert np.allclose(economic_weights(levels), [[0, 1, 1 / 3], [1, 0, 1 / 2], [1 / 3, 1 / 2, 0]])
    borders = np.array([[9.0, 1, 0], [1, 9, 1], [0, 1, 9]])  # a diagonal that does not count
    assert np.allclose(nested_weights(borders, levels), [[0, 1, 0], [1, 0, 1 / 2], [0, 1 / 2, 0]])


def test_a_unit_without_level_has_no_links_and_twins_are_named():
    assert np.allclose(economic_weights(np.array([1.0, np.nan, 3.0])), [[0, 0, 0.5], [0, 0, 0], [0.5, 0, 0]])
    panel = pd.DataFrame({"sample": "all", "unit": UNITS * 2, "year": [1, 1, 1, 2, 2, 2], "gdp": [1.0, 2, 3, 3.0, 2, 4]})
    with pytest.raises(EstimationError, match="110000, 120000 have the same level"):
        economic_links(panel, "gdp", UNITS, None)
    with pytest.raises(EstimationError, match="no indicator 'gpd'"):
        economic_links(panel, "gpd", UNITS, None)


def test_levels_are_means_over_years_and_nested_keeps_who_is_linked():
    panel = pd.DataFrame({"sample": "all", "unit": UNITS * 2, "year": [1, 1, 1, 2, 2, 2], "gdp": [1.0, 2, 3, 3.0, 6, 4]})
    geographic = Weights(np.ones((3, 3)), np.array([True, True, False]))
    found = economic_links(panel, "gdp", UNITS, geographic)
    # means 2, 4, 3.5
    assert np.allclose(found.matrix, [[0, 1 / 2, 1 / 1.5], [1 / 2, 0, 2], [1 / 1.5, 2, 0]])
    assert found.is_linked.tolist() == [True, True, False]
