"""Help of `hqd` in the chosen language: texts are written as `中文 / English`, one of which is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer import core

from ..errors import ConfigError, unknown

# how arguments are called in a line of usage: zh, en
ARGUMENTS = {
    "unit": ("单位", "UNIT"), "year": ("年份", "YEAR"), "node": ("节点", "NODE"), "folder": ("文件夹", "FOLDER"),
    "run_id": ("运行", "RUN"), "run_name": ("运行", "RUN"), "earlier_name": ("较早的运行", "EARLIER"),
    "later_name": ("较晚的运行", "LATER"), "family": ("类别", "FAMILY"),
    "folders": ("文件夹", "FOLDER"), "file": ("工作簿", "FILE"), "name": ("示例", "EXAMPLE"),
}  # fmt: skip


def language_part(bilingual_text: str, language: str) -> str:
    """One language of a text that holds both as `中文 / English`."""
    zh, slash, en = bilingual_text.partition(" / ")
    return en if slash and language == "en" else zh


class LocalCommand(core.TyperCommand):
    """A command whose help is in the language of the run (the context's object)."""

    def get_help(self, ctx: Any) -> str:
        language = ctx.obj or "zh"
        lines = [
            _heading("用法", "Usage", language, f"hqd {self.name} {usage(self, language)}"),
            "",
            language_part(self.help or "", language),
        ]
        arguments = [parameter for parameter in self.params if parameter.param_type_name == "argument"]
        options = [parameter for parameter in self.params if parameter.param_type_name == "option"]
        for (zh, en), parameters in ((("参数", "Arguments"), arguments), (("选项", "Options"), options)):
            if parameters:
                option_rows = [
                    (parameter_spelling(parameter, language), _parameter_help(parameter, language)) for parameter in parameters
                ]
                lines += ["", _heading(zh, en, language), *aligned_columns(option_rows)]
        return "\n".join(lines)


class LocalGroup(core.TyperGroup):
    """The commands, listed in the language of the run; a name that does not exist is a fault with the nearest one."""

    def get_help(self, ctx: Any) -> str:
        language = ctx.obj or "zh"
        pattern = "hqd 命令 [选项]" if language == "zh" else "hqd COMMAND [OPTIONS]"
        rows = [(command_name, language_part(command.help or "", language)) for command_name, command in self.commands.items()]
        help_hint = "各命令的用法:hqd 命令 --help" if language == "zh" else "help for a command: hqd COMMAND --help"
        titles = _heading("用法", "Usage", language, pattern), _heading("命令", "Commands", language)
        return "\n".join([titles[0], "", titles[1], *aligned_columns(rows), "", help_hint])

    def resolve_command(self, _ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        if args[0] not in self.commands:
            en, zh = unknown("command", args[0], self.commands, kind_zh="命令")
            raise ConfigError(en, zh=zh, location="hqd")
        return args[0], self.commands[args[0]], args[1:]


def _heading(zh: str, en: str, language: str, line_text: str = "") -> str:
    return f"{en}: {line_text}".rstrip() if language == "en" else f"{zh}:{line_text}"


def aligned_columns(name_and_text_rows: Sequence[tuple[str, str]]) -> list[str]:
    """Two columns of text under each other; a Chinese character is two columns of a terminal wide."""
    width = max(_width(spelling) for spelling, _ in name_and_text_rows)
    return [
        f"  {spelling}{' ' * (width - _width(spelling))}  {description}".rstrip() for spelling, description in name_and_text_rows
    ]


def _width(line_text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in line_text)


def usage(command: Any, language: str) -> str:
    """The arguments of a command as a line of usage shows them."""
    spellings = [
        parameter_spelling(parameter, language) for parameter in command.params if parameter.param_type_name == "argument"
    ]
    return " ".join([*spellings, "[选项]" if language == "zh" else "[OPTIONS]"])


def parameter_spelling(parameter: Any, language: str) -> str:
    """An option by its names, an argument by its placeholder, in brackets where it may be left out."""
    if parameter.param_type_name == "option":
        return ", ".join(parameter.opts)
    name = ARGUMENTS.get(parameter.name, (parameter.name,) * 2)[language == "en"]
    return name if parameter.required else f"[{name}]"


def _parameter_help(parameter: Any, language: str) -> str:
    text, default = language_part(getattr(parameter, "help", None) or "", language), parameter.default
    if parameter.required or default in (None, False, []) or callable(default):
        return text
    return f"{text}  [{'默认' if language == 'zh' else 'default'}: {default}]"
