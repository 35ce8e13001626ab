"""Every figure drawn once: with both languages for the page, in one language as SVG, PNG and PDF for papers and slides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from ..bilingual import NOTHING, Bilingual
from ..results import Results
from ..studio import Studio
from . import charts, svg_text
from .figure_catalogue import PICTURES
from .figure_labels import Speaker

ON_PAGE_ONLY = ("ledger", "quarantine")
"""Figures about this run's files, which no paper prints."""
PPI = 300
"""Pixels per inch of PNG files."""
NO_FACE = Bilingual(
    "本机没有中文字体，figures/ 中的图改用英文标注；安装 Noto Sans CJK SC（或任一中文字体）后重跑即为中文。",
    "No Chinese font is installed, so labels in figures/ are English; install Noto Sans CJK SC (or any) and run again.",
)
FACES = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, SimHei, sans-serif"


@dataclass(frozen=True)
class Drawing:
    """A figure as SVG with the wider of both languages in place, and the pairs those texts stand for."""

    title: Bilingual
    sources: tuple[str, ...]
    drawn: str
    pairs: Mapping[str, Bilingual]
    note: Bilingual = NOTHING

    @property
    def both(self) -> str:
        """For the page: both languages, one shown by style."""
        return svg_text.bilingual(self.drawn, self.pairs)

    def alone(self, language: str) -> str:
        """For a file: one language, faces that hold Chinese."""
        return svg_text.spoken(self.drawn, self.pairs, language).replace('font-family="sans-serif"', f'font-family="{FACES}"')


def draw(results: Results, studio: Studio) -> Iterator[tuple[str, Drawing]]:
    """Name and drawing, each as soon as it is there; figures without data are left out."""
    begun = {}
    for name, picture in PICTURES.items():
        say = Speaker("both")
        chart = picture.make(results, say)
        if chart is not None:
            begun[name] = (picture, say.known, studio.svg(charts.specification(chart)))
    for name, (picture, known, drawn) in begun.items():
        yield name, Drawing(picture.title, picture.sources, svg_text.tidied(drawn.result(), name), known, picture.note)


class Files:
    """SVG, PNG (300 per inch) and PDF of the figures given to `add`, in `folder`; the last two are drawn meanwhile."""

    def __init__(self, folder: Path, language: str, studio: Studio) -> None:
        self._folder, self._studio = folder, studio
        faceless = language == "zh" and not svg_text.has_chinese_face()
        self.message = NO_FACE if faceless else None
        self._language = "en" if faceless else language
        self._paths: list[Path] = []
        self._begun: list[Future[None]] = []
        folder.mkdir(exist_ok=True)

    def add(self, name: str, drawing: Drawing) -> None:
        """Begin a figure's files; figures for the page only are passed over."""
        if name in ON_PAGE_ONLY:
            return
        drawn, (svg, png, pdf) = (
            drawing.alone(self._language),
            (self._folder / f"{name}{end}" for end in (".svg", ".png", ".pdf")),
        )
        svg.write_text(drawn, "utf-8")
        self._begun.append(self._studio.print_files(drawn, pdf, png, scale=svg_text.print_scale(drawn), ppi=PPI))
        self._paths += [svg, png, pdf]

    def written(self) -> list[Path]:
        """All files, when they are there; the message is in place where no Chinese face made labels English."""
        for job in self._begun:
            job.result()
        return self._paths
