"""200 firm-bootstrap draws of the panel on 78,000 firm-years: processor time against per-firm sums times weights in numpy.

The rival is `by_sums` below: the sixteen columns that the eleven formulas add up, as a matrix of firms by years, times the matrix
of how often each draw takes each firm, unit by unit, and the eleven formulas written out in numpy. Both read the same table in
DuckDB, draw the same firms from the same seed and make the same 31 x 13 panels, all of which are compared. One thread.

The goal is half the rival's speed, not all of it: the rival knows its formulas and that no cell is missing. The program parses
any formula of a study, leaves a firm with a missing cell out of both parts of its ratio, knows quantiles and spreads, and lets
the engine that makes the panel work out what stands around the sums: 22 columns of rows against 15, and 11 formulas in SQL.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from processor_time import least_seconds, verdict

from hqd_index.engines import Engine, open_engine
from hqd_index.panel import panel_draws
from hqd_index.study.records import Indicator, Label, Study

FIRMS, YEARS, UNITS, DRAWS, TIMES = 6_000, 13, 31, 200, 3
GOAL = 0.5
SAME = 1e-9  # relative: sums of a few hundred doubles in another order
MONEY = ("revenue", "rd_exp", "newprod_rev", "digital_invest", "overseas_rev", "cogs", "inventory", "receivables")
NUMBERS = ("employees", "rd_staff", "patents", "trademarks")

FORMULAS: Mapping[str, str] = {
    "rd": "100 * sum(rd_exp) / sum(revenue)",
    "staff": "100 * sum(rd_staff) / sum(employees)",
    "patents": "sum(patents) / (sum(employees) / 10000)",
    "new": "100 * sum(newprod_rev) / sum(revenue)",
    "marks": "sum(trademarks) / (sum(revenue) / 1e8)",
    "big": "100 * count(*) filter (where revenue > 100) / count(*)",
    "digital": "100 * sum(digital_invest) / sum(revenue)",
    "overseas": "100 * sum(overseas_rev) / sum(revenue)",
    "stock": "sum(cogs) / sum(inventory)",
    "owed": "365 * sum(receivables) / sum(revenue)",
    "top": "(avg(share_in) + avg(share_out)) / 2",
}
Array = NDArray[np.float64]


def study() -> Study:
    label = {"zh": "一", "en": "one"}
    leaf = {"rd": {"table": "firms", "formula": "sum(rd_exp)", "label": label}}
    return Study.model_validate(
        {
            "study": {"version": 1, "name": "draws", "label": label, "years": [2012, 2011 + YEARS]},
            "sources": {"version": 1, "sources": {}},
            **{part: {"version": 1} for part in ("rules", "columns", "regressions")},
            "indicators": {"version": 1, "levels": ["indicators"], "tree": {"top": ["rd"]}, "indicators": leaf},
            "weighting": {"version": 1, "weight": {}, "aggregate": {}},
        }
    )


def firm_years() -> pd.DataFrame:
    """Firms spread over units unevenly, each in every year."""
    random = np.random.default_rng(11)
    size = random.dirichlet(np.full(UNITS, 5.0))
    unit = random.choice([f"C{13 + u}" for u in range(UNITS)], size=FIRMS, p=size)
    rows = pd.DataFrame({"firm_id": np.repeat([f"f{f:05d}" for f in range(FIRMS)], YEARS), "unit": np.repeat(unit, YEARS)})
    rows["year"] = np.tile(np.arange(2012, 2012 + YEARS), FIRMS)
    for column in MONEY + NUMBERS:
        rows[column] = random.lognormal(4.0, 1.0, len(rows)).round(2 if column in MONEY else 0) + 1
    rows["share_in"], rows["share_out"] = random.random((2, len(rows)))
    return rows


def by_sums(engine: Engine, firms: str, seed: int) -> Array:
    """Panels (draws, T, U, 11): no gaps in the values, and every firm in one unit."""
    rows = engine.collect(f"SELECT * FROM {firms} ORDER BY unit, firm_id, year")
    stream, panels = np.random.default_rng(seed), []
    columns = [*MONEY, *NUMBERS, "share_in", "share_out"]
    for _, members in rows.groupby("unit", sort=True):
        firm, names = pd.factorize(members["firm_id"])
        cells = firm * YEARS + (members["year"].to_numpy() - 2012)
        counts = stream.multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS).astype(float)
        values = [*(members[column].to_numpy(dtype=float) for column in columns), np.ones(len(members))]
        values.append((members["revenue"].to_numpy() > 100).astype(float))
        grids = [np.bincount(cells, value, minlength=len(names) * YEARS).reshape(len(names), YEARS) for value in values]
        sums = (counts @ np.hstack(grids)).reshape(DRAWS, len(values), YEARS)
        x = dict(zip([*columns, "n", "big"], sums.transpose(1, 0, 2)))
        sales, staff = x["revenue"], x["employees"]
        indicators = [
            100 * x["rd_exp"] / sales, 100 * x["rd_staff"] / staff, x["patents"] / (staff / 10000),
            100 * x["newprod_rev"] / sales, x["trademarks"] / (sales / 1e8), 100 * x["big"] / x["n"],
            100 * x["digital_invest"] / sales, 100 * x["overseas_rev"] / sales, x["cogs"] / x["inventory"],
            365 * x["receivables"] / sales, (x["share_in"] + x["share_out"]) / x["n"] / 2,
        ]  # fmt: skip
        panels.append(np.stack(indicators, axis=2))
    return np.stack(panels, axis=2)


def main() -> int:
    leaf_label = Label(zh="一", en="one")
    leaves = {id: Indicator(table="firms", formula=text, label=leaf_label) for id, text in FORMULAS.items()}
    with open_engine(threads=1) as engine:
        firms = engine.scan(firm_years())
        seconds, results = least_seconds(
            {
                "ours": lambda: panel_draws(study(), engine, firms, leaves, DRAWS, np.random.default_rng(1)).values,
                "sums": lambda: by_sums(engine, firms, 1),
            },
            TIMES,
        )
    apart = float(np.abs(results["ours"] / results["sums"] - 1).max())
    each = {who: f"{1e3 * took / DRAWS:.2f} ms a draw" for who, took in seconds.items()}
    print(f"{FIRMS * YEARS:,} firm-years: ours {each['ours']}, sums {each['sums']}; panels apart by {apart:.1e}")
    if not apart < SAME:
        print("results differ: times are not compared")
        return 1
    return verdict("bootstrap", seconds["sums"] / seconds["ours"], GOAL, "per-firm sums times weights in numpy")


if __name__ == "__main__":
    sys.exit(main())
