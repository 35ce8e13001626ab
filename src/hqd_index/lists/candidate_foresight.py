"""How well the candidates' probabilities foresaw batches they had not seen: rows of table evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .candidates import Pools
from .firm_frame import FEATURES
from .recognition_model import Array, Foresight, Mask, auc, brier, with_expected_number

ITEM = "candidates"
BINS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)
"""Quantiles of the predictions between which predicted and recognised shares are compared."""
Z95 = 1.959963984540054


def foresight_rows(features: tuple[str, ...], learnt: Pools | None, foresight: Foresight | None) -> Iterator[dict[str, Any]]:
    """AUC and Brier score by batch and over all, reliability by bins of the prediction, importance of each feature."""
    if learnt is None or foresight is None:
        return
    known = ~np.isnan(foresight.probability)
    if not known.any():
        return
    yield from _scores(known, None, learnt, foresight)
    for batch in sorted(set(learnt.batch[known].tolist())):
        yield from _scores(known & (learnt.batch == batch), batch, learnt, foresight)
    yield from reliability(foresight.probability[known], learnt.outcome[known])
    yield from importance(features, learnt, foresight)


def _scores(rows: Mask, batch: int | None, learnt: Pools, foresight: Foresight) -> Iterator[dict[str, Any]]:
    outcome, count = learnt.outcome[rows], int(rows.sum())
    own, base = brier(foresight.probability[rows], outcome), brier(foresight.base_rate[rows], outcome)
    quantities = {
        "recognised": float(outcome.sum()),
        "expected_recognised": float(foresight.probability[rows].sum()),
        "auc": auc(foresight.probability[rows], outcome),
        "brier": own,
        "brier_base": base,
        "brier_skill": 1 - own / base if base > 0 else float("nan"),
    }
    for quantity, value in quantities.items():
        yield {"item": ITEM, "quantity": quantity, "year": batch, "value": value, "n": count}


def reliability(probability: Array, outcome: Mask) -> Iterator[dict[str, Any]]:
    """For each bin of predictions: share recognised with its 95% interval (Wilson), mean prediction, firms."""
    edges = np.quantile(probability, BINS)
    places = np.clip(np.searchsorted(edges, probability, side="left") - 1, 0, len(BINS) - 2)
    for k in range(len(BINS) - 1):
        chosen = places == k
        if not chosen.any():
            continue
        share, count = float(outcome[chosen].mean()), int(chosen.sum())
        low, high = wilson(share, count)
        ends = [f"P{100 * edge:g}" for edge in BINS[k : k + 2]]
        row = {"item": ITEM, "quantity": "reliability", "node": f"bin{k + 1}", "value": share, "low": low, "high": high}
        names = {"node_zh": f"预测值 {ends[0]}–{ends[1]}", "node_en": f"predictions {ends[0]} to {ends[1]}"}
        yield row | names | {"expected": float(probability[chosen].mean()), "n": count}


def wilson(share: float, count: int) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927)."""
    centre = (share + Z95**2 / (2 * count)) / (1 + Z95**2 / count)
    half = Z95 / (1 + Z95**2 / count) * np.sqrt(share * (1 - share) / count + Z95**2 / (4 * count**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def importance(features: tuple[str, ...], learnt: Pools, foresight: Foresight) -> Iterator[dict[str, Any]]:
    """Fall of the AUC in the last batch when a feature's values are dealt out again among the firms (Breiman 2001)."""
    if not foresight.last_models:
        return
    last = np.flatnonzero((learnt.batch == learnt.batch.max()) & ~np.isnan(foresight.probability))
    values, outcome, fold = learnt.features[last], learnt.outcome[last], foresight.fold[last]
    whole = auc(foresight.probability[last], outcome)
    order = np.random.default_rng(len(last)).permutation(len(last))
    for k, feature in enumerate(features):
        dealt = values.copy()
        dealt[:, k] = values[order, k]
        log_odds = np.empty(len(last))
        for number, model in enumerate(foresight.last_models):
            log_odds[fold == number] = model.log_odds(dealt[fold == number])
        probability = with_expected_number(log_odds, float(foresight.base_rate[last].sum()))
        label = FEATURES[feature].label
        yield {
            "item": ITEM, "quantity": "importance", "node": feature, "year": int(learnt.batch.max()), "n": len(last),
            "value": whole - auc(probability, outcome), "node_zh": label.zh, "node_en": label.en,
        }  # fmt: skip
