"""试呼: a test of the whole chain, kept apart from every real call for help.

Theory of operation
-------------------
The guide (`shouwang test`) speaks to the fold as the gateway's other parts do, by readings of its own (`TRIAL` of
"gateway/trial", an order as JSON), so that a trial is stored, replayed and crash-proof like everything else.

    (nothing) --arm--> armed --the device speaks--> held --confirm--> (nothing), and test detections are told
                       armed --trial_window_s, end--> (nothing)
                                                    held --trial_confirm_s, release, end--> (nothing), and it is REAL

*One press.* Armed is exactly one device, for `trial_window_s`. What it raises first in that time (a call for help, a
fall) is held back and told to nobody yet. Whatever else happens is none of the trial's business: a further press of
the same device, a press of another, any fall, smoke or silence is told as always, at once.

*Real until a person says otherwise.* Only `confirm`, with the key of the very press that is held, makes a test of it:
the installer has answered "是我按的". Everything else, the answer "no", an end of the guide, or nobody's answer for
`trial_confirm_s`, tells it as what it is, with its key, its true beginning and how long it was held. So a real press
in the window is late by `trial_confirm_s` at most, and never lost; and a confirmation that comes too late, or twice,
finds nothing to confirm.

*Crash.* The gateway orders `end` at each start, before it hears the broker: whoever pressed has no guide any more that
could ask. A press that was not stored yet comes again from the broker, after the end, and is real.

*An entrance door* raises nothing by being opened, so nothing is held back: its movement is only noted, for the
confirmation to tell. The door detector sees it as always.

*Late messages.* A device that tells a press which its own clock puts well before the arming is believed: it was
pressed for help when nobody could hear it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from alerts.model import AlertKind, Detection, Phase, Severity
from devices.reading import Kind, Reading
from gateway.detection import fall, proof
from gateway.detection.changing import replace
from gateway.detection.daytime import NEVER
from gateway.detection.home import Role
from gateway.detection.reasons import Reason

if TYPE_CHECKING:
    from gateway.detection.hearing import Seen
    from gateway.detection.home import Home
    from gateway.detection.state import State

HELD_KINDS = frozenset({AlertKind.EMERGENCY, AlertKind.FALL})
"""What a trial may hold back: what a person does with one device on purpose."""

ROLES = (Role.SOS, Role.FALL, Role.ENTRANCE)
"""What can be tried."""


class Order(StrEnum):
    """What the guide may order."""

    ARM = "arm"  # device, contacts: the next press of this device may be the test's
    CONFIRM = "confirm"  # key: that press was the test's
    RELEASE = "release"  # key: it was not
    END = "end"  # nothing is armed or held any more
    PASSED = "passed"  # the whole chain was proved; see `proof`


def order(what: Order, at: datetime, **facts: str | list[str]) -> Reading:
    """Give the reading that carries an order.

    Args:
        what: the order.
        at: when it is given (aware UTC).
        facts: see the members of `Order`.
    """
    value = json.dumps({"order": what.value, **facts}, ensure_ascii=False, separators=(",", ":"))
    return Reading(device_id=proof.PART, kind=Kind.TRIAL, value=value, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """One device whose next press may be the test's.

    Args:
        device: its id.
        contacts: whom a confirmed test tells, by their names in the ladder.
        since, until: the window.
    """

    device: str
    contacts: tuple[str, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the armed device raised, waiting for a person's word.

    Args:
        device: its id.
        contacts: as in `Armed`.
        key: of the detection that is held back, or made of the movement of a door.
        kind: of that detection; None for a door, where nothing is held back.
        subject, reason, since, severity, evidence: of that detection.
        until: when it is told if nobody says that it was a test.
    """

    device: str
    contacts: tuple[str, ...]
    key: str
    kind: AlertKind | None
    subject: str = ""
    reason: str = ""
    since: datetime
    severity: Severity = Severity.EMERGENCY
    evidence: dict[str, str | int | float | bool] = field(default_factory=dict)
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialState:
    """What is remembered of trials.

    Args:
        armed: the device that is tried; None for none.
        held: what it raised; None for nothing.
        due: when time alone may next change anything.
    """

    armed: Armed | None = None
    held: Held | None = None
    due: datetime = NEVER


def show(home: Home, state: State, seen: Seen) -> tuple[State, tuple[Detection, ...]]:
    """The state after an order, and what it brings out; an order that is not understood changes nothing."""
    said = _understood(seen)
    match said.get("order"):
        case Order.ARM if state.trial.held is None:
            state = _arm(home, state, seen.at, said)
        case Order.CONFIRM if _is_held(state, said):
            return _confirm(home, state, seen.at)
        case Order.RELEASE if _is_held(state, said):
            return _let_go(state, seen.at)
        case Order.END:
            return _let_go(_with(state, armed=None, held=state.trial.held), seen.at)
        case Order.PASSED:
            return proof.give(home, state, seen.at)
    return state, ()


def _understood(seen: Seen) -> dict[str, Any]:
    try:
        said = json.loads(str(seen.reading.value))
    except ValueError:
        return {}
    return said if isinstance(said, dict) and seen.reading.device_id == proof.PART else {}


def _is_held(state: State, said: dict[str, Any]) -> bool:
    return state.trial.held is not None and state.trial.held.key == said.get("key")


def _arm(home: Home, state: State, at: datetime, said: dict[str, Any]) -> State:
    device, contacts = home.devices.get(str(said.get("device"))), said.get("contacts")
    if device is None or device.role not in ROLES or not isinstance(contacts, list):
        return state
    until = at + timedelta(seconds=home.limits.trial_window_s)
    armed = Armed(device=device.id, contacts=tuple(map(str, contacts)), since=at, until=until)
    return _with(state, armed=armed, held=None)


def hold(
    home: Home, state: State, at: datetime, found: tuple[Detection, ...], told_by: Reading | None = None
) -> tuple[State, tuple[Detection, ...]]:
    """Hold back what the armed device has just raised.

    Args:
        home: the home.
        state: what is believed; something is armed.
        at: when the detections fell due, whenever that was noticed (aware UTC).
        found: the detections.
        told_by: the reading that brought them out; None when time did.

    Returns:
        The state, and the detections without the one that is held.
    """
    armed = state.trial.armed
    if armed is None or state.trial.held is not None or at >= armed.until or _is_old(home, armed, told_by):
        return state, found
    for index, each in enumerate(found):
        if _is_the_press(armed, each):
            state = _with(state, armed=None, held=_held(home, armed, each, at))
            return state, found[:index] + found[index + 1 :]
    return state, found


def _is_old(home: Home, armed: Armed, told_by: Reading | None) -> bool:
    """Whether the device's own clock puts the press well before the arming."""
    if told_by is None or told_by.device_at is None:
        return False
    return told_by.device_at < armed.since - timedelta(seconds=home.limits.trial_window_s)


def _is_the_press(armed: Armed, found: Detection) -> bool:
    return (
        found.phase is Phase.RAISED
        and found.kind in HELD_KINDS
        and found.device == armed.device
        and found.since >= armed.since
    )


def _held(home: Home, armed: Armed, found: Detection, at: datetime) -> Held:
    return Held(
        device=armed.device,
        contacts=armed.contacts,
        key=found.key,
        kind=found.kind,
        subject=found.subject,
        reason=found.reason,
        since=found.since,
        severity=found.severity,
        evidence=found.evidence,
        until=at + timedelta(seconds=home.limits.trial_confirm_s),
    )


def notice(home: Home, state: State, seen: Seen) -> State:
    """The state after a reading while something is armed: the door that is tried has moved."""
    armed = state.trial.armed
    moved = seen.reading.kind is Kind.CONTACT and (seen.rose or seen.fell) and seen.device.role is Role.ENTRANCE
    if armed is None or not moved or seen.reading.device_id != armed.device or state.trial.held is not None:
        return state
    held = Held(
        device=armed.device,
        contacts=armed.contacts,
        key=f"door:{armed.device}:{seen.at.isoformat()}",
        kind=None,
        since=seen.at,
        until=seen.at + timedelta(seconds=home.limits.trial_confirm_s),
    )
    return _with(state, armed=None, held=held)


def _confirm(home: Home, state: State, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """A person has said that the press was the test's: one test detection for each contact that is to be told."""
    held = state.trial.held
    assert held is not None  # noqa: S101 - _is_held has looked
    if held.kind is AlertKind.FALL:
        state = fall.forgive(state, held.device)
    state = _with(state, armed=state.trial.armed, held=None)
    return state, tuple(_test(home, held, contact, at) for contact in held.contacts)


def _test(home: Home, held: Held, contact: str, at: datetime) -> Detection:
    return Detection(
        key=f"test:{held.key}:{contact}",
        kind=AlertKind.TEST,
        phase=Phase.RAISED,
        severity=Severity.WARNING,  # it must not overtake a real call for help
        subject=f"{held.device}/{contact}",
        since=held.since,
        at=at,
        reason=Reason.CHAIN_TESTED,
        device=held.device,
        evidence={"device": held.device, "room": home.devices[held.device].room, "contacts": contact},
        test=True,
    )


def _let_go(state: State, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """Nobody has said that what is held was a test: it is told as what it is."""
    held = state.trial.held
    state = _with(state, armed=state.trial.armed, held=None)
    if held is None or held.kind is None:
        return state, ()
    real = Detection(
        key=held.key,
        kind=held.kind,
        phase=Phase.RAISED,
        severity=held.severity,
        subject=held.subject,
        since=held.since,
        at=at,
        reason=held.reason,
        device=held.device,
        evidence={**held.evidence, "held_s": (at - held.since).total_seconds()},
    )
    return state, (real,)


def expire(_home: Home, state: State, due: datetime, at: datetime) -> tuple[State, tuple[Detection, ...]]:
    """The state after time has reached `due`: a window that closed, and what nobody has confirmed in time."""
    if state.trial.armed is not None and state.trial.armed.until <= due:
        state = _with(state, armed=None, held=state.trial.held)
    if state.trial.held is not None and state.trial.held.until <= due:
        return _let_go(state, at)
    return state, ()


def _with(state: State, *, armed: Armed | None, held: Held | None) -> State:
    due = min((each.until for each in (armed, held) if each is not None), default=NEVER)
    return replace(state, trial=TrialState(armed=armed, held=held, due=due))
