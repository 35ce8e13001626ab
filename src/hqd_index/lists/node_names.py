"""What a node of the chain is called: never a bare code."""

from __future__ import annotations

import pandas as pd

from .chain_nodes import PRODUCT


def node_names(rows: pd.DataFrame, unit_names: pd.DataFrame) -> pd.DataFrame:
    """node_zh and node_en: an industry by its name, a product by its HS code and the names of its industries."""
    zh, en = (dict(zip(unit_names["unit"], unit_names[column])) for column in ("unit_zh", "unit_en"))
    industries = rows["industries"] if "industries" in rows else pd.Series(None, index=rows.index, dtype=object)
    names_zh, names_en = [], []
    for kind, node, codes in zip(rows["kind"], rows["node"], industries):
        if kind != PRODUCT:
            names_zh.append(zh.get(node, node))
            names_en.append(en.get(node, node))
            continue
        code_list = str(codes).split("+") if isinstance(codes, str) else []
        names_zh.append(f"HS {node}({'、'.join(zh.get(code, code) for code in code_list) or '行业不详'})")
        names_en.append(f"HS {node} ({', '.join(en.get(code, code) for code in code_list) or 'industry unknown'})")
    return pd.DataFrame({"node_zh": names_zh, "node_en": names_en}, index=rows.index)
