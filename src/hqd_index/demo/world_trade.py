"""Flows of products between countries: what they say of each industry hits its targets. Arrays are in thousand dollars.

Every industry has three ordinary products and one that the home country buys from few and does not sell. Axes, in order:
industries, products, partners, years.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import ConfigError
from .effects import Targets
from .random_streams import Floats, Ints, Texts, stream
from .sectors import CODES, SECTORS, YEARS

HOME = "CHN"
INCOMES = {"CHN": 6300.0, "DEU": 43800.0, "JPN": 49000.0, "KOR": 25500.0, "USA": 51800.0, "VNM": 2200.0}  # a head, dollars
PARTNERS = tuple(country for country in INCOMES if country != HOME)
GOODS_KINDS = ("intermediate", "capital", "consumption", "intermediate")
INPUTS, SCARCE = [0, 1], 3  # ordinary products that are intermediate or capital goods; the one that is bought from few
TOP_SHARE = 0.65  # of the scarce product's main source
CONSUMPTION_HHI = 0.25
CHOKEPOINT_HHI = 0.4  # below it no product is one
WORLD_SHARE = 0.15  # of the home country in the world's exports
FOREIGN_PRODUCT_SHARES = np.array([0.4, 0.3, 0.2, 0.1])  # each product's part in trade among the partners
SECOND_PRODUCT_SHARE = 0.3  # the second product's part in exports
BUYERS = (0.6, 0.4)
HISTORY = {2010: 0.86, 2011: 0.93}  # flows of earlier years, in those of 2012
UNWEIGHED_SHARE = 0.02  # of flows among partners have no quantity
REVISION = "HS17"


@dataclass(frozen=True)
class WorldTrade:
    """`hs6`: year, exporter, importer, hs6, value, quantity (tonnes), hs_rev; crosswalks of products; incomes of countries."""

    hs6: pd.DataFrame
    crosswalks: pd.DataFrame
    countries: pd.DataFrame


def world_trade(seed: int, target: Targets, exports: Floats, imports: Floats, scarce_hhi: Floats | None = None) -> WorldTrade:
    """Flows whose sums are the exports and imports (industries, years) of the customs table.

    `scarce_hhi`: concentration planted in the sources of the scarce products, and in who sells them to others; by default all
    are chokepoints.
    """
    rng, goal = stream(seed, "world trade"), target.leave_out
    import_flows = _import_flows(rng, goal["cmp5"] / 100, imports)
    bought_from = import_flows[:, :, None] * _partner_shares(goal["cmp4"], import_flows, scarce_hhi)
    foreign_flows = (FOREIGN_PRODUCT_SHARES[:, None] * _foreign_shares(goal["adv1"], exports, imports)[:, None])[
        :, :, None
    ] * _producer_matrix(rng, scarce_hhi)
    export_flows = _export_flows(rng, goal["upg5"], exports, bought_from + foreign_flows)
    weighted_flows = rng.random(foreign_flows.shape) >= UNWEIGHED_SHARE
    world_trade_value = export_flows + import_flows + (foreign_flows * weighted_flows).sum(axis=2)
    price = np.exp(rng.normal(1.0, 0.8, (len(SECTORS), len(GOODS_KINDS), 1, 1)))
    price_premium = _price_premium(goal["brd3"], export_flows / world_trade_value)[:, :, None]
    frames = [
        _trade_rows(PARTNERS, (HOME,), bought_from, price),
        _trade_rows((HOME,), PARTNERS, export_flows[:, :, None] * _buyers(), price * price_premium),
        _trade_rows(PARTNERS, PARTNERS[1:] + PARTNERS[:1], foreign_flows, np.where(weighted_flows, price, np.nan)),
    ]
    keys = ["year", "exporter", "importer", "hs6"]
    return WorldTrade(pd.concat(frames).sort_values(keys, ignore_index=True), _crosswalks(), _countries())


def products() -> Texts:
    """Codes (industries, products)."""
    return np.array(
        [
            [f"{product_code[1:]}{product_number + 1:02d}00" for product_number in range(len(GOODS_KINDS))]
            for product_code in CODES
        ],
        dtype=object,
    )


def _infeasible_target(target_name: tuple[str, str]) -> ConfigError:
    return ConfigError(f"no trade gives the demo's {target_name[0]}: use smaller effects or another seed",
                       zh=f"不存在能给出演示数据{target_name[1]}的贸易:请减小效应或换一个随机种子")  # fmt: skip


def _import_flows(rng: np.random.Generator, scarce_shares: Floats, imports: Floats) -> Floats:
    """Imports by product (31, 4, years): the scarce one's share is the target, the others' is the industry's own."""
    usual_shares = rng.dirichlet([45.0, 35.0, 20.0], len(SECTORS))[:, :, None]
    return np.concatenate([usual_shares * (1 - scarce_shares)[:, None], scarce_shares[:, None]], axis=1) * imports[:, None]


def _partner_shares(target: Floats, total_imports: Floats, scarce_hhi: Floats | None) -> Floats:
    """Shares of the partners in imports: concentration of intermediate and capital goods is the target.

    One partner sells most, the others alike. Ordinary products stay below the concentration that makes a chokepoint.
    """
    scarce = np.full_like(target, _hhi_of_top_share(TOP_SHARE)) if scarce_hhi is None else scarce_hhi
    inputs = total_imports[:, INPUTS].sum(axis=1)
    ordinary = (target * (inputs + total_imports[:, SCARCE]) - scarce * total_imports[:, SCARCE]) / inputs
    if ordinary.min() <= 1 / len(PARTNERS) or ordinary.max() >= CHOKEPOINT_HHI:
        raise _infeasible_target(("import-source concentration", "进口来源集中度"))
    hhi = np.stack([ordinary, ordinary, np.full_like(target, CONSUMPTION_HHI), scarce], axis=1)
    top_shares = _top(hhi)[:, :, None]
    is_first_source = np.arange(len(PARTNERS)) == _first_sources()[:, :, None]
    return np.where(is_first_source[..., None], top_shares, (1 - top_shares) / (len(PARTNERS) - 1))


def _hhi_of_top_share(top_share: float) -> float:
    return float(top_share**2 + (1 - top_share) ** 2 / (len(PARTNERS) - 1))


def _top(hhi: Floats) -> Floats:
    """Share of the largest seller among n, of which the others are equal: n a^2 - 2 a + 1 = (n - 1) hhi."""
    n = len(PARTNERS)
    return (1 + np.sqrt(1 - n * (1 - (n - 1) * hhi))) / n


def _first_sources() -> Ints:
    """Main partner of each product: rich for the first and the scarce product, poorer for the third."""
    rich_countries = ("USA", "JPN", "DEU")
    partner_table = [[rich_countries[i % 3], "KOR", "VNM", rich_countries[(i + 1) % 3]] for i in range(len(SECTORS))]
    return np.array([[PARTNERS.index(partner_name) for partner_name in partner_names] for partner_names in partner_table])


def _foreign_shares(target: Floats, exports: Floats, imports: Floats) -> Floats:
    """Trade among partners by industry: world exports that make the normalised comparative advantage the target.

    With home exports x_i of x and the world's X, x_i / X - x X_i / X^2 is the target when X_i = X (x_i - target X) / x.
    """
    total = exports.sum(axis=0)
    world = total / WORLD_SHARE
    residual_trade = world * (exports - target / 1e4 * world) / total - exports - imports
    if (residual_trade <= 0).any():
        raise _infeasible_target(("comparative advantage", "显性比较优势"))
    return residual_trade


def _producer_matrix(rng: np.random.Generator, scarce_hhi: Floats | None) -> Floats:
    """Shares of the partners in trade among them, (31, 4, 5, 1): main sources of a product sell more of it elsewhere too.

    With a planted concentration of the scarce products (31, 4, 5, years).
    """
    is_first_source = np.arange(len(PARTNERS)) == _first_sources()[:, :, None]
    weight = rng.uniform(0.8, 1.2, is_first_source.shape) + is_first_source * np.array([3.0, 1.0, 3.0, 12.0])[:, None]
    shares = (weight / weight.sum(axis=2, keepdims=True))[..., None]
    if scarce_hhi is None:
        return shares
    planted = np.repeat(shares, scarce_hhi.shape[1], axis=3)
    top_shares = _top(scarce_hhi)[:, None]
    planted[:, SCARCE] = np.where(is_first_source[:, SCARCE, :, None], top_shares, (1 - top_shares) / (len(PARTNERS) - 1))
    return planted


def _export_flows(rng: np.random.Generator, rise: Floats, exports: Floats, foreign_exports: Floats) -> Floats:
    """Home exports by product: sophistication is `rise` above that of the first year, which the drawn products give."""
    high_income_share = rng.uniform(0.25, 0.40, len(SECTORS))
    export_parts = np.stack(
        [
            high_income_share,
            np.full_like(high_income_share, SECOND_PRODUCT_SHARE),
            1 - SECOND_PRODUCT_SHARE - high_income_share,
            np.zeros_like(high_income_share),
        ],
        axis=1,
    )
    income = _income(export_parts * exports[:, :1], foreign_exports[..., 0])
    target_level = (export_parts * income).sum(axis=1, keepdims=True) * np.exp(rise)
    high_income, middle_income, low_income = income[:, 0, None], income[:, 1, None], income[:, 2, None]
    share = (target_level - SECOND_PRODUCT_SHARE * middle_income - (1 - SECOND_PRODUCT_SHARE) * low_income) / (
        high_income - low_income
    )
    if share.min() <= 0 or share.max() >= 1 - SECOND_PRODUCT_SHARE:
        raise _infeasible_target(("export sophistication", "出口技术复杂度"))
    middle_share = np.full_like(share, SECOND_PRODUCT_SHARE)
    return np.stack([share, middle_share, 1 - SECOND_PRODUCT_SHARE - share, np.zeros_like(share)], axis=1) * exports[:, None]


def _income(home_exports: Floats, foreign_exports: Floats) -> Floats:
    """Income that goes with each product: that of its exporters, weighted by its part in their exports."""
    exports = np.concatenate([home_exports[..., None], foreign_exports], axis=2)
    part = exports / exports.sum(axis=(0, 1))
    return (part * np.array([INCOMES[HOME], *(INCOMES[partner_name] for partner_name in PARTNERS)])).sum(axis=2) / part.sum(
        axis=2
    )


def _price_premium(target: Floats, share: Floats) -> Floats:
    """Home prices in others' that put ln(unit value / world's) at the target, given the home share of world exports.

    The world's unit value holds the home country's own: exp(target) = share + (1 - share) x ratio.
    """
    price_ratio = np.exp(target)[:, None]
    if (price_ratio <= share).any():
        raise _infeasible_target(("export unit values", "出口单位价值"))
    return (price_ratio - share) / (1 - share)


def _buyers() -> Floats:
    """Shares (31, 4, 5, 1) of the two partners that buy a product."""
    sales = np.zeros((len(SECTORS), len(GOODS_KINDS), len(PARTNERS), 1))
    buyer_offsets = np.add.outer(np.arange(len(SECTORS)), np.arange(len(GOODS_KINDS)))
    for place, share in enumerate(BUYERS):
        np.put_along_axis(sales[..., 0], ((buyer_offsets + place) % len(PARTNERS))[..., None], share, axis=2)
    return sales


def _trade_rows(sellers: tuple[str, ...], buyers: tuple[str, ...], trade_values: Floats, price: Floats) -> pd.DataFrame:
    """Flows (31, 4, partners, years) as rows, in tonnes too; earlier years are those of the first, smaller."""
    quantity = trade_values / price
    years = [*HISTORY, *YEARS]
    scale = np.array(list(HISTORY.values()))
    with_world_total = [np.concatenate([measure[..., :1] * scale, measure], axis=3) for measure in (trade_values, quantity)]
    shape = with_world_total[0].shape
    names = {
        "year": np.broadcast_to(years, shape),
        "exporter": np.broadcast_to(np.array(sellers, dtype=object)[:, None], shape),
        "importer": np.broadcast_to(np.array(buyers, dtype=object)[:, None], shape),
        "hs6": np.broadcast_to(products()[:, :, None, None], shape),
    }
    columns = names | {"value": np.round(with_world_total[0], 3), "quantity": np.round(with_world_total[1], 3)}
    is_traded = (with_world_total[0] > 0).ravel()
    return pd.DataFrame({column_name: trade_values.ravel()[is_traded] for column_name, trade_values in columns.items()}).assign(
        hs_rev=REVISION
    )


def _crosswalks() -> pd.DataFrame:
    """HS6 products -> divisions and kinds of use."""
    codes = products()
    industries = [(product_code, "gbt4754", CODES[i]) for i, crosswalk_row in enumerate(codes) for product_code in crosswalk_row]
    use_rows = [
        (product_code, "bec", bec_use) for crosswalk_row in codes for product_code, bec_use in zip(crosswalk_row, GOODS_KINDS)
    ]
    rows = pd.DataFrame(industries + use_rows, columns=["from_code", "to_system", "to_code"])
    order = ["from_system", "from_code", "to_system", "to_code", "weight", "source"]
    return rows.assign(from_system=REVISION, weight=1.0, source="synthetic")[order]


def _countries() -> pd.DataFrame:
    return pd.DataFrame({"country": list(INCOMES), "year": YEARS[0], "gdp_per_capita": list(INCOMES.values())})
