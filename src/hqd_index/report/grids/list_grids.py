"""Grids of the lists as the page shows them: nodes with their evidence in few columns; of firms counts, never a firm."""

from __future__ import annotations

from ..bilingual import Bilingual
from ..key_labels import key_label
from ..results import Results
from .grid import Column, Grid, cell_text, parse_columns
from .missing_parts import note_of_common_parts
from .published_grids import with_actor

PRIORITY = parse_columns("""
次序 | Rank | int | 8
节点 | Node | text | 30
标记 | Flags | text | 16
卡点产品占进口额 | Chokepoints in imports | % | 10
依据 | Evidence | text | 60
脆弱度 | Vulnerability | 2 | 10
中心度 | Centrality | 2 | 10
专精特新/目标 | SRDI firms/target | text | 14
优先级 | Priority | 2 | 10
""")
FLAGS = {
    "chokepoint": Bilingual("卡点", "chokepoint"),
    "gap": Bilingual("断点", "gap"),
    "blockage": Bilingual("堵点", "blockage"),
    "weak": Bilingual("短板", "weak"),
    "strong": Bilingual("长板", "strong"),
}
FIRST_PRODUCTS = 10
CANDIDATES = parse_columns("""
行业 | Industry | text | 34
列出企业数 | Firms listed | int | 12
其中省级专精特新 | Recognised by a province | int | 14
概率均值 | Mean probability | % | 12
最高概率 | Highest probability | % | 12
条件均已达到或不能判断 | No criterion missed | int | 16
""")
STAGE_KEYS = parse_columns("""
行业 | Industry | text | 34
类别 | Kind | text | 20
""")
STAGES = ("introduction", "growth", "mature", "shakeout", "decline", "unclassified")


def priority_nodes(results: Results) -> Grid | None:
    """Every industry of the latest year and the first products, by rank: flags, the evidence for them, the three factors."""
    rows = results.table("priority")
    if rows.empty:
        return None
    year = int(rows["year"].max())
    latest_rows = rows[rows["year"] == year].sort_values(["kind", "rank", "node"], na_position="last", kind="stable")
    is_product = latest_rows["kind"] != "industry"
    shown_rows = latest_rows[~is_product | (latest_rows.groupby("kind").cumcount() < FIRST_PRODUCTS)]
    values = []
    for node in shown_rows.to_dict("records"):
        flags = [text for flag, text in FLAGS.items() if node[flag] == 1]
        evidence = [node[f"evidence_{code}"] if isinstance(node[f"evidence_{code}"], str) else "" for code in ("zh", "en")]
        counts = "/".join(cell_text(node[quantity], "int", results.language) for quantity in ("n_srdi", "target"))
        code = f" {node['node']}" if node["kind"] == "industry" else ""  # a product's name begins with its code
        values.append(
            (
                node["rank"], Bilingual(f"{node['node_zh']}{code}", f"{node['node_en']}{code}"),
                Bilingual("、".join(text.zh for text in flags), ", ".join(text.en for text in flags)),
                node["chokepoint_import_share"], Bilingual(*evidence),
                node["vulnerability"], node["centrality"], Bilingual(counts, counts), node["priority"],
            )
        )  # fmt: skip
    title = Bilingual(f"产业链节点优先次序（{year} 年）", f"Priority of chain nodes, {year}")
    missing = note_of_common_parts(shown_rows)
    note = Bilingual(
        f"优先级 = 脆弱度 × 中心度 ×（1 − 专精特新企业数/目标），行业与产品分别排次。行业有一种卡脖子产品即标卡点，其轻重看"
        f"卡点产品占该行业进口额的份额。行业全部列出，产品列前 {FIRST_PRODUCTS} 个；其余年份、各项数值与稳定性见 priority.csv。"
        f"{missing.zh}",
        "Priority = vulnerability x centrality x (1 - SRDI firms/target); industries and products are ranked apart. One "
        "chokepoint product flags an industry; how much of it they are is their share of its imports. All industries, the first "
        f"{FIRST_PRODUCTS} products; other years, every value and the stability are in priority.csv.{missing.en}",
    )
    return Grid(title, PRIORITY, tuple(values), ("priority",), with_actor("priority", note))


def candidate_counts(results: Results) -> Grid | None:
    """By industry: candidates listed, those of the provincial list, their probabilities, those that miss no criterion."""
    rows = results.table("candidates")
    if rows.empty:
        return None
    values = []
    for unit, firms in rows.groupby("unit", sort=True):
        probability = firms["probability"].astype(float)
        values.append(
            (
                results.unit_name(str(unit)), len(firms), int(firms["provincial"].sum()),
                probability.mean() if probability.notna().any() else None,
                probability.max() if probability.notna().any() else None,
                int(firms["criteria_missed"].eq(0).sum()),
            )
        )  # fmt: skip
    year = int(rows["year"].max())
    title = Bilingual(f"候选企业（{year} 年底，按行业计数）", f"Candidates at the end of {year}, counted by industry")
    note = Bilingual(
        "概率是下一批次被认定的概率，不是资格判断：未被认定的企业中有许多可能符合条件而没有申报。逐家名单（只含代码）见工作簿。",
        "The probability is of being recognised in the next batch, not a judgement of eligibility: many firms that were not "
        "recognised may qualify and did not apply. The list by id is in the workbook.",
    )
    return Grid(title, CANDIDATES, tuple(values), ("candidates",), with_actor("candidates", note))


def growth_stage_counts(results: Results) -> Grid | None:
    """SRDI firms in force and candidates by industry and stage; a cell of fewer firms than may be published is empty."""
    rows = results.table("growth_stages")
    if rows.empty:
        return None
    smallest = results.study.study.publish.min_cell
    counts = rows.groupby(["unit", "kind", "stage"]).size()
    values = []
    for kind, unit in sorted(set(zip(rows["kind"], rows["unit"]))):
        cells = [int(counts.get((unit, kind, stage), 0)) for stage in STAGES]
        shown = [None if 0 < cell < smallest else cell for cell in cells]
        values.append((results.unit_name(unit), key_label(results, "kind", kind), *shown))
    columns = [Column(key_label(results, "stage", stage), "int", 10) for stage in STAGES]
    basis = key_label(results, "basis", rows["basis"].iloc[0])
    year = int(rows["year"].max())
    title = Bilingual(f"{year} 年成长阶段（按{basis.zh}）", f"Growth stages {year} (by {basis.en})")
    note = Bilingual(
        f"不足 {smallest} 家的单元格留空。逐家名单（只含代码、行业与模式）见工作簿。",
        f"Cells of fewer than {smallest} firms are empty. The list by id, with industry and mode, is in the workbook.",
    )
    return Grid(title, (*STAGE_KEYS, *columns), tuple(values), ("growth_stages",), with_actor("growth_stages", note))
