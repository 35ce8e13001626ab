"""SRDI status of firm-years: from a recognition list, or from the firm table's own columns."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ...canonical import SRDI_LEVELS
from ...engines.duckdb import Engine, literal, quoted
from ...errors import ConfigError, closest
from ...study.records import SrdiList
from ..records.intake_notice import Notice
from .firm_matching import BY_CODE, matched
from .recognition_spells import spells, stock, undecided

RECORDS = ("name", "uscc", "level", "batch", "announce_date", "status", "valid_from", "valid_to")
PUBLISHED = ("srdi_level", "srdi_batch", "srdi_first_year", "srdi_ever", "srdi_valid", "srdi_any")
LISTS = ("srdi_levels_valid", "srdi_levels_to_date", "srdi_levels_ever")
HIGHEST_FIRST = tuple(reversed(SRDI_LEVELS[1:]))
UNMATCHED_COLUMNS = ["file", "sheet", "name", "uscc", "level", "batch", "reason_zh", "reason_en"]
OFF_BY = 0.02
UNMATCHED = {
    "code": ("统一社会信用代码不在企业表中", "its credit code is that of no firm in the panel"),
    "name": ("没有代码,名称不对应唯一的企业", "it has no code, and its name is not that of exactly one firm"),
}


@dataclass(frozen=True)
class Status:
    """The firm table with status columns, the records that met no firm, and what was noticed about the list."""

    firms: str
    unmatched: pd.DataFrame
    notices: tuple[Notice, ...]


def from_list(
    firms: str, records: pd.DataFrame, settings: SrdiList, last_year: int, engine: Engine, owned: pd.DataFrame | None = None
) -> Status:
    """Status by year from recognition records (file, sheet, row and the list's columns).

    `owned` are subsidiaries (firm_id of the parent, name, uscc, from_year, to_year): their status counts for the parent
    where the study says so, and what either definition gives is told.
    """
    records = records.reindex(columns=[*dict.fromkeys([*records.columns, *RECORDS])])
    columns = [name for name in ("firm_id", "firm_name", "uscc") if name in engine.types(firms)]
    known = engine.collect(f"SELECT DISTINCT {', '.join(columns)} FROM {quoted(firms)} ORDER BY ALL")
    paired = matched(records, known)
    met = paired.dropna(subset=["firm_id"])
    found = spells(met[["firm_id", *RECORDS]], settings, last_year)
    told: tuple[Notice, ...] = ()
    if owned is not None:
        inherited = of_subsidiaries(records, owned, settings, last_year)
        told = (both_definitions(found, inherited, settings, last_year),)
        if settings.subsidiaries == "parent_or_subsidiary":
            found = pd.concat([found, inherited], ignore_index=True)
    found = found[found["first"] <= last_year]
    unknown = undecided(found, met, last_year) if settings.assume_review == "drop" else found.head(0)[["firm_id"]].assign(after=0)
    table = _joined(firms, found, unknown, settings, engine)
    return Status(table, _unmatched(paired), told)


def of_subsidiaries(records: pd.DataFrame, owned: pd.DataFrame, settings: SrdiList, last_year: int) -> pd.DataFrame:
    """Spells of subsidiaries in the years they were such, under the firm_id of the parent."""
    named = owned.assign(parent=owned["firm_id"], firm_id=[f"{n}" for n in range(len(owned))], firm_name=owned["name"])
    same = named["uscc"].fillna("").where(named["uscc"].fillna("") != "", named["name"])
    first = named.groupby(same)["firm_id"].transform("first")  # a subsidiary of several parents or terms is one firm
    met = matched(records, named.assign(firm_id=first)[["firm_id", "firm_name", "uscc"]]).dropna(subset=["firm_id"])
    mine = spells(met[["firm_id", *RECORDS]], settings, last_year)
    held = mine.merge(named.assign(firm_id=first)[["firm_id", "parent", "from_year", "to_year"]], on="firm_id", how="inner")
    begun = held["from_year"].astype("float64").fillna(-np.inf)
    ended = held["to_year"].astype("float64").fillna(np.inf)
    cut = held.assign(
        firm_id=held["parent"],
        first=np.maximum(held["first"], begun).astype("int64"),
        start=np.maximum(held["start"], begun).astype("int64"),
        end=np.minimum(held["end"], ended).astype("int64"),
    )
    return cut.loc[held["first"] <= ended, mine.columns]


def both_definitions(parents: pd.DataFrame, inherited: pd.DataFrame, settings: SrdiList, last_year: int) -> Notice:
    """M19: firms in force at the last year-end when only parents count, and when their subsidiaries do too."""
    levels = list(SRDI_LEVELS[1:])
    alone = stock(parents, [last_year], levels)[last_year]
    both = stock(pd.concat([parents, inherited], ignore_index=True), [last_year], levels)[last_year]
    en = f"in force at the end of {last_year}: {alone} firms by their own recognition, {both} with that of subsidiaries"
    zh = f"{last_year} 年末有效:只计本企业 {alone} 家,连同子公司 {both} 家"
    used = settings.subsidiaries
    return Notice("M19", "srdi_list", f"{en}; {used} is used", f"{zh};采用 {used}")


def _joined(firms: str, found: pd.DataFrame, unknown: pd.DataFrame, settings: SrdiList, engine: Engine) -> str:
    spells_table = engine.scan(found.astype({"firm_id": "str", "level": "str"}))
    after = engine.scan(unknown[["firm_id", "after"]].astype({"firm_id": "str"}))
    national = ", ".join(literal(level) for level in settings.national_levels)
    own = [name for name in engine.types(firms) if name in (*PUBLISHED, *LISTS)]
    kept = f"f.* EXCLUDE ({', '.join(own)})" if own else "f.*"
    valid = "CASE WHEN q.level IS NULL THEN [] ELSE q.known END"
    return engine.query(
        f"""WITH years AS (SELECT DISTINCT firm_id, year FROM {quoted(firms)}),
        p AS (
            SELECT y.firm_id, y.year, {_levels("y.year BETWEEN s.start AND s.end")} AS valid,
                   {_levels("y.year >= s.first")} AS to_date, {_levels("true")} AS ever, min(s.first) AS first,
                   min(s.batch) FILTER (WHERE s.level IN ({national})) AS batch
            FROM years AS y JOIN {spells_table} AS s USING (firm_id) GROUP BY y.firm_id, y.year),
        q AS (
            SELECT p.*, coalesce({_highest("p.valid")}, {_highest("p.to_date")}, 'none') AS level,
                   CASE WHEN len(p.valid) = 0 AND p.year >= u.after THEN NULL ELSE p.valid END AS known
            FROM p LEFT JOIN (SELECT firm_id, min("after") AS "after" FROM {after} GROUP BY firm_id) AS u USING (firm_id))
        SELECT {kept}, coalesce(q.level, 'none') AS srdi_level,
               CAST(q.batch AS INTEGER) AS srdi_batch, CAST(q.first AS INTEGER) AS srdi_first_year,
               coalesce(f.year >= q.first, false) AS srdi_ever, len({valid}) > 0 AS srdi_valid,
               q.first IS NOT NULL AS srdi_any, {valid} AS srdi_levels_valid,
               coalesce(q.to_date, []) AS srdi_levels_to_date, coalesce(q.ever, []) AS srdi_levels_ever
        FROM {quoted(firms)} AS f LEFT JOIN q USING (firm_id, year) ORDER BY f.firm_id, f.year""",
        f"{firms}_status",
    )


def _levels(when: str) -> str:
    return f"coalesce(list_sort(list_distinct(list(s.level) FILTER (WHERE {when}))), [])"


def _highest(levels: str) -> str:
    ranked = "[" + ", ".join(literal(level) for level in HIGHEST_FIRST) + "]"
    return f"list_filter({ranked}, lambda one: list_contains({levels}, one))[1]"


def from_columns(firms: str, engine: Engine) -> str:
    """The firm table with level lists made from its own srdi_level and srdi_valid, where no list is given."""
    held = engine.types(firms)
    if not {"srdi_level", "srdi_valid"} & set(held):
        return engine.query(f"SELECT * FROM {quoted(firms)}", f"{firms}_status")
    level = "NULLIF(srdi_level, 'none')" if "srdi_level" in held else "NULL"
    valid = "srdi_valid" if "srdi_valid" in held else f"{level} IS NOT NULL"
    now = f"CASE WHEN coalesce({valid}, false) THEN [coalesce({level}, 'national')] ELSE [] END"
    own = [name for name in held if name in ("srdi_any", "srdi_ever", "srdi_valid")]
    window = "PARTITION BY firm_id ORDER BY year ROWS BETWEEN UNBOUNDED PRECEDING AND"
    return engine.query(
        f"""WITH marked AS (SELECT *, {now} AS srdi_levels_valid FROM {quoted(firms)}),
        summed AS (SELECT *, list_sort(list_distinct(flatten(list(srdi_levels_valid) OVER ({window} CURRENT ROW)))) AS to_date,
            list_sort(list_distinct(flatten(list(srdi_levels_valid) OVER ({window} UNBOUNDED FOLLOWING)))) AS ever FROM marked)
        SELECT * EXCLUDE ({", ".join([*own, "to_date", "ever"])}), len(to_date) > 0 AS srdi_ever,
               len(srdi_levels_valid) > 0 AS srdi_valid, len(ever) > 0 AS srdi_any,
               to_date AS srdi_levels_to_date, ever AS srdi_levels_ever
        FROM summed ORDER BY firm_id, year""",
        f"{firms}_status",
    )


def _unmatched(paired: pd.DataFrame) -> pd.DataFrame:
    rest = paired[paired["firm_id"].isna()]
    why = ["code" if how == BY_CODE else "name" for how in rest["how"]]
    texts = {"reason_zh": [UNMATCHED[one][0] for one in why], "reason_en": [UNMATCHED[one][1] for one in why]}
    return rest.assign(**texts)[UNMATCHED_COLUMNS].sort_values(UNMATCHED_COLUMNS, kind="stable", ignore_index=True)


def beside(name: str, folders: Sequence[Path], where: str, columns: str) -> Path:
    """A small csv of the study in one of its folders; ConfigError with the nearest name, and what the file is to hold."""
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is not None:
        return path
    near = closest(name, [one.name for folder in folders if folder.is_dir() for one in folder.glob("*.csv")])
    hint, hint_zh = (f"did you mean {near!r}? ", f"您是不是想写 {near!r}?") if near else ("", "")
    raise ConfigError(
        f"no file {name!r} in the folder of configs or of data; {hint}The file has the columns {columns}",
        zh=f"配置文件夹与数据文件夹中都没有 {name!r};{hint_zh}该文件应有 {columns} 各列",
        where=where,
    )


def batch_totals(name: str, folders: Sequence[Path]) -> dict[int, int]:
    """batch -> firms recognised, from the study's file of batch totals; ConfigError when none is there or it is malformed."""
    where, columns = "sources.yaml srdi_list.batches", "batch, year, recognised, source"
    totals = {}
    with beside(name, folders, where, columns).open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            try:
                totals[int(row["batch"])] = int(row["recognised"])
            except (KeyError, TypeError, ValueError) as fault:
                raise ConfigError(
                    f"{name} line {line}: needs columns {columns}; batch and recognised are whole numbers",
                    zh=f"{name} 第 {line} 行:需要 {columns} 各列,其中 batch 与 recognised 为整数",
                    where=where,
                ) from fault
    return totals


def list_notices(records: pd.DataFrame, totals: dict[int, int], settings: SrdiList, where: str) -> tuple[Notice, ...]:
    """SL01 (and W09 beyond 2%) for batches whose count is off; SL02 for names recognised without being publicised."""
    national = records[records["level"].isin(settings.national_levels)]
    who = national["uscc"].fillna("").where(national["uscc"].fillna("") != "", national["name"])
    told: list[Notice] = []
    for batch, total in sorted(totals.items()):
        mine = national[national["batch"] == batch].assign(who=who)
        recognised = set(mine.loc[mine["status"] == "recognised", "who"])
        publicised = set(mine.loc[mine["status"] == "publicised", "who"])
        if (recognised or publicised) and len(recognised) != total:
            told += _off(batch, len(recognised), len(publicised), total, where)
        if recognised and publicised and (added := recognised - publicised):
            en = f"batch {batch}: {len(added)} recognised without having been publicised (additions)"
            told.append(Notice("SL02", where, en, f"第 {batch} 批:{len(added)} 家未经公示而认定(增补)"))
    return tuple(told)


def _off(batch: int, recognised: int, publicised: int, total: int, where: str) -> list[Notice]:
    en = f"batch {batch}: {recognised} recognised on the list, {total} in the batch totals"
    zh = f"第 {batch} 批:名单中公告(认定)为 {recognised} 家,批次总数为 {total} 家"
    if publicised:
        en += f" ({publicised} publicised names, which give no status: is the publicised list taken for the recognised one?)"
        zh += f"(另有公示 {publicised} 家,公示不等于认定:是否误把公示名单当作公告名单?)"
    told = [Notice("SL01", where, en, zh)]
    if abs(recognised - total) > OFF_BY * total:
        off = f"{recognised / total - 1:+.1%}"
        told.append(Notice("W09", where, f"batch {batch} is off by {off}", f"第 {batch} 批与批次总数相差 {off}"))
    return told
