"""Table `evaluation`: how far the lists can be trusted, and what became of past batches."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

import pandas as pd

from ..engines import Engine
from ..study.indicator_tree import tree_of
from ..study.records import Study
from ..tables import conform, of_rows
from .absences import Absence
from .alarm_history import EVENTS_OUTSIDE, NO_EVENTS, history_rows
from .alerts import Watch
from .candidate_foresight import foresight_rows
from .candidates import CandidateList
from .firm_frame import FirmFrame
from .policy_loop import PolicyRecords, policy_records, policy_rows
from .score_cubes import score_cube
from .score_forecasts import forecast_rows


def evaluation(
    study: Study,
    frame: FirmFrame | None,
    listed: CandidateList,
    frames: Mapping[str, pd.DataFrame],
    watched: Watch | None = None,
    source: tuple[Engine, Mapping[str, str]] | None = None,
) -> tuple[pd.DataFrame, list[Absence]]:
    """Foresight of the candidates, the alarms' history, the policy loop by batch, forecasts with their skill; what is missing.

    `source`: the engine and the study's tables, for recorded interventions and earlier scores.
    """
    tree = tree_of(study.indicators)
    nodes = [tree.root, *(node for node in tree.order if tree.children(node) and node != tree.root)]
    cube = score_cube(frames["scores"], nodes)
    features = frame.features if frame is not None else ()
    candidate_rows = list(foresight_rows(features, listed.pools, listed.foresight))
    policy = forecasts = []
    absences: list[Absence] = []
    if cube is not None:
        records, absences = policy_records(study, *source, cube) if source else (PolicyRecords(), [])
        others = score_cube(frames["scores"], nodes[:1], "leave_out")
        never = others.on(cube) if others is not None else None
        density = cube.grid(frames["density"], "density")
        policy = list(policy_rows(cube, density, study.regressions.density.lag, never, records))
        absences = (absences if policy else []) + ([NO_NEVER] if policy and never is None else [])
        labels = study.indicators.nodes
        names = {node: (labels[node].zh, labels[node].en) if node in labels else (node, node) for node in nodes}
        forecasts = list(forecast_rows(cube, names))
    made = {"candidates": candidate_rows, "policy": policy, "forecast": forecasts}
    absences += [absence for name, absence in ABSENCES.items() if not made[name]]
    history = list(history_rows(watched.cube, watched.rules, study.lists.alerts)) if watched is not None else []
    if watched is not None and not any(row["quantity"] == "event_alarms" for row in history):
        absences.append(EVENTS_OUTSIDE if study.lists.alerts.events else NO_EVENTS)
    return conform("evaluation", of_rows("evaluation", chain(*made.values(), history))), absences


NO_NEVER = Absence(
    "evaluation",
    (
        "政策闭环:没有剔除专精特新企业的指数,差额不能拆分",
        "policy loop: no index without recognised firms, so the difference has no parts",
    ),
    ("提供企业表与名单", "give firms and a recognition list"),
)


ABSENCES = {
    "candidates": Absence(
        "evaluation",
        ("候选企业:没有可供检验的批次", "candidates: no batch to be foreseen"),
        ("提供含多个批次的认定名单", "give a recognition list of several batches"),
    ),
    "policy": Absence(
        "evaluation",
        ("政策闭环:没有密度变化、或其后没有得分", "policy loop: no change of density with scores after it"),
        ("提供企业表与名单,以及认定之后的年份", "give firms and a recognition list, and years after recognitions"),
    ),
    "forecast": Absence(
        "evaluation",
        ("得分预测:年份太少,无法回测", "forecasts of scores: too few years for a back-test"),
        ("提供更多年份", "give more years"),
    ),
}
