"""The rule of verdicts and grades in plain numbers: fixed before the run, as ready to say no or the opposite as yes.

Estimates are in within standard deviations, a positive sign is predicted. `negligible` is two one-sided tests (Schuirmann
1987); the minimum detectable effect plans a study and decides nothing (Hoenig & Heisey 2001).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

Verdict = Literal["supported", "opposite_sign", "negligible", "inconclusive"]
Size = Literal["matters", "too_small", "size_open"]
Split = Literal["spillover_supported", "spillover_opposite", "composition_only", "spillover_open"]
Grade = Literal["credible", "suggestive", "description"]
Interval = tuple[float, float]

POWER = 0.80
EQUIVALENCE = 0.90  # level of the interval of two one-sided tests of 5% each
SIZE = 0.95  # level of the interval that must lie beyond the smallest effect of interest
GROUP_YEAR_P = 0.10  # largest bootstrap p with group x year effects of a suggestive estimate
MOVABLE = 0.90  # smallest share of units whose density path can be permuted for a credible estimate

SPLITS: dict[Verdict, Split] = {
    "supported": "spillover_supported", "opposite_sign": "spillover_opposite",
    "negligible": "composition_only", "inconclusive": "spillover_open",
}  # fmt: skip


@dataclass(frozen=True)
class VerdictRule:
    """What the study fixed beforehand: the smallest effect of interest, and the size of the test."""

    sesoi: float
    alpha: float


def verdict(estimate: float, p: float, interval: Interval, rule: VerdictRule) -> Verdict:
    """By p, then by the 90% interval; an interval without ends shows nothing to be negligible."""
    if p <= rule.alpha:
        return "supported" if estimate > 0 else "opposite_sign"
    return "negligible" if inside(interval, rule.sesoi) else "inconclusive"


def inside(interval: Interval, bound: float) -> bool:
    """The interval lies within (-bound, bound)."""
    return bool(-bound < interval[0] and interval[1] < bound)


def size(verdict_key: Verdict, interval_95: Interval, interval_90: Interval, rule: VerdictRule) -> Size | None:
    """How large a supported effect is, from its 95% and 90% intervals; None for other verdicts."""
    if verdict_key != "supported":
        return None
    if interval_95[0] > rule.sesoi:
        return "matters"
    return "too_small" if inside(interval_90, rule.sesoi) else "size_open"


def split(all_firms: Verdict, leave_out: Verdict | None) -> Split | None:
    """What firms never recognised say of an effect supported on all firms; None without either."""
    return SPLITS[leave_out] if all_firms == "supported" and leave_out is not None else None


def rules_out(interval_90: Interval) -> float:
    """The size from which effects are ruled out: the larger absolute end of the 90% interval."""
    return max(abs(interval_90[0]), abs(interval_90[1]))


def too_wide(interval_90: Interval, rule: VerdictRule) -> bool:
    """These data cannot show an effect to be negligible: the half-width of the 90% interval is s or more."""
    return not (interval_90[1] - interval_90[0]) / 2 < rule.sesoi


def mde(error: float, cluster_count: int, alpha: float) -> float:
    """Minimum detectable effect (t_{1-alpha/2,G-1} + t_{0.80,G-1}) x SE (Bloom 1995): 2.90 SE at G = 31."""
    return float((special.stdtrit(cluster_count - 1, 1 - alpha / 2) + special.stdtrit(cluster_count - 1, POWER)) * error)


@dataclass(frozen=True)
class Identification:
    """What the grade of one test rests on beside its own p; NaN where it cannot be computed."""

    pre_trend_p: float = np.nan  # NaN under three years before recognition
    net_interval: Interval = (np.nan, np.nan)  # 90%, with the trend of later density taken out
    group_year: tuple[float, float] = (np.nan, np.nan)  # estimate and bootstrap p with group x year effects
    randomisation_p: float = np.nan
    movable: float = np.nan  # share of units whose density path can be permuted
    same_without_one: bool = False  # the verdict is the same when any one cluster is dropped
    spillover: bool = False  # on all firms: the spillover is supported; on leave-out true


def grade(verdict_key: Verdict, evidence: Identification, rule: VerdictRule) -> tuple[Grade, tuple[str, ...]]:
    """The grade, and the conditions that the next higher grade lacks."""
    missing_evidence = tuple(_lacking_suggestive(verdict_key, evidence, rule))
    if missing_evidence:
        return "description", missing_evidence
    missing_evidence = tuple(_lacking_credible(evidence, rule))
    return ("suggestive", missing_evidence) if missing_evidence else ("credible", ())


def _lacking_suggestive(verdict_key: Verdict, evidence: Identification, rule: VerdictRule) -> Iterator[str]:
    if verdict_key not in ("supported", "opposite_sign"):
        yield "significance"
        return
    sign = 1.0 if verdict_key == "supported" else -1.0
    if np.isnan(evidence.pre_trend_p):
        yield "years_before"
    elif evidence.pre_trend_p <= rule.alpha:
        yield "pre_trend"
    if not min(sign * interval_end for interval_end in evidence.net_interval) > 0:
        yield "exposure_trend"
    estimate, p = evidence.group_year
    if np.isnan(estimate):
        yield "no_groups"
    elif not (sign * estimate > 0 and p <= GROUP_YEAR_P):
        yield "group_year"


def _lacking_credible(evidence: Identification, rule: VerdictRule) -> Iterator[str]:
    if not evidence.spillover:
        yield "spillover"
    if not evidence.movable >= MOVABLE:
        yield "movable"
    elif not evidence.randomisation_p <= rule.alpha:
        yield "randomisation"
    if not evidence.same_without_one:
        yield "one_cluster"
