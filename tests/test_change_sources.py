"""Parts of the change of a score that are known beforehand: a figure revised, a bound that a new year moves, other weights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hqd_index.api import build_index
from hqd_index.upkeep.change_sources import PARTS, Tables, change_lines, change_parts

DESIGN = {"weight": {"indicators": {"method": "equal"}}, "aggregate": {"indicators": {"method": "arithmetic"}}}
FIRST = pd.DataFrame(
    {"unit": list("xyz") * 2, "year": [2020] * 3 + [2021] * 3, "a": [0.0, 5, 10, 1, 6, 9], "b": [2.0, 4, 6, 3, 5, 8]}
)


def tables(frame: pd.DataFrame, shares: dict[str, float] | None = None) -> Tables:
    """The three tables of a run, as it publishes them."""
    weight = {"method": "given", "shares": shares} if shares else {"method": "equal"}
    index = build_index(frame, {"index": ["a", "b"]}, DESIGN | {"weight": {"indicators": weight}}, year="year")
    scores = index.scores.assign(
        sample="all", unit_zh=index.scores["unit"], unit_en=index.scores["unit"],
        level=np.where(index.scores["node"] == "index", "index", "indicators"),
    )  # fmt: skip
    return scores, index.indicators.assign(sample="all"), index.weights.assign(scenario="base")


def parts(earlier: Tables, later: Tables) -> pd.DataFrame:
    rows = change_parts(earlier, later).set_index(["unit", "year"])
    np.testing.assert_allclose(rows["rest"], 0, atol=1e-9)
    np.testing.assert_allclose(rows[list(PARTS)].sum(axis=1), rows["change"], atol=1e-9)
    return rows


def test_a_year_with_a_new_maximum_moves_bounds_alone() -> None:
    """Column a had the span 0 to 10 and has 0 to 20: each score falls by half of what a gave it, 100 x 0.5 x a / 20."""
    later = pd.concat([FIRST, pd.DataFrame({"unit": list("xyz"), "year": 2022, "a": [2.0, 8, 20], "b": [3.0, 5, 7]})])
    rows = parts(tables(FIRST), tables(later.reset_index(drop=True)))
    assert (rows[["revision", "weights"]].abs() < 1e-9).all(axis=None) and rows["revised"].sum() == 0
    np.testing.assert_allclose(
        rows["bounds"].sort_index(), -100 * 0.5 * FIRST.set_index(["unit", "year"])["a"].sort_index() / 20, atol=1e-9
    )
    lines = [english for _, english in change_lines(tables(FIRST), tables(later.reset_index(drop=True)))]
    assert lines[0] == "years added: 2022" and "bounds" in lines[1] and lines[2].startswith("2021 z z: -22.50")


def test_a_revised_figure_inside_the_bounds_moves_its_own_score_alone() -> None:
    later = FIRST.copy()
    later.loc[4, "a"] = 7.0  # y in 2021 was 6
    rows = parts(tables(FIRST), tables(later))
    assert rows.index[rows["change"].abs() > 1e-9].tolist() == [("y", 2021)]
    np.testing.assert_allclose(rows.loc[("y", 2021), ["revision", "bounds", "weights", "revised"]], [5.0, 0, 0, 1], atol=1e-9)


def test_other_weights_move_scores_by_their_difference() -> None:
    rows = parts(tables(FIRST), tables(FIRST, {"a": 0.7, "b": 0.3}))
    assert (rows[["revision", "bounds"]].abs() < 1e-9).all(axis=None)
    a, b = FIRST["a"] / 10, (FIRST["b"] - 2) / 6
    known = pd.Series((100 * 0.2 * (a - b)).to_numpy(), index=pd.MultiIndex.from_frame(FIRST[["unit", "year"]])).sort_index()
    np.testing.assert_allclose(rows["weights"].sort_index(), known, atol=1e-9)


def test_what_no_part_explains_is_said_with_the_parts() -> None:
    """As where a cell is missing and its weight goes to the others: the parts of the line would not be all of them."""
    scores, indicators, weights = tables(FIRST)
    others = scores.assign(score=scores["score"] + 3 * (scores["unit"] == "x"))
    means = next(english for _, english in change_lines((scores, indicators, weights), (others, indicators, weights)))
    assert "1.00 points" in means and means.endswith("weights 0.00, the rest 1.00")


def test_equal_runs_say_nothing() -> None:
    assert not list(change_lines(tables(FIRST), tables(FIRST)))
