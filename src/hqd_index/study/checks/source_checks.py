"""sources.yaml and rules.yaml: paths that stay inside, tables and columns that exist, conditions that bind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...canonical import SRDI_LEVELS, CanonicalTable
from ..column_facts import COMPUTED_TABLES, Columns, known_columns, raw_columns, tables
from ..records import GroupColumn, Source, Study
from ..study_findings import Finding, bound, unknown_name
from ..unit_schemes import SCHEMES
from ..yaml_document import Place

ABSOLUTE = re.compile(r"^([/\\~]|[A-Za-z]:)")


def unsafe(path: str) -> bool:
    """Absolute, a drive, a network share, or climbing out with `..` (F39)."""
    return bool(ABSOLUTE.match(path)) or ".." in re.split(r"[/\\]", path) or "\x00" in path or not path.strip()


def check_sources(study: Study) -> Iterator[Finding]:
    """sources.yaml against the tables."""
    known, defined = raw_columns(study), tables(study)
    for name, source in study.sources.sources.items():
        path = ("sources", "sources", name)
        yield from _path((*path, "path"), source.path)
        if source.table not in known or not known[source.table]:
            yield unknown_name((*path, "table"), ("table", "数据表"), source.table, [t for t in known if known[t]])
            continue
        if source.table in COMPUTED_TABLES:
            yield Finding((*path, "table"), f"table {source.table} is computed; read the file into a table of your own name",
                          f"数据表 {source.table} 由程序计算;请把该文件读入自定义名称的表")  # fmt: skip
        yield from _names(path, source, known[source.table])
        yield from _values(path, source, defined[source.table])
        for position, rule in enumerate(source.out_of_scope):
            yield from _condition((*path, "out_of_scope", position, "when"), rule.when, known[source.table])
    yield from _status(study)
    yield from _unit(study)


def _path(path: Place, text: str) -> Iterator[Finding]:
    if unsafe(text):
        yield Finding(path, f"{text!r} leaves the data folder; put the file inside it and write its path from there",
                      f"{text!r} 指到数据文件夹之外;请把文件放进数据文件夹,并写相对路径")  # fmt: skip


def _names(path: Place, source: Source, columns: Columns) -> Iterator[Finding]:
    """Every column that a source names exists in its table."""
    reshape = source.reshape.columns if source.reshape else {}
    used: list[tuple[Place, str]] = [((*path, "aliases", key), column) for key, column in source.aliases.items()]
    used += [((*path, "reshape", "columns", key), column) for key, column in reshape.items()]
    for part in ("constants", "units", "pad", "values"):
        used += [((*path, part, column), column) for column in getattr(source, part)]
    used += [((*path, "zero_is_missing", position), column) for position, column in enumerate(source.zero_is_missing)]
    helpers = {source.reshape.names, source.reshape.values, source.reshape.units} if source.reshape else set()
    for place, column in used:
        if column not in columns and column not in helpers:
            yield unknown_name(place, ("column", "列"), column, columns)


def _values(path: Place, source: Source, table: CanonicalTable) -> Iterator[Finding]:
    """What raw words are mapped to is among the categories of the column."""
    for column, words in source.values.items():
        known = table.columns.get(column)
        allowed = ("true", "false") if known and known.dtype == "flag" else known.categories if known else ()
        for word, meaning in words.items():
            if allowed and meaning not in allowed:
                yield unknown_name((*path, "values", column, word), ("category", "类别"), meaning, allowed)


def _condition(path: Place, text: str, columns: Columns) -> Iterator[Finding]:
    yield from bound(path, text, columns, aggregate=False, wanted="flag")[1]


def _status(study: Study) -> Iterator[Finding]:
    said = study.sources
    if said.srdi_list is not None and said.status is not None:
        yield Finding(
            ("sources", "status"), "both srdi_list and status are given; keep one", "srdi_list 与 status 同时给出;请只保留一个"
        )
    if said.srdi_list is not None:
        for part in ("batches", "provinces"):
            if (path := getattr(said.srdi_list, part)) is not None:
                yield from _path(("sources", "srdi_list", part), path)
        for position, level in enumerate(said.srdi_list.national_levels):
            if level not in SRDI_LEVELS:
                place = ("sources", "srdi_list", "national_levels", position)
                yield unknown_name(place, ("level", "层级"), level, SRDI_LEVELS)
    if said.status is not None:
        yield from _condition(("sources", "status", "criteria"), said.status.criteria, known_columns_of(study, "firms"))


def known_columns_of(study: Study, table: str) -> Columns:
    """The columns of one table, derived ones included where columns.yaml could be read."""
    return (known_columns(study) if "columns" in study.model_fields_set else raw_columns(study)).get(table, {})


def _unit(study: Study) -> Iterator[Finding]:
    """Tables that name or group the units exist, with the columns named; an official scheme groups a key column."""
    unit = study.study.unit
    known = raw_columns(study)
    named = {} if isinstance(unit.names, str) else {"names": (unit.names.table, (unit.names.zh, unit.names.en))}
    if isinstance(unit.groups, str):
        yield from _scheme(unit.groups, unit.by)
    grouped = {"groups": (unit.groups.table, (unit.groups.column,))} if isinstance(unit.groups, GroupColumn) else {}
    for part, (table, columns) in (named | grouped).items():
        path = ("study", "unit", part)
        if table not in known:
            yield unknown_name((*path, "table"), ("table", "数据表"), table, known)
            continue
        for column in columns:
            if column is not None and column not in known[table]:
                yield unknown_name(path, ("column", "列"), column, known[table])


def _scheme(scheme: str, by: Sequence[str]) -> Iterator[Finding]:
    column = SCHEMES[scheme][0]
    if column not in by:
        known = [name for name, (other, *_) in SCHEMES.items() if other in by]
        other, other_zh = (f"write {' or '.join(known)}, or", f"请写 {'、'.join(known)},或") if known else ("write", "请写")
        yield Finding(("study", "unit", "groups"),
                      f"{scheme} groups {column}, which no unit is made of; {other} {{table: .., column: ..}} of a table that "
                      "groups the units", f"{scheme} 按 {column} 分组,而单元不含该列;{other_zh}"
                      "用 {table: .., column: ..} 指明给单元分组的表与列")  # fmt: skip


def check_rules(study: Study) -> Iterator[Finding]:
    """rules.yaml against the tables."""
    raw = raw_columns(study)
    yield from _twice([rule.id for rule in study.rules.rules])
    for position, rule in enumerate(study.rules.rules):
        path = ("rules", "rules", position)
        if rule.table not in raw:
            yield unknown_name((*path, "table"), ("table", "数据表"), rule.table, raw)
            continue
        yield from _condition((*path, "check"), rule.check, raw[rule.table])
        for place, column in enumerate(rule.columns):
            if column not in raw[rule.table]:
                yield unknown_name((*path, "columns", place), ("column", "列"), column, raw[rule.table])
    yield from _ranges(study, raw)


def _twice(ids: Iterable[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, id in enumerate(ids):
        if id in seen:
            yield Finding(("rules", "rules", position, "id"), f"rule {id} is written twice; give it an id of its own",
                          f"规则 {id} 写了两次;请另取编号")  # fmt: skip
        seen.add(id)


def _ranges(study: Study, known: Mapping[str, Columns]) -> Iterator[Finding]:
    for table, columns in study.rules.ranges.items():
        if table not in known:
            yield unknown_name(("rules", "ranges", table), ("table", "数据表"), table, known)
            continue
        for column, (low, high) in columns.items():
            path = ("rules", "ranges", table, column)
            if column not in known[table]:
                yield unknown_name(path, ("column", "列"), column, known[table])
            if low is not None and high is not None and low > high:
                yield Finding(path, f"range [{low}, {high}] is empty; write [{high}, {low}]",
                              f"范围 [{low}, {high}] 上下限颠倒;请写成 [{high}, {low}]")  # fmt: skip
