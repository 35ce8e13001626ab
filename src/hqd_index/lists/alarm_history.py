"""Rows of table evaluation on the alarms: how often each kind came, and how often after events whose year is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from ..study.records import AlertRules
from .absences import Absence
from .alerts import AlarmRule, SeriesCube
from .robust_scores import first_years

ITEM = "alerts"
ORANGE, RED = 2, 3
HELD_AGAINST = ("level", "change")
"""Kinds of alarm that say when something happened."""
AFTER = (0, 1)
"""Years from an event in which an alarm counts as its."""


def exact_interval(count: int, total: int) -> tuple[float, float]:
    """95% interval of a share (Clopper & Pearson 1934); NaN without cases."""
    if total == 0:
        return float("nan"), float("nan")
    low = 0.0 if count == 0 else float(betaincinv(count, total - count + 1, 0.025))
    high = 1.0 if count == total else float(betaincinv(count + 1, total - count, 0.975))
    return low, high


RULE_NAMES = {
    kind: {"node_zh": zh, "node_en": en}
    for kind, zh, en in (
        ("level", "水平（与自身过去比）", "level (against its own past)"),
        ("peers", "水平（与同年各单元比）", "level (among the units of the year)"),
        ("change", "变动", "change"),
        ("trend", "趋势", "trend"),
    )
}
"""Kind of alarm -> its names."""


def history_rows(cube: SeriesCube, rules: list[AlarmRule], settings: AlertRules) -> Iterator[dict[str, Any]]:
    """Share of series-years with a score that are red, by kind; then what began after each dated event of the data's years."""
    scored_years = {rule.kind: ~np.isnan(rule.score) for rule in rules if not np.isnan(rule.score).all()}
    for rule in rules:
        if rule.kind in scored_years:
            red, total = int((rule.alarm == RED).sum()), int(scored_years[rule.kind].sum())
            yield {"quantity": "red_share", "node": rule.kind, **RULE_NAMES.get(rule.kind, {})} | _share(red, total)
    begins, has_score = onsets(cube, rules)
    event_years = {event.year for event in settings.events.values()}
    quiet = ~np.isin(cube.years, [year + k for year in event_years for k in AFTER])
    for id, event in settings.events.items():
        place = event.year - int(cube.years[0])
        places = [place + k for k in AFTER if 0 <= place + k < len(cube.years) and has_score[..., place + k].any()]
        if not places:
            continue
        began, total = int(begins[..., places].sum()), int(has_score[..., places].sum())
        row = {"node": id, "year": event.year, "node_zh": event.label.zh, "node_en": event.label.en}
        usual = float(begins[..., quiet].sum() / has_score[..., quiet].sum()) if has_score[..., quiet].any() else float("nan")
        yield row | {"quantity": "event_alarms", "expected": usual} | _share(began, total)
        if began:
            delays = np.concatenate([np.full(int(begins[..., p].sum()), p - place) for p in places])
            yield row | {"quantity": "event_delay", "value": float(delays.mean()), "n": began}


def onsets(cube: SeriesCube, rules: list[AlarmRule]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Series-years in which an orange or red alarm of level or change begins, and those that have a score."""
    begins = np.zeros(cube.raw.shape, dtype=bool)
    has_score = np.zeros(cube.raw.shape, dtype=bool)
    for rule in rules:
        if rule.kind in HELD_AGAINST:
            begins |= first_years(rule.alarm >= ORANGE, cube.years) == cube.years
            has_score |= ~np.isnan(rule.score)
    return begins & has_score, has_score


def _share(count: int, total: int) -> dict[str, Any]:
    low, high = exact_interval(count, total)
    return {"item": ITEM, "value": count / total if total else float("nan"), "low": low, "high": high, "n": total}


NO_EVENTS = Absence(
    "evaluation",
    (
        "预警:没有列出年份已知的外部事件,未作事件回测",
        "alarms: no dated events are listed, so none is held against them",
    ),
    (
        "在 lists.yaml 的 alerts.events 写事件及其年份",
        "list events with their years under alerts.events in lists.yaml",
    ),
)
EVENTS_OUTSIDE = Absence(
    "evaluation",
    (
        "预警:列出的事件都不在有得分的年份内,未作事件回测",
        "alarms: none of the dated events lies in years with scores",
    ),
    ("提供更多年份", "give more years"),
)
