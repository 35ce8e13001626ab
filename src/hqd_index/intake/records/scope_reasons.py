"""Why a row is out of scope, and how the sample flow says so."""

from __future__ import annotations

from ...study.records import Label

BLANK_ROW, NOTE_ROW, HEADER_ROW, TOTAL_ROW, CONTINUATION_LINE = "blank", "note", "header", "total", "continued"
OPENING_BALANCE = "opening"
OTHER_YEAR = "other year"
NO_YEAR_ROWS = "no rows by year"
TWIN_LISTING = "twin listing"
UNLISTED_NAME = "unlisted"
NOT_MANUFACTURING = "not manufacturing"
SPLIT_INDUSTRY = "split"

REASONS = {
    HEADER_ROW: Label(zh="剔除:表头下的说明行", en="left out: label rows below the header"),
    BLANK_ROW: Label(zh="剔除:空行", en="left out: blank rows"),
    CONTINUATION_LINE: Label(zh="剔除:上一行单元格内换行的后续行", en="left out: lines that end a cell begun above"),
    NOTE_ROW: Label(zh="剔除:注释与资料来源行", en="left out: footnotes and sources"),
    TOTAL_ROW: Label(zh="剔除:合计行", en="left out: totals"),
    OPENING_BALANCE: Label(zh="剔除:01-01 期初行", en="left out: opening balances of 1 January"),
    OTHER_YEAR: Label(
        zh="剔除:日期不在 constants 所写的年份(要读各年,请把日期列的 aliases 写成 year,并删去 constants 的 year)",
        en="left out: dated in another year than `constants` says (for all years: alias the date column year, drop the constant)",
    ),
    NO_YEAR_ROWS: Label(
        zh="剔除:无年份的来源中,其他来源没有采用任何一年的行",
        en="left out: rows without years of which no year is used elsewhere",
    ),
    TWIN_LISTING: Label(zh="剔除:同一企业的第二上市代码", en="left out: second listings of a firm"),
    NOT_MANUFACTURING: Label(zh="剔除:不属于制造业的行业", en="left out: industries that are not manufacturing"),
    SPLIT_INDUSTRY: Label(
        zh="剔除:后来拆分的 2002 版行业(需三位代码)",
        en="left out: divisions of 2002 that were split (three-digit codes would decide)",
    ),
    UNLISTED_NAME: Label(zh="剔除:研究未用到的变量", en="left out: variables the study does not use"),
}
