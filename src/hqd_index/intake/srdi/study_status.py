"""How a study comes by the SRDI status of its firms: from its list where there is one, else from columns of the firm table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ...canonical import CANONICAL
from ...engines import Engine
from ...study.records import SrdiList, Study
from ..layout.text_columns import FILE_SPAN
from ..read.sheet_cells import ROW_SPAN
from ..records.clean_table import CleanTable, published_rows_sql
from ..records.intake_notice import Notice
from .list_checks import batch_notices, province_notices
from .published_counts import SETTING_LOCATION, batch_counts, batch_totals, province_counts, study_csv
from .record_defaults import complete_records
from .srdi_status import SHEET_NUMBER, UNMATCHED_COLUMNS, SrdiStatus, status_from_list
from .status_columns import status_from_columns

LIST_TABLES = ("srdi_list", "subsidiaries")
"""The tables that say which firms are recognised."""


@dataclass(frozen=True)
class FirmYears:
    """A relation of the firm-years as they are published, one of the firm_id of each firm, and the texts that all rows have."""

    rows: str
    firm_ids: str | None
    constants: Mapping[str, str]


def study_status(
    study: Study, firms: FirmYears, lists: Mapping[str, CleanTable], engine: Engine, folders: Sequence[Path]
) -> SrdiStatus:
    """The firm table with SRDI status: from the list where there is one, else from its own columns.

    `lists`: those of LIST_TABLES that the study has.
    """
    if "srdi_list" not in lists:
        no_records = pd.DataFrame(columns=[*UNMATCHED_COLUMNS, SHEET_NUMBER])
        return SrdiStatus(status_from_columns(firms.rows, engine, firms.constants), no_records, ())
    settings = study.sources.srdi_list or SrdiList()
    counts = batch_counts(settings.batches, folders)
    clean_list = lists["srdi_list"]
    location = ", ".join(clean_list.files["file"].unique())
    read_records = _list_records(clean_list, engine)
    records, assumptions = complete_records(read_records, list(engine.types(clean_list.clean_rows)), counts.years, location)
    subsidiaries = _subsidiaries(lists["subsidiaries"], engine) if "subsidiaries" in lists else None
    status = status_from_list(
        firms.rows,
        records,
        settings,
        study.study.years[1],
        engine,
        subsidiaries,
        firm_ids=firms.firm_ids,
        constants=firms.constants,
    )
    notices = (*assumptions, *status.notices)
    if settings.sample:
        return replace(status, notices=notices)
    notices += batch_notices(records, counts.totals, settings, location)
    if settings.provinces:
        notices += tuple(_province_notices(records, settings, settings.provinces, folders, location))
    return replace(status, notices=notices)


def _subsidiaries(clean_table: CleanTable, engine: Engine) -> pd.DataFrame:
    rows = engine.collect(published_rows_sql(clean_table, engine))
    return rows.reindex(columns=list(CANONICAL["subsidiaries"].columns))


def _province_notices(
    records: pd.DataFrame, settings: SrdiList, file_name: str, folders: Sequence[Path], location: str
) -> list[Notice]:
    """W10 for the provinces of the national records."""
    counts = province_counts(
        study_csv(file_name, folders, SETTING_LOCATION, "province, first_batch, last_batch, recognised, source")
    )
    national = records[records["level"].isin(settings.national_levels)].reindex(columns=["batch", "status", "province_code"])
    return province_notices(national, counts, batch_totals(settings.batches, folders), location)


def _list_records(clean_table: CleanTable, engine: Engine) -> pd.DataFrame:
    """The clean recognition list with file, sheet and row of each record."""
    rows = engine.collect(f"SELECT * FROM {clean_table.clean_rows} ORDER BY rid")
    records_with_rows = rows.assign(number=rows["rid"] // FILE_SPAN, row=rows["rid"] % ROW_SPAN)
    return records_with_rows.merge(clean_table.files[["number", "file", "sheet"]], on="number", validate="many_to_one")
