"""Stages by the signs of cash flows, and by age and growth where there are none."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.lists.firm_frame import CASH_FLOWS, firm_frame
from hqd_index.lists.growth_stages import DICKINSON, age_growth_stages, cash_flow_signs, growth_stages
from hqd_index.study.records import StageRules
from hqd_index.tables import check, empty

from .frames import frames, study
from .test_candidates import firms


def test_every_pattern_of_signs_has_one_stage():
    """Dickinson 2011, table 1: one pattern of introduction, growth and mature, three of shake-out, two of decline."""
    assert set(DICKINSON) == {"".join(signs) for signs in product("+-", repeat=3)}
    counts = pd.Series(DICKINSON).value_counts().to_dict()
    assert counts == {"introduction": 1, "growth": 1, "mature": 1, "shakeout": 3, "decline": 2}
    assert (DICKINSON["--+"], DICKINSON["+-+"], DICKINSON["+--"], DICKINSON["-++"]) == (
        "introduction",
        "growth",
        "mature",
        "decline",
    )


def test_a_zero_or_blank_has_no_sign():
    flows = pd.DataFrame([(5.0, -1, 2), (0.0, -1, 2), (np.nan, -1, 2)], columns=list(CASH_FLOWS))
    assert cash_flow_signs(flows).tolist() == ["+-+", None, None]


def test_age_comes_before_growth():
    ages, growth = pd.Series([5.0, 6, 6, 6, 6, np.nan]), pd.Series([0.5, 0.1, 0.099, -0.05, np.nan, np.nan])
    stages = age_growth_stages(ages, growth, StageRules())
    assert stages.tolist() == ["introduction", "growth", "mature", "decline", None, None]


@pytest.mark.parametrize("cash", [True, False])
def test_one_basis_for_the_whole_list(cash):
    """SRDI firms and the one candidate; a firm without its cash flows is unclassified, not staged by age."""
    table = firms(number=80)
    if cash:
        blank = table["firm_id"] == "F00001"
        table = table.assign(op_cashflow=1.0, inv_cashflow=-1.0, fin_cashflow=np.where(blank, np.nan, -1.0))
    chosen = empty("candidates").reindex(range(1)).assign(firm_id="F00001")
    with open_engine() as engine:
        made, absences = growth_stages(
            study(), firm_frame(study(), engine, engine.scan(table)), chosen, frames(modes=empty("modes"))
        )
    rows = check("growth_stages", made).set_index("firm_id")
    assert set(rows["basis"]) == ({"cash_flow"} if cash else {"age_growth"}) and (rows["kind"] == "srdi").sum() == 8
    assert rows.loc["F00001", ["kind", "stage"]].tolist() == ["candidate", "unclassified" if cash else "mature"]
    assert set(rows["signs"].dropna()) == ({"(+ - -)"} if cash else set())
    assert bool(absences) != cash and rows["stage"].drop("F00001").eq("mature").all()
