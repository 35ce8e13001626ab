"""Kinds of chart from tidy frames whose texts are in place, and their rendering to SVG, PNG and PDF (Altair, vl-convert)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from ..colours import HUES, INK, LINE_COLOUR, MUTED_INK, RISE_COLOUR
from .figure_labels import text_width

Chart = Any  # alt.LayerChart | alt.Chart

FONT = "sans-serif"
"""Layout is measured with the system's own face (a Chinese one by name takes three times as long); the page sets the face."""
WIDTH = 360
"""Of the plot without its labels: two figures are side by side on the page, one fills the width of a paper's text."""
PADDING = {"left": 18, "right": 18, "top": 4, "bottom": 4}
"""Room for faces wider than the one the layout was measured with."""


def ticks(*numbers: pd.Series, count: int = 7) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten over the range of the numbers: zero, where it is inside, is among them."""
    low, high = min(float(column.min()) for column in numbers), max(float(column.max()) for column in numbers)
    if not low < high:
        return [low]
    size = 10.0 ** math.floor(math.log10((high - low) / count))
    step = next(size * factor for factor in (1, 2, 5, 10) if (high - low) / (size * factor) <= count)
    return [round(k * step, 12) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _tick_axis(*numbers: pd.Series) -> alt.Axis:
    return alt.Axis(values=ticks(*numbers))


ORIGIN = pd.Series([0.0])
"""Bars start from it."""


def _label_axis(label_order: Iterable[str]) -> alt.Y:
    return alt.Y("label:N", sort=list(label_order), title=None)


def _colour_scale(colours: Mapping[str, str], *, legend_position: str = "top") -> alt.Color:
    legend = alt.Legend(title=None, orient=legend_position, columns=legend_columns(colours), labelLimit=0, columnPadding=14)
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color("key:N", scale=scale, sort=list(colours), legend=legend)


LEGEND_SIZE, LEGEND_SYMBOL = 11.0, 32.0
"""Pixels of a legend's letters, and of what is around each of its texts."""


def legend_columns(texts: Iterable[str]) -> int:
    """Texts side by side in the width of the plot, three at most, so that a long one does not make the whole figure small."""
    widest = max((text_width(text) for text in texts), default=1.0)
    return int(min(3, max(1, WIDTH // (LEGEND_SIZE * widest + LEGEND_SYMBOL))))


def stacked_bars(bar_rows: pd.DataFrame, colours: Mapping[str, str], *, title: str, ends: pd.DataFrame | None = None) -> Chart:
    """Rows (label, key, value) as bars of parts; shares of the whole unless `ends` (label, value, text) gives their ends."""
    label_order = list(dict.fromkeys(bar_rows["label"]))
    place = {bar_part: k for k, bar_part in enumerate(colours)}
    x = alt.X("value:Q", title=title, stack="zero" if ends is not None else "normalize")
    if ends is None:
        x = x.axis(format="%")
    bars = alt.Chart(bar_rows.assign(at=bar_rows["key"].map(place))).mark_bar(height=12)
    bars = bars.encode(y=_label_axis(label_order), x=x, color=_colour_scale(colours), order="at:Q")
    if ends is None:
        return bars.properties(width=WIDTH, height=alt.Step(18))
    text = alt.Chart(ends).mark_text(align="left", dx=5, color=INK).encode(y=_label_axis(label_order), x="value:Q", text="text:N")
    return alt.layer(bars, text).properties(width=WIDTH, height=alt.Step(18))


def bar_chart(bar_rows: pd.DataFrame, *, title: str) -> Chart:
    """Rows (label, value, text, colour) as plain bars in the order given, with error rules where there are low and high."""
    ends = [bar_rows[column] for column in ("value", "low", "high") if column in bar_rows.columns]
    axis = _tick_axis(ORIGIN, *ends)
    base = alt.Chart(bar_rows).encode(y=_label_axis(bar_rows["label"]), x=alt.X("value:Q", title=title, axis=axis))
    layers = [base.mark_bar(height=11).encode(color=alt.Color("colour:N", scale=None))]
    if "low" in bar_rows.columns:
        rule = alt.Chart(bar_rows).mark_rule(color=INK, strokeWidth=1.4)
        layers.append(rule.encode(y=_label_axis(bar_rows["label"]), x=alt.X("low:Q", title=title, axis=axis), x2="high:Q"))
    else:
        layers.append(base.mark_text(align="left", dx=4, color=INK).encode(text="text:N"))
    return alt.layer(*layers).properties(width=WIDTH, height=alt.Step(18))


def line_chart(point_rows: pd.DataFrame, colours: Mapping[str, str], *, title: str, x_title: str) -> Chart:
    """Rows (x, key, value) as lines; a band where there are low and high. Dashes distinguish the keys without colour."""
    has_many_years = point_rows["x"].nunique() > 8
    x = alt.X("x:O", title=x_title, axis=alt.Axis(labelAngle=-45 if has_many_years else 0))
    y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False))
    line_layer = alt.Chart(point_rows).mark_line(point=True, strokeWidth=2)
    line_layer = line_layer.encode(
        x=x, y=y, color=_colour_scale(colours), strokeDash=alt.StrokeDash("key:N", sort=list(colours), legend=None)
    )
    if "low" not in point_rows.columns:
        return line_layer.properties(width=WIDTH, height=220)
    band = alt.Chart(point_rows.dropna(subset=["low"])).mark_area(opacity=0.18, color=list(colours.values())[-1])
    band = band.encode(x=x, y=alt.Y("low:Q", title=title), y2="high:Q")
    return alt.layer(band, line_layer).properties(width=WIDTH, height=240)


def heat_map(cell_rows: pd.DataFrame, label_order: Sequence[str], *, title: str) -> Chart:
    """Rows (label, x, value) as a field of tinted cells."""
    x = alt.X("x:O", title=None, axis=alt.Axis(orient="top", labelAngle=-45))
    colour_encoding = alt.Color("value:Q", scale=alt.Scale(scheme="blues"), legend=alt.Legend(title=title))
    cells = alt.Chart(cell_rows).mark_rect(stroke="white").encode(x=x, y=_label_axis(label_order), color=colour_encoding)
    return cells.properties(width=WIDTH, height=alt.Step(17))


def colour_matrix(cell_rows: pd.DataFrame, row_labels: Sequence[str], columns: Sequence[str], *, title: str) -> Chart:
    """Rows (label, x, value, text, marked) as cells tinted by sign and size, with their texts; marked cells have a frame."""
    x = alt.X("x:N", title=None, sort=list(columns), axis=alt.Axis(orient="top", labelAngle=-35, labelLimit=140))
    largest = 1.6 * float(cell_rows["value"].abs().max()) or 1.0  # wider than the values, so that dark texts can be read
    scale = alt.Scale(scheme="redblue", reverse=True, domain=[-largest, largest])
    cell_layer = (
        alt.Chart(cell_rows)
        .mark_rect(stroke="white")
        .encode(
            x=x,
            y=_label_axis(row_labels),
            color=alt.Color("value:Q", scale=scale, legend=alt.Legend(title=title, orient="bottom", direction="horizontal")),
        )
    )
    frame_layer = (
        alt.Chart(cell_rows[cell_rows["marked"]])
        .mark_rect(fillOpacity=0, stroke=INK, strokeWidth=2)
        .encode(x=x, y=_label_axis(row_labels))
    )
    text_layer = alt.Chart(cell_rows).mark_text(color=INK).encode(x=x, y=_label_axis(row_labels), text="text:N")
    return alt.layer(cell_layer, frame_layer, text_layer).properties(width=WIDTH, height=alt.Step(30))


def slope_chart(rank_rows: pd.DataFrame, colours: Mapping[str, str], *, title: str, x_title: str) -> Chart:
    """Rows (label, unit, x, value, text, key) at two x: ranks joined by lines, 1 on top, texts at both ends."""
    first_x, last_x = rank_rows["x"].min(), rank_rows["x"].max()
    x = alt.X("x:O", title=x_title, axis=alt.Axis(orient="top", labelAngle=0), scale=alt.Scale(padding=0.5))
    y = alt.Y("value:Q", title=title, scale=alt.Scale(reverse=True, zero=False, nice=False, padding=8), axis=None)
    layers = [alt.Chart(rank_rows).mark_line(strokeWidth=1.6).encode(x=x, y=y, detail="unit:N", color=_colour_scale(colours))]
    for end, text_align, dx in ((first_x, "right", -6), (last_x, "left", 6)):
        end_texts = alt.Chart(rank_rows[rank_rows["x"] == end]).mark_text(align=text_align, dx=dx, color=INK)
        layers.append(end_texts.encode(x=x, y=y, text="text:N"))
    return alt.layer(*layers).properties(width=WIDTH, height=16 * rank_rows["unit"].nunique() + 20)


def rank_ranges(rank_rows: pd.DataFrame, base_ranks: pd.DataFrame, *, title: str) -> Chart:
    """Rows (label, value, key) as points over a grey span; those of `base_ranks`, some of the rows, as ticks."""
    label_order = list(base_ranks["label"])
    last_rank, published = rank_rows["value"].max(), set(base_ranks["key"])
    ticks = alt.Axis(tickMinStep=1, format="d", values=[1, *range(5, int(last_rank) + 1, 5)])
    x = alt.X("value:Q", title=title, scale=alt.Scale(domain=[1, last_rank], nice=False, padding=8), axis=ticks)
    spans = rank_rows.groupby("label", sort=False)["value"].agg(least="min", most="max").reset_index()
    span_layer = alt.Chart(spans).mark_rule(color=LINE_COLOUR, strokeWidth=7)
    span_layer = span_layer.encode(y=_label_axis(label_order), x=alt.X("least:Q", title=title), x2="most:Q")
    point_layer = (
        alt.Chart(rank_rows[~rank_rows["key"].isin(published)])
        .mark_point(size=25, filled=True, color=HUES[0][1], opacity=0.75)
        .encode(y=_label_axis(label_order), x=x)
    )
    tick_layer = alt.Chart(base_ranks).mark_tick(color=INK, thickness=2.5, size=13).encode(y=_label_axis(label_order), x=x)
    return alt.layer(span_layer, point_layer, tick_layer).properties(width=WIDTH, height=alt.Step(18))


def interval_plot(interval_rows: pd.DataFrame, colours: Mapping[str, str], *, title: str) -> Chart:
    """Rows (label, key, value, low, high) as points with intervals, keys side by side, zero marked."""
    label_order, keys = list(dict.fromkeys(interval_rows["label"])), list(colours)
    axis = _tick_axis(ORIGIN, interval_rows["value"], interval_rows["low"], interval_rows["high"])
    offset, x = alt.YOffset("key:N", sort=keys), alt.X("value:Q", title=title, axis=axis)
    zero_line = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=MUTED_INK, strokeDash=[3, 3]).encode(x="at:Q")
    base = alt.Chart(interval_rows).encode(y=_label_axis(label_order), yOffset=offset, color=_colour_scale(colours))
    rules = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title, axis=axis), x2="high:Q")
    point_layer = base.mark_point(filled=True, size=49, opacity=1).encode(x=x, shape=alt.Shape("key:N", sort=keys, legend=None))
    return alt.layer(zero_line, rules, point_layer).properties(width=WIDTH, height=alt.Step(15 if len(keys) > 1 else 22))


def event_plot(interval_rows: pd.DataFrame, colours: Mapping[str, str], *, title: str, x_title: str) -> Chart:
    """Rows (x, key, value, low, high) as upright intervals in the order given, keys side by side, zero marked."""
    keys = list(colours)
    axis = _tick_axis(ORIGIN, interval_rows["value"], interval_rows["low"], interval_rows["high"])
    x = alt.X("x:N", sort=list(dict.fromkeys(interval_rows["x"])), title=x_title, axis=alt.Axis(labelAngle=0))
    base = alt.Chart(interval_rows).encode(x=x, xOffset=alt.XOffset("key:N", sort=keys), color=_colour_scale(colours))
    rules = base.mark_rule(strokeWidth=1.6).encode(y=alt.Y("low:Q", title=title, axis=axis), y2="high:Q")
    shape = alt.Shape("key:N", sort=keys, legend=None)
    point_layer = base.mark_point(filled=True, size=36, opacity=1).encode(y=alt.Y("value:Q", title=title, axis=axis), shape=shape)
    zero_line = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=MUTED_INK, strokeDash=[3, 3]).encode(y="at:Q")
    return alt.layer(zero_line, rules, point_layer).properties(width=WIDTH, height=240)


def specification_curve(estimate_rows: pd.DataFrame, option_rows: pd.DataFrame, *, title: str, x_title: str, order: str) -> Chart:
    """Rows (x, value, low, high, marked) as estimates sorted, with intervals; below, rows (label, x, x2, value) of options.

    An option is tinted where more of the estimates in that stretch of the curve use it.
    """
    scale = alt.Scale(domain=[float(estimate_rows["x"].min()), float(estimate_rows["x"].max())], nice=False)
    x, axis = alt.X("x:Q", title=order, axis=None, scale=scale), _tick_axis(ORIGIN, estimate_rows["low"], estimate_rows["high"])
    interval_layer = alt.Chart(estimate_rows).mark_rule(color="#c9d3db")
    interval_layer = interval_layer.encode(x=x, y=alt.Y("low:Q", title=title, axis=axis), y2="high:Q")
    point_layer = alt.Chart(estimate_rows).mark_circle(size=9, color=HUES[0][0], opacity=1)
    point_layer = point_layer.encode(x=x, y=alt.Y("value:Q", title=title, axis=axis))
    headline_mark = alt.Chart(estimate_rows[estimate_rows["marked"]]).mark_point(
        size=90, color=RISE_COLOUR, filled=True, opacity=1, shape="diamond"
    )
    zero_line = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=MUTED_INK, strokeDash=[3, 3]).encode(y="at:Q")
    layers = (interval_layer, zero_line, point_layer, headline_mark.encode(x=x, y="value:Q"))
    curve = alt.layer(*layers).properties(width=WIDTH, height=220)
    if option_rows.empty:
        return curve
    tint = alt.Color("value:Q", scale=alt.Scale(range=["#f1f5f8", HUES[0][0]], domain=[0, 1]), legend=None)
    cells = alt.Chart(option_rows).mark_rect().encode(
        x=alt.X("x:Q", title=x_title, axis=alt.Axis(labels=False, ticks=False, grid=False), scale=scale),
        x2="x2:Q", y=_label_axis(dict.fromkeys(option_rows["label"])), color=tint,
    )  # fmt: skip
    return alt.vconcat(curve, cells.properties(width=WIDTH, height=alt.Step(14)), spacing=6).resolve_scale(color="independent")


def numbered(chart: Chart, columns: list[str], numbers: pd.DataFrame) -> Chart:
    """The chart whose marks are described by column `row` of `numbers`, found by the columns that both have."""
    copy = chart.copy(deep=False)
    if isinstance(chart.data, pd.DataFrame) and set(columns) <= set(chart.data.columns):
        copy.data = chart.data.merge(numbers, on=columns, how="left")
    groups = [name for name in ("layer", "vconcat") if hasattr(chart, name)]
    for name in groups:
        setattr(copy, name, [numbered(part, columns, numbers) for part in getattr(chart, name)])
    if groups or (isinstance(copy.data, pd.DataFrame) and "row" not in copy.data.columns):
        return copy
    return copy.encode(description=alt.Description("row:N"))


def parts(chart: Chart) -> Iterator[Chart]:
    """The chart and every chart in it."""
    yield chart
    for part in (*getattr(chart, "layer", ()), *getattr(chart, "vconcat", ())):
        yield from parts(part)


def axis_titles(chart: Chart) -> dict[str, str]:
    """x and value -> title of the axis that the first chart draws them on."""
    titles: dict[str, str] = {}
    for part in parts(chart):
        for channel in ("x", "y"):
            axis = getattr(getattr(part, "encoding", None), channel, None)
            if isinstance(axis, (alt.X, alt.Y)) and isinstance(axis["title"], str):
                titles.setdefault(str(axis["shorthand"]).split(":")[0], axis["title"])
    return {column: title for column, title in titles.items() if column in ("x", "value")}


def vega_lite(chart: Chart, *, font: str = FONT) -> str:
    """The chart as Vega-Lite JSON."""
    with alt.data_transformers.enable("default", max_rows=None):
        return str(_styled_chart(chart, font).to_json(indent=None, validate=False))  # a test validates every kind of chart


def _styled_chart(chart: Chart, font: str) -> Chart:
    axis = {
        "labelColor": INK,
        "titleColor": MUTED_INK,
        "gridColor": LINE_COLOUR,
        "domainColor": LINE_COLOUR,
        "tickColor": LINE_COLOUR,
        "labelLimit": 0,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
    }
    styled = chart.configure(font=font, padding=PADDING).configure_view(stroke=None).configure_axis(**axis)
    styled = styled.configure_legend(labelColor=INK, labelFontSize=11, symbolSize=90)
    return styled.configure_axisY(grid=False).configure_text(fontSize=11)
