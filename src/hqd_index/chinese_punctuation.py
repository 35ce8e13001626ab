"""Full-width punctuation of Chinese sentences, as a journal prints them."""

from __future__ import annotations

import re

FULL_WIDTH = str.maketrans(",:;?!", "\uff0c\uff1a\uff1b\uff1f\uff01")
CHINESE = "\u4e00-\u9fff\u201c\u201d\u3001\u3002\uff08\uff09\uff0c\uff1a\uff1b"
CODE = re.compile(r"(`[^`]*`)")
BRACKETS = re.compile(r"(?P<before>.?)\((?P<content>[^()]*)\)(?P<after>.?)")
MARK = re.compile(rf"(?:(?<=[{CHINESE}])[,:;?!]|[,:;](?=[{CHINESE}])) ?")
IS_CHINESE = re.compile(f"[{CHINESE}]")


def journal_punctuation(sentence: str) -> str:
    """A Chinese sentence with full-width commas, colons, semicolons and brackets; code between backticks stays."""
    return "".join(part if part.startswith("`") else _full_width(part) for part in CODE.split(sentence))


def _full_width(text: str) -> str:
    while True:  # brackets from the inside out: those of Chinese beside or within, never those of a formula
        converted = BRACKETS.sub(_brackets, text)
        if converted == text:
            return MARK.sub(lambda mark: mark[0].rstrip().translate(FULL_WIDTH), text)
        text = converted


def _brackets(match: re.Match[str]) -> str:
    if not any(IS_CHINESE.search(match[part]) for part in ("before", "content", "after")):
        return match[0]
    return f"{match['before'].strip()}\uff08{match['content']}\uff09{match['after']}"
