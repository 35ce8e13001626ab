"""Blocks of prose that page and Word print alike: headings, paragraphs, formulas, items, works cited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..bilingual import Bilingual

BlockType = Literal["heading", "text", "formula", "list", "work"]


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a formula, an item of a list or a work cited."""

    block_type: BlockType
    text: Bilingual


def prose_block(zh: str, en: str, *, block_type: BlockType = "text") -> Block:
    """A paragraph."""
    return Block(block_type, Bilingual(zh, en))


def list_item(zh: str, en: str) -> Block:
    """An item of a list."""
    return Block("list", Bilingual(zh, en))


def formula_block(unicode_formula: str) -> Block:
    """A displayed formula, the same in both languages."""
    return Block("formula", Bilingual(unicode_formula, unicode_formula))
