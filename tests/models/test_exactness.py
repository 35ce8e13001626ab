"""What holds on every processor: 250 random panels and singular matrices, in another order each, against plain arithmetic.

Another order of rows, levels and columns changes every rounding, as another processor does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from hqd_index.models.kernels import within as module
from hqd_index.models.kernels.within import absorber

PANELS = 250
EXACT = 1e-10  # of the sizes that enter; condition numbers of the effects below 1e4 leave 1e-12


@dataclass(frozen=True)
class Design:
    """Values (n, 3), effects and weights of one panel."""

    values: np.ndarray
    effects: list[np.ndarray]
    weights: np.ndarray | None

    def shuffled(self, rng: np.random.Generator) -> tuple[Design, np.ndarray]:
        """The same panel with rows, levels and columns in another order, and the order of its rows."""
        rows = rng.permutation(len(self.values))
        relabelled = [rng.permutation(int(e.max()) + 1)[e][rows] for e in self.effects]
        effects = [relabelled[i] for i in rng.permutation(len(relabelled))]
        return Design(self.values[rows], effects, None if self.weights is None else self.weights[rows]), rows


def codes(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1]


def provinces(rng: np.random.Generator) -> list[np.ndarray]:
    """31 units in 12 years, a tenth of the rows missing: unit and year."""
    seen = rng.random(31 * 12) < 0.9
    return [codes(e[seen]) for e in (np.repeat(np.arange(31), 12), np.tile(np.arange(12), 31))]


def firms(rng: np.random.Generator) -> list[np.ndarray]:
    """300 units in 10 years, 60% of the rows, and a third effect of 6 levels."""
    seen = rng.random(3_000) < 0.6
    third = rng.integers(0, 6, 3_000)
    return [codes(e[seen]) for e in (np.repeat(np.arange(300), 10), np.tile(np.arange(10), 300), third)]


def components(rng: np.random.Generator) -> list[np.ndarray]:
    """Blocks of units that share no year, two to four effects, some nested in the units or in the years, some rows alone."""
    blocks, units, years = rng.integers(1, 4), rng.integers(2, 16), rng.integers(2, 8)
    block, unit, year = (a.ravel() for a in np.meshgrid(np.arange(blocks), np.arange(units), np.arange(years), indexing="ij"))
    seen = rng.random(len(unit)) < rng.uniform(0.35, 1.0)
    seen[0] = True
    group = rng.integers(0, rng.integers(2, 6), blocks * units)[block * units + unit]
    more = [group, rng.integers(0, rng.integers(2, 9), len(unit)), group * years + year]
    chosen = rng.permutation(3)[: rng.integers(0, 3)]
    return [codes(e[seen]) for e in (block * units + unit, block * years + year, *(more[i] for i in chosen))]


def designs(step: int = 1) -> Iterator[tuple[np.random.Generator, Design]]:
    """Random panels of the three kinds with their generators; rows carry effects a hundred times the noise."""
    for seed in range(0, PANELS, step):
        rng = np.random.default_rng([seed, 10])
        effects = (firms if seed % 5 == 0 else provinces if seed % 5 == 1 else components)(rng)
        n = len(effects[0])
        values = rng.normal(size=(n, 3)) * [1.0, 1e-3, 1e3]
        values[:, 1] += sum(0.1 * rng.normal(size=int(e.max()) + 1)[e] for e in effects)
        yield rng, Design(values, effects, rng.lognormal(sigma=1.0, size=n) if seed % 2 else None)


def by_dummies(design: Design) -> np.ndarray:
    """Residuals of (weighted) least squares on all dummies."""
    dummies = np.concatenate([np.eye(int(e.max()) + 1)[e] for e in design.effects], axis=1)
    root = np.sqrt(np.ones(len(dummies)) if design.weights is None else design.weights)[:, None]
    return design.values - dummies @ np.linalg.lstsq(root * dummies, root * design.values, rcond=1e-10)[0]


def not_orthogonal(design: Design, residuals: np.ndarray) -> float:
    """Largest sum of residuals over a level of any effect, relative to the sum of the values' sizes over that level."""
    weights = np.ones(len(residuals)) if design.weights is None else design.weights
    worst = 0.0
    for effect in design.effects:
        for residual, value in zip(residuals.T, design.values.T):
            worst = max(
                worst,
                float((np.abs(np.bincount(effect, weights * residual)) / np.bincount(effect, weights * np.abs(value))).max()),
            )
    return worst


@pytest.mark.parametrize(("direct", "step"), [(2_000, 1), (0, 10)], ids=["directly", "by conjugate gradients"])
def test_residuals_are_orthogonal_to_every_dummy_and_equal_least_squares(
    direct: int, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DIRECT_LEVELS", direct)
    wrong = []
    for number, (rng, design) in enumerate(designs(step)):
        expected, size = by_dummies(design), np.abs(design.values).max(axis=0)
        other, rows = design.shuffled(rng)
        for panel, right in ((design, expected), (other, expected[rows])):
            residuals = absorber(panel.effects, weights=panel.weights).residual(panel.values)
            apart = max(not_orthogonal(panel, residuals), float((np.abs(residuals - right) / size).max()))
            if not apart < EXACT:
                wrong.append((number * step, apart))
    assert not wrong, f"{len(wrong)} of {2 * PANELS // step}, up to {max(d for _, d in wrong):.0e}: panels {wrong[:5]}"
