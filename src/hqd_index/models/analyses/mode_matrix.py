"""H4: do modes act where the theory says? Leave-out sub-dimensions on the densities of the four modes, 4 x 6 coefficients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ..estimation_data import KEY, lagged
from ..estimation_sample import HALF, Wide
from ..kernels.clusters import ClusterSums, without
from ..kernels.contrasts import Contrast, contrast
from ..kernels.inference import interval, p_value, stream
from ..kernels.specification import Estimate, Specification, estimate
from ..kernels.wild import Wild, wild
from ..kernels.within import Array
from ..model_rows import Row, split_name
from .verdicts import DROP_ONE_DRAWS, NODES, Rule, Test, attainable_with, mde, verdict

SAMPLE = "leave_out"
PREFIX = "mode_"
REST = "mode_unclassified"  # firms in force without scores in the base years: held constant, in no cell
MODES = ("tech_safety", "market_safety", "tech_efficiency", "market_efficiency")
PREDICTED = {
    "tech_safety": ("completeness", "advantage"),
    "market_safety": ("smoothness",),
    "tech_efficiency": ("innovation", "upgrading"),
    "market_efficiency": ("brand", "upgrading"),
}


@dataclass(frozen=True)
class Matrix:
    """Estimate with the four densities among its terms, p of every cell, the predicted against the rest, and equal modes."""

    estimate: Estimate
    terms: tuple[int, ...]  # of the four modes
    nodes: tuple[str, ...]
    cells: dict[str, Wild]
    against: Contrast
    equal: Contrast
    weights: str
    level: float


def mode_columns(densities: pd.DataFrame, lag: int) -> pd.DataFrame:
    """unit, year, mode_<name>: soft densities by modes of the base years, `lag` years old."""
    rows = densities[(densities["version"] == "base") & densities["mode"].isin([*MODES, "unclassified"])]
    wide = rows.pivot(index=KEY, columns="mode", values="soft").add_prefix(PREFIX).reset_index()
    return lagged(wide, lag)


def predicted_against_rest(terms: Sequence[str], nodes: Sequence[str]) -> Array:
    """(1, k, m): mean coefficient of the predicted cells less that of the other cells of the four modes."""
    modes = [term.removeprefix(PREFIX) for term in terms]
    said = np.array([[node in PREDICTED.get(mode, ()) for node in nodes] for mode in modes])
    cells = np.array([[mode in MODES] * len(nodes) for mode in modes])
    return np.asarray(np.where(said, 1 / said.sum(), np.where(cells, -1 / (cells & ~said).sum(), 0.0)))[None]


def equal_modes(terms: Sequence[str], nodes: Sequence[str]) -> Array:
    """(3 x m, k, m): in each sub-dimension the four coefficients are the same."""
    k = [terms.index(f"{PREFIX}{mode}") for mode in MODES]
    out = np.zeros((3 * len(nodes), len(terms), len(nodes)))
    for j in range(len(nodes)):
        for i in range(3):
            out[3 * j + i, k[0], j], out[3 * j + i, k[i + 1], j] = 1.0, -1.0
    return out


def mode_matrix(
    wide: Wide,
    rows: pd.DataFrame,
    spec: Specification,
    densities: pd.DataFrame,
    lag: int,
    *,
    draws: int,
    weights: str,
    seed: int,
    level: float,
) -> Matrix:
    """The matrix on the rows of the headline with its controls and effects. EstimationError where it cannot be made."""
    nodes = tuple(NODES.values())
    _possible(wide, densities, nodes)
    columns = mode_columns(densities, lag)
    terms = tuple(f"{PREFIX}{mode}" for mode in MODES)
    joined = rows.merge(columns, on=KEY, how="left", validate="many_to_one")
    rest = (REST,) if REST in joined and joined[REST].nunique() > 1 else ()
    outcomes = tuple(f"{SAMPLE}:{node}" for node in nodes)
    regressors = (*terms[1:], *rest, *spec.controls)
    wider = Specification(f"{spec.id}_modes", outcomes, terms[0], regressors, spec.fixed_effects)
    found = estimate(joined, wider, draws=draws, weights=weights, seed=seed, level=level)
    _whole(found, terms)
    at = tuple(found.terms.index(t) for t in terms)
    cells = {}
    for term, k in zip(terms, at):
        cells[term] = wild(found.sums, rng=stream(seed, "wild", wider.id, term), draws=draws, weights=weights, term=k)
    against, equal = (
        contrast(
            found.sums,
            make(found.terms, nodes),
            rng=stream(seed, "contrast", wider.id, name),
            draws=draws,
            weights=weights,
            deleted=found.deleted,
        )
        for name, make in (("against", predicted_against_rest), ("equal", equal_modes))
    )
    return Matrix(found, at, nodes, cells, against, equal, weights, level)


def _possible(wide: Wide, densities: pd.DataFrame, nodes: Sequence[str]) -> None:
    if densities.empty:
        raise EstimationError("no densities of modes; see modes in this table", zh="没有模式密度,原因见本表 modes")
    lacking = [node for node in nodes if node not in wide.tree.nodes]
    if lacking:
        raise EstimationError(f"the tree has no node {', '.join(lacking)}", zh=f"指标树没有节点 {'、'.join(lacking)}")
    if SAMPLE not in wide.samples:
        raise EstimationError("no leave-out index, and on all firms it would be a tautology",
                              zh="没有剔除专精特新企业的指数,而用全部企业检验是循环论证")  # fmt: skip


def _whole(found: Estimate, terms: Sequence[str]) -> None:
    """All four densities and all six outcomes vary."""
    gone = [t.removeprefix(PREFIX) for t in terms if t not in found.terms]
    still = [split_name(c)[1] for c, sd in zip(found.spec.outcomes, found.sums.sd_outcomes) if not sd > 0]
    if gone or still:
        what = ", ".join([*gone, *still])
        raise EstimationError(
            f"{what}: no variation once the fixed effects and the other modes are out",
            zh=f"{what}:控制固定效应与其他模式后没有变化",
        )


def matrix_rows(made: Matrix, wide: Wide) -> Iterator[Row]:
    """Rows of `mode_matrix`: one per mode and sub-dimension."""
    found, scale = made.estimate, made.estimate.scale()
    for k in made.terms:
        term = found.terms[k]
        mode, p = term.removeprefix(PREFIX), made.cells[term].p()
        for j, node in enumerate(made.nodes):
            share = wide.share(node)
            yield {
                "spec": found.spec.id, "sample": SAMPLE, "mode": mode, "outcome": node, "predicted": node in PREDICTED[mode],
                "estimate": found.coefficient[k, j], "estimate_sd": found.coefficient[k, j] * scale[k, j],
                "se_cv3": found.se_cv3[k, j] * scale[k, j], "p_wild": float(p[j]), "ci_low": found.low[k, j] * scale[k, j],
                "ci_high": found.high[k, j] * scale[k, j], "split_share": share,
                "n_obs": found.sums.n, "n_clusters": found.sums.g,
                "note": "" if share >= HALF else "less than half of it can be freed of recognised firms",
            }  # fmt: skip


def matrix_diagnostics(made: Matrix) -> Iterator[Row]:
    """Wald tests behind H4: predicted cells against the rest, and equal modes within each sub-dimension."""
    told = {"h4_predicted_against_rest": made.against, "h4_equal_modes": made.equal}
    for name, one in told.items():
        where = {"spec": made.estimate.spec.id, "sample": SAMPLE, "outcome": "", "note": f"{len(one.value)} restrictions"}
        for quantity, value in (("wald", one.wald), ("p_f", one.p_f), ("p_wild", one.p_wild)):
            yield where | {"quantity": f"{name}_{quantity}", "value": value}


def _judged(sums: ClusterSums, made: Contrast, rule: Rule, weights: str, draws: int) -> tuple[str, float]:
    """Verdict and minimum detectable effect of the contrast."""
    least = mde(float(made.se_cv3[0]), sums.g, rule.alpha)
    p = max(made.p_wild, attainable_with(sums.g, draws, weights))
    return verdict(float(made.value[0]), p, least, sesoi=rule.sesoi, alpha=rule.alpha), least


def matrix_test(made: Matrix, wide: Wide, rule: Rule, *, seed: int, draws: int) -> tuple[Test, dict[str, str]]:
    """H4 judged by its Wald p, and the verdict without each cluster. The estimate is mean predicted less mean other cell."""
    found, one = made.estimate, made.against
    key, least = _judged(found.sums, one, rule, made.weights, draws)
    dropped = _drop_one(made, rule, seed)
    low, high = interval(one.value, one.se_cv3, found.sums.g, made.level)
    p_t = float(p_value(one.value, one.se_cv3, found.sums.g)[0])
    moved = any(other != key for other in dropped.values()) or (p_t <= rule.alpha) != (one.p_wild <= rule.alpha)
    additions = ["few_clusters"] if attainable_with(found.sums.g, draws, made.weights) > rule.alpha else []
    additions += ["fragile"] if moved else []
    additions += ["partly_split"] if any(wide.share(node) < HALF for node in made.nodes) else []
    test = Test(
        hypothesis="H4", outcome=f"{SAMPLE}:{wide.tree.root}", estimate=float(one.value[0]), low=float(low[0]),
        high=float(high[0]), p_wild=one.p_wild, p_adjusted=one.p_wild, mde=least, verdict=key, additions=tuple(additions),
    )  # fmt: skip
    return test, dropped


def _drop_one(made: Matrix, rule: Rule, seed: int) -> dict[str, str]:
    """{cluster left out: verdict without it}, none when fewer than 3 would remain or a term is lost with one."""
    sums, out = made.estimate.sums, {}
    if sums.g < 4 or not sums.complete:
        return {}
    restriction = predicted_against_rest(made.estimate.terms, made.nodes)
    for g, label in enumerate(sums.labels):
        rest = without(sums, g, range(len(made.nodes)))
        if (np.linalg.norm(rest.back[list(made.terms)], axis=1) == 0).any():
            continue
        rng = stream(seed, "drop-one", made.estimate.spec.id)
        one = contrast(rest, restriction, rng=rng, draws=DROP_ONE_DRAWS, weights=made.weights)
        out[label] = _judged(rest, one, rule, made.weights, DROP_ONE_DRAWS)[0]
    return out
