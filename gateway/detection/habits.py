"""Which of her habits is out of the usual, since when, and when that is to be told; see `routine`. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from gateway.detection import days
from gateway.detection.daytime import is_night
from gateway.detection.home import Role
from gateway.detection.presence import bed_since

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.detection.days import DayRecord
    from gateway.detection.home import Home
    from gateway.detection.state import State

LONGER = 1.5
"""Source: our choice: half as long again as ever is far longer than usual."""
STAY_LEAST_S, OUT_LEAST_S = 1800.0, 1200.0
"""Source: our choice: nobody is looked for sooner, however quick she usually is."""
QUIET = timedelta(minutes=15)
UP_LATE = timedelta(minutes=60)
OFTEN_MORE = 3
"""Source: our choice: once more happens to everybody, three times more than ever is a bad night."""


class Habit(StrEnum):
    """What is watched; the value is the alert's subject."""

    BATHROOM = "bathroom"
    OUT_OF_BED = "out_of_bed"
    NOT_UP = "not_up"
    UP_OFTEN = "up_often"


class Watched(NamedTuple):
    """A habit that goes on: since when, when it is to be told, and with what evidence."""

    habit: Habit
    since: datetime
    tell_at: datetime
    evidence: dict[str, str | float]


def watched(home: Home, state: State, due: datetime) -> Iterator[Watched]:
    """What goes on at `due` that will be told if it goes on for too long."""
    mine = state.routine
    if mine.bath:
        stay_s = longest_stay_s(home, mine.records)
        evidence = _evidence(stay_s, _usual_stay(mine.records)) | {"room": mine.bath}
        yield Watched(Habit.BATHROOM, mine.bath_since, mine.bath_since + timedelta(seconds=stay_s), evidence)
    perhaps_out = state.presence.door_at is not None  # which has warnings of its own
    if mine.out_since is not None and is_night(home, due) and not perhaps_out:
        out_s = longest_out_s(home, mine.records)
        tell_at = max(mine.out_since + timedelta(seconds=out_s), state.quiet_since + QUIET)
        yield Watched(Habit.OUT_OF_BED, mine.out_since, tell_at, _evidence(out_s, _usual_out(mine.records)))
    yield from _not_up(home, state, due)
    yield from _up_often(home, mine.records, mine.today)


def longest_stay_s(home: Home, records: Sequence[DayRecord]) -> float:
    """How long a stay in a bathroom may last, in seconds."""
    return _longest_s(home.limits.bathroom_long_s, _usual_stay(records), STAY_LEAST_S)


def longest_out_s(home: Home, records: Sequence[DayRecord]) -> float:
    """How long she may be out of bed at night, in seconds."""
    return _longest_s(home.limits.out_of_bed_s, _usual_out(records), OUT_LEAST_S)


def _longest_s(fixed_s: float, usual_min: int | None, least_s: float) -> float:
    return fixed_s if usual_min is None else min(fixed_s, max(least_s, LONGER * 60 * usual_min))


def _usual_stay(records: Sequence[DayRecord]) -> int | None:
    return days.usual_most(records, lambda record: record.bath_min)


def _usual_out(records: Sequence[DayRecord]) -> int | None:
    return days.usual_most(records, lambda record: record.out_of_bed_min)


def _evidence(limit_s: float, usual_min: int | None) -> dict[str, str | float]:
    usual: dict[str, str | float] = {} if usual_min is None else {"usual_s": 60.0 * usual_min}
    return {"limit_s": limit_s} | usual


def _not_up(home: Home, state: State, due: datetime) -> Iterator[Watched]:
    """She has lain in bed since the night, and nothing was heard from another room."""
    since, sign = bed_since(state), state.last_sign
    up_by = days.usual_most(state.routine.records, lambda record: record.up_min, 0)
    if since is None or up_by is None or sign is None or not is_night(home, since):
        return
    if sign.at > since and not _is(home, sign.device, Role.BED):
        return
    local = since.astimezone(home.timezone)
    usual = datetime.combine(local.date(), time(up_by // 60, up_by % 60), home.timezone)
    if usual <= local:
        usual = datetime.combine(local.date() + timedelta(days=1), usual.time(), home.timezone)
    tell_at = usual.astimezone(UTC) + UP_LATE
    if due - tell_at < timedelta(hours=12):
        yield Watched(Habit.NOT_UP, since, tell_at, {"usual_at": f"{up_by // 60:02}:{up_by % 60:02}"})


def _is(home: Home, device: str, role: Role) -> bool:
    return device in home.devices and home.devices[device].role is role


def _up_often(home: Home, records: Sequence[DayRecord], today: DayRecord | None) -> Iterator[Watched]:
    """It was a bad night: told in the morning."""
    usual = days.usual_most(records, lambda record: record.trips if record.up_min >= 0 else -1, 0)
    if today is None or usual is None or today.trips < usual + OFTEN_MORE:
        return
    morning = datetime.combine(date.fromordinal(today.day), home.day_starts, home.timezone).astimezone(UTC)
    yield Watched(Habit.UP_OFTEN, morning, morning, {"times": float(today.trips), "usual_times": float(usual)})
