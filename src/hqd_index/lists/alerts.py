"""Table `alerts`: indicators of a unit that are worse than its own past, than its peers, or falling; and data that go stale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..study.records import AlertRules, Band, Study
from ..tables import conform, empty
from .absences import Absence
from .robust_scores import (
    Array,
    alarms,
    change_scores,
    changes,
    falling_periods,
    first_years,
    relative_to_peers,
    scores_against_past,
    scores_among_peers,
)

YELLOW = 1
MONTHS = 12
NAMED = 5
"""Indicators that a reason names."""


@dataclass(frozen=True)
class SeriesCube:
    """Values of the study's indicators for all firms: as published, and turned so that more is better.

    (indicators, units, years); `goodness` of an indicator with a band is minus the distance to it.
    """

    indicators: tuple[str, ...]
    units: tuple[str, ...]
    years: NDArray[np.int64]
    raw: Array
    goodness: Array
    directions: tuple[int, ...]


@dataclass(frozen=True)
class AlarmRule:
    """An alarm of each series and year, with what it rests on; `score` is NaN where the rule has none."""

    kind: str
    alarm: NDArray[np.int64]
    score: Array
    reference: Array


@dataclass(frozen=True)
class Watch:
    """The series that are watched and the alarms of every rule on them."""

    cube: SeriesCube
    rules: list[AlarmRule]


def watch(study: Study, indicators: pd.DataFrame) -> Watch | None:
    """The alarms of a study's indicators; None without series."""
    cube = series_cube(study, indicators)
    return None if cube is None else Watch(cube, list(alarm_rules(cube, study.lists.alerts)))


def alerts(study: Study, frames: Mapping[str, pd.DataFrame], watched: Watch | None = None) -> tuple[pd.DataFrame, list[Absence]]:
    """One row for each alarm that is on in a year, by kind, unit and indicator; and what could not be watched.

    `first_year` is the year in which the present run of the alarm began; `as_bad` the share of earlier unit-years of the
    indicator with a score at least as bad.
    """
    rules, absences = study.lists.alerts, [NO_MONTHS]
    watched = watched or watch(study, frames["indicators"])
    blocks = [_firm_falls(frames["density"], rules)]
    if watched is None:
        absences.append(NO_SERIES)
    else:
        absences += _unscored(watched.cube, watched.rules, rules)
        blocks += [_rows(watched.cube, rule, rules) for rule in watched.rules]
        blocks.append(_stale_rows(watched.cube, rules))
    rows = pd.concat([block for block in blocks if len(block)], ignore_index=True) if any(map(len, blocks)) else empty("alerts")
    return _named(study, frames["unit_names"], rows), absences


def series_cube(study: Study, indicators: pd.DataFrame) -> SeriesCube | None:
    """The cube of the indicators that have a direction or a band; None without rows."""
    rows = indicators[(indicators["sample"] == "all") & indicators["indicator"].isin(study.indicators.indicators)]
    if rows.empty:
        return None
    names, units = sorted(rows["indicator"].unique()), sorted(rows["unit"].unique())
    years = np.arange(int(rows["year"].min()), int(rows["year"].max()) + 1)
    raw = np.full((len(names), len(units), len(years)), np.nan)
    places = (pd.Index(names).get_indexer(rows["indicator"]), pd.Index(units).get_indexer(rows["unit"]))
    raw[(*places, rows["year"].to_numpy(dtype=np.int64) - years[0])] = rows["raw"].to_numpy(dtype=float)
    directions = tuple(_direction(study, name) for name in names)
    goodness = np.stack([_goodness(study, name, values) for name, values in zip(names, raw)])
    return SeriesCube(tuple(names), tuple(units), years, raw, goodness, directions)


def _direction(study: Study, indicator: str) -> int:
    direction = study.indicators.indicators[indicator].direction
    return 0 if isinstance(direction, Band) else int(direction)


def _goodness(study: Study, indicator: str, values: Array) -> Array:
    direction = study.indicators.indicators[indicator].direction
    if isinstance(direction, Band):
        low, high = direction.band
        return -np.maximum(np.maximum(low - values, values - high), 0.0)
    return float(direction) * values


def alarm_rules(cube: SeriesCube, rules: AlertRules) -> Iterator[AlarmRule]:
    """The four rules on yearly series.

    level: against the unit's own past, both relative to the median of the year. peers: among the units of the year. change:
    against the mean of the years before, among all earlier such changes. trend: slope bad in each of the last periods.
    """
    levels = (rules.yellow, rules.orange, rules.red)
    relative = relative_to_peers(cube.goodness)
    for kind, (score, reference) in {
        "level": scores_against_past(relative, rules.past_years),
        "peers": scores_among_peers(cube.goodness, rules.fewest_peers),
        "change": change_scores(relative, rules.change_years, rules.fewest_peers),
    }.items():
        yield AlarmRule(kind, alarms(score, levels, rules.clearing), score, reference)
    falling = falling_periods(cube.goodness, rules.trend_years, rules.trend_periods).astype(np.int64)
    yield AlarmRule("trend", falling, np.full(falling.shape, np.nan), np.full(falling.shape, np.nan))


def _rows(cube: SeriesCube, rule: AlarmRule, rules: AlertRules) -> pd.DataFrame:
    """The alarms of one rule that are on, with value, reference, threshold and the years behind them."""
    first = first_years(rule.alarm > 0, cube.years)
    as_bad = _share_as_bad(rule.score)
    j, u, t = np.nonzero(rule.alarm)
    alarm = rule.alarm[j, u, t]
    scored = ~np.isnan(rule.score[j, u, t])
    limits = np.array([np.nan, rules.yellow, rules.orange, rules.red])
    value = changes(cube.raw, rules.change_years)[j, u, t] if rule.kind == "change" else cube.raw[j, u, t]
    span = {"level": None, "peers": 1, "change": rules.change_years + 1, "trend": rules.trend_years * rules.trend_periods}
    begin = cube.years[0] if span[rule.kind] is None else cube.years[t] + 1 - int(span[rule.kind] or 0)
    years = [f"{a}-{b}" if a < b else f"{b}" for a, b in zip(np.broadcast_to(begin, len(t)), cube.years[t])]
    return pd.DataFrame(
        {
            "kind": rule.kind,
            "unit": np.array(cube.units, dtype=object)[u],
            "node": np.array(cube.indicators, dtype=object)[j],
            "year": cube.years[t],
            "alarm": alarm,
            "value": value,
            "score": rule.score[j, u, t],
            "threshold": np.where(scored, limits[alarm], np.nan),
            "bad_side": np.array(["band", "low", "high"], dtype=object)[np.array(cube.directions)[j]],
            "first_year": first[j, u, t],
            "as_bad": as_bad[j, u, t],
            "evidence": [
                f"indicators.csv: all, {cube.units[b]}, {cube.indicators[a]}, {span}" for a, b, span in zip(j, u, years)
            ],
        }
    )


def _share_as_bad(scores: Array) -> Array:
    """Share of the scores of earlier years, over all units of the indicator, that are at least as bad; NaN below 20 of them."""
    share = np.full(scores.shape, np.nan)
    for t in range(1, scores.shape[-1]):
        earlier = np.sort(scores[:, :, :t].reshape(len(scores), -1), axis=-1)  # NaN last
        for k, row in enumerate(earlier):
            count = int((~np.isnan(row)).sum())
            if count >= FEWEST_EARLIER:
                share[k, :, t] = 1 - np.searchsorted(row[:count], scores[k, :, t]) / count
    return np.where(np.isnan(scores), np.nan, share)


FEWEST_EARLIER = 20


def _stale_rows(cube: SeriesCube, rules: AlertRules) -> pd.DataFrame:
    """Series whose last value is older than `stale_months` at the end of the data."""
    present = ~np.isnan(cube.raw)
    last = np.where(present.any(axis=-1), cube.years[present.shape[-1] - 1 - present[..., ::-1].argmax(axis=-1)], 0)
    end = int(cube.years[-1])
    j, u = np.nonzero((last > 0) & (MONTHS * (end - last) > rules.stale_months))
    return pd.DataFrame(
        {
            "kind": "stale",
            "unit": np.array(cube.units, dtype=object)[u],
            "node": np.array(cube.indicators, dtype=object)[j],
            "year": end,
            "alarm": YELLOW,
            "value": MONTHS * (end - last[j, u]).astype(float),
            "threshold": float(rules.stale_months),
            "bad_side": "high",
            "first_year": last[j, u] + rules.stale_months // MONTHS + 1,
            "evidence": [f"indicators.csv: all, {cube.units[b]}, {cube.indicators[a]}, {last[a, b]}" for a, b in zip(j, u)],
        }
    )


def _firm_falls(density: pd.DataFrame, rules: AlertRules) -> pd.DataFrame:
    """Unit-years in which the number of firms fell by more than `firms_fall`."""
    rows = density.sort_values(["unit", "year"])
    change = rows["n_firms"].astype(float) / rows.groupby("unit")["n_firms"].shift().astype(float) - 1
    rows = rows.assign(value=change)[change < -rules.firms_fall]
    return pd.DataFrame(
        {
            "kind": "firms",
            "unit": rows["unit"],
            "node": "n_firms",
            "year": rows["year"],
            "alarm": YELLOW,
            "value": 100 * rows["value"],
            "threshold": -100 * rules.firms_fall,
            "bad_side": "low",
            "first_year": rows["year"],
            "evidence": [f"density.csv: {unit}, {year - 1}-{year}" for unit, year in zip(rows["unit"], rows["year"])],
        }
    )


def _named(study: Study, unit_names: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    names = unit_names.set_index("unit")
    labels = {name: indicator.label for name, indicator in study.indicators.indicators.items()}
    zh = {name: label.zh for name, label in labels.items()} | {"n_firms": "样本企业数"}
    en = {name: label.en for name, label in labels.items()} | {"n_firms": "firms in the sample"}
    return conform(
        "alerts",
        rows.assign(
            **{column: rows["unit"].map(names[column]).fillna(rows["unit"]) for column in ("unit_zh", "unit_en")},
            node_zh=rows["node"].map(zh),
            node_en=rows["node"].map(en),
        ),
    )


def _unscored(cube: SeriesCube, made: list[AlarmRule], rules: AlertRules) -> list[Absence]:
    """A reason for each indicator that has values and no score against its past anywhere."""
    level = next(rule for rule in made if rule.kind == "level")
    silent = [
        name
        for name, values, score in zip(cube.indicators, cube.raw, level.score)
        if not np.isnan(values).all() and np.isnan(score).all()
    ]
    if not silent:
        return []
    names = ", ".join(silent[:NAMED]) + (f" … ({len(silent)})" if len(silent) > NAMED else "")
    return [
        Absence(
            "alerts",
            (
                f"{names}:过去不足 {rules.past_years} 年,或绝对中位差为 0,没有水平预警",
                f"{names}: fewer than {rules.past_years} earlier years, or a median absolute deviation of 0: no level alarm",
            ),
            ("提供更多年份", "give more years"),
        )
    ]


NO_SERIES = Absence(
    "alerts",
    ("没有指标值,没有可监测的序列", "no indicator values, so nothing to watch"),
    ("在 indicators.yaml 写指标并提供其数据", "name indicators in indicators.yaml and give their data"),
)
NO_MONTHS = Absence(
    "alerts",
    ("没有月度序列,没有漂移预警(CUSUM、EWMA)", "no monthly series, so no drift alarm (CUSUM, EWMA)"),
    ("本版只读年度数据;月度漂移预警尚未提供", "this version reads yearly data; drift alarms on months are not offered yet"),
)
