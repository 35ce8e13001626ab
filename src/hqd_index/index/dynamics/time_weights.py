"""One score for several years: yearly scores weighed by how much recent years count (two-stage dynamic evaluation)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimationError
from ...study.records import Label
from ..competition_rank import competition
from ..score_panel import RefusableItem, Refusals, Row, ScorePanel

Array = NDArray[np.float64]
TIME_ITEM = RefusableItem(
    "time_weighted",
    "dynamics",
    Label(zh="时间加权的动态综合评价", en="time-weighted evaluation"),
    Label(zh="需要至少两年", en="needs two or more years"),
)
PRECISION = 1e-14
NOTE = Label(
    zh="时间度 λ 为事先给定;某年没有得分的单元不参加",
    en="the time degree is chosen beforehand; a unit that lacks a score in any year takes no part",
)


def time_weights(years: int, degree: float) -> Array:
    """The weights (T,) of largest entropy with sum_t w_t (T - t) / (T - 1) = `degree` (Guo, Yao and Yi 2007; O'Hagan 1988).

    They are a geometric series from the first year on: degree 0.5 weighs years equally, near 0 the last year decides, near 1
    the first. One year is refused.
    """
    from scipy.optimize import brentq

    if years < 2:
        raise EstimationError("there is only one year", zh="只有一个年份")
    place = np.arange(years - 1, -1, -1) / (years - 1)

    def weights(log_ratio: float) -> Array:
        exponents = log_ratio * place
        powers = np.exp(exponents - exponents.max())
        return np.asarray(powers / powers.sum())

    if degree == 0.5:
        return weights(0.0)
    limit = 2.0 * years * max(1 / degree, 1 / (1 - degree))
    return weights(float(brentq(lambda log_ratio: weights(log_ratio) @ place - degree, -limit, limit, xtol=PRECISION)))


def time_rows(score_panel: ScorePanel, degree: float, refusals: Refusals) -> Iterator[Row]:
    """Rows of `dynamics`: the weight of each year, then of each node and unit the weighted score and its place."""
    years, head = score_panel.years, {"item": TIME_ITEM.id, "variant": f"degree_{degree:g}"}
    for node, scores in score_panel.values.items():
        with refusals.refusing(node, TIME_ITEM):
            w = time_weights(len(years), degree)
            for year, weight in zip(years, w.tolist()):
                yield head | {"node": node, "year": year, "quantity": "weight", "value": weight}
            weighted = 100 * (w @ scores)
            rank_places = competition(weighted[None])[0]
            for unit, score, place in zip(score_panel.units, weighted.tolist(), rank_places.tolist()):
                if not np.isnan(score):
                    yield head | {"node": node, "group": unit, "quantity": "score", "value": score}
                    yield head | {"node": node, "group": unit, "quantity": "place", "value": place} | {
                        "note_zh": NOTE.zh, "note_en": NOTE.en,
                    }  # fmt: skip
