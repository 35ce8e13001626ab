"""The scores over time and across units, table by table; what cannot be computed is a row of `not_made`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from ...errors import EstimationError
from ...study.records import EconomicLinks, Study
from ..index_tables import Index
from ..score_panel import Refusals, Row, ScorePanel, score_panel_of, table
from ..unit_groups import groupings
from .convergence import convergence_rows
from .coupling import CAUTION, coupling_table, group_means
from .dagum_gini import dagum_rows
from .kernel_density import kernel_rows
from .markov_chains import SPATIAL, markov_rows
from .moran import GLOBAL, LOCAL, Weights, moran_rows, weight_matrix
from .obstacle_degrees import obstacles_table
from .province_borders import contiguity
from .spatial_weights import economic_links
from .theil_index import theil_rows
from .time_weights import time_rows


def dynamics(
    study: Study,
    index: Index,
    io_links: pd.DataFrame | None,
    seed: int,
    *,
    study_groups: Mapping[str, str] | None = None,
    density: pd.DataFrame | None = None,
    panel: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables dynamics, coupling, obstacles, distribution, transitions, lisa and not_made of sample `all`.

    `io_links` (from_unit, to_unit, upstream) are the shares of a unit's inputs that come from each other one, in a fixed
    year; without them provinces are linked by common borders. `study_groups` is the study's own grouping of units; `density`
    (unit, year, density) splits coordination by SRDI density. `panel` holds the indicators that links of economic distance
    are taken from (study.yaml, dynamics).
    """
    score_panel, refusals, options = score_panel_of(study, index), Refusals(), study.study.dynamics
    schemes = groupings(index.units, study_groups)
    coupling = coupling_table(score_panel, index.design.tree.children(index.design.tree.root), refusals, options.coupling)
    weights = _spatial_weights(score_panel, io_links, refusals, options.links, panel)
    markov_moves, curves = markov_rows(score_panel, weights, refusals), kernel_rows(score_panel, refusals)
    local_rows: list[Row] = []
    spatial_rows = [*_coordination(coupling, score_panel, schemes, density), *dagum_rows(score_panel, schemes, refusals)]
    spatial_rows += [*convergence_rows(score_panel, refusals), *curves.summary_rows, *markov_moves.summary_rows]
    spatial_rows += theil_rows(score_panel, schemes, refusals) if options.theil else []
    spatial_rows += time_rows(score_panel, options.time_degree, refusals) if options.time_degree is not None else []
    if weights is not None:
        spatial = moran_rows(score_panel, weights, seed, refusals)
        spatial_rows, local_rows = spatial_rows + spatial.overall, spatial.local_rows
    rows_by_table = {
        "dynamics": spatial_rows,
        "distribution": curves.points,
        "transitions": markov_moves.cells,
        "lisa": local_rows,
    }
    return {
        "coupling": coupling,
        "obstacles": obstacles_table(index, score_panel, refusals),
        **{
            table_name: table(table_name, [table_row | score_panel.node(table_row["node"]) for table_row in table_rows])
            for table_name, table_rows in rows_by_table.items()
        },
        "not_made": table("not_made", refusals.rows),
    }


def _spatial_weights(
    score_panel: ScorePanel,
    io_links: pd.DataFrame | None,
    refusals: Refusals,
    links: EconomicLinks | None,
    panel: pd.DataFrame | None,
) -> Weights | None:
    """W over the units: as the study asks, by economic distance alone or times the geographic W; else the geographic W."""
    geographic = None if links and links.kind == "economic" else _geographic_weights(score_panel, io_links, refusals)
    if links is None or (links.kind == "nested" and geographic is None):
        return geographic
    with refusals.refusing(links.by, GLOBAL, LOCAL, SPATIAL):
        return economic_links(pd.DataFrame() if panel is None else panel, links.by, score_panel.units, geographic)
    return None


def _geographic_weights(score_panel: ScorePanel, io_links: pd.DataFrame | None, refusals: Refusals) -> Weights | None:
    """W of the links, else of common borders where all are provinces; None and noted where there is neither."""
    borders = contiguity(score_panel.units) if io_links is None or io_links.empty else None
    if borders is not None:
        return borders
    with refusals.refusing("io_links", GLOBAL, LOCAL, SPATIAL):
        if io_links is None or io_links.empty:
            raise EstimationError("there is no table of links between units", zh="没有单位之间的联系表")
        return weight_matrix(io_links, score_panel.units)
    return None


def _coordination(
    coupling: pd.DataFrame, score_panel: ScorePanel, schemes: Mapping[str, Mapping[str, str]], density: pd.DataFrame | None
) -> Iterable[Row]:
    """Rows of `dynamics`: mean coupling and degree of all units and by group, described and never judged."""
    if coupling.empty:
        return
    members = {"all": pd.DataFrame({"unit": score_panel.units, "group": "all"})}
    for scheme, groups in schemes.items():
        members[scheme] = pd.DataFrame({"unit": list(groups), "group": list(groups.values())})
    if density is not None:
        members["density"] = units_by_density(density)
    root = next(iter(score_panel.values))
    for cells in group_means(coupling, members).to_dict("records"):
        row_head = {"item": "coupling", "node": root, "year": cells["year"], "variant": cells["scheme"], "group": cells["group"]}
        yield (
            row_head
            | {"quantity": f"degree_{cells['method']}", "value": cells["degree"]}
            | {"note_zh": CAUTION.zh, "note_en": CAUTION.en}
        )
        yield row_head | {"quantity": f"coupling_{cells['method']}", "value": cells["coupling"]}
        if cells["method"] == "classic":
            yield row_head | {"quantity": "n", "value": cells["n"]}


def units_by_density(density: pd.DataFrame) -> pd.DataFrame:
    """unit, year, group: above the year's median SRDI density, or at or below it; rows without density are left out."""
    dense_rows = density.loc[density["density"].notna(), ["unit", "year", "density"]]
    is_dense = dense_rows["density"] > dense_rows.groupby("year")["density"].transform("median")
    return dense_rows.assign(group=is_dense.map({True: "density_high", False: "density_low"}))[["unit", "year", "group"]]
