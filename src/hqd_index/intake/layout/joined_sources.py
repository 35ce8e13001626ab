"""Sources of one table put together: stacked when they hold the same columns, joined by key when they hold different ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from ...engines import Engine, quoted
from ...errors import DataError
from ..cells.column_reading import JoinedRows, ParsedSource
from ..rules.duplicate_rows import duplicate_findings
from ..rules.key_overlap import overlap_notices
from ..rules.rule_catalogue import joined_findings
from .row_ids import without_rows
from .text_columns import FILE_SPAN
from .year_free_rows import is_year_free, with_year_free_rows

CONTEXT_COLUMNS = {"rid", "industry_version", "statement_date", "disclose_date", "statement_type", "address_type", "scope"}


def combined_sources(
    parsed_sources: Sequence[ParsedSource], key: Sequence[str], files: pd.DataFrame, engine: Engine
) -> ParsedSource:
    """One parsed table; its `members` name the raw rows behind each row where that is not one.

    Sources without years give their columns to every year; DataError S06 where no source has years.
    """
    year_free = [source_index for source_index, source in enumerate(parsed_sources) if is_year_free(source, key, engine)]
    if not year_free:
        return _combined_by_year(parsed_sources, key, files, engine)
    by_year = [source for source_index, source in enumerate(parsed_sources) if source_index not in year_free]
    if not by_year:
        raise DataError(
            "no source of this table has years; `every_year: true` is for facts beside a source that has them",
            zh="这个表的来源都没有年份;every_year: true 只用于和有年份的来源配合",
            location=", ".join(files["file"]),
            rule="S06",
        )
    combined_rows = _combined_by_year(by_year, key, files, engine)
    without_year = [key_column for key_column in key if key_column != "year"]
    first_index = next(source_index for source_index in range(len(parsed_sources)) if source_index not in year_free)
    for source_index in year_free:
        source = _source_without_duplicates(parsed_sources[source_index], without_year, files, engine)
        combined_rows = with_year_free_rows(
            combined_rows, source, without_year, comes_first=source_index < first_index, engine=engine
        )
    return combined_rows


def _combined_by_year(
    parsed_sources: Sequence[ParsedSource], key: Sequence[str], files: pd.DataFrame, engine: Engine
) -> ParsedSource:
    if len(parsed_sources) == 1:
        return parsed_sources[0]
    columns = [set(engine.types(source.typed_rows)) - CONTEXT_COLUMNS - set(key) for source in parsed_sources]
    numbers = [_number_columns(source, engine) - CONTEXT_COLUMNS - set(key) for source in parsed_sources]
    texts_alone = sum(not file_names for file_names in numbers)
    if key and (_disjoint(columns) or (texts_alone < min(2, len(parsed_sources)) and _disjoint(numbers))):
        sources = [_source_without_duplicates(source, key, files, engine) for source in parsed_sources]
        notices = tuple(overlap_notices(_rows_by_files(sources, files, engine), key, engine))
        combined_source = _sources_by_key(sources, key, engine)
        return replace(combined_source, notices=(*combined_source.notices, *notices))
    return _stacked_sources(parsed_sources, engine)


def _rows_by_files(sources: Sequence[ParsedSource], files: pd.DataFrame, engine: Engine) -> dict[str, str]:
    """Names of files -> the rows of their source."""
    file_names = files.set_index("number")["file"]
    rows_of_files = {}
    for source in sources:
        file_numbers = engine.collect(f"SELECT DISTINCT rid // {FILE_SPAN} AS number FROM {source.typed_rows} ORDER BY 1")[
            "number"
        ]
        rows_of_files[", ".join(dict.fromkeys(file_names[source_number] for source_number in file_numbers))] = source.typed_rows
    return rows_of_files


def _number_columns(source: ParsedSource, engine: Engine) -> set[str]:
    return {
        column_name
        for column_name, value_type in engine.types(source.typed_rows).items()
        if column_name != "rid" and value_type in ("decimal", "double", "integer")
    }


def _disjoint(columns: Sequence[set[str]]) -> bool:
    return sum(map(len, columns)) == len(set().union(*columns))


def _stacked_sources(parsed_sources: Sequence[ParsedSource], engine: Engine) -> ParsedSource:
    text_rows, typed_rows = (
        _union([getattr(source, attribute) for source in parsed_sources], engine) for attribute in ("text_rows", "typed_rows")
    )
    return _combined_source(
        parsed_sources,
        text_rows,
        typed_rows,
        engine.query(_members_sql(parsed_sources)) if any(source.members for source in parsed_sources) else None,
    )


def _source_without_duplicates(source: ParsedSource, key: Sequence[str], files: pd.DataFrame, engine: Engine) -> ParsedSource:
    """The source with its own duplicates found and its faulty rows left out, ready to be joined."""
    valid_rows = without_rows(source.typed_rows, source.findings["rid"], engine)
    findings = joined_findings(
        [source.findings, duplicate_findings(valid_rows, source.text_rows, key, files, engine, shifts=source.shifts)]
    )
    valid_rows, text_rows = (
        without_rows(row_table, findings["rid"], engine) for row_table in (source.typed_rows, source.text_rows)
    )
    return replace(source, typed_rows=valid_rows, text_rows=text_rows, findings=findings)


def _sources_by_key(parsed_sources: Sequence[ParsedSource], key: Sequence[str], engine: Engine) -> ParsedSource:
    """One row per key, each value from the first source that has it."""
    keys = ", ".join(map(quoted, key))
    typed_rows = _union([source.typed_rows for source in parsed_sources], engine)
    rows = engine.query(f"SELECT rid AS part, min(rid) OVER (PARTITION BY {keys}) AS rid FROM {typed_rows}")
    grouped_tables = [
        _first_rows_by_key(_union([getattr(source, table_field) for source in parsed_sources], engine), rows, engine)
        for table_field in ("text_rows", "typed_rows")
    ]
    members = engine.query(
        f'SELECT r.rid, m.member, m."column" FROM {rows} AS r JOIN ({_members_sql(parsed_sources)}) AS m ON m.rid = r.part'
    )
    combined_source = _combined_source(parsed_sources, grouped_tables[0], grouped_tables[1], members)
    return replace(combined_source, column_sources=_joined_rows(parsed_sources, key, rows, engine))


def _joined_rows(parsed_sources: Sequence[ParsedSource], key: Sequence[str], rows: str, engine: Engine) -> tuple[JoinedRows, ...]:
    """The rows of each source that are not the first of their key, and the columns that no earlier source has."""
    earlier_columns, joined_rows = {*key, "rid"} | CONTEXT_COLUMNS, []
    for source in parsed_sources:
        own_columns = tuple(column for column in engine.types(source.typed_rows) if column not in earlier_columns)
        earlier_columns |= {*own_columns}
        if source.members is None and own_columns:
            sql = f"SELECT r.rid, r.part AS member FROM {rows} AS r SEMI JOIN {source.typed_rows} AS s ON s.rid = r.part"
            joined_rows.append(JoinedRows(engine.view(f"{sql} WHERE r.rid <> r.part"), own_columns))
    return tuple(joined_rows)


def _first_rows_by_key(table: str, row_table: str, engine: Engine) -> str:
    values = ", ".join(
        f"arg_min(t.{quoted(column_name)}, t.rid) AS {quoted(column_name)}"
        for column_name in engine.types(table)
        if column_name != "rid"
    )
    return engine.query(f"SELECT r.rid, {values} FROM {table} AS t JOIN {row_table} AS r ON r.part = t.rid GROUP BY r.rid")


def _members_sql(parsed_sources: Sequence[ParsedSource]) -> str:
    member_queries = [
        f'SELECT rid, member, "column" FROM {source.members}'
        if source.members
        else f'SELECT rid, rid AS member, CAST(NULL AS VARCHAR) AS "column" FROM {source.typed_rows}'
        for source in parsed_sources
    ]
    return " UNION ALL ".join(member_queries)


def _union(column_names: Sequence[str], engine: Engine) -> str:
    return engine.query(" UNION ALL BY NAME ".join(f"SELECT * FROM {column_name}" for column_name in column_names))


def _combined_source(
    parsed_sources: Sequence[ParsedSource], text_rows: str, typed_rows: str, members: str | None
) -> ParsedSource:
    out_of_scope = pd.concat([source.out_of_scope for source in parsed_sources], ignore_index=True)
    notices = tuple(notice for source in parsed_sources for notice in source.notices)
    shifts: dict[str, dict[int, int]] = {}
    for source in parsed_sources:
        for column_name, powers in source.shifts.items():
            shifts.setdefault(column_name, {}).update(powers)
    findings = joined_findings([source.findings for source in parsed_sources])
    return ParsedSource(text_rows, typed_rows, findings, out_of_scope, notices, members, shifts=shifts)


def findings_by_raw_row(removed_rows: pd.DataFrame, members: str | None, engine: Engine) -> pd.DataFrame:
    """The rows taken out, each replaced by the raw rows that made it."""
    if members is None or removed_rows.empty:
        return removed_rows
    row_members = engine.collect(f"SELECT rid, member FROM {members} ORDER BY ALL").astype("Int64")  # a float loses their digits
    removed_members = removed_rows.merge(row_members, on="rid", how="left", validate="many_to_many")
    raw_rids = removed_members.pop("member")
    return removed_members.assign(rid=raw_rids.fillna(removed_members["rid"].astype("int64")).astype("int64"))
