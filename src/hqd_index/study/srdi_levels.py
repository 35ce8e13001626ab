"""Levels of recognition as bits of a number, a set of them for each firm-year: lists cost ten times as much to ask."""

from __future__ import annotations

from collections.abc import Iterable

from ..canonical import SRDI_LEVELS

NO_LEVEL = SRDI_LEVELS[0]
CRITERIA = "criteria"
"""The level of firms that are SRDI-like by a criterion of the study, and are not recognised by anyone."""
LEVEL_BITS = {level: 1 << place for place, level in enumerate((*SRDI_LEVELS[1:], CRITERIA))}


def level_bits(levels: Iterable[str]) -> int:
    """The set of some levels as a number."""
    return sum(LEVEL_BITS[level] for level in set(levels))


def has_level_sql(column: str, levels: Iterable[str]) -> str:
    """Whether a set of levels has one of those named; NULL where it is unknown."""
    return f"({column} & {level_bits(levels)}) <> 0"


def level_bit_sql(level: str) -> str:
    """The set that has one level alone, from SQL of its name; empty without one."""
    cases = " ".join(f"WHEN '{name}' THEN {bit}" for name, bit in LEVEL_BITS.items())
    return f"CASE {level} {cases} ELSE 0 END"


def highest_level_sql(column: str) -> str:
    """The name of the highest level of a set; NULL where it is empty."""
    highest_first = reversed(SRDI_LEVELS[1:])
    return "CASE " + " ".join(f"WHEN {has_level_sql(column, [level])} THEN '{level}'" for level in highest_first) + " END"
