"""Coefficients of coupling and links of economic distance are checked against the tree and the indicators."""

import pytest

from hqd_index.study.checks import dynamics_checks
from hqd_index.study.records import Dynamics

from .small import study

TREE = {"top": {"quality": ["x"], "safety": ["y"]}}


@pytest.mark.parametrize(
    ("dynamics", "messages"),
    [
        ({}, []),
        ({"coupling": {"quality": 0.6, "safety": 0.4}, "links": {"kind": "nested", "by": "x"}}, []),
        ({"coupling": {"quality": 0.6, "safety": 0.6}}, ["sum to 1.2"]),
        ({"coupling": {"quality": 1.0}}, ["no coefficient is given for safety"]),
        ({"coupling": {"quality": 0.6, "safty": 0.4}}, ["did you mean 'safety'", "for safety"]),
        ({"links": {"kind": "economic", "by": "xx"}}, ["did you mean 'x'"]),
    ],
)
def test_what_is_written_must_fit_the_tree(dynamics, messages):
    small = study(TREE, levels=["indicators", "parts"])
    small = small.model_copy(update={"study": small.study.model_copy(update={"dynamics": Dynamics.model_validate(dynamics)})})
    found = [finding.en for finding in dynamics_checks.check(small)]
    assert len(found) == len(messages) and all(part in text for part, text in zip(messages, found)), found
