"""A clean study of 165 firm-years that runs in a second: what the faults of the table are put into, one at a time."""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hqd_index import cli

Rows = list[list[str]]
HEADER = [
    "企业代码", "企业名称", "年份", "行业代码", "营业收入(万元)", "研发投入(万元)", "员工人数", "研发人员", "主导产品收入占比(%)",
]  # fmt: skip
INDUSTRIES, YEARS, FIRMS = ("C34", "C35", "C39"), range(2016, 2021), 11
LABEL = "label: {zh: 一, en: one}"
CONFIGS = {
    "study": f"name: small\n{LABEL}\nyears: [2016, 2020]\nlanguage: zh\nseed: 1\n",
    "sources": """sources:
  firms:
    path: firms.csv
    table: firms
    aliases: {企业代码: firm_id}
    constants: {industry_version: '2017'}
srdi_list: {assume_review: none}
""",
    "rules": """gates: {max_quarantine_share: 0.05}
ranges: {firms: {year: [2000, 2030], revenue: [0, 5.0e+12], rd_exp: [0, null]}}
rules:
  - {id: E02, table: firms, check: rd_staff <= employees, text: {zh: 研发人员不多于员工, en: staff}, mend: {zh: 查, en: look}}
  - id: E13
    table: firms
    check: main_product_rev_share between 0 and 100
    text: {zh: 占比在 0 与 100 之间, en: a share}
    mend: {zh: 查, en: look}
""",
    "indicators": f"""levels: [indicators]
tree: {{index: [rd, staff, focus]}}
indicators:
  rd: {{table: firms, formula: 100 * sum(rd_exp) / sum(revenue), {LABEL}}}
  staff: {{table: firms, formula: 100 * sum(rd_staff) / sum(employees), {LABEL}}}
  focus: {{table: firms, formula: avg(main_product_rev_share), {LABEL}}}
""",
    "weighting": "weight: {indicators: {method: entropy}}\naggregate: {indicators: {method: arithmetic}}\n",
    "uncertainty": "draws: 0\n",
}


def clean_rows() -> Rows:
    """The header and a row for every firm and year; row n of the list is row n + 1 of the file."""
    firms = [code for code in INDUSTRIES for _ in range(FIRMS)]
    rows = []
    for k, code in enumerate(firms):
        for year in YEARS:
            size = 100 + 7 * k + 3 * (year - 2016) + (k * year) % 11
            rows.append([
                f"{k + 1:06d}", f"企业{k + 1}", str(year), code, f"{size}.25", f"{3 + (k * 5 + year) % 9}.5", str(50 + k),
                str(5 + (k + year) % 7), str(60 + (k * 3 + year) % 30),
            ])  # fmt: skip
    return [list(HEADER), *rows]


def as_csv(rows: Rows, encoding: str = "utf-8") -> bytes:
    """The rows as a file, quoted where needed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(encoding)


@dataclass(frozen=True)
class SmallStudy:
    """The study in a folder: configs, raw files, results."""

    folder: Path

    @property
    def configs(self) -> Path:
        return self.folder / "configs"

    @property
    def data(self) -> Path:
        return self.folder / "raw"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def home(self) -> Path:
        """Where its results are."""
        return self.out / "small"

    def copy(self, folder: Path) -> SmallStudy:
        """The same elsewhere, with what was published and cached."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        return SmallStudy(folder)

    def edit(self, name: str, old: str, new: str) -> None:
        """A piece of a config file replaced."""
        path = self.configs / f"{name}.yaml"
        text = path.read_text("utf-8")
        assert text.count(old) == 1, (name, old)
        path.write_text(text.replace(old, new), "utf-8")

    def write(self, rows: Rows, encoding: str = "utf-8") -> None:
        """Another table of firms."""
        (self.data / "firms.csv").write_bytes(as_csv(rows, encoding))

    def arguments(self, *more: str) -> list[str]:
        return ["run", "--study", str(self.configs), "--data", str(self.data), "--out", str(self.out), *more]

    def run(self, *more: str) -> tuple[int, str]:
        """The exit code of `hqd run` in this process, and what it printed."""
        return command(self.arguments(*more))

    def table(self, name: str, run: str = "quick") -> pd.DataFrame:
        """A published table, every cell as text."""
        folder = self.home / "rejected" if run == "rejected" else self.home / run / "tables"
        return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


def command(arguments: Sequence[str]) -> tuple[int, str]:
    """Exit code and what was printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            cli.main(list(arguments))
        except SystemExit as stop:
            return int(stop.code or 0), said.getvalue()
    return 0, said.getvalue()


def write_small_study(folder: Path) -> SmallStudy:
    """The clean study, nothing run yet."""
    study = SmallStudy(folder)
    for place in (study.configs, study.data):
        place.mkdir(parents=True)
    for name, text in CONFIGS.items():
        (study.configs / f"{name}.yaml").write_text(f"version: 1\n{text}", "utf-8")
    study.write(clean_rows())
    return study
