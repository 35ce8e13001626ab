"""Rows of `regression_diagnostics` of every specification: what its inference rests on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .estimation_sample import EstimationSample
from .kernels.specification import Estimate
from .model_rows import Row, quantity_row, reported_outcomes

ALL_OUTCOMES_PREFIX = "all:"  # column of what is not about one outcome


def diagnostic_rows(estimate: Estimate, incomplete_rows: int) -> Iterator[Row]:
    """Clusters, parameters, rows left out (`incomplete_rows`), dropped terms and the leverage of each cluster."""
    sums, singleton_rows = estimate.sums, estimate.singletons
    for quantity, value, note in (
        ("clusters", sums.g, ""),
        ("effective_clusters", estimate.effective_clusters, ""),
        ("parameters", sums.parameters, "K of the CV1 factor"),
        ("rows_incomplete", incomplete_rows, "rows without every variable and every indicator"),
        ("sd_within", float(sums.sd_terms[0]), "density"),
        ("singletons", len(singleton_rows), " ".join(singleton_rows)),
        *(("dropped_term", np.nan, term) for term in sums.dropped_terms),
        *(("leverage", float(share), label) for label, share in zip(sums.labels, estimate.leverage)),
    ):
        yield quantity_row(estimate, ALL_OUTCOMES_PREFIX, quantity, value, note)


def influence_rows(estimate: Estimate, sample: EstimationSample, level: float) -> Iterator[Row]:
    """Bootstrap interval of each reported outcome, and how far single clusters move its estimate."""
    for j, column in reported_outcomes(estimate, sample):
        low, high = estimate.bootstrap.interval(j, level)
        yield quantity_row(estimate, column, "wild_ci_low", low)
        yield quantity_row(estimate, column, "wild_ci_high", high)
        yield from _leave_one_out_rows(estimate, j, column)


def _leave_one_out_rows(estimate: Estimate, j: int, column: str) -> Iterator[Row]:
    """Estimate without each cluster, and the smallest and largest of them."""
    labels, values = estimate.sums.labels, estimate.jackknife_coefficients[:, 0, j]
    if np.isnan(values).all():
        return
    lowest_cluster, highest_cluster = int(np.nanargmin(values)), int(np.nanargmax(values))
    yield quantity_row(estimate, column, "leave_one_out_min", float(values[lowest_cluster]), labels[lowest_cluster])
    yield quantity_row(estimate, column, "leave_one_out_max", float(values[highest_cluster]), labels[highest_cluster])
    for label, value in zip(labels, values):
        yield quantity_row(estimate, column, "leave_one_out", float(value), label)
