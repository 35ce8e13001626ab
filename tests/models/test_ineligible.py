"""An index whose years were scaled apart is no outcome: a notice as the study is checked, a reason in place of regressions."""

import pandas as pd
import pytest

from hqd_index.models.ineligible import comparable_designs, ineligibility_error
from hqd_index.study.checks import weighting_checks as weighting

from ..index.small import study

EACH = {"method": "minmax", "over": "each_year"}
ENTROPY = {"weight": {"indicators": {"method": "entropy", "over": "each_year"}}}


@pytest.mark.parametrize(
    ("said", "names"),
    [({}, ""), ({"normalise": EACH}, "minmax"), (ENTROPY, "entropy"), (ENTROPY | {"normalise": EACH}, "minmax, entropy")],
)
def test_year_by_year_is_noticed_and_ineligible(said, names):
    declared = study({"top": ["x", "y"]}, levels=["indicators"], weighting=said)
    told = [finding for finding in weighting.check(declared) if "common trend" in finding.en]
    assert [finding.notice for finding in told] == [True] * len(names.split(", ")) * bool(names)
    fault = ineligibility_error(declared)
    assert (fault is None) == (names == "") and (fault is None or fault.en.startswith(f"{names} over each_year"))


def test_designs_scaled_year_by_year_are_no_outcomes():
    labels = ["base", "normalise=minmax over=each_year, leave_out=x", "normalise=zscore"]
    assert comparable_designs(pd.DataFrame({"design": [0, 1, 2], "label": labels}))["design"].tolist() == [0, 2]


def test_cautions_of_methods_reach_the_reader():
    shifted = study(
        {"top": ["x", "y"]}, levels=["indicators"], weighting={"weight": {"indicators": {"method": "entropy", "shift": 0.01}}}
    )
    told = [finding for finding in weighting.check(shifted) if finding.notice]
    assert len(told) == 1 and "shift of 0.01" in told[0].en and told[0].zh
