"""10,000 designs of 372 x 24, each on its own data: ours against the same mix written in place, and against scikit-criteria.

A design is one of {min-max, goalposts} x {entropy, CRITIC, equal, Dirichlet} x {arithmetic, geometric on [1, 100]} or
z-score x {CRITIC, equal, Dirichlet} x arithmetic; data are 12 years x 31 units x 24 indicators with 1% noise, drawn outside
the timed part; ranks are within each year. Scikit-criteria is called once per draw, through its own pipeline, for the scores
of min-max, entropy, arithmetic on 200 draws. Times are processor time on one thread, so that other work does not count.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy
from skcriteria import mkdm
from skcriteria.agg.simple import WeightedSumModel
from skcriteria.pipelines import mkpipe
from skcriteria.preprocessing.scalers import MinMaxScaler
from skcriteria.preprocessing.weighters import EntropyWeighter

from hqd_index.index.competition_rank import competition
from hqd_index.index.uncertainty.design_draws import NO_FIRM_DRAW, Array, DrawSource, root_scores
from hqd_index.index.uncertainty.draw_tables import table_of
from hqd_index.index.uncertainty.index_designs import Designs, designs_of, plans_by_number
from hqd_index.study.records import Study

DRAWS, BATCH, NOISE = 10_000, 1000, 0.01
YEARS, UNITS, LEAVES = 12, 31, tuple(f"x{j:02d}" for j in range(24))
IN_PLACE_GOAL, OTHER_GOAL = 2.5, 20.0
OTHER_DRAWS = 200
SAME = 1e-9  # entropy of 372 cells added up in another order, on scores of 0-100

Kind = tuple[str, str, str]
Integers = NDArray[np.integer[Any]]
KINDS: list[Kind] = [
    *((s, w, a) for (s, a), w in product(
        [("minmax", "arithmetic"), ("minmax_100", "geometric"), ("goalposts", "arithmetic"), ("goalposts_100", "geometric")],
        ["entropy", "critic", "equal", "dirichlet"])),
    *(("zscore", w, "arithmetic") for w in ("critic", "equal", "dirichlet")),
]  # fmt: skip


@dataclass
class Clock:
    """Processor seconds by name."""

    seconds: dict[str, float] = field(default_factory=dict)

    def timed(self, name: str, function: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        start = time.process_time()
        result = function()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - start
        return result


@dataclass(frozen=True)
class Posts:
    """Goalposts by indicator, wide enough for the noise."""

    low: Array
    high: Array

    def choice(self, low: Array) -> dict[str, Any]:
        return {"method": "goalposts", "low": dict(zip(LEAVES, low.tolist())), "high": dict(zip(LEAVES, self.high.tolist()))}


def study(posts: Posts) -> Study:
    """One level of 24 indicators, with every choice of the mix declared.

    Posts that begin 1/99 of their distance lower give (1 + 99 z) / 100, and a geometric mean of that is [1, 100] by 100.
    """
    label = {"zh": "一", "en": "one"}
    leaf = {id: {"table": "t", "formula": f"sum({id})", "label": label} for id in LEAVES}
    base = {"weight": {"indicators": {"method": "equal"}}, "aggregate": {"indicators": {"method": "arithmetic"}}}
    scales = [
        {"method": "minmax", "to": [1, 100]},
        posts.choice(posts.low),
        posts.choice(posts.low - (posts.high - posts.low) / 99),
        {"method": "zscore"},
    ]
    alternatives = {
        "weighting.normalise": scales,
        "weighting.weight.indicators": [{"method": "entropy"}, {"method": "critic"}],
        "weighting.aggregate.indicators": [{"method": "geometric"}],
    }
    return Study.model_validate(
        {
            "study": {"version": 1, "name": "mix", "label": label, "years": [2001, 2000 + YEARS]},
            "sources": {"version": 1, "sources": {}},
            **{part: {"version": 1} for part in ("rules", "columns", "regressions")},
            "indicators": {"version": 1, "levels": ["indicators"], "tree": {"top": list(LEAVES)}, "indicators": leaf},
            "weighting": {"version": 1, **base},
            "uncertainty": {"alternatives": alternatives, "leave_out": [], "weights": {"concentration": None}},
        }
    )  # fmt: skip


def numbers(designs: Designs) -> Mapping[Kind, int]:
    """Kind -> number of the design; Dirichlet draws are around equal weights."""
    scales = ["minmax", "minmax_100", "goalposts", "goalposts_100", "zscore"]
    weights, means = ["equal", "entropy", "critic"], ["arithmetic", "geometric"]
    of = designs.design_numbers()
    return {
        (s, w, a): of[scales.index(s), weights.index("equal" if w == "dirichlet" else w), means.index(a)] for s, w, a in KINDS
    }


def batches(base: Array, stream: np.random.Generator) -> Iterator[tuple[Array, Array, Integers]]:
    """Leaf values (BATCH + 1, m, T, U), uniform numbers for weights (BATCH, 1 + m), kinds (BATCH,)."""
    for _ in range(DRAWS // BATCH):
        values = base * (1 + NOISE * stream.standard_normal((BATCH + 1, *base.shape)))
        yield values, stream.random((BATCH, 1 + len(LEAVES))), stream.integers(0, len(KINDS), BATCH)


def source_of(designs: Designs) -> Callable[[Array, Array], DrawSource]:
    """A source of given leaf values and uniform numbers; the designs are resolved once for all."""
    years, units = tuple(range(2001, 2001 + YEARS)), tuple(map(str, range(UNITS)))
    plan = plans_by_number(designs, years, [""] * UNITS)
    return lambda values, uniform: DrawSource(plan, designs.label, LEAVES, ("top", *LEAVES), years, units, values, uniform, None)


def ours(source: DrawSource, of: Mapping[Kind, int], kind: Integers) -> Array:
    """Ranks (BATCH, T, U)."""
    drawn = np.array([w == "dirichlet" for _, w, _ in KINDS])[kind]
    every = np.arange(BATCH)
    table = table_of(np.array([of[k] for k in KINDS])[kind], every, np.where(drawn, every, NO_FIRM_DRAW))
    return competition(root_scores(source, table))


def in_place(posts: Posts, values: Array, uniform: Array, kind: Integers) -> Integers:
    """The same ranks, by plain array code for complete data."""
    scores = np.empty((BATCH, YEARS * UNITS))
    for number, each in enumerate(KINDS):
        at = np.flatnonzero(kind == number)
        x = values[at].reshape(len(at), len(LEAVES), -1)
        scores[at] = mixed(posts, x, uniform[at, 1:], *each)
    order = np.argsort(-scores.reshape(BATCH, YEARS, UNITS), axis=-1)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, UNITS + 1)[None, None], axis=-1)
    return ranks


def mixed(posts: Posts, x: Array, uniform: Array, scale: str, weight: str, mean: str) -> Array:
    """Scores (draws, n) of values (draws, m, n) in one kind of design."""
    if scale.startswith("minmax"):
        low, high = x.min(axis=-1, keepdims=True), x.max(axis=-1, keepdims=True)
        z = (x - low) / (high - low)
    elif scale.startswith("goalposts"):
        z = np.clip((x - posts.low[:, None]) / (posts.high - posts.low)[:, None], 0, 1)
    else:
        z = (x - x.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True)
    if scale.endswith("100"):
        z = 1 + 99 * z
    shares = merits(z, uniform, weight)
    shares = shares / shares.sum(axis=-1, keepdims=True)
    if mean == "geometric":
        return np.exp((shares[:, None] @ np.log(z))[:, 0])
    return (shares[:, None] @ z)[:, 0]


def merits(z: Array, uniform: Array, weight: str) -> Array:
    """Weights before scaling (draws, m)."""
    if weight == "entropy":
        p = z / z.sum(axis=-1, keepdims=True)
        return 1 + xlogy(p, p).sum(axis=-1) / np.log(z.shape[-1])
    if weight == "critic":
        spread = z.std(axis=-1)
        standard = (z - z.mean(axis=-1, keepdims=True)) / spread[..., None]
        r = standard @ standard.swapaxes(-1, -2) / z.shape[-1]
        return spread * (1 - r).sum(axis=-1)
    return np.ones(z.shape[:2]) if weight == "equal" else -np.log1p(-uniform)


def theirs(values: Array) -> Array:
    """Scores (draws, n) of min-max, entropy, arithmetic, one call a draw."""
    pipeline = mkpipe(MinMaxScaler("matrix"), EntropyWeighter(), WeightedSumModel())
    tables = [draw.reshape(len(LEAVES), -1).T for draw in values]
    return np.stack([pipeline.evaluate(mkdm(table, [max] * len(LEAVES), criteria=LEAVES)).e_.score for table in tables])


def against_other(source: DrawSource, number: int) -> tuple[float, float]:
    """(ratio of seconds a draw, largest difference of scores)."""
    clock, repeats = Clock(), 5
    table = table_of(np.full(OTHER_DRAWS, number), np.arange(OTHER_DRAWS), NO_FIRM_DRAW)
    for _ in range(repeats):
        mine = clock.timed("ours", lambda: root_scores(source, table))
    other = clock.timed("other", lambda: theirs(source.values[:OTHER_DRAWS]))
    mine_each, other_each = clock.seconds["ours"] / repeats / OTHER_DRAWS, clock.seconds["other"] / OTHER_DRAWS
    print(f"entropy scores: ours {mine_each * 1e3:.3f} ms a draw, scikit-criteria {other_each * 1e3:.2f} ms a draw")
    return other_each / mine_each, float(np.abs(mine.reshape(OTHER_DRAWS, -1) - 100 * other).max())


def main() -> int:
    stream = np.random.default_rng(1)
    base = np.exp(stream.standard_normal((len(LEAVES), YEARS, UNITS)))
    posts = Posts(0.5 * base.min(axis=(1, 2)), 1.5 * base.max(axis=(1, 2)))
    designs = designs_of(study(posts))
    made, of, clock, equal = source_of(designs), numbers(designs), Clock(), 0
    for values, uniform, kind in batches(base, stream):
        source = made(values, uniform)
        mine = clock.timed("ours", lambda: ours(source, of, kind))  # noqa: B023
        plain = clock.timed("in place", lambda: in_place(posts, values, uniform, kind))  # noqa: B023
        equal += int((mine == plain).all(axis=(1, 2)).sum())
    done = DRAWS // BATCH * BATCH
    mine_took, plain_took = clock.seconds["ours"], clock.seconds["in place"]
    print(f"{done} designs: ours {mine_took:.2f} s, in place {plain_took:.2f} s; same ranks in {equal}")
    faster, apart = against_other(source, of["minmax", "entropy", "arithmetic"])
    good_other = faster >= OTHER_GOAL and apart < SAME
    print(f"uncertainty: ratio {faster:.0f} (goal {OTHER_GOAL:.0f}) against scikit-criteria: {'PASS' if good_other else 'SHORT'}")
    ratio = mine_took / plain_took
    good = ratio <= IN_PLACE_GOAL and equal == done
    verdict = "PASS" if good else "SHORT"
    print(f"uncertainty: ratio {ratio:.2f} (goal at most {IN_PLACE_GOAL}) against the same mix in place: {verdict}")
    return 0 if good and good_other else 1


if __name__ == "__main__":
    sys.exit(main())
