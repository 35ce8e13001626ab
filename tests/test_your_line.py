"""The numbers of both pages 'From your line to ours' are those that docs/your_line.py computes."""

import re
import sys

import pytest

from .small import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import your_line

CLOSE = {"honestdid": 4e-5, "winsor2": 0.03}
"""Lines whose program does another thing, by how much: said on the page."""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_number_of_the_page_is_computed(language: str) -> None:
    page = (ROOT / "docs" / language / "your-line.md").read_text("utf-8")
    for name, (theirs, ours) in your_line.numbers().items():
        assert f"| {theirs} | {ours} |" in page, name


def test_what_the_page_calls_the_same_is_the_same() -> None:
    for name, (theirs, ours) in your_line.numbers().items():
        gaps = [abs(float(a) - float(b)) for a, b in zip(theirs.split(), ours.split(), strict=True)]
        if name == "entropy_wrong":
            assert max(gaps) > 0.1
        else:
            assert max(gaps) <= CLOSE.get(name, 0.0) + 1e-4, name


def test_every_yaml_of_the_page_names_keys_that_exist() -> None:
    from hqd_index.methods import FAMILIES
    from hqd_index.study.records import Regressions

    page = (ROOT / "docs" / "en" / "your-line.md").read_text("utf-8")
    methods = {name for family in FAMILIES.values() for name in family}
    assert set(re.findall(r"method: (\w+)", page)) <= methods
    assert {"instruments", "thresholds", "events", "moderators"} <= set(Regressions.model_fields)
