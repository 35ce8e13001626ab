"""What is known of every column a study can name: its type, the raw columns behind it, and whether it is nominal money."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from ..canonical import CANONICAL, CanonicalTable, Column
from ..canonical_types import expression_types, extended
from ..errors import ConfigError
from ..expressions import Expression, parse, type_of
from .records import Study, TableSpec

MONEY = re.compile(r"元|美元|CNY|RMB|USD|EUR|yuan|dollar|euro", re.IGNORECASE)
REAL_PRICES = re.compile(r"^ln |年价|不变价|可比价|constant|real|prices", re.IGNORECASE)
PRICE_INDEX = re.compile(r"=\s*100?\s*$")
FORMULAS = 1024
"""How many formulas are remembered: those of some studies."""

# Functions that columns.yaml may name (their code is in firms/derived_columns.py): options that must be given, and all.
TFP_NEEDS = ("output", "labour", "capital", "materials", "deflators")
FUNCTION_OPTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "chain": (("base",), ("of", "base", "by")),
    "lookup": (("table", "column"), ("table", "column")),
    "tfp": (TFP_NEEDS, (*TFP_NEEDS, "costs", "method", "by")),
}
# Options whose value is a column of the table, or names one for each ingredient.
COLUMN_OPTIONS = frozenset({"of", "by", *TFP_NEEDS, "costs"})

# Tables that the program computes, from any of these.
COMPUTED_TABLES: dict[str, tuple[str, ...]] = {"linkages": ("io", "trade_hs6")}


@dataclass(frozen=True)
class ColumnFacts:
    """One column: `plain_columns` and `lagged` are the raw columns behind it, `numerator` those not only divided by.

    `money` is its dimension in money of the day: 1 for nominal money or a price index, 0 for what is real or a ratio.
    """

    type: str
    plain_columns: frozenset[str]
    lagged: frozenset[str] = frozenset()
    numerator: frozenset[str] = frozenset()
    money: float = 0.0
    price_index: bool = False

    @property
    def raw_columns(self) -> frozenset[str]:
        """All raw columns behind it."""
        return self.plain_columns | self.lagged


Columns = Mapping[str, ColumnFacts]


def study_tables(study: Study) -> dict[str, CanonicalTable]:
    """The built-in tables and the study's own, with the study's own columns."""
    study_schemas = {table_name: _study_table(table_name, table_spec) for table_name, table_spec in study.sources.tables.items()}
    return {**CANONICAL, **study_schemas}


def row_key(study: Study, table: str) -> tuple[str, ...]:
    """The key of a canonical or a study's own table."""
    study_table = study.sources.tables.get(table)
    if study_table and study_table.key:
        return study_table.key
    return CANONICAL[table].key


def _study_table(table_name: str, table_spec: TableSpec) -> CanonicalTable:
    columns = {
        column_id: Column(
            dtype=column.dtype, unit=column.unit, zh=column.label.zh, en=column.label.en, categories=column.categories
        )
        for column_id, column in table_spec.columns.items()
    }
    return extended(CANONICAL.get(table_name), table_spec.key, columns)


def raw_column_facts(study: Study) -> dict[str, dict[str, ColumnFacts]]:
    """Table -> column -> what is known of it, as the files give it."""
    return {table_name: _raw_table_facts(table, study.study.unit.by) for table_name, table in study_tables(study).items()}


def _raw_table_facts(table: CanonicalTable, unit: tuple[str, ...]) -> dict[str, ColumnFacts]:
    types = expression_types(table, unit)
    keys = {key_column: _raw_facts(key_column, "integer" if key_column == "year" else "text", "") for key_column in table.key}
    return keys | {
        key_column: _raw_facts(key_column, types[key_column], column.unit) for key_column, column in table.columns.items()
    }


def _raw_facts(column_name: str, dtype: str, unit: str) -> ColumnFacts:
    index = bool(PRICE_INDEX.search(unit))
    money = 1.0 if index or (MONEY.search(unit) and not REAL_PRICES.search(unit)) else 0.0
    own_name = frozenset({column_name})
    return ColumnFacts(dtype, own_name, numerator=own_name, money=money, price_index=index)


def column_facts(study: Study) -> dict[str, dict[str, ColumnFacts]]:
    """Table -> column -> what is known of it, derived columns included; one whose formula is at fault is left a number."""
    facts = raw_column_facts(study)
    for table, derived_columns in study.columns.tables.items():
        columns = facts.setdefault(table, {})
        for column_name, column in derived_columns.items():
            if column.function == "lookup":
                source = facts.get(str(column.options.get("table")), {})
                columns[column_name] = source.get(str(column.options.get("column")), ColumnFacts("double", frozenset()))
            elif column.function:
                columns[column_name] = _function_facts(column.options, columns)
            else:
                columns[column_name] = _formula_facts(column.formula or "null", tuple(columns.items()))
    return facts


def _function_facts(options: Mapping[str, object], columns: Columns) -> ColumnFacts:
    """A chained price index stays a price index; whatever else a function makes is no money of the day."""
    values = [
        option_value
        for option in options.values()
        for option_value in (option.values() if isinstance(option, Mapping) else [option])
    ]
    raw_sources = frozenset(
        raw_column
        for option_value in values
        if str(option_value) in columns
        for raw_column in columns[str(option_value)].raw_columns
    )
    chained_column = columns.get(str(options.get("of")))
    is_index = chained_column is not None and chained_column.price_index
    return ColumnFacts("double", raw_sources, numerator=raw_sources, money=1.0 if is_index else 0.0, price_index=is_index)


@lru_cache(maxsize=FORMULAS)
def _formula_facts(formula: str, column_items: tuple[tuple[str, ColumnFacts], ...]) -> ColumnFacts:
    """What is known of a derived column; checks and scenarios ask for the same ones again and again."""
    columns = dict(column_items)
    try:
        expression = parse(formula, columns=columns, aggregate=False)
        dtype = type_of(expression, column_types(columns))
    except ConfigError:
        return ColumnFacts("double", frozenset())
    plain_columns, earlier_columns = raw_columns_by_year(expression.tree, columns)
    money = money_dimension(expression.tree, columns)
    return ColumnFacts(
        dtype if dtype != "null" else "double", plain_columns, earlier_columns, numerator_columns(expression.tree, columns), money
    )


def column_types(columns: Columns) -> dict[str, str]:
    """Column -> type, as formulas are bound against it."""
    return {column_name: column.type for column_name, column in columns.items()}


def source_columns(expression: Expression, columns: Columns) -> frozenset[str]:
    """The raw columns that a formula works on."""
    return frozenset(raw_column for column_name in expression.columns for raw_column in columns[column_name].raw_columns)


def raw_columns_by_year(node: exp.Expression, columns: Columns) -> tuple[frozenset[str], frozenset[str]]:
    """(raw columns of this year, raw columns of earlier years) below a node."""
    current_columns: set[str] = set()
    earlier_columns: set[str] = set()
    for column in node.find_all(exp.Column):
        facts_of_column = columns[column.name]
        earlier_columns |= facts_of_column.lagged
        (earlier_columns if column.find_ancestor(exp.Lag) else current_columns).update(facts_of_column.plain_columns)
    return frozenset(current_columns), frozenset(earlier_columns)


def numerator_columns(node: exp.Expression, columns: Columns) -> frozenset[str]:
    """Raw columns of a formula that are not only divided by."""
    if isinstance(node, exp.Column):
        return columns[node.name].numerator
    subtree = [node.this] if isinstance(node, exp.Div) else node.iter_expressions()
    return frozenset(raw_column for child in subtree for raw_column in numerator_columns(child, columns))


def money_dimension(node: exp.Expression, columns: Columns) -> float:
    """Powers of money of the day in a formula's value: revenue 1, revenue / price index 0, revenue / employees 1."""
    if isinstance(node, exp.Column):
        return columns[node.name].money
    if isinstance(node, exp.Mul):
        return money_dimension(node.this, columns) + money_dimension(node.expression, columns)
    if isinstance(node, exp.Div):
        return money_dimension(node.this, columns) - money_dimension(node.expression, columns)
    if isinstance(node, exp.Pow):
        return money_dimension(node.this, columns) * _exponent(node.expression)
    if isinstance(node, exp.Ln | exp.Exp | exp.Count | exp.Predicate | exp.Literal):
        return 0.0
    if isinstance(node, exp.Filter | exp.Lag | exp.Round | exp.Nullif):
        return money_dimension(node.this, columns)
    return max((money_dimension(child, columns) for child in node.iter_expressions()), key=abs, default=0.0)


def _exponent(node: exp.Expression) -> float:
    return -_exponent(node.this) if isinstance(node, exp.Neg) else float(node.name)


def nominal_growth(expression: Expression, columns: Columns) -> Iterator[exp.Expression]:
    """The parts of a formula that set money of the day against money of an earlier year; none where a price index takes part."""
    if any(columns[column_name].price_index for column_name in expression.columns):
        return
    for node in expression.tree.find_all(exp.Div, exp.Sub):
        later_node, earlier_node = node.this, node.expression
        if isinstance(node, exp.Sub):
            if not (isinstance(later_node, exp.Ln) and isinstance(earlier_node, exp.Ln)):
                continue
            later_node, earlier_node = later_node.this, earlier_node.this
        if (
            money_dimension(later_node, columns)
            and money_dimension(earlier_node, columns)
            and _is_across_years(later_node, earlier_node, columns)
        ):
            yield node


def _is_across_years(later_node: exp.Expression, earlier_node: exp.Expression, columns: Columns) -> bool:
    (later_plain, new_lagged), (earlier_plain, old_lagged) = (
        raw_columns_by_year(later_node, columns),
        raw_columns_by_year(earlier_node, columns),
    )
    return bool(later_plain & old_lagged or new_lagged & earlier_plain)
