"""Item H of the contribution menu: the index of dense and sparse units, and what of its gap goes with their controls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import EstimationError
from ...linear_algebra import COLUMNS, least_squares, rank
from ...study.records import Density
from ..headline import Headline
from ..kernels.inference import interval, jackknife, p_value
from ..kernels.score_maps import DENSE_CLUSTERS
from ..kernels.specification import Specification, specification_error
from ..kernels.within import Array, independent_columns
from ..model_rows import Row, Rows, density_text, split_outcome

MIN_GROUP_UNITS = 2  # units of a group, so that one can be left out
LARGEST_CONDITION = 1e12  # of a Gram matrix of standardised columns, beyond which coefficients are not identified
MOST_NAMES = 100  # units named in a note
TIE = 1e-9  # relative: densities this near the median are at it
YEAR = "year"
NOTE = "a description, not an effect; density makes the groups and is no control"


@dataclass(frozen=True)
class DensityGroups:
    """Units above the median of mean density since the first recognition, and the others; `units_at_median` are in `low`."""

    high: tuple[str, ...]
    low: tuple[str, ...]
    units_at_median: tuple[str, ...]
    median: float
    first: int
    last_year: int


@dataclass(frozen=True)
class TwofoldSplit:
    """By outcome (m) and characteristic (k): gap = parts.sum(axis=0) + unexplained; NaN where that is not identified."""

    group_means: Array  # (2, m) outcomes of the dense group, of the other
    levels: Array  # (2, k) likewise characteristics
    unexplained: Array  # (m,)
    coefficient: Array  # (k, m) pooled

    @property
    def gap(self) -> Array:
        return np.asarray(self.group_means[0] - self.group_means[1])

    @property
    def parts(self) -> Array:
        return np.asarray((self.levels[0] - self.levels[1])[:, None] * self.coefficient)


def density_groups(observations: pd.DataFrame, density: str) -> DensityGroups:
    """Two groups of units at the median of their mean density, over the years from the first with any.

    The mean and not the last year: status lapses after three years and small units count few firms, so one year sorts by
    accident. EstimationError when a group has fewer than two units.
    """
    max_density_by_year = observations.groupby("year")[density].max()
    years = max_density_by_year.index[max_density_by_year > 0]
    if not len(years):
        raise EstimationError("no year of the sample has any density", zh="样本中没有任何年份有专精特新密度")
    rows_from_first_year = observations[observations["year"] >= years.min()]
    mean = rows_from_first_year.groupby("unit")[density].mean()
    median_density = float(mean.median())
    is_at_median = (mean - median_density).abs() <= TIE * max(abs(median_density), 1.0)
    is_above_median = (mean > median_density) & ~is_at_median
    high, low = (tuple(map(str, mean.index[is_member])) for is_member in (is_above_median, ~is_above_median))
    if min(len(high), len(low)) < MIN_GROUP_UNITS:
        raise EstimationError(
            f"{len(high)} units lie above the median density and {len(low)} do not; at least {MIN_GROUP_UNITS} of "
            "each are needed",
            zh=f"密度高于中位数的单位有 {len(high)} 个,其余 {len(low)} 个;每组至少需要 {MIN_GROUP_UNITS} 个",
        )
    return DensityGroups(
        high, low, tuple(map(str, mean.index[is_at_median])), median_density, int(years.min()), int(observations["year"].max())
    )


def twofold(y: Array, x: Array, is_high_density: NDArray[np.bool_], weights: Array | None = None) -> TwofoldSplit:
    """Blinder-Oaxaca with pooled coefficients, the group among the regressors (Fortin 2008; Jann 2008).

    `y` (n, m), characteristics `x` (n, k), `is_high_density` (n,). The part of a characteristic is the difference of its means
    times its coefficient within groups; the unexplained part is the coefficient of the group.
    """
    mass = np.ones(len(y)) if weights is None else weights
    root = np.sqrt(mass)[:, None]
    column_means, spread = np.average(x, axis=0, weights=mass), x.std(axis=0)
    z = (x - column_means) / np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(y)), is_high_density, z])
    coefficients = least_squares(design * root, y * root, tolerance=COLUMNS)
    if rank(design * root, tolerance=COLUMNS) < design.shape[1]:
        coefficients = np.full_like(coefficients, np.nan)
    outcome_means, levels = (
        np.stack(
            [
                np.average(variables[is_in_group], axis=0, weights=mass[is_in_group])
                for is_in_group in (is_high_density, ~is_high_density)
            ]
        )
        for variables in (y, x)
    )
    return TwofoldSplit(
        outcome_means,
        levels,
        unexplained=coefficients[1],
        coefficient=coefficients[2:] / np.where(spread > 0, spread, np.nan)[:, None],
    )


def splits_without_units(
    y: Array, x: Array, high: NDArray[np.bool_], positions: NDArray[np.intp], weights: Array | None = None
) -> Iterator[TwofoldSplit]:
    """`twofold` without each unit in turn (`positions` (n,) from 0) but for rounding, from sums by unit: linear in units."""
    mass = np.ones(len(y)) if weights is None else weights
    spread = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    z = (x - np.average(x, axis=0, weights=mass)) / spread
    design = np.column_stack([np.ones(len(y)), high, z])
    order, cuts = np.argsort(positions, kind="stable"), np.cumsum(np.bincount(positions))[:-1]
    blocks = [np.split(values[order], cuts) for values in (design, y, x, high, mass)]
    sums = [_unit_sums(*block) for block in zip(*blocks)]
    total = [sum(part) for part in zip(*sums)]
    for unit_sums in sums:
        gram, cross, masses, y_sums, x_sums = (whole - part for whole, part in zip(total, unit_sums))
        is_identified = np.linalg.cond(gram) < LARGEST_CONDITION
        coefficients = np.linalg.solve(gram, cross) if is_identified else np.full_like(cross, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            means, levels = y_sums / masses[:, None], x_sums / masses[:, None]
        yield TwofoldSplit(means, levels, unexplained=coefficients[1], coefficient=coefficients[2:] / spread[:, None])


def _unit_sums(design: Array, y: Array, x: Array, high: NDArray[np.bool_], mass: Array) -> tuple[Array, ...]:
    """Gram matrix, products with y, and by group (high, low) the mass and the sums of y and x."""
    groups = np.stack([high, ~high]) * mass
    return design.T @ (design * mass[:, None]), design.T @ (y * mass[:, None]), groups.sum(axis=1), groups @ y, groups @ x


@dataclass(frozen=True)
class GapDecomposition:
    """Lines (quantity, term), and by line and outcome (L, m) value and delete-one-unit error with the groups kept."""

    spec: Specification
    groups: DensityGroups
    lines: tuple[tuple[str, str], ...]
    value: Array
    error: Array
    full_split: TwofoldSplit
    columns: tuple[str, ...]  # the characteristics of `whole`; those of years are called `year`
    dropped_controls: tuple[str, ...]
    n: int


def oaxaca_decomposition(observations: pd.DataFrame, spec: Specification) -> GapDecomposition:
    """The gap of every outcome of `spec` between dense and sparse units, over the years since the first recognition.

    Characteristics are the controls and, where the specification has year effects, the years (one line, which does not depend
    on the year left out). Unit effects would absorb the groups and are not among them.
    """
    groups = density_groups(observations, spec.density)
    rows_from_first_year = observations[observations["year"] >= groups.first].sort_values(["unit", "year"], kind="stable")
    unit = rows_from_first_year["unit"].astype(str).to_numpy()
    high = np.isin(unit, groups.high)
    y = rows_from_first_year[list(spec.outcomes)].to_numpy(dtype=float)
    weights = rows_from_first_year[spec.weights].to_numpy(dtype=float) if spec.weights else None
    x, columns, dropped_controls = _characteristics(rows_from_first_year, spec, high, weights)
    if len(y) <= x.shape[1] + 2:
        raise specification_error(
            spec, f"{len(y)} rows for {x.shape[1] + 2} parameters", f"{len(y)} 行数据要估计 {x.shape[1] + 2} 个参数"
        )
    lines = _decomposition_lines(columns)
    full_split = twofold(y, x, high, weights)
    value = _stacked_parts(full_split, columns, lines)
    labels, positions = np.unique(unit, return_inverse=True)
    if len(labels) > DENSE_CLUSTERS:
        splits = splits_without_units(y, x, high, positions, weights)
    else:
        splits = (
            twofold(y[other_rows], x[other_rows], high[other_rows], None if weights is None else weights[other_rows])
            for other_rows in (unit != label for label in dict.fromkeys(unit))
        )
    leave_one_out = [_stacked_parts(split, columns, lines) for split in splits]
    return GapDecomposition(
        spec, groups, lines, value, jackknife(value, np.stack(leave_one_out)), full_split, columns, dropped_controls, len(y)
    )


def _characteristics(
    observations: pd.DataFrame, spec: Specification, is_high_density: NDArray[np.bool_], weights: Array | None
) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """Columns beside the group and the constant, their names, and the controls that those before them span."""
    years = sorted(observations["year"].unique())[1:] if YEAR in spec.fixed_effects else []
    names = [*[YEAR] * len(years), *spec.controls]
    values = [
        *((observations["year"] == year).to_numpy(dtype=float) for year in years),
        *(observations[control].to_numpy(dtype=float) for control in spec.controls),
    ]
    root = np.ones(len(observations)) if weights is None else np.sqrt(weights)
    leading_columns = [np.ones(len(observations)), is_high_density.astype(float)]
    columns = np.stack([*leading_columns, *(level - level.mean() for level in values)], axis=1) * root[:, None]
    positions = [
        j - len(leading_columns)
        for j in independent_columns(columns, np.linalg.norm(columns, axis=0))
        if j >= len(leading_columns)
    ]
    dropped_controls = tuple(column_name for j, column_name in enumerate(names) if j not in positions)
    x = np.stack([values[j] for j in positions], axis=1) if positions else np.zeros((len(observations), 0))
    return x, tuple(names[j] for j in positions), dropped_controls


def _decomposition_lines(columns: Sequence[str]) -> tuple[tuple[str, str], ...]:
    column_groups = sorted(dict.fromkeys(columns), key=lambda name: name == YEAR)
    return (("gap", ""), ("explained", ""), *(("part", name) for name in column_groups), ("unexplained", ""))


def _stacked_parts(twofold_split: TwofoldSplit, columns: Sequence[str], decomposition_lines: Sequence[tuple[str, str]]) -> Array:
    """(L, m) values in the order of the lines."""
    split_parts, names = twofold_split.parts, np.array(columns, dtype=object)
    cluster_sums = {"gap": twofold_split.gap, "explained": split_parts.sum(axis=0), "unexplained": twofold_split.unexplained}
    return np.stack(
        [cluster_sums[quantity] if not term else split_parts[names == term].sum(axis=0) for quantity, term in decomposition_lines]
    )


def oaxaca_rows(decomposition: GapDecomposition, density: Density, level: float) -> Iterator[Row]:
    """Rows of `oaxaca`; a fraction is of the gap, suppressed where that is below its standard error."""
    value, error, groups, spec = decomposition.value, decomposition.error, decomposition.groups, decomposition.spec
    g = len(groups.high) + len(groups.low)
    low, high = interval(value, error, g, level)
    p = p_value(value, error, g)
    for j, column in enumerate(spec.outcomes):
        sample, node = split_outcome(column)
        gap_is_weak = value[0, j] == 0 or not abs(value[0, j]) >= error[0, j]
        for i, (quantity, term) in enumerate(decomposition.lines):
            yield {
                "spec": spec.id,
                "sample": sample,
                "outcome": node,
                "quantity": quantity,
                "term": term,
                "estimate": value[i, j],
                "se_cv3": error[i, j],
                "p_cv3": p[i, j],
                "ci_low": low[i, j],
                "ci_high": high[i, j],
                "fraction": np.nan if gap_is_weak else value[i, j] / value[0, j],
                **_term_detail_row(decomposition, quantity, term, j),
                "from_year": groups.first,
                "to_year": groups.last_year,
                "n_obs": decomposition.n,
                "n_clusters": g,
                "n_high": len(groups.high),
                "n_low": len(groups.low),
                "fixed_effects": YEAR if YEAR in spec.fixed_effects else "",
                "controls": "+".join(spec.controls),
                "density": density_text(density),
                "lag": density.lag,
                "note": _note(decomposition, quantity, gap_is_weak=gap_is_weak),
            }


def _term_detail_row(decomposition: GapDecomposition, quantity: str, term: str, j: int) -> Row:
    """Means of both groups and the pooled coefficient behind a line; missing for sums and for the years."""
    mean_of_high, mean_of_low, slope = np.nan, np.nan, np.nan
    if quantity == "gap":
        mean_of_high, mean_of_low = decomposition.full_split.group_means[:, j]
    elif term and term != YEAR:
        k = decomposition.columns.index(term)
        (mean_of_high, mean_of_low), slope = decomposition.full_split.levels[:, k], decomposition.full_split.coefficient[k, j]
    return {"mean_high": mean_of_high, "mean_low": mean_of_low, "coefficient": slope}


def _note(decomposition: GapDecomposition, quantity: str, *, gap_is_weak: bool) -> str:
    groups = decomposition.groups
    sentences = [NOTE]
    if quantity == "gap":
        sentences.append(f"median of mean density {groups.median:.6g}, above it: {_names(groups.high)}")
        sentences += [f"at the median, counted low: {_names(groups.units_at_median)}"] if groups.units_at_median else []
    sentences += [f"dropped: {' '.join(decomposition.dropped_controls)}"] if decomposition.dropped_controls else []
    return "; ".join([*sentences, *(["fraction suppressed: gap below its standard error"] if gap_is_weak else [])])


def _names(units: Sequence[str]) -> str:
    """The units, or how many they are where a note cannot name them."""
    return " ".join(units) if len(units) <= MOST_NAMES else f"{len(units)} units"


def oaxaca(headline: Headline) -> Rows:
    """Every reported node of both samples on the headline's rows."""
    spec = replace(headline.estimate.spec, outcomes=headline.sample.reported_columns)
    decomposition = oaxaca_decomposition(headline.rows, spec)
    return {"oaxaca": list(oaxaca_rows(decomposition, headline.density, headline.level))}
