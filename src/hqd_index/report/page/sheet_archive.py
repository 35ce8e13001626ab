"""Sheets of many units: those at the ends of the ranking written into the page, all packed for the script to show one."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Sequence
from typing import Any

from ..results import Results
from ..unit_ends import end_rows, is_many
from .unit_sheets import UnitSheet


def shown_sheets(results: Results, sheets: Sequence[UnitSheet]) -> list[UnitSheet]:
    """Every sheet of few units; of many those at the ends of the ranking."""
    if not is_many(len(results.units)) or not results.years:
        return list(sheets)
    units = set(end_rows(results.ranking(results.years[-1]))["unit"])
    return [sheet for sheet in sheets if sheet.unit in units]


def archive(render: Callable[[UnitSheet], Any], sheets: Sequence[UnitSheet]) -> str:
    """The HTML of every sheet by unit: JSON, compressed by gzip, in base64; the same text for the same sheets."""
    html_by_unit = {sheet.unit: str(render(sheet)) for sheet in sheets}
    return base64.b64encode(gzip.compress(json.dumps(html_by_unit, ensure_ascii=False).encode(), mtime=0)).decode()


def unit_list(results: Results) -> list[dict[str, str]]:
    """Units with their names, in the order of the latest ranking."""
    rows = results.ranking(results.years[-1]) if results.years else results.units
    return [{"id": unit, "zh": zh, "en": en} for unit, zh, en in zip(rows["unit"], rows["unit_zh"], rows["unit_en"])]
