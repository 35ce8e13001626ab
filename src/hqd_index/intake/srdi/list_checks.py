"""What is odd in a recognition list: batch totals, names never publicised, and the spread over provinces."""

from __future__ import annotations

import pandas as pd

from ...study.records import SrdiList
from ..cells.official_codes import PROVINCES
from ..records.intake_notice import Notice
from .published_counts import ProvinceCount

OFF_BY = 0.02


def batch_notices(records: pd.DataFrame, totals: dict[int, int], settings: SrdiList, where: str) -> tuple[Notice, ...]:
    """SL01 (and W09 beyond 2%) for batches whose count is off; SL02 for names recognised without being publicised."""
    national = records[records["level"].isin(settings.national_levels)]
    who = national["uscc"].fillna("").where(national["uscc"].fillna("") != "", national["name"])
    told: list[Notice] = []
    for batch, total in sorted(totals.items()):
        mine = national[national["batch"] == batch].assign(who=who)
        recognised = set(mine.loc[mine["status"] == "recognised", "who"])
        publicised = set(mine.loc[mine["status"] == "publicised", "who"])
        if (recognised or publicised) and len(recognised) != total:
            told += _batch_total_notices(batch, len(recognised), len(publicised), total, where)
        if recognised and publicised and (added := recognised - publicised):
            en = f"batch {batch}: {len(added)} recognised without having been publicised (additions)"
            told.append(Notice("SL02", where, en, f"第 {batch} 批:{len(added)} 家未经公示而认定(增补)"))
    return tuple(told)


def _batch_total_notices(batch: int, recognised: int, publicised: int, total: int, where: str) -> list[Notice]:
    en = f"batch {batch}: {recognised} recognised on the list, {total} in the batch totals"
    zh = f"第 {batch} 批:名单中公告(认定)为 {recognised} 家,批次总数为 {total} 家"
    if publicised:
        en += f" ({publicised} publicised names, which give no status: is the publicised list taken for the recognised one?)"
        zh += f"(另有公示 {publicised} 家,公示不等于认定:是否误把公示名单当作公告名单?)"
    told = [Notice("SL01", where, en, zh)]
    if abs(recognised - total) > OFF_BY * total:
        off = f"{recognised / total - 1:+.1%}"
        told.append(Notice("W09", where, f"batch {batch} is off by {off}", f"第 {batch} 批与批次总数相差 {off}"))
    return told


def province_notices(records: pd.DataFrame, counts: list[ProvinceCount], totals: dict[int, int], where: str) -> list[Notice]:
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
            name = PROVINCES[one.province]
            en = f"batches {one.first}-{one.last}: {name[2]} has {share:.1%} of the list, {wanted:.1%} as published"
            zh = f"第 {one.first}-{one.last} 批:名单中{name[1]}占 {share:.1%},公布数为 {wanted:.1%}"
            told.append(Notice("W10", where, en, zh))
    return told
