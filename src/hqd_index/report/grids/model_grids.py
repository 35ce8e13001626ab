"""Grids of the models: coefficients, verdicts, contribution."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

from ...models.analyses.leading_firms import OTHER_FIRMS
from ..bilingual import BLANK_TEXT, Bilingual
from ..key_labels import effects_label, key_label
from ..regression_labels import sample_heading, spec_label, term_label
from ..results import Results
from ..sentences import HYPOTHESES, OTHER_FIRMS_STATEMENT, TOTAL, sample_label, verdict_sentence
from ..verdict_words import caution_text, grade_text, verdict_text
from ..wording import listing, wording, wordings
from .grid import Grid, parse_columns, text_or_blank

REGRESSIONS = parse_columns(
    "regressions",
    """
specification | text | 14
sample | text | 18
outcome | text | 22
term | text | 16
estimate | 6 | 12
in_sds | 4 | 10
se_cv1 | 6 | 11
se_cv3 | 6 | 11
p_cv3 | 4 | 9
p_bootstrap | 4 | 9
low_95 | 6 | 11
high_95 | 6 | 11
n | int | 8
clusters | int | 8
within_r2 | 4 | 9
fixed_effects | text | 27
""",
)
REGRESSION_VALUES = (
    "estimate", "estimate_sd", "se_cv1", "se_cv3", "p_cv3", "p_wild", "ci_low", "ci_high", "n_obs", "n_clusters", "r2_within",
)  # fmt: skip
HYPOTHESIS = parse_columns(
    "hypotheses",
    """
hypothesis | text | 8
statement | text | 34
sample | text | 18
estimate_sds | 3 | 11
low_95 | 3 | 9
high_95 | 3 | 9
rules_out | 3 | 9
p_bootstrap | p | 9
adjusted_p | p | 9
mde | 3 | 8
sesoi | 2 | 8
n | int | 8
g | int | 8
breakdown | 2 | 10
verdict | text | 24
grade | text | 30
caution | text | 30
""",
)
SENTENCE = parse_columns(
    "sentences",
    """
hypothesis | text | 8
verdict | text | 120
""",
)
HYPOTHESIS_VALUES = (
    "estimate_sd", "ci_low", "ci_high", "rules_out", "p_wild", "p_adjusted", "mde", "sesoi", "n_obs", "n_clusters", "breakdown",
)  # fmt: skip
CONTRIBUTION = parse_columns(
    "contribution",
    """
item | text | 18
specification | text | 18
sample | text | 16
from | year | 8
to | year | 8
quantity | text | 34
value | 4 | 11
low_95 | 4 | 10
high_95 | 4 | 10
measure | text | 34
""",
)


def regressions(results: Results) -> Grid | None:
    """Every coefficient of a density (own, linked, or times a moderator); controls are in regressions.csv."""
    rows = results.table("regressions")
    rows = rows[~rows["term"].isin(results.study.regressions.controls)] if len(rows) else rows
    values = [
        (
            *(
                spec_label(results, record["spec"]),
                sample_label(record["sample"]),
                key_label(results, "outcome", record["outcome"]),
                term_label(results, record["term"]),
            ),
            *[record[column_name] for column_name in REGRESSION_VALUES],
            effects_label(results, record["fixed_effects"]) if text_or_blank(record["fixed_effects"]) else BLANK_TEXT,
        )
        for record in rows.to_dict("records")
    ]
    note = wording("grids.note.regressions")
    title = wording("grids.title.regressions")
    return Grid(title, REGRESSIONS, tuple(values), ("regressions",), note)


def statement(results: Results, record: Mapping[Hashable, Any]) -> Bilingual:
    """The hypothesis in words; H6b has several lines, so it names its outcome, and other firms beside the leaders."""
    hypothesis, outcome = record["hypothesis"], record["outcome"]
    text = HYPOTHESES.get(hypothesis, results.name(outcome))
    if hypothesis != "H6b":
        return text
    if record["sample"] == OTHER_FIRMS:
        text = OTHER_FIRMS_STATEMENT
    label = results.study.regressions.events.outcomes.get(outcome)
    outcome_name = Bilingual(label.label.zh, label.label.en) if label else results.name(outcome)
    return Bilingual(f"{text.zh}（{outcome_name.zh}）", f"{text.en} ({outcome_name.en})")


def _sample(results: Results, record: Mapping[Hashable, Any]) -> Bilingual:
    return sample_heading(results, record["sample"], record["outcome"])


def hypotheses(results: Results) -> Grid | None:
    """One line per hypothesis and sample, with the verdict."""
    values = [
        (
            record["hypothesis"],
            statement(results, record),
            _sample(results, record),
            *[record[column_name] for column_name in HYPOTHESIS_VALUES],
            verdict_text(record),
            grade_text(record),
            caution_text(record["additions"]),
        )
        for record in results.table("hypotheses").to_dict("records")
    ]
    note = wording("grids.note.hypotheses")
    return Grid(wording("grids.title.hypotheses"), HYPOTHESIS, tuple(values), ("hypotheses",), note)


PAGE_FIRST = ("hypothesis", "statement", "sample", "verdict", "grade")
"""Columns that the page has first in the table of the hypotheses, in sight on a small screen."""


def hypotheses_on_page(results: Results) -> Grid | None:
    """The table of the hypotheses for the page: verdict and grade before the numbers, cautions in the lines that open."""
    grid = hypotheses(results)
    if grid is None:
        return None
    names = [column.title for column in grid.columns]
    heads = [names.index(wording(f"headers.hypotheses.{name}")) for name in PAGE_FIRST]
    cautions = names.index(wording("headers.hypotheses.caution"))
    order = [*heads, *(place for place in range(len(names)) if place not in (*heads, cautions))]
    rows = tuple(tuple(row[place] for place in order) for row in grid.rows)
    return replace(grid, columns=tuple(grid.columns[place] for place in order), rows=rows)


def sentences_of(results: Results) -> Grid | None:
    """Each line of the hypotheses as a sentence to paste, with the cautions that hold for it."""
    values = [
        (record["hypothesis"], verdict_sentence(record, statement(results, record), _sample(results, record)))
        for record in results.table("hypotheses").to_dict("records")
    ]
    return Grid(wording("grids.title.sentences"), SENTENCE, tuple(values), ("hypotheses",))


def contribution(results: Results) -> Grid | None:
    """The contribution menu for all units together."""
    rows = results.table("contribution")
    rows = rows[rows["unit"].isna() | (rows["unit"] == TOTAL)] if len(rows) else rows
    values = [
        (
            ITEM_LABELS[record["item"]],
            spec_label(results, record["spec"]),
            sample_label(record["sample"]),
            record["from_year"],
            record["to_year"],
            key_label(results, "quantity", record["quantity"]),
            *(record[column_name] for column_name in ("value", "ci_low", "ci_high")),
            _measure_label(record["measure"]),
        )
        for record in rows.to_dict("records")
    ]
    note = wording("grids.note.contribution")
    return Grid(wording("grids.title.contribution"), CONTRIBUTION, tuple(values), ("contribution",), note)


def _measure_label(measure_text: str) -> Bilingual:
    """What a figure of `contribution` is measured in; a remark that is no known measure is shown as the models wrote it."""
    for remark in MEASURE_REMARKS:
        if measure_text.endswith(f"; {remark.en}"):
            return listing([_measure_label(measure_text.removesuffix(f"; {remark.en}")), remark], "clauses")
    if measure_text.startswith(SMALL_CHANGE_PREFIX):
        return wording("grids.small_change", limit=measure_text.removeprefix(SMALL_CHANGE_PREFIX))
    return MEASURES.get(measure_text, Bilingual(measure_text, measure_text))


SMALL_CHANGE_PREFIX = "share of change; not shown, |change| < "
ITEM_LABELS = wordings("grids.item")
MEASURES = {measure.en: measure for measure in wordings("grids.measure").values()}
MEASURE_REMARKS = tuple(wordings("grids.measure_remark").values())
