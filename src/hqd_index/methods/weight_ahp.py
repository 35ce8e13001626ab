"""Weights from pairwise judgements: the analytic hierarchy process."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from ..errors import ConfigError
from .column_statistics import cell_counts
from .method import Array, MethodNote, Positive, YamlForm
from .shares import as_shares

# Saaty 1980; other tables (0.49 for 3) give other ratios for the same judgements
RANDOM_INDEX = {1: 0.0, 2: 0.0, 3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49}
LARGEST_RATIO = 0.1
RECIPROCAL = 1e-6


class Judgements(BaseModel):
    """One node's comparisons as YAML writes them: `order` of the children, `upper` the rows right of the diagonal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    order: tuple[str, ...]
    upper: tuple[tuple[Positive, ...], ...]


@dataclass(frozen=True)
class Consistency:
    """The result of Saaty's test of a matrix; ratio is index / random index, 0 for one or two children."""

    largest_eigenvalue: float
    index: float
    random_index: float
    ratio: float


def matrix_of(matrices: Mapping[str, Judgements], children: Sequence[str], valid_ids: Collection[str]) -> Array:
    """The full reciprocal matrix (m, m) for these children, in their order, from the judgements that name them."""
    if len(children) == 1:
        return np.ones((1, 1))
    for node, judgements in matrices.items():
        if sorted(judgements.order) == sorted(children):
            positions_of_children = [judgements.order.index(child) for child in children]
            return _reciprocal(node, judgements)[np.ix_(positions_of_children, positions_of_children)]
    names = ", ".join(children)
    raise ConfigError(f"no matrix has exactly the children {names} in its order", zh=f"没有一个矩阵的 order 恰好是子节点 {names}")


def _reciprocal(node: str, judgements: Judgements) -> Array:
    count = len(judgements.order)
    lengths = [len(upper_row) for upper_row in judgements.upper]
    if lengths != list(range(count - 1, 0, -1)):
        row_lengths = ", ".join(str(length) for length in range(count - 1, 0, -1))
        raise ConfigError(
            f"{node}: upper needs rows of {row_lengths} numbers for {count} children",
            zh=f"{node}:{count} 个子节点的 upper 应有长度为 {row_lengths} 的各行",
        )
    matrix = np.ones((count, count))
    matrix[np.triu_indices(count, 1)] = [judgement for upper_row in judgements.upper for judgement in upper_row]
    return np.triu(matrix) + np.tril(1 / matrix.T, -1)


def consistency(matrix: Array) -> Consistency:
    """Saaty's consistency index (lambda - m) / (m - 1) and its ratio to the random index; matrix (m, m) reciprocal."""
    count = len(matrix)
    if count not in RANDOM_INDEX:
        raise ConfigError(f"AHP compares at most 10 children, not {count}", zh=f"层次分析法至多比较 10 个子节点,现有 {count} 个")
    largest = float(np.linalg.eigvals(matrix).real.max())
    index = (largest - count) / (count - 1) if count > 2 else 0.0
    random_index = RANDOM_INDEX[count]
    return Consistency(largest, index, random_index, index / random_index if random_index else 0.0)


def check_consistency(options: Mapping[str, Any]) -> None:
    """Refuses a matrix that is not positive and reciprocal, or whose consistency ratio is 0.1 or more."""
    matrix = options["matrices"]
    if not (matrix > 0).all() or np.abs(matrix * matrix.T - 1).max() > RECIPROCAL:
        raise ConfigError("the matrix must be positive and reciprocal", zh="判断矩阵应为正互反矩阵")
    test = consistency(matrix)
    if test.ratio >= LARGEST_RATIO and not options["allow_inconsistent"]:
        raise ConfigError(
            f"the judgements contradict each other: CR = {test.ratio:.3f}, should be below 0.1 "
            f"(RI = {test.random_index}); mend them or write allow_inconsistent: true",
            zh=f"判断矩阵不一致:CR = {test.ratio:.3f},应小于 0.1(RI = {test.random_index});"
            "请修改判断,或写 allow_inconsistent: true",
        )


def inconsistency_caution(options: Mapping[str, Any]) -> tuple[str, str] | None:
    """Says that an inconsistent matrix may be in use."""
    if not options["allow_inconsistent"]:
        return None
    return "ahp: judgements with CR of 0.1 or more are allowed", "层次分析法:允许 CR 达到或超过 0.1 的判断矩阵"


def consistency_notes(values: Array, *, matrices: Array, allow_inconsistent: bool) -> Iterator[MethodNote]:
    """Saaty's test of the matrix in use."""
    test = consistency(matrices)
    yield MethodNote("largest_eigenvalue", test.largest_eigenvalue)
    yield MethodNote("consistency_index", test.index)
    yield MethodNote("random_index", test.random_index)
    yield MethodNote("consistency_ratio", test.ratio, "I-CR" if test.ratio >= LARGEST_RATIO else "")


def ahp(
    values: Array,
    *,
    matrices: Annotated[Array, YamlForm(dict[str, Judgements], matrix_of)],
    allow_inconsistent: bool = False,
) -> Array:
    """The principal eigenvector of the node's matrix of judgements (m, m) (Saaty 1980).

    A consistency ratio of 0.1 or more is refused as the study is read, unless `allow_inconsistent`. The shares of empty
    columns are spread over the others in proportion.
    """
    eigenvalues, vectors = np.linalg.eig(matrices)
    principal = np.abs(vectors[:, eigenvalues.real.argmax()].real)
    has_cells = cell_counts(values) > 0
    return as_shares(np.broadcast_to(principal, has_cells.shape), has_cells)


AHP = "A w = λ_{max} w        CI = (λ_{max} − m) / (m − 1)        CR = CI / RI"
