"""What pydantic finds wrong with a file, as faults with place, reason and mend in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, to_json

from ..errors import ConfigError, closest, unknown
from .records import Record
from .yaml_document import Document, Place
from .yaml_slips import full_width, misspelt_key

Texts = tuple[str, str]
R = TypeVar("R", bound=Record)


def checked_record(model: type[R], document: Document) -> R | None:
    """The record a document holds, or None with every fault added to the document."""
    try:
        return model.model_validate_json(to_json(document.value, inf_nan_mode="constants"), strict=True)
    except ValidationError as error:
        document.faults.extend(record_faults(error, model, document))
        return None


def record_faults(error: ValidationError, model: type[Record], document: Document) -> list[ConfigError]:
    """One ConfigError per fault, in the order of the file."""
    details_by_path: dict[Place, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        details_by_path.setdefault(_path(detail, document.value), []).append(detail)
    placed_details = [
        (path, detail) for path, details in details_by_path.items() for detail in _details_meant(path, details, details_by_path)
    ]
    placed_details.sort(key=lambda pair: document.line(pair[0]))
    return [_fault(path, detail, model, document) for path, detail in placed_details]


def _path(detail: ErrorDetails, value: Any) -> Place:
    """Where in the file a fault is: pydantic's location without the names of union members."""
    path: list[str | int] = []
    steps = [step for step in detail["loc"] if step != "[key]"]
    for position, step in enumerate(steps):
        inside = (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and step < len(value)
        )
        if inside:
            path.append(step)
            value = value[step]
        elif detail["type"] == "missing" and position == len(steps) - 1:
            path.append(step)
    return tuple(path)


def _details_meant(
    path: Place, details: Sequence[ErrorDetails], details_by_path: dict[Place, list[ErrorDetails]]
) -> Iterator[ErrorDetails]:
    """Of the faults that the members of a union report on one value, those of the member that was meant."""
    deeper = any(other_path[: len(path)] == path and other_path != path for other_path in details_by_path)
    choices = [d for d in details if d["type"] == "literal_error"]
    if len({d["type"] for d in details}) == 1 and not (choices and deeper):
        yield details[0]
    elif isinstance(details[0]["input"], dict | list):
        yield from () if deeper else [d for d in details if d["type"] not in ("literal_error", "model_type")][:1]
    else:
        yield from choices[:1] or details[:1]


def _fault(path: Place, detail: ErrorDetails, model: type[Record], document: Document) -> ConfigError:
    en, zh = _texts(path, detail, model, document)
    key = ".".join(str(step) for step in path)
    return ConfigError(f"{key}: {en}" if key else en, zh=f"{key}:{zh}" if key else zh, location=document.place(path))


def _texts(path: Place, detail: ErrorDetails, model: type[Record], document: Document) -> Texts:
    error_type, context = detail["type"], detail.get("ctx", {})
    if "zh" in context:
        return context["en"], context["zh"]
    if error_type == "missing":
        return _missing(path)
    if error_type == "extra_forbidden":
        return misspelt_key(str(path[-1])) or _unknown_key(path, detail, model)
    if error_type == "literal_error":
        return _literal(path, detail, document)
    if error_type == "string_pattern_mismatch":
        return _pattern(detail)
    if error_type in LIMITS:
        sign, (limit,) = LIMITS[error_type], context.values()
        return f"{detail['input']!r} must be {sign} {limit}", f"{detail['input']!r} 须 {sign} {limit}"
    if error_type in ("too_short", "too_long"):
        limit_key, word = ("min_length", "least") if error_type == "too_short" else ("max_length", "most")
        word_zh = "至少" if error_type == "too_short" else "至多"
        return f"at {word} {context[limit_key]} item(s) are needed", f"{word_zh}需要 {context[limit_key]} 项"
    return _wrong_type(path, detail, document)


def _unknown_key(path: Place, detail: ErrorDetails, model: type[Record]) -> Texts:
    en, zh = unknown("key", str(path[-1]), keys_at(model, path[:-1]), kind_zh="键")
    if detail["input"] is None:
        return (
            f"{en}. If a comma inside {{...}} split a text, put the text in quotes",
            f"{zh} 若花括号中的文本含逗号,请给文本加引号",
        )
    return en, zh


def _missing(path: Place) -> Texts:
    en, zh = MENDS.get(path[-1], ("", ""))
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of the list is missing", f"列表缺少第 {path[-1] + 1} 项"
    return f"{path[-1]} is missing{en and '; write ' + en}", f"缺少 {path[-1]}{zh and ';请写 ' + zh}"


def _literal(path: Place, detail: ErrorDetails, document: Document) -> Texts:
    expected = str(detail.get("ctx", {}).get("expected"))
    if path and path[-1] == "version":
        shipped_file = document.name.rpartition("/")[2]
        return (f"the file is of version {detail['input']!r}, this program reads version {expected}; compare its keys with the "
                f"shipped {shipped_file}, then write version: {expected}",
                f"文件版本为 {detail['input']!r},本程序读取版本 {expected};"
                f"请对照随附的 {shipped_file} 改写后写 version: {expected}")  # fmt: skip
    names = [name.strip("'") for name in re.split(r", | or ", expected)]
    best = closest(str(detail["input"]), names)
    hint, hint_zh = (f"; did you mean {best!r}?", f";您是不是想写 {best!r}?") if best else ("", "")
    listed = ", ".join(names)
    return f"{detail['input']!r} is not one of {listed}{hint}", f"{detail['input']!r} 不在可选值 {listed} 之中{hint_zh}"


def _pattern(detail: ErrorDetails) -> Texts:
    capital = "A-Z" in str(detail.get("ctx", {}).get("pattern", ""))
    letters, letters_zh = ("letters", "字母") if capital else ("small letters", "小写字母")
    return (f"{detail['input']!r} is no id; use {letters}, digits and _, beginning with a letter",
            f"{detail['input']!r} 不能作标识;请用{letters_zh}、数字和下划线,以字母开头")  # fmt: skip


def _wrong_type(path: Place, detail: ErrorDetails, document: Document) -> Texts:
    value, raw = detail["input"], document.raw.get(path, "")
    base = detail["type"].removesuffix("_type").removesuffix("_parsing")
    en, zh = WANTED.get(base, (detail["msg"], detail["msg"]))
    slip = misspelt_key(value) if isinstance(value, str) else None
    wide = full_width(value) if isinstance(value, str) else None
    if base in ("model", "dict") and slip:
        return slip
    if base == "string" and raw:
        en, zh = f'{en} in quotes: "{raw}"', f'{zh},请加引号:"{raw}"'
    elif wide:
        en, zh = f"{en}; write {wide[0]!r} as {wide[1]!r}", f"{zh};请把全角 {wide[0]!r} 改为半角 {wide[1]!r}"
    elif isinstance(value, str) and base in ("int", "float", "finite_number", "bool"):
        en, zh = f"{en}, without quotes", f"{zh},不加引号"
    return f"{_short_repr(value)} was found where {en} is needed", f"现为 {_short_repr(value)},应为{zh}"


def _short_repr(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def keys_at(model: type[BaseModel], path: Place) -> list[str]:
    """The keys a file may have at a path."""
    types: list[Any] = [model]
    for step in path:
        types = [inner for dtype in types for inner in _types_at(dtype, step)]
    return [name for dtype in types for name in _field_names(dtype)]


def _types_at(dtype: Any, step: str | int) -> list[Any]:
    origin, members = get_origin(dtype), get_args(dtype)
    if isinstance(dtype, type) and issubclass(dtype, BaseModel):
        info = dtype.model_fields.get(str(step))
        return _union_members(info.annotation) if info else []
    if origin is dict:
        return _union_members(members[1])
    return [inner for member in members for inner in _union_members(member)] if origin in (tuple, list) else []


def _union_members(dtype: Any) -> list[Any]:
    if get_origin(dtype) in (Union, UnionType):
        return [inner for member in get_args(dtype) for inner in _union_members(member)]
    return _union_members(get_args(dtype)[0]) if get_origin(dtype) is Annotated else [dtype]


def _field_names(dtype: Any) -> list[str]:
    return list(dtype.model_fields) if isinstance(dtype, type) and issubclass(dtype, BaseModel) else []


LIMITS = {"greater_than": ">", "greater_than_equal": ">=", "less_than": "<", "less_than_equal": "<="}
WANTED: dict[str, Texts] = {
    "string": ("a text", "文本"), "int": ("a whole number", "整数"), "int_from_float": ("a whole number", "整数"),
    "float": ("a number", "数值"), "finite_number": ("a finite number", "有限数值"),
    "bool": ("true or false", " true 或 false"), "tuple": ("a list, as in [a, b]", "列表,如 [a, b]"),
    "list": ("a list, as in [a, b]", "列表,如 [a, b]"), "dict": ("entries of the form key: value", "“键: 值”形式的条目"),
    "model": ("entries of the form key: value", "“键: 值”形式的条目"),
}  # fmt: skip
MENDS: dict[str | int, Texts] = {
    "version": ("version: 1", "version: 1"),
    "label": ("label: {zh: ..., en: ...}", "label: {zh: ..., en: ...}"),
    "zh": ("the Chinese text", "中文文本"),
    "en": ("the English text", "英文文本"),
    "years": ("years: [2012, 2024]", "years: [2012, 2024]"),
    "sesoi": ("the smallest effect of interest in within-SDs, e.g. sesoi: 0.10 (there is no default)",
              "最小关注效应(以组内标准差计),如 sesoi: 0.10(没有默认值)"),
    "alpha": ("the size of the tests, e.g. alpha: 0.05 (there is no default)", "检验水准,如 alpha: 0.05(没有默认值)"),
}  # fmt: skip
