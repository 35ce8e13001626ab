"""sources.yaml: what says how a sheet is laid out is whole, and names columns that exist."""

from __future__ import annotations

from collections.abc import Iterator

from ..column_facts import Columns
from ..records import Reshape, Source
from ..study_findings import Finding, unknown_name
from ..yaml_document import Place

MEASURE = "measure"


def check_layout(path: Place, source: Source, columns: Columns) -> Iterator[Finding]:
    """`sheet_is`, `fill_down` and `reshape` of a source."""
    named_columns = [((*path, "fill_down", yaml_path), filled_column) for yaml_path, filled_column in enumerate(source.fill_down)]
    if source.sheet_is is not None:
        named_columns.append(((*path, "sheet_is"), source.sheet_is))
    if source.reshape is not None:
        yield from _reshape((*path, "reshape"), source.reshape)
        named_columns += _reshape_columns((*path, "reshape"), source.reshape)
    for yaml_path, filled_column in named_columns:
        if filled_column not in columns:
            yield unknown_name(yaml_path, ("column", "列"), filled_column, columns)


def _reshape_columns(path: Place, reshape: Reshape) -> list[tuple[Place, str]]:
    named_columns = [
        ((*path, "across", yaml_path), reshaped_column)
        for yaml_path, reshaped_column in enumerate(reshape.across)
        if reshaped_column != MEASURE
    ]
    named_columns += [
        ((*path, "also", column_text, reshaped_column), reshaped_column)
        for column_text, fixed_values in reshape.also.items()
        for reshaped_column in fixed_values
    ]
    return named_columns + ([((*path, "value"), reshape.value)] if reshape.value is not None else [])


def _reshape(path: Place, reshape: Reshape) -> Iterator[Finding]:
    """One layout at a time, and all that it needs."""
    layouts = [bool(reshape.across), reshape.side_by_side, reshape.transpose]
    if sum(layouts) > 1:
        yield Finding(path, "across, side_by_side and transpose are given together; keep one",
                      "across、side_by_side 与 transpose 同时给出;请只保留一个")  # fmt: skip
    if reshape.across:
        yield from _across_findings(path, reshape)
    elif (reshape.names is None) != (reshape.values is None) or not (any(layouts) or reshape.names):
        yield Finding(path, "write both `names` and `values` for a long table, or how the sheet is laid out: `across`, "
                      "`side_by_side` or `transpose`",
                      "长表请同时写 `names` 与 `values`;否则请写明版式:`across`、`side_by_side` 或 `transpose`")  # fmt: skip
    elif reshape.names and not reshape.columns:
        yield _no_columns(path)
    if not reshape.across and (reshape.value is not None or reshape.skip or reshape.also):
        yield Finding(path, "`value`, `skip` and `also` belong to `across`; write what the header rows hold there",
                      "`value`、`skip` 与 `also` 只与 `across` 同用;请在 `across` 写明表头各行的含义")  # fmt: skip


def _across_findings(path: Place, reshape: Reshape) -> Iterator[Finding]:
    measures = MEASURE in reshape.across or reshape.names is not None
    if MEASURE in reshape.across and reshape.names is not None:
        yield Finding(path, "measures stand in the header (`measure`) and in a column (`names`); keep one",
                      "指标既写在表头(`measure`)又写在列中(`names`);请只保留一个")  # fmt: skip
    if reshape.values is not None:
        yield Finding((*path, "values"), "with `across` the values are the cells under the header; leave `values` out",
                      "使用 `across` 时数值就是表头下的单元格;请去掉 `values`")  # fmt: skip
    if measures and not reshape.columns:
        yield _no_columns(path)
    if measures == (reshape.value is not None):
        yield Finding(path, "write `value`, the column that all cells belong to, where no measures are named; else leave it out",
                      "没有指标名时请用 `value` 写明单元格所属的列;有指标名时请去掉它")  # fmt: skip


def _no_columns(path: Place) -> Finding:
    return Finding(path, "`columns` is empty; write which measure is which column, e.g. {营业收入: revenue}",
                   "`columns` 为空;请写明指标与列的对应,如 {营业收入: revenue}")  # fmt: skip
