"""Scores of many designs: any declared choice, weights drawn around each, firms drawn again; one line of a table each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from .build import Computed, compute, root_score
from .designs import Designs
from .plan import Plan, plan

Array = NDArray[np.float64]
Numbers = NDArray[np.intp]
NONE = -1
CHUNK = 64
"""Draws worked on at once: their values stay within the processor's cache by and large (64 x 400 x 20 doubles = 4 MB)."""


@dataclass(frozen=True)
class Source:
    """Leaf values (T, U, m), their firm-bootstrap draws (B, T, U, m; B may be 0), and uniform numbers (W, nodes) for weights."""

    leaves: tuple[str, ...]
    nodes: tuple[str, ...]
    years: tuple[int, ...]
    units: tuple[str, ...]
    groups: tuple[str, ...]
    values: Array
    drawn: Array
    uniform: Array
    concentration: float | None


@dataclass(frozen=True)
class Table:
    """One draw a row: which combination, which firm draw and which weight draw (`NONE`: the data, the weights, as they are)."""

    design: Numbers
    firms: Numbers
    weights: Numbers

    def __len__(self) -> int:
        return len(self.design)

    def rows(self, at: Numbers) -> Table:
        return Table(self.design[at], self.firms[at], self.weights[at])


def root_scores(designs: Designs, source: Source, table: Table) -> Array:
    """Scores of the root on 0-100, (draws, T, U), in the order of the table."""
    out = np.empty((len(table), len(source.years), len(source.units)))
    for number in np.unique(table.design):
        at = np.flatnonzero(table.design == number)
        made = designs.made(int(number))
        design = plan(made, source.years, source.groups)
        columns = [source.leaves.index(leaf) for leaf in design.leaves]
        plain = compute(design, source.values[..., columns])
        for block in np.array_split(at, -(-len(at) // CHUNK)):
            out[block] = 100 * _block(design, source, columns, table.rows(block), plain)
    return out


def _block(design: Plan, source: Source, columns: list[int], table: Table, plain: Computed) -> Array:
    """(draws, T, U) root scores of draws that share a design."""
    root = design.tree.root
    computed = plain
    if (table.firms != NONE).any():
        every = np.concatenate([source.values[None], source.drawn]) if (table.firms == NONE).any() else source.drawn
        shift = 1 if len(every) > len(source.drawn) else 0
        computed = compute(design, every[table.firms + shift][..., columns])
    if (table.weights == NONE).all():
        return np.broadcast_to(computed.scores[root], (len(table), *plain.scores[root].shape))
    shares = _drawn_shares(design, source, computed, table.weights)
    if all(family.additive for family in design.families) and computed is plain:
        return root_score(design, computed.normalised, shares)
    return root_score(design, np.broadcast_to(computed.normalised, (len(table), *plain.normalised.shape)), shares)


def _drawn_shares(design: Plan, source: Source, computed: Computed, numbers: Numbers) -> dict[str, Array]:
    """Every family's shares drawn around the design's own; a draw's random numbers go with the child, whatever the design."""
    shares = {}
    for family in design.families:
        at = [source.nodes.index(child) for child in family.children]
        base = computed.shares[family.node]
        drawn = dirichlet(base, source.uniform[numbers[:, None], at][:, None, None, :], source.concentration)
        shares[family.node] = np.where((numbers == NONE)[:, None, None, None], base, drawn)
    return shares


def dirichlet(base: Array, uniform: Array, concentration: float | None) -> Array:
    """Shares ~ Dirichlet(concentration x base) along the last axis from uniform numbers; flat on the simplex when None.

    Gamma quantiles divided by their sum; a zero share stays zero. Uniform numbers divided by their sum would crowd the
    middle of the simplex and are not offered (index_methods, section 7).
    """
    alpha = np.ones_like(base) if concentration is None else np.maximum(concentration * base, 1e-12)
    gamma = np.where(base > 0, np.maximum(gammaincinv(alpha, uniform), 1e-300), 0.0)
    total = gamma.sum(axis=-1, keepdims=True)
    return np.divide(gamma, total, out=np.zeros_like(gamma), where=total > 0)
