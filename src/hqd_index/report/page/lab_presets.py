"""Presets of the weight lab: their group (weights, methods, data) and what each changes, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..bilingual import Bilingual
from ..label_catalogue import STEP_LABELS
from ..wording import together, wording

DATA_STEPS = ("indicators", "impute", "treat")
"""Steps before normalising: which indicators, and what becomes of missing and extreme values."""
GROUPS = ("weights", "methods", "data")


def changed_steps(changes: Iterable[str]) -> tuple[str, ...]:
    """Steps of the index that the keys of a scenario change, in the order of the work."""
    heads = [key.split(".") for key in changes]
    steps = {parts[1] if parts[0] == "weighting" and len(parts) > 1 else parts[0] for parts in heads}
    steps = {"weight" if step == "branches" else step for step in steps}
    order = ("indicators", *STEP_LABELS)
    return tuple(sorted(steps, key=lambda step: (order.index(step) if step in order else len(order), step)))


def preset_group(changes: Iterable[str]) -> str:
    """`data` where indicators or their values differ, `weights` where only weights do, else `methods`."""
    steps = changed_steps(changes)
    if any(step in DATA_STEPS for step in steps):
        return "data"
    return "weights" if set(steps) <= {"weight"} else "methods"


def preset_effect(changes: Mapping[str, Any]) -> Bilingual:
    """What a preset changes against the published design."""
    if not changes:
        return wording("page.lab.published")
    labels = STEP_LABELS | {"indicators": wording("page.lab.indicators")}
    names = [labels.get(step, Bilingual(step, step)) for step in changed_steps(changes)]
    return wording("page.lab.changes", steps=together([Bilingual(name.zh, name.en.lower()) for name in names]))


def with_presets(lab_values: dict[str, Any]) -> dict[str, Any]:
    """The lab's JSON with a group and an effect for each preset, and the names of the groups."""
    presets = {
        kind: [
            option | {"group": preset_group(option["changes"]), "effect": preset_effect(option["changes"])._asdict()}
            for option in lab_values[kind]
        ]
        for kind in ("designs", "fixed")
    }
    return lab_values | presets | {"groups": {name: wording(f"page.lab.group.{name}")._asdict() for name in GROUPS}}
