"""Ids of digits that differ by zeros in front alone: most often one id, out of which a spreadsheet made a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...engines import Engine, quoted
from ..records.intake_notice import Notice

LISTED_IDS = 5


def lost_zero_notices(typed_rows: str, key: Sequence[str], location: str, engine: Engine) -> Iterator[Notice]:
    """C06 for each text column of a key with such ids: they stay two units until the study says `pad`."""
    sql_types = engine.types(typed_rows)
    for name in key:
        if sql_types.get(name) != "text":
            continue
        ids = f"SELECT DISTINCT {quoted(name)} AS id FROM {typed_rows} WHERE regexp_full_match({quoted(name)}, '[0-9]+')"
        if engine.collect(f"SELECT 1 AS padded FROM {typed_rows} WHERE starts_with({quoted(name)}, '0') LIMIT 1").empty:
            continue
        padded_pairs = engine.collect(
            f"""WITH ids AS ({ids})
            SELECT DISTINCT s.id AS short, l.id AS long FROM ids AS s JOIN ids AS l
            ON ltrim(s.id, '0') = ltrim(l.id, '0') AND length(s.id) < length(l.id) ORDER BY ALL"""
        )
        if padded_pairs.empty:
            continue
        examples = ", ".join(
            f"{padded_pair.short} / {padded_pair.long}" for padded_pair in padded_pairs.head(LISTED_IDS).itertuples()
        )
        width = int(padded_pairs["long"].str.len().max())
        en = f"{name}: {len(padded_pairs)} pairs of ids differ by zeros in front alone ({examples}) and stay two units; "
        zh = f"{name}:{len(padded_pairs)} 对代码只差前导零({examples}),仍作两个单元;"
        remedy = f"pad: {{{name}: {width}}}"
        en, zh = f"{en}if they are one, write {remedy} at the source", f"{zh}若是同一单元,请在该数据源写 {remedy}"
        yield Notice("C06", location, en, zh)
