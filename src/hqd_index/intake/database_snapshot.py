"""Rows of a server or cluster as they were when a run read them, and what of a table a source means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..canonical import CanonicalTable
from ..engines import literal, quoted
from ..study.records import Bounds, Source
from .layout.header_rows import canonical_name, known_labels
from .read.raw_files import RawFile


@dataclass(frozen=True)
class DatabaseSnapshot:
    """Rows of one source as the server had them: where they are, their digest, and what they were asked by."""

    name: str  # postgresql:NAME/schema.table, spark:NAME
    path: str
    digest: str
    rows: int
    query: str
    snapshot: str
    database: str
    server: str
    parts: tuple[tuple[str, str], ...] = ()  # (file name, digest) below `path` where a cluster wrote several

    def files(self) -> list[RawFile]:
        """What intake reads."""
        folder = Path(self.path)
        parts = [RawFile(folder / part, f"{self.name}/{part}", digest) for part, digest in self.parts]
        return parts or [RawFile(folder, self.name, self.digest)]

    def origin(self) -> dict[str, Any]:
        """What the manifest says of it; the place in the cache is nobody's concern."""
        return {part: value for part, value in asdict(self).items() if part not in ("path", "name", "parts")}


def meant_columns(source: Source, table: CanonicalTable, labels: list[str]) -> list[str]:
    """The labels that become columns of the study; all of them where the source reshapes its rows."""
    if source.reshape is not None:
        return labels
    column_by_label = known_labels(source, table)
    return [label for label in labels if canonical_name(label, column_by_label, table) is not None]


def where_sql(where: Mapping[str, Bounds]) -> str:
    """The bounds of a source as a condition for the server; '' without any."""
    conditions = []
    for column, bounds in where.items():
        if bounds.min is not None:
            conditions.append(f"{quoted(column)} >= {literal(str(bounds.min))}")
        if bounds.max is not None:
            conditions.append(f"{quoted(column)} <= {literal(str(bounds.max))}")
        if bounds.one_of:
            conditions.append(f"{quoted(column)} IN ({', '.join(literal(str(value)) for value in bounds.one_of)})")
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
