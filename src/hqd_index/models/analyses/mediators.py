"""Mediators outside the index: what density does to them (Jiang 2022), what part of its coefficient is theirs (Gelbach 2016)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...errors import CheckError, EstimationError
from ...study.records import Density
from ..estimation_data import KEY
from ..headline import Headline
from ..kernels.clusters import leave_one_out
from ..kernels.inference import coefficients, interval, jackknife, p_value
from ..kernels.specification import Estimate, Specification, sums_of
from ..kernels.within import Array
from ..model_rows import Mend, Row, Rows, density_text, not_made, split_outcome, term_row
from .channels import SUM_TOLERANCE

MEDIATOR_PREFIX = "via:"  # front of a mediator's column
MECHANISM = "mechanism"  # the specification whose outcomes are the mediators
TOTAL_QUANTITIES = (
    "base",
    "full",
    "change",
)  # the coefficient without mediators, with them, and the difference that they account for
NOTE = "accounting (Gelbach 2016), no causal mediation"
MEDIATORS_MEND: Mend = (
    "在 regressions.yaml 的 mediators 写指数之外的机制变量(如融资、人才、补助)",
    "write mediators outside the index, such as finance, talent or subsidies, under mediators in regressions.yaml",
)


@dataclass(frozen=True)
class MediatorAccounting:
    """By row (base, full, change, then each mediator) and outcome (m): value and CV3 error; `reached` and `held` by mediator.

    Density moves mediator k by reached[k]; at given density and controls, k moves the outcomes by held[k] (K, m).
    """

    spec: Specification
    mediators: tuple[str, ...]
    value: Array
    error: Array
    density_slopes: Array
    conditional_slopes: Array
    n: int
    g: int


def gelbach(
    observations: pd.DataFrame, spec: Specification, mediators: Sequence[str]
) -> tuple[MediatorAccounting, tuple[str, ...]]:
    """The change of the density's coefficient as mediators (columns) enter, split exactly, and the mediators that add nothing.

    Gelbach 2016: b_base - b_full = sum_k Gamma_k b_k, Gamma_k the coefficient of density in the regression of mediator k on the
    regressors of the base. Errors delete one cluster at a time, both regressions estimated again. EstimationError when none
    remains: all constant within the effects, or spanned by the controls and one another.
    """
    full_sums, *_ = sums_of(observations, replace(spec, controls=(*spec.controls, *mediators)))
    included_mediators = tuple(m for m in mediators if m not in full_sums.dropped_terms)
    idle_mediators = tuple(m for m in mediators if m in full_sums.dropped_terms)
    if not included_mediators:
        raise EstimationError(
            f"no mediator varies beside the controls and the fixed effects: {_mediator_names(idle_mediators)}",
            zh=f"控制变量与固定效应之外没有仍有变化的机制变量:{_mediator_names(idle_mediators)}",
        )
    base, *_ = sums_of(observations, replace(spec, outcomes=(*spec.outcomes, *included_mediators)))
    positions, m = [full_sums.terms.index(mediator) for mediator in included_mediators], len(spec.outcomes)
    b0, b1 = coefficients(base), coefficients(full_sums)
    value = _decomposition_rows(b0, b1, positions, m) * np.where(full_sums.sd_outcomes > 0, 1.0, np.nan)
    if full_sums.complete:
        error = jackknife(value, _decomposition_rows(leave_one_out(base), leave_one_out(full_sums), positions, m))
    else:
        error = np.full_like(value, np.nan)
    _check_sums_to_change(value)
    return MediatorAccounting(
        spec, included_mediators, value, error, b0[0, m:], b1[positions], full_sums.n, full_sums.g
    ), idle_mediators


def _decomposition_rows(base_coefficients: Array, full_coefficients: Array, mediator_positions: list[int], m: int) -> Array:
    """(..., 3 + K, m) from coefficients (..., k, m + K) without and (..., k, m) with the mediators (at `mediator_positions`)."""
    base_slope, full_slope = base_coefficients[..., :1, :m], full_coefficients[..., :1, :]
    mediated_parts = np.swapaxes(base_coefficients[..., :1, m:], -1, -2) * full_coefficients[..., mediator_positions, :]
    return np.concatenate([base_slope, full_slope, base_slope - full_slope, mediated_parts], axis=-2)


def _check_sums_to_change(decomposition: Array) -> None:
    discrepancies = np.abs(decomposition[2] - decomposition[len(TOTAL_QUANTITIES) :].sum(axis=0))
    if (discrepancies > SUM_TOLERANCE * np.maximum(1.0, np.abs(decomposition[0]))).any():
        raise CheckError(
            f"the parts of the mediators miss the change of the coefficient by {discrepancies.max():.3g}",
            zh=f"各机制变量的部分之和与系数变化相差 {discrepancies.max():.3g}",
        )


def mediator_rows(accounting: MediatorAccounting, density: Density, level: float) -> Iterator[Row]:
    """Rows of `mediators`; a fraction is of the base coefficient, suppressed where that is below its standard error."""
    value, error, spec = accounting.value, accounting.error, accounting.spec
    low, high = interval(value, error, accounting.g, level)
    p = p_value(value, error, accounting.g)
    lines = [
        *((quantity_name, "") for quantity_name in TOTAL_QUANTITIES),
        *(("part", _mediator_name(m)) for m in accounting.mediators),
    ]
    for j, column in enumerate(spec.outcomes):
        sample, node = split_outcome(column)
        total_change, is_weak_total = value[0, j], not abs(value[0, j]) >= error[0, j]
        for i, (quantity, mediator) in enumerate(lines):
            k = i - len(TOTAL_QUANTITIES)
            yield {
                "spec": spec.id, "sample": sample, "outcome": node, "quantity": quantity, "mediator": mediator,
                "estimate": value[i, j], "se_cv3": error[i, j], "p_cv3": p[i, j],
                "ci_low": low[i, j], "ci_high": high[i, j], "fraction": np.nan if is_weak_total else value[i, j] / total_change,
                "reached": accounting.density_slopes[k] if k >= 0 else np.nan,
                "held": accounting.conditional_slopes[k, j] if k >= 0 else np.nan,
                "n_obs": accounting.n, "n_clusters": accounting.g, "fixed_effects": "+".join(spec.fixed_effects),
                "controls": "+".join(spec.controls), "density": density_text(density), "lag": density.lag,
                "note": f"{NOTE}; fraction suppressed: estimate below its standard error" if is_weak_total else NOTE,
            }  # fmt: skip


def mechanism_rows(estimate: Estimate, density: Density) -> Iterator[Row]:
    """Rows of `regressions` whose outcomes are the mediators, in their own units."""
    note = "density on a mediator outside the index (Jiang 2022)"
    for j, column in enumerate(estimate.spec.outcomes):
        for k in range(len(estimate.terms)):
            yield term_row(estimate, j, k, density, note=note, outcome=f"all:{_mediator_name(column)}")


def mediators(headline: Headline) -> Rows:
    """The accounting, and density on each mediator (unit, year, one column each), which is not lagged.

    Density of the year before comes first, the mediator is that of the year of the index. Rows are those of the headline
    with every mediator that has any value.
    """
    spec = headline.estimate.spec
    observations, columns = _with_mediators(headline)
    accounting, idle_mediators = gelbach(observations, replace(spec, outcomes=headline.sample.reported_columns), columns)
    mediator_estimate = headline.estimate_of(observations, replace(spec, id=MECHANISM, outcomes=accounting.mediators))
    not_made_rows = [
        reason_row
        for mediator in headline.study.regressions.mediators
        if MEDIATOR_PREFIX + mediator not in columns
        for reason_row in _mediator_not_made(mediator, "has no value in the sample", "在样本中没有数值")
    ]
    if idle_mediators:
        reason, reason_zh = "adds nothing to the controls, the fixed effects and the others", "未超出控制变量、固定效应与其余变量"
        not_made_rows += _mediator_not_made(_mediator_names(idle_mediators), reason, reason_zh)
    return {
        "mediators": list(mediator_rows(accounting, headline.density, headline.level)),
        "regressions": list(mechanism_rows(mediator_estimate, headline.density)),
        "not_made": not_made_rows,
    }


def _with_mediators(headline: Headline) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rows with every mediator that has any value, and the columns of these."""
    names, values = tuple(headline.study.regressions.mediators), headline.inputs.mediator_values
    if not names:
        raise EstimationError("regressions.yaml lists no mediator", zh="regressions.yaml 没有机制变量(mediators)")
    available_names = [mediator for mediator in names if mediator in values]
    mediator_columns = (
        values[[*KEY, *available_names]]
        .astype({"year": "int64"})
        .rename(
            columns=lambda mediator_column: (
                MEDIATOR_PREFIX + mediator_column if mediator_column in available_names else mediator_column
            )
        )
    )
    extended_rows = headline.rows.merge(mediator_columns, on=KEY, how="left", validate="one_to_one")
    columns = tuple(
        MEDIATOR_PREFIX + mediator for mediator in available_names if extended_rows[MEDIATOR_PREFIX + mediator].notna().any()
    )
    if not columns:
        raise EstimationError(f"no mediator has a value: {', '.join(names)}", zh=f"没有任何机制变量有数值:{'、'.join(names)}")
    return extended_rows[np.isfinite(extended_rows[list(columns)].to_numpy(dtype=float)).all(axis=1)], columns


def _mediator_not_made(mediator: str, reason: str, reason_zh: str) -> list[Row]:
    return not_made(
        ("mediators",), EstimationError(f"mediator {mediator}: {reason}", zh=f"机制变量 {mediator}:{reason_zh}"), MEDIATORS_MEND
    )


def _mediator_name(column: str) -> str:
    return column.removeprefix(MEDIATOR_PREFIX)


def _mediator_names(columns: Sequence[str]) -> str:
    return ", ".join(map(_mediator_name, columns))
