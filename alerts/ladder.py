"""Who is told next: the ladder, as pure functions of an alert and the time.

Theory of operation
-------------------
A ladder is a list of rungs; each names a contact, a channel, and how many seconds without a person's
acknowledgement must pass before it is due. Whenever a further rung is due, and at 60 s and 180 s in any case, those
below are told once more. When an alert opens, all of this becomes rows in the outbox at once, each with its own
`due_at`: the ladder survives any crash because the database, not a timer, says what is due. An acknowledgement
supersedes the rows that are still due. When a whole round brought nobody, the ladder goes round again (`next_round`),
for ever: an alert ends only when a person has taken it. Faults of the watch itself are told once by each rung, and
again the next day.

A change that people must hear of (pressed again, condition gone, taken by somebody) is told at once, and only to the
contacts whose rungs were already reached; the others will be told the newest state when their turn comes, since the
words are made when they are sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from alerts.lifecycle import DECISIONS, Change, Step
from alerts.model import LIVE_STATES, UNTAKEN_STATES, Alert, Delivery, Severity

FAULT_ROUND_S = 86_400.0
"""A fault of the watch is told again once a day: it does not need waking anybody.

Source: our choice; the battery alert of the Tellu/Smile button is daily, too.
"""


REPEATS_S = (60.0, 180.0)
"""When those already told are told again. Source: UK telecare, 97.5 % of calls answered in 60 s and 99 % in 180 s
(mascot-telecare.org.uk/performance-report): who has not answered by then was not reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ladder.

    Args:
        contact: whom we tell.
        channel: "station" or "webhook".
        after_s: seconds after the ladder began without a person's acknowledgement.
        severities: for which alerts this rung is used.
    """

    contact: str
    channel: str
    after_s: float
    severities: frozenset[Severity] = frozenset(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The rungs and how long after the last of them the ladder goes round again.

    Args:
        rungs: in any order.
        round_s: seconds between the last rung and the first of the next round.
    """

    rungs: tuple[Rung, ...]
    round_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a change means for the outbox.

    Args:
        deliveries: new rows.
        supersedes: True if every row of this alert that is still due is no longer needed.
        reason: why, as a fixed name for logs.
    """

    deliveries: tuple[Delivery, ...] = ()
    supersedes: bool = False
    reason: str = "nothing_to_tell"


def plan(ladder: Ladder, change: Change, *, origin: str = "") -> Plan:
    """Say what a change of an alert puts into the outbox.

    Args:
        ladder: the bed's ladder.
        change: what happened; `change.alert.updated_at` is now.
        origin: the contact through whom a person decided, who need not be told of it.

    Returns:
        The rows, whether older ones are superseded, and a named reason.
    """
    alert, now = change.alert, change.alert.updated_at
    if change.step is Step.OPENED:
        return Plan(deliveries=_round(ladder, alert, alert.called_from), reason="opened")
    if change.step is Step.OCCURRED and alert.called_from == now and change.previous not in UNTAKEN_STATES:
        return Plan(deliveries=_round(ladder, alert, now), supersedes=True, reason="pressed_after_acceptance")
    told = tuple(d for d in _reached(ladder, alert, now) if d.contact != origin)
    if change.step in DECISIONS:
        return Plan(deliveries=told, supersedes=True, reason="taken")
    return Plan(deliveries=told, reason="told_again")


def next_round(ladder: Ladder, alert: Alert, now: datetime) -> tuple[Alert, tuple[Delivery, ...]] | None:
    """Go round again when a whole round brought nobody.

    Args:
        ladder: the bed's ladder.
        alert: a live alert.
        now: the time (aware UTC).

    Returns:
        The alert with its round counted, and the rows of that round; None when it is not yet time or a person has
        taken it. Rounds missed while the box was off are not made up for: one round starts now.
    """
    if alert.state not in UNTAKEN_STATES:
        return None
    due = next_round_at(ladder, alert)
    if due is None or now < due:
        return None
    cycle = _cycle_s(ladder, alert)
    rounds = int((now - alert.called_from).total_seconds() // cycle) + 1
    alert = replace(alert, rounds=rounds)
    return alert, _round(ladder, alert, alert.called_from + timedelta(seconds=(rounds - 1) * cycle))


def next_round_at(ladder: Ladder, alert: Alert) -> datetime | None:
    """Say when the next round begins if nobody takes the alert; None when no rung serves its severity."""
    cycle = _cycle_s(ladder, alert)
    return alert.called_from + timedelta(seconds=alert.rounds * cycle) if cycle else None


def retry_after_s(delivery: Delivery) -> float:
    """Say how long to wait before sending a failed delivery again.

    Args:
        delivery: with `attempt` counting the failed tries so far, from 1.

    Returns:
        Seconds: 0.5, 1, 2, ... up to 5 for an emergency and 60 for the rest. It never gives up on an untaken alert.
        Source: our choice; the floor gateway in the benchmark polls every 2 s.
    """
    cap = 5.0 if delivery.severity is Severity.EMERGENCY else 60.0
    return float(min(cap, 0.5 * 2 ** min(delivery.attempt - 1, 10)))


def still_wanted(alert: Alert, now: datetime) -> bool:
    """Say whether a delivery that could not be sent is worth another try.

    News of a live alert always is. That it was closed is wanted for a day.
    """
    return alert.state in LIVE_STATES or now - alert.updated_at < timedelta(days=1)


def _rungs(ladder: Ladder, alert: Alert) -> tuple[Rung, ...]:
    return tuple(rung for rung in ladder.rungs if alert.severity in rung.severities)


def _moments(rungs: tuple[Rung, ...], alert: Alert) -> list[float]:
    """Seconds after the round began at which somebody is told."""
    repeats = () if alert.severity is Severity.FAULT else REPEATS_S
    return sorted({rung.after_s for rung in rungs}.union(repeats))


def _cycle_s(ladder: Ladder, alert: Alert) -> float:
    rungs = _rungs(ladder, alert)
    if not rungs:
        return 0.0
    return FAULT_ROUND_S if alert.severity is Severity.FAULT else _moments(rungs, alert)[-1] + ladder.round_s


def _round(ladder: Ladder, alert: Alert, start: datetime) -> tuple[Delivery, ...]:
    rungs = _rungs(ladder, alert)
    return tuple(
        _delivery(alert, f"{moment:g}", rung, start + timedelta(seconds=moment))
        for moment in _moments(rungs, alert)
        for rung in rungs
        if rung.after_s == moment or (rung.after_s < moment and alert.severity is not Severity.FAULT)
    )


def _reached(ladder: Ladder, alert: Alert, now: datetime) -> tuple[Delivery, ...]:
    """One row for each contact that was told of this alert in any round so far."""
    elapsed_s = (now - alert.called_from).total_seconds()
    reached = {r.contact: r for r in _rungs(ladder, alert) if alert.rounds > 1 or r.after_s <= elapsed_s}
    return tuple(_delivery(alert, "again", rung, now) for rung in reached.values())


def _delivery(alert: Alert, moment: str, rung: Rung, due_at: datetime) -> Delivery:
    return Delivery(
        id=_delivery_id(alert, moment, rung),
        alert_key=alert.key,
        contact=rung.contact,
        channel=rung.channel,
        severity=alert.severity,
        revision=alert.revision,
        round=alert.rounds,
        due_at=due_at,
    )


def _delivery_id(alert: Alert, moment: str, rung: Rung) -> str:
    name = f"{alert.key}\0{rung.contact}\0{moment}\0{alert.revision}\0{alert.rounds}"
    return blake2b(name.encode(), digest_size=16).hexdigest()
