"""Columns of a table for what a source measures: a canonical one where label and unit fit, else one of the study's own."""

from __future__ import annotations

from typing import Any

from ..canonical import CANONICAL
from ..intake.layout.header_rows import canonical_name, known_labels
from ..intake.meaning.unit_labels import label_and_unit
from ..intake.meaning.units import exponent
from ..study.records import Source
from ..study.vendor_presets import with_preset
from .found_tables import FoundColumn
from .known_words import ROW_NUMBERS
from .proposal import ProposedColumn, ProposedTable, SourceDraft
from .proposed_names import Names, column_name
from .source_groups import SourceGroup, sheet_title
from .table_roles import firm_column, industry_column
from .yaml_lines import listed

CONTEXT = ("firm_id", "year", "statement_date", "statement_type", "industry_code", "province_code", "industry_version")
PLAIN_COUNTS = ("家", "件", "人", "次", "年", "个", "项")


def add_measures(draft: SourceDraft) -> None:
    """The columns of all measures of a source, in its aliases or in its `reshape`."""
    used, table = draft.used, draft.table
    if used.layout in ("long", "years_of_measures"):
        values = {measure: _own_column(measure, unit, table) for measure, unit in _measures(draft.group).items()}
        draft.source.settings["reshape"] = _shape(draft) | {"columns": values}
    elif used.layout == "bands":
        units = {column.unit for column in used.table.of_kind("number")}
        unit = units.pop() if len(units) == 1 else ""
        values = {measure: _own_column(measure, label_and_unit(measure)[1] or unit, table) for measure in used.table.bands}
        draft.source.settings["reshape"] = {"across": ["measure", "year"], "columns": values}
    elif used.layout == "years":
        measure, unit = sheet_title(used.table)
        draft.source.settings["reshape"] = {"across": ["year"], "value": _own_column(measure, unit, table)}
        draft.guess(f"整张表是一个指标:{measure}", f"the whole sheet is one measure: {measure}")
    else:
        _add_columns(draft)


def _shape(draft: SourceDraft) -> dict[str, Any]:
    """Where a long table, or one of years, has the names of its measures."""
    used = draft.used
    names = used.names.label if used.names else ""
    units = {"units": used.measure_units.label} if used.measure_units else {}
    if used.layout == "long":
        return {"names": names, "values": used.values.label if used.values else "", **units}
    return {"across": ["year"], "names": names, **units}


def _measures(group: SourceGroup) -> dict[str, str]:
    """The measures that rows of a long table name, with the unit each prints."""
    measures: dict[str, str] = {}
    for used in group.tables:
        units = used.measure_units.cells if used.measure_units else ()
        for row, measure in enumerate(used.names.cells if used.names else ()):
            if measure and measure not in measures:
                measures[measure] = (units[row] if row < len(units) else "") or label_and_unit(measure)[1] or ""
    return measures


def _add_columns(draft: SourceDraft) -> None:
    """An alias for each column of numbers, and for labels that the program would take for something else."""
    for column in draft.used.table.columns:
        if not column.label or column.label in draft.aliases:
            continue
        if column.kind == "number":
            _add_number(column, draft)
        elif draft.table.builtin:
            _keep_apart(column, draft)
    own = [(label, draft.table.columns.get(name)) for label, name in draft.aliases.items()]
    labels = [label for label, column in own if column and column.own and column.kind == "number" and not column.unit]
    if labels and draft.used.role not in ("coinr_data", "coin_tool"):
        zh, en = f"没有印出单位,按无单位处理:{listed(labels)}", f"no unit is printed: {', '.join(labels[:12])}"
        draft.proposal.lack(draft.location, zh, en)


def _add_number(column: FoundColumn, draft: SourceDraft) -> None:
    """The canonical column of a number column where it fits, else one of the study's own."""
    name = _fitting_name(column, draft)
    if name:
        canonical = CANONICAL[draft.table.name].columns[name]
        draft.aliases[column.label] = name
        draft.table.columns[name] = ProposedColumn(name, canonical.zh, canonical.unit, False, "number", column)
        if not column.unit and canonical.unit and canonical.unit not in PLAIN_COUNTS:
            zh, en = f"没有印出单位,按{canonical.unit}读取", f"no unit is printed; read in {canonical.unit}"
            draft.source.alias_comments[column.label] = draft.guess(f"“{column.label}”{zh}", f"{column.label!r}: {en}")
    elif column.name not in ROW_NUMBERS:
        draft.aliases[column.label] = _own_column(column.title, column.unit, draft.table, column)


def _fitting_name(column: FoundColumn, draft: SourceDraft) -> str:
    """The column of a built-in table that label, unit and cells fit, and that no other source gives; else ''."""
    name = {"firms": firm_column, "industry": industry_column}.get(draft.used.role, lambda _: "")(column)
    if not name or not draft.table.builtin or name in CONTEXT or name in draft.table.columns:
        return ""
    canonical = CANONICAL[draft.table.name].columns[name]
    convertible = not column.unit or exponent(column.unit, canonical.unit) is not None
    whole = canonical.dtype == "number" or (canonical.dtype == "integer" and all(map(_is_whole, column.distinct)))
    return name if convertible and whole else ""


def _is_whole(text: str) -> bool:
    try:
        return float(text.replace(",", "")).is_integer()
    except ValueError:
        return True


def _own_column(label: str, unit: str, table: ProposedTable, found: FoundColumn | None = None) -> str:
    """A column of the study's own in the table, under a new name; measures of one name and unit share theirs."""
    plain = label_and_unit(label)[0]
    alike = [column for column in table.columns.values() if (column.label, column.unit, column.own) == (plain, unit, True)]
    if alike and found is None:
        return alike[0].name
    builtin = CANONICAL[table.name].columns if table.builtin else {}
    names = Names([*table.columns, *builtin, *table.key, "year"])
    name = names.fresh((column_name(found.label) if found else "") or column_name(plain))
    table.columns[name] = ProposedColumn(name, plain, unit, True, "number", found)
    return name


def _keep_apart(column: FoundColumn, draft: SourceDraft) -> None:
    """Gives a column that is not meant a name of its own where the program would read it as a canonical one."""
    canonical = CANONICAL[draft.table.name]
    source = Source(path="*", table=draft.table.name, preset=draft.used.preset or None)  # type: ignore[arg-type]
    name = canonical_name(column.label, known_labels(with_preset(source, canonical.columns), canonical), canonical)
    given = name in draft.aliases.values()
    if name is None or name == "disclose_date" or (name in CONTEXT and not given):
        return
    known = canonical.columns[name]
    if given or known.categories or known.dtype in ("number", "integer", "date"):
        own = Names([*draft.table.columns, *canonical.columns]).fresh(f"{name}_text")
        draft.aliases[column.label] = own
        draft.table.columns[own] = ProposedColumn(own, column.title, "", True, "text", column)
