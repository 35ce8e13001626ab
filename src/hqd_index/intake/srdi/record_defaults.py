"""What a recognition record says where its list lacks a column: national, recognised, in the half-year of its batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ...errors import DataError
from ..records.intake_notice import Notice
from .recognition_spells import RECORDS

# when the national batches were announced (domain reference, section 6; months to verify): treat_from needs the half-year
BATCH_DATES = {
    1: "2019-06-01", 2: "2020-11-01", 3: "2021-07-01", 4: "2022-08-01", 5: "2023-07-01", 6: "2024-09-01", 7: "2025-10-01",
}  # fmt: skip
DEFAULTS = {
    "level": ("national", "国家级"),
    "status": ("recognised", "认定"),
}


def complete_records(
    records: pd.DataFrame, columns: Sequence[str], batch_years: Mapping[int, int], location: str
) -> tuple[pd.DataFrame, list[Notice]]:
    """The records with level, status and date where their list has none of its own, and what was assumed.

    A record without a date takes that of its batch: `batch_years` of the study, else the national batches. What has neither
    keeps a missing date. DataError S06 for a list that has neither names nor codes, or neither dates nor batches.
    """
    _refuse_empty_list(columns, location)
    completed_records = records.reindex(columns=[*dict.fromkeys([*records.columns, *RECORDS])])
    completed_records = completed_records.astype({"name": object, "uscc": object})
    notices = []
    for name, (default_value, zh) in DEFAULTS.items():
        is_missing = completed_records[name].isna()
        if is_missing.any():
            completed_records = completed_records.assign(
                **{name: completed_records[name].astype(object).where(~is_missing, default_value)}
            )
            missing_count = int(is_missing.sum())
            en = f"{missing_count} records say no {name}: read as {default_value}"
            notices.append(
                Notice("S06", location, en, f"{missing_count} 条记录没有{'层级' if name == 'level' else '记录类型'},按{zh}读取")
            )
    is_undated = completed_records["announce_date"].isna() & completed_records["valid_from"].isna()
    batches = completed_records["batch"].dropna().unique()
    dates = completed_records["batch"].map({batch: _date_of_batch(batch, batch_years) for batch in batches})
    announcement_dates = pd.to_datetime(completed_records["announce_date"]).where(
        completed_records["announce_date"].notna(), completed_records["valid_from"]
    )
    is_filled = is_undated & dates.notna()
    if is_filled.any():
        missing_count = int(is_filled.sum())
        en = f"{missing_count} records have no date: the date of their batch is used"
        notices.append(Notice("S06", location, en, f"{missing_count} 条记录没有日期,按批次公布时间读取"))
    return completed_records.assign(
        announce_date=pd.to_datetime(announcement_dates).where(~is_filled, pd.to_datetime(dates))
    ), notices


def _date_of_batch(batch: float, batch_years: Mapping[int, int]) -> str | None:
    batch_number = int(batch)
    if batch_number in batch_years and str(batch_years[batch_number]) != BATCH_DATES.get(batch_number, "")[:4]:
        return f"{batch_years[batch_number]}-01-01"
    return BATCH_DATES.get(batch_number)


def _refuse_empty_list(columns: Sequence[str], location: str) -> None:
    if not {"name", "uscc"} & set(columns):
        raise _missing_value_error("name", "企业名称", "uscc", location)
    if not {"announce_date", "valid_from", "batch"} & set(columns):
        raise _missing_value_error("announce_date", "公告日期", "batch", location)


def _missing_value_error(column_name: str, zh: str, alternative: str, location: str) -> DataError:
    return DataError(
        f"the recognition list has neither {column_name} nor {alternative}; name its column under `aliases`, or "
        "write the one value of the "
        f'whole list under `constants` of its source, e.g. `constants: {{batch: "3"}}`',
        zh=f"认定名单既没有 {column_name}({zh})也没有 {alternative};请在 aliases 写明列名,或在该数据源的 constants "
        "写全名单共有的值,"
        '例如 constants: {batch: "3"}',
        location=location,
        rule="S06",
    )
