"""The account as one long table, for a spreadsheet or a second implementation."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .account import Account, Leaf

COLUMNS = ("kind", "node", "item", "value", "share", "part", "text", "file", "sheet", "row", "role")


def frame(account: Account) -> pd.DataFrame:
    """kind: node | child | leaf | aggregate | cell; `value` in full, a cell's as the program read it (canonical unit)."""
    rows: list[dict[str, Any]] = []
    for node in account.nodes:
        methods = f"{node.weight} / {node.aggregate}"
        rows.append({"kind": "node", "node": node.node, "value": node.score, "text": methods})
        rows += [
            {"kind": "child", "node": node.node, "item": c.node, "value": c.value, "share": c.share, "part": c.part}
            for c in node.children
        ]
    for leaf in account.leaves:
        rows += _leaf_rows(leaf)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"row": "Int64", "value": object})


def _leaf_rows(leaf: Leaf) -> list[dict[str, Any]]:
    raw = leaf.raw
    head = [
        {"item": "raw", "value": leaf.value, "text": raw.formula},
        {"item": "treated", "value": leaf.treated, "text": leaf.treat},
        {"item": "normalised", "value": leaf.normalised, "text": leaf.steps},
        {"item": "imputed", "value": int(leaf.imputed), "text": leaf.impute},
    ]
    rows = [{"kind": "leaf", "node": leaf.leaf, **entry} for entry in head]
    rows += [{"kind": "aggregate", "node": leaf.leaf, "item": a.text, "value": a.value} for a in raw.aggregates]
    rows += [{"kind": "computed", "node": leaf.leaf, "item": c.column, "text": c.text} for c in raw.computed]
    for cell in raw.cells.to_dict("records"):
        place = {name: cell[name] for name in ("file", "sheet", "row", "role")}
        rows.append({"kind": "cell", "node": leaf.leaf, "item": cell["column"], **_typed_value(cell["value"]), **place})
    return rows


def _typed_value(value: Any) -> dict[str, Any]:
    """A number under `value`, anything else under `text`."""
    if value is None or value != value:
        return {}
    try:
        float(value)
    except ValueError:
        return {"text": str(value)}
    return {"value": value} if not str(value).lower().lstrip("+-").startswith(("inf", "nan")) else {"text": str(value)}
