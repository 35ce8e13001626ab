"""`hqd init DIR --from FILE...`: looks at files and writes a study that runs on them; the files stay as and where they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigError, SetupError
from ..study.records import Label
from .file_tables import FileTables, expanded_files, file_tables
from .proposal import Proposal
from .proposed_indicators import ProposedTree, flat_tree
from .proposed_names import chinese_name, slug
from .proposed_sources import DATA_ROLES, proposed_sources
from .recognition_source import NATIONAL, add_overlap, listed_levels
from .scored_units import least_firms, names_scored_unit, scored_unit, unit_names
from .source_groups import source_groups
from .study_files import StudyFacts, report_text, study_files
from .system_indicators import system_tree
from .table_roles import ClassifiedTable

BESIDE = ("srdi_list", "batches", "builtin")  # what goes with data that are scored
REPORT = "init-report.md"
LISTED_FILES = 20
ROLES = {
    "system": ("指标体系表", "table of indicators"),
    "coinr_meta": ("COINr 的 iMeta", "COINr's iMeta"),
    "coinr_data": ("COINr 的 iData", "COINr's iData"),
    "coin_tool": ("COIN Tool 工作簿", "COIN Tool workbook"),
    "srdi_list": ("专精特新名单", "SRDI recognition list"),
    "firms": ("企业表", "firms by year"),
    "industry": ("行业表", "industries by year"),
    "panel": ("面板数据", "units by year"),
    "batches": ("各批次认定总数", "totals of batches"),
    "builtin": ("内置表", "built-in table"),
    "none": ("未用", "not used"),
}


@dataclass(frozen=True)
class StudyFromFiles:
    """What was written, how many files it is from, their folder, whether that is linked, and lines for the terminal."""

    written_files: tuple[Path, ...]
    count: int
    root: Path
    is_linked: bool
    lines: tuple[str, ...]


def write_study_from(folder: Path, files: Sequence[Path], language: str, *, title: str | None = None) -> StudyFromFiles:
    """Writes configs and a report into a folder that holds no study yet; the study is called as the folder, or by its title.

    Raises ConfigError (exit 2) for files that are not there or when no file holds data that could be scored, SetupError (5)
    where the folder has configs already.
    """
    configs = folder / "configs"
    if configs.exists() or (folder.exists() and not folder.is_dir()):
        raise SetupError(
            "there is a study here already (configs); name a new folder, nothing was written",
            zh="这里已经有研究(configs);请换一个新文件夹,未写入任何内容",
            location=str(folder),
        )
    paths = expanded_files(files)
    root = Path(os.path.commonpath([path.parent.resolve() for path in paths]))
    collection = file_tables(paths, root)
    proposal, tree, study_facts = _proposal(collection, root, title or folder.resolve().name, language)
    file_contents = study_files(study_facts, proposal, tree)
    configs.mkdir(parents=True)
    for file_name, file_content in file_contents.items():
        (configs / file_name).write_text(file_content, "utf-8")
    roles = [(table.table.location, _role_text(table, language)) for table in collection.tables]
    (folder / REPORT).write_text(report_text(proposal, tree, roles, language), "utf-8")
    is_linked = _link_data_folder(folder / "data" / "raw", root)
    written_files = (*(configs / file_name for file_name in file_contents), folder / REPORT)
    return StudyFromFiles(written_files, len(paths), root, is_linked, tuple(_report_lines(roles, proposal, tree, language)))


def _proposal(collection: FileTables, root: Path, title: str, language: str) -> tuple[Proposal, ProposedTree, StudyFacts]:
    unit_keys = scored_unit(collection.tables)
    data_tables = [
        table
        for table in collection.tables
        if table.role in BESIDE or (table.role in DATA_ROLES and names_scored_unit(table, unit_keys))
    ]
    if all(table.role in BESIDE for table in data_tables):
        raise _no_data(collection)
    if unit_keys == ("firm_id",):
        data_tables = [table for table in data_tables if table.role != "srdi_list"]
    proposal = proposed_sources(source_groups(data_tables, root))
    proposal.gaps += collection.unused_files
    for table in collection.tables:
        if table.role in DATA_ROLES and table not in data_tables:
            proposal.add_gap(
                table.table.location, "评价单元与其他数据不同,未用", "its units are others than those scored; not used"
            )
    _add_firms_alone(collection, unit_keys, proposal)
    add_overlap(proposal)
    names = unit_names(data_tables, unit_keys, proposal)
    tree = system_tree(collection.systems[0], proposal, unit_keys) if collection.systems else ProposedTree()
    if collection.systems and not tree.indicators:
        zh, en = "体系表中的指标都没有对应的数据列,改用平铺的指标", "none of its indicators has a column: a flat tree instead"
        proposal.add_gap(collection.systems[0].location, zh, en)
    if not tree.indicators:
        tree = flat_tree(proposal, unit_keys)
    if not tree.indicators:
        raise _no_data(collection)
    return proposal, tree, _study_facts(data_tables, unit_keys, names, proposal, (title, language))


def _add_firms_alone(collection: FileTables, unit_keys: tuple[str, ...], proposal: Proposal) -> None:
    """Where the firm tables have no industry: what that costs, and what to add."""
    if unit_keys != ("firm_id",) or "firms" not in proposal.tables:
        return
    proposal.add_gap(
        "study.unit",
        "企业表没有行业(也没有省份),所以逐家企业评分;要比较行业,请把含证券代码和行业代码的表一并列在 --from 之后",
        "the firm tables have no industry (nor province), so each firm is scored; "
        "to compare industries, add a table of codes and industries after --from",
    )
    for table in collection.tables:
        if table.role == "srdi_list":
            zh = "名单未用:密度是一个行业(或省份)中专精特新企业的多少"
            en = "the list is not used: a density is how many firms of an industry (or province) are SRDI"
            proposal.add_gap(table.table.location, zh, en)


def _no_data(collection: FileTables) -> ConfigError:
    reasons = [(location, reason) for location, reason in collection.unused_files][:LISTED_FILES]
    zh = "没有一个文件含有可评分的数据:数据表需要一列单元(地区、行业、企业)和至少一列数值"
    en = "no file holds data that could be scored: a table needs a column of units (region, industry, firm) and one of numbers"
    return ConfigError(
        "\n  ".join([en, *(f"{location}: {reason.en}" for location, reason in reasons)]),
        zh="\n  ".join([zh, *(f"{location}: {reason.zh}" for location, reason in reasons)]),
        location="hqd init --from",
    )


def _study_facts(
    data_tables: Sequence[ClassifiedTable],
    unit_keys: tuple[str, ...],
    unit_names: object,
    proposal: Proposal,
    title_and_language: tuple[str, str],
) -> StudyFacts:
    """What study.yaml says."""
    title, language = title_and_language
    years = (min(proposal.years), max(proposal.years)) if proposal.years else (2020, 2020)
    comments: dict[str, Label] = {
        "unit": proposal.add_guess("study.unit", f"给 {'、'.join(unit_keys)} 打分", f"{', '.join(unit_keys)} is what is scored"),
        "years": proposal.add_guess("study.years", "数据中最早与最晚的年份", "the first and last year of the data"),
    }
    levels, srdi_list, status = _recognised_firms(proposal, unit_keys, comments)
    min_firms_guess = least_firms(data_tables, unit_keys, proposal)
    if min_firms_guess is not None:
        comments["min_firms"] = min_firms_guess[1]
    name = slug(title)[:40] or chinese_name(title) or "my_study"
    min_firms = min_firms_guess[0] if min_firms_guess else None
    return StudyFacts(name, title, unit_keys, unit_names, years, language, min_firms, levels, comments, srdi_list, status)


def _recognised_firms(
    proposal: Proposal, unit_keys: tuple[str, ...], comments: dict[str, Label]
) -> tuple[tuple[str, ...], dict[str, object], tuple[str, str] | None]:
    """Levels for the density, what is said of the list, and the column of firms that says their status."""
    lists = [source for source in proposal.sources if source.table == "srdi_list"]
    if "firms" not in proposal.tables or unit_keys == ("firm_id",):
        return (), {}, None
    if lists:
        levels = dict.fromkeys(level for source in lists for level in listed_levels(source.settings, source.group.first.table))
        density_levels = NATIONAL if set(NATIONAL) & set(levels) else tuple(levels)
        if proposal.batches:
            return density_levels, {"batches": proposal.batches}, None
        zh = "名单视为样本,不与批次总数核对;如为全部名单请删去此行"
        en = "the list is taken for a sample; delete this line if it is whole"
        comments["srdi_list"] = proposal.add_guess("sources.srdi_list", zh, en)
        return density_levels, {"sample": True}, None
    if proposal.status is not None:
        status_column, label, comments["status"] = proposal.status
        return ("criteria",), {}, (status_column, label)
    return (), {}, None


def _link_data_folder(link: Path, root: Path) -> bool:
    """Whether DIR/data/raw now leads to the folder of the files, so that `hqd run` alone finds them."""
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.symlink_to(os.path.relpath(root, link.parent.resolve()), target_is_directory=True)
    except OSError:
        return False
    return True


def _role_text(table: ClassifiedTable, language: str) -> str:
    language_index = int(language == "en")
    if table.role == "none":
        return ROLES["none"][language_index]
    units = ", ".join(column.label for column in table.units if column.label) if table.role in ("panel", "industry") else ""
    vendor = f" {table.preset or table.builtin}" if table.preset or table.builtin else ""
    count, is_complete = table.table.rows_below, table.table.preview.is_complete
    rows = (f"{count:,} 行{'' if is_complete else '以上'}", f"{count:,} rows{'' if is_complete else ' or more'}")[language_index]
    return f"{ROLES[table.role][language_index]}{vendor}, {rows}" + (
        f", {('单元', 'units')[language_index]} {units}" if units else ""
    )


def _report_lines(roles: Sequence[tuple[str, str]], proposal: Proposal, tree: ProposedTree, language: str) -> list[str]:
    """Files with their roles, counts of guesses, and everything that is missing."""
    is_chinese = language == "zh"
    counts = len(tree.indicators), len(proposal.guesses), sum(1 for indicator in tree.indicators if indicator.comment)
    lines = [f"  {location}: {role}" for location, role in roles]
    summary_template = ("指标 {} 个;猜测 {} 处,提议 {} 个指标的方向或公式(都写在行旁注释里)",
            "{} indicators; {} guesses, and {} indicators with a proposed direction or formula (beside its line)")  # fmt: skip
    lines.append(summary_template[not is_chinese].format(*counts))
    if proposal.gaps:
        lines.append(f"缺少或未用 {len(proposal.gaps)} 项:" if is_chinese else f"missing or not used: {len(proposal.gaps)}")
        lines += [f"  - {location}: {label[language]}" for location, label in proposal.gaps[:LISTED_FILES]]
        lines += ["  - ..."] if len(proposal.gaps) > LISTED_FILES else []
    return lines
