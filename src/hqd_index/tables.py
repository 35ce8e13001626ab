"""The contract of every published table: key, columns, what a value may be; pandera checks it where a stage writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from .errors import CheckError

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa


LONGEST_VARIABLE = 32
"""Characters of a variable's name in Stata."""


@dataclass(frozen=True)
class Table:
    """Title in both languages, key columns, and column -> kind; a kind that ends in '?' may be missing."""

    zh: str
    en: str
    key: tuple[str, ...]
    columns: Mapping[str, str]


def _table(zh: str, en: str, key: str, columns: str) -> Table:
    pairs = [column.partition(":")[::2] for column in columns.split()]
    return Table(zh, en, tuple(key.split()), {column_name: value_type or "text" for column_name, value_type in pairs})


def variable(column_name: str) -> str:
    """A column of the exported panel by the name that Stata accepts: ASCII, at most 32 characters."""
    plain_name = re.sub(r"[^A-Za-z0-9_]", "_", column_name)
    return (plain_name if re.match(r"[A-Za-z_]", plain_name) else f"v_{plain_name}")[:LONGEST_VARIABLE]


def empty(table_name: str) -> pd.DataFrame:
    """The table with its header and no rows."""
    return _header(table_name).copy()


@cache
def _header(table_name: str) -> pd.DataFrame:
    import pandas as pd

    return conform(table_name, pd.DataFrame({column: [] for column in TABLES[table_name].columns}))


def of_rows(table_name: str, row_mappings: Iterable[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """The rows as a frame with the contract's columns, not yet conformed; a column no row has is missing throughout."""
    import pandas as pd

    return pd.DataFrame(list(row_mappings), columns=list(TABLES[table_name].columns))


def conform(table_name: str, content: pd.DataFrame) -> pd.DataFrame:
    """The frame in the contract's column order and dtypes, sorted by key, missing optional columns added as missing."""
    import pandas as pd

    table = TABLES[table_name]
    extra = set(content.columns) - set(table.columns)
    if extra:
        raise CheckError(f"table {table_name}: columns not in its contract: {sorted(extra)}")
    columns = {}
    for column, value_type in table.columns.items():
        if column in content.columns:
            column_values = content[column]
        elif value_type.endswith("?"):
            column_values = pd.Series([None] * len(content), index=content.index, dtype=object)
        else:
            raise CheckError(f"table {table_name}: column {column} is missing")
        columns[column] = column_values.astype(DTYPES[value_type.rstrip("?")])
    ordered_frame = pd.DataFrame(columns)
    return ordered_frame.sort_values(list(table.key), kind="stable", na_position="first", ignore_index=True)


def check(table_name: str, content: pd.DataFrame) -> pd.DataFrame:
    """The conformed frame; CheckError (exit 4) names table, column and first bad value, as pandera finds it."""
    conformed = conform(table_name, content)
    if _fulfils_contract(table_name, conformed):
        return conformed
    from .pandera_checks import pa

    try:
        return schema(table_name).validate(conformed, lazy=True)
    except pa.errors.SchemaErrors as fault:
        failed_case = fault.failure_cases.iloc[0]
        failure = f"{failed_case['column']}: {failed_case['check']} failed at row {failed_case['index']} with {failed_case['failure_case']!r}"
        raise CheckError(
            f"table {table_name} breaks its contract ({len(fault.failure_cases)} cases): {failure}",
            zh=f"输出表 {table_name} 不符合约定(共 {len(fault.failure_cases)} 处):{failure}",
        ) from fault


def _fulfils_contract(table_name: str, conformed: pd.DataFrame) -> bool:
    """Whether pandera would find nothing in a conformed frame, in a tenth of its time."""
    table = TABLES[table_name]
    for column, value_type in table.columns.items():
        kind, is_missing = value_type.rstrip("?"), conformed[column].isna()
        if kind == value_type and is_missing.any():
            return False
        if kind in RANGES and not (is_missing | conformed[column].between(*RANGES[kind])).all():
            return False
    return not (table.key and conformed.duplicated(list(table.key)).any())


@cache
def schema(table_name: str) -> pa.DataFrameSchema:
    """The pandera schema of a table: strict columns, unique key, values in range."""
    from .pandera_checks import pa

    table = TABLES[table_name]
    columns = {
        column: pa.Column(
            DTYPES[value_type.rstrip("?")],
            checks=[pa.Check.in_range(*RANGES[value_type.rstrip("?")])] if value_type.rstrip("?") in RANGES else [],
            nullable=value_type.endswith("?"),
        )
        for column, value_type in table.columns.items()
    }
    return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=list(table.key) or None)


DTYPES: dict[str, Any] = {"text": "str", "int": "Int64", "number": "float64", "share": "float64", "flag": "bool", "p": "float64"}
RANGES = {"share": (-1e-9, 1 + 1e-9), "p": (0.0, 1.0)}

TABLES: dict[str, Table] = {
    "ledger": _table("数据台账", "Row ledger", "file sheet stage reason", "file sheet:text? stage rows_in:int used:int quarantined:int out_of_scope:int reason:text?"),
    "repairs": _table("修整的单元格", "Repaired cells", "file sheet column kind", "file sheet:text? column kind cells:int example_before:text? example_after:text?"),
    "quarantine": _table(
        "隔离清单", "Quarantine", "",
        "rule severity file sheet:text? row:int key:text? column:text? value:text? expected_zh expected_en mend_zh mend_en",
    ),
    "srdi_unmatched": _table(
        "未匹配的专精特新企业", "SRDI records without a firm", "",
        "file sheet:text? name:text? uscc:text? level:text? batch:text? reason_zh reason_en",
    ),
    "coverage": _table(
        "样本覆盖率", "Coverage against official totals", "unit year",
        "unit year:int n_firms_matched:int n_firms:number? share_firms:number? revenue_matched:number? revenue:number? share_revenue:number? flag:text?",
    ),
    "sample_flow": _table("样本筛选表", "Sample flow", "step", "step:int table label_zh label_en rows:int firms:int?"),
    "descriptives": _table(
        "描述性统计", "Descriptive statistics", "sample variable",
        "sample variable label_zh label_en unit:text? n:int mean:number? sd:number? min:number? median:number? max:number?",
    ),
    "indicators": _table(
        "指标面板", "Indicators", "sample unit year indicator",
        "sample unit year:int indicator raw:number? treated:number? normalised:number? imputed:flag n_firms:int? coverage:share?",
    ),
    "scores": _table(
        "指数得分", "Scores", "sample unit year node",
        "sample unit unit_zh unit_en year:int node node_zh node_en level score:number? rank:int? ranked_of:int? coverage:share flag:text?",
    ),
    "weights": _table(
        "权重", "Weights", "scenario year node",
        "scenario year:int? node parent level node_zh node_en method cells:int? entropy:number? divergence:number? share_local:share? share_global:share? effective:number? skewness:number? note:text?",
    ),
    "scenarios": _table(
        "情景对比", "Scenarios", "scenario unit year node",
        "scenario scenario_zh scenario_en unit year:int node score:number? rank:int? base_rank:int? shift:int?",
    ),
    "scenario_agreement": _table(
        "情景与主方案的一致程度", "Agreement of scenarios with the main design", "scenario year",
        "scenario scenario_zh scenario_en year:int ranked:int mean_shift:number? max_shift:number? spearman:number? kendall:number?",
    ),
    "scenario_ranges": _table(
        "各情景下的名次范围", "Range of ranks over scenarios", "unit year",
        "unit year:int base_rank:int? best:int? worst:int? mean:number? scenarios:int",
    ),
    "ranks": _table(
        "名次区间", "Rank intervals", "unit year",
        "unit unit_zh unit_en year:int rank:int? low:int? high:int? data_low:int? data_high:int? design_low:int? design_high:int? weights_low:int? weights_high:int? best_design:int? worst_design:int? set_low:int? set_high:int? set_all_low:int? set_all_high:int?",
    ),
    "neighbours": _table(
        "相邻名次能否区分", "Which neighbours can be distinguished", "year place",
        "year:int place:int unit unit_zh unit_en rank:int other other_zh other_en other_rank:int share:share? apart:flag",
    ),
    "uncertainty": _table("名次的不确定性", "Uncertainty of ranks", "source unit year quantity", "source unit year:int quantity value:number?"),
    "acceptability": _table("名次可接受度", "Rank acceptability", "unit year rank", "unit year:int rank:int share:share"),
    "pairs": _table("两两比较", "Pairs", "unit other year", "unit other year:int share:share apart:flag"),
    "sensitivity": _table(
        "敏感性(Sobol 指数)", "Sensitivity (Sobol' indices)", "output factor",
        "output factor factor_zh factor_en first:number? first_low:number? first_high:number? total:number? total_low:number? total_high:number? place:int? note_zh:text? note_en:text?",
    ),
    "left_out": _table("逐一剔除后的名次", "Ranks without each node", "node unit year", "node node_zh node_en unit year:int base_rank:int? rank:int? shift:number?"),
    "designs": _table("备选设计", "Designs", "design", "design:int label mean_shift:number? max_shift:number? spearman:number?"),
    "uncertainty_summary": _table(
        "稳健性小结", "Robustness in short", "source year quantity", "source year:int quantity value:number?"
    ),
    "diagnostics": _table(
        "诊断", "Diagnostics", "item node other quantity",
        "item node node_zh node_en other:text? quantity value:number? flag:text? note_zh:text? note_en:text?",
    ),
    "dynamics": _table(
        "分布与演变", "Dynamics", "item node year variant group other quantity",
        "item node node_zh node_en year:int? variant:text? group:text? other:text? quantity value:number? note_zh:text? note_en:text?",
    ),
    "coupling": _table(
        "耦合协调度", "Coupling coordination", "unit year method",
        "unit unit_zh unit_en year:int method coupling:number? development:number? degree:number? level:int? level_zh:text? level_en:text?",
    ),
    "obstacles": _table(
        "障碍度", "Obstacle degree", "unit year node",
        "unit unit_zh unit_en year:int node node_zh node_en level degree:share? place:int? coverage:share",
    ),
    "distribution": _table("核密度曲线", "Kernel density", "node year score", "node node_zh node_en year:int score:number density:number bandwidth:number"),
    "transitions": _table(
        "状态转移", "Transitions between quartiles", "chain node lag_state from_state to_state",
        "chain node node_zh node_en lag_state:int from_state:int to_state:int count:int probability:share? flag:text?",
    ),
    "lisa": _table(
        "局部空间自相关", "Local spatial association", "unit year node",
        "unit unit_zh unit_en year:int node node_zh node_en local_i:number? p:p? p_folded:p? p_adjusted:p? quadrant:text?",
    ),
    "density": _table(
        "专精特新密度", "SRDI density", "unit year",
        "unit year:int n_firms:int n_srdi:int density:number? count:number? revenue:number? employment:number? ihs:number? density_lag:number?",
    ),
    "regressions": _table(
        "回归结果", "Regressions", "spec sample subset outcome term",
        "spec sample subset:text? outcome term estimate:number? estimate_sd:number? se_cv1:number? se_cv3:number? p_cv1:p? p_cv3:p? p_wild:p? ci_low:number? ci_high:number? n_obs:int? n_clusters:int? r2_within:number? fixed_effects:text? controls:text? density:text? lag:int? note:text?",
    ),
    "regression_diagnostics": _table(
        "回归诊断", "Regression diagnostics", "", "spec sample outcome:text? quantity value:number? note:text?"
    ),
    "channels": _table(
        "渠道分解", "Channels", "spec sample parent node",
        "spec sample parent node share_local:number? estimate:number? se_cv3:number? p_wild:p? p_adjusted:p? part:number? fraction:number? ci_low:number? ci_high:number? gap:number? note:text?",
    ),
    "contribution": _table(
        "专精特新的贡献", "Contribution", "item spec sample unit from_year to_year quantity",
        "item spec sample unit:text? from_year:int? to_year:int? quantity value:number? ci_low:number? ci_high:number? measure assumption:text?",
    ),
    "oaxaca": _table(
        "高低密度单位的差距分解", "Gap between dense and sparse units", "spec sample outcome quantity term",
        "spec sample outcome quantity term:text? estimate:number? se_cv3:number? p_cv3:p? ci_low:number? ci_high:number? fraction:number? mean_high:number? mean_low:number? coefficient:number? from_year:int to_year:int n_obs:int n_clusters:int n_high:int n_low:int fixed_effects:text? controls:text? density lag:int note:text?",
    ),
    "mediators": _table(
        "机制变量的核算分解", "What mediators account for", "spec sample outcome quantity mediator",
        "spec sample outcome quantity mediator:text? estimate:number? se_cv3:number? p_cv3:p? ci_low:number? ci_high:number? fraction:number? reached:number? held:number? n_obs:int n_clusters:int fixed_effects:text? controls:text? density lag:int note:text?",
    ),
    "hypotheses": _table(
        "假设检验", "Hypotheses", "hypothesis spec sample",
        "hypothesis spec sample outcome estimate_sd:number? ci_low:number? ci_high:number? ci90_low:number? ci90_high:number? rules_out:number? p_wild:p? p_adjusted:p? n_obs:int? n_clusters:int? mde:number? sesoi:number? alpha:number? verdict size:text? split:text? grade grade_lacks:text? breakdown:number? additions:text?",
    ),
    "modes": _table(
        "企业模式", "Modes of SRDI firms", "firm_id year",
        "firm_id year:int unit in_force:flag technology:number? market:number? safety:number? efficiency:number? a1:number? a2:number? p_tech:share? p_safety:share? axis1 axis2 mode quadrant:text? base_a1:number? base_a2:number? base_p_tech:share? base_p_safety:share? base_mode",
    ),
    "mode_densities": _table(
        "模式密度", "Densities of modes", "version unit year mode",
        "version unit year:int mode n_firms:int n_srdi:int density:number soft:number? share:share? dominant:flag diversity:number? flag:text?",
    ),
    "paths": _table(
        "三条路径", "Three paths", "path unit year indicator",
        "path unit year:int indicator n_srdi:int value:number? z:number? flag:text?",
    ),
    "mode_matrix": _table(
        "模式与分维度(4 × 6)", "Modes and sub-dimensions (4 x 6)", "spec sample mode outcome",
        "spec sample mode outcome predicted:flag estimate:number? estimate_sd:number? se_cv3:number? p_wild:p? ci_low:number? ci_high:number? split_share:share n_obs:int n_clusters:int note:text?",
    ),
    "mode_validation": _table(
        "模式的检验", "Modes tested", "quantity year unit mode mode_to",
        "quantity year:int? unit:text? mode:text? mode_to:text? value:number n:int",
    ),
    "mode_dead_bands": _table(
        "死区宽度与 H4", "Dead band and H4", "spec sample dead_band",
        "spec sample dead_band:number labelled:share estimate_sd:number? ci_low:number? ci_high:number? p_wild:p? n_obs:int n_clusters:int",
    ),
    "linkages": _table(
        "产业关联指标", "Linkages of industries", "industry_code year",
        "industry_code year:int io_year:int? io_sector:text? imported_input_share:number? dva_export_share:number? self_sufficiency:number? upstreamness:number? digital_input:number? output_multiplier:number? forward_multiplier:number? backward_linkage:number? forward_linkage:number? betweenness:number? pagerank:number? exports_usd:number? imports_usd:number? nrca:number? balassa:number? trade_competitiveness:number? export_sophistication:number? unit_value_premium:number? import_source_hhi:number? chokepoint_share:number?",
    ),
    "network": _table(
        "投入产出网络", "Input-output network", "sector year",
        "sector sector_zh sector_en year:int gross_output:number imported_input_share:number? dva_export_share:number? self_sufficiency:number? upstreamness:number? digital_input:number? output_multiplier:number forward_multiplier:number backward_linkage:number forward_linkage:number key_sector:flag betweenness:share pagerank:share",
    ),
    "io_links": _table(
        "行业间投入产出权重", "Input-output weights between units", "from_unit to_unit",
        "year:int from_unit to_unit upstream:share downstream:share leontief:number ghosh:number",
    ),
    "main_inputs": _table(
        "主要投入来源", "Main inputs", "sector year place",
        "sector sector_zh sector_en year:int place:int supplier supplier_zh supplier_en share:share value:number",
    ),
    "extraction": _table(
        "假设抽取与供给冲击", "Extraction and supply shocks", "sector case",
        "sector sector_zh sector_en year:int case case_zh case_en size:share own:number own_share:number? others:number others_share:number? value_added_share:number? most_affected:text? most_affected_zh:text? most_affected_en:text? most_affected_share:number? assumption_zh assumption_en",
    ),
    "expert_links": _table(
        "专家给出的节点联系", "Links of nodes by experts", "sector supplier",
        "sector sector_zh sector_en sector_stage:text? supplier supplier_zh supplier_en supplier_stage:text? share:share? grounds as_of",
    ),
    "firm_links": _table(
        "企业供应关系", "Supply links of firms", "firm_id year",
        "firm_id year:int suppliers:int customers:int repeated_suppliers:share? repeated_customers:share? supplier_share:number? supplier_hhi:share? customer_share:number? customer_hhi:share? anonymous_suppliers:int anonymous_customers:int",
    ),
    "chokepoints": _table(
        "卡脖子产品", "Chokepoint products", "hs6 year",
        "hs6 year:int industries:text? imports:number exports:number hhi_import:share? hhi_world:share? top_source:text? top_share:share? import_export_ratio:number? control_risk_share:share? extra_bloc_share:share? rule_a:flag rule_b:flag rule_c:flag chokepoint_raw:flag chokepoint:int? rule_e:flag centrality:number? rule_f:flag",
    ),
    "priority": _table(
        "产业链节点优先级", "Priority of chain nodes", "kind node year",
        "kind node node_zh node_en year:int rank:int? priority:share? vulnerability:share? centrality:share? srdi_coverage:share? n_srdi:int? target:int import_hhi:share? self_sufficiency:number? control_risk_share:share? betweenness:number? nrca:number? world_share:share? n_firms:int? problem:int? chokepoint:int? n_chokepoints:int? n_products:int? chokepoint_import_share:share? gap:int? blockage:int? weak:int? strong:int? stability:share? contradiction:flag missing_zh:text? missing_en:text? evidence_zh:text? evidence_en:text?",
    ),
    "alerts": _table(
        "监测预警", "Alerts", "kind unit node year",
        "kind unit unit_zh unit_en node node_zh node_en year:int alarm:int value:number? score:number? threshold:number? bad_side first_year:int as_bad:share? evidence",
    ),
    "whatif": _table(
        "假设推演", "What if", "unit action",
        "unit unit_zh unit_en year:int action action_zh action_en effect_year:int n_srdi:int? density:number density_new:number score:number score_new:number? low:number? high:number? rank:int? rank_new:int? rank_best:int? rank_worst:int? priority:share? priority_new:share? grade refused:flag reading_zh reading_en",
    ),
    "candidates": _table(
        "企业清单(候选企业)", "Firms: candidates", "unit place",
        "unit unit_zh unit_en place:int firm_id year:int probability:share? base_rate:share? provincial:flag patent_similarity:share? criteria_met:int criteria_missed:int criteria_unknown:int missed_zh:text? missed_en:text? unknown_zh:text? unknown_en:text? why_zh:text? why_en:text?",
    ),
    "growth_stages": _table(
        "成长阶段", "Growth stages", "firm_id",
        "firm_id year:int unit unit_zh unit_en kind stage basis signs:text? age:int? growth:number? mode:text?",
    ),
    "evaluation": _table(
        "清单的检验", "Evaluation of the lists", "item quantity year unit node",
        "item quantity year:int? unit:text? node:text? node_zh:text? node_en:text? value:number? low:number? high:number? expected:number? n:int? note_zh:text? note_en:text?",
    ),
    "elasticities": _table(
        "生产函数", "Production functions", "column industry input",
        "column industry method input estimate:number? se:number? first_stage:number? n:int",
    ),
    "endogeneity": _table(
        "内生性检验", "Endogeneity", "spec sample outcome method quantity",
        "spec sample outcome method quantity value:number? note:text?",
    ),
    "placebo": _table(
        "安慰剂分布", "Placebo draws", "spec sample outcome draw", "spec sample outcome draw:int estimate_sd:number? t:number?"
    ),
    "event_study": _table(
        "企业事件研究", "Event study of firms", "outcome estimator quantity time",
        "outcome estimator quantity time:int? estimate:number? se:number? ci_low:number? ci_high:number? p:p? n_obs:int n_units:int n_treated:int note:text?",
    ),
    "trend_bounds": _table(
        "平行趋势敏感性", "Effects when trends are not parallel", "outcome estimator target restriction quantity multiple",
        "outcome estimator target restriction quantity multiple:number estimate:number se:number level:share ci_low:number? ci_high:number?",
    ),
    "event_covariance": _table(
        "事件研究系数的协方差", "Covariance of event-study coefficients", "outcome estimator time other_time",
        "outcome estimator time:int other_time:int covariance:number",
    ),
    "balance": _table(
        "协变量平衡", "Balance of covariates", "method covariate",
        "method covariate mean_treated:number mean_controls:number mean_weighted:number difference_before:number? difference_after:number? variances_before:number? variances_after:number? n_treated:int n_controls:int n_effective:number n_unmatched:int",
    ),
    "overlap": _table(
        "倾向得分的重叠", "Overlap of propensity scores", "firm_group bin",
        "firm_group bin:int odds_low:number odds_high:number n:int share:share",
    ),
    "thresholds": _table(
        "门槛回归", "Threshold regressions", "spec sample outcome variable quantity at",
        "spec sample outcome variable quantity at:number? estimate:number? se_cv3:number? p:p? ci_low:number? ci_high:number? n_obs:int n_clusters:int note:text?",
    ),
    "resilience": _table(
        "冲击与恢复", "Falls and recovery", "outcome term",
        "outcome term estimate:number? se_cv1:number? se_cv3:number? p_cv3:p? p_wild:p? ci_low:number? ci_high:number? n_obs:int n_clusters:int censored:share? note:text?",
    ),
    "multiverse": _table(
        "设定曲线", "Specification curve", "sample position",
        "sample outcome position:int design:int label:text? spec estimate_sd:number se_cv3:number? ci_low:number? ci_high:number? p_cv1:p? p_cv3:p? headline:flag",
    ),
    "multiverse_summary": _table(
        "多重宇宙汇总", "Multiverse in numbers", "sample quantity kind choice", "sample outcome quantity kind:text? choice:text? value:number? note:text?"
    ),
    "facts": _table(
        "论文所引数字与本研究数据", "Figures the paper quotes, beside this study's data", "fact",
        "fact fact_zh fact_en paper:number? here:number? n_firms:int? year:int? population_zh population_en note_zh:text? note_en:text?",
    ),
    "codebook": _table(
        "变量字典", "Codebook", "table column",
        "table column label_zh label_en unit:text? direction:text? formula:text? source:text?",
    ),
    "not_made": _table(
        "未能生成的表", "Tables not made", "table reason_en", "table reason_zh reason_en mend_zh mend_en"
    ),
}  # fmt: skip
ON_REQUEST = frozenset({"balance", "event_covariance", "overlap", "thresholds", "trend_bounds"})
"""Tables that a run holds only where its study names their estimates in regressions.yaml."""
