"""Tables modes, mode_densities and paths: what each SRDI firm is strong in, and where each industry's SRDI firms stand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..engines.duckdb import Engine
from ..errors import HqdError
from ..study.records import Study
from ..tables import conform, empty
from .mode_scores import ALL_AXES, scored
from .modes import MODES, diversity, memberships
from .paths import FEW, path_rows

STATES = (*MODES, "mixed", "unclassified")
VERSIONS = {"shown": ("mode", "p_tech", "p_safety"), "base": ("base_mode", "base_p_tech", "base_p_safety")}
MEND = (
    "在 modes.yaml 写测度项,并提供企业表与专精特新状态",
    "name items in modes.yaml, and give a firm table with SRDI status",
)
ITEM_MEND = ("提供该列,或在 modes.yaml 中改用别的测度项", "give the column, or name another item in modes.yaml")
FEW_MEND = ("提供更多企业,或调低 modes.yaml 的 min_srdi", "give more firms, or a lower min_srdi in modes.yaml")
AXIS_MEND = ("为该得分补充测度项,或调低 min_items", "give the score more items, or lower min_items")


def mode_tables(study: Study, engine: Engine, tables: Mapping[str, str], io_links: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """modes (SRDI firms by year), mode_densities, paths (by unit and year) and not_made.

    `tables` are the engine's, firms with status; `io_links` the weights between units. What the data lack is left out and
    named, never zero.
    """
    try:
        found = scored(study, engine, tables)
    except HqdError as fault:
        made = {name: empty(name) for name in ("modes", "mode_densities", "paths")}
        return made | {"not_made": _reasons([(name, (fault.zh, fault.en), MEND) for name in made])}
    paths, without = path_rows(study, found, io_links)
    missing = [("modes", _item(study, name, why), ITEM_MEND) for name, why in found.lacking.items() if _asked(study, name)]
    missing += [("modes", _axis(name), AXIS_MEND) for name in ALL_AXES if found.rows[f"raw_{name}"].isna().all()]
    missing += [("paths", why, FEW_MEND if why[1].endswith(FEW[1]) else ITEM_MEND) for why in without]
    return {
        "modes": firm_modes(found.rows),
        "mode_densities": conform("mode_densities", mode_densities(study, found.rows)),
        "paths": paths,
        "not_made": _reasons(missing),
    }


def firm_modes(rows: pd.DataFrame) -> pd.DataFrame:
    """Table `modes`: the years of firms recognised at any time."""
    shown = rows[rows["ever"]].rename(columns={"tech": "technology"})
    shown = shown.assign(**{name: shown[name].replace("", None) for name in ("quadrant",)})
    return conform("modes", shown[[c for c in empty("modes").columns if c in shown]])


def mode_densities(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """By version, unit, year and mode: SRDI firms, per 1,000 firms, soft density, revenue share, and the unit's diversity.

    The soft densities of the four modes and the density of the unclassified add up to the density of all. Shares are of the
    revenue of classified firms; fewer than `min_srdi` of them: none, and the row says so.
    """
    every = rows.groupby(["unit", "year"], sort=True).size().rename("n_firms")
    force = rows[rows["in_force"]]
    cell = every.index.get_indexer(pd.MultiIndex.from_frame(force[["unit", "year"]]))
    sold = force["revenue"].fillna(0.0).to_numpy(dtype=float)
    blocks = []
    for version, (mode, p_tech, p_safety) in VERSIONS.items():
        soft = memberships(force[p_tech].to_numpy(dtype=float), force[p_safety].to_numpy(dtype=float))
        known = ~np.isnan(soft[MODES[0]])  # a label may outlive its score by a year, a membership does not
        for state in STATES:
            mine = (force[mode] == state).to_numpy()
            member = np.where(known, soft[state], 0.0) if state in soft else ~known & (state == "unclassified")
            cells = pd.DataFrame({"n_srdi": mine.astype(int), "member": member.astype(float), "sold": np.where(mine, sold, 0.0)})
            sums = cells.groupby(cell).sum().reindex(range(len(every)), fill_value=0.0)
            blocks.append(every.reset_index().join(sums).assign(version=version, mode=state))
    frame = pd.concat(blocks, ignore_index=True)
    frame["density"] = 1000 * frame["n_srdi"] / frame["n_firms"]
    frame["soft"] = (1000 * frame["member"] / frame["n_firms"]).where(frame["mode"] != "mixed")
    return _shares(study, frame.astype({"n_srdi": "int64"})).drop(columns=["member", "sold"])


def _shares(study: Study, frame: pd.DataFrame) -> pd.DataFrame:
    """Revenue shares of classified firms, the mode that leads, and the diversity of the unit; suppressed where firms are few."""
    cell, named = ["version", "unit", "year"], frame["mode"] != "unclassified"
    total = frame["sold"].where(named, 0.0).groupby([frame[c] for c in cell]).transform("sum")
    number = frame["n_srdi"].where(named, 0).groupby([frame[c] for c in cell]).transform("sum")
    enough = (number >= study.modes.min_srdi) & (total > 0)
    out = frame.assign(share=(frame["sold"] / total).where(named & enough))
    out["dominant"] = out["mode"].isin(MODES) & (out["share"] > study.modes.dominant)
    spread = out[named & enough].groupby(cell)["share"].agg(lambda shares: diversity(shares.to_numpy()))
    out["diversity"] = spread.reindex(pd.MultiIndex.from_frame(out[cell])).to_numpy(dtype=float)
    return out.assign(flag=pd.Series("suppressed", index=out.index).mask(enough | (number == 0)))


def _asked(study: Study, item: str) -> bool:
    """Items that only a path uses are told of with the path."""
    return item in study.modes.axis_items()


def _item(study: Study, name: str, why: tuple[str, str]) -> tuple[str, str]:
    label = study.modes.items[name].label
    return (f"测度项 {name}({label.zh}):{why[0]}", f"item {name} ({label.en}): {why[1]}")


def _axis(name: str) -> tuple[str, str]:
    return (f"得分 {name}:没有企业的测度项足够", f"score {name}: no firm has enough items")


def _reasons(missing: list[tuple[str, tuple[str, str], tuple[str, str]]]) -> pd.DataFrame:
    columns = ["table", "reason_zh", "reason_en", "mend_zh", "mend_en"]
    return pd.DataFrame([(table, *why, *mend) for table, why, mend in missing], columns=columns)
