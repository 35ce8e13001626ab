"""Every figure drawn once: with both languages for the page, in one language as SVG, PNG and PDF for papers and slides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import figures
from .pictures import PICTURES
from .results import Results
from .speaker import Speaker
from .studio import Studio
from .words import NOTHING, Pair

ON_PAGE_ONLY = ("ledger", "quarantine")
"""Figures about this run's files, which no paper prints."""
PPI = 300
"""Pixels per inch of PNG files."""
FACES = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, SimHei, sans-serif"


@dataclass(frozen=True)
class Drawing:
    """A figure as SVG with the wider of both languages in place, and the pairs those texts stand for."""

    title: Pair
    sources: tuple[str, ...]
    drawn: str
    pairs: Mapping[str, Pair]
    note: Pair = NOTHING

    @property
    def both(self) -> str:
        """For the page: both languages, one shown by style."""
        return figures.bilingual(self.drawn, self.pairs)

    def alone(self, language: str) -> str:
        """For a file: one language, faces that hold Chinese."""
        return figures.spoken(self.drawn, self.pairs, language).replace('font-family="sans-serif"', f'font-family="{FACES}"')


def draw(results: Results, studio: Studio) -> dict[str, Drawing]:
    """name -> drawing; figures without data are left out."""
    begun = {}
    for name, picture in PICTURES.items():
        say = Speaker("both")
        chart = picture.make(results, say)
        if chart is not None:
            begun[name] = (picture, say.known, studio.svg(figures.specification(chart)))
    return {
        name: Drawing(picture.title, picture.sources, figures.tidied(drawn.result(), name), known, picture.note)
        for name, (picture, known, drawn) in begun.items()
    }


def write_figures(drawings: Mapping[str, Drawing], folder: Path, language: str, studio: Studio) -> tuple[list[Path], Pair | None]:
    """SVG, PNG (300 per inch) and PDF of each figure; a message where no Chinese face is installed and labels are English."""
    message = None
    if language == "zh" and not figures.has_chinese_face():
        language = "en"
        message = Pair(
            "本机没有中文字体，figures/ 中的图改用英文标注；安装 Noto Sans CJK SC（或任一中文字体）后重跑即为中文。",
            "No Chinese font is installed, so labels in figures/ are English; install Noto Sans CJK SC (or any) and run again.",
        )
    folder.mkdir(exist_ok=True)
    written, begun = [], []
    for name, drawing in drawings.items():
        if name in ON_PAGE_ONLY:
            continue
        svg, paths = drawing.alone(language), [folder / f"{name}{end}" for end in (".svg", ".png", ".pdf")]
        paths[0].write_text(svg, "utf-8")
        begun.append(studio.prints(svg, paths[2], paths[1], scale=figures.print_scale(svg), ppi=PPI))
        written += paths
    for job in begun:
        job.result()
    return written, message
