"""The tables a study reads: canonical ones with the study's own columns and keys."""

from __future__ import annotations

from ..canonical import CANONICAL, CanonicalTable, Column, extended, rows_per_unit
from ..errors import ConfigError, unknown
from ..study.models import Study
from .parse import Exact


def table_of(study: Study, name: str) -> CanonicalTable:
    """The schema of a table in this study; ConfigError when neither the program nor the study knows it."""
    own = study.sources.tables.get(name)
    if own is None and name not in CANONICAL:
        en, zh = unknown("table", name, [*CANONICAL, *study.sources.tables], kind_zh="表")
        raise ConfigError(f"{en}; or define it under `tables`", zh=f"{zh};也可在 `tables` 中定义", where="sources.yaml")
    if own is None:
        return CANONICAL[name]
    columns = {
        column: Column(spec.dtype, spec.unit, spec.label.zh, spec.label.en, categories=spec.categories)
        for column, spec in own.columns.items()
    }
    return extended(CANONICAL.get(name), own.key, columns)


def exactness(study: Study, table: CanonicalTable) -> Exact:
    """double where a unit-year has one row, decimal where sums must not depend on order."""
    return "double" if rows_per_unit(table, study.study.unit.by) == "one" else "decimal"
