"""The quarantine list as page and workbook show it: every error, and of each rule so many warnings as can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engines import literal

if TYPE_CHECKING:
    import pandas as pd

    from ..engines import Engine

LISTED_WARNINGS = 50_000
"""Of each rule; quarantine.csv has all. A workbook of a million lines takes gigabytes to write, and nobody reads it."""
QUARANTINE, FINDING_COUNTS = "quarantine", "finding_counts"


def listed_findings(relation: str, engine: Engine) -> dict[str, pd.DataFrame]:
    """`quarantine`, whole or with the first warnings of the longest rules, and `finding_counts`: findings and rows of all."""
    import pandas as pd

    counts = engine.collect(
        f"""SELECT rule, severity, CAST(sum(n) AS BIGINT) AS findings, count(*) AS "rows" FROM (
            SELECT rule, severity, file, sheet, "row", count(*) AS n FROM {relation} GROUP BY rule, severity, file, sheet, "row")
        GROUP BY rule, severity ORDER BY rule, severity"""
    )
    long_rules = counts[(counts["severity"] != "error") & (counts["findings"] > LISTED_WARNINGS)]
    if long_rules.empty:
        return {QUARANTINE: engine.collect(relation), FINDING_COUNTS: counts}
    conditions = [
        f"(rule = {literal(rule)} AND severity = {literal(severity)})"
        for rule, severity in long_rules[["rule", "severity"]].itertuples(index=False)
    ]
    queries = [f"SELECT * FROM {relation} WHERE NOT ({' OR '.join(conditions)})"]
    queries += [f"SELECT * FROM {relation} WHERE {condition} LIMIT {LISTED_WARNINGS}" for condition in conditions]
    return {QUARANTINE: pd.concat(map(engine.collect, queries), ignore_index=True), FINDING_COUNTS: counts}
