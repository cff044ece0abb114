"""Values that make no sense, which no check of a file's pages finds: dropped, and made up for where somebody waits.

An alert whose own row was destroyed may still be owed to people: then its deliveries tell that it lives, how grave it
is and what it was called. It is told with what little is known rather than not at all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from alerts.durable.salvage import put
from alerts.model import Alert, AlertKind, AlertState, Severity
from gateway import rows
from gateway.batch import columns

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

UNREADABLE = (ValueError, TypeError, OverflowError)
"""What reading a value that makes no sense raises."""

OF_THE_RESIDENT = frozenset({AlertKind.EMERGENCY, AlertKind.FALL, AlertKind.INACTIVITY})
"""Kinds whose subject is the resident (docs/decisions/0003)."""

KEYS = {"alerts": ("rowid",), "deliveries": ("alert_key", "id"), "readings": ("id",)}
READINGS = (
    "WHERE id > (SELECT max(coalesce(max(reading_id), 0),"
    " (SELECT coalesce(max(id), 0) FROM readings) - 2000) FROM snapshot)"
)
"""Those that the next start folds; of a store without a snapshot the newest, for it may hold a year of them."""


def makes_sense(read: Callable[[Any], object], row: Any) -> bool:  # noqa: ANN401 - a row as SQLite gives it
    """Say whether a row can be read."""
    try:
        read(row)
    except UNREADABLE:
        return False
    return True


def drop_senseless(target: sqlite3.Connection) -> bool:
    """Remove rows that cannot be read, of those that the next start reads. Gives whether there were none.

    Args:
        target: a store whose pages are good, in a transaction.
    """
    dropped = (
        _drop(target, "alerts", rows.ALERT_COLUMNS, rows.alert_of)
        + _drop(target, "deliveries", rows.DELIVERY_COLUMNS, rows.delivery_of)
        + _drop(target, "readings", rows.READING_COLUMNS, rows.reading_of, READINGS)
    )
    return not dropped


def complete(target: sqlite3.Connection) -> bool:
    """Make up for alerts that are owed and gone, and have the rest agree. Gives whether no alert was gone."""
    made_up = [_made_up(*owed) for owed in _owed_without_alert(target)]
    for row in made_up:
        put(target, "alerts", row)
    # what is remembered to have acted on an alert that is gone must act again
    target.execute("DELETE FROM applied WHERE alert_key NOT IN (SELECT key FROM alerts)")
    target.execute("DELETE FROM deliveries WHERE alert_key NOT IN (SELECT key FROM alerts)")
    # history ahead of its alert would contradict the alert's next change, which the database itself writes down
    target.execute(
        "DELETE FROM alert_history WHERE NOT EXISTS"
        " (SELECT 1 FROM alerts WHERE key = alert_key AND alerts.revision >= alert_history.revision)"
    )
    # a snapshot of more readings than there are would hide the next ones from the next start
    target.execute("UPDATE snapshot SET reading_id = min(reading_id, (SELECT coalesce(max(id), 0) FROM readings))")
    return not made_up


def _drop(
    target: sqlite3.Connection, table: str, names: Sequence[str], read: Callable[[Any], object], where: str = ""
) -> int:
    """Remove the rows that cannot be read. Gives how many."""
    bad = [key for key, row in _keyed(target, table, names, where) if not makes_sense(read, row)]
    those = " AND ".join(f"{name} = ?" for name in KEYS[table])
    for key in bad:
        target.execute(f"DELETE FROM {table} WHERE {those}", key)
    return len(bad)


def _keyed(
    target: sqlite3.Connection, table: str, names: Sequence[str], where: str
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    keys = KEYS[table]
    for row in target.execute(f"SELECT {', '.join(keys)}, {columns(names)} FROM {table} {where}"):
        yield row[: len(keys)], row[len(keys) :]


def _owed_without_alert(target: sqlite3.Connection) -> list[tuple[str, str, int, int]]:
    """Give key, severity, revision and first due time of alerts that are owed to people and cannot be found."""
    return target.execute(
        "SELECT alert_key, min(severity), max(revision), min(due_at) FROM deliveries"
        " WHERE state IN ('due', 'sent') AND alert_key NOT IN (SELECT key FROM alerts) GROUP BY alert_key"
    ).fetchall()


def _made_up(key: str, severity: str, revision: int, due_us: int) -> dict[str, Any]:
    """Give the row of an alert of which only its deliveries are known."""
    what, _, rest = key.partition(":")
    kind = AlertKind(what) if what in set(AlertKind) else AlertKind.SYSTEM
    at = datetime.fromtimestamp(due_us / 1e6, UTC)
    alert = Alert(
        key=key,
        kind=kind,
        severity=Severity(severity),
        subject="resident" if kind in OF_THE_RESIDENT else rest.partition(":")[0],
        state=AlertState.OPEN,
        since=at,
        opened_at=at,
        reason="restored",
        last_at=at,
        revision=revision,
        updated_at=at,
        called_from=at,
    )
    return dict(zip(rows.ALERT_COLUMNS, rows.alert_row(alert), strict=True))
