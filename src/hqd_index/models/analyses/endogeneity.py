"""Is it the density that moves the index? Long difference and a shift-share instrument, with what tells how weak it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from ..estimation_sample import Wide, base_year
from ..firms.firm_cells import policy_exposure
from ..kernels.iv import STOCK_YOGO
from ..kernels.shift_share import ShiftShare, shift_share
from ..kernels.specification import Estimate, Specification, estimate
from ..model_rows import Row, split_name

LARGEST_WEIGHTS = 5


def long_difference(rows: pd.DataFrame, spec: Specification, first: int, last: int) -> tuple[pd.DataFrame, Specification]:
    """One row per unit: changes between two years of outcomes, density and controls; a constant takes the common change."""
    columns = [*spec.outcomes, *spec.regressors]
    ends = rows.set_index(["unit", "year"])[columns].astype(float)
    moved = (ends.xs(last, level="year") - ends.xs(first, level="year")).dropna().reset_index()
    return moved, replace(spec, id=f"{spec.id}_long_difference", fixed_effects=(), subset=f"{first}-{last}")


def fit_long_difference(
    rows: pd.DataFrame, spec: Specification, first: int, last: int, *, draws: int, weights: str, seed: int, level: float
) -> Estimate:
    """The long difference; without controls when there are not units enough for them (two per parameter)."""
    moved, chosen = long_difference(rows, spec, first, last)
    if len(moved) < 2 * (len(spec.controls) + 2):
        chosen = replace(chosen, controls=())
    return estimate(moved, chosen, draws=draws, weights=weights, seed=seed, level=level)


def instrument_rows(found: Estimate, wide: Wide, cells: pd.DataFrame, lag: int, level: float) -> Iterator[Row]:
    """Rows of `endogeneity`: the root of each sample, density instrumented by other units' recognitions where its firms are."""
    rows, spec = wide.frame.loc[found.rows], found.spec
    exposure = policy_exposure(cells, base=base_year(rows, spec.density) - lag, lag=lag)
    for sample in wide.samples:
        column = f"{sample}:{wide.tree.root}"
        single = Specification(spec.id, (column,), spec.density, spec.controls, spec.fixed_effects, spec.cluster)
        made = shift_share(rows, single, exposure, level=level)
        for quantity, value, note in _quantities(made, str(cells["kind"].iloc[0])):
            sample_, node = split_name(column)
            yield {
                "spec": spec.id, "sample": sample_, "outcome": node, "method": "shift_share", "quantity": quantity,
                "value": value, "note": note,
            }  # fmt: skip


def _quantities(made: ShiftShare, shock: str) -> Iterator[tuple[str, float, str]]:
    iv = made.iv
    weak = f"weak below about 10 (effective F); Stock-Yogo {STOCK_YOGO} holds for iid errors only"
    yield "ols", iv.ols, ""
    yield "estimate", iv.estimate, "2SLS"
    yield "se_cv1", iv.se, ""
    yield "first_stage", float(iv.first_stage[0]), ""
    yield "first_stage_f", iv.f, "cluster-robust; the Kleibergen-Paap F with one endogenous regressor"
    yield "effective_f", iv.f_effective, weak
    yield "kp_lm_p", iv.kp_lm_p, "underidentification"
    yield "ar_p", iv.ar_p, "Anderson-Rubin, zero effect"
    yield from _ends("ar", iv.ar)
    yield "tf_critical", iv.tf_critical, "5% critical value of |t| at this F; infinite below F = 4"
    yield "se_akm", made.se_akm, f"clustered by {shock}"
    yield from _ends("akm0", made.akm0)
    yield "effective_shocks", made.effective_shocks, f"{len(made.rotemberg)} shocks ({shock}): a weak design with about 30"
    for i, row in made.rotemberg.head(LARGEST_WEIGHTS).iterrows():
        yield f"rotemberg_{int(str(i)) + 1}", float(row["weight"]), f"{row['shock']}: own estimate {row['estimate']:.4g}"


def _ends(name: str, intervals: tuple[tuple[float, float], ...]) -> Iterator[tuple[str, float, str]]:
    """Outer ends of a confidence set, and a note when it is in two parts, or empty."""
    if not intervals:
        yield f"{name}_low", np.nan, "empty set"
        yield f"{name}_high", np.nan, "empty set"
        return
    note = "" if len(intervals) == 1 else f"two rays: values between {intervals[0][1]:.4g} and {intervals[1][0]:.4g} are rejected"
    yield f"{name}_low", intervals[0][0], note
    yield f"{name}_high", intervals[-1][1], note
