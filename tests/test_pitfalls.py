"""The page of pitfalls says what its computation gives, and nothing that was not computed."""

import re
import sys

import pytest

from .conftest import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import pitfalls

GIVEN = {"0.0001", "0.01", "0.1", "0.3", "0.6", "0.001", "0.58", "0.49"}
"""What the examples start from: shifts, scores of two systems, the threshold of the caution, tables of the random index."""


@pytest.fixture(scope="module")
def figures() -> dict[str, str]:
    return pitfalls.figures()


@pytest.fixture(params=["zh", "en"])
def page(request) -> str:
    return (ROOT / "docs" / request.param / "pitfalls.md").read_text("utf-8")


def numbers(text: str) -> set[str]:
    return set(re.findall(r"(?<![\d.])\d+\.\d+", text))


def test_every_figure_is_on_the_page(figures, page):
    absent = [name for name, text in figures.items() if not re.search(rf"(?<![\d.]){re.escape(text)}(?![\d])", page)]
    assert not absent


def test_every_number_on_the_page_was_computed(figures, page):
    known = set().union(*map(numbers, figures.values())) | GIVEN
    assert numbers(page) <= known, numbers(page) - known


def test_the_reversal_follows_from_the_formula(figures):
    """d' = 1 - H / ln T is negative and falls with H where H > ln T; scaled, it is ordered as H, the reverse of 1 - H / ln nT."""
    z = pitfalls.pooled()
    h = pitfalls.shannon(z / z.sum(axis=0))
    assert (h > pitfalls.np.log(pitfalls.YEARS)).all()
    assert figures["rank correlation of the two"] == "−1"
