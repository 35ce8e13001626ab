"""What is odd in a recognition list: batch totals, names never publicised, and the spread over provinces."""

from __future__ import annotations

import pandas as pd

from ...study.records import SrdiList
from ..meaning.official_codes import PROVINCES
from ..records.intake_notice import Notice
from .published_counts import ProvinceCount

SHARE_TOLERANCE = 0.02


def batch_notices(
    records: pd.DataFrame, totals_by_batch: dict[int, int], settings: SrdiList, location: str
) -> tuple[Notice, ...]:
    """SL01 (and W09 beyond 2%) for batches whose count is off; SL02 for names recognised without being publicised."""
    national = records[records["level"].isin(settings.national_levels)]
    firm = national["uscc"].fillna("").where(national["uscc"].fillna("") != "", national["name"])
    notices: list[Notice] = []
    for batch, batch_total in sorted(totals_by_batch.items()):
        batch_records = national[national["batch"] == batch].assign(who=firm)
        recognised_firms = set(batch_records.loc[batch_records["status"] == "recognised", "who"])
        publicised_firms = set(batch_records.loc[batch_records["status"] == "publicised", "who"])
        if (recognised_firms or publicised_firms) and len(recognised_firms) != batch_total:
            notices += _batch_total_notices(batch, len(recognised_firms), len(publicised_firms), batch_total, location)
        if recognised_firms and publicised_firms and (additions := recognised_firms - publicised_firms):
            en = f"batch {batch}: {len(additions)} recognised without having been publicised (additions)"
            notices.append(Notice("SL02", location, en, f"第 {batch} 批:{len(additions)} 家未经公示而认定(增补)"))
    return tuple(notices)


def _batch_total_notices(
    batch: int, recognised_count: int, publicised_count: int, batch_total: int, location: str
) -> list[Notice]:
    en = f"batch {batch}: {recognised_count} recognised on the list, {batch_total} in the batch totals"
    zh = f"第 {batch} 批:名单中公告(认定)为 {recognised_count} 家,批次总数为 {batch_total} 家"
    if publicised_count:
        en += (
            f" ({publicised_count} publicised names, which give no status: is the publicised list taken for the recognised one?)"
        )
        zh += f"(另有公示 {publicised_count} 家,公示不等于认定:是否误把公示名单当作公告名单?)"
    notices = [Notice("SL01", location, en, zh)]
    if abs(recognised_count - batch_total) > SHARE_TOLERANCE * batch_total:
        deviation = f"{recognised_count / batch_total - 1:+.1%}"
        notices.append(
            Notice("W09", location, f"batch {batch} is off by {deviation}", f"第 {batch} 批与批次总数相差 {deviation}")
        )
    return notices


def province_notices(
    records: pd.DataFrame, province_counts: list[ProvinceCount], totals_by_batch: dict[int, int], location: str
) -> list[Notice]:
    """Provinces whose share of the list's recognised firms is more than 2% off their share of the published totals.

    `records` are those of the national levels. Batches without a published total say nothing.
    """
    notices = []
    for count in province_counts:
        batches = range(count.first_batch, count.last_batch + 1)
        recognised_records = records[(records["status"] == "recognised") & records["batch"].isin(batches)]
        published_total = sum(totals_by_batch.get(batch, 0) for batch in batches)
        if recognised_records.empty or not published_total:
            continue
        share, expected_share = (
            float((recognised_records["province_code"] == count.province).mean()),
            count.recognised_count / published_total,
        )
        if abs(share - expected_share) > SHARE_TOLERANCE * expected_share:
            province_name = PROVINCES[count.province]
            en = (
                f"batches {count.first_batch}-{count.last_batch}: {province_name[2]} has {share:.1%} of the list, "
                f"{expected_share:.1%} as published"
            )
            zh = (
                f"第 {count.first_batch}-{count.last_batch} 批:名单中{province_name[1]}占 {share:.1%},"
                f"公布数为 {expected_share:.1%}"
            )
            notices.append(Notice("W10", location, en, zh))
    return notices
