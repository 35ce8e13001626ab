"""Table `mode_validation`: do other methods see the same groups, how long do labels last, and which industries lean where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ..study.records import Study
from ..tables import of_rows
from .mode_scores import ALL_AXES
from .modes import MODES

FEWEST_FIRMS = 40
"""Firms with a mode that groupings are compared on, at least: ten a mode."""
MOST_CLASSES = 5
STARTS, MOST_STEPS = 5, 500
STATES = (*MODES, "mixed", "unclassified")
SCORES = ("technology", *ALL_AXES[1:])


def mode_validation(study: Study, recognised: pd.DataFrame) -> pd.DataFrame:
    """Rows by quantity from table `modes`; no row where firms are too few.

    agreement_*: adjusted Rand index of the modes and a grouping of the four scores, over firms with a mode in the latest year.
    classes: number of groups whose Gaussian mixture has the least BIC. transition: share of firms of a mode that have `mode_to`
    a year later. industry_share: share of the industry's SRDI firms in force, over all years, that have the mode.
    """
    rows = [*_agreement(study, recognised), *_transitions(recognised), *_industry_shares(recognised)]
    return of_rows("mode_validation", rows)


def _agreement(study: Study, recognised: pd.DataFrame) -> Iterator[dict[str, Any]]:
    from sklearn.cluster import KMeans  # here: other studies need not wait for it
    from sklearn.metrics import adjusted_rand_score
    from sklearn.mixture import GaussianMixture

    year = recognised["year"].max()
    latest = recognised[(recognised["year"] == year) & recognised["mode"].isin(MODES)].dropna(subset=list(SCORES))
    if len(latest) < FEWEST_FIRMS:
        return
    points = latest[list(SCORES)].to_numpy(dtype=float)
    spread = points.std(axis=0)
    points = (points - points.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    seed, label = study.study.seed % 2**32, pd.factorize(latest["mode"])[0]
    k_means = KMeans(len(MODES), n_init=STARTS, random_state=seed).fit_predict(points)
    mixtures = {
        groups: GaussianMixture(groups, n_init=STARTS, max_iter=MOST_STEPS, random_state=seed).fit(points)
        for groups in range(1, MOST_CLASSES + 1)
    }
    mixture = mixtures[len(MODES)].predict(points)
    row = {"year": year, "n": len(latest)}
    pairs = {"kmeans": (label, k_means), "mixture": (label, mixture), "both": (k_means, mixture)}
    for method, (first, second) in pairs.items():
        yield row | {"quantity": f"agreement_{method}", "value": adjusted_rand_score(first, second)}
    bic = {groups: fitted.bic(points) for groups, fitted in mixtures.items()}
    yield row | {"quantity": "classes", "value": float(min(bic, key=lambda groups: bic[groups]))}


def _transitions(recognised: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Shares of the firm-years of each mode by the mode of the same firm a calendar year later."""
    next_year = recognised[["firm_id", "year", "mode"]].assign(year=recognised["year"] - 1)
    pairs = recognised[["firm_id", "year", "mode"]].merge(next_year, on=["firm_id", "year"], suffixes=("", "_to"))
    counts = pairs.groupby(["mode", "mode_to"]).size().unstack(fill_value=0)
    counts = counts.reindex(index=list(STATES), columns=list(STATES), fill_value=0)
    for mode, row in counts.iterrows():
        if total := int(row.sum()):
            for mode_to, count in row.items():
                yield {"quantity": "transition", "mode": mode, "mode_to": mode_to, "value": count / total, "n": total}


def _industry_shares(recognised: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Shares of firm-years in force by mode; `n` counts firms, so that few of them can be kept out of what is published."""
    in_force = recognised[recognised["in_force"]]
    for unit, rows in in_force.groupby("unit"):
        shares = rows["mode"].value_counts(normalize=True)
        for mode in STATES:
            value = float(shares.get(mode, 0.0))
            yield {"quantity": "industry_share", "unit": unit, "mode": mode, "value": value, "n": rows["firm_id"].nunique()}
