"""A study with some of its entries replaced: scenarios, `--set`, robustness rows and uncertainty all go through here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from ..errors import ConfigError, Faults, closest, unknown
from ..methods.choice import Choice
from .record_faults import record_faults
from .records import Study
from .yaml_document import Document

STUDIES = 64
"""How many studies are remembered: the scenarios of one, which a writer asks for several times."""


def vary(study: Study, changes: Mapping[str, Any]) -> Study:
    """The study with each dotted path set to its value, checked anew as a file is; a list or mapping is replaced whole.

    ConfigError when a path names no entry (F41), Faults when a value is not valid.
    """
    data = study.model_dump(mode="json")
    for path, value in changes.items():
        check_path(study, path)
        _set_entry(data, path.split("."), value)
    try:
        return study_of_json(to_json(data, inf_nan_mode="constants"))
    except ValidationError as error:
        raise Faults(record_faults(error, Study, Document("", data))) from None


@lru_cache(maxsize=STUDIES)
def study_of_json(study_json: bytes) -> Study:
    """The study that JSON with every entry written out says; ValidationError where it is none."""
    return Study.model_validate_json(study_json, strict=True)


def _set_entry(document: Any, path_steps: list[str], new_value: Any) -> None:
    for path_step in path_steps[:-1]:
        document = document[path_step]
    document[path_steps[-1]] = new_value


def check_path(study: Study, path: str) -> None:
    """ConfigError unless every step exists; the last may be a new key of a mapping such as `weighting.indicators`."""
    entry: Any = study
    path_steps = path.split(".")
    for position, path_step in enumerate(path_steps):
        parent_path = ".".join(path_steps[:position])
        if isinstance(entry, Choice):
            _refuse(path, f"a method is replaced whole: write {parent_path}: {{method: {entry.method}, ...}}",
                    f"方法须整体替换:请写 {parent_path}: {{method: {entry.method}, ...}}")  # fmt: skip
        if isinstance(entry, BaseModel):
            if path_step not in type(entry).model_fields:
                _refuse(path, *_unknown_step(study, path_steps, position, type(entry).model_fields))
            entry = getattr(entry, path_step)
        elif isinstance(entry, Mapping):
            if path_step not in entry and position < len(path_steps) - 1:
                _refuse(path, *_unknown_step(study, path_steps, position, entry))
            entry = entry.get(path_step)
        else:
            _refuse(
                path,
                f"{parent_path} is replaced whole; write {parent_path}: ...",
                f"{parent_path} 须整体替换;请写 {parent_path}: ...",
            )


def _unknown_step(study: Study, path_steps: list[str], position: int, entries: Iterable[str]) -> tuple[str, str]:
    """(English, Chinese) of a step that does not exist: the whole path that is nearest, where one is, else what exists there."""
    known_paths = list(dotted_paths(study))
    path, last_steps = ".".join(path_steps), path_steps[-2:]
    ends = [known_path for known_path in known_paths if known_path.split(".")[-len(last_steps) :] == last_steps]
    ends = ends or [known_path for known_path in known_paths if known_path.split(".")[-1] == path_steps[-1]]
    nearest = ends[0] if len(ends) == 1 else closest(path, ends or known_paths)
    if nearest is None or nearest == path:
        return unknown("entry", path_steps[position], entries, kind_zh="条目")
    step = path_steps[position]
    return f"unknown entry {step!r}; did you mean {nearest!r}?", f"不认识的条目 {step!r};您是不是想写 {nearest!r}?"


def dotted_paths(entry: Any, path: str = "") -> Iterator[str]:
    """Every path of a study that a change may name; a method is one entry, and so is a list."""
    if path:
        yield path
    if isinstance(entry, Choice):
        return
    children: Iterable[tuple[str, Any]] = ()
    if isinstance(entry, BaseModel):
        children = ((name, getattr(entry, name)) for name in type(entry).model_fields)
    elif isinstance(entry, Mapping):
        children = ((name, child) for name, child in entry.items() if "." not in str(name))  # changes of a scenario are paths
    for name, child in children:
        yield from dotted_paths(child, f"{path}.{name}" if path else str(name))


def _refuse(path: str, en: str, zh: str) -> NoReturn:
    raise ConfigError(f"change {path!r}: {en}", zh=f"改动 {path!r}:{zh}")
