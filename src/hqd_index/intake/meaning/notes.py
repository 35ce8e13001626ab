"""Rows below a table that are no data: footnotes, sources, signs of continuation, lines that databases add."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .glyphs import half_width, without_format_characters
from .unit_labels import is_weak, units_in_cell

NOTE_WORDING = re.compile(
    r"^[\s*#>\-—·•]*(?:"
    r"[附脚备批]?注(?:释|解|明)?\s*[\d一二三四五①-⑳]?\s*[:：.、)\]]|注[①-⑳\d]|附注|备\s*注|说\s*明|[数资]\s*[据料]\s*来\s*源|来\s*源\s*[:：]|出处"
    r"|[(\[]?续\s*表|[(\[]续[)\]]|[本上下此该]\s*表|本[资材]料|本年鉴|表中|表内|以上[数为]|上述"
    r"|[(\[]?(?:计量|金额|货币|数量|数据)?单位\s*[:：]|制表|填表|审核|编制单位|编制日期|打印|导出|下载|更新(?:时间|日期)|最后更新|截[止至]|数据库\s*[:：]|数据截|数据更新"
    r"|由于|因四舍五入|部分数据|未[含包]|不[含包]括?|空格表示|指标解释|主要统计指标|版权|©"
    r"|notes?\s*[:.\d]|notes?$|sources?\s*[:.]|data\s+(?:from|source|extracted)|last\s+updated?|footnotes?|remarks?\s*:|unit\s*:|updated?\s*:"
    r"|copyright|downloaded|extracted|retrieved|generated|\(?continued\)?$|for\s+more\s+information|this\s+table"
    r")",
    re.IGNORECASE,
)
NOTE_MARKER = re.compile(
    r"^[\s#>\-—·•]*(?:"
    r"[①-⑳⑴-⒇㈠-㈩⒈-⒛Ⅰ-Ⅻ❶-❿¹²³]|\(?[a-h]\)\s*\S|[a-h][./]\s|\(\d{1,2}\)\s*\S|\d{1,2}[.)、]\s*\D|\[\d{1,2}\]|[*†‡§]{1,3}\s*\S"
    r"|以下|包[含括]|其中[:：]|表示|see\s|the\s+data|figures?\s|estimates?\s|provisional|notes?\b|sources?\b|[a-z]\s*=\s|\.\.\s*[:=]"
    r"|[-—…]\s*[:=]|:\s|wind|csmar|cnrds|国泰安|万得|eps|ceic|iFinD|同花顺|choice|东方财富"
    r")",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[。;；]|[,，].*[,，。]|[:：].{2,}")
MIN_SENTENCE_LENGTH = 24


@dataclass(frozen=True)
class Candidate:
    """A row that may be a note: its cells, and whether it is data (a whole key, and values or codes that are known)."""

    row: int
    cells: tuple[str, ...]
    values: bool


def is_worded(cell: str) -> bool:
    """Whether a cell says itself that it is a note, a source or a line of a database: 注:, 资料来源, Last Updated."""
    return bool(NOTE_WORDING.match(without_format_characters(half_width(cell)).strip()))


def is_marked(cell: str) -> bool:
    """Whether a cell is worded as a note or begins with a mark of one: ①, 1., a), *."""
    normalised_cell = without_format_characters(half_width(cell)).strip()
    return bool(NOTE_WORDING.match(normalised_cell) or NOTE_MARKER.match(normalised_cell))


def note_rows(candidates: Sequence[Candidate], last_data_row: int) -> set[int]:
    """The rows that are notes: one without values that words itself so, and below the data every row that is no data.

    `last_data_row` is the last row with a value. Below it a row is a note when it is marked as one or reads as a sentence, and
    so is every row after it, unless it has a whole key and values.
    """
    notes: set[int] = set()
    in_notes = False
    for candidate in sorted(candidates, key=lambda text_row: text_row.row):
        nonempty_cells = [cell for cell in candidate.cells if cell.strip()]
        if not nonempty_cells or candidate.values:
            continue
        is_below_data = candidate.row > last_data_row
        if (
            is_worded(nonempty_cells[0])
            or _is_unit_alone(nonempty_cells)
            or (is_below_data and (in_notes or is_marked(nonempty_cells[0]) or _reads_as_sentence(nonempty_cells)))
        ):
            notes.add(candidate.row)
            in_notes = in_notes or is_below_data
    return notes


def _is_unit_alone(nonempty_cells: Sequence[str]) -> bool:
    """Whether all that a row holds is a unit: (亿元)."""
    return len(nonempty_cells) == 1 and any(not is_weak(unit) for unit in units_in_cell(nonempty_cells[0]))


def _reads_as_sentence(nonempty_cells: Sequence[str]) -> bool:
    first_cell = nonempty_cells[0].strip()
    return len(nonempty_cells) == 1 and (len(first_cell) >= MIN_SENTENCE_LENGTH or bool(SENTENCE.search(first_cell)))
