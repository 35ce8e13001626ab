"""Manufacturing divisions (GB/T 4754) and provinces (GB/T 2260): names, editions, and texts that stand for a code."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress

import numpy as np
import pandas as pd

from .glyphs import half_width, normalised_label
from .industry_names import EDITIONS
from .suggestions import one_slip_name

# code: (Chinese, English, short Chinese), GB/T 4754-2017
DIVISIONS: dict[str, tuple[str, str, str]] = {
    "C13": ("农副食品加工业", "Processing of agricultural food", "农副食品"),
    "C14": ("食品制造业", "Manufacture of foods", "食品"),
    "C15": ("酒、饮料和精制茶制造业", "Manufacture of alcohol, beverages and refined tea", "酒饮料茶"),
    "C16": ("烟草制品业", "Manufacture of tobacco", "烟草"),
    "C17": ("纺织业", "Manufacture of textiles", "纺织"),
    "C18": ("纺织服装、服饰业", "Manufacture of wearing apparel", "服装服饰"),
    "C19": ("皮革、毛皮、羽毛及其制品和制鞋业", "Manufacture of leather, fur, feather products and shoes", "皮革制鞋"),
    "C20": ("木材加工和木、竹、藤、棕、草制品业", "Processing of wood, bamboo, rattan, palm and straw", "木材加工"),
    "C21": ("家具制造业", "Manufacture of furniture", "家具"),
    "C22": ("造纸和纸制品业", "Manufacture of paper and paper products", "造纸"),
    "C23": ("印刷和记录媒介复制业", "Printing and reproduction of recorded media", "印刷"),
    "C24": ("文教、工美、体育和娱乐用品制造业", "Manufacture of articles for culture, arts, sports and leisure", "文教体娱"),
    "C25": ("石油、煤炭及其他燃料加工业", "Processing of petroleum, coal and other fuels", "石油煤炭"),
    "C26": ("化学原料和化学制品制造业", "Manufacture of raw chemicals and chemical products", "化工"),
    "C27": ("医药制造业", "Manufacture of medicines", "医药"),
    "C28": ("化学纤维制造业", "Manufacture of chemical fibres", "化纤"),
    "C29": ("橡胶和塑料制品业", "Manufacture of rubber and plastics", "橡胶塑料"),
    "C30": ("非金属矿物制品业", "Manufacture of non-metallic mineral products", "非金属矿物"),
    "C31": ("黑色金属冶炼和压延加工业", "Smelting and pressing of ferrous metals", "黑色金属"),
    "C32": ("有色金属冶炼和压延加工业", "Smelting and pressing of non-ferrous metals", "有色金属"),
    "C33": ("金属制品业", "Manufacture of metal products", "金属制品"),
    "C34": ("通用设备制造业", "Manufacture of general-purpose machinery", "通用设备"),
    "C35": ("专用设备制造业", "Manufacture of special-purpose machinery", "专用设备"),
    "C36": ("汽车制造业", "Manufacture of motor vehicles", "汽车"),
    "C37": (
        "铁路、船舶、航空航天和其他运输设备制造业",
        "Manufacture of railway, ship, aerospace and other transport equipment",
        "铁路船舶航空",
    ),
    "C38": ("电气机械和器材制造业", "Manufacture of electrical machinery and equipment", "电气机械"),
    "C39": (
        "计算机、通信和其他电子设备制造业",
        "Manufacture of computers, communication and other electronic equipment",
        "电子信息",
    ),
    "C40": ("仪器仪表制造业", "Manufacture of instruments", "仪器仪表"),
    "C41": ("其他制造业", "Other manufacturing", "其他制造"),
    "C42": ("废弃资源综合利用业", "Recovery of waste resources", "废弃资源"),
    "C43": ("金属制品、机械和设备修理业", "Repair of metal products, machinery and equipment", "设备修理"),
}
VERSION_NAMES = {"gb/t4754-2002": "2002", "gb/t4754-2011": "2011", "gb/t4754-2017": "2017", "证监会2012": "2011"}

# code: (Chinese, short Chinese, English), GB/T 2260
PROVINCES: dict[str, tuple[str, str, str]] = {
    "110000": ("北京市", "北京", "Beijing"), "120000": ("天津市", "天津", "Tianjin"), "130000": ("河北省", "河北", "Hebei"),
    "140000": ("山西省", "山西", "Shanxi"), "150000": ("内蒙古自治区", "内蒙古", "Inner Mongolia"),
    "210000": ("辽宁省", "辽宁", "Liaoning"), "220000": ("吉林省", "吉林", "Jilin"),
    "230000": ("黑龙江省", "黑龙江", "Heilongjiang"), "310000": ("上海市", "上海", "Shanghai"),
    "320000": ("江苏省", "江苏", "Jiangsu"), "330000": ("浙江省", "浙江", "Zhejiang"), "340000": ("安徽省", "安徽", "Anhui"),
    "350000": ("福建省", "福建", "Fujian"), "360000": ("江西省", "江西", "Jiangxi"), "370000": ("山东省", "山东", "Shandong"),
    "410000": ("河南省", "河南", "Henan"), "420000": ("湖北省", "湖北", "Hubei"), "430000": ("湖南省", "湖南", "Hunan"),
    "440000": ("广东省", "广东", "Guangdong"), "450000": ("广西壮族自治区", "广西", "Guangxi"),
    "460000": ("海南省", "海南", "Hainan"), "500000": ("重庆市", "重庆", "Chongqing"), "510000": ("四川省", "四川", "Sichuan"),
    "520000": ("贵州省", "贵州", "Guizhou"), "530000": ("云南省", "云南", "Yunnan"),
    "540000": ("西藏自治区", "西藏", "Tibet"), "610000": ("陕西省", "陕西", "Shaanxi"), "620000": ("甘肃省", "甘肃", "Gansu"),
    "630000": ("青海省", "青海", "Qinghai"), "640000": ("宁夏回族自治区", "宁夏", "Ningxia"),
    "650000": ("新疆维吾尔自治区", "新疆", "Xinjiang"), "710000": ("台湾省", "台湾", "Taiwan"),
    "810000": ("香港特别行政区", "香港", "Hong Kong"), "820000": ("澳门特别行政区", "澳门", "Macao"),
}  # fmt: skip
OTHER_PROVINCE_NAMES = {"内蒙": "150000", "Xizang": "540000", "Nei Mongol": "150000"}

ENGLISH_KIND = re.compile(r"\s+((zhuang|hui|uygh?ur)\s+)?(province|municipality|autonomous\s+region)$", re.IGNORECASE)

MACRO_REGION = re.compile(
    r"(东部|中部|西部|东北部?|华[东南西北中]|西[南北]|中南|沿海|内陆|长江经济带|长三角|珠三角|京津冀|环渤海|黄河流域)"
    r"(地区|区域|省[市份]?|各省[市区]?|片区)?(合计|小计|总计|平均)?"
    r"|(eastern|central|western|north-?eastern|east|west|north-?east)( china| region| area)?",
    re.IGNORECASE,
)
REGION = re.compile(r"[部区域带圈]|沿海|华[东南西北中]|[东西][南北]|地区|城市群|三角洲")

USCC_LENGTH = 18
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_VALUES = {character: value for value, character in enumerate(USCC_ALPHABET)}
USCC_WEIGHTS = tuple(pow(3, k, 31) for k in range(17))
NO_USCC_VALUE = 2**20
"""Of a character that is in no credit code: more than the weighted sum of any code, and eighteen of them fit an int32."""


@dataclass(frozen=True)
class CodeMatch:
    """The code a text stands for (None: none), and the nearest known text as a suggestion."""

    code: str | None
    suggestion: str | None = None


def divisions() -> pd.DataFrame:
    """code, zh, en, short_zh of the 31 manufacturing divisions, GB/T 4754-2017."""
    return pd.DataFrame(
        [(code, *division_names) for code, division_names in DIVISIONS.items()], columns=["code", "zh", "en", "short_zh"]
    )


def provinces() -> pd.DataFrame:
    """code, zh, short_zh, en of the provinces, GB/T 2260."""
    return pd.DataFrame(
        [(code, *province_names) for code, province_names in PROVINCES.items()], columns=["code", "zh", "short_zh", "en"]
    )


def official_names() -> dict[str, tuple[str, str]]:
    """code -> (Chinese, English) of every division and province."""
    industries = {code: (zh, en) for code, (zh, en, _) in DIVISIONS.items()}
    return industries | {code: (short_name, en) for code, (_, short_name, en) in PROVINCES.items()}


def province(cell: str) -> CodeMatch:
    """The GB/T 2260 code of a province: area code of 2, 6 or 12 digits, long, short or English name; never by likeness."""
    stripped_cell = re.sub(r"(?<=[0-9])\.0+$", "", half_width(cell).strip().strip("'"))
    if re.fullmatch(r"[0-9]{2}|[0-9]{6}|[0-9]{12}", stripped_cell):
        province_code = stripped_cell[:2] + "0000"
        return CodeMatch(province_code if province_code in PROVINCES else None)
    code = _province_names().get(normalised_label(ENGLISH_KIND.sub("", half_width(cell).strip())))
    return CodeMatch(code) if code else CodeMatch(None, _misspelt_province(cell))


def is_macro_region(region_text: str) -> bool:
    """Whether a text names a part of the country that holds several provinces: 东部地区, 华北, Western region."""
    return bool(MACRO_REGION.fullmatch(re.sub(r"\s+", " " if region_text.isascii() else "", half_width(region_text)).strip()))


def _misspelt_province(cell: str) -> str | None:
    """浙汀 -> 浙江; a region (东部, 华北) is no slip of a province."""
    return None if REGION.search(cell) else one_slip_name(cell, [short_name for _, short_name, _ in PROVINCES.values()])


@cache
def _province_names() -> Mapping[str, str]:
    official_labels = {normalised_label(wording): code for code, spellings in PROVINCES.items() for wording in spellings}
    return official_labels | {normalised_label(other_name): code for other_name, code in OTHER_PROVINCE_NAMES.items()}


def version(cell: str) -> CodeMatch:
    """The edition of GB/T 4754: 2002, 2011 or 2017, from the bare year or its full title."""
    edition = normalised_label(cell)
    return CodeMatch(VERSION_NAMES.get(edition, edition)) if edition in {*VERSION_NAMES, *EDITIONS} else CodeMatch(None, "2017")


CODES_AT_ONCE = 100_000
"""The digits of a code take many times its own memory."""


def valid_credit_codes(texts: Sequence[str]) -> np.ndarray:
    """Which of many texts are credit codes as they are printed: what `uscc_valid` says of each."""
    starts = range(0, max(len(texts), 1), CODES_AT_ONCE)
    return np.concatenate([_are_credit_codes(texts[start : start + CODES_AT_ONCE]) for start in starts])


def _are_credit_codes(texts: Sequence[str]) -> np.ndarray:
    is_code = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) == USCC_LENGTH
    characters = "".join(compress(texts, is_code.tolist())).encode("ascii", errors="replace")  # by ?, which is in no code
    values = np.full(128, NO_USCC_VALUE, dtype=np.int32)
    values[[ord(character) for character in USCC_ALPHABET]] = range(len(USCC_ALPHABET))
    digits = values[np.frombuffer(characters, dtype=np.uint8).reshape(-1, USCC_LENGTH)]
    weighted_sums = digits @ np.array([*USCC_WEIGHTS, 1], dtype=np.int32)
    is_code[is_code] = (weighted_sums < NO_USCC_VALUE) & (weighted_sums % len(USCC_ALPHABET) == 0)
    return is_code


def uscc_valid(code: str) -> bool:
    """Whether an 18-character code has the check character of GB 32100-2015."""
    if len(code) != 18 or not USCC_VALUES.keys() >= set(code):
        return False
    weighted_sum = sum(map(operator.mul, map(USCC_VALUES.__getitem__, code), USCC_WEIGHTS))
    return USCC_ALPHABET[-weighted_sum % 31] == code[-1]
