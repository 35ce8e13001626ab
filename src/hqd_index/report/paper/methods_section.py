"""The methods section of a paper, written from what ran: prose, formulas and citations in both languages."""

from __future__ import annotations

from collections.abc import Iterator

from ..bilingual import BLANK_TEXT, Bilingual
from ..key_labels import effect_names
from ..results import Results
from ..sentences import INTERCEPT_NOTE, SYNTHETIC_NOTICE
from ..wording import sentences_together, together, wording, wordings
from .citations import cited
from .dynamics_blocks import dynamics_blocks
from .methods_construction import construction_blocks
from .methods_data import data_blocks
from .methods_evidence import further_estimate_blocks, robustness_blocks
from .prose_blocks import Block, formula_block, item, prose


def methods_section(results: Results) -> list[Block]:
    """The whole section, in order; what did not run is not spoken of."""
    blocks: list[Block] = []
    for title, section in SECTIONS.items():
        section_blocks = list(section(results))
        if section_blocks:
            blocks += [_heading(title), *section_blocks]
    blocks, works = cited(blocks)
    return [*blocks, _heading("references"), *works] if works else blocks


def _heading(title: str) -> Block:
    return Block("heading", wording(f"methods.heading.{title}"))


def density_blocks(results: Results) -> Iterator[Block]:
    """What the density is, whose status counts, and its lag; nothing where the run has no density."""
    if not results.has("density"):
        return
    source, status = results.study.regressions.density_source, results.study.sources.status
    yield prose(wording("methods.density.concept"), _origin(source is not None, status), _measure(results))


def _origin(is_published: bool, status: object) -> Bilingual:
    """Where status comes from, unless from a list of recognised firms."""
    if is_published:
        return wording("methods.density.published")
    label = getattr(status, "label", None)
    return wording("methods.density.rule", rule=Bilingual(label.zh, label.en)) if label is not None else BLANK_TEXT


def _measure(results: Results) -> Bilingual:
    """The measure, the levels that count, the status and the lag."""
    density = results.study.regressions.density
    known_levels = [level for level in density.levels if level in SRDI_LEVELS]
    levels = together([wording(f"methods.srdi_level.{level}") for level in known_levels])
    key = {0: ".no_lag", 1: ".lag_one"}.get(density.lag, "")
    return wording(
        f"methods.density.measure{key}",
        measure=wording(f"methods.measure.{density.measure}"),
        levels=wording("methods.density.levels", levels=levels) if known_levels else BLANK_TEXT,
        status=wording(f"methods.density.status.{'valid' if density.status == 'valid' else 'ever'}"),
        lag=density.lag,
    )


SRDI_LEVELS = ("innovative", "provincial", "national", "key_national", "single_champion")
"""Levels of recognition that have a name of their own; a rule has its label."""


def model_blocks(results: Results) -> Iterator[Block]:
    """The equation, controls, standard errors, bootstrap, composition and spillover, channels."""
    if not results.has("regressions"):
        return
    regressions = results.study.regressions
    lagged_year = f"t−{regressions.density.lag}" if regressions.density.lag else "t"
    yield prose(wording("methods.model.equation"))
    yield formula_block(f"y_{{it}} = β · dens_{{i,{lagged_year}}} + X_{{i,{lagged_year}}} γ + μ_i + λ_t + ε_{{it}}")
    controls = [Bilingual(control.label.zh, control.label.en) for control in regressions.controls.values()]
    yield prose(
        wording("methods.model.symbols"),
        wording("methods.model.controls", controls=together(controls)) if controls else BLANK_TEXT,
    )
    yield prose(wording("methods.model.errors", draws=regressions.inference.draws), _group_effects(results))
    if (results.table("regressions")["sample"] == "leave_out").any():
        yield prose(wording("methods.model.split"))
    if results.has("channels"):
        yield prose(wording("methods.model.channels"))
        yield formula_block("β = Σ_k w_k β_k")
        yield prose(wording("methods.model.channels.shares"))


def _group_effects(results: Results) -> Bilingual:
    """What replaces the year effects where effects are of groups, and what the groups are."""
    rows = results.table("regressions")
    if not rows["fixed_effects"].fillna("").str.contains("group_year", regex=False).any():
        return BLANK_TEXT
    groups, name = results.study.study.unit.groups, effect_names(results)["group_year"]
    sentence = wording("methods.model.group_year", effects=Bilingual(name.zh, name.en.lower()))
    if not isinstance(groups, str) or groups not in wordings("methods.model.scheme"):
        return sentence
    return sentences_together(sentence, wording(f"methods.model.scheme.{groups}"))


def verdict_rule_blocks(results: Results) -> Iterator[Block]:
    """The verdict rule with the numbers the study fixed."""
    rule, rows = results.study.regressions.hypotheses, results.table("hypotheses")
    if rule is None or rows.empty:
        return
    on_parts = rows["hypothesis"].str.match(r"H[23][abc]$") & (rows["sample"] == "all")
    family = wording("methods.verdict.family", count=int(on_parts.sum())) if on_parts.sum() > 1 else BLANK_TEXT
    yield prose(wording("methods.verdict.rule", alpha=rule.alpha, sesoi=rule.sesoi), family)
    yield prose(wording("methods.verdict.mde"))
    yield formula_block("MDE = (t_{1−α/2, G−1} + t_{0.80, G−1}) · SE_{CV3}")
    yield prose(wording("methods.verdict.grade"))


def limit_blocks(results: Results) -> Iterator[Block]:
    """What the numbers do not say."""
    weighting, has_scenarios = results.study.weighting, results.has("scenarios")
    if "entropy" in {choice.method for choice in weighting.weight.values()}:
        yield item("methods.limits.entropy.scenarios" if has_scenarios else "methods.limits.entropy")
    if str(weighting.normalise.options.get("over")) == "all_years" and len(results.years) > 1:
        yield item("methods.limits.bounds")
    if results.has("regressions"):
        yield Block("list", INTERCEPT_NOTE)
    shares = results.table("coverage")
    low = int((shares["share_revenue"] < 0.2).sum()) if len(shares) else 0
    if low:
        yield item("methods.limits.coverage.one" if low == 1 else "methods.limits.coverage", count=low)
    if results.study.study.synthetic:
        yield Block("list", SYNTHETIC_NOTICE)


SECTIONS = {
    "data": data_blocks,
    "construction": construction_blocks,
    "dynamics": dynamics_blocks,
    "density": density_blocks,
    "model": model_blocks,
    "verdicts": verdict_rule_blocks,
    "robustness": robustness_blocks,
    "further": further_estimate_blocks,
    "limits": limit_blocks,
}
