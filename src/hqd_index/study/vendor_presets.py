"""Presets of vendors: what the files of one data base need said, so that a source says only `preset: csmar`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from ..errors import ConfigError
from ..expressions import parse
from .column_facts import study_tables
from .records import Label, OutOfScope, Record, Source, Study
from .yaml_document import Document, read_text

FOLDER = Path(__file__).parent / "presets"


class PresetColumn(Record):
    """The canonical column of an item of the vendor and its Chinese name; `to_verify`: not compared with the vendor's list."""

    column: str
    zh: str
    to_verify: bool = False


class Preset(Record):
    """One vendor: its name, where its items come from, and what a source of its files says unless the study says otherwise."""

    label: Label
    source: str
    columns: dict[str, PresetColumn]
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    pad: dict[str, int] = Field(default_factory=dict)
    totals: tuple[str, ...] = ()
    out_of_scope: tuple[OutOfScope, ...] = ()


@cache
def preset(vendor_name: str) -> Preset:
    """The preset of a vendor by its name (one of those `Source.preset` allows)."""
    path = FOLDER / f"{vendor_name}.yaml"
    document = read_text(path.read_text("utf-8"), Document(path.name))
    return Preset.model_validate(document.value)


def with_preset(source: Source, columns: Mapping[str, Any]) -> Source:
    """The source with what its preset brings for the columns of its table; whatever the study writes itself wins.

    A label of the preset gives way to an alias of the study for the same label (and, where a file has both, to one for the same
    column: see `of_preset`), the marks of missing values and of totals to those the study writes, a rule of scope to one of the
    study on the same columns. Doing it twice changes nothing.
    """
    if source.preset is None:
        return source
    vendor, stated_fields = preset(source.preset), source.model_fields_set
    labels = {label: vendor_column.column for label, vendor_column in vendor.columns.items() if vendor_column.column in columns}
    changes: dict[str, Any] = {"aliases": {**labels, **source.aliases}}
    for setting in ("pad", "values"):
        source_setting = getattr(source, setting)
        changes[setting] = {
            **{
                column_name: preset_value
                for column_name, preset_value in getattr(vendor, setting).items()
                if column_name in columns
            },
            **source_setting,
        }
    for setting in ("missing", "totals"):
        if getattr(vendor, setting) and setting not in stated_fields:
            changes[setting] = getattr(vendor, setting)
    ruled = {column_name for rule in source.out_of_scope for column_name in _columns_of(rule)}
    rules = [rule for rule in vendor.out_of_scope if _columns_of(rule) <= set(columns) and not _columns_of(rule) & ruled]
    changes["out_of_scope"] = (*rules, *source.out_of_scope)
    return source.model_copy(update=changes)


def _columns_of(rule: OutOfScope) -> frozenset[str]:
    """The columns a rule of scope names; none for one that cannot be read, which is found elsewhere."""
    try:
        return frozenset(parse(rule.when, columns=None, aggregate=False).columns)
    except ConfigError:
        return frozenset()


def with_presets(study: Study) -> Study:
    """The study with what the preset of each source brings."""
    tables = study_tables(study)
    expanded = {
        id: with_preset(source, tables[source.table].columns) if source.table in tables else source
        for id, source in study.sources.sources.items()
    }
    return study.model_copy(update={"sources": study.sources.model_copy(update={"sources": expanded})})


def of_preset(source: Source, label: str, column: str) -> bool:
    """Whether a label stands for a column by the preset of its source alone."""
    item = preset(source.preset).columns.get(label) if source.preset else None
    return item is not None and item.column == column


def unverified(source: Source, labels: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(label, column, Chinese name) of the labels in use that the preset marks as not verified, in the preset's order."""
    if source.preset is None:
        return []
    return [
        (label, vendor_column.column, vendor_column.zh)
        for label, vendor_column in preset(source.preset).columns.items()
        if vendor_column.to_verify and labels.get(label) == vendor_column.column
    ]
