"""The YAML of a proposed study: each guess has a comment beside its line, in the language of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..study.records import Label
from .proposal import Proposal, ProposedColumn, ProposedSource, ProposedTable
from .proposed_indicators import ProposedTree
from .yaml_lines import YamlLines

PLAIN_SETTINGS = ("path", "table", "preset", "sheet", "sheet_is", "header_row")
GUESS_PREFIX = {"zh": "猜测:", "en": "guess: "}


@dataclass(frozen=True)
class StudyFacts:
    """What study.yaml and weighting.yaml say: name, unit, names of units, years, language, and comments beside them."""

    name: str
    title: str
    unit_keys: tuple[str, ...]
    names: object
    years: tuple[int, int]
    language: str
    min_firms: int | None
    levels: tuple[str, ...]  # whose density regressions have, () where nothing says who is recognised
    comments: Mapping[str, Label]
    srdi_list: Mapping[str, object] | None = None
    status: tuple[str, str] | None = None  # the column of firms that says it, and its label


def study_files(study_facts: StudyFacts, proposal: Proposal, tree: ProposedTree) -> dict[str, str]:
    """File name -> text."""
    texts_by_file = {
        "study.yaml": _study(study_facts),
        "sources.yaml": _sources_yaml(proposal, study_facts),
        "indicators.yaml": _indicators(tree, study_facts.language),
        "weighting.yaml": _weighting(tree, study_facts.language),
    }
    if study_facts.levels:
        texts_by_file["regressions.yaml"] = _regressions(study_facts)
    return texts_by_file


def _in_language(language: str, zh: str, en: str) -> str:
    return en if language == "en" else zh


def _guess_comment(label: Label | None, language: str) -> str:
    return f"{GUESS_PREFIX[language]}{label[language]}" if label else ""


def _study(study_facts: StudyFacts) -> str:
    language = study_facts.language
    yaml_lines = YamlLines(
        _in_language(
            language,
            "由 hqd init --from 按数据文件写成;“猜测”处请核对",
            "written by hqd init --from; please check what is a guess",
        )
    )
    yaml_lines.add(
        "name",
        study_facts.name,
        comment=_in_language(language, "结果写入 data/processed/ 下同名文件夹", "results go to data/processed/NAME"),
    )
    yaml_lines.add(
        "label",
        {"zh": study_facts.title, "en": study_facts.title},
        comment=_in_language(language, "报告标题", "title of the report"),
    )
    yaml_lines.add(
        "unit",
        {"by": list(study_facts.unit_keys), "names": study_facts.names},
        comment=_guess_comment(study_facts.comments.get("unit"), language),
    )
    yaml_lines.add("years", list(study_facts.years), comment=_guess_comment(study_facts.comments.get("years"), language))
    yaml_lines.add("language", language)
    if study_facts.min_firms is not None:
        yaml_lines.add(
            "min_firms", study_facts.min_firms, comment=_guess_comment(study_facts.comments.get("min_firms"), language)
        )
    return yaml_lines.content()


def _sources_yaml(proposal: Proposal, study_facts: StudyFacts) -> str:
    language = study_facts.language
    yaml_lines = YamlLines(
        _in_language(language, "文件、列名、单位;路径相对数据文件夹", "files, labels, units; paths are from the data folder")
    )
    yaml_lines.add("sources")
    for source in proposal.sources:
        _source_lines(source, yaml_lines, language)
    user_tables = {
        table.name: table
        for table in proposal.tables.values()
        if not table.is_canonical or any(column.is_user_defined for column in table.columns.values())
    }
    if user_tables:
        yaml_lines.add("tables")
        for table in user_tables.values():
            _table_lines(table, yaml_lines, language)
    if study_facts.srdi_list:
        yaml_lines.add(
            "srdi_list", study_facts.srdi_list, comment=_guess_comment(study_facts.comments.get("srdi_list"), language)
        )
    if study_facts.status:
        status_column, label = study_facts.status
        rule = {"criteria": status_column, "label": {"zh": label, "en": label}}
        yaml_lines.add("status", rule, comment=_guess_comment(study_facts.comments.get("status"), language))
    return yaml_lines.content()


def _source_lines(source: ProposedSource, yaml_lines: YamlLines, language: str) -> None:
    yaml_lines.add(source.id, indent=2)
    comments = {setting: _guess_comment(label, language) for setting, label in source.comments.items()}
    aliases = {label: _guess_comment(comment, language) for label, comment in source.alias_comments.items()}
    for setting in PLAIN_SETTINGS:
        if setting in source.settings:
            yaml_lines.add(setting, source.settings[setting], indent=4, comment=comments.get(setting, ""))
    for setting, value in source.settings.items():
        if setting in PLAIN_SETTINGS:
            continue
        if setting == "aliases":
            yaml_lines.add_pairs(setting, value, indent=4, comments=aliases)
        elif setting == "reshape" and "columns" in value:
            _reshape(value, yaml_lines)
        else:
            yaml_lines.add(setting, value, indent=4, comment=comments.get(setting, ""))


def _reshape(reshape_settings: Mapping[str, Any], yaml_lines: YamlLines) -> None:
    yaml_lines.add("reshape", indent=4)
    for key, value in reshape_settings.items():
        if key == "columns":
            yaml_lines.add_pairs(key, value, indent=6)
        else:
            yaml_lines.add(key, value, indent=6)


def _table_lines(proposed_table: ProposedTable, yaml_lines: YamlLines, language: str) -> None:
    yaml_lines.add(proposed_table.name, indent=2)
    if not proposed_table.is_canonical:
        yaml_lines.add(
            "key",
            list(proposed_table.key),
            indent=4,
            comment=_in_language(language, "每个单元每年一行", "one row per unit and year"),
        )
    user_columns = [column for column in proposed_table.columns.values() if column.is_user_defined]
    yaml_lines.add("columns", indent=4)
    for column in user_columns:
        yaml_lines.add(column.name, _column_spec(column), indent=6)


def _column_spec(column: ProposedColumn) -> dict[str, object]:
    dtype_setting = {"dtype": column.dtype} if column.dtype != "number" else {}
    unit = {"unit": column.unit} if column.unit else {}
    return {**dtype_setting, **unit, "label": {"zh": column.label, "en": column.label}}


def _indicators(tree: ProposedTree, language: str) -> str:
    yaml_lines = YamlLines(
        _in_language(
            language,
            "指标树与公式;direction 可写 1/-1 或 正向/负向,“提议”处请核对",
            "tree and formulas; please check what is proposed",
        )
    )
    yaml_lines.add("levels", list(tree.levels))
    yaml_lines.add("tree")
    _branch(tree.tree, yaml_lines, 2)
    yaml_lines.add("nodes")
    for id, label in tree.nodes.items():
        yaml_lines.add(id, {"zh": label.zh, "en": label.en}, indent=2)
    yaml_lines.add("indicators")
    for indicator in tree.indicators:
        direction = ("正向" if indicator.direction > 0 else "负向") if language == "zh" else indicator.direction
        spec: dict[str, object] = {"table": indicator.table, "formula": indicator.formula}
        spec |= {"unit": indicator.unit} if indicator.unit else {}
        spec |= {"direction": direction, "label": {"zh": indicator.label.zh, "en": indicator.label.en}}
        yaml_lines.add(indicator.id, spec, indent=2, comment=indicator.comment[language] if indicator.comment else "")
    return yaml_lines.content()


def _branch(tree: Mapping[str, object], yaml_lines: YamlLines, indent: int) -> None:
    for id, subtree in tree.items():
        if isinstance(subtree, Mapping):
            yaml_lines.add(id, indent=indent)
            _branch(subtree, yaml_lines, indent + 2)
        else:
            yaml_lines.add(id, subtree, indent=indent)


def _weighting(tree: ProposedTree, language: str) -> str:
    yaml_lines = YamlLines(
        _in_language(
            language, "标准化、赋权、合成;可选方法见 hqd methods,可写中文名", "normalising, weights, aggregation: see hqd methods"
        )
    )
    yaml_lines.add("normalise", {"method": "minmax", "over": "all_years"})
    yaml_lines.add("weight")
    comment = tree.weights_comment[language] if tree.weights_comment else ""
    if tree.flat_weights:
        yaml_lines.add("leaves", {"method": "given", "normalize": True, "shares": tree.flat_weights}, indent=2, comment=comment)
    for level in () if tree.flat_weights else tree.levels:
        if level in tree.weights:
            yaml_lines.add(
                level, {"method": "given", "normalize": True, "shares": tree.weights[level]}, indent=2, comment=comment
            )
        elif level == "indicators" and not tree.weights and not tree.all_equal:
            note = _in_language(language, "提议;换成等权:{method: 等权}", "proposed; equal weights instead: {method: equal}")
            yaml_lines.add(level, {"method": "entropy"}, indent=2, comment=note)
        else:
            yaml_lines.add(level, {"method": "equal"}, indent=2)
    yaml_lines.add("aggregate")
    for level in tree.levels:
        yaml_lines.add(level, {"method": "arithmetic"}, indent=2)
    if tree.smallest_family < 2:
        yaml_lines.add("coverage", {"min_children": 1},
                  comment=_in_language(language, "有的维度只有一个指标", "some nodes have but one indicator"))  # fmt: skip
    return yaml_lines.content()


def _regressions(study_facts: StudyFacts) -> str:
    language = study_facts.language
    yaml_lines = YamlLines(
        _in_language(
            language, "专精特新密度与回归;控制变量、假设见文档", "SRDI density and regressions; for controls see the docs"
        )
    )
    comment = _in_language(language, "每千家企业中的专精特新企业数,滞后一年", "SRDI firms per 1,000, lagged a year")
    yaml_lines.add(
        "density", {"measure": "count", "status": "valid", "levels": list(study_facts.levels), "lag": 1}, comment=comment
    )
    yaml_lines.add("specifications")
    yaml_lines.add_item(
        {"id": "twfe", "label": {"zh": "双向固定效应", "en": "Two-way fixed effects"}, "controls": "none", "headline": True},
        indent=2,
    )
    verdict_note = _in_language(
        language,
        "要下结论,先于看结果写明多大的效应才算有意义、检验水平:",
        "for a verdict write, before you see results, how large an effect matters and the level of the test:",
    )
    yaml_lines.add_comment(verdict_note)
    yaml_lines.add_comment("hypotheses: {sesoi: 0.10, alpha: 0.05}")
    return yaml_lines.content()


def report_text(proposal: Proposal, tree: ProposedTree, files_and_roles: Sequence[tuple[str, str]], language: str) -> str:
    """What was read as what, every guess, and what is missing with its reason, as a page of Markdown."""
    is_chinese = language == "zh"
    yaml_lines = [
        "# "
        + (
            "由文件生成研究:读了什么、猜了什么、缺什么"
            if is_chinese
            else "A study from files: what was read, guessed and is missing"
        ),
        "",
    ]
    yaml_lines += [
        "## " + ("文件" if is_chinese else "Files"),
        "",
        *(f"- `{location}`: {role_text}" for location, role_text in files_and_roles),
        "",
    ]
    yaml_lines += ["## " + ("猜测(请核对)" if is_chinese else "Guesses (please check)"), ""]
    yaml_lines += [f"- {location}: {label[language]}" for location, label in proposal.guesses] or [
        "- " + ("无" if is_chinese else "none")
    ]
    commented_indicators = [indicator for indicator in tree.indicators if indicator.comment]
    yaml_lines += [
        f"- indicators.{indicator.id}: {indicator.comment[language] if indicator.comment else ''}"
        for indicator in commented_indicators
    ]
    yaml_lines += ["", "## " + ("缺少或未用" if is_chinese else "Missing or not used"), ""]
    yaml_lines += [f"- {location}: {label[language]}" for location, label in proposal.gaps] or [
        "- " + ("无" if is_chinese else "none")
    ]
    return "\n".join(yaml_lines) + "\n"
