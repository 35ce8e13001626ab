"""Recorded interventions, the parts of a difference, exact intervals, and alarms held against a dated event."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.lists.alarm_history import exact_interval, history_rows
from hqd_index.lists.alerts import watch
from hqd_index.lists.policy_loop import PolicyRecords, policy_records, policy_rows
from hqd_index.lists.score_cubes import ScoreCube
from hqd_index.tables import check, conform, of_rows

from .frames import frames, study

EXACT = 1e-9
YEARS = np.arange(2010, 2020)
UNITS = tuple(f"C{13 + k}" for k in range(30))


def economy(own: float = 0.3, spillover: float = 0.2, noise: float = 0.05, seed: int = 3):
    """Scores of all firms and of the never-recognised, densities that rise in units with an intervention each year from 2014."""
    generator = np.random.default_rng(seed)
    chosen = (generator.random((30, 10)) < 0.4) & (YEARS >= 2014)
    density = np.cumsum(chosen * generator.uniform(1, 3, (30, 10)), axis=1)
    lagged = np.c_[np.zeros(30), density[:, :-1]]
    level = generator.normal(50, 3, (30, 1))
    never = level + spillover * lagged + generator.normal(0, noise, (30, 10))
    return ScoreCube(("hqd",), UNITS, YEARS, (never + own * lagged)[None]), never, density, chosen


def test_parts_add_up_and_are_those_planted():
    cube, never, density, chosen = economy()
    earlier = cube.values[0] - 0.5 * chosen  # since then the selected were revised upwards by 0.5
    rows = pd.DataFrame(policy_rows(cube, density, 1, never, PolicyRecords(chosen, 10.0 * chosen, earlier)))
    check("evaluation", conform("evaluation", of_rows("evaluation", rows.to_dict("records"))))
    by_year = rows[rows["quantity"] != "unit_change"].pivot(index="year", columns="quantity", values="value")
    parts = by_year[["part_composition", "part_effect", "part_remainder"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(by_year["difference"].to_numpy(), abs=EXACT)
    assert by_year["part_revision"].to_numpy() == pytest.approx(0.5, abs=EXACT)
    share = by_year["part_composition"] / by_year["difference"]
    assert share.mean() == pytest.approx(0.6, abs=0.1) and by_year["part_remainder"].abs().max() < 0.1
    assert by_year["budget"].to_numpy() == pytest.approx([10.0 * chosen[:, year - 2010].sum() for year in by_year.index])


def test_interventions_are_read_by_unit_and_year_and_decide_who_is_selected():
    cube, _, _, chosen = economy()
    unit, year = np.nonzero(chosen)
    table = pd.DataFrame({"industry_code": np.array(UNITS)[unit], "year": YEARS[year], "money": 2.0})
    scores = pd.DataFrame({"industry_code": UNITS, "year": 2015, "node": "hqd", "score": cube.values[0, :, 5]})
    asked = study(policy={"interventions": "support", "budget": "money", "earlier": "past"})
    engine = open_engine()
    tables = {"support": engine.scan(table, "support"), "past": engine.scan(scores, "past")}
    records, absences = policy_records(asked, engine, tables, cube)
    assert np.array_equal(records.interventions, chosen) and np.nansum(records.budgets) == 2.0 * chosen.sum() and not absences
    assert np.array_equal(records.earlier[:, 5], cube.values[0, :, 5]) and np.isnan(records.earlier[:, 4]).all()
    without, missing = policy_records(study(), engine, tables, cube)
    assert without == PolicyRecords() and len(missing) == 2


def test_exact_intervals_are_those_of_the_binomial():
    """Clopper-Pearson of 0, 3 and 10 of 10: 0-0.3085, 0.0667-0.6525, 0.6915-1 (published tables)."""
    wanted = {0: (0, 0.3085), 3: (0.0667, 0.6525), 10: (0.6915, 1)}
    for count, ends in wanted.items():
        assert exact_interval(count, 10) == pytest.approx(ends, abs=5e-5)
    assert np.isnan(exact_interval(0, 0)).all()


def test_an_event_has_more_alarms_than_other_years():
    """In 2018 a third of the series fall by 12 SD: a third have an alarm that begins then, hardly any in other years."""
    generator = np.random.default_rng(5)
    values = generator.normal(size=(30, 10))
    values[:10, 8] += 12  # smo2 is days: more is worse
    rows = pd.DataFrame({"unit": np.repeat(UNITS, 10), "year": np.tile(YEARS, 30), "raw": 60 + values.ravel()})
    said = study(alerts={"events": {"embargo": {"year": 2018, "label": {"zh": "禁运", "en": "embargo"}},
                                    "crisis": {"year": 1997, "label": {"zh": "危机", "en": "crisis"}}}})  # fmt: skip
    made = watch(said, frames(indicators=rows.assign(sample="all", indicator="smo2"))["indicators"])
    history = pd.DataFrame(history_rows(made.cube, made.rules, said.lists.alerts)).set_index(["quantity", "node"])
    event = history.loc[("event_alarms", "embargo")]
    assert event["low"] > 0.05 > event["expected"] and event["n"] == 60  # two years of thirty series
    assert history.loc[("event_delay", "embargo"), "value"] < 0.3 and ("event_alarms", "crisis") not in history.index
    assert history.loc[("red_share", "level"), "n"] == 150
