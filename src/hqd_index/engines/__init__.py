"""Where relational work runs: one contract, an engine opened by name; no other part of the program names an engine."""

from .contract import FILE_ROW, Catalogue, Engine
from .engine_choice import open_catalogue, open_engine
from .sql_text import count_where, literal, quoted

__all__ = ["FILE_ROW", "Catalogue", "Engine", "count_where", "literal", "open_catalogue", "open_engine", "quoted"]
