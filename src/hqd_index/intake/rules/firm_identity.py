"""Which rows are one firm: two listings of one firm, a code that passed to another firm, a firm that changes industry."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ...engines import Engine, literal
from ...study.records import FirmIndustry
from ..meaning.official_codes import USCC_ALPHABET
from ..records.intake_notice import Notice
from ..records.row_ledger import OUT_OF_SCOPE_OUTCOME, VALIDATE_STAGE

TWIN_LISTING = "twin listing"
LISTED_ITEMS = 5
VALID_CODE = f"[{USCC_ALPHABET}]{{18}}"


@dataclass(frozen=True)
class FirmRows:
    """Firm-years (`rid` ...) under one id per firm, the rows of second listings (rid, stage, outcome, reason), notices."""

    rows: str
    twins: pd.DataFrame
    notices: tuple[Notice, ...]


def with_one_id_per_firm(typed_rows: str, location: str, engine: Engine) -> FirmRows:
    """M16, M17: firms are identified by their credit code where a stock code does not do so.

    Stock codes with one credit code are one firm under the first of them (A shares come before B shares); of a year's
    several rows that of the first code stays. A stock code whose credit code changes is another firm from then on, `code#2`.
    Rows without a credit code go with the nearest earlier year of their stock code, else the nearest later one.
    """
    no_rows = pd.DataFrame(columns=["rid", "stage", "outcome", "reason"])
    if not {"firm_id", "year", "uscc"} <= set(engine.types(typed_rows)):
        return FirmRows(typed_rows, no_rows, ())
    valid_code_sql = f"regexp_full_match(uscc, {literal(VALID_CODE)}) AND uscc <> firm_id"
    id_and_code_sql = f"SELECT DISTINCT firm_id, uscc FROM {typed_rows} WHERE {valid_code_sql}"
    ambiguous_sql = f"""SELECT firm_id FROM ({id_and_code_sql}) QUALIFY count(*) OVER (PARTITION BY uscc) > 1
        OR count(*) OVER (PARTITION BY firm_id) > 1"""
    firm_years = engine.collect(
        f"""SELECT rid, firm_id, CAST(year AS INTEGER) AS year, CASE WHEN {valid_code_sql} THEN uscc END AS uscc FROM {typed_rows}
        WHERE firm_id IN ({ambiguous_sql}) AND year IS NOT NULL ORDER BY firm_id, year, rid"""
    )
    if firm_years.empty:
        return FirmRows(typed_rows, no_rows, ())
    identified_rows = firm_identities(firm_years)
    twins = identified_rows.loc[
        identified_rows.duplicated(["firm", "year"]) & (identified_rows["lead"] != identified_rows["firm_id"]), ["rid"]
    ]
    new_ids = engine.scan(identified_rows[["rid", "firm"]])
    firm_rows = engine.query(
        f"""SELECT r.* REPLACE (coalesce(n.firm, r.firm_id) AS firm_id)
        FROM {typed_rows} AS r LEFT JOIN {new_ids} AS n USING (rid) WHERE r.rid NOT IN (SELECT rid FROM {engine.scan(twins)})"""
    )
    twin_rows = twins.assign(stage=VALIDATE_STAGE, outcome=OUT_OF_SCOPE_OUTCOME, reason=TWIN_LISTING)
    return FirmRows(firm_rows, twin_rows, tuple(_identity_notices(identified_rows, location)))


def firm_identities(firm_years: pd.DataFrame) -> pd.DataFrame:
    """`firm_years` (rid, firm_id, year, uscc) with `lead`, the firm's first stock code, and `firm`, its id; first codes first."""
    code = firm_years.groupby("firm_id")["uscc"].transform(lambda identity: identity.ffill().bfill())
    with_codes = firm_years.assign(uscc=code.fillna(firm_years["firm_id"]))
    lead_ids = with_codes.groupby("uscc")["firm_id"].transform("min")
    first_years = with_codes.groupby(["firm_id", "uscc"])["year"].min().sort_values(kind="stable")
    turn_by_identity = (first_years.groupby(level="firm_id").cumcount() + 1).to_dict()
    suffix = [
        "" if turn_by_identity[identity] == 1 else f"#{turn_by_identity[identity]}"
        for identity in zip(lead_ids, with_codes["uscc"])
    ]
    identified_rows = with_codes.assign(lead=lead_ids, firm=lead_ids + pd.Series(suffix, index=with_codes.index))
    return identified_rows.sort_values(["firm", "year", "firm_id", "rid"], ignore_index=True)


def _identity_notices(identified_rows: pd.DataFrame, location: str) -> list[Notice]:
    notices = []
    twin_codes = identified_rows[identified_rows["lead"] != identified_rows["firm_id"]][["lead", "firm_id"]].drop_duplicates()
    if len(twin_codes):
        item_list = _item_list([f"{lead_id} = {other_id}" for lead_id, other_id in twin_codes.itertuples(index=False)])
        en = f"{len(twin_codes)} stock codes are second listings of a firm (by credit code), which counts once: {item_list}"
        notices.append(
            Notice("M16", location, en, f"{len(twin_codes)} 个证券代码是同一企业的第二上市代码(按信用代码),只计一次:{item_list}")
        )
    reused_codes = identified_rows[identified_rows["firm"] != identified_rows["lead"]].groupby("firm", sort=True)["year"].min()
    if len(reused_codes):
        item_list = _item_list([f"{firm} ({year})" for firm, year in reused_codes.items()])
        en = f"{len(reused_codes)} codes passed to another firm (the credit code changes), counted as a new one: {item_list}"
        notices.append(
            Notice("M17", location, en, f"{len(reused_codes)} 个代码改由另一企业使用(信用代码变了),按新企业计:{item_list}")
        )
    return notices


def _item_list(identifiers: list[str]) -> str:
    return "; ".join(identifiers[:LISTED_ITEMS]) + (" ..." if len(identifiers) > LISTED_ITEMS else "")


@dataclass(frozen=True)
class IndustryRows:
    """Firm-years in the industries that count, each firm of theirs once (firm_id, changes_industry), notices."""

    rows: str
    firms: str | None
    notices: tuple[Notice, ...]


def with_one_industry(typed_rows: str, choice: FirmIndustry, location: str, engine: Engine) -> IndustryRows:
    """M17: firms that change industry are reported, and put into their first or most frequent one where the study says so."""
    columns = set(engine.types(typed_rows))
    if "firm_id" not in columns:
        return IndustryRows(typed_rows, None, ())
    has_industries = {"year", "industry_code"} <= columns
    change_sql = "min(industry_code) <> max(industry_code)" if has_industries else "false"
    firms = engine.store(
        f"""SELECT firm_id, coalesce({change_sql}, false) AS changes_industry FROM {typed_rows} WHERE firm_id IS NOT NULL
        GROUP BY firm_id""",
        engine.new_name(),
    )
    moving_firms = engine.collect(f"SELECT firm_id FROM {firms} WHERE changes_industry ORDER BY firm_id")
    if moving_firms.empty:
        return IndustryRows(typed_rows, firms, ())
    treatment = {"reported": ("kept as reported", "按原始数据保留"), "first": ("first one used", "按首个行业"),
            "modal": ("most frequent one used", "按最常见行业")}[choice]  # fmt: skip
    count, firm_list = len(moving_firms), _item_list(list(moving_firms["firm_id"]))
    notice = Notice("M17", location, f"{count} firms change industry ({treatment[0]}; sources.yaml firm_industry): {firm_list}",
                  f"{count} 家企业的行业前后不同({treatment[1]};见 sources.yaml 的 firm_industry):{firm_list}")  # fmt: skip
    if choice == "reported":
        return IndustryRows(typed_rows, firms, (notice,))
    industry_counts = f"""SELECT firm_id, industry_code, count(*) AS n, min(year) AS begun FROM {typed_rows}
        WHERE industry_code IS NOT NULL GROUP BY ALL"""
    order_clause = "begun, industry_code" if choice == "first" else "n DESC, begun, industry_code"
    fixed_industries = (
        f"SELECT firm_id, first(industry_code ORDER BY {order_clause}) AS fixed FROM ({industry_counts}) GROUP BY firm_id"
    )
    sql = f"""SELECT r.* REPLACE (coalesce(f.fixed, r.industry_code) AS industry_code) FROM {typed_rows} AS r
        LEFT JOIN ({fixed_industries}) AS f USING (firm_id)"""
    return IndustryRows(engine.query(sql), firms, (notice,))
