"""W10: how a recognition list is spread over provinces, against published counts."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ...errors import ConfigError
from ..cells import official_codes as codes
from ..records.intake_notice import Notice

OFF_BY = 0.02
WHERE = "sources.yaml srdi_list.provinces"


@dataclass(frozen=True)
class Published:
    """Firms recognised in a province by some batches together."""

    province: str
    first: int
    last: int
    recognised: int


def published(path: Path) -> list[Published]:
    """The study's file of counts by province; ConfigError with the line that cannot be read."""
    found = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            try:
                province = codes.province(row["province"]).code or ""
                numbers = [int(row[name]) for name in ("first_batch", "last_batch", "recognised")]
            except (KeyError, TypeError, ValueError):
                province, numbers = "", [0, 0, 0]
            if not province:
                raise ConfigError(
                    f"{path.name} line {line}: needs columns province, first_batch, last_batch, recognised, source with a "
                    "province and whole numbers",
                    zh=f"{path.name} 第 {line} 行:需要 province, first_batch, last_batch, recognised, source 五列,为省份名与整数",
                    where=WHERE,
                )
            found.append(Published(province, *numbers))
    return found


def province_notices(records: pd.DataFrame, counts: list[Published], totals: dict[int, int], where: str) -> list[Notice]:
    """Provinces whose share of the list's recognised firms is more than 2% off their share of the published totals.

    `records` are those of the national levels. Batches without a published total say nothing.
    """
    told = []
    for one in counts:
        batches = range(one.first, one.last + 1)
        mine = records[(records["status"] == "recognised") & records["batch"].isin(batches)]
        whole = sum(totals.get(batch, 0) for batch in batches)
        if mine.empty or not whole:
            continue
        share, wanted = float((mine["province_code"] == one.province).mean()), one.recognised / whole
        if abs(share - wanted) > OFF_BY * wanted:
            name = codes.PROVINCES[one.province]
            en = f"batches {one.first}-{one.last}: {name[2]} has {share:.1%} of the list, {wanted:.1%} as published"
            zh = f"第 {one.first}-{one.last} 批:名单中{name[1]}占 {share:.1%},公布数为 {wanted:.1%}"
            told.append(Notice("W10", where, en, zh))
    return told
