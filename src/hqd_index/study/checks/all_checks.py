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
from . import density_checks as density
from . import dynamics_checks as dynamics
from . import engine_checks as engines
from . import formula_checks as formulas
from . import mode_checks as modes
from . import regression_checks as regressions
from . import score_checks as scores
from . import source_checks as sources
from . import tree_checks as tree
from . import weighting_checks as weighting

Check = Callable[[Study], Iterator[Finding]]
FindingKeys = frozenset[tuple[Place, str]]

# part -> the parts it needs -> its check; one that follows another runs only where that other found nothing
CHECKS: tuple[tuple[str, tuple[str, ...], Check], ...] = (
    ("tree", ("indicators",), tree.check),
    ("engine", ("study",), engines.check),
    ("sources", ("study", "sources"), sources.check_sources),
    ("rules", ("study", "sources", "rules"), sources.check_rules),
    ("columns", ("study", "sources", "columns"), formulas.check_columns),
    ("formulas", ("study", "sources", "columns", "indicators"), formulas.check_indicators),
    ("weighting", ("study", "indicators", "weighting"), weighting.check),
    ("scores", ("study", "indicators", "weighting"), scores.check),
    ("dynamics", ("study", "indicators"), dynamics.check),
    ("regressions", ("study", "sources", "columns", "indicators", "regressions"), regressions.check),
    ("density", ("study", "sources", "columns", "regressions"), density.check),
    ("modes", ("study", "sources", "columns", "modes"), modes.check),
)
PREREQUISITE_CHECKS = {"weighting": "tree", "scores": "tree", "dynamics": "tree", "regressions": "tree"}


def check_study(
    study: Study, *, valid_parts: Collection[str] | None = None, changed_parts: Collection[str] | None = None
) -> list[Finding]:
    """Every finding on a study, notices among them.

    `valid_parts` names the parts that could be read (default all); with `touched`, only what depends on those parts is checked.
    """
    sections = set(Study.model_fields) if valid_parts is None else set(valid_parts)
    parts_to_check = sections if changed_parts is None else set(changed_parts)
    stopped_checks: set[str] = set()
    findings: list[Finding] = []
    for name, required_sections, check_section in CHECKS:
        if (
            PREREQUISITE_CHECKS.get(name) in stopped_checks
            or not sections.issuperset(required_sections)
            or parts_to_check.isdisjoint(required_sections)
        ):
            continue
        new_findings = [finding for finding in check_section(study) if finding not in findings]
        if any(not finding.notice for finding in new_findings):
            stopped_checks.add(name)
        findings += new_findings
    return findings


def check_scenarios(study: Study) -> list[Finding]:
    """Faults of the scenarios of a sound study: labels, paths, and what each would make of the study."""
    findings = list(_repeated_labels(study))
    findings_before = earlier_findings_of(study)
    for id, scenario in study.scenarios.items():
        findings += check_changes(study, scenario.changes, ("scenarios", id, "changes"), earlier_findings=findings_before)
    return findings


def check_alternatives(study: Study) -> list[Finding]:
    """Alternatives of uncertainty.yaml that name no entry or no choice; how they go together is seen as they are drawn."""
    findings = []
    for path, choices in study.uncertainty.alternatives.items():
        yaml_path = ("uncertainty", "alternatives", path)
        for choice_index, choice in enumerate(choices):
            try:
                vary(study, {path: choice})
            except Faults as errors:
                findings += [Finding((*yaml_path, choice_index), fault.en, fault.zh) for fault in _config_errors(errors)]
            except ConfigError as fault:
                findings.append(Finding(yaml_path, fault.en, fault.zh))
                break
    return findings


def check_changes(
    study: Study,
    changes: Mapping[str, Any],
    yaml_path: tuple[str, ...],
    *,
    earlier_findings: Callable[[frozenset[str]], FindingKeys] | None = None,
) -> list[Finding]:
    """What is wrong with a set of changes, each fault at the change that brings it.

    `earlier_findings` gives the findings in the parts as they were, where they are known (default: computed).
    """
    path_faults = []
    for path in changes:
        try:
            check_path(study, path)
        except ConfigError as fault:
            path_faults.append(Finding((*yaml_path, path), fault.en, fault.zh))
    if path_faults:
        return path_faults
    try:
        varied_study = vary(study, changes)
    except Faults as errors:
        return [Finding(_change_path(changes, yaml_path, fault.en), fault.en, fault.zh) for fault in _config_errors(errors)]
    changed_parts = frozenset(path.split(".")[0] for path in changes)
    known_keys = earlier_findings(changed_parts) if earlier_findings else _findings_before(study, changed_parts)
    new_findings = [
        finding
        for finding in check_study(varied_study, changed_parts=changed_parts)
        if (finding.path, finding.en) not in known_keys
    ]
    return [_finding_at_change(changes, yaml_path, finding) for finding in new_findings if not finding.notice]


def earlier_findings_of(study: Study) -> Callable[[frozenset[str]], FindingKeys]:
    """What is found in parts of a study before a change touches them; many changes touch the same parts, judged once."""
    return cache(partial(_findings_before, study))


def _findings_before(study: Study, changed_parts: frozenset[str]) -> FindingKeys:
    """Where and what is found in the parts of a study that a change touches, before it does."""
    return frozenset((finding.path, finding.en) for finding in check_study(study, changed_parts=changed_parts))


def _finding_at_change(changes: Mapping[str, Any], yaml_path: tuple[str, ...], finding: Finding) -> Finding:
    dotted_path = ".".join(str(path_step) for path_step in finding.path)
    return Finding(_change_path(changes, yaml_path, dotted_path), f"{dotted_path}: {finding.en}", f"{dotted_path}:{finding.zh}")


def _config_errors(errors: Faults) -> Iterable[ConfigError]:
    return [fault for fault in errors.faults if isinstance(fault, ConfigError)]


def _change_path(changes: Mapping[str, Any], yaml_path: tuple[str, ...], fault_path: str) -> tuple[str, ...]:
    """The change that a fault's path begins with, or the set as a whole."""
    matching_paths = [path for path in changes if fault_path.startswith(path)]
    if matching_paths or len(changes) == 1:
        return (*yaml_path, max(matching_paths or changes, key=len))
    return yaml_path


def _repeated_labels(study: Study) -> Iterator[Finding]:
    for language in ("zh", "en"):
        scenario_by_label: dict[str, str] = {}
        for id, scenario in study.scenarios.items():
            scenario_label = scenario.label[language]
            if scenario_label in scenario_by_label:
                yield Finding(
                    ("scenarios", id, "label", language),
                    f"scenario {id!r} has the label {scenario_label!r} of {scenario_by_label[scenario_label]!r}; give it its own",
                    f"情景 {id!r} 与 {scenario_by_label[scenario_label]!r} 的名称同为 {scenario_label!r};请另取名称",
                )
            scenario_by_label.setdefault(scenario_label, id)
