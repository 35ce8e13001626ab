"""YAML as a person would write it, with a comment beside a line that is guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

PLAIN_TEXT = re.compile(
    r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff./()（）·&%-]*(?: [\w\u4e00-\u9fff./()（）·-][\w\u4e00-\u9fff./()（）·&%-]*)*"
)
NUMBER_PATTERN = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NO_TEXT = frozenset(
    ("true", "false", "null", "yes", "no", "on", "off", "True", "False", "Null", "TRUE", "FALSE", "NULL", "y", "n")
)
MAX_LINE_WIDTH = 118


def yaml_scalar(value: Any) -> str:
    """A number, a truth value or a text, in quotes where it needs them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)
    plain_text = str(value)
    if (
        PLAIN_TEXT.fullmatch(plain_text)
        and plain_text not in NO_TEXT
        and not NUMBER_PATTERN.fullmatch(plain_text)
        and not plain_text.endswith(":")
    ):
        return plain_text
    return json.dumps(plain_text, ensure_ascii=False)


def flow_style(value: Any) -> str:
    """A value on one line: {key: value}, [a, b] or a scalar."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml_scalar(key)}: {flow_style(element)}" for key, element in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow_style(element) for element in value) + "]"
    return yaml_scalar(value)


class YamlLines:
    """Lines of one file, each with its indentation and a comment where one is due."""

    def __init__(self, *heading: str) -> None:
        self.lines: list[str] = [f"# {line}" for line in heading]
        self.add("version", 1)

    def add(self, key: str, value: Any = None, *, indent: int = 0, comment: str = "") -> None:
        """`key: value`, or `key:` for what follows indented."""
        line = " " * indent + f"{yaml_scalar(key)}:" + ("" if value is None else f" {flow_style(value)}")
        self.lines.append(f"{line}  # {comment}" if comment else line)

    def add_pairs(
        self, key: str, pairs: Mapping[str, Any], *, indent: int = 0, comments: Mapping[str, str] | None = None
    ) -> None:
        """A mapping on one line where it is short and nothing in it needs a comment, else one line for each pair."""
        if not pairs:
            return
        pair_comments = comments or {}
        if len(" " * indent + key + flow_style(pairs)) <= MAX_LINE_WIDTH and not any(name in pair_comments for name in pairs):
            self.add(key, pairs, indent=indent)
            return
        self.add(key, indent=indent)
        for name, value in pairs.items():
            self.add(name, value, indent=indent + 2, comment=pair_comments.get(name, ""))

    def add_item(self, value: Any, *, indent: int = 0, comment: str = "") -> None:
        """`- value`."""
        line = " " * indent + f"- {flow_style(value)}"
        self.lines.append(f"{line}  # {comment}" if comment else line)

    def add_comment(self, comment: str, *, indent: int = 0) -> None:
        """A line that is only a comment."""
        self.lines.append(" " * indent + f"# {comment}")

    def content(self) -> str:
        return "\n".join(self.lines) + "\n"


def comma_list(words: Sequence[str], limit: int = 12) -> str:
    """Texts one after the other, the first ones where there are many."""
    return "、".join(words[:limit]) + (" ..." if len(words) > limit else "")
