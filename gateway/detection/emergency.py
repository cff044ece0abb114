"""She called for help: a button, a pendant, a cord.

Theory of operation
-------------------
A press is never judged, only recognised. Every press is a detection of its own, with a key made of device, time
and sequence number, so that a second press while the alert is open is told again; one alert, since the subject is
always the resident. Time never clears a call for help and nothing here does.

*Momentary presses* (`SOS`, and `ACTIVITY` of a device whose role is SOS, for buttons that can only say "single")
raise at once. What a restarted bridge re-announces never comes here (see `hearing`).

*Flags* (`SOS_FLAG`) are levels, and some buttons never take theirs back. The rise is the press. A repeated True is
usually a bridge repeating cached state, but two of them within `sos_burst_s`, outside the bridge's replay window,
are a person pressing again. A flag that still stands at a message later than `sos_burst_s` after its rise has
hidden any single press since: the button can no longer be trusted, which is told once as a fault, until the flag
falls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.model import AlertKind, Detection, Phase, Severity
from devices.reading import Kind
from gateway.detection.changing import replace
from gateway.detection.home import Role
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A flag that stands.

    Args:
        repeated_at: the latest repeated True that may be the first of a burst; None when there is none.
        stuck: the key of the fault that was told; "" when none was.
    """

    repeated_at: datetime | None = None
    stuck: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyState:
    """The flags that stand, by device."""

    flags: dict[str, Flag] = field(default_factory=dict)


def show(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a reading of a kind that may be a press, and the press."""
    kind = seen.reading.kind
    if kind is Kind.SOS_FLAG:
        return _show_flag(home, state, seen)
    if kind is Kind.SOS or seen.device.role is Role.SOS:
        return state, (_press(seen, str(seen.reading.value)),)
    return state, ()


def _press(seen: Seen, word: str) -> Detection:
    reading = seen.reading
    number = "" if reading.sequence is None else f":{reading.sequence}"
    return Detection(
        key=f"emergency:{reading.device_id}:{reading.at.isoformat()}{number}",
        kind=AlertKind.EMERGENCY,
        phase=Phase.RAISED,
        severity=Severity.EMERGENCY,
        subject="resident",
        since=reading.at,
        at=seen.at,
        reason=Reason.PRESSED,
        device=reading.device_id,
        evidence={"device": reading.device_id, "room": seen.device.room, "press": word},
    )


def _show_flag(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    device = seen.reading.device_id
    flag = state.emergency.flags.get(device, Flag())
    if seen.rose:
        return _with_flag(state, device, Flag()), (_press(seen, "flag"),)
    if seen.fell:
        return _with_flag(state, device, None), _release(seen, flag)
    if not seen.reading.value:
        return state, ()
    flag, found = _repeat(home, state, seen, flag)
    return _with_flag(state, device, flag), found


def _repeat(home: Home, state: State, seen: Seen, flag: Flag) -> tuple[Flag, tuple[Detection, ...]]:
    """A True while the flag stands: the second of a burst is a press, a late one shows that the flag sticks."""
    found: tuple[Detection, ...] = ()
    burst = timedelta(seconds=home.limits.sos_burst_s)
    rose_at = seen.before.levels[Kind.SOS_FLAG]
    if not flag.stuck and seen.at - rose_at > burst:
        flag = replace(flag, stuck=f"button_stuck:{seen.reading.device_id}:{rose_at.isoformat()}")
        found = (_stuck(seen, flag, Phase.RAISED, Reason.BUTTON_STUCK),)
    if _in_replay(home, state, seen.at):
        return flag, found
    if flag.repeated_at is None or seen.at - flag.repeated_at > burst:
        return replace(flag, repeated_at=seen.at), found
    return replace(flag, repeated_at=None), (*found, _press(seen, "flag"))


def _in_replay(home: Home, state: State, at: datetime) -> bool:
    started = state.trouble.bridge_started
    return started is not None and at - started <= timedelta(seconds=home.limits.bridge_replay_s)


def _with_flag(state: State, device: str, flag: Flag | None) -> State:
    others = {other: kept for other, kept in state.emergency.flags.items() if other != device}
    flags = others if flag is None else {**others, device: flag}
    return replace(state, emergency=EmergencyState(flags=flags))


def _release(seen: Seen, flag: Flag) -> tuple[Detection, ...]:
    return (_stuck(seen, flag, Phase.CLEARED, Reason.BUTTON_RELEASED),) if flag.stuck else ()


def _stuck(seen: Seen, flag: Flag, phase: Phase, reason: Reason) -> Detection:
    rose_at = seen.before.levels[Kind.SOS_FLAG]
    name = "stuck_s" if phase is Phase.RAISED else "lasted_s"
    return Detection(
        key=flag.stuck,
        kind=AlertKind.SYSTEM,
        phase=phase,
        severity=Severity.FAULT,
        subject=seen.reading.device_id,
        since=rose_at,
        at=seen.at,
        reason=reason,
        device=seen.reading.device_id,
        evidence={
            "device": seen.reading.device_id,
            "room": seen.device.room,
            name: (seen.at - rose_at).total_seconds(),
        },
    )
