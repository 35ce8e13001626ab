"""Weights of the children of one node: `weight(values)` gives shares `(..., 1, m)`, non-negative with sum 1.

A column without any cell weighs 0; if no column differs from another, those with cells share equally.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field, WithJsonSchema

from ..errors import ConfigError
from .column_statistics import bounds, cell_counts, deviation, mean, spread_and_correlation, total
from .method import Array, Method, SharesByChild, formula_by_option
from .shares import SUM_TOLERANCE, as_shares, refuse_few_rows, refuse_negative
from .weight_ahp import AHP, ahp, check_consistency, consistency_notes, inconsistency_caution
from .weight_combined import COMBINATION_FORMULAS, check_mix, combine, game_notes, zero_caution
from .weight_components import (
    COMPONENTS,
    FACTORS,
    INDEPENDENCE,
    NICOLETTI,
    SCATTER,
    SPSS,
    component_notes,
    factor,
    factor_notes,
    independence,
    pca,
    pca_spss,
    row_notes,
    scatter,
    sign_caution,
)
from .weight_impact import CILOS, IDOCRIW, KESHAVARZ, MEREC, ZAVADSKAS, cilos, merec
from .weight_optimised import BECKER, BOD_SHARES, CHERCHYE, TARGET, bod, frontier_notes, target, target_notes
from .weight_preferences import (
    FUZZY_AHP,
    PRIORITY,
    check_fuzzy_judgements,
    fuzzy_ahp,
    fuzzy_caution,
    fuzzy_notes,
    priority,
)

ROWS_AT_ONCE = 2048  # so that a block and its logarithms stay in the processor's cache
SMALLEST_FLOAT = np.finfo(np.float64).tiny
LARGEST_QUIET_SHIFT = 1e-3
ADDED_SHIFT = {"type": "string", "pattern": r"^z \+ 0\.(0[0-9]*|10*)$", "examples": ["z + 0.01"]}
Shift = Annotated[float, Field(ge=0, le=0.1)] | Annotated[str, Field(pattern=ADDED_SHIFT["pattern"]), WithJsonSchema(ADDED_SHIFT)]
ROUNDING = 1e-12  # two columns this near to r = 1 are the same


def equal(values: Array) -> Array:
    """1 / m over the columns that have cells."""
    has_cells = cell_counts(values) > 0
    return as_shares(has_cells.astype(np.float64), has_cells)


def given_shares(values: Array, *, shares: SharesByChild, normalize: bool = False) -> Array:
    """The shares written in the study; those of empty columns are spread over the others in proportion."""
    return as_shares(np.broadcast_to(shares, cell_counts(values).shape), cell_counts(values) > 0)


def check_sum(options: Mapping[str, Any]) -> None:
    """Refuses given shares whose sum is not 1, unless they say `normalize: true`."""
    share_sum = float(np.sum(options["shares"]))
    if share_sum <= 0 or (abs(share_sum - 1) > SUM_TOLERANCE and not options.get("normalize", False)):
        percent = abs(share_sum - 100) <= 100 * SUM_TOLERANCE
        remedy, remedy_zh = ("write 30% for 30", "若为百分数请写成 30%") if percent else ("correct them", "请改正")
        raise ConfigError(
            f"given shares sum to {share_sum:.6g}, not 1; {remedy} or write normalize: true",
            zh=f"给定权重之和为 {share_sum:.6g},应为 1;{remedy_zh},或写 normalize: true",
        )


def evenness(values: Array) -> Array:
    """H_j / ln N_j, with H = -sum p ln p and p = x / sum x over the N_j cells present (Shannon 1948), within 0 and 1.

    0 ln 0 = 0. NaN for a column with fewer than 2 cells or without any positive one. Negative cells are refused.
    """
    count, column_sum, sum_of_logs = cell_counts(values), np.zeros(1), np.zeros(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        for row_block in row_blocks(values):
            present_values = np.where(np.isnan(row_block), 0.0, row_block)
            column_sum = column_sum + present_values.sum(axis=-2)
            sum_of_logs = sum_of_logs + np.einsum("...nm,...nm->...m", present_values, np.log(present_values + SMALLEST_FLOAT))
        column_sum, sum_of_logs = np.expand_dims(column_sum, -2), np.expand_dims(sum_of_logs, -2)
        refuse_negative(np.isnan(sum_of_logs), "entropy")
        ratios = (np.log(column_sum) - sum_of_logs / column_sum) / np.log(count)
    return np.where((column_sum > 0) & (count > 1), np.clip(ratios, 0.0, 1.0), np.nan)


def entropy(values: Array, *, shift: Shift = 0.0) -> Array:
    """(1 - e_j) / sum (1 - e), e = H_j / ln N_j over the N_j cells present (Shannon 1948); an all-zero column weighs 0.

    `shift` c replaces z by (1 - c) z + c before the shares are taken, `z + c` adds c, which is a shift of c / (1 + c);
    0.001 is the largest that leaves ranks alone.
    """
    refuse_few_rows(values)
    slope, constant = shift_terms(shift)
    entropies = evenness(slope * values + constant if constant else values)
    return as_shares(1 - entropies, ~np.isnan(entropies))


def shift_terms(shift: Shift) -> tuple[float, float]:
    """a and c of a z + c: 1 - c and c for a number, 1 and c for the text `z + c`."""
    if isinstance(shift, str):
        return 1.0, float(shift.removeprefix("z + "))
    return 1.0 - shift, shift


def critic(values: Array, *, absolute: bool = False) -> Array:
    """sigma_j sum_k (1 - r_jk), scaled to sum 1 (Diakoulaki, Mavrotas and Papayannakis 1995); `absolute` takes |r|.

    r is over the cells each pair has in common; a pair with fewer than 3 counts as uncorrelated. Constant columns weigh
    0 and take no part.
    """
    refuse_few_rows(values)
    spread, r = spread_and_correlation(values)
    is_varying = ~np.isnan(spread)
    conflict = 1 - np.nan_to_num(np.abs(r) if absolute else r)
    counts = is_varying & is_varying.swapaxes(-1, -2) & ~np.eye(values.shape[-1], dtype=bool)
    conflicts = np.where(counts & (conflict > ROUNDING), conflict, 0.0).sum(axis=-2, keepdims=True)
    return as_shares(np.where(is_varying, spread, 0.0) * conflicts, is_varying)


def std(values: Array) -> Array:
    """sigma_j / sum sigma, on normalised values (Diakoulaki et al. 1995); constant columns weigh 0."""
    refuse_few_rows(values)
    is_varying = ~np.isnan(bounds(values)[0])
    return as_shares(deviation(values), is_varying)


def cv(values: Array) -> Array:
    """(sigma_j / mu_j) / sum (sigma / mu): relative spread (Pearson 1896); constant columns weigh 0, negatives are refused."""
    refuse_few_rows(values)
    low, _ = bounds(values)
    refuse_negative(low < 0, "cv")
    is_varying = ~np.isnan(low)
    return as_shares(deviation(values) / np.where(is_varying, mean(values), 1.0), is_varying)


def gini(values: Array) -> Array:
    """G_j / sum G, G = sum_ab |x_a - x_b| / (2 N^2 mu) (Gini 1912); constant columns weigh 0, negatives are refused."""
    refuse_few_rows(values)
    low, _ = bounds(values)
    refuse_negative(low < 0, "gini")
    is_varying = ~np.isnan(low)
    count = cell_counts(values)
    place = np.arange(1, values.shape[-2] + 1)[:, None]
    spread = total((2.0 * place - count - 1) * np.sort(values, axis=-2))
    return as_shares(spread / np.where(is_varying, count * total(values), 1.0), is_varying)


def idocriw(values: Array) -> Array:
    """d_j q_j / sum d q: the divergence of entropy times the weights of cilos (Zavadskas and Podvezko 2016)."""
    return as_shares(entropy(values) * cilos(values), ~np.isnan(bounds(values)[0]))


def shift_caution(options: Mapping[str, Any]) -> tuple[str, str] | None:
    """Shifts above 0.001 move weights by more than rounding: .01 by up to .0145, .1 by up to .067 of the whole."""
    _, shift = shift_terms(options["shift"])
    if shift <= LARGEST_QUIET_SHIFT:
        return None
    return (
        f"entropy: a shift of {shift:g} changes weights; none or at most {LARGEST_QUIET_SHIFT:g} does not change ranks",
        f"熵值法:平移 {shift:g} 会改变权重;不平移或不超过 {LARGEST_QUIET_SHIFT:g} 时排名不变",
    )


def row_blocks(values: Array) -> Iterator[Array]:
    """Consecutive views of at most ROWS_AT_ONCE rows."""
    return (values[..., first_row : first_row + ROWS_AT_ONCE, :] for first_row in range(0, values.shape[-2], ROWS_AT_ONCE))


SHANNON = "Shannon 1948, Bell System Technical Journal 27"
DIAKOULAKI = "Diakoulaki, Mavrotas and Papayannakis 1995, Computers & Operations Research 22(7)"

CRITIC = {
    False: "C_j = σ_j Σ_k (1 − r_{jk})        w_j = C_j / Σ_k C_k",
    True: "C_j = σ_j Σ_k (1 − |r_{jk}|)        w_j = C_j / Σ_k C_k",
}


def entropy_formula(options: Mapping[str, Any]) -> str:
    """Shares, entropy, divergence and weights; the shift first, where there is one."""
    slope, shift = shift_terms(options["shift"])
    z = "z′_{ij}" if shift else "z_{ij}"
    scaled_z = "z_{ij}" if slope == 1 else f"{slope:g} z_{{ij}}"
    shift_formula = f"z′_{{ij}} = {scaled_z} + {shift:g}        " if shift else ""
    entropies = "e_j = −(1 / ln N_j) Σ_i p_{ij} ln p_{ij}        d_j = 1 − e_j        w_j = d_j / Σ_k d_k"
    return f"{shift_formula}p_{{ij}} = {z} / Σ_i {z}        {entropies}"


WEIGHT: dict[str, Method] = {
    "equal": Method(equal, "等权", "equal", "w_j = 1 / m", "-", timed=False),
    "given": Method(given_shares, "给定权重", "given", "w_j = s_j / Σ_k s_k", "-", timed=False, check=check_sum),
    "entropy": Method(entropy, "熵值法", "entropy", entropy_formula, SHANNON, needs="non_negative", caution=shift_caution),
    "critic": Method(critic, "CRITIC 法", "CRITIC", formula_by_option("absolute", CRITIC), DIAKOULAKI),
    "std": Method(std, "标准差法", "standard deviation", "w_j = σ_j / Σ_k σ_k", DIAKOULAKI),
    "cv": Method(
        cv, "变异系数法", "coefficient of variation", "w_j = (σ_j / μ_j) / Σ_k (σ_k / μ_k)", "Pearson 1896", needs="non_negative"
    ),
    "gini": Method(
        gini,
        "基尼系数法",
        "Gini coefficient",
        "G_j = Σ_a Σ_b |z_{aj} − z_{bj}| / (2 N_j^2 μ_j)        w_j = G_j / Σ_k G_k",
        "Gini 1912",
        needs="non_negative",
    ),
    "ahp": Method(
        ahp,
        "层次分析法",
        "analytic hierarchy process",
        AHP,
        "Saaty 1980",
        timed=False,
        check=check_consistency,
        caution=inconsistency_caution,
        notes=consistency_notes,
    ),
    "priority": Method(
        priority, "优序图法", "precedence chart", PRIORITY, "Tan 2012, Quantitative Analysis Methods (定量分析方法)", timed=False
    ),
    "fuzzy_ahp": Method(
        fuzzy_ahp,
        "模糊层次分析法",
        "fuzzy AHP",
        FUZZY_AHP,
        "Buckley 1985, Fuzzy Sets and Systems 17(3)",
        timed=False,
        check=check_fuzzy_judgements,
        caution=fuzzy_caution,
        notes=fuzzy_notes,
    ),
    "pca": Method(
        pca,
        "主成分法",
        "principal components",
        formula_by_option("components", COMPONENTS),
        NICOLETTI,
        batch=False,
        notes=component_notes,
    ),
    "pca_spss": Method(
        pca_spss,
        "主成分法(SPSS)",
        "principal components (SPSS form)",
        SPSS,
        "Zhou, Hou and Zong 2018, Statistics & Decision 34(1)",
        batch=False,
        caution=sign_caution,
        notes=component_notes,
    ),
    "independence": Method(
        independence,
        "独立性权重法",
        "independence (multiple correlation)",
        INDEPENDENCE,
        "Reciprocal of the multiple correlation coefficient (复相关系数法)",
        batch=False,
        notes=row_notes,
    ),
    "factor": Method(factor, "因子分析法", "factor analysis", FACTORS, NICOLETTI, batch=False, notes=factor_notes),
    "scatter": Method(scatter, "纵横向拉开档次法", "scatter degree", SCATTER, "Guo 2002", batch=False, notes=row_notes),
    "bod": Method(
        bod,
        "数据包络(BoD)",
        "benefit of the doubt",
        BOD_SHARES,
        CHERCHYE,
        needs="non_negative",
        batch=False,
        notes=frontier_notes,
    ),
    "target": Method(
        target,
        "目标重要性法",
        "target importance",
        formula_by_option("importance", TARGET),
        BECKER,
        batch=False,
        notes=target_notes,
    ),
    "merec": Method(merec, "MEREC 法", "MEREC (removal effects)", MEREC, KESHAVARZ, needs="positive"),
    "cilos": Method(
        cilos, "CILOS 法", "CILOS (impact loss)", CILOS, ZAVADSKAS, needs="non_negative", batch=False, notes=row_notes
    ),
    "idocriw": Method(idocriw, "IDOCRIW 法", "IDOCRIW", IDOCRIW, ZAVADSKAS, needs="non_negative", batch=False, notes=row_notes),
    "combine": Method(
        combine,
        "组合赋权",
        "combination",
        formula_by_option("by", COMBINATION_FORMULAS),
        "-",
        check=check_mix,
        caution=zero_caution,
        notes=game_notes,
    ),
}
