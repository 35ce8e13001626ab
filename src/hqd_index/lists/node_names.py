"""What a node of the chain is called: never a bare code."""

from __future__ import annotations

import pandas as pd

from .chain_nodes import PRODUCT

FIRST_PRODUCTS = 5
"""Chokepoint products that the evidence of an industry names."""


def node_names(rows: pd.DataFrame, unit_names: pd.DataFrame, chain_names: pd.DataFrame) -> pd.DataFrame:
    """node_zh and node_en: an industry by its name, a product by its HS code, its name if known, and its industries' names."""
    zh, en = _names(chain_names, "zh"), _names(chain_names, "en")
    zh |= dict(zip(unit_names["unit"], unit_names["unit_zh"]))
    en |= dict(zip(unit_names["unit"], unit_names["unit_en"]))
    industries = rows["industries"] if "industries" in rows else pd.Series(None, index=rows.index, dtype=object)
    names_zh, names_en = [], []
    for kind, node, codes in zip(rows["kind"], rows["node"], industries):
        if kind != PRODUCT:
            names_zh.append(zh.get(node, node))
            names_en.append(en.get(node, node))
            continue
        code_list = str(codes).split("+") if isinstance(codes, str) else []
        product = _after_blank(en.get(node, ""))
        names_zh.append(
            f"HS {node}{_after_blank(zh.get(node, ''))}({'、'.join(zh.get(code, code) for code in code_list) or '行业不详'})"
        )
        names_en.append(f"HS {node}{product} ({', '.join(en.get(code, code) for code in code_list) or 'industry unknown'})")
    return pd.DataFrame({"node_zh": names_zh, "node_en": names_en}, index=rows.index)


def product_texts(products: pd.Series, chain_names: pd.DataFrame) -> pd.DataFrame:
    """products_zh and products_en: the first HS codes joined by commas, each with its name where table chain_nodes has one."""
    texts = {}
    for language, comma, others in (("zh", "、", " 等"), ("en", ", ", " and others")):
        names = _names(chain_names, language)
        cells: list[str | None] = []
        for codes in products:
            code_list = codes.split(", ") if isinstance(codes, str) else []
            text = comma.join(f"{code}{_after_blank(names.get(code, ''))}" for code in code_list[:FIRST_PRODUCTS])
            cells.append(f"{text}{others if len(code_list) > FIRST_PRODUCTS else ''}" or None)
        texts[f"products_{language}"] = cells
    return pd.DataFrame(texts, index=products.index, dtype=object)


def _names(chain_names: pd.DataFrame, language: str) -> dict[str, str]:
    return dict(zip(chain_names["node"], chain_names[f"name_{language}"])) if len(chain_names) else {}


def _after_blank(text: str) -> str:
    return f" {text}" if text else ""
