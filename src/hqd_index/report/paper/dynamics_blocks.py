"""What a study asks of the dynamics beyond the standard tables, in prose and formulas, for the methods section."""

from __future__ import annotations

from collections.abc import Iterator

from ..bilingual import Bilingual
from ..results import Results
from ..wording import listing, wording
from .prose_blocks import Block, formula_block, prose

THEIL = "T = (1 / n) Σ_i (y_i / μ) ln(y_i / μ)        T_w = Σ_g s_g T_g        T_b = Σ_g s_g ln(s_g / p_g)        T = T_w + T_b"
TIME_WEIGHTS = "max −Σ_t w_t ln w_t        Σ_t w_t (T − t) / (T − 1) = λ        Σ_t w_t = 1        S_i = Σ_t w_t S_{it}"


def dynamics_blocks(results: Results) -> Iterator[Block]:
    """Theil's parts, coefficients of coupling, links of economic distance and time weights; nothing where none is asked for."""
    dynamics = results.study.study.dynamics
    if dynamics.theil:
        yield prose(wording("methods.dynamics.theil"))
        yield formula_block(THEIL)
    if dynamics.coupling is not None:
        names = {node: results.name(node) for node in dynamics.coupling}
        shares = [
            Bilingual(f"{names[node].zh} {share:g}", f"{names[node].en} {share:g}") for node, share in dynamics.coupling.items()
        ]
        yield prose(wording("methods.dynamics.coupling", shares=listing(shares)))
        yield formula_block("T = Σ_k a_k U_k        D = √(C T)")
    if dynamics.links is not None:
        nested = dynamics.links.kind == "nested"
        kind = "nested" if nested else "economic"
        yield prose(wording(f"methods.dynamics.links.{kind}", column=results.name(dynamics.links.by)))
        yield formula_block("w_{ij} = g_{ij} / |ȳ_i − ȳ_j|" if nested else "w_{ij} = 1 / |ȳ_i − ȳ_j|")
    if dynamics.time_degree is not None:
        yield prose(wording("methods.dynamics.time_degree", degree=f"{dynamics.time_degree:g}"))
        yield formula_block(TIME_WEIGHTS)
