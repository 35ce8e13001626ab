"""The engine that a study asks for; its library is imported when it is opened."""

from __future__ import annotations

from .contract import Engine


def open_engine(*, threads: int | None = None) -> Engine:
    """The embedded engine, opened with tables of its own; `threads` limits it."""
    from .duckdb import DuckDBEngine

    return DuckDBEngine(threads=threads)
