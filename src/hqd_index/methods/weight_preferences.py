"""Weights from judgements other than Saaty's: the precedence chart, and comparisons as triangular fuzzy numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from ..errors import ConfigError
from .column_statistics import cell_counts
from .method import Array, ByChild, MethodNote, Positive, YamlForm
from .shares import as_shares
from .weight_ahp import Judgements, check_consistency, consistency_notes, matrix_of

Triangle = tuple[Positive, Positive, Positive]


class FuzzyJudgements(BaseModel):
    """One node's comparisons as YAML writes them: each the least, the likeliest and the greatest value, [l, m, u]."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    order: tuple[str, ...]
    upper: tuple[tuple[Triangle, ...], ...]


def priority(values: Array, *, scores: ByChild) -> Array:
    """TTL_j / sum TTL, TTL_j = sum_k a_jk, a_jk = 1, 0.5 or 0 where j's score is above, equal to or below k's (Tan 2012).

    `scores` are importances by child, such as the means of experts' ratings; k runs over all children of the node, j
    itself with 0.5, so that none weighs 0. The shares of empty columns are spread over the others in proportion.
    """
    chart = np.where(scores[:, None] == scores, 0.5, (scores[:, None] > scores).astype(np.float64))
    has_cells = cell_counts(values) > 0
    return as_shares(np.broadcast_to(chart.sum(axis=1), has_cells.shape), has_cells)


def fuzzy_matrices(matrices: Mapping[str, FuzzyJudgements], children: Sequence[str], valid_ids: Collection[str]) -> Array:
    """The full matrices (3, m, m) of least, likeliest and greatest values for these children; below the diagonal inverses."""
    low, middle, high = (
        matrix_of({node: _judgements(judgement, part) for node, judgement in matrices.items()}, children, valid_ids)
        for part in range(3)
    )
    return np.stack([np.triu(low) + np.tril(high, -1), middle, np.triu(high) + np.tril(low, -1)])


def _judgements(fuzzy: FuzzyJudgements, part: int) -> Judgements:
    return Judgements(order=fuzzy.order, upper=tuple(tuple(triangle[part] for triangle in row) for row in fuzzy.upper))


def fuzzy_ahp(
    values: Array,
    *,
    matrices: Annotated[Array, YamlForm(dict[str, FuzzyJudgements], fuzzy_matrices)],
    allow_inconsistent: bool = False,
) -> Array:
    """Mean of the fuzzy weight (l_j / sum u, m_j / sum m, u_j / sum l) of the rows' geometric means, scaled (Buckley 1985).

    Judgements are triangular fuzzy numbers [l, m, u]. A consistency ratio of the likeliest values of 0.1 or more is refused
    as the study is read, unless `allow_inconsistent`. The shares of empty columns are spread over the others in proportion.
    """
    means = np.exp(np.log(matrices).mean(axis=-1))
    weights = (means / means[::-1].sum(axis=-1, keepdims=True)).mean(axis=0)
    has_cells = cell_counts(values) > 0
    return as_shares(np.broadcast_to(weights, has_cells.shape), has_cells)


def check_fuzzy_judgements(options: Mapping[str, Any]) -> None:
    """Refuses triples that do not rise, and likeliest values whose consistency ratio is 0.1 or more."""
    low, middle, high = options["matrices"]
    if (low > middle).any() or (middle > high).any():
        raise ConfigError("each judgement must rise, as in [2, 3, 4]", zh="每个模糊判断应由小到大,例如 [2, 3, 4]")
    check_consistency({"matrices": middle, "allow_inconsistent": options["allow_inconsistent"]})


def fuzzy_notes(values: Array, *, matrices: Array, allow_inconsistent: bool) -> Iterator[MethodNote]:
    """Saaty's test of the likeliest values."""
    return consistency_notes(values, matrices=matrices[1], allow_inconsistent=allow_inconsistent)


def fuzzy_caution(options: Mapping[str, Any]) -> tuple[str, str] | None:
    """Says that an inconsistent matrix may be in use."""
    if not options["allow_inconsistent"]:
        return None
    return "fuzzy_ahp: judgements with CR of 0.1 or more are allowed", "模糊层次分析法:允许 CR 达到或超过 0.1 的判断矩阵"


PRIORITY = (
    "a_{jk} = 1 (s_j > s_k)        a_{jk} = 0.5 (s_j = s_k)        a_{jk} = 0 (s_j < s_k)"
    "        w_j = Σ_k a_{jk} / Σ_l Σ_k a_{lk}"
)
FUZZY_AHP = (
    "r_j = (Π_k a_{jk})^{1/m} for l, m, u        v_j = (r_j^l / Σ_k r_k^u + r_j^m / Σ_k r_k^m + r_j^u / Σ_k r_k^l) / 3"
    "        w_j = v_j / Σ_k v_k"
)
