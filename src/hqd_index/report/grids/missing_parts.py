"""What the nodes of a list lack: said once for all that lack it, and in its row where only some do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..bilingual import Bilingual

KINDS = {"industry": Bilingual("行业", "industries"), "product": Bilingual("产品", "products")}
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
    texts = {
        language: [
            (getattr(KINDS[kind], language), COMMAS[language].join(parts))
            for kind, parts in common_parts(rows, language).items()
            if parts
        ]
        for language in COMMAS
    }
    if not texts["zh"]:
        return Bilingual("", "")
    zh = "；".join(f"{kind}均缺{parts}" for kind, parts in texts["zh"])
    en = "; ".join(f"all {kind}: {parts}" for kind, parts in texts["en"])
    return Bilingual(
        f"{zh}：脆弱度按已有部分取均值，缺项不作 0 计，原因与补法见“未生成”。",
        f" Missing for {en}. Vulnerability is the mean of the parts that are known, none counts as 0; why, and what would mend "
        "it, is in the list of what was not made.",
    )


def _parts(cell: object, language: str) -> list[str]:
    return cell.split(COMMAS[language]) if isinstance(cell, str) else []
