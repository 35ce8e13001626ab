"""What the uncertainty of an index is sampled from, and which draws are made for each source of it."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConfigError
from ...study.indicator_tree import tree_of
from ...study.records import Study
from ..index_tables import cube
from ..unit_groups import groups_of
from .design_draws import NO_FIRM_DRAW, DrawSource, DrawTable, Numbers
from .index_designs import Designs, plans_by_number

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FirmDraws:
    """Bootstrap draws of the firm indicators: values (B, T, U, k) on the given years, units and indicators."""

    values: Array
    years: tuple[int, ...]
    units: tuple[str, ...]
    indicators: tuple[str, ...]


def random_stream(study: Study, purpose: str) -> np.random.Generator:
    """One random stream per named purpose, the same in every run with the study's seed."""
    return np.random.default_rng([study.study.seed, crc32(purpose.encode())])


def source_of(
    study: Study, designs: Designs, sample_rows: pd.DataFrame, unit_names: pd.DataFrame, firms: FirmDraws | None
) -> DrawSource:
    """The panel of all firms with every leaf that a design scores, its firm draws, and random numbers for weights."""
    units = tuple(sorted(sample_rows["unit"].unique()))
    years = tuple(sorted(int(year) for year in sample_rows["year"].unique()))
    trees = [tree_of(tree_study.indicators) for tree_study in _other_trees(study, designs)]
    leaves = tuple(dict.fromkeys(leaf for tree in trees for leaf in tree.leaves(tree.root)))
    _check_leaves_present(leaves, sample_rows)
    nodes = tuple(dict.fromkeys(node for tree in trees for node in tree.order))
    settings = study.uncertainty
    return DrawSource(
        plan_of_design=plans_by_number(designs, years, groups_of(unit_names, units)),
        label=designs.label,
        leaves=leaves,
        nodes=nodes,
        years=years,
        units=units,
        values=_with_draws(cube(sample_rows, leaves, years, units), leaves, years, units, firms),
        uniform=random_stream(study, "uncertainty.weights").random((settings.draws if settings.weights else 0, len(nodes))),
        concentration=settings.weights.concentration if settings.weights else None,
    )


def tables_by_source(study: Study, designs: Designs, source: DrawSource) -> dict[str, DrawTable]:
    """The draws of each source: the base with firms drawn, every design once, the base with weights drawn; all at random.

    In `all` every combination of choices that holds together is equally likely, and each draw of weights is used once.
    """
    draws, combinations = study.uncertainty.draws, len(designs.combinations)
    rng = random_stream(study, "uncertainty.all")
    draw_tables = {"design": table_of(np.arange(combinations), NO_FIRM_DRAW, NO_FIRM_DRAW)}
    if source.firm_draws:
        draw_tables["data"] = table_of([0] * source.firm_draws, np.arange(source.firm_draws), NO_FIRM_DRAW)
    if len(source.uniform):
        draw_tables["weights"] = table_of([0] * draws, NO_FIRM_DRAW, np.arange(draws))
    draw_tables["all"] = table_of(
        rng.integers(0, combinations, draws),
        rng.integers(0, source.firm_draws, draws) if source.firm_draws else NO_FIRM_DRAW,
        np.arange(draws) if len(source.uniform) else NO_FIRM_DRAW,
    )
    return draw_tables


def table_of(design: Numbers | list[int], firms: Numbers | int, weights: Numbers | int) -> DrawTable:
    """A table of draws; a single number holds for every row."""
    design = np.asarray(design, dtype=np.intp)
    firms, weights = (np.broadcast_to(np.asarray(draw_numbers, dtype=np.intp), design.shape) for draw_numbers in (firms, weights))
    return DrawTable(design, firms, weights)


def _other_trees(study: Study, designs: Designs) -> list[Study]:
    """The study and one design per option that has another tree or profile."""
    studies = [study]
    for position, factor in enumerate(designs.factors):
        if factor.name in ("indicators.tree", "indicators.profile"):
            options = designs.combinations[:, position]
            studies += [designs.study_of_design(int(np.flatnonzero(options == option)[0])) for option in range(1, len(factor))]
    return studies


def _check_leaves_present(leaves: tuple[str, ...], sample_rows: pd.DataFrame) -> None:
    missing_leaves = [leaf for leaf in leaves if leaf not in sample_rows.columns]
    if missing_leaves:
        raise ConfigError(
            f"alternatives: {', '.join(missing_leaves)} of another tree is not in the panel; score it in a scenario too",
            zh=f"alternatives:备选指标树中的 {'、'.join(missing_leaves)} 不在面板中;请同时在某个情景中使用",
            location="uncertainty.yaml",
        )


def _with_draws(
    leaf_cube: Array, leaves: tuple[str, ...], years: tuple[int, ...], units: tuple[str, ...], firms: FirmDraws | None
) -> Array:
    """(B + 1, m, T, U): the firm draws on the same axes, then the values as they are.

    A leaf of another table repeats in every draw; a cell missing in the panel stays missing.
    """
    count = len(firms.values) if firms else 0
    draws = np.repeat(np.moveaxis(leaf_cube, -1, 0)[None], count + 1, axis=0)
    if firms is None:
        return draws
    rows, columns = (
        [axis.index(axis_key) for axis_key in axis_keys] for axis, axis_keys in ((years, firms.years), (units, firms.units))
    )
    for position, leaf in enumerate(firms.indicators):
        if leaf in leaves:
            leaf_draws, cell_grid = draws[:count, leaves.index(leaf)], np.ix_(range(count), rows, columns)
            leaf_draws[cell_grid] = np.where(np.isnan(leaf_draws[cell_grid]), np.nan, firms.values[..., position])
    return draws
