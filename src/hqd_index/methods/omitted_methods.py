"""Methods of the index that are asked for and not offered, with reasons; commands for all that is not offered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML


@dataclass(frozen=True)
class OmittedMethod:
    """Names, why it is not offered, and what stands in for it, in both languages."""

    zh: str
    en: str
    reason_zh: str
    reason_en: str
    instead_zh: str
    instead_en: str


OMITTED_METHODS: dict[str, OmittedMethod] = {
    "projection_pursuit": OmittedMethod(
        "投影寻踪",
        "Projection pursuit (S_z D_z)",
        "投影指标可以核对(与一份公开结果的 50 个方向全部一致),其最大值不能:该结果 50 次遗传算法所得为 3.52 至 4.46,"
        "多起点上升可达 6.09,且各起点终点不同,权重取决于搜索过程",
        "the index can be checked (it agrees at all 50 directions of a public result), its maximum cannot: the 50 genetic "
        "runs there end between 3.52 and 4.46, ascents from many starts reach 6.09, each elsewhere, so that weights hang on "
        "the search",
        "scatter(纵横向拉开档次法)同样使得分离散,且有唯一解",
        "scatter spreads the scores too and has one solution",
    ),
    "topsis_vertical": OmittedMethod(
        "改进 TOPSIS(垂面距离)",
        "TOPSIS with vertical distance",
        "没有找到公开的算例或另一个实现可以核对",
        "no published example and no other implementation was found to test it against",
        "topsis;理想点连线上的投影等价于给定权重的 arithmetic",
        "topsis; a projection onto the line between the ideal points is arithmetic with given shares",
    ),
}


@cache
def omitted_commands() -> dict[str, dict[str, str]]:
    """id -> program (stata, r, python) -> lines that do on the files of a run what is not offered, estimators included."""
    commands: dict[str, dict[str, str]] = YAML(typ="safe").load((files(__package__) / "omitted_commands.yaml").read_text("utf-8"))
    return commands
