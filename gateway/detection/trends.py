"""What has changed from week to week: a report for the caregiver, never an alarm.

Theory of operation
-------------------
The latest seven days at home are compared with the four weeks before them, figure by figure (`days`). A change is
called one when it is large enough to matter (`Figure.least`, and a fifth of what it was) and too large for chance: the
ranks of the days of this week among all of them lie more than `SURE` standard deviations off (Mann and Whitney's test,
1947, with ties). Nothing is said before two weeks were seen. The window slides by a day every day.
"""

from __future__ import annotations

import math
from collections import Counter
from enum import StrEnum
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.detection.days import DayRecord

WEEK_DAYS, BEFORE_DAYS = 7, 28
ENOUGH_BEFORE = 7
SURE = 2.3
"""Standard deviations. Source: 2 % by chance in either direction; one idle remark a year for each figure."""
SHARE = 0.2
"""Source: our choice: a fifth more or less is what a caregiver would want to know."""
AT_HOME_QUARTERS = 8
"""Days with fewer quarter hours with a sign of life were spent elsewhere. Source: our choice: two hours."""


class Change(StrEnum):
    """Whether and how a figure has changed."""

    NONE = "none"
    LESS = "less"
    MORE = "more"


class Figure(NamedTuple):
    """What is compared: its name, how it is read from a day (None where the day has none), the least that matters."""

    name: str
    of: Callable[[DayRecord], float | None]
    least: float


class Trend(NamedTuple):
    """A figure of this week beside that of the weeks before.

    Args:
        name: "activity_h", "night_trips", "up_at_h" or "bathroom_min".
        week, before: the means of their days.
        change: see `Change`.
    """

    name: str
    week: float
    before: float
    change: Change


FIGURES = (
    Figure("activity_h", lambda day: day.quarters / 4, 1.0),
    Figure("night_trips", lambda day: float(day.trips) if day.up_min >= 0 else None, 1.0),
    Figure("up_at_h", lambda day: day.up_min / 60 if day.up_min >= 0 else None, 0.5),
    Figure("bathroom_min", lambda day: float(day.bath_min) or None, 10.0),
)


def trends(records: Sequence[DayRecord]) -> tuple[Trend, ...]:
    """What this week is like beside the four before; without figures that were not seen often enough.

    Args:
        records: of the days that are over, in order.
    """
    at_home = [day for day in records if day.quarters >= AT_HOME_QUARTERS][-WEEK_DAYS - BEFORE_DAYS :]
    week, before = at_home[-WEEK_DAYS:], at_home[:-WEEK_DAYS]
    found = (_trend(figure, week, before) for figure in FIGURES)
    return tuple(trend for trend in found if trend is not None)


def _trend(figure: Figure, week: Sequence[DayRecord], before: Sequence[DayRecord]) -> Trend | None:
    now = [value for day in week if (value := figure.of(day)) is not None]
    then = [value for day in before if (value := figure.of(day)) is not None]
    if len(now) < WEEK_DAYS - 2 or len(then) < ENOUGH_BEFORE:
        return None
    week_mean, before_mean = fmean(now), fmean(then)
    return Trend(figure.name, week_mean, before_mean, _change(figure, now, then, week_mean - before_mean))


def _change(figure: Figure, now: Sequence[float], then: Sequence[float], more: float) -> Change:
    share = SHARE * fmean(then) if figure.name != "up_at_h" else 0.0  # a fifth later than seven is no measure
    if abs(more) < max(figure.least, share) or abs(_deviates(now, then)) < SURE:
        return Change.NONE
    return Change.MORE if more > 0 else Change.LESS


def _deviates(now: Sequence[float], then: Sequence[float]) -> float:
    """How many standard deviations the ranks of `now` among both lie off what chance would give."""
    wins = sum((a > b) + 0.5 * (a == b) for a in now for b in then)
    n, m = len(now), len(then)
    ties = sum(count**3 - count for count in Counter([*now, *then]).values())
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    return 0.0 if variance <= 0 else (wins - n * m / 2) / math.sqrt(variance)
