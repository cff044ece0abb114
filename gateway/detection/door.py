"""The entrance door stands open.

Theory of operation
-------------------
An entrance that has been open for `door_open_day_s` is told; by night the patience is `door_open_night_s`, counted
from the opening or from nightfall, whichever is later, and whichever limit is reached first decides. Closing
clears. When it opened is in the device's own levels; the key is made of that. Whether she is in or out does not
matter: an open door at the home of an elder wants somebody to look.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from alerts.model import AlertKind, Detection, Phase, Severity
from devices.reading import Kind
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER, next_night
from gateway.detection.home import Role
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorState:
    """What is remembered of open entrances.

    Args:
        told: the keys of those that were told, by device.
        due: when to look again.
    """

    told: dict[str, str] = field(default_factory=dict)
    due: datetime = NEVER


class _Verdict(NamedTuple):
    due: datetime
    opened_at: datetime
    limit_s: float
    reason: Reason


def show(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a contact's reading, and the entrance that closed at last."""
    if seen.device.role is not Role.ENTRANCE:
        return state, ()
    mine, device = state.door, seen.reading.device_id
    if seen.rose:
        due = min(mine.due, judge(home, seen.at).due)
        return replace(state, door=replace(mine, due=due)), ()
    if not seen.fell or device not in mine.told:
        return state, ()
    told = {other: key for other, key in mine.told.items() if other != device}
    return replace(state, door=replace(mine, told=told)), (_closed(seen, mine.told[device]),)


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due`, and the entrances that have stood open too long by then."""
    told, later, found = dict(state.door.told), NEVER, []
    for device, opened_at in _open_entrances(home, state):
        if device in told:
            continue
        verdict = judge(home, opened_at)
        if verdict.due > due:
            later = min(later, verdict.due)
            continue
        told[device] = _key(device, opened_at)
        found.append(_left_open(home, state, device, verdict, at))
    return replace(state, door=DoorState(told=told, due=later)), tuple(found)


def judge(home: Home, opened_at: datetime) -> _Verdict:
    """When a door that opened at `opened_at` has stood open too long, by which limit, and why."""
    day_s, night_s = home.limits.door_open_day_s, home.limits.door_open_night_s
    by_day = opened_at + timedelta(seconds=day_s)
    by_night = next_night(home, opened_at) + timedelta(seconds=night_s)
    if by_night <= by_day:
        return _Verdict(by_night, opened_at, night_s, Reason.DOOR_LEFT_OPEN_AT_NIGHT)
    return _Verdict(by_day, opened_at, day_s, Reason.DOOR_LEFT_OPEN)


def _key(device: str, opened_at: datetime) -> str:
    return f"door_open:{device}:{opened_at.isoformat()}"


def _open_entrances(home: Home, state: State) -> list[tuple[str, datetime]]:
    return [
        (device, known.levels[Kind.CONTACT])
        for device, known in state.devices.items()
        if Kind.CONTACT in known.levels and home.devices[device].role is Role.ENTRANCE
    ]


def _left_open(home: Home, state: State, device: str, verdict: _Verdict, at: datetime) -> Detection:
    return Detection(
        key=_key(device, verdict.opened_at),
        kind=AlertKind.DOOR,
        phase=Phase.RAISED,
        severity=Severity.WARNING,
        subject=device,
        since=verdict.opened_at,
        at=at,
        reason=verdict.reason,
        evidence={
            "device": device,
            "room": home.devices[device].room,
            "opened_at": verdict.opened_at.isoformat(),
            "open_s": (at - verdict.opened_at).total_seconds(),
            "limit_s": verdict.limit_s,
            "place": state.presence.place.value,
        },
    )


def _closed(seen: Seen, key: str) -> Detection:
    device, opened_at = seen.reading.device_id, seen.before.levels[Kind.CONTACT]
    return Detection(
        key=key,
        kind=AlertKind.DOOR,
        phase=Phase.CLEARED,
        severity=Severity.WARNING,
        subject=device,
        since=opened_at,
        at=seen.at,
        reason=Reason.DOOR_CLOSED,
        device=device,
        evidence={
            "device": device,
            "room": seen.device.room,
            "open_s": (seen.at - opened_at).total_seconds(),
        },
    )
