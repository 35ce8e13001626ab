"""What the locks pin: as a CycloneDX bill of materials, and against a file of known advisories. Nothing is asked of a network.

python supply/locks.py sbom [FILE]               # default sbom.json
python supply/locks.py advisories FILE_OR_FOLDER  # OSV records, as the Python advisory database publishes them; exit 1 on a hit
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {"requirements.lock": "required", "requirements-spark.lock": "optional", "requirements-dev.lock": "excluded"}
"""Lock -> the scope of what it alone pins: the program, the Spark engine, tests and documentation."""
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\\n]+?))?\s*\\?$((?:\n\s+--hash=sha256:[0-9a-f]{64}\s*\\?$)*)", re.MULTILINE
)


@dataclass(frozen=True)
class Pin:
    """A library of a lock: version, the systems it is for ('' for all), digests of its archives."""

    name: str
    version: str
    marker: str
    digests: tuple[str, ...]
    lock: str

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version.replace('+', '%2B')}"


def pins(root: Path = ROOT) -> list[Pin]:
    """What the locks pin, each library at the first lock that names it."""
    by_purl: dict[str, Pin] = {}
    for lock in LOCKS:
        for name, version, marker, hashes in PIN.findall((root / lock).read_text("utf-8")):
            digests = tuple(re.findall("[0-9a-f]{64}", hashes))
            pin = Pin(canonicalize_name(name), version, marker.strip(), digests, lock)
            by_purl.setdefault(pin.purl, pin)
    return list(by_purl.values())


def sbom(root: Path = ROOT) -> dict[str, Any]:
    """CycloneDX 1.6. A digest is that of an archive which the lock accepts, one for each system; licences are not in a lock."""
    found = re.search(r'__version__ = "([^"]+)"', (root / "src" / "hqd_index" / "__init__.py").read_text("utf-8"))
    assert found
    program = {"type": "application", "bom-ref": "hqd-index", "name": "hqd-index", "version": found[1]}
    components = [_component(pin) for pin in sorted(pins(root), key=lambda pin: pin.purl)]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([program, components]))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1}
    return {**head, "metadata": {"component": program}, "components": components}


def _component(pin: Pin) -> dict[str, Any]:
    marker = [{"name": "hqd:marker", "value": pin.marker}] if pin.marker else []
    return {
        "type": "library", "bom-ref": pin.purl, "name": pin.name, "version": pin.version, "purl": pin.purl,
        "scope": LOCKS[pin.lock],
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in pin.digests],
        "properties": [{"name": "hqd:lock", "value": pin.lock}, *marker],
    }  # fmt: skip


def hits(locked: Sequence[Pin], records: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each library at a version that an advisory names, with the version that mends it."""
    by_name: dict[str, list[Pin]] = {}
    for pin in locked:
        by_name.setdefault(pin.name, []).append(pin)
    lines = []
    for record in records:
        for affected in record.get("affected", []) if not record.get("withdrawn") else []:
            package = affected.get("package", {})
            if package.get("ecosystem") != "PyPI":
                continue
            for pin in by_name.get(canonicalize_name(package.get("name", "")), []):
                if _is_affected(pin.version, affected):
                    name, mend = f"{pin.name} {pin.version} ({pin.lock})", ", ".join(_fixes(affected)) or "no version yet"
                    lines.append(f"{name}: {record.get('id')}: {record.get('summary', '')}; fixed in: {mend}")
    return lines


def _is_affected(version: str, affected: dict[str, Any]) -> bool:
    ranges = [one for one in affected.get("ranges", []) if one.get("type") == "ECOSYSTEM"]
    return version in affected.get("versions", []) or any(_in_range(Version(version), one["events"]) for one in ranges)


def _in_range(version: Version, events: Sequence[dict[str, str]]) -> bool:
    """Whether the events, in the order of versions, leave it affected: `fixed` is free of it, `last_affected` is not."""
    is_inside = False
    for kind, at in sorted(((kind, at) for event in events for kind, at in event.items()), key=lambda event: _bound(event[1])):
        if kind == "introduced" and version >= _bound(at):
            is_inside = True
        if (kind == "fixed" and version >= _bound(at)) or (kind == "last_affected" and version > _bound(at)):
            is_inside = False
    return is_inside


def _bound(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def _fixes(affected: dict[str, Any]) -> Iterator[str]:
    return (
        event["fixed"]
        for one in affected.get("ranges", [])
        if one.get("type") == "ECOSYSTEM"
        for event in one["events"]
        if "fixed" in event
    )


def records_of(path: Path) -> list[dict[str, Any]]:
    """The records of a file (one, a list, or one a line) or of every JSON file of a folder; ValueError where it holds none."""
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    records = [record for file in files for record in _records(file.read_text("utf-8"))]
    if not records or not all(isinstance(record, dict) and "id" in record for record in records):
        raise ValueError(f"{path}: no OSV records (JSON with id and affected)")
    return records


def _records(text: str) -> list[dict[str, Any]]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return content if isinstance(content, list) else [content]


def main(arguments: Sequence[str]) -> int:
    """The command; 0, 1 when a library is named by an advisory, 2 when it was not understood."""
    if arguments[:1] == ["sbom"]:
        target = Path(arguments[1] if len(arguments) > 1 else "sbom.json")
        content = sbom()
        target.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
        print(f"{target}: {len(content['components'])} libraries")
        return 0
    if arguments[:1] == ["advisories"] and len(arguments) == 2:
        records, locked = records_of(Path(arguments[1])), pins()
        lines = hits(locked, records)
        print("\n".join([*lines, f"{len(locked)} libraries, {len(records)} advisories, {len(lines)} hits"]))
        return 1 if lines else 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
