"""Where relational work runs: one contract, an engine opened by name; no other part of the program names an engine."""

from .contract import FILE_ROW, Engine
from .engine_choice import open_engine
from .sql_text import literal, quoted

__all__ = ["FILE_ROW", "Engine", "literal", "open_engine", "quoted"]
