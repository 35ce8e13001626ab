"""Does the slope of density change where another variable passes a threshold? Hansen 1999, beside the headline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from ...errors import EstimationError
from ...study.records import ThresholdVariable
from ..headline import Headline
from ..kernels.inference import random_stream
from ..kernels.specification import Estimate
from ..kernels.threshold import Threshold, threshold_estimate
from ..model_rows import Mend, Row, Rows, merged_rows, not_made, outcome_key

THRESHOLD_MEND: Mend = (
    "换用在多数单位-年有取值、取值足够多的门槛变量,或减小 trim",
    "take a threshold variable with values in most unit-years and enough of them, or a smaller trim",
)
BELOW, ABOVE = "density_below", "density_above"
RESAMPLING = {
    "units": "残差按单位整体重抽(Hansen 1999) / residuals of whole units drawn again (Hansen 1999)",
    "signs": "非平衡面板:单位残差随机变号 / unbalanced panel: signs of whole units' residuals drawn",
}
NO_THRESHOLD = (
    "不拒绝只有一个区间:门槛值及两个斜率不作解读 / "
    "one regime is not rejected: neither the threshold nor the two slopes are to be read"
)


def thresholds(headline: Headline) -> Rows:
    """The root of each sample by each variable of `thresholds` in turn."""
    rows: list[Mapping[str, list[Row]]] = []
    for name, choice in headline.study.regressions.thresholds.items():
        try:
            rows.append({"thresholds": list(_variable_rows(headline, name, choice))})
        except EstimationError as fault:
            reason = EstimationError(f"threshold {name}: {fault.en}", zh=f"门槛 {name}:{fault.zh}")
            rows.append({"not_made": not_made(("thresholds",), reason, THRESHOLD_MEND)})
    return merged_rows(rows)


def _variable_rows(headline: Headline, name: str, choice: ThresholdVariable) -> Iterator[Row]:
    if name not in headline.rows or headline.rows[name].isna().all():
        raise EstimationError("no value in the rows of the headline", zh="在主设定的样本中没有取值")
    for sample in headline.sample.samples:
        column = headline.sample.root_column(sample)
        spec = replace(headline.estimate.spec, outcomes=(column,))
        rng = random_stream(headline.seed, "threshold", name, column)
        fitted = threshold_estimate(
            headline.rows, spec, name, outcome=column, trim=choice.trim, draws=choice.draws, level=headline.level, rng=rng
        )
        regimes = fitted.rows.assign(**{
            BELOW: fitted.rows[spec.density] * (fitted.rows[name] <= fitted.threshold),
            ABOVE: fitted.rows[spec.density] * (fitted.rows[name] > fitted.threshold),
        })  # fmt: skip
        two_slopes = replace(spec, id=f"{spec.id}_threshold_{name}", density=BELOW, controls=(ABOVE, *spec.controls))
        estimate = headline.estimate_of(regimes, two_slopes)
        key = outcome_key(headline.estimate, column) | {"variable": name, "n_obs": fitted.n, "n_clusters": fitted.g}
        yield from (key | row for row in _rows(fitted, estimate, 1 - headline.level))


def _rows(fitted: Threshold, estimate: Estimate, alpha: float) -> Iterator[Row]:
    """The threshold with its region, the test of one regime, the slope of each regime and the curve of LR."""
    note = NO_THRESHOLD if fitted.p > alpha else ""
    yield {"quantity": "threshold", "estimate": fitted.threshold, "ci_low": fitted.low, "ci_high": fitted.high, "note": note}
    yield {"quantity": "f", "estimate": fitted.f, "p": fitted.p, "note": f"{fitted.draws}: {RESAMPLING[fitted.resampling]}"}
    for quantity, value in zip(("critical_10", "critical_5", "critical_1"), fitted.critical):
        yield {"quantity": quantity, "estimate": float(value)}
    yield {"quantity": "share_below", "estimate": fitted.share_below}
    for term in (BELOW, ABOVE):
        if term not in estimate.terms:
            continue
        k = estimate.terms.index(term)
        yield {
            "quantity": term, "estimate": float(estimate.coefficient[k, 0]), "se_cv3": float(estimate.se_cv3[k, 0]),
            "p": float(estimate.p_cv3[k, 0]), "ci_low": float(estimate.low[k, 0]), "ci_high": float(estimate.high[k, 0]),
            "note": note,
        }  # fmt: skip
    for value, ratio in zip(fitted.candidates, fitted.likelihood_ratio):
        if np.isfinite(ratio):
            yield {"quantity": "likelihood_ratio", "at": float(value), "estimate": float(ratio)}
