"""A device says nothing any more.

Theory of operation
-------------------
How long a device may rightly say nothing (`patience_s`):

* with a report interval: `silence_factor` times the interval, at most `silence_cap_s`, but never less than the
  interval and a tenth, so that a daily report that comes a little late is no silence;
* without one, but with heartbeats: `silence_cap_s`;
* without either it speaks only when something happens, and its silence proves nothing: a wardrobe's contact may
  rest for a month. It is told only when its bridge or its last will says that it is gone;
* never heard since the watch began: the same patience from the start; and for a device that a life may depend on
  (`_VITAL`) the cap, for that one was never proved to work.

*Offline* (availability False) is told at once; availability True ends it, though it does not count as the device's
own word (bridges repeat retained states of the dead). Any other message ends either kind.

While the radio bridge or the broker is down nothing can be heard, so no device is told of: one cause, one alert.
Once it is up again every device has its full patience from then. Devices that number their messages are not behind
the bridge.

The due time is lazy: a message does not move it, for a device that speaks is only due later. Waking early costs
one look at every device.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.model import AlertKind, Detection, Phase, Severity
from devices.reading import Kind
from gateway.detection import trouble
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER
from gateway.detection.hearing import DeviceState
from gateway.detection.home import Role
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from devices.reading import Reading
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Device, Home
    from gateway.detection.state import State

LATE = 1.1
"""How much later than its interval a report may come. Source: judgement; radios retry and small clocks drift."""

_VITAL = frozenset({Role.SOS, Role.FALL, Role.HAZARD})
_UNHEARD = DeviceState()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A device that was told to be silent.

    Args:
        key: of the detection.
        since: its last word, or when it was called offline (aware UTC).
        offline: its bridge or last will said so; it has not merely been quiet.
    """

    key: str
    since: datetime
    offline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceState:
    """The devices that were told to be silent, by id, and when to look again."""

    lost: dict[str, Lost] = field(default_factory=dict)
    due: datetime = NEVER


def is_alive(state: State, device: str) -> bool:
    """Whether a device has spoken and is not known to be silent."""
    return device in state.devices and device not in state.silence.lost


def patience_s(home: Home, device: Device, known: DeviceState) -> float | None:
    """How long a device may say nothing, in seconds; None where its silence proves nothing."""
    interval_s, cap_s = device.report_interval_s, home.limits.silence_cap_s
    if interval_s is not None:
        return max(min(home.limits.silence_factor * interval_s, cap_s), LATE * interval_s)
    if known.checks_in or (known.last_heard is None and device.role in _VITAL):
        return cap_s
    return None


def is_news(state: State, reading: Reading, before: DeviceState, after: DeviceState) -> bool:
    """Whether a reading concerns silence: availability, a silent device's word, or one that changes its patience."""
    return (
        reading.kind is Kind.AVAILABILITY
        or reading.device_id in state.silence.lost
        or after.checks_in is not before.checks_in
        or (before.numbers is None and after.numbers is not None)
    )


def show(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a reading that is news, and the silence that it begins or ends."""
    lost = state.silence.lost.get(seen.reading.device_id)
    if seen.reading.kind is not Kind.AVAILABILITY:
        return (_expecting(home, state, seen.device), ()) if lost is None else _hear_again(home, state, seen, lost)
    if seen.reading.value:
        return _hear_again(home, state, seen, lost) if lost is not None and lost.offline else (state, ())
    return _go_offline(state, seen) if lost is None else (state, ())


def _go_offline(state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    device, last = seen.reading.device_id, seen.before.last_heard
    lost = Lost(key=f"silence:{device}:{seen.at.isoformat()}", since=seen.at, offline=True)
    found = _detection(seen.device, lost, seen.at, Reason.DEVICE_OFFLINE)
    found.evidence["last_heard_at"] = "" if last is None else last.isoformat()
    return _with(state, device, lost), (found,)


def _hear_again(home: Home, state: State, seen: Seen, lost: Lost) -> tuple[State, tuple[Detection, ...]]:
    found = _detection(seen.device, lost, seen.at, Reason.HEARD_AGAIN)
    found.evidence["silent_s"] = (seen.at - lost.since).total_seconds()
    state = _with(state, seen.reading.device_id, None)
    return _expecting(home, state, seen.device), (found,)


def _expecting(home: Home, state: State, device: Device) -> State:
    """The state in which a device's next word is expected in time."""
    known = state.devices.get(device.id, _UNHEARD)
    due = _silent_at(home, device, known, trouble.audible_since(state, numbered=known.numbers is not None))
    return replace(state, silence=replace(state.silence, due=min(due, state.silence.due)))


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due`, and the devices that have been silent too long by then."""
    found: list[Detection] = []
    later = NEVER
    behind_bridge, direct = trouble.audible_since(state, numbered=False), trouble.audible_since(state, numbered=True)
    for device in home.devices.values():
        if device.role is Role.BRIDGE or device.id in state.silence.lost:
            continue
        known = state.devices.get(device.id, _UNHEARD)
        silent_at = _silent_at(home, device, known, direct if known.numbers else behind_bridge)
        if silent_at > due:
            later = min(later, silent_at)
            continue
        lost, told = _fall_silent(home, state, device, at)
        state = _with(state, device.id, lost)
        found.append(told)
    return replace(state, silence=replace(state.silence, due=later)), tuple(found)


def _silent_at(home: Home, device: Device, known: DeviceState, audible_since: datetime | None) -> datetime:
    """When a device will have been silent too long, as things stand."""
    patience = patience_s(home, device, known)
    if patience is None or audible_since is None:
        return NEVER
    last = known.last_heard
    since = audible_since if last is None or last < audible_since else last
    return since + timedelta(seconds=patience)


def _fall_silent(home: Home, state: State, device: Device, at: datetime) -> tuple[Lost, Detection]:
    known = state.devices.get(device.id, _UNHEARD)
    since = known.last_heard or state.started
    lost = Lost(key=f"silence:{device.id}:{since.isoformat()}", since=since)
    never = known.last_heard is None
    told = _detection(device, lost, at, Reason.DEVICE_NEVER_HEARD if never else Reason.DEVICE_SILENT)
    told.evidence["silent_s"] = (at - since).total_seconds()
    told.evidence["limit_s"] = patience_s(home, device, known) or 0.0
    if not never:
        told.evidence["last_heard_at"] = since.isoformat()
    return lost, told


def _with(state: State, device: str, lost: Lost | None) -> State:
    others = {other: kept for other, kept in state.silence.lost.items() if other != device}
    if lost is not None:
        others[device] = lost
    return replace(state, silence=replace(state.silence, lost=others))


def _detection(device: Device, lost: Lost, at: datetime, reason: Reason) -> Detection:
    again = reason is Reason.HEARD_AGAIN
    return Detection(
        key=lost.key,
        kind=AlertKind.SILENCE,
        phase=Phase.CLEARED if again else Phase.RAISED,
        severity=Severity.FAULT,
        subject=device.id,
        since=lost.since,
        at=at,
        reason=reason,
        device=device.id,
        evidence={"device": device.id, "room": device.room, "role": device.role.value},
    )
