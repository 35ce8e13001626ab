"""The engine gives back what it was given, reads nothing else, and its files do not depend on threads."""

import os
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from hqd_index.engines import literal, open_engine, quoted
from hqd_index.provenance import digest_table

HOSTILE = ["'; DROP TABLE t1; --", '"x"', "=cmd", "a\u2028b", "\u202e", "{{7*7}}"]


def test_frames_come_back_unchanged():
    frame = pd.DataFrame({"k": [1, 2, 3], "名称": ["甲", "", None], 'odd "name"': [0.1, np.nan, 3.0]})
    with open_engine() as engine:
        pd.testing.assert_frame_equal(engine.collect(engine.scan(frame)), frame, check_dtype=False)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_as_value_and_as_name(text):
    with open_engine() as engine:
        table = engine.query(f"SELECT {literal(text)} AS {quoted(text)}")
        assert engine.collect(table).to_dict("list") == {text: [text]}


def test_only_scanned_files_are_read(tmp_path: Path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with open_engine() as engine:
        (engine.folder / "link.csv").symlink_to(secret)
        for path in (secret, engine.folder / "link.csv", engine.folder / ".." / "x.csv"):
            with pytest.raises(duckdb.PermissionException):
                engine.collect(f"SELECT * FROM read_csv({literal(str(path))})")
        with pytest.raises(duckdb.Error):
            engine.collect("INSTALL httpfs")


def test_parquet_is_the_same_for_any_order_and_thread_count(tmp_path: Path):
    frame = pd.DataFrame({"k": np.arange(5000), "x": np.random.default_rng(1).normal(size=5000).round(4)})
    written = []
    for threads, seed in ((1, 0), (2, 1), (4, 2)):
        path = tmp_path / f"{threads}.parquet"
        with open_engine(threads=threads) as engine:
            engine.write(engine.scan(frame.sample(frac=1, random_state=seed)), path, key=["k"])
            pd.testing.assert_frame_equal(engine.collect(engine.scan(path)), frame)
        written.append(path.read_bytes())
    assert written[0] == written[1] == written[2]


def test_the_scratch_folder_goes_with_the_engine():
    with open_engine() as engine:
        folder = engine.folder
        assert folder.is_dir()
    assert not folder.exists()


def test_only_what_is_kept_stays():
    with open_engine() as engine:
        kept = engine.query("SELECT 1 AS a")
        engine.view(f"SELECT * FROM {kept}", "seen")
        engine.query("SELECT 2 AS b", "gone")
        (engine.folder / "t9.txt").write_text("x")
        engine.keep_only({kept})
        assert engine.names() == [kept] and not (engine.folder / "t9.txt").exists()
        engine.drop([kept, "never there"])
        assert engine.names() == []


def test_types_are_those_of_formulas():
    with open_engine() as engine:
        table = engine.query("SELECT CAST(1 AS DECIMAL(28,8)) a, 1.5::DOUBLE b, 1 c, 'x' d, true e, DATE '2020-01-01' f, ['x'] g")
        assert list(engine.types(table).values()) == ["decimal", "double", "integer", "text", "flag", "date", "list"]
        assert engine.count(table) == 1


def test_a_folder_of_files_is_one_table_whose_digest_names_its_parts(tmp_path: Path):
    """What a cluster writes is read by the embedded engine, too: `hqd explain` of a run on Spark needs no Spark."""
    folder = tmp_path / "t.parquet"
    with open_engine() as engine:
        for part, rows in enumerate(([1, 2], [3])):
            engine.write(pd.DataFrame({"k": rows}), folder / f"part-0000{part}.parquet")
        assert engine.collect(engine.scan(folder))["k"].tolist() == [1, 2, 3]
        digest = digest_table(folder)
        (folder / "part-00001.parquet").rename(folder / "part-00002.parquet")
        assert digest_table(folder) != digest


def test_a_function_sees_rows_in_the_order_of_their_key_and_its_column_meets_them():
    frame = pd.DataFrame({"k": [3, 1, 2], "x": [30.0, 10.0, 20.0]})
    with open_engine() as engine:
        table = engine.scan(frame)
        view = engine.with_function(table, ["k"], lambda rows: rows["x"].cumsum(), "total")
        assert engine.collect(view).to_dict("list") == {"k": [1, 2, 3], "x": [10.0, 20.0, 30.0], "total": [10.0, 30.0, 60.0]}


@pytest.mark.parametrize("order", ["in order", "shuffled", "in order at first", "with gaps"])
def test_repeated_keys_are_those_of_several_rows(order: str, monkeypatch: pytest.MonkeyPatch):
    rows = pd.DataFrame({"firm_id": ["a", "a", "a", "b", "b", "c", "c"], "year": [1, 2, 2, 1, 3, 1, 1]})
    if order == "shuffled":
        rows = rows.iloc[[6, 2, 4, 0, 5, 1, 3]]
    if order == "in order at first":  # no repeated key follows itself
        monkeypatch.setattr("hqd_index.engines.duckdb.FIRST_ROWS", 2)
        rows = rows.iloc[[0, 1, 5, 3, 2, 6, 4]]
    if order == "with gaps":
        rows = pd.concat([rows, pd.DataFrame({"firm_id": ["d", None, "b"], "year": [1, 1, 3]})])
    expected = {("a", 2), ("c", 1)} | ({("b", 3)} if order == "with gaps" else set())
    with open_engine() as engine:
        keys = engine.collect(engine.repeated_keys(engine.scan(rows), ["firm_id", "year"]))
    found = set(keys.itertuples(index=False, name=None))
    assert expected <= found <= expected | {("a", 1)}


def test_a_stored_table_that_extends_another_is_in_its_order_whichever_side_a_join_reads():
    firms = pd.DataFrame(
        {"firm_id": np.repeat([f"{number:06d}" for number in range(600)], 5), "year": [*range(2015, 2020)] * 600}
    )
    with open_engine() as engine:
        ordered_firms = engine.store(f"SELECT * FROM {engine.scan(firms)}", "firms", ["firm_id", "year"])
        status = engine.scan(firms.sample(frac=1, random_state=1).assign(level="national"))
        query = f"SELECT f.*, q.level FROM {ordered_firms} AS f LEFT JOIN {status} AS q USING (firm_id, year)"
        stored = engine.store(query, "firms_status", ["firm_id", "year"], extends=ordered_firms)
        pd.testing.assert_frame_equal(engine.collect(stored)[["firm_id", "year"]], firms, check_dtype=False)


def test_a_text_that_all_rows_share_is_stored_as_it_is():
    rows = pd.DataFrame({"n": [3, 1, 2], "edition": "it's 2017"})
    with open_engine() as engine:
        stored = engine.store(f"SELECT * FROM {engine.scan(rows)}", "shared", ["n"], constants={"edition": "it's 2017"})
        assert engine.types(stored) == {"n": "integer", "edition": "text"}
        assert engine.collect(stored).to_dict("list") == {"n": [1, 2, 3], "edition": ["it's 2017"] * 3}


def test_a_stored_table_is_written_as_it_is_where_a_file_can_have_no_second_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    frame = pd.DataFrame({"k": [1, 2], "v": ["a", "b"]})
    with open_engine() as engine:
        engine.store(f"SELECT * FROM {engine.scan(frame)}", "rows", ["k"])
        engine.write("rows", tmp_path / "linked.parquet")
        monkeypatch.setattr(os, "link", refuse)
        engine.write("rows", tmp_path / "copied.parquet")
        engine.write("rows", tmp_path / "copied.parquet")  # again, over the file of a run before
    for name in ("linked", "copied"):  # the scratch folder is gone
        pd.testing.assert_frame_equal(duckdb.read_parquet(str(tmp_path / f"{name}.parquet")).df(), frame)
