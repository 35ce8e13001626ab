"""States planted beside the effects, for benchmarks that ask whether the lists find them: how clear, where, since when.

Without a planting the demo is what it is: no draw of any other part depends on what is here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .effects import LEAF, Targets
from .random_streams import Bools, Floats, Ints, stream
from .registry import Registry
from .sectors import CODES, FIRST_YEAR, SECTORS, YEARS

SHAPE = (len(SECTORS), len(YEARS))
TURNED_SHARE = 0.15  # of firms change sides on an axis, once
TURNS = (2017, 2022)  # in one of these years, the last left out
CHOKED_SHARE, CHOKED_LATER_SHARE = 0.4, 0.25  # of scarce products that are chokepoints throughout, and from some year on
THRESHOLD_HHI, HHI_NOISE = 0.4, 0.02
GAP_SHARE = 0.25  # of industries whose home supply falls short throughout
THRESHOLD_SUPPLY, SUPPLY_NOISE = 0.3, 0.02
SHOCKS = 80  # a tenth of the indicators of industries
SHOCK_LEAVES = ("brd4", "upg2", "upg3", "upg4", "cmp1", "cmp2", "cmp3", "smo1", "smo2", "smo3")
SHOCK_STARTS = (2018, 2023)
BUILD_UP = (1 / 3, 2 / 3, 1.0)  # of a shock in its first, second and later years


@dataclass(frozen=True)
class Planting:
    """How clear each state is.

    `modes`: by how many standard deviations between firms the items of a firm's sides exceed the mean. `chokepoints`: how far
    concentrations are from their threshold. `gaps`: how far self-sufficiency is. `merit`: share of recognitions that go to
    firms which look the part, the others by lot. `shocks`: depth in standard deviations of an indicator's noise. 0 plants
    nothing, for `merit` 1.
    """

    modes: float = 0.0
    chokepoints: float = 0.0
    gaps: float = 0.0
    merit: float = 1.0
    shocks: float = 0.0


NOTHING = Planting()
STRENGTHS = {
    "strong": Planting(modes=3.0, chokepoints=0.10, gaps=0.12, merit=0.9, shocks=15.0),
    "middle": Planting(modes=1.2, chokepoints=0.03, gaps=0.03, merit=0.6, shocks=8.0),
    "weak": Planting(modes=0.4, chokepoints=0.015, gaps=0.015, merit=0.25, shocks=4.0),
}


@dataclass(frozen=True)
class Shock:
    """A fall of an industry's indicator that begins in `start`, is whole from `trough` on and lasts."""

    industry_code: str
    indicator: str
    start: int
    trough: int


@dataclass(frozen=True)
class Sides:
    """Which side a firm is on by year, 1 or -1 (firms, years): technology against market, safety against efficiency."""

    tech: Floats
    safety: Floats


def sides(seed: int, firms: int) -> Sides:
    """Sides of the firms; some change once."""
    return Sides(*(_side(stream(seed, f"side {axis}"), firms) for axis in ("tech", "safety")))


def _side(rng: np.random.Generator, firms: int) -> Floats:
    first_side = rng.choice([-1.0, 1.0], size=(firms, 1))
    turn = np.where(rng.random((firms, 1)) < TURNED_SHARE, rng.integers(*TURNS, (firms, 1)), YEARS[-1] + 1)
    return np.where(np.array(YEARS) >= turn, -first_side, first_side)


def choked(seed: int) -> Bools:
    """Whether the scarce product of each industry is a chokepoint, by year."""
    rng = stream(seed, "choked products")
    since = rng.integers(2015, 2022, (SHAPE[0], 1))
    lot = rng.random((SHAPE[0], 1))
    years = np.broadcast_to(np.array(YEARS), SHAPE)
    return (lot < CHOKED_SHARE) | ((lot < CHOKED_SHARE + CHOKED_LATER_SHARE) & (years >= since))


def scarce_hhi(seed: int, distance: float) -> Floats:
    """Concentration of the sources of each scarce product: `distance` from the threshold, with noise."""
    noise = HHI_NOISE * stream(seed, "noise of sources").standard_normal(SHAPE)
    return np.clip(THRESHOLD_HHI + np.where(choked(seed), distance, -distance) + noise, 0.23, 0.6)


def short_of_supply(seed: int) -> Bools:
    """Industries whose home supply falls short, (industries,)."""
    return stream(seed, "gaps").random(SHAPE[0]) < GAP_SHARE


def home_supply(seed: int, distance: float) -> Floats:
    """Self-sufficiency by industry and year: `distance` below the threshold in a gap, above it or well above elsewhere."""
    rng = stream(seed, "home supply")
    above = THRESHOLD_SUPPLY + distance * rng.uniform(1, 4, (SHAPE[0], 1))
    level = np.where(short_of_supply(seed)[:, None], THRESHOLD_SUPPLY - distance, above)
    return np.clip(level + SUPPLY_NOISE * rng.standard_normal(SHAPE), 0.05, 0.95)


def shocks(seed: int) -> tuple[Shock, ...]:
    """Where shocks hit: no series twice."""
    rng = stream(seed, "shocks")
    cells = rng.choice(len(SHOCK_LEAVES) * len(CODES), size=SHOCKS, replace=False)
    starts = rng.integers(*SHOCK_STARTS, SHOCKS)
    return tuple(
        Shock(CODES[cell % len(CODES)], SHOCK_LEAVES[cell // len(CODES)], int(start), int(start) + len(BUILD_UP) - 1)
        for cell, start in zip(cells.tolist(), starts.tolist())
    )


def shocked(target: Targets, seed: int, depth: float) -> Targets:
    """The targets with the shocks in them, `depth` in standard deviations of each indicator's noise."""
    leave_out = {leaf: values.copy() for leaf, values in target.leave_out.items()}
    for shock in shocks(seed):
        leaf, begin = LEAF[shock.indicator], shock.start - FIRST_YEAR
        part = np.array([BUILD_UP[min(k, len(BUILD_UP) - 1)] for k in range(len(YEARS) - begin)])
        leave_out[leaf.id][CODES.index(shock.industry_code), begin:] -= leaf.sign * depth * leaf.noise * part
    return Targets(leave_out, target.smooth, target.gap)


def lottery(seed: int, registry: Registry, batch: Ints, merit: float) -> Ints:
    """For each firm the one whose recognition it has: itself, or, for those drawn by lot, a firm of its industry."""
    rng = stream(seed, "lottery")
    source = np.arange(len(batch))
    for industry in range(len(SECTORS)):
        members = np.flatnonzero((registry.industry == industry) & registry.is_alive.all(axis=1))
        holders = members[batch[members] > 0]
        losers = holders[rng.random(len(holders)) >= merit]
        winners = rng.choice(members[batch[members] == 0], size=len(losers), replace=False)
        source[winners], source[losers] = losers, winners
    return source
