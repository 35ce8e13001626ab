"""Names of specifications and regressors, those among them that extend what a study lists."""

from __future__ import annotations

from .bilingual import Bilingual
from .results import Results

FIRMS = "firms_"
"""Front of a specification whose outcome is a firm's."""
MECHANISM = "mechanism"
"""The specification whose outcomes are the mediators."""
MODERATED, TIMES = "_by_", "density_x_"
"""Marks of a specification with a moderator, and of its interaction term."""
EXTENSIONS = {
    "_slx_direct": Bilingual("含关联行业密度（直接）", "linked density (direct)"),
    "_slx_complete": Bilingual("含关联行业密度（完全）", "linked density (complete)"),
    "_long_difference": Bilingual("长差分", "long difference"),
}


def term_name(results: Results, term: str) -> Bilingual:
    """A regressor's name."""
    if term == "density":
        lag = results.study.regressions.density.lag
        return Bilingual(
            f"专精特新密度（滞后 {lag} 年）" if lag else "专精特新密度", f"SRDI density (lag {lag})" if lag else "SRDI density"
        )
    moderator = results.study.regressions.moderators.get(term.removeprefix(TIMES))
    if term.startswith(TIMES) and moderator is not None:
        return Bilingual(f"密度 × {moderator.label.zh}", f"density x {moderator.label.en}")
    control = results.study.regressions.controls.get(term)
    return Bilingual(control.label.zh, control.label.en) if control else Bilingual(term, term)


def spec_name(results: Results, id: str) -> Bilingual:
    """A specification's label; one that extends another says by what."""
    if id == MECHANISM:
        return Bilingual("机制变量", "mediators")
    labels = {spec.id: Bilingual(spec.label.zh, spec.label.en) for spec in results.study.regressions.specifications}
    if id in labels:
        return labels[id]
    base, _, moderator = id.partition(MODERATED)
    if base in labels and moderator in results.study.regressions.moderators:
        label = results.study.regressions.moderators[moderator].label
        return Bilingual(f"{labels[base].zh} × {label.zh}", f"{labels[base].en} x {label.en}")
    for ending, more in EXTENSIONS.items():
        base = id.removesuffix(ending)
        if id.endswith(ending) and base in labels:
            return Bilingual(f"{labels[base].zh}，{more.zh}", f"{labels[base].en}, {more.en}")
    return Bilingual(id, id)
