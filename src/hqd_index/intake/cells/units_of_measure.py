"""Units that differ by a power of ten, and the exponent between two of them."""

from __future__ import annotations

import re
import unicodedata

# unit -> (what is measured, power of ten of its base unit)
UNITS: dict[str, tuple[str, int]] = {
    "元": ("yuan", 0), "千元": ("yuan", 3), "万元": ("yuan", 4), "百万元": ("yuan", 6), "千万元": ("yuan", 7),
    "亿元": ("yuan", 8), "十亿元": ("yuan", 9), "万亿元": ("yuan", 12),
    "yuan": ("yuan", 0), "10,000 yuan": ("yuan", 4), "million yuan": ("yuan", 6), "100 million yuan": ("yuan", 8),
    "美元": ("usd", 0), "千美元": ("usd", 3), "万美元": ("usd", 4), "百万美元": ("usd", 6), "亿美元": ("usd", 8),
    "usd": ("usd", 0), "thousand usd": ("usd", 3), "million usd": ("usd", 6), "billion usd": ("usd", 9),
    "人": ("person", 0), "千人": ("person", 3), "万人": ("person", 4), "百万人": ("person", 6),
    "persons": ("person", 0), "thousand persons": ("person", 3), "10,000 persons": ("person", 4),
    "人年": ("person-year", 0), "万人年": ("person-year", 4),
    "家": ("count", 0), "万家": ("count", 4), "户": ("count", 0), "个": ("count", 0), "万个": ("count", 4),
    "件": ("count", 0), "万件": ("count", 4), "项": ("count", 0), "万项": ("count", 4), "次": ("count", 0),
    "1": ("ratio", 0), "比例": ("ratio", 0), "%": ("ratio", -2), "‰": ("ratio", -3),
    "吨": ("tonne", 0), "千吨": ("tonne", 3), "万吨": ("tonne", 4), "Mt": ("tonne", 6), "百万吨": ("tonne", 6),
    "kt": ("tonne", 3), "亿吨": ("tonne", 8),
    "吨标煤": ("tce", 0), "万吨标煤": ("tce", 4), "吨标准煤": ("tce", 0), "万吨标准煤": ("tce", 4),
}  # fmt: skip
IN_BRACKETS = re.compile(r"^(.*?)[((\[](?:单位[::]?)?([^()()\[\]]+)[))\]]$")


def exponent(source: str, target: str) -> int | None:
    """k with value in `target` = value in `source` x 10^k; None when the two cannot be converted."""
    if source.strip() == target.strip():
        return 0
    source_unit, target_unit = UNITS.get(source.strip()), UNITS.get(target.strip())
    if source_unit is None or target_unit is None or source_unit[0] != target_unit[0]:
        return None
    return source_unit[1] - target_unit[1]


def units_of_magnitude(prefix: str, unit: str) -> list[str]:
    """The units a bare magnitude can stand for beside a unit: '万' beside 元 is 万元."""
    unit_quantity = UNITS.get(unit.strip(), ("", 0))[0]
    return [prefix + base for base, (quantity, power) in UNITS.items() if quantity == unit_quantity and power == 0]


def label_and_unit(label: str) -> tuple[str, str | None]:
    """'营业收入(万元)' -> ('营业收入', '万元'); the unit is None when the bracket names none."""
    match = IN_BRACKETS.match(label.strip())
    if match and match.group(2).strip() in UNITS:
        return match.group(1).strip(), match.group(2).strip()
    return label, None


def normalised_label(label: str) -> str:
    """A label without blanks, line breaks, invisible marks and case, full-width forms made half-width."""
    text = unicodedata.normalize("NFKC", label)
    return "".join(mark for mark in text if not mark.isspace() and unicodedata.category(mark) != "Cf").lower()
