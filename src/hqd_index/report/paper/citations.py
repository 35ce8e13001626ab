"""Works cited in prose: `[@key]` becomes a number in the order of appearance in Chinese, author and year in English.

The list follows GB/T 7714-2015 in Chinese, an author-year style in English; both hold exactly the works that are cited.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..bilingual import Bilingual
from ..wording import wording, wordings
from .prose_blocks import Block

MARK = re.compile(r"\[((?:@[^\];]+;?)+)\]")


def method_mark(source: str) -> str:
    """The mark that cites a method's source: the work of its first author and year; a source without a year is no work."""
    year = re.search(r"\d{4}", source)
    if year is None:
        return ""
    for key, cite in wordings("references.cite").items():
        author = re.split(r", | & | et al", cite.en)[0]
        if cite.en.endswith(year[0]) and re.match(rf"{re.escape(author)}\b", source):
            return f"[@{key}]"
    return f"[@{source.replace(';', ',')}]"


def cited(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """The blocks with their marks resolved, and the list of works: in the order of citation, or of the alphabet in English."""
    works: dict[str, int] = {}
    resolved = [Block(block.block_type, _resolved(block.text, works)) for block in blocks]
    english = sorted((_work(key).en for key in works), key=str.casefold)
    chinese = [f"[{number}] {_work(key).zh}" for key, number in works.items()]
    return resolved, [Block("work", Bilingual(zh, en)) for zh, en in zip(chinese, english)]


def _resolved(text: Bilingual, works: dict[str, int]) -> Bilingual:
    """A text whose marks are numbers in Chinese, author and year in English; `works` takes up the new ones."""

    def numbers(mark: re.Match[str]) -> str:
        return f"[{_spans([works.setdefault(key, len(works) + 1) for key in _keys(mark)])}]"

    def authors(mark: re.Match[str]) -> str:
        return f"({'; '.join(_author_year(key) for key in _keys(mark))})"

    return Bilingual(MARK.sub(numbers, text.zh), MARK.sub(authors, text.en))


def _spans(numbers: Sequence[int]) -> str:
    """`3`, `3,7`, or `3-5` where they follow each other."""
    ordered = sorted(numbers)
    follow = len(ordered) > 1 and ordered[-1] - ordered[0] == len(ordered) - 1
    return f"{ordered[0]}-{ordered[-1]}" if follow else ",".join(map(str, ordered))


def _keys(mark: re.Match[str]) -> list[str]:
    return [key.removeprefix("@") for key in mark[1].split(";")]


def _work(key: str) -> Bilingual:
    """A work as the lists print it; a source that has no entry as the method gives it."""
    works = wordings("references.work")
    return works.get(key, Bilingual(f"{key}.", f"{key}."))


def _author_year(key: str) -> str:
    """`Shannon, 1948`, from the entry or from the front of a source that has none."""
    if key in wordings("references.cite"):
        return wording(f"references.cite.{key}").en
    front = re.match(r"(.*?)[ ,]+(\d{4})", key)
    return f"{front[1]}, {front[2]}" if front else key
