"""What the nodes of a list lack: said once for all that lack it, and in its row where only some do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..bilingual import BLANK_TEXT, Bilingual
from ..wording import listing, wording

COMMAS = {"zh": "、", "en": ", "}


def common_parts(rows: pd.DataFrame, language: str) -> dict[str, list[str]]:
    """Kind of node -> the parts of priority that every row of the kind lacks."""
    common = {}
    for kind, cells in rows.groupby("kind")[f"missing_{language}"]:
        parts = [_parts(cell, language) for cell in cells]
        common[str(kind)] = [part for part in parts[0] if all(part in other for other in parts)]
    return common


def rest_of_row(node: Mapping[Any, Any], common: dict[str, list[str]], language: str) -> str:
    """What a row lacks beyond what all of its kind lack."""
    known = common.get(str(node["kind"]), [])
    return COMMAS[language].join(part for part in _parts(node[f"missing_{language}"], language) if part not in known)


def note_of_common_parts(rows: pd.DataFrame) -> Bilingual:
    """A sentence on what all industries, and all products, lack; empty where they lack nothing in common."""
    zh, en = (common_parts(rows, language) for language in COMMAS)
    lacking = [
        wording(f"grids.missing_of.{kind}", parts=Bilingual(COMMAS["zh"].join(zh[kind]), COMMAS["en"].join(en[kind])))
        for kind in zh
        if zh[kind]
    ]
    if not lacking:
        return BLANK_TEXT
    return wording("grids.missing", parts=listing(lacking, "clauses"))


def _parts(cell: object, language: str) -> list[str]:
    return cell.split(COMMAS[language]) if isinstance(cell, str) else []
