"""Clean input-output and trade tables -> columns by industry and year, the network, its weights, the chokepoint list."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..canonical import LINKAGES
from ..engines import Engine
from ..errors import ConfigError, DataError
from ..study.records import Study
from . import chokepoints, trade
from .chain_names import Names, study_names, with_names
from .expert_links import NO_EXPERT_LINKS, expert_links
from .extraction import extraction
from .firm_links import NO_LINKS, firm_links
from .iotable import IoTable, crosswalk, read_io
from .link_results import NO_BEC, NO_FLOWS, NO_INCOMES, NO_IO, LinkTables, unmapped_products
from .network import io_links, main_inputs, network

KEYS = ["industry_code", "year"]
PRODUCT_SYSTEM_BEC = "bec"
INPUT_GOODS = ("intermediate", "capital")
INPUT_PLACES = 3
"""Largest suppliers listed for each sector."""


def links(study: Study, engine: Engine, tables: Mapping[str, str], official: Names | None = None) -> dict[str, pd.DataFrame]:
    """linkages, network, io_links and the other tables of LinkTables from clean tables (canonical name -> engine table).

    `linkages` has one row per industry and year and the columns of canonical.LINKAGES; a column whose source is absent is
    missing throughout and `not_made` says why. Industries are those of the firm and industry tables; without either, all.
    EstimationError when an input-output table does not converge, DataError when a crosswalk is incomplete or HS revisions are
    mixed, ConfigError when a source feeds `linkages` itself.
    """
    if "linkages" in tables:
        raise ConfigError(
            "table linkages is computed; read the file into a table of your own name",
            zh="表 linkages 由程序计算;请把该文件读入自定义名称的表",
            location="sources.yaml",
        )
    link_tables = LinkTables(linkages=pd.DataFrame(columns=KEYS), names={**(official or {}), **study_names(engine, tables)})
    industries = industries_of(engine, tables)
    io = _io_link_tables(study, engine, tables, industries, link_tables)
    goods = _trade_link_tables(study, engine, tables, industries, io, link_tables)
    link_tables.linkages = merge_columns(io, goods)
    if "chain_links" in tables:
        link_tables.expert_links = expert_links(engine, tables, link_tables.names)
    else:
        link_tables.note("expert_links", NO_EXPERT_LINKS)
    if "links" in tables:
        link_tables.firm_links, no_shares = firm_links(engine, tables["links"])
        link_tables.note("firm_links", no_shares)
    else:
        link_tables.note("firm_links", NO_LINKS)
    return link_tables.tables_by_name()


def industries_of(engine: Engine, tables: Mapping[str, str]) -> list[str] | None:
    """Codes in the firm and industry tables, in order; None when neither is there."""
    sources = [
        tables[table_name]
        for table_name in ("firms", "industry")
        if table_name in tables and "industry_code" in engine.types(tables[table_name])
    ]
    if not sources:
        return None
    union = " UNION ".join(f"SELECT industry_code FROM {table} WHERE industry_code IS NOT NULL" for table in sources)
    return [str(industry_code) for industry_code in engine.collect(f"{union} ORDER BY industry_code")["industry_code"]]


def merge_columns(io: pd.DataFrame, goods: pd.DataFrame) -> pd.DataFrame:
    """Both sets of columns on one grid, with every column of the table, missing where its source is."""
    merged_links = io.merge(goods, on=KEYS, how="outer", validate="one_to_one").reindex(columns=list(LINKAGES.columns))
    numbers = {column_name: "float64" for column_name, column in LINKAGES.columns.items() if column.dtype == "number"}
    return (
        merged_links.astype({**numbers, "year": "int64", "io_year": "Int64", "industry_code": "str", "io_sector": "str"})
        .sort_values(KEYS, ignore_index=True)
    )  # fmt: skip


# from input-output tables


def _io_link_tables(
    study: Study, engine: Engine, tables: Mapping[str, str], industries: list[str] | None, link_tables: LinkTables
) -> pd.DataFrame:
    """Columns by industry and year from the tables of the study's years; network and io_links on the way."""
    choice = study.columns.links
    if "io" not in tables:
        for table in ("network", "io_links", "main_inputs", "extraction"):
            link_tables.note(table, NO_IO)
        return pd.DataFrame(columns=KEYS)
    sectors = _sectors(engine, tables, choice.io_system, choice.industry_system)
    years = read_io(engine, tables["io"], sectors)
    networks = pd.concat([network(table, choice.digital) for table in years.values()], ignore_index=True)
    link_tables.network = with_names(networks, "sector", link_tables.names)
    inputs = pd.concat([main_inputs(table, INPUT_PLACES) for table in years.values()], ignore_index=True)
    link_tables.main_inputs = with_names(with_names(inputs, "sector", link_tables.names), "supplier", link_tables.names)
    link_tables.extraction = extraction(years[max(years)], choice.shock, link_tables.names)
    link_tables.io_links = _link_weights(study, years, industries)
    return carry_forward(_sectors_of_industries(networks, sectors, industries), study.study.years)


def _sectors(engine: Engine, tables: Mapping[str, str], system: str | None, to_system: str) -> pd.DataFrame | None:
    if system is None:
        return None
    sectors = crosswalk(engine, tables, system, to_system)
    if sectors.empty:
        raise DataError(
            f"crosswalks hold no rows from {system} to {to_system}, which columns.yaml links.io_system names",
            zh=f"对照表中没有从 {system} 到 {to_system} 的行(见 columns.yaml 的 links.io_system)",
            location="crosswalks",
            rule="XW03",
        )
    return sectors


def _link_weights(study: Study, years: Mapping[int, IoTable], industries: list[str] | None) -> pd.DataFrame:
    """io_links of the base year: the one chosen, else the first table of the study's years, else the first of all."""
    first_year, last_year = study.study.years
    years_in_span = [year for year in years if first_year <= year <= last_year]
    base = study.columns.links.base_year or (years_in_span or list(years))[0]
    table = years[_latest_table_year(years, base)]
    return io_links(table, industries if industries is not None else table.codes)


def _latest_table_year(years: Mapping[int, IoTable], base_year: int) -> int:
    """The latest table not after the base year; the first one when all are later."""
    return max((year for year in years if year <= base_year), default=min(years))


def _sectors_of_industries(
    sectors_table: pd.DataFrame, sectors: pd.DataFrame | None, industries: list[str] | None
) -> pd.DataFrame:
    """The network's rows of the industries, with the table's year and the sectors an industry lies in."""
    sector_rows = sectors_table.rename(columns={"sector": "industry_code"}).drop(columns=["gross_output", "key_sector"])
    if industries is not None:
        sector_rows = sector_rows[sector_rows["industry_code"].isin(industries)]
    if sectors is None:
        return sector_rows.assign(io_year=sector_rows["year"], io_sector=sector_rows["industry_code"])
    sectors_of_industry = sectors.sort_values(["to_code", "from_code"]).groupby("to_code")["from_code"].agg("+".join)
    return sector_rows.assign(io_year=sector_rows["year"], io_sector=sector_rows["industry_code"].map(sectors_of_industry))


def carry_forward(table_year_rows: pd.DataFrame, years: tuple[int, int]) -> pd.DataFrame:
    """Rows of table years, and between two tables those of the earlier one (io_year says which); none beyond the last table."""
    tables = sorted(set(table_year_rows["year"]))
    blocks = []
    for year in range(years[0], years[1] + 1):
        earlier_tables = [table for table in tables if table <= year]
        if earlier_tables and year <= tables[-1]:
            blocks.append(table_year_rows[table_year_rows["year"] == earlier_tables[-1]].assign(year=year))
    return pd.concat(blocks, ignore_index=True) if blocks else table_year_rows.iloc[:0]


# from trade flows


def _trade_link_tables(
    study: Study,
    engine: Engine,
    tables: Mapping[str, str],
    industries: list[str] | None,
    io: pd.DataFrame,
    link_tables: LinkTables,
) -> pd.DataFrame:
    """Columns by industry and year from HS6 flows between countries; the chokepoint list on the way."""
    choice = study.columns.links
    if "trade_hs6" not in tables:
        link_tables.note("chokepoints", NO_FLOWS)
        return pd.DataFrame(columns=KEYS)
    first_year, last_year = study.study.years
    flows = engine.query(
        f'SELECT * FROM {tables["trade_hs6"]} WHERE "year" <= {last_year}'
    )  # earlier years are history for rule D
    system = trade.revision(engine, flows)
    product_industries = _product_crosswalk(engine, tables, system, choice.industry_system)
    goods = chokepoints.chokepoint_verdicts(trade.products(engine, flows, choice), choice.chokepoint)
    goods = goods[goods["year"] >= first_year].reset_index(drop=True)
    betweenness = io.reindex(columns=[*KEYS, "betweenness"]).astype({"year": "int64", "betweenness": "float64"})
    goods = chokepoints.with_centrality(goods, product_industries, betweenness, choice.chokepoint)
    link_tables.chokepoints = _chokepoint_list(goods, product_industries)
    link_tables.note("linkages", unmapped_products(goods, product_industries))
    rows = trade.with_industry(_with_prody(study, engine, tables, flows, goods, system, link_tables), product_industries)
    indicators = trade.trade_by_industry(rows, winsor=choice.unit_value_winsor)
    world = trade.exports_by_country(engine, flows, product_industries)
    link_tables.export_shares = trade.export_shares(world[world["year"] >= first_year], choice.home)
    indicators = indicators.merge(
        trade.comparative_advantage(world[world["year"] >= first_year], choice.home), on=KEYS, how="outer"
    )
    return indicators[indicators["industry_code"].isin(industries)] if industries is not None else indicators


def _product_crosswalk(engine: Engine, tables: Mapping[str, str], system: str, to_system: str) -> pd.DataFrame:
    product_industries = crosswalk(engine, tables, system, to_system)
    if product_industries.empty:
        raise DataError(
            f"crosswalks hold no rows from {system}, the HS revision of the flows, to {to_system}",
            zh=f"对照表中没有从 {system}(贸易数据的 HS 版本)到 {to_system} 的行",
            location="crosswalks",
            rule="XW03",
        )
    return product_industries


def _with_prody(
    study: Study, engine: Engine, tables: Mapping[str, str], flows: str, goods: pd.DataFrame, system: str, link_tables: LinkTables
) -> pd.DataFrame:
    """Products with prody of the base year and input_share, the part that is an intermediate or capital good."""
    end_uses = crosswalk(engine, tables, system, PRODUCT_SYSTEM_BEC)
    if end_uses.empty:
        goods = goods.assign(input_share=1.0)
        link_tables.note("linkages", NO_BEC)
    else:
        inputs = end_uses[end_uses["to_code"].isin(INPUT_GOODS)].groupby("from_code")["weight"].sum()
        goods = goods.assign(input_share=goods["hs6"].map(inputs).fillna(0.0))
    if "countries" not in tables or goods.empty:
        link_tables.note("linkages", NO_INCOMES)
        return goods.assign(prody=float("nan"))
    base = study.columns.links.base_year or int(goods["year"].min())
    return goods.merge(trade.prody(engine, flows, tables["countries"], base), on="hs6", how="left")


def _chokepoint_list(goods: pd.DataFrame, product_industries: pd.DataFrame) -> pd.DataFrame:
    """The published list: every product traded by the home country, its rules and its industries."""
    flags = {
        "chokepoint": goods["chokepoint"].astype("Int64"),
        "industries": goods["hs6"].map(chokepoints.industry_codes(product_industries)),
    }
    return goods.assign(**flags).drop(columns=["unit_value", "unit_value_world"])
