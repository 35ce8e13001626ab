"""Inequality between and within groups of units: Dagum's decomposition of the Gini coefficient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import CheckError, EstimationError
from ...study.records import Label
from ..score_panel import RefusableItem, Refusals, Row, ScorePanel

Array = NDArray[np.float64]
IDENTITY = 1e-12
"""G is at most 1; the parts are sums of at most n^2 terms of it, so rounding stays below this for any panel of units."""
DAGUM_ITEM = RefusableItem(
    "dagum",
    "dynamics",
    Label(zh="Dagum 基尼系数分解", en="Dagum decomposition"),
    Label(zh="需要非负得分(如 minmax)和至少两个单位", en="needs scores that are not negative (minmax) and two or more units"),
)


@dataclass(frozen=True)
class Dagum:
    """G = within + between + transvariation; G_jj and G_jh by group, group sizes; groups in the order of their names."""

    gini: float
    within: float
    between_groups: float
    transvariation: float
    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    gini_by_pair: Array


def dagum(unit_scores: Array, unit_groups: Sequence[str]) -> Dagum:
    """Gini coefficient of values (n,) split by group (Dagum 1997): G = sum |y - y'| / (2 n^2 mu) = G_w + G_nb + G_t.

    p_j = n_j/n, s_j = n_j mu_j / (n mu); D_jh = |d - q| / (d + q), d and q the mean advantages of either group over the
    other, 0 where both are 0. A missing value is left out. Equal values: all parts 0. A negative value, a mean of 0 and
    fewer than 2 units are refused; CheckError where the three parts do not sum to G within 1e-12.
    """
    is_observed = ~np.isnan(unit_scores)
    y, member = unit_scores[is_observed], np.asarray(unit_groups, dtype=object)[is_observed].astype(str)
    _check_values(y)
    names, group_positions = np.unique(member, return_inverse=True)
    is_member = (group_positions[:, None] == np.arange(len(names))).astype(np.float64)
    size = is_member.sum(axis=0)
    mean = is_member.T @ y / size
    gap = np.maximum(y[:, None] - y[None, :], 0.0)
    mean_advantage = is_member.T @ gap @ is_member / np.outer(size, size)
    mean_gap = mean_advantage + mean_advantage.T
    level = mean[:, None] + mean[None, :]
    gini_by_pair = np.divide(mean_gap, level, out=np.zeros_like(mean_gap), where=level > 0)
    relative_affluence = np.divide(
        np.abs(mean_advantage - mean_advantage.T), mean_gap, out=np.zeros_like(mean_gap), where=mean_gap > 0
    )
    p, s = size / len(y), size * mean / y.sum()
    weighted = gini_by_pair * np.outer(p, s)
    between_groups = weighted - np.diag(np.diag(weighted))
    decomposition = Dagum(
        gini=float(gap.sum() / (len(y) * y.sum())),
        within=float(np.trace(weighted)),
        between_groups=float((between_groups * relative_affluence).sum()),
        transvariation=float((between_groups * (1 - relative_affluence)).sum()),
        groups=tuple(map(str, names)),
        sizes=tuple(map(int, size)),
        gini_by_pair=gini_by_pair,
    )
    if abs(decomposition.gini - decomposition.within - decomposition.between_groups - decomposition.transvariation) > IDENTITY:
        raise CheckError(f"Dagum decomposition: {decomposition} does not add up", zh=f"Dagum 分解不闭合:{decomposition}")
    return decomposition


def _check_values(y: Array) -> None:
    if len(y) < 2:
        raise EstimationError("fewer than two units have a score", zh="有得分的单位不足两个")
    if (y < 0).any() or y.sum() <= 0:
        raise EstimationError("a score is negative, or all are 0", zh="得分中有负值,或全部为 0")


def dagum_rows(score_panel: ScorePanel, schemes: Mapping[str, Mapping[str, str]], refusals: Refusals) -> Iterator[Row]:
    """Rows of `dynamics`: for every scheme, node and year G, its parts and their shares, G_jj and G_jh."""
    for scheme, groups in schemes.items():
        is_grouped = np.array([unit in groups for unit in score_panel.units])
        unit_groups = [groups[unit] for unit in score_panel.units if unit in groups]
        for node, scores in score_panel.values.items():
            for year, year_scores in zip(score_panel.years, scores):
                with refusals.refusing(f"{node} {year}", DAGUM_ITEM):
                    for table_row in _gini_rows(dagum(year_scores[is_grouped], unit_groups)):
                        yield {"item": DAGUM_ITEM.id, "node": node, "year": year, "variant": scheme} | table_row


def _gini_rows(decomposition: Dagum) -> Iterator[Row]:
    yield {"quantity": "gini", "value": decomposition.gini}
    gini_parts = {
        "within": decomposition.within,
        "between": decomposition.between_groups,
        "transvariation": decomposition.transvariation,
    }
    for name, component in gini_parts.items():
        yield {"quantity": name, "value": component}
        yield {"quantity": f"{name}_share", "value": component / decomposition.gini if decomposition.gini > 0 else np.nan}
    for j, first_group in enumerate(decomposition.groups):
        yield {"group": first_group, "quantity": "n", "value": decomposition.sizes[j]}
        yield {"group": first_group, "quantity": "gini_within", "value": decomposition.gini_by_pair[j, j]}
        for h in range(j + 1, len(decomposition.groups)):
            yield {
                "group": first_group,
                "other": decomposition.groups[h],
                "quantity": "gini_between",
                "value": decomposition.gini_by_pair[j, h],
            }
