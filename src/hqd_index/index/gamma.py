"""Quantiles of many gamma distributions at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv, gammaln, ndtri

Array = NDArray[np.float64]
CONVERGED = 1e-13  # a last term this small relative to the whole leaves an error below rounding


def gamma_quantile(shape: Array, uniform: Array) -> Array:
    """The x at which the distribution function of Gamma(shape), scale 1, is `uniform`, exact to rounding.

    Five terms of the quantile's Taylor series (Steinbrecher and Shaw 2008) about the approximation of Wilson and Hilferty
    (1931); scipy's slower iterations where these do not suffice: in far tails, and below a shape of 1, where the fifth term
    may vanish without being the last that matters.
    """
    shape, uniform = np.broadcast_arrays(shape, uniform)
    with np.errstate(all="ignore"):
        root = 1 - 1 / (9 * shape) + ndtri(uniform) / (3 * np.sqrt(shape))
        near = root * root * root * shape
        step = (uniform - gammainc(shape, near)) / np.exp(shape * np.log(near) - near - gammaln(shape))
        less = shape - 1
        slope = less - near
        square = slope * slope
        fourth = (slope * (6 * square + 7 * less) + 2 * less) / -24
        fifth = (square * (24 * square + 46 * less) + less * (7 * less + 22 * slope + 6)) / 120
        last = step**2 * step**2 * step * fifth
        found = near * (1 + (step * (1 + step * (-slope / 2 + step * ((2 * square + less) / 6 + step * fourth))) + last))
    rest = ~((np.abs(last) < CONVERGED) & (less >= 0))
    found[rest] = gammaincinv(shape[rest], uniform[rest])
    return found
