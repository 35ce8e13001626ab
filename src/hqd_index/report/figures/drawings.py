"""Every figure drawn once: with both languages for the page, in one language as SVG, PNG and PDF for papers and slides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from ..bilingual import BLANK_TEXT, Bilingual
from ..grids.grid import Grid
from ..results import Results
from ..unit_ends import with_ends_note
from ..wording import wording
from . import charts, svg_text
from .drawing_pool import DrawingPool
from .figure_catalogue import FIGURES
from .figure_labels import FigureLabels
from .figure_table import figure_table, with_rows
from .svg_frame import framed

TABLES_ON_PAGE_ONLY = ("ledger", "quarantine")
"""Figures about this run's files, which no paper prints."""
PPI = 300
"""Pixels per inch of PNG files."""
NO_CHINESE_FACE = wording("figures.no_font")
CHINESE_FACES = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, SimHei, sans-serif"


@dataclass(frozen=True)
class Drawing:
    """A figure as SVG with the wider of both languages in place, and both languages of each of those texts."""

    title: Bilingual
    sources: tuple[str, ...]
    svg: str
    pairs: Mapping[str, Bilingual]
    table: Grid
    note: Bilingual = BLANK_TEXT

    @property
    def bilingual_svg(self) -> str:
        """For the page: both languages, one shown by style."""
        return svg_text.bilingual_svg_texts(self.svg, self.pairs)

    def svg_in(self, language: str) -> str:
        """For a file: one language, in faces that have Chinese characters."""
        return svg_text.svg_in_language(svg_text.without_rows(self.svg), self.pairs, language).replace(
            'font-family="sans-serif"', f'font-family="{CHINESE_FACES}"'
        )


def draw(results: Results, drawing_pool: DrawingPool) -> Iterator[tuple[str, Drawing]]:
    """Name and drawing, each as soon as it is there; figures without data are left out."""
    jobs = {}
    for figure_id, drawn_figure in FIGURES.items():
        labels = FigureLabels("both")
        chart = drawn_figure.make_chart(results, labels)
        if chart is not None:
            table = figure_table(chart, drawn_figure.title, drawn_figure.sources, labels.pairs)
            jobs[figure_id] = (drawn_figure, labels.pairs, table, drawing_pool.svg(charts.vega_lite(with_rows(chart))))
    for figure_id, (drawn_figure, pairs, table, svg) in jobs.items():
        note = (
            with_ends_note(drawn_figure.note, len(results.units), drawn_figure.sources[0])
            if drawn_figure.by_unit
            else drawn_figure.note
        )
        drawing = framed(svg_text.tidy_svg(svg.result(), figure_id), pairs, credit(results, drawn_figure.sources))
        yield figure_id, Drawing(drawn_figure.title, drawn_figure.sources, drawing, pairs, table, note)


def credit(results: Results, sources: tuple[str, ...]) -> Bilingual:
    """Where a figure comes from: its tables, the run, and that data are synthetic."""
    text = wording("page.credit", tables=", ".join(f"{name}.csv" for name in sources), run=str(results.manifest.get("run", "")))
    note = wording("page.credit.synthetic") if results.study.study.synthetic else BLANK_TEXT
    return Bilingual(text.zh + note.zh, text.en + note.en)


class FigureFiles:
    """SVG, PNG (300 per inch) and PDF of the figures given to `add`, in `folder`; the last two are drawn meanwhile."""

    def __init__(self, folder: Path, language: str, drawing_pool: DrawingPool) -> None:
        self._folder, self._drawing_pool = folder, drawing_pool
        without_chinese_face = language == "zh" and not svg_text.has_chinese_face()
        self.message = NO_CHINESE_FACE if without_chinese_face else None
        self._language = "en" if without_chinese_face else language
        self._paths: list[Path] = []
        self._jobs: list[Future[None]] = []
        folder.mkdir(exist_ok=True)

    def add(self, figure_id: str, drawing: Drawing) -> None:
        """Begin a figure's files; figures for the page only are passed over."""
        if figure_id in TABLES_ON_PAGE_ONLY:
            return
        svg, (svg_path, png_path, pdf_path) = (
            drawing.svg_in(self._language),
            (self._folder / f"{figure_id}{file_suffix}" for file_suffix in (".svg", ".png", ".pdf")),
        )
        svg_path.write_text(svg, "utf-8")
        self._jobs.append(self._drawing_pool.print_files(svg, pdf_path, png_path, scale=svg_text.print_scale(svg), ppi=PPI))
        self._paths += [svg_path, png_path, pdf_path]

    def paths(self) -> list[Path]:
        """All files, when they are there; the message is in place where no Chinese face made labels English."""
        for job in self._jobs:
            job.result()
        return self._paths
