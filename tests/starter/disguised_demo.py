"""The demo's raw files as another vendor would hand them out: CSMAR codes in three header rows, a file a year, new names."""

from __future__ import annotations

import csv
import re
import shutil
from decimal import Decimal
from pathlib import Path

ENCODINGS = ("gb18030", "utf-8-sig", "utf-16")
UNITS = ("万元", "元")
YEARS = tuple(str(year) for year in range(2012, 2025))
CODES = {  # header of the demo without its unit: item code and Chinese name of CSMAR, or names that another vendor would print
    "统一社会信用代码": ("Stkcd", "证券代码"), "企业名称": ("Conme", "公司全称"), "年份": ("Accper", "统计截止日期"),
    "会计年度": ("Accper", "统计截止日期"), "披露日期": ("DeclareDate", "披露日期"), "行业代码": ("Nnindcd", "行业代码"),
    "省份": ("PROVINCE", "省份"), "所在省": ("PROVINCE", "省份"), "所有制": ("Ownership", "所有制"),
    "成立年份": ("EstbYear", "成立年份"), "营业收入": ("B001101000", "营业收入"), "营业总收入": ("B001101000", "营业收入"),
    "营业成本": ("B001201000", "营业成本"), "净利润": ("B002000000", "净利润"), "研发投入": ("RDSpendSum", "研发投入金额"),
    "资产总计": ("A001000000", "资产总计"), "负债合计": ("A002000000", "负债合计"),
    "所有者权益": ("A003000000", "所有者权益合计"),
    "存货": ("A001123000", "存货净额"), "应收账款": ("A001111000", "应收账款净额"), "固定资产": ("A001212000", "固定资产净额"),
    "员工人数": ("Y0601b", "员工人数"), "从业人员": ("Y0601b", "员工人数"), "研发人员": ("RDPerson", "研发人员数量"),
}  # fmt: skip
NAMES = {
    "synthetic_industry_yearbook.xlsx": "分行业年鉴.xlsx", "synthetic_srdi_list.csv": "专精特新名单.csv",
    "synthetic_srdi_batches.csv": "批次.csv", "synthetic_io_table.csv": "投入产出表.csv", "synthetic_trade.csv": "进出口.csv",
    "synthetic_trade_hs6.csv": "双边贸易.csv", "synthetic_crosswalks.csv": "对照表.csv",
    "synthetic_countries.csv": "各国收入.csv",
}  # fmt: skip


def disguise(raw: Path, folder: Path) -> None:
    """The files of a demo, firms in one file a year: three encodings and two units in turn."""
    folder.mkdir()
    for name, other_name in NAMES.items():
        shutil.copy(raw / name, folder / other_name)
    by_year: dict[str, list[tuple[list[str], list[str]]]] = {}
    for path in sorted(raw.glob("synthetic_firms_*.csv")):
        with path.open(encoding="gb18030", newline="") as stream:
            head, *rows = csv.reader(stream)
        year = next(place for place, label in enumerate(head) if label in ("年份", "会计年度"))
        for row in rows:
            of_the_study = row[year] if row[year] in YEARS else YEARS[0]  # a year that is wrong on purpose
            by_year.setdefault(of_the_study, []).append((head, row))
    for place, (year, pairs) in enumerate(sorted(by_year.items())):
        _write(folder / f"FS_{year}.csv", pairs, ENCODINGS[place % 3], UNITS[place % 2])


def _write(path: Path, pairs: list[tuple[list[str], list[str]]], encoding: str, money: str) -> None:
    head = pairs[0][0]
    labels = [re.sub(r"\(.*\)", "", label) for label in head]
    units = [match[1] if (match := re.search(r"\((.*)\)", label)) else "没有单位" for label in head]
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(CODES.get(label, (label, label))[0] for label in labels)
        writer.writerow(CODES.get(label, (label, label))[1] for label in labels)
        writer.writerow(money if unit == "万元" else unit for unit in units)
        for _, row in pairs:
            extra = [""] * (len(row) - len(head))
            writer.writerow(_cell(*cell, money) for cell in zip([*labels, *extra], [*units, *extra], row))


def _cell(label: str, unit: str, cell: str, money: str) -> str:
    if label in ("年份", "会计年度"):
        return f"{cell}-12-31"
    if unit == "万元" and money == "元" and re.fullmatch(r"-?\d+(\.\d+)?", cell):
        return format(Decimal(cell) * 10000, "f")
    return cell
