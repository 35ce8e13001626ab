"""Look-up pages made from the program itself: commands, configuration, inputs, methods, rules, outputs and others.

`python docs/generate.py` writes them into docs/zh and docs/en, where they are committed and can be read without a build;
`tests/test_docs.py` holds them to the program. mkdocs calls `on_files` and `on_page_markdown` of this file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import known_answers
import typer
from cells import HERE, YAML, code, code_list, default, full_width, grid, heading, pick, prose, says, texts, type_name
from page_configs import configs_page

from faults import faults_page
from hqd_index import canonical, cli, codebook, errors, pipeline, tables
from hqd_index.index.diagnostics.diagnostic_notes import NOTES
from hqd_index.intake.read.readers import READERS
from hqd_index.intake.rules.rule_catalogue import RULES
from hqd_index.methods import FAMILIES
from hqd_index.methods.choice import FAMILY_ZH
from hqd_index.methods.meanings import known_answer, meaning
from hqd_index.methods.omitted_methods import OMITTED_METHODS, omitted_commands
from hqd_index.methods.options import options
from hqd_index.models.estimator_catalogue import ESTIMATORS, OMITTED_ESTIMATORS
from hqd_index.report.exports.readme import FILES
from hqd_index.report.label_catalogue import unit_name

LANGUAGES = ("zh", "en")


def methods_page(language: str) -> list[str]:
    """Every method by family: its formula, options with defaults, the sign it needs, its source."""
    say = says("methods", language)
    lines = [f"# {say('title')}", "", say("intro")]
    for family, methods in FAMILIES.items():
        lines += heading(2, pick(language, f"{FAMILY_ZH[family]} {family}", family), family)
        for name, method in methods.items():
            label = pick(language, method.label_zh, method.label_en)
            lines += heading(3, f"{full_width(label)} `{name}`", f"{family}-{name}")
            lines += ["", prose(method_meaning(family, name, language)), *_method_facts(family, method, language)]
    return lines + _estimators(language)


def _estimators(language: str) -> list[str]:
    """Estimators with source and known answer; those not offered with the commands that do them on the exported files."""
    say = says("methods", language)
    offered_rows = [
        [
            code(id),
            pick(language, estimator.zh, estimator.en),
            estimator.source,
            known_answer(id, estimator.known_answer, language),
        ]
        for id, estimator in ESTIMATORS.items()
    ]
    left_out_rows = [
        [
            code(id),
            pick(language, estimator.zh, estimator.en),
            pick(language, estimator.reason_zh, estimator.reason_en),
            estimator.stata,
            estimator.r,
        ]
        for id, estimator in OMITTED_ESTIMATORS.items()
    ]
    lines = [*heading(2, say("estimators"), "estimators"), *grid(say("estimator_heads"), offered_rows)]
    return [
        *lines,
        *heading(2, say("not_offered"), "not-offered"),
        "",
        say("not_offered_intro"),
        *grid(say("not_offered_heads"), left_out_rows),
        *grid(say("not_offered_index_heads"), _omitted_methods(language)),
        *_omitted_commands(),
    ]


def _omitted_commands() -> list[str]:
    """The lines that do on the files of a run what is not offered, a block for each program."""
    lines = []
    for id, scripts in omitted_commands().items():
        lines += ["", code(id)]
        for program, script in scripts.items():
            lines += ["", f"```{program}", *script.splitlines(), "```"]
    return lines


def _omitted_methods(language: str) -> list[list[str]]:
    """Methods of the index that are not offered, with the reason and what to use instead."""
    return [
        [
            code(id),
            pick(language, method.zh, method.en),
            pick(language, method.reason_zh, method.reason_en),
            pick(language, method.instead_zh, method.instead_en),
        ]
        for id, method in OMITTED_METHODS.items()
    ]


def method_meaning(family: str, name: str, language: str) -> str:
    """What a method gives, in one line."""
    return meaning(family, name, language)


def _method_facts(family: str, method: Any, language: str) -> list[str]:
    """Options, sign needed and source of one method."""
    say = says("methods", language)
    method_options = options(method, family)
    rows = [[code(name), type_name(spec, language), default(value, language)] for name, (spec, value) in method_options.items()]
    lines = grid(say("options"), rows) if rows else []
    facts = [say(method.needs)] if method.needs != "any_sign" else []
    facts += [] if method.batch else [say("loops")]
    facts += [say("source") + method.source] if method.source != "-" else []
    return [*lines, *(line for fact in facts for line in ("", fact))]


def inputs_page(language: str) -> list[str]:
    """Every format that is read, and every table a study can be read into, with its columns."""
    say = says("inputs", language)
    lines = [f"# {say('title')}", "", say("intro"), *heading(2, say("formats"), "formats"), "", say("formats_intro")]
    lines += grid(say("format_heads"), [[code(name), code_list(reader.extensions)] for name, reader in READERS.items()])
    for name, table in canonical.CANONICAL.items():
        lines += heading(2, name, name)
        lines += grid(say("heads"), [_input_row(id, column, table.key, language) for id, column in table.columns.items()])
    return lines


def _input_row(id: str, column: canonical.Column, key: Sequence[str], language: str) -> list[str]:
    say = says("inputs", language)
    dtype = say(column.dtype) + (say("required") if column.required else "")
    return [_key(id, key), pick(language, column.zh, column.en), dtype, column.unit, code_list(column.categories)]


def _key(column: str, key: Sequence[str]) -> str:
    return f"**{code(column)}**" if column in key else code(column)


def rules_page(language: str) -> list[str]:
    """Every finding that can be reported: rules of the program, rules of configs/rules.yaml, flags of the index."""
    say = says("rules", language)
    lines = [f"# {say('title')}", "", say("intro"), *heading(2, say("built_in"), "built-in")]
    rows = [[code(id), rule.text[language], rule.mend[language]] for id, rule in RULES.items()]
    rows += [[code(id), rule_text["text"][language], rule_text["mend"][language]] for id, rule_text in texts("rules").items()]
    lines += grid(say("built_in_heads"), sorted(rows))
    lines += [*heading(2, say("shipped"), "shipped"), "", say("shipped_intro")]
    lines += grid(say("shipped_heads"), [_rule_row(rule, language) for rule in shipped_rules()])
    lines += heading(2, say("flags"), "flags")
    flags = [flag for flag in NOTES if flag.startswith("I-")]
    return lines + grid(say("flag_heads"), [[code(flag), pick(language, *NOTES[flag])] for flag in flags])


def _rule_row(rule: Mapping[str, Any], language: str) -> list[str]:
    severity = rule.get("severity", "error")
    return [code(rule["id"]), rule["table"], code(rule["check"]), severity, rule["text"][language], rule["mend"][language]]


@cache
def shipped_rules() -> list[Mapping[str, Any]]:
    """The rules of configs/rules.yaml."""
    rules: list[Mapping[str, Any]] = YAML(typ="safe").load((HERE.parent / "configs" / "rules.yaml").read_text("utf-8"))["rules"]
    return rules


def outputs_page(language: str) -> list[str]:
    """Every file and table of a run, with its columns."""
    say = says("outputs", language)
    lines = [f"# {say('title')}", "", say("intro")]
    lines += grid(say("file_heads"), [[code(name), about.of(language)] for name, about in FILES.items()])
    lines += [*heading(2, say("pictures"), "pictures"), "", say("pictures_intro"), ""]
    for name in PICTURES:
        lines += [f"**{say(name)}**", "", f"![{say(name)}](../img/{name}.png)", ""]
    for name, table in tables.TABLES.items():
        lines += [*heading(2, f"{name}.csv", name), "", prose(pick(language, table.zh, table.en))]
        lines += grid(say("heads"), [_output_row(name, column, language) for column in table.columns])
    lines += [*heading(2, say("sizes"), "sizes"), "", say("sizes_intro")]
    return lines + grid(say("size_heads"), [[code(path), f"{size / 1000:,.1f}"] for path, size in texts("sizes").items()])


PICTURES = (
    "page-srdi", "page-phone", "workbook-cover", "workbook-ranking", "workbook-unit", "workbook-weights", "word-baseline",
    "word-methods",
)  # fmt: skip


def _output_row(table: str, column: str, language: str) -> list[str]:
    say, dtype = says("outputs", language), tables.TABLES[table].columns[column]
    missing = say("optional") if dtype.endswith("?") else ""
    return [_key(column, tables.TABLES[table].key), say(dtype.rstrip("?")) + missing, column_meaning(table, column, language)]


def column_meaning(table: str, column: str, language: str) -> str:
    """What a column holds, and in what unit, as the codebook says it."""
    zh, en, unit = codebook.column_label(table, column)
    measure = unit_name(unit)
    return pick(language, f"{zh}（{measure.zh}）", f"{en} ({measure.en})") if unit else pick(language, zh, en)


def commands_page(language: str) -> list[str]:
    """Every command with its options, and the exit codes."""
    say = says("commands", language)
    lines = [f"# {say('title')}", "", say("intro")]
    for name, command in typer.main.get_command(cli.app).commands.items():  # type: ignore[attr-defined]
        lines += [*heading(2, f"hqd {name}", name), "", prose(_half(command.help or "", language))]
        rows = [[_spelled(part), _half(getattr(part, "help", None) or "", language), _fallback(part)] for part in command.params]
        lines += grid(say("heads"), rows) if rows else []
    rows = [[code(number), pick(language, zh, en)] for number, (en, zh) in errors.EXIT_CODES.items()]
    return [*lines, *heading(2, say("exit_codes"), "exit-codes"), *grid(say("exit_heads"), rows), say("exit_note")]


def _half(text: str, language: str) -> str:
    """The half of a bilingual help text in one language."""
    zh, slash, en = " ".join(text.split()).partition(" / ")
    return en if slash and language == "en" else zh


def _spelled(parameter: Any) -> str:
    return code_list(parameter.opts if parameter.param_type_name == "option" else [f"[{parameter.name.upper()}]"])


def _fallback(parameter: Any) -> str:
    return "" if parameter.default is None or parameter.default is False else code(parameter.default)


def references_page(language: str) -> list[str]:
    """Known answers with their tolerances, the constants of the tests that check them."""
    say = says("references", language)
    lines = [f"# {say('title')}", "", say("intro")]
    for section in texts("references"):
        rows = [[entry[language], tolerance(entry, language), code(entry["test"])] for entry in section["entries"]]
        lines += ["", f"## {section['section'][language]}", *grid(say("heads"), rows)]
    lines += [*heading(2, say("figures"), "figures"), "", say("figures_intro")]
    return lines + grid(say("figure_heads"), [_figure_row(id, entry, language) for id, entry in known_answers.answers().items()])


def _figure_row(id: str, entry: Mapping[str, Any], language: str) -> list[str]:
    """Method, source, the first figures of both, largest difference, tolerance and its reason."""
    theirs, ours = ((f"{value:.4f}" for value in values[:SHOWN]) for values in (entry["theirs"], known_answers.ours(id)))
    more = f" … ({len(entry['theirs'])})" if len(entry["theirs"]) > SHOWN else ""
    figures = [" ".join(values) + more for values in (theirs, ours)]
    difference = known_answers.difference(id)
    within = f"{difference:.0e}" if difference > ROUNDING else f"< {ROUNDING:.0e}", f"{entry['tolerance']:.0e}"
    return [code(entry["method"]), entry["source"][language], *figures, *within, entry["reason"][language]]


SHOWN = 4
ROUNDING = 1e-9
"""Differences below it are rounding of the processor, and are not the same on the next one."""


def tolerance(entry: Mapping[str, Any], language: str) -> str:
    """What a test allows, read from the test itself where it is a constant there."""
    if "tolerance" not in entry:
        return str(entry["within"][language])
    source = (HERE.parent / entry["test"].partition("::")[0]).read_text("utf-8")
    match = re.search(rf"^{entry['tolerance']}(?:: \w+)? = (\S+)", source, re.MULTILINE)
    return match.group(1) if match else ""


def stages_page(language: str) -> list[str]:
    """The stages with what they read and heed, and the floors of the package."""
    say = says("stages", language)
    rows = [
        [
            code(stage.name),
            pick(language, stage.zh, stage.name),
            code_list(stage.reads),
            code_list(path for path in stage.config_sections if path) or say("all"),
        ]
        for stage in pipeline.STAGES
    ]
    lines = [f"# {say('title')}", "", say("intro"), *grid(say("heads"), rows), *heading(2, say("floors"), "floors")]
    return lines + grid(
        say("floor_heads"), [[floor, code_list(parts)] for floor, parts in sorted(floors().items(), reverse=True)]
    )


def floors() -> dict[int, list[str]]:
    """Floor -> parts of the package on it, as the test of the floors has them."""
    source = (HERE.parent / "tests" / "test_floors.py").read_text("utf-8")
    floor_of: dict[str, int] = ast.literal_eval(re.search(r"^FLOORS = (\{.*?\})", source, re.MULTILINE | re.DOTALL).group(1))  # type: ignore[union-attr]
    package = Path(errors.__file__).parent
    parts = [part for part in floor_of if (package / part).is_dir() or (package / f"{part}.py").is_file()]
    return {floor: [part for part in parts if floor_of[part] == floor] for floor in sorted(set(floor_of.values()))}


def contributing_page(language: str) -> list[str]:
    """CONTRIBUTING.md of the project, its links as they are from here."""
    name = pick(language, "CONTRIBUTING.zh.md", "CONTRIBUTING.md")
    text = (HERE.parent / name).read_text("utf-8").replace(f"](docs/{language}/", "](")
    return re.sub(r"\]\(CONTRIBUTING(\.zh)?\.md\)", f"](../{pick(language, 'en', 'zh')}/contributing.md)", text).splitlines()


MARK = "<!-- made from the program by docs/generate.py; `make docs` writes it again -->"
PAGES: dict[str, Callable[[str], list[str]]] = {
    "commands.md": commands_page,
    "configs.md": configs_page,
    "faults.md": faults_page,
    "inputs.md": inputs_page,
    "methods.md": methods_page,
    "rules.md": rules_page,
    "outputs.md": outputs_page,
    "references.md": references_page,
    "stages.md": stages_page,
}


def pages() -> dict[str, str]:
    """Address -> Markdown of every look-up page, in both languages."""
    return {f"{language}/{name}": _page(page(language)) for language in LANGUAGES for name, page in PAGES.items()}


def _page(lines: Sequence[str]) -> str:
    return "\n".join([MARK, "", *lines, ""]).rstrip("\n") + "\n"


def on_files(files: Any, config: Any) -> Any:
    """What mkdocs calls: CONTRIBUTING.md joins the pages on disk."""
    from mkdocs.structure.files import File

    for language in LANGUAGES:
        files.append(File.generated(config, f"{language}/contributing.md", content="\n".join(contributing_page(language))))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """What mkdocs calls: anchors as it writes them, and CONTRIBUTING.md as a page of the site."""
    anchored = re.sub(r"^(#+ .*) <a id=\"([\w-]+)\"></a>$", r"\1 { #\2 }", markdown, flags=re.MULTILINE)
    return re.sub(r"\]\(\.\./\.\./CONTRIBUTING(\.zh)?\.md\)", "](contributing.md)", anchored)


def main() -> None:
    """Write every look-up page that differs from what is there."""
    for address, text in pages().items():
        path = HERE / address
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"docs/{address}")


if __name__ == "__main__":
    main()
