"""An expert's edges: names and stages beside them, an edge to itself or to an unknown node is refused with what to do."""

import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.errors import DataError
from hqd_index.links.chain_names import study_names
from hqd_index.links.expert_links import expert_links

NODES = pd.DataFrame(
    {"node": ["resist", "litho", "chip"], "name_zh": ["光刻胶", "光刻", None], "name_en": ["photoresist", None, "chips"],
     "stage": ["upstream", "midstream", "downstream"]}
)  # fmt: skip
EDGES = [("resist", "litho", 30.0), ("litho", "chip", None)]


def listed(edges: list[tuple[str, str, float | None]]) -> pd.DataFrame:
    links = pd.DataFrame(edges, columns=["from_node", "to_node", "share"]).assign(
        source="协会 2024", as_of=pd.Timestamp("2024-06-30")
    )
    with open_engine() as engine:
        tables = {"chain_nodes": engine.scan(NODES), "chain_links": engine.scan(links)}
        return expert_links(engine, tables, study_names(engine, tables)).set_index("supplier")


def test_nodes_have_names_and_stages() -> None:
    rows = listed(EDGES)
    first = rows.loc["resist"]
    assert (first["supplier_zh"], first["sector_en"], first["supplier_stage"], first["as_of"]) == (
        "光刻胶", "光刻", "upstream", "2024-06-30",
    )  # fmt: skip
    assert first["share"] == 0.3 and pd.isna(rows.loc["litho", "share"]) and rows.loc["litho", "sector_zh"] == "chips"


@pytest.mark.parametrize(
    ("edge", "rule", "text"), [(("chip", "chip", None), "CL01", "itself"), (("chip", "car", None), "CL02", "car")]
)
def test_what_cannot_be_an_edge_is_refused(edge: tuple[str, str, float | None], rule: str, text: str) -> None:
    with pytest.raises(DataError) as caught:
        listed([*EDGES, edge])
    assert caught.value.rule == rule and text in caught.value.text("en") and "chain_links" in caught.value.text("zh")
