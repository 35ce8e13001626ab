"""Table `evaluation`: how far the lists can be trusted, and what became of past batches."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

import pandas as pd

from ..study.indicator_tree import tree_of
from ..study.records import Study
from ..tables import conform, of_rows
from .absences import Absence
from .candidate_foresight import foresight_rows
from .candidates import CandidateList
from .firm_frame import FirmFrame
from .policy_loop import policy_rows
from .score_cubes import score_cube
from .score_forecasts import forecast_rows


def evaluation(
    study: Study, frame: FirmFrame | None, listed: CandidateList, frames: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, list[Absence]]:
    """Foresight of the candidates, the policy loop by batch, forecasts with their skill; and what could not be judged."""
    tree = tree_of(study.indicators)
    nodes = [tree.root, *(node for node in tree.order if tree.children(node) and node != tree.root)]
    cube = score_cube(frames["scores"], nodes)
    features = frame.features if frame is not None else ()
    candidate_rows = list(foresight_rows(features, listed.pools, listed.foresight))
    policy = forecasts = []
    if cube is not None:
        policy = list(policy_rows(cube, cube.grid(frames["density"], "density"), study.regressions.density.lag))
        labels = study.indicators.nodes
        names = {node: (labels[node].zh, labels[node].en) if node in labels else (node, node) for node in nodes}
        forecasts = list(forecast_rows(cube, names))
    made = {"candidates": candidate_rows, "policy": policy, "forecast": forecasts}
    absences = [absence for name, absence in ABSENCES.items() if not made[name]]
    return conform("evaluation", of_rows("evaluation", chain(*made.values()))), absences


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
