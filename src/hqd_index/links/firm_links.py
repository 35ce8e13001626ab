"""Who supplies whom among firms: partners by name, partners that stay, concentration; anonymous ones count for that only."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..engines import Engine
from ..tables import conform
from .link_results import Reason

FIRM_YEAR = ["firm_id", "year"]
ANONYMOUS = r"^(?:客户|供应商|单位|公司|第[一二三四五1-5]名|customer|supplier)\s*[一二三四五0-9a-e]*$"
"""A partner that is a number in a list and no firm, when no column says so."""
SIDES: Mapping[str, tuple[str, str]] = {
    "suppliers": ("customer_id", "supplier_id"),
    "customers": ("supplier_id", "customer_id"),
}
"""Partners -> the column of the firm and that of its partners."""


def firm_links(engine: Engine, table: str) -> tuple[pd.DataFrame, Reason | None]:
    """Table firm_links of every firm that is named in a year, and why concentration is missing, if it is.

    suppliers, customers: named partners, whichever side disclosed them. repeated_<side>: share of them that were partners in
    the year before, missing where that year has no link of the firm on that side. <side>_share and <side>_hhi: sum and sum of
    squares of the shares that the firm itself disclosed (% and 0-1), anonymous partners included; a lower bound of the whole.
    """
    present = engine.types(table)
    optional_columns = [column for column in ("focal", "share", "anonymous") if column in present]
    links = engine.collect(f'SELECT supplier_id, customer_id, "year", {", ".join([*optional_columns, "1 AS one"])} FROM {table}')
    links = links.drop(columns="one").reindex(columns=["supplier_id", "customer_id", "year", "focal", "share", "anonymous"])
    flagged = links["anonymous"].astype("boolean").fillna(False)
    ids = ("supplier_id", "customer_id")
    hidden = pd.DataFrame({column: links[column].astype(str).str.match(ANONYMOUS, case=False) for column in ids})
    # a flagged link hides the partner of the side that disclosed it; the firm itself keeps its name
    hidden["supplier_id"] |= flagged & (links["focal"] == "customer")
    hidden["customer_id"] |= flagged & (links["focal"] == "supplier")
    parts = [part for side, columns in SIDES.items() for part in _side(links, hidden, flagged, side, *columns)]
    rows = pd.concat(parts, axis=1).rename_axis(FIRM_YEAR).reset_index()
    counts = ["suppliers", "customers", "anonymous_suppliers", "anonymous_customers"]
    reason = None if {"focal", "share"} <= set(optional_columns) else NO_SHARES
    return conform("firm_links", rows.fillna(dict.fromkeys(counts, 0)).astype({"year": "int64"})), reason


def _side(links: pd.DataFrame, hidden: pd.DataFrame, flagged: pd.Series, side: str, firm: str, partner: str) -> list[pd.Series]:
    """Series by firm and year: named partners, how many stay, anonymous ones, sum of shares, concentration."""
    rows = links.assign(hidden=hidden[partner] | (flagged & links["focal"].isna()))[~hidden[firm]]
    rows = rows.rename(columns={firm: "firm_id", partner: "partner"})
    pairs = rows[~rows["hidden"]][[*FIRM_YEAR, "partner"]].drop_duplicates()
    counts = pairs.groupby(FIRM_YEAR).size()
    earlier = pairs.assign(year=pairs["year"] + 1)
    continuing = pairs.merge(earlier, on=[*FIRM_YEAR, "partner"]).groupby(FIRM_YEAR).size().reindex(counts.index, fill_value=0)
    has_history = counts.index.isin(pd.MultiIndex.from_frame(earlier[FIRM_YEAR].drop_duplicates()))
    disclosed = rows[rows["focal"] == firm.removesuffix("_id")].dropna(subset="share")
    shares = disclosed.assign(square=(disclosed["share"] / 100) ** 2).groupby(FIRM_YEAR)[["share", "square"]].sum()
    singular = side.removesuffix("s")
    return [
        counts.rename(side),
        (continuing / counts).where(has_history).rename(f"repeated_{side}"),
        rows[rows["hidden"]].groupby(FIRM_YEAR).size().rename(f"anonymous_{side}"),
        shares["share"].rename(f"{singular}_share"),
        shares["square"].rename(f"{singular}_hhi"),
    ]


NO_SHARES = Reason(
    (
        "供应关系没有披露方或占比:只有伙伴数与持续伙伴,没有集中度",
        "the links lack the disclosing side or shares: partners are counted, concentration is not known",
    ),
    ("给 links 加上 focal(supplier、customer)与 share 两列", "add columns focal (supplier, customer) and share to links"),
)
NO_LINKS = Reason(
    ("没有企业之间的供应关系", "no source feeds table links"),
    ("在 sources.yaml 中加入读入表 links 的来源", "add a source for table links to sources.yaml"),
)
