"""Where the weight sits: how few indicators carry it, how much of it rests on skew, and what a turned sign would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..build import IndexArrays, span_rows
from ..scoring_plan import Family, ScoringPlan

Array = NDArray[np.float64]
SKEWNESS_LIMIT = 2.0
"""|skewness| from which an indicator counts as skewed, as in the rule for treating outliers."""


@dataclass(frozen=True)
class Concentration:
    """Share of the five largest weights, 1 / sum w^2, share of weight on skewed indicators and their share in number."""

    top_five_share: float
    effective_number: float
    skewed_columns: float
    skewed_count: int


def concentration(shares: Array, skewness: Array) -> Concentration:
    """Of weights (m,) that sum to 1 beside each indicator's skewness: 1 / sum w^2 (Hill 1973; Laakso and Taagepera 1979)."""
    is_skewed = np.abs(np.nan_to_num(skewness)) >= SKEWNESS_LIMIT
    return Concentration(
        top_five_share=float(np.sort(shares)[::-1][:5].sum()),
        effective_number=float(1 / (shares**2).sum()) if shares.any() else float("nan"),
        skewed_columns=float(shares[is_skewed].sum()),
        skewed_count=int(is_skewed.sum()),
    )


def mirrored(column_values: Array) -> Array:
    """The column turned about the middle of its range, min + max - z: min-max values with the opposite direction."""
    low, high = np.fmin.reduce(column_values, axis=None), np.fmax.reduce(column_values, axis=None)
    return low + high - column_values


def mirrored_shares(design: ScoringPlan, index_arrays_of_sample: IndexArrays) -> Mapping[str, float]:
    """Leaf -> its share among its siblings (flat: in the whole) had its direction been coded the other way; mean over years.

    Only of families weighed by entropy, whose weights depend on direction. NaN for a leaf without cells.
    """
    if design.flat_family is not None:
        return (
            _recoded_family(design, index_arrays_of_sample, design.flat_family) if design.flat_family.method == "entropy" else {}
        )
    shares: dict[str, float] = {}
    for family in design.families:
        if family.method == "entropy" and set(family.children) <= set(design.leaves):
            shares |= _recoded_family(design, index_arrays_of_sample, family)
    return shares


def _recoded_family(design: ScoringPlan, index_arrays_of_sample: IndexArrays, family: Family) -> dict[str, float]:
    assert family.weigh_children is not None
    values = index_arrays_of_sample.normalised[..., [design.leaves.index(child) for child in family.children]]
    weighed_rows = values if family.span == "each_year" else span_rows(values, family.span, design.years)
    shares = {}
    for j, child in enumerate(family.children):
        mirrored_rows = weighed_rows.copy()
        mirrored_rows[..., j] = mirrored(weighed_rows[..., j])  # in the range of these rows: others may lie outside it
        share = float(family.weigh_children(mirrored_rows)[..., j].mean())
        shares[child] = share if not np.isnan(values[..., j]).all() else float("nan")
    return shares
