"""Grids of the lists as the page shows them: nodes with their evidence in few columns; of firms counts, never a firm."""

from __future__ import annotations

from ..bilingual import Bilingual
from ..disclosure import withheld_counts
from ..key_labels import key_label
from ..results import Results
from ..wording import wording, wordings
from .grid import Column, Grid, cell_text, parse_columns
from .missing_parts import note_of_common_parts
from .published_grids import with_actor

PRIORITY = parse_columns(
    "priority",
    """
rank | int | 8
node | text | 30
flags | text | 16
chokepoints_in_imports | % | 10
evidence | text | 60
vulnerability | 2 | 10
centrality | 2 | 10
srdi_firms_target | text | 14
priority | 2 | 10
""",
)
FLAGS = wordings("grids.flag")
FIRST_PRODUCTS = 10
CANDIDATES = parse_columns(
    "candidates",
    """
industry | text | 34
firms_listed | int | 12
recognised_by_a_province | int | 14
mean_probability | % | 12
highest_probability | % | 12
no_criterion_missed | int | 16
""",
)
STAGE_KEYS = parse_columns(
    "growth_stages",
    """
industry | text | 34
kind | text | 20
""",
)
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
    title = wording("grids.title.priority", year=year)
    missing = note_of_common_parts(shown_rows)
    note = wording("grids.note.priority", products=FIRST_PRODUCTS, missing=missing)
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
    title = wording("grids.title.candidates", year=year)
    note = wording("grids.note.candidates")
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
        shown = [None if is_withheld else cell for cell, is_withheld in zip(cells, withheld_counts(cells, smallest).cells)]
        values.append((results.unit_name(unit), key_label(results, "kind", kind), *shown))
    columns = [Column(key_label(results, "stage", stage), "int", 10) for stage in STAGES]
    basis = key_label(results, "basis", rows["basis"].iloc[0])
    year = int(rows["year"].max())
    title = wording("grids.title.growth_stages", year=year, basis=basis)
    note = wording("grids.note.growth_stages", smallest=smallest)
    return Grid(title, (*STAGE_KEYS, *columns), tuple(values), ("growth_stages",), with_actor("growth_stages", note))
