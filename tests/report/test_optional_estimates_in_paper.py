"""Instruments and thresholds among the robustness checks of the paper: what is there, and what is not to be read."""

from __future__ import annotations

import pandas as pd
import pytest

from hqd_index.report.paper.optional_estimates import robustness_lines
from hqd_index.report.results import Results
from hqd_index.study.varied_study import vary

from .conftest import MANIFEST

LABEL = {"zh": "名额", "en": "Quota"}
SETTINGS = {
    "regressions.instruments": {
        "quota": {
            "table": "t",
            "formula": "avg(q)",
            "label": LABEL,
            "exclusion": "名额由抽签决定，与行业趋势无关 / drawn by lot, unrelated to trends",
        }
    },
    "regressions.thresholds": {"finance": {"table": "t", "formula": "avg(f)", "label": {"zh": "金融", "en": "Finance"}}},
}
KEY = {"spec": "twfe", "sample": "all", "outcome": "hqd"}


@pytest.mark.parametrize(("effective_f", "p_one_regime"), [(50.0, 0.01), (5.0, 0.4)])
def test_a_weak_instrument_has_its_set_alone_and_one_regime_no_line(
    results: Results, effective_f: float, p_one_regime: float
) -> None:
    values = {"estimate": 0.0123, "effective_f": effective_f, "effective_f_critical": 23.1, "ar_p": 0.03}
    values |= {"ar_low": 0.001, "ar_high": float("inf")}
    instrumented = [KEY | {"method": "iv_quota", "quantity": quantity, "value": value} for quantity, value in values.items()]
    regimes = [{"quantity": "f", "estimate": 30.0, "p": p_one_regime}]
    regimes += [
        {"quantity": f"density_{side}", "estimate": b, "p": 0.02, "ci_low": b - 0.001, "ci_high": b + 0.001}
        for side, b in (("below", 0.002), ("above", 0.006))
    ]
    regimes.append({"quantity": "likelihood_ratio", "at": 0.5, "estimate": 3.0})
    thresholds = pd.DataFrame([KEY | {"variable": "finance", "at": None, "n_obs": 60} | row for row in regimes])
    tables = {**results.tables, "endogeneity": pd.DataFrame(instrumented), "thresholds": thresholds.astype({"at": float})}
    lines = list(robustness_lines(Results(vary(results.study, SETTINGS), tables, MANIFEST), 4))
    by_instrument = lines[0]
    assert by_instrument[0].en == "instrument: Quota" and by_instrument[5] == "0.030"  # type: ignore[union-attr]
    if effective_f > 23.1:
        assert [line[2] for line in lines] == ["1.2300", "0.2000", "0.6000"] and lines[1][6] == "60"
        assert lines[2][4] == "[0.5000, 0.7000]"
    else:
        assert len(lines) == 1 and by_instrument[2] == ""
    assert str(by_instrument[4]).startswith("[0.1000, ")
