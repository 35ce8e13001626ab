"""Labels of specifications and regressors: those a study lists, and those the models derive from them."""

from __future__ import annotations

from .bilingual import Bilingual
from .label_catalogue import KEY_LABELS
from .regression_rows import judged_outcome
from .results import Results
from .sentences import GROUPS, sample_label
from .wording import listing, wording, wordings

SPLITTABLE = "splittable"
"""The outcome that holds the indicators computed from firms, as the models call it."""
FIRMS = "firms_"
"""Front of a specification whose outcome is a firm's."""
MECHANISM = "mechanism"
"""The specification whose outcomes are the mediators."""
MODERATED, INTERACTION_PREFIX = "_by_", "density_x_"
"""Marks of a specification with a moderator, and of its interaction term."""
PATH = "path_"
"""Front of a moderator that is the index of a path."""
EXTENSIONS = {f"_{extension}": label for extension, label in (wordings("estimates.extension") | GROUPS).items()}
"""Endings of specifications that extend one of the study."""
DERIVED_LABELS = wordings("estimates.derived")
"""Specifications of the program's own."""


def moderator_label(results: Results, moderator: str) -> Bilingual | None:
    """The name of a moderator: a column of the study, or the index of a path; None where it is neither."""
    column = results.study.regressions.moderators.get(moderator)
    if column is not None:
        return Bilingual(column.label.zh, column.label.en)
    path = getattr(results.study.modes.paths, moderator.removeprefix(PATH), None) if moderator.startswith(PATH) else None
    return Bilingual(path.label.zh, path.label.en) if path is not None else None


def term_label(results: Results, term: str) -> Bilingual:
    """A regressor's name; raises LookupError where nothing names it."""
    if term == "density":
        lag = results.study.regressions.density.lag
        return wording("estimates.lagged_density", lag=lag) if lag else KEY_LABELS["term"]["density"]
    moderator = moderator_label(results, term.removeprefix(INTERACTION_PREFIX)) if term.startswith(INTERACTION_PREFIX) else None
    if moderator is not None:
        return wording("estimates.interaction", moderator=moderator)
    control = results.study.regressions.controls.get(term)
    if control is not None:
        return Bilingual(control.label.zh, control.label.en)
    if term in KEY_LABELS["term"]:
        return KEY_LABELS["term"][term]
    raise LookupError(f"no label for the regressor {term!r}: give it one in report/text/ids.yaml")


def spec_label(results: Results, id: str) -> Bilingual:
    """A specification's label; one that extends another says by what. Raises LookupError where nothing names it."""
    if id in DERIVED_LABELS:
        return DERIVED_LABELS[id]
    labels = {spec.id: Bilingual(spec.label.zh, spec.label.en) for spec in results.study.regressions.specifications}
    if id in labels:
        return labels[id]
    outcome = results.study.regressions.events.outcomes.get(id.removeprefix(FIRMS)) if id.startswith(FIRMS) else None
    if outcome is not None:
        return wording("estimates.firm_outcome", outcome=Bilingual(outcome.label.zh, outcome.label.en))
    base_spec_id, _, name = id.partition(MODERATED)
    moderator = moderator_label(results, name)
    if base_spec_id in labels and moderator is not None:
        return wording("estimates.moderated", specification=labels[base_spec_id], moderator=moderator)
    for suffix, addition in EXTENSIONS.items():
        base_spec_id = id.removesuffix(suffix)
        if id.endswith(suffix) and base_spec_id in labels:
            return listing([labels[base_spec_id], addition], "commas")
    raise LookupError(f"no label for the specification {id!r}: give it one in report/text/estimates.yaml")


def sample_heading(results: Results, sample: str, outcome: str) -> Bilingual:
    """A sample's name; where H1 is judged on the splittable part, firms left out say of what: that part or the whole index."""
    label = sample_label(sample)
    if sample != "leave_out" or judged_outcome(results, sample) == results.tree.root:
        return label
    keys = {results.tree.root: "whole_index", SPLITTABLE: "splittable"}
    return wording(f"estimates.sample.{keys[outcome]}", sample=label) if outcome in keys else label
