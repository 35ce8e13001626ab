"""Names of units that differ by blanks, full-width forms or letter case alone: most often one unit, typed in two ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...engines import Engine, quoted
from ..meaning.glyphs import normalised_label
from ..records.intake_notice import Notice

LISTED_NAMES = 5
MOST_ROWS = 1_000_000
"""Of a table; beyond, keys are codes of firms, and comparing each would cost more than it finds."""


def near_equal_name_notices(typed_rows: str, key: Sequence[str], location: str, engine: Engine) -> Iterator[Notice]:
    """C03 for each text column of a key with such names: they stay units of their own until `values` says what is meant.

    The commoner spelling of each name is proposed; of two as common the shorter.
    """
    first_rows = f"SELECT count(*) AS n FROM (SELECT 1 FROM {typed_rows} LIMIT {MOST_ROWS + 1})"  # all need not be counted
    sql_types = engine.types(typed_rows) if engine.collect(first_rows)["n"][0] <= MOST_ROWS else {}
    for column in key:
        if sql_types.get(column) != "text":
            continue
        counts = engine.collect(
            f"SELECT * FROM (SELECT {quoted(column)} AS name, count(*) AS rows FROM {typed_rows} GROUP BY 1) "
            "ORDER BY rows DESC, length(name), name"  # a table may have a column `name`, or `rows`
        )
        names = counts.loc[counts["name"].map(lambda name: isinstance(name, str) and not name.isdigit()), "name"]
        if names.empty:
            continue
        by_spelling = names.groupby(names.map(normalised_label), sort=False)
        meanings = {rare_name: spellings.iloc[0] for _, spellings in by_spelling for rare_name in spellings.iloc[1:]}
        if not meanings:
            continue
        examples = ", ".join(f"“{rare_name}” / “{meaning}”" for rare_name, meaning in list(meanings.items())[:LISTED_NAMES])
        replacements = ", ".join(f'"{rare_name}": "{meaning}"' for rare_name, meaning in list(meanings.items())[:LISTED_NAMES])
        remedy = f"`values: {{{column}: {{{replacements}}}}}`"
        en = (
            f"{column}: {len(meanings)} names differ from others by blanks, full-width forms or letter case alone ({examples}) "
            f"and stay units of their own; if they are the same, write {remedy} at the source"
        )
        zh = (
            f"{column}:{len(meanings)} 个名称与另一名称只差空白、全角或大小写({examples}),现仍各作一个单元;"
            f"若是同一单元,请在该数据源写 {remedy}"
        )
        yield Notice("C03", location, en, zh)
