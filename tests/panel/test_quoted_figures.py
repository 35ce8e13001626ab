"""Quoted figures beside ours, counted by hand on six firms."""

import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.panel import facts
from hqd_index.panel.quoted_figures import FACTS
from hqd_index.study.srdi_levels import level_bits

from .test_panel import study

FIRMS = pd.DataFrame(
    [
        # firm, year, staff in R&D, staff, certified, digital investment; the last is not recognised
        ("a", 2021, 30, 50, True, 1.0), ("a", 2020, 9, 50, True, 2.0), ("a", 2019, 9, 50, True, 3.0),
        ("b", 2021, 10, 100, False, 1.0), ("b", 2020, 10, 100, False, 0.0), ("b", 2019, 10, 100, False, 3.0),
        ("c", 2021, 5, 50, None, 1.0), ("c", 2020, 5, 50, None, 1.0), ("c", 2019, 5, 50, None, None),
        ("d", 2021, 9, 10, True, 1.0),
    ],
    columns=["firm_id", "year", "rd_staff", "employees", "certified_intl", "digital_invest"],
)  # fmt: skip


def measured(frame: pd.DataFrame, **more: object) -> pd.DataFrame:
    status = (frame["firm_id"] != "d").astype(int) * level_bits(["criteria"])
    with open_engine() as engine:
        table = engine.scan(frame.assign(srdi_levels_valid=status, **more).convert_dtypes(dtype_backend="numpy_nullable"))
        return facts(study(), engine, {"firms": table}).set_index("fact")


def test_counted_by_hand() -> None:
    """Ratios 0.6, 0.1, 0.1 of a, b, c in 2021; a alone invests three years, c is seen investing in two."""
    found = measured(FIRMS)
    assert found["here"]["rd_staff_mean"] == pytest.approx(100 * (0.6 + 0.1 + 0.1) / 3)
    assert found["here"]["rd_staff_pooled"] == pytest.approx(100 * 45 / 200)
    assert found["here"]["rd_staff_above_half"] == pytest.approx(100 / 3)
    assert (found["here"]["certified"], found["n_firms"]["certified"]) == (50.0, 2)
    assert (found["here"]["digital_three_years"], found["n_firms"]["digital_three_years"]) == (50.0, 2)
    assert set(found["year"]) == {2021} and found["paper"]["certified"] == 67.1


def test_what_the_data_lack_is_said() -> None:
    found = measured(FIRMS.drop(columns="certified_intl"))
    assert set(found.index) == set(FACTS)
    for id in ("certified", "manufacturers", "suppliers"):
        assert pd.isna(found["here"][id]) and found["note_zh"][id] and found["note_en"][id]


def test_no_status_no_facts() -> None:
    with open_engine() as engine:
        assert facts(study(), engine, {"firms": engine.scan(FIRMS)}).empty and facts(study(), engine, {}).empty
