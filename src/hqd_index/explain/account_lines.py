"""The account as lines for the terminal, in Chinese or English, without box-drawing characters."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pandas as pd

from ..index.index_tables import node_labels
from .account import Account, Leaf, Node
from .normalising_steps import short_number
from .raw_values import ExactNumber, RawValue

FIRST_ROWS = 5
SAMPLES = {"all": ("全部企业", "all firms"), "leave_out": ("从未认定的企业", "firms never recognised")}


def lines(account: Account, language: str) -> list[str]:
    """What a score is made of, from the node asked for down to files and rows."""
    return [*Lines(account, language).all()]


class Lines:
    """The writer of one account in one language."""

    def __init__(self, account: Account, language: str) -> None:
        self.account = account
        self.zh = language != "en"
        self.labels = {node: label[language] for node, label in node_labels(account.published.study).items()}
        self.nodes = {node.node: node for node in account.nodes}
        self.leaves = {leaf.leaf: leaf for leaf in account.leaves}

    def say(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def name(self, node: str) -> str:
        label = self.labels[node]
        return node if label == node else self.say(f"{label} {node}", f"{label} ({node})")

    def all(self) -> Iterator[str]:
        yield from self._head()
        yield from self._lines_below(self.account.node, 0)
        yield from self._tail()

    def _head(self) -> Iterator[str]:
        account, manifest = self.account, self.account.published.manifest
        unit_name = account.unit_zh if self.zh else account.unit_en
        unit = account.unit if unit_name == account.unit else f"{unit_name} {account.unit}"
        sample = self.say(*SAMPLES[account.sample])
        firms = "" if account.n_firms is None else self.say(f",企业 {account.n_firms} 家", f", {account.n_firms} firms")
        yield f"{unit}  {account.year}  {self.name(account.node)}"
        if firms or account.sample != "all":
            yield self.say(f"样本:{sample}{firms}", f"Sample: {sample}{firms}")
        run_label = f"{manifest['run']} ({manifest['study']})"
        yield self.say(f"运行:{run_label}", f"Run: {run_label}")
        if manifest["synthetic"]:
            yield self.say("注意:合成演示数据,不代表任何真实行业", "Note: synthetic demo data, about no real industry")
        yield ""

    def _lines_below(self, node: str, depth: int) -> Iterator[str]:
        pad = "  " * depth
        if node in self.leaves:
            yield from (pad + leaf_line if leaf_line else leaf_line for leaf_line in self._leaf_lines(self.leaves[node]))
            return
        yield from (pad + leaf_line if leaf_line else leaf_line for leaf_line in self._node_lines(self.nodes[node]))
        for child in self.nodes[node].children:
            yield from self._lines_below(child.node, depth + 1)

    def _node_lines(self, node: Node) -> Iterator[str]:
        title = f"{self.name(node.node)}  {self._score_text(node.score)}"
        methods = self.say(
            f"[赋权 {node.weight},合成 {node.aggregate}]", f"[weights {node.weight}, aggregation {node.aggregate}]"
        )
        yield f"{title}  {methods}"
        for child in node.children:
            product = "" if not node.additive else f" = {child.part:.6f}"
            yield f"  {child.share:.6f} x {self._score_text(child.value)}{product}  {self.name(child.node)}"
        if node.rescaled:
            yield "  " + self.say("缺失的下级不计,其余份额按比例放大", "absent children are left out, other shares scaled up")
        if not node.additive:
            yield "  " + self.say(
                f"合成方法 {node.aggregate} 不可加:各项之和不等于得分",
                f"aggregation {node.aggregate} is not additive: the parts do not add up to the score",
            )
        yield ""

    def _score_text(self, score: float) -> str:
        return self.say("缺失", "missing") if score != score else f"{score:.6f}"

    def _leaf_lines(self, leaf: Leaf) -> Iterator[str]:
        unit = leaf.raw.unit
        yield f"{self.name(leaf.leaf)}  {self._score_text(100 * leaf.normalised)}"
        if leaf.steps:
            yield "  " + self.say(f"标准化 {leaf.normalise}:{leaf.steps}", f"normalised by {leaf.normalise}: {leaf.steps}")
        if leaf.treat != "none" and leaf.treated == leaf.treated:
            yield "  " + self.say(f"异常值处理 {leaf.treat} 后:{short_number(leaf.treated)}",
                                  f"treated by {leaf.treat}: {short_number(leaf.treated)}")  # fmt: skip
        if leaf.imputed:
            yield "  " + self.say(f"原始值缺失,由 {leaf.impute} 插补", f"raw value missing, imputed by {leaf.impute}")
        yield from (f"  {raw_line}" for raw_line in self._raw_value_lines(leaf.raw, unit))
        yield ""

    def _raw_value_lines(self, raw_value: RawValue, unit: str) -> Iterator[str]:
        value = (
            self.say("缺失", "missing")
            if raw_value.value != raw_value.value
            else f"{short_number(raw_value.value)} {unit}".rstrip()
        )
        yield self.say(f"原始值 = {raw_value.formula} = {value}", f"raw = {raw_value.formula} = {value}")
        for aggregate in raw_value.aggregates:
            yield f"  {aggregate.text} = {exact(aggregate.value)}"
        for column in raw_value.computed:
            function_remark = (
                self.say("(按函数计算,还用到其他行)", " (a function; reads other rows too)") if column.by_function else ""
            )
            yield f"  {column.column}: {column.text}{function_remark}"
        if raw_value.is_withheld:
            min_firms = self.account.published.study.study.min_firms
            yield self.say(
                f"从未认定的企业不足 {min_firms} 家(study.yaml: min_firms),该值不进入指数",
                f"fewer than {min_firms} never-recognised firms (study.yaml: min_firms): the value stays out of the index",
            )
        yield from self._file_lines(raw_value)

    def _file_lines(self, raw_value: RawValue) -> Iterator[str]:
        if not raw_value.traced:
            yield self.say(
                f"数据表 {raw_value.table} 由其他表逐行算得(阶段 links),不对应单独的原始行",
                f"table {raw_value.table} is computed from other tables (stage links); it does not come from single raw rows",
            )
            return
        placed_cells = raw_value.cells[["role", "file", "sheet", "row"]].drop_duplicates()
        for (role, file, sheet), rows in placed_cells.groupby(["role", "file", "sheet"], sort=False):
            yield self._file_line(str(role), str(file), str(sheet), rows)
        yield from self._conversion_lines(raw_value)

    def _conversion_lines(self, raw_value: RawValue) -> Iterator[str]:
        """What the cells print where their numbers are others: units converted in reading, texts that hold a number."""
        for column, *example in raw_value.scaled:
            factor = factor_text(*example)
            yield self.say(f"  {column} 读入时换算单位{factor}，如 {' → '.join(example)}",
                           f"  {column}: unit converted in reading{factor}, e.g. {' -> '.join(example)}")  # fmt: skip
        converted_cells = raw_value.cells[raw_value.cells["text"].notna()]
        for cell in converted_cells.head(FIRST_ROWS).to_dict("records"):
            value = exact(Decimal(cell["value"])) if cell["value"] is not None else "NULL"
            yield self.say(f"  第 {cell['row']} 行 {cell['column']} 原文为“{cell['text']}”，读作 {value}",
                           f"  row {cell['row']} {cell['column']}: printed {cell['text']!r}, read as {value}")  # fmt: skip

    def _file_line(self, role: str, file: str, sheet: str, file_rows: pd.DataFrame) -> str:
        location = f"{file} [{sheet}]" if sheet else file
        first_rows = ", ".join(str(row_number) for row_number in file_rows["row"].head(FIRST_ROWS))
        ellipsis = ", ..." if len(file_rows) > FIRST_ROWS else ""
        zh, en = ("上一年的行", "rows of the year before") if role == "earlier" else ("来自", "rows")
        return self.say(
            f"{zh}:{location}  {len(file_rows)} 行  第 {first_rows}{ellipsis} 行",
            f"{en}: {location}  {len(file_rows)} rows  row {first_rows}{ellipsis}",
        )

    def _tail(self) -> Iterator[str]:
        yield self.say("以上各式与已发布的得分一致(误差不超过 1e-9)", "All of this agrees with the published score (within 1e-9)")


def factor_text(printed_example: str, number_example: str) -> str:
    """' ×100' where a number with its unit became a hundred times as much in another; '' where texts are no such numbers."""
    try:
        ratio = Decimal(number_example.split(" ")[0].replace(",", "")) / Decimal(printed_example.split(" ")[0].replace(",", ""))
    except ArithmeticError:
        return ""
    power = round(ratio.copy_abs().log10())
    return f" ×{10**power:,}" if power > 0 else f" ÷{10**-power:,}" if power < 0 else ""


def exact(stored_number: ExactNumber) -> str:
    """All digits that are stored, without needless zeros."""
    if stored_number is None:
        return "NULL"
    text = f"{stored_number:,f}" if not isinstance(stored_number, int) else f"{stored_number:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text
