"""What a proposed study holds before it is written: sources, tables, columns, and remarks on what is guessed or missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..study.records import Label
from .sheet_tables import SheetColumn
from .source_groups import SourceGroup
from .table_roles import ClassifiedTable


@dataclass(frozen=True)
class ProposedColumn:
    """A column of a table: its name, what the file calls it, its unit; `is_user_defined`: the study defines it."""

    name: str
    label: str
    unit: str
    is_user_defined: bool
    dtype: str = "number"
    sheet_column: SheetColumn | None = None


@dataclass
class ProposedTable:
    """A table that sources feed: its key, and its columns by name; `is_canonical`: the program knows it."""

    name: str
    key: tuple[str, ...]
    is_canonical: bool
    columns: dict[str, ProposedColumn] = field(default_factory=dict)

    def numbers(self) -> list[ProposedColumn]:
        """Its columns of numbers."""
        return [column for column in self.columns.values() if column.dtype == "number"]


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
        """A comment beside a setting, after any that is already there."""
        previous_comment = self.comments.get(setting)
        combined_comment = (
            Label(zh=f"{previous_comment.zh};{label.zh}", en=f"{previous_comment.en}; {label.en}") if previous_comment else label
        )
        self.comments[setting] = combined_comment


@dataclass
class Proposal:
    """Sources, tables, years seen, and remarks with their places: guesses, and what is missing."""

    sources: list[ProposedSource] = field(default_factory=list)
    tables: dict[str, ProposedTable] = field(default_factory=dict)
    years: set[int] = field(default_factory=set)
    guesses: list[tuple[str, Label]] = field(default_factory=list)
    gaps: list[tuple[str, Label]] = field(default_factory=list)
    batches: str = ""  # the path of a file of totals per batch
    status: tuple[str, str, Label] | None = None  # a column of firms that says who is SRDI: name, label, comment

    def add_guess(self, location: str, zh: str, en: str) -> Label:
        """Records a guess and gives it back as the comment beside its line."""
        label = Label(zh=zh, en=en)
        self.guesses.append((location, label))
        return label

    def add_gap(self, location: str, zh: str, en: str) -> None:
        """Records what is missing or not used, and why."""
        self.gaps.append((location, Label(zh=zh, en=en)))


@dataclass(frozen=True)
class SourceDraft:
    """A source while it is put together: its files, table, labels so far, and the proposal it becomes a part of."""

    group: SourceGroup
    table: ProposedTable
    source: ProposedSource
    proposal: Proposal
    aliases: dict[str, str] = field(default_factory=dict)

    @property
    def classified_table(self) -> ClassifiedTable:
        return self.group.first

    @property
    def location(self) -> str:
        return f"sources.{self.source.id}"

    def add_guess(self, zh: str, en: str) -> Label:
        """Records a guess of this source."""
        return self.proposal.add_guess(self.location, zh, en)
