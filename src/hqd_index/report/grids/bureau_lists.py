"""Lists in the form of an office under the chain-chief system (maps and lists): the chain, its gaps and blockages, the tasks."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..bilingual import BLANK_TEXT, Bilingual
from ..label_catalogue import KEY_LABELS
from ..results import Results
from ..wording import wording
from .grid import Grid, parse_columns
from .list_grids import FLAGS
from .missing_parts import common_parts, note_of_common_parts, rest_of_row

CHAIN = parse_columns(
    "chain_list",
    """
rank | int | 8
node | text | 34
flags | text | 18
chokepoints_in_imports | % | 12
priority | 2 | 10
self_sufficiency | 2 | 10
srdi_firms | int | 10
firms | int | 10
main_suppliers | text | 48
main_users | text | 48
""",
)
PROBLEMS = parse_columns(
    "problem_list",
    """
no | int | 8
rank_by_priority | int | 10
node | text | 34
kind | text | 10
flags | text | 18
chokepoints_in_imports | % | 12
evidence | text | 70
kept_under_other_thresholds | % | 14
data_to_be_checked | text | 14
missing | text | 28
""",
)
TASKS = parse_columns(
    "task_list",
    """
no | int | 8
node | text | 34
problem | text | 12
task | text | 52
evidence | text | 70
lead | text | 26
in_charge | text | 14
due | text | 14
progress | text | 18
""",
)
TASK_OF_FLAG: dict[str, tuple[Bilingual, Bilingual]] = {
    "chokepoint": (
        wording("grids.task.chokepoint"),
        wording("grids.lead.chokepoint"),
    ),
    "gap": (
        wording("grids.task.gap"),
        wording("grids.lead.gap"),
    ),
    "blockage": (
        wording("grids.task.blockage"),
        wording("grids.lead.blockage"),
    ),
    "weak": (
        wording("grids.task.weak"),
        wording("grids.lead.weak"),
    ),
}  # fmt: skip


def chain_list(results: Results) -> Grid | None:
    """Every industry of the latest year with flags, what it lacks, and its main suppliers and users."""
    rows = _latest(results, "industry")
    if rows.empty:
        return None
    inputs = results.table("main_inputs")
    inputs = inputs[inputs["year"] == inputs["year"].max()] if len(inputs) else inputs
    values = [
        (
            node["rank"], _name(node), _flags(node), node["chokepoint_import_share"], node["priority"], node["self_sufficiency"],
            node["n_srdi"], node["n_firms"],
            _partners(inputs[inputs["sector"] == node["node"]], "supplier"),
            _partners(inputs[inputs["supplier"] == node["node"]], "sector"),
        )
        for node in rows.to_dict("records")
    ]  # fmt: skip
    year = int(rows["year"].max())
    title = wording("grids.title.chain_list", year=year)
    table_year = f"{int(inputs['year'].max())}" if len(inputs) else "—"
    note = wording("grids.note.chain_list", table_year=table_year)
    return Grid(title, CHAIN, tuple(values), ("priority", "main_inputs"), note)


def problem_list(results: Results) -> Grid | None:
    """Nodes of the latest year with a flag that calls for action, the heaviest first, with evidence and how firm it is."""
    rows = _problems(results)
    if rows.empty:
        return None
    common, missing = {code: common_parts(rows, code) for code in ("zh", "en")}, note_of_common_parts(rows)
    values = [
        (
            place, node["rank"], _name(node), KEY_LABELS["kind"][node["kind"]], _flags(node), node["chokepoint_import_share"],
            _pair(node, "evidence"), node["stability"], wording("grids.yes") if node["contradiction"] else BLANK_TEXT,
            Bilingual(rest_of_row(node, common["zh"], "zh"), rest_of_row(node, common["en"], "en")),
        )
        for place, node in enumerate(rows.to_dict("records"), 1)
    ]  # fmt: skip
    year = int(rows["year"].max())
    title = wording("grids.title.problem_list", year=year)
    note = wording("grids.note.problem_list", missing=missing)
    return Grid(title, PROBLEMS, tuple(values), ("priority",), note)


def task_list(results: Results) -> Grid | None:
    """A task for each flag of each such node, with who leads; person, date and progress are for the office to fill in.

    Where chokepoint products are listed, the task is that of the product, not once more of its industry.
    """
    rows = _problems(results)
    if rows.empty:
        return None
    tasks = [
        (_name(node), FLAGS[flag], task, _evidence_of(node, flag), lead)
        for node in rows.to_dict("records")
        for flag, (task, lead) in TASK_OF_FLAG.items()
        if node[flag] == 1 and not (flag == "chokepoint" and node["kind"] == "industry" and rows["kind"].eq("product").any())
    ]
    values = tuple((k, *task, BLANK_TEXT, BLANK_TEXT, BLANK_TEXT) for k, task in enumerate(tasks, 1))
    year = int(rows["year"].max())
    title = wording("grids.title.task_list", year=year)
    note = wording("grids.note.task_list")
    return Grid(title, TASKS, values, ("priority",), note)


def _latest(results: Results, kind: str | None = None) -> pd.DataFrame:
    rows = results.table("priority")
    if rows.empty:
        return rows
    rows = rows[rows["year"] == rows["year"].max()]
    rows = rows[rows["kind"] == kind] if kind else rows
    return rows.sort_values(["kind", "rank", "node"], na_position="last", kind="stable")


def _problems(results: Results) -> pd.DataFrame:
    """Industries by number of problems and chokepoints' share of imports, then products by rank."""
    rows = _latest(results)
    if rows.empty:
        return rows
    rows = rows[rows["problem"].fillna(0) == 1]
    weights = rows.assign(problems=rows[list(TASK_OF_FLAG)].eq(1).sum(axis=1))
    order = {"kind": True, "problems": False, "chokepoint_import_share": False, "rank": True}
    return weights.sort_values(list(order), ascending=list(order.values()), na_position="last", kind="stable")


def _name(node: dict[Any, Any]) -> Bilingual:
    code = f" {node['node']}" if node["kind"] == "industry" and node["node_zh"] != node["node"] else ""
    return Bilingual(f"{node['node_zh']}{code}", f"{node['node_en']}{code}")


def _flags(node: dict[Any, Any]) -> Bilingual:
    names = [name for flag, name in FLAGS.items() if node[flag] == 1]
    return Bilingual("、".join(name.zh for name in names), ", ".join(name.en for name in names))


def _pair(node: dict[Any, Any], column: str) -> Bilingual:
    texts = [node[f"{column}_{language}"] for language in ("zh", "en")]
    return Bilingual(*texts) if all(isinstance(text, str) for text in texts) else BLANK_TEXT


def _evidence_of(node: dict[Any, Any], flag: str) -> Bilingual:
    """The part of a node's evidence that is about one flag."""
    both = _pair(node, "evidence")
    zh = [part for part in both.zh.split("；") if part.startswith(f"{FLAGS[flag].zh}:")]
    en = [part for part in both.en.split("; ") if part.startswith(f"{FLAGS[flag].en}:")]
    return Bilingual("；".join(zh), "; ".join(en))


def _partners(inputs: pd.DataFrame, side: str) -> Bilingual:
    rows = inputs.sort_values("share", ascending=False, kind="stable").head(3)
    texts = [
        [f"{name} {share:.1%}" for name, share in zip(rows[f"{side}_{language}"], rows["share"])] for language in ("zh", "en")
    ]
    return Bilingual("、".join(texts[0]), ", ".join(texts[1]))
