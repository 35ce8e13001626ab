"""The words of units: magnitudes, currencies, and what counts, ratios and physical quantities are measured in."""

from __future__ import annotations

MAGNITUDES_ZH = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8}
MAGNITUDES_EN = {
    "hundred": 2, "hundreds": 2, "thousand": 3, "thousands": 3, "thsd": 3, "thous": 3, "'000": 3, "000": 3, "000s": 3,
    "'000s": 3, "million": 6, "millions": 6, "mn": 6, "mln": 6, "mio": 6, "mil": 6, "mm": 6, "billion": 9, "billions": 9,
    "bn": 9, "bln": 9, "trillion": 12, "trillions": 12, "tn": 12, "trn": 12, "10k": 4, "wan": 4, "yi": 8,
}  # fmt: skip

CURRENCIES = {
    "yuan": ("元", "圆", "人民币", "人民币元", "元人民币", "人民币圆", "yuan", "rmb", "cny", "renminbi", "chinese yuan",
    "yuan rmb",
             "rmb yuan", "cn¥", "¥", "￥", "yuan renminbi"),
    "usd": ("美元", "美金", "usd", "us$", "$", "us dollar", "us dollars", "u.s. dollar", "u.s. dollars", "dollar", "dollars",
            "$us", "us $"),
    "eur": ("欧元", "eur", "euro", "euros", "€"),
    "jpy": ("日元", "日圆", "jpy", "yen", "japanese yen", "円"),
    "hkd": ("港元", "港币", "hkd", "hk$", "hong kong dollar", "hong kong dollars"),
    "gbp": ("英镑", "gbp", "pound sterling", "pounds sterling", "£"),
    "twd": ("新台币", "新台币元", "台币", "twd", "nt$", "ntd"),
    "krw": ("韩元", "krw", "korean won", "won", "₩"),
    "international dollar": ("国际元", "int$", "international dollar", "international dollars", "international $", "intl$",
                             "ppp$", "ppp $"),
    "sgd": ("新加坡元", "新元", "sgd", "s$"), "aud": ("澳元", "aud", "a$"), "cad": ("加元", "cad", "c$"),
    "chf": ("瑞士法郎", "chf"), "rub": ("卢布", "rub"), "inr": ("卢比", "印度卢比", "inr", "rupees"), "mop": ("澳门元", "mop"),
    "sdr": ("特别提款权", "sdr"),
}  # fmt: skip
# base: (what it measures, power of ten of one unit of it)
PEOPLE_UNITS = {
    **dict.fromkeys(("人", "名", "口", "位", "person", "persons", "people", "employees", "workers", "staff", "heads", "headcount",
                     "capita", "inhabitants", "residents"), ("person", 0)),
    **dict.fromkeys(("人年", "人·年", "人.年", "man-year", "man-years", "person-year", "person-years", "man-year", "fte",
    "ftes",
                     "full-time equivalent", "full-time equivalents", "man year", "man years", "person year", "person years"),
                    ("person-year", 0)),
    **dict.fromkeys(("人次", "visits", "person-times", "person-time"), ("visit", 0)),
    **dict.fromkeys(("工时", "人时", "man-hours"), ("man-hour", 0)),
    **dict.fromkeys(("人日", "人天", "man-days"), ("man-day", 0)),
}  # fmt: skip
COUNTS = {
    **dict.fromkeys(("家", "户", "个", "件", "项", "次", "台", "套", "辆", "艘", "座", "所", "条", "篇", "张", "份", "种",
    "册", "只", "本",
                     "株", "架", "起", "例", "部", "处", "类", "枚", "宗", "笔", "台套", "台(套)", "个(套)", "unit", "units",
                     "piece",
                     "pieces", "pcs", "pc", "item", "items", "no.", "nos.", "#", "number", "count", "counts", "firms", "firm",
                     "enterprises", "enterprise", "companies", "establishments", "patents", "patent", "cases", "times", "sets",
                     "vehicles", "papers", "articles", "households", "projects"), ("count", 0)),
}  # fmt: skip
RATIOS = {
    **dict.fromkeys(("%", "百分数", "百分比", "百分率", "percent", "per cent", "pct", "百分点", "个百分点", "percentage points",
                     "percentage point", "percentage", "pp", "p.p.", "percent of total"), ("ratio", -2)),
    **dict.fromkeys(("‰", "千分比", "千分数", "千分率", "per mille", "permille"), ("ratio", -3)),
    **dict.fromkeys(("‱", "基点", "bp", "bps", "basis points"), ("ratio", -4)),
    **dict.fromkeys(("1", "比例", "比率", "小数", "倍", "ratio", "fraction", "proportion", "0-1", "0~1", "[0,1]", "系数",
    "coefficient",
                     "times of"), ("ratio", 0)),
}  # fmt: skip
PHYSICAL_UNITS = {
    **dict.fromkeys(("吨", "公吨", "t", "ton", "tons", "tonne", "tonnes", "metric ton", "metric tons", "吨co2", "吨二氧化碳",
                     "吨二氧化碳当量", "吨co2当量", "tco2", "tco2e", "t co2", "吨碳"), ("tonne", 0)),
    **dict.fromkeys(("公斤", "kg", "kilogram", "kilograms"), ("tonne", -3)),
    **dict.fromkeys(("克", "g", "gram", "grams"), ("tonne", -6)), **dict.fromkeys(("毫克", "mg"), ("tonne", -9)),
    **dict.fromkeys(("微克", "μg", "ug"), ("tonne", -12)),
    **dict.fromkeys(("kt", "ktco2", "kt co2", "kiloton", "kilotons", "ktco2e"), ("tonne", 3)),
    **dict.fromkeys(("mt", "mtco2", "mt co2", "mtco2e", "megaton", "megatons"), ("tonne", 6)),
    **dict.fromkeys(("gt", "gtco2"), ("tonne", 9)),
    **dict.fromkeys(("吨标煤", "吨标准煤", "吨ce", "tce", "吨标煤当量", "吨标准煤当量", "吨煤当量",
                     "tons standard coal", "tonnes standard coal", "ton standard coal", "tonnes standard coal equivalent",
                     "tons standard coal equivalent", "ton sce", "tons sce", "tonnes sce",
                     "tons coal equivalent", "tonnes coal equivalent"), ("tce", 0)),
    **dict.fromkeys(("千克标煤", "千克标准煤", "公斤标准煤", "公斤标煤", "kgce"), ("tce", -3)),
    **dict.fromkeys(("克标煤", "克标准煤", "gce"), ("tce", -6)),
    **dict.fromkeys(("ktce",), ("tce", 3)), **dict.fromkeys(("mtce",), ("tce", 6)),
    **dict.fromkeys(("吨油当量", "吨标准油", "toe"), ("toe", 0)), "mtoe": ("toe", 6), "ktoe": ("toe", 3),
    **dict.fromkeys(("瓦时", "瓦小时", "wh"), ("watt-hour", 0)),
    **dict.fromkeys(("千瓦时", "千瓦小时", "度", "kwh", "kw.h", "kw·h", "kw h"), ("watt-hour", 3)),
    **dict.fromkeys(("mwh", "兆瓦时"), ("watt-hour", 6)), "gwh": ("watt-hour", 9), "twh": ("watt-hour", 12),
    **dict.fromkeys(("瓦", "w"), ("watt", 0)), **dict.fromkeys(("千瓦", "kw"), ("watt", 3)),
    **dict.fromkeys(("兆瓦", "mw"), ("watt", 6)), **dict.fromkeys(("吉瓦", "gw"), ("watt", 9)),
    **dict.fromkeys(("焦耳", "焦", "j"), ("joule", 0)), "mj": ("joule", 6), "gj": ("joule", 9), "tj": ("joule", 12),
    "pj": ("joule", 15),
    **dict.fromkeys(("平方米", "㎡", "m2", "m²", "m^2", "sq m", "sq.m", "square metre", "square metres", "square meters",
    "平米"),
                    ("square metre", 0)),
    **dict.fromkeys(("公顷", "hectare", "hectares", "ha"), ("square metre", 4)),
    **dict.fromkeys(("平方公里", "平方千米", "km2", "km²", "km^2", "sq km", "sq. km", "square kilometres", "square kilometers"),
                    ("square metre", 6)),
    **dict.fromkeys(("亩", "mu"), ("mu", 0)),
    **dict.fromkeys(("米", "metre", "metres", "meter", "meters"), ("metre", 0)),
    **dict.fromkeys(("公里", "千米", "km", "kilometre", "kilometres", "kilometers"), ("metre", 3)),
    **dict.fromkeys(("厘米", "cm"), ("metre", -2)), **dict.fromkeys(("毫米",), ("metre", -3)),
    **dict.fromkeys(("立方米", "m3", "m³", "m^3", "cu m", "cubic metres", "cubic meters", "方"), ("cubic metre", 0)),
    **dict.fromkeys(("升", "litre", "litres", "liters"), ("cubic metre", -3)),
    **dict.fromkeys(("吨公里", "ton-km", "tonne-km"), ("tonne-kilometre", 0)),
    **dict.fromkeys(("人公里", "passenger-km"), ("passenger-kilometre", 0)),
    **dict.fromkeys(("年", "years", "year", "yrs"), ("year", 0)), **dict.fromkeys(("月", "个月", "months", "month"), ("month",
    0)),
    **dict.fromkeys(("天", "日", "days", "day"), ("day", 0)),
    **dict.fromkeys(("小时", "hours", "hour"), ("hour", 0)), **dict.fromkeys(("分钟", "minutes"), ("minute", 0)),
    **dict.fromkeys(("岁",), ("year of age", 0)), **dict.fromkeys(("分", "points", "score"), ("point", 0)),
    **dict.fromkeys(("床", "张床位", "床位", "beds"), ("bed", 0)), **dict.fromkeys(("mbps", "兆比特/秒"),
    ("megabit per second", 0)),
    **dict.fromkeys(("字", "词"), ("word", 0)), **dict.fromkeys(("标准箱", "teu"), ("teu", 0)), "箱": ("box", 0),
    "头": ("head", 0),
    **dict.fromkeys(("股", "shares"), ("share of stock", 0)), **dict.fromkeys(("摄氏度", "℃", "°c"), ("degree", 0)),
}  # fmt: skip
BASE_UNITS: dict[str, tuple[str, int]] = {
    **{name: (currency, 0) for currency, names in CURRENCIES.items() for name in names},
    **PEOPLE_UNITS, **COUNTS, **RATIOS, **PHYSICAL_UNITS,
}  # fmt: skip


MONEY = frozenset(CURRENCIES)
COUNTED_QUANTITIES = frozenset(quantity for quantity, _ in (*PEOPLE_UNITS.values(), *COUNTS.values()))

# words that also mean something else in a label (a lag t, a year, a class): units only where the column is measured so
WEAK_UNITS = frozenset(
    {"t", "g", "j", "w", "mu", "pc", "pp", "bp", "pound", "won", "total", "shares", "number", "count", "counts", "times",
    "sets", "no.",
     "nos.", "#", "1", "year", "month", "day", "hour", "points", "score", "unit", "units", "item", "items", "staff", "ratio",
     "fraction",
     "proportion", "s$", "a$", "c$", "000", "firm", "firms", "patent", "patents", "companies", "cases", "projects", "heads",
     "workers",
     "people", "person", "articles", "papers", "比例", "比率", "系数", "小数", "0-1", "0~1", "[0,1]", "t.", "ha", "mil", "mm",
     "mt", "gt",
     "人民币"}
    | {name for name in BASE_UNITS if len(name) == 1 and name not in ("元", "圆", "%", "‰", "‱", "$", "€", "£", "¥", "￥", "円",
    "₩")}
)  # fmt: skip
