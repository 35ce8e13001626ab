"""The panel of choices under the specification curve: where along it each option is used."""

from __future__ import annotations

import pandas as pd

from ..bilingual import Bilingual
from ..key_labels import key_label
from ..label_catalogue import LEVEL_LABELS, STEP_LABELS
from ..results import Results
from .figure_labels import FigureLabels

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
            label = labels(option_label(results, str(choice), str(option)))
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


OPTION_LABELS = {
    "equal": Bilingual("等权", "equal"), "entropy": Bilingual("熵权", "entropy"), "critic": Bilingual("CRITIC", "CRITIC"),
    "pca": Bilingual("主成分", "principal components"), "geometric": Bilingual("几何平均", "geometric"),
    "arithmetic": Bilingual("算术平均", "arithmetic"), "harmonic": Bilingual("调和平均", "harmonic"),
    "zscore": Bilingual("z 值", "z-scores"), "minmax": Bilingual("极差", "min-max"), "rank": Bilingual("排序", "ranks"),
    "part": Bilingual("有", "yes"), "none": Bilingual("无", "none"), "all": Bilingual("全部", "all"),
    "count": Bilingual("企业数", "firms"), "revenue": Bilingual("收入", "revenue"), "employment": Bilingual("从业人员", "staff"),
    "ihs": Bilingual("反双曲正弦", "inverse sine"), "": Bilingual("同发布", "as published"),
    "unit+year": Bilingual("单位、年份", "unit, year"), "unit+group_year": Bilingual("单位、组×年份", "unit, group x year"),
}  # fmt: skip


def option_label(results: Results, choice: str, option: str) -> Bilingual:
    """A choice and its option in words."""
    step, _, level = choice.partition(".")
    name = STEP_LABELS.get(step) or key_label(results, "choice", step)
    at = LEVEL_LABELS.get(level)
    place = Bilingual(f"（{at.zh}）", f" ({at.en})") if at else Bilingual("", "")
    text = OPTION_LABELS.get(option, Bilingual(option, option))
    return Bilingual(f"{name.zh}{place.zh}：{text.zh}", f"{name.en}{place.en}: {text.en}")
