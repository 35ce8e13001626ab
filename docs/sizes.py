"""Sizes of what `make pipeline` writes for the demo study; `python docs/sizes.py RUN` renews texts/sizes.yaml."""

from __future__ import annotations

import json
import sys
from pathlib import Path

SIZES = Path(__file__).parent / "texts" / "sizes.yaml"


def main(run: Path) -> None:
    """path -> bytes of every file of a run, in the order of their names."""
    if not json.loads((run / "manifest.json").read_text("utf-8"))["synthetic"]:
        sys.exit("sizes are those of the synthetic demo study only")
    files = sorted(path for path in run.rglob("*") if path.is_file())
    lines = ["# Bytes of each file of the demo study (6,000 firms), as written by docs/sizes.py."]
    lines += [f"{path.relative_to(run).as_posix()}: {path.stat().st_size}" for path in files]
    SIZES.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files):,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
