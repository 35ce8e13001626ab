"""Help of `hqd` in the chosen language: texts are written as `中文 / English`, one half is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer import core

from .errors import ConfigError, unknown

# how arguments are called in a line of usage: zh, en
ARGUMENTS = {
    "unit": ("单位", "UNIT"), "year": ("年份", "YEAR"), "node": ("节点", "NODE"), "folder": ("文件夹", "FOLDER"),
    "run": ("运行", "RUN"), "one": ("较早的运行", "EARLIER"), "other": ("较晚的运行", "LATER"), "family": ("类别", "FAMILY"),
    "places": ("文件夹", "FOLDER"),
}  # fmt: skip


def half(text: str, language: str) -> str:
    """One language of a text that holds both as `中文 / English`."""
    zh, slash, en = text.partition(" / ")
    return en if slash and language == "en" else zh


class LocalCommand(core.TyperCommand):
    """A command whose help is in the language of the run (the context's object)."""

    def get_help(self, ctx: Any) -> str:
        language = ctx.obj or "zh"
        lines = [
            _titled("用法", "Usage", language, f"hqd {self.name} {usage(self, language)}"),
            "",
            half(self.help or "", language),
        ]
        arguments = [part for part in self.params if part.param_type_name == "argument"]
        options = [part for part in self.params if part.param_type_name == "option"]
        for (zh, en), parts in ((("参数", "Arguments"), arguments), (("选项", "Options"), options)):
            if parts:
                rows = [(spelled(part, language), _meaning(part, language)) for part in parts]
                lines += ["", _titled(zh, en, language), *aligned(rows)]
        return "\n".join(lines)


class LocalGroup(core.TyperGroup):
    """The commands, listed in the language of the run; a name that does not exist is a fault with the nearest one."""

    def get_help(self, ctx: Any) -> str:
        language = ctx.obj or "zh"
        pattern = "hqd 命令 [选项]" if language == "zh" else "hqd COMMAND [OPTIONS]"
        rows = [(name, half(command.help or "", language)) for name, command in self.commands.items()]
        more = "各命令的用法:hqd 命令 --help" if language == "zh" else "how each is used: hqd COMMAND --help"
        titles = _titled("用法", "Usage", language, pattern), _titled("命令", "Commands", language)
        return "\n".join([titles[0], "", titles[1], *aligned(rows), "", more])

    def resolve_command(self, _ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        if args[0] not in self.commands:
            en, zh = unknown("command", args[0], self.commands, kind_zh="命令")
            raise ConfigError(en, zh=zh, where="hqd")
        return args[0], self.commands[args[0]], args[1:]


def _titled(zh: str, en: str, language: str, text: str = "") -> str:
    return f"{en}: {text}".rstrip() if language == "en" else f"{zh}:{text}"


def aligned(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Two columns of text under each other; a Chinese character is two columns of a terminal wide."""
    width = max(_width(name) for name, _ in rows)
    return [f"  {name}{' ' * (width - _width(name))}  {text}".rstrip() for name, text in rows]


def _width(text: str) -> int:
    return sum(2 if ord(mark) > 0x2E7F else 1 for mark in text)


def usage(command: Any, language: str) -> str:
    """The arguments of a command as a line of usage shows them."""
    parts = [spelled(part, language) for part in command.params if part.param_type_name == "argument"]
    return " ".join([*parts, "[选项]" if language == "zh" else "[OPTIONS]"])


def spelled(part: Any, language: str) -> str:
    """An option by its names, an argument by what it stands for, in brackets where it may be left out."""
    if part.param_type_name == "option":
        return ", ".join(part.opts)
    name = ARGUMENTS.get(part.name, (part.name,) * 2)[language == "en"]
    more = " ..." if part.nargs == -1 else ""
    return f"{name}{more}" if part.required else f"[{name}{more}]"


def _meaning(part: Any, language: str) -> str:
    text, default = half(getattr(part, "help", None) or "", language), part.default
    if part.required or default in (None, False, []) or callable(default):
        return text
    return f"{text}  [{'默认' if language == 'zh' else 'default'}: {default}]"
