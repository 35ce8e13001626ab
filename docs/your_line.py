"""The numbers of the page 'From your line to ours': what the usual line gives and what the program gives, on one small panel.

The panel (20 units, 8 years) is that of texts/known_estimates.yaml. Usual lines are written out step by step as their programs
do them, or their results are those of R; tests/test_your_line.py holds both pages to these numbers.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from known_answers import OURS, answers, scaled
from known_estimates import small_panel

from hqd_index.index.dynamics.dagum_gini import dagum
from hqd_index.methods.treat import winsorise
from hqd_index.methods.weight import entropy
from hqd_index.models.kernels.specification import Specification, estimate

Array = npt.NDArray[np.float64]
REGHDFE_IN_R = (0.637207790523, 0.0882100335585)
"""lm with dummies, vcovCL (HC0) times the factor of reghdfe; R 4.2.2."""


def columns() -> Array:
    """x, q and w, min-max."""
    return scaled(small_panel()[["x", "q", "w"]].to_numpy(dtype=np.float64))


def entropy_loop(divisor: float) -> Array:
    """The do-file's loop: shares, sum of p ln p over all rows, e = -k * sum with k = 1 / ln(divisor), d = 1 - e, w = d / sum."""
    weights = []
    for column in columns().T:
        total, terms = column.sum(), 0.0
        for value in column:
            if value > 0:
                terms += value / total * math.log(value / total)
        weights.append(1 + terms / math.log(divisor))
    return np.array(weights) / sum(weights)


def stata_percentile(column: Array, percent: float) -> float:
    """As `_pctile` and `summarize, detail` do: the mean of two neighbours where n p is whole, else the next value."""
    ordered, position = np.sort(column), len(column) * percent / 100
    at = math.ceil(position)
    return float((ordered[at - 1] + ordered[at]) / 2 if position == at else ordered[at - 1])


def gini_of_pairs(levels: Array) -> float:
    """The plain Gini coefficient, which the three parts of Dagum must add up to."""
    return float(np.abs(levels[:, None] - levels[None, :]).mean() / (2 * levels.mean()))


def numbers() -> dict[str, tuple[str, str]]:
    """Line -> its number, and ours."""
    panel = small_panel()
    x = panel["x"].to_numpy(dtype=np.float64)
    cut = winsorise(x[:, None], p=0.05)[:, 0]
    fitted = estimate(panel, Specification("reghdfe", ("y",), "x", ("w",)), draws=99)
    regression = fitted.coefficient[0, 0], fitted.se_cv1[0, 0]
    levels = np.exp(x[panel["year"] == 2018])
    gini = dagum(levels, ["a"] * 10 + ["b"] * 10)
    pairs = {
        "entropy_right": (entropy_loop(len(x)), entropy(columns())[0]),
        "entropy_wrong": (entropy_loop(8), entropy(columns())[0]),
        "winsor2": ([stata_percentile(x, 5), stata_percentile(x, 95)], [cut.min(), cut.max()]),
        "reghdfe": (REGHDFE_IN_R, regression),
        "dagum": ([gini_of_pairs(levels)], [gini.within + gini.between_groups + gini.transvariation]),
    }
    pairs |= {
        name: (answers()[id]["theirs"][:shown], OURS[id]()[:shown])
        for name, id, shown in (
            ("xthreg", "threshold", 6), ("psmatch2", "psm", 3), ("ebalance", "entropy_balance", 3),
            ("ivreghdfe", "named_instrument", 3),
            ("did_multiplegt_dyn", "dcdh_dynamic", 4), ("honestdid", "trend_bounds_smoothness", 4), ("spssau_pca", "pca_spss", 3),
        )
    }  # fmt: skip
    return {name: (_text(theirs), _text(ours)) for name, (theirs, ours) in pairs.items()}


def _text(values: object) -> str:
    return " ".join(f"{value:.4f}" for value in np.asarray(values, dtype=np.float64))


if __name__ == "__main__":
    for name, (theirs, ours) in numbers().items():
        print(f"{name:<20} {theirs:<60} {ours}")
