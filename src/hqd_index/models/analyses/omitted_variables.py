"""How strong an omitted variable would have to be: Oster's delta and the robustness value, both in closed form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...linear_algebra import COLUMNS, least_squares
from ..headline import Headline
from ..kernels.partial import partial_out
from ..kernels.shapley import r2_of
from ..kernels.specification import Specification
from ..kernels.within import Array
from ..model_rows import Row, Rows, outcome_key

OSTER_R2 = 1.3  # R2 with everything observed, as a multiple of the controlled R2 (Oster 2019)


@dataclass(frozen=True)
class Moments:
    """What Oster's formula reads, all within the effects: slopes and R2 without and with controls, variances."""

    plain: float
    controlled_coefficient: float
    r2_plain: float
    r2_controlled: float
    var_y: float
    var_x: float
    var_x_left: float  # of the regressor less its fit on the controls


def moments(x: Array, y: Array, controls: Array) -> Moments:
    """From centred or within-transformed x (n,), y (n,) and controls (n, c)."""
    design = np.column_stack([x, controls])
    design = design / np.maximum(np.linalg.norm(design, axis=0), np.finfo(float).tiny)
    residual_x = x - design[:, 1:] @ least_squares(design[:, 1:], x, tolerance=COLUMNS)
    gram, cross, total = design.T @ design, design.T @ y, np.asarray(y @ y)
    joint_r2 = r2_of(gram, cross, total, range(design.shape[1]))
    return Moments(
        plain=float(x @ y / (x @ x)), controlled_coefficient=float(residual_x @ y / (residual_x @ residual_x)),
        r2_plain=float(r2_of(gram, cross, total, [0])),
        r2_controlled=float(joint_r2), var_y=float(y @ y) / len(y), var_x=float(x @ x) / len(x),
        var_x_left=float(residual_x @ residual_x) / len(x),
    )  # fmt: skip


def oster_delta(m: Moments, *, r2_max: float, beta: float = 0.0) -> float:
    """Selection on unobservables relative to observables at which the effect would be `beta` (Oster 2019, proposition 3)."""
    distance, slope_change = m.controlled_coefficient - beta, m.plain - m.controlled_coefficient
    curve = m.var_x_left * slope_change * m.var_x
    cubic = distance**3 * (m.var_x_left * m.var_x - m.var_x_left**2)
    numerator = (
        distance * (m.r2_controlled - m.r2_plain) * m.var_y * m.var_x_left + distance * m.var_x * m.var_x_left * slope_change**2
    )
    numerator += 2 * distance**2 * curve + cubic
    denominator = (r2_max - m.r2_controlled) * m.var_y * slope_change * m.var_x
    denominator += distance * (r2_max - m.r2_controlled) * m.var_y * (m.var_x - m.var_x_left) + distance**2 * curve + cubic
    return numerator / denominator if denominator else np.nan


def robustness_value(t: float, df: float, *, critical_t: float = 0.0) -> float:
    """Partial R2 with treatment and outcome that an omitted variable needs (Cinelli & Hazlett 2020, section 4).

    To take the estimate to zero, or, with the critical |t| of df - 1 degrees of freedom, to insignificance.
    """
    f = abs(t) / np.sqrt(df) - critical_t / np.sqrt(df - 1)
    return 0.0 if f <= 0 else float((np.sqrt(f**4 + 4 * f**2) - f**2) / 2)


def omitted_variables(headline: Headline) -> Rows:
    """Rows of `endogeneity` for the root of each sample that varies; Oster's delta needs controls."""
    estimate, sample = headline.estimate, headline.sample
    roots = [sample.root_column(sample_name) for sample_name in sample.samples]
    return {
        "endogeneity": [
            sensitivity_row
            for column in roots
            if estimate.varies(estimate.outcome_index(column))
            for sensitivity_row in _sensitivity_rows(headline, column)
        ]
    }


def _sensitivity_rows(headline: Headline, column: str) -> Iterator[Row]:
    estimate, spec = headline.estimate, headline.estimate.spec
    bare_spec = Specification(spec.id, (column,), spec.density, (), spec.fixed_effects, spec.cluster, spec.weights)
    partialled_rows = partial_out(headline.rows, bare_spec)
    x, y = partialled_rows.column(spec.density), partialled_rows.column(column)
    controls = [term for term in estimate.terms if term != spec.density]
    m = moments(x, y, partialled_rows.residual(partialled_rows.rows[controls].to_numpy(dtype=float)))
    levels = sum(int(effect_codes.max()) for effect_codes in partialled_rows.effects) + 1
    df = partialled_rows.n - levels - len(controls) - 1
    partial_r2 = _partial_r2(m) if df > 1 else np.nan
    is_defined = 0 <= partial_r2 < 1
    robustness = robustness_value(np.sqrt(df * partial_r2 / (1 - partial_r2)), df) if is_defined else np.nan
    for quantity, value, note in (
        ("partial_r2", partial_r2, "of density with the index, effects and controls out"),
        ("robustness_value", robustness,
         "partial R2 with density and index at which an omitted variable explains all of it (Cinelli & Hazlett 2020)"),
    ):  # fmt: skip
        yield outcome_key(estimate, column) | {
            "method": "omitted_variable", "quantity": quantity, "value": value, "note": note,
        }  # fmt: skip
    if controls:
        r2_max = min(1.0, OSTER_R2 * m.r2_controlled)
        note = f"Rmax = {r2_max:.3f} ({OSTER_R2} x within R2); above 1: unobservables must matter more than the controls"
        delta = oster_delta(m, r2_max=r2_max)
        yield outcome_key(estimate, column) | {"method": "oster", "quantity": "delta", "value": delta, "note": note}


def _partial_r2(m: Moments) -> float:
    """Partial R2 of the regressor given the controls."""
    explained_variance = m.controlled_coefficient**2 * m.var_x_left
    unexplained_variance = (1 - m.r2_controlled) * m.var_y
    return explained_variance / (explained_variance + unexplained_variance)
