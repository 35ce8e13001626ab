"""What a method or an estimator is, in one line, in both languages."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from . import FAMILIES


@cache
def summaries_zh() -> dict[str, dict[str, str]]:
    """Family -> id -> the Chinese line; `estimators` says what each of them is tested against."""
    from ruamel.yaml import YAML

    summaries: dict[str, dict[str, str]] = YAML(typ="safe").load((files(__package__) / "summaries_zh.yaml").read_text("utf-8"))
    return summaries


def meaning(family: str, name: str, language: str) -> str:
    """What a method gives: the first line of its docstring, or the Chinese beside it; the former where it has no Chinese yet."""
    summary = FAMILIES[family][name].summary
    return summaries_zh().get(family, {}).get(name, summary) if language == "zh" else summary


def known_answer(name: str, known_answer_en: str, language: str) -> str:
    """What an estimator is tested against."""
    return summaries_zh()["estimators"].get(name, known_answer_en) if language == "zh" else known_answer_en
