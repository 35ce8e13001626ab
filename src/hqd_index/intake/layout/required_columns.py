"""Columns that a file must hold: its key, what its table cannot do without, and what a misprinted header would have given."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from ...canonical import CanonicalTable
from ...errors import DataError, closest
from ...study.records import Source
from ..meaning.glyphs import normalised_label
from ..meaning.unit_labels import label_and_unit
from .header_rows import reshape_labels

LISTED_LABELS = 30
RESEMBLANCE = 75  # of two labels, from 0 to 100: 营收入 and 营业收入 have 86, 研发人员 and 研发投入 50
COMMON_WORDS = frozenset(
    ("净额", "合计", "总额", "总数", "数", "数量", "人数", "件数", "金额", "额", "值", "本期", "本年", "期末", "年末", "全年")
)


def required_columns(source: Source, table: CanonicalTable, present_columns: Collection[str]) -> list[str]:
    """The columns a file of this source must hold: key and required ones; constants are given.

    An industry code needs its edition (36 is special equipment in 2002, motor vehicles in 2011).
    """
    required_names = [
        *table.key,
        *(column_name for column_name, column in table.columns.items() if column.required),
        *dict.fromkeys(reshape_labels(source).values()),
    ]
    if any(table.columns[column_name].code == "industry" for column_name in present_columns if column_name in table.columns):
        required_names.append("industry_version")
    return missing_columns(required_names, source, present_columns)


def missing_columns(column_names: Collection[str], source: Source, present_columns: Collection[str]) -> list[str]:
    """Those of the columns that neither the header, nor a constant, nor a date of this source gives."""
    wide_columns = set(source.reshape.columns.values()) if source.reshape else set()
    dated_columns = {"year"} if "statement_date" in present_columns or source.every_year else set()
    return [
        column_name
        for column_name in dict.fromkeys(column_names)
        if column_name not in {*source.constants, *wide_columns, *dated_columns, *present_columns}
    ]


@dataclass(frozen=True)
class MissingColumns:
    """Columns that are missing, the sources that could have given them, and the labels of their files that nobody used."""

    names: Sequence[str]
    sources: Sequence[Source]
    unused_labels: Sequence[str]

    def labels_of(self, name: str, table: CanonicalTable) -> list[str]:
        """The labels that a column is known by."""
        column = table.columns.get(name)
        aliases = [alias for source in self.sources for alias, column_name in source.aliases.items() if column_name == name]
        return [name.removeprefix("reshape:"), *aliases, *([column.zh, column.en] if column else [])]

    def misprinted(self, table: CanonicalTable) -> list[str]:
        """The names that an unused label may stand for: a header misprinted must not cost a column in silence."""
        unused_labels = [_plain_label(label) for label in self.unused_labels]
        return [
            name
            for name in self.names
            if any(_resemble(_plain_label(known), label) for known in self.labels_of(name, table) for label in unused_labels)
        ]


def _plain_label(label: str) -> str:
    """A label without case, blanks and the unit it prints."""
    return normalised_label(label_and_unit(label)[0])


def _resemble(known_label: str, unused_label: str) -> bool:
    """Whether two labels differ by a slip of the pen, or by a word that adds nothing."""
    if not known_label or not unused_label:
        return False
    shorter, longer = sorted((known_label, unused_label), key=len)
    if len(shorter) > 1 and any(longer in (shorter + word, word + shorter) for word in COMMON_WORDS):
        return True
    return len(shorter) > 2 and fuzz.ratio(known_label, unused_label) >= RESEMBLANCE


def require_columns(missing: MissingColumns, table: CanonicalTable, location: str) -> None:
    """DataError S06 for the columns that are missing, each with the labels it is known by, beside the labels not used."""
    if missing.names:
        raise missing_columns_fault(missing, table, location)


def missing_columns_fault(missing: MissingColumns, table: CanonicalTable, location: str) -> DataError:
    """S06 with a did-you-mean for each of the columns."""
    en, zh = [], []
    for name in missing.names:
        names, source_name = missing.labels_of(name, table), name.removeprefix("reshape:")
        closest_label = next(
            (closest_match for candidate in names if (closest_match := closest(candidate, missing.unused_labels))), None
        )
        accepted_labels = ", ".join(dict.fromkeys(names))
        en.append(
            f"{source_name} (accepted labels: {accepted_labels}" + (f"; is it {closest_label!r}?)" if closest_label else ")")
        )
        zh.append(f"{source_name}(可识别的列名:{accepted_labels}" + (f";是不是 {closest_label!r}?)" if closest_label else ")"))
    unused_en, unused_zh = unused_labels_texts(missing.unused_labels)
    mend = "add the label under `aliases`, or a fixed value under `constants`, of this source in sources.yaml"
    year_free_en, year_free_zh = "", ""
    if list(missing.names) == ["year"]:
        year_free_en, year_free_zh = (
            ", or `every_year: true` where its rows hold for every year",
            ",各年都成立时写 `every_year: true`",
        )
    return DataError(
        f"required column missing: {'; '.join(en)}{unused_en}; {mend}{year_free_en}",
        zh=f"缺少必需的列:{';'.join(zh)}{unused_zh};"
        f"请在 sources.yaml 该数据源的 `aliases` 加上列名,或在 `constants` 写固定值{year_free_zh}",
        location=location,
        rule="S06",
    )


def unused_labels_texts(unused_labels: Sequence[str]) -> tuple[str, str]:
    """The labels of a file that nobody used, as a clause in both languages; empty where there are none."""
    unused_names = list(dict.fromkeys(unused_labels))
    if not unused_names:
        return "", ""
    label_list = ", ".join(unused_names[:LISTED_LABELS]) + (" ..." if len(unused_names) > LISTED_LABELS else "")
    return f"; columns of the file not used: {label_list}", f";文件中未采用的列:{label_list}"
