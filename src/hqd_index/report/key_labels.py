"""The label of an id in a key column of a published table, in both languages."""

from __future__ import annotations

from typing import Any

from .bilingual import BLANK_TEXT, Bilingual
from .label_catalogue import (
    COMPONENT_GROUP_LABELS,
    COMPONENT_LABELS,
    KEY_LABELS,
    LEVEL_LABELS,
    STEP_LABELS,
    TRUTH_LABELS,
)
from .regression_labels import spec_label, term_label
from .results import Results
from .wording import listing, wording, wordings

NODE_COLUMNS = ("node", "parent", "outcome", "variable", "indicator")
"""Columns whose ids may be nodes of the tree."""
STUDY_COLUMNS = ("path", "mode", "mode_to", "mediator", "covariate", "unit", "other", *NODE_COLUMNS)
"""Columns whose ids are a study's own, as far as the program does not add to them."""
LABELLED = frozenset({*KEY_LABELS, *STUDY_COLUMNS, "spec"})
"""Columns whose ids readers see by name."""
PREFIXES = {"fraction_": "fraction", "r2_": "r2", "rotemberg_": "rotemberg", "rank:": "rank"}
"""Fronts of quantities that go on with an id, and their wording in text/ids.yaml."""


def key_label(results: Results, column: str, key_id: object) -> Bilingual:
    """The label of an id; one of the study's own without a label is its own. Raises LookupError for one of the program's."""
    id = str(key_id)
    if not id:
        return BLANK_TEXT
    label = _study_label(results, column, id) or KEY_LABELS.get(column, {}).get(id) or TRUTH_LABELS.get(id)
    if label is not None:
        return label
    if column == "spec":
        return spec_label(results, id)
    if column == "term":
        return term_label(results, id)
    composed_label = _composed_label(results, column, id)
    if composed_label is not None:
        return composed_label
    if column in STUDY_COLUMNS:
        return Bilingual(id, id)
    raise LookupError(f"no label for {id!r} in column {column!r}: give it one in report/text/ids.yaml")


def _study_label(results: Results, column: str, id: str) -> Bilingual | None:
    """The label that the study gives an id: outcomes, mediators, controls, nodes, units, modes, paths and their indicators."""
    label = _study_labels(results, column).get(id)
    if label is not None:
        return Bilingual(label.zh, label.en)
    if column in NODE_COLUMNS and (id in results.tree.order or id == "splittable"):
        return results.name(id)
    if column in ("unit", "other") and id in set(results.units["unit"]):
        unit_label = results.unit_name(id)
        return Bilingual(f"{id} {unit_label.zh}", f"{id} {unit_label.en}")
    return None


def _study_labels(results: Results, column: str) -> dict[str, Any]:
    """id -> label, for columns that take their ids from the study."""
    regressions, modes = results.study.regressions, results.study.modes
    columns: dict[str, dict[str, Any]] = {
        "outcome": {**regressions.events.outcomes, **regressions.mediators},
        "mediator": {**regressions.mediators},
        "term": {**regressions.controls},
        "covariate": {**(regressions.events.balancing.covariates if regressions.events.balancing else {})},
        "variable": {**regressions.thresholds},
        "method": {f"iv_{name}": instrument for name, instrument in regressions.instruments.items()},
    }
    if column in columns:
        return {id: choice.label for id, choice in columns[column].items()}
    if column in ("mode", "mode_to"):
        return {mode: getattr(modes.labels, mode) for mode in type(modes.labels).model_fields}
    paths: dict[str, Any] = {path_name: getattr(modes.paths, path_name) for path_name in type(modes.paths).model_fields}
    if column == "path":
        return {path_name: path.label for path_name, path in paths.items()}
    if column == "indicator":
        return {id: indicator.label for path in paths.values() for id, indicator in path.indicators.items()}
    return {}


def _composed_label(results: Results, column: str, id: str) -> Bilingual | None:
    """The label of an id that is made of others: a share of something, a part of a change, a step of the design at a level."""
    step, separator, _ = id.partition(".")
    if column in ("choice", "factor") and (separator or step in STEP_LABELS):
        return step_label(id) if step in STEP_LABELS else Bilingual(id, id)  # a path into the study's own branches or leaves
    for prefix, name in PREFIXES.items():
        if id.startswith(prefix):
            return wording(f"ids.front.{name}", id=_suffix_label(results, prefix, id.removeprefix(prefix)))
    outcome, _, suffix = id.rpartition("_")
    outcome, _, component = outcome.rpartition("_")
    if suffix in COMPONENT_GROUP_LABELS and component in COMPONENT_LABELS:
        labels = (key_label(results, "outcome", outcome), COMPONENT_LABELS[component], COMPONENT_GROUP_LABELS[suffix])
        return listing(labels, "commas")
    return None


def _suffix_label(results: Results, prefix: str, id: str) -> Bilingual:
    """The label of what follows the front of a quantity: a node, a unit, a control, or a number."""
    control = results.study.regressions.controls.get(id)
    if prefix == "fraction_":
        return results.name(id)
    if prefix == "rank:":
        return results.unit_name(id)
    if control is not None:
        return Bilingual(control.label.zh, control.label.en)
    return KEY_LABELS["term"].get(id, Bilingual(id, id))


def step_label(path: str) -> Bilingual:
    """A step of the design and its level, from the dotted path of a choice; a level of the study's own is its own label."""
    step, _, level = path.partition(".")
    step_name, level_name = STEP_LABELS[step], LEVEL_LABELS.get(level, Bilingual(level, level))
    return wording("ids.named_level", step=step_name, level=level_name) if level else step_name


def effect_names(results: Results) -> dict[str, Bilingual]:
    """Fixed effects by the names of regressions.yaml, as tables call them."""
    by_industry = results.study.study.unit.by == ("industry_code",)
    group = wording("estimates.effect_group.industry") if by_industry else wording("estimates.effect_group.other")
    return {
        "unit": wording("estimates.effects.unit"),
        "year": wording("estimates.effects.year"),
        "group_year": wording("estimates.effects.group_year", group=group),
    }


def effects_label(results: Results, effects: str) -> Bilingual:
    """Fixed effects joined by '+', by the names that tables give them."""
    names = {**effect_names(results), "firm": wording("estimates.effects.firm")}
    return listing([names.get(effect, Bilingual(effect, effect)) for effect in effects.split("+")])


def controls_label(results: Results, controls: str) -> Bilingual:
    """Control variables joined by '+', by name."""
    return listing([term_label(results, control) for control in controls.split("+") if control])


def density_label(_: Results, density: str) -> Bilingual:
    """A density as tables of estimates write it, `count_valid_national+key_national`, in words."""
    measure, status, levels = density.split("_", 2)
    names = wordings("methods.srdi_level")
    return wording(
        "estimates.density",
        measure=wording(f"methods.measure.{measure}"),
        status=wording(f"methods.density.status.{status}"),
        levels=listing([names.get(level, Bilingual(level, level)) for level in levels.split("+")]),
    )
