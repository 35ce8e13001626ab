"""Firms drawn again: a draw with every firm once is the panel itself, and any draw equals the panel of the repeated rows."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.panel import aggregate_columns
from hqd_index.panel.firm_bootstrap import panel_draws
from hqd_index.study.records import Indicator

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
    "number": "count(*)",
    "two years": "sum(revenue + lag(revenue)) / 2",
    "turnover": "sum(rd_exp) / sum(revenue + lag(revenue))",
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
    with open_engine() as engine:
        return panel_draws(study(), engine, engine.scan(rows), leaves, len(counts[0]), Fixed(counts))


def by_rows(rows):
    """The same formulas by pandas on the rows as they are (repeated rows count as firms)."""
    before = firms().set_index(["firm_id", "year"])["revenue"]
    earlier = before.reindex(pd.MultiIndex.from_arrays([rows["firm_id"], rows["year"] - 1])).to_numpy()
    out = []
    for (_, _), g in rows.assign(both=rows["revenue"] + earlier).groupby(["year", "unit"]):
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
                len(r),
                g["both"].sum(skipna=False) / 2,
                e[g["both"].notna()].sum() / g["both"].sum() if g["both"].notna().any() else np.nan,
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
        assert got.values[draw].reshape(-1, len(FORMULAS)) == pytest.approx(by_rows(repeated), rel=EXACT, nan_ok=True), draw


def test_every_firm_once_is_the_panel():
    """The same formulas through the query that makes the panel."""
    rows = firms()
    with open_engine() as engine:
        table = engine.scan(rows)
        leaves = {id: Indicator(table="firms", formula=text, label=L) for id, text in FORMULAS.items()}
        panel = aggregate_columns(study(), engine, {"firms": table}, leaves)
    once = drawn([np.ones((1, rows.loc[rows["unit"] == u, "firm_id"].nunique())) for u in "AB"])
    wide = panel.sort_values(["year", "unit"])[list(FORMULAS)].to_numpy()
    assert once.values[0].reshape(-1, len(FORMULAS)) == pytest.approx(wide, rel=EXACT, nan_ok=True)


def test_a_year_in_which_no_firm_is_drawn_is_missing_even_for_a_count():
    rows = pd.DataFrame({"firm_id": ["f", "g"], "year": [2019, 2020], "unit": "A", "revenue": [1.0, 2.0], "rd_exp": 1.0})
    leaves = {"number": Indicator(table="firms", formula="count(*)", label=L)}
    with open_engine() as engine:
        got = panel_draws(study(), engine, engine.scan(rows), leaves, 1, Fixed([np.array([[2.0, 0.0]])]))
    assert got.values[0, 0, 0, 0] == 2 and np.isnan(got.values[0, 1, 0, 0])


def test_firms_are_drawn_whole_and_inside_their_unit():
    """Each draw has as many firms as the unit, and a firm keeps its years: draws of one constant per firm agree over years."""
    count = 30
    firm = [f"f{f:02d}" for f in range(count)]
    rows = pd.DataFrame({"firm_id": firm * 2, "year": [2019] * count + [2020] * count, "unit": list("AB") * count})
    rows = rows.assign(revenue=[float(f) for f in range(count)] * 2, rd_exp=1.0)
    leaves = {"total": Indicator(table="firms", formula="sum(revenue)", label=L),
              "number": Indicator(table="firms", formula="count(*)", label=L)}  # fmt: skip
    with open_engine() as engine:
        got = panel_draws(study(), engine, engine.scan(rows), leaves, 500, np.random.default_rng(5)).values
    assert (got[..., 1] == count / 2).all() and np.array_equal(got[:, 0, :, 0], got[:, 1, :, 0])
    total = rows[rows["year"] == 2019].groupby("unit")["revenue"]
    assert got[:, 0, :, 0].mean(axis=0) == pytest.approx(total.sum().to_numpy(), rel=0.02)  # 4 standard errors: 0.5 of a firm
    spread = np.sqrt(count / 2) * total.std(ddof=0).to_numpy()  # of a sum of 15 drawn with replacement
    assert got[:, 0, :, 0].std(axis=0) == pytest.approx(spread, rel=0.13)  # 4 standard errors of a deviation from 500 draws
