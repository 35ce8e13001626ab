"""What sectors and nodes of the chain are called: the study's own names first, official names next, the code last."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..engines import Engine

Names = Mapping[str, tuple[str, str]]


def study_names(engine: Engine, tables: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Node -> (Chinese, English) from table chain_nodes; a name in one language serves for both; empty without the table."""
    if "chain_nodes" not in tables:
        return {}
    present = engine.types(tables["chain_nodes"])
    columns = [column for column in ("name_zh", "name_en") if column in present]
    rows = engine.collect(f"SELECT {', '.join(['node', *columns])} FROM {tables['chain_nodes']} ORDER BY node")
    names = {}
    for record in rows.to_dict("records"):
        texts = [record.get(column) for column in ("name_zh", "name_en")]
        given_names = [text for text in texts if isinstance(text, str)]
        if given_names:
            zh, en = (text if isinstance(text, str) else given_names[0] for text in texts)
            names[str(record["node"])] = (zh, en)
    return names


def with_names(rows: pd.DataFrame, column: str, names: Names) -> pd.DataFrame:
    """The rows with <column>_zh and <column>_en."""
    pairs = [names.get(code, DIGITAL_SERVICES.get(code, (code, code))) for code in rows[column].astype(object)]
    return rows.assign(**{f"{column}_zh": [zh for zh, _ in pairs], f"{column}_en": [en for _, en in pairs]})


DIGITAL_SERVICES: Names = {
    "I63": ("电信、广播电视和卫星传输服务", "Telecommunications, broadcasting and satellite transmission"),
    "I64": ("互联网和相关服务", "Internet and related services"),
    "I65": ("软件和信息技术服务业", "Software and information technology services"),
}
"""Divisions outside manufacturing that the default of links.digital names (GB/T 4754-2017)."""
