"""Two tables whose keys hardly meet: joined, most of their rows stay alone, which ids in two forms bring about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from ...engines import Engine, quoted
from ..records.intake_notice import Notice

LEAST_SHARE = 0.5
# table, column -> the table that has the firm
REFERENCES = (("patents", "firm_id"), ("subsidiaries", "firm_id"))


def overlap_notices(row_tables: Mapping[str, str], key: Sequence[str], engine: Engine) -> Iterator[Notice]:
    """C03 for each two of the rows (name -> engine table) that share under half of the smaller one's keys."""
    for (first_table, first_rows), (second_table, second_rows) in combinations(row_tables.items(), 2):
        share = key_share(first_rows, second_rows, key, engine)
        if share is None or share >= LEAST_SHARE:
            continue
        column_shares = [(key_column, key_share(first_rows, second_rows, [key_column], engine)) for key_column in key]
        share_list = ", ".join(
            f"{key_column} {column_share:.0%}" for key_column, column_share in column_shares if column_share is not None
        )
        en = f"only {share:.0%} of their keys ({' + '.join(key)}) meet ({share_list}): are ids written in two forms?"
        zh = f"主键({' + '.join(key)})只有 {share:.0%} 能对上({share_list}):代码的写法是否不同?"
        yield Notice("C03", f"{first_table}, {second_table}", en, zh)


def key_share(first_rows: str, second_rows: str, key: Sequence[str], engine: Engine) -> float | None:
    """Keys in both over keys of the smaller one; None where one has no key or no rows."""
    if not all(set(key) <= set(engine.types(row_table)) for row_table in (first_rows, second_rows)):
        return None
    names = ", ".join(map(quoted, key))
    keys = [
        f"(SELECT DISTINCT {names} FROM {row_table} WHERE "
        f"{' AND '.join(f'{quoted(key_column)} IS NOT NULL' for key_column in key)})"
        for row_table in (first_rows, second_rows)
    ]
    counts = engine.collect(
        f"""SELECT (SELECT count(*) FROM {keys[0]}) AS a, (SELECT count(*) FROM {keys[1]}) AS b,
        (SELECT count(*) FROM {keys[0]} SEMI JOIN {keys[1]} USING ({names})) AS shared"""
    ).iloc[0]
    smaller_count = min(int(counts["a"]), int(counts["b"]))
    return int(counts["shared"]) / smaller_count if smaller_count else None


def table_overlap_notices(tables: Mapping[str, str], unit: Sequence[str], engine: Engine) -> Iterator[Notice]:
    """The same for tables of a study: those that have its units, and those that refer to firms."""
    with_units = {
        table_name: row_table
        for table_name, row_table in tables.items()
        if table_name != "linkages" and set(unit) <= set(engine.types(row_table))
    }
    yield from overlap_notices(with_units, unit, engine)
    for table_name, column in REFERENCES:
        if {table_name, "firms"} <= set(tables) and list(unit) != [column]:
            yield from overlap_notices({table_name: tables[table_name], "firms": tables["firms"]}, [column], engine)
