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
from .scoring_plan import ScoringPlan

Array = NDArray[np.float64]
Row = dict[str, Any]
LISTED_LOCATIONS = 6


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

    def unit(self, unit_index: int) -> Row:
        """Cells that name the unit at a place."""
        unit = self.units[unit_index]
        return {"unit": unit, "unit_zh": self.unit_names[unit].zh, "unit_en": self.unit_names[unit].en}


def score_panel_of(study: Study, index: Index) -> ScorePanel:
    """The comparable scores of sample `all`: a score that is too thinly covered to be ranked is left out (NaN)."""
    index_arrays_of_sample, rank_from = index.arrays_by_sample["all"], study.weighting.coverage.rank_from
    node_coverage = coverage(index.design, index_arrays_of_sample)
    unit_labels = index.scores[["unit", "unit_zh", "unit_en"]].drop_duplicates("unit")
    return ScorePanel(
        years=index.design.years,
        units=index.units,
        values={
            n: np.where(node_coverage[n] >= rank_from, index_arrays_of_sample.scores[n], np.nan) for n in index.design.tree.inner
        },
        labels=node_labels(study),
        unit_names={unit: Label(zh=str(zh), en=str(en)) for unit, zh, en in unit_labels.itertuples(index=False)},
    )


def node_values(design: ScoringPlan, index_arrays_of_sample: IndexArrays, node: str) -> Array:
    """A node's scores, or a leaf's normalised values, (T, U)."""
    return (
        index_arrays_of_sample.scores[node]
        if node in index_arrays_of_sample.scores
        else index_arrays_of_sample.normalised[..., design.leaves.index(node)]
    )


def global_shares(design: ScoringPlan, index_arrays_of_sample: IndexArrays) -> dict[str, Array]:
    """Every node's share in the whole, the product of shares down the tree, (T or 1, U or 1)."""
    share_of_node = {design.tree.root: np.ones((1, 1))}
    for family in reversed(design.families):
        for child_position, child in enumerate(family.children):
            share_of_node[child] = share_of_node[family.node] * index_arrays_of_sample.shares[family.node][..., child_position]
    return share_of_node


def table(table_name: str, result_rows: Sequence[Row] | pd.DataFrame) -> pd.DataFrame:
    """The rows as a published table, with its header where there are none; key columns of text that are absent are empty."""
    contract = TABLES[table_name]
    frame = pd.DataFrame(result_rows, columns=list(contract.columns))
    text_columns = [column for column in contract.key if contract.columns[column].startswith("text")]
    frame[text_columns] = frame[text_columns].astype(object).where(frame[text_columns].notna(), "")
    return conform(table_name, frame)


@dataclass(frozen=True)
class RefusableItem:
    """Something reported about an index: its id and name, the table it goes to, and what would make it possible."""

    id: str
    table: str
    label: Label
    mend: Label


@dataclass
class Refusals:
    """What could not be made and why; nodes and years refused for the same reason share a row of `not_made`."""

    locations_by_reason: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    @contextmanager
    def refusing(self, location: str, *refusable_items: RefusableItem) -> Iterator[None]:
        """Notes an EstimationError raised inside as the reason why these items are missing there, and goes on."""
        try:
            yield
        except EstimationError as fault:
            for refusable_item in refusable_items:
                reason_key = (
                    refusable_item.table,
                    refusable_item.label.zh,
                    refusable_item.label.en,
                    fault.zh,
                    fault.en,
                    refusable_item.mend.zh,
                    refusable_item.mend.en,
                )
                self.locations_by_reason.setdefault(reason_key, []).append(location)

    @property
    def rows(self) -> list[Row]:
        """Rows of `not_made`."""
        return [
            _not_made_row(*reason_key, locations=_location_list(list(dict.fromkeys(locations))))
            for reason_key, locations in self.locations_by_reason.items()
        ]


def _location_list(locations: list[str]) -> str:
    extra_places = f" ... ({len(locations)})" if len(locations) > LISTED_LOCATIONS else ""
    return ", ".join(locations[:LISTED_LOCATIONS]) + extra_places


def _not_made_row(
    table_name: str, zh: str, en: str, reason_zh: str, reason_en: str, mend_zh: str, mend_en: str, *, locations: str
) -> Row:
    return {
        "table": table_name,
        "reason_zh": f"{zh}({locations}):{reason_zh}",
        "reason_en": f"{en} ({locations}): {reason_en}",
        "mend_zh": mend_zh,
        "mend_en": mend_en,
    }
