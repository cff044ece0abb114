"""Day and night as the home's own wall clock has them; all arithmetic stays in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    today = at.astimezone(home.timezone).date()
    dates = [today + timedelta(days=days) for days in range(3)]
    changes = (
        datetime.combine(date, start, home.timezone).astimezone(UTC)
        for date in dates
        for start in (home.day_starts, home.night_starts)
    )
    return min(change for change in changes if change > at)


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
