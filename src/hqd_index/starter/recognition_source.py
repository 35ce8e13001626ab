"""A recognition list as a source: its columns, and what a list of names alone leaves open, said as a constant that is guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..canonical import SRDI_LEVELS, SRDI_LIST, SRDI_RECORDS
from ..intake.cells.coded_text import CodedColumn, code_reader
from ..intake.meaning.glyphs import normalised_label
from ..study.records import Label
from .found_tables import FoundTable
from .known_words import list_columns
from .source_groups import YEAR_IN_NAME

Patterns = Sequence[tuple[re.Pattern[str], str]]
LEVELS: Patterns = (
    (re.compile(r"重点.{0,6}小巨人"), "key_national"),
    (re.compile(r"小巨人|国家级?"), "national"),
    (re.compile(r"单项冠军"), "single_champion"),
    (re.compile(r"创新型"), "innovative"),
    (re.compile(r"省级?|市级?|专精特新"), "provincial"),
)
RECORDS: Patterns = (
    (re.compile(r"公示"), "publicised"),
    (re.compile(r"复核.{0,4}(未|不)通过"), "failed_review"),
    (re.compile(r"复核"), "passed_review"),
    (re.compile(r"撤销|取消"), "revoked"),
    (re.compile(r"更名"), "renamed"),
    (re.compile(r"公告|认定|入选|公布|通过"), "recognised"),
)
BATCH_YEARS = {1: 2019, 2: 2020, 3: 2021, 4: 2022, 5: 2023, 6: 2024, 7: 2025}  # of the national list
BATCH_IN_NAME = re.compile(r"第([一二三四五六七1-7])批")
DIGITS = "一二三四五六七"
UNKNOWN_YEAR = 2021


@dataclass
class ListDraft:
    """The source of a list while it is put together; `title` is what its file, sheet and heading say."""

    table: FoundTable
    title: str
    aliases: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    guesses: list[Label] = field(default_factory=list)

    def guess(self, zh: str, en: str) -> None:
        self.guesses.append(Label(zh=zh, en=en))

    def place(self, said: str) -> tuple[str, str]:
        """Where the title says a text."""
        if said in Path(self.table.preview.file).name:
            return "文件名", "the file's name"
        return (
            ("工作表名", "the name of the sheet")
            if said in self.table.preview.sheet
            else ("表头上方", "the lines above the table")
        )

    def texts(self, name: str) -> tuple[str, ...]:
        """The distinct texts of the column a name stands for."""
        labels = [label for label, target in self.aliases.items() if target == name]
        return next((column.distinct for column in self.table.columns if column.label in labels), ())


def recognition_source(table: FoundTable, years: Sequence[int]) -> tuple[dict[str, Any], dict[str, Label]]:
    """Settings of the source and the comment beside each that is guessed; `years` are those of the study's data."""
    title = f"{Path(table.preview.file).name} {table.preview.sheet} {' '.join(table.preamble)}"
    draft = ListDraft(table, title)
    for column in table.columns:
        name = next((n for text in (column.name, column.also) if (n := list_columns().get(normalised_label(text), ""))), "")
        if name and name not in draft.aliases.values():
            draft.aliases[column.label] = name
    _add_level(draft)
    _add_record(draft)
    _add_date(draft, years)
    settings = {"aliases": draft.aliases, "values": draft.values, "constants": draft.constants}
    comments = {}
    if draft.guesses:
        comments["constants"] = Label(zh=";".join(g.zh for g in draft.guesses), en="; ".join(g.en for g in draft.guesses))
    if draft.values:
        comments["values"] = Label(zh="名单里的写法对应哪一类,请核对", en="what the texts of the list stand for; please check")
    return {setting: value for setting, value in settings.items() if value}, comments


def _add_level(draft: ListDraft) -> None:
    if "level" in draft.aliases.values():
        _add_values("level", LEVELS, SRDI_LEVELS[1:], draft)
        return
    level = next((level for pattern, level in LEVELS if pattern.search(draft.title)), "national")
    draft.constants["level"] = level
    draft.guess(f"名单没有层级列,暂按 {level}", f"no column of levels; {level} for now")


def _add_record(draft: ListDraft) -> None:
    if "status" in draft.aliases.values():
        _add_values("status", RECORDS, SRDI_RECORDS, draft)
    elif "公示" in draft.title and "公告" not in draft.title:
        draft.constants["status"] = "publicised"
        zh = f"{draft.place('公示')[0]}写“公示”:公示不算认定,如为公告名单请改成 recognised"
        draft.guess(zh, f"{draft.place('公示')[1]} says 公示 (publicised), which gives no status")
    else:
        draft.constants["status"] = "recognised"
        draft.guess("暂按已公告(认定)的名单", "taken as recognised")


def _add_date(draft: ListDraft, years: Sequence[int]) -> None:
    """The date of announcement; where no column tells it, that of the file's name, else a year in the middle."""
    if {"announce_date", "valid_from", "batch"} & set(draft.aliases.values()):
        return
    named_year, named_batch = YEAR_IN_NAME.search(draft.title), BATCH_IN_NAME.search(draft.title)
    batch = (DIGITS.find(named_batch[1]) + 1 or int(named_batch[1])) if named_batch else 0
    if named_year or batch in BATCH_YEARS:
        year = int(named_year[1]) if named_year else BATCH_YEARS[batch]
        said = next(named[0] for named in (named_year, named_batch) if named)
        place = draft.place(said)
        zh, en = f"取自{place[0]}的“{said}”,月日待补", f"is from “{said}” in {place[1]}, month and day to be filled in"
    else:
        year = years[len(years) // 2] if years else UNKNOWN_YEAR
        zh, en = "是随手填的,必须改", "is a placeholder and must be changed"
    draft.guess(f"名单没有公告日期,{year} 年{zh}", f"no date of announcement: {year} {en}")
    draft.constants["announce_date"] = f"{year}-07-01"


def _add_values(name: str, patterns: Patterns, known: Sequence[str], draft: ListDraft) -> None:
    """What texts of a column stand for that the program does not know by itself."""
    reader = code_reader(CodedColumn(name, SRDI_LIST.columns[name], in_key=False))
    open_texts = [text for text in draft.texts(name) if reader(text).value is None]
    if open_texts:
        meanings = {text: next((value for pattern, value in patterns if pattern.search(text)), known[0]) for text in open_texts}
        draft.values[name] = meanings
