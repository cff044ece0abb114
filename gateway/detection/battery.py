"""A battery that should be changed.

Theory of operation
-------------------
A battery is low when it reports `battery_low_percent` or less, or when the device itself says so. It is told once,
and is well again only when it has risen clearly (`RISE_PERCENT` above the limit), so that a figure that wavers
about the limit does not tell every day. Some devices report a false 0 or 100 now and then: a jump of more than
`JUMP_PERCENT`, down or up, is believed only when the next report agrees, or when the device's own flag does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - snapshots resolve the annotations at run time
from typing import TYPE_CHECKING

from alerts.model import AlertKind, Detection, Phase, Severity
from devices.reading import Kind
from gateway.detection.changing import replace
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State

RISE_PERCENT = 10.0
"""How far above the limit a battery must come to be well again. Source: judgement; a cell's voltage recovers by a few
percent when the room warms."""
JUMP_PERCENT = 30.0
"""A change in one report that needs a second one. Source: judgement; no cell loses that between two reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Low:
    """A battery that was told to be low: the detection's key, and since when."""

    key: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryState:
    """What is remembered of batteries.

    Args:
        low: told to be low, by device.
        jumped: when a jump was reported that no second report has confirmed, by device.
    """

    low: dict[str, Low] = field(default_factory=dict)
    jumped: dict[str, datetime] = field(default_factory=dict)


def show(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a battery's reading, and what it began or ended."""
    device = seen.reading.device_id
    told = state.battery.low.get(device)
    if seen.reading.kind is Kind.BATTERY_LOW:
        return _show_flag(home, state, seen, told)
    if _jumps(seen) and device not in state.battery.jumped:
        jumped = {**state.battery.jumped, device: seen.at}
        return replace(state, battery=replace(state.battery, jumped=jumped)), ()
    since = state.battery.jumped.get(device, seen.at)
    state = _without_jump(state, device)
    percent = float(seen.reading.value)
    if told is None and percent <= home.limits.battery_low_percent:
        return _raise(home, state, seen, since, percent)
    if told is not None and _is_well(home, percent) and Kind.BATTERY_LOW not in seen.before.levels:
        return _clear(state, seen, told, percent)
    return state, ()


def _show_flag(home: Home, state: State, seen: Seen, told: Low | None) -> tuple[State, tuple[Detection, ...]]:
    percent = seen.before.battery
    if seen.rose and told is None:
        return _raise(home, state, seen, seen.at, percent)
    if seen.fell and told is not None and (percent is None or _is_well(home, percent)):
        return _clear(state, seen, told, percent)
    return state, ()


def _jumps(seen: Seen) -> bool:
    before = seen.before.battery
    return before is not None and abs(before - float(seen.reading.value)) > JUMP_PERCENT


def _is_well(home: Home, percent: float) -> bool:
    return percent >= home.limits.battery_low_percent + RISE_PERCENT


def _without_jump(state: State, device: str) -> State:
    if device not in state.battery.jumped:
        return state
    jumped = {other: at for other, at in state.battery.jumped.items() if other != device}
    return replace(state, battery=replace(state.battery, jumped=jumped))


def _raise(
    home: Home, state: State, seen: Seen, since: datetime, percent: float | None
) -> tuple[State, tuple[Detection, ...]]:
    device = seen.reading.device_id
    low = Low(key=f"battery:{device}:{since.isoformat()}", since=since)
    state = replace(state, battery=replace(state.battery, low={**state.battery.low, device: low}))
    found = _detection(seen, low, Phase.RAISED, percent)
    found.evidence["role"] = seen.device.role.value
    found.evidence["limit_percent"] = home.limits.battery_low_percent
    return state, (found,)


def _clear(state: State, seen: Seen, told: Low, percent: float | None) -> tuple[State, tuple[Detection, ...]]:
    low = {device: kept for device, kept in state.battery.low.items() if device != seen.reading.device_id}
    state = replace(state, battery=replace(state.battery, low=low))
    return state, (_detection(seen, told, Phase.CLEARED, percent),)


def _detection(seen: Seen, low: Low, phase: Phase, percent: float | None) -> Detection:
    device = seen.reading.device_id
    return Detection(
        key=low.key,
        kind=AlertKind.BATTERY,
        phase=phase,
        severity=Severity.FAULT,
        subject=device,
        since=low.since,
        at=seen.at,
        reason=Reason.BATTERY_LOW if phase is Phase.RAISED else Reason.BATTERY_CHANGED,
        device=device,
        evidence={"device": device, "room": seen.device.room} | ({} if percent is None else {"percent": percent}),
    )
