"""What is wrong with a command line, in the language that is spoken, with the nearest name or the form that is right."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .command_help import half, spelled, usage
from .errors import ConfigError, unknown

LANGUAGES = ("zh", "en")
LANGUAGE_LINE = re.compile(r"^language:\s*(zh|en)\b", re.MULTILINE)
EXTRA_ARGUMENTS = re.compile(r"unexpected extra argument\(?s?\)? \((.*)\)")
READ_OF_STUDY = 65536  # characters
WANTED = {
    "int": ("a whole number", "整数"), "int range": ("a whole number, 1 or more", "不小于 1 的整数"),
    "float": ("a number", "数值"), "path": ("a path", "路径"), "str": ("a text", "文本"),
}  # fmt: skip


def spoken_language(arguments: Sequence[str]) -> str:
    """The language of what is printed: `--lang`, else that of the study, else HQD_LANG, else zh."""
    written = value_of("--lang", arguments), _study_language(arguments), os.environ.get("HQD_LANG")
    return next((language for language in written if language in LANGUAGES), "zh")


def value_of(option: str, arguments: Sequence[str]) -> str | None:
    """What a command line gives for an option."""
    for argument, following in zip(arguments, [*arguments[1:], None]):
        if argument == option:
            return following
        if argument.startswith(f"{option}="):
            return argument.removeprefix(f"{option}=")
    return None


def _study_language(arguments: Sequence[str]) -> str | None:
    """What the study's file says, read without any check: it may be what is wrong."""
    path = Path(value_of("--study", arguments) or "configs") / "study.yaml"
    try:
        found = LANGUAGE_LINE.search(path.read_text("utf-8")[:READ_OF_STUDY])
    except (OSError, ValueError):
        return None
    return found[1] if found else None


def usage_fault(fault: Exception, arguments: Sequence[str]) -> ConfigError:
    """A fault of the command line as the library of commands reports it, in both languages."""
    context: Any = getattr(fault, "ctx", None)
    command = context.command if context is not None and context.parent is not None else None
    where = f"hqd {command.name}" if command is not None else " ".join(["hqd", *arguments[:1]])
    part: Any = getattr(fault, "param", None)
    kind = type(fault).__name__
    if kind == "NoSuchOption":
        known = ["--help", *(name for option in (context.command.params if context else ()) for name in option.opts)]
        en, zh = unknown("option", getattr(fault, "option_name", ""), known, kind_zh="选项")
        return ConfigError(en, zh=zh, where=where)
    if kind == "MissingParameter" and part is not None:
        return _missing_argument(part, command, where)
    if kind == "BadOptionUsage":
        name = getattr(fault, "option_name", "")
        return ConfigError(f"{name} needs a value after it", zh=f"{name} 后面要写一个值", where=where)
    if kind == "BadParameter" and part is not None:
        return _wrong_value(part, context, where, arguments)
    if extra := EXTRA_ARGUMENTS.search(str(getattr(fault, "message", fault))):
        return _unreadable(where, f"{extra[1]} is more than it takes", f"多出参数 {extra[1]}")
    return _unreadable(where, "the command cannot be read", "命令行写法有误")


def _unreadable(where: str, en: str, zh: str) -> ConfigError:
    return ConfigError(f"{en}; `{where} --help` shows how it is used", zh=f"{zh};用法见 `{where} --help`", where=where)


def _missing_argument(part: Any, command: Any, where: str) -> ConfigError:
    meaning, forms = getattr(part, "help", None) or "", {}
    for language in LANGUAGES:
        forms[language] = f"{where} {usage(command, language)}" if command is not None else where
    return ConfigError(
        f"{spelled(part, 'en')} is missing ({half(meaning, 'en')}); write `{forms['en']}`",
        zh=f"缺少{spelled(part, 'zh')}({half(meaning, 'zh')});请写 `{forms['zh']}`",
        where=where,
    )


def _wrong_value(part: Any, context: Any, where: str, arguments: Sequence[str]) -> ConfigError:
    """A value of another type than is wanted, or none of the choices."""
    form = part.display_type(context).strip("<>")
    choices = form.split("|") if part.type_descriptor.is_choice else []
    value = next((v for name in part.opts if (v := value_of(name, arguments)) is not None), None)
    en, zh = WANTED.get(form, (form, form))
    if choices:
        en, zh = f"one of {', '.join(choices)}", f" {'、'.join(choices)} 之一"
    written, written_zh = (f"{value!r} will not do, ", f"{value!r} 不合法,") if value is not None else ("", "")
    return ConfigError(
        f"{spelled(part, 'en')}: {written}{en} is needed", zh=f"{spelled(part, 'zh')}:{written_zh}应为{zh}", where=where
    )
