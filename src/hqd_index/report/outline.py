"""OUTLINE: where every table for readers appears, as a sheet of the workbook, in a section of the page, in the paper.

A published table that is in no row here and in no figure is one of `CSV_ONLY`; a test holds it to that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..tables import TABLES
from .bilingual import Bilingual
from .grids import bureau_lists, chain_grids, data_grids, index_grids, list_grids, model_grids
from .grids.grid import Grid
from .grids.published_grids import published_grid
from .paper import accounting_tables, estimate_tables, measurement_tables
from .paper.estimate_layout import TableParts
from .results import Results
from .wording import wording, wordings

GridBuilder = Callable[[Results], Grid | None]


@dataclass(frozen=True)
class Sheet:
    """A sheet of results.xlsx: its name, and what the contents say of it."""

    name: Bilingual
    about: Bilingual


@dataclass(frozen=True)
class PageSlot:
    """A section of the page (the id of its heading), the place among its tables, and whether the table is folded away there.

    `grid` makes the table where the page shows another one than the workbook; `head` cuts it to its first rows.
    """

    section: str
    order: int
    folded: bool = False
    grid: GridBuilder | None = None
    head: bool = False


@dataclass(frozen=True)
class PaperSlot:
    """A numbered table of the paper: its title, its layout, the table whose reason is given where it is absent.

    `section` is the section of the page that repeats it; `absence` a reason of its own.
    """

    number: int
    title: Bilingual
    layout: Callable[[Results], TableParts | None]
    table: str
    section: str = ""
    absence: Bilingual | None = None


@dataclass(frozen=True)
class Exhibit:
    """A table for readers: the published tables it shows, what makes its grid, and where it appears."""

    id: str
    tables: tuple[str, ...]
    grid: GridBuilder | None = None
    sheet: Sheet | None = None
    page: PageSlot | None = None
    paper: PaperSlot | None = None


SHEET_NAMES, SHEET_SENTENCES = wordings("workbook.sheet"), wordings("workbook.about")


def _sheet(id: str, title: Bilingual | None = None) -> Sheet:
    """The sheet of an exhibit under its own name, else the title of its table. Raises LookupError where its texts are missing."""
    name, about = SHEET_NAMES.get(id, title), SHEET_SENTENCES.get(id)
    if name is None or about is None:
        raise LookupError(f"report/text/workbook.yaml needs sheet.{id}, the name of the sheet, and about.{id}, a sentence on it")
    return Sheet(name, about)


def _published_exhibit(table_name: str, *, page: PageSlot | None = None, paper: PaperSlot | None = None) -> Exhibit:
    """A published table as it is, on a sheet of its own."""
    title = Bilingual(TABLES[table_name].zh, TABLES[table_name].en)
    return Exhibit(table_name, (table_name,), published_grid(table_name), _sheet(table_name, title), page, paper)


OUTLINE: tuple[Exhibit, ...] = (
    Exhibit(
        "ranking",
        ("scores", "ranks", "neighbours", "scenarios"),
        index_grids.ranking,
        _sheet("ranking"),
        PageSlot("ranking", 1, folded=True),
    ),
    Exhibit("unit_sheet", ("scores", "indicators"), sheet=_sheet("unit_sheet")),
    Exhibit("charts", ("scores",), sheet=_sheet("charts")),
    Exhibit(
        "panel",
        ("scores",),
        index_grids.panel,
        _sheet("panel"),
    ),
    Exhibit(
        "indicators",
        ("indicators",),
        index_grids.indicators,
        _sheet("indicators"),
    ),
    Exhibit(
        "indicator_system",
        ("weights",),
        paper=PaperSlot(1, wording("paper.title.indicator_system"), measurement_tables.indicator_system, "weights"),
    ),
    Exhibit(
        "index_by_year",
        ("scores",),
        paper=PaperSlot(3, wording("paper.title.index_by_year"), measurement_tables.yearly_table, "scores"),
    ),
    Exhibit(
        "weights",
        ("weights",),
        index_grids.weights,
        _sheet("weights"),
        PageSlot("weights", 1, folded=True),
    ),
    Exhibit(
        "live_weights",
        ("weights", "indicators"),
        sheet=_sheet("live_weights"),
    ),
    Exhibit(
        "scenarios",
        ("scenarios",),
        index_grids.scenarios,
        _sheet("scenarios"),
        PageSlot("robustness", 1, folded=True),
    ),
    _published_exhibit("ranks"),
    _published_exhibit("neighbours"),
    _published_exhibit("uncertainty_summary"),
    _published_exhibit("sensitivity"),
    _published_exhibit("scenario_agreement"),
    _published_exhibit("obstacles"),
    _published_exhibit("coupling"),
    Exhibit(
        "regressions",
        ("regressions",),
        model_grids.regressions,
        _sheet("regressions"),
    ),
    Exhibit(
        "hypotheses",
        ("hypotheses",),
        model_grids.hypotheses,
        _sheet("hypotheses"),
        PageSlot("srdi", 1, grid=model_grids.hypotheses_on_page),
    ),
    Exhibit(
        "sentences",
        ("hypotheses",),
        model_grids.sentences_of,
        _sheet("sentences"),
        PageSlot("srdi", 2, folded=True),
    ),
    Exhibit(
        "baseline",
        ("regressions",),
        paper=PaperSlot(4, wording("paper.title.baseline"), estimate_tables.baseline, "regressions", section="srdi"),
    ),
    _published_exhibit(
        "channels",
        paper=PaperSlot(5, wording("paper.title.channels"), estimate_tables.channels_table, "channels", section="srdi"),
    ),
    Exhibit(
        "robustness",
        ("regressions",),
        paper=PaperSlot(6, wording("paper.title.robustness"), estimate_tables.robustness, "regressions", section="srdi"),
    ),
    Exhibit(
        "contribution",
        ("contribution",),
        model_grids.contribution,
        _sheet("contribution"),
        paper=PaperSlot(
            10,
            wording("paper.title.contribution"),
            estimate_tables.contribution_table,
            "contribution",
            section="srdi",
        ),
    ),
    _published_exhibit(
        "mediators",
        paper=PaperSlot(
            11,
            wording("paper.title.mediators"),
            accounting_tables.mediators_table,
            "mediators",
            section="srdi",
        ),
    ),
    _published_exhibit(
        "oaxaca",
        paper=PaperSlot(
            12,
            wording("paper.title.oaxaca"),
            accounting_tables.oaxaca_table,
            "oaxaca",
            section="srdi",
        ),
    ),
    _published_exhibit(
        "endogeneity",
        paper=PaperSlot(
            7,
            wording("paper.title.endogeneity"),
            estimate_tables.endogeneity,
            "regressions",
            section="srdi",
        ),
    ),
    Exhibit(
        "mechanism",
        ("regressions",),
        paper=PaperSlot(
            8,
            wording("paper.title.mechanism"),
            estimate_tables.mechanism,
            "regressions",
            section="srdi",
            absence=wording("paper.absence.mechanism"),
        ),
    ),
    Exhibit(
        "heterogeneity",
        ("regressions",),
        paper=PaperSlot(
            9,
            wording("paper.title.heterogeneity"),
            estimate_tables.heterogeneity,
            "regressions",
            section="srdi",
            absence=wording("paper.absence.heterogeneity"),
        ),
    ),
    _published_exhibit("event_study"),
    _published_exhibit("trend_bounds"),
    _published_exhibit("balance"),
    _published_exhibit("thresholds"),
    _published_exhibit("resilience", page=PageSlot("srdi", 3, folded=True)),
    _published_exhibit("multiverse_summary"),
    Exhibit("chain_map", ("main_inputs", "network", "linkages", "priority"), page=PageSlot("chain", 1)),  # drawn, not a grid
    _published_exhibit("linkages"),
    _published_exhibit("extraction", page=PageSlot("chain", 4, folded=True, grid=chain_grids.supply_shocks)),
    _published_exhibit("expert_links", page=PageSlot("chain", 6, folded=True, head=True)),
    _published_exhibit("firm_links", page=PageSlot("chain", 5, folded=True, grid=chain_grids.partner_counts)),
    Exhibit(
        "chain_list",
        ("priority", "main_inputs"),
        bureau_lists.chain_list,
        _sheet("chain_list"),
    ),
    Exhibit(
        "problem_list",
        ("priority",),
        bureau_lists.problem_list,
        _sheet("problem_list"),
    ),
    Exhibit(
        "task_list",
        ("priority",),
        bureau_lists.task_list,
        _sheet("task_list"),
        PageSlot("lists", 2, folded=True, head=True),
    ),
    _published_exhibit("priority", page=PageSlot("lists", 1, grid=list_grids.priority_nodes)),
    _published_exhibit("alerts", page=PageSlot("lists", 3, folded=True, head=True)),
    _published_exhibit("whatif", page=PageSlot("lists", 4, folded=True, head=True)),
    _published_exhibit("candidates", page=PageSlot("lists", 5, folded=True, grid=list_grids.candidate_counts)),
    _published_exhibit("growth_stages", page=PageSlot("lists", 6, folded=True, grid=list_grids.growth_stage_counts)),
    _published_exhibit("evaluation", page=PageSlot("lists", 7, folded=True)),
    _published_exhibit("chokepoints", page=PageSlot("chain", 2, grid=data_grids.chokepoints)),
    _published_exhibit("mode_densities"),
    _published_exhibit("mode_validation"),
    _published_exhibit("mode_matrix"),
    _published_exhibit("mode_dead_bands"),
    _published_exhibit("paths", page=PageSlot("chain", 3, folded=True, head=True)),
    Exhibit(
        "facts",
        ("facts",),
        data_grids.facts,
        _sheet("facts"),
        PageSlot("data", 3),
    ),
    Exhibit(
        "ledger",
        ("ledger",),
        data_grids.ledger,
        _sheet("ledger"),
        PageSlot("data", 1),
    ),
    Exhibit(
        "rules",
        ("quarantine",),
        data_grids.rules,
        _sheet("rules"),
        PageSlot("data", 2),
    ),
    _published_exhibit("sample_flow"),
    _published_exhibit("coverage"),
    _published_exhibit("density"),
    _published_exhibit(
        "descriptives",
        paper=PaperSlot(2, wording("paper.title.descriptives"), measurement_tables.descriptives, "descriptives"),
    ),
    Exhibit(
        "not_made",
        ("not_made",),
        data_grids.not_made,
        _sheet("not_made"),
        PageSlot("data", 4),
    ),
    Exhibit(
        "codebook",
        ("codebook",),
        data_grids.codebook,
        _sheet("codebook"),
    ),
    Exhibit("notes", (), data_grids.notes, _sheet("notes")),
)
CSV_ONLY = frozenset({
    "designs", "diagnostics", "distribution", "dynamics", "elasticities", "event_covariance",
    "io_links", "left_out", "lisa", "modes", "pairs", "placebo",
    "regression_diagnostics", "repairs", "scenario_ranges", "srdi_unmatched", "transitions", "uncertainty",
})  # fmt: skip
"""Published tables that no page, sheet, paper or figure shows."""
SHEETS = {exhibit.id: exhibit.sheet for exhibit in OUTLINE if exhibit.sheet is not None}
PAPER = sorted(((exhibit.id, exhibit.paper) for exhibit in OUTLINE if exhibit.paper is not None), key=lambda row: row[1].number)


def page_tables(section: str) -> list[tuple[str, bool]]:
    """(id, whether folded away) of the tables in a section of the page, in order."""
    slots = [(exhibit.id, exhibit.page) for exhibit in OUTLINE if exhibit.page is not None and exhibit.page.section == section]
    return [(id, page_slot.folded) for id, page_slot in sorted(slots, key=lambda row: row[1].order)]


def paper_tables_on_page(section: str) -> list[str]:
    """Ids of the paper's tables that a section of the page repeats, in order."""
    return [id for id, paper_slot in PAPER if paper_slot.section == section]
