"""What-if rows worked by hand: arithmetic on the estimate, ranks with the others as they are, nothing beyond the data."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.lists.whatif import whatif
from hqd_index.tables import check, empty

from .frames import UNITS, frames, study

EXACT = 1e-9
SCORES = [60.0, 50.0, 40.0, 30.0]


def tables(*, grade="description", counts=(4, 2, 1, 0), **changes):
    """Four units of 100 firms; beta 0.01 per unit of density in scores of 0-1, so 1 point; densities seen from 0 to 40."""
    estimate = {
        "spec": "twfe",
        "sample": "all",
        "outcome": "hqd",
        "term": "density",
        "estimate": 0.01,
        "ci_low": 0.004,
        "ci_high": 0.016,
    }
    density = pd.DataFrame({"unit": UNITS, "year": 2020, "n_firms": 100, "n_srdi": counts})
    density = density.assign(density=10.0 * density["n_srdi"], density_lag=[0.0, 10.0, 20.0, 40.0])
    scores = pd.DataFrame({"sample": "all", "unit": UNITS, "year": 2020, "node": "hqd", "score": SCORES, "rank": [1, 2, 3, 4]})
    priorities = pd.DataFrame({"kind": "industry", "node": UNITS, "year": 2020, "vulnerability": 0.5, "centrality": 0.8,
                               "priority": 0.4 * (1 - np.minimum(1, np.array(counts) / 3)), "target": 3})  # fmt: skip
    verdicts = pd.DataFrame({"hypothesis": ["H1"], "spec": "twfe", "sample": "all", "grade": grade})
    given = {
        "regressions": pd.DataFrame([estimate]), "hypotheses": verdicts, "density": density, "priority": priorities,
        "scores": scores.assign(unit_zh=scores["unit"], unit_en=scores["unit"]),
    }  # fmt: skip
    return frames(**given | changes)


def rows(given, **lists):
    made, absences = whatif(study(**lists), given)
    return check("whatif", made).set_index(["unit", "action"]), absences


def test_two_more_firms_by_hand():
    """C26 (1 of 100 firms): +2 firms are +20 of density: 40 + 20 [8, 32] points: above C17 (50), at best above C13 (60)."""
    made, absences = rows(tables(), whatif={"firms": [2]})
    row = made.loc[("C26", "firms:+2")]
    assert row[["density_new", "score_new", "low", "high"]].tolist() == pytest.approx([30, 60, 48, 72], abs=EXACT)
    assert row[["rank", "rank_new", "rank_best", "rank_worst"]].tolist() == [3, 1, 1, 3]  # at 60 it shares the first place
    assert row["priority_new"] == 0 and row["priority"] == pytest.approx(0.4 * 2 / 3, abs=EXACT)
    assert row["effect_year"] == 2021 and "not a forecast" in row["reading_en"] and not absences


def test_fewer_firms_turn_the_interval():
    row = rows(tables(), whatif={"firms": [-1]})[0].loc[("C13", "firms:-1")]
    assert row[["score_new", "low", "high"]].tolist() == pytest.approx([50, 44, 56], abs=EXACT)
    assert row["action_en"] == "remove 1 firm"


def test_beyond_the_data_it_is_refused():
    made, _ = rows(tables(), whatif={"firms": [1, -1]})
    beyond, none = made.loc[("C13", "firms:+1")], made.loc[("C39", "firms:-1")]
    assert beyond["refused"] and np.isnan(beyond["score_new"]) and "50.00 lies outside the 0.00 to 40.00" in beyond["reading_en"]
    assert none["refused"] and none["reading_en"] == "there are not so many SRDI firms"
    assert not made.loc[("C17", "firms:+1"), "refused"]


def test_a_density_is_set_and_has_no_count():
    row = rows(tables(), whatif={"firms": [], "percentiles": [50]})[0].loc[("C39", "density:p50")]
    assert row["density_new"] == 15 and row["score_new"] == pytest.approx(45, abs=EXACT) and np.isnan(row["priority_new"])


def test_inverse_sine_of_the_count():
    base = study(whatif={"firms": [2]})
    density = base.regressions.density.model_copy(update={"measure": "ihs"})
    ihs = base.model_copy(update={"regressions": base.regressions.model_copy(update={"density": density})})
    made = check("whatif", whatif(ihs, tables())[0]).set_index(["unit", "action"])
    assert made.loc[("C26", "firms:+2"), "density_new"] == pytest.approx(np.arcsinh(3), abs=EXACT)


def test_the_grade_is_that_of_the_headline():
    assert rows(tables(grade="credible"))[0]["reading_en"].str.contains("credible").any()


@pytest.mark.parametrize("table", ["regressions", "scores"])
def test_without_an_estimate_or_scores_there_is_a_reason(table):
    made, absences = whatif(study(), tables(**{table: empty(table)}))
    assert made.empty and [absence.table for absence in absences] == ["whatif"]


def test_units_that_are_no_nodes_have_no_priority():
    """Provinces as units, or no chain tables at all."""
    made, _ = rows(tables(priority=empty("priority")), whatif={"firms": [2]})
    assert made["priority_new"].isna().all() and made["priority"].isna().all()
    assert made.loc[("C26", "firms:+2"), "score_new"] == pytest.approx(60, abs=EXACT)
