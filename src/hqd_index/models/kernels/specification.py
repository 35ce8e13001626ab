"""A regression as a frozen record, and its estimate: every outcome of one specification at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np
import pandas as pd

from ...errors import EstimationError
from .clusters import ClusterSums, cluster_sums, consecutive_codes, leave_one_out, non_singletons
from .inference import coefficients, cv1, cv3, effective_clusters, interval, jackknife, p_value, partial_leverage, random_stream
from .wild import Wild, wild
from .within import Array

GROUP_YEAR = "group_year"  # column of the effects of each group of units in each year; missing for a unit in no group


class InferenceSettings(TypedDict, total=False):
    """Options of every estimate, those of `estimate` by default: bootstrap draws and weights, seed, level of intervals."""

    draws: int
    weights: str
    seed: int
    level: float


@dataclass(frozen=True)
class Specification:
    """Outcomes on density and controls with fixed effects; column names throughout. The first regressor is the density."""

    id: str
    outcomes: tuple[str, ...]
    density: str
    controls: tuple[str, ...] = ()
    fixed_effects: tuple[str, ...] = ("unit", "year")
    cluster: str = "unit"
    weights: str | None = None
    subset: str = ""

    @property
    def regressors(self) -> tuple[str, ...]:
        return (self.density, *self.controls)


@dataclass(frozen=True)
class Estimate:
    """Results by term (k) and outcome (m); `bootstrap` is of the density, `jackknife_coefficients` (G, k, m) omit a cluster."""

    spec: Specification
    sums: ClusterSums
    coefficient: Array
    se_cv1: Array
    se_cv3: Array
    p_cv1: Array
    p_cv3: Array
    low: Array
    high: Array
    jackknife_coefficients: Array
    bootstrap: Wild
    p_wild: Array
    leverage: Array
    effective_clusters: float
    singletons: tuple[str, ...]
    rows: pd.Index = field(repr=False)

    @property
    def terms(self) -> tuple[str, ...]:
        return self.sums.terms

    def outcome_index(self, outcome: str) -> int:
        return self.spec.outcomes.index(outcome)

    def varies(self, j: int) -> bool:
        """Outcome j is not constant once the fixed effects are out."""
        return bool(self.sums.sd_outcomes[j] > 0)

    def combination(self, weights: Mapping[int, float], j: int) -> tuple[float, float]:
        """A weighted sum of coefficients (term -> weight) on outcome j, and its CV3 standard error."""
        terms, factors = list(weights), np.array(list(weights.values()))
        value = float(factors @ self.coefficient[terms, j])
        return value, float(jackknife(np.asarray(value), self.jackknife_coefficients[:, terms, j] @ factors))

    def scale(self) -> Array:
        """(k, m) factors that turn coefficients into within standard deviations; NaN for a constant outcome."""
        y = self.sums.sd_outcomes
        return self.sums.sd_terms[:, None] / np.where(y > 0, y, np.nan)[None, :]


def specification_error(spec: Specification, en: str, zh: str) -> EstimationError:
    """The error of a specification that cannot be estimated, under its id."""
    return EstimationError(f"specification {spec.id}: {en}", zh=f"回归设定 {spec.id}:{zh}")


def _complete_rows(observations: pd.DataFrame, spec: Specification) -> pd.DataFrame:
    """Rows with every variable present and finite, sorted by cluster and effects."""
    if GROUP_YEAR in spec.fixed_effects and GROUP_YEAR not in observations:
        observations = observations.assign(**{GROUP_YEAR: None})
    numbers = [*spec.outcomes, *spec.regressors, *([spec.weights] if spec.weights else [])]
    absent_columns = sorted(
        {variable for variable in [*numbers, *spec.fixed_effects, spec.cluster] if variable not in observations}
    )
    if absent_columns:
        raise specification_error(spec, f"no column {', '.join(absent_columns)}", f"缺少列 {'、'.join(absent_columns)}")
    is_finite = np.isfinite(observations[numbers].to_numpy(dtype=float)).all(axis=1)
    _check_groups(observations, is_finite, spec)
    keys = list(dict.fromkeys([spec.cluster, *spec.fixed_effects]))
    is_complete = is_finite & observations[keys].notna().all(axis=1).to_numpy()
    return (observations if is_complete.all() else observations.loc[is_complete]).sort_values(keys, kind="stable")


def _check_groups(observations: pd.DataFrame, is_finite: np.ndarray, spec: Specification) -> None:
    """A unit in no group would silently leave the sample of group x year effects."""
    if GROUP_YEAR not in spec.fixed_effects:
        return
    clusters_without_group = sorted(
        observations.loc[is_finite & observations[GROUP_YEAR].isna(), spec.cluster].astype(str).unique()
    )
    if clusters_without_group:
        raise specification_error(
            spec,
            f"no group for {', '.join(clusters_without_group)}; group them (unit.groups in study.yaml) or leave "
            "them out (drop_units)",
            f"{'、'.join(clusters_without_group)} 不属于任何组;请在 study.yaml 的 unit.groups 中分组,或用 drop_units 剔除",
        )


def sample_of(observations: pd.DataFrame, spec: Specification) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The estimation sample, and the singletons left out of it as `level/level`."""
    rows = _complete_rows(observations, spec)
    if rows.empty:
        raise specification_error(
            spec, "no row has all variables; see descriptives.csv for the gaps", "没有变量齐全的行,请查 descriptives.csv 中的缺失"
        )
    effects = [consecutive_codes(rows[effect].to_numpy()) for effect in spec.fixed_effects]
    repeated_rows = non_singletons(effects, len(rows))
    if repeated_rows.all():
        return rows, ()
    singletons = rows.loc[~repeated_rows, list(spec.fixed_effects)].astype(str)
    singleton_labels = tuple("/".join(levels) for levels in singletons.itertuples(index=False))
    rows = rows.loc[repeated_rows]
    if rows.empty:
        raise specification_error(
            spec, "every row is alone in a fixed effect (one year only?); take the effect out or add years",
            "每一行都独占一个固定效应(只有一年?),请去掉该固定效应或增加年份",
        )  # fmt: skip
    return rows, singleton_labels


def sums_of(observations: pd.DataFrame, spec: Specification) -> tuple[ClusterSums, tuple[str, ...], pd.Index]:
    """Cluster sums of a specification, its singletons and the index of the rows used."""
    all_columns = {*spec.outcomes, *spec.regressors, spec.weights, *spec.fixed_effects, spec.cluster}
    rows, singletons = sample_of(observations[[column_name for column_name in observations if column_name in all_columns]], spec)
    codes, labels = pd.factorize(rows[spec.cluster], sort=True)
    if len(labels) < 2:
        raise specification_error(
            spec, f"one cluster ({labels[0]}); at least 2 are needed", f"只有一个聚类({labels[0]}),至少需要 2 个"
        )
    sums = cluster_sums(
        rows[list(spec.outcomes)].to_numpy(dtype=float),
        rows[list(spec.regressors)].to_numpy(dtype=float),
        [consecutive_codes(rows[effect].to_numpy()) for effect in spec.fixed_effects],
        codes.astype(np.intp),
        terms=spec.regressors,
        labels=[str(label) for label in labels],
        weights=rows[spec.weights].to_numpy(dtype=float) if spec.weights else None,
    )
    if spec.density in sums.dropped_terms:
        raise specification_error(spec, *_without_variation(spec.density, rows[spec.density].astype(float)))
    if sums.n <= sums.parameters:
        raise specification_error(
            spec, f"{sums.n} rows for {sums.parameters} parameters", f"{sums.n} 行数据要估计 {sums.parameters} 个参数"
        )
    return sums, singletons, rows.index


def _without_variation(name: str, values: pd.Series) -> tuple[str, str]:
    """Why a density has no coefficient: it is the same in every row, 0 where nobody counts, or the effects take it all."""
    if (values == 0).all():
        return (
            f"{name} is 0 in every row: no firm counts as recognised at the levels of the density; nothing to estimate",
            f"{name} 在所有行中都为 0:没有企业在密度所计的层级上获得认定,无法估计",
        )
    if (values == values.iloc[0]).all():
        return (
            f"{name} is {values.iloc[0]:g} in every row; nothing to estimate",
            f"{name} 在所有行中都为 {values.iloc[0]:g},无法估计",
        )
    return (
        f"{name} does not vary once the fixed effects are out; nothing to estimate",
        f"{name} 在控制固定效应后没有变化,无法估计",
    )


def estimate(
    observations: pd.DataFrame,
    spec: Specification,
    *,
    draws: int = 9_999,
    weights: str = "rademacher",
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Fit all outcomes of `spec`; EstimationError with the reason when the density cannot be estimated.

    Rows with a gap in any variable leave the sample of all outcomes. `draws` and `weights` (rademacher or webb) are those
    of the restricted wild cluster bootstrap of the density; intervals (k, m) are CV3 with t(G-1).
    """
    cluster_sums, singletons, rows = sums_of(observations, spec)
    b, jackknife_coefficients = coefficients(cluster_sums), leave_one_out(cluster_sums)
    estimable_mask = np.where(cluster_sums.sd_outcomes > 0, 1.0, np.nan)
    b, se_cv1, se_cv3 = (
        b * estimable_mask,
        cv1(cluster_sums) * estimable_mask,
        cv3(cluster_sums, jackknife_coefficients) * estimable_mask,
    )
    low, high = interval(b, se_cv3, cluster_sums.g, level)
    bootstrap = wild(cluster_sums, rng=random_stream(seed, "wild", spec.id), draws=draws, weights=weights)
    return Estimate(
        spec=spec,
        sums=cluster_sums,
        coefficient=b,
        se_cv1=se_cv1,
        se_cv3=se_cv3,
        p_cv1=p_value(b, se_cv1, cluster_sums.g),
        p_cv3=p_value(b, se_cv3, cluster_sums.g),
        low=low,
        high=high,
        jackknife_coefficients=jackknife_coefficients,
        bootstrap=bootstrap,
        p_wild=bootstrap.p(),
        leverage=partial_leverage(cluster_sums),
        effective_clusters=effective_clusters(cluster_sums),
        singletons=singletons,
        rows=rows,
    )
