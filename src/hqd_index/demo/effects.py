"""The data-generating process of the indicators: levels, trends, noise, and what SRDI density does to each.

For indicator j of industry i in year t, with d the lagged density (firms nationally recognised and in force, per 1,000 firms):

    leave_out = mu_ij + lambda_jt + spill_j d + e_ijt
    all       = mu_ij + premium_ij + lambda_jt + (own_j + spill_j) d + e_ijt + u_ijt

mu, premium and lambda are the industry and year effects. e is white noise with a part common to all indicators of the
industry-year (that of receivable days is a mean of two such draws, as the indicator is of two year-ends); u is small.
Indicators of industry tables have no own effect, and one value for both samples. Two are counted from their value of 2012,
which firms and flows give (productivity, export sophistication): e and u are 0 then. Comparative advantage sums to zero over
industries, so its lambda takes the mean of the others' parts out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .random_streams import Floats, stream
from .sectors import SECTORS, YEARS

COMMON_NOISE_SHARE = 0.2  # share of the noise variance that an industry-year's indicators have in common
OWN_EFFECT_NOISE = 0.05  # sd of u in sd of e
# Within-sd effect of 1 on the whole index, in noise-sd of each indicator; set so that seeds 1-40 give 0.2 and 0.1 on average.
OWN_EFFECT_SCALE, SPILL_SCALE = 1.17, 0.45
# Scored in profile `public` only, and drawn without regard to density: digital inputs, receivable days and capacity
# utilisation of the published tables.
UNAFFECTED_LEAVES = ("adv4_io", "smo2_pub", "smo5")


@dataclass(frozen=True)
class Leaf:
    """An indicator: sign of good, lowest and highest industry level in 2012, change of the year effect to 2024, sd of e.

    `own_weight` is the weight of the own effect (0: industry tables), `premium` how far ever-recognised firms are from the
    others before recognition, `follows` the sector's attribute that orders industries. `first` moves the first year, where an
    indicator of two year-ends has only one, which growth puts above the mean of two. `anchored`: counted from the value of
    the first year; `balanced`: sums to zero over industries in every year.
    """

    id: str
    sign: int
    low: float
    high: float
    trend: float
    noise: float
    own_weight: float = 0.0
    premium: float = 0.0
    follows: str = ""
    first: float = 0.0
    anchored: bool = False
    balanced: bool = False


LEAVES = (
    Leaf("inn1", 1, 0.25, 3.0, 0.55, 0.07, own_weight=1.0, premium=1.0, follows="rd"),
    Leaf("inn2", 1, 3.5, 10.0, 2.0, 0.30, own_weight=1.0, premium=11.5, follows="tech"),
    Leaf("inn3", 1, 60.0, 400.0, 120.0, 9.0, own_weight=1.0, premium=150.0, follows="tech"),
    Leaf("inn4", 1, 8.0, 32.0, 6.0, 0.8, follows="tech"),
    Leaf("inn5", 1, 3.0, 9.0, 1.2, 0.35, own_weight=1.0, premium=2.0),
    Leaf("brd1", 1, 5.0, 22.0, 5.0, 0.6, own_weight=1.0, premium=6.0),
    Leaf("brd2", 1, 10.0, 26.0, 6.0, 1.0, own_weight=0.7, premium=25.0, follows="openness"),
    Leaf("brd3", 1, -0.45, -0.05, 0.08, 0.01, follows="tech"),
    Leaf("brd4", -1, 8.0, 45.0, -3.0, 1.2, follows="openness"),
    Leaf("upg1", 1, 0.0, 0.0, 0.10, 0.008, own_weight=1.0, anchored=True),
    Leaf("upg2", 1, 17.0, 31.0, 1.5, 0.6),
    Leaf("upg3", -1, 0.25, 2.2, -0.10, 0.02, follows="energy"),
    Leaf("upg4", -1, 0.40, 4.5, -0.15, 0.03, follows="energy"),
    Leaf("upg5", 1, 0.0, 0.0, 0.05, 0.008, anchored=True),
    Leaf("cmp1", 1, 0.62, 0.87, 0.04, 0.012),
    Leaf("cmp2", 1, 62.0, 85.0, 3.0, 0.9),
    Leaf("cmp3", -1, 7.0, 28.0, -1.5, 0.6, follows="tech"),
    Leaf("cmp4", -1, 0.29, 0.36, -0.01, 0.002),
    Leaf("cmp5", -1, 4.0, 16.0, -1.0, 0.4, follows="tech"),
    Leaf("adv1", 1, -4.0, 4.0, 0.0, 0.16, follows="openness", balanced=True),
    Leaf("adv2", 1, -0.35, 0.60, 0.06, 0.025, follows="openness"),
    Leaf("adv4", 1, 0.25, 1.0, 0.30, 0.03, own_weight=1.0, premium=0.4, follows="tech"),
    Leaf("adv5", 1, 6.0, 32.0, 1.0, 0.6, own_weight=0.8, premium=8.0, follows="openness"),
    Leaf("smo1", 1, 4.5, 9.0, 0.4, 0.15, own_weight=0.4, premium=0.3, first=-0.2),
    Leaf("smo2", -1, 55.0, 100.0, 6.0, 1.5, own_weight=0.35, premium=6.0, follows="tech", first=2.3),
    Leaf("smo3", -1, 28.0, 45.0, -1.0, 0.8, own_weight=0.35, premium=5.0),
    # of published tables, where profile `public` scores no firms
    Leaf("inn1_pub", 1, 0.25, 3.0, 0.50, 0.06, follows="rd"),
    Leaf("inn2_pub", 1, 2.0, 6.0, 1.2, 0.15, follows="tech"),
    Leaf("inn3_pub", 1, 50.0, 300.0, 90.0, 7.0, follows="tech"),
    Leaf("adv5_pub", 1, 5.0, 30.0, 0.8, 0.6, follows="openness"),
    Leaf("smo1_pub", 1, 5.0, 10.0, 0.4, 0.12, first=-0.2),
)
LEAF = {leaf.id: leaf for leaf in LEAVES}
FIRM_LEAVES = tuple(leaf.id for leaf in LEAVES if leaf.own_weight)


@dataclass(frozen=True)
class Effects:
    """Change of each indicator per unit of lagged density: of the recognised firms themselves, and of all others."""

    own_effects: dict[str, float]
    spill: dict[str, float]


def effects(density_lag: Floats, *, own_effect: float, spillover: float) -> Effects:
    """Effects that make the index move by `own_effect` and `spillover` within-standard deviations per one of density.

    The first year has no lag and takes no part.
    With noise of sd 1 and effects a of density in sd 1, the standardised coefficient is a / sqrt(1 + a^2); so the total
    theta = own_effect + spillover needs a = theta / sqrt(1 - theta^2).
    """
    noise_scale = 1 / np.sqrt(1 - (own_effect + spillover) ** 2) / within_sd(density_lag[:, 1:])
    return Effects(
        own_effects={
            leaf.id: float(OWN_EFFECT_SCALE * own_effect * noise_scale * leaf.sign * leaf.own_weight * leaf.noise)
            for leaf in LEAVES
            if leaf.own_weight
        }
        | {leaf.id: 0.0 for leaf in LEAVES if not leaf.own_weight}
        | dict.fromkeys(UNAFFECTED_LEAVES, 0.0),
        spill={leaf.id: float(SPILL_SCALE * spillover * noise_scale * leaf.sign * leaf.noise) for leaf in LEAVES}
        | dict.fromkeys(UNAFFECTED_LEAVES, 0.0),
    )


def within_sd(panel_values: Floats) -> float:
    """Standard deviation after industry and year means are taken out: (industries, years) -> number."""
    within_values = panel_values - panel_values.mean(axis=1, keepdims=True) - panel_values.mean(axis=0) + panel_values.mean()
    return float(within_values.std())


@dataclass(frozen=True)
class Targets:
    """What the indicators are to be, (industries, years): `leave_out` for all of them, `gap` = all - leave_out without premium.

    `smooth` is leave_out without noise.
    """

    leave_out: dict[str, Floats]
    smooth: dict[str, Floats]
    gap: dict[str, Floats]


def targets(seed: int, density_lag: Floats, effect: Effects) -> Targets:
    """Targets of every indicator on the density drawn."""
    common_noise = np.sqrt(COMMON_NOISE_SHARE) * stream(seed, "common noise").standard_normal((len(SECTORS), len(YEARS) + 1))
    leave_out, target_paths, gap = {}, {}, {}
    for leaf in LEAVES:
        rng = stream(seed, f"targets {leaf.id}")
        path = _industry_levels(rng, leaf)[:, None] + _year_effects(rng, leaf) + effect.spill[leaf.id] * density_lag
        noise = common_noise + np.sqrt(1 - COMMON_NOISE_SHARE) * rng.standard_normal(common_noise.shape)
        own_noise = OWN_EFFECT_NOISE * rng.standard_normal(common_noise.shape)
        target_paths[leaf.id] = _balanced_leaf(leaf, path)
        leave_out[leaf.id] = _balanced_leaf(leaf, path + leaf.sign * leaf.noise * _values_by_year(leaf, noise))
        gap[leaf.id] = effect.own_effects[leaf.id] * density_lag + leaf.noise * _values_by_year(leaf, own_noise) * bool(
            leaf.own_weight
        )
    return Targets(leave_out, target_paths, gap)


def _balanced_leaf(leaf: Leaf, panel_values: Floats) -> Floats:
    return panel_values - panel_values.mean(axis=0) if leaf.balanced else panel_values


def _values_by_year(leaf: Leaf, draws: Floats) -> Floats:
    """One draw per year; for receivable days the mean of two year-ends, scaled back to sd 1; 0 in the year counted from."""
    noise = (draws[:, 1:] + draws[:, :-1]) / np.sqrt(2) if leaf.id == "smo2" else draws[:, 1:].copy()
    if leaf.anchored:
        noise[:, 0] = 0.0
    return noise


def _industry_levels(rng: np.random.Generator, leaf: Leaf) -> Floats:
    """Industry effects between low and high; R&D intensity keeps the published order and distances."""
    if leaf.follows == "rd":
        return np.maximum([sector.rd - 0.35 for sector in SECTORS], leaf.low)
    position = rng.random(len(SECTORS))
    if leaf.follows:
        published_order = np.array([getattr(sector, leaf.follows) for sector in SECTORS])
        position = 0.8 * published_order + 0.2 * position if leaf.follows == "energy" else 0.6 * published_order + 0.4 * position
    return leaf.low + (leaf.high - leaf.low) * position


def _year_effects(rng: np.random.Generator, leaf: Leaf) -> Floats:
    """A straight trend with small shocks; 0 in the first year, or what `first` says."""
    steps = np.linspace(0, leaf.trend, len(YEARS)) + 0.3 * leaf.noise * rng.standard_normal(len(YEARS))
    return steps - steps[0] + leaf.first * (np.arange(len(YEARS)) == 0)
