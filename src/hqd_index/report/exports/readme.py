"""README.md beside the outputs: what each file holds, in both languages."""

from __future__ import annotations

from pathlib import Path

from ...tables import TABLES
from ..bilingual import Bilingual
from ..closing_lines import unwanted_outputs
from ..key_findings import main_findings
from ..results import Results
from ..sentences import SYNTHETIC_NOTICE
from ..wording import listing, wording

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
    made = [name for name in TABLES if len(results.table(name)) or name in MAY_BE_EMPTY]
    lines += [f"- `{name}.csv`: {_table_line(results, name).of(language)}" for name in made]
    return [*lines, *_empty_tables(results, language)]


def _table_line(results: Results, name: str) -> Bilingual:
    """A table with its rows."""
    count = len(results.table(name))
    key = "readme.table.none" if not count else "readme.table.one" if count == 1 else "readme.table"
    return wording(key, table=_title(name), **({"count": count} if count > 1 else {}))


def _title(name: str) -> Bilingual:
    return Bilingual(TABLES[name].zh, TABLES[name].en)


def _empty_tables(results: Results, language: str) -> list[str]:
    """A heading and a line for each reason, with the tables that are empty for it; none where every table has rows."""
    names_by_reason: dict[str, list[str]] = {}
    for name in TABLES:
        if not len(results.table(name)) and name not in MAY_BE_EMPTY:
            names_by_reason.setdefault(_reason(results, name).of(language), []).append(name)
    lines = [
        f"- {reason}{': ' if language == 'en' else '：'}" + listing([_file_and_title(name) for name in names]).of(language)
        for reason, names in names_by_reason.items()
    ]
    return ["", f"### {wording('readme.heading.empty').of(language)}", "", *lines] if lines else []


def _reason(results: Results, name: str) -> Bilingual:
    """Why a table is empty; the same words for all of which the run simply has nothing."""
    rows = results.table("not_made")
    has_reason = len(rows) and (rows["table"] == name).any()
    return results.absence_reason(name) if has_reason else wording("readme.table.nothing")


def _file_and_title(name: str) -> Bilingual:
    return Bilingual(*(f"`{name}.csv` {title}" for title in _title(name)))
