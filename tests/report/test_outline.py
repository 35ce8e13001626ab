"""The outline is true and whole: every published table has a place, and every place is filled on page, sheet and paper."""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from hqd_index.report.bilingual import Bilingual
from hqd_index.report.disclosure import ABOUT_FIRMS, COUNTS, NAMES
from hqd_index.report.figures.drawings import Drawing
from hqd_index.report.figures.figure_catalogue import FIGURES
from hqd_index.report.grids.grid import Column, Grid
from hqd_index.report.outline import CSV_ONLY, OUTLINE, PAPER, SHEETS, _published_exhibit
from hqd_index.report.page import html_page
from hqd_index.report.page.html_page import page, tables
from hqd_index.report.paper.paper_tables import PaperTable, paper_tables
from hqd_index.report.results import Results
from hqd_index.report.weight_lab import weight_lab
from hqd_index.tables import TABLES

from ..small import mentions

NOT_ON_PAGE = {"heat"}
"""Figures for papers only: the page has the scores by year as a table."""


def test_every_published_table_has_a_place() -> None:
    shown = {table for exhibit in OUTLINE for table in exhibit.tables}
    shown |= {table for picture in FIGURES.values() for table in picture.sources}
    assert shown <= set(TABLES), "places for tables that do not exist"
    assert set(TABLES) - shown == CSV_ONLY, "say in outline.py where the table appears, or that it is CSV only"


def test_every_published_table_is_read_by_a_test(root: Path) -> None:
    """Outside this folder, whose tables are invented."""
    tests = [path for path in (root / "tests").rglob("*.py") if path.parent.name != "report"]
    unnamed = set(TABLES) - mentions(tests)
    assert not unnamed, f"no test of the part that makes them names the tables {sorted(unnamed)}"


def test_places_are_numbered_without_gaps() -> None:
    assert len({exhibit.id for exhibit in OUTLINE}) == len(OUTLINE)
    assert [place.number for _, place in PAPER] == list(range(1, len(PAPER) + 1))
    orders: Mapping[str, list[int]] = defaultdict(list)
    for exhibit in OUTLINE:
        if exhibit.page is not None:
            orders[exhibit.page.section].append(exhibit.page.order)
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in orders.values()), orders


def test_sheet_names_are_what_excel_takes() -> None:
    for language in ("zh", "en"):
        names = {id: sheet.name.of(language) for id, sheet in SHEETS.items()}
        assert len(set(names.values())) == len(names)
        assert not [id for id, name in names.items() if not 0 < len(name) <= 31 or set(name) & set("[]:*?/\\")]


def test_a_sheet_without_its_texts_is_refused_where_it_is_declared() -> None:
    with pytest.raises(LookupError, match=r"workbook.yaml needs sheet.lisa, .* and about.lisa"):
        _published_exhibit("lisa")


def sections(html: str) -> dict[str, str]:
    """id -> text of each section of the page."""
    return {match[1]: match[2] for match in re.finditer(r'<section id="([\w-]+)"[^>]*>(.*?)</section>', html, re.S)}


def test_every_table_and_figure_is_in_its_section(results: Results, drawings: dict[str, Drawing]) -> None:
    paper = paper_tables(results)
    by_section = sections(page(results, weight_lab(results), drawings, paper))
    grids = tables(results)
    for exhibit in OUTLINE:
        if exhibit.page is not None and exhibit.id in grids:
            caption = f'aria-label="{grids[exhibit.id].title.zh} / '
            assert caption in by_section[exhibit.page.section], exhibit.id
    made = {table.id: table for table in paper if isinstance(table, PaperTable)}
    for id, place in PAPER:
        if place.section and id in made:
            assert f'aria-label="{place.title.zh} / ' in by_section[place.section], id
    for name, drawing in drawings.items():
        there = any(
            f'<figure id="fig-{name}" role="group" aria-label="{drawing.title.zh} / ' in text for text in by_section.values()
        )
        assert there == (name not in NOT_ON_PAGE), name


def test_the_page_shows_every_table_that_the_outline_puts_there(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that these results lack: with a grid for each, its title is in its section."""
    placed = {exhibit.id: exhibit.page.section for exhibit in OUTLINE if exhibit.page is not None and exhibit.grid is not None}
    column = Column(Bilingual("甲", "a"), "text", 8)
    grids = {id: Grid(Bilingual(f"{id} 表", f"{id} table"), (column,), ((1,),), ("scores",)) for id in placed}
    monkeypatch.setattr(html_page, "tables", lambda _: grids)
    by_section = sections(page(results, weight_lab(results), {}, []))
    absent = [id for id, section in placed.items() if f'aria-label="{id} 表 / ' not in by_section.get(section, "")]
    assert not absent, f"page.html.jinja does not show {absent} in the section that outline.py says"


def test_tables_with_columns_that_name_firms_are_known() -> None:
    """`value` and `key` name firms only in rows of firms; the other columns do wherever they appear."""
    naming = {name for name, table in TABLES.items() if {*table.columns} & ({*NAMES} - {"key", "value"})}
    assert naming <= set(ABOUT_FIRMS) <= set(TABLES)
    for name, (count, columns) in COUNTS.items():
        assert {count, *columns} <= set(TABLES[name].columns), name


def test_empty_results_have_no_page_tables(results: Results) -> None:
    empty: dict[str, pd.DataFrame] = {}
    assert tables(Results(results.study, empty, {})) == {}
