"""The verdict on each hypothesis: one rule, fixed before the run, as ready to say no or the opposite as yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ..kernels.clusters import ClusterSums, rows_left_out, without
from ..kernels.inference import coefficients, jackknife, stream
from ..kernels.specification import Estimate
from ..kernels.wild import TIE, Wild, draw_signs, enumerable, wild_of
from ..kernels.within import Array

POWER = 0.80
DROP_ONE_DRAWS = 999  # bootstrap draws when each cluster is left out in turn; p is judged against alpha only

NODES = {
    "H2a": "innovation", "H2b": "brand", "H2c": "upgrading",
    "H3a": "completeness", "H3b": "advantage", "H3c": "smoothness",
}  # fmt: skip


@dataclass(frozen=True)
class Test:
    """One hypothesis judged: numbers in within standard deviations, verdict and additions as keys."""

    hypothesis: str
    outcome: str
    estimate: float
    low: float
    high: float
    p_wild: float
    p_adjusted: float
    mde: float
    verdict: str
    additions: tuple[str, ...]


def mde(error: float, g: int, alpha: float) -> float:
    """Minimum detectable effect (t_{1-alpha/2,G-1} + t_{0.80,G-1}) x SE (Bloom 1995): 2.90 SE at G = 31."""
    return float((special.stdtrit(g - 1, 1 - alpha / 2) + special.stdtrit(g - 1, POWER)) * error)


def verdict(estimate: float, p: float, detectable: float, *, sesoi: float, alpha: float) -> str:
    """supported | opposite | not_supported | underpowered, for a predicted positive sign; unknown power counts as none."""
    if p <= alpha:
        return "supported" if estimate > 0 else "opposite"
    return "not_supported" if detectable <= sesoi else "underpowered"


def romano_wolf(observed: Array, drawn: Array) -> Array:
    """Step-down adjusted p of several tests (m,) from joint draws (B, m) of t* (Romano & Wolf 2005; same p rule as `Wild.p`)."""
    order = np.argsort(-np.abs(observed), kind="stable")
    adjusted, floor = np.full(len(observed), np.nan), 0.0
    sizes = np.abs(drawn[:, order[::-1]])
    largest = np.fmax.accumulate(sizes, axis=1)[:, ::-1]  # of each test and those after it
    for step, j in enumerate(order):
        if np.isnan(observed[j]):
            continue
        floor = max(floor, float((largest[:, step] > np.abs(observed[j]) * (1 + TIE)).mean()))
        adjusted[j] = floor
    return adjusted


def attainable(g: int, boot: Wild) -> float:
    """The smallest p that is evidence: with G clusters only 2^(G-1) different sign vectors exist."""
    return 2.0 ** (1 - g) if boot.enumerated else 0.0


def attainable_with(g: int, draws: int, weights: str) -> float:
    """The same from the number of draws that was asked for."""
    return 2.0 ** (1 - g) if enumerable(g, draws, weights) else 0.0


@dataclass(frozen=True)
class Rule:
    """What the study fixed beforehand."""

    sesoi: float
    alpha: float


def _judge(
    sums: ClusterSums, boot: Wild, error: Array, at: Mapping[str, int], rule: Rule, term: int
) -> dict[str, tuple[str, float, float, float]]:
    """hypothesis -> verdict, p, adjusted p, mde from CV3 errors (m,); those with a node of their own form one family."""
    scale = sums.sd_terms[term] / np.where(sums.sd_outcomes > 0, sums.sd_outcomes, np.nan)
    effect, error = coefficients(sums)[term] * scale, error * scale
    p = boot.p()
    family = [at[h] for h in NODES if h in at]
    stepped = dict(zip(family, romano_wolf(boot.t()[family], boot.t_star(family)))) if family else {}
    found = {}
    for hypothesis, j in at.items():
        adjusted = float(stepped[j]) if hypothesis in NODES else float(p[j])
        judged = max(adjusted, attainable(sums.g, boot))
        least = mde(float(error[j]), sums.g, rule.alpha)
        key = verdict(float(effect[j]), judged, least, sesoi=rule.sesoi, alpha=rule.alpha)
        found[hypothesis] = (key, float(p[j]), adjusted, least)
    return found


def drop_one(
    found: Estimate, at: Mapping[str, int], rule: Rule, *, seed: int, weights: str, term: int = 0
) -> dict[str, dict[str, str]]:
    """hypothesis -> {cluster left out: verdict without it}, empty when fewer than 3 clusters would remain."""
    sums = found.sums
    out: dict[str, dict[str, str]] = {h: {} for h in at}
    if not at or sums.g < 4 or not sums.complete:
        return out
    columns = list(at.values())
    here = {h: i for i, h in enumerate(at)}
    signs = draw_signs(sums.g - 1, DROP_ONE_DRAWS, weights, stream(seed, "drop-one", found.spec.id))
    for g, label in enumerate(sums.labels):
        rest = without(sums, g, columns)
        if np.linalg.norm(rest.back[term]) == 0:
            continue
        error = jackknife(coefficients(rest)[term], rows_left_out(rest, [term])[:, 0])
        boot = wild_of(rest, signs, term=term)
        for hypothesis, (key, *_) in _judge(rest, boot, error, here, rule, term).items():
            out[hypothesis][label] = key
    return out


def tests(
    found: Estimate,
    outcomes: Mapping[str, str],
    rule: Rule,
    *,
    seed: int,
    weights: str,
    term: int = 0,
    boot: Wild | None = None,
) -> tuple[list[Test], dict[str, dict[str, str]]]:
    """Hypothesis -> outcome column of the estimate, judged on one term; and each verdict with one cluster left out.

    `fragile`: CV3-t and bootstrap p on different sides of alpha, or another verdict once some cluster is dropped.
    `few_clusters`: no p at or below alpha can arise with so few clusters. `boot` is that of the term (default: density).
    """
    drawn = boot or found.bootstrap
    usable = {h: found.at(o) for h, o in outcomes.items() if found.sums.sd_outcomes[found.at(o)] > 0}
    judged = _judge(found.sums, drawn, found.se_cv3[term], usable, rule, term)
    dropped = drop_one(found, usable, rule, seed=seed, weights=weights, term=term)
    scale, few = found.scale()[term], attainable(found.sums.g, drawn) > rule.alpha
    made = []
    for hypothesis, (key, p, adjusted, least) in judged.items():
        j = usable[hypothesis]
        sides = bool(found.p_cv3[term, j] <= rule.alpha) == (p <= rule.alpha)
        moved = any(other != key for other in dropped[hypothesis].values())
        additions = (["few_clusters"] if few else []) + ([] if sides and not moved else ["fragile"])
        made.append(
            Test(
                hypothesis=hypothesis, outcome=outcomes[hypothesis], estimate=float(found.coefficient[term, j] * scale[j]),
                low=float(found.low[term, j] * scale[j]), high=float(found.high[term, j] * scale[j]),
                p_wild=p, p_adjusted=adjusted, mde=least, verdict=key, additions=tuple(additions),
            )
        )  # fmt: skip
    return made, dropped


def composition_only(whole: Sequence[Test], rest: Sequence[Test]) -> frozenset[str]:
    """Hypotheses supported on all firms and not on the firms never recognised."""
    left = {t.hypothesis: t.verdict for t in rest}
    return frozenset(
        t.hypothesis for t in whole if t.verdict == "supported" and left.get(t.hypothesis, "supported") != "supported"
    )
