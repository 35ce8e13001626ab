"""A small sound study as text, to be broken in one place at a time."""

FILES = {
    "study.yaml": """\
version: 1
name: small
label: {zh: 小研究, en: Small study}
years: [2012, 2024]
""",
    "sources.yaml": """\
version: 1
sources:
  firms:
    path: firms_*.csv
    table: firms
    aliases: {证券代码: firm_id, 年份: year, 营业收入: revenue}
    units: {revenue: 万元}
    values: {certified_intl: {是: "true", 否: "false"}}
    out_of_scope:
      - {when: employees < 8, reason: {zh: 人数过少, en: too few people}}
  industry:
    path: industry.xlsx
    table: industry
srdi_list: {assume_review: none}
""",
    "columns.yaml": """\
version: 1
tables:
  firms:
    inventory_avg: {formula: (inventory + lag(inventory)) / 2, unit: 元, label: {zh: 平均存货, en: average inventory}}
  industry:
    price: {function: chain, options: {of: ppi, base: 2012}, label: {zh: 价格, en: price}}
    real_revenue: {formula: revenue / (price / 100), unit: 亿元, label: {zh: 实际收入, en: real revenue}}
""",
    "indicators.yaml": """\
version: 1
levels: [indicators, dimensions]
tree:
  hqd:
    quality: [inn1, inn2]
    safety: [smo1, upg3]
nodes:
  hqd: {zh: 高质量, en: HQD}
  quality: {zh: 质量, en: Quality}
  safety: {zh: 安全, en: Safety}
indicators:
  inn1: {table: firms, formula: 100 * sum(rd_exp) / sum(revenue), label: {zh: 研发强度, en: R&D intensity}}
  inn2: {table: firms, formula: 100 * sum(rd_staff) / sum(employees), label: {zh: 研发人员, en: R&D staff}}
  smo1: {table: firms, formula: sum(cogs) / sum(inventory_avg), label: {zh: 存货周转, en: Turnover}}
  upg3: {table: industry, formula: sum(energy_use) / sum(real_revenue), direction: -1, label: {zh: 能耗, en: Energy}}
""",
    "weighting.yaml": """\
version: 1
normalise: {method: minmax, over: all_years}
weight:
  indicators: {method: entropy}
  dimensions: {method: given, shares: {quality: 0.5, safety: 0.5}}
aggregate:
  indicators: {method: arithmetic}
  dimensions: {method: arithmetic}
branches:
  quality: {weight: {method: given, shares: {inn1: 0.25, inn2: 0.75}}}
indicators:
  inn1: {treat: {method: log}}
""",
    "regressions.yaml": """\
version: 1
density: {lag: 1}
controls:
  leverage: {table: industry, formula: sum(total_liab) / sum(total_assets), label: {zh: 负债率, en: Leverage}}
specifications:
  - {id: twfe, label: {zh: 双向, en: Two-way}, controls: [leverage], headline: true}
hypotheses: {sesoi: 0.1, alpha: 0.05}
""",
    "rules.yaml": """\
version: 1
ranges: {firms: {revenue: [0, 5.0e+12]}}
rules:
  - {id: E02, table: firms, check: rd_staff <= employees, text: {zh: 研发人员不多于员工, en: staff}, mend: {zh: 查, en: look}}
""",
    "uncertainty.yaml": """\
version: 1
alternatives:
  weighting.normalise: [{method: zscore}]
""",
    "scenarios/equal.yaml": """\
label: {zh: 等权, en: Equal weights}
changes:
  weighting.weight.indicators: {method: equal}
""",
}
