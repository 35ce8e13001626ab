"""Grids of the chain section of the page: what stops when a sector or its imports do, and partners of firms, as counts."""

from __future__ import annotations

from ..bilingual import BLANK_TEXT, Bilingual
from ..number_format import is_missing
from ..results import Results
from .grid import Grid, parse_columns

SHOCKS = parse_columns("""
部门 | Sector | text | 30
供给减少：下界 | Less supply: lower bound | 3 | 12
供给减少：上界 | Less supply: upper bound | 3 | 12
受影响最大的用户 | Most affected user | text | 34
进口减少：上界 | Less imports: upper bound | 3 | 12
进口改国产：本部门增产（%） | Imports made at home: growth of the sector (%) | 1 | 14
抽取该部门：增加值损失（%） | Extraction: loss of GDP (%) | 2 | 12
""")
PARTNERS = parse_columns("""
年份 | Year | int | 8
有供应商的企业 | Firms with suppliers | int | 12
供应商数均值 | Mean number of suppliers | 1 | 12
持续供应商比例 | Suppliers of the year before | % | 12
有客户的企业 | Firms with customers | int | 12
客户数均值 | Mean number of customers | 1 | 12
持续客户比例 | Customers of the year before | % | 12
供应商集中度均值 | Mean concentration of suppliers | 3 | 12
客户集中度均值 | Mean concentration of customers | 3 | 12
""")


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
                *(f"{shock[f'most_affected_{code}']} {100 * shock['most_affected_share']:.2f}%" for code in ("zh", "en"))
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
    title = Bilingual(
        f"供给减少 {size:.0%} 的影响范围：其他部门产出损失（%，{year} 年投入产出表）",
        f"Supply down by {size:.0%}: loss of the other sectors' output (%), input-output table of {year}",
    )
    note = Bilingual(
        "下界：用户全部另找货源，只有供应商失去订单（里昂惕夫）；上界：再加上用户不能另找货源、按成本份额减产（高斯）。都不考虑库存与价格；"
        "唯一来源的小额关键件造成的损失可能超出上界。进口减少的下界为 0。适用者：链长制办公室、应急保供部门。",
        "Lower bound: users replace all they miss and only suppliers lose orders (Leontief). Upper bound: users also replace "
        "nothing and fall by cost share (Ghosh). Neither knows stocks or prices; a cheap part with one source may stop more. "
        "The lower bound of an import shock is 0. For the chain chief's office and those who secure supplies.",
    )
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
    title = Bilingual("企业供应关系（按年）", "Supply links of firms, by year")
    note = Bilingual(
        "伙伴数只计具名伙伴；集中度为企业披露份额的平方和，匿名伙伴也计入，是下界。披露多为前五大，故伙伴数偏少。",
        "Partners are the named ones; concentration is the sum of squares of disclosed shares, anonymous partners included, a "
        "lower bound. Firms mostly disclose their first five, so numbers of partners are low.",
    )
    return Grid(title, PARTNERS, tuple(values), ("firm_links",), note)
