"""H4: do modes act where the theory says? Leave-out sub-dimensions on the densities of the four modes, 4 x 6 coefficients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ..estimation_data import KEY, lagged
from ..estimation_sample import MIN_FIRM_SHARE, EstimationSample
from ..headline import Headline
from ..kernels.clusters import ClusterSums, sums_without_cluster
from ..kernels.contrasts import Contrast, contrast
from ..kernels.inference import interval, p_value, random_stream
from ..kernels.judgements import DROP_ONE_DRAWS, NODES, HypothesisTest, attainable_with, influential_clusters
from ..kernels.specification import Estimate, Specification, estimate
from ..kernels.verdicts import EQUIVALENCE, Verdict, VerdictRule, mde
from ..kernels.wild import Wild, wild
from ..kernels.within import Array
from ..model_rows import Mend, Row, Rows, merged_rows, quantity_row, split_outcome
from .hypotheses import Context, verdict_tables

SAMPLE = "leave_out"
PREFIX = "mode_"
UNCLASSIFIED_COLUMN = "mode_unclassified"  # firms in force without scores in the base years: held constant, in no cell
MODES_MEND: Mend = (
    "提供带专精特新状态、研发、商标、海外收入、配套等列的企业表,并在 modes.yaml 写测度项",
    "give firms with SRDI status, R&D, trademarks, overseas sales and customers, and name items in modes.yaml",
)
MODES = ("tech_safety", "market_safety", "tech_efficiency", "market_efficiency")
PREDICTED_NODES = {
    "tech_safety": ("completeness", "advantage"),
    "market_safety": ("smoothness",),
    "tech_efficiency": ("innovation", "upgrading"),
    "market_efficiency": ("brand", "upgrading"),
}


@dataclass(frozen=True)
class ModeMatrix:
    """Estimate with the four densities among its terms, p of every cell, the predicted against the rest, and equal modes."""

    estimate: Estimate
    terms: tuple[int, ...]  # of the four modes
    nodes: tuple[str, ...]
    cells: dict[str, Wild]
    predicted_contrast: Contrast
    equality_contrast: Contrast
    weights: str
    level: float


def mode_columns(densities: pd.DataFrame, lag: int) -> pd.DataFrame:
    """unit, year, mode_<name>: soft densities by modes of the base years, `lag` years old."""
    base = densities[(densities["version"] == "base") & densities["mode"].isin([*MODES, "unclassified"])]
    share_by_mode = base.pivot(index=KEY, columns="mode", values="soft").add_prefix(PREFIX).reset_index()
    return lagged(share_by_mode, lag)


def predicted_contrast(terms: Sequence[str], nodes: Sequence[str]) -> Array:
    """(1, k, m): mean coefficient of the predicted cells less that of the other cells of the four modes."""
    modes = [term.removeprefix(PREFIX) for term in terms]
    predicted = np.array([[node in PREDICTED_NODES.get(mode, ()) for node in nodes] for mode in modes])
    cells = np.array([[mode in MODES] * len(nodes) for mode in modes])
    return np.asarray(np.where(predicted, 1 / predicted.sum(), np.where(cells, -1 / (cells & ~predicted).sum(), 0.0)))[None]


def equal_modes(terms: Sequence[str], nodes: Sequence[str]) -> Array:
    """(3 x m, k, m): in each sub-dimension the four coefficients are the same."""
    k = [terms.index(f"{PREFIX}{mode}") for mode in MODES]
    restriction = np.zeros((3 * len(nodes), len(terms), len(nodes)))
    for j in range(len(nodes)):
        for i in range(3):
            restriction[3 * j + i, k[0], j], restriction[3 * j + i, k[i + 1], j] = 1.0, -1.0
    return restriction


def mode_matrix(
    sample: EstimationSample,
    observations: pd.DataFrame,
    spec: Specification,
    densities: pd.DataFrame,
    lag: int,
    *,
    draws: int,
    weights: str,
    seed: int,
    level: float,
) -> ModeMatrix:
    """The matrix on the given rows with the controls and effects of `spec`. EstimationError where it cannot be made."""
    mode_estimate = matrix_estimate(
        sample, observations, spec, densities, lag, draws=draws, weights=weights, seed=seed, level=level
    )
    extended_spec, nodes = mode_estimate.spec, tuple(NODES.values())
    terms = tuple(f"{PREFIX}{mode}" for mode in MODES)
    positions = tuple(mode_estimate.terms.index(term) for term in terms)
    cells = {
        term: wild(
            mode_estimate.sums, rng=random_stream(seed, "wild", extended_spec.id, term), draws=draws, weights=weights, term=k
        )
        for term, k in zip(terms, positions)
    }
    contrast_of_prediction, contrast_of_equality = (
        contrast(
            mode_estimate.sums,
            restriction(mode_estimate.terms, nodes),
            rng=random_stream(seed, "contrast", extended_spec.id, test_name),
            draws=draws,
            weights=weights,
            jackknife_estimates=mode_estimate.jackknife_coefficients,
        )
        for test_name, restriction in (("against", predicted_contrast), ("equal", equal_modes))
    )
    return ModeMatrix(mode_estimate, positions, nodes, cells, contrast_of_prediction, contrast_of_equality, weights, level)


def matrix_estimate(
    sample: EstimationSample,
    observations: pd.DataFrame,
    spec: Specification,
    densities: pd.DataFrame,
    lag: int,
    *,
    draws: int,
    weights: str,
    seed: int,
    level: float,
) -> Estimate:
    """All six sub-dimensions on the densities of the four modes. EstimationError where that cannot be made."""
    nodes = tuple(NODES.values())
    _check_possible(sample, densities, nodes)
    terms = tuple(f"{PREFIX}{mode}" for mode in MODES)
    extended_rows = observations.merge(mode_columns(densities, lag), on=KEY, how="left", validate="many_to_one")
    unclassified_terms = (
        (UNCLASSIFIED_COLUMN,)
        if UNCLASSIFIED_COLUMN in extended_rows and extended_rows[UNCLASSIFIED_COLUMN].nunique() > 1
        else ()
    )
    outcomes = tuple(f"{SAMPLE}:{node}" for node in nodes)
    regressors = (*terms[1:], *unclassified_terms, *spec.controls)
    extended_spec = Specification(f"{spec.id}_modes", outcomes, terms[0], regressors, spec.fixed_effects)
    mode_estimate = estimate(extended_rows, extended_spec, draws=draws, weights=weights, seed=seed, level=level)
    _check_variation(mode_estimate, terms)
    return mode_estimate


def _check_possible(sample: EstimationSample, densities: pd.DataFrame, nodes: Sequence[str]) -> None:
    if densities.empty:
        raise EstimationError("no densities of modes; see modes in this table", zh="没有模式密度,原因见本表 modes")
    absent_nodes = [node for node in nodes if node not in sample.tree.nodes]
    if absent_nodes:
        raise EstimationError(f"the tree has no node {', '.join(absent_nodes)}", zh=f"指标树没有节点 {'、'.join(absent_nodes)}")
    if SAMPLE not in sample.samples:
        raise EstimationError("no leave-out index, and on all firms it would be a tautology",
                              zh="没有剔除专精特新企业的指数,而用全部企业检验是循环论证")  # fmt: skip


def _check_variation(mode_estimate: Estimate, terms: Sequence[str]) -> None:
    """All four densities and all six outcomes vary."""
    lost_terms = [term.removeprefix(PREFIX) for term in terms if term not in mode_estimate.terms]
    constant = [split_outcome(column)[1] for j, column in enumerate(mode_estimate.spec.outcomes) if not mode_estimate.varies(j)]
    if lost_terms or constant:
        constant_names = ", ".join([*lost_terms, *constant])
        raise EstimationError(
            f"{constant_names}: no variation once the fixed effects and the other modes are out",
            zh=f"{constant_names}:控制固定效应与其他模式后没有变化",
        )


def matrix_rows(matrix: ModeMatrix, sample: EstimationSample) -> Iterator[Row]:
    """Rows of `mode_matrix`: one per mode and sub-dimension."""
    mode_estimate, scale = matrix.estimate, matrix.estimate.scale()
    for k in matrix.terms:
        term = mode_estimate.terms[k]
        mode, p = term.removeprefix(PREFIX), matrix.cells[term].p()
        for j, node in enumerate(matrix.nodes):
            share = sample.firm_share(node)
            yield {
                "spec": mode_estimate.spec.id,
                "sample": SAMPLE,
                "mode": mode,
                "outcome": node,
                "predicted": node in PREDICTED_NODES[mode],
                "estimate": mode_estimate.coefficient[k, j],
                "estimate_sd": mode_estimate.coefficient[k, j] * scale[k, j],
                "se_cv3": mode_estimate.se_cv3[k, j] * scale[k, j],
                "p_wild": float(p[j]),
                "ci_low": mode_estimate.low[k, j] * scale[k, j],
                "ci_high": mode_estimate.high[k, j] * scale[k, j],
                "split_share": share,
                "n_obs": mode_estimate.sums.n,
                "n_clusters": mode_estimate.sums.g,
                "note": "" if share >= MIN_FIRM_SHARE else "less than half of it can be freed of recognised firms",
            }


def matrix_diagnostics(matrix: ModeMatrix) -> Iterator[Row]:
    """Wald tests behind H4: predicted cells against the others, and equal modes within each sub-dimension."""
    contrasts = {"h4_predicted_against_rest": matrix.predicted_contrast, "h4_equal_modes": matrix.equality_contrast}
    for name, contrast_test in contrasts.items():
        note = f"{len(contrast_test.value)} restrictions"
        for quantity, statistic in (("wald", contrast_test.wald), ("p_f", contrast_test.p_f), ("p_wild", contrast_test.p_wild)):
            yield quantity_row(matrix.estimate, f"{SAMPLE}:", f"{name}_{quantity}", statistic, note)


def _contrast_verdict(cluster_sums: ClusterSums, contrast_test: Contrast, rule: VerdictRule, weights: str, draws: int) -> Verdict:
    """supported or inconclusive: the Wald test has no direction but the predicted one, and shows nothing to be negligible."""
    p = max(contrast_test.p_wild, attainable_with(cluster_sums.g, draws, weights))
    return "supported" if p <= rule.alpha and contrast_test.value[0] > 0 else "inconclusive"


def matrix_test(
    matrix: ModeMatrix, sample: EstimationSample, rule: VerdictRule, *, seed: int, draws: int
) -> tuple[HypothesisTest, dict[str, Verdict]]:
    """H4 judged by its Wald p, and the verdict without each cluster. The estimate is mean predicted less mean other cell."""
    cluster_sums, contrast_test = matrix.estimate.sums, matrix.predicted_contrast
    key = _contrast_verdict(cluster_sums, contrast_test, rule, matrix.weights, draws)
    verdicts_without = _verdicts_without_clusters(matrix, rule, seed)
    (low, high), narrow_interval = (
        interval(contrast_test.value, contrast_test.se_cv3, cluster_sums.g, level) for level in (matrix.level, EQUIVALENCE)
    )
    p_t = float(p_value(contrast_test.value, contrast_test.se_cv3, cluster_sums.g)[0])
    changes = any(dropped_verdict != key for dropped_verdict in verdicts_without.values()) or (p_t <= rule.alpha) != (
        contrast_test.p_wild <= rule.alpha
    )
    additions = ["few_clusters"] if attainable_with(cluster_sums.g, draws, matrix.weights) > rule.alpha else []
    additions += ["fragile"] if changes else []
    additions += ["partly_split"] if any(sample.firm_share(node) < MIN_FIRM_SHARE for node in matrix.nodes) else []
    test = HypothesisTest(
        hypothesis="H4",
        outcome=sample.root_column(SAMPLE),
        estimate=float(contrast_test.value[0]),
        low=float(low[0]),
        high=float(high[0]),
        narrow=(float(narrow_interval[0][0]), float(narrow_interval[1][0])),
        p_wild=contrast_test.p_wild,
        p_adjusted=contrast_test.p_wild,
        mde=mde(float(contrast_test.se_cv3[0]), cluster_sums.g, rule.alpha),
        verdict=key,
        size=None,
        additions=tuple(additions),
    )
    return test, verdicts_without


def _verdicts_without_clusters(matrix: ModeMatrix, rule: VerdictRule, seed: int) -> dict[str, Verdict]:
    """{cluster left out: verdict without it}, none when fewer than 3 would remain or a term is lost with one."""
    cluster_sums, verdicts_without = matrix.estimate.sums, dict[str, Verdict]()
    if cluster_sums.g < 4 or not cluster_sums.complete:
        return {}
    restriction = predicted_contrast(matrix.estimate.terms, matrix.nodes)
    columns = [matrix.estimate.outcome_index(f"{SAMPLE}:{node}") for node in matrix.nodes]
    for g in influential_clusters(matrix.estimate.sums, columns, matrix.terms[0]):
        label = cluster_sums.labels[g]
        remaining_sums = sums_without_cluster(cluster_sums, g, range(len(matrix.nodes)))
        if (np.linalg.norm(remaining_sums.coefficient_map[list(matrix.terms)], axis=1) == 0).any():
            continue
        rng = random_stream(seed, "drop-one", matrix.estimate.spec.id)
        contrast_test = contrast(remaining_sums, restriction, rng=rng, draws=DROP_ONE_DRAWS, weights=matrix.weights)
        verdicts_without[label] = _contrast_verdict(remaining_sums, contrast_test, rule, matrix.weights, DROP_ONE_DRAWS)
    return verdicts_without


def modes(headline: Headline) -> Rows:
    """H4: the matrix, its Wald tests and the verdict on it."""
    densities, lag, rule = headline.inputs.mode_densities, headline.density.lag, headline.rule
    matrix = mode_matrix(headline.sample, headline.rows, headline.specification, densities, lag, **headline.settings)
    observations: Rows = {
        "mode_matrix": list(matrix_rows(matrix, headline.sample)),
        "regression_diagnostics": list(matrix_diagnostics(matrix)),
    }
    if rule is None:
        return observations
    test, verdicts_without = matrix_test(matrix, headline.sample, rule, seed=headline.seed, draws=headline.settings["draws"])
    trended = headline.trended_before({node: f"{SAMPLE}:{node}" for node in matrix.nodes})
    context = Context(notes={direction: frozenset({"H4"} if nodes else ()) for direction, nodes in trended.items()})
    return merged_rows([observations, verdict_tables([test], {"H4": verdicts_without}, matrix.estimate, SAMPLE, rule, context)])
