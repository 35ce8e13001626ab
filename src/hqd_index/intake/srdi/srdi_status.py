"""SRDI status of firm-years from a recognition list, and the records of the list that met no firm."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ...engines.duckdb import Engine, quoted
from ...study.records import SrdiList
from ..records.intake_notice import Notice
from .firm_matching import BY_CODE, firm_matches
from .recognition_spells import RECORDS, spells, undecided_statuses
from .status_columns import status_from_spells
from .subsidiaries import definitions_notice, subsidiary_spells

UNMATCHED_COLUMNS = ["file", "sheet", "name", "uscc", "level", "batch", "reason_zh", "reason_en"]
UNMATCHED = {
    "code": ("统一社会信用代码不在企业表中", "its credit code is that of no firm in the panel"),
    "name": ("没有代码,名称不对应唯一的企业", "it has no code, and its name is not that of exactly one firm"),
}


@dataclass(frozen=True)
class SrdiStatus:
    """The firm table with status columns, the records that met no firm, and what was noticed about the list."""

    firms: str
    unmatched: pd.DataFrame
    notices: tuple[Notice, ...]


def status_from_list(
    firms: str, records: pd.DataFrame, settings: SrdiList, last_year: int, engine: Engine, owned: pd.DataFrame | None = None
) -> SrdiStatus:
    """Status by year from recognition records (file, sheet, row and the list's columns).

    `owned` are subsidiaries (firm_id of the parent, name, uscc, from_year, to_year): their status counts for the parent
    where the study says so, and what either definition gives is told.
    """
    records = records.reindex(columns=[*dict.fromkeys([*records.columns, *RECORDS])])
    columns = [name for name in ("firm_id", "firm_name", "uscc") if name in engine.types(firms)]
    known = engine.collect(f"SELECT DISTINCT {', '.join(columns)} FROM {quoted(firms)} ORDER BY ALL")
    paired = firm_matches(records, known)
    met = paired.dropna(subset=["firm_id"])
    found = spells(met[["firm_id", *RECORDS]], settings, last_year)
    told: tuple[Notice, ...] = ()
    if owned is not None:
        inherited = subsidiary_spells(records, owned, settings, last_year)
        told = (definitions_notice(found, inherited, settings, last_year),)
        if settings.subsidiaries == "parent_or_subsidiary":
            found = pd.concat([found, inherited], ignore_index=True)
    found = found[found["first"] <= last_year]
    unknown = (
        undecided_statuses(found, met, last_year)
        if settings.assume_review == "drop"
        else found.head(0)[["firm_id"]].assign(after=0)
    )
    table = status_from_spells(firms, found, unknown, settings, engine)
    return SrdiStatus(table, _unmatched_records(paired), told)


def _unmatched_records(paired: pd.DataFrame) -> pd.DataFrame:
    rest = paired[paired["firm_id"].isna()]
    why = ["code" if how == BY_CODE else "name" for how in rest["how"]]
    texts = {"reason_zh": [UNMATCHED[one][0] for one in why], "reason_en": [UNMATCHED[one][1] for one in why]}
    return rest.assign(**texts)[UNMATCHED_COLUMNS].sort_values(UNMATCHED_COLUMNS, kind="stable", ignore_index=True)
