"""The command `hqd`: reads arguments, calls the pipeline, prints; exit codes as documented."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from .commands.command_help import LocalCommand, LocalGroup
from .commands.command_options import DataOption, LangOption, OutOption, Sample, ScenarioOption, SetOption, StudyOption
from .commands.console_encoding import use_nearest_characters
from .commands.run_commands import open_page, runs
from .commands.starting_commands import demo, example, init
from .commands.upgrade_command import upgrade
from .commands.usage_faults import spoken_language, usage_fault
from .commands.workbook_commands import close_workbook_run, template, workbook_study
from .errors import CheckError, Faults, HqdError, environment
from .interrupts import INTERRUPTED, Interrupt, interruptible
from .one_thread import one_thread_variables
from .workers.worker_process import COLLECTION

app = typer.Typer(cls=LocalGroup, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

REMARKS = (
    "[S03]",
    "[S07]",
    "[S10]",
    "[C08]",
    "[C09]",
    "[M16]",
    "[M19]",
    "[SL02]",
)  # reported, but no warnings under --strict
LOG = Path("hqd-error.log")  # in the working folder


@app.callback(invoke_without_command=True)
def overview(context: typer.Context, lang: LangOption = None) -> None:
    """高质量发展指数与专精特新的贡献 / Index of high-quality development and what SRDI firms contribute."""
    if context.invoked_subcommand is not None:
        context.default_map = {context.invoked_subcommand: {"lang": lang}}
        return
    from .console import opening_lines

    for line in opening_lines(Path.cwd(), lang or context.obj):
        typer.echo(line)


@app.command(cls=LocalCommand)
def run(
    context: typer.Context,
    study: StudyOption = Path("configs"),
    data_folder: DataOption = Path("data/raw"),
    results_folder: OutOption = Path("data/processed"),
    scenario: ScenarioOption = None,
    set_: SetOption = None,
    lang: LangOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="警告也视为失败 / warnings fail too")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="说明各阶段为何重跑 / why each stage reruns")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="只算得分、权重与主回归,写入 quick/ / scores, weights and headline only, into quick/")
    ] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, envvar="HQD_PROCESSES", help="进程数,默认 2 / processes; default 2 where there are cores")
    ] = None,
    workbook: Annotated[
        Path | None, typer.Option("--from", help="按填好的模板工作簿运行 / run a workbook that is filled in (hqd template)")
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="完成后打开网页(与 --from 同用) / open the page at the end (with --from)")
    ] = False,
) -> None:
    """从原始数据到报告:只重跑有变化的阶段 / Raw files to report; only what changed is run again."""
    from .console import Console
    from .console.command_lines import USUAL_DATA, folder_options
    from .pipeline import RunFolders, stage_workers
    from .pipeline import run as run_pipeline
    from .study.study_folder import load_study

    overrides = [*(set_ or []), *([f"study.language={lang}"] if lang else [])]
    with ExitStack() as stack:
        if workbook is not None:
            template_study = stack.enter_context(workbook_study(workbook, lang or context.obj))
            study, data_folder, results_folder = template_study.configs, template_study.data, template_study.results
        workers = stack.enter_context(stage_workers(1 if quick else processes))
        loaded_study = load_study(study, scenario=scenario, overrides=overrides)
        for remark in loaded_study.left_out:
            typer.echo(remark.text(loaded_study.study.study.language))
        console = Console(loaded_study.study.study.language, explain=explain)
        folders = RunFolders(study.resolve(), data_folder.resolve(), results_folder.resolve())
        try:
            outcome = run_pipeline(loaded_study, folders, console.event, workers, quick=quick)
        finally:
            console.stop()
    folder_sets = [] if workbook is not None else [(study, data_folder, results_folder), (study, USUAL_DATA, results_folder)]
    console.close(outcome, *(folder_options(*command_folders) for command_folders in folder_sets))
    if workbook is not None:
        close_workbook_run(workbook, loaded_study, outcome, show=show)
    if not strict:
        return
    from .upkeep import STRICT_VERDICT, strict_lines

    lines = [] if quick else strict_lines(outcome.folder, loaded_study.study.study.language)  # a quick run gives notice of them
    for line in lines:
        typer.echo(line)
    if lines or any(not notice.startswith(REMARKS) for notice in outcome.notices):
        typer.echo(STRICT_VERDICT[loaded_study.study.study.language], err=True)
        raise typer.Exit(3)


@app.command(cls=LocalCommand)
def check(
    study: StudyOption = Path("configs"),
    data_folder: Annotated[
        Path | None,
        typer.Option("--data", help="也检查数据文件:表头与前一千行 / look at the files too: headers and the first thousand rows"),
    ] = None,
    lang: LangOption = None,
) -> None:
    """检查配置,加 --data 时也检查数据文件:一次列出所有问题 / Check configuration and (--data) files; all faults at once."""
    from .console import checked_lines, fitted_lines, terminal_width
    from .study.study_folder import load_study

    loaded_study = load_study(study, overrides=[f"study.language={lang}"] if lang else [])
    lines = checked_lines(loaded_study, study.resolve(), data_folder.resolve() if data_folder else None)
    for line in fitted_lines(lines, terminal_width()):
        typer.echo(line)


app.command(cls=LocalCommand)(demo)
app.command(cls=LocalCommand)(example)


@app.command(cls=LocalCommand)
def explain(
    unit: Annotated[str, typer.Argument(help="代码或名称,如 浙江 或 C35 / a unit's code or name, as C35")],
    year: Annotated[int, typer.Argument(help="年份,如 2023 / a year, as 2023")],
    node: Annotated[str | None, typer.Argument(help="节点或指标,默认总指数 / a node or indicator; default the index")] = None,
    study: StudyOption = Path("configs"),
    data_folder: DataOption = Path("data/raw"),
    results_folder: OutOption = Path("data/processed"),
    run_name: Annotated[
        str | None,
        typer.Option("--run", help="某次运行:latest、情景名或编号开头 / a run: latest, a scenario, the beginning of an id"),
    ] = None,
    sample: Annotated[Sample, typer.Option("--sample", help="all | leave_out")] = "all",
    csv: Annotated[Path | None, typer.Option("--csv", help="另存全部明细 / write every row behind it")] = None,
    scenario: ScenarioOption = None,
    set_: SetOption = None,
    lang: LangOption = None,
) -> None:
    """逐层拆开一个已发布的得分,直到原始文件的行 / Take a published score apart, down to raw files and rows."""
    from .console import fitted_lines, terminal_width
    from .explain import account, frame, lines, published
    from .pipeline import RunFolders
    from .provenance import write_csv
    from .study.study_folder import load_study

    loaded_study = load_study(study, scenario=scenario, overrides=[*(set_ or []), *([f"study.language={lang}"] if lang else [])])
    language_code = loaded_study.study.study.language
    score_account = account(
        published(loaded_study, RunFolders(study.resolve(), data_folder.resolve(), results_folder.resolve()), run_name),
        unit,
        year,
        node,
        sample=sample,
    )
    for line in fitted_lines(lines(score_account, language_code), terminal_width()):
        typer.echo(line)
    if csv:
        write_csv(frame(score_account), csv)
        typer.echo(f"明细已写入 {csv}" if language_code == "zh" else f"every row is in {csv}")


app.command(cls=LocalCommand)(init)
app.command(cls=LocalCommand)(template)
app.command(cls=LocalCommand)(upgrade)


@app.command(cls=LocalCommand)
def verify(
    run_id: Annotated[
        str | None,
        typer.Argument(help="运行:latest(默认)、情景名或编号开头 / a run: latest (default), a scenario, the start of an id"),
    ] = None,
    study: StudyOption = Path("configs"),
    results_folder: OutOption = Path("data/processed"),
    scenario: ScenarioOption = None,
    set_: SetOption = None,
    lang: LangOption = None,
) -> None:
    """核对已发布的结果:文件、份额、得分、效应分解 / Check a published run: files, shares, scores, split of effects."""
    from .explain import same_study
    from .study.study_folder import load_study
    from .upkeep import verify as verify_run

    loaded_study = load_study(study, scenario=scenario, overrides=[*(set_ or []), *([f"study.language={lang}"] if lang else [])])
    study_folder, language_code = results_folder.resolve() / loaded_study.study.name, loaded_study.study.study.language
    verification = verify_run(study_folder, run_id, loaded_study.study, same_study)
    for zh, en in verification.lines:
        typer.echo(zh if language_code == "zh" else en)
    typer.echo(
        f"运行 {verification.run}:核对通过" if language_code == "zh" else f"run {verification.run}: everything is as published"
    )


app.command(cls=LocalCommand)(runs)
app.command("open", cls=LocalCommand)(open_page)


@app.command(cls=LocalCommand)
def diff(
    earlier_name: Annotated[
        str | None,
        typer.Argument(
            help="较早的运行:latest、情景名或编号开头,默认较晚者之前最近一次按配置文件的运行 / the earlier run: latest, "
            "a scenario, the start of an id; default the last before the later one that is the study as its files say"
        ),
    ] = None,
    later_name: Annotated[str | None, typer.Argument(help="较晚的运行,默认最近的 / the later run; default the last")] = None,
    study: StudyOption = Path("configs"),
    results_folder: OutOption = Path("data/processed"),
    lang: LangOption = None,
) -> None:
    """两次运行之间变了什么:配置、权重、名次、系数 / What changed between runs: configuration, weights, ranks, coefficients."""
    from .console import difference_lines, fitted_lines, terminal_width
    from .report.wording import wording
    from .study.study_folder import load_study
    from .upkeep import difference

    loaded_study = load_study(study, overrides=[f"study.language={lang}"] if lang else [])
    earlier_run, later_run, sections = difference(results_folder.resolve() / loaded_study.study.name, earlier_name, later_name)
    language = loaded_study.study.study.language
    lines = difference_lines((earlier_run, later_run), sections, language)
    if earlier_name is None:
        lines = [wording("terminal.diff.unchosen").of(language), *lines]
    for line in fitted_lines(lines, terminal_width()):
        typer.echo(line)


@app.command(cls=LocalCommand)
def clean(
    context: typer.Context,
    data_folder: DataOption = Path("data/raw"),
    results_folder: OutOption = Path("data/processed"),
    everything: Annotated[bool, typer.Option("--all", help="删除全部结果与缓存 / remove all results and caches")] = False,
    lang: LangOption = None,
) -> None:
    """删除较早的运行和超出上限的缓存,从不删除原始数据 / Remove old runs and cache beyond limits; never raw data."""
    from .console import clean_lines
    from .upkeep import clean as remove_old_results

    for line in clean_lines(
        remove_old_results(results_folder.resolve(), everything=everything, raw=data_folder), lang or context.obj
    ):
        typer.echo(line)


@app.command(cls=LocalCommand)
def doctor(context: typer.Context, results_folder: OutOption = Path("data/processed"), lang: LangOption = None) -> None:
    """检查运行环境 / Check what this machine has of what is needed."""
    from .console import doctor_lines
    from .upkeep import doctor as diagnose

    findings = diagnose(results_folder)
    for line in doctor_lines(findings, lang or context.obj):
        typer.echo(line)
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(5)


@app.command(cls=LocalCommand)
def cite(
    study: StudyOption = Path("configs"),
    bibtex: Annotated[bool, typer.Option("--bibtex", help="输出 BibTeX / as BibTeX")] = False,
    lang: LangOption = None,
) -> None:
    """如何引用程序、数据与方法 / How to cite the program, the data and the methods."""
    from .citing import bibtex as entries
    from .citing import text_lines
    from .study.study_folder import load_study

    loaded_study = load_study(study, overrides=[f"study.language={lang}"] if lang else [])
    for line in entries(loaded_study.study) if bibtex else text_lines(loaded_study.study, loaded_study.study.study.language):
        typer.echo(line)


@app.command(cls=LocalCommand)
def methods(
    context: typer.Context,
    family: Annotated[str | None, typer.Argument(help="只列这一类,如 weight / this family alone, as weight")] = None,
    lang: LangOption = None,
) -> None:
    """列出全部方法、选项与出处 / List every method with options and source."""
    from .console import fitted_lines, methods_lines, terminal_width

    for line in fitted_lines(methods_lines(family, lang or context.obj), terminal_width()):
        typer.echo(line)


@app.command(cls=LocalCommand)
def schema(
    folder: Annotated[Path, typer.Argument(help="写入的文件夹 / folder to write to")] = Path("configs/schema"),
    lang: LangOption = None,
) -> None:
    """写出配置文件的 JSON schema(供编辑器补全) / Write the JSON schemas that editors complete from."""
    from .study.json_schemas import write_schemas

    for path in write_schemas(folder):
        typer.echo(str(path))


def main(arguments: list[str] | None = None) -> None:
    """Entry point: a person's mistake ends in a message and its exit code, never in a traceback."""
    use_nearest_characters()
    gc.set_threshold(*COLLECTION)
    with one_thread_variables(), interruptible() as interrupt:
        code = _exit_code(sys.argv[1:] if arguments is None else arguments, interrupt)
    if code:
        # out of the handlers: a fault that lives on at exit keeps the engine's objects, and the engine complains of each
        sys.exit(code)


def _exit_code(arguments: Sequence[str], interrupt: Interrupt) -> int:
    """The code a command ends with, its fault reported."""
    language = spoken_language(arguments)
    try:
        # outside its standalone mode the code of typer.Exit comes back instead of being raised
        exit_code = app(list(arguments), standalone_mode=False, obj=language)
    except (typer.Abort, KeyboardInterrupt):
        exit_code = INTERRUPTED
    except HqdError as fault:
        return report_fault(fault, language)
    except OSError as fault:
        return report_fault(environment(fault), language)
    except typer.TyperException as fault:
        return report_fault(usage_fault(fault, arguments), language)
    except Exception as fault:
        if interrupt.asked:  # a library turned the interrupt into a fault of its own, as an import does
            return report_interrupt(language)
        fan_out = type(fault).__name__ == "MergeError"  # pandas names the keys
        return report_fault(_fan_out(fault), language) if fan_out else report_bug(fault, language)
    if exit_code == INTERRUPTED:  # Ctrl-C comes back as this code
        return report_interrupt(language)
    return exit_code if isinstance(exit_code, int) else 0


def report_interrupt(language: str) -> int:
    """Say that the command was interrupted; its exit code."""
    interruption_text = "interrupted; the previous complete results are untouched", "已中断;上一次完整结果未受影响"
    typer.echo(interruption_text[language == "zh"], err=True)
    return INTERRUPTED


def report_fault(fault: HqdError, language: str) -> int:
    """Print a fault in the language with its exit code."""
    faults = fault.faults if isinstance(fault, Faults) else [fault]
    from .console import fitted_lines, terminal_width

    for line in fitted_lines((single_fault.text(language) for single_fault in faults), terminal_width()):
        typer.echo(line, err=True)
    fault_count = f"共 {len(faults)} 处问题;" if language == "zh" else f"{len(faults)} fault(s); "
    exit_text = f"退出码 {fault.exit_code}" if language == "zh" else f"exit code {fault.exit_code}"
    typer.echo(fault_count + exit_text, err=True)
    return fault.exit_code


def _fan_out(fault: Exception) -> CheckError:
    return CheckError(
        f"a merge would multiply rows: {fault}; nothing was published, please report it",
        zh=f"合并会使行数倍增:{fault};未发布任何结果,请反馈给维护者",
    )


def report_bug(fault: Exception, language: str) -> int:
    """Five lines for a person; the traceback goes to the log."""
    LOG.write_text(traceback.format_exc(), "utf-8")
    fault_text = f"{type(fault).__name__}: {fault}"
    lines = {
        "en": f"a bug in the program: {fault_text}\nthe previous complete results are untouched\ndetails in {LOG}\n"
        "please send it with your configs to the maintainers\nexit code 1",
        "zh": f"程序内部错误:{fault_text}\n上一次完整结果未受影响\n详情已写入 {LOG}\n请把该文件连同所用配置发给维护者\n退出码 1",
    }
    typer.echo(lines[language], err=True)
    return 1
