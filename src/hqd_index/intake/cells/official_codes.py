"""Manufacturing divisions (GB/T 4754) and provinces (GB/T 2260): names, editions, and texts that stand for a code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd
from rapidfuzz import process

from .units_of_measure import normalised_label

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
# names of earlier editions and common variants that mean the same division
OTHER_NAMES = {
    "饮料制造业": "C15", "纺织服装、鞋、帽制造业": "C18", "皮革、毛皮、羽毛(绒)及其制品业": "C19", "造纸及纸制品业": "C22",
    "印刷业和记录媒介的复制": "C23", "文教体育用品制造业": "C24", "石油加工、炼焦和核燃料加工业": "C25",
    "石油加工、炼焦及核燃料加工业": "C25", "化学原料及化学制品制造业": "C26", "非金属矿物制品": "C30",
    "黑色金属冶炼及压延加工业": "C31", "有色金属冶炼及压延加工业": "C32", "电气机械及器材制造业": "C38",
    "通信设备、计算机及其他电子设备制造业": "C39", "仪器仪表及文化、办公用机械制造业": "C40",
}  # fmt: skip
# GB/T 4754-2002 division -> 2011/2017; 29 and 30 merge. 37 and 42 split: see GROUPS_2002
DIVISIONS_2002 = {
    **{str(n): str(n) for n in (*range(13, 29), 29)}, "30": "29", "31": "30", "32": "31", "33": "32", "34": "33",
    "35": "34", "36": "35", "39": "38", "40": "39", "41": "40", "43": "42",
}  # fmt: skip
# groups (three digits) of 2002 that went elsewhere than the rest of their division
GROUPS_2002 = {"182": "19", "372": "36", "415": "34", "421": "24"}
SPLIT_2002 = {"37": "37", "42": "41"}
EDITIONS = ("2002", "2011", "2017")
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
OTHER_PROVINCE_NAMES = {"内蒙": "150000", "Xizang": "540000", "Nei Mongol": "150000", "新疆生产建设兵团": "650000"}

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = tuple(pow(3, k, 31) for k in range(17))


@dataclass(frozen=True)
class CodeMatch:
    """The code a text stands for (None: none), and the nearest known text as a suggestion."""

    code: str | None
    suggestion: str | None = None


def divisions() -> pd.DataFrame:
    """code, zh, en, short_zh of the 31 manufacturing divisions, GB/T 4754-2017."""
    return pd.DataFrame([(code, *names) for code, names in DIVISIONS.items()], columns=["code", "zh", "en", "short_zh"])


def provinces() -> pd.DataFrame:
    """code, zh, short_zh, en of the provinces, GB/T 2260."""
    return pd.DataFrame([(code, *names) for code, names in PROVINCES.items()], columns=["code", "zh", "short_zh", "en"])


def official_names() -> dict[str, tuple[str, str]]:
    """code -> (Chinese, English) of every division and province."""
    industries = {code: (zh, en) for code, (zh, en, _) in DIVISIONS.items()}
    return industries | {code: (short, en) for code, (_, short, en) in PROVINCES.items()}


def industry(text: str, version: str) -> CodeMatch:
    """The 2017 division of a code ('C35', '35', '3511') or an exact name; an edition-2002 code is carried over."""
    digits = re.fullmatch(r"[Cc]?(\d{2})(\d{0,2})", text.strip())
    if digits is None:
        names = _industry_names()
        code = names.get(normalised_label(text))
        return CodeMatch(code, None if code else _nearest_name(text, [zh for zh, _, _ in DIVISIONS.values()]))
    division: str | None = (
        _from_2002(digits.group(1), digits.group(1) + digits.group(2)) if version == "2002" else digits.group(1)
    )
    code = f"C{division}"
    return CodeMatch(code) if code in DIVISIONS else CodeMatch(None)


def _from_2002(division: str, code: str) -> str | None:
    group = code[:3] if len(code) >= 3 else ""
    if group in GROUPS_2002:
        return GROUPS_2002[group]
    return DIVISIONS_2002.get(division) or (SPLIT_2002.get(division) if group else None)


@cache
def _industry_names() -> Mapping[str, str]:
    official = {normalised_label(text): code for code, names in DIVISIONS.items() for text in names}
    return official | {normalised_label(name): code for name, code in OTHER_NAMES.items()}


def province(text: str) -> CodeMatch:
    """The GB/T 2260 code of a province: code of two or six digits, long, short or English name; never by likeness."""
    if re.fullmatch(r"\d{2}|\d{6}", text.strip()):
        first = text.strip()[:2] + "0000"
        return CodeMatch(first) if first in PROVINCES else CodeMatch(None, _nearest_name(first, list(PROVINCES)))
    code = _province_names().get(normalised_label(text))
    return CodeMatch(code) if code else CodeMatch(None, _nearest_name(text, [short for _, short, _ in PROVINCES.values()]))


@cache
def _province_names() -> Mapping[str, str]:
    official = {normalised_label(text): code for code, names in PROVINCES.items() for text in names}
    return official | {normalised_label(name): code for name, code in OTHER_PROVINCE_NAMES.items()}


def _nearest_name(text: str, names: list[str]) -> str | None:
    match = process.extractOne(text, names, score_cutoff=50)
    return str(match[0]) if match else None


def version(text: str) -> CodeMatch:
    """The edition of GB/T 4754: 2002, 2011 or 2017, from the bare year or its full title."""
    edition = normalised_label(text)
    return CodeMatch(VERSION_NAMES.get(edition, edition)) if edition in {*VERSION_NAMES, *EDITIONS} else CodeMatch(None, "2017")


def uscc_valid(code: str) -> bool:
    """Whether an 18-character code has the check character of GB 32100-2015."""
    if len(code) != 18 or any(mark not in USCC_ALPHABET for mark in code):
        return False
    total = sum(USCC_ALPHABET.index(mark) * weight for mark, weight in zip(code, USCC_WEIGHTS))
    return USCC_ALPHABET[-total % 31] == code[-1]
