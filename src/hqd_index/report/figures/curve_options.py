"""The panel of choices under the specification curve: where along it each option is used."""

from __future__ import annotations

import pandas as pd

from ..bilingual import Bilingual
from ..key_labels import key_label
from ..label_catalogue import LEVEL_LABELS, STEP_LABELS
from ..results import Results
from ..wording import wordings
from .figure_labels import MAX_CHOICE_WIDTH, FigureLabels

STRETCHES = 40
"""Equal stretches of the curve, each a cell of the panel."""
SPECIFICATION = ("density", "lag", "controls", "effects", "years")
"""Choices in the order in which column `spec` of multiverse names their options."""


def option_cells(results: Results, curve_rows: pd.DataFrame, labels: FigureLabels) -> pd.DataFrame:
    """Rows (label, x, x2, value): the share of the estimates of a stretch that use an option; choices of one option left out."""
    options = pd.DataFrame([_options(label, spec) for label, spec in zip(curve_rows["label"], curve_rows["spec"])])
    position = curve_rows["position"].astype(float)
    low, width = float(position.min()), (float(position.max()) - float(position.min())) / STRETCHES or 1.0
    stretch = ((position - low) // width).clip(upper=STRETCHES - 1).astype(int)
    cells = []
    for choice in options.columns:
        names = options[choice].fillna("")
        if names.nunique() < 2:
            continue
        shares = pd.crosstab(stretch.to_numpy(), names.to_numpy(), normalize="index")
        for option in shares.columns:
            label = labels(option_label(results, str(choice), str(option)), MAX_CHOICE_WIDTH)
            cells += [
                (label, low + k * width, low + (k + 1) * width, share)
                for k, share in zip(shares.index.astype(int), shares[option])
            ]
    return pd.DataFrame(cells, columns=["label", "x", "x2", "value"])


def _options(label: str, spec: str) -> dict[str, str]:
    """Choice -> option of one estimate: the design's steps, whether a part is left out, then the specification's."""
    design = dict(part.split("=", 1) for part in str(label).split(", ") if "=" in part)
    if "leave_out" in design:
        design["leave_out"] = "part"
    return design | dict(zip(SPECIFICATION, str(spec).split(" ")))


OPTION_LABELS = wordings("figures.option")  # fmt: skip


def option_label(results: Results, choice: str, option: str) -> Bilingual:
    """A choice and its option in words."""
    step, _, level = choice.partition(".")
    name = STEP_LABELS.get(step) or key_label(results, "choice", step)
    at = LEVEL_LABELS.get(level)
    place = Bilingual(f"（{at.zh}）", f" ({at.en})") if at else Bilingual("", "")
    text = OPTION_LABELS.get(option or "as_published", Bilingual(option, option))
    return Bilingual(f"{name.zh}{place.zh}：{text.zh}", f"{name.en}{place.en}: {text.en}")
