"""What lands on a desk, looked at: workbook and figures turned into pages and pictures, no box where a character should be."""

from __future__ import annotations

import re
import shutil
import subprocess
from concurrent.futures import Future
from pathlib import Path

import altair as alt
import openpyxl
import pytest

from hqd_index.report.figures import charts, svg_text
from hqd_index.report.figures.drawing_pool import DrawingPool
from hqd_index.report.figures.drawings import PPI, Drawing, FigureFiles
from hqd_index.report.figures.figure_catalogue import FIGURES
from hqd_index.report.figures.figure_labels import FigureLabels
from hqd_index.report.grids.published_grids import short_label
from hqd_index.report.results import Results
from hqd_index.report.weight_lab import weight_lab
from hqd_index.report.workbook.results_workbook import write_workbook

WIDE = 160 / 25.4 * PPI + 2
"""Pixels of a figure as wide as the text of an A4 page, and rounding."""


def test_every_chart_is_valid_vega_lite(results: Results) -> None:
    """The report writes specifications unvalidated, because they are its own; here they are validated."""
    made = [picture.make_chart(results, FigureLabels("zh")) for picture in FIGURES.values()]
    assert sum(chart is not None for chart in made) > 8
    for chart in made:
        if chart is not None:
            with alt.data_transformers.enable("default", max_rows=None):
                charts._styled_chart(chart, "sans-serif").to_dict(validate=True)


def test_figures_in_three_forms_at_print_size(drawings: dict[str, Drawing], tmp_path: Path) -> None:
    drawings = {name: drawing for name, drawing in drawings.items() if name in ("coefficients", "ranking")}
    with DrawingPool() as drawing_pool:
        files = FigureFiles(tmp_path / "figures", "zh", drawing_pool)
        for name, drawing in drawings.items():
            files.add(name, drawing)
        paths, message = files.paths(), files.message
    names = {path.stem for path in paths}
    assert {path.suffix for path in paths} == {".svg", ".png", ".pdf"} and len(paths) == 3 * len(names)
    for path in paths:
        head = path.read_bytes()[:24]
        if path.suffix == ".png":
            assert head.startswith(b"\x89PNG") and int.from_bytes(head[16:20], "big") <= WIDE, path.name
        elif path.suffix == ".pdf":
            assert head.startswith(b"%PDF")
        elif path.stem == "coefficients":
            assert ("高质量" in path.read_text("utf-8")) == (message is None)


def test_a_drawing_that_fails_says_so() -> None:
    with DrawingPool() as drawing_pool, pytest.raises(RuntimeError, match="drawing failed"):
        drawing_pool.svg("{").result()


def test_without_a_chinese_face_labels_are_english(
    drawings: dict[str, Drawing], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(svg_text, "has_chinese_face", lambda: False)
    done: Future[None] = Future()
    done.set_result(None)
    with DrawingPool() as drawing_pool:
        monkeypatch.setattr(drawing_pool, "print_files", lambda *args, **options: done)
        files = FigureFiles(tmp_path / "figures", "zh", drawing_pool)
        for name, drawing in drawings.items():
            files.add(name, drawing)
        paths, message = files.paths(), files.message
    assert message is not None and "Noto Sans CJK SC" in message.zh and "English" in message.en
    texts = [
        text for path in paths if path.suffix == ".svg" for text in re.findall(r"<text[^>]*>([^<]*)<", path.read_text("utf-8"))
    ]
    assert texts and not [text for text in texts if any("\u4e00" <= sign <= "\u9fff" for sign in text.replace("演示", ""))]


@pytest.mark.parametrize(
    ("label", "head"),
    [
        ("样本(all 全部企业,leave_out 剔除专精特新企业)", "样本"),
        ("专精特新企业收入占比（%）", "专精特新企业收入占比（%）"),
        ("得分(0-100)", "得分(0-100)"),
        ("coefficient in within standard deviations", "coefficient in within standard deviations"),
        ("source: data, design, weights, or all three at once", "source"),
    ],
)
def test_headers_are_short(label: str, head: str) -> None:
    assert short_label(label) == head


def test_no_sheet_speaks_in_ids(results: Results, tmp_path: Path) -> None:
    """Headers of a Chinese workbook are Chinese, but for names that both languages share."""
    write_workbook(results, tmp_path / "results.xlsx", weight_lab(results))
    book = openpyxl.load_workbook(tmp_path / "results.xlsx")
    shared = {"MDE", "SESOI", "HS6", "PageRank"}
    for sheet in book:
        heads = [cell.value for cell in sheet[3] if isinstance(cell.value, str) and not cell.value.startswith("=")]
        ids = [head for head in heads if re.fullmatch(r"[a-z][a-z0-9_]*", head) and head not in shared]
        assert not ids, (sheet.title, ids)


@pytest.mark.slow
def test_workbook_printed_by_libreoffice(results: Results, tmp_path: Path) -> None:
    """Every sheet comes out, no text is a box, no number is ####, the title of each sheet stands on its page."""
    for tool in ("soffice", "pdftotext"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    write_workbook(results, tmp_path / "results.xlsx", weight_lab(results))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf", "--outdir"]
    subprocess.run([*command, str(tmp_path), str(tmp_path / "results.xlsx")], check=True, capture_output=True, timeout=180)
    text = subprocess.run(
        ["pdftotext", "-layout", "results.pdf", "-"], cwd=tmp_path, check=True, capture_output=True
    ).stdout.decode()
    book = openpyxl.load_workbook(tmp_path / "results.xlsx")
    plain = re.sub(r"\s+", "", text)
    missing = [sheet.title for sheet in book if sheet["A1"].value and re.sub(r"\s+", "", str(sheet["A1"].value)) not in plain]
    assert not missing and "###" not in text and "\ufffd" not in text and "\u25a1" not in text
    assert len(book.sheetnames) <= text.count("\f") <= 80
