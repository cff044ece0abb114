"""What was usual, beside what is: the sentence that lets an old neighbour see why a silence is too long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import spoken
from alerts.evidence import lasted, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from alerts.model import Alert
    from alerts.spoken import Language

_PARTS = {
    "night": ("夜里", "今夜", "by night"),
    "morning": ("上午", "今天", "in the morning"),
    "afternoon": ("下午", "今天", "in the afternoon"),
    "evening": ("晚上", "今晚", "in the evening"),
}


def compared(alert: Alert, language: Language) -> str:
    """How long it has been quiet, and how long it usually is at most in this part of the day.

    Args:
        alert: with `usual_part` and `usual_s` in its evidence where the person is known long enough.
        language: "zh" or "en".
    """
    length = spoken.duration(lasted(alert), language)
    usual_s, part = number(alert.evidence, "usual_s"), _PARTS.get(str(alert.evidence.get("usual_part")))
    if usual_s is None or part is None:
        if language == "zh":
            return f"已经 {length}；还不了解她的作息，按别家老人的情况，这已经太久"
        return f"for {length}; her habits are not known yet, and in other homes that would be too long"
    usual = spoken.duration(timedelta(seconds=usual_s), language)
    if language == "zh":
        return f"平时{part[0]}最长 {usual}没有动静，{part[1]}已 {length}"
    return f"usually never longer than {usual} {part[2]}, now {length} already"


def longest(alert: Alert, language: Language) -> str:
    """The longest that is usual, as the end of a clause; "" where it is not known.

    Args:
        alert: with `usual_s` in its evidence where it is.
        language: "zh" or "en".
    """
    usual_s = number(alert.evidence, "usual_s")
    if usual_s is None:
        return ""
    usual = spoken.duration(timedelta(seconds=usual_s), language)
    return f"，平时最长 {usual}" if language == "zh" else f"; usually {usual} at most"


def _times(alert: Alert, name: str) -> str:
    return f"{number(alert.evidence, name) or 0:.0f}"


BLANKS: dict[str, Callable[[Alert, object, Language, object], str]] = {
    "compared": lambda alert, _bed, language, _timezone: compared(alert, language),
    "beside": lambda alert, _bed, language, _timezone: longest(alert, language),
    "usual_at": lambda alert, *_: str(alert.evidence.get("usual_at", "")),
    "times": lambda alert, *_: _times(alert, "times"),
    "usual_times": lambda alert, *_: _times(alert, "usual_times"),
}
"""The blanks of clauses that say what is usual."""
