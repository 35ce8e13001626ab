"""Static figures as Altair charts, rendered to SVG (inline in the page), PNG and PDF. A figure that lacks its table is None."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import altair as alt
import pandas as pd

from .results import Results
from .sentences import SAMPLES, file_flow
from .words import Pair

FONT = "sans-serif"
"""Layout is measured with the system's own face (a Chinese one by name takes three times as long); the page sets the face."""
INK, MUTED, LINE = "#1c2733", "#5b6672", "#e3e8ed"
HUES = (
    ("#2f6f9f", "#5b9bc8", "#9cc4e0", "#c9dff0"),
    ("#a8611b", "#d08a3f", "#e8b87c", "#f3d9b5"),
    ("#3d7a4f", "#6fa77f", "#a9ceb3", "#d3e7d8"),
    ("#6f4b8b", "#9a7ab5", "#c2abd6", "#e2d6ec"),
    ("#5b6672", "#8b959f", "#b8c0c7", "#dde2e6"),
)  # blue and orange first: told apart under every common colour blindness, and by lightness in print
RISE, FALL, STILL = "#b03a2e", "#2b6e50", "#9aa5b0"
WIDTH = 620
SHORT = 14


@dataclass(frozen=True)
class Figure:
    """A chart's maker, its title and the tables it shows."""

    make: Callable[[Results, str], alt.LayerChart | alt.Chart | None]
    title: Pair
    sources: tuple[str, ...]


def palette(results: Results) -> dict[str, str]:
    """A colour for each part (shades of its dimension's hue) and each dimension (its darkest shade)."""
    colours: dict[str, str] = {}
    for d, dimension in enumerate(results.dimensions):
        shades = HUES[d % len(HUES)]
        below = [part for part in results.parts if part == dimension or part in _descendants(results, dimension)]
        colours[dimension] = shades[0]
        colours |= {part: shades[k % len(shades)] for k, part in enumerate(below)}
    return colours


def _descendants(results: Results, node: str) -> set[str]:
    children = results.tree.children(node)
    return set(children) | {deep for child in children for deep in _descendants(results, child)}


def ranking(results: Results, language: str) -> alt.LayerChart | None:
    """Latest year's index, stacked from its parts, the best on top."""
    if not results.years:
        return None
    year = results.years[-1]
    table = results.ranking(year).dropna(subset=["score"])
    names = dict(zip(table["unit"], table[f"unit_{language}"]))
    order, colours = [names[unit] for unit in table["unit"]], palette(results)
    bars = results.stacked(year)
    bars = bars[bars["unit"].isin(table["unit"])]
    bars = bars.assign(unit=bars["unit"].map(names), at=bars["node"].map({n: i for i, n in enumerate(results.parts)}))
    bars["node"] = bars["node"].map({node: results.name(node).of(language) for node in results.parts})
    keys = [results.name(node).of(language) for node in results.parts]
    scale = alt.Scale(domain=keys, range=[colours[node] for node in results.parts])
    y = alt.Y("unit:N", sort=order, title=None)
    stack = (
        alt.Chart(bars)
        .mark_bar(height=12)
        .encode(
            y=y,
            x=alt.X("part:Q", title=_say(language, "得分（0–100）", "score (0–100)"), stack="zero"),
            color=alt.Color("node:N", scale=scale, sort=keys, legend=alt.Legend(title=None, orient="top", columns=6)),
            order="at:Q",
        )
    )
    ends = table.assign(unit=table["unit"].map(names), text=table["score"].map("{:.1f}".format))
    text = alt.Chart(ends).mark_text(align="left", dx=5, color=INK).encode(y=y, x="score:Q", text="text:N")
    return alt.layer(stack, text).properties(width=WIDTH, height=alt.Step(18))


def heat(results: Results, language: str) -> alt.LayerChart | None:
    """Index of every unit in every year, ordered by the latest year."""
    if len(results.years) < 2:
        return None
    rows = results.scores[results.scores["node"] == results.tree.root].dropna(subset=["score"])
    order = list(results.ranking(results.years[-1])[f"unit_{language}"])
    base = alt.Chart(rows.assign(text=rows["score"].map("{:.0f}".format))).encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y(f"unit_{language}:N", sort=order, title=None),
    )
    cells = base.mark_rect(stroke="white").encode(
        color=alt.Color("score:Q", scale=alt.Scale(scheme="blues"), legend=alt.Legend(title=_say(language, "得分", "score")))
    )
    middle = float(rows["score"].min() + 0.6 * (rows["score"].max() - rows["score"].min()))
    text = base.mark_text(fontSize=9).encode(
        text="text:N", color=alt.condition(f"datum.score > {middle!r}", alt.value("white"), alt.value(INK))
    )
    return alt.layer(cells, text).properties(width=WIDTH, height=alt.Step(17))


def shift(results: Results, language: str) -> alt.LayerChart | None:
    """Ranks in the first and the latest year, joined; who moved 3 places or more is coloured."""
    if len(results.years) < 2:
        return None
    first, last = results.years[0], results.years[-1]
    both = (
        results.ranking(first)[["unit", "rank"]]
        .merge(results.ranking(last), on="unit", suffixes=("_then", ""))
        .dropna(subset=["rank", "rank_then"])
    )
    if both.empty:
        return None
    moved = both["rank_then"].astype(float) - both["rank"].astype(float)
    both["move"] = moved.map(lambda places: "up" if places >= 3 else "down" if places <= -3 else "still")
    label = both[f"unit_{language}"]
    long = pd.concat(
        [
            both.assign(year=str(first), at=both["rank_then"], text=label + "  " + both["rank_then"].astype(str)),
            both.assign(year=str(last), at=both["rank"], text=both["rank"].astype(str) + "  " + label),
        ]
    )[["unit", "year", "at", "text", "move"]]
    names = {"up": _say(language, "▲ 升 3 位以上", "▲ up 3 or more"), "down": _say(language, "▼ 降 3 位以上", "▼ down 3 or more")}
    names["still"] = _say(language, "变动不足 3 位", "moved less than 3")
    long["move"] = long["move"].map(names)
    x = alt.X("year:O", title=None, axis=alt.Axis(orient="top", labelAngle=0), scale=alt.Scale(padding=0.5))
    y = alt.Y("at:Q", scale=alt.Scale(reverse=True, zero=False, nice=False, padding=8), axis=None)
    colour = alt.Color(
        "move:N",
        scale=alt.Scale(domain=list(names.values()), range=[RISE, FALL, STILL]),
        legend=alt.Legend(title=None, orient="bottom"),
    )
    lines = alt.Chart(long).mark_line(strokeWidth=1.6).encode(x=x, y=y, detail="unit:N", color=colour)
    left = (
        alt.Chart(long[long["year"] == str(first)]).mark_text(align="right", dx=-6).encode(x=x, y=y, text="text:N", color=colour)
    )
    right = alt.Chart(long[long["year"] == str(last)]).mark_text(align="left", dx=6).encode(x=x, y=y, text="text:N", color=colour)
    return alt.layer(lines, left, right).properties(width=WIDTH, height=16 * len(both) + 20)


def trend(results: Results, language: str) -> alt.Chart | None:
    """Mean over units of the index and its dimensions, by year."""
    if len(results.years) < 3:
        return None
    nodes = [results.tree.root, *results.dimensions] if len(results.dimensions) <= len(HUES) else [results.tree.root]
    rows = results.scores[results.scores["node"].isin(nodes)].groupby(["node", "year"], as_index=False)["score"].mean().dropna()
    names = {node: results.name(node).of(language) for node in nodes}
    colours = [INK, *[palette(results)[node] for node in nodes[1:]]]
    return (
        alt.Chart(rows.assign(node=rows["node"].map(names)))
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("score:Q", title=_say(language, "各单位平均得分", "mean score over units"), scale=alt.Scale(zero=False)),
            color=alt.Color(
                "node:N", scale=alt.Scale(domain=list(names.values()), range=colours), legend=alt.Legend(title=None, orient="top")
            ),
            strokeDash=alt.StrokeDash("node:N", sort=list(names.values()), legend=None),
        )
        .properties(width=WIDTH, height=220)
    )


def weights(results: Results, language: str) -> alt.LayerChart | None:
    """Share of every indicator in the whole index, coloured by part."""
    rows = results.base_weights
    if rows.empty:
        return None
    rows = rows[rows["year"].isna() | (rows["year"] == rows["year"].max())].set_index("node")
    leaves = [leaf for leaf in results.leaves if leaf in rows.index]
    colours = palette(results)
    frame = pd.DataFrame(
        {
            "leaf": [f"{results.name(leaf).of(language)}  {leaf}" for leaf in leaves],
            "share": [100 * float(rows.at[leaf, "share_global"]) for leaf in leaves],
            "colour": [colours.get(leaf) or colours.get(results.tree.parent(leaf) or "", MUTED) for leaf in leaves],
        }
    )
    base = alt.Chart(frame).encode(
        y=alt.Y("leaf:N", sort=list(frame["leaf"]), title=None),
        x=alt.X("share:Q", title=_say(language, "总权重（%）", "share in the index (%)")),
    )
    bars = base.mark_bar(height=11).encode(color=alt.Color("colour:N", scale=None))
    text = (
        base.transform_calculate(text="format(datum.share, '.1f')").mark_text(align="left", dx=4, color=INK).encode(text="text:N")
    )
    return alt.layer(bars, text).properties(width=WIDTH - 60, height=alt.Step(17))


def scenarios(results: Results, language: str) -> alt.LayerChart | None:
    """Ranks under every scenario beside the published rank, latest year."""
    rows = results.table("scenarios")
    if rows.empty or not results.years:
        return None
    ranking = results.ranking(results.years[-1])
    names = dict(zip(ranking["unit"], ranking[f"unit_{language}"]))
    rows = rows[rows["year"] == results.years[-1]].dropna(subset=["rank"])
    rows = rows.assign(unit=rows["unit"].map(names), scenario=rows[f"scenario_{language}"])[["unit", "scenario", "rank"]]
    y = alt.Y("unit:N", sort=list(ranking[f"unit_{language}"]), title=None)
    x = alt.X(
        "rank:Q",
        title=_say(language, "名次（1 为最好）", "rank (1 is best)"),
        scale=alt.Scale(zero=False),
        axis=alt.Axis(tickMinStep=1, format="d"),
    )
    span = alt.Chart(rows).mark_rule(color=LINE, strokeWidth=5).encode(y=y, x=alt.X("min(rank):Q"), x2="max(rank):Q")
    legend = alt.Legend(title=None, orient="bottom", columns=3, labelLimit=300)
    colour = alt.Color("scenario:N", scale=alt.Scale(scheme="dark2"), legend=legend)
    shape = alt.Shape("scenario:N", legend=legend)
    dots = alt.Chart(rows).mark_point(size=34, filled=False, strokeWidth=1.3).encode(y=y, x=x, shape=shape, color=colour)
    base = ranking.assign(unit=ranking[f"unit_{language}"]).dropna(subset=["rank"])
    tick = alt.Chart(base).mark_tick(color=INK, thickness=2.5, size=13).encode(y=y, x=x)
    return alt.layer(span, dots, tick).properties(width=WIDTH, height=alt.Step(18))


def coefficients(results: Results, language: str) -> alt.LayerChart | None:
    """Headline estimate per node in standard deviations with 95% intervals, all firms and leave-out."""
    rows = headline_rows(results)
    if rows.empty:
        return None
    nodes = [node for node in results.inner if node in set(rows["outcome"])]
    order = [results.name(node).of(language) for node in nodes]
    names = {sample: pair.of(language) for sample, pair in SAMPLES.items()}
    rows = rows.assign(node=[results.name(node).of(language) for node in rows["outcome"]], group=rows["sample"].map(names))
    samples = [names[sample] for sample in SAMPLES if names[sample] in set(rows["group"])]
    y = alt.Y("node:N", sort=order, title=None)
    offset = alt.YOffset("group:N", sort=samples)
    colour = alt.Color(
        "group:N",
        sort=samples,
        scale=alt.Scale(domain=samples, range=[HUES[0][0], HUES[1][0]][: len(samples)]),
        legend=alt.Legend(title=None, orient="top"),
    )
    title = _say(language, "密度高 1 个标准差对应的变动（标准差）", "change with one SD more density (SDs)")
    x = alt.X("estimate_sd:Q", title=title)
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x="at:Q")
    bars = (
        alt.Chart(rows)
        .mark_rule(strokeWidth=2)
        .encode(y=y, yOffset=offset, x=alt.X("low:Q", title=title), x2="high:Q", color=colour)
    )
    dots = (
        alt.Chart(rows)
        .mark_point(filled=True, size=55, opacity=1)
        .encode(y=y, yOffset=offset, x=x, color=colour, shape=alt.Shape("group:N", sort=samples, legend=None))
    )
    return alt.layer(zero, bars, dots).properties(width=WIDTH - 60, height=alt.Step(18))


def headline_rows(results: Results) -> pd.DataFrame:
    """Regression rows of the density in the headline specification, with the interval also in standard deviations (low, high)."""
    rows = results.table("regressions")
    chosen = headline_spec(results)
    if rows.empty or chosen is None:
        return rows.iloc[0:0]
    rows = density_rows(rows[rows["spec"] == chosen]).dropna(subset=["estimate", "estimate_sd"])
    scale = (rows["estimate_sd"] / rows["estimate"]).where(rows["estimate"] != 0)
    return rows.assign(low=rows["ci_low"] * scale, high=rows["ci_high"] * scale)


def density_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose term is the density (not a control), full samples only."""
    return rows[rows["term"].str.startswith("density") & (rows["subset"].fillna("") == "")]


def headline_spec(results: Results) -> str | None:
    """Id of the specification that the study calls its headline, or the last one estimated."""
    named = [spec.id for spec in results.study.regressions.specifications if spec.headline]
    rows = results.table("regressions")
    known = list(dict.fromkeys(rows["spec"])) if len(rows) else []
    return next((spec for spec in named if spec in known), known[-1] if known else None)


def ledger(results: Results, language: str) -> alt.Chart | None:
    """Rows of each raw file: used, quarantined, out of scope."""
    table = results.table("ledger")
    if table.empty:
        return None
    names = {"used": _say(language, "采用", "used"), "quarantined": _say(language, "隔离", "quarantined")}
    names["out_of_scope"] = _say(language, "范围外", "out of scope")
    flow = file_flow(table)
    flow["source"] = flow["file"].astype(str) + flow["sheet"].fillna("").map(lambda sheet: f" / {sheet}" if sheet else "")
    long = flow.melt("source", list(names), "part", "rows")
    long["part"] = long["part"].map(names)
    return (
        alt.Chart(long)
        .mark_bar(height=14)
        .encode(
            y=alt.Y("source:N", title=None),
            x=alt.X(
                "rows:Q", title=_say(language, "行数（占比）", "share of rows"), stack="normalize", axis=alt.Axis(format="%")
            ),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=list(names.values()), range=[HUES[0][1], RISE, STILL]),
                sort=list(names.values()),
                legend=alt.Legend(title=None, orient="top"),
            ),
        )
        .properties(width=WIDTH - 60, height=alt.Step(20))
    )


def quarantine(results: Results, language: str) -> alt.LayerChart | None:
    """Findings by rule."""
    rows = results.table("quarantine")
    if rows.empty:
        return None
    counts = rows.groupby(["rule", "severity"], as_index=False).size().sort_values("size", ascending=False)
    base = alt.Chart(counts).encode(
        y=alt.Y("rule:N", sort=list(counts["rule"]), title=None), x=alt.X("size:Q", title=_say(language, "条数", "findings"))
    )
    text = base.mark_text(align="left", dx=4, color=INK).encode(text="size:Q")
    return alt.layer(base.mark_bar(height=12, color=HUES[1][1]), text).properties(width=WIDTH - 60, height=alt.Step(18))


def _say(language: str, zh: str, en: str) -> str:
    return en if language == "en" else zh


def svg(chart: alt.LayerChart | alt.Chart, prefix: str) -> str:
    """The chart as an SVG element: system fonts, ids made unique by `prefix`, the same bytes for the same data."""
    import vl_convert

    with alt.data_transformers.enable("default", max_rows=None):
        spec = _styled(chart).to_json(indent=None)
    drawn = vl_convert.vegalite_to_svg(spec)
    ids = list(dict.fromkeys(re.findall(r'\sid="([^"]+)"', drawn)))  # numbered by the renderer over its whole life
    for k, id in enumerate(ids):
        drawn = drawn.replace(f'id="{id}"', f'id="{prefix}-{k}"').replace(f"#{id})", f"#{prefix}-{k})")
    return drawn.replace('<rect width="', '<rect class="paper" width="', 1)


def _styled(chart: alt.LayerChart | alt.Chart) -> alt.LayerChart | alt.Chart:
    return (
        chart.configure(font=FONT, aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=MUTED,
            gridColor=LINE,
            domainColor=LINE,
            tickColor=LINE,
            labelLimit=260,
            labelFontSize=11,
            titleFontSize=11,
            titleFontWeight="normal",
        )
        .configure_legend(labelColor=INK, labelFontSize=11, symbolSize=90)
        .configure_axisY(grid=False)
        .configure_text(fontSize=11)
    )


FIGURES: dict[str, Figure] = {
    "ranking": Figure(ranking, Pair("指数排名与构成", "Ranking, stacked from its parts"), ("scores", "weights")),
    "weights": Figure(weights, Pair("指标权重", "Weights of the indicators"), ("weights",)),
    "trend": Figure(trend, Pair("指数均值走势", "Mean index over time"), ("scores",)),
    "heat": Figure(heat, Pair("各年得分", "Scores by year"), ("scores",)),
    "shift": Figure(shift, Pair("名次变动", "Rank shifts"), ("scores",)),
    "scenarios": Figure(scenarios, Pair("各情景下的名次", "Ranks under the scenarios"), ("scenarios", "scores")),
    "coefficients": Figure(
        coefficients, Pair("专精特新密度的系数与 95% 区间", "Coefficients of SRDI density, 95% intervals"), ("regressions",)
    ),
    "ledger": Figure(ledger, Pair("每个原始文件的行去向", "Where the rows of each raw file went"), ("ledger",)),
    "quarantine": Figure(quarantine, Pair("按规则统计的隔离条数", "Quarantine findings by rule"), ("quarantine",)),
}
