"""How complete the rows behind each indicator are: firms used and coverage of every value, and coverage by SRDI status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ..engines import Engine, quoted
from ..expressions.coverage import TermCoverage, coverage_terms
from ..study.column_facts import row_key
from ..study.records import Indicator, Study
from .density import ever_sql
from .unit_year_aggregates import aggregate_rows, parsed_aggregate
from .unit_year_panel import SAMPLES, unit_year_tables

COUNTS = ("rows_used", "rows", "denominator_used", "denominator", "denominator_rows", "denominator_scope")
FIRMS = "firms"
COLUMNS = ["sample", "unit", "year", "indicator", "n_firms", "coverage"]
STATUS_COLUMNS = ["indicator", "coverage", "coverage_srdi", "coverage_others"]


def indicator_coverage(
    study: Study, engine: Engine, tables: Mapping[str, str], panel: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Coverage of every value and of every leaf of `panel`.

    (sample, unit, year, indicator, n_firms, coverage), and (indicator, coverage, coverage_srdi, coverage_others) over all years.
    n_firms: firms in the rows used. Coverage: the part of the denominator that complete rows carry, a row without a denominator
    counted at the mean of the others; the share of rows where the denominator does not add up; of several ratios the lowest.
    """
    unit_tables = unit_year_tables(study, engine, tables)
    leaves = {id: leaf for id, leaf in study.indicators.indicators.items() if id in panel.columns}
    counts = [
        _table_counts(
            study,
            engine,
            table_name,
            unit_tables[table_name],
            {id: leaf for id, leaf in leaves.items() if leaf.table == table_name},
        )
        for table_name in sorted({leaf.table for leaf in leaves.values()})
    ]
    if not counts:
        return pd.DataFrame(columns=COLUMNS), pd.DataFrame(columns=STATUS_COLUMNS)
    long_counts = pd.concat(counts, ignore_index=True)
    samples = [str(sample) for sample in panel["sample"].unique()]
    blocks = [_sample_coverage(long_counts, sample) for sample in samples]
    return pd.concat(blocks, ignore_index=True)[COLUMNS], _status_coverage(long_counts)


def _table_counts(study: Study, engine: Engine, table_name: str, table: str, leaves: Mapping[str, Indicator]) -> pd.DataFrame:
    """unit, year, recognised, indicator, term, COUNTS and FIRMS; `recognised` is missing without a status of firms."""
    types = engine.types(table)
    key = [column for column in row_key(study, table_name) if column in types] or ["unit", "year"]
    expressions = {id: parsed_aggregate(leaf, types, location=f"{table_name}.{id}") for id, leaf in leaves.items()}
    rows = aggregate_rows(table, expressions.values(), types, key)
    has_status = table_name == "firms" and "srdi_levels_ever" in types
    srdi_flag = ever_sql(study) if has_status else "CAST(NULL AS BOOLEAN)"
    select_items, labels = list[str](), list[tuple[str, int]]()
    for id, expression in expressions.items():
        for term_number, term in enumerate(coverage_terms(expression, types, key=key)):
            firms = _firm_count(term, key) if table_name == "firms" else "CAST(NULL AS DOUBLE)"
            columns = {count_column: getattr(term, count_column) for count_column in COUNTS} | {FIRMS: firms}
            select_items += [f"{sql} AS {quoted(f'{count_column} {len(labels)}')}" for count_column, sql in columns.items()]
            labels.append((id, term_number))
    frame = engine.collect(
        f"SELECT unit, year, {srdi_flag} AS recognised, {', '.join(select_items)} FROM {rows} WHERE unit IS NOT NULL "
        "GROUP BY unit, year, recognised ORDER BY unit, year, recognised"
    )
    cells = frame[["unit", "year", "recognised"]].assign(recognised=frame["recognised"].astype("boolean"))
    return pd.concat(
        [
            cells.assign(
                indicator=id,
                term=term_number,
                **{count_column: frame[f"{count_column} {label_index}"].astype(float) for count_column in (*COUNTS, FIRMS)},
            )
            for label_index, (id, term_number) in enumerate(labels)
        ],
        ignore_index=True,
    )


def _firm_count(term: TermCoverage, key: Sequence[str]) -> str:
    """SQL of the firms in the rows used of a year: of a table with one row by firm and year these are its rows."""
    one_row = {"firm_id", "year"} == set(key)
    return term.rows_used if one_row else f"count(DISTINCT firm_id) FILTER (WHERE {term.used_condition})"


def _sample_coverage(term_counts: pd.DataFrame, sample: str) -> pd.DataFrame:
    rows = term_counts if sample == SAMPLES[0] else term_counts[~term_counts["recognised"].fillna(False).astype(bool)]
    values = _lowest_of_terms(rows, ["unit", "year", "indicator"]).rename(columns={"firms": "n_firms"})
    return values.assign(sample=sample, n_firms=values["n_firms"].astype("Int64"), year=values["year"].astype("int64"))


def _status_coverage(term_counts: pd.DataFrame) -> pd.DataFrame:
    """Coverage over all unit-years together, of all rows and by status."""
    overall_coverage = _lowest_of_terms(term_counts, ["indicator"]).set_index("indicator")["coverage"]
    known_counts = term_counts[term_counts["recognised"].notna()]
    status = _lowest_of_terms(known_counts, ["indicator", "recognised"]).set_index(["indicator", "recognised"])["coverage"]
    coverage_table = overall_coverage.to_frame().reset_index()
    for column, is_srdi in (("coverage_srdi", True), ("coverage_others", False)):
        indicator_status_pairs = pd.MultiIndex.from_arrays([coverage_table["indicator"], [is_srdi] * len(coverage_table)])
        coverage_table[column] = status.reindex(indicator_status_pairs).to_numpy(dtype=float) if len(status) else float("nan")
    return coverage_table[STATUS_COLUMNS]


def _lowest_of_terms(term_counts: pd.DataFrame, group_keys: list[str]) -> pd.DataFrame:
    """keys, firms and coverage of the term that is covered least."""
    sums = term_counts.groupby([*group_keys, "term"], sort=True)[[*COUNTS, FIRMS]].sum(min_count=1).reset_index()
    by_rows = sums["rows_used"] / sums["rows"].where(sums["rows"] > 0)
    by_denominator = sums["denominator_used"].fillna(0.0) / sums["denominator"].where(sums["denominator"] > 0)
    share_with_denominator = sums["denominator_rows"] / sums["denominator_scope"].where(sums["denominator_scope"] > 0)
    sums["coverage"] = (by_denominator * share_with_denominator).where(by_denominator.between(0, 1), by_rows)
    return sums.groupby(group_keys, sort=True)[[FIRMS, "coverage"]].min().reset_index()
