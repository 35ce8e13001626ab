"""README.md beside the outputs: what each file holds, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...tables import TABLES
from ..bilingual import Bilingual
from ..closing_lines import unwanted_outputs
from ..key_findings import main_findings
from ..results import Results
from ..sentences import SYNTHETIC_NOTICE

FILES: dict[str, Bilingual] = {
    "report.html": Bilingual(
        "网页报告：单个文件，离线可用，中英文切换", "the report as one page: works offline, Chinese and English"
    ),
    "results.xlsx": Bilingual(
        "结果工作簿：一表一页，按阅读顺序", "the results as a workbook: one table a sheet, in reading order"
    ),
    "quarantine.xlsx": Bilingual("被隔离的行：按规则、逐行、整行", "quarantined rows: by rule, line by line, whole rows"),
    "paper/tables_zh.docx, tables_en.docx": Bilingual("论文三线表（Word）", "three-line tables for a paper (Word)"),
    "paper/tables_zh.tex, tables_en.tex": Bilingual("论文三线表（LaTeX，booktabs，ctex）", "the same for LaTeX (booktabs, ctex)"),
    "paper/methods_zh.docx, methods_en.docx": Bilingual(
        "研究方法一节，由配置自动写成", "the methods section, written from the configuration"
    ),
    "stata/": Bilingual(
        "面板 panel.dta（118 版，中文标签）、panel.csv 与复现回归的 baseline.do；研究公布企业数据时另有 firms.dta、firms.csv",
        "panel.dta (version 118, labels), panel.csv, baseline.do; firms.dta and firms.csv where rows of firms are published",
    ),
    "r/": Bilingual(
        "baseline.R：只用 R 自带函数复现回归，并与结果表逐项比较；signs.csv：主回归自助法的符号",
        "baseline.R repeats the regressions in base R and compares; signs.csv: the signs of the headline bootstrap",
    ),
    "chain/": Bilingual(
        "产业链图谱：chain.svg（供打印）、chain.graphml（Gephi、igraph）与 chain.json（有投入产出联系时）",
        "the chain map: chain.svg (for print), chain.graphml (Gephi, igraph), chain.json, where there are input-output links",
    ),
    "figures/": Bilingual("全部图：SVG、PNG（300 dpi）、PDF", "all figures as SVG, PNG (300 per inch) and PDF"),
    "config.json": Bilingual(
        "本次运行的完整配置，默认值均写出；供 hqd diff 比较", "the whole configuration with its defaults; for hqd diff"
    ),
    "manifest.json": Bilingual(
        "本次运行的指纹：输入、配置、版本、每个文件的校验值",
        "fingerprints of this run: inputs, configuration, versions, every file",
    ),
}
OUTPUT_OF_FILE = {
    "report.html": "page", "results.xlsx": "workbook", "stata/": "exports", "r/": "exports", "chain/": "exports",
    "figures/": "figures",
    **dict.fromkeys((name for name in FILES if name.startswith("paper/")), "paper"),
}  # fmt: skip
"""Files that are made where the study's `outputs` name them."""


def write_readme(results: Results, folder: Path, message: Bilingual | None = None) -> Path:
    """README.md of a run's folder; `message` is a remark on how the figures came out."""
    path = folder / "README.md"
    path.write_text(
        "\n".join([*_language_part(results, "zh", message), "", "---", "", *_language_part(results, "en", message), ""]), "utf-8"
    )
    return path


def _language_part(results: Results, language: str, message: Bilingual | None) -> list[str]:
    study = results.study.study
    lines = [f"# {study.label[language]}", ""]
    if study.synthetic:
        lines += [f"> {SYNTHETIC_NOTICE.of(language)}", ""]
    if message is not None:
        lines += [f"> {message.of(language)}", ""]
    lines += [f"- {finding.text.of(language)} (`tables/{finding.sources[0]}.csv`)" for finding in main_findings(results)]
    lines += ["", Bilingual("## 文件", "## Files").of(language), ""]
    lines += [
        f"- `{file_name}`: {file_description.of(language)}"
        for file_name, file_description in FILES.items()
        if OUTPUT_OF_FILE.get(file_name) in (None, *study.outputs)
    ]
    unwanted_texts = unwanted_outputs(results.study)
    lines += [] if unwanted_texts is None else ["", unwanted_texts.of(language)]
    lines += ["", Bilingual("## 结果表 `tables/*.csv`", "## Tables `tables/*.csv`").of(language), ""]
    lines += [
        Bilingual(
            "UTF-8（带 BOM），全精度，先排名后四舍五入；缺失为空。",
            "UTF-8 with BOM, full precision, ranked before any rounding; missing cells are empty.",
        ).of(language),
        "",
    ]
    lines += _table_lines(results, language)
    return lines


def _table_lines(results: Results, language: str) -> Sequence[str]:
    """One line per table with its rows; why a table is empty."""
    lines = []
    for name, table in TABLES.items():
        number_of_rows = len(results.table(name))
        row_count = Bilingual(f"{number_of_rows} 行", f"{number_of_rows} rows").of(language)
        reason = (
            f" — {results.absence_reason(name).of(language)}"
            if not number_of_rows and name not in ("not_made", "quarantine", "srdi_unmatched")
            else ""
        )
        lines.append(f"- `{name}.csv`: {Bilingual(table.zh, table.en).of(language)} ({row_count}){reason}")
    return lines
