"""What the policy loop reads beside scores and densities: recorded interventions, and the scores of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..engines import Engine, quoted
from ..study.records import Study
from .absences import Absence
from .score_cubes import Array, ScoreCube


@dataclass(frozen=True)
class PolicyRecords:
    """On the units and years of a cube: where interventions are recorded, their budgets, and what an earlier run scored.

    None where the study has no such table; NaN where a cell has no budget or score.
    """

    interventions: NDArray[np.bool_] | None = None
    budgets: Array | None = None
    earlier: Array | None = None


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
