"""Weights from what an indicator does to the whole: the effect of its removal, the losses where another is at its best."""

from __future__ import annotations

import numpy as np

from ..errors import EstimationError
from ..linear_algebra import COLUMNS, rank
from .column_statistics import FEWEST_CELLS, bounds, total
from .method import Array, ColumnError
from .shares import as_shares, refuse_few_rows, refuse_negative
from .weight_components import shares_per_draw

TIED = 1e-12  # a value this near to a column's greatest, relative to it, is the greatest too


def merec(values: Array) -> Array:
    """E_j / sum E, E_j = sum_i |ln(1 + (L_i - l_ij) / m) - ln(1 + L_i / m)|, l_ij = ln(z_ij / min_j) (Keshavarz-Ghorabaee 2021).

    What the scores lose when indicator j is removed. Values of 0 or below are refused by column; rows with a missing cell
    are left out; constant columns weigh 0 and are not counted in m.
    """
    refuse_few_rows(values)
    _refuse_not_positive(values)
    complete_values = _complete_cells(values)
    low, _ = bounds(complete_values)
    is_varying = ~np.isnan(low)
    logs = np.where(
        np.isnan(complete_values) | ~is_varying,
        0.0,
        np.log(np.where(is_varying, complete_values, 1.0) / np.where(is_varying, low, 1.0)),
    )
    count = np.maximum(is_varying.sum(axis=-1, keepdims=True), 1)
    row_sums = logs.sum(axis=-1, keepdims=True)
    effects = np.abs(np.log1p((row_sums - logs) / count) - np.log1p(row_sums / count))
    return as_shares(total(effects), is_varying)


def cilos(values: Array) -> Array:
    """q / sum q with F q = 0, F = P - diag(sum_j p_jk), p_jk what k loses where j is best (Zavadskas and Podvezko 2016).

    p_jk = (max_k - a_jk) / max_k, a_jk the value of k in the row where j is greatest, its mean over several such rows. The
    less an indicator loses the more it weighs; if none loses anything all weigh alike. Rows with a missing cell are left
    out; EstimationError where the losses do not determine the weights.
    """
    return shares_per_draw(_checked_rows(values), _loss_merits)


def _checked_rows(values: Array) -> Array:
    refuse_few_rows(values)
    refuse_negative(np.fmin.reduce(values, axis=-2, keepdims=True) < 0, "cilos")
    return values


def _loss_merits(rows: Array) -> Array:
    count = rows.shape[1]
    losses = relative_losses(rows)
    balance = losses - np.diag(losses.sum(axis=0))
    if count == 1 or not losses.any():
        return np.ones(count)
    if rank(balance, tolerance=COLUMNS) < count - 1:
        raise EstimationError(
            "cilos: the losses do not determine the weights; leave an indicator out or use another method",
            zh="cilos:相对损失矩阵不能唯一确定权重;请去掉一个指标,或改用其他方法",
        )
    balance[-1] = 1.0  # the columns of F sum to 0, so that the sum of q takes the place of any one row
    return np.maximum(np.linalg.solve(balance, np.eye(count)[-1]), 0.0)


def relative_losses(rows: Array) -> Array:
    """P (m, m): the share of its greatest value that the column's indicator lacks where the row's indicator is greatest."""
    column_maxima = rows.max(axis=0)
    at_best = (rows >= column_maxima * (1 - TIED)).astype(np.float64)
    losses: Array = 1 - (at_best.T @ rows) / at_best.sum(axis=0)[:, None] / column_maxima
    np.fill_diagonal(losses, 0.0)
    return np.maximum(losses, 0.0)


def _complete_cells(values: Array) -> Array:
    """The values, with every cell missing in rows that miss one in a column that has any; fewer than 3 other rows are refused."""
    is_observed = ~np.isnan(values)
    is_complete = (is_observed | ~is_observed.any(axis=-2, keepdims=True)).all(axis=-1, keepdims=True)
    least_count = int(is_complete.sum(axis=-2).min(initial=values.shape[-2]))
    if least_count < FEWEST_CELLS:
        raise EstimationError(
            f"only {least_count} row(s) have all indicators; 3 or more are needed",
            zh=f"只有 {least_count} 行的指标齐全,至少需要 3 行",
        )
    return np.where(is_complete, values, np.nan)


def _refuse_not_positive(values: Array) -> None:
    bad = np.fmin.reduce(values, axis=-2, keepdims=True) <= 0
    if bad.any():
        raise ColumnError(
            np.flatnonzero(bad.any(axis=tuple(range(bad.ndim - 1)))).tolist(),
            "merec needs values above 0, not zeros or negative ones; normalise with minmax to: [1, 100]",
            "merec 要求正值,不能有 0 或负值;请用 minmax 标准化并写 to: [1, 100]",
        )


KESHAVARZ = "Keshavarz-Ghorabaee et al. 2021, Symmetry 13(4)"
ZAVADSKAS = "Zavadskas and Podvezko 2016, Int. J. Information Technology & Decision Making 15(2)"

MEREC = (
    "l_{ij} = ln(z_{ij} / min_j)        S_i = ln(1 + Σ_k l_{ik} / m)        S_{ij} = ln(1 + Σ_{k ≠ j} l_{ik} / m)"
    "        E_j = Σ_i |S_{ij} − S_i|        w_j = E_j / Σ_k E_k"
)
LOSSES = "p_{jk} = (max_k − a_{jk}) / max_k        Σ_k p_{jk} q_k = q_j Σ_k p_{kj}"
CILOS = f"{LOSSES}        w_j = q_j / Σ_k q_k"
IDOCRIW = f"{LOSSES}        d_j = 1 − e_j        w_j = d_j q_j / Σ_k d_k q_k"
