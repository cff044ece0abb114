"""The life of an alert, as one table.

Theory of operation
-------------------
Three kinds of things happen to an alert. *Facts* come from detection: it began (`apply` opens it), it happened again
(OCCURRED), the condition went away (CLEARED). *Time* does two things (`expire`): a countdown runs out (COUNTED_DOWN),
and nobody has arrived long after somebody took it (OVERDUE). *Decisions* come from people: the resident cancels in
time (CANCELLED), somebody takes it (ACKNOWLEDGED), somebody sets out (SET_OUT), somebody is with her (ATTENDED),
somebody closes it with an outcome (CLOSED). `TRANSITIONS` says for every state what each of them leads to; a missing
entry is refused with `IllegalStep` and changes nothing.

Rules that the table writes down:

* A detection that is not sure (`countdown_s`) begins as PENDING: she is asked first, and nobody is called. Her sign
  of life cancels it; a second detection of the kind ends the asking at once: two weak sources are a strong one.
* A condition that goes away takes nothing back: OPEN becomes RETURNED, which still needs a person.
* Taken is not helped: an emergency that was taken, and at whose door nobody has arrived in time, opens again.
* A further press while the alert lives is the same alert, told again. If somebody had already taken it, it opens
  again: whoever took the first press may not know of the second, and an alert ends only when a person has taken it.
* CANCELLED and CLOSED are final. Whatever happens later opens a new alert.

Facts may be repeated (a crash between a commit and an acknowledgement, a tick after a restart that raises again what
was raised): each detection key counts once. `applied` is the memory of that; the store keeps it in the same
transaction as the alert. What is not admitted here: two live alerts of one kind and subject.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.model import (
    LIVE_STATES,
    SEVERITY_RANK,
    UNTAKEN_STATES,
    Alert,
    AlertState,
    Cause,
    Detection,
    Outcome,
    Phase,
    Severity,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Step(StrEnum):
    """What can happen to an alert."""

    OPENED = "opened"
    OCCURRED = "occurred"
    CLEARED = "cleared"
    COUNTED_DOWN = "counted_down"
    OVERDUE = "overdue"
    CANCELLED = "cancelled"
    ACKNOWLEDGED = "acknowledged"
    SET_OUT = "set_out"
    ATTENDED = "attended"
    CLOSED = "closed"


_S, _E = AlertState, Step
TRANSITIONS: dict[tuple[AlertState, Step], AlertState] = {
    (_S.PENDING, _E.OCCURRED): _S.OPEN,
    (_S.PENDING, _E.CLEARED): _S.CANCELLED,
    (_S.PENDING, _E.COUNTED_DOWN): _S.OPEN,
    (_S.PENDING, _E.CANCELLED): _S.CANCELLED,
    (_S.PENDING, _E.ACKNOWLEDGED): _S.ACKNOWLEDGED,
    (_S.OPEN, _E.OCCURRED): _S.OPEN,
    (_S.OPEN, _E.CLEARED): _S.RETURNED,
    (_S.OPEN, _E.ACKNOWLEDGED): _S.ACKNOWLEDGED,
    (_S.OPEN, _E.SET_OUT): _S.ACKNOWLEDGED,
    (_S.OPEN, _E.ATTENDED): _S.ATTENDED,
    (_S.OPEN, _E.CLOSED): _S.CLOSED,
    (_S.ACKNOWLEDGED, _E.OCCURRED): _S.OPEN,
    (_S.ACKNOWLEDGED, _E.CLEARED): _S.ACKNOWLEDGED,
    (_S.ACKNOWLEDGED, _E.OVERDUE): _S.OPEN,
    (_S.ACKNOWLEDGED, _E.ACKNOWLEDGED): _S.ACKNOWLEDGED,
    (_S.ACKNOWLEDGED, _E.SET_OUT): _S.ACKNOWLEDGED,
    (_S.ACKNOWLEDGED, _E.ATTENDED): _S.ATTENDED,
    (_S.ACKNOWLEDGED, _E.CLOSED): _S.CLOSED,
    (_S.ATTENDED, _E.OCCURRED): _S.OPEN,
    (_S.ATTENDED, _E.CLEARED): _S.ATTENDED,
    (_S.ATTENDED, _E.ACKNOWLEDGED): _S.ATTENDED,
    (_S.ATTENDED, _E.ATTENDED): _S.ATTENDED,
    (_S.ATTENDED, _E.CLOSED): _S.CLOSED,
    (_S.RETURNED, _E.OCCURRED): _S.OPEN,
    (_S.RETURNED, _E.CLEARED): _S.RETURNED,
    (_S.RETURNED, _E.ACKNOWLEDGED): _S.ACKNOWLEDGED,
    (_S.RETURNED, _E.SET_OUT): _S.ACKNOWLEDGED,
    (_S.RETURNED, _E.ATTENDED): _S.ATTENDED,
    (_S.RETURNED, _E.CLOSED): _S.CLOSED,
}
"""(state, what happens) → next state. What is not here is refused."""

DECISIONS = frozenset({Step.CANCELLED, Step.ACKNOWLEDGED, Step.SET_OUT, Step.ATTENDED, Step.CLOSED})
"""The steps that only a person can take."""


class IllegalStep(ValueError):
    """A step that the alert's state does not allow.

    Args:
        alert: the alert as it stays.
        step: what was asked.
    """

    def __init__(self, alert: Alert, step: Step) -> None:
        super().__init__(f"alert {alert.key} is {alert.state}: it cannot be {step}; reload to see who has it")
        self.alert = alert
        self.step = step


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step that an alert took.

    Args:
        alert: as it is now.
        step: what happened.
        previous: the state before; None when it was opened.
    """

    alert: Alert
    step: Step
    previous: AlertState | None


def applied_key(detection: Detection) -> str:
    """Give the name under which a detection is remembered as applied; raised and cleared count once each."""
    return detection.key if detection.phase is Phase.RAISED else f"{detection.key}|cleared"


def apply(alerts: Iterable[Alert], applied: Mapping[str, str], detection: Detection) -> Change | None:
    """Let a detection act on the alerts.

    Args:
        alerts: the live alerts.
        applied: every detection name already applied (`applied_key`) → the key of the alert it acted on.
        detection: what was found.

    Returns:
        The change, or None when there is nothing to change: the detection was applied before, or a condition
        went away that no live alert is about.
    """
    if applied_key(detection) in applied:
        return None
    if detection.phase is Phase.CLEARED:
        return _clear(alerts, applied.get(detection.key), detection)
    for alert in alerts:
        if alert.kind is detection.kind and alert.subject == detection.subject and alert.state in LIVE_STATES:
            return _occur(alert, detection)
    return Change(alert=_open(detection), step=Step.OPENED, previous=None)


def decide(  # noqa: PLR0913 - a decision is exactly these facts
    alert: Alert,
    step: Step,
    *,
    by: str,
    at: datetime,
    outcome: Outcome | None = None,
    cause: Cause | None = None,
    note: str = "",
) -> Change:
    """Let a person decide.

    Args:
        alert: the alert as it is.
        step: one of `DECISIONS`.
        by: who decides, as shown to others.
        at: when (aware UTC).
        outcome: what was found; needed to close.
        cause: of a false alarm.
        note: free words.

    Returns:
        The change.

    Raises:
        IllegalStep: if the alert's state does not allow it, or the step is not a person's.
        ValueError: if an alert is to be closed without an outcome, or anything but a false alarm has a cause.
    """
    if step not in DECISIONS or (alert.state, step) not in TRANSITIONS:
        raise IllegalStep(alert, step)
    if step is Step.CLOSED and outcome is None:
        raise ValueError("an alert is closed with an outcome: say what was found")
    if cause is not None and outcome is not Outcome.FALSE_ALARM:
        raise ValueError("only a false alarm has a cause: leave it out")
    decided = replace(
        alert,
        state=TRANSITIONS[alert.state, step],
        by=by,
        updated_at=at,
        revision=alert.revision + 1,
        acknowledged_at=alert.acknowledged_at or at,
        set_out_at=at if step is Step.SET_OUT else alert.set_out_at,
        outcome=outcome if step is Step.CLOSED else alert.outcome,
        cause=cause if step is Step.CLOSED else alert.cause,
        note=note or alert.note,
    )
    return Change(alert=decided, step=step, previous=alert.state)


def expires_at(alert: Alert, arrival_s: float) -> datetime | None:
    """Say when time alone will change an alert; None when it will not.

    Args:
        alert: the alert.
        arrival_s: how long after somebody took an emergency nobody may have arrived.
    """
    if alert.state is AlertState.PENDING:
        return alert.called_from
    if alert.state is AlertState.ACKNOWLEDGED and alert.severity is Severity.EMERGENCY and not alert.test:
        return (alert.acknowledged_at or alert.updated_at) + timedelta(seconds=arrival_s)
    return None


def expire(alert: Alert, now: datetime, arrival_s: float) -> Change | None:
    """Let time pass for an alert.

    Args:
        alert: the alert.
        now: the time (aware UTC).
        arrival_s: as in `expires_at`.

    Returns:
        The end of its countdown, or that nobody has arrived; None while it is not yet time for either.
    """
    due = expires_at(alert, arrival_s)
    if due is None or now < due:
        return None
    if alert.state is AlertState.PENDING:
        opened = replace(alert, state=AlertState.OPEN, updated_at=now, revision=alert.revision + 1, called_from=now)
        return Change(alert=opened, step=Step.COUNTED_DOWN, previous=alert.state)
    overdue = replace(
        alert,
        state=TRANSITIONS[alert.state, Step.OVERDUE],
        updated_at=now,
        revision=alert.revision + 1,
        by="",
        acknowledged_at=None,
        set_out_at=None,
        called_from=now,
        rounds=1,
        evidence={**alert.evidence, "overdue_by": alert.by, "overdue_s": arrival_s},
    )
    return Change(alert=overdue, step=Step.OVERDUE, previous=alert.state)


def _open(detection: Detection) -> Alert:
    asked = detection.countdown_s > 0
    return Alert(
        key=detection.key,
        kind=detection.kind,
        severity=detection.severity,
        subject=detection.subject,
        state=AlertState.PENDING if asked else AlertState.OPEN,
        since=detection.since,
        opened_at=detection.at,
        reason=detection.reason,
        device=detection.device,
        evidence=detection.evidence,
        last_at=detection.since,
        updated_at=detection.at,
        called_from=detection.at + timedelta(seconds=detection.countdown_s),
        test=detection.test,
    )


def _occur(alert: Alert, detection: Detection) -> Change:
    """Tell it again: one occurrence more, the graver severity of the two, the ladder anew if it was taken."""
    state = TRANSITIONS[alert.state, Step.OCCURRED]
    reopened = alert.state not in UNTAKEN_STATES
    again = replace(
        alert,
        state=state,
        severity=min(alert.severity, detection.severity, key=SEVERITY_RANK.__getitem__),
        reason=detection.reason,
        device=detection.device,
        evidence=detection.evidence,
        count=alert.count + 1,
        last_at=max(alert.last_at, detection.since),
        updated_at=detection.at,
        revision=alert.revision + 1,
        by="" if reopened else alert.by,
        acknowledged_at=None if reopened else alert.acknowledged_at,
        set_out_at=None if reopened else alert.set_out_at,
        called_from=detection.at if reopened else alert.called_from,
        rounds=1 if reopened else alert.rounds,
    )
    return Change(alert=again, step=Step.OCCURRED, previous=alert.state)


def _clear(alerts: Iterable[Alert], alert_key: str | None, detection: Detection) -> Change | None:
    alert = next((a for a in alerts if a.key == alert_key), None)
    if alert is None:
        return None
    cleared = replace(
        alert,
        state=TRANSITIONS[alert.state, Step.CLEARED],
        updated_at=detection.at,
        revision=alert.revision + 1,
        evidence={**alert.evidence, "cleared_at": detection.at.isoformat(), "cleared_by": detection.reason},
    )
    return Change(alert=cleared, step=Step.CLEARED, previous=alert.state)
