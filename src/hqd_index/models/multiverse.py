"""Every index design times every regression specification, as matrix products (Simonsohn, Simmons & Nelson 2020).

Per specification the density is residualised once and the scores of all designs go through the same few products: the
coefficient, CV1 and CV3 of ten thousand outcomes cost about as much as reading them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from ..errors import EstimationError
from .clusters import Regressors, parameters, regressors_of, root_inverse
from .inference import p_value, stream
from .partial import Partial, partial_out
from .randomisation import permutations, statistics
from .specification import Specification
from .within import Array, within

SAME = 0.999  # designs whose scores correlate above this in rank count once
JOINT_DESIGNS = 200  # distinct designs that enter the joint test, evenly taken


@dataclass(frozen=True)
class Universe:
    """One specification (its outcomes are ignored), its choices by name, and its rows: keys, density, controls."""

    spec: Specification
    choices: Mapping[str, str]
    data: pd.DataFrame


@dataclass(frozen=True)
class Scores:
    """Index values (n, D) of all designs on the rows of `keys` (unit, year), with each design's choices."""

    keys: pd.DataFrame
    values: Array
    choices: pd.DataFrame


@dataclass(frozen=True)
class Curve:
    """Arrays (S, D) by specification and design: estimates in within SDs, CV1 and CV3 p; NaN where invalid."""

    estimate: Array
    se_cv1: Array
    se_cv3: Array
    p_cv1: Array
    p_cv3: Array
    distinct: np.ndarray  # (D,) designs that count
    declared: int
    universes: tuple[Universe, ...]
    faults: tuple[EstimationError, ...]

    def shares(self, alpha: float) -> dict[str, float]:
        """Over distinct designs: shares positive, significant by CV3 (by CV1), significant and positive; median; counts."""
        b, p1, p3 = (v[:, self.distinct].ravel() for v in (self.estimate, self.p_cv1, self.p_cv3))
        known = ~np.isnan(b)
        b, p1, p3 = b[known], p1[known], p3[known]
        return {
            "positive": float((b > 0).mean()), "significant": float((p3 <= alpha).mean()),
            "significant_cv1": float((p1 <= alpha).mean()), "significant_positive": float(((p3 <= alpha) & (b > 0)).mean()),
            "median": float(np.median(b)), "run": float(known.sum()), "distinct_designs": float(self.distinct.sum()),
        }  # fmt: skip


def distinct_designs(values: Array, threshold: float = SAME) -> np.ndarray:
    """(D,) True for a design that no earlier counted one resembles in rank (Spearman above the threshold)."""
    ranks = pd.DataFrame(values).rank().to_numpy(dtype=np.float32).T
    ranks = ranks - np.nanmean(ranks, axis=1, keepdims=True)
    ranks = np.nan_to_num(ranks)
    norm = np.linalg.norm(ranks, axis=1, keepdims=True)
    ranks = np.divide(ranks, norm, out=np.zeros_like(ranks), where=norm > 0)
    open_, counted = np.ones(len(ranks), dtype=bool), np.zeros(len(ranks), dtype=bool)
    for start in range(0, len(ranks), 256):
        block = np.arange(start, min(start + 256, len(ranks)))
        block = block[open_[block]]
        among = ranks[block] @ ranks[block].T > threshold
        alive = np.ones(len(block), dtype=bool)
        for i in range(len(block)):
            if alive[i]:
                counted[block[i]] = True
                alive[i + 1 :] &= ~among[i, i + 1 :]
        leaders = block[alive]
        later = np.flatnonzero(open_ & (np.arange(len(ranks)) >= start + 256))
        if len(later) and len(leaders):
            open_[later] &= ~(ranks[later] @ ranks[leaders].T > threshold).any(axis=1)
    return counted


def multiverse(scores: Scores, universes: Sequence[Universe]) -> Curve:
    """Estimate every universe for every design; what cannot be estimated is NaN and its reason in `faults`.

    Designs with a gap in a universe's rows are NaN there. Invalid combinations are declared and not run.
    """
    found, faults = [], []
    for universe in universes:
        try:
            found.append(_one(scores, universe))
        except EstimationError as fault:
            faults.append(fault)
            found.append(np.full((5, scores.values.shape[1]), np.nan))
    stacked = np.stack(found, axis=1)
    keep = distinct_designs(scores.values)
    b, first, third, p_first, p_third = stacked
    return Curve(b, first, third, p_first, p_third, keep, b.size, tuple(universes), tuple(faults))


def _rows(scores: Scores, universe: Universe) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of the universe that have scores, and where these stand."""
    index = pd.MultiIndex.from_frame(scores.keys[["unit", "year"]])
    at = index.get_indexer(pd.MultiIndex.from_frame(universe.data[["unit", "year"]]))
    return universe.data[at >= 0].assign(_at=at[at >= 0]), at[at >= 0]


def _one(scores: Scores, universe: Universe) -> Array:
    """(5, D): standardised estimate, its CV1 and CV3 errors, and p of both."""
    rows, _ = _rows(scores, universe)
    spec = Specification(universe.spec.id, (), universe.spec.density, universe.spec.controls, universe.spec.fixed_effects)
    part = partial_out(rows, spec)
    made, k = _regressors(part, spec)
    y = scores.values[part.rows["_at"].to_numpy()]
    b, first, third, scale = _products(made, k, part, y - y.mean(axis=0))
    b, first, third = b * scale, first * scale, third * scale
    return np.stack([b, first, third, p_value(b, first, part.g), p_value(b, third, part.g)])


def _regressors(part: Partial, spec: Specification) -> tuple[Regressors, int]:
    """The basis of effects, density and controls, and K."""
    effects = part.effects if spec.fixed_effects else ()
    made = regressors_of(part.rows[list(spec.regressors)].to_numpy(dtype=float), effects, part.cluster, terms=spec.regressors)
    if spec.density in made.dropped:
        raise EstimationError(
            f"{spec.id}: {spec.density} does not vary within the effects", zh=f"{spec.id}:{spec.density} 组内没有变化"
        )
    return made, parameters(len(made.terms), effects, part.cluster)


def _products(made: Regressors, k: int, part: Partial, y: Array) -> tuple[Array, Array, Array, Array]:
    """Coefficient of the density, its CV1 and CV3 errors, and the factor that standardises them, (D,) each.

    The basis is orthogonal to the absorbed effects, so y needs none taken out but for its spread.
    """
    basis, row, g, n = made.basis, made.back[0], part.g, part.n
    gram = np.stack([basis[rows].T @ basis[rows] for rows in part.blocks()])
    theta = basis.T @ y
    score = _by_cluster(part, basis @ row, y) - (gram @ row) @ theta
    first = np.sqrt(g / (g - 1) * (n - 1) / (n - k) * (score**2).sum(axis=0))
    half, lost = root_inverse(np.eye(len(row)) - gram)
    reach = np.einsum("p,gpq,grq->gr", row, half, half)
    b = row @ theta
    moved = reach @ theta - _by_cluster(part, np.einsum("np,np->n", basis, reach[part.cluster]), y) - b
    identified = np.abs(row @ lost).max() <= 1e-6 * np.linalg.norm(row)  # without every single cluster
    third = np.sqrt((g - 1) / g * (moved**2).sum(axis=0)) * (1.0 if identified else np.nan)
    return b, first, third, made.sd[0] / _spread(part, y)


def _by_cluster(part: Partial, weight: Array, y: Array) -> Array:
    """(G, D): weighted sums of y over the rows of each cluster."""
    adder = sparse.csr_array((weight, (part.cluster, np.arange(part.n))), shape=(part.g, part.n))
    return np.asarray(adder @ y)


def _spread(part: Partial, y: Array) -> Array:
    """Standard deviation of y within the effects; NaN where it is constant."""
    left = within(y, part.effects)
    size = np.einsum("nd,nd->d", left, left)
    raw = np.einsum("nd,nd->d", y, y)
    return np.sqrt(np.where(size > 1e-20 * np.maximum(raw, 1e-300), size, np.nan) / part.n)


def choice_shares(curve: Curve, scores: Scores) -> pd.DataFrame:
    """choice, kind (design or specification), levels, share: variance of the choice's means over that of all estimates."""
    rows, b = [], curve.estimate[:, curve.distinct]
    total = float(np.nanvar(b))
    for name in scores.choices.columns:
        rows.append(("design", name, *_main_effect(b.T, scores.choices.loc[curve.distinct, name].to_numpy(), total)))
    for name in dict.fromkeys(k for u in curve.universes for k in u.choices):
        labels = np.array([u.choices.get(name, "") for u in curve.universes])
        rows.append(("specification", name, *_main_effect(b, labels, total)))
    frame = pd.DataFrame(rows, columns=["kind", "choice", "levels", "share"])
    return frame.sort_values(["share", "choice"], ascending=[False, True], ignore_index=True)


def _main_effect(values: Array, labels: np.ndarray, total: float) -> tuple[int, float]:
    """Number of levels, and the share of the variance that lies between their means (rows of `values` belong to labels)."""
    means, sizes = [], []
    for level in pd.unique(labels):
        chosen = values[labels == level]
        if np.isfinite(chosen).any():
            means.append(float(np.nanmean(chosen)))
            sizes.append(float(np.isfinite(chosen).sum()))
    if not means or not total > 0:
        return len(means), 0.0
    centre = np.average(means, weights=sizes)
    return len(means), float(np.average((np.array(means) - centre) ** 2, weights=sizes) / total)


@dataclass(frozen=True)
class Joint:
    """Statistics of the whole curve and their p under the sharp null, by permuted density paths; draws (B,)."""

    median: float
    significant: float
    p_median: float
    p_significant: float
    draws: int


def joint_test(
    scores: Scores, universes: Sequence[Universe], keep: np.ndarray, *, alpha: float, draws: int = 499, seed: int = 0
) -> Joint:
    """Is the curve as a whole more than chance? One permutation of units per draw serves every universe and design.

    Statistics: |median standardised estimate|, and the share of |t| beyond the t(G-1) quantile at alpha; p = (b + 1) / (B + 1).
    """
    chosen = np.flatnonzero(keep)
    chosen = chosen[np.unique(np.linspace(0, len(chosen) - 1, min(JOINT_DESIGNS, len(chosen))).astype(int))]
    medians, beyond = [], []
    for universe in universes:
        rows, _ = _rows(scores, universe)
        spec = Specification(universe.spec.id, (), universe.spec.density, universe.spec.controls, universe.spec.fixed_effects)
        b, p = _permuted(scores.values[:, chosen], rows, spec, universe.data, draws, seed)
        medians.append(b)
        beyond.append(p <= alpha)
    median = np.abs(np.nanmedian(np.concatenate(medians, axis=1), axis=1))
    share = np.concatenate(beyond, axis=1).mean(axis=1)
    count = [1 + int((v[1:] >= v[0] * (1 - 1e-9)).sum()) for v in (median, share)]
    return Joint(float(median[0]), float(share[0]), count[0] / (draws + 1), count[1] / (draws + 1), draws)


def _permuted(
    values: Array, rows: pd.DataFrame, spec: Specification, data: pd.DataFrame, draws: int, seed: int
) -> tuple[Array, Array]:
    """(B + 1, D): standardised estimates and p of the data and of each permutation."""
    part = partial_out(rows, spec)
    paths = data.pivot(index="unit", columns="year", values=spec.density)
    units = list(paths.index)
    pattern = paths.notna().apply(lambda r: "".join(map(str, r.astype(int))), axis=1)
    sets = [sorted(members) for members in pattern.groupby(pattern).groups.values()]
    dealt = permutations(sets, units, draws, stream(seed, "joint-test"))
    dealt = np.concatenate([np.arange(len(units))[None], dealt])
    row = part.rows["unit"].map({u: i for i, u in enumerate(units)}).to_numpy()
    year = part.rows["year"].map({y: i for i, y in enumerate(paths.columns)}).to_numpy()
    y = values[part.rows["_at"].to_numpy()]
    x = paths.to_numpy(dtype=float)[dealt[:, row], year].T
    b, t = statistics(part, part.residual(y), x)
    spread = _spread(part, x)[:, None] / _spread(part, y)[None, :]
    return b * spread, p_value(t, np.full_like(t, np.sqrt(part.factor(1))), part.g)
