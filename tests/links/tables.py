"""Real input-output tables in canonical form, and small ones made by hand."""

from pathlib import Path

import numpy as np
import pandas as pd

from hqd_index.links.iotable import IoTable

FINAL_42 = {"TC": "final_cons", "FU201": "gfcf", "FU202": "inventory", "EX": "export"}
FINAL_153 = FINAL_42 | {"IM": "import"}


def china_42(shared: Path, year: int) -> pd.DataFrame:
    """Non-competitive form, 42 sectors, as rows of canonical table io."""
    raw = pd.read_csv(shared / "data" / "cn_io_tables" / f"china_{year}_42.csv.gz", dtype={"Code": str})
    rows = raw[raw["Origin"].isin(["Domestic", "Imports"])]
    codes = [f"{k:02d}" for k in range(1, 43)]
    origin = rows["Origin"].map({"Domestic": "domestic", "Imports": "imported"})
    return long(rows, codes, FINAL_42, origin, year)


def china_153(shared: Path, year: int) -> pd.DataFrame:
    """Competitive form, 153 sectors, as rows of canonical table io."""
    raw = pd.read_csv(shared / "data" / "cn_io_tables" / f"china_{year}_153.csv.gz", dtype={"Code": str})
    codes = [f"{k:03d}" for k in range(1, 154)]
    rows = raw[raw["Code"].isin(codes)]
    return long(rows, codes, FINAL_153, "total", year)


def published(shared: Path, year: int, sectors: int) -> pd.DataFrame:
    """Gross output, value added, exports and imports as the table itself prints them, by code."""
    raw = pd.read_csv(shared / "data" / "cn_io_tables" / f"china_{year}_{sectors}.csv.gz", dtype={"Code": str})
    codes = [column for column in raw.columns if column.isdigit()]
    made = raw[raw["Code"].isin(codes)]
    made = made[made["Origin"] == "Domestic"] if "Origin" in raw else made
    added = raw.loc[raw["Code"] == "TVA", codes].iloc[0]
    columns = {"output": made["GO"].to_numpy(), "exports": made["EX"].to_numpy(), "value_added": added.to_numpy(float)}
    return pd.DataFrame(columns, index=codes)


def long(rows: pd.DataFrame, codes: list[str], final: dict[str, str], origin: pd.Series | str, year: int) -> pd.DataFrame:
    wide = rows.copy().assign(origin=origin)
    between = wide.melt(["Code", "origin"], codes, var_name="to_code").assign(use="intermediate")
    last = wide.melt(["Code", "origin"], list(final), var_name="to_code")
    both = pd.concat([between, last.assign(use=last["to_code"].map(final))], ignore_index=True)
    return both.rename(columns={"Code": "from_code"}).assign(year=year)[
        ["year", "from_code", "to_code", "use", "origin", "value"]
    ]


def two_sectors() -> IoTable:
    """A table whose inverses can be done by hand: both outputs are 100."""
    return IoTable(
        2020,
        ("a", "b"),
        domestic=np.array([[20.0, 30.0], [40.0, 10.0]]),
        imported_flows=np.array([[5.0, 10.0], [5.0, 0.0]]),
        home_domestic=np.array([40.0, 30.0]),
        home_imported=np.array([5.0, 5.0]),
        exports=np.array([10.0, 20.0]),
    )
