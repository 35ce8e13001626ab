"""Every rule id intake can emit, with what it means, what is expected and how to mend it, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ...study.records import Label

COLUMNS = ("rid", "rule", "severity", "column", "value", "expected_zh", "expected_en", "mend_zh", "mend_en")


@dataclass(frozen=True)
class RuleText:
    """A rule built into the code: what it says and how to mend what breaks it."""

    text: Label
    mend: Label


# id: (what it says zh, en, how to mend it zh, en)
_RULE_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "S01": ("文件不存在", "file missing", "核对 sources.yaml 中的 path", "check `path` in sources.yaml"),
    "S02": ("空文件或只有表头", "empty or header only", "补充数据", "fill the file"),
    "S03": ("文件编码", "encoding", "另存为“CSV UTF-8”", "save as 'CSV UTF-8'"),
    "S04": (
        "字段数与表头不一致", "number of fields differs from the header",
        "补齐或删除多余的分隔符",
        "add or remove separators",
    ),
    "S05": ("表头重复", "duplicate header", "改名或删除一列", "rename or delete one column"),
    "S06": ("缺少必需的列", "required column missing", "在 aliases 或 constants 中补上", "add it under aliases or constants"),
    "S07": ("多余的列(提示)", "extra column (info)", "无需处理", "nothing to do"),
    "S08": ("工作簿问题", "workbook trouble", "取消隐藏、取消合并、重新计算后保存", "unhide, unmerge, recalculate and save"),
    "S09": ("压缩包或 XML 超限", "archive or XML limits", "另存为新的 xlsx 或 csv", "save as a new xlsx or csv"),
    "S10": ("内容与扩展名不符", "content does not match the extension", "改扩展名或另存", "rename or save again"),
    "S11": ("运行期间文件被改动", "file changed during the run", "无人写入时重新运行", "run again when nobody writes"),
    "S12": ("路径超出数据目录", "path leaves the data folder", "把文件复制进数据目录", "copy the file into the data folder"),
    "S13": (
        "隔离比例超限", "too large a share quarantined",
        "按隔离清单改正后重跑",
        "mend the quarantined rows and run again",
    ),
    "C01": (
        "不是数字", "not a number",
        "改成数字或留空,或在 values 中写明其含义",
        "write a number, leave the cell empty, or say what it means under `values`",
    ),
    "C02": (
        "超出允许范围", "out of range",
        "核对数值与单位;-99 之类表示缺失的代码,在 missing 中声明",
        "check the value and its unit; declare a code for missing, such as -99, under `missing`",
    ),
    "C03": (
        "未知的代码或类别", "unknown code or category",
        "按代码表改正,或在 values 中登记",
        "mend it by the code list, or add it under `values`",
    ),
    "C04": ("主键为空", "blank key", "补上主键", "fill in the key"),
    "C05": ("无穷大", "infinite", "改成有限的数或留空", "write a finite number, or leave the cell empty"),
    "C06": ("长编号丢失位数", "long id lost digits", "把该列设为文本后重新导出", "re-export the column as text"),
    "C07": ("无法识别的日期", "not a date", "写成 2023-12-31", "write 2023-12-31"),
    "C08": (
        "单元格内有单位或分隔符", "unit or separator inside the cell",
        "写成纯数字,或设 parse_units / parse_separators",
        "write a plain number, or set parse_units / parse_separators",
    ),
    "C09": (
        "未声明的缺失标记", "undeclared missing mark",
        "留空,或在 missing 中声明",
        "leave the cell empty, or declare the mark under `missing`",
    ),
    "E01": ("主键重复", "key not unique", "只保留一行", "keep one row"),
    "E06": ("件数不是非负整数", "count is not a whole number >= 0", "改成非负整数", "write a whole number >= 0"),
    "E07": ("报表日期不是 12-31", "statement date is not 12-31", "只保留年报", "keep annual statements only"),
    "E08": (
        "合并与母公司报表混在一起", "consolidated and parent statements together",
        "用 out_of_scope 选定一种",
        "choose one with out_of_scope",
    ),
    "E09": (
        "行业代码不在所声明版本中", "industry code not in its edition",
        "对照行业代码表修改",
        "mend it by the industry code list",
    ),
    "W04": (
        "疑似单位不一致(警告)", "units look inconsistent (warning)",
        "核对单位;程序不会自行换算",
        "check the unit; nothing is converted by itself",
    ),
    "W11": (
        "印有单位而未采用", "printed unit not used",
        "在该数据源的 units 中写明单位", "say the unit under `units` of the source",
    ),
    "M16": (
        "同一企业有两个上市代码(提示)", "two listings of one firm (notice)",
        "只保留一个代码,或不作处理", "keep one code, or leave it",
    ),
    "M17": (
        "代码易主或行业前后不同(提示)", "a code passed to another firm, or a firm changed industry (notice)",
        "核对信用代码;行业口径用 firm_industry 选定", "check the credit codes; choose the industry with firm_industry",
    ),
    "M19": (
        "子公司列入名单(提示)", "subsidiaries are on the list (notice)",
        "用 srdi_list.subsidiaries 选定口径", "choose the definition with srdi_list.subsidiaries",
    ),
    "M20": (
        "注册地与经营地混在一起", "registered and operating addresses together",
        "用 out_of_scope 选定一种", "choose one with out_of_scope",
    ),
    "M26": (
        "不同统计口径混在一起", "rows of different scopes together",
        "用 out_of_scope 选定一种", "choose one with out_of_scope",
    ),
    "M29": (
        "连续三年以上恰在一条直线上,疑为内插", "three years or more exactly on a line: interpolated?",
        "核对来源;内插值请留空", "check the source; leave interpolated cells empty",
    ),
    "DF01": (
        "价格指数中间缺年份(提示)", "a price index lacks years inside (notice)",
        "补齐缺失年份", "fill in the missing years",
    ),
    "E11": ("曾认定不会变回否", "once recognised, always recognised", "核对历年状态", "check the status of all years"),
    "LK02": (
        "一家企业的占比之和不超过 100%", "shares of one focal firm sum to at most 100",
        "核对占比与口径", "check the shares",
    ),
    "LK03": ("第一名占比不低于第二名", "rank 1 has at least the share of rank 2", "核对名次", "check the ranks"),
    "SL01": ("名单与批次总数不符(提示)", "list off the batch total (notice)", "核对名单是公告还是公示", "check which list it is"),
    "SL02": (
        "未经公示而认定(提示)", "recognised without being publicised (notice)",
        "核对增补名单", "check the additions",
    ),
    "W07": (
        "首位数字偏离 Benford 分布(提示)", "first digits stray from Benford's law (notice)",
        "核对数据来源", "check the source",
    ),
    "W08": (
        "研发强度或研发人员占比在政策门槛处扎堆(提示)", "R&D intensity or staff share bunches at a cut-off (notice)",
        "谨慎解释", "interpret with care",
    ),
    "W09": (
        "批次总数相差超过 2%(提示)", "batch total off by more than 2% (notice)",
        "核对名单是否完整", "check the list is complete",
    ),
    "W10": (
        "省份占比与公布数相差超过 2%(提示)", "province share off the published one by more than 2% (notice)",
        "核对名单是否完整、省份是否写对", "check the list is complete and its provinces right",
    ),
}  # fmt: skip
# id: what the cell or row should be, where the text of the rule says what is wrong with it
_EXPECTATIONS: dict[str, tuple[str, str]] = {
    "C01": ("数字,或留空", "a number, or an empty cell"),
    "C02": ("允许范围之内的数", "a number within the range allowed"),
    "C03": ("代码表中的代码或类别", "a code or category of the list"),
    "C04": ("主键各列都有值", "a value in every key column"),
    "C05": ("有限的数,或留空", "a finite number, or an empty cell"),
    "C06": ("完整的编号,逐位保留", "the whole id, digit by digit"),
    "C07": ("日期,如 2023-12-31", "a date, as 2023-12-31"),
    "C08": ("不带单位与分隔符的纯数字", "a plain number without unit or separator"),
    "C09": ("留空,或已声明的缺失标记", "an empty cell, or a declared mark for missing"),
    "E01": ("每个主键只有一行", "one row per key"),
    "E06": ("非负整数", "a whole number, 0 or more"),
    "E07": ("年报,报表日期为 12-31", "an annual statement, dated 12-31"),
    "E08": ("只有合并或只有母公司报表", "statements of one kind, consolidated or parent"),
    "E09": ("所声明版本中的制造业代码,C13-C43", "a manufacturing code of the edition declared, C13-C43"),
    "M20": ("同一种地址口径", "addresses of one kind"),
    "M26": ("同一种统计口径", "rows of one scope"),
    "M29": ("实际观测值;内插值留空", "observed values; interpolated cells empty"),
}
A_YEAR = Label(zh="四位年份", en="a year of four digits")
MEND_YEAR = Label(
    zh="改成四位年份,或在 values 中写明其含义", en="write the year in four digits, or say what it means under `values`"
)
EXPECTATIONS = {rule: Label(zh=zh, en=en) for rule, (zh, en) in _EXPECTATIONS.items()}
RULES = {
    rule: RuleText(Label(zh=zh, en=en), Label(zh=mend_zh, en=mend_en)) for rule, (zh, en, mend_zh, mend_en) in _RULE_TEXTS.items()
}


def rule_findings(
    cell_rows: pd.DataFrame,
    rule: str,
    *,
    expectation: Label | Sequence[Label] | None = None,
    remedy: Label | None = None,
    severity: str = "error",
) -> pd.DataFrame:
    """Findings of one rule for rows with rid, column and value; texts are the rule's own unless given, for all rows or each."""
    expectation = expectation or expected_text(rule)
    labels = [expectation] * len(cell_rows) if isinstance(expectation, Label) else expectation
    remedy = remedy or RULES[rule].mend
    expectation_columns = {"expected_zh": [label.zh for label in labels], "expected_en": [label.en for label in labels]}
    cell_columns = {column_name: cell_rows[column_name].to_numpy() for column_name in ("rid", "column", "value")}
    constant = {"rule": rule, "severity": severity, "mend_zh": remedy.zh, "mend_en": remedy.en}
    return pd.DataFrame({**cell_columns, **constant, **expectation_columns}, index=range(len(cell_rows)), columns=list(COLUMNS))


def joined_findings(finding_tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The findings one below the other; with their columns when there are none."""
    nonempty_tables = [finding_table for finding_table in finding_tables if len(finding_table)]
    return pd.concat(nonempty_tables, ignore_index=True) if nonempty_tables else pd.DataFrame(columns=list(COLUMNS))


def expected_text(rule: str, proposal: str | None = None, unit: str = "", *, is_year: bool = False) -> Label:
    """What a rule expects, of a year where the column has years, with the value that was probably meant."""
    rule_label = A_YEAR if is_year and rule == "C01" else EXPECTATIONS.get(rule, RULES[rule].text)
    if not proposal:
        return rule_label
    return Label(zh=f"{rule_label.zh};是不是 {proposal}{unit}?", en=f"{rule_label.en}; is it {proposal} {unit}".rstrip() + "?")
