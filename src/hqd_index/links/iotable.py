"""Input-output flows of one year as matrices, from tables in non-competitive or competitive form, in industry codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..canonical import MANUFACTURING
from ..engines import Engine, literal
from ..errors import DataError

Array = NDArray[np.float64]

HOME_USES = ("final_cons", "gfcf", "inventory")


@dataclass(frozen=True)
class IoTable:
    """Flows among n sectors (n, n), suppliers in rows; final uses at home and exports of domestic goods (n,)."""

    year: int
    codes: tuple[str, ...]
    domestic: Array
    imported_flows: Array
    home_domestic: Array
    home_imported: Array
    exports: Array

    @cached_property
    def output(self) -> Array:
        """Gross output (n,): all uses of domestic goods."""
        return np.asarray(self.domestic.sum(axis=1) + self.home_domestic + self.exports)

    @cached_property
    def absorption(self) -> Array:
        """Use at home of domestic and imported goods (n,): output - exports + imports."""
        flows = self.domestic + self.imported_flows
        return np.asarray(flows.sum(axis=1) + self.home_domestic + self.home_imported)

    @cached_property
    def imports(self) -> Array:
        """Imports used at home (n,); re-exports are left out."""
        return np.asarray(self.imported_flows.sum(axis=1) + self.home_imported)


def read_io(engine: Engine, table: str, sectors: pd.DataFrame | None = None) -> dict[int, IoTable]:
    """Year -> table, in the order of years; in industry codes where `sectors` (from_code, to_code, weight) says how.

    A sector's flows are split over its industries by weight, in rows and columns, and added up by industry: ratios of a
    sector hold for each industry in it. DataError IO04 names sectors without industry.
    """
    rows = engine.collect(f"""
        SELECT CAST("year" AS BIGINT) AS "year", from_code, CASE WHEN "use" = 'intermediate' THEN to_code END AS to_code,
               "use", origin, CAST(sum(value) AS DOUBLE) AS value
        FROM {table} GROUP BY ALL ORDER BY ALL""")
    years = [int(year) for year in rows["year"].unique()]
    return {year: _table_in_industries(_table_of_year(year, rows[rows["year"] == year]), sectors) for year in years}


def _table_of_year(year: int, cell_rows: pd.DataFrame) -> IoTable:
    is_intermediate = cell_rows["use"] == "intermediate"
    sector_codes = tuple(sorted({*cell_rows["from_code"], *cell_rows.loc[is_intermediate, "to_code"]}))
    competitive = cell_rows["origin"] == "total"
    if competitive.all():
        return _domestic_from_competitive(year, sector_codes, cell_rows)
    if competitive.any() or (cell_rows["use"] == "import").any():
        raise DataError(
            f"input-output table of {year}: origin is `total` in every row (competitive form) or in none",
            zh=f"{year} 年投入产出表:origin 要么全部为 total(竞争型),要么都不是",
            location="io",
        )
    is_domestic = cell_rows["origin"] == "domestic"
    return IoTable(
        year,
        sector_codes,
        domestic=_flow_matrix(cell_rows[is_domestic & is_intermediate], sector_codes),
        imported_flows=_flow_matrix(cell_rows[~is_domestic & is_intermediate], sector_codes),
        home_domestic=_use_vector(cell_rows[is_domestic & cell_rows["use"].isin(HOME_USES)], sector_codes),
        home_imported=_use_vector(cell_rows[~is_domestic & cell_rows["use"].isin(HOME_USES)], sector_codes),
        exports=_use_vector(cell_rows[is_domestic & (cell_rows["use"] == "export")], sector_codes),
    )


def _domestic_from_competitive(year: int, sector_codes: tuple[str, ...], cell_rows: pd.DataFrame) -> IoTable:
    return proportional(
        year,
        sector_codes,
        flows=_flow_matrix(cell_rows[cell_rows["use"] == "intermediate"], sector_codes),
        home_uses=_use_vector(cell_rows[cell_rows["use"].isin(HOME_USES)], sector_codes),
        exports=_use_vector(cell_rows[cell_rows["use"] == "export"], sector_codes),
        imports=_use_vector(cell_rows[cell_rows["use"] == "import"], sector_codes),
    )


def proportional(
    year: int, sector_codes: tuple[str, ...], *, flows: Array, home_uses: Array, exports: Array, imports: Array
) -> IoTable:
    """The table with imports spread over all uses at home in proportion (Hummels, Ishii & Yi 2001).

    Imports beyond what is used at home count as re-exports and leave `exports`.
    """
    absorbed = flows.sum(axis=1) + home_uses
    imports_used = np.minimum(imports, np.maximum(absorbed, 0.0))
    share = np.divide(imports_used, absorbed, out=np.zeros_like(imports_used), where=absorbed > 0)
    return IoTable(
        year,
        sector_codes,
        domestic=(1 - share)[:, None] * flows,
        imported_flows=share[:, None] * flows,
        home_domestic=(1 - share) * home_uses,
        home_imported=share * home_uses,
        exports=exports - (imports - imports_used),
    )


def _flow_matrix(cell_rows: pd.DataFrame, sector_codes: tuple[str, ...]) -> Array:
    matrix = np.zeros((len(sector_codes), len(sector_codes)))
    np.add.at(
        matrix,
        (_positions(cell_rows["from_code"], sector_codes), _positions(cell_rows["to_code"], sector_codes)),
        cell_rows["value"].to_numpy(float),
    )
    return matrix


def _use_vector(cell_rows: pd.DataFrame, sector_codes: tuple[str, ...]) -> Array:
    vector = np.zeros(len(sector_codes))
    np.add.at(vector, _positions(cell_rows["from_code"], sector_codes), cell_rows["value"].to_numpy(float))
    return vector


def _positions(column: pd.Series, sector_codes: tuple[str, ...]) -> NDArray[np.intp]:
    return pd.Index(sector_codes).get_indexer(pd.Index(column))


def _table_in_industries(table: IoTable, sectors: pd.DataFrame | None) -> IoTable:
    if sectors is None:
        return table
    missing_codes = sorted(set(table.codes) - set(sectors["from_code"]))
    if missing_codes:
        raise DataError(
            f"input-output sectors without industry in the crosswalk: {', '.join(missing_codes)}; give each a row, services too",
            zh=f"对照表中没有以下投入产出部门:{'、'.join(missing_codes)};每个部门(含服务业)都要有一行",
            location="crosswalks",
            rule="IO04",
        )
    sector_rows = sectors[sectors["from_code"].isin(table.codes)]
    sector_codes = tuple(sorted(set(sector_rows["to_code"])))
    weights = np.zeros((len(table.codes), len(sector_codes)))
    code_positions = _positions(sector_rows["from_code"], table.codes), _positions(sector_rows["to_code"], sector_codes)
    np.add.at(weights, code_positions, sector_rows["weight"].to_numpy(float))
    return IoTable(
        table.year,
        sector_codes,
        domestic=weights.T @ table.domestic @ weights,
        imported_flows=weights.T @ table.imported_flows @ weights,
        home_domestic=weights.T @ table.home_domestic,
        home_imported=weights.T @ table.home_imported,
        exports=weights.T @ table.exports,
    )


def crosswalk(engine: Engine, tables: Mapping[str, str], from_system: str, to_system: str) -> pd.DataFrame:
    """from_code, to_code, weight between two code systems, sorted; empty without such rows; DataError XW01 on weights."""
    columns = ["from_code", "to_code", "weight"]
    if "crosswalks" not in tables:
        return pd.DataFrame(columns=columns)
    frame = engine.collect(f"""
        SELECT from_code, to_code, CAST(sum(weight) AS DOUBLE) AS weight FROM {tables["crosswalks"]}
        WHERE from_system = {literal(from_system)} AND to_system = {literal(to_system)} GROUP BY ALL ORDER BY ALL""")
    totals = frame.groupby("from_code")["weight"].sum()
    off_sums = totals[(totals - 1).abs() > WEIGHT_TOLERANCE]
    if len(off_sums):
        source_code, weight_sum = off_sums.index[0], off_sums.iloc[0]
        raise DataError(
            f"crosswalk {from_system} -> {to_system}: weights of {source_code} sum to {weight_sum:.6g}, not 1 "
            f"({len(off_sums)} codes so)",
            zh=f"对照表 {from_system} -> {to_system}:{source_code} 的权重之和为 {weight_sum:.6g},应为 1(共 "
            f"{len(off_sums)} 个代码)",
            location="crosswalks",
            rule="XW01",
        )
    unknown = sorted(
        source_code
        for source_code in frame["to_code"].unique()
        if str(source_code)[:1] == "C" and source_code not in MANUFACTURING
    )
    if to_system == "gbt4754" and unknown:
        raise DataError(
            f"crosswalk {from_system} -> {to_system}: unknown target {', '.join(unknown[:5])}; manufacturing has the "
            "codes C13 to C43",
            zh=f"对照表 {from_system} -> {to_system}:不认识的目标代码 {'、'.join(unknown[:5])};制造业代码为 C13 至 C43",
            location="crosswalks",
            rule="XW02",
        )
    return frame


WEIGHT_TOLERANCE = 1e-6
