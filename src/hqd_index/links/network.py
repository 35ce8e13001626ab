"""What an input-output table says of each sector: inverses, import dependence, value added in exports, place in the chain.

Arrays follow the sectors of the table; a sector without output, inputs or use at home has NaN where these divide.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import EstimationError
from .iotable import Array, IoTable

DAMPING, PAGERANK_TOLERANCE = 0.85, 1e-14


def _ratio(numerators: Array, denominators: Array) -> Array:
    return np.divide(
        numerators, denominators, out=np.full_like(np.asarray(numerators, dtype=float), np.nan), where=denominators > 0
    )


def coefficients(flows: Array, output: Array) -> Array:
    """A (n, n): input of i per unit of j's output, z_ij / x_j; 0 where a sector has no output."""
    return np.divide(flows, output[None, :], out=np.zeros_like(flows), where=output[None, :] > 0)


def allocations(flows: Array, output: Array) -> Array:
    """B (n, n): part of i's output that j uses, z_ij / x_i; 0 where a sector has no output."""
    return np.divide(flows, output[:, None], out=np.zeros_like(flows), where=output[:, None] > 0)


def inverse(matrix: Array, *, location: str = "") -> Array:
    """(I - A)^-1, the sum of all rounds; EstimationError IO02 where they do not converge (spectral radius >= 1)."""
    radius = float(np.abs(np.linalg.eigvals(matrix)).max(initial=0.0))
    if radius >= 1:
        raise EstimationError(
            f"inputs use up the whole output (spectral radius {radius:.4g}, below 1 needed); check the units of final uses",
            zh=f"中间投入耗尽了全部产出(谱半径 {radius:.4g},应小于 1);请检查最终使用的单位",
            location=location,
            rule="IO02",
        )
    return np.asarray(np.linalg.inv(np.eye(len(matrix)) - matrix))


def leontief(io_table: IoTable) -> Array:
    """L = (I - A_d)^-1 (n, n): domestic output of i per unit of final demand for j (Leontief 1936)."""
    return inverse(coefficients(io_table.domestic, io_table.output), location=f"io {io_table.year}")


def ghosh(io_table: IoTable) -> Array:
    """G = (I - B_d)^-1 (n, n): output of j that a unit of i's primary inputs ends up in (Ghosh 1958); x_i g_ij = l_ij x_j."""
    return inverse(allocations(io_table.domestic, io_table.output), location=f"io {io_table.year}")


def imported_input_share(io_table: IoTable) -> Array:
    """100 m_j / (m_j + d_j), all intermediate inputs of j in % (Hummels, Ishii & Yi 2001)."""
    imported_sums, domestic_sums = io_table.imported_flows.sum(axis=0), io_table.domestic.sum(axis=0)
    return 100 * _ratio(imported_sums, imported_sums + domestic_sums)


def self_sufficiency(io_table: IoTable) -> Array:
    """Domestic part of what is used at home of product i, 0-1: (x - e) / (x - e + m)."""
    return _ratio(io_table.absorption - io_table.imports, io_table.absorption)


def dva_export_share(io_table: IoTable) -> Array:
    """100 v (I - A_d)^-1: domestic value added in a unit of j's exports, in % (Koopman, Wang & Wei 2014)."""
    inputs = coefficients(io_table.domestic + io_table.imported_flows, io_table.output)
    share = 100 * (1 - inputs.sum(axis=0)) @ leontief(io_table)
    return np.where(io_table.output > 0, share, np.nan)


def vertical_specialisation(io_table: IoTable) -> Array:
    """100 u A_m (I - A_d)^-1: imports in a unit of j's exports, in % (Hummels, Ishii & Yi 2001); 100 less the above."""
    share = 100 * coefficients(io_table.imported_flows, io_table.output).sum(axis=0) @ leontief(io_table)
    return np.where(io_table.output > 0, share, np.nan)


def upstreamness(io_table: IoTable) -> Array:
    """U = (I - D)^-1 1, D_ij = z_ij / (x_i - e_i + m_i): steps to final use (Antras, Chor, Fally & Hillberry 2012).

    z are domestic and imported flows: trade is taken to be used as what is made and sold at home is. At least 1 where
    final uses are not negative; a moderator, not a score.
    """
    flows = io_table.domestic + io_table.imported_flows
    steps = inverse(allocations(flows, io_table.absorption), location=f"io {io_table.year}").sum(axis=1)
    return np.where(io_table.absorption > 0, steps, np.nan)


def complete_consumption(io_table: IoTable, suppliers: Collection[str]) -> Array:
    """sum_s b_sj over the suppliers s named, b = (I - A)^-1 - I, without the sector itself; NaN where no supplier is left.

    A holds domestic and imported inputs (完全消耗系数).
    """
    is_supplier = np.array([sector_code in suppliers for sector_code in io_table.codes])
    n_other_suppliers = is_supplier.sum() - is_supplier
    inputs = coefficients(io_table.domestic + io_table.imported_flows, io_table.output)
    total_needs = inverse(inputs, location=f"io {io_table.year}") - np.eye(len(inputs))
    own_use = np.where(is_supplier, np.diag(total_needs), 0.0)
    return np.where((io_table.output > 0) & (n_other_suppliers > 0), total_needs[is_supplier].sum(axis=0) - own_use, np.nan)


def dispersion(multipliers: Array) -> Array:
    """Multipliers over their mean: above 1 is more than the mean sector (Rasmussen 1956; forward by rows of G, Jones 1976)."""
    return np.asarray(multipliers / multipliers.mean())


@dataclass(frozen=True)
class Centrality:
    """Betweenness and PageRank (n,) of the sectors."""

    betweenness: Array
    pagerank: Array


def centrality(io_table: IoTable) -> Centrality:
    """Place in the network of domestic input coefficients, without own use.

    Betweenness: share of shortest paths through a sector, an edge being 1 / a_ij long (Brandes 2001). PageRank with
    damping 0.85, users pointing to their suppliers: large where much of the economy's inputs come from, directly or not.
    """
    import networkx as nx

    inputs = coefficients(io_table.domestic, io_table.output)
    np.fill_diagonal(inputs, 0.0)
    graph = nx.DiGraph()
    graph.add_nodes_from(io_table.codes)
    for i, j in zip(*np.nonzero(inputs > 0)):
        graph.add_edge(io_table.codes[i], io_table.codes[j], weight=inputs[i, j], length=1 / inputs[i, j])
    betweenness = nx.betweenness_centrality(graph, weight="length", normalized=True)
    rank = nx.pagerank(graph.reverse(copy=False), alpha=DAMPING, weight="weight", tol=PAGERANK_TOLERANCE, max_iter=1000)
    return Centrality(*(np.array([measure[sector_code] for sector_code in io_table.codes]) for measure in (betweenness, rank)))


def network(io_table: IoTable, digital: Collection[str]) -> pd.DataFrame:
    """Every sector of one table with all of the above: sector, year, one column each.

    `key_sector`: backward and forward linkage both above 1.
    """
    centrality_rows = centrality(io_table)
    backward, forward = leontief(io_table).sum(axis=0), ghosh(io_table).sum(axis=1)
    return pd.DataFrame(
        {
            "sector": io_table.codes,
            "year": io_table.year,
            "gross_output": io_table.output,
            "imported_input_share": imported_input_share(io_table),
            "dva_export_share": dva_export_share(io_table),
            "self_sufficiency": self_sufficiency(io_table),
            "upstreamness": upstreamness(io_table),
            "digital_input": complete_consumption(io_table, digital),
            "output_multiplier": backward,
            "forward_multiplier": forward,
            "backward_linkage": dispersion(backward),
            "forward_linkage": dispersion(forward),
            "key_sector": (dispersion(backward) > 1) & (dispersion(forward) > 1),
            "betweenness": centrality_rows.betweenness,
            "pagerank": centrality_rows.pagerank,
        }
    )


def main_inputs(io_table: IoTable, places: int) -> pd.DataFrame:
    """The largest domestic suppliers of each sector, itself left out: sector, year, place, supplier, share of inputs, value."""
    flows = io_table.domestic.copy()
    np.fill_diagonal(flows, 0.0)
    shares = coefficients(flows, io_table.domestic.sum(axis=0))
    order = np.argsort(-flows, axis=0, kind="stable")[:places]
    codes = np.array(io_table.codes, dtype=object)
    users = np.tile(np.arange(len(codes)), (len(order), 1))
    frame = pd.DataFrame(
        {
            "sector": codes[users].ravel(),
            "year": io_table.year,
            "place": np.repeat(np.arange(1, len(order) + 1), len(codes)),
            "supplier": codes[order].ravel(),
            "share": shares[order, users].ravel(),
            "value": flows[order, users].ravel(),
        }
    )
    return frame[frame["value"] > 0].reset_index(drop=True)


def io_links(io_table: IoTable, units: Collection[str]) -> pd.DataFrame:
    """Weights between units, supplier -> user, without a unit's links to itself: year, from_unit, to_unit, four weights.

    upstream: part of the user's domestic inputs that come from the supplier, d_ij / sum_k d_kj;
    downstream: part of the supplier's domestic intermediate sales that go to the user, d_ij / sum_k d_ik;
    leontief, ghosh: the same links in all rounds, l_ij and g_ij.
    Shares are over all sectors, so those among units need not sum to 1.
    """
    unit_positions = np.array([k for k, sector_code in enumerate(io_table.codes) if sector_code in units], dtype=int)
    names = np.array(io_table.codes, dtype=object)[unit_positions]
    inflows, outflows = io_table.domestic.sum(axis=0), io_table.domestic.sum(axis=1)
    weights = {
        "upstream": coefficients(io_table.domestic, inflows),
        "downstream": allocations(io_table.domestic, outflows),
        "leontief": leontief(io_table),
        "ghosh": ghosh(io_table),
    }
    keys = {
        "year": io_table.year,
        "from_unit": np.repeat(names, len(unit_positions)),
        "to_unit": np.tile(names, len(unit_positions)),
    }
    frame = pd.DataFrame(
        keys
        | {
            weight_kind: link_weights[np.ix_(unit_positions, unit_positions)].ravel()
            for weight_kind, link_weights in weights.items()
        }
    )
    return frame[frame["from_unit"] != frame["to_unit"]].reset_index(drop=True)
