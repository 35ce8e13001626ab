"""The methods section on the data: units, years, the study's own tree, sources, and where the records went."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

import pandas as pd

from ..bilingual import BLANK_TEXT, Bilingual, split_bilingual
from ..label_catalogue import TABLE_LABELS
from ..number_format import is_missing
from ..results import Results
from ..wording import listing, together, wording, wordings
from .prose_blocks import Block, prose

READ, USED = 0, -1
"""Of the steps of a table: the first says what was read, the last what is used."""
UNIT_KINDS: dict[tuple[str, ...], str] = {
    ("industry_code",): "industry",
    ("province",): "province",
    ("province_code",): "province",
}


def data_blocks(results: Results) -> Iterator[Block]:
    """Units, years, indicators, sources, and how many records of each table are used."""
    no_treatment = wording("methods.data.no_treatment") if results.has("density") else BLANK_TEXT
    yield prose(_panel(results), _tree(results), no_treatment)
    yield prose(_sources(results), *_sample(results))


def unit_kind(results: Results) -> Bilingual:
    """What the units are called: industries, provinces, or units."""
    return wording(f"methods.unit.{UNIT_KINDS.get(tuple(results.study.study.unit.by), 'other')}")


def _panel(results: Results) -> Bilingual:
    """Units and years; one year is a cross-section."""
    years = results.years
    places = {"units": len(results.units), "unit": unit_kind(results), "index": results.name(results.tree.root)}
    if not years:
        return BLANK_TEXT
    if len(years) == 1:
        return wording("methods.data.cross_section", year=years[0], **places)
    return wording("methods.data.panel", first_year=years[0], last_year=years[-1], **places)


def _tree(results: Results) -> Bilingual:
    """How many nodes each level of the run's own tree has, from the top."""
    tree = results.tree
    count_by_level: dict[str, int] = {}
    for node in tree.order:
        if node != tree.root:
            level = "indicators" if not tree.children(node) else tree.level(node)
            count_by_level[level] = count_by_level.get(level, 0) + 1
    levels = [level for level in reversed(tree.levels) if level in count_by_level]
    levels += [level for level in count_by_level if level not in levels]
    return wording("methods.data.tree", levels=together([_level_count(level, count_by_level[level]) for level in levels]))


def _level_count(level: str, count: int) -> Bilingual:
    """`two dimensions`; a level of the study's own by its own name."""
    if f"{level}.one" in wordings("methods.level"):
        text = wording(f"methods.level.{level}.one" if count == 1 else f"methods.level.{level}", count=count)
    else:
        text = wording("methods.level.other", name=level, count=count)
    return Bilingual(text.zh.strip(), text.en)


def _sources(results: Results) -> Bilingual:
    """Titles and producers; once where one producer made all."""
    origins = [origin for source in results.study.sources.sources.values() if (origin := source.origin) is not None]
    if not origins:
        return BLANK_TEXT
    titles = list(dict.fromkeys(split_bilingual(origin.title) for origin in origins))
    producers = list(dict.fromkeys(split_bilingual(origin.producer) for origin in origins))
    if len(producers) == 1 and len(titles) > 1:
        text = wording("methods.data.sources_alike", titles=listing(titles), producer=producers[0])
    else:
        pairs = dict.fromkeys((split_bilingual(origin.title), split_bilingual(origin.producer)) for origin in origins)
        text = listing((wording("methods.data.source", title=title, producer=producer) for title, producer in pairs), "clauses")
    return wording("methods.data.sources", sources=text)


def _sample(results: Results) -> Iterator[Bilingual]:
    """A sentence for each table that lost records; one for all that lost none."""
    rows = results.table("sample_flow")
    complete: list[tuple[str, pd.DataFrame]] = []
    for table, steps in rows.groupby("table", sort=False) if len(rows) else ():
        if steps["rows"].iloc[READ] != steps["rows"].iloc[USED]:
            yield _losses(results, str(table), steps)
        else:
            complete.append((str(table), steps))
    if complete:
        firms = next((steps["firms"].iloc[USED] for _, steps in complete if not is_missing(steps["firms"].iloc[USED])), None)
        total = sum(int(steps["rows"].iloc[USED]) for _, steps in complete)
        names = together(list(dict.fromkeys(_table_name(results, table) for table, _ in complete)))
        yield wording("methods.sample.complete", tables=names, rows=total, firms=_firms(firms))


def _losses(results: Results, table: str, steps: pd.DataFrame) -> Bilingual:
    """What was read, dropped for which reason, and used."""
    rows_read, rows_used = int(steps["rows"].iloc[READ]), int(steps["rows"].iloc[USED])
    removed = [
        wording("methods.sample.removed", reason=_reason(record), rows=record["rows"])
        for record in steps.iloc[1:-1].to_dict("records")
        if record["rows"] > 0
    ] or [wording("methods.sample.removed", reason=wording("methods.sample.invalid"), rows=rows_read - rows_used)]
    return wording(
        "methods.sample.used",
        table=_table_name(results, table),
        read=rows_read,
        removed=listing(removed),
        used=rows_used,
        firms=_firms(steps["firms"].iloc[USED]),
    )


def _reason(record: Mapping[Hashable, object]) -> Bilingual:
    """Why records were dropped, without the word of the log before the colon."""
    zh, en = str(record["label_zh"]), str(record["label_en"])
    if zh.startswith("隔离"):
        return wording("methods.sample.invalid")
    return Bilingual(zh.partition(":")[2] or zh, en.partition(": ")[2] or en)


def _firms(firms: object) -> Bilingual:
    return BLANK_TEXT if is_missing(firms) else wording("methods.sample.firms", firms=firms)


def _table_name(results: Results, table: str) -> Bilingual:
    """A table by the title of its source, else by its label; the only one needs no name."""
    if results.table("sample_flow")["table"].nunique() == 1:
        return wording("methods.sample.source_data")
    source = results.study.sources.sources.get(table)
    origin = source.origin if source is not None else None
    if origin is not None:
        return split_bilingual(origin.title)
    return TABLE_LABELS.get(table) or wording("methods.sample.source_data")
