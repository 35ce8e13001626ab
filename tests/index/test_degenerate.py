"""A study with a constant column, an empty one, one cell of 1e6 and negative cells: every step runs and tells each case."""

import warnings

import numpy as np
import pytest

from hqd_index.index.diagnostics.diagnostics_table import diagnostics
from hqd_index.index.dynamics.dynamics_tables import dynamics
from hqd_index.index.index_tables import build_index
from hqd_index.index.uncertainty.rank_uncertainty import FirmDraws, uncertainty

from .small import names, panel, study

UNITS, YEARS = [f"u{k:02d}" for k in range(12)], [2019, 2020, 2021]
TREE = {"top": {"left": ["fine", "constant", "plain", "empty"], "right": ["good", "spike", "nice", "negative"]}}
LEVELS = ["indicators", "parts"]


def sheet():
    random, rows = np.random.default_rng(0), len(UNITS) * len(YEARS)
    columns = {leaf: random.lognormal(size=rows) for leaves in TREE["top"].values() for leaf in leaves}
    columns["constant"][:] = 5.0
    columns["empty"][:] = np.nan
    columns["spike"][7] = 1e6
    columns["negative"] *= -1
    return {leaf: column.tolist() for leaf, column in columns.items()}


def firms(values):
    """Draws of an ordinary column, of the constant one and of the one with the spike."""
    random, leaves = np.random.default_rng(1), ("fine", "constant", "spike")
    cells = np.stack([np.array(values[leaf]).reshape(len(YEARS), -1) for leaf in leaves], axis=-1)
    noise = random.lognormal(0, 0.1, size=(20, *cells.shape)) * (np.array(leaves) != "constant") + (
        np.array(leaves) == "constant"
    )
    return FirmDraws(cells * noise, tuple(YEARS), tuple(UNITS), leaves)


@pytest.mark.parametrize("weight", ["equal", "entropy", "critic"])
def test_such_a_study_runs_whole_and_silently_loses_nothing(weight):
    settings = {
        "draws": 200,
        "alternatives": {
            "weighting.normalise": [{"method": "rank"}],
            "weighting.treat": [{"method": "winsorise", "p": 0.05}, {"method": "signed_log"}],
            "weighting.aggregate.indicators": [{"method": "geometric"}],
        },
    }
    weighting = {"weight": {"indicators": {"method": weight}, "parts": {"method": "equal"}}}
    declared = study(TREE, levels=LEVELS, weighting=weighting, uncertainty=settings)
    values, rows = sheet(), panel(sheet(), units=UNITS, years=YEARS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        index = build_index(declared, rows, names(UNITS))
        told = diagnostics(declared, index)["diagnostics"]
        dynamics(declared, index, None, 1)
        found = uncertainty(declared, rows, names(UNITS), firms(values))
    assert index.scores[["score", "rank", "coverage"]].notna().all(axis=None)
    notes = index.weights.set_index("node")["note"]
    assert notes[["constant", "empty", "spike", "fine"]].to_dict() == {
        "constant": "I-CONST", "empty": "I-EMPTY", "spike": "I-SPIKE", "fine": "",
    }  # fmt: skip
    assert index.weights.set_index("node").loc[["constant", "empty"], "share_local"].eq(0).all()
    flags = told[told["item"] == "column"].groupby("node")["flag"].agg(set)
    wanted = {"constant": "I-CONST", "empty": "I-EMPTY", "spike": "I-SPIKE", "negative": "I-NEGATIVE"}
    assert all(flag in flags[leaf] for leaf, flag in wanted.items())
    assert found["ranks"].notna().all(axis=None)
    summary = found["uncertainty_summary"].query("quantity == 'ranked'")
    assert len(summary) == 4 and summary["value"].eq(1).all()
    shift = found["sensitivity"].query("output == 'mean_shift'")
    assert shift["total"].notna().all() and not shift["note_en"].str.contains("some design|never changes").any()
