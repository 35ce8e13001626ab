"""What happened to the raw files, as lines for the terminal: per file the counts, per rule an example and its mend."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ...canonical import CANONICAL
from ...chinese_punctuation import journal_punctuation
from ..cells.repairs import REPAIR_KINDS
from ..rules.rule_catalogue import RULES
from ..study_intake import Intake

EXAMPLES = 5
KINDS_OF_SIZE = ("unit_in_cell", "negatives", "decimal_comma")
WORDS = {
    "zh": {
        "file": "[校验] {file}  {first}{rows:,} 行 → 采用 {used:,}，隔离 {held:,}（{of_scope}{share:.1%}），范围外 {aside:,}",
        "first": "前 ",
        "of_scope": "占范围内 ",
        "rule": "  {rule} {text}   {count:,} 行  例：第 {row} 行 {column} = {value}{others}",
        "mend": "      {expected}改法：{mend}   处理：{done}",
        "expected": "应为：{expected}   ",
        "others": "；另见第 {rows} 行",
        "error": "整行隔离",
        "kept": "保留并列出",
        "all": "      全部明细：{path}",
    },
    "en": {
        "file": "[check] {file}  {first}{rows:,} rows -> used {used:,}, quarantined {held:,} ({share:.1%}{of_scope}), "
        "out of scope {aside:,}",
        "first": "first ",
        "of_scope": " of rows in scope",
        "rule": "  {rule} {text}   {count:,} rows  e.g. row {row} {column} = {value}{others}",
        "mend": "      {expected}mend: {mend}   done: {done}",
        "expected": "expected: {expected}   ",
        "others": "; also rows {rows}",
        "error": "the whole row is quarantined",
        "kept": "kept and listed",
        "all": "      all of them: {path}",
    },
}


def intake_lines(
    intake: Intake, language: str = "zh", path: str = "quarantine.xlsx", *, first_rows: int | None = None
) -> list[str]:
    """The lines for all files; `path` is where the full list is, `first_rows` how many of each were read at most."""
    wording = WORDS["en" if language == "en" else "zh"]
    quarantine = intake.frames["quarantine"]
    lines: list[str] = []
    for (file, sheet), stages in intake.frames["ledger"].groupby(["file", "sheet"], sort=False):
        row_count, used_row_count = int(stages["rows_in"].iloc[0]), int(stages["used"].iloc[-1])
        quarantined_rows, out_of_scope = int(stages["quarantined"].sum()), int(stages["out_of_scope"].sum())
        share = quarantined_rows / (row_count - out_of_scope) if row_count > out_of_scope else 0.0
        sheet_label = f"{file} [{sheet}]" if sheet else str(file)
        first = wording["first"] if row_count == first_rows else ""
        counts = {"rows": row_count, "used": used_row_count, "held": quarantined_rows, "aside": out_of_scope}
        of_scope = wording["of_scope"] if quarantined_rows and out_of_scope else ""
        lines.append(wording["file"].format(file=sheet_label, first=first, share=share, of_scope=of_scope, **counts))
        sheet_findings = quarantine[(quarantine["file"] == file) & (quarantine["sheet"] == sheet)]
        lines += _rule_lines(sheet_findings, wording, language)
        if quarantined_rows:
            lines.append(wording["all"].format(path=path))
    return lines


def repair_line(repairs: pd.DataFrame, language: str = "zh", path: str = "repairs.csv") -> str:
    """One line that sums the cells whose value is not as printed, by kind; '' when there are none. `path`: the full list.

    Kinds in which a word or sign within the cell decides how large the number is come first, however few they are.
    """
    if repairs.empty:
        return ""
    cells = repairs.groupby("kind")["cells"].sum().sort_values(ascending=False, kind="stable")
    cells = cells.loc[sorted(cells.index, key=lambda repair_kind: repair_kind not in KINDS_OF_SIZE)]
    english = language == "en"
    repair_list = (", " if english else "、").join(
        f"{REPAIR_KINDS[str(repair_kind)][language]} {cell_count:,}" for repair_kind, cell_count in cells.items()
    )
    if english:
        return f"[repairs] {cells.sum():,} cells are used otherwise than printed: {repair_list}; see {path}"
    return f"[修整] {cells.sum():,} 个单元格未按原样采用：{repair_list}；详见 {path}"


def _rule_lines(findings: pd.DataFrame, wording: dict[str, str], language: str) -> Iterator[str]:
    """Errors first, then warnings; the first row as the example, up to four more by number."""
    for (severity, rule), rows in findings.groupby(["severity", "rule"], sort=True):
        first_finding = rows.iloc[0]
        other_rows = [str(row_number) for row_number in rows["row"].drop_duplicates().iloc[1:EXAMPLES]]
        expectation = first_finding[f"expected_{language}"]
        rule_text = RULES[rule].text[language] if rule in RULES else expectation
        mend = first_finding[f"mend_{language}"]
        yield wording["rule"].format(
            rule=rule,
            text=_printed(rule_text, language),
            count=rows["row"].nunique(),
            row=first_finding["row"],
            column=_names_with_labels(str(first_finding["column"]), language),
            value=f'"{first_finding["value"]}"',
            others=wording["others"].format(rows=", ".join(other_rows)) if other_rows else "",
        )
        treatment = wording["error"] if severity == "error" else wording["kept"]
        expectation_text = (
            wording["expected"].format(expected=_printed(expectation, language)) if expectation != rule_text else ""
        )
        yield wording["mend"].format(expected=expectation_text, mend=_printed(mend, language), done=treatment)


def _printed(sentence: str, language: str) -> str:
    return sentence if language == "en" else journal_punctuation(sentence)


def _names_with_labels(columns: str, language: str) -> str:
    """'rd_exp(研发投入), revenue(营业收入)': names with their labels where the program knows one."""
    return ", ".join(_name_with_label(column_name, language) for column_name in columns.split(", "))


def _name_with_label(column_name: str, language: str) -> str:
    column = next(
        (
            canonical_table.columns[column_name]
            for canonical_table in CANONICAL.values()
            if column_name in canonical_table.columns
        ),
        None,
    )
    if column is None:
        return column_name
    return f"{column_name} ({column.en})" if language == "en" else f"{column_name}（{column.zh}）"
