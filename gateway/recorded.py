"""What every kind of recording shares: the refusal of a file, the refusals of its rows, and whose clock it kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

TIMEZONE = ZoneInfo("Asia/Shanghai")
"""Whose wall clock times without a zone are taken for; our homes have no other."""

NOTHING_READABLE = "没有一行可读 / not one row can be read; 请检查文件 / check the file"
"""The reason of a `NotARecording` that has the form of one, but no content."""


class NotARecording(ValueError):
    """A file that cannot be replayed; the message says why, and what to do instead."""


@dataclass(slots=True)
class Refusals:
    """What was passed over: how often for which reason, and the first of each in words."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def refuse(self, reason: str, where: str) -> None:
        """Count a refusal; remember the first of each reason with its place."""
        self.counts[reason] += 1
        if self.counts[reason] == 1:
            self.examples.append(f"{reason}: {where}")
