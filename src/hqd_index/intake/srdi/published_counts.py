"""Published counts of recognised firms by batch and by province, from small csv files of the study."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import ConfigError, closest
from ...study.records import BATCHES_FILE
from ..meaning import official_codes as codes

SETTING_LOCATION = "sources.yaml srdi_list.provinces"


@dataclass(frozen=True)
class ProvinceCount:
    """Firms recognised in a province by some batches together."""

    province: str
    first_batch: int
    last_batch: int
    recognised_count: int


def province_counts(path: Path) -> list[ProvinceCount]:
    """The study's file of counts by province; ConfigError with the line that cannot be read."""
    counts = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line_number, csv_row in enumerate(csv.DictReader(file), 2):
            try:
                province = codes.province(csv_row["province"]).code or ""
                count_values = [int(csv_row[count_column]) for count_column in ("first_batch", "last_batch", "recognised")]
            except (KeyError, TypeError, ValueError):
                province, count_values = "", [0, 0, 0]
            if not province:
                raise ConfigError(
                    f"{path.name} line {line_number}: needs columns province, first_batch, last_batch, recognised, source with a "
                    "province and whole numbers",
                    zh=f"{path.name} 第 {line_number} 行:需要 province, first_batch, last_batch, recognised, source 五列,"
                    "为省份名与整数",
                    location=SETTING_LOCATION,
                )
            counts.append(ProvinceCount(province, *count_values))
    return counts


def study_csv(file_name: str, folders: Sequence[Path], location: str, columns: str) -> Path:
    """A small csv of the study in one of its folders; ConfigError with the nearest name, and what the file is to hold."""
    path = next((folder / file_name for folder in folders if (folder / file_name).is_file()), None)
    if path is not None:
        return path
    closest_name = closest(file_name, [file.name for folder in folders if folder.is_dir() for file in folder.glob("*.csv")])
    hint, hint_zh = (f"did you mean {closest_name!r}? ", f"您是不是想写 {closest_name!r}?") if closest_name else ("", "")
    raise ConfigError(
        f"no file {file_name!r} in the folder of configs or of data; {hint}The file has the columns {columns}",
        zh=f"配置文件夹与数据文件夹中都没有 {file_name!r};{hint_zh}该文件应有 {columns} 各列",
        location=location,
    )


@dataclass(frozen=True)
class BatchCounts:
    """batch -> firms recognised, and the year of its announcement."""

    totals: dict[int, int]
    years: dict[int, int]


def batch_totals(file_name: str | None, folders: Sequence[Path]) -> dict[int, int]:
    """batch -> firms recognised, from the study's file of batch totals; see `batch_counts`."""
    return batch_counts(file_name, folders).totals


def batch_counts(file_name: str | None, folders: Sequence[Path]) -> BatchCounts:
    """The study's file of batch totals.

    Without a name that of the usual one, and none where it is not there; ConfigError when a named one is missing or malformed.
    """
    location, columns = "sources.yaml srdi_list.batches", "batch, year, recognised, source"
    if file_name is None and not any((folder / BATCHES_FILE).is_file() for folder in folders):
        return BatchCounts({}, {})
    file_name = file_name or BATCHES_FILE
    totals_by_batch: dict[int, int] = {}
    years: dict[int, int] = {}
    with study_csv(file_name, folders, location, columns).open(encoding="utf-8-sig", newline="") as file:
        for line_number, csv_row in enumerate(csv.DictReader(file), 2):
            try:
                totals_by_batch[int(csv_row["batch"])] = int(csv_row["recognised"])
                if csv_row.get("year"):
                    years[int(csv_row["batch"])] = int(csv_row["year"])
            except (KeyError, TypeError, ValueError) as fault:
                raise ConfigError(
                    f"{file_name} line {line_number}: needs columns {columns}; batch and recognised are whole numbers",
                    zh=f"{file_name} 第 {line_number} 行:需要 {columns} 各列,其中 batch 与 recognised 为整数",
                    location=location,
                ) from fault
    return BatchCounts(totals_by_batch, years)
