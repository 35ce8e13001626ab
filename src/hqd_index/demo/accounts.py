"""Firm-year values: drawn, then scaled within the never- and the ever-recognised of an industry so that sums hit the targets.

Money is in hundreds of yuan, so that it survives as 万元 with two decimals. Arrays are (firms, years), 0 where a firm
does not exist. Sums of money hit their target to 50 yuan, counts to half a unit, percentages to 0.01 points over the firms,
productivity to 1e-6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .demo_productivity import Production, inputs_for
from .effects import LEAF, Targets
from .planting import Sides
from .random_streams import Bools, Floats, Ints, persistent, stream
from .recognition import Recognition, lagged
from .registry import Registry
from .sectors import SECTORS, YEARS
from .spread import block_sums, highest_in_blocks, rounded_block_values, spread

HUNDRED_MILLION = 1e6  # yuan 1e8 in hundreds of yuan
TYPICAL_REVENUE = 1.3 * HUNDRED_MILLION
GROWTH, PER_HEAD = 0.06, 11_000.0  # yearly growth of revenue; revenue per head in 2012
COST_SHARE = 0.83
PAY, PAY_GROWTH = 650.0, 0.07  # a head in 2012, a year
INPUT_SHARE = 0.72  # of intermediate inputs in revenue, before productivity is aimed at
WEAR, CASH_SD = 0.08, 0.03  # depreciation of fixed assets a year; yearly change of cash in revenue, standard deviation
LEAD = 0.08  # how much less the ever-recognised need for their revenue


@dataclass(frozen=True)
class Sample:
    """What every value depends on: the firms' blocks, lives, recognition, the targets, and prices (2012 = 1) by industry.

    `sides` are planted modes; `clarity` by how many standard deviations their items exceed the mean, 0 in the demo.
    """

    seed: int
    registry: Registry
    recognition: Recognition
    target: Targets
    price: Floats
    sides: Sides
    clarity: float = 0.0

    @property
    def starts(self) -> Ints:
        return self.registry.starts

    @property
    def is_alive(self) -> Bools:
        return self.registry.is_alive

    @property
    def status_before(self) -> Bools:
        return lagged(self.recognition.valid.astype(float)) > 0

    def lasting(self, stream_name: str, sd: float) -> Floats:
        """exp of a lasting difference between firms and of small yearly ones."""
        rng = stream(self.seed, f"accounts {stream_name}")
        firms = len(self.registry.ever_recognised)
        return np.exp(sd * rng.standard_normal((firms, 1)) + 0.1 * rng.standard_normal((firms, len(YEARS))))

    def tilt(self, axis: str, sd: float) -> Floats:
        """Factor of an item of standard deviation `sd` for the firms' sides: above 1 on the first side; 1 in the demo."""
        return np.exp(sd * self.side_odds(axis))

    def side_odds(self, axis: str) -> Floats:
        """`clarity` on the first side of an axis, less that much on the second; 0 in the demo."""
        return np.asarray(self.clarity * getattr(self.sides, axis))


def accounts(sample: Sample) -> dict[str, Floats]:
    """Every column of the firm panel that is a number, by canonical name."""
    accounts = _size_columns(sample)
    accounts |= _innovation(sample, accounts)
    accounts |= _markets(sample, accounts)
    accounts |= _circulation(sample, accounts)
    accounts |= _balance_sheet(sample, accounts)
    return accounts | _costs(sample, accounts) | _cash_flows(sample, accounts)


def _size_columns(sample: Sample) -> dict[str, Floats]:
    """Revenue and employees: the denominators, which no target touches."""
    rng = stream(sample.seed, "size")
    registry, shape = sample.registry, sample.is_alive.shape
    sector = 0.3 * rng.standard_normal((len(SECTORS), 1)) + np.cumsum(
        0.015 * rng.standard_normal((len(SECTORS), shape[1])), axis=1
    )
    firm_path = np.cumsum(0.05 * rng.standard_normal(shape), axis=1) + GROWTH * np.arange(shape[1])
    revenue = TYPICAL_REVENUE * np.exp(registry.size[:, None] + sector[registry.industry] + firm_path)
    productivity = PER_HEAD / sample.tilt("safety", 0.3)
    heads = productivity * np.exp(0.3 * rng.standard_normal((shape[0], 1)) + persistent(rng, shape, sd=0.05, autocorrelation=0.8))
    employees = np.maximum(revenue / (heads * np.exp(0.045 * np.arange(shape[1]))), 20)
    return {"revenue": np.round(revenue) * sample.is_alive, "employees": np.round(employees) * sample.is_alive}


def values_at_target(sample: Sample, leaf: str, initial_values: Floats, weights: Floats, caps: Floats, *, per: float) -> Floats:
    """Whole numbers, in proportion to `initial_values` inside a block, whose sum is the target x `per` x the sum of `weights`."""
    totals = target_sums(sample, leaf, block_sums(weights, sample.starts)) * per
    return rounded_block_values(
        spread(totals, np.where(sample.is_alive, initial_values, 0.0), caps, sample.starts), sample.starts
    )


def target_sums(sample: Sample, leaf: str, weights: Floats) -> Floats:
    """Numerator sums per block: leave_out target for the never-recognised, what all firms need beyond that for the others."""
    never_recognised, ever_recognised = weights[0::2], weights[1::2]
    everyone = never_recognised + ever_recognised
    premium = LEAF[leaf].premium * np.mean(ever_recognised / everyone, axis=1, keepdims=True)
    goal = sample.target.leave_out[leaf]
    return np.stack(
        [goal * never_recognised, goal * ever_recognised + (sample.target.gap[leaf] + premium) * everyone], axis=1
    ).reshape(weights.shape)


def _innovation(sample: Sample, accounts: dict[str, Floats]) -> dict[str, Floats]:
    revenue, employees = accounts["revenue"], accounts["employees"]
    boost = np.where(sample.status_before, 1.15, 1.0)
    rd = sample.lasting("rd", 0.6) * sample.tilt("tech", 0.6) * boost
    staff = sample.lasting("rd staff", 0.6) * sample.tilt("tech", 0.6) * boost
    rd_exp = values_at_target(sample, "inn1", revenue * rd, revenue, 0.5 * revenue, per=0.01)
    rd_staff = values_at_target(sample, "inn2", employees * staff, employees, np.floor(0.9 * employees), per=0.01)
    patents = sample.lasting("patents", 0.8) * sample.tilt("tech", 0.8) * boost
    unlimited = np.where(sample.is_alive, 1e12, 0.0)
    inventions = values_at_target(sample, "inn3", employees * patents, employees, unlimited, per=1e-4)
    models = rounded_block_values(inventions * 1.2 * sample.lasting("models", 0.3) + 0.02 * employees, sample.starts)
    total = inventions + models
    joint_patents = values_at_target(sample, "inn5", total * sample.lasting("joint", 0.5), total, total, per=0.01)
    return {
        "rd_exp": rd_exp, "rd_staff": rd_staff, "inv_patents_valid": inventions, "utility_patents": models,
        "patents_total": total, "coapplied_patents": joint_patents,
    }  # fmt: skip


def _markets(sample: Sample, accounts: dict[str, Floats]) -> dict[str, Floats]:
    revenue, is_operating = accounts["revenue"], sample.is_alive
    rng = stream(sample.seed, "markets")
    firms = len(is_operating)
    boost = np.where(sample.status_before, 1.15, 1.0)
    unlimited = np.where(is_operating, 1e12, 0.0)
    mark = sample.lasting("marks", 0.7) / sample.tilt("tech", 0.7)
    marks = values_at_target(sample, "brd1", revenue * mark, revenue, unlimited, per=1 / HUNDRED_MILLION)
    sells_abroad = rng.random((firms, 1)) < np.where(sample.registry.ever_recognised, 0.9, 0.6)[:, None]
    abroad = values_at_target(
        sample,
        "adv5",
        revenue * sells_abroad * sample.lasting("abroad", 0.5) / sample.tilt("tech", 0.5),
        revenue,
        0.92 * revenue,
        per=0.01,
    )
    adopts = rng.random((firms, 1)) < np.where(sample.registry.ever_recognised, 0.97, 0.6)[:, None]
    digital = values_at_target(
        sample,
        "adv4",
        revenue * adopts * boost * sample.lasting("digital", 0.6) / sample.tilt("safety", 0.6),
        revenue,
        0.3 * revenue,
        per=0.01,
    )
    return {
        "trademarks_valid": marks,
        "overseas_rev": abroad,
        "digital_invest": digital,
        "certified_intl": _certified_flags(sample),
    }


def _certified_flags(sample: Sample) -> Floats:
    """1 for the certified: as many per block as the target asks, those of highest lasting propensity."""
    heads = block_sums(sample.is_alive.astype(float), sample.starts)
    totals = target_sums(sample, "brd2", heads) / 100
    everyone = np.rint(totals[0::2] + totals[1::2])
    never_certified = np.rint(totals[0::2])
    ever_certified = np.clip(everyone - never_certified, 0, heads[1::2])
    counts = np.stack([never_certified, ever_certified], axis=1).reshape(heads.shape)
    propensity = np.where(
        sample.is_alive, np.log(sample.lasting("certified", 1.0) / sample.tilt("tech", 1.0)) + 0.4 * sample.status_before, -np.inf
    )
    return highest_in_blocks(counts, propensity, sample.starts)


def _circulation(sample: Sample, accounts: dict[str, Floats]) -> dict[str, Floats]:
    """Stocks, costs, receivables and the shares of the largest partners."""
    inventory = _inventory(sample, accounts["revenue"])
    average = two_year_ends(inventory, sample.is_alive)
    cost = accounts["revenue"] * COST_SHARE * sample.lasting("cost", 0.03) * sample.tilt("safety", 0.03)
    cogs = values_at_target(sample, "smo1", cost, average, 1.45 * accounts["revenue"], per=1.0)
    shares = {f"top5_{partner_side}_share": _partner_share(sample, partner_side) for partner_side in ("supplier", "customer")}
    return {"inventory": inventory, "cogs": cogs, "receivables": _receivables(sample, accounts["revenue"])} | shares


def two_year_ends(year_end_values: Floats, is_operating: Bools) -> Floats:
    """Mean of this and last year-end; this year-end alone in a firm's first year."""
    existed_before = np.hstack([np.zeros((len(year_end_values), 1), dtype=bool), is_operating[:, :-1]])
    return np.where(is_operating, np.where(existed_before, (year_end_values + lagged(year_end_values)) / 2, year_end_values), 0.0)


def _inventory(sample: Sample, revenue: Floats) -> Floats:
    """Year-end stocks near what the turnover aimed at needs, so that costs have little left to make up."""
    starts, expected_cost = sample.starts, revenue * COST_SHARE
    costs = block_sums(expected_cost, starts)
    smooth_series = sample.target.smooth["smo1"]
    never_recognised = costs[0::2] / smooth_series
    premium = LEAF["smo1"].premium * np.mean(costs[1::2] / (costs[0::2] + costs[1::2]), axis=1, keepdims=True)
    gap = sample.target.gap["smo1"] + premium
    ever_recognised = (costs[1::2] - gap * never_recognised) / (smooth_series + gap)
    totals = np.stack([never_recognised, ever_recognised], axis=1).reshape(costs.shape) * (
        1 + GROWTH / 2 * (np.arange(costs.shape[1]) > 0)
    )
    base = expected_cost * sample.lasting("inventory", 0.3)
    return rounded_block_values(spread(totals, base, np.where(sample.is_alive, 1e12, 0.0), starts), starts)


def _receivables(sample: Sample, revenue: Floats) -> Floats:
    """Year-ends whose mean with the year before hits receivable days, solved year by year."""
    starts, is_operating = sample.starts, sample.is_alive
    totals = target_sums(sample, "smo2", block_sums(revenue, starts)) / 365
    base = revenue * sample.lasting("receivables", 0.25)
    stocks = np.zeros_like(revenue)
    for year in range(revenue.shape[1]):
        is_operating_both_years = (
            is_operating[:, year - 1] & is_operating[:, year] if year else np.zeros(len(is_operating), dtype=bool)
        )
        share = np.where(is_operating_both_years, 0.5, 1.0)
        carried_stock = 0.5 * np.where(is_operating_both_years, stocks[:, year - 1], 0.0)
        turnover = base[:, year] * share
        remaining_totals = totals[:, [year]] - block_sums(carried_stock[:, None], starts)
        caps = np.where(is_operating[:, year], 1e12, 0.0)[:, None]
        stocks[:, year] = np.rint(spread(remaining_totals, turnover[:, None], caps, starts)[:, 0] / share)
    return stocks


def _partner_share(sample: Sample, partner_side: str) -> Floats:
    """Share of the five largest suppliers or customers, in hundredths of a point; each side's plain mean is the target."""
    heads = sample.is_alive.astype(float)
    base = sample.lasting(partner_side, 0.25)
    return values_at_target(sample, "smo3", base, heads, 9800 * heads, per=100.0)


def _balance_sheet(sample: Sample, accounts: dict[str, Floats]) -> dict[str, Floats]:
    rng = stream(sample.seed, "balance sheet")
    shape, is_operating, revenue = sample.is_alive.shape, sample.is_alive, accounts["revenue"]
    fixed_assets = np.round(revenue * 0.3 * sample.lasting("fixed assets", 0.4))
    funds_needed = 1.15 * (accounts["inventory"] + accounts["receivables"] + fixed_assets)
    usual_liabilities = revenue * 0.9 * sample.lasting("assets", 0.25) * sample.tilt("safety", 0.25)
    assets = np.round(usual_liabilities + (funds_needed - usual_liabilities).clip(min=0))
    leverage = np.clip(
        0.5 + 0.13 * rng.standard_normal((shape[0], 1)) + persistent(rng, shape, sd=0.03, autocorrelation=0.7), 0.08, 0.92
    )
    leverage = np.where(sample.registry.ever_recognised[:, None], np.minimum(leverage, 0.68), leverage)
    liabilities = np.round(assets * leverage)
    other_cost = revenue * (0.09 + 0.02 * rng.standard_normal(shape))
    profit = np.round(revenue - accounts["cogs"] - other_cost)
    subsidy = np.round(revenue * 0.003 * rng.random(shape) * np.where(sample.registry.ever_recognised, 2.0, 1.0)[:, None])
    columns: dict[str, Floats] = {
        "fixed_assets": fixed_assets, "total_assets": assets, "total_liab": liabilities, "equity": assets - liabilities,
        "net_profit": profit, "gov_subsidy": subsidy,
    }  # fmt: skip
    return {column_name: amounts * is_operating for column_name, amounts in columns.items()}


def _costs(sample: Sample, accounts: dict[str, Floats]) -> dict[str, Floats]:
    """Pay, and the intermediate inputs that give each industry its productivity; large firms need less, more so in some."""
    rng = stream(sample.seed, "costs")
    registry, shape = sample.registry, sample.is_alive.shape
    pay = PAY * np.exp(0.2 * rng.standard_normal((len(SECTORS), 1)) + PAY_GROWTH * np.arange(shape[1]))
    payroll = np.round(accounts["employees"] * pay[registry.industry] * np.exp(0.15 * rng.standard_normal((shape[0], 1))))
    scale = rng.uniform(0, 0.08, len(SECTORS))[registry.industry] * registry.size + LEAD * registry.ever_recognised
    usual_level = np.exp(0.04 * rng.standard_normal((shape[0], 1)) + 0.02 * rng.standard_normal(shape) - scale[:, None])
    usual_level = usual_level * sample.tilt("safety", 0.04)
    firms = Production(
        sample.starts,
        sample.is_alive,
        accounts["revenue"],
        accounts["employees"],
        payroll,
        accounts["fixed_assets"],
        sample.price,
    )
    rise, gap = (target_part["upg1"] for target_part in (sample.target.leave_out, sample.target.gap))
    inputs = inputs_for(firms, INPUT_SHARE * accounts["revenue"] * usual_level, rise=rise, gap=gap)
    return {"payroll": payroll, "intermediate_inputs": np.round(inputs)}


def _cash_flows(sample: Sample, accounts: dict[str, Floats]) -> dict[str, Floats]:
    """Operating, investing and financing cash flow: profit less what stocks and claims tie up, purchases of assets, the rest."""
    rng, is_operating = stream(sample.seed, "cash"), sample.is_alive

    def rise(year_ends: Floats) -> Floats:
        return np.where(lagged(is_operating.astype(float)) > 0, year_ends - lagged(year_ends), GROWTH * year_ends)

    fixed, revenue = accounts["fixed_assets"], accounts["revenue"]
    wear = WEAR * fixed
    operating = accounts["net_profit"] + wear - rise(accounts["inventory"] + accounts["receivables"])
    investing = -wear - rise(fixed)
    hoard = CASH_SD * revenue * rng.standard_normal(revenue.shape)
    flows = {"op_cashflow": operating, "inv_cashflow": investing, "fin_cashflow": hoard - operating - investing}
    return {column_name: np.round(flow) * is_operating for column_name, flow in flows.items()}
