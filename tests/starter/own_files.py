"""Files as people have them, written small: workbooks and text, with what a new user would have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl

PROVINCES = ("北京", "江苏", "浙江", "安徽", "山东", "湖北", "四川", "贵州")
Rows = Sequence[Sequence[Any]]


def book(path: Path, sheets: dict[str, Rows], merged: Sequence[str] = ()) -> Path:
    """A workbook with these sheets; ranges of the first one are merged."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for cells in merged:
        workbook.worksheets[0].merge_cells(cells)
    workbook.save(path)
    return path


def text(path: Path, rows: Rows, encoding: str = "utf-8") -> Path:
    """Delimited text."""
    path.write_bytes("".join(",".join(map(str, row)) + "\n" for row in rows).encode(encoding))
    return path


def provincial(path: Path, years: range = range(2015, 2021)) -> Path:
    """A tidy provincial panel: units in the header, one mark of a missing value, a row of totals."""
    head = [
        "地区",
        "年份",
        "人均地区生产总值(元)",
        "R&D经费投入强度(%)",
        "有效发明专利数(件)",
        "单位GDP能耗(吨标准煤/万元)",
        "二氧化硫排放量(万吨)",
        "城镇化率(%)",
    ]
    rows = [
        [name, year, 40000 + 3000 * k + 900 * (year - 2015), 1 + k / 5, 900 * (k + 1), 0.9 - k / 20, 12 - k if k else "—", 50 + k]
        for k, name in enumerate(PROVINCES)
        for year in years
    ]
    return book(path, {"数据": [head, *rows, ["全国", 2020, *[1] * 6]]})


SYSTEM = [
    ["高质量发展评价指标体系"],
    ["一级指标", "二级指标", "三级指标", "单位", "属性", "权重"],
    ["创新发展", "投入", "R&D经费投入强度", "%", "正向", 0.3],
    ["", "产出", "X2 有效发明专利数(件)", "", "+", 0.2],
    ["绿色发展", "能耗", "单位GDP能耗", "吨标准煤/万元", "负向", 0.2],
    ["", "排放", "二氧化硫排放", "万吨", "-", 0.1],
    ["共享发展", "医疗", "每千人病床数", "张", "正", 0.2],
]

NO_UNIT = "没有单位"
CSMAR_HEADS = {
    "FS_Combas.xlsx": [
        ["Stkcd", "ShortName", "Accper", "Typrep", "A001000000", "A002000000"],
        ["证券代码", "证券简称", "统计截止日期", "报表类型", "资产总计", "负债合计"],
        [*[NO_UNIT] * 4, "元", "元"],
    ],
    "FS_Comins.xlsx": [
        ["Stkcd", "ShortName", "Accper", "Typrep", "B001101000", "B002000000"],
        ["证券代码", "证券简称", "统计截止日期", "报表类型", "营业收入", "净利润"],
        [*[NO_UNIT] * 4, "元", "元"],
    ],
    "Info.xlsx": [
        ["Symbol", "ShortName", "FullName", "EndDate", "IndustryName", "IndustryCode", "Y0601b"],
        ["股票代码", "股票简称", "中文全称", "统计截止日期", "行业名称", "行业代码", "员工人数"],
        [*[NO_UNIT] * 6, "人"],
    ],
}
INDUSTRIES = ("C26", "C35", "C38", "C39")


def csmar(folder: Path, firms: int = 60, years: range = range(2016, 2024)) -> list[Path]:
    """Balance sheets, income statements and facts of firms as CSMAR prints them, and a list of names alone."""
    balance, income, facts, names = [], [], [], []
    for k in range(firms):
        code, short, full = f"{600000 + k}", f"某某{k:02d}", f"某某{k:02d}科技股份有限公司"
        if k % 3 == 0:
            names.append(full)
        for year in years:
            size = 1e8 * (1 + k % 7) * (1 + 0.05 * (year - 2016))
            for kind, part in (("A", 1.0), ("B", 0.8)):
                balance.append([code, short, f"{year}-12-31", kind, size * part, size * part * (0.4 + k % 5 / 50)])
                income.append(
                    [code, short, f"{year}-12-31", kind, size * part * 0.6, size * part * (0.02 + (k + year) % 7 / 100)]
                )
            facts.append([code, short, full, f"{year}-12-31", "制造业", INDUSTRIES[k % 4], 500 + 10 * k])
    rows = {"FS_Combas.xlsx": balance, "FS_Comins.xlsx": income, "Info.xlsx": facts}
    paths = [book(folder / name, {"sheet1": [*CSMAR_HEADS[name], *rows[name]]}) for name in rows]
    return [*paths, text(folder / "第三批专精特新小巨人企业名单.csv", [["企业名称"], *([name] for name in names)], "gb18030")]


def nbs(path: Path, title: str, first: float, encoding: str = "utf-8-sig") -> Path:
    """A download with years as columns, lines above and notes below."""
    rows = [[f"{name}省" if name not in ("北京",) else "北京市", *(first * (k + 1) + year for year in (3, 2, 1))]
            for k, name in enumerate(PROVINCES)]  # fmt: skip
    above = [["数据库：分省年度数据"], [f"指标：{title}"], ["时间：最近3年"], ["地区", "2022年", "2021年", "2020年"]]
    below = [["注：1.本表按当年价格计算。"], ["　　　2.2018年数据为修订后数据。"], ["数据来源：国家统计局"]]
    return text(path, [*above, *rows, *below], encoding)


def coin_tool(path: Path) -> Path:
    """A workbook laid out as the COIN Tool's: codes of indicators in row 16, what frames them above, units below."""
    frame = {  # row: what it says of the four indicators
        7: [1, 1, 1, 3], 8: [1, 1, -1, 1], 11: ["Index"] * 4, 12: ["si.01"] * 4, 13: ["p.01", "p.01", "p.02", "p.02"],
        14: ["sp.01"] * 4, 15: ["Roads", "Rail", "Emissions", "Forest"], 16: [f"Ind.{k:02d}" for k in range(1, 5)],
    }  # fmt: skip
    database: list[list[Any]] = [[None] * 4 + frame.get(row, [None] * 4) for row in range(1, 17)]
    for k, unit in enumerate(["AUT", "BEL", "CZE", "DNK", "EST"]):
        values = [3 + k, "n/a" if k == 2 else 9 - k, 5 + k % 2, 1.5 * k]
        database.append([None, f"Country {unit}", unit, None, *values])
    framework = [
        ["", "", "Code", "Level", "Weight", "", "", "Dimension/indicator"],
        ["", "", "p.01", "", 2, "", "", "Transport"],
        ["", "", "p.02", "", 1, "", "", "Environment"],
        ["", "", "Index", "", 1, "", "", "Good Index"],
    ]
    return book(path, {"Cover": [["COIN Tool"]], "Framework": framework, "Database": database})
