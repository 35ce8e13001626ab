"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

StudyOption = Annotated[Path, typer.Option("--study", help="配置文件夹 / folder of configs")]
DataOption = Annotated[Path, typer.Option("--data", help="原始数据文件夹 / folder of raw files")]
OutOption = Annotated[Path, typer.Option("--out", help="结果文件夹 / folder of results")]
LangOption = Annotated[Literal["zh", "en"] | None, typer.Option("--lang", help="语言:zh | en / language: zh | en")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="改一处,如 weighting.weight.indicators={method: equal} / one change, as weighting.weight.indicators={method: equal}",
    ),
]
Sample = Literal["all", "leave_out"]
ScenarioOption = Annotated[
    str | None, typer.Option("--scenario", help="configs/scenarios 中的情景名 / a scenario's name, or a file")
]
