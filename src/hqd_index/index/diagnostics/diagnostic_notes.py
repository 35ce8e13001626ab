"""Flags of the diagnostics and the note that a reader sees for each, in both languages."""

from __future__ import annotations

NOTES: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "I-EMPTY": ("整列缺失,不进入指数", "no cell has a value; the indicator is out of the index"),
    "I-CONST": ("取值恒定或不足 3 个,权重为 0", "constant, or fewer than 3 cells: it weighs nothing"),
    "I-SPARSE": ("超过一半的单元缺失", "more than half of the cells are missing"),
    "I-GAPS": (
        "{count} 个单元的覆盖率低于 {least:.0%},最低 {lowest:.0%}({location});缺失的行不计入,空格不当作零",
        "coverage below {least:.0%} in {count} unit-years, lowest {lowest:.0%} in {location}; incomplete rows are left out, "
        "a blank is no zero",
    ),
    "I-GAPS-SUM": (
        "{count} 个单元(如 {location})为空:单独的 sum 有缺失;若空格表示没有,请声明 blank_is_zero,或写 partial_sum: true",
        "{count} unit-years, such as {location}, are empty because a sum alone has blanks; declare blank_is_zero where a blank "
        "means none, or write partial_sum: true",
    ),
    "I-GAPS-STATUS": (
        "专精特新企业的覆盖率为 {srdi:.0%},其他企业为 {others:.0%}:缺失与认定有关,两个样本不易比较",
        "coverage of SRDI firms {srdi:.0%}, of others {others:.0%}: what is missing goes with recognition, so that the two "
        "samples compare badly",
    ),
    "I-IMPUTED": (
        "{found:.1%} 的单元为插补值,见 indicators.csv",
        "{found:.1%} of the cells are imputed, each marked in indicators.csv",
    ),
    "I-SPIKE": ("几乎全部份额集中在 {location}", "nearly all of the column's total sits in {location}"),
    "I-SKEW": (
        "分布极偏(偏度绝对值不小于 2 且峰度不小于 3.5),最极端处为 {location};建议缩尾或取对数",
        "extreme skew (|skewness| >= 2 and kurtosis >= 3.5), farthest out in {location}; winsorise or take logs",
    ),
    "I-NEGATIVE": (
        "有 {count} 个负值:minmax、zscore、rank 不受影响,fracmax 与 box_cox 会拒绝",
        "{count} negative cells: harmless under minmax, zscore and rank; fracmax and box_cox refuse them",
    ),
    "I-REDUNDANT": ("与 {other} 几乎是同一指标(相关系数绝对值 > 0.9)", "nearly the same as {other} (|r| > 0.9)"),
    "I-TRADEOFF": (
        "与同一维度内的 {other} 反向变动(相关系数 < -0.4):相加时互相抵消",
        "runs against {other} inside the same branch (r < -0.4): they cancel in the sum",
    ),
    "I-DIRECTION": (
        "与同组指标反向,请检查指标方向;若为构成型指标,也可能本应如此",
        "runs against the others: check its direction; in a formative index this may also be meant",
    ),
    "I-ALPHA": (
        "低于 0.7;构成型(formative)指数不要求内部一致性",
        "below 0.7; a formative index need not be internally consistent",
    ),
    "I-KMO": ("低于 0.5,不宜做因子分析", "below 0.5: no base for a factor analysis"),
    "I-VIF": ("方差膨胀因子大于 10", "variance inflation factor above 10"),
    "I-FEW": (
        "{rows} 行 {columns} 列,不足每列 5 行,数值偏大,不能据此判断",
        "{rows} rows for {columns} columns, fewer than 5 each: inflated by chance, no ground to judge by",
    ),
    "I-COLLINEAR": ("可由其他指标完全线性表示:{location}", "an exact linear function of the others: {location}"),
    "I-SINGULAR": ("相关系数矩阵奇异,用广义逆计算", "the correlation matrix is singular; its pseudo-inverse was used"),
    "I-IMPORTANCE": (
        "实际影响与名义权重相差一倍以上",
        "what moves the index differs from the nominal weight by more than a factor of two",
    ),
    "I-RECODE": (
        "方向反号后,在同组中的权重由 {share:.4f} 变为 {turned:.4f}:权重主要反映偏态",
        "with its direction turned, its share among its siblings goes from {share:.4f} to {turned:.4f}: the weight is skew",
    ),
    "I-CONCENTRATED": (
        "偏态指标只占 {number:.0%} 的个数,却占 {weight:.0%} 的权重",
        "skewed indicators are {number:.0%} of the indicators and carry {weight:.0%} of the weight",
    ),
    "I-ROWS": ("只有 {rows} 行数据,客观权重不稳", "drawn from {rows} rows only: such weights rest on little"),
    "I-INCOMPLETE": (
        "只用指标齐全的行,占 {found:.0%}",
        "only rows with every indicator take part: {found:.0%} of them",
    ),
    "I-CR": ("一致性比率不小于 0.1:判断自相矛盾", "a consistency ratio of 0.1 or more: the judgements contradict each other"),
    "I-FRONTIER": (
        "有 {found:.0f} 行同为前沿(得分 1),彼此分不出先后",
        "{found:.0f} rows are on the frontier with a score of 1 and cannot be distinguished",
    ),
    "I-TARGET": ("未达到目标:该指标的实际重要性为 {found:.1%}", "target missed: the indicator's importance is {found:.1%}"),
    "I-GAME": (
        "组合系数为负,按绝对值计入:其余方法已能代表它",
        "a negative coefficient, counted by its size: the other weightings already speak for this one",
    ),
    "I-RANK": (
        "秩低于指标数(行数不足或指标线性相关),载荷不可靠",
        "fewer dimensions than indicators (too few rows, or one follows from others): the loadings are not reliable",
    ),
    "I-THIN": (
        "该节点的指标数恰为 min_children:缺一个指标就没有得分",
        "a node with just min_children indicators: one missing indicator removes the score",
    ),
    "I-HEYWOOD": (
        "有 {found:.0f} 个指标的特殊方差触及下限 0.005(Heywood 现象),因子解不可靠",
        "{found:.0f} indicators have a uniqueness at its bound of 0.005 (Heywood cases): the factors are not reliable",
    ),
    "I-ONE-YEAR": ("只有一年:为(单年的)拉开档次法", "one year only: the plain scatter degree (拉开档次法)"),
    "I-GROUPS": (
        "未能把高技术行业排在低技术行业之上(Cliff δ ≤ 0)",
        "high-technology divisions do not score above low-technology ones (Cliff's delta <= 0)",
    ),
    "I-GROUPS-WEAK": (
        "高技术行业得分较高,但差异不显著(p > 0.05)",
        "high-technology divisions score higher, but not distinguishably so (p > 0.05)",
    ),
    "pooled": (
        "单元-年合并计算,同一单元各年并不独立",
        "over pooled unit-years, which are not independent within a unit",
    ),
    "unit_means": ("用各单元历年均值(单元-年不独立)", "over unit means, because unit-years are not independent"),
    "smoother": (
        "E[y|x] 用惩罚自然三次样条(12 节点,GCV)估计",
        "E[y|x] by a penalised natural cubic spline (12 knots, GCV)",
    ),
}


def note(flag_code: str, **row_facts: object) -> tuple[str, str]:
    """(Chinese, English) text of a flag with its facts filled in."""
    zh, en = NOTES[flag_code]
    return zh.format(**row_facts), en.format(**row_facts)
