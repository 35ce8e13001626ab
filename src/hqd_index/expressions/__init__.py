"""The one formula language of rules, columns, indicators, filters and criteria: text -> checked tree -> exact SQL."""

from .grammar import FUNCTIONS, MAX_LENGTH, Expression, parse
from .scope import TYPE_NAMES
from .sql import aggregate_sql, lag_columns, row_sql, scale_columns, type_of

__all__ = [
    "FUNCTIONS", "MAX_LENGTH", "TYPE_NAMES", "Expression", "aggregate_sql", "lag_columns", "parse", "row_sql", "scale_columns",
    "type_of",
]  # fmt: skip
