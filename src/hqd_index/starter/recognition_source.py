"""A recognition list as a source: its columns, and what a list of names alone leaves open, said as a constant that is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..canonical import SRDI_LEVELS, SRDI_LIST, SRDI_RECORDS
from ..intake.cells.coded_text import CodedColumn, code_reader
from ..intake.meaning.glyphs import normalised_label
from ..intake.srdi.firm_matching import name_stem
from ..study.records import Label
from ..study.vendor_presets import preset
from .firm_texts import is_short_name
from .known_words import list_columns
from .proposal import Proposal, ProposedSource
from .sheet_tables import SheetTable
from .source_groups import YEAR_IN_NAME
from .table_roles import is_in_blocks

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
NATIONAL = ("national", "key_national")
LEAST_SHARE = 0.2  # of the firms of a list that the firm tables have: fewer are worth a word
LEAST_FIRMS = 5


@dataclass
class ListDraft:
    """The source of a list while it is put together; `title` is what its file, sheet and heading say."""

    table: SheetTable
    title: str
    aliases: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    guesses: list[Label] = field(default_factory=list)

    def add_guess(self, zh: str, en: str) -> None:
        self.guesses.append(Label(zh=zh, en=en))

    def origin_of(self, quoted_text: str) -> tuple[str, str]:
        """Where the title says a text."""
        if quoted_text in Path(self.table.preview.file).name:
            return "文件名", "the file's name"
        return (
            ("工作表名", "the name of the sheet")
            if quoted_text in self.table.preview.sheet
            else ("表头上方", "the lines above the table")
        )

    def distinct_cells(self, canonical_name: str) -> tuple[str, ...]:
        """The distinct texts of the column a name stands for."""
        labels = [label for label, column_name in self.aliases.items() if column_name == canonical_name]
        return next((column.distinct_values for column in self.table.columns if column.label in labels), ())


def recognition_source(table: SheetTable, years: Sequence[int]) -> tuple[dict[str, Any], dict[str, Label]]:
    """Settings of the source and the comment beside each that is guessed; `years` are those of the study's data."""
    title = f"{Path(table.preview.file).name} {table.preview.sheet} {' '.join(table.preamble)}"
    list_draft = ListDraft(table, title)
    for column in table.columns:
        list_column = next(
            (
                column_name
                for label in (column.name, column.long_label)
                if (column_name := list_columns().get(normalised_label(label), ""))
            ),
            "",
        )
        if list_column and list_column not in list_draft.aliases.values():
            list_draft.aliases[column.label] = list_column
    _add_by_cells(list_draft)
    _add_level(list_draft)
    _add_record(list_draft)
    _add_date(list_draft, years)
    settings: dict[str, Any] = {"aliases": list_draft.aliases, "values": list_draft.values, "constants": list_draft.constants}
    if is_in_blocks(table):
        settings["reshape"] = {"side_by_side": True}
    comments = {}
    if list_draft.guesses:
        comments["constants"] = Label(
            zh=";".join(guess.zh for guess in list_draft.guesses), en="; ".join(guess.en for guess in list_draft.guesses)
        )
    if list_draft.values:
        comments["values"] = Label(zh="名单里的写法对应哪一类,请核对", en="what the texts of the list stand for; please check")
    return {setting: setting_value for setting, setting_value in settings.items() if setting_value}, comments


def _add_by_cells(list_draft: ListDraft) -> None:
    """Columns of levels and records whose label says something else: their cells decide."""
    for column in list_draft.table.columns:
        for list_column in ("status", "level"):
            is_free = column.label and column.label not in list_draft.aliases and list_column not in list_draft.aliases.values()
            read_code = code_reader(CodedColumn(list_column, SRDI_LIST.columns[list_column], in_key=False))
            if is_free and column.distinct_values and all(read_code(cell).value for cell in column.distinct_values):
                list_draft.aliases[column.label] = list_column


def listed_levels(settings: Mapping[str, Any], table: SheetTable) -> tuple[str, ...]:
    """The levels whose firms a list names, as a density takes them: the national ones where there are any."""
    labels = [label for label, column_name in settings["aliases"].items() if column_name == "level"]
    cells = [cell for column in table.columns if column.label in labels for cell in column.distinct_values]
    level_column = CodedColumn("level", SRDI_LIST.columns["level"], in_key=False, values=settings.get("values", {}).get("level"))
    read_code = code_reader(level_column)
    levels = {read_code(cell).value for cell in cells} | {settings.get("constants", {}).get("level")}
    if levels & {*NATIONAL} or not levels - {None}:
        return NATIONAL
    return tuple(level for level in SRDI_LEVELS if level in levels)


def _add_level(list_draft: ListDraft) -> None:
    if "level" in list_draft.aliases.values():
        _add_values("level", LEVELS, SRDI_LEVELS[1:], list_draft)
        return
    level = next((level for pattern, level in LEVELS if pattern.search(list_draft.title)), "national")
    list_draft.constants["level"] = level
    list_draft.add_guess(f"名单没有层级列,暂按 {level}", f"no column of levels; {level} for now")


def _add_record(list_draft: ListDraft) -> None:
    if "status" in list_draft.aliases.values():
        _add_values("status", RECORDS, SRDI_RECORDS, list_draft)
    elif "公示" in list_draft.title and "公告" not in list_draft.title:
        list_draft.constants["status"] = "publicised"
        zh = f"{list_draft.origin_of('公示')[0]}写“公示”:公示不算认定,如为公告名单请改成 recognised"
        list_draft.add_guess(zh, f"{list_draft.origin_of('公示')[1]} says 公示 (publicised), which gives no status")
    else:
        list_draft.constants["status"] = "recognised"
        list_draft.add_guess("暂按已公告(认定)的名单", "taken as recognised")


def _add_date(list_draft: ListDraft, years: Sequence[int]) -> None:
    """The date of announcement; where no column gives it, that of the file's name, else a year in the middle."""
    if {"announce_date", "valid_from", "batch"} & set(list_draft.aliases.values()):
        return
    named_year, named_batch = YEAR_IN_NAME.search(list_draft.title), BATCH_IN_NAME.search(list_draft.title)
    batch = (DIGITS.find(named_batch[1]) + 1 or int(named_batch[1])) if named_batch else 0
    if named_year or batch in BATCH_YEARS:
        year = int(named_year[1]) if named_year else BATCH_YEARS[batch]
        quoted_text = next(match[0] for match in (named_year, named_batch) if match)
        origin = list_draft.origin_of(quoted_text)
        zh, en = (
            f"取自{origin[0]}的“{quoted_text}”,月日待补",
            f"is from “{quoted_text}” in {origin[1]}, month and day to be filled in",
        )
    else:
        year = years[len(years) // 2] if years else UNKNOWN_YEAR
        zh, en = "是随手填的,必须改", "is a placeholder and must be changed"
    list_draft.add_guess(f"名单没有公告日期,{year} 年{zh}", f"no date of announcement: {year} {en}")
    list_draft.constants["announce_date"] = f"{year}-07-01"


def _add_values(list_column: str, patterns: Patterns, allowed_values: Sequence[str], list_draft: ListDraft) -> None:
    """What texts of a column stand for that the program does not know by itself."""
    read_code = code_reader(CodedColumn(list_column, SRDI_LIST.columns[list_column], in_key=False))
    unreadable_cells = [cell for cell in list_draft.distinct_cells(list_column) if read_code(cell).value is None]
    if unreadable_cells:
        meanings = {
            cell: next((canonical_value for pattern, canonical_value in patterns if pattern.search(cell)), allowed_values[0])
            for cell in unreadable_cells
        }
        list_draft.values[list_column] = meanings


def add_overlap(proposal: Proposal) -> None:
    """Says how many firms of each list the firm tables have, where that is few or none."""
    firms = [source for source in proposal.sources if source.table == "firms"]
    for source in proposal.sources:
        if source.table == "srdi_list" and firms:
            _add_overlap(source, firms, proposal)


def _add_overlap(source: ProposedSource, firms: Sequence[ProposedSource], proposal: Proposal) -> None:
    listed_names, listed_codes = _stems([source], "name"), _stems([source], "uscc")
    names, ids = _stems(firms, "firm_name"), _stems(firms, "firm_id")
    codes = _stems(firms, "uscc") | ids
    count = max(len(listed_names), len(listed_codes))
    match_count = max(len(listed_names & (names | ids)), len(listed_codes & codes))
    if match_count >= min(count, max(LEAST_SHARE * count, LEAST_FIRMS)):
        return
    columns = [column for firm_source in firms for table in firm_source.group.tables for column in table.table.columns]
    zh, en = _remedy(has_legal_names=bool(names) and not any(map(is_short_name, columns)))
    proposal.add_gap(
        f"sources.{source.id}",
        f"名单 {count} 家中只有 {match_count} 家的名称或信用代码见于企业表;{zh}",
        f"{match_count} of the {count} firms of the list are in the firm tables by name or credit code; {en}",
    )


def _remedy(*, has_legal_names: bool) -> tuple[str, str]:
    if has_legal_names:
        return "请检查两边是否同一批企业", "please check that both are of the same firms"
    return (
        "企业表没有公司全称:请把含证券代码和公司全称的表(如 CSMAR 的 Conme)一并列在 --from 之后",
        "the firm tables have no legal names: add a table of codes and legal names (CSMAR: Conme) after --from",
    )


def _stems(sources: Sequence[ProposedSource], target: str) -> set[str]:
    """What the columns read as `target` hold, without legal forms."""
    stems: set[str] = set()
    for source in sources:
        labels = {label for label, column_name in _names_of_labels(source).items() if column_name == target}
        columns = [column for table in source.group.tables for column in table.table.columns if column.label in labels]
        stems |= {name_stem(cell) for column in columns for cell in column.distinct_values}
    return stems


def _names_of_labels(source: ProposedSource) -> dict[str, str]:
    """What each label is read as, by the preset of a source and its own aliases."""
    preset_columns = preset(source.settings["preset"]).columns if "preset" in source.settings else {}
    return {label: column.column for label, column in preset_columns.items()} | source.settings.get("aliases", {})
