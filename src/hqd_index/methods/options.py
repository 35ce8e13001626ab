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
    return next((metadata for metadata in get_args(annotation)[1:] if isinstance(metadata, YamlForm)), None)


@cache
def options(method: Method, family: str) -> dict[str, tuple[Any, Any]]:
    """Option -> (type in YAML, default or REQUIRED): those of the method, then those of its whole family."""
    of_method = {
        option_name: (_yaml_type(parameter.annotation), _default(parameter)) for option_name, parameter in method.options.items()
    }
    period_options = _PERIOD_OPTIONS if method.timed and family in ("normalise", "weight") else {}
    return of_method | period_options | (_LIMIT_OPTIONS if family == "weight" else {})


def options_of_method(method: Method) -> dict[str, Any]:
    """Option -> default (REQUIRED where there is none), for lists of methods; `over`, `floor` and `cap` go with families."""
    return {option_name: _default(parameter) for option_name, parameter in method.options.items()}


def _default(parameter: inspect.Parameter) -> Any:
    return REQUIRED if parameter.default is inspect.Parameter.empty else parameter.default


def _yaml_type(annotation: Any) -> Any:
    form = yaml_form(annotation)
    return form.yaml_type if form else annotation


def read_option(yaml_value: Any, option_type: Any) -> Any:
    """The value in its declared type, strictly (no text for a number); ConfigError names the form that is right."""
    try:
        return _adapter(option_type).validate_json(to_json(yaml_value, inf_nan_mode="constants", fallback=str), strict=True)
    except ValidationError:
        en, zh = schema_in_words(_adapter(option_type).json_schema())
        raise ConfigError(f"{yaml_value!r} is not valid: {en} is needed", zh=f"{yaml_value!r} 不合法:应为{zh}") from None


@cache
def _adapter(option_type: Any) -> TypeAdapter[Any]:
    return TypeAdapter(option_type)


def schema_in_words(schema: Mapping[str, Any]) -> tuple[str, str]:
    """A JSON schema in words, (English, Chinese)."""
    if "anyOf" in schema:
        alternatives = [schema_in_words(alternative) for alternative in schema["anyOf"]]
        return " or ".join(en for en, _ in alternatives), "或".join(zh for _, zh in alternatives)
    if "enum" in schema or "const" in schema:
        allowed_texts = [str(allowed_value) for allowed_value in schema.get("enum", [schema.get("const")])]
        return f"one of {', '.join(allowed_texts)}", f" {'、'.join(allowed_texts)} 之一"
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
    limits = [f"{limit_sign} {schema[limit_key]:g}" for limit_key, limit_sign in _LIMIT_SIGNS.items() if limit_key in schema]
    return " ".join([en, " and ".join(limits)]).strip(), " ".join([zh, ",".join(limits)]).strip()


def _list_in_words(schema: Mapping[str, Any]) -> tuple[str, str]:
    item_schemas = schema.get("prefixItems")
    if item_schemas:
        en, zh = schema_in_words(item_schemas[0])
        return f"{len(item_schemas)} times {en}, as in [a, b]", f" {len(item_schemas)} 个{zh},例如 [a, b]"
    return "a list", "列表"


_SCHEMA_WORDS = {
    "number": ("a number", "数值"),
    "integer": ("a whole number", "整数"),
    "boolean": ("true or false", " true 或 false"),
    "string": ("a name", "名称"),
    "null": ("null", " null"),
}
_LIMIT_SIGNS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
