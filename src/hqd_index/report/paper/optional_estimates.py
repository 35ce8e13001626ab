"""Optional estimates in the paper: the methods section on each, and their lines among the robustness checks."""

from __future__ import annotations

from collections.abc import Iterator

from ..bilingual import Bilingual, split_bilingual
from ..number_format import integer, number
from ..results import Results
from ..sentences import SAMPLES
from ..wording import together, wording
from .estimate_layout import POINTS, Cell, p_in_brackets
from .prose_blocks import Block, formula_block, item


def _estimators(results: Results) -> set[str]:
    """Estimators that event_study holds."""
    rows = results.table("event_study")
    return set(rows["estimator"]) if len(rows) else set()


def named_instrument_blocks(results: Results) -> Iterator[Block]:
    """Each instrument with the author's argument, and the threshold model, where they were estimated."""
    rows = results.table("endogeneity")
    methods = set(rows["method"]) if len(rows) else set()
    instruments = {name: choice for name, choice in results.study.regressions.instruments.items() if f"iv_{name}" in methods}
    if instruments:
        yield formula_block("dens_{it} = π z_{it} + X_{it} γ + μ_i + λ_t + v_{it};  F_eff = π̂' π̂ / tr(V̂_π),  z'z = I")
        yield item("methods.further.instruments")
    for instrument in instruments.values():
        label = Bilingual(instrument.label.zh, instrument.label.en)
        yield item("methods.further.exclusion", instrument=label, argument=split_bilingual(instrument.exclusion))
    if results.has("thresholds"):
        yield formula_block("y_{it} = β_1 dens_{it} 1(q_{it} ≤ γ) + β_2 dens_{it} 1(q_{it} > γ) + X_{it} θ + μ_i + λ_t + ε_{it}")
        variables = [variable.label for variable in results.study.regressions.thresholds.values()]
        yield item("methods.further.thresholds", variables=together([Bilingual(label.zh, label.en) for label in variables]))


def optional_blocks(results: Results) -> Iterator[Block]:
    """What was asked of the firm event study beside its five estimators."""
    events, estimators = results.study.regressions.events, _estimators(results)
    if events.instrument and "iv" in estimators:
        label, argument = events.instrument.label, split_bilingual(events.instrument.exclusion)
        yield item("methods.further.status_instrument", instrument=Bilingual(label.zh, label.en), argument=argument)
    if events.balancing and results.has("balance"):
        covariates = [Bilingual(choice.label.zh, choice.label.en) for choice in events.balancing.covariates.values()]
        yield formula_block("ATT(g, t) = Ȳ_t − Ȳ_{g−1} − Σ_{i∈C} w_i (Y_{it} − Y_{i,g−1}),  Σ w_i x_i = x̄_g")
        yield item("methods.further.balance", covariates=together(covariates), caliper=events.balancing.caliper)
    if events.trend_bounds and results.has("trend_bounds"):
        yield formula_block("|δ_{t+1} − δ_t| ≤ M̄ · max_{s<0} |δ_{s+1} − δ_s|;  |(δ_{t+1} − δ_t) − (δ_t − δ_{t−1})| ≤ M")
        yield item("methods.further.trend_bounds", level=results.study.regressions.inference.level)
    if events.dynamic and "dcdh_dynamic" in estimators:
        yield formula_block(
            "DID_ℓ = (1/N_ℓ) Σ_g S_g [Y_{g,F−1+ℓ} − Y_{g,F−1} − mean_{g': F' > F−1+ℓ}(Y_{g',F−1+ℓ} − Y_{g',F−1})]"
        )
        yield item("methods.further.dynamic")


OPTIONAL_NOTE = wording("paper.note.optional")


def robustness_lines(results: Results, digits: int) -> Iterator[tuple[Cell, ...]]:
    """Lines of a listing: the index on density by each named instrument, then below and above each threshold."""
    yield from _instrument_lines(results, digits)
    yield from _threshold_lines(results, digits)


def _instrument_lines(results: Results, digits: int) -> Iterator[tuple[Cell, ...]]:
    rows = results.table("endogeneity")
    for name, instrument in results.study.regressions.instruments.items() if len(rows) else ():
        label = wording("paper.line.instrument", instrument=Bilingual(instrument.label.zh, instrument.label.en))
        for sample, sample_name in SAMPLES.items():
            of_sample = rows[(rows["method"] == f"iv_{name}") & (rows["sample"] == sample)]
            value = dict(zip(of_sample["quantity"], of_sample["value"].astype(float)))
            if not value:
                continue
            is_strong = value["effective_f"] >= value["effective_f_critical"]
            estimate = number(POINTS * value["estimate"], digits) if is_strong else ""
            interval = _interval(value["ar_low"], value["ar_high"], digits)
            yield label, sample_name, estimate, "", interval, p_in_brackets(value["ar_p"]).strip("[]"), ""


def _threshold_lines(results: Results, digits: int) -> Iterator[tuple[Cell, ...]]:
    rows, alpha = results.table("thresholds"), 1 - results.study.regressions.inference.level
    for name, variable in results.study.regressions.thresholds.items() if len(rows) else ():
        for sample, sample_name in SAMPLES.items():
            of_sample = rows[(rows["variable"] == name) & (rows["sample"] == sample) & rows["at"].isna()]
            quantities = {str(row["quantity"]): row for row in of_sample.to_dict("records")}
            if not quantities or float(quantities["f"]["p"]) > alpha:
                continue
            for quantity in ("density_below", "density_above"):
                if quantity in quantities:
                    row = quantities[quantity]
                    label = wording(f"paper.line.{quantity}", variable=Bilingual(variable.label.zh, variable.label.en))
                    estimate, interval = POINTS * row["estimate"], _interval(row["ci_low"], row["ci_high"], digits)
                    p = p_in_brackets(row["p"]).strip("[]")
                    yield label, sample_name, number(estimate, digits), "", interval, p, integer(row["n_obs"])


def _interval(low: float, high: float, digits: int) -> str:
    return f"[{number(POINTS * low, digits)}, {number(POINTS * high, digits)}]"
