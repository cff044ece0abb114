"""Day and night as the home's own wall clock has them; all arithmetic stays in UTC."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, time
    from zoneinfo import ZoneInfo

    from gateway.detection.home import Home

NEVER = datetime.max.replace(tzinfo=UTC)
"""Later than everything: when nothing is due."""


def is_night(home: Home, at: datetime) -> bool:
    """Whether the home's wall clock shows night at `at`."""
    clock = at.astimezone(home.timezone).time()
    if home.day_starts <= home.night_starts:
        return not home.day_starts <= clock < home.night_starts
    return home.night_starts <= clock < home.day_starts


def next_change(home: Home, at: datetime) -> datetime:
    """The first instant after `at` at which day turns to night or night to day (aware UTC)."""
    changes = _changes(at.astimezone(home.timezone).date(), home.timezone, home.day_starts, home.night_starts)
    return changes[bisect_right(changes, at)]


@lru_cache(maxsize=16)
def _changes(today: date, zone: ZoneInfo, day_starts: time, night_starts: time) -> tuple[datetime, ...]:
    """The changes of this day and the two that follow it, in order; asked for thousands of times a day."""
    dates = [today + timedelta(days=days) for days in range(3)]
    changes = (datetime.combine(date, start, zone) for date in dates for start in (day_starts, night_starts))
    return tuple(sorted(change.astimezone(UTC) for change in changes))


def next_night(home: Home, at: datetime) -> datetime:
    """`at` itself by night, else the evening that follows it."""
    return at if is_night(home, at) else next_change(home, at)


def stretches(home: Home, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
    """The days and nights from `since` to `until`, in order: start, end, whether it is a night."""
    start = since
    while start < until:
        end = min(next_change(home, start), until)
        yield start, end, is_night(home, start)
        start = end
