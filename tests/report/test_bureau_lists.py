"""Lists of an office: every flagged node has its task, its evidence and who leads, in both languages."""

import pandas as pd

from hqd_index.report.grids.bureau_lists import TASK_OF_FLAG, chain_list, problem_list, task_list
from hqd_index.report.results import Results

from .test_chain_map import chained, priorities


def test_each_flag_of_a_node_is_a_task_with_its_own_evidence(results: Results) -> None:
    """C17, a chokepoint and weak, comes before C13, a chokepoint; each task has the evidence of its own flag."""
    shown = chained(results, priority=priorities(2020, problem=[1, 1, 0, 0]))
    tasks, problems, nodes = task_list(shown), problem_list(shown), chain_list(shown)
    assert tasks is not None and problems is not None and nodes is not None
    assert [(row[0], row[2].en) for row in tasks.rows] == [(1, "chokepoint"), (2, "weak"), (3, "chokepoint")]
    assert [row[4].zh for row in tasks.rows] == ["", "短板:乙", "卡点:甲"]
    assert all(row[5].zh and row[5].en and row[6].zh == row[7].zh == row[8].zh == "" for row in tasks.rows)
    assert len(problems.rows) == 2 and len(nodes.rows) == 4
    assert "链长制办公室" in problems.note.zh and "chain chief" in problems.note.en


def test_heavier_chokepoints_come_first_and_are_tasks_by_product(results: Results) -> None:
    """Of four flagged industries the one with most of its imports in chokepoints leads; a product's task is not given twice."""
    alike = {"chokepoint": 1, "weak": 0, "problem": 1, "missing_zh": "自给率", "missing_en": "self-sufficiency"}
    industries = priorities(2020, **alike | {"chokepoint_import_share": [0.1, 0.4, 0.2, None], "missing_zh": ["自给率"] * 4})
    product = priorities(2020, **alike).head(1).assign(kind="product", node="390001", node_zh="HS 390001 光刻胶")
    shown = chained(results, priority=pd.concat([industries, product], ignore_index=True))
    problems, tasks = problem_list(shown), task_list(shown)
    assert problems is not None and tasks is not None
    assert [row[2].en.split()[-1] for row in problems.rows][:4] == ["C17", "C26", "C13", "C39"]
    assert [row[1].zh for row in tasks.rows] == ["HS 390001 光刻胶"]
    assert all(row[-1].zh == "" for row in problems.rows) and "行业均缺自给率；产品均缺自给率" in problems.note.zh


def test_what_one_row_lacks_is_in_its_row(results: Results) -> None:
    lacking = {"missing_zh": ["甲", "甲、乙", "甲", "甲"], "missing_en": ["a", "a, b", "a", "a"]}
    problems = problem_list(chained(results, priority=priorities(2020, problem=1, **lacking)))
    assert problems is not None and "均缺甲：" in problems.note.zh and "Missing for all industries: a." in problems.note.en
    assert {row[2].en.split()[-1]: row[-1].zh for row in problems.rows} == {"C13": "", "C17": "乙", "C26": "", "C39": ""}


def test_lists_of_nothing_are_none(results: Results) -> None:
    quiet = chained(results, priority=priorities(2020, chokepoint=0, weak=0, problem=0))
    assert task_list(quiet) is None and problem_list(quiet) is None and chain_list(quiet) is not None
    assert task_list(results) is None and set(TASK_OF_FLAG) == {"chokepoint", "gap", "blockage", "weak"}
