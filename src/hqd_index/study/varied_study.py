"""A study with some of its entries replaced: scenarios, `--set`, robustness rows and uncertainty all go through here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from ..errors import ConfigError, Faults, unknown
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
                en, zh = unknown("entry", path_step, type(entry).model_fields, kind_zh="条目")
                _refuse(path, en, zh)
            entry = getattr(entry, path_step)
        elif isinstance(entry, Mapping):
            if path_step not in entry and position < len(path_steps) - 1:
                en, zh = unknown("entry", path_step, entry, kind_zh="条目")
                _refuse(path, en, zh)
            entry = entry.get(path_step)
        else:
            _refuse(
                path,
                f"{parent_path} is replaced whole; write {parent_path}: ...",
                f"{parent_path} 须整体替换;请写 {parent_path}: ...",
            )


def _refuse(path: str, en: str, zh: str) -> NoReturn:
    raise ConfigError(f"change {path!r}: {en}", zh=f"改动 {path!r}:{zh}")
