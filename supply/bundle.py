"""A folder from which the program is installed without a network: python supply/bundle.py SYSTEM [FOLDER] (linux, windows).

It takes the wheels that requirements.lock names, each checked against the lock's digests, and that of the program. A network is
needed here, none where it is installed. pip reads the conditions of a lock for the machine it runs on; they are therefore
decided here, for the machine that the bundle is for.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from locks import ROOT, Pin, pins
from packaging.markers import Marker

PYTHON = "3.11"
SYSTEMS = {
    "linux": (
        {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux", "platform_machine": "x86_64"},
        ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_24_x86_64", "manylinux_2_17_x86_64",
         "manylinux2014_x86_64", "manylinux_2_12_x86_64", "manylinux2010_x86_64"),
    ),
    "windows": (
        {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows", "platform_machine": "AMD64"},
        ("win_amd64",),
    ),
}  # fmt: skip
"""System -> what the conditions of the lock are decided for, and the tags of the wheels that run there."""
SCRIPTS = Path(__file__).parent / "bundle"


def main() -> None:
    system, folder = sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "dist" / "bundle" / sys.argv[1])
    wheels = folder / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    wheels.mkdir(parents=True)
    (folder / "requirements.txt").write_text(requirements(system), "utf-8")
    subprocess.run([sys.executable, "-m", "pip", "download", *download_arguments(system, folder)], check=True)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)], cwd=ROOT, check=True)
    for script in SCRIPTS.iterdir():
        shutil.copy(script, folder / script.name)
    shutil.copy(ROOT / "requirements.lock", folder / "requirements.lock")
    print(f"{folder}: {len(list(wheels.iterdir()))} wheels")


def requirements(system: str) -> str:
    """The pins for a system, each with its digests and without its condition."""
    lines = [
        " \\\n".join([f"{pin.name}=={pin.version}", *(f"    --hash=sha256:{digest}" for digest in pin.digests)])
        for pin in pins_for(system)
    ]
    return "\n".join(lines) + "\n"


def pins_for(system: str) -> list[Pin]:
    """What requirements.lock pins for a system and the Python of the bundle."""
    environment = SYSTEMS[system][0] | {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0"}
    environment |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    return [
        pin
        for pin in pins(ROOT)
        if pin.lock == "requirements.lock" and (not pin.marker or Marker(pin.marker).evaluate(environment))
    ]


def download_arguments(system: str, folder: Path) -> list[str]:
    """Of pip: wheels alone, for the system, each by its digest."""
    tags = [argument for tag in SYSTEMS[system][1] for argument in ("--platform", tag)]
    python = ["--python-version", PYTHON, "--implementation", "cp", "--abi", "cp311", "--abi", "abi3", "--abi", "none"]
    return [
        "--require-hashes", "--no-deps", "--only-binary=:all:", *tags, *python, "--dest", str(folder / "wheels"),
        "--requirement", str(folder / "requirements.txt"),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
