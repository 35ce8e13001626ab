"""report.html: one file that opens without a network; figures are inline SVG, every number says its table."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import key_findings, sentences, verdict_words
from ..bilingual import Bilingual, formula_pieces, split_bilingual
from ..colours import node_colours
from ..figures.drawings import Drawing
from ..formula_text import formula_in_words
from ..grids.grid import Grid, bilingual_names, cell_text
from ..grids.uncertainty_text import decisive_choice, interval_level
from ..label_catalogue import unit_name
from ..number_format import is_missing, number
from ..outline import OUTLINE, Exhibit, PageSlot, page_tables, paper_tables_on_page
from ..paper.methods_section import methods_section
from ..paper.paper_tables import AbsentTable, PaperTable
from ..results import Results
from ..unit_ends import ENDS, MANY_UNITS, end_rows, ends_note, is_many, with_ends_note
from ..weight_lab import WeightLab, lab_json
from ..wording import wording
from .chain_map import ChainMap, chain_json, chain_map
from .lab_presets import with_presets
from .opening import opening
from .pairwise_order import pairwise_order
from .rank_tiers import RankTiers, rank_tiers
from .sheet_archive import archive, shown_sheets, unit_list
from .unit_profiles import RULE
from .unit_sheets import columns_of, trend_scale, unit_sheets, units_of_measure
from .verdict_lines import verdict_lines
from .whatif_control import WhatIfControl, whatif_json

SCRIPTS = ("page_elements.js", "weight_lab.js", "page.js")
"""The parts of the page's one script, in order: elements and figures, the weight lab, then the rest, which starts all."""


def write_page(
    results: Results,
    path: Path,
    weight_lab_data: WeightLab | None,
    drawings: Mapping[str, Drawing],
    paper: Sequence[PaperTable | AbsentTable],
    whatif: WhatIfControl | None = None,
) -> Path:
    """The page of one run, in both languages; the study's language shows first."""
    path.write_text(page(results, weight_lab_data, drawings, paper, whatif), "utf-8")
    return path


def page(
    results: Results,
    weight_lab_data: WeightLab | None,
    drawings: Mapping[str, Drawing],
    paper: Sequence[PaperTable | AbsentTable],
    whatif: WhatIfControl | None = None,
) -> str:
    """The page as HTML, with the tables of the paper; the same text for the same results."""
    style, script = _asset_text("page.css"), "\n".join(map(_asset_text, SCRIPTS))
    tiers = rank_tiers(results)
    every_sheet, units = unit_sheets(results, weight_lab_data, tiers), len(results.units)
    chain = chain_map(results)
    return _template().render(
        results=results,
        study=results.study.study,
        manifest=results.manifest,
        language=results.language,
        policy=policy(style, script),
        style=_trusted_markup(style),
        script=_trusted_markup(script),
        data=_trusted_markup(script_safe_json(_embedded(results, weight_lab_data, chain, whatif, tiers))),
        lab=weight_lab_data,
        sheets=shown_sheets(results, every_sheet),
        every_sheet=every_sheet,
        archive=archive,
        measures=units_of_measure(results),
        columns_of=columns_of,
        trend_scale=trend_scale(results),
        opening=opening(results),
        empty_indicators=key_findings.indicators_left_out(results),
        tiers=tiers,
        tier_axis=wording("page.tiers.axis", level=interval_level(results)),
        level=interval_level(results),
        wording=wording,
        ends=is_many(units),
        ends_note=ends_note(units, "scores"),
        strip=strip_data(results),
        rule=RULE,
        blocks=methods_section(results),
        chain=chain,
        whatif=whatif,
        figures=shown_figures(drawings),
        score_field=score_field(results),
        tables=tables(results),
        page_tables=page_tables,
        paper_tables_on_page=paper_tables_on_page,
        paper={paper_table.id: paper_table for paper_table in paper},
        key_findings=key_findings,
        decisive_choice=decisive_choice,
        sentences=sentences,
        verdict_words=verdict_words,
        indicators=_indicators(results),
        verdict_lines=verdict_lines(results),
    )


def _embedded(
    results: Results, lab: WeightLab | None, chain: ChainMap | None, whatif: WhatIfControl | None, tiers: RankTiers | None
) -> dict[str, Any]:
    """What the script works on; the list of units and the length of the lab's ends only where units are many."""
    page_data: dict[str, Any] = {"lab": None}
    if lab is not None:
        page_data["lab"] = with_presets(lab_json(results, lab)) | {"order": pairwise_order(results, list(lab.units), tiers)}
    if chain is not None:
        page_data["chain"] = chain_json(chain)
    if whatif is not None:
        page_data["whatif"] = whatif_json(whatif)
    if is_many(len(results.units)):
        page_data |= {"ends": ENDS, "units": unit_list(results)}
    return page_data


def policy(style: str, script: str) -> str:
    """Content-security policy: nothing but this page's own style and script, known by their hashes."""
    return (
        f"default-src 'none'; style-src '{_sha256(style)}'; script-src '{_sha256(script)}'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _sha256(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def script_safe_json(content: Any) -> str:
    """JSON that no text inside can leave: <, >, & and the line separators are escaped."""
    json_text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        json_text = json_text.replace(sign, f"\\u{ord(sign):04x}")
    return json_text


def shown_figures(drawings: Mapping[str, Drawing]) -> dict[str, dict[str, Any]]:
    """name -> title, sources and the SVG in both languages; the scores by unit and year are on the page as a table."""
    return {
        figure_id: {
            "title": drawing.title,
            "sources": drawing.sources,
            "note": drawing.note,
            "data": drawing.table,
            "svg": _trusted_markup(drawing.bilingual_svg.replace("<svg ", '<svg aria-hidden="true" ', 1)),
        }
        for figure_id, drawing in drawings.items()
        if figure_id != "heat"
    }


def score_field(results: Results) -> dict[str, Any] | None:
    """Scores of every unit by year with a tint from 0 to 9, ordered by the latest year; None for a single year."""
    if len(results.years) < 2:
        return None
    rows = results.scores[results.scores["node"] == results.tree.root].dropna(subset=["score"])
    scores_by_year = rows.pivot(index="unit", columns="year", values="score").reindex(columns=results.years)
    low, high = float(rows["score"].min()), float(rows["score"].max())
    ranking = end_rows(results.ranking(results.years[-1]))
    lines = []
    for unit, name in zip(ranking["unit"], bilingual_names(ranking["unit_zh"], ranking["unit_en"])):
        unit_scores = scores_by_year.loc[unit] if unit in scores_by_year.index else []
        lines.append((name, [(number(score, 1), _tint_level(score, low, high)) for score in unit_scores]))
    return {"years": results.years, "rows": lines}


def _tint_level(score: float, low_score: float, high_score: float) -> int | None:
    """0 (lowest) to 9 (highest); None for a missing score."""
    if is_missing(score):
        return None
    return int(min(9, 10 * (score - low_score) / ((high_score - low_score) or 1)))


def tables(results: Results) -> dict[str, Grid]:
    """id -> grid of the tables that the outline has on the page; those without rows are left out."""
    grids = {exhibit.id: _page_grid(exhibit, exhibit.page, results) for exhibit in OUTLINE if exhibit.page is not None}
    return {id: grid for id, grid in grids.items() if grid is not None and len(grid)}


def _page_grid(exhibit: Exhibit, page_slot: PageSlot, results: Results) -> Grid | None:
    grid_of = page_slot.grid or exhibit.grid
    grid = grid_of(results) if grid_of is not None else None
    if grid is None:
        return None
    if exhibit.id in RANKINGS and is_many(len(grid)):
        note = with_ends_note(grid.note, len(grid), grid.sources[0])
        return replace(grid, rows=grid.rows[:ENDS] + grid.rows[-ENDS:], note=note)
    return _first_rows(grid) if page_slot.head or len(grid) > MAX_PAGE_ROWS else grid


RANKINGS = ("ranking", "scenarios")
"""Tables with a row for each unit, in the order of the ranking."""
MAX_PAGE_ROWS = 400
"""Rows beyond which every table of the page is cut."""


PAGE_ROWS = 40


def _first_rows(grid: Grid | None) -> Grid | None:
    """The first lines of a grid, and where the rest is."""
    if grid is None or len(grid) <= PAGE_ROWS:
        return grid
    remark = wording("page.first_rows", rows=PAGE_ROWS, table=grid.sources[0])
    return replace(grid, rows=grid.rows[:PAGE_ROWS], note=remark)


def _indicators(results: Results) -> list[dict[str, Any]]:
    """The indicator system, leaf by leaf: its parent, what it is, how it is computed."""
    shares = results.shares(results.years[-1]) if results.years else {}
    rows = []
    for leaf in results.leaves:
        indicator = results.study.indicators.indicators[leaf]
        parent = results.tree.parent(leaf) or results.tree.root
        direction = indicator.direction if indicator.direction in (1, -1) else None
        rows.append(
            {
                "id": leaf,
                "name": results.name(leaf),
                "parent": results.name(parent),
                "unit": unit_name(indicator.unit),
                "formula": " ".join(indicator.formula.split()),
                "words": formula_in_words(results.study, leaf),
                "sign": {1: "+", -1: "−"}.get(direction, "◇") if direction else "◇",
                "source": split_bilingual(indicator.source),
                "share": number(100 * shares[leaf], 2) if leaf in shares else "—",
            }
        )
    return rows


def strip_data(results: Results) -> dict[str, Any]:
    """What each profile's strip draws: parts in order with colour, everyone's scores and their median, latest year."""
    if not results.years:
        return {"parts": [], "scores": {}, "median": {}, "colours": {}}
    ranking = results.ranking(results.years[-1])
    node_names = [node for node in results.parts if node in ranking.columns and ranking[node].notna().any()]
    peer_scores = {node: _peer_scores(ranking[node].dropna().to_numpy(dtype=float)) for node in node_names}
    median = {node: round(float(ranking[node].median()), 2) for node in node_names}
    return {"parts": node_names, "scores": peer_scores, "median": median, "colours": node_colours(results.tree)}


def _peer_scores(scores: NDArray[np.float64]) -> list[float]:
    """Every score, or as many evenly taken quantiles of many."""
    if is_many(len(scores)):
        scores = np.quantile(scores, np.linspace(0, 1, MANY_UNITS))
    return [round(float(score), 2) for score in scores]


def cell(cell_value: Any, cell_format: str) -> Bilingual:
    """A cell in both languages."""
    return Bilingual(cell_text(cell_value, cell_format, "zh"), cell_text(cell_value, cell_format, "en"))


@cache
def _asset_text(asset_name: str) -> str:
    return (files(__package__) / asset_name).read_text("utf-8")


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals["cell"] = cell
    environment.globals["formula_pieces"] = formula_pieces
    environment.globals["across"] = lambda score: f"{2 + 0.96 * min(100.0, max(0.0, score)):.2f}%"
    environment.tests["made"] = lambda table: isinstance(table, PaperTable)
    environment.filters["pair"] = lambda cell: cell if isinstance(cell, Bilingual) else Bilingual(cell, cell)
    return environment.from_string(_asset_text("page.html.jinja"))


def _trusted_markup(markup: str) -> Any:
    """Text of our own making (SVG, CSS, script, escaped JSON) that the template passes through."""
    from markupsafe import Markup

    return Markup(markup)
