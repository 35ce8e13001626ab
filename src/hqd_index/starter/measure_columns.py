"""Columns of a table for what a source measures: a canonical one where label and unit fit, else one of the study's own."""

from __future__ import annotations

from typing import Any

from ..canonical import CANONICAL, CanonicalTable
from ..intake.layout.header_rows import canonical_name, known_labels
from ..intake.meaning.unit_labels import label_and_unit
from ..intake.meaning.units import exponent
from ..study.records import Source
from ..study.vendor_presets import with_preset
from .known_words import RANK_NAMES, ROW_NUMBERS
from .proposal import ProposedColumn, ProposedTable, SourceDraft
from .proposed_names import Names, column_name
from .sheet_tables import SheetColumn
from .source_groups import SourceGroup, sheet_title
from .table_roles import firm_column, industry_column
from .yaml_lines import comma_list

CONTEXT = ("firm_id", "year", "statement_date", "statement_type", "industry_code", "province_code", "industry_version")
MONEY_UNITS = {"firms": "元", "industry": "亿元"}  # of all money in a table, so that ratios of its columns are plain
MOSTLY_WHOLE = 0.98  # of the cells of a column of counts
PLAIN_COUNTS = ("家", "件", "人", "次", "年", "个", "项")


def add_measures(source_draft: SourceDraft) -> None:
    """The columns of all measures of a source, in its aliases or in its `reshape`."""
    classified_table, table = source_draft.classified_table, source_draft.table
    if classified_table.layout in ("long", "years_of_measures"):
        columns_by_measure = {
            measure: _user_column(measure, unit, table) for measure, unit in _measures(source_draft.group).items()
        }
        source_draft.source.settings["reshape"] = _shape(source_draft) | {"columns": columns_by_measure}
    elif classified_table.layout == "bands":
        units = {column.unit for column in classified_table.table.columns_of_kind("number")}
        unit = units.pop() if len(units) == 1 else ""
        columns_by_measure = {
            measure: _user_column(measure, label_and_unit(measure)[1] or unit, table) for measure in classified_table.table.bands
        }
        source_draft.source.settings["reshape"] = {"across": ["measure", "year"], "columns": columns_by_measure}
    elif classified_table.layout == "years":
        measure, unit = sheet_title(classified_table.table)
        column_name_of_measure = _user_column(measure, unit, table)
        source_draft.source.settings["reshape"] = {"across": ["year"], "value": column_name_of_measure}
        if unit and not any(column.unit for column in classified_table.table.columns_of_kind("number")):
            source_draft.source.settings["units"] = {column_name_of_measure: unit}  # in the name of the sheet or file
        source_draft.add_guess(f"整张表是一个指标:{measure}", f"the whole sheet is one measure: {measure}")
    else:
        _add_columns(source_draft)


def _shape(source_draft: SourceDraft) -> dict[str, Any]:
    """Where a long table, or one of years, has the names of its measures."""
    classified_table = source_draft.classified_table
    names = classified_table.names.label if classified_table.names else ""
    units = {"units": classified_table.measure_units.label} if classified_table.measure_units else {}
    if classified_table.layout == "long":
        return {"names": names, "values": classified_table.values.label if classified_table.values else "", **units}
    return {"across": ["year"], "names": names, **units}


def _measures(group: SourceGroup) -> dict[str, str]:
    """The measures that rows of a long table name, with the unit each prints."""
    measures: dict[str, str] = {}
    for classified_table in group.tables:
        units = classified_table.measure_units.cells if classified_table.measure_units else ()
        for row_index, measure in enumerate(classified_table.names.cells if classified_table.names else ()):
            if measure and measure not in measures:
                measures[measure] = (units[row_index] if row_index < len(units) else "") or label_and_unit(measure)[1] or ""
    return measures


def _add_columns(source_draft: SourceDraft) -> None:
    """An alias for each column of numbers, and for labels that the program would take for something else."""
    for column in source_draft.classified_table.table.columns:
        if not column.label or column.label in source_draft.aliases:
            continue
        if column.cell_kind == "number" and source_draft.classified_table.has_no_years:
            continue
        if column.cell_kind == "number" and (same_column := _same_column(column, source_draft)) is not None:
            zh, en = f"“{column.label}”与“{same_column.label}”逐格相同,未用", f"the same cells as {same_column.label!r}; not used"
            source_draft.proposal.add_gap(f"{source_draft.location}: {column.label}", zh, en)
            _add_unused(column, source_draft)
        elif column.cell_kind == "number" and RANK_NAMES.search(label_and_unit(column.label)[0].strip()):
            zh, en = f"“{column.label}”是名次,由其他数排出,未用", f"{column.label!r} holds ranks, made of other numbers; not used"
            source_draft.proposal.add_gap(f"{source_draft.location}: {column.label}", zh, en)
            _add_unused(column, source_draft)
        elif column.cell_kind == "number":
            _add_number(column, source_draft)
        else:
            _add_text_column(column, source_draft)
    labelled_columns = [
        (label, source_draft.table.columns.get(column_name)) for label, column_name in source_draft.aliases.items()
    ]
    labels = [
        label
        for label, column in labelled_columns
        if column and column.is_user_defined and column.dtype == "number" and not column.unit
    ]
    if labels and source_draft.classified_table.role not in ("coinr_data", "coin_tool"):
        zh, en = f"没有印出单位,按无单位处理:{comma_list(labels)}", f"no unit is printed: {', '.join(labels[:12])}"
        source_draft.proposal.add_gap(source_draft.location, zh, en)


def _same_column(column: SheetColumn, source_draft: SourceDraft) -> SheetColumn | None:
    """A column to the left with the same numbers in the same unit, as tables in two languages have; None for a constant."""
    columns = source_draft.classified_table.table.columns
    return next(
        (
            earlier_column
            for earlier_column in columns[: columns.index(column)]
            if earlier_column.cells == column.cells
            and len(column.distinct_values) > 1
            and earlier_column.unit != column.unit
            and exponent(earlier_column.unit, column.unit) == 0
        ),
        None,
    )


def _add_number(column: SheetColumn, source_draft: SourceDraft) -> None:
    """The canonical column of a number column where it fits, else one of the study's own."""
    column_name = _compatible_name(column, source_draft)
    if column_name:
        canonical_column = CANONICAL[source_draft.table.name].columns[column_name]
        source_draft.aliases[column.label] = column_name
        source_draft.table.columns[column_name] = ProposedColumn(
            column_name, canonical_column.zh, canonical_column.unit, False, "number", column
        )
        if not column.unit and canonical_column.unit and canonical_column.unit not in PLAIN_COUNTS:
            zh, en = f"没有印出单位,按{canonical_column.unit}读取", f"no unit is printed; read in {canonical_column.unit}"
            source_draft.source.alias_comments[column.label] = source_draft.add_guess(
                f"“{column.label}”{zh}", f"{column.label!r}: {en}"
            )
    elif column.name not in ROW_NUMBERS:
        source_draft.aliases[column.label] = _user_column(column.title, column.unit, source_draft.table, column)


def _compatible_name(column: SheetColumn, source_draft: SourceDraft) -> str:
    """The column of a built-in table that label, unit and cells fit, and that no other source gives; else ''."""
    name = {"firms": firm_column, "industry": industry_column}.get(source_draft.classified_table.role, lambda _: "")(column)
    if not name or not source_draft.table.is_canonical or name in CONTEXT or name in source_draft.table.columns:
        return ""
    canonical_column = CANONICAL[source_draft.table.name].columns[name]
    is_convertible = not column.unit or exponent(column.unit, canonical_column.unit) is not None
    accepts_values = canonical_column.dtype == "number" or (canonical_column.dtype == "integer" and _is_mostly_whole(column))
    return name if is_convertible and accepts_values else ""


def _is_mostly_whole(column: SheetColumn) -> bool:
    """Whether all cells but a few at fault are whole numbers."""
    whole_flags = {cell: _is_whole(cell) for cell in column.distinct_values}
    cells = [whole_flags[cell] for cell in column.cells if cell in whole_flags]
    return sum(cells) >= MOSTLY_WHOLE * len(cells)


def _is_whole(cell: str) -> bool:
    try:
        return float(cell.replace(",", "")).is_integer()
    except ValueError:
        return True


def _user_column(label: str, unit: str, proposed_table: ProposedTable, sheet_column: SheetColumn | None = None) -> str:
    """A column of the study's own in the table, under a new name; measures of one name and unit share theirs."""
    plain_label, money = label_and_unit(label)[0], MONEY_UNITS.get(proposed_table.name, "")
    unit = money if unit and money and exponent(unit, money) is not None else unit
    matching_columns = [
        column
        for column in proposed_table.columns.values()
        if (column.label, column.unit, column.is_user_defined) == (plain_label, unit, True)
    ]
    if matching_columns and sheet_column is None:
        return matching_columns[0].name
    canonical_columns = CANONICAL[proposed_table.name].columns if proposed_table.is_canonical else {}
    names = Names([*proposed_table.columns, *canonical_columns, *proposed_table.key, "year"])
    name = names.unused_name((column_name(sheet_column.name) if sheet_column else "") or column_name(plain_label))
    proposed_table.columns[name] = ProposedColumn(name, plain_label, unit, True, "number", sheet_column)
    return name


def _add_text_column(column: SheetColumn, source_draft: SourceDraft) -> None:
    """Gives a column that is not meant a name of its own where the program would read it as a canonical one."""
    if not source_draft.table.is_canonical:
        _add_second_key(column, source_draft)
        return
    canonical_table = CANONICAL[source_draft.table.name]
    source = Source(path="*", table=source_draft.table.name, preset=source_draft.classified_table.preset or None)  # type: ignore[arg-type]
    name = canonical_name(
        column.label, known_labels(with_preset(source, canonical_table.columns), canonical_table), canonical_table
    )
    is_aliased = name in source_draft.aliases.values()
    if name is None or name == "disclose_date" or (name in CONTEXT and not is_aliased):
        return
    canonical_column = canonical_table.columns[name]
    if is_aliased or canonical_column.categories or canonical_column.dtype in ("number", "integer", "date"):
        text_column_name = Names([*source_draft.table.columns, *canonical_table.columns]).unused_name(f"{name}_text")
        source_draft.aliases[column.label] = text_column_name
        source_draft.table.columns[text_column_name] = ProposedColumn(text_column_name, column.title, "", True, "text", column)


def _add_second_key(column: SheetColumn, source_draft: SourceDraft) -> None:
    """Gives a second column of a key (年份 beside Year) a name of its own in a table of the study's own."""
    tables = [table for table in CANONICAL.values() if table.columns]
    keys = {key: table.columns[key] for key in source_draft.table.key for table in tables if key in table.columns}
    key_table = CanonicalTable(key=source_draft.table.key, columns=keys)
    source = Source(path="*", table=source_draft.table.name)
    name = canonical_name(column.label, known_labels(source, key_table), key_table)
    if name in source_draft.aliases.values():
        _add_unused(column, source_draft)


def _add_unused(column: SheetColumn, source_draft: SourceDraft) -> None:
    """A column of texts for what nothing is computed from, so that the program does not read it as another."""
    taken_names = [*source_draft.table.columns, *source_draft.table.key]
    name = Names(taken_names).unused_name(f"{column_name(column.name) or 'column'}_text")
    source_draft.aliases[column.label] = name
    source_draft.table.columns[name] = ProposedColumn(name, column.title, "", True, "text", column)
