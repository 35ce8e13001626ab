"""The signs that the headline's bootstrap drew, written out so that another program can repeat its p to the last draw."""

from __future__ import annotations

from collections.abc import Iterator

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
    yield from ("".join("1" if cluster_sign > 0 else "0" for cluster_sign in draw) for draw in signs.vectors)
