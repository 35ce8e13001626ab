"""Is it the density that moves the index? Long difference and a shift-share instrument, with measures of how weak it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ..estimation_sample import base_year
from ..firms.firm_cells import policy_exposure
from ..headline import Headline
from ..kernels.iv import STOCK_YOGO, WORST_BIAS, Instrumented, iv_estimate
from ..kernels.shift_share import ShiftShare, shift_share
from ..kernels.specification import Specification
from ..model_rows import Mend, Row, Rows, merged_rows, not_made, outcome_key, regression_rows

CELLS_MEND: Mend = ("提供含行业、省份与专精特新状态的企业表", "give a firm table with industry, province and SRDI status")
INSTRUMENT_MEND: Mend = (
    "换用与密度有关、在固定效应之外有变动的工具变量,或补充其数据",
    "take an instrument that is related to density and varies beyond the fixed effects, or complete its data",
)
INSTRUMENT_PREFIX = "iv_"  # of the method, before the instrument's name
WEAK = (
    "弱工具变量:只读 Anderson-Rubin 区间,不读 2SLS 及其标准误 / "
    "weak instrument: read the Anderson-Rubin set alone, neither 2SLS nor its error"
)
LARGEST_WEIGHTS = 5
WRONG_SIGN = (
    "符号不对:别处的认定应当提高密度,该工具变量不能解读 / "
    "wrong sign: recognitions elsewhere should raise density; this instrument is not to be read"
)


def long_difference(
    observations: pd.DataFrame, spec: Specification, first_year: int, last_year: int
) -> tuple[pd.DataFrame, Specification]:
    """One row per unit: changes between two years of outcomes, density and controls; a constant takes the common change."""
    columns = [*spec.outcomes, *spec.regressors]
    first_and_last_year = observations.set_index(["unit", "year"])[columns].astype(float)
    differences = (
        (first_and_last_year.xs(last_year, level="year") - first_and_last_year.xs(first_year, level="year"))
        .dropna()
        .reset_index()
    )
    return differences, replace(spec, id=f"{spec.id}_long_difference", fixed_effects=(), subset=f"{first_year}-{last_year}")


def long_difference_regressions(headline: Headline) -> Rows:
    """The long difference; without controls when there are not units enough for them (two per parameter)."""
    years = headline.years
    if years is None:
        raise EstimationError("long difference: one year only", zh="长差分:只有一年")
    differences, spec = long_difference(headline.rows, headline.specification, years.first, years.last_year)
    if len(differences) < 2 * (len(spec.controls) + 2):
        spec = replace(spec, controls=())
    return {"regressions": list(regression_rows(headline.estimate_of(differences, spec), headline.density, headline.sample))}


def instrument(headline: Headline) -> Rows:
    """The root of each sample, density instrumented by other units' recognitions where its firms are."""
    if headline.inputs.firm_cells.empty:
        raise EstimationError("shift-share: no firms by industry and province", zh="份额移动工具变量:没有分行业、省份的企业")
    return {"endogeneity": list(_instrument_rows(headline))}


def _instrument_rows(headline: Headline) -> Iterator[Row]:
    observations, spec, cells = headline.rows, headline.estimate.spec, headline.inputs.firm_cells
    lag, shock = headline.density.lag, str(cells["kind"].iloc[0])
    exposure = policy_exposure(cells, base_year=base_year(observations, spec.density) - lag, lag=lag)
    for sample in headline.sample.samples:
        column = headline.sample.root_column(sample)
        one_outcome_spec = Specification(spec.id, (column,), spec.density, spec.controls, spec.fixed_effects, spec.cluster)
        shift_share_estimate = shift_share(observations, one_outcome_spec, exposure, level=headline.level)
        for quantity, statistic, note in _quantities(shift_share_estimate, shock):
            yield outcome_key(headline.estimate, column) | {
                "method": "shift_share", "quantity": quantity, "value": statistic, "note": note,
            }  # fmt: skip


def _quantities(shift_share_estimate: ShiftShare, shock: str) -> Iterator[tuple[str, float, str]]:
    iv = shift_share_estimate.iv
    weakness_note = f"weak below about 10 (effective F); Stock-Yogo {STOCK_YOGO} holds for iid errors only"
    yield from _iv_quantities(iv, weakness_note, wrong_sign=WRONG_SIGN if iv.first_stage[0] <= 0 else "")
    yield "se_akm", shift_share_estimate.se_akm, f"clustered by {shock}"
    yield from _outer_ends("akm0", shift_share_estimate.akm0)
    yield (
        "effective_shocks",
        shift_share_estimate.effective_shocks,
        f"{len(shift_share_estimate.rotemberg)} shocks ({shock}): a weak design with about 30",
    )
    for i, row in shift_share_estimate.rotemberg.head(LARGEST_WEIGHTS).iterrows():
        yield f"rotemberg_{int(str(i)) + 1}", float(row["weight"]), f"{row['shock']}: own estimate {row['estimate']:.4g}"


def _iv_quantities(iv: Instrumented, weakness_note: str, *, wrong_sign: str = "") -> Iterator[tuple[str, float, str]]:
    """What any instrument is reported with, in this order."""
    yield "ols", iv.ols, ""
    yield "estimate", iv.estimate, f"2SLS; {wrong_sign}" if wrong_sign else "2SLS"
    yield "se_cv1", iv.se, ""
    yield "first_stage", float(iv.first_stage[0]), wrong_sign
    yield "first_stage_f", iv.f, "cluster-robust; the Kleibergen-Paap F with one endogenous regressor"
    yield "effective_f", iv.f_effective, weakness_note
    yield "kp_lm_p", iv.kp_lm_p, "underidentification"
    yield "ar_p", iv.ar_p, "Anderson-Rubin, zero effect"
    yield from _outer_ends("ar", iv.ar)
    yield "tf_critical", iv.tf_critical, "5% critical value of |t| at this F; infinite below F = 4"


def named_quantities(iv: Instrumented, exclusion: str) -> Iterator[tuple[str, float, str]]:
    """The same of an instrument that the author names, with the critical value of its effective F and the author's argument."""
    weak = iv.f_effective < iv.f_critical
    yield from _iv_quantities(iv, WEAK if weak else "")
    yield "effective_f_critical", iv.f_critical, f"bias at most {WORST_BIAS:.0%} of the worst, at 5% (Montiel Olea-Pflueger)"
    yield "exclusion", np.nan, exclusion


def named_instruments(headline: Headline) -> Rows:
    """The root of each sample, density instrumented by each variable of `instruments` in turn."""
    rows: list[Mapping[str, list[Row]]] = []
    for name, choice in headline.study.regressions.instruments.items():
        try:
            rows.append({"endogeneity": list(_named_rows(headline, name, choice.exclusion))})
        except EstimationError as fault:
            reason = EstimationError(f"instrument {name}: {fault.en}", zh=f"工具变量 {name}:{fault.zh}")
            rows.append({"not_made": not_made(("endogeneity",), reason, INSTRUMENT_MEND)})
    return merged_rows(rows)


def _named_rows(headline: Headline, name: str, exclusion: str) -> Iterator[Row]:
    spec = headline.estimate.spec
    if name not in headline.rows or headline.rows[name].isna().all():
        raise EstimationError("no value in the rows of the headline", zh="在主设定的样本中没有取值")
    for sample in headline.sample.samples:
        column = headline.sample.root_column(sample)
        one_outcome_spec = replace(spec, outcomes=(column,))
        iv = iv_estimate(headline.rows, one_outcome_spec, [name], level=headline.level)
        for quantity, statistic, note in named_quantities(iv, exclusion):
            yield outcome_key(headline.estimate, column) | {
                "method": f"{INSTRUMENT_PREFIX}{name}", "quantity": quantity, "value": statistic, "note": note,
            }  # fmt: skip


def _outer_ends(interval_name: str, intervals: tuple[tuple[float, float], ...]) -> Iterator[tuple[str, float, str]]:
    """Outer ends of a confidence set, and a note when it is in two parts, or empty."""
    if not intervals:
        yield f"{interval_name}_low", np.nan, "empty set"
        yield f"{interval_name}_high", np.nan, "empty set"
        return
    note = "" if len(intervals) == 1 else f"two rays: values between {intervals[0][1]:.4g} and {intervals[1][0]:.4g} are rejected"
    yield f"{interval_name}_low", intervals[0][0], note
    yield f"{interval_name}_high", intervals[-1][1], note
