"""Figures that nobody has to guess at: no text is cut, zero is a tick, colours differ for every eye, the file says its source."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest

from hqd_index.report.bilingual import Bilingual
from hqd_index.report.colours import FALL_COLOUR, HUES, RISE_COLOUR
from hqd_index.report.figures.charts import legend_columns, ticks
from hqd_index.report.figures.curve_options import STRETCHES, option_cells
from hqd_index.report.figures.drawings import Drawing
from hqd_index.report.figures.figure_labels import FigureLabels, text_width
from hqd_index.report.figures.svg_frame import framed, text_boxes
from hqd_index.report.results import Results
from hqd_index.tables import of_rows

ROUNDING = 0.01
"""Coordinates of a drawing are written to a hundredth of a pixel."""


def test_every_text_is_inside_its_drawing(drawings: dict[str, Drawing]) -> None:
    """In both languages, by widths that do not depend on the faces of this machine."""
    for name, drawing in drawings.items():
        left, top, width, height = map(float, re.search(r'viewBox="([^"]+)"', drawing.svg)[1].split())  # type: ignore[index]
        for box in text_boxes(drawing.svg, drawing.pairs):
            assert left - ROUNDING <= box[0] and box[2] <= left + width + ROUNDING, (name, box)
            assert top - ROUNDING <= box[1] and box[3] <= top + height + ROUNDING, (name, box)


def test_a_text_outside_gets_room_and_a_turned_one_its_height() -> None:
    """By hand: 4 Chinese characters of 10 px that end at x = 30 begin at -10; turned by 90 degrees they go 40 px down."""
    head = '<svg width="50" height="20" viewBox="0 0 50 20"><rect class="paper" width="50" height="20"/>'
    text = '<g transform="translate(20,10)"><text text-anchor="{}" transform="translate({})" font-size="10px">测试文字</text></g>'
    text += "</svg>"
    (box,) = text_boxes(head + text.format("end", "10,0"), {})
    assert box == pytest.approx((-10, 1.5, 30, 12.5))
    (turned,) = text_boxes(head + text.format("start", "0,0) rotate(90"), {})
    assert turned == pytest.approx((17.5, 10, 28.5, 50))
    wide = framed(head + text.format("end", "10,0"), {}, Bilingual("来源", "Source"))
    assert 'viewBox="-10 0 60 36"' in wide and 'width="60" height="36"' in wide and "来源" not in wide and "Source" in wide


def test_widths_cover_the_faces_at_hand() -> None:
    """Of Noto Sans CJK, which the pages name: no text of the catalogue is wider than it is taken to be."""
    from PIL import ImageFont

    try:
        face = ImageFont.truetype("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 100)
    except OSError:
        pytest.skip("Noto Sans CJK is not installed (apt: fonts-noto-cjk)")
    for text in ("制造业高质量发展指数", "change with one SD more density (SDs)", "Wholesale MWmw 0.123", "illicit fjord, 1.1"):
        assert face.getlength(text) <= 100 * text_width(text) * 1.02, text


@pytest.mark.parametrize(("low", "high"), [(-0.12, 0.45), (-3e-5, 2e-5), (0.0, 68.8), (-7.0, 900.0), (0.2, 0.3)])
def test_zero_is_a_tick_wherever_it_is_in_range(low: float, high: float) -> None:
    marks = ticks(pd.Series([low, high]))
    assert (0.0 in marks) == (low <= 0 <= high) and 2 <= len(marks) <= 8
    assert all(low - 1e-9 <= mark <= high + 1e-9 for mark in marks)
    assert np.ptp(np.diff(marks)) < 1e-9


BY_MARK = ("ranking", "weights", "trend", "shift", "scenarios", "coefficients", "channels", "path", "ledger", "quarantine")
"""Figures of the invented study whose every row is a mark of its own."""


def test_marks_carry_the_rows_of_the_table(drawings: dict[str, Drawing]) -> None:
    """What a tip says is the row that the mark draws; a line, which draws many rows, has none, and a saved file neither."""
    for name in BY_MARK:
        drawing = drawings[name]
        marked = {int(row) for row in re.findall(r'data-row="(\d+)"', drawing.svg)}
        contents = {row: k for k, row in reversed(list(enumerate(drawing.table.rows)))}
        assert marked == set(contents.values()), name
        assert "data-row" not in drawing.svg_in("zh") and "aria-" not in drawing.svg
    lines = [path for path in re.findall(r"<path[^>]*>", drawings["trend"].svg) if path.count("L") > 1]
    assert len(lines) == 3 and not any("data-row" in line for line in lines)


def test_a_value_has_the_title_of_its_axis(drawings: dict[str, Drawing]) -> None:
    headers = {name: [column.title.zh for column in drawing.table.columns] for name, drawing in drawings.items()}
    assert headers["trend"] == ["年份", "组别", "各单位平均得分（0–100）"]
    assert headers["coefficients"][2:] == ["密度高 1 个标准差对应的变动（标准差）", "下限", "上限"]
    assert headers["shift"][2] == "年份" and headers["shift"][-1] == "名次（1 为最好）"


def test_long_legends_have_one_column() -> None:
    """By hand: 11 px x 20 characters + 32 = 252 of the 360 wide; 11 x 5 + 32 = 87 fits thrice."""
    assert legend_columns(["字" * 20, "短"]) == 1 and legend_columns(["字" * 5] * 4) == 3 and legend_columns([]) == 3


def test_every_file_of_a_figure_says_where_it_is_from(drawings: dict[str, Drawing]) -> None:
    for drawing in drawings.values():
        for language, words in (
            ("zh", ("来源", "运行 0123456789ab", "合成数据")),
            ("en", ("Source", "run 0123456789ab", "synthetic data")),
        ):
            text = drawing.svg_in(language)
            assert all(word in text for word in words) and f"{drawing.sources[0]}.csv" in text


MACHADO = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "full sight": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}
"""Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB."""
DISTINCT = 12.0
"""Distance in CIELAB (1976) at which two patches side by side are plainly different; just noticeable is 2.3."""


def lab_colour(colour: str, sight: str) -> np.ndarray:
    rgb = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(MACHADO[sight]) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear / [0.9505, 1, 1.089]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", list(MACHADO))
def test_colours_side_by_side_differ_for_every_eye(sight: str) -> None:
    """Groups of a figure take the first of each hue, parts of a bar the shades of two hues; rise and fall meet in one figure."""
    groups = [[hue[0] for hue in HUES], [*HUES[0], *HUES[1]], [RISE_COLOUR, FALL_COLOUR]]
    for colours in groups:
        for one, two in itertools.combinations(colours, 2):
            distance = float(np.linalg.norm(lab_colour(one, sight) - lab_colour(two, sight)))
            assert distance >= DISTINCT, (sight, one, two, round(distance, 1))


def test_the_panel_of_choices_counts_the_estimates(results: Results) -> None:
    """80 estimates, the first half with lag 1: its stretches have share 1, the others 0; a choice of one option is left out."""
    rows = [
        {"sample": "all", "position": k + 1, "label": "weight.indicators=equal" if k % 2 else "base", "estimate_sd": k / 100,
         "spec": f"count {1 if k < 40 else 2} none unit+year all"}
        for k in range(80)
    ]  # fmt: skip
    cells = option_cells(results, of_rows("multiverse", rows), FigureLabels("en"))
    by_label = {label: part.sort_values("x")["value"].to_numpy() for label, part in cells.groupby("label")}
    assert set(by_label) == {"lag: 1", "lag: 2", "Weights (indicators): equal", "Weights (indicators): as published"}
    assert by_label["lag: 1"][: STRETCHES // 2].tolist() == [1.0] * 20 and by_label["lag: 1"][21:].tolist() == [0.0] * 19
    assert by_label["Weights (indicators): equal"] == pytest.approx(0.5, abs=0.34)
