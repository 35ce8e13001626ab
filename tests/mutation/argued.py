"""Survivors that no test can kill, each with its reason: python -m tests.mutation.argued zh|en prints them for the docs."""

from __future__ import annotations

import sys
from pathlib import Path

from ruamel.yaml import YAML

FILE = Path(__file__).with_name("argued.yaml")
Key = tuple[str, str, str]


def argued() -> dict[Key, dict[str, str]]:
    """(module, line of its source, change) -> the reason in zh and en."""
    return {(one["module"], one["code"], one["change"]): one["why"] for one in YAML(typ="safe").load(FILE.read_text("utf-8"))}


def table(language: str) -> str:
    """The list as a page has it."""
    head = {
        "zh": "| 模块 | 原文 | 改动 | 为何对任何输入结果相同 |",
        "en": "| module | line | change | why nothing that counts differs |",
    }
    rows = [
        f"| `{module}` | `{_in_cell(code)}` | `{_in_cell(change)}` | {why[language]} |"
        for (module, code, change), why in argued().items()
    ]
    return "\n".join([head[language], "|---|---|---|---|", *rows])


def _in_cell(code: str) -> str:
    return code.replace("|", "\\|")


if __name__ == "__main__":
    print(table(sys.argv[1]))
