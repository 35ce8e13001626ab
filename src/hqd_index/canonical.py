"""The tables every study is read into: names, types, units, labels of columns (before a study adds its own)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

Dtype = Literal["number", "integer", "text", "flag", "date"]
Rows = Literal["one", "many"]

MANUFACTURING = tuple(f"C{n}" for n in range(13, 44))
STATEMENTS = ("consolidated", "parent")
OWNERSHIP = ("soe", "private", "foreign", "other")
SRDI_LEVELS = ("none", "innovative", "provincial", "national", "key_national", "single_champion")
SRDI_RECORDS = ("publicised", "recognised", "passed_review", "failed_review", "revoked", "renamed")
VERSIONS = ("2002", "2011", "2017")
SCOPES = ("all", "above_scale", "large_medium")
# a table in competitive form has origin `total` throughout and its column of imports as use `import`
IO_USES, IO_ORIGINS = ("intermediate", "final_cons", "gfcf", "export", "inventory", "import"), ("domestic", "imported", "total")


@dataclass(frozen=True)
class Column:
    """One canonical column; `share` marks percentages in [0, 100], `code` the list its values belong to."""

    dtype: Dtype
    unit: str
    zh: str
    en: str
    share: bool = False
    required: bool = False
    categories: tuple[str, ...] = ()
    code: Literal["", "industry", "province", "firm", "uscc", "hs6", "area"] = ""


@dataclass(frozen=True)
class CanonicalTable:
    """A key, columns in order, and whether a unit-year has one row (sums have no order) or many (sums are exact)."""

    key: tuple[str, ...]
    columns: dict[str, Column] = field(default_factory=dict)
    rows_per_unit: Rows = "many"


def number(unit: str, zh: str, en: str, *, required: bool = False) -> Column:
    """A column of numbers in `unit`."""
    return Column("number", unit, zh, en, required=required)


def share(zh: str, en: str) -> Column:
    """A column of percentages between 0 and 100."""
    return Column("number", "%", zh, en, share=True)


def count(unit: str, zh: str, en: str, *, required: bool = False) -> Column:
    """A column of whole numbers in `unit`."""
    return Column("integer", unit, zh, en, required=required)


def text(zh: str, en: str, *, required: bool = False) -> Column:
    """A column of text."""
    return Column("text", "", zh, en, required=required)


def category(zh: str, en: str, categories: tuple[str, ...]) -> Column:
    """A column of one of `categories`."""
    return Column("text", "", zh, en, categories=categories)


def flag(zh: str, en: str) -> Column:
    """A column of true or false."""
    return Column("flag", "", zh, en)


def date(zh: str, en: str) -> Column:
    """A column of dates."""
    return Column("date", "", zh, en)


YEAR = Column("integer", "", "年份", "year", required=True)
INDUSTRY = Column("text", "", "行业代码", "industry code", required=True, code="industry")
VERSION = Column("text", "", "行业代码版本", "industry code edition", categories=VERSIONS)
PROVINCE = Column("text", "", "省份代码", "province code", code="province")
CITY = Column("text", "", "城市代码", "city code", code="area")
USCC = Column("text", "", "统一社会信用代码", "unified social credit code", code="uscc")

FIRMS = CanonicalTable(
    key=("firm_id", "year"),
    columns={
        "firm_id": Column("text", "", "企业代码", "firm id", required=True, code="firm"),
        "firm_name": text("企业名称", "firm name"),
        "uscc": USCC,
        "year": YEAR,
        "statement_date": date("报表日期", "statement date"),
        "disclose_date": date("披露日期", "disclosure date"),
        "statement_type": category("报表类型", "statement type", STATEMENTS),
        "industry_code": replace(INDUSTRY, required=False),
        "industry_version": VERSION,
        "province_code": PROVINCE,
        "city_code": CITY,
        "address_type": category("地址口径", "address kind", ("registered", "operating")),
        "ownership": category("所有制", "ownership", OWNERSHIP),
        "listed_year": count("", "上市年份", "year listed"),
        "found_year": count("", "成立年份", "year founded"),
        "revenue": number("元", "营业收入", "revenue"),
        "cogs": number("元", "营业成本", "cost of goods sold"),
        "selling_exp": number("元", "销售费用", "selling expense"),
        "admin_exp": number("元", "管理费用", "administrative expense"),
        "fin_exp": number("元", "财务费用", "financial expense"),
        "rd_exp_pl": number("元", "研发费用", "R&D expense in the income statement"),
        "net_profit": number("元", "净利润", "net profit"),
        "total_assets": number("元", "资产总计", "total assets"),
        "total_liab": number("元", "负债合计", "total liabilities"),
        "equity": number("元", "所有者权益", "owners' equity"),
        "inventory": number("元", "存货", "inventory"),
        "receivables": number("元", "应收账款", "receivables"),
        "fixed_assets": number("元", "固定资产", "fixed assets"),
        "intangibles": number("元", "无形资产", "intangible assets"),
        "op_cashflow": number("元", "经营活动现金流量净额", "operating cash flow"),
        "inv_cashflow": number("元", "投资活动现金流量净额", "investing cash flow"),
        "fin_cashflow": number("元", "筹资活动现金流量净额", "financing cash flow"),
        "employees": count("人", "员工人数", "employees"),
        "rd_staff": count("人", "研发人员", "R&D staff"),
        "rd_exp": number("元", "研发投入", "R&D spending"),
        "rd_capitalised": number("元", "资本化研发投入", "capitalised R&D"),
        "inv_patents_apply": count("件", "发明专利申请数", "invention patent applications"),
        "inv_patents_grant": count("件", "发明专利授权数", "invention patents granted"),
        "inv_patents_valid": count("件", "有效发明专利数", "invention patents in force"),
        "utility_patents": count("件", "实用新型专利数", "utility models"),
        "patents_total": count("件", "专利总数", "patents"),
        "coapplied_patents": count("件", "联合申请专利数", "jointly applied patents"),
        "trademarks_valid": count("件", "有效商标数", "trademarks in force"),
        "certified_intl": flag("国际认证", "internationally certified"),
        "overseas_rev": number("元", "境外收入", "overseas revenue"),
        "main_product_rev_share": share("主导产品收入占比", "main product share of revenue"),
        "market_share": share("细分市场占有率", "share of the niche market"),
        "niche_years": count("年", "深耕年限", "years in the niche"),
        "top5_supplier_share": share("前五大供应商占比", "share of the top five suppliers"),
        "top5_customer_share": share("前五大客户占比", "share of the top five customers"),
        "largecust_direct": flag("直接配套大企业", "supplies a large firm directly"),
        "energy_use": number("吨标煤", "企业能源消费量", "energy used by the firm"),
        "subclass_code": text("小类代码", "code of the subclass"),
        "chokepoint_product": flag("产品在卡脖子清单上", "product on the chokepoint list"),
        "weak_link_subclass": flag("所属小类为短板", "subclass is a weak link"),
        "import_substitution": flag("填补空白或国产替代", "substitutes imports"),
        "digital_invest": number("元", "数字化投入", "digital investment"),
        "digital_words": count("次", "数字化词频", "digital word count"),
        "gov_subsidy": number("元", "政府补助", "government subsidy"),
        "srdi_level": category("专精特新层级", "SRDI level", SRDI_LEVELS),
        "srdi_batch": count("", "专精特新批次", "SRDI batch"),
        "srdi_first_year": count("", "首次认定年", "year first recognised"),
        "srdi_ever": flag("曾认定专精特新", "ever recognised as SRDI"),
        "srdi_valid": flag("专精特新有效期内", "SRDI status in force"),
    },
)

YI, QIAN = "亿元", "千美元"
INDUSTRY_PANEL = CanonicalTable(
    key=("industry_code", "year"),
    columns={
        "industry_code": INDUSTRY,
        "year": YEAR,
        "province_code": PROVINCE,
        "industry_version": VERSION,
        "scope": category("统计口径", "statistical scope", SCOPES),
        "n_firms": number("家", "企业单位数", "number of firms"),
        "n_firms_matched": number("家", "匹配企业数", "matched firms"),
        "n_firms_certified": number("家", "通过国际认证企业数", "certified firms"),
        "n_subclass_active": number("个", "活跃小类数", "active subclasses"),
        "n_subclass_total": number("个", "小类总数", "subclasses"),
        "employees_avg": number("万人", "平均用工人数", "average employment"),
        "revenue": number(YI, "营业收入", "revenue"),
        "cogs": number(YI, "营业成本", "cost of goods sold"),
        "total_profit": number(YI, "利润总额", "total profit"),
        "total_assets": number(YI, "资产总计", "total assets"),
        "total_liab": number(YI, "负债合计", "total liabilities"),
        "inventory": number(YI, "存货", "inventory"),
        "finished_goods": number(YI, "产成品", "finished goods"),
        "receivables": number(YI, "应收账款", "receivables"),
        "fixed_assets_net": number(YI, "固定资产净额", "net fixed assets"),
        "paid_in_capital": number(YI, "实收资本", "paid-in capital"),
        "state_capital": number(YI, "国家资本", "state capital"),
        "foreign_capital": number(YI, "外商资本", "foreign capital"),
        "export_delivery_value": number(YI, "出口交货值", "export delivery value"),
        "wage_bill": number(YI, "应付职工薪酬", "wage bill"),
        "va": number(YI, "增加值", "value added"),
        "gross_output": number(YI, "总产值", "gross output"),
        "rd_exp": number(YI, "研发经费", "R&D spending"),
        "newprod_rev": number(YI, "新产品销售收入", "new product sales"),
        "rd_fte": number("人年", "研发人员全时当量", "R&D staff, full-time equivalents"),
        "inv_patents_valid": number("件", "有效发明专利数", "invention patents in force"),
        "patents_total": number("件", "专利总数", "patents"),
        "coapplied_patents": number("件", "联合申请专利数", "jointly applied patents"),
        "trademarks_valid": number("件", "有效商标数", "trademarks in force"),
        "standards_drafted": number("项", "主持标准数", "standards drafted"),
        "energy_use": number("万吨标煤", "能源消费量", "energy use"),
        "co2": number("Mt", "二氧化碳排放", "CO2 emissions"),
        "ppi": number("上年=100", "工业生产者出厂价格指数", "producer price index, previous year = 100"),
        "ppi_chain": number("基年=100", "工业生产者出厂价格定基指数", "producer price index, base year = 100"),
        "capacity_util": share("产能利用率", "capacity utilisation"),
        "exports_usd": number(QIAN, "出口额", "exports"),
        "imports_usd": number(QIAN, "进口额", "imports"),
        "proc_exports_usd": number(QIAN, "加工贸易出口额", "processing exports"),
        "dva_exports": number("百万美元", "出口国内增加值", "domestic value added in exports"),
        "gross_exports": number("百万美元", "出口总额", "gross exports"),
        "tfp": number("指数", "全要素生产率", "total factor productivity"),
        "digital_coef": number("系数", "数字化系数", "digital coefficient"),
        "n_srdi_national": number("家", "国家级专精特新企业数", "national SRDI firms"),
        "n_srdi_provincial": number("家", "省级专精特新企业数", "provincial SRDI firms"),
        "srdi_revenue": number(YI, "专精特新企业营业收入", "revenue of SRDI firms"),
        "srdi_employees": number("万人", "专精特新企业用工人数", "employment of SRDI firms"),
    },
    rows_per_unit="one",
)

IO = CanonicalTable(
    key=("year", "from_code", "to_code", "use", "origin"),
    columns={
        "year": YEAR,
        "from_code": text("产出部门", "producing sector", required=True),
        "from_zh": text("产出部门名称", "name of the producing sector in Chinese"),
        "from_en": text("产出部门英文名称", "name of the producing sector in English"),
        "to_code": text("使用部门", "using sector", required=True),
        "use": category("用途", "use", IO_USES),
        "origin": category("来源", "origin", IO_ORIGINS),
        "value": number("万元", "金额", "value", required=True),
    },
)

_TRADE_COLUMNS = (
    "industry_code", "year", "industry_version", "exports_usd", "imports_usd", "proc_exports_usd", "dva_exports", "gross_exports",
)  # fmt: skip
TRADE = CanonicalTable(
    key=("industry_code", "year"),
    columns={name: INDUSTRY_PANEL.columns[name] for name in _TRADE_COLUMNS},
    rows_per_unit="one",
)

TRADE_HS6 = CanonicalTable(
    key=("year", "exporter", "importer", "hs6"),
    columns={
        "year": replace(YEAR, zh="年份 t", en="year t"),
        "exporter": text("出口国 i", "exporter i", required=True),
        "importer": text("进口国 j", "importer j", required=True),
        "hs6": Column("text", "", "HS 六位码 k", "HS six-digit code k", required=True, code="hs6"),
        "value": number(QIAN, "金额 v", "value v", required=True),
        "quantity": number("吨", "数量 q", "quantity q"),
        "hs_rev": text("HS 版本", "HS revision", required=True),
    },
)

LINKS = CanonicalTable(
    key=("supplier_id", "customer_id", "year"),
    columns={
        "supplier_id": Column("text", "", "供应商代码", "supplier id", required=True, code="firm"),
        "customer_id": Column("text", "", "客户代码", "customer id", required=True, code="firm"),
        "year": YEAR,
        "focal": category("披露方", "disclosing side", ("supplier", "customer")),
        "amount": number("元", "交易额", "amount"),
        "share": share("占比", "share"),
        "rank": count("", "名次", "rank"),
        "anonymous": flag("匿名", "anonymous"),
    },
)

PATENTS = CanonicalTable(
    key=("patent_id",),
    columns={
        "patent_id": text("专利号", "patent number", required=True),
        "firm_id": replace(FIRMS.columns["firm_id"], required=False),
        "year": replace(YEAR, zh="申请年", en="application year"),
        "kind": category("专利类型", "kind", ("invention", "utility", "design")),
        "ipc": text("IPC 主分类号", "main IPC class"),
        "granted_year": count("", "授权年", "year granted"),
        "valid": flag("有效", "in force"),
        "coapplied": flag("联合申请", "jointly applied"),
        "citations": count("次", "被引次数", "citations received"),
    },
)

SRDI_LIST = CanonicalTable(
    key=(),
    columns={
        "name": text("企业名称", "firm name"),
        "uscc": USCC,
        "province_code": PROVINCE,
        "city_code": CITY,
        "level": category("层级", "level", SRDI_LEVELS[1:]),
        "batch": count("", "批次", "batch"),
        "announce_date": date("公告日期", "date announced"),
        "doc_no": text("文号", "document number"),
        "status": category("记录类型", "record", SRDI_RECORDS),
        "valid_from": date("有效期起", "valid from"),
        "valid_to": date("有效期止", "valid to"),
    },
)

SUBSIDIARIES = CanonicalTable(
    key=(),
    columns={
        "firm_id": Column("text", "", "母公司代码", "id of the parent", required=True, code="firm"),
        "name": text("子公司名称", "name of the subsidiary"),
        "uscc": replace(USCC, zh="子公司统一社会信用代码", en="credit code of the subsidiary"),
        "from_year": count("", "自哪年起为子公司", "first year as a subsidiary"),
        "to_year": count("", "至哪年止", "last year as a subsidiary"),
    },
)  # fmt: skip

CROSSWALKS = CanonicalTable(
    ("from_system", "from_code", "to_system", "to_code"),
    {
        "from_system": text("来源体系", "from system", required=True), "from_code": text("来源代码", "from code", required=True),
        "to_system": text("目标体系", "to system", required=True), "to_code": text("目标代码", "to code", required=True),
        "weight": number("", "权重", "weight", required=True), "source": text("出处", "source"),
    },
)  # fmt: skip

DEFLATORS = CanonicalTable(
    ("code", "year", "series"),
    {
        "code": text("行业或地区代码", "industry or region code", required=True), "year": YEAR,
        "series": replace(category("序列", "series", ("ppi", "fixed_asset", "cpi")), required=True),
        "value": number("上年=100", "指数", "index", required=True),
    },
)  # fmt: skip

COUNTRIES = CanonicalTable(
    ("country", "year"),
    {"country": text("国家代码", "country code", required=True), "year": YEAR,
     "gdp_per_capita": number("美元", "人均国内生产总值", "GDP per capita")},
)  # fmt: skip

STAGES = ("upstream", "midstream", "downstream")

CHAIN_NODES = CanonicalTable(
    ("node",),
    {
        "node": text("节点代码", "code of the node", required=True),
        "name_zh": text("节点名称(中文)", "name in Chinese"), "name_en": text("节点名称(英文)", "name in English"),
        "stage": category("链上环节", "stage of the chain", STAGES),
    },
)  # fmt: skip

CHAIN_LINKS = CanonicalTable(
    ("from_node", "to_node"),
    {
        "from_node": text("供应节点", "supplying node", required=True), "to_node": text("使用节点", "using node", required=True),
        "share": share("占使用节点投入的份额", "share of the using node's inputs"),
        "source": text("依据", "source", required=True), "as_of": replace(date("依据日期", "date of the source"), required=True),
    },
)  # fmt: skip

LINKAGES = CanonicalTable(
    key=("industry_code", "year"),
    columns={
        "industry_code": INDUSTRY,
        "year": YEAR,
        "io_year": count("", "所用投入产出表年份", "year of the input-output table used"),
        "io_sector": text("所属投入产出部门", "input-output sectors it lies in"),
        "imported_input_share": share("中间品进口依赖", "imported share of intermediate inputs"),
        "dva_export_share": share("出口国内增加值率", "domestic value added in exports"),
        "self_sufficiency": number("0-1", "自给率", "self-sufficiency"),
        "upstreamness": number("", "上游度", "upstreamness"),
        "digital_input": number("系数", "数字部门完全消耗系数", "complete consumption of digital sectors"),
        "output_multiplier": number("", "里昂惕夫产出乘数", "Leontief output multiplier"),
        "forward_multiplier": number("", "高斯前向乘数", "Ghosh forward multiplier"),
        "backward_linkage": number("平均=1", "后向关联(影响力系数)", "backward linkage (power of dispersion)"),
        "forward_linkage": number("平均=1", "前向关联(高斯)", "forward linkage (Ghosh)"),
        "betweenness": number("0-1", "投入产出网络中介中心性", "betweenness in the input-output network"),
        "pagerank": number("0-1", "投入产出网络 PageRank", "PageRank in the input-output network"),
        "exports_usd": number(QIAN, "出口额(HS6 汇总)", "exports, from HS6 flows"),
        "imports_usd": number(QIAN, "进口额(HS6 汇总)", "imports, from HS6 flows"),
        "nrca": number("1e-4", "标准化显性比较优势", "normalised revealed comparative advantage"),
        "balassa": number("", "显性比较优势(Balassa)", "revealed comparative advantage (Balassa)"),
        "trade_competitiveness": number("-1..1", "贸易竞争力指数", "trade competitiveness"),
        "export_sophistication": number("ln 美元", "出口技术复杂度", "export sophistication"),
        "unit_value_premium": number("对数点", "出口单位价值溢价", "export unit-value premium"),
        "import_source_hhi": number("0-1", "进口来源集中度", "import-source concentration"),
        "chokepoint_share": share("卡脖子产品进口占比", "chokepoint share of imports"),
    },
    rows_per_unit="one",
)

CANONICAL: dict[str, CanonicalTable] = {
    "firms": FIRMS,
    "industry": INDUSTRY_PANEL,
    "io": IO,
    "trade": TRADE,
    "trade_hs6": TRADE_HS6,
    "links": LINKS,
    "patents": PATENTS,
    "srdi_list": SRDI_LIST,
    "subsidiaries": SUBSIDIARIES,
    "crosswalks": CROSSWALKS,
    "deflators": DEFLATORS,
    "countries": COUNTRIES,
    "chain_nodes": CHAIN_NODES,
    "chain_links": CHAIN_LINKS,
    "linkages": LINKAGES,
}
