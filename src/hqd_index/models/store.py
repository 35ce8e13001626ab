"""Rows of the published tables as they are found, with their columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from ..errors import HqdError
from .model_rows import Row, missing_row

COLUMNS = {
    "regressions": "spec sample subset outcome term estimate estimate_sd se_cv1 se_cv3 p_cv1 p_cv3 p_wild ci_low ci_high "
    "n_obs n_clusters r2_within fixed_effects controls density lag note",
    "regression_diagnostics": "spec sample outcome quantity value note",
    "channels": "spec sample parent node share_local estimate se_cv3 p_wild p_adjusted part fraction ci_low ci_high gap note",
    "contribution": "item spec sample unit from_year to_year quantity value ci_low ci_high measure assumption",
    "hypotheses": "hypothesis spec sample outcome estimate_sd ci_low ci_high p_wild p_adjusted n_obs n_clusters mde sesoi "
    "alpha verdict additions",
    "mode_matrix": "spec sample mode outcome predicted estimate estimate_sd se_cv3 p_wild ci_low ci_high split_share n_obs "
    "n_clusters note",
    "mediators": "spec sample outcome quantity mediator estimate se_cv3 p_cv3 ci_low ci_high fraction reached held n_obs "
    "n_clusters fixed_effects controls density lag note",
    "oaxaca": "spec sample outcome quantity term estimate se_cv3 p_cv3 ci_low ci_high fraction mean_high mean_low coefficient "
    "from_year to_year n_obs n_clusters n_high n_low fixed_effects controls density lag note",
    "endogeneity": "spec sample outcome method quantity value note",
    "placebo": "spec sample outcome draw estimate_sd t",
    "not_made": "table reason_zh reason_en mend_zh mend_en",
}
OTHERS = {
    "event_study": "outcome estimator quantity time estimate se ci_low ci_high p n_obs n_units n_treated note",
    "resilience": "outcome term estimate se_cv1 se_cv3 p_cv3 p_wild ci_low ci_high n_obs n_clusters censored note",
    "multiverse": "position design label spec estimate_sd se_cv3 ci_low ci_high p_cv1 p_cv3 headline",
    "multiverse_summary": "quantity kind choice value note",
}
HEADLINE = (
    "regression_diagnostics", "channels", "contribution", "oaxaca", "mediators", "hypotheses", "endogeneity", "placebo",
)  # fmt: skip
DATA_MEND = ("补充年份、单位或变量后重跑", "add years, units or the missing variables and run again")


def table(name: str, rows: Iterable[Row] = ()) -> pd.DataFrame:
    """A published table from its rows, with all its columns."""
    return pd.DataFrame(list(rows), columns=(COLUMNS | OTHERS)[name].split())


@dataclass
class Store:
    """Rows by table; what could not be made stands in `not_made`."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, table: str, rows: Iterable[Row]) -> None:
        self.tables[table] += rows

    def missing(self, names: Iterable[str], fault: HqdError, mend: tuple[str, str] = DATA_MEND) -> None:
        self.tables["not_made"] += [missing_row(name, fault, mend) for name in names]

    def frames(self) -> dict[str, pd.DataFrame]:
        made = {name: table(name, rows) for name, rows in self.tables.items()}
        made["not_made"] = made["not_made"].drop_duplicates(ignore_index=True)
        return made
