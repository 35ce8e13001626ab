"""Whether the two units that a reader compares can be told apart: shares of draws, as the run computed them, for the script."""

from __future__ import annotations

from typing import Any

from ..bilingual import Bilingual
from ..number_format import integer, percent
from ..results import Results
from ..wording import wording
from .rank_tiers import RankTiers, draws_behind_ranks

OPEN_PLACES = {name: f"{{{name}}}" for name in ("first", "second", "share", "year", "first_tier", "second_tier")}
"""Places of the sentences that the script fills: which two units are compared is the reader's choice."""


def pairwise_order(results: Results, units: list[str], tiers: RankTiers | None) -> dict[str, Any]:
    """What the script needs to say of any two of `units`, by their places in that list.

    `year`; `pairs`: unit -> other unit -> (share of draws in which it is above, told apart), in the direction that more draws
    have (with ties the other share is not what is left); `tiers`: the tier of each unit or None; `texts`: the sentences, with
    the places open that the script fills. Without draws only texts.
    """
    rows = results.table("pairs")
    draws = draws_behind_ranks(results)
    if rows.empty or draws is None or tiers is None:
        return {"texts": {"undrawn": _text("undrawn")}}
    year, place = int(rows["year"].max()), {unit: k for k, unit in enumerate(units)}
    share_above = {
        (place[unit], place[rival]): (float(share), bool(is_distinct))
        for unit, rival, share, is_distinct in zip(rows["unit"], rows["other"], rows["share"], rows["apart"])
        if unit in place and rival in place
    }
    pairs: dict[str, dict[str, list[Any]]] = {}
    for (unit, rival), (share, is_distinct) in share_above.items():
        reverse_share = share_above.get((rival, unit), (-1.0, False))[0]
        if (share, rival) > (reverse_share, unit):
            pairs.setdefault(str(unit), {})[str(rival)] = [round(share, 4), is_distinct and share > reverse_share]
    places = {"draws": integer(draws), "least": percent(results.study.uncertainty.interval[1], 0)}
    texts = {name: _text(name, **places) for name in ("apart", "undecided", "not_computed", "other_year")}
    return {"year": year, "pairs": pairs, "tiers": [tiers.number_by_unit.get(unit) for unit in units], "texts": texts}


def _text(name: str, **places: str) -> dict[str, str]:
    sentence: Bilingual = wording(f"page.pair.{name}", **OPEN_PLACES, **places)
    return sentence._asdict()
