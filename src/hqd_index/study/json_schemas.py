"""JSON schemas of the files of a study, from which editors complete keys, methods and their options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ..methods import FAMILIES
from ..methods.method import Method
from ..methods.options import REQUIRED, options
from .records import Record, Scenario
from .study_folder import PARTS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """File name without its ending -> schema: one per part of a study, and `scenario`."""
    models: dict[str, type[Record]] = {**PARTS, "scenario": Scenario}
    return {file_stem: json.loads(json.dumps(_schema(file_stem, model))) for file_stem, model in models.items()}


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema as <folder>/<name>.json and give the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, schema in schemas().items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(schema, ensure_ascii=False, indent=1) + "\n", "utf-8")
        paths.append(path)
    return paths


def _schema(file_stem: str, model: type[Record]) -> Schema:
    schema = model.model_json_schema()
    families = _families(schema)
    definitions: Schema = schema.get("$defs", {})
    for family in families:
        definitions[family] = {"anyOf": [_method(family, id, method, definitions) for id, method in FAMILIES[family].items()]}
    if definitions:
        schema["$defs"] = dict(sorted(definitions.items()))
    return {"$schema": DIALECT, **_with_references(schema), "title": f"{file_stem}.yaml"}


def _families(schema_part: Any) -> list[str]:
    """The method families that a schema names, in alphabetical order."""
    if isinstance(schema_part, dict):
        part_family = {schema_part["family"]} if isinstance(schema_part.get("family"), str) else set()
        return sorted(part_family.union(*(_families(subschema) for subschema in schema_part.values())))
    return (
        sorted({family for subschema in schema_part for family in _families(subschema)}) if isinstance(schema_part, list) else []
    )


def _with_references(schema_part: Any) -> Any:
    """The schema with each named family as a reference to its definition."""
    if isinstance(schema_part, list):
        return [_with_references(subschema) for subschema in schema_part]
    if not isinstance(schema_part, dict):
        return schema_part
    if isinstance(schema_part.get("family"), str):
        other_keys = {schema_key: subschema for schema_key, subschema in schema_part.items() if schema_key != "family"}
        return {"$ref": f"#/$defs/{schema_part['family']}", **other_keys}
    return {schema_key: _with_references(subschema) for schema_key, subschema in schema_part.items()}


def _method(family: str, id: str, method: Method, definitions: Schema) -> Schema:
    """One method with its options, their types and defaults."""
    method_options = options(method, family)
    properties = {
        option_name: _option_schema(dtype, default, family, definitions)
        for option_name, (dtype, default) in method_options.items()
    }
    return {
        "type": "object",
        "title": f"{method.label_zh} {method.label_en}",
        "description": method.summary,
        "properties": {"method": {"enum": [id, method.label_zh]}, **properties},
        "required": ["method", *(option_name for option_name, (_, default) in method_options.items() if default is REQUIRED)],
        "additionalProperties": False,
    }


def _option_schema(dtype: Any, default: Any, family: str, definitions: Schema) -> Schema:
    schema = TypeAdapter(dtype).json_schema(ref_template="#/$defs/{model}")
    for definition_name, definition in schema.pop("$defs", {}).items():
        if definition_name != "Choice":
            definitions[definition_name] = definition
    schema_text = json.dumps(schema).replace('"#/$defs/Choice"', f'"#/$defs/{family}"')
    option_schema: Schema = json.loads(schema_text)
    return option_schema if default is REQUIRED or default is None else {**option_schema, "default": default}
