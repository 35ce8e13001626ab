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


def yaml_scalar(scalar: Any) -> str:
    """A number, a truth value or a text, in quotes where it needs them."""
    if isinstance(scalar, bool):
        return "true" if scalar else "false"
    if isinstance(scalar, int | float):
        return repr(int(scalar)) if isinstance(scalar, float) and scalar.is_integer() else repr(scalar)
    plain_text = str(scalar)
    if (
        PLAIN_TEXT.fullmatch(plain_text)
        and plain_text not in NO_TEXT
        and not NUMBER_PATTERN.fullmatch(plain_text)
        and not plain_text.endswith(":")
    ):
        return plain_text
    return json.dumps(plain_text, ensure_ascii=False)


def flow_style(node_value: Any) -> str:
    """A value on one line: {key: value}, [a, b] or a scalar."""
    if isinstance(node_value, Mapping):
        return (
            "{" + ", ".join(f"{yaml_scalar(entry_key)}: {flow_style(element)}" for entry_key, element in node_value.items()) + "}"
        )
    if isinstance(node_value, list | tuple):
        return "[" + ", ".join(flow_style(element) for element in node_value) + "]"
    return yaml_scalar(node_value)


class YamlLines:
    """Lines of one file, each with its indentation and a comment where one is due."""

    def __init__(self, *heading: str) -> None:
        self.lines: list[str] = [f"# {heading_line}" for heading_line in heading]
        self.add("version", 1)

    def add(self, entry_key: str, entry_value: Any = None, *, indent: int = 0, comment: str = "") -> None:
        """`key: value`, or `key:` for what follows indented."""
        line = " " * indent + f"{yaml_scalar(entry_key)}:" + ("" if entry_value is None else f" {flow_style(entry_value)}")
        self.lines.append(f"{line}  # {comment}" if comment else line)

    def add_pairs(
        self, entry_key: str, pairs: Mapping[str, Any], *, indent: int = 0, comments: Mapping[str, str] | None = None
    ) -> None:
        """A mapping on one line where it is short and nothing in it needs a comment, else one line for each pair."""
        if not pairs:
            return
        pair_comments = comments or {}
        if len(" " * indent + entry_key + flow_style(pairs)) <= MAX_LINE_WIDTH and not any(
            pair_key in pair_comments for pair_key in pairs
        ):
            self.add(entry_key, pairs, indent=indent)
            return
        self.add(entry_key, indent=indent)
        for pair_key, value in pairs.items():
            self.add(pair_key, value, indent=indent + 2, comment=pair_comments.get(pair_key, ""))

    def add_item(self, item_value: Any, *, indent: int = 0, comment: str = "") -> None:
        """`- value`."""
        line = " " * indent + f"- {flow_style(item_value)}"
        self.lines.append(f"{line}  # {comment}" if comment else line)

    def add_comment(self, comment: str, *, indent: int = 0) -> None:
        """A line that is only a comment."""
        self.lines.append(" " * indent + f"# {comment}")

    def content(self) -> str:
        return "\n".join(self.lines) + "\n"


def comma_list(texts: Sequence[str], limit: int = 12) -> str:
    """Texts one after the other, the first ones where there are many."""
    return "、".join(texts[:limit]) + (" ..." if len(texts) > limit else "")
