"""Why a row is out of scope, and how the sample flow says so."""

from __future__ import annotations

from ...study.records import Label

BLANK, NOTE, HEADER, TOTAL, CONTINUED = "blank", "note", "header", "total", "continued"
OPENING = "opening"
OTHER_YEAR = "other year"
TWIN = "twin listing"
UNLISTED = "unlisted"
NOT_MANUFACTURING = "not manufacturing"
SPLIT = "split"

REASONS = {
    HEADER: Label(zh="剔除:表头下的说明行", en="left out: label rows below the header"),
    BLANK: Label(zh="剔除:空行", en="left out: blank rows"),
    CONTINUED: Label(zh="剔除:上一行单元格内换行的后续行", en="left out: lines that end a cell begun above"),
    NOTE: Label(zh="剔除:注释与资料来源行", en="left out: footnotes and sources"),
    TOTAL: Label(zh="剔除:合计行", en="left out: totals"),
    OPENING: Label(zh="剔除:01-01 期初行", en="left out: opening balances of 1 January"),
    OTHER_YEAR: Label(
        zh="剔除:日期不在 constants 所写的年份(要读各年,请把日期列的 aliases 写成 year,并删去 constants 的 year)",
        en="left out: dated in another year than `constants` says (for all years: alias the date column year, drop the constant)",
    ),
    TWIN: Label(zh="剔除:同一企业的第二上市代码", en="left out: second listings of a firm"),
    NOT_MANUFACTURING: Label(zh="剔除:不属于制造业的行业", en="left out: industries that are not manufacturing"),
    SPLIT: Label(
        zh="剔除:后来拆分的 2002 版行业(需三位代码)", en="left out: divisions of 2002 that were split (three digits tell)"
    ),
    UNLISTED: Label(zh="剔除:研究未用到的变量", en="left out: variables the study does not use"),
}
