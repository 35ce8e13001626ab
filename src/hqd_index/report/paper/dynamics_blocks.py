"""What a study asks of the dynamics beyond the standard tables, in prose and formulas, for the methods section."""

from __future__ import annotations

from collections.abc import Iterator

from ..results import Results
from .prose_blocks import Block, formula_block, prose_block

THEIL = "T = (1 / n) Σ_i (y_i / μ) ln(y_i / μ)        T_w = Σ_g s_g T_g        T_b = Σ_g s_g ln(s_g / p_g)        T = T_w + T_b"
TIME_WEIGHTS = "max −Σ_t w_t ln w_t        Σ_t w_t (T − t) / (T − 1) = λ        Σ_t w_t = 1        S_i = Σ_t w_t S_{it}"


def dynamics_blocks(results: Results) -> Iterator[Block]:
    """Theil's parts, coefficients of coupling, links of economic distance and time weights; nothing where none is asked for."""
    dynamics = results.study.study.dynamics
    if dynamics.theil:
        yield prose_block(
            "得分的差异用泰尔指数（Theil 1967）分解为组内与组间两部分。",
            "Inequality of scores is split by Theil's index (Theil 1967) into a part within and a part between groups.",
        )
        yield formula_block(THEIL)
    if dynamics.coupling is not None:
        names = {node: results.name(node) for node in dynamics.coupling}
        zh = "、".join(f"{names[node].zh} {share:g}" for node, share in dynamics.coupling.items())
        en = ", ".join(f"{names[node].en} {share:g}" for node, share in dynamics.coupling.items())
        yield prose_block(
            f"耦合协调度中综合发展指数 T 的系数为：{zh}。",
            f"The coefficients of the development T in coupling coordination are: {en}.",
        )
        yield formula_block("T = Σ_k a_k U_k        D = √(C T)")
    if dynamics.links is not None:
        column = results.name(dynamics.links.by)
        nested = dynamics.links.kind == "nested"
        yield prose_block(
            f"空间权重取{'地理权重与' if nested else ''}“{column.zh}”的经济距离{'之积' if nested else ''}，行标准化。",
            f"Spatial weights are {'geographic weights times ' if nested else ''}inverse economic distance in '{column.en}', "
            "row-standardised.",
        )
        yield formula_block("w_{ij} = g_{ij} / |ȳ_i − ȳ_j|" if nested else "w_{ij} = 1 / |ȳ_i − ȳ_j|")
    if dynamics.time_degree is not None:
        degree = f"{dynamics.time_degree:g}"
        yield prose_block(
            f"各年得分按时间度 λ = {degree} 的最大熵时间权重（郭亚军、姚远、易平涛 2007）二次加权。",
            f"Yearly scores are weighed again over time, by the weights of largest entropy at a time degree of {degree} "
            "(Guo, Yao and Yi 2007).",
        )
        yield formula_block(TIME_WEIGHTS)
