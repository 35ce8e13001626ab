"""What intake reports without stopping: a rule id, a place and the text in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """A remark on what was read: rule, place, and the text in both languages."""

    rule: str
    location: str
    en: str
    zh: str

    def text(self, language: str = "zh") -> str:
        return f"{self.location}: [{self.rule}] {self.en if language == 'en' else self.zh}"
