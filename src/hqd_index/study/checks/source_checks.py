"""sources.yaml and rules.yaml: paths that stay inside, tables and columns that exist, conditions that bind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...canonical import SRDI_LEVELS, CanonicalTable
from ..column_facts import COMPUTED_TABLES, Columns, column_facts, raw_column_facts, study_tables
from ..records import GroupColumn, Source, Study
from ..source_paths import catalogue_table, database_name, is_stored_elsewhere
from ..study_findings import Finding, bound_formula, unknown_name
from ..unit_schemes import SCHEMES
from ..yaml_document import Place
from .layout_checks import check_layout

NUMBER_PATTERN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
INTEGER_PATTERN = re.compile(r"[+-]?[0-9]+(\.0+)?")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SERVER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
CATALOGUE_NAME = re.compile(r"\w+(\.\w+){0,2}")
ABSOLUTE_PATH = re.compile(r"^([/\\~]|[A-Za-z]:)")


def is_unsafe_path(path: str) -> bool:
    """Absolute, a drive, a network share, or climbing out with `..` (F39)."""
    return bool(ABSOLUTE_PATH.match(path)) or ".." in re.split(r"[/\\]", path) or "\x00" in path or not path.strip()


def check_sources(study: Study) -> Iterator[Finding]:
    """sources.yaml against the tables."""
    table_facts, schemas = raw_column_facts(study), study_tables(study)
    for name, source in study.sources.sources.items():
        path = ("sources", "sources", name)
        yield from _database(path, source)
        yield from _catalogue(study, path, source)
        if not is_stored_elsewhere(source.path):
            yield from _path((*path, "path"), source.path)
        if source.table not in table_facts or not table_facts[source.table]:
            yield unknown_name((*path, "table"), ("table", "数据表"), source.table, [t for t in table_facts if table_facts[t]])
            continue
        if source.table in COMPUTED_TABLES:
            yield Finding((*path, "table"), f"table {source.table} is computed; read the file into a table of your own name",
                          f"数据表 {source.table} 由程序计算;请把该文件读入自定义名称的表")  # fmt: skip
        yield from _columns_named(path, source, table_facts[source.table])
        yield from check_layout(path, source, table_facts[source.table])
        yield from _value_findings(path, source, schemas[source.table])
        yield from _blanks(path, source, schemas[source.table])
        for rule_index, rule in enumerate(source.out_of_scope):
            yield from _condition((*path, "out_of_scope", rule_index, "when"), rule.when, table_facts[source.table])
    yield from _status(study)
    yield from _unit_findings(study)


def _database(path: Place, source: Source) -> Iterator[Finding]:
    """A server by its name alone, and bounds for a server only."""
    name = database_name(source.path)
    if name is not None and not SERVER_NAME.fullmatch(name):
        yield Finding((*path, "path"), "write postgresql:NAME with a short name; the address, and any password, belong into the "
                      "environment variable HQD_DSN_NAME, never into YAML",
                      "请写 postgresql:名称(字母、数字、下划线);地址与密码写入环境变量 HQD_DSN_名称,不写入 YAML")  # fmt: skip
    if not is_stored_elsewhere(source.path) and source.where:
        yield Finding((*path, "where"), "where is for postgresql and spark sources; rows of a file are left out by out_of_scope",
                      "where 只用于 postgresql 与 spark 数据源;文件中的行请用 out_of_scope 排除")  # fmt: skip


def _catalogue(study: Study, path: Place, source: Source) -> Iterator[Finding]:
    """A table of a cluster's catalogue by its name, where there is a cluster."""
    table = catalogue_table(source.path)
    if table is None:
        return
    if not CATALOGUE_NAME.fullmatch(table):
        yield Finding((*path, "path"), "write spark:TABLE or spark:DATABASE.TABLE, as the cluster's catalogue names it",
                      "请写 spark:表名 或 spark:数据库.表名,与集群目录中的名称一致")  # fmt: skip
    if study.study.engine != "spark":
        yield Finding((*path, "path"), f"{source.path} is a table of a cluster; write `engine: spark` in study.yaml",
                      f"{source.path} 是集群中的表;请在 study.yaml 中写 `engine: spark`")  # fmt: skip


def _path(path: Place, source_path: str) -> Iterator[Finding]:
    if is_unsafe_path(source_path):
        yield Finding(path, f"{source_path!r} leaves the data folder; put the file inside it and write its path from there",
                      f"{source_path!r} 指到数据文件夹之外;请把文件放进数据文件夹,并写相对路径")  # fmt: skip


def _columns_named(path: Place, source: Source, columns: Columns) -> Iterator[Finding]:
    """Every column that a source names exists in its table."""
    reshape = source.reshape.columns if source.reshape else {}
    column_places: list[tuple[Place, str]] = [((*path, "aliases", label), column) for label, column in source.aliases.items()]
    column_places += [((*path, "reshape", "columns", label), column) for label, column in reshape.items()]
    for setting in ("constants", "units", "pad", "values"):
        column_places += [((*path, setting, column), column) for column in getattr(source, setting)]
    for setting in ("zero_is_missing", "blank_is_zero", "fill_down"):
        column_places += [
            ((*path, setting, column_position), column) for column_position, column in enumerate(getattr(source, setting))
        ]
    reshape_names = {source.reshape.names, source.reshape.values, source.reshape.units} if source.reshape else set()
    for yaml_path, column in column_places:
        if column not in columns and column not in reshape_names:
            yield unknown_name(yaml_path, ("column", "列"), column, columns)


def _blanks(path: Place, source: Source, table: CanonicalTable) -> Iterator[Finding]:
    """Blanks that mean zero are of numbers, in a table with a column for each, and zeros are not missing there."""
    for position, name in enumerate(source.blank_is_zero):
        yaml_path, column = (*path, "blank_is_zero", position), table.columns.get(name)
        if column is not None and column.dtype not in ("number", "integer"):
            yield Finding(yaml_path, f"{name} is no number: a blank cannot be read as 0", f"{name} 不是数值列,空格不能按 0 读取")
        if name in source.zero_is_missing:
            yield Finding(
                yaml_path, f"{name} is under zero_is_missing too; keep one", f"{name} 同时列在 zero_is_missing 中;请只保留一个"
            )
        if source.reshape is not None:
            yield Finding(
                yaml_path,
                "a long table (reshape) has no blank cell for what it does not list; write coalesce(column, 0) in the formula",
                "长表(reshape)没有空单元格可言;请在公式中写 coalesce(列, 0)",
            )


def _value_findings(path: Place, source: Source, table: CanonicalTable) -> Iterator[Finding]:
    """What raw words are mapped to can be read in the column: a category, a number, a date; '' is missing."""
    for column, words in source.values.items():
        schema = table.columns.get(column)
        allowed_values = ("true", "false") if schema and schema.dtype == "flag" else schema.categories if schema else ()
        for raw_word, meaning in words.items():
            yaml_path = (*path, "values", column, raw_word)
            if meaning == "":
                continue
            if allowed_values and meaning not in allowed_values:
                yield unknown_name(yaml_path, ("category", "类别"), meaning, allowed_values)
            elif schema and not allowed_values:
                yield from _unreadable_value(yaml_path, meaning, schema.dtype)


def _unreadable_value(yaml_path: Place, meaning: str, dtype: str) -> Iterator[Finding]:
    """A meaning that no cell of the type can have."""
    if dtype in ("number", "integer") and not NUMBER_PATTERN.fullmatch(meaning):
        yield Finding(yaml_path, f"{meaning!r} is no number; write a plain number, or '' for missing",
                      f"{meaning!r} 不是数字;请写纯数字,缺失写 ''")  # fmt: skip
    elif dtype == "integer" and not INTEGER_PATTERN.fullmatch(meaning):
        yield Finding(yaml_path, f"{meaning!r} is no whole number; write one, or '' for missing",
                      f"{meaning!r} 不是整数;请写整数,缺失写 ''")  # fmt: skip
    elif dtype == "date" and not ISO_DATE.fullmatch(meaning):
        yield Finding(yaml_path, f"{meaning!r} is no date; write it as 2023-12-31, or '' for missing",
                      f"{meaning!r} 不是日期;请写成 2023-12-31,缺失写 ''")  # fmt: skip


def _condition(path: Place, formula: str, columns: Columns) -> Iterator[Finding]:
    yield from bound_formula(path, formula, columns, aggregate=False, needed_type="flag")[1]


def _status(study: Study) -> Iterator[Finding]:
    sources = study.sources
    if sources.srdi_list is not None and sources.status is not None:
        yield Finding(
            ("sources", "status"), "both srdi_list and status are given; keep one", "srdi_list 与 status 同时给出;请只保留一个"
        )
    if sources.srdi_list is not None:
        for setting in ("batches", "provinces"):
            if (path := getattr(sources.srdi_list, setting)) is not None:
                yield from _path(("sources", "srdi_list", setting), path)
        for level_index, level in enumerate(sources.srdi_list.national_levels):
            if level not in SRDI_LEVELS:
                yaml_path = ("sources", "srdi_list", "national_levels", level_index)
                yield unknown_name(yaml_path, ("level", "层级"), level, SRDI_LEVELS)
    if sources.status is not None:
        yield from _condition(("sources", "status", "criteria"), sources.status.criteria, columns_of_table(study, "firms"))


def columns_of_table(study: Study, table: str) -> Columns:
    """The columns of one table, derived ones included where columns.yaml could be read."""
    return (column_facts(study) if "columns" in study.model_fields_set else raw_column_facts(study)).get(table, {})


def _unit_findings(study: Study) -> Iterator[Finding]:
    """Tables that name or group the units exist, with the columns named; an official scheme groups a key column."""
    unit = study.study.unit
    table_facts = raw_column_facts(study)
    name_columns = {} if isinstance(unit.names, str) else {"names": (unit.names.table, (unit.names.zh, unit.names.en))}
    if isinstance(unit.groups, str):
        yield from _scheme(unit.groups, unit.by)
    group_columns = {"groups": (unit.groups.table, (unit.groups.column,))} if isinstance(unit.groups, GroupColumn) else {}
    for setting, (table, columns) in (name_columns | group_columns).items():
        path = ("study", "unit", setting)
        if table not in table_facts:
            yield unknown_name((*path, "table"), ("table", "数据表"), table, table_facts)
            continue
        for column in columns:
            if column is not None and column not in table_facts[table]:
                yield unknown_name(path, ("column", "列"), column, table_facts[table])


def _scheme(scheme: str, unit_keys: Sequence[str]) -> Iterator[Finding]:
    column = SCHEMES[scheme][0]
    if column not in unit_keys:
        schemes = [scheme_name for scheme_name, (scheme_key, *_) in SCHEMES.items() if scheme_key in unit_keys]
        scheme_key, suggestion_zh = (
            (f"write {' or '.join(schemes)}, or", f"请写 {'、'.join(schemes)},或") if schemes else ("write", "请写")
        )
        yield Finding(
            ("study", "unit", "groups"),
            f"{scheme} groups {column}, which no unit is made of; {scheme_key} {{table: .., column: ..}} of a table that "
            "groups the units",
            f"{scheme} 按 {column} 分组,而单元不含该列;{suggestion_zh}用 {{table: .., column: ..}} 指明给单元分组的表与列",
        )


def check_rules(study: Study) -> Iterator[Finding]:
    """rules.yaml against the tables."""
    table_facts = raw_column_facts(study)
    yield from _repeated_ids([rule.id for rule in study.rules.rules])
    for position, rule in enumerate(study.rules.rules):
        path = ("rules", "rules", position)
        if rule.table not in table_facts:
            yield unknown_name((*path, "table"), ("table", "数据表"), rule.table, table_facts)
            continue
        yield from _condition((*path, "check"), rule.check, table_facts[rule.table])
        for yaml_path, column in enumerate(rule.columns):
            if column not in table_facts[rule.table]:
                yield unknown_name((*path, "columns", yaml_path), ("column", "列"), column, table_facts[rule.table])
    yield from _ranges(study, table_facts)


def _repeated_ids(ids: Iterable[str]) -> Iterator[Finding]:
    ids_before: set[str] = set()
    for position, id in enumerate(ids):
        if id in ids_before:
            yield Finding(("rules", "rules", position, "id"), f"rule {id} is written twice; give it an id of its own",
                          f"规则 {id} 写了两次;请另取编号")  # fmt: skip
        ids_before.add(id)


def _ranges(study: Study, table_facts: Mapping[str, Columns]) -> Iterator[Finding]:
    for table, columns in study.rules.ranges.items():
        if table not in table_facts:
            yield unknown_name(("rules", "ranges", table), ("table", "数据表"), table, table_facts)
            continue
        for column, (low, high) in columns.items():
            path = ("rules", "ranges", table, column)
            if column not in table_facts[table]:
                yield unknown_name(path, ("column", "列"), column, table_facts[table])
            if low is not None and high is not None and low > high:
                yield Finding(path, f"range [{low}, {high}] is empty; write [{high}, {low}]",
                              f"范围 [{low}, {high}] 上下限颠倒;请写成 [{high}, {low}]")  # fmt: skip
