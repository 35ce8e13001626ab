"""The documentation says what the program has: every command, key, method, rule, table and exit code, and examples that run."""

import os
import re
import subprocess
import sys
from math import log

import pandas as pd
import pytest
import typer
from pydantic import TypeAdapter
from pydantic_core import to_json

from hqd_index import cli
from hqd_index.canonical import CANONICAL
from hqd_index.errors import EXIT_CODES
from hqd_index.index.diagnostics.diagnostic_notes import NOTES
from hqd_index.index.index_tables import build_index
from hqd_index.intake.rules.rule_catalogue import RULES
from hqd_index.methods import FAMILIES
from hqd_index.methods.meanings import summaries_zh
from hqd_index.models.estimator_catalogue import ESTIMATORS, OMITTED_ESTIMATORS
from hqd_index.pipeline import STAGES
from hqd_index.study import records
from hqd_index.study.records import Label, Record, Scenario, Study
from hqd_index.study.study_folder import PARTS
from hqd_index.study.yaml_document import Document, read_text
from hqd_index.tables import TABLES

from .conftest import ROOT
from .doc_pages import all_blocks, blocks, pages, without_blocks
from .index.small import names, panel, study
from .small import hqd, only_run

sys.path.insert(0, str(ROOT / "docs"))
import generate
from cells import texts

SOURCE = ROOT / "src" / "hqd_index"
RULE = re.compile(r"""["'\[]((?:S|E|W)\d{2}|C0\d|(?:SL|TR|IO|LK|DF|XW|CL|M)\d{2}|[IU]-[A-Z]+(?:-[A-Z]+)*)["'\]]""")
TABLE_NAME = re.compile(r"`(?:tables/)?([a-z_]+)\.csv`")
FOUR_DECIMALS = 5e-5
TWO_DECIMALS = 5e-3


@pytest.fixture(params=["zh", "en"])
def language(request) -> str:
    return request.param


def page(language: str, name: str) -> str:
    return pages()[f"docs/{language}/{name}.md"]


def missing(ids, text: str) -> list[str]:
    return [str(id) for id in ids if f"`{id}`" not in text]


# the pages made from the program


def test_look_up_pages_are_those_of_the_program():
    """`python docs/generate.py`, which `make docs` begins with, writes them again."""
    old = [address for address, text in generate.pages().items() if pages().get(f"docs/{address}") != text]
    assert not old, "python docs/generate.py"


def test_every_rule_of_the_code_is_documented(language):
    emitted = set(RULES) | {flag for flag in NOTES if flag.startswith("I-")}
    for path in SOURCE.rglob("*.py"):
        if "demo" not in path.parts and path.name != "industry_names.py":  # codes of divisions look like rule ids
            emitted |= set(RULE.findall(path.read_text("utf-8")))
    assert len(emitted) > 40
    assert not missing(sorted(emitted | {rule["id"] for rule in generate.shipped_rules()}), page(language, "rules"))


def test_no_rule_is_documented_that_nothing_reports(language):
    ids = set(re.findall(r"^\| `([A-Z]+-?[A-Z0-9-]+[a-z]?)` \|", page(language, "rules"), re.MULTILINE))
    source = "".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    shipped = {rule["id"] for rule in generate.shipped_rules()}
    assert len(ids) > 60 and not sorted(id for id in ids - shipped - set(NOTES) if not re.search(rf"[\[\"']{id}[\]\"']", source))


def test_every_column_that_is_read_has_a_name_in_both_languages():
    columns = [(name, id, column) for name, table in CANONICAL.items() for id, column in table.columns.items()]
    assert len(columns) > 100 and not [(name, id) for name, id, column in columns if not column.zh or not column.en]


def test_every_table_that_a_page_names_is_published():
    """A name in running text, as `scores.csv`; files of a study of one's own and of the exports are no tables of a run."""
    other = {"srdi_batches", "panel", "firms", "signs", "provinces", "long", "nodes", "edges", "list", "data"}
    named = {(name, table) for name in pages() if name.startswith("docs/") for table in TABLE_NAME.findall(without_blocks(name))}
    assert len(named) > 100 and not sorted(pair for pair in named if pair[1] not in TABLES and pair[1] not in other)


def test_every_exit_code_and_command_is_documented(language):
    text = page(language, "commands")
    assert not missing(EXIT_CODES, text)
    for name, command in typer.main.get_command(cli.app).commands.items():  # type: ignore[attr-defined]
        assert f"## hqd {name}" in text
        options = [option for part in command.params if part.param_type_name == "option" for option in part.opts]
        assert not missing(options, text)


def test_every_table_is_documented_with_every_column(language):
    text = page(language, "outputs")
    assert all(f"## {name}.csv" in text for name in TABLES)
    unsaid = [
        f"{name}.{column}"
        for name, table in TABLES.items()
        for column in table.columns
        if not generate.column_meaning(name, column, language)
    ]
    assert not unsaid


def test_every_method_is_documented_in_both_languages(language):
    text = page(language, "methods")
    assert not [
        f"{family}-{name}" for family, methods in FAMILIES.items() for name in methods if f'"{family}-{name}"' not in text
    ]
    assert not missing([*ESTIMATORS, *OMITTED_ESTIMATORS], text)
    families = FAMILIES | {"estimators": ESTIMATORS}
    assert not [f"{family}.{name}" for family, ids in families.items() for name in ids if not summaries_zh()[family].get(name)]


def test_every_key_of_the_configuration_is_documented():
    """A text may wait for its key; a key may not wait for its text."""
    models = [model for model in vars(records).values() if isinstance(model, type) and issubclass(model, Record)]
    keys = [(model.__name__, key) for model in models if model not in (Record, Study, Label) for key in model.model_fields]
    assert len({model for model, _ in keys}) > 30
    entries = texts("keys")
    assert not [(model, key) for model, key in keys if not all(entries.get(model, {}).get(key, {}).get(l) for l in ("zh", "en"))]


def test_stages_and_floors_stand_in_the_architecture(language):
    assert not missing([stage.name for stage in STAGES], page(language, "stages"))
    prose = page(language, "architecture")
    assert all(f"**{stage.name}**" in prose for stage in STAGES)


def test_each_known_answer_names_a_test_and_a_tolerance_of_it():
    for section in texts("references"):
        for entry in section["entries"]:
            file, _, test = entry["test"].partition("::")
            source = (ROOT / file).read_text("utf-8")
            found = re.search(rf"^def {test}\(.*?(?=^(?:def|class|@)|\Z)", source, re.MULTILINE | re.DOTALL)
            assert found, entry["test"]
            if "tolerance" in entry:
                assert generate.tolerance(entry, "en"), entry
                assert entry["tolerance"] in found.group(), entry


# hand-written pages


def test_every_command_in_the_pages_parses():
    """Lines of examples whole; in running text a command's bare name must exist."""
    commands = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
    manual = [text for name, text in pages().items() if name != "CHANGELOG.md"]  # where a word stands for a name
    lines = {line for text in manual for line in re.findall(r"^(?:\.venv/bin/)?(hqd [a-z].*?)(?: +#.*)?$", text, re.MULTILINE)}
    named = {line for text in manual for line in re.findall(r"`(hqd [a-z][^`]*)`", text)}
    assert len(lines) > 8
    for line in {command for together in lines | named for command in together.split(" && ")}:
        name, *arguments = [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', line.removeprefix("hqd "))]
        assert name in commands, line
        if arguments or line in lines:
            commands[name].make_context(name, arguments)


def test_every_make_target_in_the_pages_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {target for text in pages().values() for target in re.findall(r"`?\bmake ([a-z-]+)`", text)}
    named |= {target for text in pages().values() for target in re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)}
    assert {"pipeline", "test"} <= named <= targets


def test_both_languages_have_the_same_pages_and_headings():
    for address, text in pages().items():
        if not address.startswith("docs/zh/"):
            continue
        twin = pages()[address.replace("zh/", "en/", 1)]
        assert re.findall(r'<a id="([\w-]+)">', text) == re.findall(r'<a id="([\w-]+)">', twin), address
        assert len(re.findall(r"^#+ ", text, re.MULTILINE)) == len(re.findall(r"^#+ ", twin, re.MULTILINE)), address


def numbers(text: str, heading: int) -> list[list[float]]:
    """The numbers of the table under a numbered heading, the first column left out."""
    part = re.search(rf"^## {heading}\. .*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL).group()
    rows = [line.strip("|").split("|")[1:] for line in part.splitlines() if line.startswith("|")][2:]
    return [[float(cell) for cell in row] for row in rows]


def test_the_worked_example_is_what_program_and_arithmetic_give(language):
    text = page(language, "weights")
    raw = list(zip(*numbers(text, 1)))
    tree = {"index": {"quality": ["x1", "x2"], "safety": ["x3", "x4"]}}
    entropy = {"weight": {"indicators": {"method": "entropy"}, "dimensions": {"method": "equal"}}}
    design = study(tree, levels=["indicators", "dimensions"], directions={"x2": -1}, weighting=entropy)
    units = ["a", "b", "c"]
    built = build_index(design, panel(dict(zip(("x1", "x2", "x3", "x4"), raw)), units=units, years=[2020]), names(units))

    z = [[(x - min(c)) / (max(c) - min(c)) for x in c] for c in raw]
    z[1] = [1 - x for x in z[1]]
    d = [1 + sum(x / sum(c) * log(x / sum(c)) for x in c if x) / log(3) for c in z]
    local = [d[0] / (d[0] + d[1]), d[1] / (d[0] + d[1]), d[2] / (d[2] + d[3]), d[3] / (d[2] + d[3])]
    parts = [[100 * sum(local[j] * z[j][i] for j in pair) for i in range(3)] for pair in ((0, 1), (2, 3))]
    ranks = [3, 2, 1]
    by_hand = [[q, s, (q + s) / 2, r] for q, s, r in zip(*parts, ranks)]

    assert numbers(text, 2) == [[pytest.approx(x, abs=FOUR_DECIMALS) for x in row] for row in zip(*z)]
    table = [[1 - d[j], d[j], local[j], local[j] / 2] for j in range(4)]
    assert numbers(text, 3) == [[pytest.approx(x, abs=FOUR_DECIMALS) for x in row] for row in table]
    assert numbers(text, 4) == [[pytest.approx(x, abs=TWO_DECIMALS) for x in row] for row in by_hand]
    weights = built.weights.set_index("node")
    assert [weights.at[f"x{j + 1}", "share_local"] for j in range(4)] == pytest.approx(local)
    scores = built.scores.pivot(index="unit", columns="node", values="score")
    assert scores.loc[units, ["quality", "safety", "index"]].to_numpy().tolist() == [pytest.approx(row[:3]) for row in by_hand]
    assert built.scores.query("node == 'index'")["rank"].tolist() == ranks


# examples of configuration


def test_every_piece_of_configuration_in_the_pages_is_accepted():
    """Whole files and pieces of them: each key is one of its file, and its value one that the file accepts."""
    seen = 0
    for block in all_blocks("yaml"):
        record = Scenario if block.file.startswith("scenarios/") else PARTS[block.file]
        document = read_text(block.body, Document(block.title))
        assert not document.faults, block
        for key, value in document.value.items():
            kind = record.model_fields[key].rebuild_annotation()
            TypeAdapter(kind).validate_json(to_json(value), strict=True)
            seen += 1
    assert seen > 30


def written(language: str, folder) -> None:
    """The first example of `bring your data` as files."""
    for block in blocks(f"docs/{language}/bring-your-data.md"):
        if block.title and not block.fragment:
            path = folder / block.title.removeprefix("my/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, "utf-8")


def test_the_first_example_is_a_sound_configuration(language, tmp_path, capsys):
    written(language, tmp_path)
    ended = hqd(capsys, "check", "--study", str(tmp_path / "configs"))
    assert ended.code == 0, ended.said


@pytest.mark.slow
def test_the_first_example_runs_as_the_page_says(language, tmp_path, capsys):
    written(language, tmp_path)
    configs, raw, out = (str(tmp_path / part) for part in ("configs", "raw", "out"))
    quick = ["--set", "uncertainty.draws=100", "--set", "uncertainty.sobol={base: 64}"]
    ended = hqd(capsys, "run", "--study", configs, "--data", raw, "--out", out, *quick)
    assert ended.code == 0, ended.said
    tables = only_run(tmp_path / "out" / "my_provinces") / "tables"
    ledger = pd.read_csv(tables / "ledger.csv").set_index("stage")
    assert ledger.loc["read", ["rows_in", "used", "out_of_scope"]].tolist() == [13, 12, 1]
    scores = pd.read_csv(tables / "scores.csv", dtype={"unit": str}).query("node == 'innovation'").set_index(["unit", "year"])
    assert scores.loc[("510000", 2023), "flag"] == "too_few_children" and pd.isna(scores.loc[("510000", 2023), "rank"])
    cells = pd.read_csv(tables / "indicators.csv", dtype={"unit": str}).set_index(["unit", "year", "indicator"])["raw"]
    assert cells[("320000", 2021, "rd_intensity")] == pytest.approx(100 * 2700 / 150000)
    assert "regressions" in set(pd.read_csv(tables / "not_made.csv")["table"])


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    assert ended.returncode == 0, ended.stderr
    assert "WARNING" not in ended.stderr
    for address in [f"{folder}/{name}" for folder in generate.LANGUAGES for name in (*generate.PAGES, "contributing.md")]:
        assert (tmp_path / "site" / address).with_suffix(".html").is_file()
    assert not list((tmp_path / "site").rglob("*.py*"))
