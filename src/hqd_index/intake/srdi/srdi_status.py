"""SRDI status of firm-years from a recognition list, and the records of the list that met no firm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ...engines import Engine, quoted
from ...study.records import SrdiList
from ..records.intake_notice import Notice
from .firm_matching import CODE_MATCH, firm_matches
from .recognition_spells import RECORDS, spells, undecided_statuses
from .status_columns import status_from_spells
from .subsidiaries import definitions_notice, subsidiary_spells

UNMATCHED_COLUMNS = ["file", "sheet", "name", "uscc", "level", "batch", "reason_zh", "reason_en"]
SHEET_NUMBER = "number"
NAME_SIGN = "[^0-9A-Za-z._-]"  # what no code of a firm has
UNMATCHED_REASONS = {
    "code": ("统一社会信用代码不在企业表中", "its credit code is that of no firm in the panel"),
    "name": ("没有代码,名称不对应唯一的企业", "it has no code, and its name is not that of exactly one firm"),
    "date": ("既没有日期也没有批次", "it has neither a date nor a batch"),
}


@dataclass(frozen=True)
class SrdiStatus:
    """The firm table with status columns, the records that met no firm (with SHEET_NUMBER), what was noticed of the list."""

    firms: str
    unmatched_records: pd.DataFrame
    notices: tuple[Notice, ...]


def status_from_list(
    firms: str,
    records: pd.DataFrame,
    settings: SrdiList,
    last_year: int,
    engine: Engine,
    subsidiaries: pd.DataFrame | None = None,
    *,
    firm_ids: str | None = None,
    constants: Mapping[str, str] | None = None,
) -> SrdiStatus:
    """Status by year from recognition records (file, sheet, row and the list's columns).

    `subsidiaries` (firm_id of the parent, name, uscc, from_year, to_year): their status counts for the parent where the study
    says so, and what either definition gives is told. `firm_ids`: a relation of the firm_id of every firm, if there is one;
    `constants`: column -> the text that every firm-year has in it.
    """
    records = records.reindex(columns=[*dict.fromkeys([*records.columns, *RECORDS])])
    columns = [firm_column for firm_column in ("firm_id", "firm_name", "uscc") if firm_column in engine.types(firms)]
    identity_rows = firm_ids if firm_ids and columns == ["firm_id"] else firms
    record_matches = firm_matches(records, _firm_names(identity_rows, columns, records, engine))
    is_undated = record_matches["announce_date"].isna()
    record_matches = record_matches.assign(firm_id=record_matches["firm_id"].mask(is_undated, None), undated=is_undated)
    matched_records = record_matches.dropna(subset=["firm_id"])
    firm_spells = spells(matched_records[["firm_id", *RECORDS]], settings, last_year)
    notices: tuple[Notice, ...] = ()
    if subsidiaries is not None:
        inherited_spells = subsidiary_spells(records[~is_undated], subsidiaries, settings, last_year)
        notices = (definitions_notice(firm_spells, inherited_spells, settings, last_year),)
        if settings.subsidiaries == "parent_or_subsidiary":
            firm_spells = pd.concat([firm_spells, inherited_spells], ignore_index=True)
    firm_spells = firm_spells[firm_spells["first"] <= last_year]
    undecided_records = (
        undecided_statuses(firm_spells, matched_records, last_year)
        if settings.assume_review == "drop"
        else firm_spells.head(0)[["firm_id"]].assign(after=0)
    )
    table = status_from_spells(firms, firm_spells, undecided_records, settings, engine, constants=constants)
    return SrdiStatus(table, _unmatched_records(record_matches), notices)


def _firm_names(firms: str, columns: Sequence[str], records: pd.DataFrame, engine: Engine) -> pd.DataFrame:
    """The ids, names and codes of the firms; where they have no names, of those whose code a record has or whose id is a name."""
    rows = f"SELECT {', '.join(columns)} FROM {quoted(firms)}"
    if "firm_name" not in columns:
        codes = engine.scan(pd.DataFrame({"code": records["uscc"].dropna().astype("str").str.upper().unique()}))
        id_is_name = f"regexp_matches(firm_id, '{NAME_SIGN}')"
        rows = f"""SELECT *, CASE WHEN {id_is_name} THEN firm_id END AS firm_name FROM ({rows})
            WHERE upper({columns[-1]}) IN (SELECT code FROM {codes}) OR {id_is_name}"""
    return engine.collect(f"SELECT DISTINCT * FROM ({rows}) ORDER BY ALL")


def _unmatched_records(matched_records: pd.DataFrame) -> pd.DataFrame:
    unmatched_rows = matched_records[matched_records["firm_id"].isna()]
    reasons = [
        "date" if is_undated else "code" if method == CODE_MATCH else "name"
        for is_undated, method in zip(unmatched_rows["undated"], unmatched_rows["how"])
    ]
    reason_columns = {
        "reason_zh": [UNMATCHED_REASONS[reason][0] for reason in reasons],
        "reason_en": [UNMATCHED_REASONS[reason][1] for reason in reasons],
    }
    return unmatched_rows.assign(**reason_columns).reindex(columns=[*UNMATCHED_COLUMNS, SHEET_NUMBER])


def unmatched_list(unmatched_records: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    """The records that met no firm as they are listed; `files` (number, sheet): the sheets by the names that tell them apart."""
    sheets = unmatched_records[SHEET_NUMBER].map(files.set_index("number")["sheet"])
    return unmatched_records.assign(sheet=sheets)[UNMATCHED_COLUMNS].sort_values(
        UNMATCHED_COLUMNS, kind="stable", ignore_index=True
    )
