"""Which rows are one firm: two listings of one firm, a code that passed to another firm, a firm that changes industry."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ...engines.duckdb import Engine, literal
from ...study.records import FirmIndustry
from ..cells.official_codes import USCC_ALPHABET
from ..records.intake_notice import Notice
from ..records.row_ledger import OUT_OF_SCOPE, VALIDATE

TWIN = "twin listing"
LISTED = 5
VALID_CODE = f"[{USCC_ALPHABET}]{{18}}"


@dataclass(frozen=True)
class FirmRows:
    """Firm-years (`rid` ...) under one id per firm, the rows of second listings (rid, stage, outcome, reason), notices."""

    rows: str
    twins: pd.DataFrame
    notices: tuple[Notice, ...]


def with_one_id_per_firm(rows: str, where: str, engine: Engine) -> FirmRows:
    """M16, M17: firms are told apart by their credit code where a stock code does not do so.

    Stock codes with one credit code are one firm under the first of them (A shares come before B shares); of a year's
    several rows that of the first code stays. A stock code whose credit code changes is another firm from then on, `code#2`.
    Rows without a credit code go with the nearest earlier year of their stock code, else the nearest later one.
    """
    none = pd.DataFrame(columns=["rid", "stage", "outcome", "reason"])
    if not {"firm_id", "year", "uscc"} <= set(engine.types(rows)):
        return FirmRows(rows, none, ())
    clear = f"regexp_full_match(uscc, {literal(VALID_CODE)}) AND uscc <> firm_id"
    pairs = f"SELECT DISTINCT firm_id, uscc FROM {rows} WHERE {clear}"
    unclear = f"""SELECT firm_id FROM ({pairs}) QUALIFY count(*) OVER (PARTITION BY uscc) > 1
        OR count(*) OVER (PARTITION BY firm_id) > 1"""
    known = engine.collect(
        f"""SELECT rid, firm_id, CAST(year AS INTEGER) AS year, CASE WHEN {clear} THEN uscc END AS uscc FROM {rows}
        WHERE firm_id IN ({unclear}) AND year IS NOT NULL ORDER BY firm_id, year, rid"""
    )
    if known.empty:
        return FirmRows(rows, none, ())
    named = firm_identities(known)
    twins = named.loc[named.duplicated(["firm", "year"]) & (named["lead"] != named["firm_id"]), ["rid"]]
    renamed = engine.scan(named[["rid", "firm"]])
    joined = engine.query(
        f"""SELECT r.* REPLACE (coalesce(n.firm, r.firm_id) AS firm_id) FROM {rows} AS r LEFT JOIN {renamed} AS n USING (rid)
        WHERE r.rid NOT IN (SELECT rid FROM {engine.scan(twins)})"""
    )
    gone = twins.assign(stage=VALIDATE, outcome=OUT_OF_SCOPE, reason=TWIN)
    return FirmRows(joined, gone, tuple(_identity_notices(named, where)))


def firm_identities(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` (rid, firm_id, year, uscc) with `lead`, the first stock code of the firm, and `firm`, its id; first codes first."""
    code = rows.groupby("firm_id")["uscc"].transform(lambda one: one.ffill().bfill())
    known = rows.assign(uscc=code.fillna(rows["firm_id"]))
    lead = known.groupby("uscc")["firm_id"].transform("min")
    begun = known.groupby(["firm_id", "uscc"])["year"].min().sort_values(kind="stable")
    turn = (begun.groupby(level="firm_id").cumcount() + 1).to_dict()
    suffix = ["" if turn[one] == 1 else f"#{turn[one]}" for one in zip(lead, known["uscc"])]
    named = known.assign(lead=lead, firm=lead + pd.Series(suffix, index=known.index))
    return named.sort_values(["firm", "year", "firm_id", "rid"], ignore_index=True)


def _identity_notices(named: pd.DataFrame, where: str) -> list[Notice]:
    told = []
    shared = named[named["lead"] != named["firm_id"]][["lead", "firm_id"]].drop_duplicates()
    if len(shared):
        listed = _listing([f"{lead} = {other}" for lead, other in shared.itertuples(index=False)])
        en = f"{len(shared)} stock codes are second listings of a firm (by credit code), which counts once: {listed}"
        told.append(Notice("M16", where, en, f"{len(shared)} 个证券代码是同一企业的第二上市代码(按信用代码),只计一次:{listed}"))
    passed = named[named["firm"] != named["lead"]].groupby("firm", sort=True)["year"].min()
    if len(passed):
        listed = _listing([f"{firm} ({year})" for firm, year in passed.items()])
        en = f"{len(passed)} codes passed to another firm (the credit code changes), counted as a new one: {listed}"
        told.append(Notice("M17", where, en, f"{len(passed)} 个代码改由另一企业使用(信用代码变了),按新企业计:{listed}"))
    return told


def _listing(items: list[str]) -> str:
    return "; ".join(items[:LISTED]) + (" ..." if len(items) > LISTED else "")


def with_one_industry(rows: str, choice: FirmIndustry, where: str, engine: Engine) -> tuple[str, tuple[Notice, ...]]:
    """M17: firms that change industry are told, and put into their first or most frequent one where the study says so."""
    if not {"firm_id", "year", "industry_code"} <= set(engine.types(rows)):
        return rows, ()
    filled = f"SELECT firm_id, year, industry_code FROM {rows} WHERE industry_code IS NOT NULL"
    moved = engine.collect(f"SELECT firm_id FROM ({filled}) GROUP BY 1 HAVING count(DISTINCT industry_code) > 1 ORDER BY 1")
    if moved.empty:
        return rows, ()
    done = {"reported": ("kept as reported", "按原始数据保留"), "first": ("first one used", "按首个行业"),
            "modal": ("most frequent one used", "按最常见行业")}[choice]  # fmt: skip
    count, listed = len(moved), _listing(list(moved["firm_id"]))
    told = Notice("M17", where, f"{count} firms change industry ({done[0]}; sources.yaml firm_industry): {listed}",
                  f"{count} 家企业的行业前后不同({done[1]};见 sources.yaml 的 firm_industry):{listed}")  # fmt: skip
    if choice == "reported":
        return rows, (told,)
    counted = f"SELECT firm_id, industry_code, count(*) AS n, min(year) AS begun FROM ({filled}) GROUP BY ALL"
    order = "begun, industry_code" if choice == "first" else "n DESC, begun, industry_code"
    fixed = f"SELECT firm_id, first(industry_code ORDER BY {order}) AS fixed FROM ({counted}) GROUP BY firm_id"
    sql = f"SELECT r.* REPLACE (coalesce(f.fixed, r.industry_code) AS industry_code) FROM {rows} AS r LEFT JOIN ({fixed}) AS f"
    return engine.query(f"{sql} USING (firm_id)"), (told,)
