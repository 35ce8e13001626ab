"""An index from a table in memory, for notebooks and scripts: frames in, a frozen result of frames out.

The same code scores it that scores a study: what is in `design` is what weighting.yaml holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ConfigError, DataError, Faults, HqdError, unknown
from ..index.index_tables import Index
from ..index.index_tables import build_index as build_study_index
from ..one_thread import one_thread
from ..study.checks.all_checks import check_alternatives, check_study
from ..study.record_faults import checked_record
from ..study.records import Columns, Indicators, Regressions, Rules, Sources, Study, StudyFile, Uncertainty, Weighting
from ..study.yaml_document import Document

LEVELS = {
    1: ("indicators",),
    2: ("indicators", "dimensions"),
    3: ("indicators", "subdimensions", "dimensions"),
}
"""What the levels of a tree are called by its depth, from the leaves up."""
ONE_YEAR = 2000
"""Stands for the year of a frame without years; it is not shown."""
OTHER_PARTS: dict[str, Any] = {
    "sources": Sources.model_validate({"version": 1, "sources": {"frame": {"path": "frame", "table": "frame"}}}),
    "rules": Rules.model_validate({"version": 1}),
    "columns": Columns.model_validate({"version": 1}),
    "regressions": Regressions.model_validate({"version": 1}),
}
"""What a frame does not need of a study, as a study without those files has it."""
SCORE_COLUMNS = ["unit", "year", "node", "level", "score", "rank", "ranked_of", "coverage", "flag"]
WEIGHT_COLUMNS = ["year", "node", "parent", "level", "method", "share_local", "share_global", "effective", "entropy", "note"]
INDICATOR_COLUMNS = ["unit", "year", "indicator", "raw", "treated", "normalised", "imputed"]
SHOWN_ROWS = 10


@dataclass(frozen=True)
class IndexResult:
    """An index, as tables in the columns of the published ones.

    `scores` (unit, year, node, level, score 0-100, rank, ranked_of, coverage, flag), `weights` (node, parent, share_local,
    share_global ...; a year where weights are of each year), `indicators` (unit, year, indicator, raw, treated, normalised,
    imputed), `contributions` (unit, year, indicator, contribution: points of the root's score; empty where an aggregation is not
    additive). Frames without years have no column `year`.
    """

    root: str
    scores: pd.DataFrame
    weights: pd.DataFrame
    indicators: pd.DataFrame
    contributions: pd.DataFrame

    def ranking(self, year: int | None = None) -> pd.DataFrame:
        """Units by rank of the root in a year, the last by default; units without a rank at the end."""
        rows = self.scores[self.scores["node"] == self.root]
        if "year" in rows:
            rows = rows[rows["year"] == (rows["year"].max() if year is None else year)]
        return rows[["rank", "unit", "score", "coverage", "flag"]].sort_values(["rank", "unit"], ignore_index=True)

    def __repr__(self) -> str:
        year = f", {self.scores['year'].max()}" if "year" in self.scores else ""
        return f"index {self.root}: {self.scores['unit'].nunique()} units{year}\n{self.ranking().head(SHOWN_ROWS)}"

    def _repr_html_(self) -> str:
        return self.ranking().head(SHOWN_ROWS).to_html(index=False)


def build_index(
    frame: pd.DataFrame,
    tree: Mapping[str, Any],
    design: Mapping[str, Any] | None = None,
    *,
    directions: Mapping[str, Any] | None = None,
    levels: Sequence[str] | None = None,
    unit: str = "unit",
    year: str | None = None,
    group: str | None = None,
) -> IndexResult:
    """The index of a frame with one row per unit (and year) and a numeric column per indicator.

    `tree`: as in indicators.yaml, `{root: {branch: [columns]}}` of any depth. `design`: as weighting.yaml (impute, treat,
    normalise, weight, aggregate, coverage, branches, indicators); by default min-max over all rows, entropy weights of
    indicators, equal weights above, arithmetic means. `directions`: column -> 1, -1 or `{"band": [low, high]}`; 1 where none is
    given. `levels` name the levels from the leaves up; depth 1 to 3 has names of its own. `year`: the column of years, if any;
    `group`: that of the groups of units, for methods that compare within groups.

    Faults of ConfigError for a tree or design that is none, DataError for a frame that does not fit them.
    """
    prepared = frame_study(frame, tree, design, directions=directions, levels=levels, unit=unit, year=year, group=group)
    with one_thread():
        index = build_study_index(prepared.study, prepared.panel, prepared.unit_names)
    return _result(index, has_years=prepared.has_years)


@dataclass(frozen=True)
class FrameStudy:
    """The parts of a study that a frame's index rests on, with its values and the names of its units."""

    study: Study
    panel: pd.DataFrame
    unit_names: pd.DataFrame
    levels: tuple[str, ...]
    has_years: bool

    def with_uncertainty(self, settings: Mapping[str, Any], seed: int) -> Study:
        """The study with what uncertainty.yaml would say; Faults of ConfigError."""
        return _checked_study(self.study.indicators, self.study.weighting, self.study.study.years, dict(settings), seed)


def frame_study(
    frame: pd.DataFrame,
    tree: Mapping[str, Any],
    design: Mapping[str, Any] | None,
    *,
    directions: Mapping[str, Any] | None,
    levels: Sequence[str] | None,
    unit: str,
    year: str | None,
    group: str | None,
) -> FrameStudy:
    """A frame, tree and design checked as the files of a study are."""
    columns = _leaves(tree)
    level_names = tuple(levels) if levels is not None else LEVELS.get(_depth(tree), ())
    indicators = {
        "version": 1,
        "levels": list(level_names),
        "tree": _plain(tree),
        "indicators": {
            column: {
                "table": "frame",
                "formula": f"sum({column})",
                "label": {"zh": column, "en": column},
                "direction": _plain((directions or {}).get(column, 1)),
            }
            for column in columns
        },
    }
    if unknown_columns := sorted(set(directions or {}) - set(columns)):
        en, zh = unknown("indicator", unknown_columns[0], columns, kind_zh="指标")
        raise ConfigError(en, zh=zh, location="directions")
    panel = _panel(frame, columns, unit, year)
    years = (int(panel["year"].min()), int(panel["year"].max()))
    study = _study(indicators, {"version": 1, **_plain(design if design is not None else _default_design(level_names))}, years)
    return FrameStudy(study, panel, _unit_names(frame, unit, group), level_names, year is not None)


def _leaves(tree: Any) -> list[str]:
    """The columns of a tree, in order."""
    if isinstance(tree, Mapping):
        return [leaf for branch in tree.values() for leaf in _leaves(branch)]
    return [str(leaf) for leaf in tree]


def _depth(tree: Mapping[str, Any]) -> int:
    """The number of levels below a root: 1 where its branches are lists of columns."""
    return max((1 + _depth(branch) if isinstance(branch, Mapping) else 1 for branch in tree.values()), default=0)


def _default_design(levels: Sequence[str]) -> dict[str, Any]:
    weights = {level: {"method": "equal"} for level in levels} | {levels[0]: {"method": "entropy"}} if levels else {}
    return {"weight": weights, "aggregate": {level: {"method": "arithmetic"} for level in levels}}


def _plain(setting: Any) -> Any:
    """Mappings and sequences of any kind as dicts and lists, numbers of numpy as Python's."""
    if isinstance(setting, Mapping):
        return {str(key): _plain(part) for key, part in setting.items()}
    if isinstance(setting, Sequence) and not isinstance(setting, str):
        return [_plain(part) for part in setting]
    return setting.item() if isinstance(setting, np.generic) else setting


def _study(indicators: dict[str, Any], design: dict[str, Any], years: tuple[int, int]) -> Study:
    """The parts of a study that an index rests on, checked as those of a folder are."""
    documents = [Document("tree", indicators), Document("design", design)]
    tree_record, design_record = checked_record(Indicators, documents[0]), checked_record(Weighting, documents[1])
    _raise_faults([fault for document in documents for fault in document.faults])
    return _checked_study(tree_record, design_record, years, {"version": 1}, 0)


def _checked_study(
    indicators: Indicators | None, weighting: Weighting | None, years: tuple[int, int], settings: dict[str, Any], seed: int
) -> Study:
    document = Document("uncertainty", settings)
    record = checked_record(Uncertainty, document)
    _raise_faults(list(document.faults))
    study_file = StudyFile.model_validate(
        {"version": 1, "name": "frame", "label": {"zh": "表", "en": "frame"}, "years": years, "seed": seed}
    )
    study = Study.model_construct(
        study=study_file, indicators=indicators, weighting=weighting, uncertainty=record, scenarios={}, **OTHER_PARTS
    )
    parts = {"study", "indicators", "weighting"} | ({"uncertainty"} if len(settings) > 1 else set())
    findings = [finding for finding in check_study(study, valid_parts=parts) if not finding.notice]
    if len(settings) > 1 and not findings:
        findings = [finding for finding in check_alternatives(study) if not finding.notice]
    _raise_faults([ConfigError(finding.en, zh=finding.zh, location=".".join(map(str, finding.path))) for finding in findings])
    return study


def _raise_faults(faults: Sequence[HqdError]) -> None:
    if faults:
        raise Faults(faults)


def _panel(frame: pd.DataFrame, columns: Sequence[str], unit: str, year: str | None) -> pd.DataFrame:
    """sample, unit, year, n_firms and a float column per indicator; DataError where the frame does not have them."""
    needed_columns = [unit, *([year] if year is not None else []), *columns]
    for column in needed_columns:
        if column not in frame.columns:
            en, zh = unknown("column", column, map(str, frame.columns), kind_zh="列")
            raise DataError(en, zh=zh, location="frame")
    years = frame[year].astype("int64") if year is not None else ONE_YEAR
    keys = pd.DataFrame({"sample": "all", "unit": frame[unit].astype(str), "year": years, "n_firms": 1})
    if (repeated := keys.duplicated(["unit", "year"])).any():
        row = keys[repeated].iloc[0]
        place = row["unit"] if year is None else f"{row['unit']}, {row['year']}"
        raise DataError(
            f"{place} appears twice; one row per unit{'' if year is None else ' and year'} is needed",
            zh=f"{place} 出现两次;每个单元{'' if year is None else '每年'}应只有一行",
            location="frame",
        )
    try:
        values = frame[list(columns)].astype("float64")
    except (TypeError, ValueError) as fault:
        raise DataError(
            f"an indicator holds no numbers: {fault}", zh=f"指标列中有不是数字的值:{fault}", location="frame"
        ) from fault
    return pd.concat([keys, values], axis=1)


def _unit_names(frame: pd.DataFrame, unit: str, group: str | None) -> pd.DataFrame:
    """unit, unit_zh, unit_en, group ('' where none) of each unit; DataError for a unit in two groups."""
    if group is not None and group not in frame.columns:
        en, zh = unknown("column", group, map(str, frame.columns), kind_zh="列")
        raise DataError(en, zh=zh, location="frame")
    groups = frame[group].fillna("").astype(str) if group is not None else ""
    names = (
        pd.DataFrame({"unit": frame[unit].astype(str), "group": groups}).drop_duplicates().sort_values("unit", ignore_index=True)
    )
    if (repeated := names.duplicated("unit")).any():
        unit_id = names.loc[repeated, "unit"].iloc[0]
        raise DataError(f"{unit_id} is in two groups", zh=f"{unit_id} 属于两个组", location="frame")
    return names.assign(unit_zh=names["unit"], unit_en=names["unit"])


def _result(index: Index, *, has_years: bool) -> IndexResult:
    tables = [
        index.scores[SCORE_COLUMNS],
        index.weights[WEIGHT_COLUMNS],
        index.indicators[INDICATOR_COLUMNS].sort_values(["unit", "year", "indicator"], ignore_index=True),
        _contributions(index),
    ]
    if not has_years:
        tables = [table.drop(columns="year") for table in tables]
    return IndexResult(index.design.tree.root, *tables)


def _contributions(index: Index) -> pd.DataFrame:
    """Points of the root's score that go through each leaf: 100 x its shares on the way up x its normalised value."""
    design, arrays = index.design, index.arrays_by_sample["all"]
    names = ["unit", "year", "indicator", "contribution"]
    if not all(family.additive for family in design.families):
        return pd.DataFrame(columns=names)
    shape = (len(design.years), len(index.units))
    share_of_node = {design.tree.root: np.ones(shape)}
    for family in reversed(design.families):
        for position, child in enumerate(family.children):
            share_of_node[child] = share_of_node[family.node] * np.broadcast_to(arrays.shares[family.node][..., position], shape)
    scored_leaves = [leaf for leaf in design.leaves if leaf in share_of_node]
    points = np.stack(
        [100 * share_of_node[leaf] * np.nan_to_num(arrays.normalised[..., design.leaves.index(leaf)]) for leaf in scored_leaves],
        axis=-1,
    )
    points[np.isnan(arrays.scores[design.tree.root])] = np.nan
    grid = pd.MultiIndex.from_product([design.years, index.units, scored_leaves], names=["year", "unit", "indicator"])
    rows = pd.DataFrame({"contribution": points.ravel()}, index=grid).reset_index()
    return rows[names].sort_values(["unit", "year"], kind="stable", ignore_index=True)
