"""Figures of the models: coefficients, composition and spillover, channels, paths, curves. None where the table is missing."""

from __future__ import annotations

import pandas as pd

from ..bilingual import Bilingual
from ..colours import HUES, INK, MUTED, shades
from ..key_findings import divided
from ..key_labels import key_label
from ..label_catalogue import LEVEL_LABELS, STEP_LABELS
from ..number_format import number
from ..regression_rows import headline_rows, headline_spec
from ..results import Results
from ..sentences import SAMPLES, TOTAL
from . import charts
from .charts import Chart
from .figure_labels import Speaker

THINNED = 400
"""Points of the specification curve that are drawn."""


def coefficients(results: Results, say: Speaker) -> Chart | None:
    """Headline estimate per node in standard deviations with 95% intervals, all firms and leave-out."""
    rows = headline_rows(results)
    rows = rows[rows["outcome"].isin(results.inner)] if len(rows) else rows
    if rows.empty:
        return None
    rows = rows.assign(at=rows["outcome"].map({node: k for k, node in enumerate(results.inner)})).sort_values(["at", "sample"])
    frame = rows.rename(columns={"estimate_sd": "value"})[["value", "low", "high"]]
    frame["label"] = [say(results.name(node)) for node in rows["outcome"]]
    frame["key"] = [say(SAMPLES[sample]) for sample in rows["sample"]]
    hues = dict(zip(SAMPLES, (HUES[0][0], HUES[1][0])))
    colours = {say(SAMPLES[sample]): hue for sample, hue in hues.items() if sample in set(rows["sample"])}
    title = Bilingual("密度高 1 个标准差对应的变动（标准差）", "change with one SD more density (SDs)")
    return charts.intervals(frame, colours, title=say.title(title))


PART = {"value": "part", "low": "ci_low", "high": "ci_high"}


def channels(results: Results, say: Speaker) -> Chart | None:
    """Each part's share of the headline coefficient: part = weight x its own coefficient, with its interval."""
    rows = results.table("channels")
    rows = rows[(rows["parent"] == results.tree.root) & (rows["sample"] == "all")] if len(rows) else rows
    rows = rows[rows["node"].isin(results.parts)].set_index("node") if len(rows) else rows
    nodes = [node for node in results.parts if node in rows.index]
    if not nodes:
        return None
    rows, colours = rows.loc[nodes], shades(results.tree)
    frame = pd.DataFrame({name: 100 * rows[column].to_numpy(dtype=float) for name, column in PART.items()})
    frame["label"] = [say(results.name(node)) for node in nodes]
    frame["colour"] = [colours.get(node, MUTED) for node in nodes]
    title = Bilingual("权重 × 该部分的系数（得分点，每单位密度）", "weight x the part's coefficient (points per unit of density)")
    return charts.bars(frame, title=say.title(title))


def split(results: Results, say: Speaker) -> Chart | None:
    """The coefficient on all firms, and the spillover and composition that add up to it, in standard deviations."""
    found = divided(results)
    if found is None:
        return None
    front, rows = found
    names = {
        "": Bilingual("可拆分部分，全部企业", "splittable part, all firms") if front else Bilingual("全部企业", "all firms"),
        "_spillover": Bilingual("外溢（从未被认定的企业）", "spillover (never recognised)"),
        "_composition": Bilingual("构成（专精特新企业自身）", "composition (recognised firms)"),
    }
    frame = pd.DataFrame([{"value": row["value"], "low": row["ci_low"], "high": row["ci_high"]} for row in rows.values()])
    frame["label"] = [say(names[part]) for part in rows]
    key = say(Bilingual("95% 区间（自助法）", "95% interval (bootstrap)"))
    title = Bilingual("密度高 1 个标准差对应的变动（标准差）", "change with one SD more density (SDs)")
    return charts.intervals(frame.assign(key=key), {key: HUES[0][0]}, title=say.title(title))


def path(results: Results, say: Speaker) -> Chart | None:
    """Mean index beside the path with density held at its first year."""
    rows = results.table("contribution")
    rows = rows[(rows["item"] == "B") & (rows["unit"] == TOTAL) & (rows["sample"] == "all")] if len(rows) else rows
    rows = rows[rows["spec"] == headline_spec(results)] if len(rows) else rows
    if rows.empty:
        return None
    names = {
        "actual": say(Bilingual("实际", "actual")),
        "counterfactual": say(Bilingual("密度停在起始年", "density held at its first year")),
    }
    frame = pd.DataFrame({"x": rows["to_year"].astype(int), "value": 100 * rows["value"]})
    frame = frame.assign(low=100 * rows["ci_low"], high=100 * rows["ci_high"], key=rows["quantity"].map(names))
    return charts.lines(
        frame, dict(zip(names.values(), (INK, HUES[1][0]))), title=say.title(Bilingual("各单位平均得分", "mean score over units"))
    )


def multiverse(results: Results, say: Speaker) -> Chart | None:
    """Every design times every specification, sorted, thinned to what a figure can hold; the headline marked."""
    rows = results.table("multiverse")
    if rows.empty:
        return None
    rows = rows.sort_values("position", ignore_index=True)
    step = max(1, len(rows) // THINNED)
    kept = rows[(rows.index % step == 0) | rows["headline"].astype(bool)]
    frame = kept.rename(
        columns={"position": "x", "estimate_sd": "value", "ci_low": "low", "ci_high": "high", "headline": "marked"}
    )
    frame = frame[["x", "value", "low", "high", "marked"]].astype({"x": float, "marked": bool})
    return charts.curve(frame, title=say.title(Bilingual("标准化系数", "coefficient in SDs")))


def mode_matrix(results: Results, say: Speaker) -> Chart | None:
    """4 x 6: sub-dimensions of the leave-out index on the density of each mode, in SDs; predicted cells framed."""
    rows = results.table("mode_matrix")
    if rows.empty:
        return None
    labels = results.study.modes.labels
    modes = {mode: say(Bilingual(getattr(labels, mode).zh, getattr(labels, mode).en)) for mode in type(labels).model_fields}
    nodes = {node: say(results.name(node)) for node in results.parts if node in set(rows["outcome"])}
    kept = rows[rows["mode"].isin(modes) & rows["outcome"].isin(nodes)].sort_values(["mode", "outcome"])
    frame = pd.DataFrame({"label": kept["mode"].map(modes), "x": kept["outcome"].map(nodes), "value": kept["estimate_sd"]})
    signed = [("+" if value > 0.005 else "") + number(value, 2) for value in kept["estimate_sd"]]
    frame["text"] = [text + ("*" if p <= 0.05 else "") for text, p in zip(signed, kept["p_wild"])]
    frame["marked"] = kept["predicted"].astype(bool)
    title = Bilingual("标准化系数", "coefficient in SDs")
    return charts.matrix(frame, list(modes.values()), list(nodes.values()), title=say(title))


def event_study(results: Results, say: Speaker) -> Chart | None:
    """Firm-level effects by year since recognition, one colour per estimator, for the first outcome."""
    rows = results.table("event_study")
    rows = rows.dropna(subset=["time", "estimate", "ci_low"]) if len(rows) else rows
    if rows.empty:
        return None
    first = rows["outcome"].iloc[0]
    rows = rows[rows["outcome"] == first].sort_values(["time", "estimator"])
    chosen = list(dict.fromkeys(rows["estimator"]))[: len(HUES)]
    rows = rows[rows["estimator"].isin(chosen)]
    names = {estimator: say(key_label(results, "estimator", estimator)) for estimator in chosen}
    frame = rows.rename(columns={"estimate": "value", "ci_low": "low", "ci_high": "high"})
    frame = frame.assign(key=rows["estimator"].map(names), x=[_signed(int(time)) for time in rows["time"]])
    colours = {name: HUES[k][0] for k, name in enumerate(names.values())}
    return charts.events(
        frame[["x", "key", "value", "low", "high"]], colours, title=say.title(key_label(results, "outcome", first))
    )


def _signed(years: int) -> str:
    """Years since recognition with a sign; none on zero."""
    return f"{years:+d}".replace("-", "−") if years else "0"


def choices(results: Results, say: Speaker) -> Chart | None:
    """Share of the multiverse's variance that goes with each choice, the largest first."""
    rows = results.table("multiverse_summary")
    rows = rows[(rows["quantity"] == "variance_share") & rows["value"].notna()] if len(rows) else rows
    if rows.empty:
        return None
    rows = rows.sort_values(["value", "choice"], ascending=[False, True])
    hue = {"design": HUES[0][1], "specification": HUES[1][1]}
    frame = pd.DataFrame({"value": 100 * rows["value"].to_numpy(), "text": [number(100 * share, 1) for share in rows["value"]]})
    frame["label"] = [say(_choice(results, kind, choice)) for kind, choice in zip(rows["kind"], rows["choice"])]
    frame["colour"] = [hue.get(kind, MUTED) for kind in rows["kind"]]
    return charts.bars(frame, title=say.title(Bilingual("占系数方差的份额（%）", "share of the variance of the coefficient (%)")))


def _choice(results: Results, kind: str, choice: str) -> Bilingual:
    """A choice in words, and whether it belongs to the index or to the regression."""
    step, _, level = choice.partition(".")
    name, where = key_label(results, "kind", kind), LEVEL_LABELS.get(level)
    what = STEP_LABELS.get(step) or key_label(results, "choice", step)
    at = Bilingual(f"（{where.zh}）", f" ({where.en})") if where else Bilingual("", "")
    return Bilingual(f"{name.zh}：{what.zh}{at.zh}", f"{name.en}: {what.en}{at.en}")
