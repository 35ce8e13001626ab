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
from .channels import EXACT

VIA = "via:"  # front of a mediator's column
MECHANISM = "mechanism"  # the specification whose outcomes are the mediators
WHOLES = ("base", "full", "change")  # the coefficient without mediators, with them, and the difference that they account for
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


def gelbach(rows: pd.DataFrame, spec: Specification, mediators: Sequence[str]) -> tuple[MediatorAccounting, tuple[str, ...]]:
    """The change of the density's coefficient as mediators (columns) enter, split exactly, and the mediators that add nothing.

    Gelbach 2016: b_base - b_full = sum_k Gamma_k b_k, Gamma_k the coefficient of density in the regression of mediator k on the
    regressors of the base. Errors delete one cluster at a time, both regressions estimated again. EstimationError when none
    remains: all constant within the effects, or spanned by the controls and one another.
    """
    full, *_ = sums_of(rows, replace(spec, controls=(*spec.controls, *mediators)))
    included_mediators = tuple(m for m in mediators if m not in full.dropped_terms)
    idle_mediators = tuple(m for m in mediators if m in full.dropped_terms)
    if not included_mediators:
        raise EstimationError(
            f"no mediator varies beside the controls and the fixed effects: {_names(idle_mediators)}",
            zh=f"控制变量与固定效应之外没有仍有变化的机制变量:{_names(idle_mediators)}",
        )
    base, *_ = sums_of(rows, replace(spec, outcomes=(*spec.outcomes, *included_mediators)))
    positions, m = [full.terms.index(name) for name in included_mediators], len(spec.outcomes)
    b0, b1 = coefficients(base), coefficients(full)
    value = _rows(b0, b1, positions, m) * np.where(full.sd_outcomes > 0, 1.0, np.nan)
    if full.complete:
        error = jackknife(value, _rows(leave_one_out(base), leave_one_out(full), positions, m))
    else:
        error = np.full_like(value, np.nan)
    _add_up(value)
    return MediatorAccounting(spec, included_mediators, value, error, b0[0, m:], b1[positions], full.n, full.g), idle_mediators


def _rows(base: Array, full: Array, positions: list[int], m: int) -> Array:
    """(..., 3 + K, m) from coefficients (..., k, m + K) without and (..., k, m) with the mediators, which are at `positions`."""
    base_slope, full_slope = base[..., :1, :m], full[..., :1, :]
    parts = np.swapaxes(base[..., :1, m:], -1, -2) * full[..., positions, :]
    return np.concatenate([base_slope, full_slope, base_slope - full_slope, parts], axis=-2)


def _add_up(value: Array) -> None:
    misses = np.abs(value[2] - value[len(WHOLES) :].sum(axis=0))
    if (misses > EXACT * np.maximum(1.0, np.abs(value[0]))).any():
        raise CheckError(
            f"the parts of the mediators miss the change of the coefficient by {misses.max():.3g}",
            zh=f"各机制变量的部分之和与系数变化相差 {misses.max():.3g}",
        )


def mediator_rows(accounting: MediatorAccounting, density: Density, level: float) -> Iterator[Row]:
    """Rows of `mediators`; a fraction is of the base coefficient, suppressed where that is below its standard error."""
    value, error, spec = accounting.value, accounting.error, accounting.spec
    low, high = interval(value, error, accounting.g, level)
    p = p_value(value, error, accounting.g)
    lines = [*((quantity_name, "") for quantity_name in WHOLES), *(("part", _name(m)) for m in accounting.mediators)]
    for j, column in enumerate(spec.outcomes):
        sample, node = split_outcome(column)
        total, weak = value[0, j], not abs(value[0, j]) >= error[0, j]
        for i, (quantity, mediator) in enumerate(lines):
            k = i - len(WHOLES)
            yield {
                "spec": spec.id, "sample": sample, "outcome": node, "quantity": quantity, "mediator": mediator,
                "estimate": value[i, j], "se_cv3": error[i, j], "p_cv3": p[i, j],
                "ci_low": low[i, j], "ci_high": high[i, j], "fraction": np.nan if weak else value[i, j] / total,
                "reached": accounting.density_slopes[k] if k >= 0 else np.nan,
                "held": accounting.conditional_slopes[k, j] if k >= 0 else np.nan,
                "n_obs": accounting.n, "n_clusters": accounting.g, "fixed_effects": "+".join(spec.fixed_effects),
                "controls": "+".join(spec.controls), "density": density_text(density), "lag": density.lag,
                "note": f"{NOTE}; fraction suppressed: estimate below its standard error" if weak else NOTE,
            }  # fmt: skip


def mechanism_rows(estimate: Estimate, density: Density) -> Iterator[Row]:
    """Rows of `regressions` whose outcomes are the mediators, in their own units."""
    note = "density on a mediator outside the index (Jiang 2022)"
    for j, column in enumerate(estimate.spec.outcomes):
        for k in range(len(estimate.terms)):
            yield term_row(estimate, j, k, density, note=note, outcome=f"all:{_name(column)}")


def mediators(headline: Headline) -> Rows:
    """The accounting, and density on each mediator (unit, year, one column each), which is not lagged.

    Density of the year before comes first, the mediator is that of the year of the index. Rows are those of the headline
    with every mediator that has any value.
    """
    spec = headline.estimate.spec
    rows, columns = _with_mediators(headline)
    accounting, idle_mediators = gelbach(rows, replace(spec, outcomes=headline.sample.reported_columns), columns)
    on_mediators = headline.fit(rows, replace(spec, id=MECHANISM, outcomes=accounting.mediators))
    missing = [
        row
        for name in headline.study.regressions.mediators
        if VIA + name not in columns
        for row in _mediator_not_made(name, "has no value in the sample", "在样本中没有数值")
    ]
    if idle_mediators:
        reason, reason_zh = "adds nothing to the controls, the fixed effects and the others", "未超出控制变量、固定效应与其余变量"
        missing += _mediator_not_made(_names(idle_mediators), reason, reason_zh)
    return {
        "mediators": list(mediator_rows(accounting, headline.density, headline.level)),
        "regressions": list(mechanism_rows(on_mediators, headline.density)),
        "not_made": missing,
    }


def _with_mediators(headline: Headline) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rows with every mediator that has any value, and the columns of these."""
    names, values = tuple(headline.study.regressions.mediators), headline.inputs.mediator_values
    if not names:
        raise EstimationError("regressions.yaml lists no mediator", zh="regressions.yaml 没有机制变量(mediators)")
    given_names = [name for name in names if name in values]
    renamed = values[[*KEY, *given_names]].astype({"year": "int64"}).rename(columns=lambda c: VIA + c if c in given_names else c)
    extended_rows = headline.rows.merge(renamed, on=KEY, how="left", validate="one_to_one")
    columns = tuple(VIA + name for name in given_names if extended_rows[VIA + name].notna().any())
    if not columns:
        raise EstimationError(f"no mediator has a value: {', '.join(names)}", zh=f"没有任何机制变量有数值:{'、'.join(names)}")
    return extended_rows[np.isfinite(extended_rows[list(columns)].to_numpy(dtype=float)).all(axis=1)], columns


def _mediator_not_made(name: str, reason: str, reason_zh: str) -> list[Row]:
    return not_made(
        ("mediators",), EstimationError(f"mediator {name}: {reason}", zh=f"机制变量 {name}:{reason_zh}"), MEDIATORS_MEND
    )


def _name(column: str) -> str:
    return column.removeprefix(VIA)


def _names(columns: Sequence[str]) -> str:
    return ", ".join(map(_name, columns))
