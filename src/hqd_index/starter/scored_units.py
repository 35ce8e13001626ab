"""What a proposed study scores: the units, their names, how many firms each must have, the edition of industries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from ..intake.layout.two_row_headers import column_letters
from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.industries import names_of_one_edition
from ..study.records import Label
from .known_words import totals
from .proposal import Proposal, ProposedColumn
from .proposed_names import Names
from .sheet_tables import SheetColumn
from .table_roles import UNIT, ClassifiedTable

OFFICIAL_SCHEMES = {"province_code": "gbt2260", "industry_code": "gbt4754"}
MEANING_BY_KEY = {"industry_code": "industry", "province_code": "province"}
FIRM_NAMES = ("uscc", "firm_name", "firm_id")
NAME_LABELS = ("uname", "name", "名称", "unitname")
FEW_FIRMS = 10  # the default of min_firms
LAST_YEAR_OF_2002 = 2011
"""Statistics by GB/T 4754-2011 begin with 2012."""
OLD_EDITION, EDITION = "2002", "2017"
NEWEST = Label(
    zh="行业代码版本文件未写明,暂按 2017 版(2011 版的两位代码与之相同)",
    en="the file does not say the edition of industry codes; 2017 for now (2011 has the same two digits)",
)
BY_NAMES = Label(zh="有 2002 版才有的行业名称:{}", en="names that only the edition of 2002 has: {}")
BY_YEARS = Label(zh="数据只到 2011 年,暂按 2002 版", en="the data end by 2011: the edition of 2002 for now")
TWO_EDITIONS = Label(
    zh="2011 年及以前的统计多用 2002 版(其 36、37 等代码含义不同);若如此,请把这些年份单列一个数据源并写 industry_version: 2002",
    en="statistics up to 2011 mostly use the edition of 2002, whose 36 and 37 are others; "
    "if so, give those years a source of their own with industry_version: 2002",
)


def scored_unit(tables: Sequence[ClassifiedTable]) -> tuple[str, ...]:
    """The industry or province of firms where there are firms, else the units with most numbers."""
    firms = [table for table in tables if table.role == "firms"]
    meanings = {column.code_meaning for table in firms for column in table.table.columns}
    if firms:
        return ("industry_code",) if "industry" in meanings else ("province_code",) if "province" in meanings else ("firm_id",)
    counts: Counter[tuple[str, ...]] = Counter()
    for table in tables:
        if table.role in ("industry", "panel", "coinr_data", "coin_tool"):
            counts[table.unit_names] += len(table.table.columns_of_kind("number"))
    return counts.most_common(1)[0][0] if counts else (UNIT,)


def names_scored_unit(table: ClassifiedTable, unit_keys: tuple[str, ...]) -> bool:
    """Whether the rows of a table belong to the units scored."""
    return table.role == "firms" or set(unit_keys) <= set(table.unit_names)


def unit_names(data_tables: Sequence[ClassifiedTable], unit_keys: tuple[str, ...], proposal: Proposal) -> str | dict[str, str]:
    """An official list of names, the column of a table that names each unit once, or `code` where there is none."""
    if unit_keys[0] in OFFICIAL_SCHEMES:
        return OFFICIAL_SCHEMES[unit_keys[0]]
    for table in data_tables:
        if table.role in ("firms", "srdi_list"):
            continue
        for column in table.table.columns:
            if _names_units(column, table):
                return _with_name_column(table, column, proposal)
    return "code"


def _names_units(column: SheetColumn, table: ClassifiedTable) -> bool:
    has_name_label = normalised_label(column.label) in NAME_LABELS or column.label.lower().endswith("name")
    first_of_coin_tool = table.role == "coin_tool" and column is table.table.columns[0]
    if column.cell_kind != "text" or column in table.units or not (has_name_label or first_of_coin_tool):
        return False
    codes = table.units[0].cells
    code_name_pairs = {(code, unit_name) for code, unit_name in zip(codes, column.cells) if code and code not in totals()}
    return (
        len({code for code, _ in code_name_pairs}) == len(code_name_pairs) == len({unit_name for _, unit_name in code_name_pairs})
    )


def _with_name_column(unit_table: ClassifiedTable, column: SheetColumn, proposal: Proposal) -> dict[str, str]:
    """Adds the column of names to the table and to the aliases of its source."""
    source = next(source for source in proposal.sources if source.group.first is unit_table)
    table = proposal.tables[source.table]
    name = Names([*table.columns, *table.key]).unused_name("unit_name")
    table.columns[name] = ProposedColumn(name, column.label or "名称", "", True, "text")
    label = column.label or column_letters(column.column_index)
    source.settings["aliases"] = {label: name, **source.settings.get("aliases", {})}
    return {"table": table.name, "zh": name}


def least_firms(
    data_tables: Sequence[ClassifiedTable], unit_keys: tuple[str, ...], proposal: Proposal
) -> tuple[int, Label] | None:
    """A lower bound than the default, and why, where units have few firms a year."""
    if unit_keys == ("firm_id",):
        return 1, proposal.add_guess("study.min_firms", "每个单元就是一家企业", "a unit is a single firm")
    code_meaning = MEANING_BY_KEY.get(unit_keys[0])
    counts: list[int] = []
    listed_firms = _listed_firms(data_tables)
    for table in data_tables:
        group = next((column for column in table.table.columns if column.code_meaning == code_meaning), None)
        if table.role == "firms" and code_meaning and group is not None and table.year is not None:
            others = _rows_of_others(table, listed_firms)
            firm_counts = Counter((group.cells[row], table.year.cells[row]) for row in others)
            counts += [firm_count for (unit, _), firm_count in firm_counts.items() if unit]
        if table.has_no_years and group is not None:
            counts += [firm_count for unit, firm_count in Counter(group.cells).items() if unit]
    usual_position = len(counts) // (4 if listed_firms else 2)  # a list takes firms away from the sample without them
    if not counts or sorted(counts)[usual_position] >= FEW_FIRMS:
        return None
    zh, en = (
        f"每个单元每年的企业不多(默认至少 {FEW_FIRMS} 家),暂放宽",
        f"few firms a unit and year (default {FEW_FIRMS}): lowered",
    )
    return max(1, sorted(counts)[len(counts) // 4]), proposal.add_guess("study.min_firms", zh, en)


def _listed_firms(data_tables: Sequence[ClassifiedTable]) -> frozenset[str]:
    """Names and credit codes of the recognition lists: firms that do not count towards min_firms."""
    columns = [column for table in data_tables if table.role == "srdi_list" for column in table.table.columns]
    return frozenset(cell for column in columns if column.key in FIRM_NAMES for cell in column.cells if cell)


def _rows_of_others(table: ClassifiedTable, listed_firms: frozenset[str]) -> list[int]:
    """The rows of a firm table whose firm is on no list."""
    names = [column.cells for column in table.table.columns if column.key in FIRM_NAMES]
    return [row for row in range(table.table.rows) if not any(cells[row] in listed_firms for cells in names)]


def proposed_edition(cells: Collection[str], years: Collection[int]) -> tuple[str, Label, Label | None]:
    """(edition, why, what is in doubt)."""
    old_names, new_names = (names_of_one_edition(cells, edition) for edition in (OLD_EDITION, EDITION))
    if old_names and not new_names:
        listed_names = ", ".join(old_names[:3])
        return OLD_EDITION, Label(zh=BY_NAMES.zh.format(listed_names), en=BY_NAMES.en.format(listed_names)), None
    if years and max(years) <= LAST_YEAR_OF_2002 and not new_names:
        return OLD_EDITION, BY_YEARS, None
    spans_editions = bool(years) and min(years) <= LAST_YEAR_OF_2002 and not new_names
    return EDITION, NEWEST, TWO_EDITIONS if spans_editions or (old_names and new_names) else None
