"""The YAML of a proposed study: what is guessed stands beside its line, in the language of the study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..study.records import Label
from .proposal import Proposal, ProposedColumn, ProposedSource, ProposedTable
from .proposed_indicators import ProposedTree
from .yaml_lines import YamlLines

SIMPLE = ("path", "table", "preset", "sheet", "sheet_is", "header_row")
GUESS = {"zh": "猜测:", "en": "guess: "}


@dataclass(frozen=True)
class StudyFacts:
    """What study.yaml and weighting.yaml say: name, unit, names of units, years, language, and comments beside them."""

    name: str
    title: str
    by: tuple[str, ...]
    names: object
    years: tuple[int, int]
    language: str
    min_firms: int | None
    level: str  # of the recognition list, '' where there is none
    comments: Mapping[str, Label]


def study_files(facts: StudyFacts, proposal: Proposal, tree: ProposedTree) -> dict[str, str]:
    """File name -> text."""
    files = {
        "study.yaml": _study(facts),
        "sources.yaml": _sources(proposal, facts),
        "indicators.yaml": _indicators(tree, facts.language),
        "weighting.yaml": _weighting(tree, facts.language),
    }
    if facts.level:
        files["regressions.yaml"] = _regressions(facts)
    return files


def _said(language: str, zh: str, en: str) -> str:
    return en if language == "en" else zh


def _guess(label: Label | None, language: str) -> str:
    return f"{GUESS[language]}{label[language]}" if label else ""


def _study(facts: StudyFacts) -> str:
    language = facts.language
    lines = YamlLines(
        _said(
            language,
            "由 hqd init --from 按数据文件写成;“猜测”处请核对",
            "written by hqd init --from; please check what is a guess",
        )
    )
    lines.add(
        "name", facts.name, comment=_said(language, "结果写入 data/processed/ 下同名文件夹", "results go to data/processed/NAME")
    )
    lines.add("label", {"zh": facts.title, "en": facts.title}, comment=_said(language, "报告标题", "title of the report"))
    lines.add("unit", {"by": list(facts.by), "names": facts.names}, comment=_guess(facts.comments.get("unit"), language))
    lines.add("years", list(facts.years), comment=_guess(facts.comments.get("years"), language))
    lines.add("language", language)
    if facts.min_firms is not None:
        lines.add("min_firms", facts.min_firms, comment=_guess(facts.comments.get("min_firms"), language))
    return lines.text()


def _sources(proposal: Proposal, facts: StudyFacts) -> str:
    language = facts.language
    lines = YamlLines(
        _said(language, "文件、列名、单位;路径相对数据文件夹", "files, labels, units; paths are from the data folder")
    )
    lines.add("sources")
    for source in proposal.sources:
        _source(source, lines, language)
    own = {
        table.name: table for table in proposal.tables.values() if not table.builtin or any(c.own for c in table.columns.values())
    }
    if own:
        lines.add("tables")
        for table in own.values():
            _table(table, lines, language)
    if facts.level:
        lines.add("srdi_list", {"sample": True}, comment=_guess(facts.comments.get("srdi_list"), language))
    return lines.text()


def _source(source: ProposedSource, lines: YamlLines, language: str) -> None:
    lines.add(source.id, indent=2)
    comments = {key: _guess(label, language) for key, label in source.comments.items()}
    aliases = {label: _guess(text, language) for label, text in source.alias_comments.items()}
    for key in SIMPLE:
        if key in source.settings:
            lines.add(key, source.settings[key], indent=4, comment=comments.get(key, ""))
    for key, value in source.settings.items():
        if key in SIMPLE:
            continue
        if key == "aliases":
            lines.add_pairs(key, value, indent=4, comments=aliases)
        elif key == "reshape" and "columns" in value:
            _reshape(value, lines)
        else:
            lines.add(key, value, indent=4, comment=comments.get(key, ""))


def _reshape(shape: Mapping[str, Any], lines: YamlLines) -> None:
    lines.add("reshape", indent=4)
    for key, value in shape.items():
        if key == "columns":
            lines.add_pairs(key, value, indent=6)
        else:
            lines.add(key, value, indent=6)


def _table(table: ProposedTable, lines: YamlLines, language: str) -> None:
    lines.add(table.name, indent=2)
    if not table.builtin:
        lines.add("key", list(table.key), indent=4, comment=_said(language, "每个单元每年一行", "one row per unit and year"))
    own = [column for column in table.columns.values() if column.own]
    lines.add("columns", indent=4)
    for column in own:
        lines.add(column.name, _column_spec(column), indent=6)


def _column_spec(column: ProposedColumn) -> dict[str, object]:
    kind = {"dtype": "text"} if column.kind == "text" else {}
    unit = {"unit": column.unit} if column.unit else {}
    return {**kind, **unit, "label": {"zh": column.label, "en": column.label}}


def _indicators(tree: ProposedTree, language: str) -> str:
    lines = YamlLines(
        _said(
            language,
            "指标树与公式;direction 可写 1/-1 或 正向/负向,“提议”处请核对",
            "tree and formulas; please check what is proposed",
        )
    )
    lines.add("levels", list(tree.levels))
    lines.add("tree")
    _branch(tree.tree, lines, 2)
    lines.add("nodes")
    for id, label in tree.nodes.items():
        lines.add(id, {"zh": label.zh, "en": label.en}, indent=2)
    lines.add("indicators")
    for one in tree.indicators:
        direction = ("正向" if one.direction > 0 else "负向") if language == "zh" else one.direction
        spec: dict[str, object] = {"table": one.table, "formula": one.formula}
        spec |= {"unit": one.unit} if one.unit else {}
        spec |= {"direction": direction, "label": {"zh": one.label.zh, "en": one.label.en}}
        lines.add(one.id, spec, indent=2, comment=one.comment[language] if one.comment else "")
    return lines.text()


def _branch(tree: Mapping[str, object], lines: YamlLines, indent: int) -> None:
    for id, below in tree.items():
        if isinstance(below, Mapping):
            lines.add(id, indent=indent)
            _branch(below, lines, indent + 2)
        else:
            lines.add(id, below, indent=indent)


def _weighting(tree: ProposedTree, language: str) -> str:
    lines = YamlLines(
        _said(
            language, "标准化、赋权、合成;可选方法见 hqd methods,可写中文名", "normalising, weights, aggregation: see hqd methods"
        )
    )
    lines.add("normalise", {"method": "minmax", "over": "all_years"})
    lines.add("weight")
    comment = tree.weights_comment[language] if tree.weights_comment else ""
    if tree.flat_weights:
        lines.add("leaves", {"method": "given", "normalize": True, "shares": tree.flat_weights}, indent=2, comment=comment)
    for level in () if tree.flat_weights else tree.levels:
        if level in tree.weights:
            lines.add(level, {"method": "given", "normalize": True, "shares": tree.weights[level]}, indent=2, comment=comment)
        elif level == "indicators" and not tree.weights and not tree.all_equal:
            note = _said(language, "提议;换成等权:{method: 等权}", "proposed; equal weights instead: {method: equal}")
            lines.add(level, {"method": "entropy"}, indent=2, comment=note)
        else:
            lines.add(level, {"method": "equal"}, indent=2)
    lines.add("aggregate")
    for level in tree.levels:
        lines.add(level, {"method": "arithmetic"}, indent=2)
    if tree.smallest_family < 2:
        lines.add("coverage", {"min_children": 1},
                  comment=_said(language, "有的维度只有一个指标", "some nodes have but one indicator"))  # fmt: skip
    return lines.text()


def _regressions(facts: StudyFacts) -> str:
    language = facts.language
    levels = ["national", "key_national"] if facts.level in ("national", "key_national") else [facts.level]
    lines = YamlLines(
        _said(language, "专精特新密度与回归;控制变量、假设见文档", "SRDI density and regressions; for controls see the docs")
    )
    comment = _said(language, "每千家企业中的专精特新企业数,滞后一年", "SRDI firms per 1,000, lagged a year")
    lines.add("density", {"measure": "count", "status": "valid", "levels": levels, "lag": 1}, comment=comment)
    lines.add("specifications")
    lines.item(
        {"id": "twfe", "label": {"zh": "双向固定效应", "en": "Two-way fixed effects"}, "controls": "none", "headline": True},
        indent=2,
    )
    return lines.text()


def report_text(proposal: Proposal, tree: ProposedTree, used: Sequence[tuple[str, str]], language: str) -> str:
    """What was read as what, every guess, and what is missing with its reason, as a page of Markdown."""
    zh = language == "zh"
    lines = [
        "# "
        + ("由文件生成研究:读了什么、猜了什么、缺什么" if zh else "A study from files: what was read, guessed and is missing"),
        "",
    ]
    lines += ["## " + ("文件" if zh else "Files"), "", *(f"- `{location}`: {what}" for location, what in used), ""]
    lines += ["## " + ("猜测(请核对)" if zh else "Guesses (please check)"), ""]
    lines += [f"- {location}: {label[language]}" for location, label in proposal.guesses] or ["- " + ("无" if zh else "none")]
    proposed = [one for one in tree.indicators if one.comment]
    lines += [f"- indicators.{one.id}: {one.comment[language] if one.comment else ''}" for one in proposed]
    lines += ["", "## " + ("缺少或未用" if zh else "Missing or not used"), ""]
    lines += [f"- {location}: {label[language]}" for location, label in proposal.missing] or ["- " + ("无" if zh else "none")]
    return "\n".join(lines) + "\n"
