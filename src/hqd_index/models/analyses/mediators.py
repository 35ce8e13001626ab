"""Mediators outside the index: what density does to them (Jiang 2022), what part of its coefficient is theirs (Gelbach 2016)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...errors import CheckError, EstimationError
from ...study.records import SpecificationChoice, Study
from ..estimation_data import KEY
from ..estimation_sample import Wide
from ..kernels.clusters import leave_one_out
from ..kernels.inference import coefficients, interval, jackknife, p_value
from ..kernels.specification import Estimate, Specification, estimate, sums_of
from ..kernels.within import Array
from ..model_rows import Row, density_text, split_name
from ..store import Store
from .channels import EXACT

VIA = "via:"  # front of a mediator's column
MECHANISM = "mechanism"  # the specification whose outcomes are the mediators
WHOLES = ("base", "full", "change")  # the coefficient without mediators, with them, and the difference that they account for
NOTE = "accounting (Gelbach 2016), no causal mediation"
MEDIATORS_MEND = (
    "在 regressions.yaml 的 mediators 写指数之外的机制变量(如融资、人才、补助)",
    "write mediators outside the index, such as finance, talent or subsidies, under mediators in regressions.yaml",
)


@dataclass(frozen=True)
class Accounting:
    """By row (base, full, change, then each mediator) and outcome (m): value and CV3 error; `reached` and `held` by mediator.

    Density moves mediator k by reached[k]; with density and controls held, k moves the outcomes by held[k] (K, m).
    """

    spec: Specification
    mediators: tuple[str, ...]
    value: Array
    error: Array
    reached: Array
    held: Array
    n: int
    g: int


def gelbach(rows: pd.DataFrame, spec: Specification, mediators: Sequence[str]) -> tuple[Accounting, tuple[str, ...]]:
    """The change of the density's coefficient as mediators (columns) enter, split exactly, and the mediators that add nothing.

    Gelbach 2016: b_base - b_full = sum_k Gamma_k b_k, Gamma_k the coefficient of density in the regression of mediator k on the
    regressors of the base. Errors delete one cluster at a time, both regressions estimated again. EstimationError when none is
    left: all constant within the effects, or spanned by the controls and one another.
    """
    full, *_ = sums_of(rows, replace(spec, controls=(*spec.controls, *mediators)))
    kept = tuple(m for m in mediators if m not in full.dropped)
    idle = tuple(m for m in mediators if m in full.dropped)
    if not kept:
        raise EstimationError(
            f"no mediator varies beside the controls and the fixed effects: {_names(idle)}",
            zh=f"控制变量与固定效应之外没有仍有变化的机制变量:{_names(idle)}",
        )
    base, *_ = sums_of(rows, replace(spec, outcomes=(*spec.outcomes, *kept)))
    at, m = [full.terms.index(name) for name in kept], len(spec.outcomes)
    b0, b1 = coefficients(base), coefficients(full)
    value = _rows(b0, b1, at, m) * np.where(full.sd_outcomes > 0, 1.0, np.nan)
    if full.complete:
        error = jackknife(value, _rows(leave_one_out(base), leave_one_out(full), at, m))
    else:
        error = np.full_like(value, np.nan)
    _add_up(value)
    return Accounting(spec, kept, value, error, b0[0, m:], b1[at], full.n, full.g), idle


def _rows(base: Array, full: Array, at: list[int], m: int) -> Array:
    """(..., 3 + K, m) from coefficients (..., k, m + K) without and (..., k, m) with the mediators, which stand at `at`."""
    before, after = base[..., :1, :m], full[..., :1, :]
    parts = np.swapaxes(base[..., :1, m:], -1, -2) * full[..., at, :]
    return np.concatenate([before, after, before - after, parts], axis=-2)


def _add_up(value: Array) -> None:
    apart = np.abs(value[2] - value[len(WHOLES) :].sum(axis=0))
    if (apart > EXACT * np.maximum(1.0, np.abs(value[0]))).any():
        raise CheckError(
            f"the parts of the mediators miss the change of the coefficient by {apart.max():.3g}",
            zh=f"各机制变量的部分之和与系数变化相差 {apart.max():.3g}",
        )


def mediator_rows(made: Accounting, choice: SpecificationChoice, study: Study, wide: Wide) -> Iterator[Row]:
    """Rows of `mediators`; a fraction is of the base coefficient, suppressed where that is below its standard error."""
    low, high = interval(made.value, made.error, made.g, study.regressions.inference.level)
    p = p_value(made.value, made.error, made.g)
    density = choice.density or study.regressions.density
    lines = [*((whole, "") for whole in WHOLES), *(("part", _name(m)) for m in made.mediators)]
    for j, column in enumerate(made.spec.outcomes):
        sample, node = split_name(column)
        total, weak = made.value[0, j], not abs(made.value[0, j]) >= made.error[0, j]
        for i, (quantity, mediator) in enumerate(lines):
            k = i - len(WHOLES)
            yield {
                "spec": made.spec.id, "sample": sample, "outcome": node, "quantity": quantity, "mediator": mediator,
                "estimate": made.value[i, j], "se_cv3": made.error[i, j], "p_cv3": p[i, j],
                "ci_low": low[i, j], "ci_high": high[i, j], "fraction": np.nan if weak else made.value[i, j] / total,
                "reached": made.reached[k] if k >= 0 else np.nan, "held": made.held[k, j] if k >= 0 else np.nan,
                "n_obs": made.n, "n_clusters": made.g, "fixed_effects": "+".join(made.spec.fixed_effects),
                "controls": "+".join(made.spec.controls), "density": density_text(density), "lag": density.lag,
                "note": f"{NOTE}; fraction suppressed: estimate below its standard error" if weak else NOTE,
            }  # fmt: skip


def mechanism_rows(found: Estimate, choice: SpecificationChoice, study: Study) -> Iterator[Row]:
    """Rows of `regressions` whose outcomes are the mediators, in their own units."""
    density, scale = choice.density or study.regressions.density, found.scale()
    for j, column in enumerate(found.spec.outcomes):
        for k, term in enumerate(found.terms):
            yield {
                "spec": found.spec.id, "sample": "all", "subset": "", "outcome": _name(column),
                "term": "density" if term == found.spec.density else term,
                "estimate": found.coefficient[k, j], "estimate_sd": found.coefficient[k, j] * scale[k, j],
                "se_cv1": found.se_cv1[k, j], "se_cv3": found.se_cv3[k, j], "p_cv1": found.p_cv1[k, j],
                "p_cv3": found.p_cv3[k, j], "p_wild": found.p_wild[j] if k == 0 else np.nan,
                "ci_low": found.low[k, j], "ci_high": found.high[k, j], "n_obs": found.sums.n, "n_clusters": found.sums.g,
                "r2_within": found.sums.r2_within[j], "fixed_effects": "+".join(found.spec.fixed_effects),
                "controls": "+".join(found.spec.controls), "density": density_text(density), "lag": density.lag,
                "note": "density on a mediator outside the index (Jiang 2022)",
            }  # fmt: skip


def read_mediators(
    store: Store, wide: Wide, found: Estimate, choice: SpecificationChoice, study: Study, values: pd.DataFrame | None
) -> None:
    """Add `mediators` and the mechanism's rows of `regressions`; `values` (unit, year, one column each) is not lagged.

    Density of the year before comes first, the mediator stands in the year of the index. Rows are those of the headline with
    every mediator that has any value.
    """
    settings = study.regressions.inference
    try:
        rows, usable = _joined(store, wide.frame.loc[found.rows], study, values)
        made, idle = gelbach(rows, replace(found.spec, outcomes=wide.outcomes(wide.shown, composition=False)), usable)
        chosen = replace(found.spec, id=MECHANISM, outcomes=made.mediators)
        on_them = estimate(
            rows, chosen, draws=settings.draws, weights=settings.weights, seed=study.study.seed, level=settings.level
        )
    except EstimationError as fault:
        store.missing(("mediators",), fault, MEDIATORS_MEND)
        return
    if idle:
        _absent(
            store,
            _names(idle),
            "adds nothing to the controls, the fixed effects and the others",
            "未超出控制变量、固定效应与其余变量",
        )
    store.add("mediators", mediator_rows(made, choice, study, wide))
    store.add("regressions", mechanism_rows(on_them, choice, study))


def _joined(store: Store, rows: pd.DataFrame, study: Study, values: pd.DataFrame | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rows with every mediator that has any value, and the columns of these; a mediator without one is named."""
    asked = tuple(study.regressions.mediators)
    if not asked:
        raise EstimationError("regressions.yaml lists no mediator", zh="regressions.yaml 没有机制变量(mediators)")
    given = pd.DataFrame(columns=KEY) if values is None else values
    known = [name for name in asked if name in given]
    own = given[[*KEY, *known]].astype({"year": "int64"}).rename(columns=lambda c: VIA + c if c in known else c)
    joined = rows.merge(own, on=KEY, how="left", validate="one_to_one")
    usable = tuple(VIA + name for name in known if joined[VIA + name].notna().any())
    if not usable:
        raise EstimationError(f"no mediator has a value: {', '.join(asked)}", zh=f"没有任何机制变量有数值:{'、'.join(asked)}")
    for name in asked:
        if VIA + name not in usable:
            _absent(store, name, "has no value in the sample", "在样本中没有数值")
    return joined[np.isfinite(joined[list(usable)].to_numpy(dtype=float)).all(axis=1)], usable


def _absent(store: Store, name: str, why: str, why_zh: str) -> None:
    store.missing(("mediators",), EstimationError(f"mediator {name}: {why}", zh=f"机制变量 {name}:{why_zh}"), MEDIATORS_MEND)


def _name(column: str) -> str:
    return column.removeprefix(VIA)


def _names(columns: Sequence[str]) -> str:
    return ", ".join(map(_name, columns))
