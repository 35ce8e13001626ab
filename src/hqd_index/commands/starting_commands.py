"""Commands that begin a study: synthetic data, a real example, a proposal from one's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .command_options import LangOption


def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="数据写入的文件夹 / folder for the raw files")] = Path("data/raw"),
    configs: Annotated[
        Path, typer.Option("--configs", help="没有配置时,演示研究的配置写到这里 / where its configs go when there are none")
    ] = Path("configs"),
    seed: Annotated[int, typer.Option(help="随机种子 / seed")] = 1,
    firms: Annotated[int, typer.Option(help="企业数 / number of firms")] = 6000,
    own_effect: Annotated[float, typer.Option("--own", help="自身效应(标准差) / own effect in standard deviations")] = 0.2,
    spillover: Annotated[float, typer.Option(help="溢出效应(标准差) / spillover in standard deviations")] = 0.1,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="仅当 configs 为演示研究且缺少其数据时 / only for the demo study without files")
    ] = False,
    lang: LangOption = None,
) -> None:
    """生成已知真值的合成演示数据,没有配置时也写配置 / Write the synthetic demo data with their truth, and its configs."""
    from ..console import demo_lines
    from ..demo import is_demo, write_demo, write_demo_configs

    if if_missing and (not is_demo(configs) or any(folder.glob("synthetic_*"))):
        return
    is_new = not configs.exists()
    if is_new:
        write_demo_configs(configs)
    write_demo(folder, seed=seed, firms=firms, own_effect=own_effect, spillover=spillover)
    state = "written" if is_new else "kept" if is_demo(configs) else "other"
    for line in demo_lines(folder, configs, state, lang or context.obj):
        typer.echo(line)


def example(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="示例名:provinces / the example: provinces")],
    folder: Annotated[Path | None, typer.Argument(help="写入的文件夹,默认与示例同名 / a new folder; default the name")] = None,
    lang: LangOption = None,
) -> None:
    """写出一个真实数据的示例研究,进入其文件夹即可运行 / Write an example study of real data, ready to run in its folder."""
    from ..console import example_lines
    from ..example_studies import write_example

    example_folder = folder or Path(name)
    write_example(name, example_folder)
    for line in example_lines(name, example_folder, lang or context.obj):
        typer.echo(line)


def init(
    context: typer.Context,
    folders: Annotated[list[Path], typer.Argument(help="新文件夹 / a new folder")],
    data_files: Annotated[
        list[Path] | None,
        typer.Option(
            "--from", help="按这些数据文件写出研究(可列多个,不改动文件) / files to write the study from; they stay as they are"
        ),
    ] = None,
    lang: LangOption = None,
) -> None:
    """新建可直接运行的研究:最小的例子,或用 --from 按自己的文件 / Write a study that runs: an example, or from your files."""
    from ..console import fitted_lines, init_lines, terminal_width
    from ..starter import folder_and_files

    folder, files = folder_and_files(folders, data_files or [])
    for line in fitted_lines(init_lines(folder, files, lang or context.obj), terminal_width()):
        typer.echo(line)
