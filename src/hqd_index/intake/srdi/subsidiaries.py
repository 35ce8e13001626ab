"""SRDI status that a firm has through its subsidiaries."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...canonical import SRDI_LEVELS
from ...study.records import SrdiList
from ..records.intake_notice import Notice
from .firm_matching import firm_matches
from .recognition_spells import RECORDS, spells, stock


def subsidiary_spells(records: pd.DataFrame, subsidiaries: pd.DataFrame, settings: SrdiList, last_year: int) -> pd.DataFrame:
    """Spells of subsidiaries in the years they were such, under the firm_id of the parent."""
    parents = subsidiaries.assign(
        parent=subsidiaries["firm_id"],
        firm_id=[f"{row_number}" for row_number in range(len(subsidiaries))],
        firm_name=subsidiaries["name"],
    )
    identity = parents["uscc"].fillna("").where(parents["uscc"].fillna("") != "", parents["name"])
    first_firm = parents.groupby(identity)["firm_id"].transform("first")  # a subsidiary of several parents or terms is one firm
    matched_records = firm_matches(records, parents.assign(firm_id=first_firm)[["firm_id", "firm_name", "uscc"]]).dropna(
        subset=["firm_id"]
    )
    own_spells = spells(matched_records[["firm_id", *RECORDS]], settings, last_year)
    held_spells = own_spells.merge(
        parents.assign(firm_id=first_firm)[["firm_id", "parent", "from_year", "to_year"]], on="firm_id", how="inner"
    )
    first_held = held_spells["from_year"].astype("float64").fillna(-np.inf)
    last_held = held_spells["to_year"].astype("float64").fillna(np.inf)
    inherited_spells = held_spells.assign(
        firm_id=held_spells["parent"],
        first=np.maximum(held_spells["first"], first_held).astype("int64"),
        start=np.maximum(held_spells["start"], first_held).astype("int64"),
        end=np.minimum(held_spells["end"], last_held).astype("int64"),
    )
    return inherited_spells.loc[held_spells["first"] <= last_held, own_spells.columns]


def definitions_notice(parents: pd.DataFrame, inherited_spells: pd.DataFrame, settings: SrdiList, last_year: int) -> Notice:
    """M19: firms in force at the last year-end when only parents count, and when their subsidiaries do too."""
    levels = list(SRDI_LEVELS[1:])
    own_firms = stock(parents, [last_year], levels)[last_year]
    all_firms = stock(pd.concat([parents, inherited_spells], ignore_index=True), [last_year], levels)[last_year]
    en = f"in force at the end of {last_year}: {own_firms} firms by their own recognition, {all_firms} with that of subsidiaries"
    zh = f"{last_year} 年末有效:只计本企业 {own_firms} 家,连同子公司 {all_firms} 家"
    definition = settings.subsidiaries
    return Notice("M19", "srdi_list", f"{en}; {definition} is used", f"{zh};采用 {definition}")
