"""Labels of the ids that the program itself writes into key columns, of its steps, levels and tables, and of units of measure."""

from __future__ import annotations

from collections.abc import Iterable

from ..canonical import CANONICAL
from .bilingual import BLANK_TEXT, Bilingual, split_bilingual
from .sentences import GROUPS, SAMPLES
from .wording import wordings

MODE_STATES = wordings("ids.mode")
KEY_LABELS: dict[str, dict[str, Bilingual]] = {
    "estimator": wordings("ids.estimator"),
    "method": wordings("ids.method"),
    "restriction": wordings("ids.restriction"),
    "target": wordings("ids.target"),
    "firm_group": wordings("ids.firm_group"),
    "source": wordings("ids.source"),
    "sample": SAMPLES | GROUPS,
    "kind": wordings("ids.kind"),
    "mode": MODE_STATES,
    "mode_to": MODE_STATES,
    "grade": wordings("ids.grade"),
    "bad_side": wordings("ids.bad_side"),
    "choice": wordings("ids.choice"),
    "term": wordings("ids.term"),
    "factor": wordings("ids.factor"),
    "outcome": wordings("ids.outcome"),
    "apart": wordings("ids.apart"),
    "chokepoint": wordings("ids.chokepoint"),
    "severity": wordings("ids.severity"),
    "stage": wordings("ids.stage"),
    "supplier_stage": wordings("ids.chain_stage"),
    "sector_stage": wordings("ids.chain_stage"),
    "basis": wordings("ids.basis"),
    "flag": wordings("ids.flag") | dict.fromkeys(("nan", "<NA>"), BLANK_TEXT),
    "indicator": wordings("ids.indicator"),
    "item": wordings("ids.item"),
    "quantity": wordings("ids.quantity"),
}
TRUTH_LABELS = wordings("ids.truth")
TABLE_LABELS = wordings("ids.table")
LEVEL_LABELS = wordings("ids.level")
COMPONENT_LABELS = wordings("ids.component")
"""Parts of the change of a mean over firms (item F)."""
COMPONENT_GROUP_LABELS = wordings("ids.component_group")
STEP_LABELS = wordings("ids.step")
UNITS = {unit.zh: unit for unit in wordings("ids.measure").values()}


def unit_name(unit_text: str) -> Bilingual:
    """A unit of measure in both languages: `中文 / English`, or a known Chinese one."""
    return UNITS.get(unit_text) or split_bilingual(unit_text)


def column_names(column_lists: Iterable[str]) -> Bilingual:
    """The columns that lists joined by commas name, each once, by name and id."""
    ids = sorted({id.strip() for column_list in column_lists for id in column_list.split(",")})
    names = {id: column for canonical_table in reversed(CANONICAL.values()) for id, column in canonical_table.columns.items()}
    zh = [f"{names[id].zh} {id}" if id in names else id for id in ids]
    en = [f"{names[id].en} ({id})" if id in names else id for id in ids]
    return Bilingual("、".join(zh), ", ".join(en))
