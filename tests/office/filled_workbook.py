"""The template as offices fill it in: eight industries over nine years, with what each test changes."""

from __future__ import annotations

import datetime
import random
from pathlib import Path
from typing import Any

import openpyxl

from hqd_index.intake.meaning.official_codes import DIVISIONS, USCC_ALPHABET, USCC_VALUES, USCC_WEIGHTS
from hqd_index.office import write_template

FIRST_ROW = 5
INDUSTRIES = tuple(DIVISIONS)[12:20]
YEARS = range(2015, 2024)
NAMES = {"zh": ("企业", "行业", "专精特新名单", "指标体系"), "en": ("Firms", "Industries", "SRDI list", "Indicators")}
BATCH_DAYS = {2: datetime.date(2020, 11, 13), 3: datetime.date(2021, 7, 19), 4: datetime.date(2022, 8, 8)}


def new_workbook(path: Path, language: str = "zh") -> Any:
    """The template, open; what is saved over it is filled in."""
    write_template(path, language)
    return openpyxl.load_workbook(path)


def credit_code(number: int) -> str:
    """A valid unified social credit code."""
    base = f"91330000{number:09d}"
    remainder = sum(USCC_VALUES[sign] * weight for sign, weight in zip(base, USCC_WEIGHTS)) % 31
    return base + USCC_ALPHABET[(31 - remainder) % 31]


def put(sheet: Any, rows: list[list[Any]], first_row: int = FIRST_ROW) -> None:
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            sheet.cell(first_row + i, j + 1, cell)


def fill_industries(workbook: Any, language: str = "zh") -> Any:
    """The sheet of industries, filled in; names in Chinese, codes in English."""
    rng, rows = random.Random(1), []
    for code in INDUSTRIES:
        base = rng.uniform(5e3, 5e4)
        for year in YEARS:
            revenue = base * (1 + 0.05 * (year - 2015) + rng.uniform(-0.02, 0.02))
            parts = [rng.uniform(*span) for span in ((0.8, 0.9), (0.03, 0.09), (1.0, 1.4), (0.5, 0.7))]
            small = [
                rng.uniform(0.006, 0.01),
                rng.uniform(0.01, 0.03),
                rng.uniform(0.1, 0.3),
                rng.uniform(1, 3),
                rng.uniform(0.05, 0.2),
            ]
            name = DIVISIONS[code][0] if language == "zh" else code
            rows.append([name, year, round(base / 5), revenue, *[revenue * part for part in parts + small]])
            rows[-1][11] = round(rows[-1][11])
    sheet = workbook[NAMES[language][1]]
    put(sheet, rows)
    return sheet


def fill_firms(workbook: Any, language: str = "zh", firms_each: int = 14) -> list[tuple[str, str]]:
    """The sheet of firms, filled in; their names and credit codes."""
    rng, rows, firms = random.Random(2), [], []
    for code in INDUSTRIES:
        for _ in range(firms_each):
            number = len(firms) + 1
            firms.append((f"浙江第{number}精工有限公司", credit_code(number)))
            base, name = rng.uniform(2e3, 8e4), DIVISIONS[code][0] if language == "zh" else code
            for year in range(2017, 2024):
                revenue = base * (1 + 0.06 * (year - 2017) + rng.uniform(-0.1, 0.1))
                staff = round(revenue / rng.uniform(40, 80)) + 20
                accounts = [
                    revenue * rng.uniform(*span)
                    for span in ((0.6, 0.8), (-0.02, 0.1), (1.1, 1.5), (0.5, 0.8), (0.01, 0.06), (0, 0.3))
                ]
                rows.append([*firms[-1], year, name, "浙江" if language == "zh" else "Zhejiang", revenue, *accounts, staff,
                             round(staff * rng.uniform(0.05, 0.2)), rng.randrange(60)])  # fmt: skip
    put(workbook[NAMES[language][0]], rows)
    return firms


def fill_list(workbook: Any, firms: list[tuple[str, str]], language: str = "zh") -> None:
    """The recognition list: every fifth firm, in three batches."""
    words = ("浙江", "国家级", "公告") if language == "zh" else ("Zhejiang", "national", "recognised")
    rows = []
    for k, firm in enumerate(firms[::5]):
        batch = 2 + k % 3
        rows.append([*firm, words[0], words[1], batch, BATCH_DAYS[batch], words[2]])
    put(workbook[NAMES[language][2]], rows)
