"""Where the weight sits: how few indicators carry it, how much of it rests on skew, and what a turned sign would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..build import IndexArrays, span_rows
from ..scoring_plan import Family, Plan

Array = NDArray[np.float64]
SKEWED = 2.0
"""|skewness| from which an indicator counts as skewed, as in the rule for treating outliers."""


@dataclass(frozen=True)
class Concentration:
    """Share of the five largest weights, 1 / sum w^2, share of weight on skewed indicators and their share in number."""

    top5: float
    effective_number: float
    skewed: float
    skewed_count: int


def concentration(shares: Array, skewness: Array) -> Concentration:
    """Of weights (m,) that sum to 1 beside each indicator's skewness: 1 / sum w^2 (Hill 1973; Laakso and Taagepera 1979)."""
    skewed = np.abs(np.nan_to_num(skewness)) >= SKEWED
    return Concentration(
        top5=float(np.sort(shares)[::-1][:5].sum()),
        effective_number=float(1 / (shares**2).sum()) if shares.any() else float("nan"),
        skewed=float(shares[skewed].sum()),
        skewed_count=int(skewed.sum()),
    )


def mirrored(values: Array) -> Array:
    """The column turned about the middle of its range, min + max - z: min-max values with the opposite direction."""
    low, high = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    return low + high - values


def mirrored_shares(design: Plan, computed: IndexArrays) -> Mapping[str, float]:
    """Leaf -> its share among its siblings (flat: in the whole) had its direction been coded the other way; mean over years.

    Only of families weighed by entropy, whose weights depend on direction. NaN for a leaf without cells.
    """
    if design.flat is not None:
        return _recoded_family(design, computed, design.flat) if design.flat.method == "entropy" else {}
    shares: dict[str, float] = {}
    for family in design.families:
        if family.method == "entropy" and set(family.children) <= set(design.leaves):
            shares |= _recoded_family(design, computed, family)
    return shares


def _recoded_family(design: Plan, computed: IndexArrays, family: Family) -> dict[str, float]:
    assert family.weigh is not None
    values = computed.normalised[..., [design.leaves.index(child) for child in family.children]]
    shares = {}
    for j, child in enumerate(family.children):
        turned = values.copy()
        turned[..., j] = mirrored(values[..., j])
        rows = turned if family.span == "each_year" else span_rows(turned, family.span, design.years)
        share = float(family.weigh(rows)[..., j].mean())
        shares[child] = share if not np.isnan(values[..., j]).all() else float("nan")
    return shares
