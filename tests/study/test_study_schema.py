"""The schemas editors use: current, complete in methods, and agreeing with the program on what is right and wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from small_study import FILES

from hqd_index.methods import FAMILIES
from hqd_index.study.json_schemas import schemas
from hqd_index.study.yaml_document import Document, read_text

FIRST_LINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")
SCHEMAS = schemas()


def schema_of(name: str) -> dict[str, object]:
    return SCHEMAS["scenario" if name.startswith("scenarios/") else name.removesuffix(".yaml")]


def faults(name: str, text: str) -> list[jsonschema.ValidationError]:
    return list(jsonschema.Draft202012Validator(schema_of(name)).iter_errors(read_text(text, Document(name)).value))


@pytest.mark.parametrize("name", SCHEMAS)
def test_committed_schemas_are_current(root: Path, name: str) -> None:
    committed = json.loads((root / "configs" / "schema" / f"{name}.json").read_text("utf-8"))
    assert committed == SCHEMAS[name], "run `hqd schema` and commit configs/schema"


def test_shipped_files_name_their_schema_and_obey_it(root: Path) -> None:
    for path in sorted((root / "configs").rglob("*.yaml")):
        text = path.read_text("utf-8")
        first = FIRST_LINE.match(text)
        assert first, path
        assert (path.parent / first[1]).is_file(), path
        assert not faults(path.relative_to(root / "configs").as_posix(), text), path


@pytest.mark.parametrize("family", FAMILIES)
def test_every_method_is_offered_with_its_options(family: str) -> None:
    offered = {part["properties"]["method"]["enum"][0]: part for part in SCHEMAS["weighting"]["$defs"][family]["anyOf"]}
    assert set(offered) == set(FAMILIES[family])
    for name, method in FAMILIES[family].items():
        assert set(method.options) <= set(offered[name]["properties"]), name


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("study.yaml", "name: small", "nmae: small"),
        ("study.yaml", "years: [2012, 2024]", "years: twelve"),
        ("weighting.yaml", "{method: entropy}", "{method: entropi}"),
        ("weighting.yaml", "{method: minmax, over: all_years}", "{method: minmax, ovr: all_years}"),
        ("weighting.yaml", "{quality: 0.5, safety: 0.5}", "{quality: half, safety: 0.5}"),
        ("indicators.yaml", "direction: -1", "direction: 2"),
        ("scenarios/equal.yaml", "changes:", "change:"),
    ],
)
def test_what_the_program_refuses_in_one_file_the_schema_refuses(name: str, old: str, new: str) -> None:
    assert not faults(name, FILES[name])
    assert faults(name, FILES[name].replace(old, new))
