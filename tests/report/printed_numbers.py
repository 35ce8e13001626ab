"""What each output of a run prints, as (output, meaning, text): numbers are found by the words beside them, in Chinese outputs.

A meaning is a tuple, e.g. `("score", "C40", 2024)`, `("H1", "leave_out", "splittable", "ci_low")`; `published` has its value.
"""

from __future__ import annotations

import html
import json
import math
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import python_calamine

from hqd_index.report.results import Results
from hqd_index.report.sentences import SAMPLES

Meaning = tuple[str | int, ...]
NUMBER = r"[−-]?\d[\d,]*(?:\.\d+)?|∞|—"
INTERVAL = rf"\[({NUMBER}), ({NUMBER})\]"


@dataclass(frozen=True)
class Printed:
    """One number where a reader meets it; `text` as printed, a float where the output holds full precision."""

    output: str
    meaning: Meaning
    text: str | float

    def agrees(self, value: object) -> bool:
        """The value, rounded to the decimals printed, is what is printed; a bound `< 0.001` holds."""
        if isinstance(value, str):
            return str(self.text) == value
        truth = float(str(value))
        if isinstance(self.text, float):
            return math.isclose(self.text, truth, rel_tol=1e-9, abs_tol=1e-12)
        text = self.text.strip("[]()*% ").replace("−", "-").replace(",", "").rstrip("*").replace("< ", "<")
        if text in ("", "—"):
            return math.isnan(truth)
        if text.startswith("<"):
            return truth < float(text[1:])
        decimals = len(text.partition(".")[2])
        return abs(float(text) - truth) <= 0.5000001 * 10.0**-decimals


# ---------------------------------------------------------------- tables/*.csv


def published(folder: Path, results: Results) -> dict[Meaning, object]:
    """Meaning -> its value in full precision, and the id of the run from its manifest."""
    values: dict[Meaning, object] = {("run",): json.loads((folder / "manifest.json").read_text("utf-8"))["run"]}
    tables = folder / "tables"

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(tables / f"{name}.csv", encoding="utf-8-sig", dtype={"unit": str}, low_memory=False)

    scores = read("scores").query("sample == 'all' and node == @results.tree.root")
    for row in scores.itertuples():
        values |= {("score", row.unit, row.year): row.score, ("rank", row.unit, row.year): row.rank}
    ranges = {"ranks": ("low", "high")} if (tables / "ranks.csv").is_file() else {"scenario_ranges": ("best", "worst")}
    for name, ends in ranges.items():
        for row in read(name).to_dict("records") if (tables / f"{name}.csv").is_file() else ():
            values |= {(f"rank {end}", row["unit"], row["year"]): row[column] for end, column in zip(("low", "high"), ends)}
    weights = read("weights").query("scenario == 'base'")
    for row in weights[weights["year"].isna()].itertuples():
        values |= {("weight", row.node): 100 * row.share_global}
    for row in read("hypotheses").to_dict("records"):
        values |= {(row["hypothesis"], row["sample"], row["outcome"], field): row[field] for field in HYPOTHESIS_FIELDS}
    contribution = read("contribution")
    for row in contribution[contribution["unit"].fillna("total") == "total"].to_dict("records"):
        key = ("contribution", row["spec"], row["sample"], row["quantity"])
        values |= {(*key, field): row[field] for field in ("value", "ci_low", "ci_high") if (*key, field) not in values}
    for row in read("regressions").query("term == 'density'").to_dict("records"):
        key = ("regression", row["spec"], row["sample"], row["outcome"])
        fields = {field: 100 * row[field] for field in ("estimate", "se_cv3", "ci_low", "ci_high")}
        fields |= {field: row[field] for field in ("estimate_sd", "p_wild", "n_obs")}
        values = {(*key, field): value for field, value in fields.items()} | values  # the whole sample comes before its parts
    return values | row_counts(read("ledger"))


HYPOTHESIS_FIELDS = ("estimate_sd", "ci_low", "ci_high", "rules_out", "p_wild", "p_adjusted", "n_obs", "n_clusters")


def row_counts(ledger: pd.DataFrame) -> dict[Meaning, object]:
    """Rows read by all files in their first stage, and what became of them."""
    counts = {name: int(ledger[name].sum()) for name in ("quarantined", "out_of_scope")}
    stages = ledger.groupby(["file", "sheet", "stage"], dropna=False)["rows_in"].max()
    counts["read"] = int(stages.groupby(["file", "sheet"], dropna=False).max().sum())
    counts["used"] = counts["read"] - counts["quarantined"] - counts["out_of_scope"]
    return {("rows", name): count for name, count in counts.items()}


# ---------------------------------------------------------------- grids of cells

Cells = Sequence[Sequence[str | float]]


def grid_numbers(results: Results, output: str, header: Sequence[str | float], body: Cells) -> Iterator[Printed]:
    """Numbers of a grid that page or workbook print, by the names of its columns."""
    names = [str(cell).strip() for cell in header]
    rows = [dict(zip(names, line)) for line in body if len(line) >= len(names)]
    if {"假设", "样本", "95% 下限"} <= set(names):
        yield from _hypotheses(results, output, rows)
    elif {"名次", "代码", "指数（0–100）"} <= set(names):
        yield from _ranking(results, output, rows)
    elif {"编号", "总权重（%）"} <= set(names):
        yield from (Printed(output, ("weight", str(row["编号"])), row["总权重（%）"]) for row in rows if row["编号"])


SHORT_HYPOTHESIS = {
    "estimate_sd": "估计（标准差）", "ci_low": "95% 下限", "ci_high": "95% 上限", "rules_out": "可排除", "p_wild": "p（自助法）",
    "p_adjusted": "校正后 p", "n_obs": "样本量", "n_clusters": "聚类数",
}  # fmt: skip


def _hypotheses(results: Results, output: str, rows: Sequence[Mapping[str, str | float]]) -> Iterator[Printed]:
    records = results.table("hypotheses").to_dict("records")
    for row, record in zip(rows, records):  # in the order of the table
        assert (row["假设"], str(row["样本"])[:4]) == (record["hypothesis"], sample_words(record["sample"])[:4])
        key = (record["hypothesis"], record["sample"], record["outcome"])
        yield from (Printed(output, (*key, field), row[name]) for field, name in SHORT_HYPOTHESIS.items() if name in row)


def sample_words(sample: str) -> str:
    return SAMPLES[sample].zh if sample in SAMPLES else {"leaders": "龙头企业", "others": "其他从未"}[sample]


def _ranking(results: Results, output: str, rows: Sequence[Mapping[str, str | float]]) -> Iterator[Printed]:
    year = results.years[-1]
    for row in rows:
        unit = str(row["代码"])
        if not unit:
            continue
        yield Printed(output, ("score", unit, year), row["指数（0–100）"])
        for meaning, name in (("rank", "名次"), ("rank low", "最好名次"), ("rank high", "最差名次")):
            if row.get(name) not in (None, "", "—"):
                yield Printed(output, (meaning, unit, year), row[name])


# ---------------------------------------------------------------- tables of the paper


def paper_numbers(results: Results, output: str, title: str, lines: Cells) -> Iterator[Printed]:
    """Numbers of one of the paper's tables, by its title and the words of its lines."""
    lines = [[str(cell) for cell in line] for line in lines]
    title = title.split("  ")[-1]
    collectors = {
        "指标体系与权重": _paper_weights, "各单位指数得分": _paper_scores, "稳健性检验": _paper_robustness,
        "专精特新企业的贡献": _paper_contribution, "基准回归结果": _paper_baseline,
    }  # fmt: skip
    if title in collectors and lines:
        yield from collectors[title](results, output, lines)


def _paper_weights(results: Results, output: str, lines: Sequence[Sequence[str]]) -> Iterator[Printed]:
    for line in lines[1:]:
        for node in results.leaves:
            if any(cell.endswith(f" {node}") for cell in line):
                yield Printed(output, ("weight", node), line[-1])


def _paper_scores(results: Results, output: str, lines: Sequence[Sequence[str]]) -> Iterator[Printed]:
    years = [int(cell) for cell in lines[0] if re.fullmatch(r"\d{4}", cell)]
    units = {results.unit_name(unit).zh: unit for unit in results.units["unit"]}
    for line in lines[1:]:
        if line[0] in units:
            unit = units[line[0]]
            yield from (Printed(output, ("score", unit, year), cell) for year, cell in zip(years, line[1:]))
            yield Printed(output, ("rank", unit, years[-1]), line[-1])


def _paper_robustness(results: Results, output: str, lines: Sequence[Sequence[str]]) -> Iterator[Printed]:
    specs = {spec.label.zh: spec.id for spec in results.study.regressions.specifications}
    root, spec = results.tree.root, None
    for label, sample, estimate, sd, interval, p, n in (line for line in lines[1:] if len(line) == 7):
        spec = specs.get(label) if label else spec
        if spec is None:
            continue
        key = ("regression", spec, "leave_out" if sample.startswith(SAMPLES["leave_out"].zh) else "all")
        key = (*key, "splittable" if "可拆分" in sample else root)
        low, high = re.findall(NUMBER, interval)
        fields = {"estimate": estimate, "estimate_sd": sd, "ci_low": low, "ci_high": high, "p_wild": p, "n_obs": n}
        yield from (Printed(output, (*key, field), text) for field, text in fields.items())


LADDER = {"全部企业的效应": "effect", "可拆分部分的效应": "splittable_effect", "占指数升幅的核算份额": "share"}
RUNGS = {"其中：外溢": "spillover", "其中：构成": "composition"}


def _paper_contribution(results: Results, output: str, lines: Sequence[Sequence[str]]) -> Iterator[Printed]:
    spec, above = headline(results), ""
    for line in lines[1:] if lines[0][0] == "项目" else ():
        label, value, interval = line[0], line[-2], line[-1]
        above = next((quantity for words, quantity in LADDER.items() if label.startswith(words)), above)
        rung = RUNGS.get(label)
        if label.endswith("占系数的份额"):
            nodes = {results.name(node).zh: node for node in results.inner}
            quantity = f"fraction_{nodes[label.removesuffix('占系数的份额')]}"
        elif above == "share":
            quantity = f"share_{rung}" if rung else "share"
        else:
            quantity = f"{above}_{rung}_points" if rung else f"{above}_points"
        low, high = re.findall(NUMBER, interval)
        for field, text in (("value", value), ("ci_low", low), ("ci_high", high)):
            yield Printed(output, ("contribution", spec, "all", quantity, field), text)


def _paper_baseline(results: Results, output: str, lines: Sequence[Sequence[str]]) -> Iterator[Printed]:
    specs = {spec.label.zh: spec.id for spec in results.study.regressions.specifications}
    columns = next(line for line in lines if any(cell in specs for cell in line))
    start = next(k for k, line in enumerate(lines) if line[0].startswith("专精特新密度"))
    for k, label in enumerate(columns):
        if label in specs:
            key = ("regression", specs[label], "all", results.tree.root)
            for field, line in zip(("estimate", "se_cv3", "p_wild"), lines[start : start + 3]):
                yield Printed(output, (*key, field), line[k])


def headline(results: Results) -> str:
    specs = results.study.regressions.specifications
    return next((spec.id for spec in specs if spec.headline), specs[-1].id if specs else "")


# ---------------------------------------------------------------- sentences


def sentence_numbers(results: Results, output: str, text: str) -> Iterator[Printed]:
    """Numbers in the sentences of findings."""
    yield from _leaders(results, output, text)
    for match in re.finditer(rf"(\d{{4}})–\d{{4}} 年指数均值由 ({NUMBER}) 变为 ({NUMBER})", text):
        for year, number in zip((results.years[0], results.years[-1]), match.groups()[1:]):
            yield Printed(output, ("mean score", year), number)
    match = re.search(
        rf"指数变动 ({NUMBER}) 个标准差（95% 区间 {INTERVAL}，自助法 p (?:= )?([< \d.]+)）.*?绝对值大于 ({NUMBER})", text
    )
    if match:
        for field, number in zip(("estimate_sd", "ci_low", "ci_high", "p_wild", "rules_out"), match.groups()):
            yield Printed(output, ("H1", "all", results.tree.root, field), number)
    yield from _ladder(results, output, text)
    match = re.search(rf"平均升幅的 ({NUMBER})%（95% 区间 ({NUMBER})% 至 ({NUMBER})%", text)
    if match:
        for field, number in zip(("value", "ci_low", "ci_high"), match.groups()):
            yield Printed(output, ("share in percent", field), number)
    match = re.search(r"共读入 ([\d,]+) 行 = 采用 ([\d,]+) \+ 隔离 ([\d,]+).*?范围外 ([\d,]+)", text)
    if match:
        for name, number in zip(("read", "used", "quarantined", "out_of_scope"), match.groups()):
            yield Printed(output, ("rows", name), number)
    match = re.search(r"隔离 ([\d,]+) / ([\d,]+) 行", text)
    if match:
        yield from (Printed(output, ("rows", name), number) for name, number in zip(("quarantined", "read"), match.groups()))


def _leaders(results: Results, output: str, text: str) -> Iterator[Printed]:
    match = re.search(r"(\d{4}) 年有排名的 (\d+) 个单位中，(居[前首].*?)(?:。|\n)", text)
    if match:
        for unit in results.units["unit"]:
            name = re.escape(results.unit_name(unit).zh)
            found = re.search(rf"(?:[是、]){name}（({NUMBER})[，）]", match[3])
            if found:
                yield Printed(output, ("score", unit, int(match[1])), found[1])


def _ladder(results: Results, output: str, text: str) -> Iterator[Printed]:
    match = re.search(
        rf"变动 ({NUMBER}) 分，其中外溢（只看从未被认定的企业）({NUMBER}) 分，95% 区间 {INTERVAL}.*?"
        rf"构成（专精特新企业自身）({NUMBER}) 分，95% 区间 {INTERVAL}",
        text,
    )
    if not match:
        return
    part = "splittable_effect" if "这部分变动" in text[match.start() - 10 : match.end()] else "effect"
    fields = ((f"{part}_points", "value"), *((f"{part}_{rung}_points", field) for rung in ("spillover", "composition")
              for field in ("value", "ci_low", "ci_high")))  # fmt: skip
    for (quantity, field), number in zip(fields, match.groups()):
        yield Printed(output, ("contribution", headline(results), "all", quantity, field), number)


SENTENCE_OF_H = re.compile(
    rf"（(全部企业|剔除专精特新企业[^）]*)）：密度每高 1 个标准差，变动 ({NUMBER}) 个标准差（95% 区间 {INTERVAL}，"
    rf"自助法 p (?:= )?([< \d.]+)，校正后 p (?:= )?([< \d.]+)，N = ([\d,]+)，G = (\d+)"
)


def verdict_numbers(results: Results, output: str, rows: Cells) -> Iterator[Printed]:
    """Numbers of the sentences on each hypothesis, which stand beside its id."""
    outcomes = {(row["hypothesis"], row["sample"]): row["outcome"] for row in results.table("hypotheses").to_dict("records")}
    for line in rows:
        match = SENTENCE_OF_H.search(str(line[1])) if len(line) == 2 else None
        if match:
            sample = "all" if match[1] == SAMPLES["all"].zh else "leave_out"
            key = (str(line[0]), sample, outcomes[str(line[0]), sample])
            fields = ("estimate_sd", "ci_low", "ci_high", "p_wild", "p_adjusted", "n_obs", "n_clusters")
            yield from (Printed(output, (*key, field), number) for field, number in zip(fields, match.groups()[1:]))


# ---------------------------------------------------------------- outputs


def page_numbers(results: Results, path: Path) -> Iterator[Printed]:
    """The page, its Chinese half."""
    reader = ChinesePage()
    reader.feed(path.read_text("utf-8"))
    for title, lines in reader.tables:
        if lines:
            yield from grid_numbers(results, "page", lines[0], lines[1:])
            yield from paper_numbers(results, "page", re.sub(r"\[.*", "", title), lines)
            yield from verdict_numbers(results, "page", lines)
    yield from sentence_numbers(results, "page", reader.text)
    run = re.search(r"运行(?:编号)?[^0-9a-f]{0,12}([0-9a-f]{12})", reader.text)
    if run:
        yield Printed("page", ("run",), run[1])


class ChinesePage(HTMLParser):
    """Tables with the heading before them, and all text, without the English half, scripts, styles and drawings."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[str]]]] = []
        self.text, self.title, self.hidden, self.languages, self.place = "", "", 0, [], ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "svg"):
            self.hidden += 1
        elif tag == "span":
            self.languages.append(dict(attributes).get("lang"))
        elif tag in ("h2", "h3", "h4", "caption", "summary"):
            self.title, self.place = "", "title"
        elif tag == "table":
            self.tables.append((self.title, []))
        elif tag == "tr" and self.tables:
            self.tables[-1][1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1][1]:
            self.tables[-1][1][-1].append("")
            self.place = "cell"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "svg"):
            self.hidden -= 1
        elif tag == "span" and self.languages:
            self.languages.pop()
        elif tag in ("td", "th", "h2", "h3", "h4", "caption", "summary"):
            self.place = ""

    def handle_data(self, text: str) -> None:
        if self.hidden or "en" in self.languages:
            return
        text = re.sub(r"\s+", " ", text)
        self.text += text
        if self.place == "title":
            self.title += text.strip()
        elif self.place == "cell":
            self.tables[-1][1][-1][-1] += text.strip()


def workbook_numbers(results: Results, path: Path) -> Iterator[Printed]:
    """Every sheet of results.xlsx whose header is known, and the sentences on its cover."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    text = ""
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        for k, row in enumerate(rows[:12]):
            yield from grid_numbers(results, "workbook", row, rows[k + 1 :])
            if [str(cell) for cell in row[:1]] == ["运行编号"]:
                yield Printed("workbook", ("run",), str(row[1]))
        yield from verdict_numbers(results, "workbook", rows)
        text += "\n".join(str(cell) for row in rows[:40] for cell in row) if name == book.sheet_names[0] else ""
    yield from sentence_numbers(results, "workbook", text)


def word_numbers(results: Results, path: Path) -> Iterator[Printed]:
    """tables_zh.docx: each table under its caption."""
    body, properties = (zipfile.ZipFile(path).read(part).decode("utf-8") for part in ("word/document.xml", "docProps/core.xml"))
    yield from (Printed("word", ("run",), run) for run in re.findall(r"run ([0-9a-f]{12})", properties))
    title = ""
    for block in re.findall(r"<w:tbl>.*?</w:tbl>|<w:p>.*?</w:p>|<w:p .*?</w:p>", body, flags=re.DOTALL):
        if not block.startswith("<w:tbl"):
            text = _run_text(block)
            title = text if re.match(r"表\d+  ", text) else title
            continue
        lines = [
            [_run_text(cell) for cell in re.findall(r"<w:tc>.*?</w:tc>", row, flags=re.DOTALL)]
            for row in re.findall(r"<w:tr>.*?</w:tr>", block, flags=re.DOTALL)
        ]
        yield from paper_numbers(results, "word", title, lines)


def _run_text(xml: str) -> str:
    return html.unescape("".join(re.findall(r"<w:t(?: [^>]*)?>(.*?)</w:t>", xml, flags=re.DOTALL)))


LATEX_SIGNS = {
    "$-$": "−",
    r"\%": "%",
    r"\_": "_",
    r"\&": "&",
    r"\textless{}": "<",
    r"$\times$": "×",
    r"$\Sigma$": "Σ",
    "$^2$": "²",
}


def latex_numbers(results: Results, path: Path) -> Iterator[Printed]:
    """tables_zh.tex: each longtable under its title."""
    text = path.read_text("utf-8")
    yield from (Printed("latex", ("run",), run) for run in re.findall(r"^% run ([0-9a-f]{12})$", text, flags=re.MULTILINE))
    for part in text.split(r"\begin{center}\textbf{")[1:]:
        title, _, rest = part.partition("}\\end{center}")
        lines = []
        for line in rest.splitlines():
            if line.endswith(r" \\"):
                for mark, sign in LATEX_SIGNS.items():
                    line = line.replace(mark, sign)
                lines.append([cell.strip().removeprefix("{").removesuffix("}") for cell in line[:-3].split(" & ")])
        yield from paper_numbers(results, "latex", title, lines)


def readme_numbers(results: Results, path: Path) -> Iterator[Printed]:
    text = path.read_text("utf-8").split("\n---\n")[0]
    yield from sentence_numbers(results, "readme", text)
    run = re.search(r"运行 ?`?([0-9a-f]{12})", text)
    if run:
        yield Printed("readme", ("run",), run[1])


def all_numbers(results: Results, folder: Path, terminal: str) -> list[Printed]:
    """Every number of every output that is recognised."""
    return [
        *page_numbers(results, folder / "report.html"),
        *workbook_numbers(results, folder / "results.xlsx"),
        *word_numbers(results, folder / "paper" / "tables_zh.docx"),
        *latex_numbers(results, folder / "paper" / "tables_zh.tex"),
        *readme_numbers(results, folder / "README.md"),
        *sentence_numbers(results, "terminal", terminal),
    ]
