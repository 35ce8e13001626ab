"""Every list says who acts on it, in both languages; of alarms of one colour the latest come first."""

import pandas as pd

from hqd_index.report.grids.published_grids import ACTORS, published_grid
from hqd_index.report.results import Results
from hqd_index.tables import conform

from .conftest import MANIFEST, invented, study

LISTS = ("priority", "alerts", "whatif", "candidates", "growth_stages", "evaluation")


def test_lists_name_who_acts_and_new_alarms_come_first():
    assert tuple(ACTORS) == LISTS and all(
        actor.zh.startswith("适用者") and actor.en.startswith("For ") for actor in ACTORS.values()
    )
    row = {"unit": "C13", "unit_zh": "甲", "unit_en": "A", "node_zh": "指标", "node_en": "x", "year": 2024, "alarm": 3}
    row |= {"score": 9.0, "threshold": 3.5, "bad_side": "high", "evidence": "indicators.csv", "value": 1.0, "as_bad": 0.1}
    rows = [
        row | {"kind": "level", "node": "old", "first_year": 2012},
        row | {"kind": "peers", "node": "new", "first_year": 2024, "score": 4.0},
    ]
    tables = {**invented(), "alerts": conform("alerts", pd.DataFrame(rows))}
    grid = published_grid("alerts")(Results(study(), tables, MANIFEST))
    assert grid is not None and grid.note.zh.startswith(ACTORS["alerts"].zh) and grid.note.en.startswith(ACTORS["alerts"].en)
    assert ["new" in str(line) for line in grid.rows] == [True, False]
