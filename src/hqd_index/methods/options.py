"""The options of a choice as YAML writes them: their types, their defaults, and what to write where one is wrong."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from ..errors import ConfigError
from .method import Method, Share, YamlForm

Over = Literal["all_years", "each_year"] | tuple[int, int]


class _RequiredOption:
    def __repr__(self) -> str:
        return "required"


REQUIRED = _RequiredOption()

_PERIOD_OPTIONS: dict[str, tuple[Any, Any]] = {"over": (Over, "all_years")}
_LIMIT_OPTIONS: dict[str, tuple[Any, Any]] = {"floor": (Share, 0.0), "cap": (Share, 1.0)}


def yaml_form(annotation: Any) -> YamlForm | None:
    """The `YamlForm` of a parameter, if it has one."""
    if get_origin(annotation) is not Annotated:
        return None
    return next((mark for mark in get_args(annotation)[1:] if isinstance(mark, YamlForm)), None)


@cache
def options(method: Method, family: str) -> dict[str, tuple[Any, Any]]:
    """Option -> (type in YAML, default or REQUIRED): those of the method, then those of its whole family."""
    of_method = {name: (_yaml_type(p.annotation), _default(p)) for name, p in method.options.items()}
    timed = _PERIOD_OPTIONS if method.timed and family in ("normalise", "weight") else {}
    return of_method | timed | (_LIMIT_OPTIONS if family == "weight" else {})


def options_of_method(method: Method) -> dict[str, Any]:
    """Option -> default (REQUIRED where there is none), for lists of methods; `over`, `floor` and `cap` go with families."""
    return {name: _default(parameter) for name, parameter in method.options.items()}


def _default(parameter: inspect.Parameter) -> Any:
    return REQUIRED if parameter.default is inspect.Parameter.empty else parameter.default


def _yaml_type(annotation: Any) -> Any:
    form = yaml_form(annotation)
    return form.yaml_type if form else annotation


def read_option(value: Any, option_type: Any) -> Any:
    """The value in its declared type, strictly (no text for a number); ConfigError names the form that is right."""
    try:
        return _adapter(option_type).validate_json(to_json(value, inf_nan_mode="constants", fallback=str), strict=True)
    except ValidationError:
        en, zh = schema_in_words(_adapter(option_type).json_schema())
        raise ConfigError(f"{value!r} is not valid: {en} is needed", zh=f"{value!r} 不合法:应为{zh}") from None


@cache
def _adapter(option_type: Any) -> TypeAdapter[Any]:
    return TypeAdapter(option_type)


def schema_in_words(schema: Mapping[str, Any]) -> tuple[str, str]:
    """A JSON schema in words, (English, Chinese)."""
    if "anyOf" in schema:
        parts = [schema_in_words(part) for part in schema["anyOf"]]
        return " or ".join(en for en, _ in parts), "或".join(zh for _, zh in parts)
    if "enum" in schema or "const" in schema:
        names = [str(name) for name in schema.get("enum", [schema.get("const")])]
        return f"one of {', '.join(names)}", f" {'、'.join(names)} 之一"
    if "examples" in schema:
        example = schema["examples"][0]
        return f"text as {example}", f"形如 {example} 的文本"
    if "pattern" in schema:
        return "a percentage, as 30%", "百分数(如 30%)"
    if schema.get("type") == "array":
        return _list_in_words(schema)
    if schema.get("type") == "object":
        en, zh = schema_in_words(schema.get("additionalProperties", {}))
        return f"a mapping that gives each id {en}", f"对照表,每个 id 对应一个{zh}"
    en, zh = _SCHEMA_WORDS.get(str(schema.get("type")), ("a value", "值"))
    limits = [f"{sign} {schema[key]:g}" for key, sign in _LIMIT_SIGNS.items() if key in schema]
    return " ".join([en, " and ".join(limits)]).strip(), " ".join([zh, ",".join(limits)]).strip()


def _list_in_words(schema: Mapping[str, Any]) -> tuple[str, str]:
    items = schema.get("prefixItems")
    if items:
        en, zh = schema_in_words(items[0])
        return f"{len(items)} times {en}, as in [a, b]", f" {len(items)} 个{zh},例如 [a, b]"
    return "a list", "列表"


_SCHEMA_WORDS = {
    "number": ("a number", "数值"),
    "integer": ("a whole number", "整数"),
    "boolean": ("true or false", " true 或 false"),
    "string": ("a name", "名称"),
    "null": ("null", " null"),
}
_LIMIT_SIGNS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
