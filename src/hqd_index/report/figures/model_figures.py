"""Figures of the models: coefficients, composition and spillover, channels, paths, curves. None where the table is missing."""

from __future__ import annotations

import pandas as pd

from ..bilingual import Bilingual
from ..colours import HUES, INK, MUTED_INK, node_colours
from ..key_findings import contribution_row, split_effects
from ..key_labels import key_label
from ..label_catalogue import LEVEL_LABELS, STEP_LABELS
from ..number_format import number, p_value
from ..regression_rows import headline_rows, headline_spec, judged_outcome
from ..results import Results
from ..sentences import SAMPLES, TOTAL
from ..wording import wording
from . import charts
from .charts import Chart
from .curve_options import option_cells
from .figure_labels import MAX_CHOICE_WIDTH, YEAR, FigureLabels

CURVE_POINTS = 200
"""Points of the specification curve that are drawn."""


def coefficients(results: Results, labels: FigureLabels) -> Chart | None:
    """Headline estimate per node in standard deviations with 95% intervals, all firms and leave-out."""
    rows = headline_rows(results)
    judged = judged_outcome(results, "leave_out")
    nodes = [*results.inner, *([judged] if judged not in results.inner else [])]
    rows = rows[rows["outcome"].isin(nodes)] if len(rows) else rows
    if rows.empty:
        return None
    if judged not in results.inner:  # the whole index without recognised firms is mostly that with them
        rows = rows[(rows["outcome"] != results.tree.root) | (rows["sample"] != "leave_out")]
    rows = rows.assign(at=rows["outcome"].map({node: k for k, node in enumerate(nodes)})).sort_values(["at", "sample"])
    frame = rows.rename(columns={"estimate_sd": "value"})[["value", "low", "high"]]
    frame["label"] = [labels(results.name(node)) for node in rows["outcome"]]
    frame["key"] = [labels(SAMPLES[sample]) for sample in rows["sample"]]
    colour_by_sample = dict(zip(SAMPLES, (HUES[0][0], HUES[1][0])))
    colours = {labels(SAMPLES[sample]): colour for sample, colour in colour_by_sample.items() if sample in set(rows["sample"])}
    title = wording("figures.axis.effect_sds")
    return charts.interval_plot(frame, colours, title=labels.title(title))


CHANNEL_COLUMNS = {"value": "part", "low": "ci_low", "high": "ci_high"}


def channels(results: Results, labels: FigureLabels) -> Chart | None:
    """Each part's share of the headline coefficient: part = weight x its own coefficient, with its interval."""
    rows = results.table("channels")
    rows = rows[(rows["parent"] == results.tree.root) & (rows["sample"] == "all")] if len(rows) else rows
    rows = rows[rows["node"].isin(results.parts)].set_index("node") if len(rows) else rows
    nodes = [node for node in results.parts if node in rows.index]
    if not nodes:
        return None
    rows, colours = rows.loc[nodes], node_colours(results.tree)
    frame = pd.DataFrame(
        {channel_name: 100 * rows[column].to_numpy(dtype=float) for channel_name, column in CHANNEL_COLUMNS.items()}
    )
    frame["label"] = [labels(results.name(node)) for node in nodes]
    frame["colour"] = [colours.get(node, MUTED_INK) for node in nodes]
    title = wording("figures.axis.channel_points")
    return charts.bar_chart(frame, title=labels.title(title))


def composition(results: Results, labels: FigureLabels) -> Chart | None:
    """A ladder in points of the score: all firms, the part that can be split, composition and spillover, which make it up."""
    split_rows = split_effects(results)
    if split_rows is None:
        return None
    prefix, rows = split_rows
    index_effect = contribution_row(results, "effect_points") if prefix else None
    if index_effect is not None:
        rows = {"_whole": index_effect, **rows}
    names = {
        "_whole": wording("figures.effect.whole_index"),
        "": wording("figures.effect.splittable" if prefix else "figures.effect.whole_index"),
        "_spillover": wording("figures.effect.spillover"),
        "_composition": wording("figures.effect.composition"),
    }
    frame = pd.DataFrame(
        [
            {"value": effect_row["value"], "low": effect_row["ci_low"], "high": effect_row["ci_high"]}
            for effect_row in rows.values()
        ]
    )
    frame["label"] = [labels(names[component]) for component in rows]
    key = labels(wording("figures.interval"))
    title = wording("figures.axis.effect_points")
    return charts.interval_plot(frame.assign(key=key), {key: HUES[0][0]}, title=labels.title(title))


def counterfactual_path(results: Results, labels: FigureLabels) -> Chart | None:
    """Mean index beside the path with density held at its first year."""
    rows = results.table("contribution")
    rows = rows[(rows["item"] == "B") & (rows["unit"] == TOTAL) & (rows["sample"] == "all")] if len(rows) else rows
    rows = rows[rows["spec"] == headline_spec(results)] if len(rows) else rows
    if rows.empty:
        return None
    names = {
        "actual": labels(wording("figures.path.actual")),
        "counterfactual": labels(wording("figures.path.counterfactual")),
    }
    frame = pd.DataFrame({"x": rows["to_year"].astype(int), "value": 100 * rows["value"]})
    frame = frame.assign(low=100 * rows["ci_low"], high=100 * rows["ci_high"], key=rows["quantity"].map(names))
    return charts.line_chart(
        frame,
        dict(zip(names.values(), (INK, HUES[1][0]))),
        title=labels.title(wording("figures.axis.mean_score", scale=results.score_scale)),
        x_title=labels.title(YEAR),
    )


def multiverse(results: Results, labels: FigureLabels) -> Chart | None:
    """Every design times every specification, sorted, thinned to what a figure can hold; the headline marked."""
    rows = results.table("multiverse")
    rows = rows[rows["sample"] == "all"] if len(rows) else rows
    if rows.empty:
        return None
    rows = rows.sort_values("position", ignore_index=True)
    step = max(1, len(rows) // CURVE_POINTS)
    thinned_rows = rows[(rows.index % step == 0) | rows["headline"].astype(bool)]
    frame = thinned_rows.rename(
        columns={"position": "x", "estimate_sd": "value", "ci_low": "low", "ci_high": "high", "headline": "marked"}
    )
    frame = frame[["x", "value", "low", "high", "marked"]].astype({"x": float, "marked": bool})
    options = option_cells(results, rows, labels)
    title = labels.title(wording("figures.axis.coefficient"))
    x_title = labels.title(wording("figures.axis.specifications"))
    order = labels.title(wording("figures.axis.place"))
    return charts.specification_curve(frame, options, title=title, x_title=x_title, order=order)


def mode_matrix(results: Results, labels: FigureLabels) -> Chart | None:
    """4 x 6: sub-dimensions of the leave-out index on the density of each mode, in SDs; predicted cells framed."""
    rows = results.table("mode_matrix")
    if rows.empty:
        return None
    mode_labels = results.study.modes.labels
    modes = {
        mode: labels(Bilingual(getattr(mode_labels, mode).zh, getattr(mode_labels, mode).en), MAX_CHOICE_WIDTH)
        for mode in type(mode_labels).model_fields
    }
    nodes = {node: labels(results.name(node)) for node in results.parts if node in set(rows["outcome"])}
    shown_cells = rows[rows["mode"].isin(modes) & rows["outcome"].isin(nodes)].sort_values(["mode", "outcome"])
    frame = pd.DataFrame(
        {"label": shown_cells["mode"].map(modes), "x": shown_cells["outcome"].map(nodes), "value": shown_cells["estimate_sd"]}
    )
    signed_texts = [("+" if estimate > 0.005 else "") + number(estimate, 2) for estimate in shown_cells["estimate_sd"]]
    frame["text"] = [signed_text + ("*" if p <= 0.05 else "") for signed_text, p in zip(signed_texts, shown_cells["p_wild"])]
    frame["marked"] = shown_cells["predicted"].astype(bool)
    title = wording("figures.axis.coefficient_sds")
    return charts.colour_matrix(frame, list(modes.values()), list(nodes.values()), title=labels(title))


def event_study(results: Results, labels: FigureLabels) -> Chart | None:
    """Firm-level effects by year since recognition, one colour per estimator, for the first outcome."""
    rows = results.table("event_study")
    rows = rows.dropna(subset=["time", "estimate", "ci_low"]) if len(rows) else rows
    if rows.empty:
        return None
    first_outcome = rows["outcome"].iloc[0]
    rows = rows[rows["outcome"] == first_outcome].sort_values(["time", "estimator"])
    estimators = list(dict.fromkeys(rows["estimator"]))[: len(HUES)]
    rows = rows[rows["estimator"].isin(estimators)]
    names = {estimator: labels.title(_estimator_with_pre_trend(results, estimator, first_outcome)) for estimator in estimators}
    frame = rows.rename(columns={"estimate": "value", "ci_low": "low", "ci_high": "high"})
    frame = frame.assign(key=rows["estimator"].map(names), x=[_signed_years(int(time)) for time in rows["time"]])
    colours = {estimator_name: HUES[k][0] for k, estimator_name in enumerate(names.values())}
    return charts.event_plot(
        frame[["x", "key", "value", "low", "high"]],
        colours,
        title=labels.title(key_label(results, "outcome", first_outcome)),
        x_title=labels.title(wording("figures.axis.years_since")),
    )


def overlap(results: Results, labels: FigureLabels) -> Chart | None:
    """Shares of treated and never recognised firms by log odds of recognition."""
    rows = results.table("overlap")
    if rows.empty:
        return None
    names = {group: labels(key_label(results, "firm_group", group)) for group in ("treated", "controls")}
    middle = [number((low + high) / 2, 1) for low, high in zip(rows["odds_low"], rows["odds_high"])]
    frame = pd.DataFrame({
        "x": [f"{int(place):02d} ({odds})" for place, odds in zip(rows["bin"], middle)],
        "key": rows["firm_group"].map(names), "value": 100 * rows["share"],
    })  # fmt: skip
    colours = {name: HUES[k][0] for k, name in enumerate(names.values())}
    title = labels.title(wording("figures.axis.share_of_group"))
    odds_title = labels.title(wording("figures.axis.log_odds"))
    return charts.line_chart(frame, colours, title=title, x_title=odds_title)


def _estimator_with_pre_trend(results: Results, estimator: str, outcome: str) -> Bilingual:
    """An estimator and the p of its joint test of the years before recognition, where it has one."""
    label, rows = key_label(results, "estimator", estimator), results.table("event_study")
    of_test = (rows["estimator"] == estimator) & (rows["outcome"] == outcome) & (rows["quantity"] == "pre_trend_f")
    p = rows.loc[of_test, "p"].dropna()
    if p.empty:
        return label
    text = p_value(p.iloc[0])
    text = text if text.startswith("<") else f"= {text}"
    return wording("figures.pre_trend", estimator=label, p=text)


def _signed_years(years: int) -> str:
    """Years since recognition with a sign; none on zero."""
    return f"{years:+d}".replace("-", "−") if years else "0"


def variance_by_choice(results: Results, labels: FigureLabels) -> Chart | None:
    """Share of the multiverse's variance that goes with each choice, the largest first."""
    rows = results.table("multiverse_summary")
    rows = rows[(rows["quantity"] == "variance_share") & rows["value"].notna()] if len(rows) else rows
    rows = rows[rows["sample"] == "all"] if len(rows) else rows
    if rows.empty:
        return None
    rows = rows.sort_values(["value", "choice"], ascending=[False, True])
    colour_by_choice = {"design": HUES[0][1], "specification": HUES[1][1]}
    frame = pd.DataFrame({"value": 100 * rows["value"].to_numpy(), "text": [number(100 * share, 1) for share in rows["value"]]})
    frame["label"] = [
        labels(_choice_label(results, choice_type, choice), MAX_CHOICE_WIDTH)
        for choice_type, choice in zip(rows["kind"], rows["choice"])
    ]
    frame["colour"] = [colour_by_choice.get(choice_type, MUTED_INK) for choice_type in rows["kind"]]
    return charts.bar_chart(frame, title=labels.title(wording("figures.axis.variance_share")))


def _choice_label(results: Results, choice_type: str, choice: str) -> Bilingual:
    """A choice in words, and whether it belongs to the index or to the regression."""
    step, _, level = choice.partition(".")
    name, level_label = key_label(results, "kind", choice_type), LEVEL_LABELS.get(level)
    step_name = STEP_LABELS.get(step) or key_label(results, "choice", step)
    level_text = Bilingual(f"（{level_label.zh}）", f" ({level_label.en})") if level_label else Bilingual("", "")
    return Bilingual(f"{name.zh}：{step_name.zh}{level_text.zh}", f"{name.en}: {step_name.en}{level_text.en}")
