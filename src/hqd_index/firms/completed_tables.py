"""Tables with a missing value in every row for the columns that a study computes with and no file has, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ..canonical_types import expression_types
from ..engines import Engine, quoted
from ..study.column_facts import COMPUTED_TABLES, study_tables
from ..study.column_uses import (
    CONTROL,
    COVARIATE,
    DENSITY,
    INDICATOR,
    INSTRUMENT,
    MEDIATOR,
    MODERATOR,
    OUTCOME,
    SCENARIO,
    SHOCK,
    THRESHOLD,
    ColumnUse,
    RawColumn,
    column_uses,
    derived_ingredients,
)
from ..study.records import Study

NULL_TYPES = {
    "decimal": "DECIMAL(28,8)", "double": "DOUBLE", "integer": "INTEGER", "text": "VARCHAR", "flag": "BOOLEAN", "date": "DATE",
}  # fmt: skip
COSTS = {
    INDICATOR: ("indicators", "指数不含指标", "left out of the index"),
    SCENARIO: ("scenarios", "情景不含指标", "left out of scenarios"),
    CONTROL: ("regressions", "控制变量没有取值", "controls without a value"),
    MEDIATOR: ("mediators", "中介变量没有取值", "mediators without a value"),
    MODERATOR: ("regressions", "调节变量没有取值", "moderators without a value"),
    INSTRUMENT: ("endogeneity", "工具变量没有取值", "instruments without a value"),
    THRESHOLD: ("thresholds", "门槛变量没有取值", "threshold variables without a value"),
    COVARIATE: ("balance", "平衡协变量没有取值", "covariates of balancing without a value"),
    DENSITY: ("density", "密度没有取值", "density without a value"),
    SHOCK: ("resilience", "韧性分析没有取值", "resilience without a value"),
    OUTCOME: ("event_study", "企业结果没有取值", "firm outcomes without a value"),
}
"""Kind of use: the table that is the poorer for it, and how that is said."""
MEND = ("在文件中补上该列,或在研究配置中去掉所列各项", "add the column to the files, or take what is listed out of the study")


@dataclass(frozen=True)
class AbsentColumn:
    """A column that no file of its table has, or a whole table (no `column`), the files, and what is computed from it."""

    table: str
    column: str
    files: str
    zh: str
    en: str
    uses: tuple[ColumnUse, ...]

    def costs(self) -> list[tuple[str, str, str]]:
        """(table, zh, en) for each kind of use: what is lost."""
        rows = []
        for kind, (table, zh, en) in COSTS.items():
            uses = {use.name: use.label for use in self.uses if use.kind == kind}
            if uses:
                zh_list = "、".join(f"{name} {label.zh}".strip() for name, label in uses.items())
                en_list = ", ".join(f"{name} {label.en}".strip() for name, label in uses.items())
                rows.append((table, f"{zh}:{zh_list}", f"{en}: {en_list}"))
        return rows

    def notice(self, language: str) -> str:
        """One line for the terminal."""
        costs = self.costs()
        if language == "en":
            return f"[I-EMPTY] {self.files}: {self.en}; {'; '.join(en for _, _, en in costs)}. {MEND[1].capitalize()}"
        return f"[I-EMPTY] {self.files}: {self.zh};{';'.join(zh for _, zh, _ in costs)}。请{MEND[0]}"


def absent_columns(study: Study, present_columns: Mapping[str, Iterable[str]]) -> list[AbsentColumn]:
    """What the study computes with and no file has; `present_columns` of each table that is there."""
    uses_of_column: dict[RawColumn, list[ColumnUse]] = {}
    for use in column_uses(study):
        for raw_column in sorted(use.raw_columns):
            uses_of_column.setdefault(raw_column, []).append(use)
    absent = []
    for table_name, schema in study_tables(study).items():
        files = ", ".join(dict.fromkeys(s.path for s in study.sources.sources.values() if s.table == table_name))
        columns = {column: uses for (table, column), uses in uses_of_column.items() if table == table_name}
        if table_name in COMPUTED_TABLES or not columns or not files:
            continue
        if table_name not in present_columns:
            uses = tuple(dict.fromkeys(use for uses_of_one in columns.values() for use in uses_of_one))
            absent.append(
                AbsentColumn(table_name, "", files, f"没有表 {table_name} 的文件", f"no file of table {table_name}", uses)
            )
            continue
        for column in sorted(columns.keys() - set(present_columns[table_name])):
            label = schema.columns[column]
            zh, en = f"没有列 {column}({label.zh})", f"no column {column} ({label.en})"
            if not (table_name == "firms" and column.startswith("srdi_")):  # these come from the recognition list
                absent.append(AbsentColumn(table_name, column, files, zh, en, tuple(columns[column])))
    return absent


def not_made_rows(absent: Sequence[AbsentColumn]) -> pd.DataFrame:
    """Rows of `not_made`: what is computed from absent columns."""
    rows = [
        (table, f"{item.files}:{item.zh};{zh}", f"{item.files}: {item.en}; {en}", *MEND)
        for item in absent
        for table, zh, en in item.costs()
    ]
    return pd.DataFrame(rows, columns=["table", "reason_zh", "reason_en", "mend_zh", "mend_en"])


def completed_tables(study: Study, engine: Engine, tables: Mapping[str, str]) -> dict[str, str]:
    """The tables with a missing value for every absent column that the study computes with; a table without a file is empty."""
    raw_columns = derived_ingredients(study).union(*(use.raw_columns for use in column_uses(study)))
    schemas, completed = study_tables(study), dict(tables)
    fed_tables = {source.table for source in study.sources.sources.values()} - COMPUTED_TABLES.keys()
    for table_name in sorted({table for table, _ in raw_columns} & fed_tables):
        types = expression_types(schemas[table_name], study.study.unit.by)
        if table_name not in tables:
            completed[table_name] = engine.view(f"SELECT {_nulls(types)} WHERE false", f"absent_{table_name}")
            continue
        present = engine.types(tables[table_name])
        names = sorted(
            column
            for table, column in raw_columns
            if table == table_name and column not in present and not (table == "firms" and column.startswith("srdi_"))
        )
        if names:
            nulls = _nulls({name: types[name] for name in names})
            completed[table_name] = engine.view(f"SELECT *, {nulls} FROM {tables[table_name]}", f"complete_{table_name}")
    return completed


def _nulls(types: Mapping[str, str]) -> str:
    return ", ".join(f"CAST(NULL AS {NULL_TYPES[dtype]}) AS {quoted(column)}" for column, dtype in types.items())
