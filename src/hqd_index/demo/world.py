"""The demo economy in memory, in canonical names and units, with its truth and before any dirt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError
from .accounts import Sample, accounts
from .economy import industry_table, io_table, long_table, price_level, prices, trade_table
from .effects import Effects, Targets, effects, targets
from .niches import niche_columns, share_at_odds
from .planting import NOTHING, Planting, Shock, Sides, choked, home_supply, scarce_hhi, shocked, shocks, short_of_supply, sides
from .random_streams import Bools, Floats, Ints, Texts, stream
from .recognition import batch_counts, density, lagged, recognise, srdi_list
from .registry import PROVINCES, Registry, industry_codes, register
from .sectors import SECTORS, YEARS
from .world_trade import SCARCE, WorldTrade, products, world_trade

FEWEST_FIRMS = 1500
LARGEST_EFFECT = 0.6
MONEY = (
    "revenue", "cogs", "net_profit", "rd_exp", "total_assets", "total_liab", "equity", "inventory", "receivables",
    "fixed_assets", "overseas_rev", "digital_invest", "gov_subsidy",
    "intermediate_inputs", "payroll", "op_cashflow", "inv_cashflow", "fin_cashflow",
)  # fmt: skip
COUNTS = (
    "employees", "rd_staff", "inv_patents_valid", "utility_patents", "patents_total", "coapplied_patents", "trademarks_valid",
)  # fmt: skip
SHARES = ("top5_supplier_share", "top5_customer_share")


@dataclass(frozen=True)
class Planted:
    """What was planted, by firm (in the order of the registry), industry and year; each whole whatever its strength.

    `looks_the_part`: firms that recognition by merit would go to. `chokepoints` of the scarce products, whose codes are given.
    """

    firm_id: Texts
    looks_the_part: Bools
    sides: Sides
    scarce_products: Texts
    chokepoints: Bools
    gaps: Bools
    shocks: tuple[Shock, ...]


@dataclass(frozen=True)
class Demo:
    """The demo economy; firm money in yuan.

    `firms` carries the national status too (srdi_any for ever, srdi_valid at year-end). `density`: industry_code, year,
    density, density_lag. `world`: flows of products between countries. `targets`: what the indicators of both samples were
    to be. `truth`: what truth.json says of the economy, above all own and spillover effect of each indicator per unit of
    density.
    """

    seed: int
    firms: pd.DataFrame
    industry: pd.DataFrame
    trade: pd.DataFrame
    world: WorldTrade
    io: pd.DataFrame
    srdi_list: pd.DataFrame
    batches: pd.DataFrame
    density: pd.DataFrame
    targets: Targets
    planted: Planted
    truth: dict[str, Any]


def generate(seed: int, firms: int = 6000, own_effect: float = 0.2, spillover: float = 0.1, planting: Planting = NOTHING) -> Demo:
    """The demo economy of a seed; under a second for 6,000 firms.

    `own_effect` and `spillover` are the effects of SRDI density on the index in within-standard deviations. ConfigError where no
    such economy exists. `planting` adds states for the lists to find; those by lot are then in the leave-out sample's targets.
    """
    _check_world(firms, own_effect, spillover)
    registry = register(seed, firms)
    recognition = recognise(seed, registry, planting.merit)
    status = density(registry, recognition)
    effect = effects(lagged(status), own_effect=own_effect, spillover=spillover)
    target = targets(seed, lagged(status), effect)
    target = shocked(target, seed, planting.shocks) if planting.shocks else target
    ppi = prices(seed)
    sample = Sample(seed, registry, recognition, target, price_level(ppi), sides(seed, firms), planting.modes)
    values = accounts(sample)
    revenue = 100 * _industry_means(registry, values["revenue"])
    industry = industry_table(seed, target, ppi, _industry_means(registry, registry.is_alive.astype(float)), revenue)
    trade = trade_table(seed, target, revenue)
    records = srdi_list(seed, registry, recognition)
    return Demo(
        seed=seed,
        firms=_firm_years(sample, values),
        industry=industry,
        trade=trade,
        world=world_trade(
            seed,
            target,
            _unit_year_array(trade["exports_usd"]),
            _unit_year_array(trade["imports_usd"]),
            scarce_hhi(seed, planting.chokepoints) if planting.chokepoints else None,
        ),
        io=io_table(
            seed,
            target,
            _unit_year_array(industry["gross_output"]),
            home_supply(seed, planting.gaps) if planting.gaps else None,
        ),
        srdi_list=records,
        batches=batch_counts(records),
        density=long_table({"density": status, "density_lag": lagged(status)}),
        targets=target,
        planted=_planted(sample),
        truth=_truth(firms, own_effect, spillover, effect),
    )


def _check_world(firms: int, own_effect: float, spillover: float) -> None:
    if firms < FEWEST_FIRMS:
        raise ConfigError(
            f"--firms {firms}: 31 industries need at least {FEWEST_FIRMS} firms",
            zh=f"--firms {firms}:31 个行业至少需要 {FEWEST_FIRMS} 家企业",
        )
    if min(own_effect, spillover) < 0 or own_effect + spillover > LARGEST_EFFECT:
        raise ConfigError(
            f"own {own_effect} and spillover {spillover}: neither may be negative, and together at most {LARGEST_EFFECT}",
            zh=f"own {own_effect}、spillover {spillover}:均不得为负,且二者之和不超过 {LARGEST_EFFECT}",
        )


def _industry_means(registry: Registry, firm_values: Floats) -> Floats:
    return np.add.reduceat(firm_values, np.flatnonzero(np.diff(registry.industry, prepend=-1)), axis=0)


def _unit_year_array(column: pd.Series) -> Floats:
    return column.to_numpy(dtype=float).reshape(len(SECTORS), len(YEARS))


def _planted(sample: Sample) -> Planted:
    return Planted(
        firm_id=sample.registry.firm_id,
        looks_the_part=sample.registry.ever_recognised,
        sides=sample.sides,
        scarce_products=products()[:, SCARCE],
        chokepoints=choked(sample.seed),
        gaps=short_of_supply(sample.seed),
        shocks=shocks(sample.seed),
    )


def _firm_years(sample: Sample, firm_columns: dict[str, Floats]) -> pd.DataFrame:
    """One row per firm and year of its life, sorted by firm_id and year."""
    registry, recognition = sample.registry, sample.recognition
    firm, year = np.nonzero(registry.is_alive)
    order = np.lexsort((year, registry.firm_id[firm].astype(str)))
    firm, year = firm[order], year[order]
    cells = {column_name: firm_columns[column_name][firm, year] for column_name in firm_columns}
    columns: dict[str, Any] = _market_standing(sample, firm, year)
    columns |= {column_name: 100 * cells[column_name] for column_name in MONEY}
    columns |= {column_name: cells[column_name].astype(np.int64) for column_name in COUNTS}
    columns |= {column_name: cells[column_name] / 100 for column_name in SHARES}
    columns["certified_intl"] = cells["certified_intl"] > 0
    niches = niche_columns(sample, firm_columns["revenue"])
    columns |= {column_name: niches[column_name][firm, year] for column_name in niches}
    columns["srdi_any"] = recognition.batch[firm] > 0
    columns["srdi_valid"] = recognition.valid[firm, year]
    return pd.DataFrame(columns)


def _market_standing(sample: Sample, firm: Ints, year_position: Ints) -> dict[str, Any]:
    """What a firm-year says of itself beside its accounts."""
    rng, registry, year = stream(sample.seed, "standing"), sample.registry, np.array(YEARS)[year_position]
    firms = len(registry.ever_recognised)
    ever_recognised = registry.ever_recognised
    niche = registry.founding_year + np.round(rng.random(firms) * 0.4 * (registry.entry - registry.founding_year)).astype(
        np.int64
    )
    main = np.where(ever_recognised, rng.uniform(75, 96, firms), rng.uniform(40, 96, firms))
    supplies = rng.random((firms, 1)) < share_at_odds(np.where(ever_recognised, 0.93, 0.35)[:, None], sample.side_odds("safety"))
    provinces = np.array([province[0] for province in PROVINCES], dtype=object)
    days = rng.integers(1, 31, len(firm))
    return {
        "firm_id": registry.firm_id[firm],
        "firm_name": registry.name[firm],
        "year": year.astype(np.int64),
        "disclose_date": [f"{y + 1}-04-{day:02d}" for y, day in zip(year, days)],
        "industry_code": industry_codes(registry.industry[firm]),
        "industry_version": "2017",
        "province_code": provinces[registry.province[firm]],
        "ownership": registry.ownership[firm],
        "found_year": registry.founding_year[firm],
        "main_product_rev_share": np.round(main[firm] + rng.uniform(-3, 3, len(firm)), 2),
        "niche_years": (year - niche[firm]).astype(np.int64),
        "largecust_direct": supplies[firm, year_position],
    }


def _truth(firms: int, own_effect: float, spillover: float, effect: Effects) -> dict[str, Any]:
    return {
        "synthetic": True,
        "firms": firms,
        "meant": {
            "own": own_effect,
            "spillover": spillover,
            "unit": "within-standard deviations of the index per one of density",
        },
        "density": "1000 x firms nationally recognised and in force at the end of the year before / firms of the panel then",
        "own": effect.own_effects,
        "spill": effect.spill,
        "true_coefficient": "sum_j w_j x sign_j x tau_j / (max_j - min_j), with weights and bounds of the run; "
        "tau_j = own_j + spill_j for sample all, spill_j for leave_out",
        "noise": "white over years, partly common to the indicators of an industry-year; receivable days: a mean of two draws",
        "profiles": "own and spill hold every indicator of configs/indicators.yaml; 0 where density moves nothing",
    }
