"""Units of measure in both languages."""

from __future__ import annotations

from .bilingual import Bilingual, split_bilingual
from .wording import wordings

UNITS = {unit.zh: unit for unit in wordings("ids.measure").values()}


def unit_name(unit_text: str) -> Bilingual:
    """A unit of measure in both languages: `中文 / English`, or a known Chinese one."""
    return UNITS.get(unit_text) or split_bilingual(unit_text)
