"""Every figure: its maker, its title and the tables it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import figures
from . import index_pictures as index
from . import model_pictures as models
from .figures import HUES, RISE, STILL, Chart
from .findings import file_flow
from .results import Results
from .speaker import Speaker
from .words import Pair, legible


@dataclass(frozen=True)
class Picture:
    """A figure's maker, its title and the tables it shows."""

    make: Callable[[Results, Speaker], Chart | None]
    title: Pair
    sources: tuple[str, ...]


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
    "ranking": Picture(index.ranking, Pair("指数排名与构成", "Ranking, stacked from its parts"), ("scores", "weights")),
    "weights": Picture(index.weights, Pair("指标权重", "Weights of the indicators"), ("weights",)),
    "trend": Picture(index.trend, Pair("指数均值走势", "Mean index over time"), ("scores",)),
    "heat": Picture(index.heat, Pair("各年得分", "Scores by year"), ("scores",)),
    "shift": Picture(index.shift, Pair("名次变动", "Rank shifts"), ("scores",)),
    "scenarios": Picture(index.scenarios, Pair("各情景下的名次", "Ranks under the scenarios"), ("scenarios", "scores")),
    "acceptability": Picture(index.acceptability, Pair("名次落在哪里", "Where the rank falls"), ("acceptability",)),
    "sensitivity": Picture(index.sensitivity, Pair("哪个选择最要紧", "Which choice matters"), ("sensitivity",)),
    "coefficients": Picture(
        models.coefficients, Pair("密度的系数与 95% 区间", "Coefficients of the density, 95% intervals"), ("regressions",)
    ),
    "split": Picture(models.split, Pair("构成与外溢", "Composition and spillover"), ("contribution",)),
    "channels": Picture(models.channels, Pair("系数由哪些渠道构成", "Channels that make up the coefficient"), ("channels",)),
    "path": Picture(models.path, Pair("反事实路径", "Counterfactual path"), ("contribution",)),
    "multiverse": Picture(
        models.multiverse, Pair("设定曲线（菱形为主设定）", "Specification curve (headline marked)"), ("multiverse",)
    ),
    "event_study": Picture(models.event_study, Pair("企业事件研究", "Firm event study"), ("event_study",)),
    "ledger": Picture(ledger, Pair("每个原始文件的行去向", "Where the rows of each raw file went"), ("ledger",)),
    "quarantine": Picture(quarantine, Pair("按规则统计的隔离条数", "Quarantine findings by rule"), ("quarantine",)),
}
