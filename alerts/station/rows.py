"""How the station's store writes times and rows of `alerts`, and what it reads back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.model import LIVE_STATES

if TYPE_CHECKING:
    from sqlite3 import Connection, Row

LIVE = tuple(sorted(LIVE_STATES))
SILENT = "gateway_silent"
"""The kind of the station's own alert about a home that says nothing."""

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


def homes(db: Connection) -> list[Row]:
    """Every home that ever spoke."""
    return db.execute("SELECT * FROM homes ORDER BY id").fetchall()


def live_silence(db: Connection, home: str) -> Row | None:
    """The station's own live alert about a home's silence."""
    find = f"SELECT * FROM alerts WHERE home = ? AND kind = ? AND {_IS_LIVE}"  # noqa: S608 - own words
    row: Row | None = db.execute(find, (home, SILENT)).fetchone()
    return row
