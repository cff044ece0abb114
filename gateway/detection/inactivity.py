"""At home, and no sign of life for too long.

Theory of operation
-------------------
A silence begins with the latest sign of life (see `signs`) or, when nobody ever moved, with the watch itself: the
timer runs from the first second of day 0. It is told when the first of these is reached:

* `inactivity_day_s` of it lie in the day;
* `inactivity_night_s` of it lie in the night. Lying in a bed whose sensor lives counts as night at any hour, so
  that a bedridden person is not told of every noon;
* `inactivity_floor_s` in all. No limit, nothing learned and no kind of evidence is ever later than that;
* what is usual for this person, in the place and hour in which the silence began, such that no more false alarms a
  month are to be expected than the installer accepts (see `rhythm`, `usual`). This only ever tightens.

Day and night are counted apart: a silence that spans the morning has its night behind it and a fresh day's limit,
which is how people sleep in.

Being away is not inactivity. Being *unknown* is watched like being at home: the silence then counts from when her
being out came into doubt (see `presence`). Asleep is home.

A silence is told even when every sensor that could have broken it is itself silent: the reason then says so, for
then nobody knows anything. One silence is told once; its key is its beginning. Any sign of life clears it. Before
anybody is called, it is counted down aloud at home (`countdown_s`), so that she need only move.

The due time is lazy: a sign of life does not move it later, waking early and asking again is cheaper, since wakes are
a handful a day. But a silence that begins by day may be told sooner than one that began by night and was due later; so
a sign of life moves a wake that is further off than `LEAST_H`, the shortest of all limits, to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.model import AlertKind, Detection, Phase, Severity
from gateway.detection import fixed_limits, rhythm, silence
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER
from gateway.detection.fixed_limits import Verdict
from gateway.detection.presence import Evidence, Place, bed_since
from gateway.detection.reasons import Reason
from gateway.detection.signs import watchers
from gateway.detection.usual import LEAST_H

if TYPE_CHECKING:
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State

_LEAST = timedelta(hours=LEAST_H)


@dataclass(frozen=True, slots=True, kw_only=True)
class InactivityState:
    """What is remembered of silence.

    Args:
        due: when to look again.
        told: the key of the silence that was told; "" when none is.
        since: its beginning; meaningless when none is.
        told_at: when it was due; None when none is.
    """

    due: datetime
    told: str = ""
    since: datetime = NEVER
    told_at: datetime | None = None


def notice(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a sign of life, and the silence that it ends."""
    mine = state.inactivity
    if not mine.told:
        if home.prior is None or mine.due <= seen.at + _LEAST:
            return state, ()
        return replace(state, inactivity=replace(mine, due=seen.at + _LEAST)), ()
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
    verdict = judge(home, state)
    if verdict.due > due:
        return replace(state, inactivity=replace(mine, due=verdict.due)), ()
    key = f"inactivity:{since.isoformat()}"
    told = _told(home, state, key, verdict, at)
    return replace(state, inactivity=InactivityState(due=NEVER, told=key, since=since, told_at=verdict.due)), (told,)


def limit_s(home: Home, state: State) -> float:
    """How long the present silence may last before it is told, in seconds; for a person who is not away."""
    return (judge(home, state).due - state.quiet_since).total_seconds()


def told_after_s(home: Home, state: State, since: datetime, *, in_bed: bool) -> float:
    """How long a silence lasts at most that begins at `since`, a moment of today, until it is told, in seconds.

    Args:
        home: with its limits.
        state: what is believed; whatever is learned is in it.
        since: when it begins (aware UTC).
        in_bed: whether she lies in a bed whose sensor lives.
    """
    fixed_s = (fixed_limits.judge(home, since, in_bed=in_bed).due - since).total_seconds()
    learned_s = rhythm.longest_limit_s(home, state, since, in_bed=in_bed)
    return fixed_s if learned_s is None else min(fixed_s, learned_s)


def judge(home: Home, state: State) -> Verdict:
    """When the present silence becomes too long, by which limit, and why; for a person who is not away."""
    since = state.quiet_since
    fixed = fixed_limits.judge(home, since, in_bed=bed_since(state) is not None)
    learned_s = rhythm.limit_s(home, state)
    if learned_s is None or since + timedelta(seconds=learned_s) >= fixed.due:
        return fixed
    return Verdict(since + timedelta(seconds=learned_s), learned_s, Reason.NO_SIGN_UNUSUAL)


def _told(home: Home, state: State, key: str, verdict: Verdict, at: datetime) -> Detection:
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
    longest = rhythm.longest_usual(home, state, verdict.limit_s)
    if longest is not None:
        told.evidence.update(usual_part=longest.part, usual_s=longest.lasted_s)
    if told.reason == Reason.NO_SIGN_AFTER_DOOR:
        told.evidence["door_at"] = state.presence.since.isoformat()
    return told


def _reason(state: State, by_limit: Reason, alive: int) -> Reason:
    if state.last_sign is None:
        return Reason.NO_SIGN_SINCE_START
    if state.presence.evidence is Evidence.DOOR_WHILE_AWAY:
        return Reason.NO_SIGN_AFTER_DOOR
    return Reason.NO_SIGN_SENSORS_SILENT if alive == 0 else by_limit
