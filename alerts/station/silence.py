"""守望盒失联: a home that says nothing is an alert of the station's own, which people take and close like any other.

The home cannot be told of it, so no decision about it is sent anywhere. When the home speaks again the alert is not
taken back: it becomes 已恢复 (returned) and somebody still looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.model import AlertState, Severity
from alerts.station.rows import SILENT, live_silence, stamp, write

if TYPE_CHECKING:
    from datetime import datetime
    from sqlite3 import Connection


def heard(db: Connection, home: str, at: datetime) -> bool:
    """Notes a sign of life of a home. Returns True when its silence ended by it."""
    keep = "INSERT INTO homes (id, heard_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET heard_at = excluded.heard_at"
    db.execute(keep, (home, stamp(at)))
    silence = live_silence(db, home)
    if silence is None or silence["recovered_at"] is not None:
        return False
    state = AlertState.RETURNED if silence["state"] == AlertState.OPEN else silence["state"]
    write(db, {"recovered_at": stamp(at), "state": state, "revision": silence["revision"] + 1}, silence["id"])
    return True


def raise_silence(db: Connection, home: str, *, since: datetime, at: datetime) -> bool:
    """Opens the alert, or rings again on the one that still lives. Returns False when this silence is known."""
    live = live_silence(db, home)
    if live is not None and live["recovered_at"] is None:
        return False
    facts: dict[str, object] = {"state": AlertState.OPEN, "told_at": stamp(at), "waiting_since": stamp(at)}
    facts |= {
        "last_at": stamp(since),
        "home_updated_at": stamp(at),
        "recovered_at": None,
        "acknowledged_at": None,
        "acknowledged_by": "",
    }
    facts |= {"attended_at": None, "attended_by": ""}
    if live is not None:
        write(db, facts | {name: live[name] + 1 for name in ("count", "revision", "told")}, live["id"])
        return True
    facts |= {"home": home, "key": f"{SILENT}:{stamp(since)}", "kind": SILENT, "severity": Severity.WARNING}
    facts |= {"test": False, "revision": 1, "count": 1, "told": 1, "since": stamp(since), "stored_at": stamp(at)}
    write(db, facts)
    return True
