"""How the station's store writes times and rows of `alerts`, and what it reads back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.model import LIVE_STATES

if TYPE_CHECKING:
    from sqlite3 import Connection, Row

LIVE = tuple(sorted(LIVE_STATES))
SILENT, PATH_SILENT, TWINS, RESTORED = "gateway_silent", "path_silent", "gateway_twins", "station_restored"
"""The kinds of the station's own alerts: a home that says nothing, a path that does not, two boxes of one name, and
this store itself put back to an earlier state (told once, with no home)."""

OWN = frozenset({SILENT, PATH_SILENT, TWINS, RESTORED})

_IS_LIVE = "state IN ('" + "', '".join(LIVE) + "')"


def stamp(at: datetime) -> str:
    """A time as the store writes it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def write(db: Connection, facts: dict[str, object], alert: int | None = None) -> None:
    """Inserts a row, or updates the given one. The names are this module's own, never a message's."""
    names = list(facts)
    if alert is None:
        statement = f"INSERT INTO alerts ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - own names
    else:
        statement = f"UPDATE alerts SET {', '.join(f'{name} = ?' for name in names)} WHERE id = {alert:d}"  # noqa: S608 - own names
    db.execute(statement, tuple(facts.values()))


def on_the_way(db: Connection, alert: int) -> bool:
    """Whether a decision about this alert has not reached the home yet."""
    waiting = "SELECT 1 FROM decisions WHERE alert = ? AND receipted_at IS NULL LIMIT 1"
    return db.execute(waiting, (alert,)).fetchone() is not None


def live_alerts(db: Connection) -> list[Row]:
    """Every alert that still needs a person, as rows of `view.alert_json`."""
    return _alerts(db, f"{_IS_LIVE} ORDER BY a.id", ())


def closed_alerts(db: Connection, limit: int) -> list[Row]:
    """The alerts that were closed last."""
    return _alerts(db, "state IN ('closed', 'cancelled') ORDER BY closed_at DESC LIMIT ?", (limit,))


def _alerts(db: Connection, where: str, values: tuple[object, ...]) -> list[Row]:
    waiting = "(SELECT count(*) FROM decisions d WHERE d.alert = a.id AND d.receipted_at IS NULL) AS on_the_way"
    select = f"SELECT a.*, h.bed AS bed, {waiting} FROM alerts a LEFT JOIN homes h ON h.id = a.home"  # noqa: S608 - own words
    return db.execute(f"{select} WHERE {where}", values).fetchall()


def prune(db: Connection, before: datetime) -> None:
    """Forgets the alerts that were closed before a time, with what was decided about them and how they were told."""
    old = "SELECT id FROM alerts WHERE state IN ('closed', 'cancelled') AND coalesce(closed_at, home_updated_at) < ?"
    db.execute(f"DELETE FROM decisions WHERE alert IN ({old})", (stamp(before),))  # noqa: S608 - own words
    db.execute(f"DELETE FROM alerts WHERE id IN ({old})", (stamp(before),))  # noqa: S608 - the same
    db.execute("DELETE FROM deliveries WHERE stored_at < ?", (stamp(before),))


def homes(db: Connection) -> list[Row]:
    """Every home that ever spoke."""
    return db.execute("SELECT * FROM homes ORDER BY id").fetchall()


def live_own(db: Connection, home: str, kind: str, subject: str) -> Row | None:
    """The live alert of the station's own of this kind."""
    find = f"SELECT * FROM alerts WHERE home = ? AND kind = ? AND subject = ? AND {_IS_LIVE}"  # noqa: S608 - own words
    row: Row | None = db.execute(find, (home, kind, subject)).fetchone()
    return row


def live_trouble(db: Connection, home: str, part: str) -> bool:
    """Whether a home has a live alert of its own about a part of its box."""
    find = (
        f"SELECT 1 FROM alerts WHERE home = ? AND kind = 'system' AND message ->> '$.alert.subject' = ? AND {_IS_LIVE}"  # noqa: S608 - own words
    )
    return db.execute(find, (home, part)).fetchone() is not None


def paths(db: Connection) -> list[Row]:
    """Every path by which a home ever spoke."""
    return db.execute("SELECT * FROM paths ORDER BY home, path").fetchall()
