"""How estimates are laid out for a paper: columns of coefficients with errors and p below, or one line per coefficient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..bilingual import Bilingual
from ..key_labels import effect_names, key_label
from ..number_format import integer, is_missing, number, stars
from ..regression_labels import EXTENSIONS, FIRMS, MECHANISM, SPLITTABLE, sample_heading, spec_label, term_label
from ..regression_rows import headline_spec
from ..results import Results
from ..wording import wording, wordings

Cell = Bilingual | str
TableParts = tuple[Any, ...]  # header lines, body lines, then note, rule_before and widths as far as they are needed

STARS_NOTE = wording("paper.note.stars")
FIRM_NOTE = wording("paper.note.firms")
MEDIATOR_NOTE = wording("paper.note.mediator_lines")
MECHANISM_NOTE = wording("paper.note.mechanism")
YES, NO = wording("paper.yes"), wording("paper.no")
POINTS = 100.0
"""Scores are estimated as score/100; a table for people has points of 0-100."""
SCALED_COLUMNS = ("estimate", "se_cv1", "se_cv3", "ci_low", "ci_high")
LISTING_HEADER = tuple(wordings("paper.listing").values())  # fmt: skip


def rows_in_points(results: Results, estimate_rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with coefficients, errors and intervals on scores turned into points of 0-100; other outcomes stay as they are."""
    if estimate_rows.empty:
        return estimate_rows
    factor = estimate_rows["outcome"].isin({*results.tree.order, "splittable"}).map({True: POINTS, False: 1.0})
    return estimate_rows.assign(**{column: estimate_rows[column] * factor for column in SCALED_COLUMNS})


def p_in_brackets(p: Any) -> str:
    """`[0.034]`, `[<0.001]`; empty where there is no p."""
    return "" if is_missing(p) else "[<0.001]" if p < 0.001 else f"[{number(p, 3)}]"


def regression_table(
    results: Results,
    term_blocks: list[pd.DataFrame],
    header_lines: list[list[Bilingual]],
    *,
    extra_lines: Iterable[tuple[Cell, ...]] = (),
    omitted_terms: Iterable[str] = (),
) -> TableParts:
    """Columns (1), (2) ...: coefficient with stars, (SE), [bootstrap p], then controls, effects, N, G and R2.

    `heads` are header lines under the numbers, the first the outcomes; `without` are regressors that get no lines.
    """
    digits = digits_for([float(term_block["estimate"].get("density", float("nan"))) for term_block in term_blocks])
    controls = list(
        dict.fromkeys(term for term_block in term_blocks for term in term_block.index if term not in ("density", *omitted_terms))
    )
    table_body: list[tuple[Cell, ...]] = []
    for term in ["density", *controls]:
        table_body.extend(_term_lines(results, term, term_blocks, digits))
    rule = len(table_body)
    table_body.extend(extra_lines)
    table_body.append(
        (wording("paper.line.controls"), *[YES if _first_text(term_block, "controls") else NO for term_block in term_blocks])
    )
    block_effects = [_first_text(term_block, "fixed_effects").split("+") for term_block in term_blocks]
    for effect, label in effect_names(results).items():
        if effect != "group_year" or any(effect in effects for effects in block_effects):
            table_body.append((label, *[YES if effect in effects else NO for effects in block_effects]))
    statistics = {"n_obs": (wording("paper.line.n"), 0), "n_clusters": (wording("paper.line.g"), 0)}
    for column, (label, decimal_places) in (statistics | {"r2_within": (wording("paper.line.r2_within"), 3)}).items():
        table_body.append((label, *[number(term_block[column].iloc[0], decimal_places) for term_block in term_blocks]))
    numbers = ("", *[f"({k})" for k in range(1, len(term_blocks) + 1)])
    outcome_label = wording("paper.line.outcome")
    lines = [("" if k else outcome_label, *header_line) for k, header_line in enumerate(header_lines)]
    return (numbers, *lines), table_body, STARS_NOTE, (rule,), (2.0 if len(term_blocks) < 6 else 1.6, *[1.3] * len(term_blocks))


def _first_text(term_block: pd.DataFrame, column: str) -> str:
    value = term_block[column].iloc[0]
    return value if isinstance(value, str) else ""


def digits_for(coefficients: list[float]) -> int:
    """Decimals that give the smallest coefficient two significant digits, from 4 to 6."""
    smallest_value = min(
        (abs(coefficient) for coefficient in coefficients if coefficient == coefficient and coefficient), default=1.0
    )
    return next((decimal_places for decimal_places in range(4, 6) if smallest_value >= 10.0 ** (1 - decimal_places)), 6)


def _term_lines(results: Results, term: str, term_blocks: list[pd.DataFrame], digits: int) -> list[tuple[Cell, ...]]:
    """Lines of one regressor: coefficient, standard error and, for the density, the bootstrap p."""
    estimate_line: list[Cell] = [term_label(results, term)]
    error_line: list[Cell] = [""]
    p_line: list[Cell] = [""]
    for block in term_blocks:
        if term not in block.index or is_missing(block["estimate"][term]):
            estimate_line, error_line, p_line = [*estimate_line, ""], [*error_line, ""], [*p_line, ""]
            continue
        term_row = block.loc[term]
        p = term_row["p_cv3"] if is_missing(term_row["p_wild"]) else term_row["p_wild"]
        estimate_line.append(number(term_row["estimate"], digits) + stars(p))
        error_line.append(f"({number(term_row['se_cv3'], digits)})")
        p_line.append(p_in_brackets(term_row["p_wild"]))
    lines = [tuple(estimate_line), tuple(error_line)]
    return [*lines, tuple(p_line)] if any(p_line) else lines


def coefficient_listing(
    results: Results, coefficient_rows: pd.DataFrame, note: Bilingual = STARS_NOTE, first_header: Bilingual = LISTING_HEADER[0]
) -> TableParts | None:
    """One line per coefficient: specification (or what `first` says), sample, estimate, in SDs, interval, bootstrap p, N."""
    if coefficient_rows.empty:
        return None
    order = {spec.id: k for k, spec in enumerate(results.study.regressions.specifications)} | {MECHANISM: -1}
    coefficient_rows = rows_in_points(results, coefficient_rows)
    coefficient_rows = coefficient_rows.assign(at=coefficient_rows["spec"].map(order).fillna(len(order))).sort_values(
        ["at", "spec", "sample", "outcome"], kind="stable"
    )
    digits, previous_label = digits_for([float(coefficient) for coefficient in coefficient_rows["estimate"]]), None
    table_body: list[tuple[Cell, ...]] = []
    for record in coefficient_rows.to_dict("records"):
        label = _listing_label(results, record)
        number_texts = (
            number(record["estimate"], digits) + stars(record["p_wild"]),
            number(record["estimate_sd"], 3),
            f"[{number(record['ci_low'], digits)}, {number(record['ci_high'], digits)}]",
            p_in_brackets(record["p_wild"]).strip("[]"),
            integer(record["n_obs"]),
        )
        sample = sample_heading(results, record["sample"], record["outcome"])
        table_body.append(("" if label == previous_label else label, sample, *number_texts))
        previous_label = label
    return ((first_header, *LISTING_HEADER[1:]),), table_body, note, (), (2.4, 1.8, 1.3, 0.9, 2.3, 1, 0.8)


def _listing_label(results: Results, record: Mapping[Any, Any]) -> Bilingual:
    """Specification, and what the line is about where that is not the density, the whole index and the whole sample."""
    listed_specs = {spec.id for spec in results.study.regressions.specifications}
    named_by_outcome = record["spec"] in (MECHANISM, f"{FIRMS}{record['outcome']}")
    label_parts = [] if named_by_outcome else [_short_spec_label(results, record["spec"])]
    if record["outcome"] not in (results.tree.root, SPLITTABLE):
        label_parts.append(key_label(results, "outcome", record["outcome"]))
    if record["term"] != "density":
        label_parts.append(term_label(results, record["term"]))
    if isinstance(record["subset"], str) and record["subset"] and record["spec"] not in listed_specs:
        label_parts.append(Bilingual(record["subset"], record["subset"]))
    return Bilingual(
        "，".join(label_part.zh for label_part in label_parts), ", ".join(label_part.en for label_part in label_parts)
    )


def _short_spec_label(results: Results, id: str) -> Bilingual:
    """A specification's name; of one that extends the headline only by what."""
    base = headline_spec(results) or ""
    return next((addition for suffix, addition in EXTENSIONS.items() if id == base + suffix), spec_label(results, id))
