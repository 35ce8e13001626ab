"""Which provinces border on each other: weights between units of a province study that gives no table of links."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .moran import Weights

# common land borders by GB/T 2260 code; Hainan, an island, is linked to Guangdong as is usual
BORDERS = """
11: 12 13 | 12: 13 | 13: 14 15 21 37 41 | 14: 15 41 61 | 15: 21 22 23 61 62 64 | 21: 22 | 22: 23 | 31: 32 33 | 32: 33 34 37
33: 34 35 36 | 34: 36 37 41 42 | 35: 36 44 | 36: 42 43 44 | 37: 41 | 41: 42 61 | 42: 43 50 61 | 43: 44 45 50 52 | 44: 45 46
45: 52 53 | 50: 51 52 61 | 51: 52 53 54 61 62 63 | 52: 53 | 53: 54 | 54: 63 65 | 61: 62 64 | 62: 63 64 65 | 63: 65
"""


def _border_pairs(border_text: str) -> frozenset[frozenset[str]]:
    rows = [border_line.partition(":") for border_line in border_text.replace("\n", " | ").split("|") if border_line.strip()]
    return frozenset(
        frozenset((province.strip(), neighbour)) for province, _, neighbours in rows for neighbour in neighbours.split()
    )


PAIRS = _border_pairs(BORDERS)
PROVINCES = frozenset(code for pair in PAIRS for code in pair)


def contiguity(units: Sequence[str]) -> Weights | None:
    """1 between provinces with a common border (Hainan and Guangdong among them), else 0; None unless all units are provinces.

    Units are GB/T 2260 codes of 2 or 6 digits, the last four 0.
    """
    codes = [unit[:2] for unit in units]
    if not all(unit in (code, f"{code}0000") and code in PROVINCES for unit, code in zip(units, codes)):
        return None
    matrix = np.array([[float(frozenset((row_code, column_code)) in PAIRS) for column_code in codes] for row_code in codes])
    return Weights(matrix, np.ones(len(units), dtype=bool))
