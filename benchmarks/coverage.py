"""Size and coverage of the tests on simulated panels of known truth; writes the table of docs/size_and_coverage.md.

Run with `--write` to rewrite the document; the last line says whether every figure lies where it must.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hqd_index.demo.fixtures import panel_a, panel_b, panel_c, panel_d
from hqd_index.models.firms.event_study import imputation, twfe
from hqd_index.models.firms.group_time import callaway_santanna
from hqd_index.models.kernels.slx import slx
from hqd_index.models.kernels.specification import Specification, estimate

DRAWS, ALPHA = 399, 0.05
SPEC = Specification("coverage", ("hqd",), "density_lag")
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "size_and_coverage.md"


@dataclass(frozen=True)
class Figure:
    """One number with its Monte Carlo error and the range it must lie in."""

    design: str
    quantity: str
    value: float
    error: float
    low: float
    high: float

    @property
    def must(self) -> str:
        low = f"from {self.low:g}" if np.isfinite(self.low) else ""
        high = f"up to {self.high:g}" if np.isfinite(self.high) else ""
        return " ".join(end for end in (low, high) if end) or "any"

    @property
    def holds(self) -> bool:
        """Inside the range, give or take two Monte Carlo errors."""
        return self.low - 2 * self.error <= self.value <= self.high + 2 * self.error


def share(hits: list[bool]) -> tuple[float, float]:
    value = float(np.mean(hits))
    return value, float(np.sqrt(max(value * (1 - value), 0.01) / len(hits)))


def sizes(
    name: str, shape: float | None, reps: int, ranges: dict[str, tuple[float, float]], beta: float = 0.0
) -> Iterator[Figure]:
    """DGP-A and A2: rejection of the truth by each test, coverage of the CV3 and bootstrap intervals, bias."""
    rejected: dict[str, list[bool]] = {k: [] for k in ("CV1-t", "CV3-t", "wild bootstrap")}
    covered, estimates, errors = [], [], []
    for seed in range(reps):
        data = panel_a(seed, shape=shape, beta=beta).data
        found = estimate(data.assign(hqd=data["hqd"] - beta * data["density_lag"]), SPEC, draws=DRAWS, seed=seed)
        for key, p in zip(rejected, (found.p_cv1[0, 0], found.p_cv3[0, 0], found.p_wild[0])):
            rejected[key].append(bool(p <= ALPHA))
        covered.append(bool(found.low[0, 0] <= 0 <= found.high[0, 0]))
        estimates.append(found.coefficient[0, 0])
        errors.append(found.se_cv1[0, 0])
    for key, hits in rejected.items():
        yield Figure(name, f"{key} rejects a true null at 5%", *share(hits), *ranges[key])
    yield Figure(name, "CV3 interval holds the truth", *share(covered), *ranges["coverage"])
    spread = float(np.std(estimates) / np.sqrt(reps))
    yield Figure(name, "mean error of the estimate, in Monte Carlo errors", float(np.mean(estimates)) / spread, 1.0, 0.0, 0.0)
    yield Figure(name, "mean CV1 error / true sd", float(np.mean(errors) / np.std(estimates)), 0.02, 0.5, 1.1)


def mechanical(selection: str, reps: int, ranges: tuple[tuple[float, float], tuple[float, float]]) -> Iterator[Figure]:
    """DGP-B: no spillover. All firms reject zero; firms never recognised do at about the size, or with a negative sign."""
    whole, rest, sign = [], [], []
    for seed in range(reps):
        data = panel_b(seed, selection=selection).data  # type: ignore[arg-type]
        both = [estimate(data[data["sample"] == s], SPEC, draws=DRAWS, seed=seed) for s in ("all", "leave_out")]
        whole.append(bool(both[0].p_wild[0] <= ALPHA))
        rest.append(bool(both[1].p_wild[0] <= ALPHA))
        sign.append(float(both[1].coefficient[0, 0]))
    name = f"B, selection on {selection}"
    yield Figure(name, "all firms: bootstrap rejects", *share(whole), *ranges[0])
    yield Figure(name, "never recognised: bootstrap rejects", *share(rest), *ranges[1])
    z = float(np.mean(sign) / (np.std(sign) / np.sqrt(reps)))
    must = (-np.inf, -3.0) if selection == "trend" else (-np.inf, np.inf)
    yield Figure(name, "never recognised: mean estimate, in Monte Carlo errors", z, 1.0, *must)


def spillover(reps: int) -> Iterator[Figure]:
    """DGP-C: the SLX model holds the truth; leaving linked density out misses the known part of a rise everywhere."""
    covered: list[list[bool]] = [[], []]
    missed = []
    for seed in range(reps):
        made = panel_c(seed)
        found = slx(made.data, SPEC, made.links, draws=99).estimate  # type: ignore[arg-type]
        for k, truth in enumerate((made.truth["own"], made.truth["up"])):
            covered[k].append(bool(found.low[k, 0] <= truth <= found.high[k, 0]))
        plain = estimate(made.data, SPEC, draws=99)
        missed.append(found.coefficient[:2, 0].sum() - plain.coefficient[0, 0])
    for name, hits in zip(("own", "upstream"), covered):
        yield Figure("C", f"CV3 interval holds the {name} effect", *share(hits), 0.93, 0.97)
    error = float(np.std(missed) / np.sqrt(reps))
    yield Figure("C", "aggregate effect missed without links (truth 1.5)", float(np.mean(missed)), error, 1.4, 1.6)


METHODS: dict[str, Callable[..., Any]] = {
    "two-way effects": twfe, "imputation": imputation, "Callaway-Sant'Anna": callaway_santanna
}  # fmt: skip


def staggered(reps: int) -> Iterator[Figure]:
    """DGP-D: bias of each estimator of the mean effect, in Monte Carlo errors; robust ones also at event times 0 to 4."""
    gaps: dict[str, list[float]] = {"two-way effects": [], "imputation": [], "Callaway-Sant'Anna": []}
    covered: dict[str, list[bool]] = {"imputation": [], "Callaway-Sant'Anna": []}
    for seed in range(reps):
        made = panel_d(seed)
        for name, method in METHODS.items():
            found = method(made.data, "y", window=(-4, 4))
            gaps[name].append(found.overall - made.truth["overall"])
            if name in covered:
                for e in range(5):
                    j = found.time.index(e)
                    covered[name].append(bool(abs(found.estimate[j] - made.truth[f"effect_{e}"]) <= 1.96 * found.se[j]))
    for name, values in gaps.items():
        z = float(abs(np.mean(values)) / (np.std(values) / np.sqrt(reps)))
        low, high = (3.0, np.inf) if name == "two-way effects" else (0.0, 3.0)
        yield Figure("D", f"{name}: |bias| of the mean effect, in Monte Carlo errors", z, 0.0, low, high)
    for name, hits in covered.items():
        yield Figure("D", f"{name}: 95% interval holds the effect, event times 0-4", *share(hits), 0.92, 0.97)


EVEN = {"CV1-t": (0.035, 0.07), "CV3-t": (0.035, 0.065), "wild bootstrap": (0.035, 0.065), "coverage": (0.93, 0.97)}
RAMP = {"CV1-t": (0.10, 1.0), "CV3-t": (0.05, 0.095), "wild bootstrap": (0.015, 0.05), "coverage": (0.90, 0.95)}
DESIGNS: dict[str, Callable[[int], Iterator[Figure]]] = {
    "A": lambda n: sizes("A, even density, 31 x 12", None, n, EVEN),
    "A2": lambda n: sizes("A2, late ramp, Pareto 3", 3.0, n, RAMP),
    "A2 strong": lambda n: sizes("A2, late ramp, Pareto 1.2", 1.2, n, RAMP),
    "B level": lambda n: mechanical("level", n // 4, ((0.90, 1.0), (0.0, 0.12))),
    "B trend": lambda n: mechanical("trend", n // 4, ((0.90, 1.0), (0.12, 1.0))),
    "C": lambda n: spillover(n // 4),
    "D": lambda n: staggered(n // 8),
}


def table(figures: list[Figure], reps: int) -> str:
    head = (
        "# Size and coverage\n\n"
        f"Made by `benchmarks/coverage.py` ({reps} replications for A, a quarter for B and C, an eighth for D; {DRAWS} bootstrap "
        "draws, Rademacher). The generators stand in `hqd_index/demo/fixtures.py`. The range is what must hold, give or take "
        "two Monte Carlo errors (in brackets).\n\n| design | quantity | value | range | |\n|---|---|---|---|---|\n"
    )
    rows = [
        f"| {f.design} | {f.quantity} | {f.value:.3f} ({f.error:.3f}) | {f.must} | {'yes' if f.holds else 'NO'} |"
        for f in figures
    ]
    return head + "\n".join(rows) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reps", type=int, default=1000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    figures, start = [], time.perf_counter()
    for name, design in DESIGNS.items():
        figures += list(design(options.reps))
        print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    text = table(figures, options.reps)
    print(text)
    if options.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    held = sum(f.holds for f in figures)
    ratio = held / len(figures)
    print(f"coverage: ratio {ratio:.2f} (goal 1) against the stated ranges: {'PASS' if held == len(figures) else 'SHORT'}")
    return 0 if held == len(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
