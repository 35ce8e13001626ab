"""A ridge logistic model of being recognised in the next batch, and how well it foresaw batches that it had not seen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
CONVERGED, MOST_STEPS = 1e-9, 50
FEWEST_RECOGNISED = 10
"""Recognitions that a model is trained on at least."""
CONTROLS = 20
"""Firms that were not recognised, per recognised firm, among those a model is trained on: more add next to nothing."""


@dataclass(frozen=True)
class RecognitionModel:
    """Coefficients on standardised features; a missing feature counts as the mean."""

    intercept: float
    coefficients: Array
    mean: Array
    spread: Array

    def contributions(self, features: Array) -> Array:
        """Each feature's part of the log odds, against a firm at the mean; (n, k)."""
        return standardised(features, self.mean, self.spread) * self.coefficients

    def log_odds(self, features: Array) -> Array:
        return self.intercept + self.contributions(features).sum(axis=1)


def standardised(features: Array, mean: Array, spread: Array) -> Array:
    """Features less their mean over their spread; 0, the mean, where one is missing."""
    return np.asarray(np.nan_to_num((features - mean) / spread))


def sigmoid(values: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -500, 500))))


def logistic(features: Array, outcome: Mask, penalty: float) -> RecognitionModel:
    """The maximum of the log likelihood less penalty/2 x the squared length of the coefficients, intercept free (Newton)."""
    mean = np.nan_to_num(np.nanmean(features, axis=0))
    spread = np.nan_to_num(np.nanstd(features, axis=0))
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(features)), standardised(features, mean, spread)])
    ridge = penalty * np.eye(design.shape[1])
    ridge[0, 0] = 0.0
    weights = np.zeros(design.shape[1])
    weights[0] = np.log(outcome.mean() / (1 - outcome.mean()))
    for _ in range(MOST_STEPS):
        probability = sigmoid(design @ weights)
        slope = design.T @ (outcome - probability) - ridge @ weights
        curvature = (design * (probability * (1 - probability))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature, slope)
        before = penalised_loss(design, outcome, weights, penalty)
        while penalised_loss(design, outcome, weights + step, penalty) > before and np.abs(step).max() >= CONVERGED:
            step = step / 2
        weights = weights + step
        if np.abs(step).max() < CONVERGED:
            break
    return RecognitionModel(float(weights[0]), weights[1:], mean, spread)


def penalised_loss(design: Array, outcome: Mask, weights: Array, penalty: float) -> float:
    """Negative log likelihood plus penalty/2 x the squared length of all weights but the first."""
    log_odds = design @ weights
    loss = np.logaddexp(0.0, log_odds).sum() - log_odds[outcome].sum()
    return float(loss + penalty / 2 * weights[1:] @ weights[1:])


def with_expected_number(log_odds: Array, expected: float) -> Array:
    """Probabilities that add up to the expected number of recognitions: the log odds moved by one constant (bisection)."""
    target = min(max(expected, 1e-6), len(log_odds) - 1e-6)
    low, high = -60.0, 60.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(log_odds + middle).sum() < target else (low, middle)
    return sigmoid(log_odds + (low + high) / 2)


@dataclass(frozen=True)
class Foresight:
    """Predictions of each batch by models of earlier batches and of other firms: rows of the pools, in their order.

    `models`: the model of each fold at the last batch; NaN where nothing could be trained.
    """

    probability: Array
    base_rate: Array
    last_models: tuple[RecognitionModel, ...]
    fold: NDArray[np.int64]


def training_rows(outcome: Mask, candidates: Mask, generator: np.random.Generator) -> NDArray[np.intp]:
    """All recognitions among the candidates, and so many of the others that each has CONTROLS of them (case-control).

    The share of recognitions then moves the intercept alone, which the expected number sets anew.
    """
    recognised, others = np.flatnonzero(candidates & outcome), np.flatnonzero(candidates & ~outcome)
    wanted = CONTROLS * len(recognised)
    if len(others) > wanted:
        others = np.sort(generator.choice(others, size=wanted, replace=False))
    return np.sort(np.concatenate([recognised, others]))


def foresee(
    features: Array,
    outcome: Mask,
    batch: NDArray[np.int64],
    firm: NDArray[np.int64],
    *,
    penalty: float,
    folds: int,
    generator: np.random.Generator,
) -> Foresight:
    """Each batch predicted from the batches before it without the firms of its fold; the size expected is the last batch's."""
    probability, base_rate = np.full(len(outcome), np.nan), np.full(len(outcome), np.nan)
    fold = firm % folds
    batches = sorted(set(batch.tolist()))
    models: tuple[RecognitionModel, ...] = ()
    for before, current in pairwise(batches):
        models = ()
        log_odds = np.full(len(outcome), np.nan)
        for k in range(folds):
            earlier = (batch < current) & (fold != k)
            test = (batch == current) & (fold == k)
            if outcome[earlier].sum() < FEWEST_RECOGNISED:
                continue
            training = training_rows(outcome, earlier, generator)
            model = logistic(features[training], outcome[training], penalty)
            log_odds[test] = model.log_odds(features[test])
            models = (*models, model)
        pool = (batch == current) & ~np.isnan(log_odds)
        if len(models) == folds:
            expected = float(outcome[batch == before].sum())
            probability[pool] = with_expected_number(log_odds[pool], expected)
            base_rate[pool] = expected / pool.sum()
    return Foresight(probability, base_rate, models if len(models) == folds else (), fold)


def auc(probability: Array, outcome: Mask) -> float:
    """Chance that a recognised firm has the higher probability of the two, ties half; NaN without both kinds."""
    positives = int(outcome.sum())
    negatives = len(outcome) - positives
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(probability, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[outcome].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def brier(probability: Array, outcome: Mask) -> float:
    """Mean squared distance of probability and outcome."""
    return float(np.mean((probability - outcome) ** 2))
