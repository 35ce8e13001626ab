"""codebook: every column of every published table, and every indicator with formula, unit, direction and source."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import pandas as pd

from .firms.tfp import LABELS as ELASTICITIES
from .links.link_labels import LABELS as LINKS
from .study.records import Band, Study
from .tables import TABLES

TEXT = r'"(?:[^"\\]|\\.)*"'
LABEL_LINE = re.compile(rf"(?P<name>[A-Za-z0-9_.]+): *\{{zh: *(?P<zh>{TEXT}), *en: *(?P<en>{TEXT})\}} *")

COLUMNS: dict[str, tuple[str, str]] = {
    "sample": ("样本(all 全部企业,leave_out 剔除专精特新企业)", "sample (all firms, or leave_out: never-recognised firms)"),
    "unit": ("单元代码", "unit id"),
    "unit_zh": ("单元名称(中文)", "unit name in Chinese"),
    "unit_en": ("单元名称(英文)", "unit name in English"),
    "year": ("年份", "year"),
    "node": ("指标树节点", "node of the indicator tree"),
    "score": ("得分(标准化在 0 与 1 之间时为 0-100)", "score (0-100 where normalised values lie in 0-1)"),
    "rank": ("名次(1 为最高)", "rank (1 is highest)"),
    "ranked_of": ("参与排名的单元数", "units ranked"),
    "coverage": ("已有指标的权重份额", "share of weight with data"),
    "flag": ("标记", "flag"),
    "share_local": ("在上级节点中的权重", "weight within the parent"),
    "share_global": ("在总指数中的权重", "weight in the whole index"),
    "entropy": ("信息熵 e", "entropy e"),
    "divergence": ("差异系数 d = 1 - e", "divergence d = 1 - e"),
    "effective": ("对指数方差的实际贡献份额", "share of the index variance that goes through it"),
    "skewness": ("偏度", "skewness"),
    "raw": ("原始值", "raw value"),
    "treated": ("异常值处理后的值", "value after treatment"),
    "normalised": ("标准化值(越大越好)", "normalised value, more is better"),
    "imputed": ("是否插补", "imputed"),
    "n_firms": ("企业数", "number of firms"),
    "n_srdi": ("专精特新企业数", "number of SRDI firms"),
    "density": ("专精特新密度(所选口径)", "SRDI density as chosen"),
    "density_lag": ("滞后的专精特新密度", "lagged SRDI density"),
    "spec": ("回归设定", "regression specification"),
    "outcome": ("被解释变量", "outcome"),
    "term": ("解释变量", "regressor"),
    "estimate": ("系数", "coefficient"),
    "estimate_sd": ("标准化系数(组内标准差)", "coefficient in within standard deviations"),
    "se_cv1": ("聚类标准误 CV1", "clustered standard error CV1"),
    "se_cv3": ("聚类标准误 CV3(刀切)", "clustered standard error CV3 (jackknife)"),
    "p_wild": ("Wild 聚类自助法 p 值", "restricted wild cluster bootstrap p"),
    "ci_low": ("置信区间下限", "interval, lower end"),
    "ci_high": ("置信区间上限", "interval, upper end"),
    "n_obs": ("观测数 N", "observations N"),
    "n_clusters": ("聚类数 G", "clusters G"),
    "rule": ("规则编号", "rule id"),
    "file": ("文件", "file"),
    "sheet": ("工作表", "sheet"),
    "row": ("行号(与 Excel 一致)", "row as Excel shows it"),
    "value": ("数值", "value"),
}  # fmt: skip


# Names that hold in one table only.
OWN = {**LINKS, "elasticities": ELASTICITIES}


def codebook(study: Study, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per column of each table made, then one per indicator (table `indicators`, column = its id)."""
    columns = [
        _codebook_column(table_name, column)
        for table_name in sorted(tables)
        if table_name in TABLES
        for column in TABLES[table_name].columns
    ]
    return pd.DataFrame([*columns, *_indicators(study)])


def _codebook_column(table: str, column: str) -> dict[str, str]:
    zh, en, unit = OWN.get(table, {}).get(column, (*meaning(table, column), ""))
    return {"table": table, "column": column, "label_zh": zh, "label_en": en, "unit": unit}


def meaning(table: str, column: str) -> tuple[str, str]:
    """What a column of a published table holds, zh and en: this table's own text, else the general one.

    Raises LookupError where labels.yaml has neither.
    """
    text = labels().get(f"{table}.{column}") or COLUMNS.get(column) or labels().get(column)
    if text is None:
        raise LookupError(f"no label for column {column!r} of table {table!r}: give it one in labels.yaml")
    return text


@cache
def labels() -> dict[str, tuple[str, str]]:
    """column, or table.column -> its meaning in both languages, as labels.yaml has it.

    That file has a pair in each line, `name: {zh: "...", en: "..."}`: a reader of all YAML takes longer over it than the whole
    workbook takes. Raises ValueError where a line is neither that nor a comment.
    """
    text = (files(__package__) / "labels.yaml").read_text("utf-8")
    pairs = {line: LABEL_LINE.fullmatch(line) for line in text.splitlines() if line and not line.startswith("#")}
    if faulty_lines := [line for line, pair in pairs.items() if pair is None]:
        raise ValueError(f"labels.yaml: not a name with a pair of texts: {faulty_lines[0]}")
    return {pair["name"]: (json.loads(pair["zh"]), json.loads(pair["en"])) for pair in pairs.values() if pair is not None}


def _indicators(study: Study) -> list[dict[str, str]]:
    """Formula, unit, direction and source of each indicator as indicators.yaml states them."""
    return [
        {"table": "panel", "column": id, "label_zh": leaf.label.zh, "label_en": leaf.label.en, "unit": leaf.unit}
        | {"direction": _direction(leaf.direction), "formula": f"{leaf.table}: {leaf.formula}", "source": leaf.source}
        for id, leaf in study.indicators.indicators.items()
    ]


def _direction(direction: int | Band) -> str:
    if isinstance(direction, Band):
        return f"{direction.band[0]:g}-{direction.band[1]:g}"
    return "positive 正向" if direction > 0 else "negative 负向"
