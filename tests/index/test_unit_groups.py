"""Official groups of divisions and provinces, and the contrast of two groups."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hqd_index.index.unit_groups import contrast, groupings, groups_of
from hqd_index.intake.meaning.official_codes import DIVISIONS, PROVINCES
from hqd_index.study.unit_schemes import FACTOR, GROUP_NAMES, REGION, TECHNOLOGY, scheme_groups

EXACT = 1e-12


def test_every_division_has_a_technology_level():
    assert set(TECHNOLOGY) == set(DIVISIONS)
    assert Counter(TECHNOLOGY.values()) == {"high": 3, "medium_high": 6, "medium_low": 6, "low": 16}
    assert set(DIVISIONS) - set(FACTOR) == {"C41", "C42", "C43"}
    assert set(TECHNOLOGY.values()) | set(FACTOR.values()) | set(REGION.values()) <= set(GROUP_NAMES)


def test_every_mainland_province_has_a_region():
    """10 in the east, 6 central, 12 in the west, 3 in the northeast (National Bureau of Statistics 2011)."""
    known = {code: REGION[code[:2]] for code in PROVINCES if code[:2] in REGION}
    assert set(PROVINCES) - set(known) <= {"710000", "810000", "820000"}
    assert Counter(known.values()) == {"east": 10, "central": 6, "west": 12, "northeast": 3}


def test_schemes_apply_only_to_their_kind():
    assert set(groupings(["C27", "C41"])) == {"technology", "factor"}
    assert set(groupings(["110000", "440000"])) == {"region"}
    assert groupings(["C27-110000", "C13-110000"]) == {}
    assert groupings(["a", "b", "c"], {"a": "x", "b": "y", "c": ""}) == {"own": {"a": "x", "b": "y"}}
    assert groupings(["a", "b"], {"a": "x", "b": "x"}) == {}
    assert set(groupings(["C27", "C13"], {"C27": "high", "C13": "low"})) == {"technology", "factor"}  # not the same twice


def test_a_scheme_groups_units_by_the_code_of_its_column():
    by = ("province_code", "industry_code")
    assert scheme_groups("technology", by, ["110000-C27", "110000-C99"]) == {"110000-C27": "high", "110000-C99": ""}
    assert scheme_groups("region", by, ["110000-C27"]) == {"110000-C27": "east"}


def test_units_without_a_group_stand_alone_unless_no_unit_has_one():
    names = pd.DataFrame({"unit": ["a", "b", "c"], "group": ["x", "", "x"]})
    assert groups_of(names, ["a", "b", "c"]) == ["x", "b", "x"]
    assert groups_of(names.assign(group=""), ["a", "b"]) == ["", ""]


def test_contrast_by_hand():
    """(3, 5) against (1, 4): 3 of 4 pairs are higher, U = 3, delta = 1/2; P(U >= 3) = 2/6."""
    found = contrast(np.array([3.0, 5.0, np.nan]), np.array([1.0, 4.0]))
    assert (found.u, found.delta, found.first, found.second_group) == (3, 0.5, 2, 2)
    assert found.p == pytest.approx(1 / 3, abs=EXACT)


def test_contrast_counts_ties_half():
    assert contrast(np.array([2.0]), np.array([2.0])).delta == 0
    first, second = np.random.default_rng(1).normal(size=(2, 25)).round(1)
    pairs = np.sign(first[:, None] - second[None, :])
    assert contrast(first, second).delta == pytest.approx(pairs.mean(), abs=EXACT)
    assert contrast(first, second).p == stats.mannwhitneyu(first, second, alternative="greater").pvalue


def test_an_empty_group_has_no_contrast():
    found = contrast(np.array([np.nan]), np.array([1.0]))
    assert np.isnan(found.delta) and np.isnan(found.p) and found.first == 0
