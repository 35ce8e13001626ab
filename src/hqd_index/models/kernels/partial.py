"""Rows with fixed effects and controls taken out: what methods need that look at rows and not at cluster sums."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from .clusters import consecutive_codes, parameters
from .specification import Specification, sample_of
from .within import Absorber, Array, Codes, absorber, dummy_basis, independent_columns


@dataclass(frozen=True)
class PartialledRows:
    """The sample of a specification; `residual` removes effects and controls and scales rows by root weights."""

    rows: pd.DataFrame
    effects: tuple[Codes, ...]
    cluster: Codes
    labels: tuple[str, ...]
    root: Array  # (n,) root weights
    controls: Array  # (n, c) orthonormal
    absorber: Absorber  # of the effects

    @property
    def n(self) -> int:
        return len(self.rows)

    @property
    def g(self) -> int:
        return len(self.labels)

    def residual(self, variables: Array) -> Array:
        """(n, m) less effects and controls."""
        residuals = self.absorber.residual(variables) * self.root[:, None]
        return np.asarray(residuals - self.controls @ (self.controls.T @ residuals))

    def column(self, column_name: str) -> Array:
        """Residual (n,) of one column."""
        return self.residual(self.rows[[column_name]].to_numpy(dtype=float))[:, 0]

    def adder(self) -> sparse.csr_array:
        """(G, n): sums over the rows of each cluster."""
        return sparse.csr_array((np.ones(self.n), (self.cluster, np.arange(self.n))), shape=(self.g, self.n))

    def cluster_blocks(self) -> list[np.ndarray]:
        """Row numbers of each cluster."""
        order = np.argsort(self.cluster, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.cluster, minlength=self.g))[:-1])

    @cached_property
    def levels(self) -> Array:
        """(n, q) orthonormal columns that span the dummies of all effects, the constant left out."""
        return dummy_basis(self.effects, [np.zeros(self.n, dtype=np.intp)])

    def factor(self, slopes: int) -> float:
        """Small-sample factor of CV1 with `slopes` regressors beside the controls."""
        return self.g / (self.g - 1) * (self.n - 1) / (self.n - self.parameters(slopes))

    def parameters(self, slopes: int) -> int:
        """K of the CV1 factor with `slopes` regressors beside the controls."""
        return parameters(slopes + self.controls.shape[1], self.effects, self.cluster)


def partial_out(observations: pd.DataFrame, spec: Specification) -> PartialledRows:
    """The rows of a specification ready to be residualised; no effects means a constant."""
    rows, _ = sample_of(observations, spec)
    effects = tuple(consecutive_codes(rows[effect].to_numpy()) for effect in spec.fixed_effects)
    effects = effects or (np.zeros(len(rows), dtype=np.intp),)
    codes, labels = pd.factorize(rows[spec.cluster], sort=True)
    root = np.sqrt(rows[spec.weights].to_numpy(dtype=float)) if spec.weights else np.ones(len(rows))
    values = rows[list(spec.controls)].to_numpy(dtype=float)
    effects_absorber = absorber(effects, weights=root**2)
    residuals = effects_absorber.residual(values) * root[:, None]
    positions = (
        independent_columns(residuals, np.linalg.norm((values - values.mean(axis=0)) * root[:, None], axis=0))
        if spec.controls
        else []
    )
    basis = np.linalg.qr(residuals[:, positions])[0] if positions else np.zeros((len(rows), 0))
    return PartialledRows(
        rows, effects, codes.astype(np.intp), tuple(str(label) for label in labels), root, basis, effects_absorber
    )
