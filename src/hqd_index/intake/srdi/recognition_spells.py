"""Recognition records -> spells of status: three years, then a review keeps or ends them (status is not absorbing)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import pandas as pd

from ...study.records import SrdiList

RECORDS = ("name", "uscc", "level", "batch", "announce_date", "status", "valid_from", "valid_to")
TERM = 3
SECOND_HALF = 7
SPELLS = ["firm_id", "level", "batch", "first", "start", "end"]
OPEN_END_YEAR = 9999
# of records of one day, an old status is reviewed before a new one begins
SAME_DAY_ORDER = ("publicised", "renamed", "passed_review", "failed_review", "revoked", "recognised")


class Event(NamedTuple):
    """One record of a firm at a level: its year, whether it came in the second half, kind, batch and stated term."""

    year: int
    in_second_half: bool
    status: str
    batch: int | None = None
    valid_from: int | None = None
    valid_to: int | None = None


def spells(records: pd.DataFrame, settings: SrdiList, last_year: int) -> pd.DataFrame:
    """firm_id, level, batch, first (year recognised), start, end (years in force at 31 December, both included).

    `records`: firm_id, level, batch, announce_date, status, valid_from, valid_to. `assume_review` decides what a review
    without a record does: none ends the status, pass keeps it, drop leaves it undecided (no spell, `undecided` marks it).
    """
    ranked_records = records.assign(turn=records["status"].map(SAME_DAY_ORDER.index))
    ordered_records = ranked_records.sort_values(["firm_id", "level", "announce_date", "turn", "batch"], kind="stable")
    events = zip(ordered_records["firm_id"].tolist(), ordered_records["level"].tolist(), _events(ordered_records))
    rows, spells_by_events = [], dict[tuple[Event, ...], list[Spell]]()
    for (firm, level), level_events in groupby(events, itemgetter(0, 1)):
        firm_events = tuple(event for _, _, event in level_events)
        if firm_events not in spells_by_events:  # firms of one batch have the same
            spells_by_events[firm_events] = firm_spells(firm_events, settings, last_year)
        rows += [(firm, level, *spell) for spell in spells_by_events[firm_events]]
    return pd.DataFrame(rows, columns=SPELLS).astype({"batch": "Int64"})


def _events(records: pd.DataFrame) -> Iterator[Event]:
    announce_dates, valid_from, valid_to = (
        pd.to_datetime(records[date_column]) for date_column in ("announce_date", "valid_from", "valid_to")
    )
    last_year_in_force = valid_to.dt.year - ((valid_to.dt.month != 12) | (valid_to.dt.day != 31))  # in force at 31 December
    numbers = (
        column.astype("Int64").astype("object").where(column.notna(), None)
        for column in (records["batch"], valid_from.dt.year, last_year_in_force)
    )
    in_second_half = announce_dates.dt.month >= SECOND_HALF
    columns: list[pd.Series] = [announce_dates.dt.year, in_second_half, records["status"], *numbers]
    return map(Event, *(column.tolist() for column in columns))


Spell = tuple[int | None, int, int, int]


def firm_spells(events: Iterable[Event], settings: SrdiList, last_year: int) -> list[Spell]:
    """(batch, first, start, end) of each unbroken time in force, from records in order of date.

    end < start where a status was revoked before its first year-end: once recognised, never in force.
    """
    closed_spells: list[Spell] = []
    current_spell: Spell | None = None
    for event in events:
        current_spell, past_spells = _next_spell(current_spell, event, settings)
        closed_spells += past_spells
    return [*closed_spells, *_last_spell(current_spell, settings, last_year)]


def _next_spell(current_spell: Spell | None, event: Event, settings: SrdiList) -> tuple[Spell | None, list[Spell]]:
    if event.status == "recognised":
        first_year = event.valid_from or event.year + (settings.treat_from == "next_year_if_H2" and event.in_second_half)
        last_year = event.valid_to or event.year + TERM - 1
        if current_spell is None or (first_year > current_spell[3] + 1 and settings.assume_review != "pass"):
            return (event.batch, first_year, first_year, last_year), [current_spell] if current_spell else []
        return (current_spell[0], current_spell[1], current_spell[2], max(current_spell[3], last_year)), []
    if current_spell is None:
        return None, []
    batch, first_code, first_year, last_year = current_spell
    if event.status == "passed_review":
        if event.year > last_year + TERM:
            return (batch, first_code, event.year, event.year + TERM - 1), [current_spell]
        return (batch, first_code, first_year, last_year + TERM), []
    if event.status in ("failed_review", "revoked"):
        return None, [(batch, first_code, first_year, min(last_year, event.year - 1))]
    return current_spell, []


def _last_spell(current_spell: Spell | None, settings: SrdiList, last_year: int) -> list[Spell]:
    """The last spell; reviews that are due and not on record count as the study assumes."""
    if current_spell is None:
        return []
    batch, first_code, first_year, end_year = current_spell
    if settings.assume_review == "pass" and end_year < last_year:
        end_year = OPEN_END_YEAR
    return [(batch, first_code, first_year, end_year)]


def undecided_statuses(all_spells: pd.DataFrame, records: pd.DataFrame, last_year: int) -> pd.DataFrame:
    """firm_id, level, after: the year from which a status is unknown because the review that was due left no record."""
    closed_spells = records.loc[records["status"].isin(["failed_review", "revoked"]), ["firm_id", "level"]].drop_duplicates()
    last_ends = all_spells.groupby(["firm_id", "level"], as_index=False)["end"].max()
    open_ends = last_ends.merge(closed_spells.assign(closed=True), on=["firm_id", "level"], how="left", validate="one_to_one")
    overdue_spells = open_ends[open_ends["closed"].isna() & (open_ends["end"] < last_year)]
    return overdue_spells.assign(after=overdue_spells["end"] + 1)[["firm_id", "level", "after"]].reset_index(drop=True)


def stock(all_spells: pd.DataFrame, years: Sequence[int], levels: Sequence[str]) -> dict[int, int]:
    """Firms in force at each year-end at any of the levels."""
    level_spells = all_spells[all_spells["level"].isin(levels)]
    return {
        year: int(level_spells.loc[(level_spells["start"] <= year) & (level_spells["end"] >= year), "firm_id"].nunique())
        for year in years
    }
