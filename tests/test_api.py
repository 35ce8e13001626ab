"""An index from a frame: what it promises, the study's own numbers, and its errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hqd_index import api
from hqd_index.api import IndexResult, build_index
from hqd_index.errors import DataError, Faults, HqdError

from .small import ROOT

ADDED = 1e-9
"""Points of a score of 100 that sums of shares may differ by."""
TREE = {"index": {"input": ["a", "b"], "output": ["c", "d"]}}


@pytest.fixture
def frame() -> pd.DataFrame:
    """Six units with four indicators, one of which has a hole."""
    rng = np.random.default_rng(3)
    values = pd.DataFrame(rng.lognormal(size=(6, 4)), columns=list("abcd"))
    values.loc[2, "b"] = np.nan
    return values.assign(unit=list("uvwxyz"))


def test_what_is_promised_is_there() -> None:
    assert api.__all__ == ["IndexResult", "build_index"]


def test_equal_weights_and_min_max_by_hand() -> None:
    """Each indicator is 0, 1/2 or 1, the index 100 x the mean, a cost the other way round."""
    frame = pd.DataFrame({"unit": ["x", "y", "z"], "a": [1.0, 3.0, 2.0], "b": [5.0, 9.0, 7.0], "c": [2.0, 4.0, 2.0]})
    design = {"weight": {"indicators": {"method": "equal"}}, "aggregate": {"indicators": {"method": "arithmetic"}}}
    result = build_index(frame, {"index": ["a", "b", "c"]}, design, directions={"c": -1})
    ranking = result.ranking()
    assert ranking[["unit", "rank"]].to_numpy().tolist() == [["y", 1], ["z", 1], ["x", 3]]
    np.testing.assert_allclose(ranking["score"], [200 / 3, 200 / 3, 100 / 3], rtol=1e-12)
    assert "year" not in result.scores and "y" in repr(result)


def test_contributions_add_up_to_the_score(frame: pd.DataFrame) -> None:
    result = build_index(frame, TREE)
    total = result.contributions.groupby("unit")["contribution"].sum()
    scores = result.ranking().set_index("unit")["score"]
    assert scores.index[scores.isna()].tolist() == ["w"]  # one of its two inputs is missing
    np.testing.assert_allclose(total[scores.index].where(scores.notna()), scores, atol=ADDED)
    geometric = {"weight": {"indicators": {"method": "equal"}, "dimensions": {"method": "equal"}}} | {
        "aggregate": {"indicators": {"method": "arithmetic"}, "dimensions": {"method": "geometric"}}
    }
    assert build_index(frame, TREE, geometric).contributions.empty


def test_the_frame_is_not_changed_and_its_order_does_not_matter(frame: pd.DataFrame) -> None:
    before = frame.copy()
    first, second = build_index(frame, TREE), build_index(frame.iloc[::-1], TREE)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(first.scores, second.scores)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tree": {"index": ["a", "bb"]}}, "unknown column 'bb'"),
        ({"design": {"weight": {"indicators": {"method": "entrop"}}, "aggregate": {}}}, "entropy"),
        ({"directions": {"a": "up"}}, "direction"),
        ({"directions": {"aa": 1}}, "unknown indicator 'aa'"),
        ({"levels": ["indicators"]}, "level"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(frame: pd.DataFrame, change: dict[str, object], words: str) -> None:
    arguments: dict[str, object] = {"tree": TREE} | change
    with pytest.raises(HqdError, match=words):
        build_index(frame, **arguments)  # type: ignore[arg-type]


def test_a_frame_that_does_not_fit_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="u appears twice"):
        build_index(frame.assign(unit="u"), TREE)
    with pytest.raises(DataError, match="no numbers"):
        build_index(frame.assign(a="many"), TREE)
    with pytest.raises((DataError, Faults)):
        build_index(frame.assign(a=np.nan, b=np.nan, c=np.nan, d=np.nan), TREE)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_example_of_the_documentation_runs(language: str) -> None:
    page = (ROOT / "docs" / language / "python-api.md").read_text("utf-8")
    names: dict[str, IndexResult] = {}
    exec(page.split("```python")[1].split("```")[0], names)
    assert names["result"].ranking()["unit"].tolist() == ["east", "north", "south", "west"]
