"""Firms drawn again: a draw with every firm once is the panel itself, and any draw equals the panel of the repeated rows."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines.duckdb import Engine
from hqd_index.panel.bootstrap import panel_draws
from hqd_index.study.models import Indicator

from .test_panel import L, study

EXACT = 1e-9
"""Relative: sums of a few hundred doubles in another order."""

FORMULAS = {
    "ratio": "100 * sum(rd_exp) / sum(revenue)",
    "mean": "avg(revenue)",
    "big": "count(*) filter (where revenue > 300) / count(distinct firm_id)",
    "middle": "median(revenue)",
    "upper": "quantile_cont(revenue, 0.9)",
    "spread": "stddev_samp(revenue)",
    "top": "max(revenue)",
    "log": "ln(sum(revenue)) - ln(sum(rd_exp))",
}


def firms(seed=3, count=40):
    stream = np.random.default_rng(seed)
    rows = [
        {"firm_id": f"f{f:03d}", "year": y, "unit": "AB"[f % 2], "revenue": stream.lognormal(5), "rd_exp": stream.lognormal(1)}
        for f in range(count)
        for y in (2019, 2020)
        if stream.random() > 0.1
    ]
    return pd.DataFrame(rows)


class Fixed:
    """A stream whose draws are given."""

    def __init__(self, counts):
        self.counts = iter(counts)

    def multinomial(self, n, p, size):
        return next(self.counts)


def drawn(counts):
    rows = firms()
    leaves = {id: Indicator(table="firms", formula=text, label=L) for id, text in FORMULAS.items()}
    with Engine() as engine:
        return panel_draws(study(), engine, engine.scan(rows), leaves, len(counts[0]), Fixed(counts))


def by_rows(rows):
    """The same formulas by pandas on the rows as they stand (repeated rows count as firms)."""
    out = []
    for (_, _), g in rows.groupby(["year", "unit"]):
        r, e = g["revenue"], g["rd_exp"]
        out.append(
            [
                100 * e.sum() / r.sum(),
                r.mean(),
                (r > 300).mean(),
                r.median(),
                r.quantile(0.9),
                r.std(),
                r.max(),
                np.log(r.sum()) - np.log(e.sum()),
            ]
        )
    return np.array(out)


def test_every_draw_equals_the_panel_of_the_repeated_rows():
    rows = firms()
    stream = np.random.default_rng(0)
    members = [sorted(rows.loc[rows["unit"] == u, "firm_id"].unique()) for u in "AB"]
    counts = [np.vstack([np.ones(len(m)), stream.multinomial(len(m), np.full(len(m), 1 / len(m)), size=3)]) for m in members]
    got = drawn(counts)
    for draw in range(4):
        times = {firm: int(c) for m, k in zip(members, counts) for firm, c in zip(m, k[draw])}
        repeated = rows.loc[rows.index.repeat(rows["firm_id"].map(times))]
        assert got.values[draw].reshape(-1, len(FORMULAS)) == pytest.approx(by_rows(repeated), rel=EXACT), draw
