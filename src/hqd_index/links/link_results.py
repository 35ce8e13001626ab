"""What the stage has made so far, and what it could not make and why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from ..tables import empty

SHOWN_CODES = 5  # unmapped product codes that a reason names


@dataclass(frozen=True)
class Reason:
    """Why something is missing and how to mend it, as (zh, en)."""

    text: tuple[str, str]
    mend: tuple[str, str]


@dataclass
class LinkTables:
    """The tables of the stage as they are computed."""

    linkages: pd.DataFrame
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    network: pd.DataFrame = field(default_factory=lambda: empty("network"))
    io_links: pd.DataFrame = field(default_factory=lambda: empty("io_links"))
    main_inputs: pd.DataFrame = field(default_factory=lambda: empty("main_inputs"))
    extraction: pd.DataFrame = field(default_factory=lambda: empty("extraction"))
    expert_links: pd.DataFrame = field(default_factory=lambda: empty("expert_links"))
    firm_links: pd.DataFrame = field(default_factory=lambda: empty("firm_links"))
    chokepoints: pd.DataFrame = field(default_factory=lambda: empty("chokepoints"))
    export_shares: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["industry_code", "year", "world_share"]))
    reasons: list[dict[str, str]] = field(default_factory=list)

    def note(self, table: str, reason: Reason | None) -> None:
        """Keep a reason for table not_made; None is none."""
        if reason:
            reason_columns = {
                "reason_zh": reason.text[0],
                "reason_en": reason.text[1],
                "mend_zh": reason.mend[0],
                "mend_en": reason.mend[1],
            }
            self.reasons.append({"table": table} | reason_columns)

    def tables_by_name(self) -> dict[str, pd.DataFrame]:
        """Every table by name."""
        return {
            "linkages": self.linkages,
            "network": self.network,
            "io_links": self.io_links,
            "main_inputs": self.main_inputs,
            "extraction": self.extraction,
            "expert_links": self.expert_links,
            "firm_links": self.firm_links,
            "chokepoints": self.chokepoints,
            "export_shares": self.export_shares,
            "chain_names": pd.DataFrame(
                [(node, *texts) for node, texts in sorted(self.names.items())], columns=["node", "name_zh", "name_en"]
            ).astype("str"),
            "not_made": pd.DataFrame(self.reasons, columns=["table", "reason_zh", "reason_en", "mend_zh", "mend_en"]),
        }


def unmapped_products(goods: pd.DataFrame, product_industries: pd.DataFrame) -> Reason | None:
    """How much of the trade has no industry in the crosswalk; None when all has."""
    unmapped_goods = goods[~goods["hs6"].isin(product_industries["from_code"])]
    if unmapped_goods.empty:
        return None
    trade_by_product = (
        unmapped_goods.groupby("hs6")[["imports", "exports"]].sum().sum(axis=1).sort_values(ascending=False, kind="stable")
    )
    codes = ", ".join(trade_by_product.index[:SHOWN_CODES])
    import_share, export_share = (
        f"{100 * unmapped_goods[flow].sum() / (goods[flow].sum() or 1.0):.2f}%" for flow in ("imports", "exports")
    )
    return Reason(
        (
            f"{len(trade_by_product)} 个 HS6 产品没有对应行业(占进口 {import_share}、出口 {export_share}),未计入行业列",
            f"{len(trade_by_product)} HS6 products ({import_share} of imports, {export_share} of exports) have no industry "
            "and are in no industry's column",
        ),
        (f"在对照表中补充这些代码,首先是 {codes}", f"add these codes to the crosswalk, first {codes}"),
    )


NO_IO = Reason(
    ("没有投入产出表", "no source feeds table io"),
    ("在 sources.yaml 中加入读入表 io 的来源", "add a source for table io to sources.yaml"),
)
NO_FLOWS = Reason(
    ("没有 HS6 双边贸易数据", "no source feeds table trade_hs6"),
    ("在 sources.yaml 中加入读入表 trade_hs6 的来源(各国之间)", "add a source for table trade_hs6 (flows between countries)"),
)
NO_BEC = Reason(
    (
        "对照表中没有 BEC 分类:进口来源集中度按全部商品计算,不限于中间品和资本品",
        "crosswalks hold no BEC kinds: import-source concentration is over all goods, not intermediate and capital ones",
    ),
    (
        "在对照表中加入到 bec 的行(intermediate、capital、consumption)",
        "add rows to system bec (intermediate, capital, consumption) to crosswalks",
    ),
)
NO_INCOMES = Reason(
    ("没有各国人均 GDP:出口技术复杂度缺失", "no source feeds table countries: export sophistication is missing"),
    ("在 sources.yaml 中加入读入表 countries 的来源", "add a source for table countries to sources.yaml"),
)
