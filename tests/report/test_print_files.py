"""Files for print: the same bytes each time, whatever order the converter takes."""

from __future__ import annotations

from pathlib import Path

from hqd_index.renderer import print_files

VEILED = "".join(f'<g opacity="0.{k}"><rect x="{k}" width="9" height="9"/></g>' for k in range(1, 9))
LETTERS = "".join(
    f'<text x="5" y="{15 * k}" font-family="sans-serif" font-weight="{weight}">ab</text>'
    for k, weight in enumerate(("normal", "bold"), start=1)
)
DRAWING = f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">{VEILED}{LETTERS}</svg>'


def test_a_drawing_gives_the_same_bytes_each_time(tmp_path: Path) -> None:
    for k in range(6):
        print_files(DRAWING, tmp_path / f"{k}.pdf", tmp_path / f"{k}.png", 1, 72)
    for kind in ("pdf", "png"):
        assert len({path.read_bytes() for path in tmp_path.glob(f"*.{kind}")}) == 1
