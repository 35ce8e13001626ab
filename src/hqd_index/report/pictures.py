"""Which figure shows which table: frames for the kinds of chart in figures.py. A figure that lacks its table is None."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pandas as pd

from . import figures
from .figures import HUES, INK, MUTED, RISE, STILL, Chart, shades
from .results import Results
from .sentences import SAMPLES, TOTAL, file_flow, quantity
from .words import Pair, legible, number

WIDEST = 24.0
"""Ems of a label drawn in a figure."""
MOVED = 3
"""Places from which a shift of rank is coloured."""


@dataclass
class Speaker:
    """Turns pairs into the text that is drawn: one language, or (`both`) the wider of the two, kept to be replaced later."""

    language: str
    known: dict[str, Pair] = field(default_factory=dict)

    def __call__(self, pair: Pair) -> str:
        short = Pair(_cut(pair.zh), _cut(pair.en))
        if self.language != "both":
            return short.of(self.language)
        text = max(short, key=_width)
        self.known[text] = short
        return text

    def all(self, zh: Iterable[str], en: Iterable[str]) -> list[str]:
        return [self(Pair(str(a), str(b))) for a, b in zip(zh, en)]


def _width(text: str) -> float:
    """Width in ems, about."""
    return sum(1.0 if ord(sign) > 0x2E80 else 0.56 for sign in text)


def _cut(text: str) -> str:
    """The text, ended by an ellipsis where it is wider than a label may be."""
    while _width(text) > WIDEST:
        text = text.rstrip("…")[:-1].rstrip() + "…"
    return text


@dataclass(frozen=True)
class Picture:
    """A figure's maker, its title and the tables it shows."""

    make: Callable[[Results, Speaker], Chart | None]
    title: Pair
    sources: tuple[str, ...]


def ranking(results: Results, say: Speaker) -> Chart | None:
    """Latest year's index, stacked from its parts, the best on top."""
    if not results.years:
        return None
    table = results.ranking(results.years[-1]).dropna(subset=["score"])
    names = dict(zip(table["unit"], say.all(table["unit_zh"], table["unit_en"])))
    colours = {say(results.name(node)): colour for node, colour in _colours(results, results.parts).items()}
    parts = results.stacked(results.years[-1]).set_index("unit")
    parts = parts.loc[[unit for unit in table["unit"] if unit in parts.index]].reset_index()
    frame = pd.DataFrame({"label": parts["unit"].map(names), "value": parts["part"]})
    frame["key"] = [say(results.name(node)) for node in parts["node"]]
    ends = pd.DataFrame({"label": table["unit"].map(names), "value": table["score"], "text": table["score"].map("{:.1f}".format)})
    return figures.stacked(frame, colours, title=say(Pair("得分（0–100）", "score (0-100)")), ends=ends)


def _colours(results: Results, nodes: Iterable[str]) -> dict[str, str]:
    known = shades(results.tree)
    return {node: known.get(node, MUTED) for node in nodes}


def weights(results: Results, say: Speaker) -> Chart | None:
    """Share of every indicator in the whole index, coloured by part."""
    rows = results.latest_weights.set_index("node")
    leaves = [leaf for leaf in results.leaves if leaf in rows.index]
    if not leaves:
        return None
    share = [100 * float(rows["share_global"][leaf]) for leaf in leaves]
    colours = shades(results.tree)
    frame = pd.DataFrame({"value": share, "text": [number(value, 1) for value in share]})
    frame["label"] = [say(Pair(f"{results.name(leaf).zh} {leaf}", f"{results.name(leaf).en} {leaf}")) for leaf in leaves]
    frame["colour"] = [colours.get(leaf) or colours.get(results.tree.parent(leaf) or "", MUTED) for leaf in leaves]
    return figures.bars(frame, title=say(Pair("总权重（%）", "share in the index (%)")))


def trend(results: Results, say: Speaker) -> Chart | None:
    """Mean over units of the index and its dimensions, by year."""
    if len(results.years) < 3:
        return None
    nodes = [results.tree.root, *(results.dimensions if len(results.dimensions) <= len(HUES) else [])]
    rows = results.scores[results.scores["node"].isin(nodes)]
    means = rows.groupby(["node", "year"], as_index=False)["score"].mean().dropna()
    frame = pd.DataFrame({"x": means["year"], "value": means["score"]})
    frame["key"] = [say(results.name(node)) for node in means["node"]]
    colours = {results.tree.root: INK} | _colours(results, nodes[1:])
    keyed = {say(results.name(node)): colour for node, colour in colours.items()}
    return figures.lines(frame, keyed, title=say(Pair("各单位平均得分", "mean score over units")))


def heat(results: Results, say: Speaker) -> Chart | None:
    """Index of every unit in every year, ordered by the latest year."""
    if len(results.years) < 2:
        return None
    rows = results.scores[results.scores["node"] == results.tree.root].dropna(subset=["score"])
    order = results.ranking(results.years[-1])
    frame = pd.DataFrame({"label": say.all(rows["unit_zh"], rows["unit_en"]), "x": rows["year"], "value": rows["score"]})
    return figures.heat(frame, say.all(order["unit_zh"], order["unit_en"]), title=say(Pair("得分", "score")))


def shift(results: Results, say: Speaker) -> Chart | None:
    """Ranks in the first and the latest year, joined."""
    if len(results.years) < 2:
        return None
    first, last = results.years[0], results.years[-1]
    then, now = (results.ranking(year).set_index("unit") for year in (first, last))
    both = now.assign(then=then["rank"]).dropna(subset=["rank", "then"])
    if both.empty:
        return None
    colours = {
        say(Pair(f"▲ 升 {MOVED} 位以上", f"▲ up {MOVED} or more")): RISE,
        say(Pair(f"▼ 降 {MOVED} 位以上", f"▼ down {MOVED} or more")): figures.FALL,
        say(Pair(f"变动不足 {MOVED} 位", f"less than {MOVED}")): STILL,
    }
    up, down, still = colours
    rows = []
    for unit, row in both.iterrows():
        move = float(row["then"]) - float(row["rank"])
        key = up if move >= MOVED else down if move <= -MOVED else still
        left, right = int(row["then"]), int(row["rank"])
        name = Pair(row["unit_zh"], row["unit_en"])
        rows.append((unit, str(first), left, say(Pair(f"{name.zh}  {left}", f"{name.en}  {left}")), key))
        rows.append((unit, str(last), right, say(Pair(f"{right}  {name.zh}", f"{right}  {name.en}")), key))
    return figures.slope(pd.DataFrame(rows, columns=["unit", "x", "value", "text", "key"]), colours)


def scenarios(results: Results, say: Speaker) -> Chart | None:
    """Ranks under every scenario beside the published rank, latest year."""
    rows = results.whole_scenarios
    if rows.empty or not results.years:
        return None
    ranking = results.ranking(results.years[-1]).dropna(subset=["rank"])
    names = dict(zip(ranking["unit"], say.all(ranking["unit_zh"], ranking["unit_en"])))
    rows = rows[(rows["year"] == results.years[-1]) & rows["unit"].isin(set(names))].dropna(subset=["rank"])
    frame = pd.DataFrame({"label": rows["unit"].map(names), "value": rows["rank"].astype(float)})
    base = pd.DataFrame({"label": ranking["unit"].map(names), "value": ranking["rank"].astype(float)})
    return figures.ranges(frame, base, title=say(Pair("名次（1 为最好）", "rank (1 is best)")))


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
    title = Pair("密度高 1 个标准差对应的变动（标准差）", "change with one SD more density (SDs)")
    return figures.intervals(frame, colours, title=say(title))


def headline_rows(results: Results) -> pd.DataFrame:
    """Rows of the density in the headline specification, with the interval also in standard deviations (low, high)."""
    rows, chosen = results.table("regressions"), headline_spec(results)
    if rows.empty or chosen is None:
        return rows.iloc[0:0]
    rows = density_rows(rows[rows["spec"] == chosen]).dropna(subset=["estimate", "estimate_sd"])
    scale = (rows["estimate_sd"] / rows["estimate"]).where(rows["estimate"] != 0)
    return rows.assign(low=rows["ci_low"] * scale, high=rows["ci_high"] * scale)


def density_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose term is the density, of whole samples."""
    return rows[(rows["term"] == "density") & (rows["subset"].fillna("") == "")]


def headline_spec(results: Results) -> str | None:
    """Id of the specification that the study calls its headline, or the last one estimated."""
    rows = results.table("regressions")
    known = set(rows["spec"]) if len(rows) else set()
    listed = [spec for spec in results.study.regressions.specifications if spec.id in known]
    return next((spec.id for spec in listed if spec.headline), listed[-1].id if listed else None)


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
    title = Pair("权重 × 该部分的系数（得分点，每单位密度）", "weight x the part's coefficient (points per unit of density)")
    return figures.bars(frame, title=say(title))


def split(results: Results, say: Speaker) -> Chart | None:
    """The coefficient on all firms, and the spillover and composition that add up to it, in standard deviations."""
    names = {
        "effect_sd": Pair("全部企业", "all firms"),
        "effect_spillover_sd": Pair("外溢（从未被认定的企业）", "spillover (never recognised)"),
        "effect_composition_sd": Pair("构成（专精特新企业自身）", "composition (recognised firms)"),
    }
    rows = {name: quantity(results, name) for name in names}
    found = {name: row for name, row in rows.items() if row is not None}
    if len(found) < len(names):
        return None
    frame = pd.DataFrame([{"value": row["value"], "low": row["ci_low"], "high": row["ci_high"]} for row in found.values()])
    frame["label"] = [say(names[name]) for name in found]
    key = say(Pair("95% 区间（自助法）", "95% interval (bootstrap)"))
    title = Pair("密度高 1 个标准差对应的变动（标准差）", "change with one SD more density (SDs)")
    return figures.intervals(frame.assign(key=key), {key: HUES[0][0]}, title=say(title))


def path(results: Results, say: Speaker) -> Chart | None:
    """Mean index beside the path with density held at its first year."""
    rows = results.table("contribution")
    rows = rows[(rows["item"] == "B") & (rows["unit"] == TOTAL)] if len(rows) else rows
    if rows.empty:
        return None
    names = {
        "actual": say(Pair("实际", "actual")),
        "counterfactual": say(Pair("密度停在起始年", "density held at its first year")),
    }
    frame = pd.DataFrame({"x": rows["to_year"].astype(int), "value": 100 * rows["value"]})
    frame = frame.assign(low=100 * rows["ci_low"], high=100 * rows["ci_high"], key=rows["quantity"].map(names))
    return figures.lines(
        frame, dict(zip(names.values(), (INK, HUES[1][0]))), title=say(Pair("各单位平均得分", "mean score over units"))
    )


def ledger(results: Results, say: Speaker) -> Chart | None:
    """Rows of each raw file: used, quarantined, out of scope."""
    table = results.table("ledger")
    if table.empty:
        return None
    names = {
        "used": Pair("采用", "used"),
        "quarantined": Pair("隔离", "quarantined"),
        "out_of_scope": Pair("范围外", "out of scope"),
    }
    flow = file_flow(table)
    sheets = flow["sheet"].fillna("").map(lambda sheet: f" / {sheet}" if sheet else "")
    flow["label"] = [legible(text) for text in flow["file"].astype(str) + sheets]
    frame = flow.melt("label", list(names), "key", "value")
    frame["key"] = [say(names[key]) for key in frame["key"]]
    colours = {say(name): colour for name, colour in zip(names.values(), (HUES[0][1], RISE, STILL))}
    return figures.stacked(frame, colours, title=say(Pair("占该文件行数", "share of the file's rows")))


def quarantine(results: Results, say: Speaker) -> Chart | None:
    """Findings by rule."""
    rows = results.table("quarantine")
    if rows.empty:
        return None
    counts = rows["rule"].value_counts().rename_axis("label").reset_index(name="value")
    counts = counts.sort_values(["value", "label"], ascending=[False, True])
    frame = counts.assign(text=counts["value"].astype(str), colour=HUES[1][1])
    return figures.bars(frame, title=say(Pair("条数", "findings")))


PICTURES: dict[str, Picture] = {
    "ranking": Picture(ranking, Pair("指数排名与构成", "Ranking, stacked from its parts"), ("scores", "weights")),
    "weights": Picture(weights, Pair("指标权重", "Weights of the indicators"), ("weights",)),
    "trend": Picture(trend, Pair("指数均值走势", "Mean index over time"), ("scores",)),
    "heat": Picture(heat, Pair("各年得分", "Scores by year"), ("scores",)),
    "shift": Picture(shift, Pair("名次变动", "Rank shifts"), ("scores",)),
    "scenarios": Picture(scenarios, Pair("各情景下的名次", "Ranks under the scenarios"), ("scenarios", "scores")),
    "coefficients": Picture(
        coefficients, Pair("密度的系数与 95% 区间", "Coefficients of the density, 95% intervals"), ("regressions",)
    ),
    "split": Picture(split, Pair("构成与外溢", "Composition and spillover"), ("contribution",)),
    "channels": Picture(channels, Pair("系数由哪些渠道构成", "Channels that make up the coefficient"), ("channels",)),
    "path": Picture(path, Pair("反事实路径", "Counterfactual path"), ("contribution",)),
    "ledger": Picture(ledger, Pair("每个原始文件的行去向", "Where the rows of each raw file went"), ("ledger",)),
    "quarantine": Picture(quarantine, Pair("按规则统计的隔离条数", "Quarantine findings by rule"), ("quarantine",)),
}
