"""README.md beside the outputs: what each file holds, in both languages."""

from __future__ import annotations

from pathlib import Path

from ...tables import TABLES
from ..bilingual import Bilingual
from ..closing_lines import unwanted_outputs
from ..key_findings import main_findings
from ..results import Results
from ..sentences import SYNTHETIC_NOTICE
from ..wording import wording

FILE_TEXTS = {
    "report.html": "page",
    "results.xlsx": "workbook",
    "quarantine.xlsx": "quarantine",
    "paper/tables_zh.docx, tables_en.docx": "word",
    "paper/tables_zh.tex, tables_en.tex": "latex",
    "paper/methods_zh.docx, methods_en.docx": "methods",
    "stata/": "stata",
    "r/": "r",
    "chain/": "chain",
    "figures/": "figures",
    "config.json": "config",
    "manifest.json": "manifest",
}
"""Files of a run -> their text in readme.yaml."""
FILES: dict[str, Bilingual] = {name: wording(f"readme.file.{text}") for name, text in FILE_TEXTS.items()}
OUTPUT_OF_FILE = {
    "report.html": "page", "results.xlsx": "workbook", "stata/": "exports", "r/": "exports", "chain/": "exports",
    "figures/": "figures",
    **dict.fromkeys((name for name in FILES if name.startswith("paper/")), "paper"),
}  # fmt: skip
"""Files that are made where the study's `outputs` name them."""


MAY_BE_EMPTY = ("not_made", "quarantine", "srdi_unmatched")
"""Tables whose being empty is good news."""


def write_readme(results: Results, folder: Path, message: Bilingual | None = None) -> Path:
    """README.md of a run's folder; `message` is a remark on how the figures came out."""
    path = folder / "README.md"
    path.write_text(
        "\n".join([*_language_part(results, "zh", message), "", "---", "", *_language_part(results, "en", message), ""]), "utf-8"
    )
    return path


def _language_part(results: Results, language: str, message: Bilingual | None) -> list[str]:
    study = results.study.study
    facts = wording("readme.run", **{name: results.manifest.get(name, "") for name in ("run", "study", "program")})
    remarks = [SYNTHETIC_NOTICE] if study.synthetic else []
    lines = [f"# {results.title.of(language)}", "", facts.of(language), ""]
    for remark in (*remarks, *([message] if message is not None else [])):
        lines += [f"> {remark.of(language)}", ""]
    for finding in main_findings(results):
        source = f" (`tables/{finding.sources[0]}.csv`)" if finding.sources else ""
        lines.append(f"- {finding.text.of(language)}{source}")
    lines += ["", f"## {wording('readme.heading.files').of(language)}", ""]
    lines += [
        f"- `{file_name}`: {file_description.of(language)}"
        for file_name, file_description in FILES.items()
        if OUTPUT_OF_FILE.get(file_name) in (None, *study.outputs)
    ]
    unwanted_texts = unwanted_outputs(results.study)
    lines += [] if unwanted_texts is None else ["", unwanted_texts.of(language)]
    lines += ["", f"## {wording('readme.heading.tables').of(language)}", "", wording("readme.encoding").of(language), ""]
    return [*lines, *(f"- `{name}.csv`: {_table_line(results, name).of(language)}" for name in TABLES)]


def _table_line(results: Results, name: str) -> Bilingual:
    """A table with its rows; why it is empty."""
    count, table = len(results.table(name)), Bilingual(TABLES[name].zh, TABLES[name].en)
    if count:
        return wording("readme.table.one" if count == 1 else "readme.table", table=table, count=count)
    if name in MAY_BE_EMPTY:
        return wording("readme.table.none", table=table)
    return wording("readme.table.empty", table=table, reason=results.absence_reason(name))
