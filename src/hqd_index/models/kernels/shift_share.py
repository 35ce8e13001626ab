"""Shift-share instruments: exposure shares times common shocks, recentred, with inference at the level of the shocks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...linear_algebra import COLUMNS, least_squares
from .iv import Instrumented, iv_estimate
from .partial import PartialledRows, partial_out
from .reference_distributions import normal_quantile
from .specification import Specification, specification_error
from .within import Array

Z = "shift_share"  # name of the instrument's column
SUM = (
    "share_sum"  # sum of a unit's shares times a year: control where shares do not add up to one (Borusyak, Hull & Jaravel 2022)
)


@dataclass(frozen=True)
class Exposure:
    """Shares (U, K) fixed in a base period, shocks (U, T, K) or (1, T, K) common to all, and labels."""

    units: tuple[str, ...]
    years: tuple[int, ...]
    names: tuple[str, ...]
    shares: Array
    shocks: Array

    def instrument(self) -> Array:
        """z (U, T) = sum over k of share x shock."""
        return np.asarray(np.einsum("uk,utk->ut", self.shares, np.broadcast_to(self.shocks, self._shape())))

    def sums_by_shock(self) -> Array:
        """(U, T, K): the part of each shock in the instrument."""
        return np.asarray(self.shares[:, None, :] * self.shocks)

    def _shape(self) -> tuple[int, int, int]:
        return len(self.units), len(self.years), len(self.names)

    def effective_shocks(self) -> float:
        """1 / sum of squared mean shares (Borusyak, Hull & Jaravel 2022): how many shocks identify the design."""
        mean = self.shares.mean(axis=0)
        return float(1.0 / ((mean / mean.sum()) ** 2).sum())


def leave_one_out(events: Array, stock: Array) -> Array:
    """Shocks (U, T, K): events (U, T, K) of the other units over the stock (U, K) of the other units."""
    other_events, other_stock = events.sum(axis=0)[None] - events, stock.sum(axis=0)[None] - stock
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(other_stock[:, None, :] > 0, other_events / other_stock[:, None, :], 0.0)


def recentred_exposure(exposure: Exposure, shock_groups: tuple[str, ...] | None = None) -> Exposure:
    """The exposure with each shock less the mean of its group in that year (Borusyak & Hull 2023).

    The mean of a linear instrument over all permutations of shocks within groups is that with group-mean shocks: exact,
    no draws. `shock_groups` names the group of each shock; by default all are exchangeable.
    """
    labels = np.array(shock_groups or ("",) * len(exposure.names))
    shocks = exposure.shocks.copy()
    for label in np.unique(labels):
        is_in_group = labels == label
        shocks[..., is_in_group] -= shocks[..., is_in_group].mean(axis=-1, keepdims=True)
    return replace(exposure, shocks=shocks)


@dataclass(frozen=True)
class ShiftShare:
    """IV with exposure-robust inference; rotemberg: shock, weight, just-identified estimate (largest weights first)."""

    iv: Instrumented
    shock_level: float  # the same number from share-weighted outcomes by shock; NaN when shocks differ by unit (leave-one-out)
    se_akm: float  # Adao, Kolesar & Morales 2019, clustered by shock over years
    akm0: tuple[tuple[float, float], ...]  # interval with the null imposed, possibly two rays or the line
    effective_shocks: float
    rotemberg: pd.DataFrame


def _with_instrument(observations: pd.DataFrame, spec: Specification, exposure: Exposure) -> tuple[pd.DataFrame, Specification]:
    """The data with the instrument and, where shares do not add up to one, their sum by year as controls."""
    instrument = pd.DataFrame(exposure.instrument(), index=list(exposure.units), columns=list(exposure.years))
    unit_year_index = pd.MultiIndex.from_frame(observations[["unit", "year"]])
    extended_rows = observations.assign(**{Z: instrument.stack().reindex(unit_year_index).to_numpy()})
    total = exposure.shares.sum(axis=1)
    if np.allclose(total, 1.0, atol=1e-9):
        return extended_rows, spec
    cluster_sums = extended_rows["unit"].map(dict(zip(exposure.units, total)))
    names = [f"{SUM}_{year}" for year in exposure.years[1:]]
    extended_rows = extended_rows.assign(
        **{n: np.where(extended_rows["year"] == y, cluster_sums, 0.0) for n, y in zip(names, exposure.years[1:])}
    )
    extra_controls = names if spec.fixed_effects else [*names, SUM]
    return extended_rows.assign(**{SUM: cluster_sums}), replace(spec, controls=(*spec.controls, *extra_controls))


def shift_share(observations: pd.DataFrame, spec: Specification, exposure: Exposure, *, level: float = 0.95) -> ShiftShare:
    """Density instrumented by a shift-share (first outcome of `spec`); rows without exposure are left out.

    With about 30 shocks such a design is weak: read `iv.ar`, `akm0` and `effective_shocks` first.
    """
    extended_rows, extended_spec = _with_instrument(observations, spec, exposure)
    iv = iv_estimate(extended_rows, extended_spec, [Z], level=level)
    partial_rows = partial_out(extended_rows[extended_rows[Z].notna()], extended_spec)
    y, x, instrument = partial_rows.column(spec.outcomes[0]), partial_rows.column(spec.density), partial_rows.column(Z)
    if partial_rows.n <= len(exposure.names):
        raise specification_error(
            spec,
            f"{partial_rows.n} rows for {len(exposure.names)} shocks",
            f"{partial_rows.n} 行数据却有 {len(exposure.names)} 个冲击",
        )
    share, shock, cell = _share_matrix(partial_rows, exposure)
    return ShiftShare(
        iv=iv,
        shock_level=_shock_level(share, shock, y, x) if len(exposure.shocks) == 1 else np.nan,
        se_akm=akm(share, cell, y - iv.estimate * x, instrument, float(instrument @ x)),
        akm0=akm0(share, cell, y, x, instrument, level),
        effective_shocks=exposure.effective_shocks(),
        rotemberg=rotemberg(partial_rows, exposure, y, x),
    )


def _share_matrix(partial_rows: PartialledRows, exposure: Exposure) -> tuple[Array, Array, np.ndarray]:
    """Share matrix (n, T*K) over shock-years, the shocks (T*K,), and the shock of each column; unused columns dropped."""
    unit = partial_rows.rows["unit"].map({u: i for i, u in enumerate(exposure.units)}).to_numpy(dtype=int)
    year = partial_rows.rows["year"].map({t: i for i, t in enumerate(exposure.years)}).to_numpy(dtype=int)
    t, k = len(exposure.years), len(exposure.names)
    share = np.zeros((partial_rows.n, t, k))
    share[np.arange(partial_rows.n), year] = exposure.shares[unit] * partial_rows.root[:, None]
    shock = exposure.shocks.mean(axis=0).ravel()
    has_exposure = share.reshape(partial_rows.n, -1).any(axis=0)
    return share.reshape(partial_rows.n, -1)[:, has_exposure], shock[has_exposure], np.tile(np.arange(k), t)[has_exposure]


def _shock_level(share: Array, shock: Array, y: Array, x: Array) -> float:
    """sum_n s_n g_n ybar_n / sum_n s_n g_n xbar_n with ybar_n = sum_r s_rn y_r / s_n: equal to the unit-level estimate."""
    return float((share.T @ y) @ shock / ((share.T @ x) @ shock))


def _residual_shocks(share: Array, instrument: Array) -> Array:
    """Residual shocks: coefficients of the residualised instrument on the shares."""
    return least_squares(share, instrument, tolerance=COLUMNS)


def _sums_by_shock(share: Array, residual_shocks: Array, cell: np.ndarray, errors: Array) -> Array:
    """Score of each shock, its years added up."""
    return np.asarray(np.bincount(cell, residual_shocks * (share.T @ errors)), dtype=np.float64)


def akm(share: Array, cell: np.ndarray, residual: Array, instrument: Array, power: float) -> float:
    """sqrt(sum_k (sum_t X_kt R_kt)^2) / |z'x|, R_kt = sum_r s_rkt e_r, X the residual shocks (AKM 2019, eq. 39, clustered)."""
    score = _sums_by_shock(share, _residual_shocks(share, instrument), cell, residual)
    return float(np.sqrt(score @ score) / abs(power))


def akm0(share: Array, cell: np.ndarray, y: Array, x: Array, instrument: Array, level: float) -> tuple[tuple[float, float], ...]:
    """Values b with (z'(y - b x))^2 <= c^2 sum_k score_k(b)^2: the roots of a quadratic."""
    residual_shocks = _residual_shocks(share, instrument)
    sy, sx = (_sums_by_shock(share, residual_shocks, cell, variable) for variable in (y, x))
    c = normal_quantile(0.5 + level / 2) ** 2
    zy, zx = float(instrument @ y), float(instrument @ x)
    quadratic_term = zx**2 - c * float(sx @ sx)
    linear_term = zy * zx - c * float(sy @ sx)
    d = zy**2 - c * float(sy @ sy)
    discriminant = linear_term**2 - quadratic_term * d
    if discriminant < 0:
        return () if quadratic_term > 0 else ((-np.inf, np.inf),)
    low, high = sorted(
        ((linear_term - np.sqrt(discriminant)) / quadratic_term, (linear_term + np.sqrt(discriminant)) / quadratic_term)
    )
    return ((low, high),) if quadratic_term > 0 else ((-np.inf, low), (high, np.inf))


def rotemberg(partial_rows: PartialledRows, exposure: Exposure, y: Array, x: Array) -> pd.DataFrame:
    """Weight of each shock in the estimate and its own estimate: beta = sum_k weight_k beta_k (Goldsmith-Pinkham et al. 2020)."""
    unit = partial_rows.rows["unit"].map({u: i for i, u in enumerate(exposure.units)}).to_numpy(dtype=int)
    year = partial_rows.rows["year"].map({t: i for i, t in enumerate(exposure.years)}).to_numpy(dtype=int)
    shock_parts = partial_rows.residual(np.broadcast_to(exposure.sums_by_shock(), exposure._shape())[unit, year])
    zy, zx = shock_parts.T @ y, shock_parts.T @ x
    with np.errstate(divide="ignore", invalid="ignore"):
        shock_weights = pd.DataFrame({"shock": exposure.names, "weight": zx / zx.sum(), "estimate": zy / zx})
    order = (-shock_weights["weight"].abs()).argsort(kind="stable")
    return shock_weights.iloc[order].reset_index(drop=True)
