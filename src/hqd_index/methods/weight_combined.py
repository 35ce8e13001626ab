"""Several weightings brought into one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ..errors import ConfigError
from .method import Array, Choice, MethodNote, Share, YamlForm
from .shares import SUM_TOLERANCE, as_shares

NEAR_SINGULAR = 1e-10

CombinationRule = Literal["product", "mean", "game", "discrimination"]
Weighting = Callable[[Array], Array]
Choices = Annotated[tuple[Weighting, ...], YamlForm(Annotated[tuple[Choice, ...], Field(min_length=2)], lambda v, *_: v)]
Mix = Annotated[tuple[Share, ...], Field(min_length=2)]


def combine(values: Array, *, of: Choices, by: CombinationRule, mix: Mix | None = None) -> Array:
    """Weightings joined by product w_a w_b, mean (in parts `mix`), discrimination sqrt(w_a w_b), or game.

    game: sum |alpha_k| w_k with alpha solving sum_k (w_l . w_k) alpha_k = w_l . w_l; equal parts where the weightings
    are nearly the same. All scaled to sum 1. Under product and discrimination a zero in one part kills the indicator;
    if that kills all of them, those with any weight share equally.
    """
    weight_parts = np.stack(np.broadcast_arrays(*(weighting(values) for weighting in of)))
    is_usable = np.asarray((weight_parts > 0).any(axis=0))
    if by == "mean":
        return as_shares(np.tensordot(mix or np.ones(len(of)), weight_parts, axes=1), is_usable)
    if by == "game":
        return as_shares((np.abs(_game_combination(weight_parts))[..., None] * weight_parts).sum(axis=0), is_usable)
    return as_shares(np.prod(weight_parts, axis=0) ** (1 if by == "product" else 1 / len(of)), is_usable)


def _game_combination(weightings: Array) -> Array:
    """alpha (k, ..., 1 or n) of weightings (k, ..., 1 or n, m)."""
    stacked_weights = np.moveaxis(weightings, 0, -2)
    inner = stacked_weights @ stacked_weights.swapaxes(-1, -2)
    self_products = np.diagonal(inner, axis1=-2, axis2=-1)
    identity = np.eye(len(weightings))
    is_singular = np.abs(np.linalg.det(inner)) <= NEAR_SINGULAR * np.prod(self_products, axis=-1)
    solvable = np.where(is_singular[..., None, None], identity, inner)
    alpha = np.linalg.solve(solvable, np.where(is_singular[..., None], 1.0, self_products)[..., None])[..., 0]
    return np.moveaxis(alpha, -1, 0)


def game_notes(values: Array, *, of: Choices, by: CombinationRule, mix: Mix | None) -> Iterator[MethodNote]:
    """alpha of each part, of which the size counts; one below 0 means that the other parts already represent it."""
    if by != "game":
        return
    alphas = _game_combination(np.stack(np.broadcast_arrays(*(weighting(values) for weighting in of))))
    for number, alpha in enumerate(alphas.mean(axis=-1).tolist(), start=1):
        yield MethodNote(f"alpha_{number}", alpha, "I-GAME" if alpha < 0 else "")


def zero_caution(options: Mapping[str, Any]) -> tuple[str, str] | None:
    """Says what a zero in one part does under product and discrimination."""
    if options["by"] not in ("product", "discrimination"):
        return None
    rule = options["by"]
    return f"combine by {rule}: a zero in one part removes the indicator", f"组合赋权({rule}):任一部分为 0 的指标即被剔除"


def check_mix(options: Mapping[str, Any]) -> None:
    """Refuses a `mix` that is not for the mean, has another length than `of`, or does not sum to 1."""
    mix = options["mix"]
    if mix is None:
        return
    if options["by"] != "mean":
        raise ConfigError("mix belongs to by: mean", zh="mix 只与 by: mean 同用")
    if len(mix) != len(options["of"]) or abs(sum(mix) - 1) > SUM_TOLERANCE:
        raise ConfigError(
            f"mix needs {len(options['of'])} numbers that sum to 1", zh=f"mix 应为 {len(options['of'])} 个合计为 1 的数"
        )


COMBINATION_FORMULAS = {
    "product": "w_j = Π_k w_{kj} / Σ_l Π_k w_{kl}",
    "mean": "w_j = Σ_k λ_k w_{kj} / Σ_k λ_k",
    "discrimination": "w_j = (Π_k w_{kj})^{1/K} / Σ_l (Π_k w_{kl})^{1/K}",
    "game": "Σ_k α_k w_l · w_k = w_l · w_l        w_j = Σ_k |α_k| w_{kj} / Σ_k |α_k|",
}
