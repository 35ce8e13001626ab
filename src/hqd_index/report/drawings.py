"""Every figure drawn once: with both languages for the page, in one language as SVG, PNG and PDF for papers and slides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import figures
from .pictures import PICTURES
from .results import Results
from .speaker import Speaker
from .words import NOTHING, Pair

ON_PAGE_ONLY = ("ledger", "quarantine")
"""Figures about this run's files, which no paper prints."""
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


def draw(results: Results) -> dict[str, Drawing]:
    """name -> drawing; figures without data are left out."""
    made = {}
    for name, picture in PICTURES.items():
        say = Speaker("both")
        chart = picture.make(results, say)
        if chart is not None:
            made[name] = Drawing(picture.title, picture.sources, figures.svg(chart, name), say.known, picture.note)
    return made


def write_figures(drawings: Mapping[str, Drawing], folder: Path, language: str) -> tuple[list[Path], Pair | None]:
    """SVG, PNG (300 per inch) and PDF of each figure; a message where no Chinese face is installed and labels are English."""
    message = None
    if language == "zh" and not figures.has_chinese_face():
        language = "en"
        message = Pair(
            "本机没有中文字体，figures/ 中的图改用英文标注；安装 Noto Sans CJK SC（或任一中文字体）后重跑即为中文。",
            "No Chinese font is installed, so labels in figures/ are English; install Noto Sans CJK SC (or any) and run again.",
        )
    folder.mkdir(exist_ok=True)
    files = {f"{name}.svg": drawing.alone(language) for name, drawing in drawings.items() if name not in ON_PAGE_ONLY}
    with ThreadPoolExecutor(max_workers=2) as together:  # the renderer works outside Python's lock
        written = [
            *together.map(lambda job: _write(folder, *job), [(name, svg, end) for name, svg in files.items() for end in MADE])
        ]
    return written, message


MADE: dict[str, Callable[[str], bytes]] = {".svg": str.encode, ".png": figures.png, ".pdf": figures.pdf}


def _write(folder: Path, name: str, svg: str, ending: str) -> Path:
    path = (folder / name).with_suffix(ending)
    path.write_bytes(MADE[ending](svg))
    return path
