"""The national criteria of recognition of 2022 (工信部企业〔2022〕63号) as row formulas; a missing column leaves one unknown."""

from __future__ import annotations

from .record import Label, Record


class Criterion(Record):
    """A condition of recognition: a row formula over the firms that is true, false, or unknown."""

    formula: str
    label: Label


def _criterion(formula: str, zh: str, en: str) -> Criterion:
    return Criterion(formula=formula, label=Label(zh=zh, en=en))


NATIONAL_2022: dict[str, Criterion] = {
    "niche_years": _criterion("niche_years >= 3", "深耕细分市场 3 年以上", "three years in the niche"),
    "main_product": _criterion(
        "main_product_rev_share >= 70", "主导产品收入占比 70% 以上", "main product at least 70% of revenue"
    ),
    "growth": _criterion(
        "revenue_growth_2y >= 0.05", "近两年收入年均增长 5% 以上", "revenue up at least 5% a year over two years"
    ),
    "leverage": _criterion("total_liab / total_assets <= 0.7", "资产负债率 70% 以内", "leverage at most 70%"),
    "market_share": _criterion("market_share >= 10", "细分市场占有率 10% 以上", "at least 10% of the niche market"),
    "own_brand": _criterion("trademarks_valid >= 1", "拥有自主品牌", "a brand of its own"),
    "research": _criterion(
        "case when revenue >= 100000000 then rd_exp >= 0.03 * revenue when revenue >= 50000000 then rd_exp >= 0.06 * revenue "
        "when rd_exp < 30000000 then false when rd_staff < 0.5 * employees then false "
        "when equity_financing < 80000000 then false when equity_financing >= 80000000 then true end",
        "研发费用占比(收入 1 亿元以上 3%,0.5 亿至 1 亿元 6%,以下另有条件)",
        "R&D at least 3% of revenue (from 100 million yuan), 6% (from 50 million), below that by financing",
    ),
    "patents": _criterion("inv_patents_valid >= 2", "Ⅰ类知识产权 2 项以上", "at least two class-I rights"),
    "digital": _criterion("digital_invest > 0", "至少一项核心业务数字化", "a core process digital"),
    "certified": _criterion("certified_intl", "通过认证", "certified"),
}
