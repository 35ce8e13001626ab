"""Which firms exist, where, since when: ids with valid check digits, names that no two firms share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .random_streams import Bools, Floats, Ints, Texts, stream
from .sectors import CODES, FIRST_YEAR, LAST_YEAR, SECTORS, YEARS

FULL_LIFE = 0.72  # of the firms are there in 2012; the others enter until 2022
EXIT = 0.012  # yearly; a recognised firm stays
RECOGNISED_SHARE = 0.04  # of the firms are ever recognised, in every industry alike
SIZE_SD = 1.0  # of log revenue between firms of an industry

# (GB/T 2260 code, short name, full name, weight of SRDI firms and firms alike)
PROVINCES = (
    ("110000", "北京", "北京市", 4.0), ("120000", "天津", "天津市", 2.5), ("130000", "河北", "河北省", 3.5),
    ("140000", "山西", "山西省", 1.5), ("150000", "内蒙古", "内蒙古自治区", 0.8), ("210000", "辽宁", "辽宁省", 2.2),
    ("220000", "吉林", "吉林省", 0.9), ("230000", "黑龙江", "黑龙江省", 0.8), ("310000", "上海", "上海市", 5.5),
    ("320000", "江苏", "江苏省", 12.5), ("330000", "浙江", "浙江省", 11.6), ("340000", "安徽", "安徽省", 5.0),
    ("350000", "福建", "福建省", 4.0), ("360000", "江西", "江西省", 3.0), ("370000", "山东", "山东省", 8.5),
    ("410000", "河南", "河南省", 4.5), ("420000", "湖北", "湖北省", 4.5), ("430000", "湖南", "湖南省", 4.0),
    ("440000", "广东", "广东省", 12.0), ("450000", "广西", "广西壮族自治区", 1.5), ("460000", "海南", "海南省", 0.3),
    ("500000", "重庆", "重庆市", 2.5), ("510000", "四川", "四川省", 4.0), ("520000", "贵州", "贵州省", 1.0),
    ("530000", "云南", "云南省", 1.0), ("540000", "西藏", "西藏自治区", 0.1), ("610000", "陕西", "陕西省", 2.2),
    ("620000", "甘肃", "甘肃省", 0.7), ("630000", "青海", "青海省", 0.2), ("640000", "宁夏", "宁夏回族自治区", 0.5),
    ("650000", "新疆", "新疆维吾尔自治区", 0.8),
)  # fmt: skip
OWNERSHIP = {"private": 0.72, "soe": 0.12, "foreign": 0.12, "other": 0.04}
BRAND = (
    "恒瑞华泰金龙宏达新源盛世中科鼎信博远智联百川汇通天成凯迪明德立创东方"
    "正和康安润丰景泓卓越永兴嘉禾启航锐驰精诚佳美利群海星云帆铭腾昊宇"
)
CREDIT_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class Registry:
    """Firms in contiguous blocks: by industry, never-recognised ones before the ever-recognised."""

    firm_id: Texts
    name: Texts
    industry: Ints
    ever_recognised: Bools
    is_alive: Bools
    entry: Ints
    province: Ints
    ownership: Texts
    founding_year: Ints
    size: Floats

    @property
    def starts(self) -> Ints:
        """First firm of each block: 2 i the never-recognised of industry i, 2 i + 1 its ever-recognised."""
        return np.flatnonzero(np.diff(2 * self.industry + self.ever_recognised, prepend=-1))


def register(seed: int, firms: int) -> Registry:
    """`firms` firms with their years of life; 4% of each industry's are to be recognised."""
    rng = stream(seed, "registry")
    industry = np.repeat(np.arange(len(SECTORS)), apportioned_counts(firms, np.array([sector.size for sector in SECTORS])))
    size = SIZE_SD * np.clip(rng.standard_normal(firms), -3, 3)
    is_operating = _life_spans(rng, firms)
    ever_recognised = _future_srdi_firms(rng, industry, size, is_operating, round(RECOGNISED_SHARE * firms))
    order = np.lexsort((np.arange(firms), ever_recognised, industry))
    is_operating = is_operating[order]
    entry = np.array(YEARS)[is_operating.argmax(axis=1)]
    weights = np.array([weight for *_, weight in PROVINCES])
    province = rng.choice(len(PROVINCES), size=firms, p=weights / weights.sum())
    return Registry(
        firm_id=credit_codes(rng, [PROVINCES[p][0] for p in province]),
        name=names(rng, industry[order], province),
        industry=industry[order],
        ever_recognised=ever_recognised[order],
        is_alive=is_operating,
        entry=entry,
        province=province,
        ownership=np.where(
            ever_recognised[order], "private", rng.choice(list(OWNERSHIP), size=firms, p=list(OWNERSHIP.values()))
        ),
        founding_year=entry - rng.integers(4, 28, firms),
        size=size[order],
    )


def apportioned_counts(total: int, weights: Floats) -> Ints:
    """Whole numbers in proportion to weights that sum to `total` (largest remainders)."""
    exact = total * weights / weights.sum()
    floor = np.floor(exact).astype(np.int64)
    floor[np.argsort(floor - exact, kind="stable")[: total - floor.sum()]] += 1
    return floor


def _life_spans(rng: np.random.Generator, firms: int) -> Bools:
    """(firms, years): one unbroken life each, of at least three years."""
    late_years = rng.integers(FIRST_YEAR + 1, LAST_YEAR - 1, firms)
    entry = np.where(rng.random(firms) < FULL_LIFE, FIRST_YEAR, late_years)
    last_years = np.minimum(entry + 2 + rng.geometric(EXIT, firms), LAST_YEAR)
    years = np.array(YEARS)
    return (years >= entry[:, None]) & (years <= last_years[:, None])


def _future_srdi_firms(
    rng: np.random.Generator, industry: Ints, firm_sizes: Floats, is_operating: Bools, recognised_count: int
) -> Bools:
    """Of each industry, 4% of the firms: drawn among those there in all years whose size is near the industry's mean."""
    distance = np.abs(firm_sizes - SIZE_SD**2 / 2) + np.where(is_operating.all(axis=1), 0.0, 10.0)
    ever_recognised = np.zeros(len(industry), dtype=bool)
    counts = np.bincount(industry, minlength=len(SECTORS))
    for i, quota in enumerate(apportioned_counts(recognised_count, counts.astype(float))):
        members = np.flatnonzero(industry == i)
        typical_members = members[np.argsort(distance[members], kind="stable")[: 3 * quota]]
        ever_recognised[rng.choice(typical_members, size=quota, replace=False)] = True
    return ever_recognised


def names(rng: np.random.Generator, industry: Ints, province: Ints, *, skip: int = 0) -> Texts:
    """Firm names of which no two are alike; `skip` leaves out the brands that the first so many firms use."""
    brands = _brands(skip + len(industry))[skip:]
    forms = rng.choice(["有限公司", "股份有限公司", "(集团)有限公司"], size=len(industry), p=[0.8, 0.15, 0.05])
    name_parts = zip(province, brands[rng.permutation(len(brands))], industry, forms)
    return np.array(
        [PROVINCES[p][1] + brand + SECTORS[i].word + legal_form for p, brand, i, legal_form in name_parts], dtype=object
    )


def _brands(count: int) -> Texts:
    """The first `count` brand words: two characters, then three when those run out."""
    marks = list(dict.fromkeys(BRAND))
    pairs = [first_mark + second_mark for first_mark in marks for second_mark in marks if first_mark != second_mark]
    longer = (first_mark + character_pair for first_mark in marks for character_pair in pairs)
    return np.array([*pairs, *(next(longer) for _ in range(count - len(pairs)))][:count], dtype=object)


def credit_codes(rng: np.random.Generator, regions: list[str], *, is_in_panel: bool = True) -> Texts:
    """Unified social credit codes with valid check digits (GB 32100-2015, organisation part GB 11714-1997), all different.

    Codes of firms that are not in the panel (`is_in_panel=False`) come from a range of their own.
    """
    bodies = (
        rng.choice(9 * 10**7, size=len(regions), replace=False)
        if is_in_panel
        else 9 * 10**7 + rng.choice(10**7, len(regions), False)
    )
    return np.array([_credit_code(region, f"{code_body:08d}") for region, code_body in zip(regions, bodies)], dtype=object)


def _credit_code(region: str, code_body: str) -> str:
    check_number = 11 - sum(int(digit) * weight for digit, weight in zip(code_body, (3, 7, 9, 10, 5, 8, 4, 2))) % 11
    code = "91" + region + code_body + "0123456789X0"[check_number]
    total = sum(CREDIT_CHARACTERS.index(character) * pow(3, digit_position, 31) for digit_position, character in enumerate(code))
    return code + CREDIT_CHARACTERS[(31 - total % 31) % 31]


def industry_codes(industry: Ints) -> Texts:
    """The code of each industry by its position."""
    return np.array(CODES, dtype=object)[industry]
