"""The words for an alert in both languages, made once and shared by every channel."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from alerts.brief import Brief, brief

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from alerts.brief import BedInfo
    from alerts.model import Alert

KEPT = 64
"""Alerts whose words are kept. Source: our choice: far more than are told at one moment."""


class Briefs:
    """Makes the words of one bed's alerts.

    Args:
        bed: what the brief needs to know.
        timezone: of its times.
    """

    def __init__(self, bed: BedInfo, timezone: ZoneInfo) -> None:
        self.bed = bed
        self._timezone = timezone
        self._kept: OrderedDict[tuple[str, int, int], tuple[Brief, Brief]] = OrderedDict()

    def of(self, alert: Alert) -> tuple[Brief, Brief]:
        """Give the brief in Chinese and in English."""
        name = (alert.key, alert.revision, alert.rounds)
        words = self._kept.get(name)
        if words is None:
            zh = brief(alert, self.bed, language="zh", timezone=self._timezone)
            en = brief(alert, self.bed, language="en", timezone=self._timezone)
            words = self._kept[name] = (zh, en)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return words
