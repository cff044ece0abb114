"""One event through presence and every detector: `new, found = step(home, state, event)`.

Theory of operation
-------------------
A pure fold. The state is an immutable value, time is an argument, and the same readings give the same detections
with the same keys after any crash.

*Time first.* A step first advances time to the event's, then shows the reading. `state.next_due` is the earliest
moment at which time alone may change anything; until then a tick costs one comparison. Timers that fell due in
between fire in the order in which they were due, each against the state as it was then, so that an alarm that fell
due while the box was off is raised late, with its true beginning (`since`) and the moment of noticing (`at`).

*Ticks change nothing but punctuality.* A timer's outcome depends on its due time, never on when it was noticed;
and ticks do not move `state.at`. So a lost tick loses nothing, and a tick before and one after a restart tell the
same key.

*Lazy timers.* A reading that moves a deadline later does not touch the timer. The detector is woken at the old
time, asks again from the state, and sleeps on. A detector whose ground has shifted (she came home, a bridge came
up) is woken at once. Every wake moves its own due time on, so the loop ends.

*Routing.* Readings go only to the detectors that care for the kind. Presence, inactivity and fall are shown signs
of life of any kind; `silence` hears what is news to it (`silence.is_news`).

*Time does not go back.* A reading older than the one before it (reordered, a clock set back) is taken at the time
of the one before it. Readings of devices that the home does not have are ignored, except the bridge's and the
gateway's own.
"""

from __future__ import annotations

from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

from devices.reading import MOMENTARY, Kind, Reading, Tick
from gateway.detection import (
    battery,
    coverage_told,
    door,
    emergency,
    fall,
    hazard,
    inactivity,
    mains,
    outing,
    presence,
    profile,
    proof,
    routine,
    silence,
    trial,
    trouble,
    weak,
)
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER
from gateway.detection.hearing import DeviceState, Seen, hear, is_reannounced, repeats
from gateway.detection.home import Device, Home, Role
from gateway.detection.parts import UPS
from gateway.detection.signs import INDOORS, LIFE, NO_SIGN, Sign, judge
from gateway.detection.snapshot import decode_state, encode_state, fingerprint
from gateway.detection.state import State

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.model import Detection
    from gateway.detection.profile import Profile

__all__ = [
    "State",
    "decode_state",
    "encode_state",
    "fingerprint",
    "is_repeat",
    "next_due",
    "start",
    "step",
]


class _Show(Protocol):
    def __call__(self, home: Home, state: State, seen: Seen, /) -> tuple[State, tuple[Detection, ...]]: ...


_ROUTES: dict[Kind, _Show] = {
    Kind.SOS: emergency.show,
    Kind.SOS_FLAG: emergency.show,
    Kind.ACTIVITY: emergency.show,
    Kind.FALL: fall.show,
    Kind.IMPACT: fall.show,
    Kind.AFTER: fall.show,
    Kind.CONTACT: door.show,
    Kind.SMOKE: hazard.show,
    Kind.GAS: hazard.show,
    Kind.CARBON_MONOXIDE: hazard.show,
    Kind.WATER_LEAK: hazard.show,
    Kind.TAMPER: hazard.show,
    Kind.BATTERY: battery.show,
    Kind.BATTERY_LOW: battery.show,
    Kind.BRIDGE: trouble.show,
    Kind.TROUBLE: trouble.show,
    Kind.TRIAL: trial.show,
}
_OWN_BATTERY = frozenset({Kind.BATTERY, Kind.BATTERY_LOW, Kind.RUNTIME})
"""Kinds that the gateway's own battery tells."""

_QUIET_KINDS = frozenset(Kind) - _ROUTES.keys() - _OWN_BATTERY
"""Kinds that concern nobody unless they are a sign of life or news to `silence`."""
_OWN_KINDS = frozenset({Kind.BRIDGE, Kind.TROUBLE, Kind.TRIAL})
_OF_PATHS = frozenset({Kind.BRIDGE, Kind.TROUBLE})
_NOTED = timedelta(seconds=profile.NOTED_S)
_UNHEARD = DeviceState()
_STRANGER = Device(id="", role=Role.BRIDGE)
"""The bridge and the gateway's own parts, which need not be among the home's devices."""


def start(home: Home, at: datetime) -> State:
    """Nothing known yet; devices and the person are expected from `at` on.

    Args:
        home: the home.
        at: when the watch begins (aware UTC).
    """
    state = State(
        at=at,
        devices={},
        last_sign=None,
        profile=profile.Profile(),
        started=at,
        next_due=at,
        presence=presence.begin(home, at),
        inactivity=inactivity.InactivityState(due=at),
        silence=silence.SilenceState(due=at),
        proof=proof.ProofState(due=at),
        coverage=coverage_told.CoverageState(due=at),
    )
    return _advance(home, state, at, at)[0]


def step(home: Home, state: State, event: Reading | Tick) -> tuple[State, tuple[Detection, ...]]:
    """Let time pass to the event, then show it to everyone it concerns.

    Args:
        home: the home.
        state: what is believed.
        event: a reading, or only the passing of time.

    Returns:
        What is believed afterwards, and what was found, in order.
    """
    at = event.at
    found: tuple[Detection, ...] = ()
    if at >= state.next_due:
        state, found = _advance(home, state, at, at)
    if isinstance(event, Tick):
        return state, found
    device = home.devices.get(event.device_id)
    if device is None:
        if event.kind not in _OWN_KINDS and event.device_id != UPS:
            return state, found
        device = _STRANGER
    state, more = _show(home, state, event, device)
    return state, found + more if more else found


def next_due(state: State) -> datetime | None:
    """When time alone may next raise something, None for never; a Tick at or after it will tell."""
    return None if state.next_due == NEVER else state.next_due


def is_repeat(state: State, reading: Reading) -> bool:
    """Whether the same device has told the same fact under the same sequence number; `step` ignores it too."""
    return repeats(state.devices.get(reading.device_id, _UNHEARD), reading)


def _show(home: Home, state: State, reading: Reading, device: Device) -> tuple[State, tuple[Detection, ...]]:
    """Remember the reading, then show it to the detectors it concerns."""
    kind = reading.kind
    known = state.devices.get(reading.device_id, _UNHEARD)
    if repeats(known, reading):
        return state, ()
    at = max(reading.at, state.at)
    excused = _excused(home, state, known, reading, at)
    proves = NO_SIGN if excused else judge(device, known, kind, reading.value, at)
    heard = hear(known, reading, at, excused)
    if proves and state.weak.alone and weak.is_doubted(state, device.id, at):
        proves = NO_SIGN
    noted = state.profile
    if proves and state.last_sign is not None and at - state.last_sign.at >= _NOTED:
        noted = profile.learn(home, state, at)
    state = _remembering(state, reading, device, heard, at, proves, noted)
    first = known is _UNHEARD and device is not _STRANGER
    if first:
        state = coverage_told.ask(state, at)
    news = silence.is_news(state, reading, known, heard)
    if not (proves or news or first) and kind in _QUIET_KINDS:
        return state, ()
    on, stood = bool(reading.value), kind in known.levels
    seen = Seen(reading, at, device, known, on and not stood, stood and not on, proves >= LIFE, proves >= INDOORS)
    before = state
    state, found = _detect(home, state, seen, news=news, excused=excused is not None)
    if state.trial.armed is not None:
        state, found = trial.hold(home, trial.notice(home, state, seen), at, found, reading)
    return _settled(home, before, state, at, found)


def _excused(home: Home, state: State, known: DeviceState, reading: Reading, at: datetime) -> datetime | None:
    """The bridge's start of which this press is only a re-announcement; None for a real one."""
    started = state.trouble.bridge_started
    if started is None or reading.kind not in MOMENTARY:
        return None
    window_s = home.limits.bridge_replay_s
    return started if is_reannounced(known, reading, at, started, window_s) else None


def _remembering(  # noqa: PLR0913, PLR0917 - the hot path
    state: State, reading: Reading, device: Device, heard: DeviceState, at: datetime, proves: int, noted: Profile
) -> State:
    devices = state.devices
    if device is not _STRANGER:
        devices = devices.copy()
        devices[reading.device_id] = heard
    sign = Sign(at, device.id, device.room) if proves else state.last_sign
    return state.remembering(at, devices, sign, noted)


def _detect(home: Home, state: State, seen: Seen, *, news: bool, excused: bool) -> tuple[State, tuple[Detection, ...]]:
    """Show a reading to the detectors it concerns."""
    kind = seen.reading.kind
    found: tuple[Detection, ...] = ()
    if news:
        state, found = silence.show(home, state, seen)
        state = _doubting(home, state, seen.at)
    if seen.life:
        was, state = state.presence, presence.show(home, state, seen)
        state, awake = inactivity.notice(home, state, seen)
        state, up = fall.notice(home, state, seen)
        state, usual = routine.notice(home, state, seen)
        state = weak.notice(home, was, state, seen)
        found = (*found, *awake, *up, *usual)
    if kind in _OWN_BATTERY and seen.reading.device_id == UPS:
        state, more = mains.show(home, state, seen)
        found = (*found, *more)
    elif kind in _ROUTES and not excused:
        state, more = _ROUTES[kind](home, state, seen)
        found = (*found, *more)
        if kind in _OF_PATHS:
            state = coverage_told.ask(state, seen.at)
    return state, found


def _settled(
    home: Home, before: State, state: State, at: datetime, found: tuple[Detection, ...]
) -> tuple[State, tuple[Detection, ...]]:
    """The state with its next due time, after whatever is due at this very moment."""
    if state is before:
        return state, found
    state = _timed(state)
    if state.next_due > at:
        return state, found
    state, more = _advance(home, state, at, at)
    return state, found + more


def _timed(state: State) -> State:
    due = min(_dues(state))
    return state if due == state.next_due else replace(state, next_due=due)


def _advance(home: Home, state: State, until: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """Fire every timer due by `until`, in due order; `at` is the moment of noticing."""
    found: list[Detection] = []
    while (due := state.next_due) <= until:
        expire = next(expire for name, expire in _TIMERS if getattr(state, name).due <= due)
        state, more = expire(home, state, due, at)
        if more and state.trial.armed is not None:
            state, more = trial.hold(home, state, due, more)
        state = _timed(state)
        found += more
    return state, tuple(found)


def _expire_presence(home: Home, state: State, due: datetime, _at: datetime) -> tuple[State, tuple[Detection, ...]]:
    return presence.expire(home, state, due), ()


def _expire_silence(home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    state, found = silence.expire(home, state, due, at)
    return (_doubting(home, state, due) if found else state), found


def _doubting(home: Home, state: State, at: datetime) -> State:
    """After a device was lost or found: a lost entrance would not show her return, a lost bed vouches no more."""
    state = coverage_told.ask(state, at)
    lost = {home.devices[device].role for device in state.silence.lost}
    if Role.ENTRANCE in lost:
        state = presence.doubt(home, state, at)
    return replace(state, inactivity=replace(state.inactivity, due=at)) if Role.BED in lost else state


class _Expire(Protocol):
    def __call__(
        self, home: Home, state: State, due: datetime, at: datetime, /
    ) -> tuple[State, tuple[Detection, ...]]: ...


_TIMERS: tuple[tuple[str, _Expire], ...] = (
    ("presence", _expire_presence),
    ("trouble", trouble.expire),
    ("trial", trial.expire),
    ("silence", _expire_silence),
    ("fall", fall.expire),
    ("door", door.expire),
    ("outing", outing.expire),
    ("inactivity", inactivity.expire),
    ("routine", routine.expire),
    ("proof", proof.expire),
    ("coverage", coverage_told.expire),
)
"""What time alone may change; timers of one moment fire in this order: first where she is, then what follows."""
_dues = attrgetter(*(f"{name}.due" for name, _ in _TIMERS))
