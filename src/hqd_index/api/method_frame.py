"""The methods there are, as a frame."""

from __future__ import annotations

import pandas as pd

from ..errors import ConfigError, unknown
from ..methods import FAMILIES
from ..methods.choice import options_of_method


def method_table(family: str | None = None) -> pd.DataFrame:
    """family, method, label_zh, label_en, options (name -> default), source, summary; of one family, or of all.

    Families: impute, treat, normalise, weight, aggregate. ConfigError for a family there is not.
    """
    if family is not None and family not in FAMILIES:
        en, zh = unknown("family of methods", family, FAMILIES, kind_zh="方法类别")
        raise ConfigError(en, zh=zh, location="method_table")
    rows = [
        (name, id, method.label_zh, method.label_en, dict(options_of_method(method)), method.source, method.summary)
        for name, table in FAMILIES.items()
        if family in (None, name)
        for id, method in table.items()
    ]
    return pd.DataFrame(rows, columns=["family", "method", "label_zh", "label_en", "options", "source", "summary"])
