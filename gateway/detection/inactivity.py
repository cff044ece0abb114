"""At home, and no sign of life for too long.

Theory of operation
-------------------
A silence begins with the latest sign of life (see `signs`) or, when nobody ever moved, with the watch itself: the
timer runs from the first second of day 0. It is told when the first of these is reached:

* `inactivity_day_s` of it lie in the day;
* `inactivity_night_s` of it lie in the night. Lying in a bed whose sensor lives counts as night at any hour, so
  that a bedridden person is not told of every noon;
* `inactivity_floor_s` in all. No limit, nothing learned and no kind of evidence is ever later than that.

Day and night are counted apart: a silence that spans the morning has its night behind it and a fresh day's limit,
which is how people sleep in.

Being away is not inactivity. Being *unknown* is watched like being at home: the silence then counts from when her
being out came into doubt (see `presence`). Asleep is home.

A silence is told even when every sensor that could have broken it is itself silent: the reason then says so, for
then nobody knows anything. One silence is told once; its key is its beginning. Any sign of life clears it. Before
anybody is called, it is counted down aloud at home (`countdown_s`), so that she need only move.

The due time is lazy: a sign of life does not move it, waking early and asking again is cheaper, since wakes are a
handful a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from alerts.model import AlertKind, Detection, Phase, Severity
from gateway.detection import silence
from gateway.detection.daytime import NEVER, stretches
from gateway.detection.presence import Evidence, Place, bed_since
from gateway.detection.reasons import Reason
from gateway.detection.signs import watchers

if TYPE_CHECKING:
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class InactivityState:
    """What is remembered of silence.

    Args:
        due: when to look again.
        told: the key of the silence that was told; "" when none is.
        since: its beginning; meaningless when none is.
    """

    due: datetime
    told: str = ""
    since: datetime = NEVER


class _Verdict(NamedTuple):
    due: datetime
    limit_s: float
    reason: Reason


def notice(_home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a sign of life, and the silence that it ends."""
    mine = state.inactivity
    if not mine.told:
        return state, ()
    found = Detection(
        key=mine.told,
        kind=AlertKind.INACTIVITY,
        phase=Phase.CLEARED,
        severity=Severity.EMERGENCY,
        subject="resident",
        since=mine.since,
        at=seen.at,
        reason=Reason.SIGN_OF_LIFE,
        device=seen.reading.device_id,
        evidence={
            "device": seen.reading.device_id,
            "room": seen.device.room,
            "silent_s": (seen.at - mine.since).total_seconds(),
        },
    )
    return replace(state, inactivity=InactivityState(due=seen.at)), (found,)


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due`, and the silence that has grown too long by then."""
    mine = state.inactivity
    if mine.told or state.presence.place is Place.AWAY:
        return replace(state, inactivity=replace(mine, due=NEVER)), ()
    since = state.quiet_since
    verdict = judge(home, since, in_bed=bed_since(state) is not None)
    if verdict.due > due:
        return replace(state, inactivity=replace(mine, due=verdict.due)), ()
    key = f"inactivity:{since.isoformat()}"
    told = _told(home, state, key, verdict, at)
    return replace(state, inactivity=InactivityState(due=NEVER, told=key, since=since)), (told,)


def limit_s(home: Home, state: State) -> float:
    """How long the present silence may last before it is told, in seconds; for a person who is not away."""
    verdict = judge(home, state.quiet_since, in_bed=bed_since(state) is not None)
    return (verdict.due - state.quiet_since).total_seconds()


def told_after_s(home: Home, _state: State, since: datetime, *, in_bed: bool) -> float:
    """How long a silence lasts that begins at `since`, a moment of today, until it is told, in seconds.

    Args:
        home: with its limits.
        _state: what is believed; whatever is learned is in it.
        since: when it begins (aware UTC).
        in_bed: whether she lies in a bed whose sensor lives.
    """
    return (judge(home, since, in_bed=in_bed).due - since).total_seconds()


def judge(home: Home, since: datetime, *, in_bed: bool) -> _Verdict:
    """When a silence that began at `since` becomes too long, by which limit, and why."""
    limits = home.limits
    left = {False: limits.inactivity_day_s, True: limits.inactivity_night_s}
    end = since + timedelta(seconds=limits.inactivity_floor_s)
    for start, stop, night in stretches(home, since, end):
        rest = night or in_bed
        if (stop - start).total_seconds() >= left[rest]:
            return _by_limit(home, start + timedelta(seconds=left[rest]), rest=rest, in_bed=in_bed)
        left[rest] -= (stop - start).total_seconds()
    return _Verdict(end, limits.inactivity_floor_s, Reason.NO_SIGN_FLOOR)


def _by_limit(home: Home, due: datetime, *, rest: bool, in_bed: bool) -> _Verdict:
    if not rest:
        return _Verdict(due, home.limits.inactivity_day_s, Reason.NO_SIGN_BY_DAY)
    reason = Reason.NO_SIGN_IN_BED if in_bed else Reason.NO_SIGN_BY_NIGHT
    return _Verdict(due, home.limits.inactivity_night_s, reason)


def _told(home: Home, state: State, key: str, verdict: _Verdict, at: datetime) -> Detection:
    sensors = watchers(home)
    alive = sum(silence.is_alive(state, device) for device in sensors)
    last = state.last_sign
    since = state.quiet_since
    told = Detection(
        key=key,
        kind=AlertKind.INACTIVITY,
        phase=Phase.RAISED,
        severity=Severity.EMERGENCY,
        subject="resident",
        since=since,
        at=at,
        reason=_reason(state, verdict.reason, alive),
        evidence={
            "silent_s": (at - since).total_seconds(),
            "limit_s": verdict.limit_s,
            "place": state.presence.place.value,
            "in_bed": bed_since(state) is not None,
            "last_sign_at": "" if last is None else last.at.isoformat(),
            "last_sign_device": "" if last is None else last.device,
            "last_sign_room": "" if last is None else last.room,
            "sensors_alive": alive,
            "sensors": len(sensors),
        },
        countdown_s=home.limits.countdown_s,
    )
    if told.reason == Reason.NO_SIGN_AFTER_DOOR:
        told.evidence["door_at"] = state.presence.since.isoformat()
    return told


def _reason(state: State, by_limit: Reason, alive: int) -> Reason:
    if state.last_sign is None:
        return Reason.NO_SIGN_SINCE_START
    if state.presence.evidence is Evidence.DOOR_WHILE_AWAY:
        return Reason.NO_SIGN_AFTER_DOOR
    return Reason.NO_SIGN_SENSORS_SILENT if alive == 0 else by_limit
