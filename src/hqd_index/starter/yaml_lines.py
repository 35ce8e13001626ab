"""YAML as a person would write it, with a comment beside a line that is guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

PLAIN_TEXT = re.compile(
    r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff./()（）·&%-]*(?: [\w\u4e00-\u9fff./()（）·-][\w\u4e00-\u9fff./()（）·&%-]*)*"
)
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NO_TEXT = frozenset(
    ("true", "false", "null", "yes", "no", "on", "off", "True", "False", "Null", "TRUE", "FALSE", "NULL", "y", "n")
)
WIDEST = 118


def scalar(value: Any) -> str:
    """A number, a truth value or a text, in quotes where it needs them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)
    text = str(value)
    if PLAIN_TEXT.fullmatch(text) and text not in NO_TEXT and not NUMBER.fullmatch(text) and not text.endswith(":"):
        return text
    return json.dumps(text, ensure_ascii=False)


def flow(value: Any) -> str:
    """A value on one line: {key: value}, [a, b] or a scalar."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return scalar(value)


class YamlLines:
    """Lines of one file, each with its indentation and a comment where one is due."""

    def __init__(self, *heading: str) -> None:
        self.lines: list[str] = [f"# {line}" for line in heading]
        self.add("version", 1)

    def add(self, key: str, value: Any = None, *, indent: int = 0, comment: str = "") -> None:
        """`key: value`, or `key:` for what follows indented."""
        text = " " * indent + f"{scalar(key)}:" + ("" if value is None else f" {flow(value)}")
        self.lines.append(f"{text}  # {comment}" if comment else text)

    def add_pairs(
        self, key: str, pairs: Mapping[str, Any], *, indent: int = 0, comments: Mapping[str, str] | None = None
    ) -> None:
        """A mapping on one line where it is short and nothing in it needs a comment, else one line for each pair."""
        if not pairs:
            return
        told = comments or {}
        if len(" " * indent + key + flow(pairs)) <= WIDEST and not any(name in told for name in pairs):
            self.add(key, pairs, indent=indent)
            return
        self.add(key, indent=indent)
        for name, value in pairs.items():
            self.add(name, value, indent=indent + 2, comment=told.get(name, ""))

    def item(self, value: Any, *, indent: int = 0, comment: str = "") -> None:
        """`- value`."""
        text = " " * indent + f"- {flow(value)}"
        self.lines.append(f"{text}  # {comment}" if comment else text)

    def remark(self, text: str, *, indent: int = 0) -> None:
        """A line that is only a comment."""
        self.lines.append(" " * indent + f"# {text}")

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def listed(texts: Sequence[str], most: int = 12) -> str:
    """Texts one after the other, the first ones where there are many."""
    return "、".join(texts[:most]) + (" ..." if len(texts) > most else "")
