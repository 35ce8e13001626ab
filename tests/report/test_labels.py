"""Every id that the program writes has a label in both languages; one without is an error, never its own label."""

from importlib.resources import files

import pandas as pd
import pytest
from ruamel.yaml import YAML

from hqd_index.canonical import CANONICAL
from hqd_index.codebook import column_label, labels
from hqd_index.methods import FAMILIES
from hqd_index.models.analyses.interactions import CHANNELS
from hqd_index.models.analyses.leading_firms import GROUPS
from hqd_index.models.firms.event_rows import NOTES
from hqd_index.models.firms.firm_tables import EVENT_ESTIMATORS
from hqd_index.report.grids.index_grids import method_name
from hqd_index.report.key_labels import LABELLED, key_label
from hqd_index.report.label_catalogue import KEY_LABELS, STEP_LABELS, TABLE_LABELS
from hqd_index.report.outline import OUTLINE
from hqd_index.report.regression_labels import EXTENSIONS, PATH, moderator_label, spec_label, term_label
from hqd_index.report.results import Results
from hqd_index.report.sentences import sample_label
from hqd_index.report.verdict_words import (
    ADDITIONS,
    caution_text,
    lacks_text,
    verdict_label,
    verdict_meaning,
)
from hqd_index.tables import TABLES


def test_what_the_program_names_has_a_label() -> None:
    assert {*EVENT_ESTIMATORS, *NOTES} <= set(KEY_LABELS["estimator"])
    assert set(CANONICAL) <= set(TABLE_LABELS)
    assert set(FAMILIES) <= set(STEP_LABELS)
    assert all(method_name(method).zh != method for method in FAMILIES["weight"])
    for label_by_key in KEY_LABELS.values():
        assert all((label.zh and label.en) or key in ("nan", "<NA>") for key, label in label_by_key.items())


def test_every_column_of_a_published_table_has_a_label() -> None:
    for name, table in TABLES.items():
        for column in table.columns:
            label = column_label(name, column)
            assert label.zh and label.en and label.zh != label.en, (name, column)
    columns = {*(column for table in TABLES.values() for column in table.columns)}
    own = {f"{name}.{column}" for name, table in TABLES.items() for column in table.columns}
    assert set(labels()) <= columns | own, "labels of columns that no table has"
    with pytest.raises(LookupError, match=r"labels\.yaml"):
        column_label("scores", "nothing_of_the_kind")


def test_every_derived_specification_has_a_label(results: Results) -> None:
    base = next(spec for spec in results.study.regressions.specifications if spec.headline).id
    assert all(f"_{group}" in EXTENSIONS for group in GROUPS)
    for ending in EXTENSIONS:
        assert base not in spec_label(results, f"{base}{ending}").zh
    for path in CHANNELS:
        assert moderator_label(results, f"{PATH}{path}") is not None
        assert PATH not in spec_label(results, f"{base}_by_{PATH}{path}").en
        assert PATH not in term_label(results, f"density_x_{PATH}{path}").en
    for outcome in results.study.regressions.events.outcomes:
        assert outcome not in spec_label(results, f"firms_{outcome}").en


@pytest.mark.parametrize("column", ["estimator", "method", "quantity", "source", "sample", "kind", "choice", "spec", "term"])
def test_an_id_without_a_label_is_an_error(results: Results, column: str) -> None:
    with pytest.raises(LookupError):
        key_label(results, column, "nothing_of_the_kind")


@pytest.mark.parametrize("label", [sample_label, verdict_label, verdict_meaning, caution_text, lacks_text])
def test_a_verdict_or_sample_without_a_label_is_an_error(label) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(KeyError):
        label("nothing_of_the_kind")
    assert caution_text("").zh == "" and caution_text(next(iter(ADDITIONS))).zh


def test_an_id_of_the_study_is_its_own_label(results: Results) -> None:
    assert key_label(results, "node", "own_node") == ("own_node", "own_node")
    assert key_label(results, "unit", "X99") == ("X99", "X99")


def test_composed_labels(results: Results) -> None:
    node = results.parts[0]
    assert results.name(node).zh in key_label(results, "quantity", f"fraction_{node}").zh
    assert key_label(results, "choice", "weight.indicators") == ("赋权（指标层）", "Weights (indicators)")
    label = key_label(results, "quantity", "rd_intensity_within_srdi")
    assert label.en.endswith("within firms, recognised firms") and "rd_intensity" not in label.en
    assert key_label(results, "mode", "tech_safety").zh == results.study.modes.labels.tech_safety.zh


def test_no_grid_shows_an_id_of_the_program(results: Results) -> None:
    """Cells of labelled columns are no ids that the label catalogue knows."""
    known = {id for labels in KEY_LABELS.values() for id, label in labels.items() if "_" in id and id not in label}
    for exhibit in OUTLINE:
        if exhibit.id == "codebook":  # is about ids
            continue
        grid = exhibit.grid(results) if exhibit.grid is not None else None
        cells = {cell for row in grid.rows for cell in row if isinstance(cell, str)} if grid is not None else set()
        assert not cells & known, exhibit.id
    assert {"estimator", "spec", "node", "mode"} <= LABELLED and isinstance(results.table("scores"), pd.DataFrame)


def test_the_labels_are_those_that_a_reader_of_yaml_finds() -> None:
    """The file is read by lines, for speed: it must mean the same to any reader of YAML."""
    text = (files("hqd_index") / "labels.yaml").read_text("utf-8")
    pairs = YAML(typ="safe").load(text)
    assert labels() == {name: (pair["zh"], pair["en"], pair.get("unit", "")) for name, pair in pairs.items()}
