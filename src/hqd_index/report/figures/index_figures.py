"""Figures of the index: ranking, weights, change, scenarios, how sure the ranks are. None where the table is missing."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from ..bilingual import Bilingual
from ..colours import FALL_COLOUR, HUES, INK, LINE_COLOUR, MUTED_INK, RISE_COLOUR, STEADY_COLOUR, node_colours
from ..key_labels import key_label
from ..number_format import number
from ..results import Results
from ..unit_ends import end_rows
from ..wording import wording
from . import charts
from .charts import Chart
from .figure_labels import MAX_LABEL_WIDTH, YEAR, FigureLabels, short_unit_name

RANK = wording("figures.axis.rank")
COLOURED_SHIFT = 3
"""Places from which a shift of rank is coloured."""


def ranking(results: Results, labels: FigureLabels) -> Chart | None:
    """Latest year's index, stacked from its parts, the best on top."""
    if not results.years:
        return None
    table = end_rows(results.ranking(results.years[-1]).dropna(subset=["score"]))
    names = dict(zip(table["unit"], labels.unit_names(table["unit_zh"], table["unit_en"])))
    colours = {labels(results.name(node)): colour for node, colour in _node_colours(results, results.parts).items()}
    node_parts = results.stacked_parts(results.years[-1]).set_index("unit")
    node_parts = node_parts.loc[[unit for unit in table["unit"] if unit in node_parts.index]].reset_index()
    frame = pd.DataFrame({"label": node_parts["unit"].map(names), "value": node_parts["part"]})
    frame["key"] = [labels(results.name(node)) for node in node_parts["node"]]
    end_labels = pd.DataFrame(
        {"label": table["unit"].map(names), "value": table["score"], "text": table["score"].map("{:.1f}".format)}
    )
    scale = results.score_scale
    score_label = wording("figures.axis.scaled_score", scale=scale)
    return charts.stacked_bars(frame, colours, title=labels.title(score_label), ends=end_labels)


def _node_colours(results: Results, nodes: Iterable[str]) -> dict[str, str]:
    node_colour = node_colours(results.tree)
    return {node: node_colour.get(node, MUTED_INK) for node in nodes}


def weights(results: Results, labels: FigureLabels) -> Chart | None:
    """Share of every indicator in the whole index, coloured by part."""
    rows = results.latest_weights.set_index("node")
    leaves = [leaf for leaf in results.leaves if leaf in rows.index]
    if not leaves:
        return None
    shares = [100 * float(rows["share_global"][leaf]) for leaf in leaves]
    colours = node_colours(results.tree)
    frame = pd.DataFrame({"value": shares, "text": [number(leaf_share, 1) for leaf_share in shares]})
    frame["label"] = [labels(Bilingual(f"{results.name(leaf).zh} {leaf}", f"{results.name(leaf).en} {leaf}")) for leaf in leaves]
    frame["colour"] = [colours.get(leaf) or colours.get(results.tree.parent(leaf) or "", MUTED_INK) for leaf in leaves]
    return charts.bar_chart(frame, title=labels.title(wording("figures.axis.share_in_index")))


def trend(results: Results, labels: FigureLabels) -> Chart | None:
    """Mean over units of the index and its dimensions, by year."""
    if len(results.years) < 3:
        return None
    nodes = [results.tree.root, *(results.dimensions if len(results.dimensions) <= len(HUES) else [])]
    rows = results.scores[results.scores["node"].isin(nodes)]
    mean_scores = rows.groupby(["node", "year"], as_index=False)["score"].mean().dropna()
    frame = pd.DataFrame({"x": mean_scores["year"], "value": mean_scores["score"]})
    frame["key"] = [labels(results.name(node)) for node in mean_scores["node"]]
    colours = {results.tree.root: INK} | _node_colours(results, nodes[1:])
    colour_by_label = {labels(results.name(node)): colour for node, colour in colours.items()}
    title = labels.title(wording("figures.axis.mean_score", scale=results.score_scale))
    return charts.line_chart(frame, colour_by_label, title=title, x_title=labels.title(YEAR))


def heat(results: Results, labels: FigureLabels) -> Chart | None:
    """Index of every unit in every year, ordered by the latest year."""
    if len(results.years) < 2:
        return None
    rows = results.scores[results.scores["node"] == results.tree.root].dropna(subset=["score"])
    order = end_rows(results.ranking(results.years[-1]))
    rows = rows[rows["unit"].isin(set(order["unit"]))]
    frame = pd.DataFrame(
        {"label": labels.unit_names(rows["unit_zh"], rows["unit_en"]), "x": rows["year"], "value": rows["score"]}
    )
    return charts.heat_map(
        frame, labels.unit_names(order["unit_zh"], order["unit_en"]), title=labels.title(wording("figures.axis.score"))
    )


def shift(results: Results, labels: FigureLabels) -> Chart | None:
    """Ranks in the first and the latest year, joined."""
    if len(results.years) < 2:
        return None
    first_year, last_year = results.years[0], results.years[-1]
    earlier_ranking, latest_ranking = (results.ranking(year).set_index("unit") for year in (first_year, last_year))
    rows_ranked_twice = end_rows(latest_ranking.assign(then=earlier_ranking["rank"]).dropna(subset=["rank", "then"]))
    if rows_ranked_twice.empty:
        return None
    colours = {
        labels(wording("figures.shift.up", places=COLOURED_SHIFT)): RISE_COLOUR,
        labels(wording("figures.shift.down", places=COLOURED_SHIFT)): FALL_COLOUR,
        labels(wording("figures.shift.little", places=COLOURED_SHIFT)): STEADY_COLOUR,
    }
    risen_label, fallen_label, steady_label = colours
    rows = []
    for unit, row in rows_ranked_twice.iterrows():
        rank_gain = float(row["then"]) - float(row["rank"])
        trend_label = (
            risen_label if rank_gain >= COLOURED_SHIFT else fallen_label if rank_gain <= -COLOURED_SHIFT else steady_label
        )
        first_rank, last_rank = int(row["then"]), int(row["rank"])
        unit_label = short_unit_name(row["unit_zh"], row["unit_en"], MAX_LABEL_WIDTH - 2)  # the rank beside it needs room
        rows.append(
            (
                labels(short_unit_name(row["unit_zh"], row["unit_en"])),
                unit,
                str(first_year),
                first_rank,
                labels(Bilingual(f"{unit_label.zh}  {first_rank}", f"{unit_label.en}  {first_rank}")),
                trend_label,
            )
        )
        rows.append(
            (
                labels(short_unit_name(row["unit_zh"], row["unit_en"])),
                unit,
                str(last_year),
                last_rank,
                labels(Bilingual(f"{last_rank}  {unit_label.zh}", f"{last_rank}  {unit_label.en}")),
                trend_label,
            )
        )
    columns = ["label", "unit", "x", "value", "text", "key"]
    return charts.slope_chart(pd.DataFrame(rows, columns=columns), colours, title=labels.title(RANK), x_title=labels.title(YEAR))


def scenarios(results: Results, labels: FigureLabels) -> Chart | None:
    """Ranks under every scenario beside the published rank, latest year."""
    rows = results.index_scenarios
    if rows.empty or not results.years:
        return None
    ranking = end_rows(results.ranking(results.years[-1]).dropna(subset=["rank"]))
    names = dict(zip(ranking["unit"], labels.unit_names(ranking["unit_zh"], ranking["unit_en"])))
    rows = rows[(rows["year"] == results.years[-1]) & rows["unit"].isin(set(names))].dropna(subset=["rank"])
    frame = pd.DataFrame({"label": rows["unit"].map(names), "value": rows["rank"].astype(float)})
    frame["key"] = [labels.title(Bilingual(zh, en)) for zh, en in zip(rows["scenario_zh"], rows["scenario_en"])]
    base = pd.DataFrame({"label": ranking["unit"].map(names), "value": ranking["rank"].astype(float)})
    base["key"] = labels.title(wording("figures.rank.published"))
    return charts.rank_ranges(pd.concat([base, frame]), base, title=labels.title(RANK))


def acceptability(results: Results, labels: FigureLabels) -> Chart | None:
    """Share of the draws in which a unit is in the best quarter, the middle and the last quarter, latest year."""
    rows = results.table("acceptability")
    if rows.empty or not results.years:
        return None
    all_ranked = results.ranking(results.years[-1]).dropna(subset=["rank"])
    ranking, count = end_rows(all_ranked), len(all_ranked)
    names = dict(zip(ranking["unit"], labels.unit_names(ranking["unit_zh"], ranking["unit_en"])))
    rows = rows[(rows["year"] == rows["year"].max()) & rows["unit"].isin(set(names))]
    quarter = math.ceil(count / 4)
    bands = {
        labels(wording("figures.rank_band.best")): rows["rank"] <= quarter,
        labels(wording("figures.rank_band.middle")): (rows["rank"] > quarter) & (rows["rank"] <= count - quarter),
        labels(wording("figures.rank_band.last")): rows["rank"] > count - quarter,
    }
    share_columns = [rows[band].groupby("unit")["share"].sum().rename(band_label) for band_label, band in bands.items()]
    band_shares = (
        pd.concat(share_columns, axis=1).fillna(0.0).reindex([unit for unit in ranking["unit"] if unit in set(rows["unit"])])
    )
    frame = band_shares.rename(index=names).rename_axis("label").reset_index().melt("label", list(bands), "key", "value")
    colours = dict(zip(bands, (HUES[0][0], LINE_COLOUR, HUES[1][1])))
    return charts.stacked_bars(frame, colours, title=labels.title(wording("figures.axis.share_of_draws")))


def sensitivity(results: Results, labels: FigureLabels) -> Chart | None:
    """Which choice matters: total Sobol index of every factor for the first output, with its interval."""
    rows = results.table("sensitivity").dropna(subset=["total"]) if results.has("sensitivity") else results.table("sensitivity")
    if rows.empty:
        return None
    rows = rows[rows["output"] == "mean_shift"].sort_values(["total", "factor"], ascending=[False, True])
    frame = pd.DataFrame(
        {
            "label": [labels(key_label(results, "factor", factor_name)) for factor_name in rows["factor"]],
            "value": rows["total"].to_numpy(),
        }
    )
    frame = frame.assign(low=rows["total_low"].to_numpy(), high=rows["total_high"].to_numpy(), colour=HUES[0][1])
    return charts.bar_chart(frame, title=labels.title(wording("figures.axis.sobol")))
