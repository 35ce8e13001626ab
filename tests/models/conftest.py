"""Fewer draws and fewer analyses where a test asks for one thing; the whole is made once, in `results` of test_regressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hqd_index.models.analyses.headline_tables import ANALYSES

DROP_ONE_DRAWS = 99
"""A verdict without a cluster is judged at alpha .05 and .10 here: p of 99 draws is fine enough."""


@pytest.fixture(scope="package", autouse=True)
def fewer_draws() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("kernels.judgements", "analyses.mode_matrix"):
            patch.setattr(f"hqd_index.models.{module}.DROP_ONE_DRAWS", DROP_ONE_DRAWS)
        yield


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Called with ids of `ANALYSES`, restricts what is made of the headline to these."""

    def restrict(*ids: str) -> None:
        monkeypatch.setattr("hqd_index.models.analyses.headline_tables.ANALYSES", {id: ANALYSES[id] for id in ids})

    return restrict
