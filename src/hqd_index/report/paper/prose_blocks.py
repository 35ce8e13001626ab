"""Blocks of prose that page and Word print alike: headings, paragraphs, formulas, items, works cited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..bilingual import Bilingual
from ..wording import wording

BlockType = Literal["heading", "text", "formula", "list", "work"]


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a formula, an item of a list or a work cited."""

    block_type: BlockType
    text: Bilingual


def prose(*sentences: Bilingual) -> Block:
    """A paragraph of whole sentences; English ones have a space between."""
    present = [sentence for sentence in sentences if sentence.zh]
    return Block("text", Bilingual("".join(text.zh for text in present), " ".join(text.en for text in present)))


def item(key: str, **places: Any) -> Block:
    """An item of a list: the sentence of that key."""
    return Block("list", wording(key, **places))


def formula_block(unicode_formula: str) -> Block:
    """A displayed formula, the same in both languages."""
    return Block("formula", Bilingual(unicode_formula, unicode_formula))
