"""What the firm floor asks of an engine: relations by name, plans in, frames out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    import pandas as pd
    from sqlglot import exp

ColumnFunction: TypeAlias = "Callable[[pd.DataFrame], pd.Series]"
"""Rows to the values of one column, row by row."""

FILE_ROW = "hqd file row"
"""The position of a row in its file, from 1."""


class Engine(Protocol):
    """A private set of relations with a scratch folder of its own; close it (or use `with`) to remove both.

    A plan is an sqlglot tree or its text in the dialect of the embedded engine. Every engine gives the same rows, keys and types;
    sums of decimals are exact on each, sums of doubles agree to 1e-9 relative.
    """

    folder: Path

    @property
    def takes_large_texts(self) -> bool:
        """Whether the files of a large table are read here, so that their lines have an order."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def close(self) -> None: ...

    def second_connection(self, rows_of: str | None = None) -> AbstractContextManager[Engine]:
        """A second connection to the same relations, for a thread of its own, and for the files of one table if it is named."""

    def new_name(self) -> str:
        """A relation name not used before in this engine."""

    def scan(self, source: Path | pd.DataFrame, name: str | None = None) -> str:
        """The name of a relation with the rows of a frame, of a parquet file or of a folder of such files."""

    def scan_numbered(self, source: Path, table_name: str | None = None) -> str:
        """A parquet file's rows with their position in it as FILE_ROW."""

    def scan_records(self, source: Path, width: int, delimiter: str = ",", table_name: str | None = None) -> str:
        """A view of rectangular UTF-8 text in this engine's folder (RFC 4180, no header): `row`, then c0, c1 ... as text."""

    def scan_lines(self, source: Path, width: int, delimiter: str, first_row: int, numbers: Mapping[int, str]) -> str:
        """A view of rectangular UTF-8 text in this engine's folder without quotes: `row`, from `first_row`, then c0, c1 ...

        `numbers`: place -> SQL type of cells that are read as numbers, n2 ..., and are missing where they are empty.
        """

    def all_lines_match(self, source: Path, pattern: str) -> bool:
        """Whether a regular expression matches each line of UTF-8 text in this engine's folder, the whole of it."""

    def query(self, sql: str | exp.Expression, table_name: str | None = None) -> str:
        """The name of a table that holds the result."""

    def view(self, sql: str | exp.Expression, view_name: str | None = None) -> str:
        """The name of a query that is computed when it is read; drop nothing it reads."""

    def store(
        self,
        sql: str | exp.Expression,
        table_name: str,
        key: Sequence[str] = (),
        *,
        extends: str | None = None,
        constants: Mapping[str, str] | None = None,
    ) -> str:
        """The name of a view of a file that holds the result, rows in the order of the key: it takes no memory, however large.

        `extends` is a relation whose rows the result has one by one, with the same key; `constants`: column -> the text that
        every row has in it.
        """

    def repeated_keys(self, relation: str, key: Sequence[str]) -> str:
        """The name of a table of the keys, without those that are missing in part, that more than one row has."""

    def rows_in_order(self, relation: str, key: Sequence[str]) -> str | None:
        """A view of the rows one after the other, with `is_next` and `is_same`: of their keys, beside that of the row before.

        None where rows have no order, or the first of them another. One after the first that is neither shows that the rows are
        not in the order of the key.
        """

    def increasing_spans(self, relation: str, column: str, width: int) -> pd.DataFrame | None:
        """n, first and last of the whole numbers of a column, by value // width; in one pass.

        None where a value is not larger than the one before it, or the rows have no order.
        """

    def with_function(
        self, table_name: str, key: Sequence[str], function: ColumnFunction, column: str, view_name: str | None = None
    ) -> str:
        """A view of a relation with the column that a function makes of all its rows in the order of their key.

        The function sees every column but lists, in a frame in memory.
        """

    def collect(self, source: str | exp.Expression) -> pd.DataFrame:
        """A relation (by name) or the result of a query, as a frame; decimals arrive as float64."""

    def blocks(self, table_name: str) -> Iterator[pd.DataFrame]:
        """The rows of a relation in their order, some ten thousand at a time: a list that outgrows memory is written so."""

    def types(self, table_name: str) -> dict[str, str]:
        """Column -> decimal | double | integer | text | flag | date | list of a relation."""

    def sql_types(self, table_name: str) -> dict[str, str]:
        """Column -> the engine's own type of a relation."""

    def count(self, table_name: str) -> int:
        """The number of rows of a relation."""

    def write(self, source: str | pd.DataFrame, path: Path, key: Sequence[str] = ()) -> None:
        """A relation, or the rows of a frame, as parquet, rows in the order of the key."""

    def names(self) -> list[str]:
        """All relations."""

    def drop(self, table_names: Iterable[str]) -> None:
        """Removes relations; those that are not there are no fault."""

    def keep_only(self, table_names: Collection[str]) -> None:
        """Removes every other relation, and the scratch files that views were read from."""


class Catalogue(Protocol):
    """Tables that a cluster knows by name."""

    @property
    def version(self) -> str:
        """Name and version of the cluster's software."""

    def close(self) -> None: ...

    def columns(self, table: str, location: str) -> dict[str, str]:
        """Column -> type of a table; ConfigError S01 where there is none."""

    def copy(self, table: str, columns: Mapping[str, str], rows: str, folder: Path) -> str:
        """The query whose rows are now parquet files of the folder; `rows` is what follows FROM."""
