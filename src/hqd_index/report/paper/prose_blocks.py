"""Blocks of prose that page and Word print alike: headings, paragraphs, formulas, items, works cited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..bilingual import Bilingual

Kind = Literal["heading", "text", "formula", "list", "work"]


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a formula, an item of a list or a work cited."""

    kind: Kind
    text: Bilingual


def text(zh: str, en: str, *, kind: Kind = "text") -> Block:
    return Block(kind, Bilingual(zh, en))


def item(zh: str, en: str) -> Block:
    return Block("list", Bilingual(zh, en))


def formula(written: str) -> Block:
    return Block("formula", Bilingual(written, written))
