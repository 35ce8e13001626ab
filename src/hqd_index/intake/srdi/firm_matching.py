"""Records with a credit code or a name -> firms of the panel; what is not certain stays unmatched."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pandas as pd

ST_MARK = re.compile(r"^(S\*ST|SST|\*ST|ST|PT|S)(?=[\u4e00-\u9fff])")
LEGAL_FORM = re.compile(r"(股份有限公司|有限责任公司|有限公司|股份公司|公司)$")
CODE_MATCH, NAME_MATCH, STEM_MATCH = "uscc", "name", "stem"


def plain_name(firm_name: str) -> str:
    """NFKC (brackets half-width), no blanks, no ST mark."""
    normalised_name = "".join(unicodedata.normalize("NFKC", firm_name).split())
    return ST_MARK.sub("", normalised_name)


def name_stem(firm_name: str) -> str:
    """The plain name without its legal form, which changes when a firm is restructured."""
    return LEGAL_FORM.sub("", plain_name(firm_name))


def firm_matches(records: pd.DataFrame, firms: pd.DataFrame) -> pd.DataFrame:
    """The records with `firm_id` (None: no firm) and `how`: by code, else by a name that only one firm has.

    `records`: name, uscc. `firms`: firm_id, firm_name, and uscc where firms have one; a firm may have several rows. A
    record whose code is that of no firm is not looked up by name: the code says that it is another firm.
    """
    codes = _firms_by_code(firms)
    firm_by_name, firm_by_stem = _firms_by_unique_name(firms, plain_name), _firms_by_unique_name(firms, name_stem)
    firm_ids, methods = [], []
    for firm_name, credit_code in zip(records["name"].tolist(), records["uscc"].tolist()):
        if isinstance(credit_code, str) and credit_code:
            firm_ids.append(codes.get(credit_code.upper()))
            methods.append(CODE_MATCH)
        elif isinstance(firm_name, str) and (firm := firm_by_name.get(plain_name(firm_name))):
            firm_ids.append(firm)
            methods.append(NAME_MATCH)
        else:
            firm_ids.append(firm_by_stem.get(name_stem(firm_name)) if isinstance(firm_name, str) else None)
            methods.append(STEM_MATCH)
    return records.assign(firm_id=pd.Series(firm_ids, index=records.index, dtype=object), how=methods)


def _firms_by_code(firms: pd.DataFrame) -> dict[str, str]:
    column = "uscc" if "uscc" in firms else "firm_id"
    codes_and_firms = firms.dropna(subset=[column])[[column, "firm_id"]].drop_duplicates()
    unique_codes = codes_and_firms[~codes_and_firms[column].duplicated(keep=False)]
    return {str(credit_code).upper(): str(firm) for credit_code, firm in unique_codes.to_numpy().tolist()}


def _firms_by_unique_name(firms: pd.DataFrame, normalise_name: Callable[[str], str]) -> dict[str, str]:
    """Name in a form -> the one firm that has it."""
    if "firm_name" not in firms:
        return {}
    named_firms = firms.dropna(subset=["firm_name"])
    names_and_firms = pd.DataFrame(
        {"name": named_firms["firm_name"].map(normalise_name), "firm_id": named_firms["firm_id"]}
    ).drop_duplicates()
    unique_names = names_and_firms[~names_and_firms["name"].duplicated(keep=False) & (names_and_firms["name"] != "")]
    return dict(unique_names.itertuples(index=False))
