"""The pages of the documentation as they are committed, and the blocks of code in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .small import ROOT

LANGUAGES_OF_BLOCKS = {"sh", "yaml", "python", "stata", "r", "diff", "text", "mermaid"}
"""What a block is: `sh`, `yaml` and `python` are executed, `diff` by tests/test_contributing.py; `text` is read only."""
_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^>]+) -->\n+)?"
    r"(?:^\*\*`(?P<title>[^`]+)`\*\*(?P<fragment>（片段）| \(fragment\))?\n\n)?"
    r"^```(?P<language>.*)\n(?P<body>(?s:.*?))^```$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block of code: `title` is the file it is, whole or a fragment of it; `reason` says why it is not run."""

    page: str
    language: str
    body: str
    title: str
    fragment: bool
    reason: str

    @property
    def file(self) -> str:
        """The configuration file without folder and suffix, as `sources` or `scenarios/critic`."""
        return re.sub(r"^(?:my/)?configs/|\.yaml$", "", self.title)


@cache
def pages() -> Mapping[str, str]:
    """Every committed page by its path in the project."""
    folders = (ROOT, ROOT / "data" / "raw", ROOT / "data" / "processed")
    paths = [*(path for folder in folders for path in folder.glob("*.md")), *(ROOT / "docs").rglob("*.md")]
    paths += (ROOT / "examples").rglob("README*.md")
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in sorted(paths)}


def blocks(page: str) -> list[Block]:
    """The blocks of a page in their order."""
    return [
        Block(page, found["language"], found["body"], found["title"] or "", bool(found["fragment"]), found["reason"] or "")
        for found in _BLOCK.finditer(pages()[page])
    ]


def all_blocks(language: str) -> list[Block]:
    """The blocks of every page in one language of code."""
    return [block for page in pages() for block in blocks(page) if block.language == language]


def without_blocks(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", pages()[page], flags=re.MULTILINE | re.DOTALL)


def prose(page: str) -> str:
    """A page without its blocks and without code in its lines."""
    return re.sub(r"`[^`\n]*`", "", without_blocks(page))


def exists(page: str, target: str) -> Path | None:
    """The file that a link of a page leads to."""
    path = (ROOT / page).parent / target if target else ROOT / page
    return path.resolve() if path.exists() else None
