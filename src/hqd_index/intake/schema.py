"""The tables a study reads: canonical ones with the study's own columns and keys."""

from __future__ import annotations

from dataclasses import replace

from ..canonical import CANONICAL, INDUSTRY, PROVINCE, YEAR, CanonicalTable, Column, extended, rows_per_unit
from ..errors import ConfigError, unknown
from ..study.models import Study
from .parse import Exact

# what key columns of a study's own table are when the study does not say
INDUSTRY_COLUMNS = ("industry_code", "industry_version")
KEYS = {"year": YEAR, "industry_code": INDUSTRY, "province_code": PROVINCE}


def table_of(study: Study, name: str) -> CanonicalTable:
    """The schema of a table in this study; ConfigError when neither the program nor the study knows it."""
    own = study.sources.tables.get(name)
    if own is None and name not in CANONICAL:
        en, zh = unknown("table", name, [*CANONICAL, *study.sources.tables], kind_zh="表")
        raise ConfigError(f"{en}; or define it under `tables`", zh=f"{zh};也可在 `tables` 中定义", where="sources.yaml")
    if own is None:
        return _asked_for(CANONICAL[name], study)
    columns = {
        column: Column(spec.dtype, spec.unit, spec.label.zh, spec.label.en, categories=spec.categories)
        for column, spec in own.columns.items()
    }
    known = CANONICAL[name].columns if name in CANONICAL else {}
    keys = {key: KEYS[key] for key in own.key if key in KEYS and key not in columns and key not in known}
    return _asked_for(extended(CANONICAL.get(name), own.key, keys | columns), study)


def _asked_for(table: CanonicalTable, study: Study) -> CanonicalTable:
    """The table with the industry's code and edition optional where neither its key nor the study's units need them."""
    if "industry_code" in {*table.key, *study.study.unit.by}:
        return table
    free = {name: replace(column, required=False) for name, column in table.columns.items() if name in INDUSTRY_COLUMNS}
    return replace(table, columns=table.columns | free)


def exactness(study: Study, table: CanonicalTable) -> Exact:
    """double where a unit-year has one row, decimal where sums must not depend on order."""
    return "double" if rows_per_unit(table, study.study.unit.by) == "one" else "decimal"
