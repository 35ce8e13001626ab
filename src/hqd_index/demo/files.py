"""The demo as it would come in life: GB18030 and UTF-8 CSV, a yearbook workbook, broken rows, and the truth beside them."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .planted_faults import EXTRA_FIELD, BrokenRow, Row, broken_rows
from .product_names import product_names
from .registry import PROVINCES
from .sectors import SECTORS, YEARS
from .world import MONEY, Demo, generate
from .world_trade import WorldTrade

# file -> its years, whether provinces are written in full, and the labels that differ from the first file's
FIRM_FILES: dict[str, tuple[tuple[int, int], bool, dict[str, str]]] = {
    "synthetic_firms_2012_2016.csv": ((2012, 2016), False, {}),
    "synthetic_firms_2017_2020.csv": ((2017, 2020), True, {"year": "会计年度", "employees": "从业人员(人)"}),
    "synthetic_firms_2021_2024.csv": ((2021, 2024), True, {"province_code": "所在省", "revenue": "营业总收入(万元)"}),
}
LABELS = {
    "firm_id": "统一社会信用代码", "firm_name": "企业名称", "year": "年份", "disclose_date": "披露日期",
    "industry_code": "行业代码", "province_code": "省份", "ownership": "所有制", "found_year": "成立年份",
    "revenue": "营业收入(万元)", "cogs": "营业成本(万元)", "net_profit": "净利润(万元)", "rd_exp": "研发投入(万元)",
    "total_assets": "资产总计(万元)", "total_liab": "负债合计(万元)", "equity": "所有者权益(万元)", "inventory": "存货(万元)",
    "receivables": "应收账款(万元)", "fixed_assets": "固定资产(万元)", "overseas_rev": "境外收入(万元)",
    "digital_invest": "数字化投入(万元)", "gov_subsidy": "政府补助(万元)", "intermediate_inputs": "中间投入合计(万元)",
    "payroll": "应付职工薪酬(万元)", "op_cashflow": "经营活动现金流净额(万元)", "inv_cashflow": "投资活动现金流净额(万元)",
    "fin_cashflow": "筹资活动现金流净额(万元)", "employees": "员工人数", "rd_staff": "研发人员",
    "inv_patents_valid": "有效发明专利(件)", "utility_patents": "实用新型专利(件)", "patents_total": "专利总数(件)",
    "coapplied_patents": "联合申请专利(件)", "trademarks_valid": "有效商标(件)", "certified_intl": "国际认证",
    "main_product_rev_share": "主导产品收入占比(%)", "niche_years": "深耕年限(年)", "top5_supplier_share": "前五大供应商占比(%)",
    "top5_customer_share": "前五大客户占比(%)", "largecust_direct": "直接配套大企业", "market_share": "细分市场占有率(%)",
    "energy_use": "能源消费量(吨标煤)", "subclass_code": "小类代码", "chokepoint_product": "卡脖子清单产品",
    "weak_link_subclass": "所属小类为短板", "import_substitution": "填补空白或国产替代",
}  # fmt: skip
OWNERSHIP = {"soe": "国有", "private": "民营", "foreign": "外资", "other": "其他"}
PERCENT = ("main_product_rev_share", "top5_supplier_share", "top5_customer_share", "market_share")
FLAGS = ("certified_intl", "largecust_direct", "chokepoint_product", "weak_link_subclass", "import_substitution")
YEARBOOK = {
    "industry_code": ("行业", ""), "year": ("年份", ""), "n_firms": ("企业单位数", "家"),
    "employees_avg": ("平均用工人数", "万人"), "revenue": ("营业收入", "亿元"), "newprod_rev": ("新产品销售收入", "亿元"),
    "total_assets": ("资产总计", "亿元"), "total_liab": ("负债合计", "亿元"), "fixed_assets_net": ("固定资产净额", "亿元"),
    "paid_in_capital": ("实收资本", "亿元"), "state_capital": ("国家资本", "亿元"), "foreign_capital": ("外商资本", "亿元"),
    "wage_bill": ("应付职工薪酬", "亿元"), "va": ("增加值", "亿元"), "gross_output": ("总产值", "亿元"),
    "energy_use": ("能源消费量", "万吨标煤"), "co2": ("二氧化碳排放", "Mt"), "ppi": ("出厂价格指数", "上年为百"),
    "n_subclass_active": ("活跃产品小类数", "个"), "n_subclass_total": ("产品小类总数", "个"),
    "dva_exports": ("出口国内增加值", "百万美元"), "gross_exports": ("出口总额", "百万美元"),
    "rd_exp": ("研发经费", "亿元"), "rd_fte": ("研发人员全时当量", "人年"), "inv_patents_valid": ("有效发明专利数", "件"),
    "cogs": ("营业成本", "亿元"), "inventory": ("存货", "亿元"), "receivables": ("应收账款", "亿元"),
    "export_delivery_value": ("出口交货值", "亿元"), "capacity_util": ("产能利用率", "%"),
}  # fmt: skip
BATCH_COLUMNS = ("batch", "year", "recognised", "source")
WALK_COLUMNS = ("from_system", "from_code", "to_system", "to_code", "weight", "source")
NO_TOTAL = ("industry_code", "year", "ppi", "capacity_util")
NOT_SURVEYED = "—"
IO_LABELS = {
    "year": "年份",
    "from_code": "产出部门",
    "to_code": "使用部门",
    "use": "用途",
    "origin": "来源",
    "value": "金额(万元)",
}
USE_LABELS = {"intermediate": "中间使用", "final_cons": "最终消费", "gfcf": "固定资本形成", "export": "出口"}
TRADE_LABELS = {
    "industry_code": "行业代码", "year": "年份", "exports_usd": "出口额(千美元)", "imports_usd": "进口额(千美元)",
    "proc_exports_usd": "加工贸易出口额(千美元)",
}  # fmt: skip
FLOW_LABELS = {
    "year": "年份", "exporter": "出口国", "importer": "进口国", "hs6": "HS6", "value": "金额(千美元)", "quantity": "数量(吨)",
    "hs_rev": "HS版本",
}  # fmt: skip
COUNTRY_LABELS = {"country": "国家", "year": "年份", "gdp_per_capita": "人均GDP(美元)"}
PRODUCT_LABELS = {"node": "HS6", "name_zh": "产品名称", "name_en": "英文名称"}
LIST_LABELS = {
    "name": "企业名称", "uscc": "统一社会信用代码", "province": "省份", "level": "层级", "batch": "批次",
    "announce_date": "公布日期", "doc_no": "文号", "status": "类型",
}  # fmt: skip
WORKBOOK_TIME = datetime(2024, 1, 1)  # stamped into the workbook, so that its bytes depend on the seed alone


def write_demo(folder: Path, *, seed: int, firms: int = 6000, own_effect: float = 0.2, spillover: float = 0.1) -> None:
    """Writes the demo study's raw files and truth.json into `folder`; the bytes depend on the arguments alone."""
    demo = generate(seed, firms, own_effect, spillover)
    folder.mkdir(parents=True, exist_ok=True)
    fault_records = _write_firms(folder, demo, firms)
    _write_yearbook(folder / "synthetic_industry_yearbook.xlsx", demo.industry)
    _write_csv(folder / "synthetic_srdi_list.csv", _text_rows(demo.srdi_list, LIST_LABELS), "utf-8-sig")
    _write_csv(
        folder / "synthetic_srdi_batches.csv",
        _text_rows(demo.batches, {column_name: column_name for column_name in BATCH_COLUMNS}),
        "utf-8",
    )
    io_rows = demo.io.assign(
        use=demo.io["use"].map(USE_LABELS), origin=demo.io["origin"].map({"domestic": "国内", "imported": "进口"})
    )
    _write_csv(folder / "synthetic_io_table.csv", _text_rows(io_rows, IO_LABELS), "utf-8")
    _write_csv(folder / "synthetic_trade.csv", _text_rows(demo.trade, TRADE_LABELS), "utf-8-sig")
    _write_world(folder, demo.world)
    truth = demo.truth | {
        "seed": seed,
        "faults": dict(sorted(Counter(row["fault"] for row in fault_records).items())),
        "broken_rows": fault_records,
    }
    (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_world(folder: Path, world: WorldTrade) -> None:
    _write_csv(folder / "synthetic_trade_hs6.csv", _text_rows(world.hs6, FLOW_LABELS), "utf-8")
    _write_csv(
        folder / "synthetic_crosswalks.csv",
        _text_rows(world.crosswalks, {column_name: column_name for column_name in WALK_COLUMNS}),
        "utf-8",
    )
    _write_csv(folder / "synthetic_countries.csv", _text_rows(world.countries, COUNTRY_LABELS), "utf-8-sig")
    _write_csv(folder / "synthetic_products.csv", _text_rows(product_names(), PRODUCT_LABELS), "utf-8-sig")


def _text_rows(records: pd.DataFrame, labels: dict[str, str]) -> Iterable[Sequence[str]]:
    """Header and rows as text; numbers without needless zeros, a missing one as an empty cell."""
    yield list(labels.values())
    yield from zip(*([_plain_text(number) for number in records[column_name].tolist()] for column_name in labels))


def _plain_text(cell_value: Any) -> str:
    if not isinstance(cell_value, float):
        return str(cell_value)
    return "" if math.isnan(cell_value) else f"{cell_value:.10f}".rstrip("0").rstrip(".")


def _write_csv(path: Path, text_rows: Iterable[Sequence[str]], encoding: str) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(text_rows)
    path.write_bytes(text.getvalue().encode(encoding))


def _write_firms(folder: Path, demo: Demo, firms: int) -> list[dict[str, Any]]:
    """The firm files, and where in them each broken row is."""
    cells = _firm_cells(demo.firms)
    column_names = list(LABELS)
    broken_list = broken_rows(
        demo.seed,
        len(demo.firms),
        lambda position_of_row: {column_name: cells[column_name][position_of_row] for column_name in column_names},
        panel=firms,
    )
    years = demo.firms["year"].to_numpy()
    fault_records: list[dict[str, Any]] = []
    for file, (span, all_columns, labels) in FIRM_FILES.items():
        rows_in_span = np.flatnonzero((years >= span[0]) & (years <= span[1]))
        provinces = {
            short_province: long_name if all_columns else short_province for _, short_province, long_name, _ in PROVINCES
        }
        file_columns = _column_order(column_names, file)
        position_of_row = {int(position): span_index for span_index, position in enumerate(rows_in_span)}
        file_faults = [row for row in broken_list if row.clean_row in position_of_row]
        printed_cells = cells | {"province_code": [provinces[column_name] for column_name in cells["province_code"]]}
        clean_rows = list(
            zip(*(np.array(printed_cells[column_name], dtype=object)[rows_in_span] for column_name in file_columns))
        )
        file_rows, broken_positions = _rows_with_broken(
            clean_rows,
            [(position_of_row[row.clean_row], _fields_in_order(row.cells, file_columns, provinces)) for row in file_faults],
        )
        _write_csv(folder / file, [[(LABELS | labels)[column_name] for column_name in file_columns], *file_rows], "gb18030")
        fault_records += [_ledger_entry(file, span_index + 2, row) for span_index, row in zip(broken_positions, file_faults)]
    return fault_records


def _column_order(column_names: list[str], file: str) -> list[str]:
    """The last file puts the certificate and patent columns before the money."""
    if "2021" not in file:
        return column_names
    money = [column_name for column_name in column_names if column_name in MONEY]
    return column_names[:8] + [column_name for column_name in column_names[8:] if column_name not in MONEY] + money


def _fields_in_order(broken_cells: Row, file_columns: list[str], provinces: dict[str, str]) -> list[str]:
    """A broken row's fields as the file orders them; a short row loses its last, a long one has one more."""
    ordered_cells = [
        provinces[broken_cells[column_name]] if column_name == "province_code" else broken_cells.get(column_name, "")
        for column_name in file_columns
    ]
    gap_count = len(file_columns) - len([column_name for column_name in broken_cells if column_name != EXTRA_FIELD])
    return ordered_cells[: len(file_columns) - gap_count] + ([broken_cells[EXTRA_FIELD]] if EXTRA_FIELD in broken_cells else [])


def _rows_with_broken(
    clean_rows: Sequence[Sequence[str]], broken_list: list[tuple[int, list[str]]]
) -> tuple[list[Sequence[str]], list[int]]:
    """The clean rows with each broken one after its own, and the places of the broken ones."""
    rows: list[Sequence[str]] = []
    broken_places, next_clean = [], 0
    for clean_row, fields in broken_list:
        rows += clean_rows[next_clean : clean_row + 1]
        next_clean = max(next_clean, clean_row + 1)
        broken_places.append(len(rows))
        rows.append(fields)
    return rows + list(clean_rows[next_clean:]), broken_places


def _ledger_entry(file: str, row: int, broken_row: BrokenRow) -> dict[str, Any]:
    return {
        "file": file,
        "row": row,
        "fault": broken_row.fault,
        "rules": list(broken_row.rules),
        "firm_id": broken_row.cells["firm_id"],
        "year": broken_row.cells["year"],
    }


def _firm_cells(firms: pd.DataFrame) -> dict[str, list[str]]:
    """Every column of the firm panel as the text of its cells; money in 万元 with two decimals."""
    province_names = {province_code: province_name for province_code, province_name, *_ in PROVINCES}
    cells = {province_name: [f"{amount:.2f}" for amount in (firms[province_name] / 10_000).tolist()] for province_name in MONEY}
    cells |= {province_name: [f"{amount:.2f}" for amount in firms[province_name].tolist()] for province_name in PERCENT}
    cells |= {province_name: ["是" if amount else "否" for amount in firms[province_name].tolist()] for province_name in FLAGS}
    cells["province_code"] = [province_names[province_code] for province_code in firms["province_code"].tolist()]
    cells["ownership"] = [OWNERSHIP[ownership] for ownership in firms["ownership"].tolist()]
    return {province_name: cells.get(province_name) or list(map(str, firms[province_name].tolist())) for province_name in LABELS}


def _write_yearbook(path: Path, industry: pd.DataFrame) -> None:
    """One sheet: title, header, units, the industries of each year with a total below them, notes."""
    import xlsxwriter

    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"title": "合成数据 synthetic", "created": WORKBOOK_TIME})
        sheet = workbook.add_worksheet("分行业")
        sheet.write_string(0, 0, "分行业规模以上工业企业主要指标(合成数据,不代表任何真实行业)")
        for column_index, (label, unit) in enumerate(YEARBOOK.values()):
            sheet.write_string(1, column_index, label)
            sheet.write_string(2, column_index, unit)
        row_number = 3
        for year in YEARS:
            for line in _yearbook_lines(industry[industry["year"] == year]):
                sheet.write_row(row_number, 0, line)
                row_number += 1
        sheet.write_string(row_number, 0, "注:全部数字由随机数生成,仅供演示。")
        sheet.write_string(row_number + 1, 0, "资料来源:hqd-index 演示数据(synthetic)")


def _yearbook_lines(industry: pd.DataFrame) -> Iterable[list[Any]]:
    names = {sector.code: _broken_line(sector.zh) for sector in SECTORS}
    for _, row in industry.iterrows():
        cells = (row[column_name] for column_name in YEARBOOK if column_name != "industry_code")
        yield [names[row["industry_code"]], *(NOT_SURVEYED if cell != cell else cell for cell in cells)]
    totals = ["" if column_name in NO_TOTAL else float(np.round(industry[column_name].sum(), 4)) for column_name in YEARBOOK]
    yield ["合计", int(industry["year"].iloc[0]), *totals[2:]]


def _broken_line(long_name: str) -> str:
    """Long names as a narrow column prints them: over two lines."""
    return long_name if len(long_name) <= 9 else long_name[:8] + "\n" + long_name[8:]
