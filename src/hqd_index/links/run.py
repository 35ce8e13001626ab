"""Clean input-output and trade tables -> columns by industry and year, the network, its weights, the chokepoint list."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..canonical import LINKAGES
from ..engines.duckdb import Engine
from ..errors import ConfigError, DataError
from ..study.records import Study
from . import chokepoints, trade
from .iotable import IoTable, crosswalk, read_io
from .network import io_links, network
from .reasons import NO_FLOWS, NO_INCOMES, NO_IO, NO_KINDS, Made, unmapped

KEYS = ["industry_code", "year"]
PRODUCT_SYSTEM_BEC = "bec"
INPUT_GOODS = ("intermediate", "capital")


def links(study: Study, engine: Engine, tables: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """linkages, network, io_links, chokepoints and not_made of a study, from clean tables (canonical name -> engine table).

    `linkages` has one row per industry and year and the columns of canonical.LINKAGES; a column whose source is absent is
    missing throughout and `not_made` says why. Industries are those of the firm and industry tables; without either, all.
    DataError when an input-output table does not converge, a crosswalk is incomplete, or HS revisions are mixed.
    """
    if "linkages" in tables:
        raise ConfigError(
            "table linkages is computed; read the file into a table of your own name",
            zh="表 linkages 由程序计算;请把该文件读入自定义名称的表",
            where="sources.yaml",
        )
    made = Made(linkages=pd.DataFrame(columns=KEYS))
    industries = industries_of(engine, tables)
    io = _from_io(study, engine, tables, industries, made)
    goods = _from_trade(study, engine, tables, industries, io, made)
    made.linkages = whole(io, goods)
    return made.frames()


def industries_of(engine: Engine, tables: Mapping[str, str]) -> list[str] | None:
    """Codes in the firm and industry tables, in order; None when neither is there."""
    sources = [tables[name] for name in ("firms", "industry") if name in tables and "industry_code" in engine.types(tables[name])]
    if not sources:
        return None
    union = " UNION ".join(f"SELECT industry_code FROM {table} WHERE industry_code IS NOT NULL" for table in sources)
    return [str(code) for code in engine.collect(f"{union} ORDER BY industry_code")["industry_code"]]


def whole(io: pd.DataFrame, goods: pd.DataFrame) -> pd.DataFrame:
    """Both sets of columns on one grid, with every column of the table, missing where its source is."""
    out = io.merge(goods, on=KEYS, how="outer", validate="one_to_one").reindex(columns=list(LINKAGES.columns))
    numbers = {name: "float64" for name, column in LINKAGES.columns.items() if column.dtype == "number"}
    return (
        out.astype({**numbers, "year": "int64", "io_year": "Int64", "industry_code": "str", "io_sector": "str"})
        .sort_values(KEYS, ignore_index=True)
    )  # fmt: skip


# from input-output tables


def _from_io(study: Study, engine: Engine, tables: Mapping[str, str], industries: list[str] | None, made: Made) -> pd.DataFrame:
    """Columns by industry and year from the tables of the study's years; network and io_links on the way."""
    choice = study.columns.links
    if "io" not in tables:
        for table in ("network", "io_links"):
            made.note(table, NO_IO)
        return pd.DataFrame(columns=KEYS)
    sectors = _sectors(engine, tables, choice.io_system, choice.industry_system)
    years = read_io(engine, tables["io"], sectors)
    found = {year: network(table, choice.digital) for year, table in years.items()}
    made.network = pd.concat(found.values(), ignore_index=True)
    made.io_links = _weights(study, years, industries)
    return carried(_of_industries(made.network, sectors, industries), study.study.years)


def _sectors(engine: Engine, tables: Mapping[str, str], system: str | None, target: str) -> pd.DataFrame | None:
    if system is None:
        return None
    sectors = crosswalk(engine, tables, system, target)
    if sectors.empty:
        raise DataError(
            f"crosswalks hold no rows from {system} to {target}, which columns.yaml links.io_system names",
            zh=f"对照表中没有从 {system} 到 {target} 的行(见 columns.yaml 的 links.io_system)",
            where="crosswalks",
            rule="XW03",
        )
    return sectors


def _weights(study: Study, years: Mapping[int, IoTable], industries: list[str] | None) -> pd.DataFrame:
    """io_links of the base year: the one chosen, else the first table of the study's years, else the first of all."""
    first, last = study.study.years
    inside = [year for year in years if first <= year <= last]
    base = study.columns.links.base_year or (inside or list(years))[0]
    table = years[_latest(years, base)]
    return io_links(table, industries if industries is not None else table.codes)


def _latest(years: Mapping[int, IoTable], base: int) -> int:
    """The latest table not after the base year; the first one when all are later."""
    return max((year for year in years if year <= base), default=min(years))


def _of_industries(sectors_table: pd.DataFrame, sectors: pd.DataFrame | None, industries: list[str] | None) -> pd.DataFrame:
    """The network's rows of the industries, with the table's year and the sectors an industry lies in."""
    out = sectors_table.rename(columns={"sector": "industry_code"}).drop(columns="gross_output")
    if industries is not None:
        out = out[out["industry_code"].isin(industries)]
    if sectors is None:
        return out.assign(io_year=out["year"], io_sector=out["industry_code"])
    held = sectors.sort_values(["to_code", "from_code"]).groupby("to_code")["from_code"].agg("+".join)
    return out.assign(io_year=out["year"], io_sector=out["industry_code"].map(held))


def carried(rows: pd.DataFrame, years: tuple[int, int]) -> pd.DataFrame:
    """Rows of table years, and between two tables those of the earlier one (io_year says which); none beyond the last table."""
    tables = sorted(set(rows["year"]))
    blocks = []
    for year in range(years[0], years[1] + 1):
        earlier = [table for table in tables if table <= year]
        if earlier and year <= tables[-1]:
            blocks.append(rows[rows["year"] == earlier[-1]].assign(year=year))
    return pd.concat(blocks, ignore_index=True) if blocks else rows.iloc[:0]


# from trade flows


def _from_trade(
    study: Study, engine: Engine, tables: Mapping[str, str], industries: list[str] | None, io: pd.DataFrame, made: Made
) -> pd.DataFrame:
    """Columns by industry and year from HS6 flows between countries; the chokepoint list on the way."""
    choice = study.columns.links
    if "trade_hs6" not in tables:
        made.note("chokepoints", NO_FLOWS)
        return pd.DataFrame(columns=KEYS)
    first, last = study.study.years
    flows = engine.query(f'SELECT * FROM {tables["trade_hs6"]} WHERE "year" <= {last}')  # earlier years are history for rule D
    system = trade.revision(engine, flows)
    walk = _product_walk(engine, tables, system, choice.industry_system)
    goods = chokepoints.judged(trade.products(engine, flows, choice), choice.chokepoint)
    goods = goods[goods["year"] >= first].reset_index(drop=True)
    between = io.reindex(columns=[*KEYS, "betweenness"]).astype({"year": "int64", "betweenness": "float64"})
    goods = chokepoints.central(goods, walk, between, choice.chokepoint)
    made.chokepoints = _listed(goods, walk)
    made.note("linkages", unmapped(goods, walk))
    rows = trade.with_industry(_rated(study, engine, tables, flows, goods, system, made), walk)
    out = trade.by_industry(rows, winsor=choice.unit_value_winsor)
    world = trade.exports_by_country(engine, flows, walk)
    out = out.merge(trade.advantage(world[world["year"] >= first], choice.home), on=KEYS, how="outer")
    return out[out["industry_code"].isin(industries)] if industries is not None else out


def _product_walk(engine: Engine, tables: Mapping[str, str], system: str, target: str) -> pd.DataFrame:
    walk = crosswalk(engine, tables, system, target)
    if walk.empty:
        raise DataError(
            f"crosswalks hold no rows from {system}, the HS revision of the flows, to {target}",
            zh=f"对照表中没有从 {system}(贸易数据的 HS 版本)到 {target} 的行",
            where="crosswalks",
            rule="XW03",
        )
    return walk


def _rated(
    study: Study, engine: Engine, tables: Mapping[str, str], flows: str, goods: pd.DataFrame, system: str, made: Made
) -> pd.DataFrame:
    """Products with prody of the base year and input_share, the part that is an intermediate or capital good."""
    kinds = crosswalk(engine, tables, system, PRODUCT_SYSTEM_BEC)
    if kinds.empty:
        goods = goods.assign(input_share=1.0)
        made.note("linkages", NO_KINDS)
    else:
        inputs = kinds[kinds["to_code"].isin(INPUT_GOODS)].groupby("from_code")["weight"].sum()
        goods = goods.assign(input_share=goods["hs6"].map(inputs).fillna(0.0))
    if "countries" not in tables or goods.empty:
        made.note("linkages", NO_INCOMES)
        return goods.assign(prody=float("nan"))
    base = study.columns.links.base_year or int(goods["year"].min())
    return goods.merge(trade.prody(engine, flows, tables["countries"], base), on="hs6", how="left")


def _listed(goods: pd.DataFrame, walk: pd.DataFrame) -> pd.DataFrame:
    """The published list: every product traded by the home country, its rules and its industries."""
    flags = {"chokepoint": goods["chokepoint"].astype("Int64"), "industries": goods["hs6"].map(chokepoints.codes_of(walk))}
    return goods.assign(**flags).drop(columns=["unit_value", "unit_value_world"])
