"""What was predicted for units that were selected, and what came: by batch, beside matched units that were not.

Selected are the units with a recorded intervention, without records those that gained most SRDI firms. Each batch is frozen
at the end of its year: the effect is estimated on the years so far, and held against the change of the index after the lag.
All scores are of one vintage of weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from ..engines import Engine, quoted
from ..study.records import Study
from .absences import Absence
from .score_cubes import Array, ScoreCube

ITEM = "policy"
FEWEST_UNITS = 3
"""Units that were selected and matched ones, each at least."""


@dataclass(frozen=True)
class PolicyRecords:
    """On the units and years of a cube: where interventions are recorded, their budgets, and what an earlier run scored.

    None where the study has no such table; NaN where a cell has no budget or score.
    """

    interventions: NDArray[np.bool_] | None = None
    budgets: Array | None = None
    earlier: Array | None = None


NO_RECORDS = PolicyRecords()


@dataclass(frozen=True)
class Batch:
    """One batch: the effect frozen, gains of density, later change of the index less the units' mean, and who is compared.

    `place`, `later`: positions of its year and of the year that its change ends in.
    """

    year: int
    place: int
    later: int
    effect: float
    gain: Array
    change: Array
    selected: NDArray[np.intp]
    matched: NDArray[np.intp]

    @property
    def predicted(self) -> Array:
        """Effect x gain of density, less the units' mean."""
        return np.asarray(self.effect * (self.gain - np.nanmean(self.gain)))


def within_effect(scores: Array, density: Array) -> float:
    """Coefficient of density with unit and year effects (units, years), on unit-years that have both; NaN without variation."""
    known = ~np.isnan(scores) & ~np.isnan(density)
    y, x = (np.where(known, values, 0.0) for values in (scores, density))
    for _ in range(200):  # alternating projections; one pass where the panel is balanced
        before = x.copy()
        for axis in (1, 0):
            count = np.maximum(known.sum(axis=axis, keepdims=True), 1)
            y = np.where(known, y - y.sum(axis=axis, keepdims=True) / count, 0.0)
            x = np.where(known, x - x.sum(axis=axis, keepdims=True) / count, 0.0)
        if np.abs(x - before).max() < 1e-10:
            break
    total = float((x * x).sum())
    return float((x * y).sum() / total) if total > 1e-12 * max(1.0, float(np.nansum(density**2))) else float("nan")


def lagged_density(density: Array, lag: int) -> Array:
    """Densities of `lag` years before."""
    lagged = np.full_like(density, np.nan)
    lagged[:, lag:] = density[:, : density.shape[1] - lag] if lag else density
    return lagged


def batches(cube: ScoreCube, density: Array, lag: int, records: PolicyRecords = NO_RECORDS) -> Iterator[Batch]:
    """Every year with a selection, whose effect can be estimated by then and whose outcome is in the data."""
    scores, years = cube.values[0], cube.years
    lagged = lagged_density(density, lag)
    for t in range(1, len(years) - max(lag, 1)):
        effect = within_effect(scores[:, : t + 1], lagged[:, : t + 1])
        gain = density[:, t] - density[:, t - 1]
        change = scores[:, t + max(lag, 1)] - scores[:, t]
        known = ~np.isnan(gain) & ~np.isnan(change)
        if np.isnan(effect) or known.sum() < 2 * FEWEST_UNITS:
            continue
        is_selected = gain > np.median(gain[known]) if records.interventions is None else records.interventions[:, t]
        selected, others = np.flatnonzero(known & is_selected), np.flatnonzero(known & ~is_selected)
        if min(len(selected), len(others)) < FEWEST_UNITS:
            continue
        matched = nearest(scores[:, t], selected, others)
        yield Batch(int(years[t]), t, t + max(lag, 1), effect, gain, change - np.mean(change[known]), selected, matched)


def nearest(level: Array, selected: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each selected unit the other one with the nearest score at the freeze, with replacement."""
    return np.asarray(others[np.abs(level[selected][:, None] - level[others][None, :]).argmin(axis=1)])


def parts(batch: Batch, scores: Array, never: Array, effect: float, earlier: Array | None) -> dict[str, float]:
    """The difference of selected and matched units in parts that add up to it; (units, years) scores of all, of never-recognised.

    composition: what the recognised firms themselves add to the index of all. effect: that on the others as estimated at the
    freeze, times the gain. revision: what the scores at the freeze have changed by since, of which an office that holds the
    earlier run knows nothing (beside the sum: it adds to what such an office sees). remainder: the rest.
    """

    def gap(values: Array) -> float:
        return float(np.mean(values[batch.selected] - values[batch.matched]))

    total, never_change = (values[:, batch.later] - values[:, batch.place] for values in (scores, never))
    values_by_part = {"part_composition": gap(total - never_change), "part_effect": effect * gap(batch.gain)}
    values_by_part["part_remainder"] = gap(total) - values_by_part["part_composition"] - values_by_part["part_effect"]
    if earlier is not None:
        values_by_part["part_revision"] = gap(scores[:, batch.place] - earlier[:, batch.place])
    return values_by_part


def policy_rows(
    cube: ScoreCube, density: Array, lag: int, never: Array | None = None, records: PolicyRecords = NO_RECORDS
) -> Iterator[dict[str, Any]]:
    """By batch: effect, mean predicted and realised change of selected units, that of matched units, their difference in parts.

    By unit: realised beside predicted change. `never`: scores without the firms ever recognised.
    """
    for batch in batches(cube, density, lag, records):
        row: dict[str, Any] = {"item": ITEM, "year": batch.year}
        mine, theirs = batch.change[batch.selected], batch.change[batch.matched]
        predicted = batch.predicted
        gap = mine - theirs
        half = stdtrit(len(gap) - 1, 0.975) * gap.std(ddof=1) / np.sqrt(len(gap))
        yield row | {"quantity": "effect_frozen", "value": batch.effect}
        yield row | {
            "quantity": "selected_change", "value": float(mine.mean()), "expected": float(predicted[batch.selected].mean()),
            "n": len(mine),
        }  # fmt: skip
        yield row | {"quantity": "matched_change", "value": float(theirs.mean()), "n": len(np.unique(batch.matched))}
        yield row | {
            "quantity": "difference", "value": float(gap.mean()), "low": float(gap.mean() - half),
            "high": float(gap.mean() + half), "n": len(gap),
            "expected": float((predicted[batch.selected] - predicted[batch.matched]).mean()),
        }  # fmt: skip
        if records.budgets is not None:
            yield row | {"quantity": "budget", "value": float(np.nansum(records.budgets[:, batch.place])), "n": len(mine)}
        if never is not None:
            span = slice(0, batch.place + 1)
            effect = within_effect(never[:, span], lagged_density(density, lag)[:, span])
            for name, value in parts(batch, cube.values[0], never, effect, records.earlier).items():
                yield row | {"quantity": name, "value": value, "n": len(gap)}
        for k, unit in enumerate(cube.units):
            if not np.isnan(batch.change[k]) and not np.isnan(predicted[k]):
                yield row | {"quantity": "unit_change", "unit": unit, "value": batch.change[k], "expected": predicted[k]}


def policy_records(
    study: Study, engine: Engine, tables: Mapping[str, str], cube: ScoreCube
) -> tuple[PolicyRecords, list[Absence]]:
    """The records that lists.yaml names, and what it names none of."""
    rules, absences = study.lists.policy, []
    interventions = budgets = earlier = None
    if rules.interventions in tables:
        budget = f"CAST({quoted(rules.budget)} AS DOUBLE)" if rules.budget else "NULL"
        rows = engine.collect(_by_unit(study, tables[str(rules.interventions)], f"sum({budget}) AS budget, count(*) AS n"))
        interventions = cube.grid(rows, "n") > 0
        budgets = cube.grid(rows, "budget") if rules.budget else None
    else:
        absences.append(NO_INTERVENTIONS)
    if rules.earlier in tables:
        table = f"(SELECT * FROM {tables[str(rules.earlier)]} WHERE node = '{cube.nodes[0]}')"
        earlier = cube.grid(engine.collect(_by_unit(study, table, "CAST(max(score) AS DOUBLE) AS score")), "score")
    else:
        absences.append(NO_EARLIER)
    return PolicyRecords(interventions, budgets, earlier), absences


def _by_unit(study: Study, table: str, columns: str) -> str:
    unit = " || '-' || ".join(f"CAST({quoted(column)} AS VARCHAR)" for column in study.study.unit.by)
    return f'SELECT {unit} AS unit, CAST("year" AS BIGINT) AS "year", {columns} FROM {table} GROUP BY ALL ORDER BY ALL'


NO_INTERVENTIONS = Absence(
    "evaluation",
    (
        "政策闭环:没有干预记录,以密度上升较多的单元代替",
        "policy loop: no recorded interventions, so units that gained most stand for them",
    ),
    (
        "把干预(单元、年份、金额)读入一张表,并在 lists.yaml 的 policy.interventions 写其名称",
        "read interventions (unit, year, budget) into a table and name it under policy.interventions in lists.yaml",
    ),
)
NO_EARLIER = Absence(
    "evaluation",
    (
        "政策闭环:没有冻结时的得分,数据修订的部分未知",
        "policy loop: no scores as of the freeze, so the part of data revision is not known",
    ),
    (
        "把较早一次运行的 scores.csv 作为来源读入,并在 lists.yaml 的 policy.earlier 写其名称",
        "read the scores.csv of an earlier run as a source and name its table under policy.earlier in lists.yaml",
    ),
)
