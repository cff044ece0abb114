"""What is usual of her outings: at what hours she leaves, how long she stays, how late she comes back.

Theory of operation
-------------------
Outings of the latest `WINDOW_DAYS` are remembered, as minutes. Once there are `ENOUGH` of them over `ENOUGH_DAYS`, an
outing is unusual

* by its hour: she left more than `HOUR_SLACK_MIN` from every usual time of leaving; unusual `out_at_night_s` after it;
* by its length: longer than her longest that began at like hours (within `LIKE_MIN`), and a margin (`LONGER`, at least
  `LONGER_AT_LEAST_MIN`);
* by its end: later in the day than she ever comes back, and `LATER_MIN`. The day of an outing begins at four at night.

One outing in `SPARED`, the longest and the latest, is left out of what is usual, so that one night at the daughter's
does not make every night usual. Outings of which it is doubtful whether she was out at all teach nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.detection.home import Home

WINDOW_DAYS = 56
"""Source: our choice: eight weeks follow a season, and hold every weekly habit eight times."""
KEPT = 168
"""Outings remembered at most. Source: our choice: three a day for `WINDOW_DAYS`; 4 KB of a snapshot."""
ENOUGH, ENOUGH_DAYS = 10, 14
"""Source: our choice: two weeks hold every weekly habit twice."""
SPARED = 20
"""Source: our choice: one in twenty."""

HOUR_SLACK_MIN = 90
LIKE_MIN, LIKE_ENOUGH = 180, 5
LONGER, LONGER_AT_LEAST_MIN = 1.25, 45
LATER_MIN = 90
"""Margins. Source: our choice, looked at on three recorded homes (docs/presence.md has the table)."""

_DAY_MIN, _DAY_BEGINS_MIN = 1440, 240


class Outing(NamedTuple):
    """One outing, in minutes: when she left since 1970 (UTC) and since the day's begin by her clock; how long."""

    left_min: int
    clock_min: int
    length_min: int


class Unusual(NamedTuple):
    """When an outing is unusual, why, and after how long her longest or latest would have ended, in seconds."""

    due: datetime
    reason: Reason
    usual_s: float


def remember(home: Home, past: tuple[Outing, ...], left: datetime, back: datetime) -> tuple[Outing, ...]:
    """The outings to remember after one more.

    Args:
        home: its time zone.
        past: those remembered, oldest first.
        left: when she left (aware UTC).
        back: when she came back (aware UTC).
    """
    outing = Outing(_minutes(left), _clock_min(home, left), _minutes(back) - _minutes(left))
    oldest = outing.left_min - WINDOW_DAYS * _DAY_MIN
    return tuple(each for each in (*past, outing) if each.left_min >= oldest)[-KEPT:]


def judge(home: Home, past: Sequence[Outing], left: datetime) -> Unusual | None:
    """When an outing that began at `left` becomes unusual; None while too little is known.

    Args:
        home: its time zone and limits.
        past: the outings remembered.
        left: when she left (aware UTC).
    """
    now_min, clock_min = _minutes(left), _clock_min(home, left)
    recent = [each for each in past if each.left_min >= now_min - WINDOW_DAYS * _DAY_MIN]
    if len(recent) < ENOUGH or now_min - recent[0].left_min < ENOUGH_DAYS * _DAY_MIN:
        return None
    apart = [_apart_min(each.clock_min, clock_min) for each in recent]
    longest = _longest_min(recent, apart)
    limit_min = max(longest * LONGER, longest + LONGER_AT_LEAST_MIN)
    found = [_unusual(left, limit_min, Reason.OUT_LONGER_THAN_USUAL, longest)]
    if min(apart) > HOUR_SLACK_MIN:
        found.append(_unusual(left, home.limits.out_at_night_s / 60, Reason.OUT_AT_ODD_HOUR, 0))
    back = _spared([each.clock_min + each.length_min for each in recent]) - clock_min
    if back > 0:
        found.append(_unusual(left, back + LATER_MIN, Reason.OUT_LATER_THAN_USUAL, back))
    return min(found)


def _longest_min(recent: list[Outing], apart: list[int]) -> int:
    """Her longest that began at like hours; of all, where too few did."""
    like = [each.length_min for each, by in zip(recent, apart, strict=True) if by <= LIKE_MIN]
    return _spared(like if len(like) >= LIKE_ENOUGH else [each.length_min for each in recent])


def _unusual(left: datetime, after_min: float, reason: Reason, usual_min: int) -> Unusual:
    return Unusual(left + timedelta(minutes=after_min), reason, 60.0 * usual_min)


def _spared(values: list[int]) -> int:
    """The greatest but for one in `SPARED`."""
    return sorted(values)[-1 - len(values) // SPARED]


def _clock_min(home: Home, at: datetime) -> int:
    """The time of day, from when an outing's day begins."""
    local = at.astimezone(home.timezone)
    return (60 * local.hour + local.minute - _DAY_BEGINS_MIN) % _DAY_MIN


def _apart_min(one: int, other: int) -> int:
    """How far two times of day are apart, either way round."""
    ahead = (one - other) % _DAY_MIN
    return min(ahead, _DAY_MIN - ahead)


def _minutes(at: datetime) -> int:
    return int(at.timestamp() // 60)
