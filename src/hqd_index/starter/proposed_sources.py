"""Sources and tables for the files found: labels to columns, units, years, marks; each guess with the reason for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..canonical import CANONICAL
from ..intake.layout.header_rows import column_letters
from ..intake.meaning.dates import calendar_date, year
from ..intake.meaning.header_years import year_of
from ..intake.meaning.industries import industry
from ..study.vendor_presets import preset
from .found_tables import PRESUMED, FoundColumn
from .measure_columns import add_measures
from .proposal import Proposal, ProposedColumn, ProposedSource, ProposedTable, SourceDraft
from .proposed_names import Names, column_name, slug
from .recognition_source import recognition_source
from .source_groups import SourceGroup
from .table_roles import UsedTable, unit_key

EDITION = "2017"
DATA_ROLES = ("firms", "industry", "panel", "coinr_data", "coin_tool")
TABLE_NAMES = {"province_code": "provinces", "industry_code": "industries", "firm_id": "firm_panel", "city_code": "cities"}
FIRM_TEXTS = ("firm_name", "uscc", "industry_code", "province_code", "statement_type", "city_code")
SHOWN = 5
ACROSS = ("years", "bands", "years_of_measures")


def proposed_sources(groups: Sequence[SourceGroup]) -> Proposal:
    """Sources and tables of the groups; firm tables with legal names first, as the first name that a firm has counts."""
    proposal, ids = Proposal(), Names()
    for group in sorted(groups, key=_without_legal_names):
        if group.first.role in DATA_ROLES:
            _add_data(group, proposal, ids)
    for group in groups:
        if group.first.role == "srdi_list":
            _add_list(group, proposal, ids)
    return proposal


def _without_legal_names(group: SourceGroup) -> bool:
    """Whether a firm table lacks the legal names that recognition lists print."""
    columns = group.first.table.columns
    return group.first.role == "firms" and not any(c.key == "firm_name" and not _is_short_name(c) for c in columns)


def _add_list(group: SourceGroup, proposal: Proposal, ids: Names) -> None:
    settings, comments = recognition_source(group.first.table, sorted(proposal.years))
    source = ProposedSource(ids.fresh("srdi_list"), "srdi_list", _head_settings(group, "srdi_list") | settings, group, comments)
    proposal.guesses += [(f"sources.{source.id}.{setting}", label) for setting, label in comments.items()]
    if settings.get("constants", {}).get("status") == "publicised":
        zh = "名单写“公示”,公示不算认定,因此没有企业算被认定;已公告的请把 constants 的 status 改成 recognised"
        en = "a list that is publicised (公示) gives no status: no firm counts; write status: recognised once it is announced"
        proposal.lack(f"sources.{source.id}", zh, en)
    proposal.sources.append(source)


def _add_data(group: SourceGroup, proposal: Proposal, ids: Names) -> None:
    table = _table_of(group.first, proposal)
    stem = slug(column_name(Path(group.path.replace("*", "")).stem))
    source = ProposedSource(ids.fresh(stem[:30] or table.name), table.name, _head_settings(group, table.name), group)
    draft = SourceDraft(group, table, source, proposal)
    _add_key(draft)
    _add_year(draft)
    if group.first.role == "firms":
        _add_firm_texts(draft)
    source.settings["aliases"] = {}
    add_measures(draft)
    known = _labels_of_preset(draft)
    source.settings["aliases"] = {label: name for label, name in draft.aliases.items() if known.get(label) != name}
    _add_edition(draft)
    _add_scope(draft)
    _add_cell_settings(draft)
    source.settings = {setting: value for setting, value in source.settings.items() if value not in ({}, [])}
    proposal.sources.append(source)
    if group.first.duplicates:
        units, count = "、".join(column.label for column in group.first.units), group.first.duplicates
        zh, en = (
            f"按 {units} 与年份有 {count} 行重复;请检查主键是否还缺一列",
            f"{count} rows repeat {units} and year; a key is missing",
        )
        proposal.lack(draft.location, zh, en)


def _table_of(used: UsedTable, proposal: Proposal) -> ProposedTable:
    """The table a group feeds: one for all groups with the same kind of units."""
    if used.role in ("firms", "industry"):
        return proposal.tables.setdefault(used.role, ProposedTable(used.role, CANONICAL[used.role].key, True))
    keys = tuple(key or "unit" for key in used.unit_names)
    own = [table for table in proposal.tables.values() if not table.builtin and set(table.key[:-1]) == set(keys)]
    if own and keys != ("unit",):
        return own[0]
    stem = TABLE_NAMES.get(keys[0], "units") if len(keys) == 1 else "panel"
    name = Names([*proposal.tables, *CANONICAL]).fresh(stem)
    return proposal.tables.setdefault(name, ProposedTable(name, (*keys, "year"), False))


def _head_settings(group: SourceGroup, table: str) -> dict[str, Any]:
    """path, table, preset, sheet and header row."""
    used = group.first
    header_row = used.table.header_row if used.role == "coin_tool" else None
    settings = {"path": group.path, "table": table, "preset": used.preset, "sheet": group.sheet, "sheet_is": group.sheet_is}
    return {setting: value for setting, value in (settings | {"header_row": header_row}).items() if value}


def _add_key(draft: SourceDraft) -> None:
    """Labels of the columns that make a unit."""
    for column, key in zip(draft.used.units, draft.table.key):
        draft.aliases[column.label or column_letters(column.place)] = key
        if not draft.table.builtin:
            draft.table.columns.setdefault(key, ProposedColumn(key, column.title or "单元", "", key == "unit", "text", column))


def _add_year(draft: SourceDraft) -> None:
    """Where the year is: a column, header row, sheet, the file's name; else a constant that is guessed."""
    used, proposal = draft.used, draft.proposal
    for table in draft.group.tables:
        proposal.years |= _years_of(table)
    if draft.group.sheet_is == "year":
        proposal.years |= {int(year_of(table.table.preview.sheet) or 0) for table in draft.group.tables} - {0}
    elif used.year is not None:
        dated = used.role == "firms" and (used.year.kind == "date" or used.year.key == "statement_date")
        draft.aliases[used.year.label] = "statement_date" if dated else "year"
        if used.year.key not in ("year", "statement_date"):
            comment = draft.guess(f"把“{used.year.label}”当作年份", f"{used.year.label!r} is taken for the year")
            draft.source.alias_comments[used.year.label] = comment
    elif used.layout not in ACROSS:
        _add_constant_year(draft)


def _add_constant_year(draft: SourceDraft) -> None:
    path = draft.used.table.preview.path
    told = draft.group.year or str(datetime.fromtimestamp(path.stat().st_mtime, UTC).year)
    origin = ("文件名", "the file's name") if draft.group.year else ("文件修改日期", "the date of the file")
    draft.source.settings["constants"] = {"year": told}
    guess = draft.guess(f"文件没有年份列;{told} 年取自{origin[0]}", f"no column of years; {told} is taken from {origin[1]}")
    draft.source.remark("constants", guess)
    draft.proposal.years.add(int(told))


def _years_of(used: UsedTable) -> set[int]:
    labels = [year_of(label) for label in used.table.years_across]
    if used.table.bands:
        labels = [year_of(column.label) for column in used.table.columns]
    if used.year is not None:
        labels = [year(text).value or (calendar_date(text).value or "")[:4] for text in used.year.distinct]
    return {int(label) for label in labels if label}


def _add_firm_texts(draft: SourceDraft) -> None:
    """Name, credit code, industry, province and type of statement of firms; of two alike the one that tells more."""
    for column in sorted(draft.used.table.columns, key=lambda column: (_is_short_name(column), -_divisions(column))):
        name = unit_key(column) if column.meaning in ("industry", "province") else column.key
        fresh = column.label not in draft.aliases and name not in draft.aliases.values()
        if column.label and column.kind == "text" and fresh and name in FIRM_TEXTS:
            draft.aliases[column.label] = name


def _divisions(column: FoundColumn) -> int:
    """How many divisions of manufacturing the texts of a column of industries name: a column of sections names none."""
    if column.meaning != "industry":
        return 0
    return len({found.code for text in column.distinct if (found := industry(text, EDITION)).scope == "manufacturing"})


def _is_short_name(column: FoundColumn) -> bool:
    """Whether a column of names holds short ones, which no recognition list has."""
    return any("简称" in text or "short" in text.lower() or text.lower() == "stknme" for text in (column.label, column.also))


def _labels_of_preset(draft: SourceDraft) -> dict[str, str]:
    """Labels that the preset of a source reads as they are."""
    if not draft.used.preset:
        return {}
    columns = CANONICAL[draft.table.name].columns if draft.table.builtin else draft.table.columns
    return {label: item.column for label, item in preset(draft.used.preset).columns.items() if item.column in columns}


def _add_edition(draft: SourceDraft) -> None:
    """An industry needs the edition of its codes, which no file says."""
    if "industry_code" not in draft.aliases.values():
        return
    draft.source.settings["constants"] = {**draft.source.settings.get("constants", {}), "industry_version": EDITION}
    zh = "行业代码版本文件未写明,暂按 2017 版(2011 版的两位代码与之相同)"
    en = "the file does not say the edition of industry codes; 2017 for now (2011 has the same two digits)"
    draft.source.remark("constants", draft.guess(zh, en))
    texts = dict.fromkeys(text for column in _columns_of(draft, "industry_code") for text in column.distinct)
    others = [text for text in texts if industry(text, EDITION).scope == "other"]
    if others:
        shown = others[:SHOWN]
        zh = f"程序只评制造业,这 {len(others)} 个行业在范围外:{'、'.join(shown)}" + (" 等" if len(others) > SHOWN else "")
        en = f"manufacturing alone is scored; {len(others)} industries are out of scope: {', '.join(shown)}"
        draft.proposal.lack(draft.location, zh, en + (" ..." if len(others) > SHOWN else ""))


def _columns_of(draft: SourceDraft, name: str) -> list[FoundColumn]:
    """The columns of the files that stand for a canonical column."""
    labels = {label for label, target in draft.aliases.items() if target == name}
    return [column for used in draft.group.tables for column in used.table.columns if column.label in labels]


def _add_scope(draft: SourceDraft) -> None:
    """Rows of firms that are right but not meant: statements of parents beside those of groups, and of parts of a year."""
    if draft.used.role != "firms" or draft.used.preset in ("csmar", "wind"):
        return
    rules = []
    names = {name: label for label, name in draft.aliases.items()}
    columns = {column.label: column for used in draft.group.tables for column in used.table.columns}
    if "statement_type" in names and len(columns[names["statement_type"]].distinct) > 1:
        rules.append({"when": "statement_type = 'parent'", "reason": {"zh": "母公司报表", "en": "parent-company statement"}})
    dates = columns[names["statement_date"]].distinct if "statement_date" in names else ()
    if {(calendar_date(text).value or "")[5:7] for text in dates} - {"", "01", "12"}:
        reason = {"zh": "季报与半年报", "en": "quarterly and half-year statements"}
        rules.append({"when": "month(statement_date) > 1 and month(statement_date) < 12", "reason": reason})
    if rules:
        draft.source.settings["out_of_scope"] = rules
        zh, en = "只用合并报表的年报", "yearly statements of groups alone"
        draft.source.remark("out_of_scope", draft.guess(zh, en))


def _add_cell_settings(draft: SourceDraft) -> None:
    """Marks of missing values and forms of numbers that cells need declared."""
    columns = [column for used in draft.group.tables for column in used.table.columns if column.kind == "number"]
    marks = list(dict.fromkeys(mark for column in columns for mark in column.marks if mark not in PRESUMED))
    if marks:
        usual = (preset(draft.used.preset).missing if draft.used.preset else ()) or PRESUMED
        draft.source.settings["missing"] = list(dict.fromkeys([*usual, *marks]))
        shown = " ".join(marks)
        draft.source.remark("missing", draft.guess(f"按缺失处理的写法:{shown}", f"read as missing: {shown}"))
    needed = {conversion for column in columns for conversion in column.conversions}
    for conversion, setting, value, zh, en in (
        ("separators", "parse_separators", True, "有千分位或全角数字", "digit separators or full-width digits"),
        ("units", "parse_units", True, "单元格内写有单位", "units inside cells"),
        ("decimal", "decimal", ",", "小数点写作逗号", "decimal commas"),
    ):
        if conversion in needed:
            draft.source.settings[setting] = value
            draft.source.remark(setting, draft.guess(zh, en))
