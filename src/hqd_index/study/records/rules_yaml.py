"""rules.yaml: ranges, rules and when their findings stop the run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...methods.method import Share
from .record import Label, Name, Record, Version


class Gates(Record):
    """When findings stop the run."""

    on_error: Literal["quarantine", "stop"] = "quarantine"
    max_quarantine_share: Share = 0.05


class Rule(Record):
    """What a valid row is. `check` is true, false or undecided (NULL passes); `columns` are those named in a finding."""

    id: Annotated[str, Field(pattern=r"^[A-Z]{1,3}\d{2}[a-z]?$")]
    table: Name
    check: str
    severity: Literal["error", "warning", "info"] = "error"
    columns: tuple[Name, ...] = ()
    text: Label
    mend: Label


class Rules(Record):
    """The file rules.yaml."""

    version: Version
    gates: Gates = Gates()
    ranges: dict[Name, dict[Name, tuple[float | None, float | None]]] = {}
    rules: tuple[Rule, ...] = ()
