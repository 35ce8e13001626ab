"""Inequality between and within groups of units by Theil's index, which splits without a remainder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from ...errors import EstimationError
from ...study.records import Label
from ..score_panel import RefusableItem, Refusals, Row, ScorePanel

Array = NDArray[np.float64]
THEIL_ITEM = RefusableItem(
    "theil",
    "dynamics",
    Label(zh="泰尔指数分解", en="Theil decomposition"),
    Label(zh="需要非负得分(如 minmax)和至少两个单位", en="needs scores that are not negative (minmax) and two or more units"),
)


@dataclass(frozen=True)
class Theil:
    """T = within + between; groups in the order of their names, with their sizes, their own T and their share of the sum."""

    theil: float
    within: float
    between: float
    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    theil_by_group: Array
    shares: Array


def theil(values: Array, groups: Sequence[str]) -> Theil:
    """T = (1/n) sum (y / mu) ln(y / mu) of values (n,) = within sum s_g T_g + between sum s_g ln(s_g / p_g) (Theil 1967).

    s_g is a group's share of the sum of y, p_g its share of the units; 0 ln 0 = 0. A missing value is left out. A negative
    value, a sum of 0 and fewer than 2 units are refused; a group whose values are all 0 has T_g = 0.
    """
    is_observed = ~np.isnan(values)
    y, member = values[is_observed], np.asarray(groups, dtype=object)[is_observed].astype(str)
    if len(y) < 2:
        raise EstimationError("fewer than two units have a score", zh="有得分的单位不足两个")
    if (y < 0).any() or y.sum() <= 0:
        raise EstimationError("a score is negative, or all are 0", zh="得分中有负值,或全部为 0")
    names, positions = np.unique(member, return_inverse=True)
    sizes, sums = np.bincount(positions).astype(np.float64), np.bincount(positions, weights=y)
    ratios = y / np.where(sums > 0, sums / sizes, 1.0)[positions]
    theil_by_group = np.bincount(positions, weights=xlogy(ratios, ratios)) / sizes
    shares, units = sums / y.sum(), sizes / len(y)
    relative = y / y.mean()
    return Theil(
        theil=float(xlogy(relative, relative).mean()),
        within=float(shares @ theil_by_group),
        between=float(xlogy(shares, shares / units).sum()),
        groups=tuple(map(str, names)),
        sizes=tuple(map(int, sizes)),
        theil_by_group=theil_by_group,
        shares=shares,
    )


def theil_rows(score_panel: ScorePanel, schemes: Mapping[str, Mapping[str, str]], refusals: Refusals) -> Iterator[Row]:
    """Rows of `dynamics`: for every scheme, node and year T, its parts and their shares, each group's T and contribution."""
    for scheme, groups in schemes.items():
        is_grouped = np.array([unit in groups for unit in score_panel.units])
        unit_groups = [groups[unit] for unit in score_panel.units if unit in groups]
        for node, scores in score_panel.values.items():
            for year, row in zip(score_panel.years, scores):
                with refusals.refusing(f"{node} {year}", THEIL_ITEM):
                    for cells in _rows(theil(row[is_grouped], unit_groups)):
                        yield {"item": THEIL_ITEM.id, "node": node, "year": year, "variant": scheme} | cells


def _rows(decomposition: Theil) -> Iterator[Row]:
    whole = decomposition.theil
    yield {"quantity": "theil", "value": whole}
    for name, component in (("within", decomposition.within), ("between", decomposition.between)):
        yield {"quantity": name, "value": component}
        yield {"quantity": f"{name}_share", "value": component / whole if whole > 0 else np.nan}
    for group, size, group_theil, share in zip(
        decomposition.groups, decomposition.sizes, decomposition.theil_by_group.tolist(), decomposition.shares.tolist()
    ):
        yield {"group": group, "quantity": "n", "value": size}
        yield {"group": group, "quantity": "theil_within", "value": group_theil}
        yield {"group": group, "quantity": "contribution", "value": share * group_theil / whole if whole > 0 else np.nan}
