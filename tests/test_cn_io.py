"""China's input-output tables of 2018 and 2020 as they were published, run like a user's study and held to the raw file.

The hand-worked example and the published table of linkages (Eurostat 2008) are in tests/links: no table of linkages for these
two years was found that could be cited.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hqd_index import cli

from .links.tables import published
from .small import ROOT, only_run

PRINTED = 1e-7
"""Relative: the tables print outputs that miss the sum of their cells by up to 7e-9, cells are read to 8 decimals."""
ADDS_UP = 1e-9
"""Relative: sums of up to 153 numbers of 1e8."""
SIZES = [pytest.param(42, id="42"), pytest.param(153, id="153", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=SIZES)
def tables(request, shared: Path, tmp_path_factory):
    """The number of sectors, and every published table of the study."""
    sectors = request.param
    name = "cn_io" if sectors == 153 else f"cn_io_{sectors}"
    out = tmp_path_factory.mktemp(name)
    data = str(shared / "data" / "cn_io_tables")
    arguments = ["--study", str(ROOT / "tests/studies" / name), "--data", data, "--out", str(out)]
    cli.main(["run", *arguments, "--set", "uncertainty.draws=0", "--set", "study.outputs=[]"])
    folder = only_run(out / name) / "tables"
    return sectors, lambda table: pd.read_csv(folder / f"{table}.csv", dtype={"sector": str})


def raw_inputs(shared: Path, sectors: int, year: int) -> np.ndarray:
    """Domestic input coefficients straight from the file; imports of the competitive form taken off in proportion."""
    raw = pd.read_csv(shared / "data" / "cn_io_tables" / f"china_{year}_{sectors}.csv.gz", dtype={"Code": str})
    codes = [column for column in raw.columns if column.isdigit()]
    rows = raw[raw["Code"].isin(codes)]
    rows = rows[rows["Origin"] == "Domestic"] if "Origin" in raw else rows
    flows, output = rows[codes].to_numpy(float), rows["GO"].to_numpy(float)
    if "IM" in raw:
        used = rows[[*codes, "TC", "FU201", "FU202"]].sum(axis=1).to_numpy(float)
        imported = np.minimum(rows["IM"].to_numpy(float), np.maximum(used, 0))
        flows = flows * (1 - np.divide(imported, used, out=np.zeros_like(used), where=used > 0))[:, None]
    return np.divide(flows, output, out=np.zeros_like(flows), where=output > 0)


def test_no_row_is_lost_and_outputs_are_those_printed(tables, shared: Path) -> None:
    sectors, table = tables
    ledger, network = table("ledger"), table("network")
    assert (ledger["rows_in"] == ledger[["used", "quarantined", "out_of_scope"]].sum(axis=1)).all()
    assert ledger["quarantined"].sum() == 0 and len(network) == 2 * sectors
    for year, rows in network.groupby("year"):
        printed = published(shared, int(year), sectors)
        assert rows.set_index("sector")["gross_output"].loc[printed.index].to_numpy() == pytest.approx(
            printed["output"], rel=PRINTED
        )
    assert (network["sector_zh"] != network["sector"]).all() and network["sector_en"].str.isascii().all()


def test_linkages_are_those_of_the_raw_file(tables, shared: Path) -> None:
    sectors, table = tables
    for year, rows in table("network").groupby("year"):
        inputs = raw_inputs(shared, sectors, int(year))
        assert np.abs(np.linalg.eigvals(inputs)).max() < 1
        inverse = np.linalg.inv(np.eye(sectors) - inputs)
        assert rows["output_multiplier"].to_numpy() == pytest.approx(inverse.sum(axis=0), rel=PRINTED)
        assert rows["backward_linkage"].mean() == pytest.approx(1) and rows["upstreamness"].min() >= 1
        weights = rows["gross_output"] / rows["gross_output"].sum()
        assert weights @ rows["forward_multiplier"] == pytest.approx(weights @ rows["output_multiplier"], rel=ADDS_UP)


def test_nothing_is_dark_where_trade_firms_and_lists_are_absent(tables) -> None:
    """Every table that is missing says why and what would make it; names, not codes, are what a reader sees."""
    sectors, table = tables
    reasons = table("not_made")
    assert {"chokepoints", "firm_links", "candidates", "growth_stages", "priority", "whatif"} <= set(reasons["table"])
    assert reasons[["reason_zh", "reason_en", "mend_zh", "mend_en"]].notna().all().all()
    priority, shocks = table("priority"), table("extraction")
    assert priority["node_zh"].str.contains("[一-鿿]").all() and priority["priority"].isna().all()
    assert len(shocks) == 5 * sectors and shocks["assumption_en"].notna().all()
