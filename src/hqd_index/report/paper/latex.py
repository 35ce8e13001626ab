"""The paper's tables as LaTeX: booktabs rules, ready for ctex."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..bilingual import Bilingual
from .paper_tables import AbsentTable, Cell, PaperTable, absence_statement
from .word import caption

ESCAPES = {
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "−": "$-$", "²": "$^2$", "◇": r"$\diamond$"},
    **{"≤": r"$\le$", "≥": r"$\ge$", "α": r"$\alpha$", "×": r"$\times$", "Σ": r"$\Sigma$"},
}
DOCUMENT_CLASS = {
    "zh": "\\documentclass[UTF8,zihao=5]{ctexart}",
    "en": "\\documentclass[10pt]{article}",
}
PREAMBLE = (
    "\\usepackage[a4paper,margin=2.2cm]{geometry}\n\\usepackage{booktabs,longtable,array,threeparttablex}\n\\begin{document}\n"
)


def write_latex(
    tables: Sequence[PaperTable | AbsentTable], path: Path, language: str, notice: str = "", remark: str = ""
) -> Path:
    """All tables in one file that compiles by itself, each to be pasted into a paper; a comment, then a notice come first."""
    notice_lines = [f"\\noindent\\textbf{{{escape_latex(notice)}}}\n"] if notice else []
    statement = absence_statement(tables).of(language)
    latex_parts = [
        f"% {remark}",
        DOCUMENT_CLASS[language],
        PREAMBLE,
        *notice_lines,
        *[environment(paper_table, language) for paper_table in tables if isinstance(paper_table, PaperTable)],
        *([f"% {statement}"] if statement else []),
        "\\end{document}\n",
    ]
    path.write_text("\n".join(latex_parts), "utf-8")
    return path


def escape_latex(plain_text: str) -> str:
    """Text that LaTeX prints unchanged."""
    return "".join(ESCAPES.get(sign, sign) for sign in plain_text)


def environment(paper_table: PaperTable, language: str) -> str:
    """One longtable with caption, rules and note."""
    title = escape_latex(caption(paper_table, language))
    shares = paper_table.widths or (2.0, *[1.0] * (len(paper_table.header[0]) - 1))
    columns = "".join(
        f">{{\\{'raggedright' if j == 0 else 'centering'}\\arraybackslash}}p{{{0.86 * share / sum(shares):.3f}\\linewidth}}"
        for j, share in enumerate(shares)
    )
    body = [
        ("\\midrule\n" if k in paper_table.rule_before else "") + _table_line(body_line, language)
        for k, body_line in enumerate(paper_table.body)
    ]
    note = escape_latex(paper_table.note.of(language))
    return "\n".join(
        [
            f"\\begin{{center}}\\textbf{{{title}}}\\end{{center}}",
            f"{{\\footnotesize\\setlength{{\\tabcolsep}}{{3pt}}\\begin{{longtable}}{{{columns}}}",
            "\\toprule",
            *[_table_line(body_line, language) for body_line in paper_table.header],
            "\\midrule\\endhead",
            *body,
            "\\bottomrule",
            "\\end{longtable}}",
            f"{{\\footnotesize {note}\\par}}\n" if note else "",
        ]
    )


def _table_line(line_cells: Sequence[Cell], language: str) -> str:
    """Cells of a line; one that opens with [ is held apart from the line break before it."""
    cells = [escape_latex(cell.of(language) if isinstance(cell, Bilingual) else cell) for cell in line_cells]
    return " & ".join(f"{{{cell}}}" if cell.startswith("[") else cell for cell in cells) + " \\\\"
