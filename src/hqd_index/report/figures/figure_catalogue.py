"""Every figure: its maker, its title and the tables it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..bilingual import BLANK_TEXT, Bilingual, visible_text
from ..colours import HUES, RISE_COLOUR, STEADY_COLOUR
from ..key_findings import file_flow
from ..results import Results
from . import charts
from . import index_figures as index
from . import model_figures as models
from .charts import Chart
from .figure_labels import FigureLabels


@dataclass(frozen=True)
class Figure:
    """A figure's maker, its title, the tables it shows and how to read it."""

    make_chart: Callable[[Results, FigureLabels], Chart | None]
    title: Bilingual
    sources: tuple[str, ...]
    note: Bilingual = BLANK_TEXT
    """How to read it."""
    by_unit: bool = False
    """Whether it shows units one by one: of many the ends of the ranking."""


def ledger(results: Results, labels: FigureLabels) -> Chart | None:
    """Rows of each raw file: used, quarantined, out of scope."""
    table = results.table("ledger")
    if table.empty:
        return None
    names = {
        "used": Bilingual("采用", "used"),
        "quarantined": Bilingual("隔离", "quarantined"),
        "out_of_scope": Bilingual("范围外", "out of scope"),
    }
    flow = file_flow(table)
    sheets = flow["sheet"].fillna("").map(lambda sheet: f" / {sheet}" if sheet else "")
    flow["label"] = [visible_text(file_and_sheet) for file_and_sheet in flow["file"].astype(str) + sheets]
    frame = flow.melt("label", list(names), "key", "value")
    frame["key"] = [labels(names[row_state]) for row_state in frame["key"]]
    colours = {
        labels(state_label): colour for state_label, colour in zip(names.values(), (HUES[0][1], RISE_COLOUR, STEADY_COLOUR))
    }
    return charts.stacked_bars(frame, colours, title=labels.title(Bilingual("占该文件行数", "share of the file's rows")))


def quarantine(results: Results, labels: FigureLabels) -> Chart | None:
    """Findings by rule."""
    rows = results.table("quarantine")
    if rows.empty:
        return None
    counts = rows["rule"].value_counts().rename_axis("rule").reset_index(name="value")
    counts = counts.sort_values(["value", "rule"], ascending=[False, True])
    first_rows = rows.drop_duplicates("rule").set_index("rule")
    rule_labels = {
        rule: Bilingual(*(f"{rule} {visible_text(first_rows[f'expected_{language}'][rule])}" for language in ("zh", "en")))
        for rule in first_rows.index
    }
    frame = counts.assign(
        text=counts["value"].astype(str), colour=HUES[1][1], label=[labels(rule_labels[rule]) for rule in counts["rule"]]
    )
    return charts.bar_chart(frame.drop(columns="rule"), title=labels.title(Bilingual("条数", "findings")))


INTERVALS = Bilingual(
    "横线为 95% 置信区间；跨过虚线表示不能排除为零。",
    "Lines are 95% intervals; one that crosses the dashed line cannot exclude zero.",
)
FIGURES: dict[str, Figure] = {
    "ranking": Figure(
        index.ranking,
        Bilingual("指数排名与构成", "Ranking, stacked from its parts"),
        ("scores", "weights"),
        Bilingual("各段之和为指数得分。", "The pieces add up to the score."),
        by_unit=True,
    ),
    "weights": Figure(
        index.weights,
        Bilingual("指标权重", "Weights of the indicators"),
        ("weights",),
        Bilingual("同色指标属于同一分维度；全部相加为 100%。", "One colour is one part of the index; all add up to 100%."),
    ),
    "trend": Figure(index.trend, Bilingual("指数均值走势", "Mean index over time"), ("scores",)),
    "heat": Figure(index.heat, Bilingual("各年得分", "Scores by year"), ("scores",), by_unit=True),
    "shift": Figure(index.shift, Bilingual("名次变动", "Rank shifts"), ("scores",), by_unit=True),
    "scenarios": Figure(
        index.scenarios,
        Bilingual("各情景下的名次", "Ranks under the scenarios"),
        ("scenarios", "scores"),
        Bilingual(
            "竖线为发布名次，圆点为换一种算法后的名次。", "The tick is the published rank, dots are ranks under other designs."
        ),
        by_unit=True,
    ),
    "acceptability": Figure(
        index.acceptability,
        Bilingual("名次落在哪里", "Where the rank falls"),
        ("acceptability",),
        Bilingual(
            "把算法、权重与企业样本一起随机更换，各单位落入前四分之一、中间、后四分之一的次数占比。",
            "Share of the draws, designs and weights and firms varied at once, in which a unit ranks in the best quarter, the "
            "middle or the last.",
        ),
        by_unit=True,
    ),
    "sensitivity": Figure(
        index.sensitivity,
        Bilingual("哪个选择最影响名次", "Which choice moves the ranks"),
        ("sensitivity",),
        Bilingual(
            "总效应 Sobol 指数及其 95% 区间，越大越要紧。", "Total Sobol index with its 95% interval; larger matters more."
        ),
    ),
    "coefficients": Figure(
        models.coefficients,
        Bilingual("密度的系数：指数及其组成部分", "Coefficients of the density"),
        ("regressions",),
        INTERVALS,
    ),
    "split": Figure(models.composition, Bilingual("构成与外溢", "Composition and spillover"), ("contribution",), INTERVALS),
    "channels": Figure(
        models.channels,
        Bilingual("系数由哪些渠道构成", "Channels that make up the coefficient"),
        ("channels",),
        Bilingual(
            "各渠道之和恰为总系数；黑线为 95% 区间。", "The channels add up to the whole coefficient; lines are 95% intervals."
        ),
    ),
    "path": Figure(
        models.counterfactual_path,
        Bilingual("反事实路径", "Counterfactual path"),
        ("contribution",),
        Bilingual(
            "若密度停在起始年，指数均值会走到哪里；色带为 95% 区间。",
            "Where the mean index would be had density not risen; the band is its 95% interval.",
        ),
    ),
    "multiverse": Figure(
        models.multiverse,
        Bilingual("设定曲线", "Specification curve"),
        ("multiverse",),
        Bilingual(
            "每一点是一种指数算法与一种回归设定的组合，按系数排序；菱形为主设定，灰线为 95% 区间。",
            "Each point joins one design of the index and one specification, sorted; the diamond is the headline, grey is 95%.",
        ),
    ),
    "choices": Figure(
        models.variance_by_choice,
        Bilingual("哪个选择最影响结论", "Which choice moves the conclusion"),
        ("multiverse_summary",),
        Bilingual(
            "设定曲线的方差按各项选择单独的作用拆分，其余为选择之间的交互。",
            "The variance of the specification curve by each choice alone; the rest is interaction of choices.",
        ),
    ),
    "event_study": Figure(
        models.event_study,
        Bilingual("企业事件研究", "Firm event study"),
        ("event_study",),
        Bilingual(
            "横轴为认定后的年数，认定前各点应接近零；竖线为 95% 区间。双向固定效应在效应随时间变化时有偏，只作对照。",
            "Across: years since recognition; points before it should be near zero; lines are 95% intervals. Two-way effects are "
            "biased when effects change over time and are shown for comparison.",
        ),
    ),
    "overlap": Figure(
        models.overlap,
        Bilingual("倾向得分的重叠", "Overlap of propensity scores"),
        ("overlap",),
        Bilingual(
            "横轴为认定的对数发生比；只有一组的区间没有可比的企业，加权或匹配都无从弥补。",
            "Across: log odds of recognition; where only one group is, no firm can be compared, and neither weights nor matches "
            "make up for it.",
        ),
    ),
    "modes": Figure(
        models.mode_matrix,
        Bilingual("模式与分维度", "Modes and sub-dimensions"),
        ("mode_matrix",),
        Bilingual(
            "剔除专精特新企业的各分维度对四种模式密度的标准化系数；加框为理论预期的格，* 为 5% 显著。",
            "Sub-dimensions of the leave-out index on the densities of the four modes, in SDs; predicted cells framed, * at 5%.",
        ),
    ),
    "ledger": Figure(ledger, Bilingual("每个原始文件的行去向", "Where the rows of each raw file went"), ("ledger",)),
    "quarantine": Figure(quarantine, Bilingual("按规则统计的隔离条数", "Quarantine findings by rule"), ("quarantine",)),
}
