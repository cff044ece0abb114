"""When somebody is there to be told: opening hours by day of the week, by China's public holidays and working weekends.

Theory of operation
-------------------
`Hours` are one stretch of each day that counts: from `opens` to `closes` in local time, over midnight when `closes`
is not later than `opens`; the night then belongs to the day on which it began. Which days count: all ("daily"), those
on which offices work ("workdays": public holidays off, the weekends that are worked instead on), or the others
("restdays").

The calendar of holidays is announced each November for one year. For years that it does not know yet, Monday to
Friday count as workdays: somebody may then be told on a holiday, which is the safe side.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import chinese_calendar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

SATURDAY = 5
_Stretch: TypeAlias = "tuple[datetime, datetime]"

FARTHEST_DAYS = 30
"""How far ahead an opening is looked for. Source: China's longest public holiday has 8 or 9 days (chinesecalendar)."""


class Days(StrEnum):
    """Which days of the calendar count."""

    DAILY = "daily"
    WORKDAYS = "workdays"
    RESTDAYS = "restdays"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One stretch of each day that counts.

    Args:
        opens, closes: local wall-clock times; the same time twice means the whole day.
        days: on which days it begins.
    """

    opens: time
    closes: time
    days: Days = Days.DAILY


def is_workday(day: date) -> bool:
    """Say whether offices in China work on this day."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # a year that the calendar does not know
        return day.weekday() < SATURDAY


def is_open(hours: Iterable[Hours], at: datetime, zone: ZoneInfo) -> bool:
    """Say whether a time lies in any of these hours.

    Args:
        hours: none at all means always.
        at: the time (aware).
        zone: whose wall clock the hours mean.
    """
    hours = tuple(hours)
    return not hours or any(begin <= at < end for begin, end in _stretches(hours, at, zone, 0))


def next_open(hours: Iterable[Hours], at: datetime, zone: ZoneInfo) -> datetime:
    """Give the first time from `at` on that lies in any of these hours (aware UTC); `at` itself if none ever comes."""
    hours = tuple(hours)
    if is_open(hours, at, zone):
        return at
    begins = [begin for begin, _ in _stretches(hours, at, zone, FARTHEST_DAYS) if begin >= at]
    return min(begins, default=at)


def next_closed(hours: Iterable[Hours], at: datetime, zone: ZoneInfo) -> datetime:
    """Give the first time from `at` on that lies in none of these hours (aware UTC); `at` itself if none comes soon."""
    hours = tuple(hours)
    if not hours:
        return at
    later = at
    for begin, end in sorted(_stretches(hours, at, zone, FARTHEST_DAYS)):
        if begin <= later < end:
            later = end
    return later


def _stretches(hours: tuple[Hours, ...], at: datetime, zone: ZoneInfo, ahead_days: int) -> list[_Stretch]:
    today = at.astimezone(zone).date()
    days = [today + timedelta(days=n) for n in range(-1, ahead_days + 1)]
    return [_stretch(each, day, zone) for day in days for each in hours if _counts(each.days, day)]


def _stretch(hours: Hours, day: date, zone: ZoneInfo) -> _Stretch:
    over_midnight = hours.closes <= hours.opens
    begin = datetime.combine(day, hours.opens, zone)
    end = datetime.combine(day + timedelta(days=over_midnight), hours.closes, zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


def _counts(days: Days, day: date) -> bool:
    return days is Days.DAILY or is_workday(day) is (days is Days.WORKDAYS)
