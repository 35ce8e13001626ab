"""Grids of the data: ledger, quarantine by rule, what could not be made, codebook."""

from __future__ import annotations

import pandas as pd

from ...intake.rules.rule_catalogue import EXPECTATIONS
from ...tables import TABLES
from ..bilingual import Bilingual, split_bilingual
from ..key_findings import file_flow
from ..key_labels import key_label
from ..label_catalogue import column_names, unit_name
from ..results import Results
from ..sentences import INTERCEPT_NOTE, MECHANICAL_PART_NOTE
from ..wording import wording
from .grid import Column, Grid, parse_columns, text_or_blank
from .published_grids import CODED_COLUMNS, export_ratio, with_id

LEDGER = parse_columns(
    "ledger",
    """
file | text | 34
sheet | text | 14
read | int | 10
used | int | 10
quarantined | int | 11
out_of_scope | int | 11
quarantined_share | % | 10
""",
)
RULES = parse_columns(
    "rules",
    """
rule | text | 8
severity | text | 10
column | text | 22
findings | int | 9
expected | text | 46
how_to_mend | text | 46
""",
)
NOT_MADE_COLUMNS = parse_columns(
    "not_made",
    """
table | text | 20
reason | text | 60
what_would_do | text | 60
""",
)
CODEBOOK = parse_columns(
    "codebook",
    """
table | text | 18
column | text | 20
chinese_label | text | 28
english_label | text | 28
unit | text | 12
direction | text | 9
formula | text | 60
source | text | 36
""",
)
CODEBOOK_VALUES = ("table", "column", "label_zh", "label_en", "unit", "direction", "formula", "source")


def ledger(results: Results) -> Grid | None:
    """Rows of each raw file: read = used + quarantined + out of scope."""
    table = results.table("ledger")
    if table.empty:
        return None
    values = [
        (
            *(record["file"], text_or_blank(record["sheet"]), record["rows_in"], record["used"], record["quarantined"]),
            *(record["out_of_scope"], record["quarantined"] / record["rows_in"] if record["rows_in"] else None),
        )
        for record in file_flow(table).to_dict("records")
    ]
    note = wording("grids.note.ledger")
    return Grid(wording("grids.title.ledger"), LEDGER, tuple(values), ("ledger",), note)


def rules(results: Results) -> Grid | None:
    """Findings by rule: how many, what was expected, how to mend it; what a rule says in general where its rows differ."""
    rows = results.table("quarantine")
    if rows.empty:
        return None
    values, counts = [], results.finding_counts["findings"].to_dict()
    for (rule, severity), findings in rows.groupby(["rule", "severity"], sort=True):
        first_finding, columns = findings.iloc[0], column_names(findings["column"].dropna().astype(str))
        general = EXPECTATIONS.get(str(rule))
        is_one_text = findings["expected_zh"].nunique() == 1 or general is None
        expectation, remedy = (
            Bilingual(first_finding["expected_zh"], first_finding["expected_en"])
            if is_one_text or general is None
            else Bilingual(general.zh, general.en),
            Bilingual(first_finding["mend_zh"], first_finding["mend_en"]),
        )
        values.append((rule, key_label(results, "severity", severity), columns, counts[rule, severity], expectation, remedy))
    note = wording("grids.note.rules" if sum(counts.values()) == len(rows) else "grids.note.first_warnings")
    return Grid(wording("grids.title.rules"), RULES, tuple(values), ("quarantine",), note)


def _table_label(table_name: str) -> Bilingual:
    table = TABLES.get(table_name)
    return Bilingual(table.zh, table.en) if table else Bilingual(table_name, table_name)


def not_made(results: Results) -> Grid | None:
    """What this run could not make, and why."""
    values = [
        (
            with_id(record["table"], _table_label(record["table"])),
            Bilingual(record["reason_zh"], record["reason_en"]),
            Bilingual(record["mend_zh"], record["mend_en"]),
        )
        for record in results.table("not_made").to_dict("records")
    ]
    return Grid(wording("grids.title.not_made"), NOT_MADE_COLUMNS, tuple(values), ("not_made",))


CHOKEPOINTS = parse_columns(
    "chokepoints",
    """
product_hs6 | text | 24
industries | text | 30
imports_thousand_usd | int | 14
import_source_hhi | 3 | 12
world_export_hhi | 3 | 12
imports_exports | 2 | 10
top_source | text | 10
top_source_share | % | 11
""",
)
CHOKEPOINT_VALUES = ("hs6", "industries", "imports", "hhi_import", "hhi_world", "import_export_ratio", "top_source", "top_share")
PRODUCTS_LISTED = 20


def chokepoints(results: Results) -> Grid | None:
    """Products flagged in the latest year, the largest imports first."""
    rows = results.table("chokepoints")
    if rows.empty:
        return None
    year = int(rows["year"].max())
    rows = rows[(rows["year"] == year) & (rows["chokepoint"].fillna(0) == 1)].sort_values(
        ["imports", "hs6"], ascending=[False, True]
    )
    ratio = rows["import_export_ratio"].map(export_ratio)
    names = {
        column: [CODED_COLUMNS["chokepoints", column](results, code) for code in rows[column]]
        for column in ("industries", "hs6", "top_source")
    }
    rows = rows.assign(import_export_ratio=ratio, **{column: pd.Series(texts, rows.index) for column, texts in names.items()})
    values = [
        tuple(record[column_name] for column_name in CHOKEPOINT_VALUES)
        for record in rows.head(PRODUCTS_LISTED).to_dict("records")
    ]
    title = wording("grids.title.chokepoints", year=year, count=len(rows))
    note = wording("grids.note.chokepoints")
    return Grid(title, CHOKEPOINTS, tuple(values), ("chokepoints",), note)


def codebook(results: Results) -> Grid | None:
    """Every variable with unit, direction, formula and source."""
    rows = results.table("codebook").to_dict("records")
    in_words = {"unit": unit_name, "direction": _direction_label, "source": split_bilingual}
    values = [tuple(in_words.get(column, _same)(text_or_blank(record[column])) for column in CODEBOOK_VALUES) for record in rows]
    return Grid(wording("grids.title.codebook"), CODEBOOK, tuple(values), ("codebook",))


def _direction_label(direction: str) -> Bilingual:
    """`positive 正向` taken apart; a band is the same in both languages."""
    en, space, zh = direction.partition(" ")
    return Bilingual(zh, en) if space else Bilingual(en, en)


def _same(text: str) -> Bilingual:
    return Bilingual(text, text)


FACTS = parse_columns(
    "facts",
    """
figure | text | 40
as_the_paper_quotes_it | 1 | 11
in_this_study_s_data | 1 | 11
firms_of_this_study | int | 10
year | year | 8
whom_the_paper_s_figure_is_about | text | 44
note | text | 40
""",
)


def facts(results: Results) -> Grid | None:
    """The figures the paper quotes, beside those of this study's recognised firms."""
    rows = results.table("facts").to_dict("records")
    values = [
        (
            Bilingual(record["fact_zh"], record["fact_en"]),
            *(record[column_name] for column_name in ("paper", "here", "n_firms", "year")),
            Bilingual(record["population_zh"], record["population_en"]),
            Bilingual(text_or_blank(record["note_zh"]), text_or_blank(record["note_en"])),
        )
        for record in rows
    ]
    note = wording("grids.note.facts")
    title = wording("grids.title.facts")
    return Grid(title, FACTS, tuple(values), ("facts",), note)


MAX_LIVE_UNITS = 500
"""Units up to which the workbook has sheets of weights to try: every formula of a rank looks at every unit."""
NO_LIVE_WEIGHTS = wording("grids.remark.no_live_weights", most=MAX_LIVE_UNITS)


def notes(results: Results) -> Grid:
    """What the marks mean and what to keep in mind."""
    scale = results.score_scale
    note_texts = [
        wording("grids.remark.missing"),
        wording("grids.remark.scale", scale=scale),
        wording("grids.remark.samples"),
        INTERCEPT_NOTE,
        MECHANICAL_PART_NOTE,
        wording("grids.remark.finer"),
    ]
    if len(results.units) > MAX_LIVE_UNITS:
        note_texts.append(NO_LIVE_WEIGHTS)
    return Grid(
        wording("grids.title.notes"),
        (Column(wording("headers.notes.note"), "text", 120),),
        tuple((note_text,) for note_text in note_texts),
        ("manifest",),
    )
