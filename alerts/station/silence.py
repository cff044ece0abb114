"""What the station finds out by itself about a home: 失联, a path that is cut, two boxes of one name.

Each is an alert of the station's own, which people take and close like any other. The home cannot be told of it, so no
decision about it is sent anywhere. When a silence ends the alert is not taken back: it becomes 已恢复 (returned) and
somebody still looks.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.model import AlertState, Severity
from alerts.station.rows import PATH_SILENT, RESTORED, SILENT, TWINS, live_own, live_trouble, stamp, write
from alerts.topics import MAIN, SPARE

if TYPE_CHECKING:
    from sqlite3 import Connection

    from alerts.wire import Heartbeat

SEVERITIES = {
    SILENT: Severity.WARNING,  # whatever happens in that home, nobody learns of it
    PATH_SILENT: Severity.FAULT,  # the other path carries everything
    TWINS: Severity.WARNING,  # one of the two homes may be unheard, and nobody knows which
    RESTORED: Severity.FAULT,
}

PARTS = {MAIN: "gateway/uplink", SPARE: "gateway/uplink-spare"}
"""What a home calls its own alert about a path."""

ALWAYS = timedelta.max

BOOTS = 8
"""Runs of a home's process that are remembered, to know an earlier one again."""


def heard(db: Connection, home: str, path: str, at: datetime) -> bool:
    """Notes a sign of life of a home. Returns True when a silence ended by it."""
    keep = "INSERT INTO homes (id, heard_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET heard_at = excluded.heard_at"
    db.execute(keep, (home, stamp(at)))
    keep = "INSERT INTO paths (home, path, heard_at) VALUES (?, ?, ?)"
    db.execute(f"{keep} ON CONFLICT DO UPDATE SET heard_at = excluded.heard_at", (home, path, stamp(at)))
    ended = [_end(db, home, kind, subject, at) for kind, subject in ((SILENT, ""), (PATH_SILENT, path))]
    return any(ended)


def raise_silence(db: Connection, home: str, *, path: str = "", since: datetime, at: datetime) -> bool:
    """Opens the alert about a home or one of its paths, or rings again on the one that still lives.

    Returns:
        False when this silence is known, or the home has told of its path itself.
    """
    if path and live_trouble(db, home, PARTS[path]):
        return False
    return raise_own(db, home, PATH_SILENT if path else SILENT, subject=path, since=since, at=at)


def raise_own(  # noqa: PLR0913 - an alert is these facts
    db: Connection, home: str, kind: str, *, subject: str = "", since: datetime, at: datetime, apart: timedelta = ALWAYS
) -> bool:
    """Opens an alert of the station's own, or rings again on one that had recovered, or began so much later anew.

    Returns:
        False when it is known.
    """
    live = live_own(db, home, kind, subject)
    if live is not None and live["recovered_at"] is None and since - datetime.fromisoformat(live["last_at"]) <= apart:
        return False
    facts: dict[str, object] = {"state": AlertState.OPEN, "told_at": stamp(at), "waiting_since": stamp(at)}
    facts |= {
        "last_at": stamp(since),
        "home_updated_at": stamp(at),
        "recovered_at": None,
        "acknowledged_at": None,
        "acknowledged_by": "",
    }
    facts |= {"set_out_at": None, "set_out_by": "", "attended_at": None, "attended_by": ""}
    if live is not None:
        write(db, facts | {name: live[name] + 1 for name in ("count", "revision", "told")}, live["id"])
        return True
    key = ":".join(part for part in (kind, subject, stamp(since)) if part)
    if db.execute("SELECT 1 FROM alerts WHERE home = ? AND key = ?", (home, key)).fetchone():
        return False  # this very one was told, and somebody has closed it
    facts |= {"home": home, "key": key, "kind": kind, "subject": subject, "severity": SEVERITIES[kind]}
    facts |= {"test": False, "revision": 1, "count": 1, "told": 1, "since": stamp(since), "stored_at": stamp(at)}
    write(db, facts)
    return True


def notice_twins(db: Connection, home: str, heartbeat: Heartbeat, at: datetime) -> bool:
    """Compares the run of the process that speaks with those that spoke before.

    A process that starts anew has a new name and never comes back to an old one. So when an earlier name says something
    new, two boxes take turns: a card was copied, or an old box was switched on again. What a run says is new when it is
    further in sequence than all that this run has said: two boxes need agree neither in time nor in count.

    Returns:
        Whether that is news.
    """
    boot, sequence = heartbeat.boot, heartbeat.sequence
    row = db.execute("SELECT boots FROM homes WHERE id = ?", (home,)).fetchone()
    runs: dict[str, int] = dict(json.loads(row["boots"])) if row is not None else {}
    if not boot or sequence <= runs.get(boot, -1):
        return False
    again = boot in runs and boot != list(runs)[-1]
    runs.pop(boot, None)
    runs[boot] = sequence
    db.execute("UPDATE homes SET boots = ? WHERE id = ?", (json.dumps(list(runs.items())[-BOOTS:]), home))
    return again and raise_own(db, home, TWINS, since=at, at=at)


def _end(db: Connection, home: str, kind: str, subject: str, at: datetime) -> bool:
    silence = live_own(db, home, kind, subject)
    if silence is None or silence["recovered_at"] is not None:
        return False
    state = AlertState.RETURNED if silence["state"] == AlertState.OPEN else silence["state"]
    write(db, {"recovered_at": stamp(at), "state": state, "revision": silence["revision"] + 1}, silence["id"])
    return True
