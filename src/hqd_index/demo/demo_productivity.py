"""Intermediate inputs that give the firms of each industry the productivity aimed at: index numbers, and their inverse.

Productivity is ln TFP of the Caves-Christensen-Diewert kind: each firm against the mean firm of its industry and year, the
mean firms chained from year to year. Arrays are (firms, years), 0 where a firm does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError
from .random_streams import Bools, Floats, Ints
from .spread import block_of, block_sums

CAPITAL_COST = 0.12  # depreciation and interest, a year, of fixed assets
USUAL_SHARE = 0.87  # of intermediate inputs in cost: how much productivity falls as ln inputs rise
EXACT, ROUNDS = 1e-10, 40


@dataclass(frozen=True)
class Production:
    """What productivity depends on beside intermediate inputs; `price` is the industry's, 1 in the first year.

    `starts`: first firm of each block, the never-recognised of an industry before its ever-recognised.
    """

    starts: Ints
    is_alive: Bools
    revenue: Floats
    employees: Floats
    payroll: Floats
    fixed_assets: Floats
    price: Floats

    @property
    def industries(self) -> Ints:
        """First firm of each industry."""
        return self.starts[0::2]


def productivity(firms: Production, inputs: Floats) -> Floats:
    """ln TFP against the industry's mean firm of the first year."""

    def log(quantities: Floats) -> Floats:
        return np.log(np.where(firms.is_alive, quantities, 1.0))

    count = block_sums(firms.is_alive.astype(float), firms.industries)
    block_numbers = block_of(firms.industries, len(firms.is_alive))

    def mean(quantities: Floats) -> Floats:
        return block_sums(np.where(firms.is_alive, quantities, 0.0), firms.industries) / count

    quantities = [
        log(firms.employees),
        log(firms.fixed_assets / firms.price[block_numbers]),
        log(inputs / firms.price[block_numbers]),
    ]
    costs = [firms.payroll, CAPITAL_COST * firms.fixed_assets, inputs]
    total = np.where(firms.is_alive, costs[0] + costs[1] + costs[2], 1.0)
    output = log(firms.revenue / firms.price[block_numbers])
    mean_output = mean(output)
    ln_tfp, steps = output - mean_output[block_numbers], np.diff(mean_output, axis=1)
    for quantity, cost in zip(quantities, costs):
        share = cost / total
        mean_cost_share, mean_quantity = mean(share), mean(quantity)
        ln_tfp -= (share + mean_cost_share[block_numbers]) / 2 * (quantity - mean_quantity[block_numbers])
        steps -= (mean_cost_share[:, 1:] + mean_cost_share[:, :-1]) / 2 * np.diff(mean_quantity, axis=1)
    level = np.hstack([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)])
    return np.where(firms.is_alive, ln_tfp + level[block_numbers], 0.0)


def inputs_for(firms: Production, first_inputs: Floats, *, rise: Floats, gap: Floats) -> Floats:
    """Inputs in proportion to those drawn, block by block, so that revenue-weighted productivity is what is aimed at.

    That of the never-recognised is `rise` (industries, years) above its first year's, and that of all firms above it by
    as much as in the first year, and `gap`. The first year stays as drawn. ConfigError when no inputs do it.
    """
    block_numbers = block_of(firms.starts, len(first_inputs))
    weights = block_sums(firms.revenue, firms.starts)
    rises = np.stack([rise, rise + gap * (weights[0::2] + weights[1::2]) / weights[1::2]], axis=1)
    shares = weights[0::2] / weights[1::2]
    inputs, target_productivity = first_inputs, np.zeros_like(weights)
    for round_number in range(ROUNDS):
        block_productivity = block_sums(firms.revenue * productivity(firms, inputs), firms.starts) / weights
        if not round_number:
            target_productivity = _aims(block_productivity, rises, shares)
        productivity_gap = (target_productivity - block_productivity) * (np.arange(first_inputs.shape[1]) > 0)
        if np.abs(productivity_gap).max() < EXACT:
            return inputs
        inputs = inputs * np.exp(-productivity_gap / USUAL_SHARE)[block_numbers]
    raise ConfigError(
        "the demo's firms cannot be as productive as these effects ask: use smaller effects or another seed",
        zh="演示企业的生产率无法达到所要求的效应:请减小效应或换一个随机种子",
    )


def _aims(block_productivity: Floats, target_rises: Floats, shares: Floats) -> Floats:
    """Productivity (blocks, years) that keeps all firms as far above the never-recognised as in the first year, and rises."""
    never_recognised, ever_recognised = block_productivity[0::2, :1], block_productivity[1::2, :1]
    lead = (ever_recognised - never_recognised) / (1 + shares[:, :1]) * (1 + shares)
    aim = np.empty_like(block_productivity)
    aim[0::2] = never_recognised + target_rises[:, 0]
    aim[1::2] = never_recognised + lead + target_rises[:, 1]
    return aim
