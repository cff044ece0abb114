"""When each path is tried: every day at the same hour, and sooner while it fails. Pure.

A path that is used once a year is known to work only because it is tried every day. The time comes due like an alarm:
what was missed while the box was off is made up for once it is on. A failure is tried again soon, since a path may
be down for a minute; three in a row are a trouble; after that every hour, until it works.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import time
    from zoneinfo import ZoneInfo

SOON = timedelta(minutes=5)
LATER = timedelta(hours=1)
"""Between tries of a path that fails. Source: our choice: a router restarts in three minutes; an hour costs nothing."""

FAILURES = 3
"""In a row, before it is told."""

SPREAD_S = 3600
"""Homes of one station are spread over so long, so that they do not all try at one moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTest:
    """One try of one path.

    Args:
        path: a name: "station main", "station spare", "telephone", "modem", "scaip", "dc09" or "contact <name>".
        at: when it ended (aware UTC).
        ok: whether it works.
        told: what proved it, or what failed and what to do.
    """

    path: str
    at: datetime
    ok: bool
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """When paths are tried.

    Args:
        at: local time of day.
        zone: the home's.
        shift: this home's place within `SPREAD_S`.
    """

    at: time
    zone: ZoneInfo
    shift: timedelta


def shift_of(home: str) -> timedelta:
    """Give a home's place within `SPREAD_S`: the same every day."""
    return timedelta(seconds=int.from_bytes(blake2b(home.encode(), digest_size=4).digest()) % SPREAD_S)


def next_at(tests: Sequence[PathTest], hour: Hour, now: datetime) -> datetime:
    """Say when a path is to be tried next.

    Args:
        tests: of this path, oldest first.
        hour: when paths are tried.
        now: for a path that was never tried, which is tried at once.
    """
    if not tests:
        return now
    last, failed = tests[-1], failures(tests)
    if failed:
        return last.at + (SOON if failed < FAILURES else LATER)
    day = last.at.astimezone(hour.zone).date()
    moments = (datetime.combine(day + timedelta(days=days), hour.at, hour.zone) + hour.shift for days in range(-1, 3))
    return next(moment for moment in moments if moment > last.at)


def failures(tests: Iterable[PathTest]) -> int:
    """Count the tries that failed since one worked."""
    count = 0
    for test in tests:
        count = 0 if test.ok else count + 1
    return count
