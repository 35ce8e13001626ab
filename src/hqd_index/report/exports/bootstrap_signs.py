"""The signs that the headline's bootstrap drew, written out so that another program can repeat its p to the last draw."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...models.kernels.inference import random_stream
from ...models.kernels.wild import draw_signs, is_enumerable
from ..regression_rows import headline_spec
from ..results import Results


def sign_lines(results: Results) -> Iterator[str]:
    """A header and a line for each draw: 1 or 0 for the sign of each cluster, in the order of unit_id.

    Nothing where all sign vectors are enumerated, where weights are not signs, or without a headline.
    """
    rows, inference = results.table("regressions"), results.study.regressions.inference
    spec = headline_spec(results)
    rows = rows[rows["spec"] == spec] if len(rows) else rows
    if rows.empty or inference.weights != "rademacher":
        return
    clusters = int(rows["n_clusters"].iloc[0])
    if is_enumerable(clusters, inference.draws, inference.weights):
        return
    signs = draw_signs(clusters, inference.draws, inference.weights, random_stream(results.study.study.seed, "wild", str(spec)))
    yield "signs"
    digits = np.where(signs.vectors > 0, "1", "0")
    yield from digits.view(f"U{clusters}").ravel()
