"""Why a text is not a plain number, and which number was probably meant: none rather than one that changes the value."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from .glyphs import half_width
from .unit_labels import is_printed_unit
from .units import exponent

YUAN = "元"
MARKS = {
    "", "-", "--", "---", "—", "——", "－", "–", ".", "..", "...", "…", "……", "/", "\\", "*", "＊", "x", "X", "na", "n/a", "#n/a",
    "nan", "null", "none", "nil", "不详", "不明", "缺失", "无", "暂无", "未披露", "不适用", "未知", "无数据", "missing",
    "unknown", "#null!", "<na>", "空缺", "缺", "待补", "n.a.", "nd", "n.d.", "^", 
    "暂缺", "无资料", "没有数据", "未公布", "未统计", "未填报",
}  # fmt: skip
LABELS_OF_MISSING = {
    "缺失", "不详", "不明", "未知", "无数据", "未披露", "不适用", "空缺", "缺", "拒答", "拒绝回答", "不知道", "不清楚", "说不清",
    "未回答", "未作答", "未填", "missing", "unknown", "n/a", "n.a.", "refused", "don't know", "dont know", "dk", "no answer",
    "not applicable", "not available", "not ascertained", "skipped",
}  # fmt: skip
MARK_OF_SIGNS = re.compile(r"[-—–_.…·*/~]{2,12}")
INFINITY_PATTERN = re.compile(r"[+-]?(inf|infinity|∞|#div/0!)", re.IGNORECASE)
PLAIN_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
GROUPED = re.compile(
    r"[+-]?[0-9]{1,3}(?:(,)[0-9]{3}(?:,[0-9]{3})*|( )[0-9]{3}(?: [0-9]{3})*|(')[0-9]{3}(?:'[0-9]{3})*)(\.[0-9]+)?"
)
COMMA_DECIMAL = re.compile(r"[+-]?([0-9]{1,3}([. ][0-9]{3})+|[0-9]+)(,[0-9]+)?")
THOUSANDS_ONLY = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")
FEWEST_UNGROUPED = 0.2
"""Of cells with a comma: so many of three decimals end in 0 or lie below 1, and more are printed with fewer decimals."""
BRACKETED_NUMBER = re.compile(r"\(\s*([0-9,]+\.?[0-9]*|\.[0-9]+)\s*\)|([0-9,]+\.?[0-9]*)-")
NUMBER_WITH_UNIT = re.compile(r"([+-]?[0-9,]+\.?[0-9]*)\s*([^0-9\s.,+-].*)")
DATE_PATTERN = re.compile(r"[0-9]{4}[-/年.][0-9]{1,2}([-/月.][0-9]{1,2}日?)?")
DASHES = re.compile(r"^[‐‑‒–﹣](?=[0-9.])")  # that stand for a minus in front of a number
YUAN_IN_FRONT = re.compile(r"^([+-]?)(?:¥|￥|RMB|CNY|人民币)\s*(?=[0-9])", re.IGNORECASE)
THIN_BLANKS = dict.fromkeys(map(ord, "\u2009\u202f\u2007\u2005"), " ")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff]")


@dataclass(frozen=True)
class Diagnosis:
    """The rule a text breaks, the number proposed (as plain text, in the column's source unit), and what would convert it."""

    rule: str
    proposed_number: str | None = None
    conversion: str = ""  # "separators" | "units" | "decimal" | "negatives"


def is_mark(cell_text: str) -> bool:
    """Whether a text is written where something is missing: 不详, n.a., ----, ******."""
    plain_text = half_width(cell_text).strip().lower()
    return plain_text in MARKS or cell_text.strip().lower() in MARKS or MARK_OF_SIGNS.fullmatch(plain_text) is not None


def says_missing(label: str) -> bool:
    """Whether a label of a number says that something is missing: 缺失, 拒答, 不适用, refused."""
    return half_width(label).strip().lower() in LABELS_OF_MISSING


def diagnose(cell: str, unit: str, *, comma_decimal: bool = False) -> Diagnosis:
    """C05, C09, C08 (with the proposed number), C07 or C01 for a text that is not a plain number; `unit` is the column's.

    `comma_decimal`: the column as a whole is written with a decimal comma, so that 1,234 is not 1234.
    """
    if CONTROLS.search(cell.strip()):
        return Diagnosis("C01")
    half_width_cell = DASHES.sub("-", half_width(cell).translate(THIN_BLANKS).strip())
    if INFINITY_PATTERN.fullmatch(half_width_cell):
        return Diagnosis("C05")
    if is_mark(cell) or half_width_cell.lower() in LABELS_OF_MISSING:
        return Diagnosis("C09")
    if comma_decimal and COMMA_DECIMAL.fullmatch(half_width_cell):
        return Diagnosis("C08", _plain_number(_comma_to_point(half_width_cell)), "decimal")
    if PLAIN_NUMBER.fullmatch(half_width_cell) and half_width_cell != cell.strip():
        return Diagnosis("C08", _plain_number(half_width_cell), "separators")
    if GROUPED.fullmatch(half_width_cell) and not comma_decimal:
        return Diagnosis("C08", _plain_number(re.sub("[, ']", "", half_width_cell)), "separators")
    if DATE_PATTERN.fullmatch(half_width_cell):
        return Diagnosis("C07")
    if not comma_decimal and (negative_number := _negative(half_width_cell)) is not None:
        return Diagnosis("C08", negative_number, "negatives")
    return (None if comma_decimal else _with_unit(half_width_cell, unit)) or Diagnosis("C01")


def has_decimal_commas(number_texts: Collection[str]) -> bool:
    """Whether texts that are no plain numbers show, as a whole, a decimal comma: all fit one, and enough commas make no groups.

    A blank between groups shows nothing, and one 1,1 among many 2,101 is more likely a slip than the rule.
    """
    half_width_cells = [half_width(cell).strip() for cell in number_texts]
    unusual_cells = [
        half_width_cell
        for half_width_cell in half_width_cells
        if half_width_cell.lower() not in MARKS and not PLAIN_NUMBER.fullmatch(half_width_cell)
    ]
    comma_cells = [half_width_cell for half_width_cell in unusual_cells if "," in half_width_cell]
    ungrouped_cells = [half_width_cell for half_width_cell in comma_cells if not THOUSANDS_ONLY.fullmatch(half_width_cell)]
    return (
        bool(ungrouped_cells)
        and all(map(COMMA_DECIMAL.fullmatch, unusual_cells))
        and len(ungrouped_cells) >= FEWEST_UNGROUPED * len(comma_cells)
    )


def _comma_to_point(cell: str) -> str:
    return cell.replace(".", "").replace(" ", "").replace(",", ".")


def _negative(cell: str) -> str | None:
    """The number that accounts print as (1,234) or 1,234-; None for any other text."""
    match = BRACKETED_NUMBER.fullmatch(cell)
    if match is None:
        return None
    amount_text = match.group(1) or match.group(2)
    if "," in amount_text and not GROUPED.fullmatch(amount_text):
        return None
    return _plain_number("-" + amount_text.replace(",", ""))


def _with_unit(cell: str, unit: str) -> Diagnosis | None:
    if exponent(YUAN, unit) == 0 and YUAN_IN_FRONT.match(cell):  # in a column of 万元 the sign may stand for either
        cell = YUAN_IN_FRONT.sub(r"\1", cell) + YUAN
    match = NUMBER_WITH_UNIT.fullmatch(cell)
    if match is None:
        return None
    amount_text, unit_text = match.group(1), match.group(2).strip()
    if "," in amount_text and not GROUPED.fullmatch(amount_text):
        return None
    amount_text = amount_text.replace(",", "")
    power_of_ten = exponent(unit_text, unit) if is_printed_unit(unit_text) else None
    if power_of_ten is None or not PLAIN_NUMBER.fullmatch(amount_text):
        return None
    return Diagnosis("C08", _plain_number(amount_text, power_of_ten), "units")


def _plain_number(cell: str, power_of_ten: int = 0) -> str | None:
    try:
        return format(Decimal(cell).scaleb(power_of_ten), "f")
    except InvalidOperation:
        return None
