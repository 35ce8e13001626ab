"""The bill of materials names what the locks pin, and an advisory finds the versions it is about and no other."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .small import ROOT


@pytest.fixture(scope="module")
def locks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("locks", ROOT / "supply" / "locks.py")
    assert spec and spec.loader
    module = sys.modules["locks"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bill_of_materials_names_every_pinned_library_with_its_digests(locks: ModuleType) -> None:
    bill = locks.sbom()
    pinned = {line.split()[0] for lock in locks.LOCKS for line in (ROOT / lock).read_text("utf-8").splitlines() if "==" in line}
    components = {component["purl"]: component for component in bill["components"]}
    assert set(components) == {f"pkg:pypi/{pin.replace('==', '@')}" for pin in pinned}
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("numpy=="))
    first = lines[at + 1].split("sha256:")[1].split()[0]
    numpy = components[f"pkg:pypi/{lines[at].split()[0].replace('==', '@')}"]
    assert numpy["hashes"][0] == {"alg": "SHA-256", "content": first} and numpy["scope"] == "required"
    assert all(component["hashes"] for component in components.values())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6") and bill == locks.sbom()


def record(**affected: Any) -> dict[str, Any]:
    return {"id": "TEST-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "Num_Py"}, **affected}]}


def events(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": [dict([pair]) for pair in pairs]}]}


@pytest.mark.parametrize(
    ("affected", "is_hit"),
    [
        (events(("introduced", "0")), True),
        (events(("introduced", "0"), ("fixed", "2.4")), False),
        (events(("introduced", "2.4")), True),
        (events(("introduced", "2.4.1")), False),
        (events(("introduced", "1"), ("last_affected", "2.4")), True),
        (events(("introduced", "1"), ("last_affected", "2.3.9")), False),
        (events(("introduced", "0"), ("fixed", "1"), ("introduced", "2.10"), ("fixed", "2.11")), False),
        (events(("introduced", "0"), ("fixed", "1"), ("introduced", "2.3"), ("fixed", "2.11")), True),
        ({"versions": ["2.4"]}, True),
        ({"versions": ["2.3"]}, False),
    ],
)
def test_an_advisory_is_about_its_versions(locks: ModuleType, affected: dict[str, Any], is_hit: bool) -> None:
    pins = [locks.Pin("num-py", "2.4", "", (), "requirements.lock"), locks.Pin("numpy", "2.4", "", (), "requirements.lock")]
    assert [line.split(":")[0] for line in locks.hits(pins, [record(**affected)])] == ["num-py 2.4 (requirements.lock)"] * is_hit
    assert not locks.hits(pins, [record(**affected) | {"withdrawn": "2026-01-01"}])


def test_the_command_ends_with_1_on_a_hit_and_refuses_what_is_no_list(
    locks: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about = {"package": {"ecosystem": "PyPI", "name": "numpy"}, **events(("introduced", "0"), ("fixed", "999"))}
    (tmp_path / "one.json").write_text(json.dumps({"id": "TEST-2", "affected": [about]}))
    assert locks.main(["advisories", str(tmp_path)]) == 1
    assert "TEST-2" in (said := capsys.readouterr().out) and "fixed in: 999" in said
    (tmp_path / "one.json").write_text("[]")
    with pytest.raises(ValueError, match="no OSV records"):
        locks.main(["advisories", str(tmp_path / "one.json")])
