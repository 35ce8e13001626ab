"""What became of one text: the value it stands for and the kind of repair, or the rule it breaks and what was meant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CellReading:
    """`value` (None: it stands for nothing), the kind of `repair` where the value is not as printed, else the rule it breaks.

    `scope`: the reason why a row with this text is right but out of scope.
    """

    value: str | None
    repair: str = ""
    rule: str = ""
    suggestion: str | None = None
    scope: str = ""


def refused_reading(rule: str, suggestion: str | None = None) -> CellReading:
    """A text that stands for nothing."""
    return CellReading(None, rule=rule, suggestion=suggestion)
