"""An index as arrays by node, and the record of what could not be computed from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import EstimationError
from ..study.records import Label, Study
from ..tables import TABLES, conform
from .build import IndexArrays
from .index_tables import Index, coverage, node_labels
from .scoring_plan import Plan

Array = NDArray[np.float64]
Row = dict[str, Any]
LISTED = 6


@dataclass(frozen=True)
class ScorePanel:
    """Scores (T, U) of every inner node in index units (score / 100), only where coverage suffices to be ranked; names."""

    years: tuple[int, ...]
    units: tuple[str, ...]
    values: Mapping[str, Array]
    labels: Mapping[str, Label]
    unit_names: Mapping[str, Label]

    def node(self, node: str) -> Row:
        """Cells that name a node."""
        return {"node": node, "node_zh": self.labels[node].zh, "node_en": self.labels[node].en}

    def unit(self, place: int) -> Row:
        """Cells that name the unit at a place."""
        unit = self.units[place]
        return {"unit": unit, "unit_zh": self.unit_names[unit].zh, "unit_en": self.unit_names[unit].en}


def score_panel_of(study: Study, index: Index) -> ScorePanel:
    """The comparable scores of sample `all`: a score that is too thinly covered to be ranked is left out (NaN)."""
    computed, rank_from = index.computed["all"], study.weighting.coverage.rank_from
    covered = coverage(index.design, computed)
    unit_labels = index.scores[["unit", "unit_zh", "unit_en"]].drop_duplicates("unit")
    return ScorePanel(
        years=index.design.years,
        units=index.units,
        values={n: np.where(covered[n] >= rank_from, computed.scores[n], np.nan) for n in index.design.tree.inner},
        labels=node_labels(study),
        unit_names={unit: Label(zh=str(zh), en=str(en)) for unit, zh, en in unit_labels.itertuples(index=False)},
    )


def node_values(design: Plan, computed: IndexArrays, node: str) -> Array:
    """A node's scores, or a leaf's normalised values, (T, U)."""
    return computed.scores[node] if node in computed.scores else computed.normalised[..., design.leaves.index(node)]


def global_shares(design: Plan, computed: IndexArrays) -> dict[str, Array]:
    """Every node's share in the whole, the product of shares down the tree, (T or 1, U or 1)."""
    share_of_node = {design.tree.root: np.ones((1, 1))}
    for family in reversed(design.families):
        for position, child in enumerate(family.children):
            share_of_node[child] = share_of_node[family.node] * computed.shares[family.node][..., position]
    return share_of_node


def table(name: str, rows: Sequence[Row] | pd.DataFrame) -> pd.DataFrame:
    """The rows as a published table, with its header where there are none; key columns of text that are absent are empty."""
    contract = TABLES[name]
    frame = pd.DataFrame(rows, columns=list(contract.columns))
    texts = [column for column in contract.key if contract.columns[column].startswith("text")]
    frame[texts] = frame[texts].astype(object).where(frame[texts].notna(), "")
    return conform(name, frame)


@dataclass(frozen=True)
class Item:
    """Something reported about an index: its id and name, the table it goes to, and what would make it possible."""

    id: str
    table: str
    label: Label
    mend: Label


@dataclass
class Refusals:
    """What could not be made and why; nodes and years refused for the same reason share a row of `not_made`."""

    places_by_reason: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    @contextmanager
    def catch(self, place: str, *items: Item) -> Iterator[None]:
        """Notes an EstimationError raised inside as the reason why these items are missing there, and goes on."""
        try:
            yield
        except EstimationError as fault:
            for item in items:
                key = (item.table, item.label.zh, item.label.en, fault.zh, fault.en, item.mend.zh, item.mend.en)
                self.places_by_reason.setdefault(key, []).append(place)

    @property
    def rows(self) -> list[Row]:
        """Rows of `not_made`."""
        return [_missing(*key, places=_listed(list(dict.fromkeys(places)))) for key, places in self.places_by_reason.items()]


def _listed(places: list[str]) -> str:
    extra_places = f" ... ({len(places)})" if len(places) > LISTED else ""
    return ", ".join(places[:LISTED]) + extra_places


def _missing(table: str, zh: str, en: str, why_zh: str, why_en: str, mend_zh: str, mend_en: str, *, places: str) -> Row:
    return {
        "table": table,
        "reason_zh": f"{zh}({places}):{why_zh}",
        "reason_en": f"{en} ({places}): {why_en}",
        "mend_zh": mend_zh,
        "mend_en": mend_en,
    }
