"""Lists in the form of an office under the chain-chief system (N图N清单): the chain, its gaps and blockages, the tasks."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..bilingual import BLANK_TEXT, Bilingual
from ..results import Results
from .grid import Grid, parse_columns
from .list_grids import FLAGS
from .missing_parts import common_parts, note_of_common_parts, rest_of_row

CHAIN = parse_columns("""
次序 | Rank | int | 8
节点 | Node | text | 34
标记 | Flags | text | 18
卡点产品占进口额 | Chokepoints in imports | % | 12
优先级 | Priority | 2 | 10
自给率 | Self-sufficiency | 2 | 10
专精特新企业数 | SRDI firms | int | 10
企业数 | Firms | int | 10
主要供应方 | Main suppliers | text | 48
主要用户 | Main users | text | 48
""")
PROBLEMS = parse_columns("""
序号 | No. | int | 8
优先级次序 | Rank by priority | int | 10
节点 | Node | text | 34
类别 | Kind | text | 10
标记 | Flags | text | 18
卡点产品占进口额 | Chokepoints in imports | % | 12
依据 | Evidence | text | 70
阈值变动后仍保留的比例 | Kept under other thresholds | % | 14
须核对数据 | Data to be checked | text | 14
缺少 | Missing | text | 28
""")
TASKS = parse_columns("""
序号 | No. | int | 8
节点 | Node | text | 34
问题 | Problem | text | 12
任务 | Task | text | 52
依据 | Evidence | text | 70
牵头 | Lead | text | 26
责任人 | In charge | text | 14
完成时限 | Due | text | 14
进展 | Progress | text | 18
""")
KINDS = {"industry": Bilingual("行业", "industry"), "product": Bilingual("产品", "product")}
OFFICE = Bilingual("链长制办公室", "chain chief's office")
TASK_OF_FLAG: dict[str, tuple[Bilingual, Bilingual]] = {
    "chokepoint": (
        Bilingual(
            "核实进口依赖；落实第二来源或国内替代；对接候选企业清单中的企业",
            "verify the dependence; secure a second source or a maker at home; approach firms on the list of candidates",
        ),
        Bilingual("链长制办公室、科技部门", "chain chief's office, science and technology"),
    ),
    "gap": (
        Bilingual("引进或培育本地企业，补齐缺失环节", "attract or grow firms for the missing link"),
        Bilingual("链长制办公室、投资促进部门", "chain chief's office, investment promotion"),
    ),
    "blockage": (
        Bilingual(
            "查明库存积压或拖欠货款的环节，协调上下游与金融机构",
            "find where stocks or payments are stuck; mediate with buyers and banks",
        ),
        Bilingual("链长制办公室、金融与清欠部门", "chain chief's office, finance and payment arrears"),
    ),
    "weak": (
        Bilingual("支持技术改造与质量提升，改善出口竞争力", "support renewal of equipment and quality to mend export weakness"),
        Bilingual("行业主管处室", "the division in charge of the industry"),
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
    title = Bilingual(f"产业链图谱清单（{year} 年）", f"The chain as a list, {year}")
    table_year = f"{int(inputs['year'].max())}" if len(inputs) else "—"
    note = Bilingual(
        f"由链长制办公室使用；依据：投入产出表（供应方与用户取 {table_year} 年）、贸易数据、企业名单。图见 report.html。",
        f"For the chain chief's office; on the evidence of the input-output table (suppliers and users of {table_year}), trade, "
        "the list of firms. The map is in report.html.",
    )
    return Grid(title, CHAIN, tuple(values), ("priority", "main_inputs"), note)


def problem_list(results: Results) -> Grid | None:
    """Nodes of the latest year with a flag that calls for action, the heaviest first, with evidence and how firm it is."""
    rows = _problems(results)
    if rows.empty:
        return None
    common, missing = {code: common_parts(rows, code) for code in ("zh", "en")}, note_of_common_parts(rows)
    values = [
        (
            place, node["rank"], _name(node), KINDS[node["kind"]], _flags(node), node["chokepoint_import_share"],
            _pair(node, "evidence"), node["stability"], Bilingual("是", "yes") if node["contradiction"] else BLANK_TEXT,
            Bilingual(rest_of_row(node, common["zh"], "zh"), rest_of_row(node, common["en"], "en")),
        )
        for place, node in enumerate(rows.to_dict("records"), 1)
    ]  # fmt: skip
    year = int(rows["year"].max())
    title = Bilingual(f"堵点、断点、卡点、短板清单（{year} 年）", f"Blockages, gaps, chokepoints, weak links, {year}")
    note = Bilingual(
        "由链长制办公室处置；依据列写明数值与阈值（阈值在 lists.yaml、columns.yaml）。先行业后产品，行业按问题个数、"
        "卡点产品占进口额排列，产品按优先级。行业有一种卡脖子产品即标卡点。“须核对数据”为同时是卡点与长板的节点。"
        f"{missing.zh}",
        "For the chain chief's office; the evidence gives values and thresholds (in lists.yaml and columns.yaml). Industries "
        "first, by number of problems and share of chokepoint products in imports; products by priority. One chokepoint product "
        f"flags an industry. Data are to be checked where a node is a chokepoint and a strength at once.{missing.en}",
    )
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
    title = Bilingual(f"任务清单（据 {year} 年标记）", f"Tasks, from the flags of {year}")
    note = Bilingual(
        "任务与牵头单位为按标记给出的建议，由链长制办公室核定；责任人、时限、进展由办公室填写。卡点的任务按产品列出。企业见企业清单一表。",
        "Task and lead are proposals by flag for the chain chief's office to decide; person, date and progress are left to be "
        "filled in. Chokepoints are tasks by product. Firms are on the sheet of candidates.",
    )
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
