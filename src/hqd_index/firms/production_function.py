"""Productivity of the firms of one industry: a superlative index, and a production function estimated by GMM."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..linear_algebra import GRAM, rank

Array = NDArray[np.float64]
Codes = NDArray[np.integer]

DEGREE = 3  # of the polynomial in lagged capital and materials
ROWS_PER_PARAMETER = 5  # fewer firm-years than this leave the production function unestimated


def multilateral(output: Array, inputs: Array, shares: Array, years: Codes) -> Array:
    """ln TFP (n,) against the industry's mean firm of its first year (Good, Nadiri & Sickles 1997; Caves et al. 1982).

    (y - my_t) - sum_k (s_k + ms_kt)/2 (x_k - mx_kt) + sum over years of [d my - sum_k mean(ms_k) d mx_k]: each firm is set
    against the mean firm (m) of its year, and the mean firms of years are chained. `output` (n,) and `inputs` (n, k) are
    logarithms, `shares` (n, k) cost shares; no cell is missing. Two firms of one year differ by their Tornqvist index.
    """
    distinct_years, year_codes = np.unique(years, return_inverse=True)
    mean_y, mean_x, mean_s = (
        _group_means(variable, year_codes, len(distinct_years)) for variable in (output[:, None], inputs, shares)
    )
    steps = np.diff(mean_y[:, 0]) - ((mean_s[1:] + mean_s[:-1]) / 2 * np.diff(mean_x, axis=0)).sum(axis=1)
    level = np.concatenate([[0.0], np.cumsum(steps)])
    input_gap = ((shares + mean_s[year_codes]) / 2 * (inputs - mean_x[year_codes])).sum(axis=1)
    return np.asarray(output - mean_y[year_codes, 0] - input_gap + level[year_codes])


def _group_means(variable_values: Array, group_codes: Codes, group_count: int) -> Array:
    sums = np.zeros((group_count, variable_values.shape[1]))
    np.add.at(sums, group_codes, variable_values)
    return sums / np.bincount(group_codes, minlength=group_count)[:, None]


@dataclass(frozen=True)
class Elasticities:
    """Of value added to labour and capital, from n rows, with errors clustered by firm; NaN where too few rows are left.

    `first_stage` is the F of lagged labour in the first stage, clustered by firm.
    """

    n: int
    labour: float = np.nan
    capital: float = np.nan
    se_labour: float = np.nan
    se_capital: float = np.nan
    first_stage: float = np.nan


def wooldridge(output: Array, labour: Array, capital: Array, materials: Array, firm: Codes, years: Codes) -> Elasticities:
    """Elasticities of y = b_l l + b_k k + productivity + error (Wooldridge 2009; Petrin & Levinsohn 2012).

    Productivity is a first-order Markov process, last year's a function of last year's capital and materials. So
    y = b_l l + b_k k + P3(k_-1, m_-1) + year effects + u, with instruments l_-1 and k: one moment for each parameter, and
    GMM is the same for any weight. Arguments are logarithms (n,) without missing cells; lags are by calendar year.
    """
    previous_row = previous_year_rows(firm, years)
    rows, previous_rows = np.flatnonzero(previous_row >= 0), previous_row[previous_row >= 0]
    controls = np.column_stack([polynomial(capital[previous_rows], materials[previous_rows]), dummies(years[rows])])
    if len(rows) < ROWS_PER_PARAMETER * (controls.shape[1] + 2):
        return Elasticities(len(rows))
    y, l, k, z = projection_residuals(
        np.column_stack([output[rows], labour[rows], capital[rows], labour[previous_rows]]), controls
    ).T
    return _two_input_elasticities(y, np.column_stack([l, k]), np.column_stack([z, k]), firm[rows])


def _two_input_elasticities(y: Array, x: Array, instruments: Array, firm: Codes) -> Elasticities:
    """Just-identified linear GMM, b = (Z'X)^-1 Z'y, with errors clustered by firm."""
    if rank(instruments.T @ x, tolerance=GRAM) < 2:
        return Elasticities(len(y))
    bread = np.linalg.inv(instruments.T @ x)
    b = bread @ (instruments.T @ y)
    error = np.sqrt(np.diag(bread @ _meat(instruments, y - x @ b, firm) @ bread.T))
    zz_inverse = np.linalg.inv(instruments.T @ instruments)
    slope = zz_inverse @ (instruments.T @ x[:, 0])
    slope_variance = zz_inverse @ _meat(instruments, x[:, 0] - instruments @ slope, firm) @ zz_inverse
    return Elasticities(len(y), b[0], b[1], error[0], error[1], float(slope[0] ** 2 / slope_variance[0, 0]))


def _meat(instruments: Array, residual: Array, firm: Codes) -> Array:
    """sum_g (Z_g'u_g)(Z_g'u_g)'."""
    _, firm_codes = np.unique(firm, return_inverse=True)
    sums = np.zeros((int(firm_codes.max()) + 1, instruments.shape[1]))
    np.add.at(sums, firm_codes, instruments * residual[:, None])
    return np.asarray(sums.T @ sums)


def previous_year_rows(firm: Codes, years: Codes) -> Codes:
    """Position (n,) of the same firm's row of the year before; -1 where there is none."""
    keys = pd.MultiIndex.from_arrays([firm, years])
    return np.asarray(keys.get_indexer(pd.MultiIndex.from_arrays([firm, years - 1])))


def polynomial(first_input: Array, second_input: Array) -> Array:
    """1 and all powers and products up to DEGREE of two variables, each scaled to mean 0 and sd 1 (n, 10)."""
    standardised = [(variable - variable.mean()) / (variable.std() or 1.0) for variable in (first_input, second_input)]
    terms = [np.ones_like(first_input)]
    for degree in range(1, DEGREE + 1):
        terms += [np.prod(factors, axis=0) for factors in combinations_with_replacement(standardised, degree)]
    return np.column_stack(terms)


def dummies(years: Codes) -> Array:
    """One column for each year but the first."""
    return np.asarray(np.unique(years)[None, 1:] == years[:, None], dtype=float)


def projection_residuals(outcome_values: Array, controls: Array) -> Array:
    """`outcome_values` less their projection on the controls."""
    basis, _ = np.linalg.qr(controls)
    return np.asarray(outcome_values - basis @ (basis.T @ outcome_values))
