"""Every figure: its maker, its title and the tables it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..bilingual import BLANK_TEXT, Bilingual, visible_text
from ..colours import HUES, RISE_COLOUR, STEADY_COLOUR
from ..key_findings import file_flow
from ..results import Results
from ..wording import wording, wordings
from . import charts
from . import index_figures as index
from . import model_figures as models
from .charts import Chart
from .figure_labels import FigureLabels


@dataclass(frozen=True)
class Figure:
    """A figure's maker and the tables it shows; text/figures.yaml has its title and how to read it."""

    id: str
    make_chart: Callable[[Results, FigureLabels], Chart | None]
    sources: tuple[str, ...]
    by_unit: bool = False
    """Whether it shows units one by one: of many the ends of the ranking."""

    @property
    def title(self) -> Bilingual:
        return wording(f"figures.title.{self.id}")

    @property
    def note(self) -> Bilingual:
        """How to read it; blank where that is plain."""
        return wordings("figures.note").get(self.id, BLANK_TEXT)


def ledger(results: Results, labels: FigureLabels) -> Chart | None:
    """Rows of each raw file: used, quarantined, out of scope."""
    table = results.table("ledger")
    if table.empty:
        return None
    names = {
        "used": wording("figures.rows.used"),
        "quarantined": wording("figures.rows.quarantined"),
        "out_of_scope": wording("figures.rows.out_of_scope"),
    }
    flow = file_flow(table)
    sheets = flow["sheet"].fillna("").map(lambda sheet: f" / {sheet}" if sheet else "")
    flow["label"] = [visible_text(file_and_sheet) for file_and_sheet in flow["file"].astype(str) + sheets]
    frame = flow.melt("label", list(names), "key", "value")
    frame["key"] = [labels(names[row_state]) for row_state in frame["key"]]
    colours = {
        labels(state_label): colour for state_label, colour in zip(names.values(), (HUES[0][1], RISE_COLOUR, STEADY_COLOUR))
    }
    return charts.stacked_bars(frame, colours, title=labels.title(wording("figures.axis.share_of_rows")))


def quarantine(results: Results, labels: FigureLabels) -> Chart | None:
    """Findings by rule."""
    rows = results.table("quarantine")
    if rows.empty:
        return None
    counts = results.finding_counts.groupby("rule")["findings"].sum().reset_index(name="value")
    counts = counts.sort_values(["value", "rule"], ascending=[False, True])
    first_rows = rows.drop_duplicates("rule").set_index("rule")
    rule_labels = {
        rule: Bilingual(*(f"{rule} {visible_text(first_rows[f'expected_{language}'][rule])}" for language in ("zh", "en")))
        for rule in first_rows.index
    }
    frame = counts.assign(
        text=counts["value"].astype(str), colour=HUES[1][1], label=[labels(rule_labels[rule]) for rule in counts["rule"]]
    )
    return charts.bar_chart(frame.drop(columns="rule"), title=labels.title(wording("figures.axis.findings")))


FIGURES = {
    figure.id: figure
    for figure in (
        Figure("ranking", index.ranking, ("scores", "weights"), by_unit=True),
        Figure("weights", index.weights, ("weights",)),
        Figure("trend", index.trend, ("scores",)),
        Figure("heat", index.heat, ("scores",), by_unit=True),
        Figure("shift", index.shift, ("scores",), by_unit=True),
        Figure("scenarios", index.scenarios, ("scenarios", "scores"), by_unit=True),
        Figure("acceptability", index.acceptability, ("acceptability",), by_unit=True),
        Figure("sensitivity", index.sensitivity, ("sensitivity",)),
        Figure("coefficients", models.coefficients, ("regressions",)),
        Figure("split", models.composition, ("contribution",)),
        Figure("channels", models.channels, ("channels",)),
        Figure("path", models.counterfactual_path, ("contribution",)),
        Figure("multiverse", models.multiverse, ("multiverse",)),
        Figure("choices", models.variance_by_choice, ("multiverse_summary",)),
        Figure("event_study", models.event_study, ("event_study",)),
        Figure("overlap", models.overlap, ("overlap",)),
        Figure("modes", models.mode_matrix, ("mode_matrix",)),
        Figure("ledger", ledger, ("ledger",)),
        Figure("quarantine", quarantine, ("quarantine",)),
    )
}
