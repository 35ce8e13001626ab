"""Tables modes, mode_densities and paths: what each SRDI firm is strong in, and the place of each industry's SRDI firms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..engines import Engine
from ..errors import HqdError
from ..study.records import Study
from ..tables import conform, empty
from .mode_scores import ALL_AXES, firm_scores
from .mode_validation import mode_validation
from .modes import MODES, diversity, memberships
from .path_indices import FEW_FIRMS, path_rows

MODE_STATES = (*MODES, "mixed", "unclassified")
VERSIONS = {"shown": ("mode", "p_tech", "p_safety"), "base": ("base_mode", "base_p_tech", "base_p_safety")}
DEAD_BANDS = (0.0, 0.25, 0.5, 1.0)
"""Dead bands, in base-year SD of an axis, under which H4 is estimated again."""
BANDED_COLUMNS = ("dead_band", "unit", "year", "mode", "soft")
MEND = (
    "在 modes.yaml 写测度项,并提供企业表与专精特新状态",
    "name items in modes.yaml, and give a firm table with SRDI status",
)
ITEM_MEND = ("提供该列,或在 modes.yaml 中改用别的测度项", "give the column, or name another item in modes.yaml")
FEW_FIRMS_MEND = ("提供更多企业,或调低 modes.yaml 的 min_srdi", "give more firms, or a lower min_srdi in modes.yaml")
AXIS_MEND = ("为该得分补充测度项,或调低 min_items", "give the score more items, or lower min_items")


def mode_tables(study: Study, engine: Engine, tables: Mapping[str, str], io_links: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """modes (SRDI firms by year), mode_densities, mode_validation, paths (by unit and year), banded_densities and not_made.

    `tables` are the engine's, firms with status; `io_links` the weights between units. What the data lack is left out and
    named, never zero.
    """
    try:
        scores = firm_scores(study, engine, tables)
    except HqdError as fault:
        empty_tables = {table_name: empty(table_name) for table_name in ("modes", "mode_densities", "mode_validation", "paths")}
        return empty_tables | {
            "banded_densities": pd.DataFrame(columns=list(BANDED_COLUMNS)),
            "not_made": _not_made_rows([(table_name, (fault.zh, fault.en), MEND) for table_name in empty_tables]),
        }
    paths, missing_paths = path_rows(study, scores, io_links)
    missing_tables = [
        ("modes", _item_reason(study, table_name, reason), ITEM_MEND)
        for table_name, reason in scores.missing_items.items()
        if _is_on_axis(study, table_name)
    ]
    missing_tables += [
        ("modes", _axis_reason(table_name), AXIS_MEND) for table_name in ALL_AXES if scores.rows[f"raw_{table_name}"].isna().all()
    ]
    missing_tables += [
        ("paths", reason, FEW_FIRMS_MEND if reason[1].endswith(FEW_FIRMS[1]) else ITEM_MEND) for reason in missing_paths
    ]
    recognised = firm_modes(scores.rows)
    return {
        "modes": recognised,
        "mode_densities": conform("mode_densities", mode_densities(study, scores.rows)),
        "mode_validation": mode_validation(study, recognised),
        "banded_densities": banded_densities(scores.rows),
        "paths": paths,
        "not_made": _not_made_rows(missing_tables),
    }


def firm_modes(firm_years: pd.DataFrame) -> pd.DataFrame:
    """Table `modes`: the years of firms recognised at any time."""
    recognised_firms = firm_years[firm_years["ever"]].rename(columns={"tech": "technology"})
    recognised_firms = recognised_firms.assign(
        **{text_column: recognised_firms[text_column].replace("", None) for text_column in ("quadrant",)}
    )
    return conform(
        "modes", recognised_firms[[column_name for column_name in empty("modes").columns if column_name in recognised_firms]]
    )


def mode_densities(study: Study, firm_years: pd.DataFrame) -> pd.DataFrame:
    """By version, unit, year and mode: SRDI firms, per 1,000 firms, soft density, revenue share, and the unit's diversity.

    The soft densities of the four modes and the density of the unclassified add up to the density of all. Shares are of the
    revenue of classified firms; fewer than `min_srdi` of them: none, and the row says so.
    """
    firm_counts = firm_years.groupby(["unit", "year"], sort=True).size().rename("n_firms")
    in_force = firm_years[firm_years["in_force"]]
    cell = firm_counts.index.get_indexer(pd.MultiIndex.from_frame(in_force[["unit", "year"]]))
    revenue = in_force["revenue"].fillna(0.0).to_numpy(dtype=float)
    blocks = []
    for version, (mode, p_tech, p_safety) in VERSIONS.items():
        soft_memberships = memberships(in_force[p_tech].to_numpy(dtype=float), in_force[p_safety].to_numpy(dtype=float))
        has_membership = ~np.isnan(soft_memberships[MODES[0]])  # a label may outlive its score by a year, a membership does not
        for mode_state in MODE_STATES:
            in_mode = (in_force[mode] == mode_state).to_numpy()
            member = (
                np.where(has_membership, soft_memberships[mode_state], 0.0)
                if mode_state in soft_memberships
                else ~has_membership & (mode_state == "unclassified")
            )
            firm_weights = pd.DataFrame(
                {"n_srdi": in_mode.astype(int), "member": member.astype(float), "sold": np.where(in_mode, revenue, 0.0)}
            )
            cell_sums = firm_weights.groupby(cell).sum().reindex(range(len(firm_counts)), fill_value=0.0)
            blocks.append(firm_counts.reset_index().join(cell_sums).assign(version=version, mode=mode_state))
    frame = pd.concat(blocks, ignore_index=True)
    frame["density"] = 1000 * frame["n_srdi"] / frame["n_firms"]
    frame["soft"] = (1000 * frame["member"] / frame["n_firms"]).where(frame["mode"] != "mixed")
    return _mode_shares(study, frame.astype({"n_srdi": "int64"})).drop(columns=["member", "sold"])


def banded_densities(firm_years: pd.DataFrame) -> pd.DataFrame:
    """dead_band, unit, year, mode, soft: firms in force per 1,000 by the label of the base years under each dead band.

    Counted by label, where H4 itself counts by membership, which no dead band moves; `mixed` is counted as unclassified.
    """
    firm_counts = firm_years.groupby(["unit", "year"], sort=True).size().rename("n_firms")
    in_force = firm_years[firm_years["in_force"]]
    cell = firm_counts.index.get_indexer(pd.MultiIndex.from_frame(in_force[["unit", "year"]]))
    a1, a2 = (in_force[column].to_numpy(dtype=float) for column in ("base_a1", "base_a2"))
    blocks = []
    for dead_band in DEAD_BANDS:
        beyond = (np.abs(a1) >= dead_band) & (np.abs(a2) >= dead_band)  # False where a score is unknown
        first, second = np.where(a1 > 0, "tech", "market"), np.where(a2 > 0, "safety", "efficiency")
        mode = np.where(beyond, np.char.add(np.char.add(first, "_"), second), "unclassified")
        for state in (*MODES, "unclassified"):
            count = np.bincount(cell, weights=mode == state, minlength=len(firm_counts))
            soft = 1000 * count / firm_counts.to_numpy(dtype=float)
            blocks.append(firm_counts.reset_index().assign(dead_band=dead_band, mode=state, soft=soft))
    return pd.concat(blocks, ignore_index=True)[list(BANDED_COLUMNS)]


def _mode_shares(study: Study, mode_rows: pd.DataFrame) -> pd.DataFrame:
    """Revenue shares of classified firms, the mode that leads, and the diversity of the unit; suppressed where firms are few."""
    cell, classified = ["version", "unit", "year"], mode_rows["mode"] != "unclassified"
    total = mode_rows["sold"].where(classified, 0.0).groupby([mode_rows[cell_column] for cell_column in cell]).transform("sum")
    number = mode_rows["n_srdi"].where(classified, 0).groupby([mode_rows[cell_column] for cell_column in cell]).transform("sum")
    sufficient = (number >= study.modes.min_srdi) & (total > 0)
    densities = mode_rows.assign(share=(mode_rows["sold"] / total).where(classified & sufficient))
    densities["dominant"] = densities["mode"].isin(MODES) & (densities["share"] > study.modes.dominant)
    diversities = densities[classified & sufficient].groupby(cell)["share"].agg(lambda shares: diversity(shares.to_numpy()))
    densities["diversity"] = diversities.reindex(pd.MultiIndex.from_frame(densities[cell])).to_numpy(dtype=float)
    return densities.assign(flag=pd.Series("suppressed", index=densities.index).mask(sufficient | (number == 0)))


def _is_on_axis(study: Study, item: str) -> bool:
    """Whether an axis uses the item: one that only a path uses is reported with the path."""
    return item in study.modes.axis_items()


def _item_reason(study: Study, item_name: str, reason: tuple[str, str]) -> tuple[str, str]:
    label = study.modes.items[item_name].label
    return (f"测度项 {item_name}({label.zh}):{reason[0]}", f"item {item_name} ({label.en}): {reason[1]}")


def _axis_reason(axis_key: str) -> tuple[str, str]:
    return (f"得分 {axis_key}:没有企业的测度项足够", f"score {axis_key}: no firm has enough items")


def _not_made_rows(missing_tables: list[tuple[str, tuple[str, str], tuple[str, str]]]) -> pd.DataFrame:
    columns = ["table", "reason_zh", "reason_en", "mend_zh", "mend_en"]
    return pd.DataFrame([(table, *reason, *remedy) for table, reason, remedy in missing_tables], columns=columns)
