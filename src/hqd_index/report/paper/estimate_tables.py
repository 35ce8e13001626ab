"""The paper's tables of estimates: baseline, channels, robustness, endogeneity, mechanism, heterogeneity, contribution."""

from __future__ import annotations

import re

import pandas as pd

from ..bilingual import Bilingual
from ..number_format import integer, is_missing, number, stars
from ..regression_labels import FIRMS, MECHANISM, MODERATED, SPLITTABLE, sample_heading
from ..regression_rows import headline_spec, judged_outcome, stepwise
from ..results import Results
from ..sentences import SAMPLES, TOTAL
from ..wording import sentences_together, wording, wordings
from .estimate_layout import (
    FIRM_NOTE,
    MECHANISM_NOTE,
    MEDIATOR_NOTE,
    POINTS,
    STARS_NOTE,
    Cell,
    TableParts,
    coefficient_listing,
    digits_for,
    p_in_brackets,
    regression_table,
    rows_in_points,
)
from .optional_estimates import OPTIONAL_NOTE, robustness_lines


def baseline(results: Results) -> TableParts | None:
    """The whole index on density: one column per specification, as the study lists them."""
    rows = _outcome_rows(results, results.tree.root, "all")
    if rows.empty:
        return None
    specs = [spec for spec in stepwise(results) if spec.id in set(rows["spec"])]
    rows_by_column = [rows[rows["spec"] == spec.id].set_index("term") for spec in specs]
    column_heads = [Bilingual(spec.label.zh, spec.label.en) for spec in specs]
    return regression_table(results, rows_by_column, [[results.name(results.tree.root)] * len(specs), column_heads])


def channels_table(results: Results) -> TableParts | None:
    """Every node above the leaves on density in the headline specification."""
    headline = headline_spec(results)
    rows = rows_in_points(results, results.table("regressions"))
    if headline is None or rows.empty:
        return None
    rows = rows[(rows["spec"] == headline) & (rows["sample"] == "all") & (rows["subset"].fillna("") == "")]
    nodes = [node for node in results.inner if node in set(rows["outcome"])]
    rows_by_column = [rows[rows["outcome"] == node].set_index("term") for node in nodes]
    rows_by_column = [term_block.loc[["density"]] for term_block in rows_by_column]
    channel_rows = results.table("channels")
    parts_of_index = (
        channel_rows[(channel_rows["parent"] == results.tree.root) & (channel_rows["sample"] == "all")].set_index("node")
        if len(channel_rows)
        else channel_rows
    )
    fraction_line: list[Cell] = [wording("paper.line.fraction")]
    adjusted_line: list[Cell] = [wording("paper.line.adjusted_p")]
    for node in nodes:
        part_row = parts_of_index.loc[node] if node in parts_of_index.index else None
        fraction_line.append("" if part_row is None else number(100 * part_row["fraction"], 1))
        adjusted_line.append("" if part_row is None else p_in_brackets(part_row["p_adjusted"]).strip("[]"))
    column_heads = [[results.name(node) for node in nodes]]
    return regression_table(results, rows_by_column, column_heads, extra_lines=[tuple(fraction_line), tuple(adjusted_line)])


INSTRUMENT_DIGITS = {
    "first_stage": 4,
    "first_stage_f": 2,
    "effective_f": 2,
    "kp_lm_p": 3,
    "ar_p": 3,
    "se_akm": 5,
    "effective_shocks": 1,
}
"""Statistics of the instrument and their decimals; text/paper.yaml has their names."""
IN_POINTS = ("estimate", "se_cv1", "se_akm", "ar_low", "ar_high")


def endogeneity(results: Results) -> TableParts | None:
    """Endogeneity: the headline on all firms and on firms never recognised, then the shift-share instrument where it was run."""
    headline = headline_spec(results)
    rows_by_column = {sample: _headline_row(results, headline, sample) for sample in SAMPLES}
    if any(term_block is None for term_block in rows_by_column.values()):
        return None
    rows = [term_block for term_block in rows_by_column.values() if term_block is not None]
    digits = digits_for([float(estimate_row["estimate"]) for estimate_row in rows])
    table_body: list[tuple[Cell, ...]] = [
        (
            wording("paper.line.ols"),
            *[number(estimate_row["estimate"], digits) + stars(estimate_row["p_wild"]) for estimate_row in rows],
        ),
        ("", *[f"({number(estimate_row['se_cv3'], digits)})" for estimate_row in rows]),
        ("", *[p_in_brackets(estimate_row["p_wild"]) for estimate_row in rows]),
    ]
    instrument = [_instrument_estimates(results, headline, sample) for sample in SAMPLES]
    rule = len(table_body)
    if all(instrument):
        table_body.append(
            (
                wording("paper.line.shift_share"),
                *[number(estimates["estimate"], digits) for estimates in instrument],
            )
        )
        table_body.append(("", *[f"({number(estimates['se_cv1'], digits)})" for estimates in instrument]))
        intervals = [
            f"[{number(estimates['ar_low'], digits)}, {number(estimates['ar_high'], digits)}]" for estimates in instrument
        ]
        table_body.append((wording("paper.line.anderson_rubin"), *intervals))
        for quantity, decimal_places in INSTRUMENT_DIGITS.items():
            label = wording(f"paper.instrument.{quantity}")
            table_body.append((label, *[number(estimates.get(quantity), decimal_places) for estimates in instrument]))
    table_body.append((wording("paper.line.n"), *[integer(estimate_row["n_obs"]) for estimate_row in rows]))
    note = wording("paper.note.instrument")
    full_note = sentences_together(_stars_note(results), *([note] if all(instrument) else []))
    heads = [sample_heading(results, sample, results.tree.root) for sample in SAMPLES]
    return (("", *heads),), table_body, full_note, (rule,) if all(instrument) else (), (2.6, 1.6, 1.6)


def _stars_note(results: Results) -> Bilingual:
    """The note on stars and errors; where H1 is judged on the splittable part, why."""
    judged_on_part = judged_outcome(results, "leave_out") == SPLITTABLE
    return sentences_together(STARS_NOTE, *([wording("estimates.whole_index_note")] if judged_on_part else []))


def _headline_row(results: Results, spec_id: str | None, sample: str) -> pd.Series | None:
    rows = _outcome_rows(results, results.tree.root, sample)
    rows = rows[(rows["spec"] == spec_id) & (rows["term"] == "density")] if len(rows) else rows
    return rows.iloc[0] if len(rows) else None


def _instrument_estimates(results: Results, spec_id: str | None, sample: str) -> dict[str, float]:
    """quantity -> value of the shift-share instrument for the whole index; empty where it was not run."""
    rows = results.table("endogeneity")
    if rows.empty:
        return {}
    root = results.tree.root
    rows = rows[
        (rows["spec"] == spec_id) & (rows["sample"] == sample) & (rows["outcome"] == root) & (rows["method"] == "shift_share")
    ]
    estimates = {
        quantity: float(statistic) * (POINTS if quantity in IN_POINTS else 1)
        for quantity, statistic in zip(rows["quantity"], rows["value"])
    }
    return estimates if {"estimate", "se_cv1", "ar_low", "ar_high"} <= set(estimates) else {}


def _outcome_rows(results: Results, node: str, sample: str) -> pd.DataFrame:
    rows = results.table("regressions")
    if rows.empty:
        return rows
    rows = rows[(rows["outcome"] == node) & (rows["sample"] == sample) & (rows["subset"].fillna("") == "")]
    return rows_in_points(results, rows)


def robustness(results: Results) -> TableParts | None:
    """The density's coefficient in every specification that the baseline does not show, then by instrument and threshold."""
    rows = results.table("regressions")
    if rows.empty:
        return None
    baseline_specs = {spec.id for spec in stepwise(results)} - {headline_spec(results)}
    judged = (rows["sample"] == "leave_out") & (rows["outcome"] == judged_outcome(results, "leave_out"))
    rows = rows[(judged | (rows["outcome"] == results.tree.root)) & (rows["term"] == "density")]
    rows = rows[~rows["spec"].isin(baseline_specs)]
    listing = coefficient_listing(results, rows[~rows["spec"].str.contains(MODERATED, regex=False)], _stars_note(results))
    estimates = rows_in_points(results, rows)["estimate"] if len(rows) else ()
    optional_lines = list(robustness_lines(results, digits_for([float(estimate) for estimate in estimates])))
    if listing is None or not optional_lines:
        return listing
    heads, table_body, note, *layout = listing
    full_note = Bilingual(note.zh + OPTIONAL_NOTE.zh, f"{note.en} {OPTIONAL_NOTE.en}")
    return heads, [*table_body, *optional_lines], full_note, *layout


def heterogeneity(results: Results) -> TableParts | None:
    """The density and its interaction with each moderator, a column for each moderator and sample."""
    rows = rows_in_points(results, results.table("regressions"))
    rows = rows[rows["outcome"] == results.tree.root] if len(rows) else rows
    rows_by_column, names, samples, holm = [], [], [], []
    for id in dict.fromkeys(spec for spec in rows["spec"] if MODERATED in spec):
        moderator = results.study.regressions.moderators.get(id.partition(MODERATED)[2])
        for sample in SAMPLES:
            term_block = rows[(rows["spec"] == id) & (rows["sample"] == sample)].set_index("term")
            if "density" in term_block.index and moderator is not None:
                rows_by_column.append(term_block)
                names.append(Bilingual(moderator.label.zh, moderator.label.en))
                samples.append(sample_heading(results, sample, results.tree.root))
                holm.append(_holm_p(term_block))
    if not rows_by_column:
        return None
    omitted_terms = {term for term_block in rows_by_column for term in term_block.index if "density" not in term}
    column_heads = [[results.name(results.tree.root)] * len(rows_by_column), names, samples]
    extra_lines: list[tuple[Cell, ...]] = [(wording("paper.line.holm"), *holm)] if any(holm) else []
    return regression_table(results, rows_by_column, column_heads, extra_lines=extra_lines, omitted_terms=omitted_terms)


def _holm_p(term_block: pd.DataFrame) -> str:
    """The Holm p that the note of an interaction gives; empty without one."""
    notes = " ".join(note for note in term_block["note"] if isinstance(note, str))
    match = re.search(r"Holm p[^:]*: ([0-9.]+)", notes)
    return p_in_brackets(float(match[1])).strip("[]") if match else ""


def mechanism(results: Results) -> TableParts | None:
    """The density's coefficient on mediators outside the index, and on what leaders and others never recognised do."""
    rows = results.table("regressions")
    if rows.empty:
        return None
    notes = {MEDIATOR_NOTE: rows["spec"] == MECHANISM, FIRM_NOTE: rows["spec"].str.startswith(FIRMS)}
    applicable_notes = [note for note, applies in notes.items() if applies.any()]
    note = wording("paper.note.mechanism_table", notes=sentences_together(*applicable_notes, MECHANISM_NOTE))
    mechanism_rows = rows[(notes[MEDIATOR_NOTE] | notes[FIRM_NOTE]) & (rows["term"] == "density")]
    return coefficient_listing(results, mechanism_rows, note, wording("paper.line.dependent"))


CONTRIBUTION_LINES = wordings("paper.contribution")


def contribution_table(results: Results) -> TableParts | None:
    """Composition, spillover, accounting share, and the fractions of dimensions and channels."""
    rows = results.table("contribution")
    rows = rows[(rows["unit"].fillna(TOTAL) == TOTAL) & (rows["sample"] == "all")] if len(rows) else rows
    if rows.empty:
        return None
    quantity_labels = dict(CONTRIBUTION_LINES)
    for node in results.inner:
        node_name = results.name(node)
        quantity_labels[f"fraction_{node}"] = wording("paper.line.fraction_of", node=node_name)
    quantities = rows.drop_duplicates("quantity").set_index("quantity")
    table_body = []
    for quantity, label in quantity_labels.items():
        if quantity not in quantities.index:
            continue
        quantity_row = quantities.loc[quantity]
        years = "" if is_missing(quantity_row["from_year"]) else f"{quantity_row['from_year']:.0f}–{quantity_row['to_year']:.0f}"
        table_body.append(
            (
                label,
                years,
                number(quantity_row["value"], 3),
                f"[{number(quantity_row['ci_low'], 3)}, {number(quantity_row['ci_high'], 3)}]",
            )
        )
    header = tuple(wordings("paper.contribution_header").values())
    note = wording("paper.note.contribution")
    return (header,), table_body, note, (), (3.2, 1.2, 1, 1.8)
