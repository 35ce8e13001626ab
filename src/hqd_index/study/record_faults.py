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

SentencePair = tuple[str, str]
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
    for error_detail in error.errors(include_url=False):
        details_by_path.setdefault(_path(error_detail, document.value), []).append(error_detail)
    placed_details = [
        (path, error_detail)
        for path, error_details in details_by_path.items()
        for error_detail in _relevant_details(path, error_details, details_by_path)
    ]
    placed_details.sort(key=lambda sort_pair: document.line(sort_pair[0]))
    return [_fault(path, error_detail, model, document) for path, error_detail in placed_details]


def _path(error_detail: ErrorDetails, faulty_value: Any) -> Place:
    """Where in the file a fault is: pydantic's location without the names of union members."""
    path: list[str | int] = []
    path_steps = [path_step for path_step in error_detail["loc"] if path_step != "[key]"]
    for position, path_step in enumerate(path_steps):
        is_present = (isinstance(faulty_value, dict) and path_step in faulty_value) or (
            isinstance(faulty_value, list) and isinstance(path_step, int) and path_step < len(faulty_value)
        )
        if is_present:
            path.append(path_step)
            faulty_value = faulty_value[path_step]
        elif error_detail["type"] == "missing" and position == len(path_steps) - 1:
            path.append(path_step)
    return tuple(path)


def _relevant_details(
    path: Place, error_details: Sequence[ErrorDetails], details_by_path: dict[Place, list[ErrorDetails]]
) -> Iterator[ErrorDetails]:
    """Of the faults that the members of a union report on one value, those of the member that was meant."""
    child_tree = any(other_path[: len(path)] == path and other_path != path for other_path in details_by_path)
    choices = [error_detail for error_detail in error_details if error_detail["type"] == "literal_error"]
    if len({error_detail["type"] for error_detail in error_details}) == 1 and not (choices and child_tree):
        yield error_details[0]
    elif isinstance(error_details[0]["input"], dict | list):
        yield from (
            ()
            if child_tree
            else [error_detail for error_detail in error_details if error_detail["type"] not in ("literal_error", "model_type")][
                :1
            ]
        )
    else:
        yield from choices[:1] or error_details[:1]


def _fault(path: Place, error_detail: ErrorDetails, model: type[Record], document: Document) -> ConfigError:
    en, zh = _sentences(path, error_detail, model, document)
    key = ".".join(str(path_step) for path_step in path)
    return ConfigError(f"{key}: {en}" if key else en, zh=f"{key}:{zh}" if key else zh, location=document.place(path))


def _sentences(path: Place, error_detail: ErrorDetails, model: type[Record], document: Document) -> SentencePair:
    error_type, context = error_detail["type"], error_detail.get("ctx", {})
    if "zh" in context:
        return context["en"], context["zh"]
    if error_type == "missing":
        return _missing_key(path)
    if error_type == "extra_forbidden":
        return misspelt_key(str(path[-1])) or _unknown_key(path, error_detail, model)
    if error_type == "literal_error":
        return _literal_sentences(path, error_detail, document)
    if error_type == "string_pattern_mismatch":
        return _pattern(error_detail)
    if error_type in LIMITS:
        limit_sign, (limit,) = LIMITS[error_type], context.values()
        return f"{error_detail['input']!r} must be {limit_sign} {limit}", f"{error_detail['input']!r} 须 {limit_sign} {limit}"
    if error_type in ("too_short", "too_long"):
        limit_key, bound_word = ("min_length", "least") if error_type == "too_short" else ("max_length", "most")
        word_zh = "至少" if error_type == "too_short" else "至多"
        return f"at {bound_word} {context[limit_key]} item(s) are needed", f"{word_zh}需要 {context[limit_key]} 项"
    return _wrong_type_sentences(path, error_detail, document)


def _unknown_key(path: Place, error_detail: ErrorDetails, model: type[Record]) -> SentencePair:
    en, zh = unknown("key", str(path[-1]), keys_at(model, path[:-1]), kind_zh="键")
    if error_detail["input"] is None:
        return (
            f"{en}. If a comma inside {{...}} split a text, put the text in quotes",
            f"{zh} 若花括号中的文本含逗号,请给文本加引号",
        )
    return en, zh


def _missing_key(path: Place) -> SentencePair:
    en, zh = MENDS.get(path[-1], ("", ""))
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of the list is missing", f"列表缺少第 {path[-1] + 1} 项"
    return f"{path[-1]} is missing{en and '; write ' + en}", f"缺少 {path[-1]}{zh and ';请写 ' + zh}"


def _literal_sentences(path: Place, error_detail: ErrorDetails, document: Document) -> SentencePair:
    expected_values = str(error_detail.get("ctx", {}).get("expected"))
    if path and path[-1] == "version":
        shipped_file = document.name.rpartition("/")[2]
        return (
            f"the file is of version {error_detail['input']!r}, this program reads version {expected_values}; "
            "compare its keys with the "
            f"shipped {shipped_file}, then write version: {expected_values}",
            f"文件版本为 {error_detail['input']!r},本程序读取版本 {expected_values};"
            f"请对照随附的 {shipped_file} 改写后写 version: {expected_values}",
        )
    names = [allowed_value.strip("'") for allowed_value in re.split(r", | or ", expected_values)]
    closest_name = closest(str(error_detail["input"]), names)
    hint_en, hint_zh = (f"; did you mean {closest_name!r}?", f";您是不是想写 {closest_name!r}?") if closest_name else ("", "")
    name_list = ", ".join(names)
    return (
        f"{error_detail['input']!r} is not one of {name_list}{hint_en}",
        f"{error_detail['input']!r} 不在可选值 {name_list} 之中{hint_zh}",
    )


def _pattern(error_detail: ErrorDetails) -> SentencePair:
    capital = "A-Z" in str(error_detail.get("ctx", {}).get("pattern", ""))
    letters, letters_zh = ("letters", "字母") if capital else ("small letters", "小写字母")
    if "4e00" in str(error_detail.get("ctx", {}).get("pattern", "")):
        letters, letters_zh = "small letters or Chinese characters", "小写字母或汉字"
    return (f"{error_detail['input']!r} is no id; use {letters}, digits and _, beginning with a letter",
            f"{error_detail['input']!r} 不能作标识;请用{letters_zh}、数字和下划线,以字母开头")  # fmt: skip


def _wrong_type_sentences(path: Place, error_detail: ErrorDetails, document: Document) -> SentencePair:
    value, yaml_text = error_detail["input"], document.raw.get(path, "")
    base = error_detail["type"].removesuffix("_type").removesuffix("_parsing")
    en, zh = EXPECTED_TYPES.get(base, (error_detail["msg"], error_detail["msg"]))
    misspelling = misspelt_key(value) if isinstance(value, str) else None
    full_width_form = full_width(value) if isinstance(value, str) else None
    if base in ("model", "dict") and misspelling:
        return misspelling
    if base == "string" and yaml_text:
        en, zh = f'{en} in quotes: "{yaml_text}"', f'{zh},请加引号:"{yaml_text}"'
    elif full_width_form:
        en, zh = (
            f"{en}; write {full_width_form[0]!r} as {full_width_form[1]!r}",
            f"{zh};请把全角 {full_width_form[0]!r} 改为半角 {full_width_form[1]!r}",
        )
    elif isinstance(value, str) and base in ("int", "float", "finite_number", "bool"):
        en, zh = f"{en}, without quotes", f"{zh},不加引号"
    return f"{_short_repr(value)} was found where {en} is needed", f"现为 {_short_repr(value)},应为{zh}"


def _short_repr(faulty_value: Any) -> str:
    shortened = repr(faulty_value)
    return shortened if len(shortened) <= 60 else shortened[:57] + "..."


def keys_at(model: type[BaseModel], path: Place) -> list[str]:
    """The keys a file may have at a path."""
    types: list[Any] = [model]
    for path_step in path:
        types = [step_type for dtype in types for step_type in _types_at_step(dtype, path_step)]
    return [field_name for dtype in types for field_name in _field_names(dtype)]


def _types_at_step(dtype: Any, path_step: str | int) -> list[Any]:
    origin, members = get_origin(dtype), get_args(dtype)
    if isinstance(dtype, type) and issubclass(dtype, BaseModel):
        field_info = dtype.model_fields.get(str(path_step))
        return _union_members(field_info.annotation) if field_info else []
    if origin is dict:
        return _union_members(members[1])
    return [member_type for member in members for member_type in _union_members(member)] if origin in (tuple, list) else []


def _union_members(dtype: Any) -> list[Any]:
    if get_origin(dtype) in (Union, UnionType):
        return [member_type for member in get_args(dtype) for member_type in _union_members(member)]
    return _union_members(get_args(dtype)[0]) if get_origin(dtype) is Annotated else [dtype]


def _field_names(dtype: Any) -> list[str]:
    return list(dtype.model_fields) if isinstance(dtype, type) and issubclass(dtype, BaseModel) else []


LIMITS = {"greater_than": ">", "greater_than_equal": ">=", "less_than": "<", "less_than_equal": "<="}
EXPECTED_TYPES: dict[str, SentencePair] = {
    "string": ("a text", "文本"), "int": ("a whole number", "整数"), "int_from_float": ("a whole number", "整数"),
    "float": ("a number", "数值"), "finite_number": ("a finite number", "有限数值"),
    "bool": ("true or false", " true 或 false"), "tuple": ("a list, as in [a, b]", "列表,如 [a, b]"),
    "list": ("a list, as in [a, b]", "列表,如 [a, b]"), "dict": ("entries of the form key: value", "“键: 值”形式的条目"),
    "model": ("entries of the form key: value", "“键: 值”形式的条目"),
}  # fmt: skip
MENDS: dict[str | int, SentencePair] = {
    "version": ("version: 1", "version: 1"),
    "label": ("label: {zh: ..., en: ...}", "label: {zh: ..., en: ...}"),
    "zh": ("the Chinese text", "中文文本"),
    "en": ("the English text", "英文文本"),
    "years": ("years: [2012, 2024]", "years: [2012, 2024]"),
    "sesoi": ("the smallest effect of interest in within-SDs, e.g. sesoi: 0.10 (there is no default)",
              "最小关注效应(以组内标准差计),如 sesoi: 0.10(没有默认值)"),
    "alpha": ("the size of the tests, e.g. alpha: 0.05 (there is no default)", "检验水准,如 alpha: 0.05(没有默认值)"),
}  # fmt: skip
