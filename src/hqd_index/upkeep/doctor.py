"""What this machine has of what the program needs, and of what optional outputs need."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.markers import Marker

LOCK = "requirements.lock"
PYTHON = (3, 11)
MEMORY = 2 * 1024**3
DISK = 2 * 1024**3
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
OFFICE = ("soffice", "libreoffice")
FONTS = re.compile(
    r"noto.*cjk|source.?han|wqy|simsun|simhei|msyh|pingfang|songti|heiti|fandol|uming|ukai|droidsansfallback", re.I
)
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/System/Library/Fonts",
           "/Library/Fonts", "C:/Windows/Fonts")  # fmt: skip
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """One result: `ok`, `mind` (an optional output or a number may differ) or `missing` (the program needs it)."""

    state: str
    zh: str
    en: str


def doctor(results: Path) -> list[Finding]:
    """Python, libraries, memory, disk, fonts, browser, office, write permission, one finding or more each."""
    return [finding for examination in EXAMINATIONS for finding in examination(results)]


def _python(results: Path) -> list[Finding]:
    state = "ok" if sys.version_info[:2] >= PYTHON else "missing"
    version_text = f"Python {platform.python_version()} ({platform.system()} {platform.machine()})"
    required_version = ".".join(map(str, PYTHON))
    return [
        Finding(state, f"{version_text},需要 {required_version} 以上", f"{version_text}; {required_version} or newer is needed")
    ]


def _libraries(results: Path) -> list[Finding]:
    lock_file = next(
        (folder / LOCK for folder in (Path.cwd(), Path(__file__).resolve().parents[3]) if (folder / LOCK).is_file()), None
    )
    if lock_file is None:
        return [Finding("mind", f"找不到 {LOCK},未核对库的版本", f"{LOCK} was not found: versions were not compared")]
    pinned_versions = locked_versions(lock_file.read_text("utf-8"))
    installed_versions = {library: _version(library) for library in pinned_versions}
    missing_libraries = [library for library, installed_version in installed_versions.items() if installed_version is None]
    other_versions = [
        f"{library} {installed_versions[library]} ({pinned_versions[library]})"
        for library in pinned_versions
        if installed_versions[library] not in (None, pinned_versions[library])
    ]
    if not missing_libraries and not other_versions:
        return [
            Finding("ok", f"{len(pinned_versions)} 个库与 {LOCK} 一致", f"{len(pinned_versions)} libraries are those of {LOCK}")
        ]
    missing_findings = [
        Finding(
            "missing",
            f"缺少库:{', '.join(missing_libraries)};请执行 make setup",
            f"libraries missing: {', '.join(missing_libraries)}; run make setup",
        )
    ]
    differing_versions = ", ".join(other_versions)
    mind_finding = Finding("mind", f"与 {LOCK} 不同(括号内为锁定版本),数值可能有细微差别:{differing_versions}",
                   f"versions differ from {LOCK} (in brackets), so numbers may differ: {differing_versions}")  # fmt: skip
    return (missing_findings if missing_libraries else []) + ([mind_finding] if other_versions else [])


def locked_versions(lock_text: str) -> dict[str, str]:
    """name -> version of what a lock file asks of this machine."""
    return {library: version for library, version, marker in PINNED.findall(lock_text) if not marker or Marker(marker).evaluate()}


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _memory(results: Path) -> list[Finding]:
    try:
        memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return [Finding("mind", "无法得知内存大小", "the size of memory is not known here")]
    size_text = f"{memory_bytes / 1024**3:.1f} GiB"
    if memory_bytes >= MEMORY:
        return [Finding("ok", f"内存 {size_text}", f"memory {size_text}")]
    return [Finding("mind", f"内存只有 {size_text},大数据可能不够", f"memory is only {size_text}: little for large data")]


def _disk(results: Path) -> list[Finding]:
    free_bytes = shutil.disk_usage(_existing_folder(results)).free
    size_text = f"{free_bytes / 1024**3:.1f} GiB"
    if free_bytes >= DISK:
        return [Finding("ok", f"磁盘可用 {size_text}", f"disk: {size_text} free")]
    return [Finding("mind", f"磁盘只剩 {size_text};hqd clean 可腾出空间", f"disk: only {size_text} free; hqd clean frees some")]


def _existing_folder(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder.resolve(), *folder.resolve().parents) if path.is_dir())


def _writing(results: Path) -> list[Finding]:
    folder = _existing_folder(results)
    try:
        with tempfile.TemporaryFile(dir=folder):
            return [Finding("ok", f"可以写入 {folder}", f"{folder} can be written")]
    except OSError as fault:
        reason = fault.strerror or str(fault)
        return [Finding("missing", f"不能写入 {folder}:{reason}", f"{folder} cannot be written: {reason}")]


def _fonts(results: Path) -> list[Finding]:
    folders = [Path(folder).expanduser() for folder in FOLDERS]
    font_file = next(
        (file for folder in folders if folder.is_dir() for file in folder.rglob("*.[to]t[fc]") if FONTS.search(file.name)), None
    )
    if font_file:
        return [Finding("ok", f"中文字体 {font_file.name}", f"Chinese font {font_file.name}")]
    return [Finding("mind", "没有中文字体,图片中的中文会显示为方框;可安装 fonts-noto-cjk",
                    "no Chinese font: Chinese in pictures shows as boxes; install fonts-noto-cjk")]  # fmt: skip


def _programs(results: Path) -> list[Finding]:
    return [
        _program(CHROMIUM, "Chromium", ("测试网页报告用", "tests of the page use it")),
        _program(OFFICE, "LibreOffice", ("测试工作簿与 Word 文件用", "tests of workbook and Word files use it")),
    ]


def _program(command_names: tuple[str, ...], label: str, use: tuple[str, str]) -> Finding:
    program_path = next((path for command_name in command_names if (path := shutil.which(command_name))), None)
    if program_path:
        return Finding("ok", f"{label} {program_path}", f"{label} {program_path}")
    return Finding("mind", f"没有 {label}({use[0]},运行分析不需要)", f"no {label} ({use[1]}, a run does not)")


EXAMINATIONS: tuple[Callable[[Path], list[Finding]], ...] = (_python, _libraries, _memory, _disk, _writing, _fonts, _programs)
