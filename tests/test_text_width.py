"""Lines of a terminal break where a clause ends, never before a mark, and go on below where their text begins."""

from __future__ import annotations

import pytest

from hqd_index.console.text_width import CLAUSE_ENDS, NO_LINE_BEGINS_WITH, fitted_lines, text_width

LINES = (
    "[校验] 各地区高技术产业统计年鉴长表.csv  6,066 行 → 采用 5,479，隔离 413（占范围内 7.0%），范围外 174",
    "      应为：每个主键一行：与第 772 行（long.csv）完全相同，保留该行   改法：只保留正确的一行   处理：整行隔离",
    "[修整] 1,015 个单元格未按原样采用：单元格内的单位 1、名称换成代码 968、千分位与全角数字 33、缺失标记 12；详见 repairs.csv",
    "[check] yearbook_long.csv  6,066 rows -> used 5,479, quarantined 413 (7.0% of rows in scope), out of scope 174",
)


@pytest.mark.parametrize("width", range(40, 100))
@pytest.mark.parametrize("line", LINES)
def test_broken_lines_fit_and_hold_the_same_text(line: str, width: int) -> None:
    first, *later = fitted_lines([line], width)
    assert max(map(text_width, (first, *later))) <= width
    assert "".join("".join((first, *later)).split()) == "".join(line.split())
    indents = {len(fitted_line) - len(fitted_line.lstrip()) for fitted_line in later}
    assert len(indents) <= 1 and all(indent > len(line) - len(line.lstrip()) for indent in indents)
    assert not any(fitted_line.lstrip()[0] in NO_LINE_BEGINS_WITH for fitted_line in later)


def test_lines_of_eighty_columns_end_with_a_clause() -> None:
    for line in LINES[:3]:
        *ends, _ = fitted_lines([line], 80)
        assert ends and all(end.endswith(CLAUSE_ENDS) or "   " in line[line.index(end.strip()[-4:]) :] for end in ends)


def test_a_path_that_fits_no_line_stays_beside_its_label() -> None:
    line = "      全部明细：/" + "folder/" * 20 + "quarantine.xlsx"
    assert list(fitted_lines([line], 80)) == [line]
