"""Names of economies by ISO 3166 alpha-3 code, so that lists need not print the code; the main traders of the world."""

from __future__ import annotations

COUNTRY_NAMES: dict[str, tuple[str, str]] = {
    "ARE": ("阿联酋", "United Arab Emirates"), "ARG": ("阿根廷", "Argentina"), "AUS": ("澳大利亚", "Australia"),
    "AUT": ("奥地利", "Austria"), "BEL": ("比利时", "Belgium"), "BGD": ("孟加拉国", "Bangladesh"), "BRA": ("巴西", "Brazil"),
    "CAN": ("加拿大", "Canada"), "CHE": ("瑞士", "Switzerland"), "CHL": ("智利", "Chile"), "CHN": ("中国", "China"),
    "CZE": ("捷克", "Czechia"), "DEU": ("德国", "Germany"), "DNK": ("丹麦", "Denmark"), "EGY": ("埃及", "Egypt"),
    "ESP": ("西班牙", "Spain"), "FIN": ("芬兰", "Finland"), "FRA": ("法国", "France"), "GBR": ("英国", "United Kingdom"),
    "HKG": ("中国香港", "Hong Kong, China"), "HUN": ("匈牙利", "Hungary"), "IDN": ("印度尼西亚", "Indonesia"),
    "IND": ("印度", "India"), "IRL": ("爱尔兰", "Ireland"), "IRN": ("伊朗", "Iran"), "ISR": ("以色列", "Israel"),
    "ITA": ("意大利", "Italy"), "JPN": ("日本", "Japan"), "KAZ": ("哈萨克斯坦", "Kazakhstan"),
    "KOR": ("韩国", "Republic of Korea"),
    "MAC": ("中国澳门", "Macao, China"), "MEX": ("墨西哥", "Mexico"), "MYS": ("马来西亚", "Malaysia"),
    "NLD": ("荷兰", "Netherlands"), "NOR": ("挪威", "Norway"), "NZL": ("新西兰", "New Zealand"), "PAK": ("巴基斯坦", "Pakistan"),
    "PER": ("秘鲁", "Peru"), "PHL": ("菲律宾", "Philippines"), "POL": ("波兰", "Poland"), "PRT": ("葡萄牙", "Portugal"),
    "ROU": ("罗马尼亚", "Romania"), "RUS": ("俄罗斯", "Russia"), "SAU": ("沙特阿拉伯", "Saudi Arabia"),
    "SGP": ("新加坡", "Singapore"), "SVK": ("斯洛伐克", "Slovakia"), "SWE": ("瑞典", "Sweden"), "THA": ("泰国", "Thailand"),
    "TUR": ("土耳其", "Türkiye"), "TWN": ("中国台湾", "Taiwan, China"), "UKR": ("乌克兰", "Ukraine"),
    "USA": ("美国", "United States"), "VNM": ("越南", "Viet Nam"), "ZAF": ("南非", "South Africa"),
}  # fmt: skip


def country_name(code: str) -> tuple[str, str]:
    """Chinese and English name; the code itself where it is not in the list."""
    return COUNTRY_NAMES.get(code, (code, code))
