"""An old woman who lives alone, and her day: where she is and what she does, minute by minute, decided by a seed.

A day runs from one getting up to the next, so a night belongs to the day before it. Nothing here knows a sensor.

Source: the lengths are those of CASAS Aruba, one old woman alone (112 days; 10th, 50th and 90th percentile, our count):
asleep 5.9, 7.7, 9.2 h; in the living room 5.5, 8.8, 11.9 h; out 0.1, 3.4, 6.2 h; 0, 1, 2 visits to the toilet by night.
The order is a Chinese household's, by our estimate: market in the morning, a nap at noon, early to bed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from firmware_sim.dice import dice

if TYPE_CHECKING:
    from random import Random
    from zoneinfo import ZoneInfo


class Place(StrEnum):
    """A kind of room, or the world outside the door."""

    BEDROOM = "bedroom"
    BATHROOM = "bathroom"
    KITCHEN = "kitchen"
    LIVING = "living"
    HALL = "hall"
    OUTSIDE = "outside"


class Doing(StrEnum):
    """What she does while she stays somewhere; it decides how much she moves."""

    SLEEP = "sleep"
    NAP = "nap"
    WASH = "wash"
    TOILET = "toilet"
    COOK = "cook"
    EAT = "eat"
    REST = "rest"
    TIDY = "tidy"
    OUT = "out"


IN_BED = frozenset({Doing.SLEEP, Doing.NAP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A stretch of time in one place.

    Args:
        start: when she sets out for it (aware UTC).
        end: when she leaves it for the next (aware UTC).
        place: where.
        doing: what for.
    """

    start: datetime
    end: datetime
    place: Place
    doing: Doing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part of the usual day: for `minutes` (least, most), or `until` an hour of the day; `chance` that it happens."""

    doing: Doing
    place: Place
    minutes: tuple[float, float] = (0, 0)
    until: float = 0
    chance: float = 1.0


_DAY = (
    _Part(doing=Doing.TOILET, place=Place.BATHROOM, minutes=(4, 8)),
    _Part(doing=Doing.WASH, place=Place.BATHROOM, minutes=(6, 12)),
    _Part(doing=Doing.COOK, place=Place.KITCHEN, minutes=(15, 30)),
    _Part(doing=Doing.EAT, place=Place.LIVING, minutes=(15, 25)),
    _Part(doing=Doing.TIDY, place=Place.BEDROOM, minutes=(8, 20)),
    _Part(doing=Doing.REST, place=Place.LIVING, until=8.6),
    _Part(doing=Doing.OUT, place=Place.OUTSIDE, minutes=(35, 80), chance=0.8),
    _Part(doing=Doing.TIDY, place=Place.KITCHEN, minutes=(5, 12)),
    _Part(doing=Doing.REST, place=Place.LIVING, until=10.9),
    _Part(doing=Doing.COOK, place=Place.KITCHEN, minutes=(25, 40)),
    _Part(doing=Doing.EAT, place=Place.LIVING, minutes=(20, 30)),
    _Part(doing=Doing.TIDY, place=Place.KITCHEN, minutes=(8, 15)),
    _Part(doing=Doing.NAP, place=Place.BEDROOM, minutes=(60, 100)),
    _Part(doing=Doing.TOILET, place=Place.BATHROOM, minutes=(4, 8)),
    _Part(doing=Doing.REST, place=Place.LIVING, until=15.5),
    _Part(doing=Doing.OUT, place=Place.OUTSIDE, minutes=(25, 60), chance=0.5),
    _Part(doing=Doing.REST, place=Place.LIVING, until=17.0),
    _Part(doing=Doing.COOK, place=Place.KITCHEN, minutes=(20, 35)),
    _Part(doing=Doing.EAT, place=Place.LIVING, minutes=(20, 30)),
    _Part(doing=Doing.TIDY, place=Place.KITCHEN, minutes=(8, 15)),
    _Part(doing=Doing.REST, place=Place.LIVING, until=20.9),
    _Part(doing=Doing.WASH, place=Place.BATHROOM, minutes=(12, 20)),
)

_BREAKS = {
    Doing.REST: (
        _Part(doing=Doing.TOILET, place=Place.BATHROOM, minutes=(3, 7)),
        _Part(doing=Doing.TIDY, place=Place.KITCHEN, minutes=(2, 5)),
    ),
    Doing.SLEEP: (_Part(doing=Doing.TOILET, place=Place.BATHROOM, minutes=(4, 9)),),
}
"""What interrupts a long stay: a glass of water or the toilet by day, the toilet by night."""

_BREAK_AFTER_MIN = {Doing.REST: (50.0, 110.0), Doing.SLEEP: (150.0, 300.0)}
_LEAST_AFTER_BREAK_MIN = 20.0


def plan_day(seed: int, day: date, timezone: ZoneInfo) -> tuple[Stay, ...]:
    """Return her day from getting up on `day` to getting up on the next, without a gap.

    Args:
        seed: whose life it is; equal seeds live equal days.
        day: the local date.
        timezone: of the home.
    """
    rolls = dice(seed, "plan", day)
    now = gets_up(seed, day, timezone)
    stays: list[Stay] = []
    for part in _DAY:
        end = _end_of(part, now, _midnight(day, timezone), rolls)
        if rolls.random() < part.chance and end > now:
            stays += _with_breaks(Stay(start=now, end=end, place=part.place, doing=part.doing), rolls)
            now = end
    night = gets_up(seed, day + timedelta(days=1), timezone)
    return (*stays, *_with_breaks(Stay(start=now, end=night, place=Place.BEDROOM, doing=Doing.SLEEP), rolls))


def gets_up(seed: int, day: date, timezone: ZoneInfo) -> datetime:
    """Return when she gets up on `day`: between 05:30 and 06:30 local time (aware UTC)."""
    return _midnight(day, timezone) + timedelta(hours=5.5 + dice(seed, "wake", day).random())


def stay_at(seed: int, at: datetime, timezone: ZoneInfo) -> Stay:
    """Return the stay that holds `at` (aware): what she would be doing if nothing had come between."""
    day = at.astimezone(timezone).date()
    if at < gets_up(seed, day, timezone):
        day -= timedelta(days=1)
    return next(stay for stay in plan_day(seed, day, timezone) if at < stay.end)


def _midnight(day: date, timezone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), timezone).astimezone(UTC)


def _end_of(part: _Part, now: datetime, midnight: datetime, rolls: Random) -> datetime:
    if part.until:
        return midnight + timedelta(hours=part.until + rolls.uniform(-0.2, 0.2))
    return now + timedelta(minutes=rolls.uniform(*part.minutes))


def _with_breaks(stay: Stay, rolls: Random) -> list[Stay]:
    stays: list[Stay] = []
    now = stay.start
    while stay.doing in _BREAKS:
        away = now + timedelta(minutes=rolls.uniform(*_BREAK_AFTER_MIN[stay.doing]))
        reason = rolls.choice(_BREAKS[stay.doing])
        back = away + timedelta(minutes=rolls.uniform(*reason.minutes))
        if back + timedelta(minutes=_LEAST_AFTER_BREAK_MIN) > stay.end:
            break
        stays.append(Stay(start=now, end=away, place=stay.place, doing=stay.doing))
        stays.append(Stay(start=away, end=back, place=reason.place, doing=reason.doing))
        now = back
    return [*stays, Stay(start=now, end=stay.end, place=stay.place, doing=stay.doing)]
