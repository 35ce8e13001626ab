"""All faults across the files of a study at once; a check runs as soon as the parts it needs could be read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from ...errors import ConfigError, Faults
from ..records import Study
from ..study_findings import Finding
from ..varied_study import check_path, vary
from ..yaml_document import Place
from . import formula_checks as formulas
from . import mode_checks as modes
from . import regression_checks as regressions
from . import source_checks as sources
from . import tree_checks as tree
from . import weighting_checks as weighting

Check = Callable[[Study], Iterator[Finding]]
Told = frozenset[tuple[Place, str]]

# part -> the parts it needs -> its check; one that follows another runs only where that other found nothing
CHECKS: tuple[tuple[str, tuple[str, ...], Check], ...] = (
    ("tree", ("indicators",), tree.check),
    ("sources", ("study", "sources"), sources.check_sources),
    ("rules", ("study", "sources", "rules"), sources.check_rules),
    ("columns", ("study", "sources", "columns"), formulas.check_columns),
    ("formulas", ("study", "sources", "columns", "indicators"), formulas.check_indicators),
    ("weighting", ("study", "indicators", "weighting"), weighting.check),
    ("regressions", ("study", "sources", "columns", "indicators", "regressions"), regressions.check),
    ("modes", ("study", "sources", "columns", "modes"), modes.check),
)
FOLLOWS = {"weighting": "tree", "regressions": "tree"}


def check(study: Study, *, valid: Collection[str] | None = None, touched: Collection[str] | None = None) -> list[Finding]:
    """Every finding on a study, notices among them.

    `valid` names the parts that could be read (default all); with `touched`, only what depends on those parts is checked.
    """
    parts = set(Study.model_fields) if valid is None else set(valid)
    heeded = parts if touched is None else set(touched)
    stopped: set[str] = set()
    found: list[Finding] = []
    for name, needs, run in CHECKS:
        if FOLLOWS.get(name) in stopped or not parts.issuperset(needs) or heeded.isdisjoint(needs):
            continue
        new = [finding for finding in run(study) if finding not in found]
        if any(not finding.notice for finding in new):
            stopped.add(name)
        found += new
    return found


def check_scenarios(study: Study) -> list[Finding]:
    """Faults of the scenarios of a sound study: labels, paths, and what each would make of the study."""
    found = list(_same_labels(study))
    before = cache(partial(_unchanged, study))  # most scenarios touch the same parts
    for id, scenario in study.scenarios.items():
        found += check_changes(study, scenario.changes, ("scenarios", id, "changes"), before=before)
    return found


def check_alternatives(study: Study) -> list[Finding]:
    """Alternatives of uncertainty.yaml that name no entry or no choice; how they go together is seen as they are drawn."""
    found = []
    for path, choices in study.uncertainty.alternatives.items():
        place = ("uncertainty", "alternatives", path)
        for position, choice in enumerate(choices):
            try:
                vary(study, {path: choice})
            except Faults as faults:
                found += [Finding((*place, position), fault.en, fault.zh) for fault in _told(faults)]
            except ConfigError as fault:
                found.append(Finding(place, fault.en, fault.zh))
                break
    return found


def check_changes(
    study: Study, changes: Mapping[str, Any], place: tuple[str, ...], *, before: Callable[[frozenset[str]], Told] | None = None
) -> list[Finding]:
    """What is wrong with a set of changes, each fault at the change that brings it.

    `before` tells what is found in the parts that are touched as they are, where that is known (default: looked for).
    """
    found = []
    for path in changes:
        try:
            check_path(study, path)
        except ConfigError as fault:
            found.append(Finding((*place, path), fault.en, fault.zh))
    if found:
        return found
    try:
        varied = vary(study, changes)
    except Faults as faults:
        return [Finding(_change(changes, place, fault.en), fault.en, fault.zh) for fault in _told(faults)]
    touched = frozenset(path.split(".")[0] for path in changes)
    known = before(touched) if before else _unchanged(study, touched)
    new = [finding for finding in check(varied, touched=touched) if (finding.path, finding.en) not in known]
    return [_at_change(changes, place, finding) for finding in new if not finding.notice]


def _unchanged(study: Study, touched: frozenset[str]) -> Told:
    """Where and what is found in the parts of a study that a change touches, before it does."""
    return frozenset((finding.path, finding.en) for finding in check(study, touched=touched))


def _at_change(changes: Mapping[str, Any], place: tuple[str, ...], finding: Finding) -> Finding:
    dotted = ".".join(str(step) for step in finding.path)
    return Finding(_change(changes, place, dotted), f"{dotted}: {finding.en}", f"{dotted}:{finding.zh}")


def _told(faults: Faults) -> Iterable[ConfigError]:
    return [fault for fault in faults.faults if isinstance(fault, ConfigError)]


def _change(changes: Mapping[str, Any], place: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The change that a fault's path begins with, or the set as a whole."""
    near = [path for path in changes if text.startswith(path)]
    if near or len(changes) == 1:
        return (*place, max(near or changes, key=len))
    return place


def _same_labels(study: Study) -> Iterator[Finding]:
    for language in ("zh", "en"):
        seen: dict[str, str] = {}
        for id, scenario in study.scenarios.items():
            text = scenario.label[language]
            if text in seen:
                yield Finding(("scenarios", id, "label", language),
                              f"scenario {id!r} has the label {text!r} of {seen[text]!r}; give it its own",
                              f"情景 {id!r} 与 {seen[text]!r} 的名称同为 {text!r};请另取名称")  # fmt: skip
            seen.setdefault(text, id)
