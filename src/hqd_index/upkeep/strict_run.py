"""What a strict run does not let pass: indicators that carry no weight because they are empty or do not vary."""

from __future__ import annotations

from pathlib import Path

STRICT_VERDICT = {
    "zh": "--strict:以上警告视为失败;退出码 3",
    "en": "--strict: the warnings above count as failures; exit code 3",
}
STOPS = ("I-CONST", "I-EMPTY")


def strict_lines(run_folder: Path, language: str) -> list[str]:
    """One line per indicator of a published run that is constant or empty, whether or not any stage ran anew."""
    import pandas as pd

    diagnostics = pd.read_csv(run_folder / "tables" / "diagnostics.csv", encoding="utf-8-sig", dtype=str, keep_default_na=False)
    rows = diagnostics[(diagnostics["item"] == "column") & diagnostics["flag"].isin(STOPS)]
    names, notes = ("node_en", "note_en") if language == "en" else ("node_zh", "note_zh")
    return [
        f"[{flag}] {node} {node_label}: {note}"
        for flag, node, node_label, note in rows[["flag", "node", names, notes]].to_numpy()
    ]
