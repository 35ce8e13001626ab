"""Four modes of firms: standardised scores, two axes of relative strength, labels that do not flicker, soft membership.

Arrays by firm and calendar year are (F, T); a firm-year that is not there is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int8]
Groups = NDArray[np.intp]

UNCLASSIFIED_STATE, MIXED_STATE, FIRST_MODE, SECOND_MODE = -2, 0, 1, -1  # FIRST: technology, safety; SECOND: market, efficiency
LABEL_PERSISTENCE_YEARS = 1  # years that a label outlives its score
FEWEST_BASE = 3  # values in the base years that a mean and a standard deviation are taken from
MODES = ("tech_safety", "market_safety", "tech_efficiency", "market_efficiency")
AXES = (("tech", "market"), ("safety", "efficiency"))


def winsorise(item_values: pd.DataFrame, year_cells: Groups, share: float) -> pd.DataFrame:
    """Columns drawn in to the `share` and 1 - `share` quantiles of their cell; one of two values (a flag) stays as it is."""
    continuous = [column for column in item_values if item_values[column].nunique() > 2]
    if share == 0 or not continuous:
        return item_values
    low, high = (
        group_values(item_values[continuous].groupby(year_cells).quantile(quantile), year_cells)
        for quantile in (share, 1 - share)
    )
    clipped_values = pd.DataFrame(
        np.clip(item_values[continuous].to_numpy(dtype=float), low, high), index=item_values.index, columns=pd.Index(continuous)
    )
    return pd.concat([item_values.drop(columns=continuous), clipped_values], axis=1)[list(item_values.columns)]


def standardise(item_values: pd.DataFrame, groups: Groups, is_base_year: NDArray[np.bool_]) -> pd.DataFrame:
    """(x - mean) / SD with mean and SD (n - 1) of the group's rows where `is_base_year`; missing where the SD is 0 or unknown."""
    reference = item_values[is_base_year].groupby(groups[is_base_year])
    mean, spread, count = reference.mean(), reference.std(), reference.count()
    spread = spread.where((spread > 0) & (count >= FEWEST_BASE))
    z = (item_values.to_numpy(dtype=float) - group_values(mean, groups)) / group_values(spread, groups)
    return pd.DataFrame(z, index=item_values.index, columns=item_values.columns)


def group_values(by_group: pd.DataFrame, groups: Groups) -> Array:
    """The row of each one's group; NaN for a group that is not there."""
    return np.asarray(by_group.reindex(range(int(groups.max(initial=-1)) + 1)).to_numpy(dtype=float)[groups])


def mean_score(item_scores: pd.DataFrame, signs: Mapping[str, int], min_items: int) -> pd.Series:
    """Mean of the items present, those of sign -1 turned; missing below `min_items`."""
    signed_scores = item_scores * pd.Series(signs, dtype=float).reindex(item_scores.columns)
    return signed_scores.mean(axis=1).where(signed_scores.notna().sum(axis=1) >= min_items)


def rolling_mean(scores: Array, window: int) -> Array:
    """Mean of the scores of this and the `window` - 1 calendar years before that exist; missing where this year's is."""
    has_score = ~np.isnan(scores)
    padded_scores = np.pad(np.where(has_score, scores, 0.0), ((0, 0), (window - 1, 0)))
    counts = np.pad(has_score.astype(float), ((0, 0), (window - 1, 0)))
    years = scores.shape[1]
    total = sum(padded_scores[:, k : k + years] for k in range(window))
    n_present = sum(counts[:, k : k + years] for k in range(window))
    return np.where(has_score, total / np.maximum(n_present, 1.0), np.nan)


def axis_strengths(first_scores: Array, second_scores: Array, is_base_year: NDArray[np.bool_]) -> Array:
    """(first - second) / its SD (n - 1) over the firm-years of the base years (T,); all missing where that is 0 or unknown."""
    difference = np.asarray(first_scores - second_scores)
    base_differences = difference[:, is_base_year][~np.isnan(difference[:, is_base_year])]
    spread = base_differences.std(ddof=1) if len(base_differences) >= FEWEST_BASE else 0.0
    return difference / spread if spread > 0 else np.full_like(difference, np.nan)


def axis_labels(strengths: Array, *, dead_band: float, hysteresis: float) -> Codes:
    """FIRST, SECOND, MIXED or UNCLASSIFIED by firm and year.

    Without a label, or mixed: the sign of a once |a| >= dead_band, else mixed. With one: it turns only when a has the other
    sign and |a| >= hysteresis. Without a score a label is kept one year, then unclassified.
    """
    labels_of_year = np.full(len(strengths), UNCLASSIFIED_STATE, dtype=np.int8)
    years_without_score = np.zeros(len(strengths), dtype=int)
    labels = np.empty(strengths.shape, dtype=np.int8)
    for t in range(strengths.shape[1]):
        scores = strengths[:, t]
        is_unscored = np.isnan(scores)
        pole_of_sign = np.where(scores > 0, FIRST_MODE, SECOND_MODE)
        unlabelled = (labels_of_year == MIXED_STATE) | (labels_of_year == UNCLASSIFIED_STATE)
        new_labels = np.where((np.abs(scores) >= dead_band) & (scores != 0), pole_of_sign, MIXED_STATE)
        turned_labels = np.where(
            (pole_of_sign != labels_of_year) & (np.abs(scores) >= hysteresis) & (scores != 0), pole_of_sign, labels_of_year
        )
        years_without_score = np.where(is_unscored, years_without_score + 1, 0)
        carried_labels = np.where(years_without_score <= LABEL_PERSISTENCE_YEARS, labels_of_year, UNCLASSIFIED_STATE)
        labels_of_year = np.where(is_unscored, carried_labels, np.where(unlabelled, new_labels, turned_labels)).astype(np.int8)
        labels[:, t] = labels_of_year
    return labels


def absolute_labels(first_scores: Array, second_scores: Array, cuts: tuple[float, float]) -> Codes:
    """FIRST where the first score reaches its cut and the second does not, SECOND the other way round, else MIXED."""
    reaches_cut = (first_scores >= cuts[0], second_scores >= cuts[1])
    label = np.where(
        reaches_cut[0] & ~reaches_cut[1], FIRST_MODE, np.where(reaches_cut[1] & ~reaches_cut[0], SECOND_MODE, MIXED_STATE)
    )
    return np.where(np.isnan(first_scores) | np.isnan(second_scores), UNCLASSIFIED_STATE, label).astype(np.int8)


def soft_membership(strengths: Array, tau: float) -> Array:
    """Membership of the first pole, 1 / (1 + exp(-a / tau))."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-strengths / tau)))


def memberships(p_tech: Array, p_safety: Array) -> dict[str, Array]:
    """Soft membership of each mode, the product over the two axes; the four add up to 1."""
    technology_axis = {"tech": p_tech, "market": 1 - p_tech}
    safety_axis = {"safety": p_safety, "efficiency": 1 - p_safety}
    return {mode: technology_axis[mode.split("_")[0]] * safety_axis[mode.split("_")[1]] for mode in MODES}


def mode_of(technology_labels: Codes, safety_labels: Codes) -> NDArray[np.object_]:
    """The mode of two labels; unclassified where either is, mixed where either is and neither is unclassified."""
    mode_names = np.full(technology_labels.shape, "mixed", dtype=object)
    for mode in MODES:
        first_pole, second_pole = mode.split("_")
        mode_names[
            (technology_labels == _pole_code(AXES[0], first_pole)) & (safety_labels == _pole_code(AXES[1], second_pole))
        ] = mode
    mode_names[(technology_labels == UNCLASSIFIED_STATE) | (safety_labels == UNCLASSIFIED_STATE)] = "unclassified"
    return mode_names


def axis_name(label: Codes, poles: tuple[str, str], level: Array) -> NDArray[np.object_]:
    """The pole, or mixed_strong and mixed_weak by the sign of the level (sum of both scores): near 0 is both or neither."""
    strong_names = np.where(level >= 0, "mixed_strong", "mixed_weak")
    names = np.where(label == FIRST_MODE, poles[0], np.where(label == SECOND_MODE, poles[1], strong_names)).astype(object)
    names[label == UNCLASSIFIED_STATE] = "unclassified"
    return names


def quadrant(technology_level: Array, safety_level: Array) -> NDArray[np.object_]:
    """`strong_weak`: technology and market together above the base mean, safety and efficiency together below; '' unknown."""
    words = np.array([["weak_weak", "weak_strong"], ["strong_weak", "strong_strong"]], dtype=object)
    names = words[(technology_level >= 0).astype(np.intp), (safety_level >= 0).astype(np.intp)]
    names[np.isnan(technology_level) | np.isnan(safety_level)] = ""
    return names


def diversity(shares: Sequence[float] | Array) -> float:
    """Shannon entropy -sum p ln p; 0 ln 0 = 0."""
    p = np.asarray(shares, dtype=float)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def _pole_code(poles: tuple[str, str], pole: str) -> int:
    return FIRST_MODE if pole == poles[0] else SECOND_MODE
