"""Sources for the tables that the program knows; what their files do not say are constants that are guessed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..canonical import CANONICAL
from .builtin_tables import builtin_columns
from .proposal import Proposal, ProposedSource
from .source_groups import YEAR_IN_NAME, SourceGroup

REVISION = re.compile(r"HS ?-?(\d{2}|20\d{2})", re.IGNORECASE)
NEWEST_REVISION = "HS17"


def add_builtin(group: SourceGroup, proposal: Proposal, id: str) -> None:
    """The source of a built-in table, with what its file does not say as constants that are guessed."""
    name, table = group.first.builtin, group.first.table
    columns, canonical = builtin_columns(table, name), CANONICAL[name]
    settings: dict[str, Any] = {"path": group.path, "table": name, "sheet": group.sheet}
    settings["aliases"] = {column.label: canonical_name for canonical_name, column in columns.items()}
    source = ProposedSource(id, name, settings, group)
    constants, location = {}, f"sources.{id}"
    if name == "trade_hs6" and "hs_rev" not in columns:
        revision_match = REVISION.search(Path(table.preview.file).name)
        constants["hs_rev"] = f"HS{revision_match[1][-2:]}" if revision_match else NEWEST_REVISION
        source.remark("constants", proposal.add_guess(location, "HS 版本按文件名或最新版", "by the file's name or the newest"))
    if "year" in canonical.key and "year" not in columns:
        year_match = YEAR_IN_NAME.search(Path(table.preview.file).name)
        if year_match is None:
            proposal.add_gap(table.location, f"像表 {name},但没有年份,未用", f"looks like table {name}, has no year; not used")
            return
        constants["year"] = year_match[1]
        source.remark(
            "constants",
            proposal.add_guess(location, f"{year_match[1]} 年取自文件名", f"{year_match[1]} is from the file's name"),
        )
    if name == "io" and "origin" not in columns:
        constants["origin"] = "total"
        source.remark("constants", proposal.add_guess(location, "不分国内与进口", "domestic and imported are not distinguished"))
    source.settings = {
        setting: setting_value for setting, setting_value in (settings | {"constants": constants}).items() if setting_value
    }
    proposal.sources.append(source)
