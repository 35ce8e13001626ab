"""What a proposed study holds before it is written: sources, tables, columns, and remarks on what is guessed or missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..study.records import Label
from .found_tables import FoundColumn
from .source_groups import SourceGroup
from .table_roles import UsedTable


@dataclass(frozen=True)
class ProposedColumn:
    """A column of a table: its name, what the file calls it, its unit; `own`: the study defines it."""

    name: str
    label: str
    unit: str
    own: bool
    kind: str = "number"
    found: FoundColumn | None = None


@dataclass
class ProposedTable:
    """A table that sources feed: its key, and its columns by name; `builtin`: the program knows it."""

    name: str
    key: tuple[str, ...]
    builtin: bool
    columns: dict[str, ProposedColumn] = field(default_factory=dict)

    def numbers(self) -> list[ProposedColumn]:
        """Its columns of numbers."""
        return [column for column in self.columns.values() if column.kind == "number"]


@dataclass
class ProposedSource:
    """A source as it will be written: its settings in order, comments by setting or alias, and the tables behind it."""

    id: str
    table: str
    settings: dict[str, Any]
    group: SourceGroup
    comments: dict[str, Label] = field(default_factory=dict)
    alias_comments: dict[str, Label] = field(default_factory=dict)

    def remark(self, setting: str, label: Label) -> None:
        """A comment beside a setting, after the one that stands there already."""
        earlier = self.comments.get(setting)
        both = Label(zh=f"{earlier.zh};{label.zh}", en=f"{earlier.en}; {label.en}") if earlier else label
        self.comments[setting] = both


@dataclass
class Proposal:
    """Sources, tables, years seen, and remarks with their places: guesses, and what is missing."""

    sources: list[ProposedSource] = field(default_factory=list)
    tables: dict[str, ProposedTable] = field(default_factory=dict)
    years: set[int] = field(default_factory=set)
    guesses: list[tuple[str, Label]] = field(default_factory=list)
    missing: list[tuple[str, Label]] = field(default_factory=list)

    def guess(self, location: str, zh: str, en: str) -> Label:
        """Records a guess and gives it back as the comment beside its line."""
        label = Label(zh=zh, en=en)
        self.guesses.append((location, label))
        return label

    def lack(self, location: str, zh: str, en: str) -> None:
        """Records what is missing or not used, and why."""
        self.missing.append((location, Label(zh=zh, en=en)))


@dataclass(frozen=True)
class SourceDraft:
    """A source while it is put together: its files, table, labels so far, and the proposal it becomes a part of."""

    group: SourceGroup
    table: ProposedTable
    source: ProposedSource
    proposal: Proposal
    aliases: dict[str, str] = field(default_factory=dict)

    @property
    def used(self) -> UsedTable:
        return self.group.first

    @property
    def location(self) -> str:
        return f"sources.{self.source.id}"

    def guess(self, zh: str, en: str) -> Label:
        """Records a guess of this source."""
        return self.proposal.guess(self.location, zh, en)
