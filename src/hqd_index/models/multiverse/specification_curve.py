"""Every index design times every regression specification, as matrix products (Simonsohn, Simmons & Nelson 2020).

Per specification the density is residualised once and the scores of all designs go through the same few products: the
coefficient, CV1 and CV3 of ten thousand outcomes cost about as much as reading them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import sparse, special

from ...errors import EstimationError
from ..kernels.clusters import parameters, regressors_of, root_inverse
from ..kernels.inference import p_value, stream
from ..kernels.partial import Partial, partial_out
from ..kernels.randomisation import permutations, statistics
from ..kernels.specification import Specification
from ..kernels.within import Array

CONSTANT = 1e-12  # share of the variance of an outcome that must be left within the effects
SAME = 0.999  # designs whose scores correlate above this in rank count once
BLOCK = 512  # designs multiplied at a time: their scores stay in the processor's cache
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
    """Arrays (S, D) by specification and design: estimates and errors in within SDs, NaN where invalid; clusters (S,)."""

    estimate: Array
    se_cv1: Array
    se_cv3: Array
    clusters: Array
    declared: int
    universes: tuple[Universe, ...]
    faults: tuple[EstimationError, ...]
    parts: tuple[Partial | None, ...] = field(repr=False)  # the rows of each universe; None where it cannot be estimated

    @property
    def p_cv1(self) -> Array:
        return p_value(self.estimate, self.se_cv1, self.clusters[:, None])

    @property
    def p_cv3(self) -> Array:
        return p_value(self.estimate, self.se_cv3, self.clusters[:, None])

    def shares(self, alpha: float, keep: np.ndarray) -> dict[str, float]:
        """Over the designs kept: shares positive, significant by CV3 (by CV1), significant and positive; median; counts."""
        b, p1, p3 = (v[:, keep].ravel() for v in (self.estimate, self.p_cv1, self.p_cv3))
        known = ~np.isnan(b)
        b, p1, p3 = b[known], p1[known], p3[known]
        return {
            "positive": float((b > 0).mean()), "significant": float((p3 <= alpha).mean()),
            "significant_cv1": float((p1 <= alpha).mean()), "significant_positive": float(((p3 <= alpha) & (b > 0)).mean()),
            "median": float(np.median(b)), "run": float(known.sum()), "distinct_designs": float(keep.sum()),
        }  # fmt: skip


def distinct_designs(values: Array, threshold: float = SAME) -> np.ndarray:
    """(D,) True for a design that no earlier counted one resembles in rank (Spearman above the threshold)."""
    order = np.argsort(np.ascontiguousarray(values.T), axis=1, kind="stable")
    ranks = np.empty(order.shape, dtype=np.float32)
    np.put_along_axis(ranks, order, np.arange(order.shape[1], dtype=np.float32)[None, :], axis=1)
    ranks -= (order.shape[1] - 1) / 2
    ranks /= np.sqrt(np.float32((order.shape[1] ** 2 - 1) * order.shape[1] / 12))  # the norm of the centred ranks 0..n-1
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
    ready: list[_Ready | None] = []
    faults, joined = [], _Joined(scores.keys)
    for universe in universes:
        try:
            ready.append(_ready(_partial(joined, universe), universe.spec))
        except EstimationError as fault:
            faults.append(fault)
            ready.append(None)
    b, first, third = np.full((3, len(ready), scores.values.shape[1]), np.nan)
    for start in range(0, scores.values.shape[1], BLOCK):
        at = slice(start, start + BLOCK)
        block = _Block(scores.values[:, at])
        for s, one in enumerate(ready):
            if one is not None:
                b[s, at], first[s, at], third[s, at] = _estimates(one, block)
    clusters = np.array([one.part.g if one else np.nan for one in ready])
    parts = tuple(one.part if one else None for one in ready)
    return Curve(b, first, third, clusters, b.size, tuple(universes), tuple(faults), parts)


@dataclass(frozen=True)
class _Ready:
    """A universe reduced to the matrices that every outcome is multiplied with."""

    part: Partial
    at: np.ndarray  # rows of the scores
    basis: Array  # (n, p) orthonormal; orthogonal to the absorbed effects, so none need be taken out of an outcome
    row: Array  # (p,): coefficient = row @ basis'y
    adder: sparse.csr_array  # (2G, n): cluster sums that make the scores, then those that make the deletions
    influence: Array  # (G, p)
    reach: Array  # (G, p)
    factor: float  # of CV1
    third: float  # (G - 1) / G, NaN when some cluster cannot be deleted
    sd: float
    effects: tuple[str, ...]


class _Joined:
    """Rows of the universes that have scores, `_at` telling where these stand; made once for each data frame."""

    def __init__(self, keys: pd.DataFrame) -> None:
        self.index = pd.MultiIndex.from_frame(keys[["unit", "year"]])
        self.known: dict[int, pd.DataFrame] = {}

    def rows(self, data: pd.DataFrame) -> pd.DataFrame:
        if id(data) not in self.known:
            at = self.index.get_indexer(pd.MultiIndex.from_frame(data[["unit", "year"]]))
            self.known[id(data)] = data[at >= 0].assign(_at=at[at >= 0])
        return self.known[id(data)]


def _partial(joined: _Joined, universe: Universe) -> Partial:
    return partial_out(joined.rows(universe.data), replace(universe.spec, outcomes=()))


def _ready(part: Partial, spec: Specification) -> _Ready:
    effects = part.effects if spec.fixed_effects else ()
    made = regressors_of(part.rows[list(spec.regressors)].to_numpy(dtype=float), effects, part.cluster, terms=spec.regressors)
    if spec.density in made.dropped:
        raise EstimationError(
            f"{spec.id}: {spec.density} does not vary within the effects", zh=f"{spec.id}:{spec.density} 组内没有变化"
        )
    basis, row, g, n = made.basis, made.back[0], part.g, part.n
    gram = np.stack([basis[rows].T @ basis[rows] for rows in part.blocks()])
    half, lost = root_inverse(np.eye(len(row)) - gram)
    reach = np.einsum("p,gpq,grq->gr", row, half, half)
    alive = np.abs(row @ lost).max() <= 1e-6 * np.linalg.norm(row)
    weights = np.concatenate([basis @ row, np.einsum("np,np->n", basis, reach[part.cluster])])
    where = np.concatenate([2 * part.cluster, 2 * part.cluster + 1]), np.tile(np.arange(n), 2)
    return _Ready(
        part=part, at=part.rows["_at"].to_numpy(), basis=basis, row=row,
        adder=sparse.csr_array((weights, where), shape=(2 * g, n)),
        influence=gram @ row, reach=reach, sd=float(made.sd[0]),
        factor=g / (g - 1) * (n - 1) / (n - parameters(len(made.terms), effects, part.cluster)),
        third=(g - 1) / g if alive else np.nan, effects=spec.fixed_effects,
    )  # fmt: skip


class _Block:
    """Some designs' scores, centred on the rows of the last universe, with their spread by effects on these rows."""

    def __init__(self, values: Array) -> None:
        self.values, self.y = values, values
        self.at = np.zeros(0, dtype=int)
        self.spreads: dict[tuple[str, ...], Array] = {}

    def on(self, one: _Ready) -> tuple[Array, Array]:
        """(n, D) centred outcomes and their (D,) spread within the effects."""
        if not np.array_equal(self.at, one.at):
            y = self.values[one.at]
            self.at, self.y, self.spreads = one.at, y - y.mean(axis=0), {}
        if one.effects not in self.spreads:
            self.spreads[one.effects] = _spread(one.part.levels, self.y)
        return self.y, self.spreads[one.effects]


def _estimates(one: _Ready, block: _Block) -> tuple[Array, Array, Array]:
    """Standardised coefficient of the density with its CV1 and CV3 errors, (D,) each."""
    y, sd = block.on(one)
    theta = one.basis.T @ y
    sums = one.adder @ y
    b = one.row @ theta
    score = sums[0::2] - one.influence @ theta
    moved = one.reach @ theta - sums[1::2] - b
    scale = one.sd / sd
    first, third = (np.sqrt(f * np.einsum("gd,gd->d", v, v)) for f, v in ((one.factor, score), (one.third, moved)))
    return b * scale, first * scale, third * scale


def _spread(levels: Array, y: Array) -> Array:
    """Standard deviation of centred y (n, D) within the effects; NaN where it is constant."""
    raw = np.einsum("nd,nd->d", y, y)
    inside = levels.T @ y
    left = raw - np.einsum("qd,qd->d", inside, inside)
    return np.sqrt(np.where(left > CONSTANT * raw, left, np.nan) / len(y))


def choice_shares(curve: Curve, scores: Scores, keep: np.ndarray) -> pd.DataFrame:
    """choice, kind (design or specification), levels, share: variance of the choice's means over that of all estimates."""
    rows, b = [], curve.estimate[:, keep]
    total = float(np.nanvar(b))
    for name in scores.choices.columns:
        rows.append(("design", name, *_main_effect(b.T, scores.choices.loc[keep, name].to_numpy(), total)))
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
    scores: Scores,
    universes: Sequence[Universe],
    keep: np.ndarray,
    *,
    alpha: float,
    draws: int = 499,
    seed: int = 0,
    parts: Sequence[Partial] | None = None,
) -> Joint:
    """Is the curve as a whole more than chance? One permutation of units per draw serves every universe and design.

    Statistics: |median standardised estimate|, and the share of |t| beyond the t(G-1) quantile at alpha; p = (b + 1) / (B + 1).
    `parts` are those of the curve, where it is known.
    """
    chosen = np.flatnonzero(keep)
    chosen = chosen[np.unique(np.linspace(0, len(chosen) - 1, min(JOINT_DESIGNS, len(chosen))).astype(int))]
    if parts is None:
        joined = _Joined(scores.keys)
        parts = [_partial(joined, universe) for universe in universes]
    medians, beyond, values = [], [], scores.values[:, chosen]
    dealt: dict[tuple[int, str], _Paths] = {}
    for universe, part in zip(universes, parts):
        key = id(universe.data), universe.spec.density
        if key not in dealt:
            dealt[key] = _paths(universe.data, universe.spec.density, draws, seed)
        b, far = _permuted(part, values, dealt[key], alpha)
        medians.append(b)
        beyond.append(far)
    median = np.abs(np.nanmedian(np.concatenate(medians, axis=1), axis=1))
    share = np.concatenate(beyond, axis=1).mean(axis=1)
    count = [1 + int((v[1:] >= v[0] * (1 - 1e-9)).sum()) for v in (median, share)]
    return Joint(float(median[0]), float(share[0]), count[0] / (draws + 1), count[1] / (draws + 1), draws)


@dataclass(frozen=True)
class _Paths:
    """Density (units, years) and the unit whose path each unit has, (B + 1, units): first its own, then permutations."""

    values: Array
    units: dict[str, int]
    years: dict[int, int]
    dealt: np.ndarray


def _paths(data: pd.DataFrame, density: str, draws: int, seed: int) -> _Paths:
    """Paths change hands among units whose density is known in the same years."""
    paths = data.pivot(index="unit", columns="year", values=density)
    units = list(paths.index)
    seen = pd.Series([row.tobytes() for row in paths.notna().to_numpy()], index=paths.index)
    sets = [sorted(members) for members in seen.groupby(seen).groups.values()]
    dealt = permutations(sets, units, draws, stream(seed, "joint-test"))
    dealt = np.concatenate([np.arange(len(units))[None], dealt])
    names, years = ({level: i for i, level in enumerate(axis)} for axis in (units, paths.columns))
    return _Paths(paths.to_numpy(dtype=float), names, years, dealt)


def _permuted(part: Partial, values: Array, paths: _Paths, alpha: float) -> tuple[Array, np.ndarray]:
    """(B + 1, D): standardised estimates of the data and of each permutation, and whether |t| is beyond the quantile at alpha."""
    row, year = part.rows["unit"].map(paths.units).to_numpy(), part.rows["year"].map(paths.years).to_numpy()
    y, x = values[part.rows["_at"].to_numpy()], paths.values[paths.dealt[:, row], year].T
    b, t = statistics(part, part.residual(y), x)
    spread = _spread(part.levels, x - x.mean(axis=0))[:, None] / _spread(part.levels, y - y.mean(axis=0))[None, :]
    quantile = special.stdtrit(max(part.g - 1, 1), 1 - alpha / 2) * np.sqrt(part.factor(1))
    return b * spread, np.abs(t) >= quantile
