"""Dirt: rows that are broken on purpose, each beside the clean row it was copied from, so that no true value is lost.

A broken row belongs to a firm that exists nowhere else (its own credit code and name), so that putting it aside changes
nothing. The three faults that are about a second row of the same firm-year copy the clean row's key: an identical copy (the
first is kept), an older version with an earlier disclosure date (the newer is kept), and two versions of an invented
firm-year that contradict each other (both go).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .random_streams import stream
from .registry import PROVINCES, credit_codes, names
from .sectors import CODES

Row = dict[str, str]
Change = Callable[[Row, np.random.Generator], list[Row]]

SHARE = 0.01  # of all rows are broken
FAULTS_BY_LOT = 3
EXTRA_FIELD = "extra field"  # a row with this key has one field more than the header; with None for a column, one less


@dataclass(frozen=True)
class Fault:
    """What is done to a copy of a clean row, and the rules of which at least one must be named; `own_key`: a new firm's row."""

    change: Change
    rules: tuple[str, ...]
    own_key: bool = True


@dataclass(frozen=True)
class BrokenRow:
    """A broken row and the clean row (by position) that precedes it."""

    clean_row: int
    fault: str
    rules: tuple[str, ...]
    cells: Row


def broken_rows(seed: int, clean_count: int, row_at: Callable[[int], Row], *, panel: int) -> list[BrokenRow]:
    """About 1% of all rows: every standing fault, and three of the others drawn by lot, in equal parts.

    `row_at` gives the cells of the clean row at a position; `panel` is the number of real firms, whose names are taken.
    """
    rng = stream(seed, "faults")
    fault_names = [*STANDING_FAULTS, *sorted(rng.choice(sorted(DRAWN_FAULTS), size=FAULTS_BY_LOT, replace=False))]
    rows_per_fault = max(1, round(SHARE / (1 - SHARE) * clean_count / len(fault_names)))
    donors = iter(rng.choice(clean_count, size=rows_per_fault * len(fault_names), replace=False).tolist())
    invented_rows = iter(_invented_rows(rng, rows_per_fault * len(fault_names), panel))
    broken_list = []
    for name in fault_names:
        fault = (STANDING_FAULTS | DRAWN_FAULTS)[name]
        for _ in range(rows_per_fault if name != "F25" else rows_per_fault // 2):
            donor_position = next(donors)
            row_cells = row_at(donor_position) | (next(invented_rows) if fault.own_key else {})
            broken_list += [BrokenRow(donor_position, name, fault.rules, row) for row in fault.change(row_cells, rng)]
    return sorted(broken_list, key=lambda row: row.clean_row)


def _invented_rows(rng: np.random.Generator, count: int, panel: int) -> list[Row]:
    """Credit codes and names of firms that nothing else knows."""
    province = rng.integers(0, len(PROVINCES), count)
    ids = credit_codes(rng, [PROVINCES[p][0] for p in province], is_in_panel=False)
    firm_names = names(rng, rng.integers(0, len(CODES), count), province, skip=panel + 1000)
    return [{"firm_id": credit_code, "firm_name": firm_name} for credit_code, firm_name in zip(ids, firm_names)]


def number(row: Row, column: str) -> float:
    """The cell of a column as a number."""
    return float(row[column])


def money(yuan: float) -> str:
    """万元 with two decimals."""
    return f"{yuan:.2f}"


def _changed_cells(**column_names: str) -> Change:
    return lambda row, rng: [row | column_names]


def _negative_value(row: Row, rng: np.random.Generator) -> list[Row]:
    return [row | {"rd_exp": money(-1 - number(row, "rd_exp"))}]


def _too_many_researchers(row: Row, rng: np.random.Generator) -> list[Row]:
    return [row | {"rd_staff": str(int(row["employees"]) + int(rng.integers(1, 40)))}]


def _exports_above_sales(row: Row, rng: np.random.Generator) -> list[Row]:
    return [row | {"overseas_rev": money(1.25 * number(row, "revenue"))}]


def _stocks_above_assets(row: Row, rng: np.random.Generator) -> list[Row]:
    assets = number(row, "total_assets")
    return [row | {"inventory": money(0.7 * assets), "receivables": money(0.6 * assets)}]


def _unbalanced_sheet(row: Row, rng: np.random.Generator) -> list[Row]:
    return [row | {"total_liab": money(number(row, "total_liab") + 0.1 * number(row, "total_assets"))}]


def _listing_before_founding(row: Row, rng: np.random.Generator) -> list[Row]:
    return [row | {"niche_years": str(int(row["year"]) - int(row["found_year"]) + int(rng.integers(1, 9)))}]


def _strange_industry(row: Row, rng: np.random.Generator) -> list[Row]:
    return [row | {"industry_code": str(rng.choice(["C0", "C44", "Z99", "C50"]))}]


def _extra_field(row: Row, rng: np.random.Generator) -> list[Row]:
    return [row | {EXTRA_FIELD: "1"}]


def _dressed_number(row: Row, rng: np.random.Generator) -> list[Row]:
    """1,234.50, full-width digits, a unit in the cell, or a word for missing."""
    plain = money(1000 + number(row, "revenue"))
    wide_text = plain.translate({ord(character): ord(character) + 0xFEE0 for character in "0123456789."})
    return [row | {"revenue": str(rng.choice([f"{float(plain):,.2f}", wide_text, f"{plain}万元", "不详"]))}]


def _value_out_of_range(row: Row, rng: np.random.Generator) -> list[Row]:
    cells = [{"rd_exp": money(-5 - number(row, "rd_exp"))}, {"top5_supplier_share": "140.00"}, {"year": "3021"}]
    return [row | cells[int(rng.integers(len(cells)))]]


def _contradiction(row: Row, rng: np.random.Generator) -> list[Row]:
    return [row, row | {"revenue": money(1.1 * number(row, "revenue")), "net_profit": money(number(row, "net_profit") + 100)}]


def _several_faults(row: Row, rng: np.random.Generator) -> list[Row]:
    return _unbalanced_sheet((_exports_above_sales(_too_many_researchers(row, rng)[0], rng))[0], rng)


def _superseded_row(row: Row, rng: np.random.Generator) -> list[Row]:
    """What was first disclosed, in March; the restatement of April is in the panel."""
    return [row | {"disclose_date": f"{int(row['year']) + 1}-03-15", "net_profit": money(number(row, "net_profit") - 50)}]


STANDING_FAULTS: dict[str, Fault] = {
    "negative R&D": Fault(_negative_value, ("C02",)),
    "more R&D staff than staff": Fault(_too_many_researchers, ("E02",)),
    "more overseas than revenue": Fault(_exports_above_sales, ("E03",)),
    "stocks above total assets": Fault(_stocks_above_assets, ("E04",)),
    "balance sheet does not balance": Fault(_unbalanced_sheet, ("E05",)),
    "negative count": Fault(_changed_cells(trademarks_valid="-3"), ("E06", "C02")),
    "fraction of a patent": Fault(_changed_cells(inv_patents_valid="2.5"), ("E06", "C01")),
    "industry code not in the edition": Fault(_strange_industry, ("E09",)),
    "share above 100": Fault(_changed_cells(top5_customer_share="135.20"), ("E13", "C02")),
    "longer in the niche than in business": Fault(_listing_before_founding, ("E15",)),
    "words in a number": Fault(_changed_cells(employees="见附注"), ("C01",)),
    "unknown category": Fault(_changed_cells(certified_intl="认证中"), ("C03",)),
}
DRAWN_FAULTS: dict[str, Fault] = {
    "F06": Fault(_extra_field, ("S04",)),
    "F07": Fault(lambda row, rng: [dict(list(row.items())[:-3])], ("S04",)),
    "F20": Fault(_dressed_number, ("C08", "C09")),
    "F23": Fault(_changed_cells(firm_id="9.14403E+17"), ("C06",)),
    "F24": Fault(_value_out_of_range, ("C02", "E13")),
    "F25": Fault(_contradiction, ("E01",)),
    "F26": Fault(_changed_cells(firm_id=""), ("C04",)),
    "F27": Fault(_changed_cells(revenue="inf"), ("C05",)),
    "F28": Fault(_several_faults, ("E02", "E03", "E05")),
    "M13": Fault(_superseded_row, ("E01", "M13"), own_key=False),
    "M14": Fault(lambda row, rng: [dict(row)], ("E01", "M14"), own_key=False),
}
