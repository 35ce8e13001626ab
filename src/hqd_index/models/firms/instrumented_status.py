"""Status of firms instrumented: 2SLS of an outcome on being recognised, firm and unit-year effects out, clustered by firm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ..kernels.iv import Instrumented, iv_estimate
from ..kernels.specification import Specification
from .firm_years import INSTRUMENT

STATUS = "recognised"


def instrumented_status(firm_years: pd.DataFrame, outcome: str, *, level: float) -> Instrumented:
    """The effect of the status in force (of ever having been recognised where no status is given).

    EstimationError where the instrument has no value or none of its own beyond the effects.
    """
    if firm_years[INSTRUMENT].isna().all():
        raise EstimationError(f"{outcome}, iv: the instrument has no value", zh=f"{outcome},iv:工具变量没有取值")
    since_first = (firm_years["year"] >= firm_years["first"]).astype(float)
    status = firm_years.get("valid", since_first)
    rows = firm_years.assign(**{STATUS: status.astype(float)})
    rows = rows[np.isfinite(rows[outcome].to_numpy(dtype=float))]
    spec = Specification(f"{outcome}_iv", (outcome,), STATUS, (), ("unit", "cell"))
    try:
        return iv_estimate(rows, spec, [INSTRUMENT], level=level)
    except EstimationError as fault:
        raise EstimationError(f"{outcome}, iv: {fault.en}", zh=f"{outcome},iv:{fault.zh}") from fault
