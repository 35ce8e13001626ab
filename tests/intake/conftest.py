"""Small studies and files for intake tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hqd_index.engines import Engine, open_engine
from hqd_index.study.records import Study
from hqd_index.study.vendor_presets import with_presets

LABEL = {"zh": "甲", "en": "a"}
FIRMS: dict[str, Any] = {"path": "firms.csv", "table": "firms", "constants": {"industry_version": "2017"}}

Builder = Callable[..., Study]


def build(sources: Mapping[str, Any] | None = None, rules: Mapping[str, Any] | None = None, **parts: Any) -> Study:
    """A study whose intake part is what the test says; the index part is one indicator of one table."""
    table = next(iter((sources or {"firms": FIRMS}).values()))["table"]
    leaf = {"table": table, "formula": "sum(revenue)", "label": LABEL}
    study = Study.model_validate(
        {
            "study": {"version": 1, "name": "test", "label": LABEL, "years": [2012, 2024], **parts.pop("study", {})},
            "sources": {"version": 1, "sources": sources or {"firms": FIRMS}, **parts},
            "rules": {"version": 1, **(rules or {})},
            "columns": {"version": 1},
            "indicators": {"version": 1, "tree": {"hqd": ["one"]}, "indicators": {"one": leaf}, "levels": ["indicators"]},
            "weighting": {
                "version": 1,
                "weight": {"indicators": {"method": "equal"}},
                "aggregate": {"indicators": {"method": "arithmetic"}},
            },
            "regressions": {"version": 1},
        }
    )
    return with_presets(study)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


@pytest.fixture
def study() -> Builder:
    return build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "configs").mkdir()
    return tmp_path
