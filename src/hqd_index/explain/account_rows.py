"""The account as one long table, for a spreadsheet or a second implementation."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .account import Account, Leaf

COLUMNS = ("kind", "node", "item", "value", "share", "part", "text", "file", "sheet", "row", "role")


def frame(account: Account) -> pd.DataFrame:
    """kind: node | child | leaf | aggregate | cell; `value` in full, a cell's as read, `text` as printed if converted."""
    rows: list[dict[str, Any]] = []
    for node in account.nodes:
        methods = f"{node.weight} / {node.aggregate}"
        rows.append({"kind": "node", "node": node.node, "value": node.score, "text": methods})
        rows += [
            {
                "kind": "child",
                "node": node.node,
                "item": child.node,
                "value": child.value,
                "share": child.share,
                "part": child.part,
            }
            for child in node.children
        ]
    for leaf in account.leaves:
        rows += _leaf_rows(leaf)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"row": "Int64", "value": object})


def _leaf_rows(leaf: Leaf) -> list[dict[str, Any]]:
    raw_value = leaf.raw
    head = [
        {"item": "raw", "value": leaf.value, "text": raw_value.formula},
        {"item": "treated", "value": leaf.treated, "text": leaf.treat},
        {"item": "normalised", "value": leaf.normalised, "text": leaf.steps},
        {"item": "imputed", "value": int(leaf.imputed), "text": leaf.impute},
    ]
    rows = [{"kind": "leaf", "node": leaf.leaf, **entry} for entry in head]
    rows += [
        {"kind": "aggregate", "node": leaf.leaf, "item": aggregate.text, "value": aggregate.value}
        for aggregate in raw_value.aggregates
    ]
    rows += [
        {"kind": "computed", "node": leaf.leaf, "item": computed_column.column, "text": computed_column.text}
        for computed_column in raw_value.computed
    ]
    for cell in raw_value.cells.to_dict("records"):
        cell_location = {location_column: cell[location_column] for location_column in ("file", "sheet", "row", "role")}
        printed_text = {"text": cell["text"]} if isinstance(cell["text"], str) else {}
        cell_value = _typed_value(cell["value"]) | printed_text
        rows.append({"kind": "cell", "node": leaf.leaf, "item": cell["column"], **cell_value, **cell_location})
    return rows


def _typed_value(content: Any) -> dict[str, Any]:
    """A number under `content`, anything else under `text`."""
    if content is None or content != content:
        return {}
    try:
        float(content)
    except ValueError:
        return {"text": str(content)}
    return {"value": content} if not str(content).lower().lstrip("+-").startswith(("inf", "nan")) else {"text": str(content)}
