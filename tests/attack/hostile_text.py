"""Formulas and configuration files changed at random: they are refused with their place or are what they say; nothing runs."""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
from ruamel.yaml import YAML

from hqd_index.errors import Faults, HqdError
from hqd_index.expressions import aggregate_sql, parse, row_sql, type_of
from hqd_index.study import study_folder
from hqd_index.study.study_folder import load_study
from hqd_index.study.yaml_document import Document, read_document

from ..faults.small_firms import CONFIGS

SECONDS = 5.0
"""Of the processor for one text."""
KEY = ["firm_id", "year"]
TYPES = {
    "firm_id": "text",
    "year": "integer",
    "revenue": "decimal",
    "rd_exp": "decimal",
    "employees": "integer",
    "code": "text",
    "certified": "flag",
    "day": "date",
}
SEEDS = (
    "100 * sum(rd_exp) / sum(revenue)", "avg(revenue) filter (where code in ('C13', 'C14'))", "count(distinct code)",
    "quantile_cont(revenue, 0.9)", "revenue > 0 and (rd_exp is null or rd_exp <= revenue)", "ln(revenue) - lag(ln(revenue))",
    "case when certified then revenue else 0 end", "coalesce(rd_exp, 0) / nullif(revenue, 0)", "code like 'C3%'",
    "power(sum(revenue), 2) / sum(power(revenue, 2))", "cast(employees as double) between 1 and 9", "day >= date '2020-01-01'",
)  # fmt: skip
PIECES = (
    "(select 1)", "read_csv('x')", "read_text('{canary}')", "; copy (select 1) to '{canary}'", "; drop table f",
    "getenv('HOME')", "from f", "--", "/*", "*/", "'", '"', "(", ")", ",", "[1]", "{'a': 1}", "::int",
    "over ()", "union all select 1", "$1", "#1", "?", "\x00", "，", "\u202e", "lag(", "sum(", "columns(*)", "*",
    "install httpfs", "attach '{canary}'", "pragma x", "f.revenue", "1e400", "-", "not ", "a" * 300, "(" * 50,
    "exists (select 1)", "in (select code from f)", "query('select 1')", "sniff_csv('{canary}')", "glob('*')",
    "current_setting('x')", "nextval('s')", "set_config('a', 'b')", "\n", "\t", "&a", "*a", "!!python/object:x",
    "? ", ": ", "- ", "|", "0x1", "1_000", ".nan", "~", "<<: ", "%YAML 1.1\n", "---\n", "...\n", "null", "[]",
    "{}",
)  # fmt: skip


def changed(text: str, draw: random.Random, canary: Path) -> str:
    """The text with one to four pieces put in, taken out, doubled or exchanged."""
    for _ in range(draw.choice((1, 1, 2, 4))):
        at, to = sorted(draw.randrange(len(text) + 1) for _ in range(2))
        piece = draw.choice(PIECES).replace("{canary}", str(canary))
        text = draw.choice((
            text[:at] + piece + text[at:], text[:at] + piece + text[to:], text[:at] + text[to:], text[:to] + text[at:],
            text[:at] + chr(draw.choice((draw.randrange(32, 127), draw.randrange(0x3000, 0x9FFF)))) + text[at + 1 :],
        ))  # fmt: skip
    return text


def formula_fault(text: str) -> str:
    """What is wrong with how a formula ends, '' where it is refused with a message or its SQL binds on an empty table."""
    begun, accepted = time.process_time(), []
    for is_aggregate in (True, False):
        try:
            tree = parse(text, columns=TYPES, aggregate=is_aggregate)
            type_of(tree, TYPES)
            sql = aggregate_sql(tree, TYPES, key=KEY) if is_aggregate else row_sql(tree, TYPES, partition=["firm_id"])
            accepted.append((is_aggregate, sql))
        except HqdError as fault:
            if not (fault.en and fault.zh) or fault.exit_code != 2:
                return f"refused without words: {fault!r}"
        except Exception as fault:
            return f"{type(fault).__name__}: {fault}"
    if time.process_time() - begun > SECONDS:
        return f"{time.process_time() - begun:.1f} s"
    for is_aggregate, sql in accepted:
        try:
            _bind(sql, is_aggregate=is_aggregate)
        except duckdb.Error as fault:
            return f"accepted, and the engine says: {fault}"
    return ""


def _bind(sql: str, *, is_aggregate: bool) -> None:
    grouping = "GROUP BY firm_id" if is_aggregate else ""
    _engine().execute(f"EXPLAIN SELECT {sql} FROM f {grouping}")


@functools.cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One engine with an empty table for all formulas: to open one takes longer than to bind one."""
    columns = "revenue decimal(28,8), rd_exp decimal(28,8), employees bigint, code varchar, certified boolean, day date"
    connection = duckdb.connect(config={"enable_external_access": "false"})
    connection.execute(f"CREATE TABLE f (firm_id varchar, year bigint, {columns})")
    return connection


class SoundFolder:
    """A study's folder in which one file at a time has another text; the sound files are read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "scenarios").mkdir(parents=True, exist_ok=True)
        for part in CONFIGS:
            self._write(part, f"version: 1\n{CONFIGS[part]}")
        self._documents = load_study(folder).documents

    def fault_with(self, part: str, text: str) -> str:
        """What is wrong with how the study with that text in one file is read, '' where it loads or is refused well."""
        self._write(part, text)
        try:
            with mock.patch.object(study_folder, "read_document", self._document_but(f"{part}.yaml")):
                return config_fault(self.folder)
        finally:
            self._write(part, f"version: 1\n{CONFIGS[part]}")

    def _write(self, part: str, text: str) -> None:
        (self.folder / f"{part}.yaml").write_text(text, "utf-8", newline="")

    def _document_but(self, changed_file: str) -> Callable[[Path, str], Document]:
        def document(path: Path, shown_name: str) -> Document:
            if path.name == changed_file:
                return read_document(path, shown_name)
            return dataclasses.replace(self._documents[path.name], faults=[])

        return document


def config_fault(folder: Path) -> str:
    """What is wrong with how a study is read, '' where it loads or each fault has place and words."""
    begun = time.process_time()
    try:
        load_study(folder)
    except Faults as faults:
        if not all(fault.en and fault.zh and fault.location for fault in faults.faults):
            return f"refused without words or place: {faults.faults}"
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"
    return f"{time.process_time() - begun:.1f} s" if time.process_time() - begun > SECONDS else ""


OTHER_VALUES = ({"a": "b"}, {"rd": None}, [["rd"], {"a": 1}], [], {}, 3, -0.5, None, True, "x", "", [None], ["rd", "rd"])
"""What is put in the place of each value of a configuration in turn."""


def other_shapes(text: str) -> Iterator[str]:
    """The YAML of a file with each of its values in turn replaced by one of another shape."""
    sound = YAML(typ="safe").load(text)
    for path in _paths(sound):
        for value in OTHER_VALUES:
            yield json.dumps(_replaced(sound, path, value), ensure_ascii=False)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, child in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _paths(child, (*path, key))


def _replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    changed = copy.copy(value)
    changed[path[0]] = _replaced(value[path[0]], path[1:], other)
    return changed


def faults_of(count: int, seed: int, folder: Path) -> list[tuple[str, str]]:
    """(text, what is wrong) of so many formulas and as many configuration files; a canary file that appears is one."""
    draw, canary, faults = random.Random(seed), folder / "canary", []
    study = SoundFolder(folder / "study")
    for _ in range(count):
        formula = changed(draw.choice(SEEDS), draw, canary)
        name = draw.choice(list(CONFIGS))
        config = changed(f"version: 1\n{CONFIGS[name]}", draw, canary)
        for text, fault in ((formula, formula_fault(formula)), (config, study.fault_with(name, config))):
            faults += [(text, fault)] if fault else []
    return faults + ([("", "the canary file appeared")] if canary.exists() else [])
