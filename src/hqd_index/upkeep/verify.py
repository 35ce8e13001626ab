"""A published run examined from its files alone: bytes, shares, scores computed again in plain Python, sums of effects."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CheckError, Faults, HqdError, SetupError, unknown
from ..provenance import file_digests
from ..study.choices import family_choice
from ..study.indicator_tree import tree_of
from ..study.records import Study
from .second_opinion import second_opinion

SHARES = 1e-9
"""Shares are quotients by their own sum: only rounding is left."""
SCORES = 1e-9
"""The published tables hold all digits; sums in another order move the last ones."""
EFFECTS = 1e-10
"""The bound that the split of an estimate into composition and spillover is asserted to where it is made."""

Row = Mapping[str, str]
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Checked:
    """What was looked at and found right: one (Chinese, English) line each, and remarks that are no fault."""

    run: str
    lines: tuple[tuple[str, str], ...]


def verify(home: Path, run: str | None, study: Study, is_same_study: Callable[[Study, Mapping[str, Any]], bool]) -> Checked:
    """Checks a run below a study's folder of results (default: the latest); CheckError (exit 4) names all that differs.

    `is_same_study` says whether a run's manifest is of this study: of another configuration the scores are not recomputed.
    """
    folder = _folder(home, run)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    lines = [_files(folder, manifest["files"])]
    weights = [row for row in _rows(folder, "weights") if row["scenario"] == "base"]
    lines.append(_shares(weights))
    lines.append(_scores(folder, weights, study) if is_same_study(study, manifest) else NOT_RECOMPUTED)
    comparison = second_opinion(folder)
    lines += [line for line in (_effects(folder), comparison.line if comparison else NO_REGRESSIONS) if line]
    return Checked(str(manifest["run"]), tuple(lines))


NOT_RECOMPUTED = (
    "得分未重算:当前配置不是该次运行所用的配置",
    "scores were not recomputed: the configuration is not the one of this run",
)

NO_REGRESSIONS = ("本次运行没有回归,无需重新估计", "the run has no regressions to re-estimate")


def _folder(home: Path, run: str | None) -> Path:
    folder = home / "runs" / run if run and run != "latest" else home / "latest"
    if (folder / "manifest.json").is_file():
        return folder
    runs = sorted(path.parent.name for path in (home / "runs").glob("*/manifest.json"))
    if run and runs:
        en, zh = unknown("run", run, runs, kind_zh="运行")
        raise SetupError(en, zh=zh, location=str(home))
    raise SetupError("there is no whole run; hqd run makes one", zh="没有完整的运行结果;请先执行 hqd run", location=str(folder))


def _rows(folder: Path, table: str) -> list[dict[str, str]]:
    path = folder / "tables" / f"{table}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _files(folder: Path, listed: Mapping[str, str]) -> tuple[str, str]:
    """Every file of the manifest as it was written; a file that was added later is reported, not refused."""
    current_digests = file_digests(folder.resolve())
    missing_files = [name for name in listed if name not in current_digests]
    changed_files = [name for name in listed if name in current_digests and current_digests[name] != listed[name]]
    if missing_files or changed_files:
        faults: list[HqdError] = [
            CheckError("the file is gone", zh="文件已不存在", location=str(folder / name)) for name in missing_files
        ]
        faults += [CheckError("the file was changed after it was written", zh="文件写成后被改动过", location=str(folder / name))
                   for name in changed_files]  # fmt: skip
        faults.append(CheckError("hqd run rebuilds them from the cache", zh="执行 hqd run 可由缓存重建"))
        raise Faults(faults)
    added_files = sorted(current_digests.keys() - listed.keys())
    zh, en = (
        (f";另有 {len(added_files)} 个后来放入的文件", f"; {len(added_files)} more were put there later")
        if added_files
        else ("", "")
    )
    return f"{len(listed)} 个文件与清单一致{zh}", f"{len(listed)} files are as the manifest lists them{en}"


def _shares(weights: Sequence[Row]) -> tuple[str, str]:
    """The shares of the children of each node, in each year that has its own, sum to 1."""
    families: dict[tuple[str, str], list[float]] = {}
    for row in weights:
        families.setdefault((row["parent"], row["year"]), []).append(float(row["share_local"]))
    wrong_sums = {family: math.fsum(shares) for family, shares in families.items() if abs(math.fsum(shares) - 1) > SHARES}
    if wrong_sums:
        (parent, year), total = next(iter(wrong_sums.items()))
        place = f"{parent} {year}".strip()
        raise CheckError(
            f"shares below {place} sum to {total!r}", zh=f"{place} 的下级份额之和为 {total!r}", location="weights.csv"
        )
    return f"{len(families)} 组份额各自合计为 1", f"the shares of {len(families)} families sum to 1 each"


def _scores(folder: Path, weights: Sequence[Row], study: Study) -> tuple[str, str]:
    """Scores of every node that is a weighted mean, computed from weights.csv and indicators.csv, are the published ones."""
    tree = tree_of(study.indicators)
    shares = {(row["node"], row["year"]): float(row["share_local"]) for row in weights}
    per_unit = {row["parent"] for row in weights if row["method"] == "bod"}
    values = {_key(row, row["indicator"]): _float(row["normalised"]) for row in _rows(folder, "indicators")}
    published = {_key(row, row["node"]): _float(row["score"]) for row in _rows(folder, "scores")}
    n_recomputed = 0
    for node in reversed(tree.inner):
        children = tree.children(node)
        plain = family_choice(study.weighting, tree, node, "aggregate")[0].method == "arithmetic" and node not in per_unit
        leafy = not any(tree.children(child) for child in children)
        needed = max(1, min(study.weighting.coverage.min_children, len(children))) if leafy else len(children)
        for key in [key for key in published if key[1] == node]:
            published_score = published[key] / 100
            values[key] = published_score
            if plain:
                weight = [shares.get((child, key[0][2]), shares.get((child, ""), math.nan)) for child in children]
                _require_equal(
                    _mean([values[key[0], child] for child in children], weight, needed), published_score, node, key[0]
                )
                n_recomputed += 1
    n_not_additive = len(published) - n_recomputed
    zh, en = (
        (f";{n_not_additive} 个不可加的得分未重算", f"; {n_not_additive} that are no weighted means were not")
        if n_not_additive
        else ("", "")
    )
    return (
        f"{n_recomputed:,} 个得分由权重和指标重算一致{zh}",
        f"{n_recomputed:,} scores come out of weights and indicators again{en}",
    )


def _key(row: Row, node: str) -> tuple[Key, str]:
    return (row["sample"], row["unit"], row["year"]), node


def _float(text: str) -> float:
    return float(text) if text else math.nan


def _mean(values: Sequence[float], weights: Sequence[float], needed: int) -> float:
    """The mean over the values present, NaN where they are too few or weigh nothing."""
    present = [(value, weight) for value, weight in zip(values, weights) if not math.isnan(value)]
    total_weight = math.fsum(weight for _, weight in present)
    if len(present) < needed or total_weight == 0:
        return math.nan
    return math.fsum(value * weight for value, weight in present) / total_weight


def _require_equal(recomputed: float, published_score: float, node: str, cell: Key) -> None:
    if (math.isnan(recomputed) and math.isnan(published_score)) or abs(recomputed - published_score) <= SCORES:
        return
    place = f"{node}, {', '.join(cell)}"
    raise CheckError(
        f"{place}: {100 * published_score!r} is published, weights and indicators give {100 * recomputed!r}",
        zh=f"{place}:发布的是 {100 * published_score!r},由权重和指标算得 {100 * recomputed!r}",
        location="scores.csv",
    )


def _effects(folder: Path) -> tuple[str, str] | None:
    """Each effect is the sum of its composition and its spillover; None where the run splits none."""
    parts: dict[tuple[str, ...], dict[str, float]] = {}
    for row in _rows(folder, "contribution"):
        key = tuple(row[name] for name in ("item", "spec", "sample", "unit", "from_year", "to_year"))
        parts.setdefault(key, {})[row["quantity"]] = _float(row["value"])
    compositions = [(key, effects, name) for key, effects in parts.items() for name in effects if COMPOSITION in name]
    for key, effects, name in compositions:
        total, spillover = name.replace(COMPOSITION, ""), name.replace(COMPOSITION, "_spillover")
        gap = effects.get(total, math.nan) - effects[name] - effects.get(spillover, math.nan)
        if total in effects and spillover in effects and abs(gap) > EFFECTS:
            place = " ".join(part for part in (*key, total) if part)
            raise CheckError(
                f"{place}: all - composition - spillover is {gap!r}", zh=f"{place}:全部 - 构成 - 外溢 = {gap!r}",
                location="contribution.csv",
            )  # fmt: skip
    if not compositions:
        return None
    return f"{len(compositions)} 个估计均等于构成 + 外溢", f"{len(compositions)} estimates are composition + spillover"


COMPOSITION = "_composition"
