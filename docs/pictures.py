"""Pictures of what a run writes, for README and docs/img: `python docs/pictures.py data/processed/demo/latest`.

`--page` after it: of the page only.

They are taken of the synthetic demo study, whose outputs say so themselves, and, with its run, of the example of real figures.
It needs Chromium with its driver,
LibreOffice, poppler and a Chinese face, as `.ci/run` installs them.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

IMAGES = Path(__file__).parent / "img"
LARGEST = 170_000
"""Bytes of a picture at most."""
COLOURS = (255, 96, 40)
"""Colours of a picture, tried in turn."""
EXAMPLE = "provinces"
WORKBOOK_PAGES = {"cover": "主要发现", "ranking": "发展指数排名", "unit": "单位一页：在", "weights": "权重试算：改"}
"""Pictures of the sheets to read: name -> what their page alone holds, blanks left out."""
DESKTOP, PHONE = (1280, 1.0), (390, 1.5)
"""Width of the window in pixels, and device pixels to one."""
PAGE = (
    ("demo-zh", "zh", "header", "#robustness .tiers tbody:nth-of-type(1)", DESKTOP, ""),
    ("demo-en", "en", "header", "#robustness .tiers tbody:nth-of-type(1)", DESKTOP, ""),
    ("page-why", "zh", "#headline-link", "#headline-link", DESKTOP, "document.querySelector('#headline-link .why').open = true"),
    (
        "page-ranking",
        "zh",
        "#ranking",
        "#lab-rows tr:nth-child(14)",
        DESKTOP,
        "const b = document.querySelectorAll('.pin button'); b[0].click(); b[1].click()",
    ),
    (
        "page-ranking-en",
        "en",
        "#ranking",
        "#lab-rows tr:nth-child(14)",
        DESKTOP,
        "document.querySelector('[data-id=topsis]').click()",
    ),
    ("page-sheet", "zh", "#profile-C40", "#profile-C40", DESKTOP, "document.getElementById('profile-C40').open = true"),
    ("page-weights", "zh", "#weights", "#weights figure", DESKTOP, ""),
    ("page-change", "zh", "#change", "#change .figures", DESKTOP, ""),
    ("page-srdi", "zh", "#srdi", "#srdi .figures", DESKTOP, ""),
    (
        "page-verdicts",
        "zh",
        "#srdi .verdicts",
        "#srdi .hypothesis:nth-of-type(12)",
        DESKTOP,
        "document.querySelector('.hypothesis').open = true",
    ),
    ("page-chain", "zh", "#chain", "#chain .chain", DESKTOP, ""),
    ("page-lists", "zh", "#lists", "#whatif", DESKTOP, ""),
    ("page-data", "zh", "#data", "#data .figures", DESKTOP, ""),
    ("page-phone", "zh", "header", "#robustness .tiers tbody:nth-of-type(1)", PHONE, ""),
    (
        "page-phone-sheet",
        "zh",
        "#profile-C40",
        "#profile-C40 .indicators",
        PHONE,
        "document.getElementById('profile-C40').open = true",
    ),
    ("page-phone-en", "en", "#srdi .verdicts", "#srdi .hypothesis:nth-of-type(6)", PHONE, ""),
)
"""Pictures of the page: name, language, first and last element, screen, what is done before."""
SECTIONS = (
    "findings", "robustness", "ranking", "profiles", "weights", "change", "srdi", "chain", "lists", "data", "method", "files",
)  # fmt: skip
VIEWS = (("zh", "zh", DESKTOP, 1500), ("en", "en", DESKTOP, 1500), ("phone", "zh", PHONE, 1300))
"""Every section once more as it opens: ending of the name, language, screen, pixels of height at most."""
LAID_OUT = "document.querySelectorAll('section').forEach((section) => { section.style.contentVisibility = 'visible' });"
"""Sections out of sight are laid out when they are seen; a picture beyond the window does not see them."""


def main(run: Path, *, only_page: bool = False) -> None:
    """Every picture of a finished run of the demo study, or those of the page alone, or of the example of real figures."""
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    if not manifest["synthetic"] and manifest["study"] != EXAMPLE:
        sys.exit(f"pictures are taken of the synthetic demo study and of the example {EXAMPLE} only")
    with browser() as page, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        address = (run / "report.html").resolve().as_uri()
        if manifest["study"] == EXAMPLE:
            for language in ("zh", "en"):
                save(page_picture(page, address, language, "header", "#lab-rows tr:nth-child(15)", DESKTOP), f"readme-{language}")
            return
        for name, language, first, last, screen, script in PAGE:
            save(page_picture(page, address, language, first, last, screen, script), name)
        for ending, language, screen, height in VIEWS:
            for section in SECTIONS:
                picture = page_picture(page, address, language, f"#{section}", f"#{section}", screen, height=height)
                save(picture, f"section-{section}-{ending}")
        save(sheet_picture(page, address, "C40", folder), "page-sheet-print")
        if only_page:
            return
        for name, text in WORKBOOK_PAGES.items():
            save(page_image(run / "results.xlsx", folder, holds=text), f"workbook-{name}")
        save(page_image(run / "paper" / "tables_zh.docx", folder, holds="基准回归结果"), "word-baseline")
        save(page_image(run / "paper" / "methods_zh.docx", folder, holds="指数的构造"), "word-methods")


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,900"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()


def page_picture(
    page: Any, address: str, language: str, first: str, last: str, screen: tuple[int, float], script: str = "", *, height: int = 0
) -> Image.Image:
    """The page from the top of one element to the bottom of another, or as far as `height` goes."""
    width, scale = screen
    size = {"width": width, "height": 900, "deviceScaleFactor": scale, "mobile": width < 800}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    page.get(address)
    if language == "en":
        page.execute_script("document.getElementById('language').click()")
    page.execute_script(LAID_OUT + script)
    place = "const b = document.querySelector(arguments[0]).getBoundingClientRect(); return [b.top + scrollY, b.bottom + scrollY]"
    top, bottom = page.execute_script(place, first)[0], page.execute_script(place, last)[1]
    bottom = min(bottom, top + height) if height else bottom
    clip = {"x": 0, "y": max(0, top - 8), "width": width, "height": bottom - top + 16, "scale": 1}
    shot = page.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": clip})
    return Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")


def sheet_picture(page: Any, address: str, unit: str, folder: Path) -> Image.Image:
    """A unit's sheet as it is printed."""
    page.get(address)
    page.execute_script(f"window.print = () => {{}}; document.querySelector('#profile-{unit} .print-one').click()")
    pdf = folder / "sheet.pdf"
    pdf.write_bytes(base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]))
    subprocess.run(["pdftoppm", "-r", "96", "-png", "-singlefile", str(pdf), str(folder / "sheet")], check=True)
    return Image.open(folder / "sheet.png").convert("RGB")


def page_image(document: Path, folder: Path, *, holds: str) -> Image.Image:
    """The first page of an Office file that holds a text, as LibreOffice prints it, without its margins."""
    pdf = folder / f"{document.stem}.pdf"
    if not pdf.exists():
        _print(document, folder)
    pages = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True).stdout.decode().split("\f")
    number = next(k for k, text in enumerate(pages, 1) if holds in text.replace(" ", ""))
    picture = [
        "pdftoppm",
        "-r",
        "110",
        "-png",
        "-f",
        str(number),
        "-l",
        str(number),
        "-singlefile",
        str(pdf),
        str(folder / "page"),
    ]
    subprocess.run(picture, check=True)
    page = Image.open(folder / "page.png").convert("RGB")
    inked = ImageChops.difference(page, Image.new("RGB", page.size, "white")).getbbox() or (0, 0, *page.size)
    left_edge, top, right, bottom = inked
    return page.crop((max(0, left_edge - 20), max(0, top - 20), min(page.width, right + 20), min(page.height, bottom + 20)))


def _print(document: Path, folder: Path) -> None:
    """The file as LibreOffice prints it, in the folder."""
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf", "--outdir"]
    subprocess.run([*command, str(folder), str(document)], check=True, capture_output=True, timeout=300)


def save(picture: Image.Image, name: str) -> None:
    """The picture with as many colours as it is light enough with, smaller where few are still too heavy."""
    data = io.BytesIO()
    for colours in (*COLOURS, *[COLOURS[-1]] * 20):
        data = io.BytesIO()
        picture.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
        if data.tell() <= LARGEST:
            break
        if colours == COLOURS[-1]:
            picture = picture.resize((picture.width * 9 // 10, picture.height * 9 // 10), Image.Resampling.LANCZOS)
    (IMAGES / f"{name}.png").write_bytes(data.getvalue())
    print(f"{name}.png {picture.width} x {picture.height}, {data.tell():,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), only_page="--page" in sys.argv[2:])
