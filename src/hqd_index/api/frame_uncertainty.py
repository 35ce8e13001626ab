"""How sure the ranks of a frame's index are: designs, weights and nodes left out, as `hqd run` does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..index.uncertainty.rank_uncertainty import uncertainty as study_uncertainty
from ..one_thread import one_thread
from .frame_index import FrameStudy, frame_study

SHOWN_ROWS = 10
TABLES = ("ranks", "acceptability", "pairs", "sensitivity", "designs", "left_out", "summary")


@dataclass(frozen=True)
class UncertaintyResult:
    """Tables in the columns of the published ones.

    `ranks` (unit, year, rank, low, high ...), `acceptability` (chance of the first places), `pairs` (how often one unit is
    before another), `sensitivity` (Sobol' indices of each choice), `designs`, `left_out` (ranks without each node), `summary`.
    """

    ranks: pd.DataFrame
    acceptability: pd.DataFrame
    pairs: pd.DataFrame
    sensitivity: pd.DataFrame
    designs: pd.DataFrame
    left_out: pd.DataFrame
    summary: pd.DataFrame

    def __repr__(self) -> str:
        return f"ranks and their intervals, {len(self.designs)} designs\n{self._last_year().head(SHOWN_ROWS)}"

    def _repr_html_(self) -> str:
        return self._last_year().head(SHOWN_ROWS).to_html(index=False)

    def _last_year(self) -> pd.DataFrame:
        rows = self.ranks[self.ranks["year"] == self.ranks["year"].max()] if "year" in self.ranks else self.ranks
        return rows[["unit", "rank", "low", "high"]].sort_values(["rank", "unit"], ignore_index=True)


def uncertainty(
    frame: pd.DataFrame,
    tree: Mapping[str, Any],
    design: Mapping[str, Any] | None = None,
    *,
    draws: int = 2_000,
    alternatives: Mapping[str, Sequence[Any]] | None = None,
    weights: Mapping[str, Any] | None = None,
    leave_out: Sequence[str] | None = None,
    seed: int = 0,
    directions: Mapping[str, Any] | None = None,
    levels: Sequence[str] | None = None,
    unit: str = "unit",
    year: str | None = None,
    group: str | None = None,
) -> UncertaintyResult:
    """The spread of the ranks of `build_index(frame, tree, design)` over other designs and weights.

    `alternatives`: as in uncertainty.yaml, a path such as "weighting.normalise" -> choices; `weights`: Dirichlet draws around the
    weights, `{"concentration": 100}`; `leave_out`: levels whose nodes are left out in turn, the lowest by default. Firms are
    not drawn: a frame has none. Faults of ConfigError for choices that fit no design.
    """
    prepared = frame_study(frame, tree, design, directions=directions, levels=levels, unit=unit, year=year, group=group)
    settings = {
        "version": 1,
        "draws": draws,
        "alternatives": {path: list(choices) for path, choices in (alternatives or {}).items()},
        "weights": dict(weights) if weights is not None else {"concentration": 100},
        "leave_out": list(leave_out) if leave_out is not None else [prepared.levels[0]],
        "firms": {"draws": 0},
    }
    study = prepared.with_uncertainty(settings, seed)
    with one_thread():
        tables = study_uncertainty(study, prepared.panel, prepared.unit_names, None)
    return _result(tables, prepared)


def _result(tables: Mapping[str, pd.DataFrame], prepared: FrameStudy) -> UncertaintyResult:
    frames = [tables["uncertainty_summary" if name == "summary" else name] for name in TABLES]
    if not prepared.has_years:
        frames = [frame.drop(columns="year", errors="ignore") for frame in frames]
    return UncertaintyResult(*frames)
