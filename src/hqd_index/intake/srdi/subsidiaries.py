"""SRDI status that a firm has through its subsidiaries."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...canonical import SRDI_LEVELS
from ...study.records import SrdiList
from ..records.intake_notice import Notice
from .firm_matching import firm_matches
from .recognition_spells import RECORDS, spells, stock


def subsidiary_spells(records: pd.DataFrame, owned: pd.DataFrame, settings: SrdiList, last_year: int) -> pd.DataFrame:
    """Spells of subsidiaries in the years they were such, under the firm_id of the parent."""
    named = owned.assign(parent=owned["firm_id"], firm_id=[f"{n}" for n in range(len(owned))], firm_name=owned["name"])
    same = named["uscc"].fillna("").where(named["uscc"].fillna("") != "", named["name"])
    first = named.groupby(same)["firm_id"].transform("first")  # a subsidiary of several parents or terms is one firm
    met = firm_matches(records, named.assign(firm_id=first)[["firm_id", "firm_name", "uscc"]]).dropna(subset=["firm_id"])
    mine = spells(met[["firm_id", *RECORDS]], settings, last_year)
    held = mine.merge(named.assign(firm_id=first)[["firm_id", "parent", "from_year", "to_year"]], on="firm_id", how="inner")
    begun = held["from_year"].astype("float64").fillna(-np.inf)
    ended = held["to_year"].astype("float64").fillna(np.inf)
    cut = held.assign(
        firm_id=held["parent"],
        first=np.maximum(held["first"], begun).astype("int64"),
        start=np.maximum(held["start"], begun).astype("int64"),
        end=np.minimum(held["end"], ended).astype("int64"),
    )
    return cut.loc[held["first"] <= ended, mine.columns]


def definitions_notice(parents: pd.DataFrame, inherited: pd.DataFrame, settings: SrdiList, last_year: int) -> Notice:
    """M19: firms in force at the last year-end when only parents count, and when their subsidiaries do too."""
    levels = list(SRDI_LEVELS[1:])
    alone = stock(parents, [last_year], levels)[last_year]
    both = stock(pd.concat([parents, inherited], ignore_index=True), [last_year], levels)[last_year]
    en = f"in force at the end of {last_year}: {alone} firms by their own recognition, {both} with that of subsidiaries"
    zh = f"{last_year} 年末有效:只计本企业 {alone} 家,连同子公司 {both} 家"
    used = settings.subsidiaries
    return Notice("M19", "srdi_list", f"{en}; {used} is used", f"{zh};采用 {used}")
