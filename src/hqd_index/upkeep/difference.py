"""Two published runs beside each other: only what differs in configuration, inputs, weights, ranks and coefficients."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError, SetupError, unknown

SAME = 1e-9
"""Numbers of two runs nearer than this are the same: their last digits hang on the order of additions."""
ABSENT = "—"
Text = tuple[str, str]


@dataclass(frozen=True)
class Run:
    """A published run: its folder and manifest."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.manifest["run"])

    @property
    def config(self) -> Mapping[str, Any] | None:
        """The configuration with every default written out; None for a run that did not keep it."""
        path = self.folder / "config.json"
        return dict(_flat(json.loads(path.read_text("utf-8")))) if path.is_file() else None

    def table(self, name: str) -> pd.DataFrame:
        """A table as people read it; no rows where the run has none."""
        path = self.folder / "tables" / f"{name}.csv"
        return pd.read_csv(path, dtype={"unit": str}, encoding="utf-8-sig") if path.is_file() else pd.DataFrame()


@dataclass(frozen=True)
class Section:
    """What differs in one respect: a title and one (Chinese, English) line for each thing."""

    title: Text
    lines: tuple[Text, ...]


def difference(home: Path, earlier_name: str | None, later_name: str) -> tuple[Run, Run, tuple[Section, ...]]:
    """The two runs named (by `latest` or the beginning of an id) and what differs, section by section; none where all is equal.

    Without a first name it is the newest run besides the second; ConfigError where there are not two. SetupError when a name
    fits no run or several.
    """
    runs = (
        (_run_before(home, later_name) if earlier_name is None else published_run(home, earlier_name)),
        published_run(home, later_name),
    )
    parts = {
        ("配置", "Configuration"): _config(*runs),
        ("输入与程序", "Inputs and program"): _ingredients(*runs),
        ("权重", "Weights"): _weights(*runs),
        ("名次", "Ranks"): _ranks(*runs),
        ("回归系数", "Coefficients"): _coefficients(*runs),
    }
    all_sections = [Section(title, tuple(lines)) for title, lines in parts.items()]
    return (*runs, tuple(section for section in all_sections if section.lines))


def _run_folders(home: Path) -> dict[str, Path]:
    """Id -> folder of each whole run."""
    return {path.parent.name: path.parent for path in sorted((home / "runs").glob("*/manifest.json"))}


def _run_before(home: Path, name: str) -> Run:
    """The newest run besides the one named; ConfigError where there are not two."""
    folders = _run_folders(home)
    if len(folders) < 2:
        count, count_zh = "there is 1" if folders else "there are none", str(len(folders))
        raise ConfigError(
            f"two runs are needed to compare and {count}; change something and run again: hqd run",
            zh=f"比较需要两次运行,现有 {count_zh} 次;请改动后再运行:hqd run",
            location=str(home),
        )
    later_name = published_run(home, name).name
    return max(
        (_run(folder) for id, folder in folders.items() if id != later_name), key=lambda run: (run.manifest["made_at"], run.name)
    )


def _run(folder: Path) -> Run:
    return Run(folder, json.loads((folder / "manifest.json").read_text("utf-8")))


def published_run(home: Path, name: str) -> Run:
    """The published run of a name; SetupError lists those there are."""
    runs = _run_folders(home)
    fitting = [home / "latest"] if name == "latest" and runs else [runs[id] for id in runs if id.startswith(name)]
    if len(fitting) == 1:
        return _run(fitting[0])
    if not runs:
        raise SetupError("there is no whole run; hqd run makes one", zh="没有完整的运行结果;请先执行 hqd run", location=str(home))
    if fitting:
        several = ", ".join(path.name for path in fitting)
        raise SetupError(
            f"{name!r} begins several runs: {several}", zh=f"以 {name!r} 开头的运行不止一个:{several}", location=str(home)
        )
    en, zh = unknown("run", name, runs, kind_zh="运行")
    raise SetupError(en, zh=zh, location=str(home))


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of every entry; a method with its options is one entry, and so is a list."""
    if isinstance(value, Mapping) and value and "method" not in value:
        for key, entry in value.items():
            yield from _flat(entry, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def _config(earlier_run: Run, later_run: Run) -> Iterator[Text]:
    earlier_config, later_config = earlier_run.config, later_run.config
    if earlier_config is None or later_config is None:
        run_name = (earlier_run if earlier_config is None else later_run).name
        yield f"运行 {run_name} 没有保存配置,无法比较", f"run {run_name} did not keep its configuration: not compared"
        return
    for path in sorted({*earlier_config, *later_config}):
        pair = tuple(_yaml_text(values[path]) if path in values else ABSENT for values in (earlier_config, later_config))
        if pair[0] != pair[1]:
            line = f"{path}: {pair[0]} -> {pair[1]}"
            yield line, line


def _yaml_text(value: Any) -> str:
    """A value as one line of YAML would have it, options at their place in the order of names."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _ingredients(earlier_run: Run, later_run: Run) -> Iterator[Text]:
    """Raw files by their digests, the program and the libraries by their versions."""
    for name, digests in _changed_entries(earlier_run.manifest["inputs"], later_run.manifest["inputs"]):
        words = ("新增", "new") if digests[0] is None else ("不再使用", "gone") if digests[1] is None else ("内容有变", "changed")
        yield f"{name}: {words[0]}", f"{name}: {words[1]}"
    for name, versions in _changed_entries(
        *({"program": run.manifest["program"], **run.manifest["versions"]} for run in (earlier_run, later_run))
    ):
        line = f"{name}: {versions[0] or ABSENT} -> {versions[1] or ABSENT}"
        yield line, line


def _changed_entries(
    earlier_entries: Mapping[str, str], later_entries: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    for name in sorted({*earlier_entries, *later_entries}):
        if earlier_entries.get(name) != later_entries.get(name):
            yield name, (earlier_entries.get(name), later_entries.get(name))


def _weights(earlier_run: Run, later_run: Run) -> Iterator[Text]:
    """Shares in the whole, those of the last year where they differ by year."""
    sides = []
    for run in (earlier_run, later_run):
        rows = run.table("weights")
        rows = rows[rows["scenario"] == "base"] if len(rows) else rows
        rows = rows.sort_values("year", na_position="first").drop_duplicates("node", keep="last") if len(rows) else rows
        sides.append(rows.set_index("node") if len(rows) else rows)
    for node in _order(sides):
        shares = [_cell(side, node, "share_global") for side in sides]
        if _differ(*shares):
            names = _names(sides, node, "node")
            yield tuple(f"{node} {name}: {_arrow(*shares)}" for name in names)  # type: ignore[misc]


def _ranks(earlier_run: Run, later_run: Run) -> Iterator[Text]:
    """Ranks and scores of the last year that both have; in how many other unit-years the rank differs."""
    sides = [_index_scores(run) for run in (earlier_run, later_run)]
    if not all(map(len, sides)):
        return
    both_runs = sides[0].add_suffix("_one").join(sides[1].add_suffix("_other"), how="outer").sort_index()
    changed_ranks = both_runs[[_differ(a, b) for a, b in zip(both_runs["rank_one"], both_runs["rank_other"])]]
    year = min(side.index.get_level_values("year").max() for side in sides)
    last_year_changes = changed_ranks[changed_ranks.index.get_level_values("year") == year]
    for (_, unit), row in last_year_changes.sort_values("rank_other").iterrows():
        scores = row["score_one"], row["score_other"]
        change_text = _arrow(row["rank_one"], row["rank_other"]) + (f" ({_arrow(*scores)})" if _differ(*scores) else "")
        names = [row[f"unit_{language}_other"] for language in ("zh", "en")]
        names = [row[f"unit_{lang}_one"] if pd.isna(name) else name for lang, name in zip(("zh", "en"), names)]
        yield f"{year} {unit} {names[0]}: {change_text}", f"{year} {unit} {names[1]}: {change_text}"
    earlier_changes, earlier_ranks = (
        len(changed_ranks) - len(last_year_changes),
        len(both_runs) - int((both_runs.index.get_level_values("year") == year).sum()),
    )
    if earlier_changes:
        yield (
            f"其他年份:{earlier_ranks} 个名次中有 {earlier_changes} 个不同",
            f"other years: {earlier_changes} of {earlier_ranks} ranks differ",
        )


def _index_scores(run: Run) -> pd.DataFrame:
    scores = run.table("scores")
    if scores.empty:
        return scores
    rows = scores[(scores["sample"] == "all") & (scores["level"] == "index")]
    return rows.set_index(["year", "unit"])[["rank", "score", "unit_zh", "unit_en"]]


def _coefficients(earlier_run: Run, later_run: Run) -> Iterator[Text]:
    key = ["spec", "sample", "subset", "outcome", "term"]
    sides = [run.table("regressions") for run in (earlier_run, later_run)]
    sides = [
        side.assign(**{k: side[k].astype(object).fillna("") for k in key}).set_index(key) if len(side) else side for side in sides
    ]
    for place in _order(sides):
        estimates = [_cell(side, place, "estimate") for side in sides]
        if _differ(*estimates):
            chances = [_cell(side, place, "p_wild") for side in sides]
            p = f" (p {_arrow(*chances)})" if _differ(*chances) else ""
            line = f"{' · '.join(part for part in place if part)}: {_arrow(*estimates)}{p}"
            yield line, line


def _order(sides: list[pd.DataFrame]) -> list[Any]:
    """The keys of both tables, in the order of the later one, then those that are gone."""
    return list(dict.fromkeys([key for side in reversed(sides) if len(side) for key in side.index]))


def _names(sides: list[pd.DataFrame], key: Any, column: str) -> tuple[str, str]:
    side = next(side for side in reversed(sides) if len(side) and key in side.index)
    return str(side.loc[key, f"{column}_zh"]), str(side.loc[key, f"{column}_en"])


def _cell(side: pd.DataFrame, key: Any, column: str) -> float:
    return float(side.loc[key, column]) if len(side) and key in side.index else float("nan")


def _differ(earlier_value: float, later_value: float) -> bool:
    if pd.isna(earlier_value) or pd.isna(later_value):
        return bool(pd.isna(earlier_value) != pd.isna(later_value))
    return abs(earlier_value - later_value) > SAME * max(1.0, abs(earlier_value), abs(later_value))


def _arrow(earlier_value: float, later_value: float) -> str:
    """`before -> after` with as few digits, at least four, as tell them apart."""
    for digits in range(4, 18):
        pair = [ABSENT if pd.isna(value) else f"{value:.{digits}g}" for value in (earlier_value, later_value)]
        if pair[0] != pair[1]:
            break
    return f"{pair[0]} -> {pair[1]}"
