"""Two published runs beside each other: only what differs in configuration, inputs, weights, ranks and coefficients."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ConfigError
from ..provenance import manifest_of
from ..publishing import CONFIG, run_folder, runs_by_date
from .change_sources import change_lines

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
    def is_as_written(self) -> bool:
        """Whether it is the study as its files say: no scenario and nothing changed on the command line."""
        return not self.manifest.get("scenario") and not self.manifest.get("changes")

    @property
    def config(self) -> Mapping[str, Any] | None:
        """The configuration with every default written out; None for a run that did not keep it."""
        path = self.folder / CONFIG
        return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else None

    def table(self, table_name: str) -> pd.DataFrame:
        """A table as people read it; no rows where the run has none."""
        path = self.folder / "tables" / f"{table_name}.csv"
        return pd.read_csv(path, dtype={"unit": str}, encoding="utf-8-sig") if path.is_file() else pd.DataFrame()


@dataclass(frozen=True)
class Section:
    """What differs in one respect: a title and one (Chinese, English) line for each thing."""

    title: Text
    lines: tuple[Text, ...]


def difference(
    study_results: Path, earlier_name: str | None = None, later_name: str | None = None
) -> tuple[Run, Run, tuple[Section, ...]]:
    """The two runs named and what differs, section by section; none where all is equal.

    Without names the newest by date and the newest before it that is the study as its files say (of trials alone, the last
    two); with one the newest besides it is the later. ConfigError where there are not two, SetupError when a name fits no run
    or several.
    """
    earlier_run = None if earlier_name is None else _run(run_folder(study_results, earlier_name))
    later_run = _newest_besides(study_results, earlier_run) if later_name is None else _run(run_folder(study_results, later_name))
    runs = (earlier_run or _published_before(study_results, later_run), later_run)
    table_parts = {
        ("配置", "Configuration"): _config(*runs),
        ("输入与程序", "Inputs and program"): _ingredients(*runs),
        ("权重", "Weights"): _weight_changes(*runs),
        ("原有年份的得分为何变化", "Why scores of earlier years changed"): change_lines(*map(_score_tables, runs)),
        ("名次", "Ranks"): _ranks(*runs),
        ("回归系数", "Coefficients"): _coefficients(*runs),
    }
    all_sections = [Section(title, tuple(section_lines)) for title, section_lines in table_parts.items()]
    return (*runs, tuple(section for section in all_sections if section.lines))


def _score_tables(run: Run) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return run.table("scores"), run.table("indicators"), run.table("weights")


def _published_before(study_results: Path, later_run: Run) -> Run:
    """The newest run before another that is the study as its files say, else the newest besides it."""
    runs = [_run(folder) for folder, _ in runs_by_date(study_results)]
    names = [run.name for run in runs]
    runs_before = runs[: names.index(later_run.name)] if later_run.name in names else runs
    published_runs = [run for run in runs_before if run.is_as_written]
    return published_runs[-1] if published_runs else _newest_besides(study_results, later_run)


def _newest_besides(study_results: Path, known_run: Run | None) -> Run:
    """The newest run besides one; ConfigError where there are not two runs."""
    folders = [folder for folder, _ in runs_by_date(study_results)]
    if len(folders) < 2:
        run_count, count_zh = "there is 1" if folders else "there are none", str(len(folders))
        raise ConfigError(
            f"two runs are needed to compare and {run_count}; change something and run again: hqd run",
            zh=f"比较需要两次运行,现有 {count_zh} 次;请改动后再运行:hqd run",
            location=str(study_results),
        )
    return _run([folder for folder in folders if known_run is None or folder.name != known_run.name][-1])


def _run(folder: Path) -> Run:
    return Run(folder, manifest_of(folder))


def config_changes(earlier_config: Mapping[str, Any], later_config: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(dotted path, value before, value after) of every entry that differs, as one line of YAML would have it."""
    earlier_entries, later_entries = dict(_flat_entries(earlier_config)), dict(_flat_entries(later_config))
    changes: list[tuple[str, str, str]] = []
    for path in sorted({*earlier_entries, *later_entries}):
        texts = [_yaml_text(entries[path]) if path in entries else ABSENT for entries in (earlier_entries, later_entries)]
        if texts[0] != texts[1]:
            changes.append((path, texts[0], texts[1]))
    return changes


def _flat_entries(entry_value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of every entry; a method with its options is one entry, and so is a list."""
    if isinstance(entry_value, Mapping) and entry_value and "method" not in entry_value:
        for entry_key, entry in entry_value.items():
            yield from _flat_entries(entry, f"{path}.{entry_key}" if path else str(entry_key))
    else:
        yield path, entry_value


def _config(earlier_run: Run, later_run: Run) -> Iterator[Text]:
    earlier_config, later_config = earlier_run.config, later_run.config
    if earlier_config is None or later_config is None:
        run_name = (earlier_run if earlier_config is None else later_run).name
        yield f"运行 {run_name} 没有保存配置,无法比较", f"run {run_name} did not keep its configuration: not compared"
        return
    for path, *value_pair in config_changes(earlier_config, later_config):
        change_line = f"{path}: {value_pair[0]} -> {value_pair[1]}"
        yield change_line, change_line


def _yaml_text(entry_value: Any) -> str:
    """A value as one line of YAML would have it, options at their place in the order of names."""
    return json.dumps(entry_value, ensure_ascii=False, sort_keys=True)


def _ingredients(earlier_run: Run, later_run: Run) -> Iterator[Text]:
    """Raw files by their digests, the program and the libraries by their versions."""
    for ingredient, digests in _changed_entries(earlier_run.manifest["inputs"], later_run.manifest["inputs"]):
        change_words = (
            ("新增", "new") if digests[0] is None else ("不再使用", "gone") if digests[1] is None else ("内容有变", "changed")
        )
        yield f"{ingredient}: {change_words[0]}", f"{ingredient}: {change_words[1]}"
    for ingredient, versions in _changed_entries(
        *({"program": run.manifest["program"], **run.manifest["versions"]} for run in (earlier_run, later_run))
    ):
        change_line = f"{ingredient}: {versions[0] or ABSENT} -> {versions[1] or ABSENT}"
        yield change_line, change_line


def _changed_entries(
    earlier_entries: Mapping[str, str], later_entries: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    for run_name in sorted({*earlier_entries, *later_entries}):
        if earlier_entries.get(run_name) != later_entries.get(run_name):
            yield run_name, (earlier_entries.get(run_name), later_entries.get(run_name))


def _weight_changes(earlier_run: Run, later_run: Run) -> Iterator[Text]:
    """Shares in the whole, those of the last year where they differ by year."""
    sides = []
    for run in (earlier_run, later_run):
        share_rows = run.table("weights")
        share_rows = share_rows[share_rows["scenario"] == "base"] if len(share_rows) else share_rows
        share_rows = (
            share_rows.sort_values("year", na_position="first").drop_duplicates("node", keep="last")
            if len(share_rows)
            else share_rows
        )
        sides.append(share_rows.set_index("node") if len(share_rows) else share_rows)
    for node in _key_order(sides):
        shares = [_cell_value(run_table, node, "share_global") for run_table in sides]
        if _is_different(*shares):
            node_labels = _label_texts(sides, node, "node")
            yield tuple(f"{node} {node_label}: {_change_text(*shares)}" for node_label in node_labels)  # type: ignore[misc]


def _ranks(earlier_run: Run, later_run: Run) -> Iterator[Text]:
    """Ranks and scores of the last year that both have; in how many other unit-years the rank differs."""
    sides = [_index_scores(run) for run in (earlier_run, later_run)]
    if not all(map(len, sides)):
        return
    both_runs = sides[0].add_suffix("_one").join(sides[1].add_suffix("_other"), how="outer").sort_index()
    changed_ranks = both_runs[
        [
            _is_different(earlier_rank, later_rank)
            for earlier_rank, later_rank in zip(both_runs["rank_one"], both_runs["rank_other"])
        ]
    ]
    year = min(run_table.index.get_level_values("year").max() for run_table in sides)
    last_year_changes = changed_ranks[changed_ranks.index.get_level_values("year") == year]
    for (_, unit), row in last_year_changes.sort_values("rank_other").iterrows():
        scores = row["score_one"], row["score_other"]
        change_text = _change_text(row["rank_one"], row["rank_other"]) + (
            f" ({_change_text(*scores)})" if _is_different(*scores) else ""
        )
        unit_labels = [row[f"unit_{language}_other"] for language in ("zh", "en")]
        unit_labels = [
            row[f"unit_{lang}_one"] if pd.isna(unit_label) else unit_label for lang, unit_label in zip(("zh", "en"), unit_labels)
        ]
        yield f"{year} {unit} {unit_labels[0]}: {change_text}", f"{year} {unit} {unit_labels[1]}: {change_text}"
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
        run_table.assign(**{k: run_table[k].astype(object).fillna("") for k in key}).set_index(key)
        if len(run_table)
        else run_table
        for run_table in sides
    ]
    for place in _key_order(sides):
        estimates = [_cell_value(run_table, place, "estimate") for run_table in sides]
        if _is_different(*estimates):
            p_values = [_cell_value(run_table, place, "p_wild") for run_table in sides]
            p = f" (p {_change_text(*p_values)})" if _is_different(*p_values) else ""
            change_line = (
                f"{' · '.join(location_part for location_part in place if location_part)}: {_change_text(*estimates)}{p}"
            )
            yield change_line, change_line


def _key_order(sides: list[pd.DataFrame]) -> list[Any]:
    """The keys of both tables, in the order of the later one, then those that are gone."""
    return list(dict.fromkeys([row_key for run_table in reversed(sides) if len(run_table) for row_key in run_table.index]))


def _label_texts(sides: list[pd.DataFrame], row_key: Any, column: str) -> tuple[str, str]:
    run_table = next(run_table for run_table in reversed(sides) if len(run_table) and row_key in run_table.index)
    return str(run_table.loc[row_key, f"{column}_zh"]), str(run_table.loc[row_key, f"{column}_en"])


def _cell_value(run_table: pd.DataFrame, row_key: Any, column: str) -> float:
    return float(run_table.loc[row_key, column]) if len(run_table) and row_key in run_table.index else float("nan")


def _is_different(earlier_value: float, later_value: float) -> bool:
    if pd.isna(earlier_value) or pd.isna(later_value):
        return bool(pd.isna(earlier_value) != pd.isna(later_value))
    return abs(earlier_value - later_value) > SAME * max(1.0, abs(earlier_value), abs(later_value))


def _change_text(earlier_value: float, later_value: float) -> str:
    """`before -> after` with as few digits, at least four, as distinguish them."""
    for digits in range(4, 18):
        number_pair = [ABSENT if pd.isna(number) else f"{number:.{digits}g}" for number in (earlier_value, later_value)]
        if number_pair[0] != number_pair[1]:
            break
    return f"{number_pair[0]} -> {number_pair[1]}"
