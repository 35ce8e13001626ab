"""Table `candidates`: firms near a node that calls for action, by their chance of being recognised in the next batch.

Recognised firms are known, the others are unlabelled: many would qualify and did not apply. So the probability is that of being
recognised, and a missed criterion is a number of the data, never a verdict on eligibility.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engines import Engine
from ..study.records import Study
from ..tables import conform, empty
from .absences import Absence
from .firm_frame import FEATURES, FirmFrame
from .priority import flagged
from .recognition_model import (
    FEWEST_RECOGNISED,
    Array,
    Foresight,
    Mask,
    RecognitionModel,
    foresee,
    logistic,
    training_rows,
    with_expected_number,
)

REASONS = 3
"""Features named in "why"."""


@dataclass(frozen=True)
class Pools:
    """Firms not yet nationally recognised at the end of the year before each batch, and which of them it recognised.

    (n, k) features, (n,) outcome, batch (its year), and number of the firm; `expected`: recognitions of the last batch.
    """

    features: Array
    outcome: Mask
    batch: NDArray[np.int64]
    firm: NDArray[np.int64]

    @property
    def expected(self) -> float:
        return float(self.outcome[self.batch == self.batch.max()].sum())


def pools(frame: FirmFrame) -> Pools | None:
    """The pools of the batches in the frame's years; None without a recognition."""
    rows = frame.rows
    batches = rows["first_national"].dropna().unique()
    in_pool = (rows["year"] + 1).isin(batches) & ~rows["is_national"]
    chosen = rows[in_pool]
    if chosen.empty:
        return None
    return Pools(
        chosen[[f"x_{feature}" for feature in frame.features]].to_numpy(dtype=float),
        (chosen["first_national"] == chosen["year"] + 1).to_numpy(),
        (chosen["year"] + 1).to_numpy(dtype=np.int64),
        pd.factorize(chosen["firm_id"])[0].astype(np.int64),
    )


@dataclass(frozen=True)
class CandidateList:
    """The table, what it rests on for the evaluation, and what could not be made."""

    rows: pd.DataFrame
    pools: Pools | None
    foresight: Foresight | None
    absences: Sequence[Absence]


def candidates(
    study: Study,
    frame: FirmFrame | None,
    priorities: pd.DataFrame,
    unit_names: pd.DataFrame,
    patents: pd.DataFrame | None = None,
) -> CandidateList:
    """The first firms of each flagged industry in the latest year, with criteria and probability.

    Without recognitions to learn from there is no probability, and the order is that of the criteria met. `patents`: firm_id,
    ipc (subclass) and n, of all years so far.
    """
    if frame is None:
        return CandidateList(empty("candidates"), None, None, [NO_FIRMS])
    rules = study.lists.candidates
    generator = np.random.default_rng([study.study.seed, len(b"candidates")])
    learnt = pools(frame)
    year = int(frame.rows["year"].max())
    pool = _next_pool(study, frame, year)
    absences = [*_criterion_absences(study, frame), *([] if patents is not None and len(patents) else [NO_PATENTS])]
    model = foresight = None
    if learnt is not None and learnt.outcome.sum() >= FEWEST_RECOGNISED:
        foresight = foresee(
            learnt.features, learnt.outcome, learnt.batch, learnt.firm,
            penalty=rules.penalty, folds=rules.folds, generator=generator,
        )  # fmt: skip
        training = training_rows(learnt.outcome, np.ones(len(learnt.outcome), dtype=bool), generator)
        model = logistic(learnt.features[training], learnt.outcome[training], rules.penalty)
        features = pool[[f"x_{feature}" for feature in frame.features]].to_numpy(dtype=float)
        pool = pool.assign(probability=with_expected_number(model.log_odds(features), learnt.expected))
    else:
        absences.append(NO_HISTORY)
        pool = pool.assign(probability=np.nan)
    nodes = flagged(priorities, year) if len(priorities) else []
    if not nodes:
        return CandidateList(empty("candidates"), learnt, foresight, [*absences, NO_NODE])
    listed = _listed(study, pool, nodes)
    listed = listed.assign(patent_similarity=np.nan if patents is None else patent_similarity(frame, listed, patents, year))
    return CandidateList(_published(study, frame, listed, model, unit_names, len(pool)), learnt, foresight, absences)


def _next_pool(study: Study, frame: FirmFrame, year: int) -> pd.DataFrame:
    """Firms of the latest year that were never nationally recognised, with the criteria counted and whether they are SMEs."""
    rows = frame.rows[(frame.rows["year"] == year) & ~frame.rows["is_national"]]
    verdicts = rows[[f"c_{id}" for id in study.lists.candidates.national_criteria]]
    rules = study.lists.candidates
    is_large = (rows["employees"] >= rules.sme_employees) & (rows["revenue"] >= rules.sme_revenue)
    return rows.assign(
        criteria_met=verdicts.eq(1).sum(axis=1),
        criteria_missed=verdicts.eq(0).sum(axis=1),
        criteria_unknown=verdicts.isna().sum(axis=1),
        is_sme=~is_large,
    )


def _listed(study: Study, pool: pd.DataFrame, nodes: Sequence[str]) -> pd.DataFrame:
    """The first SMEs of each node: by probability, then criteria met, then id."""
    chosen = pool[pool["is_sme"] & pool["unit"].isin(nodes)]
    chosen = chosen.sort_values(["unit", "probability", "criteria_met", "firm_id"], ascending=[True, False, False, True])
    listed = chosen.groupby("unit").head(study.lists.candidates.per_node)
    return listed.assign(place=listed.groupby("unit").cumcount() + 1).reset_index(drop=True)


def patent_similarity(frame: FirmFrame, listed: pd.DataFrame, patents: pd.DataFrame, year: int) -> pd.Series:
    """Cosine of a firm's patents by IPC subclass with those of the SRDI firms in force of its industry; NaN without patents."""
    counts = patents.pivot_table(index="firm_id", columns="ipc", values="n", aggfunc="sum", fill_value=0).astype(float)
    in_force = frame.rows[(frame.rows["year"] == year) & frame.rows["in_force"]]
    members = counts.reindex(in_force["firm_id"]).fillna(0.0)
    profiles = members.groupby(in_force["unit"].to_numpy()).sum()
    own, theirs = (table.reindex(keys).to_numpy() for table, keys in ((counts, listed["firm_id"]), (profiles, listed["unit"])))
    length = np.linalg.norm(own, axis=1) * np.linalg.norm(theirs, axis=1)
    cosine = np.divide((own * theirs).sum(axis=1), length, out=np.full(len(listed), np.nan), where=length > 0)
    return pd.Series(cosine.clip(max=1.0), index=listed.index)


def patent_classes(engine: Engine, table: str | None, last_year: int) -> pd.DataFrame | None:
    """firm_id, ipc, n from table patents, by IPC subclass (H01L); None where the data have no classes."""
    if table is None or not {"firm_id", "year", "ipc"} <= set(engine.types(table)):
        return None
    return engine.collect(f"""
        SELECT CAST(firm_id AS VARCHAR) AS firm_id, upper(substr(ipc, 1, 4)) AS ipc, count(*) AS n
        FROM {table} WHERE firm_id IS NOT NULL AND length(ipc) >= 4 AND "year" <= {last_year}
        GROUP BY ALL ORDER BY ALL""")


def _published(
    study: Study,
    frame: FirmFrame,
    listed: pd.DataFrame,
    model: RecognitionModel | None,
    unit_names: pd.DataFrame,
    pool_size: int,
) -> pd.DataFrame:
    names = unit_names.set_index("unit")
    expected = listed["probability"].notna()
    provincial = listed["x_provincial"].eq(1)
    shown = listed.assign(
        unit_zh=listed["unit"].map(names["unit_zh"]).fillna(listed["unit"]),
        unit_en=listed["unit"].map(names["unit_en"]).fillna(listed["unit"]),
        provincial=provincial,
        base_rate=np.where(expected, _base_rate(frame, pool_size), np.nan),
        **criteria_words(study, listed),
        **reasons(frame, listed, model),
    )
    return conform("candidates", shown[[column for column in empty("candidates").columns if column in shown]])


def _base_rate(frame: FirmFrame, pool_size: int) -> float:
    learnt = pools(frame)
    return learnt.expected / pool_size if learnt is not None and pool_size else float("nan")


def criteria_words(study: Study, listed: pd.DataFrame) -> dict[str, Any]:
    """missed_*, unknown_*: the labels of the criteria that a firm misses, and of those the data leave open."""
    criteria = study.lists.candidates.national_criteria
    verdicts = listed[[f"c_{id}" for id in criteria]].to_numpy(dtype=float)
    words: dict[str, list[Any]] = {}
    for language, comma in (("zh", "；"), ("en", "; ")):
        labels = [criterion.label[language] for criterion in criteria.values()]
        for name, marks in (("missed", verdicts == 0), ("unknown", np.isnan(verdicts))):
            words[f"{name}_{language}"] = [comma.join(l for l, mark in zip(labels, row) if mark) or None for row in marks]
    return words


def reasons(frame: FirmFrame, listed: pd.DataFrame, model: RecognitionModel | None) -> dict[str, Any]:
    """why_zh, why_en: the features that raise a firm's probability most against the mean firm, with their values."""
    if model is None:
        return {"why_zh": [None] * len(listed), "why_en": [None] * len(listed)}
    values = listed[[f"x_{feature}" for feature in frame.features]].to_numpy(dtype=float)
    parts = model.contributions(values)
    words: dict[str, list[Any]] = {"why_zh": [], "why_en": []}
    for row, contribution in zip(values, parts):
        order = [k for k in np.argsort(-contribution, kind="stable")[:REASONS] if contribution[k] > 0]
        for language, comma in (("zh", "；"), ("en", "; ")):
            texts = [_reason(frame.features[k], row[k], language) for k in order]
            words[f"why_{language}"].append(comma.join(texts) or None)
    return words


def _reason(feature: str, value: float, language: str) -> str:
    described = FEATURES[feature]
    label = described.label[language]
    if described.kind == "flag":
        return label
    return f"{label} {np.expm1(value):.0f}" if described.kind == "log" else f"{label} {value:.1f}"


def _criterion_absences(study: Study, frame: FirmFrame) -> list[Absence]:
    """A reason for each criterion that no firm's data decide."""
    criteria: Mapping[str, Any] = study.lists.candidates.national_criteria
    return [
        Absence(
            "candidates",
            (
                f"认定条件“{criteria[id].label.zh}”无法判断:数据没有列 {'、'.join(columns) or '(无取值)'}",
                f"criterion “{criteria[id].label.en}” is unknown: the data have no {', '.join(columns) or 'values'}",
            ),
            (
                "提供该列,或在 lists.yaml 的 candidates.criteria 改用别的条件",
                "give the column, or change candidates.criteria in lists.yaml",
            ),
        )
        for id, columns in frame.lacking.items()
    ]


NO_PATENTS = Absence(
    "candidates",
    ("没有专利分类号,没有专利相似度", "no classes of patents, so no similarity of patents"),
    ("提供带 IPC 主分类号的专利表(patents)", "give a source for table patents with main IPC classes"),
)
NO_FIRMS = Absence(
    "candidates",
    ("没有带专精特新状态的企业表", "no firm table with SRDI status"),
    ("提供企业表(firms)与认定名单(srdi_list)", "give sources for tables firms and srdi_list"),
)
NO_HISTORY = Absence(
    "candidates",
    ("国家级认定太少,没有下一批次的认定概率", "too few national recognitions to learn a probability of the next batch from"),
    ("提供含多个批次的认定名单", "give a recognition list of several batches"),
)
NO_NODE = Absence(
    "candidates",
    ("没有需要处置的行业节点(见 priority)", "no industry calls for action (see priority)"),
    ("提供投入产出表与贸易数据;单元须为行业", "give input-output and trade tables, with industries as units"),
)
