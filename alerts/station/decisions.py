"""What people at the station do about an alert, and how the home comes to know of it.

A decision is written in the same transaction as its effect here; it is published again and again, over restarts,
until the home's receipt is stored. Of one alert only the oldest is under way, so that they arrive in their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from alerts.model import UNTAKEN_STATES, AlertState, Outcome
from alerts.station.rows import LIVE, OWN, on_the_way, stamp, write
from alerts.wire import Action

if TYPE_CHECKING:
    from datetime import datetime
    from sqlite3 import Connection, Row

    from alerts.model import Cause
    from alerts.wire import DecisionReceipt


_STATES = {
    Action.ACKNOWLEDGED: AlertState.ACKNOWLEDGED,
    Action.SET_OUT: AlertState.ACKNOWLEDGED,
    Action.ATTENDED: AlertState.ATTENDED,
    Action.CLOSED: AlertState.CLOSED,
}
"""What each action makes of an alert."""

_NOBODY: dict[str, object] = {
    **dict.fromkeys(("acknowledged_at", "set_out_at", "attended_at")),
    **dict.fromkeys(("acknowledged_by", "set_out_by", "attended_by"), ""),
}
"""Whoever had taken it has not: the home knows better."""


class RefusedError(Exception):
    """Something that cannot be done now.

    Args:
        reason: a fixed short name.
        sentence_zh, sentence_en: what to do.
    """

    def __init__(self, reason: str, sentence_zh: str, sentence_en: str) -> None:
        super().__init__(f"{reason}: {sentence_en}")
        self.reason, self.sentence_zh, self.sentence_en = reason, sentence_zh, sentence_en


def decide(  # noqa: PLR0913 - a decision is exactly these facts
    db: Connection,
    alert: int,
    action: Action,
    *,
    by: str,
    at: datetime,
    revision: int | None = None,
    outcome: Outcome | None = None,
    cause: Cause | None = None,
    note: str = "",
) -> Row:
    """Writes down what a person did, and, for a home's alert, that the home is to be told.

    Args:
        db: inside a transaction.
        alert: the row's id.
        action: what they did.
        by: who.
        at: when.
        revision: the revision that the person saw; None skips the check that it is the newest.
        outcome: what was found; needed to close.
        cause: of a false alarm.
        note: free words.

    Returns:
        The alert's row as it is now.

    Raises:
        RefusedError: "unknown_alert", "changed", "already_taken", "already_set_out", "already_attended",
            "already_closed", "no_outcome", "no_false_alarm".
    """
    row = db.execute("SELECT * FROM alerts WHERE id = ?", (alert,)).fetchone()
    if row is None:
        raise RefusedError("unknown_alert", "没有这条告警", "there is no such alert")
    if revision is not None and revision != row["revision"]:
        raise RefusedError("changed", "情况有变，请看清后再点一次", "it has changed: look again, then press again")
    _require_legal(row, action)
    _require_outcome(action, outcome, cause)
    facts = _decided(row, action, by, at)
    if action is Action.CLOSED:
        facts |= {"closed_at": stamp(at), "closed_by": by, "outcome": outcome, "cause": cause, "note": note}
    write(db, facts, alert)
    if row["kind"] not in OWN:
        db.execute(
            "INSERT INTO decisions (id, alert, action, revision, count, by, at, outcome, cause, note)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (uuid4().hex, alert, action, row["revision"], row["count"], by, stamp(at), outcome, cause, note),
        )
    decided: Row = db.execute("SELECT * FROM alerts WHERE id = ?", (alert,)).fetchone()
    return decided


def _require_legal(row: Row, action: Action) -> None:
    state = AlertState(row["state"])
    if state not in LIVE:
        by = row["closed_by"] or "—"
        raise RefusedError("already_closed", f"已由 {by} 办结", f"already closed by {by}")
    if action is Action.ACKNOWLEDGED and state in (AlertState.ACKNOWLEDGED, AlertState.ATTENDED):
        by = row["acknowledged_by"] or "—"
        raise RefusedError("already_taken", f"{by} 已接警", f"{by} has already taken it")
    if action is Action.SET_OUT and row["set_out_at"] is not None and state is AlertState.ACKNOWLEDGED:
        by = row["set_out_by"] or "—"
        raise RefusedError("already_set_out", f"{by} 已出发", f"{by} is already on the way")
    if action in (Action.SET_OUT, Action.ATTENDED) and state is AlertState.ATTENDED:
        by = row["attended_by"] or "—"
        raise RefusedError("already_attended", f"{by} 已到场", f"{by} is already there")


def _require_outcome(action: Action, outcome: Outcome | None, cause: Cause | None) -> None:
    if action is Action.CLOSED and outcome is None:
        raise RefusedError("no_outcome", "办结前请选择处置结果", "choose what was found before closing")
    if cause is not None and outcome is not Outcome.FALSE_ALARM:
        raise RefusedError("no_false_alarm", "只有误报才写原因", "only a false alarm has a cause")


def _decided(row: Row, action: Action, by: str, at: datetime) -> dict[str, object]:
    facts: dict[str, object] = {"state": _STATES[action], "refused": ""}
    if row["acknowledged_at"] is None:
        facts |= {"acknowledged_at": stamp(at), "acknowledged_by": by}
    if action is Action.SET_OUT:
        facts |= {"set_out_at": stamp(at), "set_out_by": by}
    if action is Action.ATTENDED:
        facts |= {"attended_at": stamp(at), "attended_by": by}
    return facts


def to_send(db: Connection) -> list[Row]:
    """The decisions that the home has not receipted: of each alert only the oldest, so that the order is kept."""
    return db.execute(
        "SELECT min(d.number), d.*, a.home AS home, a.key AS alert_key FROM decisions d JOIN alerts a ON a.id = d.alert"
        " WHERE d.receipted_at IS NULL GROUP BY d.alert ORDER BY d.number"
    ).fetchall()


def take_receipt(db: Connection, home: str, receipt: DecisionReceipt, at: datetime) -> bool:
    """Notes that the home has a decision, and takes over the state that the home ended in.

    Returns:
        False when the home had told that before.

    Raises:
        RefusedError: "unknown_decision".
    """
    find = "SELECT d.*, a.count AS now_count, a.state AS state FROM decisions d JOIN alerts a ON a.id = d.alert"
    row = db.execute(f"{find} WHERE d.id = ? AND a.home = ?", (receipt.id, home)).fetchone()
    if row is None:
        raise RefusedError("unknown_decision", "不认识的处置编号", "no such decision was made here")
    if row["receipted_at"] is not None:
        return False
    db.execute("UPDATE decisions SET receipted_at = ? WHERE id = ?", (stamp(at), receipt.id))
    if row["now_count"] > row["count"] or on_the_way(db, row["alert"]):
        return True
    facts: dict[str, object] = {"refused": receipt.refused}
    if receipt.state is not None and receipt.state != row["state"]:
        facts["state"] = receipt.state
        facts |= _NOBODY if receipt.state in UNTAKEN_STATES else {}
        facts |= {"waiting_since": stamp(at)} if receipt.state in LIVE else {"closed_at": stamp(at)}
    write(db, facts, row["alert"])
    return True
