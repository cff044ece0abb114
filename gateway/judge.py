"""From an event to what must be remembered and told: one pure function, belief in, belief and writes out.

Theory of operation
-------------------
`Belief` is everything the box holds to be true: the pipeline's state, the live alerts, and which detections were
applied. `judge` shows it an event; `decide` shows it a person's decision; `go_on` lets time pass for the alerts:
countdowns end, nobody arrives, the ladder goes round again.
Each returns a new belief and the rows that make it durable. Nothing here waits, reads a clock or writes: the caller
keeps the new belief only for as long as its rows reach the disk, so a crash at any point costs nothing but the work
of reading the events again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alerts import ladder as ladders
from alerts import lifecycle
from alerts.model import LIVE_STATES, Alert, Delivery
from gateway.detection import pipeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from alerts.ladder import Ladder
    from alerts.lifecycle import Change, Step
    from alerts.model import Cause, Detection, Outcome
    from devices.reading import Reading, Tick
    from gateway.detection.home import Home
    from gateway.detection.pipeline import State


class UnknownAlert(KeyError):
    """A person decided on an alert that is not live here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What the box holds to be true.

    Args:
        state: of the detection pipeline.
        alerts: the live alerts by key.
        applied: detections already applied → the alert each acted on.
    """

    state: State
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    applied: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """What an event changed: rows to write, in order.

    Args:
        alerts: each version of each alert that changed.
        applied: detection name, alert key, when.
        superseded: alerts whose rows still due are no longer needed; before `deliveries`.
        deliveries: new outbox rows.
        changes: the same as `alerts`, as steps, for counters and logs.
    """

    alerts: tuple[Alert, ...] = ()
    applied: tuple[tuple[str, str, datetime], ...] = ()
    superseded: tuple[str, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        """Say whether anything changed."""
        return bool(self.alerts)


NOTHING = Writes()


def judge(home: Home, ladder: Ladder, belief: Belief, event: Reading | Tick) -> tuple[Belief, Writes]:
    """Show the box an event.

    Args:
        home: its devices, rooms and limits.
        ladder: the bed's ladder.
        belief: what it holds to be true.
        event: a reading or the passing of time.

    Returns:
        The new belief and what it must write; `NOTHING` for nearly every reading.
    """
    state, found = pipeline.step(home, belief.state, event)
    if not found:
        if state is belief.state:
            return belief, NOTHING
        return Belief(state=state, alerts=belief.alerts, applied=belief.applied), NOTHING
    return find(ladder, Belief(state=state, alerts=belief.alerts, applied=belief.applied), found)


def decide(  # noqa: PLR0913 - a decision is exactly these facts
    ladder: Ladder,
    belief: Belief,
    alert_key: str,
    step: Step,
    *,
    by: str,
    at: datetime,
    outcome: Outcome | None = None,
    cause: Cause | None = None,
    note: str = "",
    origin: str = "",
) -> tuple[Belief, Writes]:
    """Show the box a person's decision.

    Args:
        ladder: the bed's ladder.
        belief: what it holds to be true.
        alert_key: which alert.
        step: acknowledged, set out, attended, closed or cancelled.
        by: who, as shown to others.
        at: when the box heard of it.
        outcome: what was found; needed to close.
        cause: of a false alarm.
        note: free words.
        origin: the contact through whom it came, who need not be told of it.

    Returns:
        The new belief and what it must write.

    Raises:
        UnknownAlert: if no live alert has this key.
        alerts.lifecycle.IllegalStep: if its state does not allow the step.
    """
    alert = belief.alerts.get(alert_key)
    if alert is None:
        raise UnknownAlert(alert_key)
    change = lifecycle.decide(alert, step, by=by, at=at, outcome=outcome, cause=cause, note=note)
    return _changed(ladder, belief, change, origin=origin)


def go_on(ladder: Ladder, belief: Belief, now: datetime) -> tuple[Belief, Writes]:
    """Let time pass for the alerts, and plan the next round for each that a whole round brought nobody for.

    Args:
        ladder: the bed's ladder.
        belief: what the box holds to be true.
        now: the time (aware UTC).

    Returns:
        The new belief and what it must write.
    """
    total = NOTHING
    for alert in belief.alerts.values():
        change = lifecycle.expire(alert, now, ladder.arrival_s)
        if change is not None:
            belief, writes = _changed(ladder, belief, change)
            total = _joined(total, writes)
    belief, writes = _go_round(ladder, belief, now)
    return belief, _joined(total, writes) if writes else total


def _go_round(ladder: Ladder, belief: Belief, now: datetime) -> tuple[Belief, Writes]:
    rounds = [due for alert in belief.alerts.values() if (due := ladders.next_round(ladder, alert, now))]
    if not rounds:
        return belief, NOTHING
    alerts = {**belief.alerts, **{alert.key: alert for alert, _ in rounds}}
    writes = Writes(
        alerts=tuple(alert for alert, _ in rounds),
        deliveries=tuple(delivery for _, deliveries in rounds for delivery in deliveries),
    )
    return Belief(state=belief.state, alerts=alerts, applied=belief.applied), writes


def find(ladder: Ladder, belief: Belief, found: Iterable[Detection]) -> tuple[Belief, Writes]:
    """Let detections act that have not acted yet.

    Args:
        ladder: the bed's ladder.
        belief: what the box holds to be true; knows which have acted.
        found: in order.

    Returns:
        The new belief and what it must write.
    """
    total = NOTHING
    for detection in found:
        change = lifecycle.apply(belief.alerts.values(), belief.applied, detection)
        if change is None:
            continue
        belief, writes = _changed(ladder, belief, change)
        mark = (lifecycle.applied_key(detection), change.alert.key, detection.at)
        belief = Belief(state=belief.state, alerts=belief.alerts, applied={**belief.applied, mark[0]: mark[1]})
        total = _joined(total, replace(writes, applied=(mark,)))
    return belief, total


def _changed(ladder: Ladder, belief: Belief, change: Change, *, origin: str = "") -> tuple[Belief, Writes]:
    alert = change.alert
    plan = ladders.plan(ladder, change, origin=origin)
    alerts = {**belief.alerts, alert.key: alert}
    if alert.state not in LIVE_STATES:
        del alerts[alert.key]
    writes = Writes(
        alerts=(alert,),
        superseded=(alert.key,) if plan.supersedes else (),
        deliveries=plan.deliveries,
        changes=(change,),
    )
    return Belief(state=belief.state, alerts=alerts, applied=belief.applied), writes


def _joined(first: Writes, then: Writes) -> Writes:
    """Write one after the other; a row that the second supersedes is not written as due by the first."""
    kept = tuple(d for d in first.deliveries if d.alert_key not in then.superseded)
    return Writes(
        alerts=first.alerts + then.alerts,
        applied=first.applied + then.applied,
        superseded=first.superseded + then.superseded,
        deliveries=kept + then.deliveries,
        changes=first.changes + then.changes,
    )
