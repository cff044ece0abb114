"""The radio bridge is down, the broker is down, a part of the gateway itself is in trouble.

Theory of operation
-------------------
A bridge that says it is down, or whose last will says so, has `bridge_silence_s` to come back; then it is told,
for until it is back every sensor behind it is deaf. The gateway's own parts (`TROUBLE` of "gateway/...") have the
patience and the gravity that `parts.PARTS` gives them; the home's broker as long as a bridge, since a restart takes
seconds. Each is one cause and one alert: `silence` keeps quiet about the devices that cannot be heard meanwhile, and
gives them their full patience from when they can be heard again.

Patience counts from when the part was last known to work. What finds a trouble late, such as a check every hour, says
in the reading's `device_at` since when; without it, the trouble began when it was reported. What a part has to say
beyond that it is in trouble is the reading's `origin`, and goes into the evidence.

A bridge coming up after being down, or heard for the first time, is a *start*: for a while after it `hearing`
excuses re-announced presses. A bridge that merely repeats that it is up has not started.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.model import AlertKind, Detection, Phase, Severity
from devices.reading import Kind
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER
from gateway.detection.parts import BROKER, MAINS, PARTS, UNLISTED
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Something that is down.

    Args:
        since: since when (aware UTC).
        bridge: a radio bridge rather than a part of the gateway.
        due: when it is to be told; `NEVER` once it was.
        key: of the detection; "" before it was told.
        detail: what the part said of it, in words of its own; "" for nothing.
    """

    since: datetime
    bridge: bool
    due: datetime
    key: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleState:
    """What is remembered of bridges, the broker and the gateway's own parts.

    Args:
        down: what is down, by device id.
        bridges: the bridges that have been heard.
        bridge_started: when a bridge last came up; None before.
        bridge_audible, broker_audible: since when the bridge, the broker can be heard again; None before an outage.
        due: when time alone next tells of an outage.
    """

    down: dict[str, Outage] = field(default_factory=dict)
    bridges: frozenset[str] = frozenset()
    bridge_started: datetime | None = None
    bridge_audible: datetime | None = None
    broker_audible: datetime | None = None
    due: datetime = NEVER


def audible_since(state: State, *, numbered: bool) -> datetime | None:
    """Since when a device can be heard: the start of the watch or the end of the latest outage; None while it cannot.

    Args:
        state: what is believed.
        numbered: whether the device numbers its messages, and so speaks to the broker itself.
    """
    mine = state.trouble
    if BROKER in mine.down or (not numbered and any(outage.bridge for outage in mine.down.values())):
        return None
    ends = (mine.broker_audible, None if numbered else mine.bridge_audible)
    return max([state.started, *(end for end in ends if end is not None)])


def show(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after a bridge's or the gateway's own word, and the outage that began or ended."""
    device, bridge = seen.reading.device_id, seen.reading.kind is Kind.BRIDGE
    outage = state.trouble.down.get(device)
    is_down = bool(seen.reading.value) is not bridge
    if is_down:
        return _go_down(home, state, seen, bridge=bridge) if outage is None else (state, ())
    if outage is None:
        return (_start(state, seen) if bridge else state), ()
    return _come_up(state, seen, outage)


def _go_down(home: Home, state: State, seen: Seen, *, bridge: bool) -> tuple[State, tuple[Detection, ...]]:
    device = seen.reading.device_id
    since = min(seen.reading.device_at or seen.at, seen.at) if seen.reading.kind is Kind.TROUBLE else seen.at
    due = since + timedelta(seconds=_patience_s(home, device, bridge=bridge))
    detail = seen.reading.origin if seen.reading.kind is Kind.TROUBLE else ""
    state = _with(state, device, Outage(since=since, bridge=bridge, due=max(due, seen.at), detail=detail))
    deaf = bridge or device == BROKER
    return (replace(state, silence=replace(state.silence, due=seen.at)) if deaf else state), ()


def _patience_s(home: Home, device: str, *, bridge: bool) -> float:
    return home.limits.bridge_silence_s if bridge else PARTS.get(device, UNLISTED).waits_s(home.limits)


def _start(state: State, seen: Seen) -> State:
    """A bridge is up and was not down: its start, if it was never heard before."""
    mine, device = state.trouble, seen.reading.device_id
    if device in mine.bridges:
        return state
    return replace(state, trouble=replace(mine, bridges=mine.bridges | {device}, bridge_started=seen.at))


def _come_up(state: State, seen: Seen, outage: Outage) -> tuple[State, tuple[Detection, ...]]:
    device, at = seen.reading.device_id, seen.at
    state = _with(state, device, None)
    mine = state.trouble
    if outage.bridge:
        mine = replace(mine, bridges=mine.bridges | {device}, bridge_started=at, bridge_audible=at)
    elif device == BROKER:
        mine = replace(mine, broker_audible=at)
    state = replace(state, trouble=mine, silence=replace(state.silence, due=at))
    return state, (_over(seen, outage),) if outage.key else ()


def expire(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due`, and the outages that have lasted too long by then."""
    found: list[Detection] = []
    for device, outage in state.trouble.down.items():
        if outage.due > due:
            continue
        state, told = tell_now(state, device, outage)
        found.append(_told(home, state, device, told, at))
    return state, tuple(found)


def tell_now(state: State, device: str, outage: Outage) -> tuple[State, Outage]:
    """The state in which an outage has been told, and the outage with its key."""
    name = "bridge" if outage.bridge else "trouble"
    told = replace(outage, due=NEVER, key=f"{name}:{device}:{outage.since.isoformat()}")
    return _with(state, device, told), told


def _with(state: State, device: str, outage: Outage | None) -> State:
    down = {other: kept for other, kept in state.trouble.down.items() if other != device}
    if outage is not None:
        down[device] = outage
    due = min((kept.due for kept in down.values()), default=NEVER)
    return replace(state, trouble=replace(state.trouble, down=down, due=due))


def _told(home: Home, state: State, device: str, outage: Outage, at: datetime) -> Detection:
    waited = {"down_s": (at - outage.since).total_seconds(), "limit_s": home.limits.bridge_silence_s}
    if outage.bridge:
        return raised(device, outage, at, Reason.BRIDGE_DOWN, waited)
    if device == BROKER:
        return raised(device, outage, at, Reason.BROKER_DOWN, waited)
    part = {"part": _part(device)}
    if device == MAINS:
        return raised(device, outage, at, Reason.MAINS_LOST, {**part, **state.mains.evidence()})
    detail = {"detail": outage.detail} if outage.detail else {}
    return raised(device, outage, at, Reason.GATEWAY_TROUBLE, {**part, **detail})


def raised(device: str, outage: Outage, at: datetime, reason: Reason, facts: Mapping[str, str | float]) -> Detection:
    """What is told of an outage.

    Args:
        device: the bridge, or the part of the gateway.
        outage: as it was told: with its key.
        at: when it was noticed (aware UTC).
        reason: why it is told.
        facts: evidence beyond the device.
    """
    return Detection(
        key=outage.key,
        kind=AlertKind.SILENCE if outage.bridge else AlertKind.SYSTEM,
        phase=Phase.RAISED,
        severity=_severity(device, outage),
        subject=device,
        since=outage.since,
        at=at,
        reason=reason,
        device=device,
        evidence={"device": device, **facts},
    )


_OVER = {BROKER: Reason.BROKER_UP, MAINS: Reason.MAINS_BACK}


def _over(seen: Seen, outage: Outage) -> Detection:
    device = seen.reading.device_id
    lasted_s = (seen.at - outage.since).total_seconds()
    facts: dict[str, str | int | float | bool] = {"device": device}
    if outage.bridge:
        reason, facts["silent_s"] = Reason.BRIDGE_UP, lasted_s
    else:
        reason = _OVER.get(device, Reason.TROUBLE_OVER)
        facts["part"], facts["lasted_s"] = _part(device), lasted_s
    return Detection(
        key=outage.key,
        kind=AlertKind.SILENCE if outage.bridge else AlertKind.SYSTEM,
        phase=Phase.CLEARED,
        severity=_severity(device, outage),
        subject=device,
        since=outage.since,
        at=seen.at,
        reason=reason,
        device=device,
        evidence=facts,
    )


def _severity(device: str, outage: Outage) -> Severity:
    """A bridge that is down makes its sensors deaf, so somebody should look; the others are in the table."""
    return Severity.WARNING if outage.bridge else PARTS.get(device, UNLISTED).severity


def _part(device: str) -> str:
    return device.removeprefix("gateway/")
