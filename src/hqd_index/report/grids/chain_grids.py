"""Grids of the chain section of the page: what stops when a sector or its imports do, and partners of firms, as counts."""

from __future__ import annotations

from ..bilingual import BLANK_TEXT, Bilingual
from ..number_format import is_missing, percent
from ..results import Results
from ..wording import wording
from .grid import Grid, parse_columns

SHOCKS = parse_columns(
    "supply_shocks",
    """
sector | text | 30
less_supply_lower_bound | 3 | 12
less_supply_upper_bound | 3 | 12
most_affected_user | text | 34
less_imports_upper_bound | 3 | 12
imports_made_at_home_growth_of_the_sector | 1 | 14
extraction_loss_of_gdp | 2 | 12
""",
)
PARTNERS = parse_columns(
    "partner_counts",
    """
year | int | 8
firms_with_suppliers | int | 12
mean_number_of_suppliers | 1 | 12
suppliers_of_the_year_before | % | 12
firms_with_customers | int | 12
mean_number_of_customers | 1 | 12
customers_of_the_year_before | % | 12
mean_concentration_of_suppliers | 3 | 12
mean_concentration_of_customers | 3 | 12
""",
)


def supply_shocks(results: Results) -> Grid | None:
    """A row for each sector: both bounds of a supply shock, of an import shock, imports made at home, extraction."""
    rows = results.table("extraction")
    if rows.empty:
        return None
    cases = {str(case): block.set_index("sector") for case, block in rows.groupby("case")}
    lower, users = cases["shock_leontief"], cases["shock_ghosh"]
    values = []
    for sector in (-(lower["others_share"] + users["others_share"])).sort_values(ascending=False, kind="stable").index:
        shock = users.loc[sector]
        worst = (
            BLANK_TEXT
            if is_missing(shock["most_affected"])
            else Bilingual(
                *(f"{shock[f'most_affected_{code}']} {percent(shock['most_affected_share'], 2)}" for code in ("zh", "en"))
            )
        )
        values.append(
            (
                Bilingual(lower.loc[sector, "sector_zh"], lower.loc[sector, "sector_en"]),
                -100 * lower.loc[sector, "others_share"],
                -100 * (lower.loc[sector, "others_share"] + users.loc[sector, "others_share"]),
                worst,
                -100 * cases["import_shock"].loc[sector, "others_share"],
                100 * cases["imports_home"].loc[sector, "own_share"],
                -100 * cases["extraction"].loc[sector, "value_added_share"],
            )
        )
    year, size = int(rows["year"].max()), float(lower["size"].iloc[0])
    title = wording("grids.title.supply_shocks", size=f"{size:.0%}", year=year)
    note = wording("grids.note.supply_shocks")
    return Grid(title, SHOCKS, tuple(values), ("extraction",), note)


def partner_counts(results: Results) -> Grid | None:
    """By year: firms with named partners, how many, how many stay, concentration; too few firms give an empty row."""
    rows = results.table("firm_links")
    if rows.empty:
        return None
    smallest = results.study.study.publish.min_cell
    values = []
    for year, firms in rows.groupby("year"):
        cells: list[float | int | None] = []
        for side in ("suppliers", "customers"):
            named_firms = firms[firms[side] > 0]
            count = len(named_firms)
            enough = count >= smallest
            cells += [
                count if enough else None,
                float(named_firms[side].mean()) if enough else None,
                float(named_firms[f"repeated_{side}"].mean()) if enough else None,
            ]
        concentration = [float(firms[f"{side}_hhi"].mean()) for side in ("supplier", "customer")]
        values.append((int(str(year)), *cells, *(None if len(firms) < smallest else level for level in concentration)))
    title = wording("grids.title.partner_counts")
    note = wording("grids.note.partner_counts")
    return Grid(title, PARTNERS, tuple(values), ("firm_links",), note)
