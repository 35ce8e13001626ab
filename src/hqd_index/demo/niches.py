"""The niche of each firm: subclass, weak link, chokepoint list, import substitution, market share, and energy used.

Every draw has a stream of its own, so that these columns move none of the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .accounts import Sample
from .random_streams import Bools, Floats, stream
from .sectors import CODES, SECTORS

SUBCLASSES = 8  # of each division; codes of the demo, not those of GB/T 4754
FEWEST_WEAK, MORE_WEAK = 1, 3  # weak links among them; more by so many in the division of highest technology
LISTED_SHARE = (0.03, 0.45)  # of firms whose product is on the chokepoint list: outside and inside weak subclasses
SUBSTITUTION_SHARE = (0.06, 0.55)  # of firms that substitute imports: product not on the list, on it
RECOGNISED_ODDS = 0.6  # log odds that the ever-recognised have on top
NICHE_SHARE, NICHE_SHARE_SD, NICHE_SHARE_PREMIUM = 7.0, 0.5, 0.35  # %; log, of all firms; log, of the ever-recognised
ENERGY_SD = 0.35


def niche_columns(sample: Sample, revenue: Floats) -> dict[str, Any]:
    """By firm and year: subclass code, three flags, market share in %, energy in tonnes of coal equivalent.

    Energy is revenue in prices of the first year times the intensity of the industry; `revenue` is in hundreds of yuan.
    """
    rng, registry, shape = stream(sample.seed, "niche"), sample.registry, sample.is_alive.shape
    subclass = rng.integers(0, SUBCLASSES, len(registry.industry))
    is_weak = np.broadcast_to(weak_subclasses(sample.seed)[registry.industry, subclass][:, None], shape)
    odds = RECOGNISED_ODDS * registry.ever_recognised[:, None] + sample.side_odds("safety")
    is_listed = rng.random((shape[0], 1)) < share_at_odds(np.where(is_weak, LISTED_SHARE[1], LISTED_SHARE[0]), odds)
    substitutes = rng.random((shape[0], 1)) < share_at_odds(
        np.where(is_listed, SUBSTITUTION_SHARE[1], SUBSTITUTION_SHARE[0]), odds
    )
    codes = np.array([f"{CODES[i]}{k + 1:02d}" for i, k in zip(registry.industry, subclass)], dtype=object)
    premium = np.exp(NICHE_SHARE_PREMIUM * registry.ever_recognised[:, None])
    niche_share = NICHE_SHARE * premium * sample.lasting("niche share", NICHE_SHARE_SD) / sample.tilt("tech", NICHE_SHARE_SD)
    intensity = sample.target.leave_out["upg3"][registry.industry] / sample.price[registry.industry]
    energy = revenue / 100 * intensity * sample.lasting("energy", ENERGY_SD) * sample.tilt("safety", ENERGY_SD)
    return {
        "subclass_code": np.broadcast_to(codes[:, None], shape),
        "chokepoint_product": is_listed,
        "weak_link_subclass": is_weak,
        "import_substitution": substitutes,
        "market_share": np.round(np.minimum(niche_share, 90.0), 2),
        "energy_use": np.round(energy, 1),
    }


def weak_subclasses(seed: int) -> Bools:
    """Which subclasses of each division are weak links, (industries, subclasses)."""
    order = stream(seed, "weak subclasses").random((len(SECTORS), SUBCLASSES)).argsort(axis=1).argsort(axis=1)
    counts = np.array([FEWEST_WEAK + round(MORE_WEAK * sector.tech) for sector in SECTORS])
    return np.asarray(order < counts[:, None])


def share_at_odds(share: Floats, log_odds: Floats) -> Floats:
    """The share with its odds times exp(log_odds)."""
    odds = share / (1 - share) * np.exp(log_odds)
    return odds / (1 + odds)
