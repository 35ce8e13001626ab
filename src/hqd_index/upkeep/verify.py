"""A published run examined from its files alone: bytes, shares, scores computed again in plain Python, sums of effects."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CheckError, Faults, HqdError
from ..provenance import digest_file, file_digests, manifest_of
from ..publishing import LATEST, recorded_digest, run_folder
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


def verify(
    study_results: Path, run_id: str | None, study: Study, is_same_study: Callable[[Study, Mapping[str, Any]], bool]
) -> Checked:
    """Checks a run below a study's folder of results (default: the latest); CheckError (exit 4) names all that differs.

    `is_same_study` says whether a run's manifest is of this study: of another configuration the scores are not recomputed.
    """
    folder = run_folder(study_results, run_id or LATEST)
    manifest = manifest_of(folder)
    lines = [_check_manifest(folder, recorded_digest(study_results, manifest["run"])), _check_files(folder, manifest["files"])]
    weights = [weight_row for weight_row in _table_rows(folder, "weights") if weight_row["scenario"] == "base"]
    lines.append(_check_shares(weights))
    lines.append(_check_scores(folder, weights, study) if is_same_study(study, manifest) else NOT_RECOMPUTED)
    comparison = second_opinion(folder)
    lines += [line for line in (_check_effects(folder), comparison.line if comparison else NO_REGRESSIONS) if line]
    return Checked(str(manifest["run"]), tuple(lines))


NOT_RECOMPUTED = (
    "得分未重算:当前配置不是该次运行所用的配置",
    "scores were not recomputed: the configuration is not the one of this run",
)

NO_REGRESSIONS = ("本次运行没有回归,无需重新估计", "the run has no regressions to re-estimate")


def _table_rows(folder: Path, table_name: str) -> list[dict[str, str]]:
    path = folder / "tables" / f"{table_name}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _check_manifest(folder: Path, recorded: str | None) -> tuple[str, str]:
    """The manifest as `latest.txt` records it: whoever changes a file must change the manifest, and then this digest differs."""
    digest = digest_file(folder / "manifest.json")
    if recorded not in (None, digest):
        raise CheckError(
            f"the manifest was changed after it was written: its SHA-256 is {digest}, latest.txt records {recorded}; "
            "hqd run makes the run again",
            zh=f"清单写成后被改动过:其 SHA-256 为 {digest},latest.txt 所记为 {recorded};执行 hqd run 可重新生成",
            location=str(folder / "manifest.json"),
        )
    return f"清单 SHA-256:{digest}", f"manifest SHA-256: {digest}"


def _check_files(folder: Path, digest_by_file: Mapping[str, str]) -> tuple[str, str]:
    """Every file of the manifest as it was written; a file that was added later is reported, not refused."""
    current_digests = file_digests(folder.resolve())
    missing_files = [file_name for file_name in digest_by_file if file_name not in current_digests]
    changed_files = [
        file_name
        for file_name in digest_by_file
        if file_name in current_digests and current_digests[file_name] != digest_by_file[file_name]
    ]
    if missing_files or changed_files:
        faults: list[HqdError] = [
            CheckError("the file is gone", zh="文件已不存在", location=str(folder / file_name)) for file_name in missing_files
        ]
        faults += [
            CheckError("the file was changed after it was written", zh="文件写成后被改动过", location=str(folder / file_name))
            for file_name in changed_files
        ]
        faults.append(CheckError("hqd run rebuilds them from the cache", zh="执行 hqd run 可由缓存重建"))
        raise Faults(faults)
    added_files = sorted(current_digests.keys() - digest_by_file.keys())
    zh, en = (
        (f";另有 {len(added_files)} 个后来放入的文件", f"; {len(added_files)} more were put there later")
        if added_files
        else ("", "")
    )
    return f"{len(digest_by_file)} 个文件与清单一致{zh}", f"{len(digest_by_file)} files are as the manifest lists them{en}"


def _check_shares(weights: Sequence[Row]) -> tuple[str, str]:
    """The shares of the children of each node, in each year that has its own, sum to 1."""
    families: dict[tuple[str, str], list[float]] = {}
    for row in weights:
        families.setdefault((row["parent"], row["year"]), []).append(float(row["share_local"]))
    wrong_sums = {family: math.fsum(shares) for family, shares in families.items() if abs(math.fsum(shares) - 1) > SHARES}
    if wrong_sums:
        (parent, year), share_sum = next(iter(wrong_sums.items()))
        node_and_year = f"{parent} {year}".strip()
        raise CheckError(
            f"shares below {node_and_year} sum to {share_sum!r}",
            zh=f"{node_and_year} 的下级份额之和为 {share_sum!r}",
            location="weights.csv",
        )
    return f"{len(families)} 组份额各自合计为 1", f"the shares of {len(families)} families sum to 1 each"


def _check_scores(folder: Path, weights: Sequence[Row], study: Study) -> tuple[str, str]:
    """Scores of every node that is a weighted mean, computed from weights.csv and indicators.csv, are the published ones."""
    tree = tree_of(study.indicators)
    shares = {(weight_row["node"], weight_row["year"]): float(weight_row["share_local"]) for weight_row in weights}
    per_unit = {weight_row["parent"] for weight_row in weights if weight_row["method"] == "bod"}
    computed_scores = {
        _score_key(weight_row, weight_row["indicator"]): _float(weight_row["normalised"])
        for weight_row in _table_rows(folder, "indicators")
    }
    published_scores = {
        _score_key(weight_row, weight_row["node"]): _float(weight_row["score"]) for weight_row in _table_rows(folder, "scores")
    }
    n_recomputed = 0
    for node in reversed(tree.inner):
        children = tree.children(node)
        is_weighted_mean = (
            family_choice(study.weighting, tree, node, "aggregate")[0].method == "arithmetic" and node not in per_unit
        )
        is_leaf_family = not any(tree.children(child) for child in children)
        required_count = max(1, min(study.weighting.coverage.min_children, len(children))) if is_leaf_family else len(children)
        for score_key in [score_key for score_key in published_scores if score_key[1] == node]:
            published_score = published_scores[score_key] / 100
            computed_scores[score_key] = published_score
            if is_weighted_mean:
                weight = [shares.get((child, score_key[0][2]), shares.get((child, ""), math.nan)) for child in children]
                _require_equal(
                    _present_mean([computed_scores[score_key[0], child] for child in children], weight, required_count),
                    published_score,
                    node,
                    score_key[0],
                )
                n_recomputed += 1
    n_not_additive = len(published_scores) - n_recomputed
    zh, en = (
        (f";{n_not_additive} 个不可加的得分未重算", f"; {n_not_additive} that are no weighted means were not")
        if n_not_additive
        else ("", "")
    )
    return (
        f"{n_recomputed:,} 个得分由权重和指标重算一致{zh}",
        f"{n_recomputed:,} scores come out of weights and indicators again{en}",
    )


def _score_key(score_row: Row, node: str) -> tuple[Key, str]:
    return (score_row["sample"], score_row["unit"], score_row["year"]), node


def _float(cell_text: str) -> float:
    return float(cell_text) if cell_text else math.nan


def _present_mean(child_scores: Sequence[float], weights: Sequence[float], required_count: int) -> float:
    """The mean over the values present, NaN where they are too few or weigh nothing."""
    known_pairs = [(child_score, weight) for child_score, weight in zip(child_scores, weights) if not math.isnan(child_score)]
    total_weight = math.fsum(weight for _, weight in known_pairs)
    if len(known_pairs) < required_count or total_weight == 0:
        return math.nan
    return math.fsum(child_score * weight for child_score, weight in known_pairs) / total_weight


def _require_equal(recomputed: float, published_score: float, node: str, cell: Key) -> None:
    if (math.isnan(recomputed) and math.isnan(published_score)) or abs(recomputed - published_score) <= SCORES:
        return
    place = f"{node}, {', '.join(cell)}"
    raise CheckError(
        f"{place}: {100 * published_score!r} is published, weights and indicators give {100 * recomputed!r}",
        zh=f"{place}:发布的是 {100 * published_score!r},由权重和指标算得 {100 * recomputed!r}",
        location="scores.csv",
    )


def _check_effects(folder: Path) -> tuple[str, str] | None:
    """Each effect is the sum of its composition and its spillover; None where the run splits none."""
    effect_parts: dict[tuple[str, ...], dict[str, float]] = {}
    for contribution_row in _table_rows(folder, "contribution"):
        effect_key = tuple(
            contribution_row[key_column] for key_column in ("item", "spec", "sample", "unit", "from_year", "to_year")
        )
        effect_parts.setdefault(effect_key, {})[contribution_row["quantity"]] = _float(contribution_row["value"])
    compositions = [
        (effect_key, effects, key_column)
        for effect_key, effects in effect_parts.items()
        for key_column in effects
        if COMPOSITION in key_column
    ]
    for effect_key, effects, key_column in compositions:
        effect_name, spillover = key_column.replace(COMPOSITION, ""), key_column.replace(COMPOSITION, "_spillover")
        gap = effects.get(effect_name, math.nan) - effects[key_column] - effects.get(spillover, math.nan)
        if effect_name in effects and spillover in effects and abs(gap) > EFFECTS:
            effect_location = " ".join(key_part for key_part in (*effect_key, effect_name) if key_part)
            raise CheckError(
                f"{effect_location}: all - composition - spillover is {gap!r}",
                zh=f"{effect_location}:全部 - 构成 - 外溢 = {gap!r}",
                location="contribution.csv",
            )
    if not compositions:
        return None
    return f"{len(compositions)} 个估计均等于构成 + 外溢", f"{len(compositions)} estimates are composition + spillover"


COMPOSITION = "_composition"
