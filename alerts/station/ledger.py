"""What each message of a home does to the station's store. Plain functions, each inside a transaction.

Theory of operation
-------------------
An alert here is the home's newest word about it, and on top of that what people at the station did and the home does
not know yet. Messages may be repeated, late or overtaken, so:

* A telling is stored once (`deliveries`) and receipted every time.
* A message older than what is stored (revision, then the home's `updated_at`) changes no fact. If it asks for a
  person and nobody has taken the alert, the alert is told again. The receipt says which revision is stored, so that a
  home that has forgotten how far it had come tells it again above that.
* While a decision is on its way to the home, the home's word does not undo it, except when there was a further
  occurrence (another press): whoever took the first may not know of the second, so it rings again.
* A home whose memory went back counts fewer presses than we know of. That somebody had taken those it knows does not
  take the others: what waits here goes on waiting.
* The home's receipt of a decision brings the state that the home ended in, which may differ (the family closed it
  first). It is taken over unless people here have decided further, or a further occurrence came in between.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic_core import to_json

from alerts.model import UNTAKEN_STATES, AlertState
from alerts.station.rows import LIVE, on_the_way, stamp, write
from alerts.wire import Receipt

if TYPE_CHECKING:
    from sqlite3 import Connection, Row

    from alerts.model import Alert
    from alerts.wire import AlertMessage


def take_alert(db: Connection, home: str, message: AlertMessage, at: datetime) -> Receipt:
    """Stores a telling and what it says. Returns the receipt, the same for each repetition."""
    alert = message.alert
    first = db.execute(
        "INSERT INTO deliveries VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING stored_at",
        (home, message.delivery_id, stamp(at)),
    ).fetchone()
    row = db.execute("SELECT * FROM alerts WHERE home = ? AND key = ?", (home, alert.key)).fetchone()
    if row is None:
        _insert(db, home, message, at)
    else:
        if (alert.revision, stamp(alert.updated_at)) > (row["revision"], row["home_updated_at"]):
            _update(db, row, message, at)
        if first is not None:
            _tell(db, row["id"], at)
    stored_at = (
        first
        or db.execute(
            "SELECT stored_at FROM deliveries WHERE home = ? AND delivery_id = ?", (home, message.delivery_id)
        ).fetchone()
    )
    return Receipt(
        delivery_id=message.delivery_id,
        alert_key=alert.key,
        revision=max(alert.revision, row["revision"] if row is not None else 0),
        stored_at=datetime.fromisoformat(stored_at[0]),
    )


def _facts(message: AlertMessage) -> dict[str, object]:
    alert = message.alert
    return {
        "kind": alert.kind,
        "severity": alert.severity,
        "revision": alert.revision,
        "count": alert.count,
        "since": stamp(alert.since),
        "last_at": stamp(alert.last_at),
        "home_updated_at": stamp(alert.updated_at),
        "test": message.test or alert.test,
        "message": to_json(
            {name: asdict(getattr(message, name)) for name in ("alert", "bed", "brief_zh", "brief_en")}
        ).decode(),
    }


def _insert(db: Connection, home: str, message: AlertMessage, at: datetime) -> None:
    facts = _facts(message)
    facts |= {"home": home, "key": message.alert.key, "state": message.alert.state}
    facts |= {"stored_at": stamp(at), "told": 1, "told_at": stamp(at)} | _people(message.alert, at, {})
    write(db, facts)
    _keep_bed(db, home, message)


def _update(db: Connection, row: Row, message: AlertMessage, at: datetime) -> None:
    facts = _facts(message)
    ours = on_the_way(db, row["id"]) and message.alert.count <= row["count"] and message.alert.state in LIVE
    behind = message.alert.count < row["count"] and row["state"] in UNTAKEN_STATES and message.alert.state in LIVE
    if not ours and not behind:
        facts |= {"state": message.alert.state, "refused": ""} | _people(message.alert, at, dict(row))
    write(db, facts, row["id"])
    _keep_bed(db, row["home"], message)


def _people(alert: Alert, at: datetime, known: dict[str, object]) -> dict[str, object]:
    """Who has done what, as the home knows it; the moments are when the station first learned of it."""
    state = alert.state
    did = {
        "acknowledged": alert.acknowledged_at is not None and state not in UNTAKEN_STATES,
        "set_out": alert.set_out_at is not None and state not in UNTAKEN_STATES,
        "attended": state is AlertState.ATTENDED or (state is AlertState.CLOSED and bool(known.get("attended_at"))),
        "closed": state not in LIVE,
    }
    facts: dict[str, object] = {}
    for act, true in did.items():
        facts[f"{act}_at"] = (known.get(f"{act}_at") or stamp(at)) if true else None
        facts[f"{act}_by"] = (known.get(f"{act}_by") or alert.by) if true else ""
    returned = (known.get("recovered_at") or stamp(at)) if state is AlertState.RETURNED else None
    still_waits = known.get("state") in UNTAKEN_STATES and state in UNTAKEN_STATES
    facts["waiting_since"] = known["waiting_since"] if still_waits else stamp(at)
    return facts | {"outcome": alert.outcome, "cause": alert.cause, "note": alert.note, "recovered_at": returned}


def _tell(db: Connection, alert: int, at: datetime) -> None:
    told = "UPDATE alerts SET told = told + 1, told_at = CASE WHEN state IN (?, ?) THEN ? ELSE told_at END WHERE id = ?"
    db.execute(told, (*sorted(UNTAKEN_STATES), stamp(at), alert))


def _keep_bed(db: Connection, home: str, message: AlertMessage) -> None:
    keep = "INSERT INTO homes (id, bed) VALUES (?, ?) ON CONFLICT DO UPDATE SET bed = excluded.bed"
    db.execute(keep, (home, to_json(asdict(message.bed)).decode()))
