"""Random numbers of the demo: one independent stream per named part, so that a change in one part moves no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[Any]


def stream(seed: int, stream_name: str) -> np.random.Generator:
    """The generator of one part of the demo, the same for the same seed on every machine."""
    return np.random.default_rng([seed, *stream_name.encode()])


def persistent(rng: np.random.Generator, shape: tuple[int, int], *, sd: float, autocorrelation: float) -> Floats:
    """AR(1) paths along the second axis with standard deviation `sd` and that `autocorrelation`, started in equilibrium."""
    shocks = rng.standard_normal(shape)
    path = np.empty(shape)
    path[:, 0] = shocks[:, 0]
    for t in range(1, shape[1]):
        path[:, t] = autocorrelation * path[:, t - 1] + np.sqrt(1 - autocorrelation**2) * shocks[:, t]
    return sd * path
