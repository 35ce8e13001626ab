"""Everything that can stop a run, each with its exit code, its place, what is wrong and how to mend it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rapidfuzz import process

EXIT_CODES = {
    0: ("finished; warnings allowed", "完成(允许有警告)"),
    1: ("a bug in the program", "程序缺陷"),
    2: ("configuration", "配置有误"),
    3: ("data did not pass the gate", "数据未通过校验"),
    4: ("own checks failed", "自检未通过"),
    5: ("environment", "运行环境问题"),
    130: ("interrupted by the user", "用户中断"),
}


class HqdError(Exception):
    """A fault a person can mend: `zh` and `en` say what is wrong and what would be right, `where` the place."""

    exit_code = 1

    def __init__(self, en: str, *, zh: str | None = None, location: str = "", rule: str = "") -> None:
        self.en, self.zh, self.location, self.rule = en, zh or en, location, rule
        super().__init__(self.text("en"))

    def __reduce__(self) -> tuple[object, ...]:
        return _restored_fault, (type(self), self.args, self.__dict__)

    def text(self, language: str | None = None) -> str:
        """`where: [rule] message` in the language requested (default: HQD_LANG, else zh)."""
        output_language = language or os.environ.get("HQD_LANG", "zh")
        message = self.en if output_language == "en" else self.zh
        return ": ".join(prefix for prefix in (self.location, f"[{self.rule}] {message}" if self.rule else message) if prefix)


def _restored_fault(error_class: type[HqdError], args: tuple[object, ...], state: dict[str, object]) -> HqdError:
    """A fault as it came out of a pickle, whatever its constructor asks for."""
    fault = error_class.__new__(error_class, *args)
    fault.args = args
    fault.__dict__.update(state)
    return fault


class ConfigError(HqdError):
    """The YAML, or a path or formula written in it."""

    exit_code = 2


class DataError(HqdError):
    """The data did not pass the gate."""

    exit_code = 3


class EstimationError(DataError):
    """A method cannot be computed on these data; says which data would do."""


class CheckError(HqdError):
    """The program's own books do not balance."""

    exit_code = 4


class SetupError(HqdError):
    """Disk, permission, a missing package, a second run."""

    exit_code = 5


# errno: what is wrong and what to do, en and zh
ENVIRONMENT = {
    errno.ENOSPC: ("the disk is full; free some space (`hqd clean` removes old runs)",
                   "磁盘已满;请清理空间(hqd clean 可删除旧的运行)"),
    errno.EFBIG: ("the file would be larger than is allowed; free some space or raise the limit",
                  "文件超出允许的大小;请清理空间或放宽限制"),
    errno.EACCES: ("no permission; check the rights of the folder, or write elsewhere with --out",
                   "没有权限;请检查文件夹权限,或用 --out 写到别处"),
    errno.EROFS: ("the disk is read-only; write elsewhere with --out", "磁盘只读;请用 --out 写到别处"),
    errno.ENOTDIR: ("there is a file where a folder is needed; rename it, or write elsewhere with --out",
                    "此处应为文件夹却是文件;请改名,或用 --out 写到别处"),
    errno.ENOENT: ("no longer there; run again", "文件已不在;请重新运行"),
}  # fmt: skip
ENVIRONMENT[errno.EPERM] = ENVIRONMENT[errno.EACCES]
DOCUMENT_SUFFIXES = (".xlsx", ".docx", ".csv", ".dta")


class CapacityError(SetupError):
    """Memory or disk is used up."""


class PlanError(SetupError):
    """A plan for which the engine of the study has no equal."""


def environment(fault: OSError) -> SetupError:
    """What the system refused, as a fault with its mend; a document that may be open elsewhere is named to be closed."""
    name = str(fault.filename or "")
    en, zh = ENVIRONMENT.get(fault.errno or 0, (fault.strerror or str(fault),) * 2)
    if isinstance(fault, PermissionError) and name.lower().endswith(DOCUMENT_SUFFIXES):
        en = "close the file in the program that has it open, then run again"
        zh = "请关闭打开该文件的程序(如 Excel),再重新运行"
    return SetupError(en, zh=zh, location=name)


@contextlib.contextmanager
def full_disk_named(*folders: Path) -> Iterator[None]:
    """A full disk that names no file, as a writer in the middle of one finds it, names the folder whose disk has least room."""
    try:
        yield
    except OSError as fault:
        if fault.errno == errno.ENOSPC and fault.filename is None:
            fault.filename = str(min(folders, key=lambda folder: shutil.disk_usage(folder).free))
        raise


class Faults(HqdError):
    """Several faults reported at once; the exit code is that of the first."""

    def __init__(self, faults: Sequence[HqdError]) -> None:
        self.faults = list(faults)
        self.exit_code = self.faults[0].exit_code
        super().__init__("\n".join(fault.text("en") for fault in faults), zh="\n".join(fault.text("zh") for fault in faults))


LISTED_NAMES = 40


def closest(typed_name: str, candidates: Iterable[str]) -> str | None:
    """The known name most like `typed_name`, or None when none is near."""
    best_match = process.extractOne(str(typed_name), [str(k) for k in candidates], score_cutoff=60)
    return best_match[0] if best_match else None


def unknown(kind: str, typed_name: str, candidates: Iterable[str], *, kind_zh: str | None = None) -> tuple[str, str]:
    """(English, Chinese) text for a name that does not exist, with did-you-mean or the list of what does."""
    names = sorted(str(k) for k in candidates)
    suggested_name = closest(typed_name, names)
    zh_names = sorted(names, key=str.isascii)  # names in Chinese come before codes and English names
    en_list, zh_list = (", ".join([*known[:LISTED_NAMES], *["..."] * (len(known) > LISTED_NAMES)]) for known in (names, zh_names))
    en = f"unknown {kind} {typed_name!r}; " + (f"did you mean {suggested_name!r}?" if suggested_name else f"known: {en_list}")
    zh = f"不认识的{kind_zh or kind} {typed_name!r};" + (
        f"您是不是想写 {suggested_name!r}?" if suggested_name else f"可用的有:{zh_list}"
    )
    return en, zh
