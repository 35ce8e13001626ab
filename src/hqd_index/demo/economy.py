"""Industry yearbook, customs and input-output tables of the demo: they respond to spillover only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .effects import Targets
from .random_streams import Floats, persistent, stream
from .sectors import CODES, SECTORS, YEARS

SHAPE = (len(SECTORS), len(YEARS))
LOW_COVERAGE = "C43"  # the panel holds so few of its firms that coverage is flagged
FINAL_USES = (("final_cons", 0.45), ("gfcf", 0.25), ("export", 0.30))
MANUFACTURED_INPUT_SHARE = 0.62  # manufactured inputs in output
DIGITAL = ("I63", "I65")  # services that sell to every industry, and buy from each
DIGITAL_INPUTS = 0.2  # of their output
DIGITAL_USES = (("final_cons", 1.5), ("export", 0.1))  # for each yuan sold to industries
SURVEYED_INDUSTRIES = tuple(
    f"C{n}" for n in (14, 17, 25, 26, 27, 28, 30, 31, 32, 34, 35, 36, 38, 39)
)  # with capacity utilisation


def long_table(columns: dict[str, Floats]) -> pd.DataFrame:
    """(industries, years) arrays as a table with key industry_code, year."""
    keys = {"industry_code": np.repeat(np.array(CODES, dtype=object), len(YEARS)), "year": np.tile(YEARS, len(CODES))}
    return pd.DataFrame(keys | {column_name: column_values.ravel() for column_name, column_values in columns.items()})


def prices(seed: int) -> Floats:
    """Producer prices as published, the year before = 100: (industries, years)."""
    return np.round(100 + persistent(stream(seed, "prices"), SHAPE, sd=2.5, autocorrelation=0.4), 1)


def price_level(ppi: Floats) -> Floats:
    """Prices of the first year = 1."""
    return np.asarray(np.cumprod(np.hstack([np.ones((len(ppi), 1)), ppi[:, 1:] / 100]), axis=1), dtype=float)


def industry_table(seed: int, target: Targets, ppi: Floats, firms: Floats, revenue: Floats) -> pd.DataFrame:
    """The yearbook in 亿元: official totals above the panel's `firms` and `revenue` (yuan), and what the targets ask."""
    rng = stream(seed, "industry")
    coverage = rng.uniform(0.25, 0.6, (len(SECTORS), 1))
    coverage[CODES.index(LOW_COVERAGE)] = 0.12
    wobble = np.exp(persistent(rng, SHAPE, sd=0.02, autocorrelation=0.7))
    official = np.round(revenue / 1e8 / coverage * wobble, 4)
    number = np.round(firms / (0.9 * coverage) * np.exp(persistent(rng, SHAPE, sd=0.01, autocorrelation=0.7)))
    columns = {"n_firms": number, "revenue": official, "ppi": ppi} | _controls(rng, official)
    columns |= _scored_columns(rng, target.leave_out, official, official / price_level(ppi))
    return long_table(columns | _published_columns(seed, target, official, columns["employees_avg"]))


def _controls(rng: np.random.Generator, revenue: Floats) -> dict[str, Floats]:
    """Size, debt, capital and wages: persistent, and unrelated to density and to the indicators' noise."""

    def share(lower_limit: float, upper_limit: float) -> Floats:
        return rng.uniform(lower_limit, upper_limit, (len(SECTORS), 1)) + persistent(rng, SHAPE, sd=0.02, autocorrelation=0.7)

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
    return {column_name: np.round(column_values, 4) for column_name, column_values in columns.items()}


def _scored_columns(
    rng: np.random.Generator, goal: dict[str, Floats], revenue: Floats, real_columns: Floats
) -> dict[str, Floats]:
    """Columns that indicators are made of, so that each formula gives its target."""
    output = np.round(revenue * rng.uniform(0.98, 1.04, (len(SECTORS), 1)), 4)
    subclasses = np.repeat(rng.integers(150, 320, (len(SECTORS), 1)), len(YEARS), axis=1).astype(float)
    exports = np.round(revenue * rng.uniform(1.0, 3.0, (len(SECTORS), 1)), 2)
    return {
        "newprod_rev": np.round(goal["inn4"] / 100 * revenue, 6),
        "va": np.round(goal["upg2"] / 100 * output, 6),
        "gross_output": output,
        "energy_use": np.round(goal["upg3"] * real_columns, 6),
        "co2": np.round(goal["upg4"] / 100 * real_columns, 6),
        "n_subclass_active": np.rint(goal["cmp1"] * subclasses),
        "n_subclass_total": subclasses,
        "dva_exports": np.round(goal["cmp2"] / 100 * exports, 4),
        "gross_exports": exports,
    }


def _published_columns(seed: int, target: Targets, revenue: Floats, staff: Floats) -> dict[str, Floats]:
    """What a study without firms is scored on; receivables and capacity utilisation do not heed density."""
    rng, goal = stream(seed, "published"), target.leave_out
    stocks = np.round(0.83 * revenue / target.smooth["smo1_pub"] * np.exp(0.02 * rng.standard_normal(SHAPE)), 4)
    average = np.hstack([stocks[:, :1], (stocks[:, 1:] + stocks[:, :-1]) / 2])
    days = (
        rng.uniform(45, 85, (len(SECTORS), 1)) + 0.4 * np.arange(len(YEARS)) + persistent(rng, SHAPE, sd=1.0, autocorrelation=0.5)
    )
    utilisation = rng.uniform(72, 86, (len(SECTORS), 1)) + persistent(rng, SHAPE, sd=0.5, autocorrelation=0.4)
    return {
        "rd_exp": np.round(goal["inn1_pub"] / 100 * revenue, 6),
        "rd_fte": np.round(goal["inn2_pub"] * 100 * staff),
        "inv_patents_valid": np.round(goal["inn3_pub"] * staff),
        "export_delivery_value": np.round(goal["adv5_pub"] / 100 * revenue, 6),
        "inventory": stocks,
        "cogs": np.round(goal["smo1_pub"] * average, 6),
        "receivables": np.round(days / 365 * revenue, 4),
        "capacity_util": np.where(np.isin(CODES, SURVEYED_INDUSTRIES)[:, None], np.round(utilisation, 1), np.nan),
    }


def trade_table(seed: int, target: Targets, revenue: Floats) -> pd.DataFrame:
    """Exports, imports and processing exports in thousand dollars."""
    rng = stream(seed, "trade")
    exports = np.round(
        revenue / 1e8 * rng.uniform(1500, 6000, (len(SECTORS), 1)) * np.exp(persistent(rng, SHAPE, sd=0.05, autocorrelation=0.6))
    )
    balance = target.leave_out["adv2"]
    columns = {
        "exports_usd": exports,
        "imports_usd": np.round(exports * (1 - balance) / (1 + balance)),
        "proc_exports_usd": np.round(target.leave_out["brd4"] / 100 * exports),
    }
    return long_table(columns)


def io_table(seed: int, target: Targets, output: Floats, self_sufficiency: Floats | None = None) -> pd.DataFrame:
    """An input-output table for every year, in 万元: who uses whose goods, domestic and imported, and final use.

    Manufactured inputs are 62% of an industry's output; what domestic goods are not used up go to final uses. Two digital
    services sell to the industries. `self_sufficiency`: planted, of each industry's goods (industries, years),
    made up by imports for final use.
    """
    rng = stream(seed, "io")
    taste = np.exp(0.3 * rng.standard_normal((len(SECTORS), len(SECTORS))))
    rate = rng.uniform(0.003, 0.015, (len(DIGITAL), len(SECTORS), 1)) * np.linspace(1, 1.5, len(YEARS))
    rate *= np.exp(0.04 * rng.standard_normal((len(DIGITAL), *SHAPE)))
    year_tables = []
    for t, year in enumerate(YEARS):
        gross_output = output[:, t] * 1e4
        home_supply = np.round(rate[:, :, t] * gross_output, 2)
        year_tables.append(_io_year(year, taste, target.leave_out["cmp3"][:, t] / 100, gross_output, home_supply))
    all_flows = pd.concat(year_tables, ignore_index=True)
    return all_flows if self_sufficiency is None else pd.concat([all_flows, _imported_final_uses(all_flows, self_sufficiency)])


def _imported_final_uses(flows: pd.DataFrame, self_sufficiency: Floats) -> pd.DataFrame:
    """Imports for final use that bring the domestic part of what is used at home down to `self_sufficiency`."""
    home_uses = flows[(flows["use"] != "export") & flows["from_code"].isin(CODES)]
    sums = home_uses.groupby(["origin", "from_code", "year"])["value"].sum()
    home, foreign = (sums[origin].to_numpy().reshape(SHAPE) for origin in ("domestic", "imported"))
    import_values = np.maximum(home * (1 - self_sufficiency) / self_sufficiency - foreign, 0.0)
    rows = long_table({"value": np.round(import_values, 2)}).rename(columns={"industry_code": "from_code"})
    rows = rows.assign(to_code="FINAL_CONS", use="final_cons", origin="imported")
    return rows[["year", "from_code", "to_code", "use", "origin", "value"]]


def _io_year(year: int, demand_weights: Floats, import_shares: Floats, output: Floats, home_supply: Floats) -> pd.DataFrame:
    """`imported` is the share of an industry's intermediate inputs, `served` (services, industries) among them."""
    demand_matrix = demand_weights * output[:, None]
    inputs = MANUFACTURED_INPUT_SHARE * output * (0.35 * np.eye(len(output)) + 0.65 * demand_matrix / demand_matrix.sum(axis=0))
    total = np.round(inputs, 2)
    foreign = np.round(inputs * import_shares * (1 + home_supply.sum(axis=0) / inputs.sum(axis=0)), 2)
    home = total - foreign
    industry_sales = home_supply.sum(axis=1)
    turnover = industry_sales * (1 + sum(share for _, share in DIGITAL_USES))
    purchases = np.round(DIGITAL_INPUTS * np.outer(output / output.sum(), turnover), 2)
    final_uses = np.maximum(output - home.sum(axis=1) - purchases.sum(axis=1), 0.02 * output)
    frames = [
        _flows(year, CODES, CODES, home, "domestic"),
        _flows(year, CODES, CODES, foreign, "imported"),
        _flows(year, DIGITAL, CODES, home_supply, "domestic"),
        _flows(year, CODES, DIGITAL, purchases, "domestic"),
        *(_final_use_rows(year, CODES, use, share * final_uses) for use, share in FINAL_USES),
        *(_final_use_rows(year, DIGITAL, use, share * industry_sales) for use, share in DIGITAL_USES),
    ]
    return pd.concat(frames, ignore_index=True)[["year", "from_code", "to_code", "use", "origin", "value"]]


def _final_use_rows(year: int, codes: tuple[str, ...], use: str, use_flows: Floats) -> pd.DataFrame:
    uses = {"from_code": codes, "to_code": use.upper(), "value": np.round(use_flows, 2)}
    return pd.DataFrame(uses).assign(year=year, use=use, origin="domestic")


def _flows(year: int, sellers: tuple[str, ...], users: tuple[str, ...], flow_values: Floats, origin_label: str) -> pd.DataFrame:
    names = {
        "from_code": np.repeat(np.array(sellers, dtype=object), len(users)),
        "to_code": np.tile(np.array(users, dtype=object), len(sellers)),
    }
    return pd.DataFrame(names | {"value": flow_values.ravel()}).assign(year=year, use="intermediate", origin=origin_label)
