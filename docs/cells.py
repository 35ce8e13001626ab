"""Small pieces of Markdown: cells, tables, types and defaults in words, in one of two languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticUndefined, to_jsonable_python
from ruamel.yaml import YAML

from hqd_index.methods.options import REQUIRED

HERE = Path(__file__).parent
HAN = "[\u4e00-\u9fff“”]"
MARKS = re.compile(r"(_|(?<!\*)\*(?!\*))")
WIDE = {",": "，", ";": "；", ":": "："}

PLAIN = {
    "number": ("数值", "number"),
    "integer": ("整数", "whole number"),
    "boolean": ("true/false", "true/false"),
    "string": ("文本", "text"),
    "null": ("null", "null"),
    "array": ("列表", "list"),
    "object": ("对照表", "mapping"),
}
LIMITS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}


@cache
def texts(name: str) -> Any:
    """One of the files of texts beside this module."""
    return YAML(typ="safe").load((HERE / "texts" / f"{name}.yaml").read_text("utf-8"))


def pick(language: str, zh: str, en: str) -> str:
    return zh if language == "zh" else en


def says(page: str, language: str) -> Callable[[str], str]:
    """The headings and prose of a generated page, by name."""
    page_texts = texts("pages")[page]
    return lambda name: str(page_texts[name][language])


def heading(depth: int, title: str, anchor: str) -> list[str]:
    """A heading with an address that stays the same in both languages."""
    return ["", f'{"#" * depth} {title} <a id="{anchor}"></a>']


def grid(heads: str, rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table; heads are separated by commas."""
    names = heads.split(",")
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return ["", *lines, *("| " + " | ".join(prose(value) for value in row) + " |" for row in rows), ""]


def prose(value: object) -> str:
    """Text on one line that Markdown leaves alone: no table or tag begins in it; Chinese has full-width punctuation."""
    parts = re.split(r"(`[^`]*`)", " ".join(str(value).split()))
    plain = [part if part.startswith("`") else MARKS.sub(r"\\\1", part).replace("<", "&lt;") for part in parts]
    return full_width("".join(plain)).replace("|", "\\|")


def full_width(text: str) -> str:
    """The text with `,` `;` `:` and brackets made full-width beside Chinese characters, code left alone."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _full_width(part) for part in parts)


def _full_width(text: str) -> str:
    text = re.sub(rf"(?<={HAN})([,;:])|([,;:])(?={HAN})", lambda match: WIDE[match.group()], text)
    return re.sub(rf"\(([^()]*{HAN}[^()]*)\)", r"（\1）", text)


def code(value: object) -> str:
    """The value as code; the marks of Markdown inside it stay as they are."""
    return f"`{value}`" if str(value) else ""


def code_list(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))


def type_name(annotation: Any, language: str) -> str:
    """A type in words."""
    return words(TypeAdapter(annotation).json_schema(), language)


def words(schema: Mapping[str, Any], language: str) -> str:
    """A JSON schema in words."""
    if "family" in schema or "$ref" in schema:
        return _named_type(str(schema.get("$ref", "Choice")).rpartition("/")[2], language)
    if "anyOf" in schema:
        return pick(language, " 或 ", " or ").join(words(part, language) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return pick(language, "、", ", ").join(code(name) for name in schema.get("enum", [schema.get("const")]))
    if "prefixItems" in schema:
        return pick(language, "两个", "two of: ") + words(schema["prefixItems"][0], language)
    if isinstance(schema.get("items"), dict) and schema["items"]:
        return pick(language, "列表:", "list of: ") + words(schema["items"], language)
    below = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")][0]
    if schema.get("title") == "Label":
        return _named_type("Label", language)
    if isinstance(below, dict) and schema.get("type") == "object" and below:
        return pick(language, "名称 → ", "name → ") + words(below, language)
    limits = [f"{sign} {schema[key]:g}" for key, sign in LIMITS.items() if key in schema]
    return " ".join([pick(language, *PLAIN.get(str(schema.get("type")), ("值", "value"))), ", ".join(limits)]).strip()


def _named_type(name: str, language: str) -> str:
    if name == "Label":
        return code("{zh: .., en: ..}")
    return pick(language, "方法", "method") if name == "Choice" else pick(language, *PLAIN["object"])


def default(value: Any, language: str) -> str:
    """A default as YAML writes it."""
    if value is REQUIRED or value is PydanticUndefined:
        return pick(language, "必填", "required")
    if value is None or value in ({}, ()):
        return "–"
    return code(plain(to_jsonable_python(value)))


def plain(value: Any) -> str:
    """A value as one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {plain(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(plain(inner) for inner in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value) or '""'
