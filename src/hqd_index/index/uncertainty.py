"""How sure the ranks are: every declared design, Dirichlet weights around each, firms drawn again; three sources apart and together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..study.models import Study
from .build import Computed, compute, rescore
from .designs import Designs
from .frames import Index, cube
from .plan import Plan, plan
from .rank import competition

Array = NDArray[np.float64]
CHUNK = 256
"""Draws worked on at once: a block of values stays within some tens of megabytes."""


@dataclass(frozen=True)
class Draws:
    """Scores of the root on 0-100, (draws, T, U), and the combination each draw came from."""

    scores: Array
    combination: NDArray[np.intp]

    @property
    def ranks(self) -> Array:
        return competition(self.scores)


def shares_drawn(base: Array, draws: int, concentration: float | None, stream: np.random.Generator) -> Array:
    """Shares (draws, ..., k) ~ Dirichlet(concentration x base), flat on the simplex when None; a zero share stays zero.

    Uniform draws divided by their sum crowd the middle of the simplex and are not offered (index_methods: section 7).
    """
    positive = base > 0
    alpha = np.where(positive, 1.0 if concentration is None else concentration * base, 1.0)
    gamma = np.where(positive, stream.standard_gamma(np.broadcast_to(alpha, (draws, *base.shape))), 0.0)
    return gamma / gamma.sum(axis=-1, keepdims=True)


def design_draws(
    study: Study,
    designs: Designs,
    index: Index,
    panel: pd.DataFrame,
    numbers: NDArray[np.intp],
    stream: np.random.Generator,
    *,
    weights: bool,
) -> Draws:
    """Root scores of the designs `numbers` (rows of designs.combinations), weights drawn anew in each draw if `weights`."""
    scores = np.empty((len(numbers), len(index.design.years), len(index.units)))
    settings = study.uncertainty.weights if weights else None
    for number in np.unique(numbers):
        at = np.flatnonzero(numbers == number)
        design, computed = _computed(designs.studies[number], index, panel)
        for block in np.array_split(at, max(1, len(at) // CHUNK)):
            scores[block] = 100 * _redrawn(
                design, computed, len(block), settings.concentration if settings else 0.0, stream, settings is not None
            )
    return Draws(scores, numbers)


def _computed(study: Study, index: Index, panel: pd.DataFrame) -> tuple[Plan, Computed]:
    groups = [str(group) for group in index.design.groups]
    design = plan(study, index.design.years, groups)
    return design, compute(design, cube(panel, design, index.units))


def _redrawn(
    design: Plan, computed: Computed, draws: int, concentration: float | None, stream: np.random.Generator, drawn: bool
) -> Array:
    """(draws, T, U) root scores with every family's shares drawn around the design's own."""
    root = design.tree.root
    if not drawn:
        return np.broadcast_to(computed.scores[root], (draws, *computed.scores[root].shape))
    shares = {node: shares_drawn(share, draws, concentration, stream) for node, share in computed.shares.items()}
    normalised = np.broadcast_to(computed.normalised, (draws, *computed.normalised.shape))
    return rescore(design, normalised, shares)[root]


@dataclass(frozen=True)
class Spread:
    """Per unit-year over draws: median rank and order-statistic interval ends, (T, U) each; probabilities (T, U, U)."""

    median: Array
    low: Array
    high: Array
    acceptability: Array


def spread(ranks: Array, interval: tuple[float, float]) -> Spread:
    """Median, interval ends (order statistics, no interpolation) and P(rank = r) of ranks (draws, T, U)."""
    ordered = np.sort(ranks, axis=0)
    count = len(ranks)
    place = [ordered[min(count - 1, max(0, int(np.ceil(q * count)) - 1))] for q in (0.5, *interval)]
    units = ranks.shape[-1]
    shares = np.stack([(ranks == r).mean(axis=0) for r in range(1, units + 1)], axis=-1)
    return Spread(*place, shares)


def beats(scores: Array) -> Array:
    """P(i scores above j) over draws, (U, U), of scores (draws, U)."""
    draws, units = scores.shape
    wins = np.zeros((units, units))
    for block in np.array_split(scores, max(1, draws // CHUNK)):
        wins += (block[:, :, None] > block[:, None, :]).sum(axis=0)
    return wins / draws


def stable_pairs(scores: Array) -> float:
    """Share of pairs of units whose order is the same in every draw (scores (draws, U))."""
    probability = beats(scores)
    upper = np.triu_indices(len(probability), k=1)
    return float(((probability[upper] == 1) | (probability.T[upper] == 1)).mean())
