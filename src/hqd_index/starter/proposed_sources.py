"""Sources and tables for the files found: labels to columns, units, years, marks; each guess with the reason for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..canonical import CANONICAL
from ..intake.layout.two_row_headers import column_letters
from ..intake.meaning.dates import calendar_date, read_year
from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.header_years import measure_and_year, year_of
from ..intake.meaning.industries import industry
from ..intake.meaning.official_codes import is_macro_region, province
from ..study.vendor_presets import preset
from .builtin_sources import add_builtin
from .firm_texts import add_firm_texts, is_short_name
from .known_words import is_aggregate_name, provenance_words, totals
from .measure_columns import add_measures
from .proposal import Proposal, ProposedColumn, ProposedSource, ProposedTable, SourceDraft
from .proposed_names import Names, column_name, slug
from .recognition_source import recognition_source
from .scored_units import proposed_edition
from .sheet_tables import DEFAULT_MISSING_MARKS, SheetColumn
from .source_groups import SourceGroup
from .table_roles import UNIT, ClassifiedTable, is_in_blocks, is_trade

DATA_ROLES = ("firms", "industry", "panel", "coinr_data", "coin_tool")
TABLE_NAMES = {"province_code": "provinces", "industry_code": "industries", "firm_id": "firm_panel", "city_code": "cities"}
LISTED_INDUSTRIES = 5
YEAR_ORIGINS = {
    "file": ("文件名", "the file's name"),
    "title": ("表的标题", "the title of the table"),
    "": ("文件修改日期", "the date of the file"),
}
YEAR_COLUMN_LAYOUTS = ("years", "bands", "years_of_measures")


def proposed_sources(source_groups: Sequence[SourceGroup]) -> Proposal:
    """Sources and tables of the groups; firm tables with legal names first, as the first name that a firm has counts."""
    proposal, ids = Proposal(), Names()
    for group in sorted(source_groups, key=_without_legal_names):
        if group.first.role in DATA_ROLES:
            _add_data(group, proposal, ids)
    for group in source_groups:
        if group.first.role == "srdi_list":
            _add_list(group, proposal, ids)
        elif group.first.role == "builtin":
            add_builtin(group, proposal, ids.unused_name(group.first.builtin))
        elif group.first.role == "batches":
            proposal.batches = group.path
    return proposal


def _without_legal_names(group: SourceGroup) -> bool:
    """Whether a firm table lacks the legal names that recognition lists print."""
    columns = group.first.table.columns
    return group.first.role == "firms" and not any(column.key == "firm_name" and not is_short_name(column) for column in columns)


def _add_list(group: SourceGroup, proposal: Proposal, ids: Names) -> None:
    settings, comments = recognition_source(group.first.table, sorted(proposal.years))
    source = ProposedSource(
        ids.unused_name("srdi_list"), "srdi_list", _head_settings(group, "srdi_list") | settings, group, comments
    )
    proposal.guesses += [(f"sources.{source.id}.{setting}", label) for setting, label in comments.items()]
    if settings.get("constants", {}).get("status") == "publicised":
        zh = "名单写“公示”,公示不算认定,因此没有企业算被认定;已公告的请把 constants 的 status 改成 recognised"
        en = "a list that is publicised (公示) gives no status: no firm counts; write status: recognised once it is announced"
        proposal.add_gap(f"sources.{source.id}", zh, en)
    proposal.sources.append(source)


def _add_data(group: SourceGroup, proposal: Proposal, ids: Names) -> None:
    table = _table_of(group.first, proposal)
    file_slug = slug(column_name(Path(group.path.replace("*", "")).stem))
    source = ProposedSource(ids.unused_name(file_slug[:30] or table.name), table.name, _head_settings(group, table.name), group)
    source_draft = SourceDraft(group, table, source, proposal)
    _add_key(source_draft)
    _add_year(source_draft)
    if group.first.role == "firms":
        add_firm_texts(source_draft)
    source.settings["aliases"] = {}
    add_measures(source_draft)
    if group.first.layout == "plain" and is_in_blocks(group.first.table):
        source.settings["reshape"] = {"side_by_side": True}
    preset_labels = _labels_of_preset(source_draft)
    source.settings["aliases"] = {
        label: canonical_name
        for label, canonical_name in source_draft.aliases.items()
        if preset_labels.get(label) != canonical_name
    }
    _add_edition(source_draft)
    _add_scope(source_draft)
    _add_cell_settings(source_draft)
    source.settings = {
        setting: setting_value for setting, setting_value in source.settings.items() if setting_value not in ({}, [])
    }
    proposal.sources.append(source)
    if group.first.duplicates:
        _add_repeated_rows(source_draft)


def _add_repeated_rows(source_draft: SourceDraft) -> None:
    """Says that rows share a key: a key is missing, or the figures are printed in several tables that a column names."""
    classified_table = source_draft.classified_table
    keys = (*classified_table.units, classified_table.year, classified_table.names)
    labels = [column.label for column in keys if column is not None]
    origin = next(
        (column.label for column in classified_table.table.columns if normalised_label(column.label) in provenance_words()), ""
    )
    zh = f"按{'、'.join(labels)}有 {classified_table.duplicates:,} 行重复;"
    en = f"{classified_table.duplicates:,} rows repeat {', '.join(labels)}; "
    if origin:
        zh += f"如是同一数字见于不同的“{origin}”,只用第一行,重复的行一多(超过 5%)运行会停:"
        zh += "核对后用 out_of_scope 去掉一处,或在 rules.yaml 写 gates: {max_quarantine_share: 0.1}"
        en += f"if one figure is printed under several {origin!r}, the first row is used, and over 5% of such rows stop a run: "
        en += "leave one place out by out_of_scope, or write gates: {max_quarantine_share: 0.1} in rules.yaml"
    else:
        zh, en = f"{zh}请检查主键是否还缺一列", f"{en}a key is missing"
    source_draft.proposal.add_gap(source_draft.location, zh, en)


def _table_of(classified_table: ClassifiedTable, proposal: Proposal) -> ProposedTable:
    """The table a group feeds: one for all groups with the same kind of units."""
    if classified_table.role in ("firms", "industry"):
        table_name = "trade" if is_trade(classified_table) else str(classified_table.role)
        return proposal.tables.setdefault(table_name, ProposedTable(table_name, CANONICAL[table_name].key, True))
    keys = classified_table.unit_names
    user_tables = [table for table in proposal.tables.values() if not table.is_canonical and set(table.key[:-1]) == set(keys)]
    if user_tables and keys != ("unit",):
        return user_tables[0]
    table_slug = TABLE_NAMES.get(keys[0], "units") if len(keys) == 1 else "panel"
    name = Names([*proposal.tables, *CANONICAL]).unused_name(table_slug)
    return proposal.tables.setdefault(name, ProposedTable(name, (*keys, "year"), False))


def _head_settings(group: SourceGroup, table: str) -> dict[str, Any]:
    """path, table, preset, sheet and header row."""
    first_table = group.first
    header_row = first_table.table.header_row if first_table.role == "coin_tool" else None
    settings = {
        "path": group.path,
        "table": table,
        "preset": first_table.preset,
        "sheet": group.sheet,
        "sheet_is": group.sheet_meaning,
    }
    return {setting: setting_value for setting, setting_value in (settings | {"header_row": header_row}).items() if setting_value}


def _add_key(source_draft: SourceDraft) -> None:
    """Labels of the columns that make a unit."""
    for column, key in zip(source_draft.classified_table.units, source_draft.table.key):
        source_draft.aliases[column.label or column_letters(column.column_index)] = key
        if not source_draft.table.is_canonical:
            source_draft.table.columns.setdefault(
                key, ProposedColumn(key, column.title or "单元", "", key.startswith(UNIT), "text", column)
            )
        if key.startswith(UNIT):
            _add_aggregates_among_units(column, source_draft)


def _add_aggregates_among_units(column: SheetColumn, source_draft: SourceDraft) -> None:
    """What is in doubt where a few units look like sums of others: totals, regions, parts of a unit, provinces above cities."""
    units = [cell for cell in column.distinct_values if cell not in totals()]
    aggregates = [cell for cell in units if is_aggregate_name(cell) or is_macro_region(cell)]
    if 0 < len(aggregates) <= len(units) / 2:
        some_names = aggregates[:LISTED_INDUSTRIES]
        zh = f"单元中有 {len(aggregates)} 个像是其他行的合计、平均或其中项({'、'.join(some_names)});若是,请写入 totals"
        en = f"{len(aggregates)} units look like totals or parts of others ({', '.join(some_names)}); if so, write `totals`"
        source_draft.proposal.add_gap(source_draft.location, zh, en)
    provinces = [cell for cell in units if province(cell).code is not None]
    if 0 < len(provinces) <= len(set(units) - set(aggregates)) / 2:
        some_names = provinces[:LISTED_INDUSTRIES]
        zh = f"单元中有 {len(provinces)} 个省级名称({'、'.join(some_names)});若是其下各行的合计,请写入 totals"
        en = f"{len(provinces)} units are provinces ({', '.join(some_names)}); are they sums of rows below? then write `totals`"
        source_draft.proposal.add_gap(source_draft.location, zh, en)


def _add_year(source_draft: SourceDraft) -> None:
    """Where the year is: a column, header row, sheet, the file's name; else a constant that is guessed."""
    classified_table, proposal = source_draft.classified_table, source_draft.proposal
    if classified_table.has_no_years:
        source_draft.source.settings["every_year"] = True
        guess = source_draft.add_guess("没有年份:各年都按此表", "no years: the same for every year")
        source_draft.source.remark("every_year", guess)
        return
    for table in source_draft.group.tables:
        proposal.years |= _years_of(table)
    if source_draft.group.sheet_meaning == "year":
        proposal.years |= {int(year_of(table.table.preview.sheet) or 0) for table in source_draft.group.tables} - {0}
    elif classified_table.year is not None:
        takes_year_from_date = classified_table.role == "firms" and (
            classified_table.year.cell_kind == "date" or classified_table.year.key == "statement_date"
        )
        source_draft.aliases[classified_table.year.label] = "statement_date" if takes_year_from_date else "year"
        if classified_table.year.key not in ("year", "statement_date"):
            comment = source_draft.add_guess(
                f"把“{classified_table.year.label}”当作年份", f"{classified_table.year.label!r} is taken for the year"
            )
            source_draft.source.alias_comments[classified_table.year.label] = comment
    elif classified_table.layout not in YEAR_COLUMN_LAYOUTS:
        _add_constant_year(source_draft)


def _add_constant_year(source_draft: SourceDraft) -> None:
    path = source_draft.classified_table.table.preview.path
    year_text = source_draft.group.year or str(datetime.fromtimestamp(path.stat().st_mtime, UTC).year)
    origin_text = YEAR_ORIGINS[source_draft.group.year_origin if source_draft.group.year else ""]
    source_draft.source.settings["constants"] = {"year": year_text}
    guess_label = source_draft.add_guess(
        f"文件没有年份列;{year_text} 年取自{origin_text[0]}", f"no column of years; {year_text} is taken from {origin_text[1]}"
    )
    source_draft.source.remark("constants", guess_label)
    source_draft.proposal.years.add(int(year_text))


def _years_of(classified_table: ClassifiedTable) -> set[int]:
    labels = [year_of(label) for label in classified_table.table.years_across]
    if classified_table.table.bands:
        labels = [
            year_of(column.label) or (measure_and_year(column.label) or ("", ""))[1] for column in classified_table.table.columns
        ]
    if classified_table.year is not None:
        labels = [
            read_year(cell).value or (calendar_date(cell).value or "")[:4] for cell in classified_table.year.distinct_values
        ]
    return {int(label) for label in labels if label}


def _labels_of_preset(source_draft: SourceDraft) -> dict[str, str]:
    """Labels that the preset of a source reads as they are."""
    if not source_draft.classified_table.preset:
        return {}
    columns = CANONICAL[source_draft.table.name].columns if source_draft.table.is_canonical else source_draft.table.columns
    return {
        label: preset_column.column
        for label, preset_column in preset(source_draft.classified_table.preset).columns.items()
        if preset_column.column in columns
    }


def _add_edition(source_draft: SourceDraft) -> None:
    """An industry needs the edition of its codes, which no file says."""
    if "industry_code" not in source_draft.aliases.values():
        return
    industry_cells = dict.fromkeys(
        cell for column in _columns_of(source_draft, "industry_code") for cell in column.distinct_values
    )
    years = {year for classified_table in source_draft.group.tables for year in _years_of(classified_table)}
    edition, reason, doubt = proposed_edition(industry_cells, years)
    source_draft.source.settings["constants"] = {**source_draft.source.settings.get("constants", {}), "industry_version": edition}
    source_draft.source.remark("constants", source_draft.add_guess(reason.zh, reason.en))
    if doubt is not None:
        source_draft.proposal.add_gap(source_draft.location, doubt.zh, doubt.en)
    other_industries = [cell for cell in industry_cells if industry(cell, edition).scope == "other"]
    if other_industries:
        listed_industries = other_industries[:LISTED_INDUSTRIES]
        zh = f"程序只评制造业,这 {len(other_industries)} 个行业在范围外:{'、'.join(listed_industries)}" + (
            " 等" if len(other_industries) > LISTED_INDUSTRIES else ""
        )
        en = f"manufacturing alone is scored; {len(other_industries)} industries are out of scope: {', '.join(listed_industries)}"
        source_draft.proposal.add_gap(
            source_draft.location, zh, en + (" ..." if len(other_industries) > LISTED_INDUSTRIES else "")
        )


def _columns_of(source_draft: SourceDraft, canonical_name: str) -> list[SheetColumn]:
    """The columns of the files that stand for a canonical column."""
    labels = {label for label, column_name in source_draft.aliases.items() if column_name == canonical_name}
    return [
        column
        for classified_table in source_draft.group.tables
        for column in classified_table.table.columns
        if column.label in labels
    ]


def _add_scope(source_draft: SourceDraft) -> None:
    """Rows of firms that are right but not meant: statements of parents beside those of groups, and of parts of a year."""
    if source_draft.classified_table.role != "firms" or source_draft.classified_table.preset in ("csmar", "wind"):
        return
    rules = []
    names = {column_name: label for label, column_name in source_draft.aliases.items()}
    columns = {
        column.label: column for classified_table in source_draft.group.tables for column in classified_table.table.columns
    }
    if "statement_type" in names and len(columns[names["statement_type"]].distinct_values) > 1:
        rules.append({"when": "statement_type = 'parent'", "reason": {"zh": "母公司报表", "en": "parent-company statement"}})
    dates = columns[names["statement_date"]].distinct_values if "statement_date" in names else ()
    if {(calendar_date(cell).value or "")[5:7] for cell in dates} - {"", "01", "12"}:
        reason = {"zh": "季报与半年报", "en": "quarterly and half-year statements"}
        rules.append({"when": "month(statement_date) > 1 and month(statement_date) < 12", "reason": reason})
    if rules:
        source_draft.source.settings["out_of_scope"] = rules
        zh, en = "只用合并报表的年报", "yearly statements of groups alone"
        source_draft.source.remark("out_of_scope", source_draft.add_guess(zh, en))


def _add_cell_settings(source_draft: SourceDraft) -> None:
    """Marks of missing values and forms of numbers that cells need declared."""
    columns = [
        column
        for classified_table in source_draft.group.tables
        for column in classified_table.table.columns
        if column.cell_kind == "number"
    ]
    marks = list(
        dict.fromkeys(
            missing_mark for column in columns for missing_mark in column.marks if missing_mark not in DEFAULT_MISSING_MARKS
        )
    )
    if marks:
        default_marks = (
            preset(source_draft.classified_table.preset).missing if source_draft.classified_table.preset else ()
        ) or DEFAULT_MISSING_MARKS
        source_draft.source.settings["missing"] = list(dict.fromkeys([*default_marks, *marks]))
        mark_list = " ".join(marks)
        source_draft.source.remark(
            "missing", source_draft.add_guess(f"按缺失处理的写法:{mark_list}", f"read as missing: {mark_list}")
        )
    needed_conversions = {conversion for column in columns for conversion in column.conversions}
    for conversion, setting, value, zh, en in (
        ("separators", "parse_separators", True, "有千分位或全角数字", "digit separators or full-width digits"),
        ("units", "parse_units", True, "单元格内写有单位", "units inside cells"),
        ("decimal", "decimal", ",", "小数点写作逗号", "decimal commas"),
        ("negatives", "parse_negatives", True, "括号中的数当作负数", "numbers in brackets are taken for negative ones"),
    ):
        if conversion in needed_conversions:
            source_draft.source.settings[setting] = value
            source_draft.source.remark(setting, source_draft.add_guess(zh, en))
