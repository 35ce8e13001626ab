"""Grids of the data: ledger, quarantine by rule, what could not be made, codebook."""

from __future__ import annotations

import pandas as pd

from ...canonical import CANONICAL
from ...tables import TABLES
from ..bilingual import Bilingual
from ..key_findings import file_flow
from ..key_labels import key_label
from ..results import Results
from ..sentences import INTERCEPT_NOTE, MECHANICAL_PART_NOTE
from .grid import Column, Grid, parse_columns, text_or_blank
from .published_grids import CODED_COLUMNS, export_ratio, with_id

LEDGER = parse_columns("""
文件 | File | text | 34
工作表 | Sheet | text | 14
读入 | Read | int | 10
采用 | Used | int | 10
隔离 | Quarantined | int | 11
范围外 | Out of scope | int | 11
隔离占比 | Quarantined share | % | 10
""")
RULES = parse_columns("""
规则 | Rule | text | 8
严重度 | Severity | text | 10
列 | Column | text | 22
条数 | Findings | int | 9
应为 | Expected | text | 46
怎样修改 | How to mend | text | 46
""")
NOT_MADE_COLUMNS = parse_columns("""
表 | Table | text | 20
原因 | Reason | text | 60
怎样补上 | What would do | text | 60
""")
CODEBOOK = parse_columns("""
表 | Table | text | 18
列 | Column | text | 20
中文名 | Chinese label | text | 28
英文名 | English label | text | 28
单位 | Unit | text | 12
方向 | Direction | text | 9
公式 | Formula | text | 60
来源 | Source | text | 36
""")
CODEBOOK_VALUES = ("table", "column", "label_zh", "label_en", "unit", "direction", "formula", "source")


def ledger(results: Results) -> Grid | None:
    """Rows of each raw file: read = used + quarantined + out of scope."""
    table = results.table("ledger")
    if table.empty:
        return None
    values = [
        (
            *(record["file"], text_or_blank(record["sheet"]), record["rows_in"], record["used"], record["quarantined"]),
            *(record["out_of_scope"], record["quarantined"] / record["rows_in"] if record["rows_in"] else None),
        )
        for record in file_flow(table).to_dict("records")
    ]
    note = Bilingual(
        "读入 = 采用 + 隔离 + 范围外，按行号集合核对。", "Read = used + quarantined + out of scope, checked by row id."
    )
    return Grid(Bilingual("原始数据的行去向", "Where the raw rows went"), LEDGER, tuple(values), ("ledger",), note)


def rules(results: Results) -> Grid | None:
    """Findings by rule: how many, what was expected, how to mend it."""
    rows = results.table("quarantine")
    if rows.empty:
        return None
    values = []
    for (rule, severity), findings in rows.groupby(["rule", "severity"], sort=True):
        first_finding, column_names = findings.iloc[0], _column_names(findings["column"])
        expectation, remedy = (
            Bilingual(first_finding["expected_zh"], first_finding["expected_en"]),
            Bilingual(first_finding["mend_zh"], first_finding["mend_en"]),
        )
        values.append((rule, key_label(results, "severity", severity), column_names, len(findings), expectation, remedy))
    note = Bilingual(
        "一行可能违反多条规则；逐行明细见 quarantine.xlsx。", "A row may break several rules; each is in quarantine.xlsx."
    )
    return Grid(Bilingual("按规则统计的隔离", "Quarantine by rule"), RULES, tuple(values), ("quarantine",), note)


def _column_names(columns: pd.Series) -> Bilingual:
    """The columns that findings point at, each once, by name and id."""
    ids = sorted({id.strip() for column_list in columns.dropna().astype(str) for id in column_list.split(",")})
    names = {id: column for canonical_table in reversed(CANONICAL.values()) for id, column in canonical_table.columns.items()}
    zh = [f"{names[id].zh} {id}" if id in names else id for id in ids]
    en = [f"{names[id].en} ({id})" if id in names else id for id in ids]
    return Bilingual("、".join(zh), ", ".join(en))


def _table_label(table_name: str) -> Bilingual:
    table = TABLES.get(table_name)
    return Bilingual(table.zh, table.en) if table else Bilingual(table_name, table_name)


def not_made(results: Results) -> Grid | None:
    """What this run could not make, and why."""
    values = [
        (
            with_id(record["table"], _table_label(record["table"])),
            Bilingual(record["reason_zh"], record["reason_en"]),
            Bilingual(record["mend_zh"], record["mend_en"]),
        )
        for record in results.table("not_made").to_dict("records")
    ]
    return Grid(Bilingual("未能生成的表", "Tables not made"), NOT_MADE_COLUMNS, tuple(values), ("not_made",))


CHOKEPOINTS = parse_columns("""
产品（HS6） | Product (HS6) | text | 24
行业 | Industries | text | 30
进口额（千美元） | Imports (thousand USD) | int | 14
进口来源集中度 | Import-source HHI | 3 | 12
世界出口集中度 | World-export HHI | 3 | 12
进口/出口 | Imports/exports | 2 | 10
最大来源 | Top source | text | 10
最大来源占比 | Top source share | % | 11
""")
CHOKEPOINT_VALUES = ("hs6", "industries", "imports", "hhi_import", "hhi_world", "import_export_ratio", "top_source", "top_share")
PRODUCTS_LISTED = 20


def chokepoints(results: Results) -> Grid | None:
    """Products flagged in the latest year, the largest imports first."""
    rows = results.table("chokepoints")
    if rows.empty:
        return None
    year = int(rows["year"].max())
    rows = rows[(rows["year"] == year) & (rows["chokepoint"].fillna(0) == 1)].sort_values(
        ["imports", "hs6"], ascending=[False, True]
    )
    ratio = rows["import_export_ratio"].map(export_ratio)
    names = {
        column: [CODED_COLUMNS["chokepoints", column](results, code) for code in rows[column]]
        for column in ("industries", "hs6", "top_source")
    }
    rows = rows.assign(import_export_ratio=ratio, **{column: pd.Series(texts, rows.index) for column, texts in names.items()})
    values = [
        tuple(record[column_name] for column_name in CHOKEPOINT_VALUES)
        for record in rows.head(PRODUCTS_LISTED).to_dict("records")
    ]
    title = Bilingual(
        f"{year} 年卡脖子产品（{len(rows)} 个中进口额最大的）", f"Chokepoint products {year} (largest of {len(rows)})"
    )
    note = Bilingual(
        "规则：进口来源 HHI > 0.4、世界出口 HHI > 0.4、进口大于出口三条同时成立，近三年中至少两年。阈值见配置。",
        "Rule: import-source HHI > 0.4, world-export HHI > 0.4 and imports above exports, in two of the last three years.",
    )
    return Grid(title, CHOKEPOINTS, tuple(values), ("chokepoints",), note)


def codebook(results: Results) -> Grid | None:
    """Every variable with unit, direction, formula and source."""
    rows = results.table("codebook").to_dict("records")
    values = [tuple(text_or_blank(record[column_name]) for column_name in CODEBOOK_VALUES) for record in rows]
    return Grid(Bilingual("变量字典", "Codebook"), CODEBOOK, tuple(values), ("codebook",))


FACTS = parse_columns("""
数字 | Figure | text | 40
论文所引 | As the paper quotes it | 1 | 11
本研究数据 | In this study's data | 1 | 11
本研究企业数 | Firms of this study | int | 10
年份 | Year | year | 8
论文数字的总体 | Whom the paper's figure is about | text | 44
说明 | Note | text | 40
""")


def facts(results: Results) -> Grid | None:
    """The figures the paper quotes, beside those of this study's recognised firms."""
    rows = results.table("facts").to_dict("records")
    values = [
        (
            Bilingual(record["fact_zh"], record["fact_en"]),
            *(record[column_name] for column_name in ("paper", "here", "n_firms", "year")),
            Bilingual(record["population_zh"], record["population_en"]),
            Bilingual(text_or_blank(record["note_zh"]), text_or_blank(record["note_en"])),
        )
        for record in rows
    ]
    note = Bilingual(
        "论文数字的年份与总体不同于本研究，并列只供核对量级，不作检验。",
        "The paper's figures are of other years and populations: set side by side as a check of magnitude, not as a test.",
    )
    title = Bilingual("论文所引数字与本研究数据", "Figures the paper quotes, beside this study's data")
    return Grid(title, FACTS, tuple(values), ("facts",), note)


MAX_LIVE_UNITS = 500
"""Units up to which the workbook has sheets of weights to try: every formula of a rank looks at every unit."""
NO_LIVE_WEIGHTS = Bilingual(
    f"单元超过 {MAX_LIVE_UNITS} 个时不设“权重试算”表；请在 report.html 中调整权重。",
    f"With over {MAX_LIVE_UNITS} units there is no sheet of weights to try; move the weights in report.html.",
)


def notes(results: Results) -> Grid:
    """What the marks mean and what to keep in mind."""
    scale = results.score_scale
    note_texts = [
        Bilingual("空单元格表示缺失；任何缺失都不以 0 代替。", "An empty cell is missing; nothing missing is written as 0."),
        Bilingual(
            f"得分 {scale.zh}，先排名后四舍五入；全精度数值见 tables/*.csv。",
            f"Scores are {scale.en}, ranked before rounding; full precision in tables/*.csv.",
        ),
        Bilingual(
            "“全部企业”与“剔除专精特新企业”使用同样的公式、上下界与权重。",
            "'All firms' and 'recognised firms left out' share formulas, bounds and weights.",
        ),
        INTERCEPT_NOTE,
        MECHANICAL_PART_NOTE,
        Bilingual(
            "更细的表不在本工作簿，见 tables/：diagnostics（诊断）、dynamics（分布与演变）、regression_diagnostics（回归诊断）、"
            "network（投入产出网络）等；README.md 列出全部文件。",
            "Finer tables are not in this workbook but in tables/: diagnostics, dynamics, regression_diagnostics, network and "
            "others; README.md lists every file.",
        ),
    ]
    if len(results.units) > MAX_LIVE_UNITS:
        note_texts.append(NO_LIVE_WEIGHTS)
    return Grid(
        Bilingual("说明", "Notes"),
        (Column(Bilingual("说明", "Note"), "text", 120),),
        tuple((note_text,) for note_text in note_texts),
        ("manifest",),
    )
