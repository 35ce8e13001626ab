"""How evenly the parts of the index are developed: coupling coordination, classic and corrected, and its ten named levels.

The degree is a function of the scores themselves; it describes and is never an outcome that carries new information.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import EstimationError
from ...study.records import Label
from ..score_panel import RefusableItem, Refusals, Row, ScorePanel, table

Array = NDArray[np.float64]
ROUNDING = 1e-9
"""How far a score may leave [0, 1] by rounding, and how near below a tenth it counts as that tenth."""

LEVELS = (
    Label(zh="极度失调", en="extremely disordered"), Label(zh="严重失调", en="severely disordered"),
    Label(zh="中度失调", en="moderately disordered"), Label(zh="轻度失调", en="slightly disordered"),
    Label(zh="濒临失调", en="near disorder"), Label(zh="勉强协调", en="barely coordinated"),
    Label(zh="初级协调", en="primarily coordinated"), Label(zh="中级协调", en="moderately coordinated"),
    Label(zh="良好协调", en="well coordinated"), Label(zh="优质协调", en="excellently coordinated"),
)  # fmt: skip
COUPLING_ITEM = RefusableItem(
    "coupling",
    "coupling",
    Label(zh="耦合协调度", en="coupling coordination"),
    Label(
        zh="标准化到 [0, 1](如 minmax),根节点下至少有两个维度",
        en="normalise onto [0, 1], as minmax does, and have two dimensions below the root",
    ),
)
CAUTION = Label(
    zh="耦合协调度由指数本身算出,只作描述;各维度同样低时,传统耦合度 C 也接近 1",
    en="a function of the index itself, description only; the classic C is near 1 also where all dimensions are equally low",
)


@dataclass(frozen=True)
class Coupling:
    """Coupling C, level of development T, coordination degree D = sqrt(C T)."""

    coupling: Array
    development: Array
    degree: Array


def classic(systems: Array, coefficients: Array | None = None) -> Coupling:
    """C = n (prod U)^(1/n) / sum U, T = sum a U, for systems (..., n) in [0, 1] (Illingworth 1996; form of Liu et al. 2017).

    The coefficients a (n,) of T sum to 1; without them T is the mean. They move T and D, never C.
    All zero: C is NaN, D is 0. One zero: C and D are 0. A missing system makes NaN. Values outside [0, 1] are refused.
    """
    u = _values_in_unit_interval(systems)
    count = u.shape[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return _coordination(u, coefficients, count * u.prod(axis=-1) ** (1 / count) / u.sum(axis=-1))


def corrected_coupling(systems: Array, coefficients: Array | None = None) -> Coupling:
    """C = sqrt((1 - mean_{i>j} |U_i - U_j|) (prod_i U_i / max U)^(1/(n-1))) (Wang, Kong, Ren et al. 2021), T as in `classic`.

    The ratio is inside the product over the n - 1 systems below the largest; for two systems this is
    sqrt((1 - |U2 - U1|) U1 / U2), U2 the larger. Zeros and missing systems as in `classic`.
    """
    u = _values_in_unit_interval(systems)
    count = u.shape[-1]
    first_system, second_system = np.triu_indices(count, 1)
    distance = np.abs(u[..., first_system] - u[..., second_system]).mean(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = (u / u.max(axis=-1, keepdims=True)).prod(axis=-1) ** (1 / (count - 1))
        return _coordination(u, coefficients, np.sqrt((1 - distance) * ratios))


def _values_in_unit_interval(systems: Array) -> Array:
    if systems.shape[-1] < 2:
        raise EstimationError("coupling needs two or more systems", zh="耦合协调度至少需要两个系统")
    if (systems < -ROUNDING).any() or (systems > 1 + ROUNDING).any():
        minimum, maximum = np.nanmin(systems), np.nanmax(systems)
        raise EstimationError(
            f"scores lie between {minimum:.4g} and {maximum:.4g}; coupling is defined for values between 0 and 1",
            zh=f"得分在 {minimum:.4g} 与 {maximum:.4g} 之间;耦合协调度只对 0 到 1 之间的值有定义",
        )
    return np.clip(systems, 0.0, 1.0)


def _coordination(system_scores: Array, coefficients: Array | None, coupling: Array) -> Coupling:
    development = system_scores.mean(axis=-1) if coefficients is None else system_scores @ coefficients
    is_zero = (system_scores == 0).all(axis=-1)
    coupling = np.where(is_zero, np.nan, coupling)
    return Coupling(coupling, development, np.where(is_zero, 0.0, np.sqrt(coupling * development)))


def level(degree: Array) -> Array:
    """Position 0-9 in LEVELS: tenths of D, closed below (Liao 1999); NaN stays NaN."""
    return np.minimum(np.floor(10 * degree + ROUNDING), 9.0)


METHODS: dict[str, Callable[[Array, Array | None], Coupling]] = {"classic": classic, "corrected": corrected_coupling}


def coupling_table(
    score_panel: ScorePanel, system_nodes: tuple[str, ...], refusals: Refusals, coefficients: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Table `coupling`: both methods over the root's children `system_nodes`, one row per unit, year and method.

    `coefficients` of T by node are those the study gives (study.yaml, dynamics.coupling); equal parts by default.
    """
    rows: list[Row] = []
    with refusals.refusing(", ".join(system_nodes), COUPLING_ITEM):
        if not all(system_node in score_panel.values for system_node in system_nodes):
            raise EstimationError("the root has indicators, not dimensions, below it", zh="根节点之下是指标,没有维度")
        system_coefficients = (
            None if coefficients is None else np.array([coefficients[system_node] for system_node in system_nodes])
        )
        systems = np.stack([score_panel.values[system_node] for system_node in system_nodes], axis=-1)
        for method_name, method in METHODS.items():
            rows += _coupling_rows(score_panel, method_name, method(systems, system_coefficients))
    return table("coupling", rows)


def _coupling_rows(score_panel: ScorePanel, method: str, coordination: Coupling) -> Iterator[Row]:
    coordination_level = level(coordination.degree)
    for t, year in enumerate(score_panel.years):
        for unit_index in range(len(score_panel.units)):
            level_name = (
                LEVELS[int(coordination_level[t, unit_index])] if not np.isnan(coordination_level[t, unit_index]) else None
            )
            yield score_panel.unit(unit_index) | {
                "year": year,
                "method": method,
                "coupling": coordination.coupling[t, unit_index],
                "development": coordination.development[t, unit_index],
                "degree": coordination.degree[t, unit_index],
                "level": int(coordination_level[t, unit_index]) + 1 if level_name else None,
                "level_zh": level_name.zh if level_name else None,
                "level_en": level_name.en if level_name else None,
            }


def group_means(coupling: pd.DataFrame, group_tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """scheme, group, year, method, n, coupling, degree: means by group; each scheme is a frame (unit, group [, year])."""
    frames_of_blocks = [_group_mean_rows(coupling, members).assign(scheme=scheme) for scheme, members in group_tables.items()]
    return pd.concat(frames_of_blocks, ignore_index=True)


def _group_mean_rows(coupling: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    group_rows = coupling.merge(members, on=[key_column for key_column in ("unit", "year") if key_column in members], how="inner")
    scored_rows = group_rows[group_rows["degree"].notna()]
    row_groups = scored_rows.groupby(["group", "year", "method"], as_index=False)
    return row_groups.agg(n=("degree", "size"), coupling=("coupling", "mean"), degree=("degree", "mean"))
