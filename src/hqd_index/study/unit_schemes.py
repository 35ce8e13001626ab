"""Official groups of industries and provinces, by which a study can group its units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .records import Label


def _by_code(codes_by_group: Mapping[str, str], pattern: str) -> dict[str, str]:
    """'13-15 20' by group, as code -> group."""
    group_by_code: dict[str, str] = {}
    for group, text in codes_by_group.items():
        for code_range in text.split():
            first_code, _, last_code = code_range.partition("-")
            group_by_code |= {
                pattern.format(code_number): group for code_number in range(int(first_code), int(last_code or first_code) + 1)
            }
    return group_by_code


# GB/T 4754-2017 divisions by R&D intensity, after the OECD (Galindo-Rueda and Verger 2016); 28 is also put in medium-high
TECHNOLOGY = _by_code({"high": "27 39 40", "medium_high": "26 34-38", "medium_low": "25 29-33", "low": "13-24 28 41-43"}, "C{}")
# by the factor used most; papers differ, 41-43 are in no group
FACTOR = _by_code({"labour": "13-15 17-21 23-24", "capital": "16 22 25-26 28-33", "technology": "27 34-40"}, "C{}")
# the four regions of the National Bureau of Statistics (2011), by the first two digits of GB/T 2260
REGION = _by_code(
    {
        "east": "11-13 31-33 35 37 44 46",
        "central": "14 34 36 41-43",
        "west": "15 45 50-54 61-65",
        "northeast": "21-23",
    },
    "{}",
)

SCHEME_NAMES: dict[str, Label] = {
    "technology": Label(zh="行业按研发强度分为四组（OECD，Galindo-Rueda 和 Verger 2016）",
                        en="industries in four groups by R&D intensity (OECD, Galindo-Rueda and Verger 2016)"),
    "factor": Label(zh="行业按所用最多的要素分为三组", en="industries in three groups by the factor used most"),
    "region": Label(zh="省份按国家统计局四大地区分组", en="provinces in the four regions of the National Bureau of Statistics"),
}  # fmt: skip
GROUP_NAMES: dict[str, Label] = {
    "high": Label(zh="高技术", en="high technology"),
    "medium_high": Label(zh="中高技术", en="medium-high technology"),
    "medium_low": Label(zh="中低技术", en="medium-low technology"),
    "low": Label(zh="低技术", en="low technology"),
    "labour": Label(zh="劳动密集型", en="labour-intensive"),
    "capital": Label(zh="资本密集型", en="capital-intensive"),
    "technology": Label(zh="技术密集型", en="technology-intensive"),
    "east": Label(zh="东部", en="East"),
    "central": Label(zh="中部", en="Central"),
    "west": Label(zh="西部", en="West"),
    "northeast": Label(zh="东北", en="Northeast"),
    "density_high": Label(zh="专精特新密度高于当年中位数", en="SRDI density above the year's median"),
    "density_low": Label(zh="专精特新密度不高于当年中位数", en="SRDI density at or below the year's median"),
}

# scheme -> the key column whose codes it groups, the group by leading digits, how many characters of the code say it
SCHEMES: dict[str, tuple[str, Mapping[str, str], int]] = {
    "technology": ("industry_code", TECHNOLOGY, 3),
    "factor": ("industry_code", FACTOR, 3),
    "region": ("province_code", REGION, 2),
}


def scheme_groups(scheme: str, unit_keys: Sequence[str], units: Sequence[str]) -> dict[str, str]:
    """unit -> group by the code of the scheme's column among the key columns `unit_keys`; "" for a code in no group."""
    column, groups, length = SCHEMES[scheme]
    codes = (dict(zip(unit_keys, unit.split("-"))).get(column, "") for unit in units)
    return {unit: groups.get(unit_code[:length], "") for unit, unit_code in zip(units, codes)}
