"""Who is told next: the ladder, as pure functions of an alert and the time.

Theory of operation
-------------------
A ladder is a list of rungs; each names a contact, the channels that reach it, and how many seconds without a person's
acknowledgement must pass before it is due. Whenever a further rung is due, and at 60 s and 180 s in any case, those
below are told once more. When an alert opens, all of this becomes rows in the outbox at once, each with its own
`due_at`: the ladder survives any crash because the database, not a timer, says what is due. An acknowledgement
supersedes the rows that are still due. When a whole round brought nobody, the ladder goes round again (`next_round`),
for ever: an alert ends only when a person has taken it. Faults of the watch itself are told once by each rung, and
again the next day. Whose turn it is at what hour is decided in `alerts.rungs`.

A change that people must hear of (pressed again, condition gone, taken by somebody) is told at once, and only to the
contacts whose rungs were already reached; the others will be told the newest state when their turn comes, since the
words are made when they are sent. A telephone rings for such news only when somebody took the alert: whoever was
called must know that it is no longer theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from alerts.lifecycle import DECISIONS, Change, Step
from alerts.model import LIVE_STATES, UNTAKEN_STATES, Alert, AlertState, Delivery, Severity
from alerts.rungs import Ladder, Rung, Turn, moment_of, serving, turns

__all__ = ["Ladder", "Plan", "Rung", "next_round", "next_round_at", "plan", "retry_after_s", "still_wanted"]

FAULT_ROUND_S = 86_400.0
"""A fault of the watch is told again once a day: it does not need waking anybody.

Source: our choice; the battery alert of the Tellu/Smile button is daily, too.
"""


REPEATS_S = (60.0, 180.0)
"""When those already told are told again. Source: UK telecare, 97.5 % of calls answered in 60 s and 99 % in 180 s
(mascot-telecare.org.uk/performance-report): who has not answered by then was not reached."""

CHATTY = frozenset({"station", "webhook"})
"""Channels that cost nothing: those they reach are told again within a round, and of every change."""

_JUST_NOW = timedelta(seconds=5)
"""News this young need not be told again by a round that begins. Source: our choice: who is told twice in one breath
asks which of the two holds."""

NEWS = {
    "call": frozenset({Step.ACKNOWLEDGED}),
    "sms": frozenset({Step.OCCURRED, Step.ACKNOWLEDGED, Step.SET_OUT, Step.CLOSED}),
    "scaip": frozenset({Step.OCCURRED, Step.ACKNOWLEDGED, Step.CLOSED}),
    "dc09": frozenset({Step.OCCURRED, Step.ACKNOWLEDGED, Step.CLOSED}),
}
"""Of which changes the other channels tell: a telephone rings only to say that somebody has it, a text message costs
money, and an alarm centre's protocols can say "alarm", "known already" and "over", and nothing finer."""


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
    if alert.state is AlertState.PENDING:
        return Plan(reason="asking_the_resident")
    if change.previous is AlertState.PENDING and alert.state is AlertState.CANCELLED:
        return Plan(reason="cancelled_in_time")
    if change.step in {Step.OPENED, Step.COUNTED_DOWN, Step.OVERDUE}:
        rows, anew = _round(ladder, alert, alert.called_from), change.step is Step.OVERDUE
        return Plan(deliveries=rows, supersedes=anew, reason=str(change.step))
    if change.step is Step.OCCURRED and alert.called_from == now and change.previous not in UNTAKEN_STATES:
        return Plan(deliveries=_round(ladder, alert, now), supersedes=True, reason="pressed_after_acceptance")
    told = _news(ladder, change, now, origin)
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
        taken it. Rounds missed while the box was off are not made up for: one round starts now. Who was told news a
        moment ago is not told the same again by it.
    """
    if alert.state not in UNTAKEN_STATES:
        return None
    due = next_round_at(ladder, alert)
    if due is None or now < due:
        return None
    cycle = _cycle_s(ladder, alert)
    rounds = int((now - alert.called_from).total_seconds() // cycle) + 1
    alert = replace(alert, rounds=rounds)
    rows = _round(ladder, alert, alert.called_from + timedelta(seconds=(rounds - 1) * cycle))
    if now - alert.updated_at < _JUST_NOW:
        rows = tuple(row for row in rows if row.due_at > now or row.channel not in CHATTY)
    return alert, rows


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


def _cycle_s(ladder: Ladder, alert: Alert) -> float:
    """Seconds from one round to the next; 0 where there is none. It does not depend on who is there at what hour."""
    rungs = serving(ladder, alert)
    if not rungs or alert.test:
        return 0.0
    if alert.severity is Severity.FAULT:
        return FAULT_ROUND_S
    head_s = ladder.gentle_s if any(turn.rung.gentle for turn in rungs) else 0.0
    return max(*REPEATS_S, *(head_s + turn.after_s for turn in rungs)) + ladder.round_s


def _round(ladder: Ladder, alert: Alert, start: datetime) -> tuple[Delivery, ...]:
    found = turns(ladder, alert, start)
    once, cycle_s = alert.severity is Severity.FAULT or alert.test, _cycle_s(ladder, alert)
    moments = sorted({turn.after_s for turn in found}.union(() if once else REPEATS_S))
    return tuple(
        _delivery(alert, _moment(turn, moment, start, cycle_s), turn.rung.contact, channel, moment_of(start, moment))
        for moment in moments
        for turn in found
        for channel in turn.rung.channels
        if turn.after_s == moment or (turn.after_s < moment <= cycle_s and not once and channel in CHATTY)
    )


def _moment(turn: Turn, moment: float, start: datetime, cycle_s: float) -> str:
    """Name a telling. One that waits beyond its own round is named by the time itself: the rounds between add none."""
    return f"{moment_of(start, moment).isoformat()}" if 0 < cycle_s < turn.after_s else f"{moment:g}"


def _news(ladder: Ladder, change: Change, now: datetime, origin: str) -> tuple[Delivery, ...]:
    """One row for each contact that was told of this alert in any round so far, by channels that carry such news."""
    alert = change.alert
    elapsed_s = (now - alert.called_from).total_seconds()
    reached = [turn.rung for turn in turns(ladder, alert, alert.called_from) if turn.after_s <= elapsed_s]
    if alert.rounds > 1:
        reached = [turn.rung for turn in serving(ladder, alert)]
    return tuple(
        _delivery(alert, "again", rung.contact, channel, now)
        for rung in reached
        if rung.contact != origin
        for channel in rung.channels
        if channel in CHATTY or change.step in NEWS[channel]
    )


def told_again(alert: Alert, contact: str, channel: str, at: datetime, cause: str) -> Delivery:
    """Give the row that tells a contact what it had been told and has forgotten; one row for one cause.

    Args:
        alert: as it is now.
        contact: whom.
        channel: how.
        at: now.
        cause: why; holds a time, so that the next such cause makes another row.
    """
    return _delivery(alert, cause, contact, channel, at)


def _delivery(alert: Alert, moment: str, contact: str, channel: str, due_at: datetime) -> Delivery:
    return Delivery(
        id=_delivery_id(alert, moment, contact, channel),
        alert_key=alert.key,
        contact=contact,
        channel=channel,
        severity=alert.severity,
        revision=alert.revision,
        round=alert.rounds,
        due_at=due_at,
    )


def _delivery_id(alert: Alert, moment: str, contact: str, channel: str) -> str:
    rounds = "" if "T" in moment else alert.rounds
    name = f"{alert.key}\0{contact}\0{channel}\0{moment}\0{alert.revision}\0{rounds}"
    return blake2b(name.encode(), digest_size=16).hexdigest()
