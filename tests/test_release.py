"""What is released: the same bytes from the same sources, at work outside the repository without a network, in any console."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
import typer

from hqd_index import __version__, cli

from .small import ROOT

EPOCH = "1700000000"
REFUSED = "import sys; sys.addaudithook(lambda event, _: exec('raise OSError(event)') if event == 'socket.connect' else None)\n"


def build(folder: Path) -> dict[str, str]:
    """Name -> digest of the archives that the build backend makes, without isolation and without a network."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, env=environment, check=True, capture_output=True
    )
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def bundle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "supply" / "bundle.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def without_network() -> list[str]:
    """The command before another by which it has no network at all, where this machine allows that."""
    unshare = shutil.which("unshare")
    allowed = unshare and subprocess.run([unshare, "-rn", "true"], check=False, capture_output=True).returncode == 0
    return [unshare, "-rn"] if allowed and unshare else []


@pytest.mark.slow
def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = build(tmp_path / "1"), build(tmp_path / "2")
    assert first == second and len(first) == 2 and all(__version__ in name for name in first)
    (wheel,) = (tmp_path / "1").glob("*.whl")
    members = zipfile.ZipFile(wheel).namelist()
    assert "hqd_index/examples/provinces/configs/study.yaml" in members and "hqd_index/office/template_sheets.yaml" in members
    assert not [name for name in members if "__pycache__" in name or name.startswith("tests/")]


@pytest.mark.slow
def test_the_wheel_works_outside_the_repository_without_a_network(tmp_path: Path) -> None:
    """Installed with --no-deps beside the locked libraries, `hqd example` and `hqd run` on it, to the page."""
    build(tmp_path / "dist")
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    (packages / "network.pth").write_text(REFUSED, "utf-8")
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", wheel], check=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    program = [*without_network(), str(home / "bin" / "hqd")]
    subprocess.run([*program, "example", "provinces", "x"], cwd=tmp_path, env=environment, check=True)
    place = subprocess.run(
        [home / "bin" / "python", "-c", "import hqd_index; print(hqd_index.__file__)"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert place.stdout.startswith(str(home))
    said = subprocess.run([*program, "run"], cwd=tmp_path / "x", env=environment, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    assert (tmp_path / "x" / "data" / "processed" / "provinces" / "latest" / "report.html").is_file()


@pytest.mark.slow
def test_the_bundle_installs_without_a_network(tmp_path: Path) -> None:
    made = ROOT / "dist" / "bundle" / "linux"
    if not made.is_dir() or sys.version_info[:2] != (3, 11):
        pytest.skip("no dist/bundle/linux (make bundle), or another Python than the bundle is for")
    shutil.copytree(made, tmp_path / "bundle")
    environment = os.environ | {"PYTHON": sys.executable, "PIP_NO_INDEX": "1"}
    subprocess.run([*without_network(), "sh", "install.sh"], cwd=tmp_path / "bundle", env=environment, check=True)
    help_text = subprocess.run(
        [tmp_path / "bundle" / ".venv" / "bin" / "hqd", "--help"], capture_output=True, text=True, check=True
    )
    assert "hqd" in help_text.stdout


def test_a_bundle_holds_what_its_system_needs() -> None:
    """Conditions of the lock are those of the target: colorama for Windows alone, one numpy each, every pin with digests."""
    module = bundle()
    linux, windows = ({pin.name: pin for pin in module.pins_for(system)} for system in ("linux", "windows"))
    assert windows.keys() - linux.keys() == {"colorama"} and not linux.keys() - windows.keys()
    assert "pandas" in linux and "pytest" not in linux
    for system in module.SYSTEMS:
        names = [pin.name for pin in module.pins_for(system)]
        assert len(names) == len(set(names))
        text = module.requirements(system)
        assert text.count("--hash=sha256:") >= len(names) and ";" not in text
        assert re.search(r"^numpy==\S+ \\$", text, re.MULTILINE)


def test_the_image_is_built_offline_and_runs_as_a_user() -> None:
    """No Docker runs here: the file is parsed. Each instruction is known, every copied path is made by `make bundle`."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    instructions = [name for name, _ in lines]
    assert set(instructions) <= {"FROM", "RUN", "COPY", "USER", "WORKDIR", "ENV", "CMD"} and instructions[0] == "FROM"
    commands = [rest for name, rest in lines if name == "RUN"]
    installs = [part for rest in commands for part in rest.split("&&") if "pip install" in part]
    assert installs and all("--no-index" in part for part in installs) and not re.search(r"apt|curl|wget|://", text)
    assert instructions.index("USER") < instructions.index("CMD") and instructions.index("USER") > max(
        k for k, name in enumerate(instructions) if name == "RUN"
    )
    assert [rest.split()[0] for name, rest in lines if name == "COPY"] == [
        "dist/bundle/linux/wheels", "dist/bundle/linux/requirements.txt", "dist/bundle/fonts*",
    ]  # fmt: skip
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert ignored == ["*", "!dist/bundle"]
    command = dict(lines)["CMD"]
    assert "hqd example provinces" in command and "hqd demo" in command and command.count("hqd run") == 2


@pytest.mark.parametrize("name", ["run.bat", "supply/bundle/install.bat"])
def test_batch_files_are_ascii_with_windows_lines_and_labels_that_exist(name: str) -> None:
    lines = (ROOT / name).read_bytes().decode("ascii")
    assert lines.count("\n") == lines.count("\r\n") > 5
    labels = set(re.findall(r"^:(\w+)", lines, re.MULTILINE))
    assert set(re.findall(r"(?:goto |call :)(\w+)", lines)) <= labels
    assert not re.search(r"[A-Z]:\\", lines)


COMMANDS = tuple(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]
ARGUMENTS = {
    "run": ("--quick", "--study", "x/configs", "--data", "x/data/raw", "--out", "out"), "check": ("--study", "x/configs"),
    "demo": ("d/raw", "--configs", "d/configs", "--firms", "300"), "example": ("provinces", "p"), "init": ("new",),
    "template": ("t.xlsx",),
    "explain": ("甲", "2020", "--study", "x/configs", "--data", "x/data/raw", "--out", "out"),
    "verify": ("--study", "x/configs", "--out", "out"), "diff": ("--study", "x/configs", "--out", "out"),
    "cite": ("--study", "x/configs"), "clean": ("--out", "out"), "schema": ("s",),
}  # fmt: skip


RUNS = [["--help"], [], *(one for name in COMMANDS for one in ([name, "--help"], [name, *ARGUMENTS.get(name, ())]))]
SPEAKING = """
import json, os, shutil, sys
from pathlib import Path
from hqd_index.cli import main
home = Path.cwd()
for place, arguments in enumerate(json.load(sys.stdin)):
    shutil.copytree(home / "x", home / str(place) / "x")
    os.chdir(home / str(place))
    code = 0
    try:
        main(arguments)
    except SystemExit as stop:
        code = stop.code
    print(f"\\n{sys.argv[1]} {code}", flush=True)
"""
"""Runs in one process, which takes longer to start than most commands do; each in a folder of its own with a study x."""
END = "----- ended with"


def spoken(folder: Path, encoding: str, calls: list[list[str]]) -> list[tuple[str, int]]:
    """What each call prints in a console of an encoding, and the code it ends with."""
    place = folder / encoding
    place.mkdir()
    subprocess.run([sys.executable, "-m", "hqd_index", "init", "x"], cwd=place, check=True, capture_output=True)
    printed = subprocess.run(
        [sys.executable, "-c", SPEAKING, END], cwd=place, env=os.environ | {"PYTHONIOENCODING": encoding},
        input=json.dumps(calls).encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True,
    ).stdout.decode(encoding)  # fmt: skip
    parts = re.split(rf"^{END} (\d+)\r?\n", printed, flags=re.MULTILINE)
    return list(zip(parts[:-1:2], map(int, parts[1::2]), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_command_speaks_in_a_gbk_console(language: str, tmp_path: Path) -> None:
    """Help and a run of each command: whole in GBK, without a character that became a question mark."""
    calls = [[*arguments, "--lang", language] for arguments in RUNS]
    utf, gbk = (spoken(tmp_path, encoding, calls) for encoding in ("utf-8", "gbk"))
    assert len(utf) == len(gbk) == len(calls)
    for call, (text, code), (gbk_text, gbk_code) in zip(calls, utf, gbk, strict=True):
        assert text.strip() and "Traceback" not in text + gbk_text and code == gbk_code in (0, 2, 3, 4, 5), (call, text, gbk_text)
        assert gbk_text.count("?") == text.count("?"), (call, gbk_text)


def test_a_minus_stays_a_minus_where_the_console_has_none(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    code = "from hqd_index.commands.console_encoding import use_nearest_characters as use; use(); print('−0.032 ² ä 专精特新')"
    text = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONIOENCODING": "gbk"}, capture_output=True, check=True
    ).stdout.decode("gbk")
    assert text.split() == ["-0.032", "^2", "a", "专精特新"]
