"""Derived columns and indicators: that formulas bind, and that neither the treatment nor growth of nominal money enters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...errors import ConfigError
from ...expressions import Expression, parse
from ..column_facts import (
    COLUMN_OPTIONS,
    COMPUTED_TABLES,
    FUNCTION_OPTIONS,
    Columns,
    column_facts,
    nominal_growth,
    numerator_columns,
    raw_column_facts,
    source_columns,
    study_tables,
)
from ..indicator_tree import listed_leaves, tree_of
from ..records import Derived, Indicator, Study
from ..study_findings import Finding, bound_formula, unknown_name
from ..yaml_document import Place


def check_columns(study: Study) -> Iterator[Finding]:
    """columns.yaml: each column from those before it."""
    raw_facts, facts = raw_column_facts(study), column_facts(study)
    for table, derived_columns in study.columns.tables.items():
        if table not in raw_facts:
            yield unknown_name(("columns", "tables", table), ("table", "数据表"), table, raw_facts)
            continue
        earlier_columns = dict(raw_facts[table])
        for column_name, column in derived_columns.items():
            path = ("columns", "tables", table, column_name)
            if column_name in columns_of_sources(study, table):
                yield Finding(path, f"{column_name} is read from a file already; give the derived column another name",
                              f"{column_name} 已从文件读入;请给派生列另取名称")  # fmt: skip
            yield from _derived_column_findings(
                path,
                column,
                {
                    earlier_name: earlier_column
                    for earlier_name, earlier_column in earlier_columns.items()
                    if earlier_name != column_name
                },
                list(derived_columns),
            )
            earlier_columns[column_name] = facts[table][column_name]


def columns_of_sources(study: Study, table: str) -> set[str]:
    """The columns that sources say they fill in a table."""
    feeding_sources = [source for source in study.sources.sources.values() if source.table == table]
    reshaped_columns = {column for source in feeding_sources if source.reshape for column in source.reshape.columns.values()}
    return reshaped_columns | {column for source in feeding_sources for column in (*source.aliases.values(), *source.constants)}


def _derived_column_findings(
    path: Place, column: Derived, earlier_columns: Columns, column_order: list[str]
) -> Iterator[Finding]:
    if (column.formula is None) == (column.function is None):
        yield Finding(path, "write either formula or function", "formula 和 function 须写且只写一个")
    elif column.function is not None:
        yield from _function(path, column, earlier_columns)
    else:
        _, errors = bound_formula((*path, "formula"), column.formula or "", earlier_columns, aggregate=False, needed_type="any")
        if errors:
            later_column = _later_column(errors[0].path, str(path[-1]), column.formula or "", earlier_columns, column_order)
            yield from [later_column] if later_column else errors


def _later_column(
    path: Place, column_name: str, formula: str, earlier_columns: Columns, column_order: list[str]
) -> Finding | None:
    """The column that is needed is derived itself, only further down: a wrong order, or a circle."""
    try:
        needed_columns = parse(formula, columns=None, aggregate=False).columns - set(earlier_columns)
    except ConfigError:
        return None
    later_column = next((candidate for candidate in column_order if candidate in needed_columns), None)
    if later_column is None:
        return None
    if later_column == column_name:
        return Finding(path, f"{column_name} is defined by itself", f"{column_name} 的公式用到了它自己")
    return Finding(
        path,
        f"{column_name} needs {later_column}, which is derived below it; move {later_column} above {column_name} "
        f"(if {later_column} needs {column_name} too, they form a circle)",
        f"{column_name} 用到了排在它后面的派生列 {later_column};请把 {later_column} 移到 {column_name} 之前"
        f"(若 {later_column} 也用到 {column_name},则构成循环)",
    )


def _function(path: Place, column: Derived, earlier_columns: Columns) -> Iterator[Finding]:
    assert column.function is not None
    if column.function not in FUNCTION_OPTIONS:
        yield unknown_name((*path, "function"), ("function", "函数"), column.function, FUNCTION_OPTIONS)
        return
    required_options, allowed_options = FUNCTION_OPTIONS[column.function]
    missing_options = ", ".join(option for option in required_options if option not in column.options)
    if missing_options:
        yield Finding(
            (*path, "options"),
            f"{column.function} needs the option {missing_options}",
            f"{column.function} 必须给出选项 {missing_options}",
        )
    for option, value in column.options.items():
        if option not in allowed_options:
            yield unknown_name((*path, "options", option), ("option", "选项"), option, allowed_options)
        elif option in COLUMN_OPTIONS:
            columns = value.values() if isinstance(value, dict) else [value]
            for column_name in columns:
                if column_name is not None and column_name not in earlier_columns:
                    yield unknown_name((*path, "options", option), ("column", "列"), str(column_name), earlier_columns)


def check_indicators(study: Study) -> Iterator[Finding]:
    """indicators.yaml against the tables."""
    facts = column_facts(study)
    keys = {table_name: table.key for table_name, table in study_tables(study).items()}
    scored_leaves = listed_leaves(study.indicators.tree)
    for table_name, leaf in study.indicators.indicators.items():
        path = ("indicators", "indicators", table_name)
        if leaf.table not in facts:
            yield unknown_name((*path, "table"), ("table", "数据表"), leaf.table, facts)
            continue
        yield from _unfed_table(study, (*path, "table"), leaf.table)
        if table_name in scored_leaves:
            yield from missing_unit_columns(study, (*path, "table"), leaf.table, {*facts[leaf.table], *keys.get(leaf.table, ())})
        yield from _formula(study, path, leaf, facts)


def _unfed_table(study: Study, path: Place, table: str) -> Iterator[Finding]:
    fed_tables = {source.table for source in study.sources.sources.values()}
    if fed_tables.isdisjoint({table, *COMPUTED_TABLES.get(table, ())}):
        yield Finding(path, f"no source feeds table {table!r}; add one to sources.yaml",
                      f"没有任何来源提供数据表 {table!r};请在 sources.yaml 中添加")  # fmt: skip


def missing_unit_columns(study: Study, path: Place, table: str, columns: set[str]) -> Iterator[Finding]:
    """The table cannot be grouped by the study's unit and year."""
    missing_columns = [unit_column for unit_column in (*study.study.unit.by, "year") if unit_column not in columns]
    if missing_columns:
        name_list = ", ".join(missing_columns)
        yield Finding(path, f"table {table!r} has no column {name_list}, which make a unit-year; derive it in columns.yaml",
                      f"数据表 {table!r} 没有构成单元-年份的列 {name_list};请在 columns.yaml 中派生")  # fmt: skip


def _formula(study: Study, path: Place, leaf: Indicator, columns_by_table: Mapping[str, Columns]) -> Iterator[Finding]:
    yaml_path, columns = (*path, "formula"), columns_by_table[leaf.table]
    formula, errors = bound_formula(
        yaml_path, leaf.formula, columns, aggregate=True, needed_type="number", elsewhere=columns_by_table
    )
    yield from errors
    if formula:
        yield from _treatment(study, yaml_path, formula, columns)
        yield from _growth(study, yaml_path, leaf, formula, columns)


def treatment_columns(study: Study) -> set[str]:
    """The columns of the treatment: those the study names, every canonical SRDI column, and what a published density counts."""
    srdi_columns = {column for table in study_tables(study).values() for column in table.columns if "srdi" in column}
    return {*study.indicators.treatment, *srdi_columns, *_published_columns(study)}


def _published_columns(study: Study) -> set[str]:
    """The columns of regressions.density_source that are not only divided by: recognised firms and their shares."""
    source = study.regressions.density_source if "regressions" in study.model_fields_set else None
    columns = column_facts(study).get(source.table, {}) if source else {}
    srdi_formulas = [formula for column_name, formula in source.formulas.items() if column_name != "n_firms"] if source else []
    parsed_formulas = [bound_formula((), formula, columns, aggregate=True, needed_type="number")[0] for formula in srdi_formulas]
    return {column for formula in parsed_formulas if formula for column in numerator_columns(formula.tree, columns)}


def _treatment(study: Study, yaml_path: Place, formula: Expression, columns: Columns) -> Iterator[Finding]:
    for column in sorted((source_columns(formula, columns) | formula.columns) & treatment_columns(study)):
        yield Finding(yaml_path, f"indicator {yaml_path[-2]}: {column} is a column of the treatment and may not enter the index",
                      f"指标 {yaml_path[-2]}:{column} 是处理变量(专精特新)列,不得进入指数;请换用其他列")  # fmt: skip


def _growth(study: Study, yaml_path: Place, leaf: Indicator, formula: Expression, columns: Columns) -> Iterator[Finding]:
    derived_columns = study.columns.tables.get(leaf.table, {})
    texts = {yaml_path: formula} | {
        ("columns", "tables", leaf.table, derived_name, "formula"): derived_formula
        for derived_name in sorted(formula.columns & set(derived_columns))
        if (
            derived_formula := bound_formula(
                (), derived_columns[derived_name].formula or "null", columns, aggregate=False, needed_type="any"
            )[0]
        )
    }
    for location, expression in texts.items():
        for growth_part in nominal_growth(expression, columns):
            part_sql = growth_part.sql(dialect="duckdb")
            yield Finding(location, f"{part_sql} is growth of nominal money; divide by a price index first"
                          + (" (accepted: nominal_growth is set)" if leaf.nominal_growth else ", or set nominal_growth: true"),
                          f"{part_sql} 是名义金额的增长;请先除以价格指数"
                          + ("(已声明 nominal_growth,予以接受)" if leaf.nominal_growth else ",或声明 nominal_growth: true"),
                          notice=leaf.nominal_growth)  # fmt: skip


def scored_indicators(study: Study) -> dict[str, Indicator]:
    """The indicators of the active profile's leaves."""
    tree = tree_of(study.indicators)
    return {leaf: study.indicators.indicators[leaf] for leaf in tree.leaves(tree.root)}
