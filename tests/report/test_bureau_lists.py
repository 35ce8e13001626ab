"""Lists of an office: every flagged node has its task, its evidence and who leads, in both languages."""

from hqd_index.report.grids.bureau_lists import TASK_OF_FLAG, chain_list, problem_list, task_list
from hqd_index.report.results import Results

from .test_chain_map import chained, priorities


def test_each_flag_of_a_node_is_a_task_with_its_own_evidence(results: Results) -> None:
    """C13 is a chokepoint, C17 a chokepoint and weak; evidence of the one flag does not stand beside the other's task."""
    shown = chained(results, priority=priorities(2020, problem=[1, 1, 0, 0]))
    tasks, problems, nodes = task_list(shown), problem_list(shown), chain_list(shown)
    assert tasks is not None and problems is not None and nodes is not None
    assert [(row[0], row[2].en) for row in tasks.rows] == [(1, "chokepoint"), (2, "chokepoint"), (3, "weak")]
    assert [row[4].zh for row in tasks.rows] == ["卡点:甲", "", "短板:乙"]
    assert all(row[5].zh and row[5].en and row[6].zh == row[7].zh == row[8].zh == "" for row in tasks.rows)
    assert len(problems.rows) == 2 and len(nodes.rows) == 4
    assert "链长制办公室" in problems.note.zh and "chain chief" in problems.note.en


def test_lists_of_nothing_are_none(results: Results) -> None:
    quiet = chained(results, priority=priorities(2020, chokepoint=0, weak=0, problem=0))
    assert task_list(quiet) is None and problem_list(quiet) is None and chain_list(quiet) is not None
    assert task_list(results) is None and set(TASK_OF_FLAG) == {"chokepoint", "gap", "blockage", "weak"}
