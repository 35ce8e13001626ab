"""How sure the ranks are: the data, the design and the weights apart and together, and which choice moves ranks most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..study.models import Study
from ..study.tree import tree_of
from .confidence import RankSets, rank_sets
from .designs import Designs, designs_of, short
from .draws import NONE, Numbers, Source, Table, root_scores
from .frames import cube
from .rank import competition
from .sobol import Indices, indices, saltelli

Array = NDArray[np.float64]
SOURCES = ("data", "design", "weights", "all")
WEIGHT_SETS = 4096
"""Different sets of random numbers behind the weight draws; more draws than these reuse them with other designs and firms."""


@dataclass(frozen=True)
class Firms:
    """Bootstrap draws of the firm indicators: values (B, T, U, k) on the given years, units and indicators."""

    values: Array
    years: tuple[int, ...]
    units: tuple[str, ...]
    indicators: tuple[str, ...]


def stream(study: Study, name: str) -> np.random.Generator:
    """One random stream per named purpose, the same in every run with the study's seed."""
    return np.random.default_rng([study.study.seed, crc32(name.encode())])


def uncertainty(study: Study, panel: pd.DataFrame, names: pd.DataFrame, firms: Firms | None) -> dict[str, pd.DataFrame]:
    """ranks, uncertainty, acceptability, pairs, sensitivity, designs, uncertainty_summary and design_scores of a study."""
    designs = designs_of(study)
    source = source_of(study, designs, panel[panel["sample"] == "all"], names, firms)
    tables = sampled(study, designs, source)
    scores = {name: root_scores(designs, source, table) for name, table in tables.items()}
    ranks = {name: competition(drawn) for name, drawn in scores.items()}
    published = root_scores(designs, source, _table([0], [NONE], [NONE]))[0]
    base = competition(published)
    sets = _sets(published, scores.get("data"))
    low, high = study.uncertainty.interval
    return {
        "ranks": _ranks_frame(source, names, base, ranks, sets, (low, high)),
        "uncertainty": _spread_frame(source, base, ranks, (low, high)),
        "acceptability": _acceptability_frame(source, ranks["all"][:, -1]),
        "pairs": _pairs_frame(source, scores["all"][:, -1], (low, high)),
        "sensitivity": _sensitivity_frame(study, designs, source, base[-1]),
        "designs": _designs_frame(designs, base, ranks["design"]),
        "uncertainty_summary": _summary_frame(source, base, scores, ranks),
        "design_scores": _design_scores(source, scores["design"]),
    }


def source_of(study: Study, designs: Designs, rows: pd.DataFrame, names: pd.DataFrame, firms: Firms | None) -> Source:
    """All leaves that any design scores, with firm draws on the same axes; leaves of other tables repeat in every draw."""
    units = tuple(sorted(rows["unit"].unique()))
    groups = tuple(names.set_index("unit")["group"].reindex(units).fillna("").tolist())
    trees = [tree_of(made.indicators) for made in _trees(study, designs)]
    leaves = tuple(dict.fromkeys(leaf for tree in trees for leaf in tree.leaves(tree.root)))
    nodes = tuple(dict.fromkeys(node for tree in trees for node in tree.order))
    years = tuple(sorted(int(year) for year in rows["year"].unique()))
    values = cube(rows, leaves, years, units)
    settings = study.uncertainty
    uniform = stream(study, "uncertainty.weights").random((min(WEIGHT_SETS, max(1, settings.draws)), len(nodes)))
    return Source(
        leaves=leaves,
        nodes=nodes,
        years=years,
        units=units,
        groups=groups,
        values=values,
        drawn=_drawn(values, leaves, years, units, firms),
        uniform=uniform,
        concentration=settings.weights.concentration if settings.weights else None,
    )


def _trees(study: Study, designs: Designs) -> list[Study]:
    """The study and one variant of it per alternative tree."""
    changing = [
        (f, o) for f, factor in enumerate(designs.factors) for o in range(len(factor)) if "indicators.tree" in factor.values[o]
    ]
    found = [study]
    for factor, option in changing:
        number = int(np.flatnonzero(designs.combinations[:, factor] == option)[0])
        found.append(designs.made(number))
    return found


def _drawn(values: Array, leaves: tuple[str, ...], years: tuple[int, ...], units: tuple[str, ...], firms: Firms | None) -> Array:
    if firms is None or not len(firms.values):
        return np.empty((0, *values.shape))
    out = np.repeat(values[None], len(firms.values), axis=0)
    rows = [years.index(year) for year in firms.years]
    columns = [units.index(unit) for unit in firms.units]
    for position, leaf in enumerate(firms.indicators):
        if leaf in leaves:
            cells = np.ix_(range(len(out)), rows, columns)
            known = ~np.isnan(values[..., leaves.index(leaf)])[np.ix_(rows, columns)]
            out[..., leaves.index(leaf)][cells] = np.where(known, firms.values[..., position], np.nan)
    return out


def sampled(study: Study, designs: Designs, source: Source) -> dict[str, Table]:
    """The draws of each source: every combination once; firms and weights around the base; all three at random."""
    draws, firm_draws, sets = study.uncertainty.draws, len(source.drawn), len(source.uniform)
    random = stream(study, "uncertainty.all")
    combinations = len(designs.combinations)
    weighed = study.uncertainty.weights is not None
    tables = {
        "design": _table(np.arange(combinations), NONE, NONE),
        "all": _table(
            random.integers(0, combinations, draws),
            random.integers(0, firm_draws, draws) if firm_draws else NONE,
            random.integers(0, sets, draws) if weighed else NONE,
        ),
    }
    if firm_draws:
        tables["data"] = _table(np.zeros(firm_draws), np.arange(firm_draws), NONE)
    if weighed:
        tables["weights"] = _table(np.zeros(sets), NONE, np.arange(sets))
    return {name: tables[name] for name in SOURCES if name in tables}


def _table(design: object, firms: object, weights: object) -> Table:
    rows: list[Numbers] = [np.asarray(part, dtype=np.intp) for part in (design, firms, weights)]
    return Table(*(np.broadcast_to(part, rows[0].shape).copy() for part in rows))


def _sets(published: Array, drawn: Array | None) -> list[RankSets] | None:
    """Rank confidence sets of each year from the firm draws; None without them."""
    if drawn is None:
        return None
    return [rank_sets(published[t], drawn[:, t]) for t in range(len(published))]


def order_statistics(ranks: Array, interval: tuple[float, float]) -> tuple[Array, Array, Array]:
    """Median and interval ends over draws (axis 0) as order statistics, so that each is a rank that was drawn."""
    ordered, count = np.sort(ranks, axis=0), len(ranks)
    low, middle, high = (ordered[min(count - 1, max(0, int(np.ceil(q * count)) - 1))] for q in (interval[0], 0.5, interval[1]))
    return low, middle, high


def beats(scores: Array) -> Array:
    """P(i scores above j) over draws of scores (draws, U), as (U, U)."""
    wins = np.zeros((scores.shape[1],) * 2)
    for block in np.array_split(scores, -(-len(scores) // 512)):
        wins += (block[:, :, None] > block[:, None, :]).sum(axis=0)
    return wins / len(scores)


def stable_pairs(scores: Array) -> float:
    """Share of pairs of units that no draw of scores (draws, U) puts the other way round."""
    share = beats(scores)
    upper = np.triu_indices(len(share), k=1)
    return float(np.mean((share[upper] == 0) | (share.T[upper] == 0)))


def mean_shift(ranks: Array, base: Array) -> Array:
    """Mean absolute rank shift of each draw (draws, ...) from the published ranks, over units ranked in both."""
    return np.nanmean(np.abs(ranks - base), axis=-1)


def _grid(source: Source) -> pd.DataFrame:
    years, units = source.years, source.units
    return pd.DataFrame({"unit": np.tile(np.array(units, dtype=object), len(years)), "year": np.repeat(years, len(units))})


def _ranks_frame(
    source: Source,
    names: pd.DataFrame,
    base: Array,
    ranks: Mapping[str, Array],
    sets: list[RankSets] | None,
    interval: tuple[float, float],
) -> pd.DataFrame:
    low, _, high = order_statistics(ranks["all"], interval)
    nothing = np.full_like(base, np.nan)
    held = (np.stack([s.low for s in sets]), np.stack([s.high for s in sets])) if sets else (nothing, nothing)
    columns = {"rank": base, "low": low, "high": high, "best_design": ranks["design"].min(axis=0)}
    columns |= {"worst_design": ranks["design"].max(axis=0), "set_low": held[0], "set_high": held[1]}
    frame = _grid(source).assign(**{name: values.ravel() for name, values in columns.items()})
    return frame.merge(names[["unit", "unit_zh", "unit_en"]], on="unit", how="left", validate="many_to_one")


def _spread_frame(source: Source, base: Array, ranks: Mapping[str, Array], interval: tuple[float, float]) -> pd.DataFrame:
    """source, unit, year, quantity (low, median, high, mean_shift), value."""
    blocks = []
    for name, drawn in ranks.items():
        low, middle, high = order_statistics(drawn, interval)
        shift = np.nanmean(np.abs(drawn - base), axis=0) if len(drawn) else np.full_like(base, np.nan)
        for quantity, values in {"low": low, "median": middle, "high": high, "mean_shift": shift}.items():
            blocks.append(_grid(source).assign(source=name, quantity=quantity, value=values.ravel()))
    return pd.concat(blocks, ignore_index=True)


def _acceptability_frame(source: Source, ranks: Array) -> pd.DataFrame:
    """Share of draws in which a unit takes a rank, last year; ranks never taken are left out."""
    rows = [
        {"unit": unit, "year": source.years[-1], "rank": int(rank), "share": count / len(ranks)}
        for u, unit in enumerate(source.units)
        for rank, count in zip(*np.unique(ranks[~np.isnan(ranks[:, u]), u], return_counts=True))
    ]
    return pd.DataFrame(rows, columns=["unit", "year", "rank", "share"])


def _pairs_frame(source: Source, scores: Array, interval: tuple[float, float]) -> pd.DataFrame:
    """P(unit above other) over all draws, last year; `apart` where one of the two is above in nearly every draw."""
    share = beats(scores)
    first, other = np.nonzero(~np.eye(len(share), dtype=bool))
    names = np.array(source.units, dtype=object)
    won = share[first, other]
    apart = (won <= interval[0]) | (won >= interval[1])
    return pd.DataFrame({"unit": names[first], "other": names[other], "year": source.years[-1], "share": won, "apart": apart})


def _designs_frame(designs: Designs, base: Array, ranks: Array) -> pd.DataFrame:
    """Each declared combination: what differs, and how far it moves the ranks of the last year."""
    last = ranks[:, -1]
    rows = [
        {"design": number, "label": designs.label(number), "mean_shift": float(np.nanmean(np.abs(row - base[-1])))}
        | {"max_shift": float(np.nanmax(np.abs(row - base[-1]))), "spearman": _spearman(row, base[-1])}
        for number, row in enumerate(last)
    ]
    return pd.DataFrame(rows)


def _spearman(one: Array, other: Array) -> float:
    known = ~(np.isnan(one) | np.isnan(other))
    if known.sum() < 3 or one[known].std() == 0 or other[known].std() == 0:
        return float("nan")
    return float(np.corrcoef(one[known], other[known])[0, 1])


def _summary_frame(source: Source, base: Array, scores: Mapping[str, Array], ranks: Mapping[str, Array]) -> pd.DataFrame:
    """Per source, last year: draws, pairs never reversed, mean absolute shift, mean width of the rank interval."""
    rows = []
    for name, drawn in ranks.items():
        low, _, high = order_statistics(drawn[:, -1], (0.05, 0.95))
        facts = {"draws": float(len(drawn)), "stable_pairs": stable_pairs(scores[name][:, -1])}
        facts |= {"mean_shift": float(mean_shift(drawn[:, -1], base[-1]).mean()), "mean_width": float(np.nanmean(high - low))}
        rows += [{"source": name, "year": source.years[-1], "quantity": q, "value": v} for q, v in facts.items()]
    return pd.DataFrame(rows)


def _design_scores(source: Source, scores: Array) -> pd.DataFrame:
    """design, unit, year, score of every declared combination: what the multiverse of regressions runs on."""
    grid = _grid(source)
    count = len(grid)
    repeated = pd.concat([grid] * len(scores), ignore_index=True)
    return repeated.assign(design=np.repeat(np.arange(len(scores)), count), score=scores.reshape(-1))


# Sobol' indices


def _sensitivity_frame(study: Study, designs: Designs, source: Source, base: Array) -> pd.DataFrame:
    """First-order and total index of each factor on the mean absolute rank shift and on each unit's rank, last year."""
    options, dropped = product_subset(designs)
    named = [short(factor.name) for factor in designs.factors]
    extra = [("weights", len(source.uniform))] if study.uncertainty.weights else []
    extra += [("data", len(source.drawn))] if len(source.drawn) else []
    factors = [(name, len(kept)) for name, kept in zip(named, options) if len(kept) > 1] + extra
    if not factors or study.uncertainty.draws == 0:
        return pd.DataFrame(columns=SENSITIVITY)
    random = stream(study, "uncertainty.sobol")
    points = saltelli(study.uncertainty.sobol.base, len(factors), random).all
    chosen = {name: np.minimum((points[:, k] * size).astype(np.intp), size - 1) for k, (name, size) in enumerate(factors)}
    table = _sobol_table(designs, named, options, chosen, len(points))
    ranks = competition(root_scores(designs, source, table)[:, -1])
    outputs = {"mean_shift": mean_shift(ranks, base)} | {f"rank:{unit}": ranks[:, u] for u, unit in enumerate(source.units)}
    note = f"not varied here, as they do not go with every other choice: {', '.join(dropped)}" if dropped else ""
    frames = []
    for output, values in outputs.items():
        if not np.isnan(values).any():
            frames.append(_index_rows(output, [name for name, _ in factors], indices(values, len(factors), random), note))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=SENSITIVITY)


SENSITIVITY = ["output", "factor", "first", "first_low", "first_high", "total", "total_low", "total_high", "note"]


def product_subset(designs: Designs) -> tuple[list[list[int]], list[str]]:
    """Options per factor of which every combination is valid (Sobol' indices need independent factors), and those dropped.

    The option that takes part in fewest valid combinations goes first; the study's own choice always stays.
    """
    options = [list(range(len(factor))) for factor in designs.factors]
    dropped = []
    valid = designs.combinations
    while options and len(valid) < np.prod([len(kept) for kept in options]):
        shares = [((valid[:, f] == o).sum() * len(options[f]), f, o) for f in range(len(options)) for o in options[f] if o > 0]
        _, factor, option = min(shares)
        options[factor].remove(option)
        dropped.append(f"{short(designs.factors[factor].name)}={designs.factors[factor].labels[option]}")
        valid = valid[valid[:, factor] != option]
    return options, dropped


def _sobol_table(
    designs: Designs, named: list[str], options: list[list[int]], chosen: Mapping[str, Numbers], count: int
) -> Table:
    numbers = np.zeros((count, len(named)), dtype=np.intp)
    for position, (name, kept) in enumerate(zip(named, options)):
        if name in chosen:
            numbers[:, position] = np.array(kept)[chosen[name]]
    row_of = designs.number_of()
    rows = np.array([row_of[tuple(row)] for row in numbers.tolist()])
    return _table(rows, chosen.get("data", NONE), chosen.get("weights", NONE))


def _index_rows(output: str, factors: list[str], found: Indices, note: str) -> pd.DataFrame:
    columns = {name: getattr(found, name) for name in SENSITIVITY[2:-1]}
    return pd.DataFrame({"output": output, "factor": factors} | columns).assign(note=note)
