"""Industry yearbook, trade and input-output tables of the demo: they respond to spillover only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .draws import Floats, persistent, stream
from .effects import Targets
from .sectors import CODES, SECTORS, YEARS

SHAPE = (len(SECTORS), len(YEARS))
LOW_COVERAGE = "C43"  # the panel holds so few of its firms that coverage is flagged
FINAL_USES = (("final_cons", 0.45), ("gfcf", 0.25), ("export", 0.30))


def long(columns: dict[str, Floats]) -> pd.DataFrame:
    """(industries, years) arrays as a table with key industry_code, year."""
    keys = {"industry_code": np.repeat(np.array(CODES, dtype=object), len(YEARS)), "year": np.tile(YEARS, len(CODES))}
    return pd.DataFrame(keys | {name: values.ravel() for name, values in columns.items()})


def industry_table(seed: int, target: Targets, firms: Floats, revenue: Floats) -> pd.DataFrame:
    """The yearbook in 亿元: official totals above the panel's `firms` and `revenue` (yuan), and what the targets ask."""
    rng = stream(seed, "industry")
    coverage = rng.uniform(0.25, 0.6, (len(SECTORS), 1))
    coverage[CODES.index(LOW_COVERAGE)] = 0.12
    wobble = np.exp(persistent(rng, SHAPE, sd=0.02, keep=0.7))
    official = np.round(revenue / 1e8 / coverage * wobble, 4)
    number = np.round(firms / (0.9 * coverage) * np.exp(persistent(rng, SHAPE, sd=0.01, keep=0.7)))
    columns = {"n_firms": number, "revenue": official} | _controls(rng, official)
    return long(columns | _scored(rng, target.leave_out, official))


def _controls(rng: np.random.Generator, revenue: Floats) -> dict[str, Floats]:
    """Size, debt, capital and wages: persistent, and unrelated to density and to the indicators' noise."""

    def share(low: float, high: float) -> Floats:
        return rng.uniform(low, high, (len(SECTORS), 1)) + persistent(rng, SHAPE, sd=0.02, keep=0.7)

    years = np.arange(len(YEARS))
    assets = revenue * share(0.7, 1.2)
    staff = revenue / share(90, 160) / np.exp(0.05 * years)
    paid = assets * share(0.18, 0.28)
    columns = {
        "employees_avg": staff,
        "total_assets": assets,
        "total_liab": assets * share(0.42, 0.66),
        "fixed_assets_net": assets * share(0.2, 0.45),
        "paid_in_capital": paid,
        "state_capital": paid * share(0.05, 0.4),
        "foreign_capital": paid * share(0.05, 0.3),
        "wage_bill": staff * share(5.5, 9.0) * np.exp(0.07 * years),
    }
    return {name: np.round(values, 4) for name, values in columns.items()}


def _scored(rng: np.random.Generator, goal: dict[str, Floats], revenue: Floats) -> dict[str, Floats]:
    """Columns that indicators are made of, so that each formula gives its target."""
    output = np.round(revenue * rng.uniform(0.98, 1.04, (len(SECTORS), 1)), 4)
    subclasses = np.repeat(rng.integers(150, 320, (len(SECTORS), 1)), len(YEARS), axis=1).astype(float)
    exports = np.round(revenue * rng.uniform(1.0, 3.0, (len(SECTORS), 1)), 2)
    ppi = np.round(100 + persistent(rng, SHAPE, sd=2.5, keep=0.4), 1)
    real = revenue / np.cumprod(np.hstack([np.ones((len(SECTORS), 1)), ppi[:, 1:] / 100]), axis=1)
    return {
        "newprod_rev": np.round(goal["inn4"] / 100 * revenue, 6),
        "va": np.round(goal["upg2"] / 100 * output, 6),
        "gross_output": output,
        "energy_use": np.round(goal["upg3"] * real, 6),
        "co2": np.round(goal["upg4"] / 100 * real, 6),
        "ppi": ppi,
        "n_subclass_active": np.rint(goal["cmp1"] * subclasses),
        "n_subclass_total": subclasses,
        "dva_exports": np.round(goal["cmp2"] / 100 * exports, 4),
        "gross_exports": exports,
    }


def trade_table(seed: int, target: Targets, revenue: Floats) -> pd.DataFrame:
    """Exports, imports and processing exports in thousand dollars."""
    rng = stream(seed, "trade")
    exports = np.round(
        revenue / 1e8 * rng.uniform(1500, 6000, (len(SECTORS), 1)) * np.exp(persistent(rng, SHAPE, sd=0.05, keep=0.6))
    )
    balance = target.leave_out["adv2"]
    columns = {
        "exports_usd": exports,
        "imports_usd": np.round(exports * (1 - balance) / (1 + balance)),
        "proc_exports_usd": np.round(target.leave_out["brd4"] / 100 * exports),
    }
    return long(columns)


def io_table(seed: int, target: Targets, output: Floats) -> pd.DataFrame:
    """An input-output table for every year, in 万元: who uses whose goods, domestic and imported, and final use.

    Intermediate inputs are 62% of an industry's output; what domestic goods are not used up go to final uses.
    """
    rng = stream(seed, "io")
    taste = np.exp(0.3 * rng.standard_normal((len(SECTORS), len(SECTORS))))
    parts = [_io_year(year, taste, target.leave_out["cmp3"][:, t] / 100, output[:, t] * 1e4) for t, year in enumerate(YEARS)]
    return pd.concat(parts, ignore_index=True)


def _io_year(year: int, taste: Floats, imported: Floats, output: Floats) -> pd.DataFrame:
    mixed = taste * output[:, None]
    inputs = 0.62 * output * (0.35 * np.eye(len(output)) + 0.65 * mixed / mixed.sum(axis=0))
    total = np.round(inputs, 2)
    foreign = np.round(inputs * imported, 2)
    home = total - foreign
    left = np.maximum(output - home.sum(axis=1), 0.02 * output)
    frames = [_flows(year, home, "domestic"), _flows(year, foreign, "imported")]
    for use, share in FINAL_USES:
        final = pd.DataFrame({"from_code": CODES, "to_code": use.upper(), "value": np.round(share * left, 2)})
        frames.append(final.assign(year=year, use=use, origin="domestic"))
    return pd.concat(frames, ignore_index=True)[["year", "from_code", "to_code", "use", "origin", "value"]]


def _flows(year: int, values: Floats, origin: str) -> pd.DataFrame:
    codes = np.array(CODES, dtype=object)
    pairs = {"from_code": np.repeat(codes, len(codes)), "to_code": np.tile(codes, len(codes)), "value": values.ravel()}
    return pd.DataFrame(pairs).assign(year=year, use="intermediate", origin=origin)
