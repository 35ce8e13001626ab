"""A folder of YAML -> a study, checked and frozen, or every fault of every file at once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import product
from pathlib import Path
from typing import Any

from ..errors import ConfigError, Faults, unknown
from .checks.all_checks import (
    FindingKeys,
    check_alternatives,
    check_changes,
    check_scenarios,
    check_study,
    earlier_findings_of,
)
from .record_faults import checked_record
from .records import Label, Record, Scenario, Study
from .study_findings import Finding
from .varied_study import vary
from .vendor_presets import with_presets
from .yaml_document import Document, Place, read_document, read_text

# The parts of a study that have a file of their own; those without which there is no study.
PARTS: dict[str, type[Record]] = {
    name: field.annotation
    for name, field in Study.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Record)
}
REQUIRED = ("study", "sources", "indicators", "weighting")
LANGUAGE_PATH = "study.language"
"""A change of this alone makes no other study."""


@dataclass(frozen=True)
class LoadedStudy:
    """A study, the folder it was read from, sha256 of each file, its documents by name, and remarks that do not stop.

    `scenario` (its name) and `changes` (path -> value, as given for this run) say how it differs from what its files say;
    `left_out` are the remarks on what does not go with that.
    """

    study: Study
    folder: Path
    files: dict[str, str]
    documents: Mapping[str, Document]
    notices: tuple[ConfigError, ...] = ()
    left_out: tuple[ConfigError, ...] = ()
    scenario: str | None = None
    scenario_label: Label | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def variant(self) -> dict[str, Any]:
        """How it differs from what its files say, for the manifest: the scenario (id, labels) or None, and the changes."""
        label = self.scenario_label
        scenario = {"id": self.scenario, "zh": label.zh, "en": label.en} if label else None
        return {"scenario": scenario, "changes": dict(self.changes)}

    def place(self, path: str | Place) -> str:
        """file:line:column of an entry by its (dotted) path, or of the nearest one above it that is written."""
        return _place(self.documents, tuple(path.split(".")) if isinstance(path, str) else path)


def load_study(folder: Path, *, scenario: str | None = None, overrides: Sequence[str] = ()) -> LoadedStudy:
    """The study in a folder, with a scenario (a name, or a file) and `path=value` overrides applied.

    Raises Faults of ConfigError (exit 2): each with file:line:column, what is wrong and how to mend it, in zh and en.
    """
    documents, file_faults = _documents(folder)
    records = {
        name: record
        for name, record in ((record_name, _checked_part(record_name, documents)) for record_name in PARTS)
        if record is not None
    }
    scenarios = {
        id: record
        for id, record in (
            (_id(record_name), checked_record(Scenario, scenario_document))
            for record_name, scenario_document in _scenarios(documents)
        )
        if record
    }
    errors = file_faults + [fault for document in documents.values() for fault in document.faults]
    study_parts: dict[str, Any] = {**records, "scenarios": scenarios}
    study = Study.model_construct(**study_parts)
    if "sources" in records:
        study = with_presets(study)
    findings = check_study(study, valid_parts=records.keys() if errors else None)
    if not errors and all(finding.notice for finding in findings):
        findings += check_scenarios(study) + check_alternatives(study)
    errors += _located_faults([finding for finding in findings if not finding.notice], documents)
    if errors:
        raise Faults(errors)
    applied_scenario, scenario_files = (None, {}) if scenario is None else _scenario(study, scenario)
    changes = dict(_override(override) for override in overrides)
    varied_study = _with_changes(study, applied_scenario, f"--scenario {scenario}", changes)
    same_index = (varied_study.indicators, varied_study.weighting, varied_study.study.years) == (
        study.indicators,
        study.weighting,
        study.study.years,
    )
    left_out: list[Finding] = []
    if not same_index:
        varied_study, unfit_scenarios = _without_unfit_scenarios(varied_study)
        varied_study, unfit_alternatives = _without_unfit_alternatives(varied_study)
        left_out = [*unfit_scenarios, *unfit_alternatives]
    notices = _located_faults([*(finding for finding in findings if finding.notice), *left_out], documents)
    files = {name: document.digest for name, document in {**documents, **scenario_files}.items() if document.digest}
    return LoadedStudy(
        varied_study,
        folder,
        files,
        {**documents, **scenario_files},
        tuple(notices),
        tuple(_located_faults(left_out, documents)),
        scenario=None if scenario is None else Path(scenario).stem if scenario_files else scenario,
        scenario_label=applied_scenario.label if applied_scenario else None,
        changes={path: value for path, value in changes.items() if path != LANGUAGE_PATH},
    )


def _documents(folder: Path) -> tuple[dict[str, Document], list[ConfigError]]:
    """Every YAML file of a study by its name in the folder, and faults of files that are missing or belong to nothing."""
    shown_folder = _shown_folder(folder)
    if not folder.is_dir():
        raise Faults(
            [
                ConfigError(
                    "there is no such folder; hqd init makes one", zh="没有这个文件夹;可用 hqd init 新建", location=shown_folder
                )
            ]
        )
    known_names = {f"{name}.yaml" for name in PARTS}
    yaml_files = {path.name: path for path in sorted(folder.iterdir()) if path.suffix in (".yaml", ".yml") and path.is_file()}
    file_faults = [
        _unexpected_file(f"{shown_folder}/{name}", name, known_names) for name in yaml_files if name not in known_names
    ]
    file_faults += [
        ConfigError(
            f"{name}.yaml is missing; every study needs it",
            zh=f"缺少 {name}.yaml;每个研究都需要它",
            location=f"{shown_folder}/{name}.yaml",
        )
        for name in REQUIRED
        if f"{name}.yaml" not in yaml_files
    ]
    files = {name: path for name, path in yaml_files.items() if name in known_names}
    files |= {f"scenarios/{path.name}": path for path in sorted((folder / "scenarios").glob("*.yaml"))}
    return {name: read_document(path, f"{shown_folder}/{name}") for name, path in files.items()}, file_faults


def _missing(location: str) -> ConfigError:
    return ConfigError("the file is missing; every study needs it", zh="缺少该文件;每个研究都需要它", location=location)


def _shown_folder(folder: Path) -> str:
    """The folder as a message names it: from the working folder where it lies inside."""
    working_folder = Path.cwd()
    return (
        folder.relative_to(working_folder) if folder.is_absolute() and folder.is_relative_to(working_folder) else folder
    ).as_posix()


def _unexpected_file(location: str, file_name: str, known_names: set[str]) -> ConfigError:
    en, zh = unknown("file", file_name, known_names, kind_zh="文件")
    return ConfigError(
        f"{en} A study's folder holds only its own files", zh=f"{zh}研究文件夹中只放本研究的文件", location=location
    )


def _checked_part(part_name: str, documents: Mapping[str, Document]) -> Record | None:
    """A part as its file says, or with all defaults when the file may be absent and is."""
    document = documents.get(f"{part_name}.yaml")
    if document is None:
        return None if part_name in REQUIRED else PARTS[part_name].model_validate({"version": 1})
    return None if document.faults else checked_record(PARTS[part_name], document)


def _scenarios(documents: Mapping[str, Document]) -> list[tuple[str, Document]]:
    return [(name, document) for name, document in documents.items() if name.startswith("scenarios/") and not document.faults]


def _id(file_name: str) -> str:
    return file_name.removeprefix("scenarios/").removesuffix(".yaml")


def _located_faults(findings: Sequence[Finding], documents: Mapping[str, Document]) -> list[ConfigError]:
    """Findings as faults at their places, in the order of files and lines."""
    order = list(documents)
    errors = []
    for finding in findings:
        file_name, path = _file_of_entry(finding.path)
        dotted_path = ".".join(str(path_step) for path_step in path)
        yaml_position = documents[file_name].line(path) if file_name in documents else (0, 0)
        rank = (order.index(file_name) if file_name in order else len(order), yaml_position)
        en, zh = (f"{dotted_path}: {finding.en}", f"{dotted_path}:{finding.zh}") if path else (finding.en, finding.zh)
        fault_of_finding = ConfigError(en, zh=zh, location=_place(documents, finding.path))
        errors.append((rank, fault_of_finding))
    return [fault for _, fault in sorted(errors, key=lambda located_pair: located_pair[0])]


def _file_of_entry(path: Place) -> tuple[str, Place]:
    """The file that holds an entry of the study, and its path there."""
    if path and path[0] == "scenarios" and len(path) > 1:
        return f"scenarios/{path[1]}.yaml", path[2:]
    return (f"{path[0]}.yaml", path[1:]) if path else ("", ())


def _place(documents: Mapping[str, Document], path: Place) -> str:
    name, subtree = _file_of_entry(path)
    return documents[name].place(subtree) if name in documents else name


def _with_changes(study: Study, scenario: Scenario | None, location: str, changes: Mapping[str, Any]) -> Study:
    """The study with a scenario, whose faults lie at `location`, then each change of the command line."""
    if scenario is not None:
        study = _changed_study(study, scenario.changes, location)
    yaml_path = f"--set {next(iter(changes))}" if len(changes) == 1 else "--set"
    return _changed_study(study, changes, yaml_path) if changes else study


def _override(override_text: str) -> tuple[str, Any]:
    """(dotted path, value) of `path=value`; the value is read as YAML."""
    path, _, value = override_text.partition("=")
    if not path.strip() or not value.strip():
        example = "weighting.weight.indicators='{method: equal}'"
        en, zh = f"{override_text!r}: write path=value, as {example}", f"{override_text!r}:请写成 路径=值,如 {example}"
        fault = ConfigError(en, zh=zh, location="--set")
        raise Faults([fault])
    document = read_text(value, Document(f"--set {path}"))
    if document.faults:
        raise Faults(document.faults)
    return path.strip(), document.value


def _without_unfit_scenarios(study: Study) -> tuple[Study, list[Finding]]:
    """The study without the scenarios that no longer fit it once it was changed, and a remark on each."""
    earlier_findings = earlier_findings_of(study)
    findings_by_scenario = {
        id: check_changes(study, scenario.changes, (), earlier_findings=earlier_findings)
        for id, scenario in study.scenarios.items()
    }
    remarks = [
        Finding(("scenarios", id), f"left out, as it does not fit the changed study: {findings[0].en}",
                f"与改动后的研究不相容,已略去:{findings[0].zh}", notice=True)
        for id, findings in findings_by_scenario.items()
        if findings
    ]  # fmt: skip
    fitting_scenarios = {id: scenario for id, scenario in study.scenarios.items() if not findings_by_scenario[id]}
    return study.model_copy(update={"scenarios": fitting_scenarios}), remarks


def _without_unfit_alternatives(study: Study) -> tuple[Study, list[Finding]]:
    """The study without the alternatives of uncertainty.yaml that go with nothing in it once it was changed, a remark on each."""
    alternatives = study.uncertainty.alternatives
    earlier_findings = earlier_findings_of(study)
    fitting_alternatives, remarks = {}, []
    for path, choices in alternatives.items():
        other_choices = [({}, *({other: choice} for choice in alternatives[other])) for other in alternatives if other != path]
        faults = [_fault_of_alternative(study, {path: choice}, other_choices, earlier_findings) for choice in choices]
        remarks += [
            Finding(("uncertainty", "alternatives", path, choice_index), f"left out, as it does not fit the changed study: "
                    f"{fault.en}", f"与改动后的研究不相容,本次不用:{fault.zh}", notice=True)
            for choice_index, fault in enumerate(faults)
            if fault
        ]  # fmt: skip
        if fitting_choices := tuple(choice for choice, fault in zip(choices, faults) if fault is None):
            fitting_alternatives[path] = fitting_choices
    uncertainty = study.uncertainty.model_copy(update={"alternatives": fitting_alternatives})
    return study.model_copy(update={"uncertainty": uncertainty}), remarks


def _fault_of_alternative(
    study: Study,
    change: Mapping[str, Any],
    other_choices: Sequence[Sequence[Mapping[str, Any]]],
    earlier_findings: Callable[[frozenset[str]], FindingKeys],
) -> Finding | None:
    """What is wrong with a change by itself, unless it goes with some combination of the others."""
    first_fault = None
    for combination in product(*other_choices):
        changes = reduce(operator.or_, combination, dict(change))
        findings = check_changes(study, changes, (), earlier_findings=earlier_findings)
        if not findings:
            return None
        first_fault = first_fault or findings[0]
    return first_fault


def _changed_study(study: Study, changes: Mapping[str, Any], location: str) -> Study:
    findings = check_changes(study, changes, ())
    if findings:
        raise Faults([ConfigError(finding.en, zh=finding.zh, location=location) for finding in findings])
    return vary(study, changes)


def _scenario(study: Study, scenario_name: str) -> tuple[Scenario, dict[str, Document]]:
    """A scenario of the study by name, or one in a file."""
    if scenario_name in study.scenarios:
        return study.scenarios[scenario_name], {}
    path = Path(scenario_name)
    if path.suffix != ".yaml" or not path.is_file():
        en, zh = unknown("scenario", scenario_name, study.scenarios, kind_zh="情景")
        raise Faults([ConfigError(en, zh=zh, location="--scenario")])
    document = read_document(path, path.as_posix())
    scenario = None if document.faults else checked_record(Scenario, document)
    if scenario is None:
        raise Faults(document.faults)
    return scenario, {path.as_posix(): document}
