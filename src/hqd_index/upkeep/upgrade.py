"""A study of an earlier version brought to this one: its schemas written anew, and what reads or means otherwise now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..study.json_schemas import write_schemas
from ..study.records import Study
from ..study.yaml_document import Document, read_text

WORDS = Path(__file__).parent / "renamed_words.yaml"
SUM_ALONE = re.compile(r"\s*sum\(\w+\)\s*")
Line = tuple[str, str]


@dataclass(frozen=True)
class Upgrade:
    """(zh, en) lines of what was rewritten and of what the study's owner should know."""

    rewritten: tuple[Line, ...]
    notes: tuple[Line, ...]


def upgrade(study: Study, configs: Path) -> Upgrade:
    """Writes the JSON schemas of a study's folder as this version has them; its YAML is read by every version since 0.1."""
    return Upgrade(tuple(_new_schemas(configs / "schema")), (*_renamed_words(study), *_sums_with_holes(study)))


def _new_schemas(folder: Path) -> Iterator[Line]:
    if not folder.is_dir():
        return
    texts_before = {path.name: path.read_bytes() for path in folder.glob("*.json")}
    for path in write_schemas(folder):
        if texts_before.get(path.name) != path.read_bytes():
            yield f"schema/{path.name}:编辑器补全所用,已重写", f"schema/{path.name}: what editors complete from, written anew"


def _renamed_words(study: Study) -> Iterator[Line]:
    """Words of the tables of regressions, for a study that has some."""
    if not study.regressions.specifications:
        return
    for word in read_text(WORDS.read_text("utf-8"), Document(WORDS.name)).value:
        place, change = f"{word['table']}.csv, {word['column']}", f"{word['old']} -> {word['new']}"
        yield f"{place}:{change}({word['zh']})", f"{place}: {change} ({word['en']})"


def _sums_with_holes(study: Study) -> Iterator[Line]:
    """Indicators that are a sum alone: a blank cell makes them missing, where it counted as 0 before."""
    for name, indicator in study.indicators.indicators.items():
        columns_with_zeros = {
            column
            for source in study.sources.sources.values()
            if source.table == indicator.table
            for column in source.blank_is_zero
        }
        column = indicator.formula.strip().removeprefix("sum(").removesuffix(")")
        if SUM_ALONE.fullmatch(indicator.formula) and column not in columns_with_zeros and indicator.table == "firms":
            yield (
                f"indicators.yaml {name}:{indicator.formula} 有空白时为缺失(0.1 当作 0);"
                f"空白确为 0 时请在 sources.yaml 写 blank_is_zero: [{column}]",
                f"indicators.yaml {name}: {indicator.formula} is missing where a cell is blank (0.1 took it for 0); "
                f"write blank_is_zero: [{column}] in sources.yaml where it is 0",
            )
