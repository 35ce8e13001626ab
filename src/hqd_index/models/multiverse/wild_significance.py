"""Which estimates of the curve are significant by the restricted wild cluster bootstrap, where that is affordable."""

from __future__ import annotations

import numpy as np

from ..kernels.clusters import cluster_sums
from ..kernels.inference import random_stream
from ..kernels.wild import wild
from .specification_curve import Curve, Scores

WILD_DRAWS = 399
LARGEST_WILD = 2e10  # estimates x draws x squared clusters; beyond it (a minute and more) CV3 alone is given


def wild_affordable(curve: Curve, is_shown_design: np.ndarray) -> bool:
    """Whether the bootstrap of every estimate shown is a matter of seconds."""
    clusters = np.nan_to_num(curve.clusters)
    return bool(0 < float((clusters**2).sum()) * is_shown_design.sum() * WILD_DRAWS <= LARGEST_WILD)


def wild_significant_share(curve: Curve, scores: Scores, is_shown_design: np.ndarray, *, alpha: float, seed: int) -> float:
    """Share of the estimates shown whose bootstrap p is at most alpha; the draws of a specification serve all designs."""
    is_significant = []
    for universe, partial_rows, estimates in zip(curve.universes, curve.partialled_universes, curve.estimate):
        designs = np.flatnonzero(is_shown_design & np.isfinite(estimates))
        if partial_rows is None or not len(designs):
            continue
        spec, universe_rows = universe.spec, partial_rows.rows
        sums = cluster_sums(
            scores.values[np.ix_(universe_rows["_at"].to_numpy(), designs)],
            universe_rows[list(spec.regressors)].to_numpy(dtype=float),
            partial_rows.effects if spec.fixed_effects else (),
            partial_rows.cluster,
            terms=spec.regressors,
            labels=partial_rows.labels,
        )
        p = wild(sums, rng=random_stream(seed, "multiverse-wild", spec.id), draws=WILD_DRAWS).p()
        is_significant.append(p <= alpha)
    return float(np.concatenate(is_significant).mean())
