"""Groups of firms are scored with bounds and weights of the whole index."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hqd_index.index.index_tables import build_index
from hqd_index.index.rescoring import sample_scores

from .small import names, panel, study

UNITS, YEARS = ["a", "b"], [2020, 2021]


def test_the_leave_out_sample_under_another_name_has_its_scores() -> None:
    rng = np.random.default_rng(0)
    said = study({"top": {"one": ["a1", "a2"], "two": ["b1", "b2"]}}, levels=["leaves", "parts"])
    leaves, both = list(said.indicators.indicators), {}
    for sample in ("all", "leave_out"):
        both[sample] = panel({leaf: rng.random(4).tolist() for leaf in leaves}, units=UNITS, years=YEARS, sample=sample)
    built = build_index(said, pd.concat(both.values(), ignore_index=True), names(UNITS))
    found = sample_scores(built, both["leave_out"].assign(sample="leaders")).set_index(["unit", "year", "node"])["score"]
    known = built.scores.query("sample == 'leave_out'").set_index(["unit", "year", "node"])["score"]
    assert len(known) and found.reindex(known.index).to_numpy() == pytest.approx(known.to_numpy() / 100)
    cells = built.indicators.query("sample == 'leave_out'").set_index(["unit", "year", "indicator"])["normalised"]
    assert found.reindex(cells.index).to_numpy() == pytest.approx(cells.to_numpy())
    assert sample_scores(built, both["all"].iloc[:0]).empty
