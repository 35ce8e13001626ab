"""What the columns of the published link tables are called, and their units: (Chinese, English, unit)."""

from ..canonical import LINKAGES

_LINKAGES = {name: (column.zh, column.en, column.unit) for name, column in LINKAGES.columns.items()}

_SECTOR = {
    "sector": ("部门", "sector", ""),
    "sector_zh": ("部门名称(中文)", "name of the sector in Chinese", ""),
    "sector_en": ("部门名称(英文)", "name of the sector in English", ""),
    "year": ("投入产出表年份", "year of the input-output table", ""),
}

LABELS: dict[str, dict[str, tuple[str, str, str]]] = {
    "linkages": _LINKAGES,
    "network": _LINKAGES
    | _SECTOR
    | {
        "gross_output": ("总产出", "gross output", "万元"),
        "key_sector": ("关键部门(前向与后向关联都大于 1)", "key sector (backward and forward linkage above 1)", ""),
    },
    "io_links": {
        "year": ("投入产出表年份(固定)", "year of the input-output table, fixed", ""),
        "from_unit": ("供应方", "supplier", ""),
        "to_unit": ("使用方", "user", ""),
        "upstream": ("占使用方国内中间投入的份额", "share of the user's domestic inputs", "0-1"),
        "downstream": ("占供应方国内中间销售的份额", "share of the supplier's domestic intermediate sales", "0-1"),
        "leontief": ("里昂惕夫逆系数", "element of the Leontief inverse", ""),
        "ghosh": ("高斯逆系数", "element of the Ghosh inverse", ""),
    },
    "chokepoints": {
        "hs6": ("HS 六位码", "HS six-digit code", ""),
        "year": ("年份", "year", ""),
        "industries": ("所属行业", "industries", ""),
        "imports": ("进口额", "imports", "千美元"),
        "exports": ("出口额", "exports", "千美元"),
        "hhi_import": ("进口来源集中度", "concentration of import sources", "0-1"),
        "hhi_world": ("世界出口集中度", "concentration of world exports", "0-1"),
        "top_source": ("最大来源国", "largest source", ""),
        "top_share": ("最大来源国份额", "share of the largest source", "0-1"),
        "import_export_ratio": ("进出口比", "imports over exports", ""),
        "control_risk_share": ("管制风险国家份额", "share of countries of control risk", "0-1"),
        "extra_bloc_share": ("集团外进口份额", "share from outside the bloc", "0-1"),
        "rule_a": ("规则 A:进口来源集中", "rule A: concentrated import sources", ""),
        "rule_b": ("规则 B:世界出口集中", "rule B: concentrated world exports", ""),
        "rule_c": ("规则 C:进口超过出口", "rule C: imports exceed exports", ""),
        "chokepoint_raw": ("当年判定", "verdict of the year", ""),
        "chokepoint": ("规则 D:持续判定(1 为卡脖子产品)", "rule D: lasting verdict (1 is a chokepoint)", ""),
        "rule_e": ("规则 E:依赖管制风险国家", "rule E: dependent on countries of control risk", ""),
        "centrality": ("所属行业的中介中心性", "betweenness of its industry", "0-1"),
        "rule_f": ("规则 F:行业处于网络中心", "rule F: central industry", ""),
    },
}
