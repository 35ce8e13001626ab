"""The methods section, second half: how firm the ranks are, and the further estimates that ran."""

from __future__ import annotations

from collections.abc import Iterator

from ..bilingual import Bilingual
from ..key_findings import sources_drawn
from ..results import Results
from ..wording import listing, together, wording
from .optional_estimates import named_instrument_blocks, optional_blocks
from .prose_blocks import Block, item, prose


def robustness_blocks(results: Results) -> Iterator[Block]:
    """How ranks were varied: scenarios, draws of designs, weights and firms, and what of it matters."""
    labels = [Bilingual(scenario.label.zh, scenario.label.en) for scenario in results.study.scenarios.values()]
    if labels and results.has("scenarios"):
        key = "methods.ranks.scenarios.one" if len(labels) == 1 else "methods.ranks.scenarios"
        yield prose(wording(key, count=len(labels), scenarios=listing(labels)))
    if results.study.uncertainty is None or not results.has("ranks", "uncertainty_summary"):
        return
    yield prose(_draws(results), *([wording("methods.ranks.neighbours")] if results.has("neighbours") else []))
    if results.has("sensitivity"):
        yield prose(wording("methods.ranks.sobol"))


def _draws(results: Results) -> Bilingual:
    """How many draws there were and what each of them varied, from the tables of the run."""
    rows = results.table("uncertainty_summary")
    rows = rows[rows["quantity"] == "draws"]
    draws = dict(zip(rows["source"], rows["value"]))
    uncertainty = results.study.uncertainty
    interval = uncertainty.interval if uncertainty is not None else (0.05, 0.95)
    varied = together([wording(f"methods.ranks.varied.{name}", sets=draws.get("data", 0)) for name in _varied(results)])
    return wording("methods.ranks.draws", draws=draws.get("all", 0), varied=varied, low=interval[0], high=interval[1])


def _varied(results: Results) -> Iterator[str]:
    """What the draws of this run varied: methods, parts of the tree, weights, firms."""
    sources, sensitivity = sources_drawn(results), results.table("sensitivity")
    factors = set(sensitivity["factor"]) if len(sensitivity) else set()
    if "design" in sources and (not factors or factors - {"leave_out", "weights", "data"}):
        yield "design"
    if "leave_out" in factors:
        yield "leave_out"
    if "weights" in sources:
        yield "weights"
    if "data" in sources:
        yield "data"


def further_estimate_blocks(results: Results) -> Iterator[Block]:
    """Estimates beside the headline: instrument, events of firms, falls and recovery, specification curve."""
    if _has_shift_share(results):
        yield item("methods.further.shift_share")
    yield from named_instrument_blocks(results)
    if results.has("mediators"):
        labels = [Bilingual(mediator.label.zh, mediator.label.en) for mediator in results.study.regressions.mediators.values()]
        yield item("methods.further.mediators", mediators=together(labels))
    if results.has("oaxaca"):
        yield item("methods.further.oaxaca")
    if results.has("event_study"):
        events = results.study.regressions.events
        yield item("methods.further.events", before=-events.window[0], after=events.window[1])
        yield from optional_blocks(results)
    if results.has("resilience"):
        yield item("methods.further.resilience")
    if results.has("multiverse"):
        yield item("methods.further.multiverse")


def _has_shift_share(results: Results) -> bool:
    rows = results.table("endogeneity")
    return len(rows) > 0 and bool((rows["method"] == "shift_share").any())
