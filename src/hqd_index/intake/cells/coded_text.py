"""Texts of coded columns by distinct value: categories, flags, dates, industries, provinces, ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ...canonical import Column
from ...errors import closest
from . import official_codes as codes
from .units_of_measure import normalised_label

EXCEL_EPOCH = date(1899, 12, 30)
SERIALS = range(20000, 80000)  # 1954 to 2119: any other whole number is no date
FLAGS = {
    **dict.fromkeys(("1", "1.0", "true", "t", "yes", "y", "是", "有", "√"), "true"),
    **dict.fromkeys(("0", "0.0", "false", "f", "no", "n", "否", "无", "×"), "false"),
}
CATEGORY_NAMES = {
    "soe": ("国有", "国有企业", "国企"), "private": ("民营", "民营企业", "私营"),
    "foreign": ("外资", "外资企业", "外商投资"), "other": ("其他",), "consolidated": ("合并", "合并报表", "A"),
    "parent": ("母公司", "母公司报表", "B"), "publicised": ("公示",), "recognised": ("公告", "认定"),
    "passed_review": ("复核通过",), "failed_review": ("复核未通过", "复核不通过"), "revoked": ("撤销",),
    "renamed": ("更名",), "innovative": ("创新型", "创新型中小企业"), "provincial": ("省级", "专精特新中小企业"),
    "national": ("国家级", "小巨人", "专精特新小巨人"), "key_national": ("重点小巨人",),
    "single_champion": ("单项冠军", "制造业单项冠军"), "domestic": ("国内",), "imported": ("进口",),
    "intermediate": ("中间使用", "中间投入"), "final_cons": ("最终消费",), "gfcf": ("固定资本形成",),
    "export": ("出口",), "inventory": ("存货变动",), "registered": ("注册地",), "operating": ("经营地",),
    "supplier": ("供应商",), "customer": ("客户",), "invention": ("发明", "发明专利"), "utility": ("实用新型",),
    "design": ("外观设计",),
    "all": ("全部", "全部企业"), "above_scale": ("规模以上", "规上"), "large_medium": ("大中型", "大中型企业"),
}  # fmt: skip
USCC_SHAPE = re.compile(r"[0-9A-Z]{18}")
SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+\d{2,}")


@dataclass(frozen=True)
class CodeReading:
    """What a text stands for, or the rule it breaks and the nearest text that would do."""

    value: str | None
    rule: str = ""
    suggestion: str | None = None


def code_reader(column: Column, aliases: Mapping[str, str], version: str = "") -> Callable[[str], CodeReading]:
    """The reading of one coded column: a study's aliases first (exact after normalising), then the built-in texts."""
    study_aliases = {normalised_label(text): value for text, value in aliases.items()}
    read_text = _reader_of_column(column, version)

    def look(text: str) -> CodeReading:
        return read_text(study_aliases.get(normalised_label(text), text))

    return look


def _reader_of_column(column: Column, version: str) -> Callable[[str], CodeReading]:
    if column.code == "industry":
        return lambda text: _code_or_rule(codes.industry(text, version), "E09")
    if column.code == "province":
        return lambda text: _code_or_rule(codes.province(text), "C03")
    if column.categories == codes.EDITIONS:
        return lambda text: _code_or_rule(codes.version(text), "C03")
    if column.code in ("firm", "uscc"):
        return _identifier
    if column.dtype == "date":
        return _date
    if column.dtype == "flag":
        return _flag
    if column.categories:
        return _category(column.categories)
    return lambda text: CodeReading(text)


def _code_or_rule(match: codes.CodeMatch, rule: str) -> CodeReading:
    return CodeReading(match.code) if match.code else CodeReading(None, rule, match.suggestion)


def _identifier(text: str) -> CodeReading:
    if SCIENTIFIC.fullmatch(text) or (USCC_SHAPE.fullmatch(text) and not codes.uscc_valid(text)):
        return CodeReading(None, "C06")
    return CodeReading(text)


def _flag(text: str) -> CodeReading:
    value = FLAGS.get(normalised_label(text))
    return CodeReading(value) if value else CodeReading(None, "C03", "是 / 否")


def _category(categories: Sequence[str]) -> Callable[[str], CodeReading]:
    category_by_name = {
        normalised_label(name): category for category in categories for name in (category, *CATEGORY_NAMES.get(category, ()))
    }

    def look(text: str) -> CodeReading:
        value = category_by_name.get(normalised_label(text))
        return CodeReading(value) if value else CodeReading(None, "C03", closest(text, category_by_name))

    return look


def _date(text: str) -> CodeReading:
    """ISO text of a date: 2023-12-31, 2023/12/31, 20231231, 2023年12月31日, a time after it, or a spreadsheet serial."""
    date_text = re.sub(r"[T ].*$", "", text.strip())
    if re.fullmatch(r"\d{5}(\.0+)?", date_text) and int(date_text[:5]) in SERIALS:
        return CodeReading((EXCEL_EPOCH + timedelta(days=int(date_text[:5]))).isoformat())
    match = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)|(\d{2})(\d{2}))", date_text)
    if match is None:
        return CodeReading(None, "C07")
    year, *month_and_day = (int(part) for part in match.groups() if part)
    try:
        return CodeReading(date(year, month_and_day[0], month_and_day[1] if len(month_and_day) > 1 else 1).isoformat())
    except ValueError:
        return CodeReading(None, "C07")
