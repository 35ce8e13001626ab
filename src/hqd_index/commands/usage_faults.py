"""What is wrong with a command line, in the language that is spoken, with the nearest name or the form that is right."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import ConfigError, unknown
from .command_help import language_part, parameter_spelling, usage

LANGUAGES = ("zh", "en")
LANGUAGE_LINE = re.compile(r"^language:\s*(zh|en)\b", re.MULTILINE)
EXTRA_ARGUMENTS = re.compile(r"unexpected extra argument\(?s?\)? \((.*)\)")
MAX_STUDY_LENGTH = 65536  # characters
VALUE_TYPES = {
    "int": ("a whole number", "整数"), "int range": ("a whole number, 1 or more", "不小于 1 的整数"),
    "float": ("a number", "数值"), "path": ("a path", "路径"), "str": ("a text", "文本"),
}  # fmt: skip


def spoken_language(arguments: Sequence[str]) -> str:
    """The language of what is printed: `--lang`, else that of the study, else HQD_LANG, else zh."""
    candidates = option_value("--lang", arguments), _study_language(arguments), os.environ.get("HQD_LANG")
    return next((language for language in candidates if language in LANGUAGES), "zh")


def option_value(option: str, arguments: Sequence[str]) -> str | None:
    """What a command line gives for an option."""
    for argument, next_argument in zip(arguments, [*arguments[1:], None]):
        if argument == option:
            return next_argument
        if argument.startswith(f"{option}="):
            return argument.removeprefix(f"{option}=")
    return None


def _study_language(arguments: Sequence[str]) -> str | None:
    """What the study's file says, read without any check: it may be what is wrong."""
    path = Path(option_value("--study", arguments) or "configs") / "study.yaml"
    try:
        match = LANGUAGE_LINE.search(path.read_text("utf-8")[:MAX_STUDY_LENGTH])
    except (OSError, ValueError):
        return None
    return match[1] if match else None


def usage_fault(fault: Exception, arguments: Sequence[str]) -> ConfigError:
    """A fault of the command line as the library of commands reports it, in both languages."""
    context: Any = getattr(fault, "ctx", None)
    command = context.command if context is not None and context.parent is not None else None
    location = f"hqd {command.name}" if command is not None else " ".join(["hqd", *arguments[:1]])
    parameter: Any = getattr(fault, "param", None)
    fault_class = type(fault).__name__
    if fault_class == "NoSuchOption":
        option_names = [
            "--help",
            *(spelling for option in (context.command.params if context else ()) for spelling in option.opts),
        ]
        en, zh = unknown("option", getattr(fault, "option_name", ""), option_names, kind_zh="选项")
        return ConfigError(en, zh=zh, location=location)
    if fault_class == "MissingParameter" and parameter is not None:
        return _missing_argument_fault(parameter, command, location)
    if fault_class == "BadOptionUsage":
        spelling = getattr(fault, "option_name", "")
        return ConfigError(f"{spelling} needs a value after it", zh=f"{spelling} 后面要写一个值", location=location)
    if fault_class == "BadParameter" and parameter is not None:
        return _value_fault(parameter, context, location, arguments)
    if extra_arguments := EXTRA_ARGUMENTS.search(str(getattr(fault, "message", fault))):
        return _command_fault(location, f"{extra_arguments[1]} is more than it takes", f"多出参数 {extra_arguments[1]}")
    return _command_fault(location, "the command cannot be read", "命令行写法有误")


def _command_fault(location: str, en: str, zh: str) -> ConfigError:
    return ConfigError(
        f"{en}; `{location} --help` shows how it is used", zh=f"{zh};用法见 `{location} --help`", location=location
    )


def _missing_argument_fault(parameter: Any, command: Any, location: str) -> ConfigError:
    help_text, usage_by_language = getattr(parameter, "help", None) or "", {}
    for language in LANGUAGES:
        usage_by_language[language] = f"{location} {usage(command, language)}" if command is not None else location
    return ConfigError(
        f"{parameter_spelling(parameter, 'en')} is missing ({language_part(help_text, 'en')}); write `{usage_by_language['en']}`",
        zh=f"缺少{parameter_spelling(parameter, 'zh')}({language_part(help_text, 'zh')});请写 `{usage_by_language['zh']}`",
        location=location,
    )


def _value_fault(parameter: Any, context: Any, location: str, arguments: Sequence[str]) -> ConfigError:
    """The value has the wrong type, or is none of the choices."""
    type_name = parameter.display_type(context).strip("<>")
    choices = type_name.split("|") if parameter.type_descriptor.is_choice else []
    value = next(
        (
            option_value_text
            for spelling in parameter.opts
            if (option_value_text := option_value(spelling, arguments)) is not None
        ),
        None,
    )
    en, zh = VALUE_TYPES.get(type_name, (type_name, type_name))
    if choices:
        en, zh = f"one of {', '.join(choices)}", f" {'、'.join(choices)} 之一"
    value_text, value_text_zh = (f"{value!r} is not valid, ", f"{value!r} 不合法,") if value is not None else ("", "")
    return ConfigError(
        f"{parameter_spelling(parameter, 'en')}: {value_text}{en} is needed",
        zh=f"{parameter_spelling(parameter, 'zh')}:{value_text_zh}应为{zh}",
        location=location,
    )
