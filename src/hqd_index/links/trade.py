"""What flows of goods between countries say of an industry: advantage, sources of imports, sophistication, prices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..engines import Engine, literal
from ..errors import DataError
from ..study.records import Links
from .iotable import Array

WORLD = "importer <> exporter"


def nrca(exports: Array) -> Array:
    """1e4 (x_ci / X - x_c x_i / X^2), countries in rows (Yu, Cai & Leung 2009); sums to 0 over either; NaN without trade."""
    total = exports.sum()
    if not total > 0:
        return np.full(exports.shape, np.nan)
    expected_exports = exports.sum(axis=1, keepdims=True) * exports.sum(axis=0, keepdims=True) / total**2
    return np.asarray(1e4 * (exports / total - expected_exports))


def balassa(exports: Array) -> Array:
    """(x_ci / x_c) / (x_i / X), countries in rows (Balassa 1965); NaN where a country or an industry exports nothing."""
    expected_exports = exports.sum(axis=1, keepdims=True) * exports.sum(axis=0, keepdims=True)
    return np.divide(exports * exports.sum(), expected_exports, out=np.full(exports.shape, np.nan), where=expected_exports > 0)


def trade_competitiveness(exports: Array, imports: Array) -> Array:
    """(exports - imports) / (exports + imports), -1 to 1; NaN without trade."""
    total_trade = exports + imports
    return np.divide(exports - imports, total_trade, out=np.full_like(total_trade, np.nan, dtype=float), where=total_trade > 0)


def revision(engine: Engine, flows: str) -> str:
    """The one HS revision of the flows; DataError when there are several."""
    revisions = engine.collect(f"SELECT DISTINCT hs_rev FROM {flows} ORDER BY hs_rev")["hs_rev"].tolist()
    if len(revisions) != 1:
        raise DataError(
            f"trade flows use {len(revisions)} HS revisions ({', '.join(map(str, revisions))}); convert them to one",
            zh=f"贸易数据有 {len(revisions)} 个 HS 版本({'、'.join(map(str, revisions))});请先统一为一个版本",
            location="trade_hs6",
            rule="TR01",
        )
    return str(revisions[0])


def products(engine: Engine, flows: str, links: Links) -> pd.DataFrame:
    """year, hs6 of every product the home country trades, with thousand dollars, concentrations and unit values.

    hhi_import over source countries, hhi_world over all exporters, 0-1; top_source and its share; control_risk_share
    (NaN with an empty list) and extra_bloc_share of imports; unit values of exports in thousand dollars per tonne, home and
    world, over flows whose quantity is known.
    """
    home = literal(links.home)
    risk = f"CAST(sum(value) FILTER (WHERE {_membership_sql('country', links.chokepoint.control_risk_countries)}) AS DOUBLE)"
    bloc_imports = f"CAST(sum(value) FILTER (WHERE {_membership_sql('country', links.chokepoint.bloc)}) AS DOUBLE)"
    sql = f"""
        WITH flows AS (SELECT "year", exporter, importer, hs6, value, quantity FROM {flows} WHERE {WORLD}),
        sold AS (SELECT "year", hs6, exporter AS country, CAST(sum(value) AS DOUBLE) AS value FROM flows GROUP BY ALL),
        bought AS (SELECT "year", hs6, exporter AS country, CAST(sum(value) AS DOUBLE) AS value FROM flows
                   WHERE importer = {home} GROUP BY ALL),
        world AS (SELECT "year", hs6, {_hhi_sql()} AS hhi_world, sum(value) FILTER (WHERE country = {home}) AS exports
                  FROM sold GROUP BY ALL),
        home AS (SELECT "year", hs6, sum(value ORDER BY country) AS imports, {_hhi_sql()} AS hhi_import,
                        first(country ORDER BY value DESC, country) AS top_source, max(value) AS top_value,
                        coalesce({risk}, 0) AS risk_value, coalesce({bloc_imports}, 0) AS bloc_value
                 FROM bought GROUP BY ALL),
        priced AS (SELECT "year", hs6, CAST(sum(value) FILTER (WHERE exporter = {home}) AS DOUBLE)
                          / nullif(CAST(sum(quantity) FILTER (WHERE exporter = {home}) AS DOUBLE), 0) AS unit_value,
                          CAST(sum(value) AS DOUBLE) / nullif(CAST(sum(quantity) AS DOUBLE), 0) AS unit_value_world
                   FROM flows WHERE quantity > 0 GROUP BY ALL)
        SELECT CAST("year" AS BIGINT) AS "year", hs6, coalesce(imports, 0) AS imports, coalesce(exports, 0) AS exports,
               hhi_import, hhi_world, top_source, top_value / imports AS top_share, risk_value / imports AS control_risk_share,
               1 - bloc_value / imports AS extra_bloc_share, unit_value, unit_value_world
        FROM world LEFT JOIN home USING ("year", hs6) LEFT JOIN priced USING ("year", hs6)
        WHERE coalesce(imports, 0) > 0 OR coalesce(exports, 0) > 0 ORDER BY "year", hs6"""
    frame = engine.collect(sql)
    return frame if links.chokepoint.control_risk_countries else frame.assign(control_risk_share=np.nan)


def _membership_sql(column: str, codes: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(map(literal, codes))})" if codes else "false"


def _hhi_sql() -> str:
    """Herfindahl-Hirschman index of `value` over the countries of a group, 0-1."""
    return "sum(value * value ORDER BY country) / nullif(power(sum(value ORDER BY country), 2), 0)"


def exports_by_country(engine: Engine, flows: str, industries: pd.DataFrame) -> pd.DataFrame:
    """year, country, industry_code, exports of the world by the crosswalk (from_code, to_code, weight)."""
    crosswalk_table = engine.scan(industries)
    return engine.collect(f"""
        WITH sold AS (SELECT "year", exporter AS country, hs6, CAST(sum(value) AS DOUBLE) AS value
                      FROM {flows} WHERE {WORLD} GROUP BY ALL)
        SELECT CAST("year" AS BIGINT) AS "year", country, to_code AS industry_code, sum(value * weight ORDER BY hs6) AS exports
        FROM sold JOIN {crosswalk_table} ON hs6 = from_code GROUP BY ALL ORDER BY ALL""")


def comparative_advantage(exports: pd.DataFrame, home_country: str) -> pd.DataFrame:
    """industry_code, year, nrca, balassa of the home country, each year on the world's exports of that year."""
    blocks = []
    for year, rows in exports.groupby("year"):
        exports_by_industry = rows.pivot(index="country", columns="industry_code", values="exports").fillna(0.0)
        if home_country not in exports_by_industry.index:
            continue
        export_matrix, home_row = exports_by_industry.to_numpy(), exports_by_industry.index.get_loc(home_country)
        key_columns = {"industry_code": exports_by_industry.columns.to_numpy(), "year": year}
        blocks.append(
            pd.DataFrame(key_columns | {"nrca": nrca(export_matrix)[home_row], "balassa": balassa(export_matrix)[home_row]})
        )
    columns = ["industry_code", "year", "nrca", "balassa"]
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=columns)


def export_shares(exports: pd.DataFrame, home_country: str) -> pd.DataFrame:
    """industry_code, year, world_share: the home country's part of the world's exports of an industry, 0-1."""
    keys = ["industry_code", "year"]
    world = exports.groupby(keys)["exports"].sum()
    home = exports[exports["country"] == home_country].groupby(keys)["exports"].sum().reindex(world.index, fill_value=0.0)
    return (home / world.where(world > 0)).rename("world_share").reset_index()


def prody(engine: Engine, flows: str, countries: str, year: int) -> pd.DataFrame:
    """hs6, prody: sum_c [(x_cp / X_c) / sum_c (x_cp / X_c)] y_c in the base year (Hausmann, Hwang & Rodrik 2007).

    Countries whose income is not known are left out.
    """
    return engine.collect(f"""
        WITH sold AS (SELECT exporter AS country, hs6, CAST(sum(value) AS DOUBLE) AS value
                      FROM {flows} WHERE "year" = {int(year)} AND {WORLD} GROUP BY ALL),
        totals AS (SELECT country, sum(value ORDER BY hs6) AS total FROM sold GROUP BY country),
        shares AS (SELECT hs6, country, value / total AS share FROM sold JOIN totals USING (country))
        SELECT hs6, sum(share * gdp ORDER BY country) / sum(share ORDER BY country) AS prody
        FROM shares JOIN (SELECT country, CAST(gdp_per_capita AS DOUBLE) AS gdp FROM {countries}
                          WHERE "year" = {int(year)} AND gdp_per_capita > 0) USING (country)
        GROUP BY hs6 ORDER BY hs6""")


def with_industry(goods: pd.DataFrame, industries: pd.DataFrame) -> pd.DataFrame:
    """A row for each product and industry of it; value columns are multiplied by the crosswalk's weight."""
    product_industries = industries.rename(columns={"from_code": "hs6", "to_code": "industry_code"})
    rows = goods.merge(product_industries, on="hs6", how="inner").sort_values(["industry_code", "year", "hs6"], ignore_index=True)
    return rows.assign(imports=rows["imports"] * rows["weight"], exports=rows["exports"] * rows["weight"])


def trade_by_industry(product_rows: pd.DataFrame, *, winsor: float) -> pd.DataFrame:
    """industry_code, year and the indicators of `with_industry` rows that also hold prody, input_share, chokepoint (0, 1, NaN).

    import_source_hhi: sum_p s_p hhi_p over intermediate and capital goods (input_share), s import shares;
    chokepoint_share: % of imports that are chokepoints; export_sophistication: ln sum_p s_p prody_p, s export shares;
    unit_value_premium: sum_p s_p ln(uv_p / uv_world_p), logarithms winsorised each year.
    """
    keys = ["industry_code", "year"]
    indicators = product_rows.groupby(keys)[["exports", "imports"]].sum()
    indicators["trade_competitiveness"] = trade_competitiveness(
        indicators["exports"].to_numpy(), indicators["imports"].to_numpy()
    )
    indicators["import_source_hhi"] = weighted_means(
        product_rows, "hhi_import", product_rows["imports"] * product_rows["input_share"]
    )
    indicators["chokepoint_share"] = 100 * weighted_means(product_rows, "chokepoint", product_rows["imports"])
    indicators["export_sophistication"] = np.log(weighted_means(product_rows, "prody", product_rows["exports"]))
    premium = log_premium(product_rows, winsor=winsor)
    indicators["unit_value_premium"] = weighted_means(product_rows.assign(premium=premium), "premium", product_rows["exports"])
    return indicators.rename(columns={"exports": "exports_usd", "imports": "imports_usd"}).reset_index()


def weighted_means(product_rows: pd.DataFrame, column: str, weights: pd.Series) -> pd.Series:
    """Mean of a column by industry and year over the rows where it is known; NaN where these weigh nothing."""
    known_weights = weights.where(product_rows[column].notna(), 0.0)
    keys = [product_rows["industry_code"], product_rows["year"]]
    total = known_weights.groupby(keys).sum()
    return (product_rows[column].fillna(0.0) * known_weights).groupby(keys).sum() / total.where(total > 0)


def log_premium(product_rows: pd.DataFrame, *, winsor: float) -> pd.Series:
    """ln(unit value / world's), limited to the quantiles winsor and 1 - winsor of the products of its year."""
    raw_premium: pd.Series = (product_rows["unit_value"] / product_rows["unit_value_world"]).transform("log")
    single_premium = raw_premium.where(~product_rows.duplicated(["year", "hs6"]))
    low = single_premium.groupby(product_rows["year"]).quantile(winsor)
    high = single_premium.groupby(product_rows["year"]).quantile(1 - winsor)
    return raw_premium.clip(product_rows["year"].map(low), product_rows["year"].map(high))
