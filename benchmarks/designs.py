"""Estimates on request in simulated data of known truth: bias, coverage, and what they do when their assumption fails.

Each line is one estimator under one design: mean bias in standard errors of the mean, share of 95% intervals that hold the truth
(for tests: share rejected), over `SEEDS` data sets from seed 0 on. A design in which the assumption holds must cover at least
95% less three Monte Carlo standard errors; one in which it fails is printed with what is reported then, and must be called so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hqd_index.errors import EstimationError
from hqd_index.models.firms.bacon import sun_abraham
from hqd_index.models.firms.balanced_effects import balanced_effects, cohorts, entropy_balanced, matched
from hqd_index.models.firms.dynamic_switchers import dynamic_switching
from hqd_index.models.firms.event_study import Events
from hqd_index.models.firms.firm_years import INSTRUMENT
from hqd_index.models.firms.instrumented_status import instrumented_status
from hqd_index.models.firms.trend_bounds import EventPath, relative_magnitudes, smoothness
from hqd_index.models.kernels.iv import iv_estimate
from hqd_index.models.kernels.specification import Specification
from hqd_index.models.kernels.threshold import threshold_estimate

SEED = 0
SEEDS = 200
NOMINAL = 0.95
YEARS = np.arange(2010, 2018)
SPEC = Specification("s", ("y",), "x", (), ("unit", "year"))


@dataclass(frozen=True)
class Draw:
    """What one data set gave: the error of the estimate, whether the truth is held, and whether the failure was reported."""

    error: float
    holds: bool
    reported: bool = False


def firms(rng: np.random.Generator, *, n: int = 300, effect: float = 0.5, trend: float = 0.0, gap: float = 0.0) -> pd.DataFrame:
    """Firms that grow with size; those recognised are larger and drift by `trend` a year; half lose the status in 2."""
    size = rng.normal(size=n)
    first = np.where(rng.random(n) < 1 / (1 + np.exp(0.5 - size)), rng.choice([2013, 2015], n), 9999)
    size = size + gap * (first < 9999)
    last = first + rng.choice([2, 99], n)
    unit, year = np.repeat(np.arange(n), len(YEARS)), np.tile(YEARS, n)
    valid = (year >= first[unit]) & (year < last[unit])
    drift = np.where(first[unit] < 9999, trend, 0.0) + 0.1 * size[unit] * (trend == 0)
    y = rng.normal(size=n)[unit] + drift * (year - 2010) + effect * valid + 0.3 * rng.normal(size=len(unit))
    return pd.DataFrame({
        "unit": unit, "year": year, "first": np.where(first == 9999, np.nan, first)[unit], "y": y, "valid": valid.astype(float),
        "covariate_size": size[unit],
    })  # fmt: skip


def first_year(events: Events, truth: float) -> Draw:
    at = events.time.index(0)
    error, se = float(events.estimate[at] - truth), float(events.se[at])
    return Draw(error, abs(error) <= 1.96 * se)


def balancing(method: str, gap: float) -> Callable[[np.random.Generator], Draw]:
    def draw(rng: np.random.Generator) -> Draw:
        data = firms(rng, gap=gap)
        try:
            unweighted = cohorts(data, ["size"])
            weighted = entropy_balanced(unweighted) if method == "entropy" else matched(unweighted, neighbours=2, caliper=0.2)
            return first_year(balanced_effects(weighted, data, "y", window=(-2, 2)), 0.5)
        except EstimationError:
            return Draw(np.nan, False, reported=True)

    return draw


def dynamic(total: bool) -> Callable[[np.random.Generator], Draw]:
    def draw(rng: np.random.Generator) -> Draw:
        data = firms(rng)
        data["y"] -= 0.1 * data["covariate_size"] * (data["year"] - 2010)
        found = dynamic_switching(data, "y", window=(-3, 3))
        if total:
            error = found.total - 0.5
            return Draw(error, abs(error) <= 1.96 * found.total_se)
        return first_year(found.events, 0.5)

    return draw


def bounds(restriction: str, trend: float) -> Callable[[np.random.Generator], Draw]:
    """No effect; the plain interval is beside the robust one: `reported` where the plain one leaves out zero, the robust not."""

    def draw(rng: np.random.Generator) -> Draw:
        events = sun_abraham(firms(rng, effect=0.0, trend=trend or 1e-9), "y", window=(-3, 2))
        columns = [i for i, time in enumerate(events.time) if time != -1]
        path = EventPath(events.estimate[columns], events.covariance[np.ix_(columns, columns)], 2, np.eye(3)[0])
        low, high = smoothness(path, 0.0) if restriction == "smoothness" else relative_magnitudes(path, 1.0)
        plain = abs(path.effect) > 1.96 * path.se
        return Draw(path.effect, low <= 0 <= high, reported=bool(plain and low <= 0 <= high))

    return draw


def unit_years(rng: np.random.Generator, *, above: float, units: int = 30, years: int = 10) -> pd.DataFrame:
    n = units * years
    data = pd.DataFrame({"unit": np.repeat(np.arange(units), years), "year": np.tile(np.arange(years), units)})
    data["q"], data["x"] = rng.uniform(size=n), rng.normal(size=n)
    data["y"] = np.where(data["q"] <= 0.4, 0.2, above) * data["x"] + rng.normal(size=units)[data["unit"]] + rng.normal(size=n)
    return data


def threshold(above: float) -> Callable[[np.random.Generator], Draw]:
    """Is 0.4 in the region; with one regime: is it not rejected."""

    def draw(rng: np.random.Generator) -> Draw:
        found = threshold_estimate(unit_years(rng, above=above), SPEC, "q", outcome="y", trim=0.1, draws=199, level=0.95, rng=rng)
        single = above == 0.2
        holds = found.p > 0.05 if single else found.low <= 0.4 <= found.high
        return Draw(np.nan if single else found.threshold - 0.4, bool(holds), reported=found.p > 0.05)

    return draw


def instrument(strength: float) -> Callable[[np.random.Generator], Draw]:
    """Is 0.5 in the Anderson-Rubin set; `reported` where the effective F is below its critical value."""

    def draw(rng: np.random.Generator) -> Draw:
        data = unit_years(rng, above=0.2, units=40, years=6)
        z, error = rng.normal(size=len(data)), rng.normal(size=len(data))
        x = strength * z + error + rng.normal(size=len(data))
        found = iv_estimate(data.assign(z=z, x=x, y=0.5 * x + 2 * error), SPEC, ["z"])
        holds = any(low <= 0.5 <= high for low, high in found.ar)
        return Draw(found.estimate - 0.5, holds, reported=found.f_effective < found.f_critical)

    return draw


def status_instrument(strength: float) -> Callable[[np.random.Generator], Draw]:
    """The effect 0.5 of a status that follows a lot and the firm's own shock; as above."""

    def draw(rng: np.random.Generator) -> Draw:
        count, years = 150, 6
        unit, year = np.repeat(np.arange(count), years), np.tile(np.arange(years), count)
        lot, shock = rng.integers(0, 2, len(unit)), rng.normal(size=len(unit))
        valid = (strength * lot + shock + rng.normal(size=len(unit)) > 0.5).astype(float)
        y = 0.5 * valid + shock + rng.normal(size=count)[unit] + 0.2 * year + rng.normal(size=len(unit))
        rows = {"unit": unit, "year": year, "cell": 3 * year + unit % 3, "first": np.nan, "valid": valid, "y": y, INSTRUMENT: lot}
        found = instrumented_status(pd.DataFrame(rows), "y", level=0.95)
        holds = any(low <= 0.5 <= high for low, high in found.ar)
        return Draw(found.estimate - 0.5, holds, reported=found.f_effective < found.f_critical)

    return draw


HELD: dict[str, Callable[[np.random.Generator], Draw]] = {
    "entropy balancing": balancing("entropy", 0.0),
    "PSM-DID": balancing("psm", 0.0),
    "dCDH, first year": dynamic(total=False),
    "dCDH, total per year in status": dynamic(total=True),
    "bounds: smoothness 0, parallel": bounds("smoothness", 0.0),
    "bounds: relative magnitudes 1, parallel": bounds("relative", 0.0),
    "threshold region": threshold(1.0),
    "Anderson-Rubin set, strong": instrument(0.6),
    "Anderson-Rubin set, weak": instrument(0.05),
    "status of firms instrumented, strong": status_instrument(1.5),
    "status of firms instrumented, weak": status_instrument(0.1),
    "bounds: smoothness 0, linear trend": bounds("smoothness", 0.1),
    "bounds: relative magnitudes 1, linear trend": bounds("relative", 0.1),
    "one regime: not rejected": threshold(0.2),
}
"""Designs in which what the interval or test claims is true."""
FAILED: dict[str, tuple[Callable[[np.random.Generator], Draw], str]] = {
    "no overlap: entropy balancing": (balancing("entropy", 12.0), "not made, with the reason"),
    "no overlap: PSM-DID": (balancing("psm", 12.0), "not made, with the reason"),
    "weak instrument: 2SLS": (instrument(0.05), "effective F below its critical value"),
    "weak instrument of the status: 2SLS": (status_instrument(0.1), "effective F below its critical value"),
    "one regime: threshold": (threshold(0.2), "one regime not rejected: not to be read"),
    "trend of 0.1 a year: plain interval": (bounds("smoothness", 0.1), "plain interval leaves out zero, robust one holds it"),
}
"""Designs in which an assumption fails: what is reported then, and in what share of the data sets."""


def draws(design: Callable[[np.random.Generator], Draw], seeds: int) -> Iterator[Draw]:
    for seed in range(SEED, SEED + seeds):
        yield design(np.random.default_rng(seed))


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    allowed = NOMINAL - 3 * np.sqrt(NOMINAL * (1 - NOMINAL) / seeds)
    print(f"seeds {SEED} to {SEED + seeds - 1}; nominal 95%, Monte Carlo floor {allowed:.3f}")
    worst, silent = 1.0, 1.0
    for name, design in HELD.items():
        found = list(draws(design, seeds))
        errors = np.array([one.error for one in found])
        errors = errors[np.isfinite(errors)]
        bias = f"{errors.mean():+.4f} ({errors.mean() / errors.std() * np.sqrt(len(errors)):+.1f} SE)" if len(errors) else "-"
        share = float(np.mean([one.holds for one in found]))
        worst = min(worst, share)
        print(f"  {name:<44} bias {bias:<22} holds the truth {share:6.1%}")
    for name, (design, words) in FAILED.items():
        share = float(np.mean([one.reported for one in draws(design, seeds)]))
        silent = min(silent, share)
        print(f"  {name:<44} reported {share:6.1%}: {words}")
    good = worst >= allowed
    verdict = "PASS" if good else "SHORT"
    print(f"designs: ratio {worst / NOMINAL:.3f} (goal {allowed / NOMINAL:.3f}) against nominal coverage: {verdict}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
