"""What a proposed study scores: the units, where their names are, and how many firms each must have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..intake.layout.header_rows import column_letters
from ..intake.meaning.glyphs import normalised_label
from ..study.records import Label
from .found_tables import FoundColumn
from .known_words import totals
from .proposal import Proposal, ProposedColumn
from .proposed_names import Names
from .table_roles import UsedTable

OFFICIAL = {"province_code": "gbt2260", "industry_code": "gbt4754"}
MEANINGS = {"industry_code": "industry", "province_code": "province"}
NAME_LABELS = ("uname", "name", "名称", "unitname")
FEW_FIRMS = 10  # the default of min_firms


def scored_unit(used: Sequence[UsedTable]) -> tuple[str, ...]:
    """The industry or province of firms where there are firms, else the units with most numbers."""
    firms = [table for table in used if table.role == "firms"]
    meanings = {column.meaning for table in firms for column in table.table.columns}
    if firms:
        return ("industry_code",) if "industry" in meanings else ("province_code",) if "province" in meanings else ("firm_id",)
    counts: Counter[tuple[str, ...]] = Counter()
    for table in used:
        if table.role in ("industry", "panel", "coinr_data", "coin_tool"):
            counts[tuple(key or "unit" for key in table.unit_names)] += len(table.table.of_kind("number"))
    return counts.most_common(1)[0][0] if counts else ("unit",)


def tells_unit(used: UsedTable, by: tuple[str, ...]) -> bool:
    """Whether the rows of a table belong to the units scored."""
    return used.role == "firms" or set(by) <= {key or "unit" for key in used.unit_names}


def unit_names(data: Sequence[UsedTable], by: tuple[str, ...], proposal: Proposal) -> str | dict[str, str]:
    """An official list of names, the column of a table that names each unit once, or `code` where there is none."""
    if by[0] in OFFICIAL:
        return OFFICIAL[by[0]]
    for used in data:
        if used.role in ("firms", "srdi_list"):
            continue
        for column in used.table.columns:
            if _names_units(column, used):
                return _with_name_column(used, column, proposal)
    return "code"


def _names_units(column: FoundColumn, used: UsedTable) -> bool:
    named = normalised_label(column.label) in NAME_LABELS or column.label.lower().endswith("name")
    first_of_coin_tool = used.role == "coin_tool" and column is used.table.columns[0]
    if column.kind != "text" or column in used.units or not (named or first_of_coin_tool):
        return False
    codes = used.units[0].cells
    pairs = {(code, name) for code, name in zip(codes, column.cells) if code and code not in totals()}
    return len({code for code, _ in pairs}) == len(pairs) == len({name for _, name in pairs})


def _with_name_column(used: UsedTable, column: FoundColumn, proposal: Proposal) -> dict[str, str]:
    """Adds the column of names to the table and to the aliases of its source."""
    source = next(source for source in proposal.sources if source.group.first is used)
    table = proposal.tables[source.table]
    name = Names([*table.columns, *table.key]).fresh("unit_name")
    table.columns[name] = ProposedColumn(name, column.label or "名称", "", True, "text")
    label = column.label or column_letters(column.place)
    source.settings["aliases"] = {label: name, **source.settings.get("aliases", {})}
    return {"table": table.name, "zh": name}


def least_firms(data: Sequence[UsedTable], by: tuple[str, ...], proposal: Proposal) -> tuple[int, Label] | None:
    """A lower bound than the default, and why, where units have few firms a year."""
    meaning = MEANINGS.get(by[0])
    counts: list[int] = []
    for used in data:
        group = next((column for column in used.table.columns if column.meaning == meaning), None)
        if used.role == "firms" and meaning and group is not None and used.year is not None:
            rows = Counter(zip(group.cells, used.year.cells))
            counts += [count for (unit, _), count in rows.items() if unit]
    if not counts or sorted(counts)[len(counts) // 2] >= FEW_FIRMS:
        return None
    zh, en = (
        f"每个单元每年的企业不多(默认至少 {FEW_FIRMS} 家),暂放宽",
        f"few firms a unit and year (default {FEW_FIRMS}): lowered",
    )
    return max(1, sorted(counts)[len(counts) // 4]), proposal.guess("study.min_firms", zh, en)
